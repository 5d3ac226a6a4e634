//! Runs that generate tasks: preview, run, undo.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{GenerationId, Id, RecurringTaskId, StaffId};
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_obligations::why_provisional;
use guichet_schema::month::generation::commands::{self, RunGeneration};
use guichet_schema::month::generation::{model, preview, queries};
use guichet_schema::people::rights::{self, FirmAct};
use tokio::sync::OnceCell;

use super::recurring_task::RecurringTask;
use crate::graphql::ability::Ability;
use crate::graphql::caller::Caller;
use crate::graphql::follow::{Listed, Onlooker, Shows, changes, follow};
use crate::graphql::loaders::{by_ids, load, load_optional, seen, spend};
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{
    MutationOutcome, act, api_id, id, ids, known_ids, optional_id, payload, queried,
};
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{Date, DateTime};

mirror!(TaskGenerationState => model::GenerationState);
mirror!(TaskGenerationAct => model::GenerationAct);
mirror!(TaskGenerationSkipReason => preview::SkipReason);

/// A run.
#[derive(Debug, Clone)]
pub struct TaskGeneration(pub model::Generation);

by_ids!(GenerationId => TaskGeneration, queries::by_ids);

/// A run that generates tasks, as a person asked for it. Not visible to clients.
#[Object]
impl TaskGeneration {
    /// The ID of the run, for example `generation_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The staff member who asked for the run.
    async fn requested_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.requested_by).await
    }

    /// The staff member who undid the run; null when nobody did.
    async fn undone_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.undone_by).await
    }

    /// The day up to which tasks are generated: those whose work begins by then.
    async fn up_to(&self) -> Date {
        Date(self.0.up_to)
    }

    /// The number of clients that the run was limited to; null for a run of all clients.
    async fn client_count(&self) -> Option<i64> {
        self.0.filter().client_ids.map(|ids| ids.len() as i64)
    }

    /// The number of kinds of work that the run was limited to; null for a run of all of them.
    async fn task_type_count(&self) -> Option<i64> {
        self.0.filter().task_type_ids.map(|ids| ids.len() as i64)
    }

    /// The number of recurring tasks of which the run only took back tasks, with `recurringTaskUndo`; null for a run that made
    /// tasks.
    async fn recurring_task_count(&self) -> Option<i64> {
        self.0.filter().recurring_task_ids.map(|ids| ids.len() as i64)
    }

    /// The state of the run.
    async fn state(&self) -> TaskGenerationState {
        self.0.state.into()
    }

    /// The number of tasks that there will be; 0 until they are counted.
    async fn planned_count(&self) -> i32 {
        self.0.planned
    }

    /// The number of tasks that were made so far.
    async fn made_count(&self) -> i32 {
        self.0.made
    }

    /// The number of tasks that were taken back so far.
    async fn undone_count(&self) -> i32 {
        self.0.undone
    }

    /// The number of tasks that stayed when the run was undone, because somebody had acted on them.
    async fn kept_count(&self) -> i32 {
        self.0.kept
    }

    /// The actions that the viewer may or may not perform on the run now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TaskGenerationAct>>, ApiError> {
        let by = &Caller::of(ctx).actor()?.membership;
        let ability = |act: &model::GenerationAct| Ability::new((*act).into(), self.0.may(*act, by));
        Ok(model::GenerationAct::ALL.iter().map(ability).collect())
    }

    /// The version of the run: it grows with its progress.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the run was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the tasks were made, or taken back; null while the run goes on.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }
}

/// A filter of runs. A run must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TaskGenerationFilter {
    /// Runs with one of these IDs.
    ids: Option<Vec<ID>>,
}

impl FilterInput for TaskGenerationFilter {
    type Filter = queries::GenerationsFilter;

    fn read(self, _: &Membership) -> error::Result<queries::GenerationsFilter> {
        Ok(queries::GenerationsFilter { ids: known_ids(self.ids) })
    }
}

connection! {
    /// A page of the list of runs.
    TaskGenerationConnection, TaskGenerationEdge of TaskGeneration, count TaskGenerationCount;
    /// Returns the list of runs that people asked for, newest first. Empty for clients.
    query TaskGenerationsQuery.task_generations, filter TaskGenerationFilter => queries::GenerationsFilter;
    seen by scope, page queries::page, counted queries::count, position queries::position
}

changes! {
    /// A change of a list of runs.
    TaskGenerationsChanged of TaskGenerationEdge, TaskGeneration(model::Generation), GenerationId
}

