//! Tasks: the work of the firm's staff.

mod act;
mod comment;
mod counts;
mod history;
mod input;
mod list;

pub use act::TaskMutation;
pub use comment::{CommentOnTask, Comments, TaskComment, TaskCommentSubscription};
pub use counts::{TaskCountsQuery, TaskCountsSubscription, TasksCounted};
pub use history::{ChangeOfTask, TaskChange};
pub use list::{TaskConnection, TaskFilter, TaskOrder, TaskQuery, TaskSubscription, TasksListed, tasks_of};

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::NaiveDate;
use guichet_base::error;
use guichet_base::id::{Id, TaskId};
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_obligations::{Step, explain, sentences, why_provisional};
use guichet_schema::month::document;
use guichet_schema::month::task::list::by_ids as tasks_by_ids;
use guichet_schema::month::task::rules::{self, is_overdue};
use guichet_schema::month::task::status::StatusOutcome;
use guichet_schema::month::task::{documents, model};
use guichet_schema::shared::attachment::queries::of_things;
use guichet_schema::shared::conversation::queries::unread;
use guichet_schema::shared::file::model as file;

use self::comment::{TaskCommentConnection, comments};
use self::history::HistoryOf;
use super::document::Document;
use super::recurring_task::RecurringTask;
use super::task_type::TaskType;
use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Attachment;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_list, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::api_id;
use crate::graphql::people::client::Client;
use crate::graphql::people::department::Department;
use crate::graphql::people::firm::today;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{Date, DateTime};

mirror!(TaskStatus => model::TaskStatus);
mirror!(TaskOrigin => model::TaskOrigin);
mirror!(TaskAct => rules::TaskAct);
mirror!(TaskStatusOutcome => StatusOutcome);

/// The steps to a day as sentences; none when they lead elsewhere, because a person set the day.
fn found_by(locale: Locale, steps: &[Step], day: Option<NaiveDate>) -> Vec<String> {
    let leads = steps.iter().rev().find_map(|step| step.to) == day;
    steps.iter().filter(|_| leads).flat_map(|step| explain(locale, step)).collect()
}

/// A task.
#[derive(Debug, Clone)]
pub struct Task(pub model::Task);

by_ids!(TaskId => Task, tasks_by_ids);

keyed! {
    /// How many required documents a task lacks.
    MissingOf(TaskId) => i64, |loads, conn, ids| documents::missing(conn, &loads.scope(), ids)
}

keyed! {
    /// The documents of a task.
    DocumentsOf(TaskId) => [document::model::Document], |loads, conn, ids| async {
        let rows = document::queries::of_tasks(conn, &loads.scope(), ids).await?;
        let mut of_tasks: HashMap<TaskId, Vec<document::model::Document>> = HashMap::new();
        for row in rows {
            if let Some(id) = row.task_id {
                of_tasks.entry(id).or_default().push(row);
            }
        }
        error::Result::Ok(of_tasks)
    }
}

keyed! {
    /// How many comments on a task the viewer has not read.
    UnreadOf(TaskId) => i64, |loads, conn, ids| unread(conn, &loads.membership, ids)
}

keyed! {
    /// The attachments of a task, those of its comments included.
    OnTask(TaskId) => [file::Attachment], |loads, conn, ids| async {
        let rows = of_things(conn, &loads.membership, ids).await?;
        error::Result::Ok(grouped(rows, |attachment| TaskId::from_uuid(attachment.subject.id)))
    }
}

/// A status that a task can be given now.
#[derive(Debug, SimpleObject)]
pub struct TaskStatusChoice {
    /// The status.
    status: TaskStatus,
    /// What choosing it does.
    outcome: TaskStatusOutcome,
    /// Whether it must be confirmed that required documents are missing.
    confirmation_required: bool,
}

impl From<rules::StatusChoice> for TaskStatusChoice {
    fn from(choice: rules::StatusChoice) -> Self {
        Self {
            status: choice.status.into(),
            outcome: StatusOutcome::from(choice.change).into(),
            confirmation_required: choice.needs_confirmation,
        }
    }
}

impl Task {
    /// How many required documents it lacks, or would lack if it were open.
    async fn missing(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(load(ctx, MissingOf(self.0.id)).await?.unwrap_or_default())
    }
}

/// A piece of work for one client, mostly for one period. Not visible to clients.
#[Object]
impl Task {
    /// The ID of the task, for example `task_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The kind of work; null for a task that was entered without one.
    async fn task_type(&self, ctx: &Context<'_>) -> Result<Option<TaskType>, ApiError> {
        load_optional(ctx, self.0.task_type_id).await
    }

    /// The recurring task that it was generated from.
    async fn recurring_task(&self, ctx: &Context<'_>) -> Result<Option<RecurringTask>, ApiError> {
        load_optional(ctx, self.0.recurring_task_id).await
    }

    /// Where the task comes from.
    async fn origin(&self) -> TaskOrigin {
        self.0.origin.into()
    }

    /// The name of the period that it is about, for example `2026-03`.
    async fn period(&self) -> Option<&str> {
        self.0.period.as_deref()
    }

