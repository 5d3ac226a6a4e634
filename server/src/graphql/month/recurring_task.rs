//! Recurring tasks: which client has which kind of work.

mod list;

use list::RecurringTaskEdge;
pub use list::{RecurringTaskConnection, RecurringTaskFilter, RecurringTaskQuery, recurring_tasks_of};

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, DepartmentId, Id, ObligationId, RecurringTaskId, StaffId, TaskTypeId};
use guichet_edge::ApiError;
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::month::recurring_task::commands::{
    self, CreateRecurringTask, SetOverride, UpdateRecurringTask,
};
use guichet_schema::month::recurring_task::{model, queries, rules};

use super::obligation::DueRule;
use super::task_type::TaskType;
use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{Listed, Onlooker, Shows, changes, follow};
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_list, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::page::FilterInput;
use crate::graphql::payload::{
    MutationOutcome, act, api_id, id, id_patch, ids, optional_id, patch, payload, queried,
};
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

    /// The actions that the viewer may or may not perform on the recurring task now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<RecurringTaskAct>>, ApiError> {
        let acts = rules::RecurringTaskAct::ALL;
        Ok(abilities(&Caller::of(ctx).actor()?.membership, acts, rules::RecurringTaskAct::right))
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

/// Input for `recurringTaskCreate`: a kind of work for a client.
#[derive(Debug, InputObject)]
pub struct RecurringTaskCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the client.
    client_id: ID,
    /// The ID of the kind of work.
    task_type_id: ID,
    /// The ID of the staff member who does the work for this client. Omit it to let the kind of work decide.
    assignee_id: Option<ID>,
    /// The name of the first period: `2026-03`, `2026-Q1`, `2026`, or a fiscal year by its closing day, `FY2026-06-30`; at most
    /// six years back.
    first_period: String,
    /// The name of the last period, which is included.
    last_period: Option<String>,
    /// Whether its documents are expected. Omit it to let the kind of work decide.
    expects_documents: Option<bool>,
    /// The IDs of the document definitions that this client is not asked for.
    #[graphql(default)]
    unexpected_document_ids: Vec<ID>,
}

impl RecurringTaskCreateInput {
    fn read(self) -> error::Result<(String, CreateRecurringTask)> {
        let input = CreateRecurringTask {
            client_id: id("clientId", &self.client_id)?,
            task_type_id: id("taskTypeId", &self.task_type_id)?,
            assignee_id: optional_id("assigneeId", self.assignee_id.as_ref())?,
            first_period: self.first_period,
            last_period: self.last_period,
            expects_documents: self.expects_documents,
            unexpected: ids("unexpectedDocumentIds", &self.unexpected_document_ids)?,
        };
        Ok((self.idempotency_key, input))
    }
}

