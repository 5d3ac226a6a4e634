//! The list of tasks as a file (C-03).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use guichet_base::error::Result;
use guichet_base::i18n::{self, Args};
use guichet_base::id::{ClientId, DepartmentId, StaffId, TaskId, TaskTypeId};
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Connection;
use guichet_schema::month::task::list;
use guichet_schema::month::task::model::Task;
use guichet_schema::month::task_type;
use guichet_schema::people::{client, department, staff};

use super::task::{TaskFilter, TaskOrder};
use crate::graphql::export::{Cell, Column, Exported, Format, name, names};
use crate::graphql::page::FilterInput;

/// A task with the names that the viewer may see.
pub(in crate::graphql) struct TaskRow {
    task: Task,
    client: String,
    task_type: String,
    assignee: String,
    department: String,
}

/// Clients have no list of tasks (C-01).
const fn column(title: &'static str, cell: fn(&TaskRow, &Format) -> Cell) -> Column<TaskRow> {
    Column { title, internal: true, cell }
}

impl Exported for TaskRow {
    const LIST: &'static str = "tasks";

    const COLUMNS: &'static [Column<Self>] = &[
        column("task-export-title", |row, _| row.task.title.clone().into()),
        column("task-export-client", |row, _| row.client.clone().into()),
        column("task-export-task-type", |row, _| row.task_type.clone().into()),
        column("task-export-period", |row, _| row.task.period.clone().into()),
        column("task-export-assignee", |row, _| row.assignee.clone().into()),
        column("task-export-department", |row, _| row.department.clone().into()),
        column("task-export-status", |row, to| {
            i18n::named(to.locale, "task-status", row.task.status, &Args::new()).into()
        }),
        column("task-export-legal-due-on", |row, _| row.task.legal_due_on.into()),
        column("task-export-target-on", |row, _| row.task.target_on.into()),
        column("task-export-hand-in-by", |row, _| row.task.hand_in_by.into()),
        column("task-export-created-at", |row, _| row.task.created_at.into()),
        column("task-export-updated-at", |row, _| row.task.updated_at.into()),
        column("task-export-closed-at", |row, _| row.task.closed_at.into()),
    ];

    type Filter = TaskFilter;
    type Order = TaskOrder;
    type Id = TaskId;

    async fn ids(
        conn: &mut Connection,
        viewer: &Membership,
        filter: TaskFilter,
        order: Option<TaskOrder>,
        now: DateTime<Utc>,
    ) -> Result<Vec<TaskId>> {
        let order = order.map(Into::into).unwrap_or_default();
        list::ids(conn, &viewer.scope(), &filter.read(viewer)?.at(now), order).await
    }

    async fn rows(conn: &mut Connection, scope: &Scope, ids: &[TaskId]) -> Result<Vec<Self>> {
        let tasks = list::by_ids(conn, scope, ids).await?;
        let clients: Vec<ClientId> = tasks.iter().map(|task| task.client_id).collect();
        let task_types: Vec<TaskTypeId> = tasks.iter().filter_map(|task| task.task_type_id).collect();
        let staff: Vec<StaffId> = tasks.iter().map(|task| task.assignee_id).collect();
        let departments: Vec<DepartmentId> = tasks.iter().filter_map(|task| task.department_id).collect();
        let clients = names(client::queries::by_ids(conn, scope, &clients).await?, |row| (row.id, row.name));
        let task_types =
            names(task_type::queries::by_ids(conn, scope, &task_types).await?, |row| (row.id, row.name));
        let staff = names(staff::queries::by_ids(conn, scope, &staff).await?, |row| (row.id, row.name));
        let departments =
            names(department::queries::by_ids(conn, scope, &departments).await?, |row| (row.id, row.name));
        let mut found: HashMap<TaskId, Task> = tasks.into_iter().map(|task| (task.id, task)).collect();
        let row = |task: Task| Self {
            client: name(&clients, Some(task.client_id)),
            task_type: name(&task_types, task.task_type_id),
            assignee: name(&staff, Some(task.assignee_id)),
            department: name(&departments, task.department_id),
            task,
        };
        Ok(ids.iter().filter_map(|id| found.remove(id)).map(row).collect())
    }
}