    /// What is to be done, for example `DAS 03/2026`.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// The details.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// The staff member who does it.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.assignee_id).await?)
    }

    /// The department.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.department_id).await
    }

    /// The status.
    async fn status(&self) -> TaskStatus {
        self.0.status.into()
    }

    /// The due date of the law; null when there is none, or when it is not published yet.
    async fn legal_due_on(&self) -> Option<Date> {
        self.0.legal_due_on.map(Date)
    }

    /// Whether a person set the due date of the law, so that it does not move with its rule.
    async fn is_legal_due_set(&self) -> bool {
        self.0.is_legal_set()
    }

    /// Whether the task is neither done nor canceled and its due date of the law has passed, in the time zone of the
    /// firm.
    async fn is_overdue(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        Ok(is_overdue(self.0.status, self.0.legal_due_on, today(ctx, self.0.firm_id).await?))
    }

    /// The date of the firm's own.
    async fn target_on(&self) -> Option<Date> {
        self.0.target_on.map(Date)
    }

    /// Whether a person set the date of the firm's own, so that it does not follow the due date of the law.
    async fn is_target_set(&self) -> bool {
        self.0.is_target_set
    }

    /// The date until which the client hands in what is needed.
    async fn hand_in_by(&self) -> Option<Date> {
        self.0.hand_in_by.map(Date)
    }

    /// Whether a person set the date until which the client hands in, so that it does not follow the due date of the law.
    async fn is_hand_in_set(&self) -> bool {
        self.0.is_hand_in_set
    }

    /// The documents that the task expects and delivers: what the client hands in first, by name. Those that are not expected any
    /// more are among them.
    async fn documents(&self, ctx: &Context<'_>) -> Result<Vec<Document>, ApiError> {
        load_list(ctx, DocumentsOf(self.0.id), Document).await
    }

    /// Whether required documents are missing. Those of a canceled task are not expected.
    async fn has_missing_documents(&self, ctx: &Context<'_>) -> Result<bool, ApiError> {
        Ok(self.0.status != model::TaskStatus::Canceled && self.missing(ctx).await? > 0)
    }

    /// The actions that the viewer may or may not perform on the task now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TaskAct>>, ApiError> {
        let (scope, by) = (Caller::of(ctx).scope()?, &Caller::of(ctx).actor()?.membership);
        Ok(abilities(rules::TaskAct::ALL, |act| match act {
            rules::TaskAct::Undo => rules::may_undo(by, &self.0),
            act => rules::may(act, &scope, self.0.status),
        }))
    }

    /// The statuses that the viewer can give the task now with `taskStatusChange`.
    async fn status_choices(&self, ctx: &Context<'_>) -> Result<Vec<TaskStatusChoice>, ApiError> {
        let lacks = self.missing(ctx).await? > 0;
        let choices = rules::status_choices(&Caller::of(ctx).scope()?, self.0.status, lacks);
        Ok(choices.into_iter().map(Into::into).collect())
    }

    /// The list of comments of staff, oldest first.
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<TaskCommentConnection, ApiError> {
        comments(ctx, self.0.id, first, after, last, before).await
    }

    /// The number of comments of others that the viewer has not read.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(load(ctx, UnreadOf(self.0.id)).await?.unwrap_or_default())
    }

    /// The list of attachments of the task and of its comments, oldest first: all of them, up to 500.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnTask(self.0.id), Attachment).await
    }

    /// The list of changes of the task, oldest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<TaskChange>, ApiError> {
        load_list(ctx, HistoryOf(self.0.id), TaskChange).await
    }

    /// Why the due date of the law may still change, in the language of the viewer; empty when it is final.
    async fn provisional(&self, ctx: &Context<'_>) -> Vec<String> {
        let locale = Caller::of(ctx).locale;
        self.0.provisional().iter().map(|why| why_provisional(locale, why)).collect()
    }

    /// How the due date of the law was found, step by step, and which dates would hold without it, in the language of the
    /// viewer.
    async fn due_explanation(&self, ctx: &Context<'_>) -> Vec<String> {
        let locale = Caller::of(ctx).locale;
        self.0.due().map(|due| sentences(locale, &due)).unwrap_or_default()
    }

    /// How the date of the firm's own was found, step by step, in the language of the viewer; empty when a person set it.
    async fn target_explanation(&self, ctx: &Context<'_>) -> Vec<String> {
        let steps = self.0.due().map(|due| due.target_steps).unwrap_or_default();
        found_by(Caller::of(ctx).locale, &steps, self.0.target_on)
    }

    /// How the date until which the client hands in was found, step by step, in the language of the viewer; empty when a
    /// person set it.
    async fn hand_in_explanation(&self, ctx: &Context<'_>) -> Vec<String> {
        let steps = self.0.due().map(|due| due.hand_in_steps).unwrap_or_default();
        found_by(Caller::of(ctx).locale, &steps, self.0.hand_in_by)
    }

    /// Whether the task was generated after the due date of the law.
    async fn was_generated_late(&self) -> bool {
        self.0.was_generated_late
    }

    /// Whether nobody has acted on the task yet.
    async fn is_untouched(&self) -> bool {
        self.0.is_untouched
    }

    /// The version of the task. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the task was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the task was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The date and time when the task was done or canceled.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}