payload! {
    /// The result of `recurringTaskCreate`.
    RecurringTaskCreatePayload {
        /// The new recurring task; null when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

/// Input for `recurringTaskUpdate`: the changes to a recurring task. An omitted field keeps its value; null removes the
/// value. Tasks that exist stay as they are.
#[derive(Debug, InputObject)]
pub struct RecurringTaskUpdateInput {
    /// The ID of the recurring task.
    id: ID,
    /// The version that was read. If the recurring task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The ID of the staff member who does the work for this client; null to let the kind of work decide.
    assignee_id: MaybeUndefined<ID>,
    /// The name of the last period, which is included; null for no end.
    last_period: MaybeUndefined<String>,
    /// Whether its documents are expected; null to let the kind of work decide.
    expects_documents: MaybeUndefined<bool>,
    /// The IDs of the document definitions that this client is not asked for. The list replaces the existing one.
    unexpected_document_ids: Option<Vec<ID>>,
}

impl RecurringTaskUpdateInput {
    fn read(self) -> error::Result<UpdateRecurringTask> {
        let unexpected = self.unexpected_document_ids.as_deref();
        Ok(UpdateRecurringTask {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            assignee_id: id_patch("assigneeId", self.assignee_id)?,
            last_period: patch(self.last_period),
            expects_documents: patch(self.expects_documents),
            unexpected: unexpected.map(|given| ids("unexpectedDocumentIds", given)).transpose()?,
        })
    }
}

payload! {
    /// The result of `recurringTaskUpdate`.
    RecurringTaskUpdatePayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

/// Input for `recurringTaskPause`: the periods for which a recurring task rests.
#[derive(Debug, InputObject)]
pub struct RecurringTaskPauseInput {
    /// The ID of the recurring task.
    id: ID,
    /// The version that was read. If the recurring task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name of the first period.
    from_period: String,
    /// The name of the last period, which is included. Omit it to let the work rest until it is resumed.
    to_period: Option<String>,
    /// The reason; up to 200 characters.
    #[graphql(default)]
    reason: String,
}

payload! {
    /// The result of `recurringTaskPause`.
    RecurringTaskPausePayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

/// Input for `recurringTaskResume`: the period from which the work goes on.
#[derive(Debug, InputObject)]
pub struct RecurringTaskResumeInput {
    /// The ID of the recurring task.
    id: ID,
    /// The version that was read. If the recurring task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name of the first period that is worked on again.
    from_period: String,
}

payload! {
    /// The result of `recurringTaskResume`.
    RecurringTaskResumePayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

/// Input for `recurringTaskOverrideSet`: a date or a rule of the firm's own for some periods of one client.
#[derive(Debug, InputObject)]
pub struct RecurringTaskOverrideSetInput {
    /// The ID of the recurring task.
    id: ID,
    /// The ID of the document definition. Omit it for the task itself.
    definition_id: Option<ID>,
    /// The name of the first period. What was set from this period on is replaced.
    from_period: String,
    /// The name of the last period, which is included. Omit it for no end.
    to_period: Option<String>,
    /// The rule, or a table of dates such as `{"dates": {"2026-03": "2026-04-15"}}`. Omit it to remove what was set.
    due: Option<DueRule>,
    /// The reason; 1 to 200 characters, or nothing when what was set is removed.
    #[graphql(default)]
    reason: String,
}

payload! {
    /// The result of `recurringTaskOverrideSet`.
    RecurringTaskOverrideSetPayload {
        /// The recurring task in its current state, also when there are errors.
        recurring_task: Option<RecurringTask>,
    }
}

/// Acts on recurring tasks.
#[derive(Debug, Default)]
pub struct RecurringTaskMutation;

#[Object]
impl RecurringTaskMutation {
    /// Gives a client a kind of work. Tasks of periods that are due already are generated at once.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `NOT_FOR_PLACE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn recurring_task_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskCreateInput,
    ) -> Result<RecurringTaskCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let recurring_task = load_optional(ctx, done).await?;
        Ok(RecurringTaskCreatePayload { recurring_task, user_errors, revision })
    }

    /// Changes a recurring task. Tasks that exist stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`.
    async fn recurring_task_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskUpdateInput,
    ) -> Result<RecurringTaskUpdatePayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()?).await).await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskUpdatePayload { recurring_task, user_errors, revision })
    }

    /// Lets a recurring task rest for some periods, or until it is resumed. Those periods are skipped, and not caught up.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`.
    async fn recurring_task_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskPauseInput,
    ) -> Result<RecurringTaskPausePayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let of = (id("id", &input.id)?, input.expected_version);
            let periods = (input.from_period.as_str(), input.to_period.as_deref());
            commands::pause(store, actor, of, periods, &input.reason).await
        })
        .await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskPausePayload { recurring_task, user_errors, revision })
    }

    /// Resumes a recurring task: ends the pause without an end, or those with an end in which the period lies. Tasks of periods
    /// that are due already are generated at once, those inside a pause never.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`.
    async fn recurring_task_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskResumeInput,
    ) -> Result<RecurringTaskResumePayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let of = (id("id", &input.id)?, input.expected_version);
            commands::resume(store, actor, of, &input.from_period).await
        })
        .await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskResumePayload { recurring_task, user_errors, revision })
    }

    /// Sets a date or a rule of the firm's own for some periods of one client. Of several that hold for a period the one that
    /// begins last is meant. Tasks that exist stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `INVALID_RULE`.
    async fn recurring_task_override_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskOverrideSetInput,
    ) -> Result<RecurringTaskOverrideSetPayload, ApiError> {
        let shown = RecurringTaskId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let set = SetOverride {
                id: id("id", &input.id)?,
                definition_id: optional_id("definitionId", input.definition_id.as_ref())?,
                from_period: input.from_period,
                to_period: input.to_period,
                due: input.due.map(|rule| rule.0),
                reason: input.reason,
            };
            commands::set_override(store, actor, set).await
        })
        .await?;
        let recurring_task = load_optional(ctx, shown).await?;
        Ok(RecurringTaskOverrideSetPayload { recurring_task, user_errors, revision })
    }
}

changes! {
    /// A change of the list of recurring tasks.
    RecurringTasksChanged of RecurringTaskEdge, RecurringTask(model::RecurringTask), RecurringTaskId
}

/// The recurring tasks of a filter.
pub struct RecurringTasksListed(queries::RecurringTaskFilter);

impl Listed for RecurringTasksListed {
    type Message = RecurringTasksChanged;
    type Key = (Scope, queries::RecurringTaskFilter);

    const SHOWS: Shows = Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN, DepartmentId::NOUN, TaskTypeId::NOUN, ObligationId::NOUN],
        ..Shows::of("recurringTasksChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[RecurringTaskId],
    ) -> error::Result<Vec<model::RecurringTask>> {
        queries::among(conn, &onlooker.scope(), &self.0, ids).await
    }

    fn position(&self, row: &model::RecurringTask) -> Position {
        row.position()
    }
}

/// Recurring tasks, live.
#[derive(Debug, Default)]
pub struct RecurringTaskSubscription;

#[Subscription]
impl RecurringTaskSubscription {
    /// Sends changes of the recurring tasks of the clients that the viewer can see. Applied in order to the result of the query `recurringTasks` after the
    /// first message, they keep that result up to date. Sends nothing to clients.
    async fn recurring_tasks_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<RecurringTaskFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RecurringTasksChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, RecurringTasksListed(filter)).await
    }
}
