//! What is shown of a recurring task.

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::id::RecurringTaskId;
use guichet_base::{error, i18n};
use guichet_edge::ApiError;
use guichet_schema::month::recurring_task::{model, place, queries, rules};

use crate::graphql::ability::{Ability, abilities_by_right};
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_list, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::month::obligation::DueRule;
use crate::graphql::month::task_type::TaskType;
use crate::graphql::payload::api_id;
use crate::graphql::people::client::Client;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::DateTime;

mirror!(RecurringTaskAct => rules::RecurringTaskAct);

/// A recurring task.
#[derive(Debug, Clone)]
pub struct RecurringTask(pub model::RecurringTask);

by_ids!(RecurringTaskId => RecurringTask, queries::by_ids);

/// A kind of work that a client has from a period on. Its tasks are generated when their periods begin to be worked on. Not
/// visible to clients.
#[Object]
impl RecurringTask {
    /// The ID of the recurring task, for example `recurring_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The kind of work.
    async fn task_type(&self, ctx: &Context<'_>) -> Result<TaskType, ApiError> {
        seen(load(ctx, self.0.task_type_id).await?)
    }

    /// The staff member who does the work for this client; null when the kind of work decides.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.assignee_id).await
    }

    /// The name of the first period: `2026-03`, `2026-Q1`, `2026`, or a fiscal year by its closing day, `FY2026-06-30`.
    async fn first_period(&self) -> &str {
        &self.0.first_period
    }

    /// The name of the last period, which is included; null without an end.
    async fn last_period(&self) -> Option<&str> {
        self.0.last_period.as_deref()
    }

    /// Whether its documents are expected; null when the kind of work decides.
    async fn expects_documents(&self) -> Option<bool> {
        self.0.expects_documents
    }

    /// The IDs of the document definitions that this client is not asked for.
    async fn unexpected_document_ids(&self, ctx: &Context<'_>) -> Result<Vec<ID>, ApiError> {
        load_list(ctx, UnexpectedOf(self.0.id), |row| api_id(row.definition_id)).await
    }

    /// The periods for which the work rests, in order.
    async fn pauses(&self, ctx: &Context<'_>) -> Result<Vec<RecurringTaskPause>, ApiError> {
        load_list(ctx, PausesOf(self.0.id), Into::into).await
    }

    /// The dates and rules of the firm's own for some periods, in order.
    async fn overrides(&self, ctx: &Context<'_>) -> Result<Vec<DueOverride>, ApiError> {
        load_list(ctx, OverridesOf(self.0.id), Into::into).await
    }

    /// Why the work is not for the place of the client now, in the language of the viewer: the client moved after the work was
    /// given to it, or a narrower law came to hold there. Null when it is for that place, and when the work or the client has
    /// ended. Such work goes on until somebody ends it.
    async fn place_mismatch(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        load(ctx, MismatchOf(self.0.id)).await
    }

    /// The actions that the viewer may or may not perform on the recurring task now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<RecurringTaskAct>>, ApiError> {
        abilities_by_right(ctx, rules::RecurringTaskAct::ALL, rules::RecurringTaskAct::right)
    }

    /// The version of the recurring task. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the recurring task was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the recurring task was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// Periods for which a recurring task rests. They are skipped, and not caught up.
#[derive(Debug, Clone, SimpleObject)]
pub struct RecurringTaskPause {
    /// The name of the first period.
    from_period: String,
    /// The name of the last one, which is included; null until somebody resumes it.
    to_period: Option<String>,
    /// The reason.
    reason: String,
}

impl From<model::Pause> for RecurringTaskPause {
    fn from(row: model::Pause) -> Self {
        Self { from_period: row.from_period, to_period: row.to_period, reason: row.reason }
    }
}

/// A date or a rule of the firm's own for some periods of one client.
#[derive(Debug, Clone, SimpleObject)]
pub struct DueOverride {
    /// The ID of the document definition; null for the task itself.
    definition_id: Option<ID>,
    /// The name of the first period.
    from_period: String,
    /// The name of the last one, which is included; null without an end.
    to_period: Option<String>,
    /// The rule, or a table of dates.
    due: DueRule,
    /// The reason.
    reason: String,
}

impl From<model::DueOverride> for DueOverride {
    fn from(row: model::DueOverride) -> Self {
        let model::DueOverride { definition_id, from_period, to_period, due, reason, .. } = row;
        Self { definition_id: definition_id.map(api_id), from_period, to_period, due: DueRule(due), reason }
    }
}

keyed! {
    /// The pauses of recurring tasks.
    PausesOf(RecurringTaskId) => [model::Pause], |loads, conn, ids| async {
        let rows = queries::pauses(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.recurring_task_id))
    }
}

keyed! {
    /// Why the work of recurring tasks is not for the places of their clients.
    MismatchOf(RecurringTaskId) => String, |loads, conn, ids| async {
        let found = place::misplaced(conn, &loads.scope(), loads.reading.now(), ids).await?;
        let told = |(id, refusal)| (id, i18n::refusal(loads.locale, &refusal));
        error::Result::Ok(found.into_iter().map(told).collect::<Vec<_>>())
    }
}

keyed! {
    /// What the firm wrote for some periods of recurring tasks.
    OverridesOf(RecurringTaskId) => [model::DueOverride], |loads, conn, ids| async {
        let rows = queries::overrides(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.recurring_task_id))
    }
}

keyed! {
    /// The documents that clients are not asked for.
    UnexpectedOf(RecurringTaskId) => [model::Unexpected], |loads, conn, ids| async {
        let rows = queries::unexpected(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.recurring_task_id))
    }
}