/// The runs of a filter.
pub struct TaskGenerationsListed(queries::GenerationsFilter);

impl Listed for TaskGenerationsListed {
    type Message = TaskGenerationsChanged;
    type Key = (Scope, queries::GenerationsFilter);

    const SHOWS: Shows = Shows { embeds: &[StaffId::NOUN], ..Shows::of("taskGenerationsChanged") };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[GenerationId],
    ) -> error::Result<Vec<model::Generation>> {
        queries::among(conn, &onlooker.scope(), &self.0, ids).await
    }

    fn position(&self, generation: &model::Generation) -> Position {
        queries::position(generation)
    }
}

/// Runs, live.
#[derive(Debug, Default)]
pub struct TaskGenerationSubscription;

#[Subscription]
impl TaskGenerationSubscription {
    /// Sends changes of the runs that people asked for, with their progress. Applied in order to the result of the query
    /// `taskGenerations` after the first message, they keep that result up to date. Sends nothing to clients.
    async fn task_generations_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TaskGenerationFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TaskGenerationsChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, TaskGenerationsListed(filter)).await
    }
}

/// What a run would make now, as far as lines are shown. Nothing is written.
#[derive(Debug)]
pub struct TaskGenerationPreview {
    input: RunGeneration,
    totals: OnceCell<preview::Totals>,
    lines: Vec<TaskGenerationPreviewLine>,
    next_after: Option<RecurringTaskId>,
}

impl TaskGenerationPreview {
    /// What all fields that ask for a total count together, once.
    async fn totals(&self, ctx: &Context<'_>) -> Result<preview::Totals, ApiError> {
        let caller = Caller::of(ctx);
        let counted = self.totals.get_or_try_init(|| async {
            let input = self.input.clone();
            queried(caller, commands::preview_totals(&caller.store, caller.actor()?, input).await)
        });
        counted.await.copied()
    }
}

/// What a run would make now. Nothing is written.
#[Object]
impl TaskGenerationPreview {
    /// The number of tasks. The totals are counted only when one of them is asked for: ask for them with the first page.
    async fn task_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(self.totals(ctx).await?.tasks)
    }

    /// The number of documents of these tasks.
    async fn document_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(self.totals(ctx).await?.documents)
    }

    /// The number of tasks that somebody undid before and that would come again.
    async fn again_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(self.totals(ctx).await?.again)
    }

    /// The number of clients with at least one of these tasks.
    async fn client_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        Ok(self.totals(ctx).await?.clients)
    }

    /// What would be made of each recurring task, in the order of their IDs.
    async fn lines(&self) -> &[TaskGenerationPreviewLine] {
        &self.lines
    }

    /// Where the list goes on: ask again with it as `afterId`; null at its end.
    async fn next_after_id(&self) -> Option<ID> {
        self.next_after.map(api_id)
    }
}

/// What a run would make of one recurring task: of one client and one kind of work.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct TaskGenerationPreviewLine {
    #[graphql(skip)]
    recurring: RecurringTaskId,
    /// The number of tasks.
    task_count: i64,
    /// The number of documents of these tasks.
    document_count: i64,
    /// The number of tasks that somebody undid before and that would come again.
    again_count: i64,
    /// The first of these tasks, at most 24, by their periods.
    tasks: Vec<TaskGenerationPreviewTask>,
    /// The periods of the last year that make no task, and why; the last 24.
    skipped: Vec<TaskGenerationSkip>,
}

/// A period that makes no task.
#[derive(Debug, SimpleObject)]
pub struct TaskGenerationSkip {
    /// The name of the period, for example `2026-03`.
    period: String,
    /// Why it makes no task.
    reason: TaskGenerationSkipReason,
}

#[async_graphql::ComplexObject]
impl TaskGenerationPreviewLine {
    /// The recurring task.
    async fn recurring_task(&self, ctx: &Context<'_>) -> Result<RecurringTask, ApiError> {
        seen(load(ctx, self.recurring).await?)
    }
}

