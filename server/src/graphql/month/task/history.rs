//! The history of a task (D-08).

use async_graphql::{Context, ID, Object};
use guichet_base::error;
use guichet_base::i18n;
use guichet_base::id::{ChangeId, FileId, Id, StaffId, TaskId};
use guichet_edge::ApiError;
use guichet_schema::month::task::{history, model};
use guichet_schema::shared::history::{model::Change, queries};

use super::Task;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{grouped, keyed, load, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::api_id;
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::author::{Author, author};

mirror!(TaskField => history::TaskField);

keyed! {
    /// The history of a task.
    HistoryOf(TaskId) => [Change], |loads, conn, ids| async {
        let rows = queries::of::<history::TaskField>(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |change| TaskId::from_uuid(change.subject.id)))
    }
}

keyed! {
    /// A change of a task.
    ChangeOfTask(ChangeId) => TaskChange, |loads, conn, ids| async {
        let rows = queries::by_ids::<history::TaskField>(conn, &loads.scope(), ids).await?;
        error::Result::Ok(rows.into_iter().map(|row| (row.id, TaskChange(row))))
    }
}

/// A change.
#[derive(Debug, Clone)]
pub struct TaskChange(pub Change);

/// A change of one field of a task. Not visible to clients.
#[Object]
impl TaskChange {
    /// The ID of the change, for example `change_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The ID of the action. All changes of one action have the same ID, also those of several tasks.
    async fn act_id(&self) -> ID {
        api_id(self.0.act_id)
    }

    /// The task.
    async fn task(&self, ctx: &Context<'_>) -> Result<Task, ApiError> {
        seen(load(ctx, TaskId::from_uuid(self.0.subject.id)).await?)
    }

    /// The field that changed.
    async fn field(&self) -> Result<TaskField, ApiError> {
        Ok(self.what()?.into())
    }

    /// The value before the change, for programs; null when there was none.
    async fn old_value(&self) -> Option<&str> {
        self.0.old_value.as_deref()
    }

    /// The value after the change, for programs; null when there is none.
    async fn new_value(&self) -> Option<&str> {
        self.0.new_value.as_deref()
    }

    /// The value before the change, for people: names instead of IDs, in the language of the viewer.
    async fn old_text(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        self.text(ctx, self.0.old_value.as_deref()).await
    }

    /// The value after the change, for people: names instead of IDs, in the language of the viewer.
    async fn new_text(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        self.text(ctx, self.0.new_value.as_deref()).await
    }

    /// The reason or note that was given with the change; null when there was none.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The person who made the change.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// The date and time of the change.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

impl TaskChange {
    fn what(&self) -> Result<history::TaskField, ApiError> {
        let field = history::TaskField::parse(&self.0.field);
        field.ok_or_else(|| ApiError::internal(format!("a task has no field {}", self.0.field)))
    }

    async fn text(&self, ctx: &Context<'_>, value: Option<&str>) -> Result<Option<String>, ApiError> {
        use history::TaskField;

        let Some(value) = value else { return Ok(None) };
        let locale = Caller::of(ctx).locale;
        let text = match self.what()? {
            TaskField::Created | TaskField::Status => model::TaskStatus::parse(value)
                .map(|status| i18n::named(locale, "task-status", status, &i18n::Args::new())),
            TaskField::Assignee => {
                load_optional(ctx, StaffId::decode(value)).await?.map(|staff| staff.0.name)
            }
            TaskField::LegalDueOn | TaskField::TargetOn | TaskField::HandInBy => {
                value.parse().ok().map(|day| i18n::weekday_date(locale, day))
            }
            TaskField::File => load_optional(ctx, FileId::decode(value)).await?.map(|file| file.0.name),
            TaskField::Title | TaskField::Description => None,
        };
        Ok(Some(text.unwrap_or_else(|| value.to_owned())))
    }
}