/// A task that a run would make.
#[derive(Debug, SimpleObject)]
pub struct TaskGenerationPreviewTask {
    /// What is to be done, for example `DAS 03/2026`.
    title: String,
    /// The name of the period, for example `2026-03`.
    period: String,
    /// The due date of the law; null when there is none, or when it is not published yet.
    legal_due_on: Option<Date>,
    /// The date of the firm's own.
    target_on: Option<Date>,
    /// The date until which the client hands in what is needed.
    hand_in_by: Option<Date>,
    /// Why the due date of the law may still change, in the language of the viewer; empty when it is final.
    provisional: Vec<String>,
    /// The number of documents.
    document_count: i64,
    /// Whether somebody undid the task before, so that only the run of a person makes it again.
    is_again: bool,
    /// Whether the due date of the law is over.
    is_late: bool,
}

/// Queries about runs.
#[derive(Debug, Default)]
pub struct TaskGenerationQuery;

#[Object]
impl TaskGenerationQuery {
    /// Returns what `taskGenerationRun` would make now with the same arguments; null for clients and for staff with the
    /// role `MEMBER`.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn task_generation_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day up to which tasks are generated; at most two years ahead.")] up_to: Date,
        #[graphql(desc = "The IDs of the clients. By default all clients.")] client_ids: Option<Vec<ID>>,
        #[graphql(desc = "The IDs of the kinds of work. By default all of them.")] task_type_ids: Option<
            Vec<ID>,
        >,
        #[graphql(desc = "The number of lines, 1 to 200. The totals are of all of them.", default = 100)]
        first: i32,
        #[graphql(desc = "The `nextAfterId` that was returned before.")] after_id: Option<ID>,
    ) -> Result<Option<TaskGenerationPreview>, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        if rights::may(&actor.membership, FirmAct::TaskGenerationRun).is_err() {
            return Ok(None);
        }
        let input = queried(caller, read(up_to, client_ids.as_deref(), task_type_ids.as_deref()))?;
        let after = queried(caller, optional_id("afterId", after_id.as_ref()))?;
        let found = commands::preview(&caller.store, actor, input.clone(), after, first.into()).await;
        let found = queried(caller, found)?;
        spend(ctx, found.lines.iter().map(|line| 1 + line.shown.len() + line.skipped.len()).sum())?;
        let locale = caller.locale;
        let task = |task: preview::Shown| TaskGenerationPreviewTask {
            title: task.title,
            period: task.period,
            legal_due_on: task.legal.map(Date),
            target_on: task.target.map(Date),
            hand_in_by: task.hand_in.map(Date),
            provisional: task.provisional.iter().map(|why| why_provisional(locale, why)).collect(),
            document_count: task.documents,
            is_again: task.is_again,
            is_late: task.is_late,
        };
        let skip = |(period, reason): (String, preview::SkipReason)| TaskGenerationSkip {
            period,
            reason: reason.into(),
        };
        let line = |line: preview::Line| TaskGenerationPreviewLine {
            recurring: line.recurring,
            task_count: line.tasks,
            document_count: line.documents,
            again_count: line.again,
            tasks: line.shown.into_iter().map(task).collect(),
            skipped: line.skipped.into_iter().map(skip).collect(),
        };
        let next_after = found.lines.last().map(|line| line.recurring).filter(|_| found.has_more);
        Ok(Some(TaskGenerationPreview {
            input,
            totals: OnceCell::new(),
            lines: found.lines.into_iter().map(line).collect(),
            next_after,
        }))
    }

    /// Returns the run with this ID; null when it does not exist for the viewer.
    async fn task_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the run.")] id: ID,
    ) -> Result<Option<TaskGeneration>, ApiError> {
        Caller::of(ctx).actor()?;
        now(ctx, &id).await
    }
}

fn read(
    up_to: Date,
    client_ids: Option<&[ID]>,
    task_type_ids: Option<&[ID]>,
) -> error::Result<RunGeneration> {
    let filter = model::GenerationFilter {
        client_ids: client_ids.map(|given| ids("clientIds", given)).transpose()?,
        task_type_ids: task_type_ids.map(|given| ids("taskTypeIds", given)).transpose()?,
        recurring_task_ids: None,
    };
    Ok(RunGeneration { up_to: up_to.0, filter })
}

/// Input for `taskGenerationRun`: what to generate.
#[derive(Debug, InputObject)]
pub struct TaskGenerationRunInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The day up to which tasks are generated: those whose work begins by then; at most two years ahead.
    up_to: Date,
    /// The IDs of the clients, 1 to 1000. By default all clients.
    client_ids: Option<Vec<ID>>,
    /// The IDs of the kinds of work, 1 to 1000. By default all of them.
    task_type_ids: Option<Vec<ID>>,
}

/// Input for `taskGenerationUndo`: the run to undo.
#[derive(Debug, InputObject)]
pub struct TaskGenerationUndoInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the run.
    id: ID,
}

/// Input for `recurringTaskUndo`: the recurring tasks whose tasks are taken back.
#[derive(Debug, InputObject)]
pub struct RecurringTaskUndoInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the recurring tasks, 1 to 1000.
    ids: Vec<ID>,
}

/// Input for `taskUndo`: the generated tasks to take back.
#[derive(Debug, InputObject)]
pub struct TaskUndoInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the tasks, 1 to 100.
    ids: Vec<ID>,
}

payload! {
    /// The result of `taskGenerationRun`.
    TaskGenerationRunPayload {
        /// The run, which goes on in the background; null when there are errors.
        task_generation: Option<TaskGeneration>,
    }
}

payload! {
    /// The result of `taskGenerationUndo`.
    TaskGenerationUndoPayload {
        /// The run in its current state, also when there are errors.
        task_generation: Option<TaskGeneration>,
    }
}

payload! {
    /// The result of `recurringTaskUndo`.
    RecurringTaskUndoPayload {
        /// The run that takes back the tasks in the background; null when there are errors.
        task_generation: Option<TaskGeneration>,
    }
}

payload! {
    /// The result of `taskUndo`.
    TaskUndoPayload {
        /// The IDs of the tasks that are gone; null when there are errors.
        undone_ids: Option<Vec<ID>>,
        /// The IDs of the tasks that stay, because somebody has acted on them or they were not generated; null when there
        /// are errors.
        kept_ids: Option<Vec<ID>>,
    }
}

/// Acts on runs.
#[derive(Debug, Default)]
pub struct TaskGenerationMutation;

#[Object]
impl TaskGenerationMutation {
    /// Generates the tasks that recurring tasks lack, in the background, and those that somebody undid before.
    /// `taskGenerationsChanged` tells the progress; the viewer is notified at the end, and each other assignee once of the own
    /// new tasks.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_generation_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskGenerationRunInput,
    ) -> Result<TaskGenerationRunPayload, ApiError> {
        let TaskGenerationRunInput { idempotency_key, up_to, client_ids, task_type_ids } = input;
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let input = read(up_to, client_ids.as_deref(), task_type_ids.as_deref())?;
            commands::run(store, actor, &idempotency_key, input).await
        })
        .await?;
        let task_generation = load_optional(ctx, done).await?;
        Ok(TaskGenerationRunPayload { task_generation, user_errors, revision })
    }

    /// Takes back the tasks of a run on which nobody has acted, with their documents, in the background. Their periods are
    /// generated again only when a person asks for it. The other tasks stay.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `GENERATION_RUNNING`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_generation_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskGenerationUndoInput,
    ) -> Result<TaskGenerationUndoPayload, ApiError> {
        let TaskGenerationUndoInput { idempotency_key, id: given } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            commands::undo(store, actor, &idempotency_key, id("id", &given)?).await
        })
        .await?;
        Ok(TaskGenerationUndoPayload { task_generation: now(ctx, &given).await?, user_errors, revision })
    }

    /// Takes back all tasks of recurring tasks on which nobody has acted, whatever generated them, with their documents, in the
    /// background. Their periods are generated again only when a person asks for it. The other tasks stay.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn recurring_task_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RecurringTaskUndoInput,
    ) -> Result<RecurringTaskUndoPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::undo_recurring(store, actor, &input.idempotency_key, ids("ids", &input.ids)?).await
        })
        .await?;
        let task_generation = load_optional(ctx, done).await?;
        Ok(RecurringTaskUndoPayload { task_generation, user_errors, revision })
    }

    /// Takes back generated tasks on which nobody has acted, with their documents. Their periods are generated again only
    /// when a person asks for it. The other tasks stay.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_undo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskUndoInput,
    ) -> Result<TaskUndoPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::undo_tasks(store, actor, &input.idempotency_key, ids("ids", &input.ids)?).await
        })
        .await?;
        let shown = |ids: Vec<guichet_base::id::TaskId>| ids.into_iter().map(api_id).collect();
        let (undone_ids, kept_ids) = done.map(|done| (shown(done.undone), shown(done.kept))).unzip();
        Ok(TaskUndoPayload { undone_ids, kept_ids, user_errors, revision })
    }
}

/// The run as it stands now.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<TaskGeneration>, ApiError> {
    load_optional(ctx, GenerationId::decode(id)).await
}
