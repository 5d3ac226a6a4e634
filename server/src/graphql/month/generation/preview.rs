//! What a run would make.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use guichet_base::id::RecurringTaskId;
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_obligations::why_provisional;
use guichet_schema::month::generation::commands::{self, RunGeneration};
use guichet_schema::month::generation::preview;
use tokio::sync::OnceCell;

use crate::graphql::caller::Caller;
use crate::graphql::loaders::{load, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::month::recurring_task::RecurringTask;
use crate::graphql::payload::{api_id, queried};
use crate::graphql::scalars::Date;

mirror!(TaskGenerationSkipReason => preview::SkipReason);

/// What a run would make now, as far as lines are shown. Nothing is written.
#[derive(Debug)]
pub struct TaskGenerationPreview {
    input: RunGeneration,
    totals: OnceCell<preview::Totals>,
    lines: Vec<TaskGenerationPreviewLine>,
    next_after: Option<RecurringTaskId>,
}

impl TaskGenerationPreview {
    pub(super) fn new(input: RunGeneration, found: preview::Preview, locale: Locale) -> Self {
        let next_after = found.lines.last().map(|line| line.recurring).filter(|_| found.has_more);
        let line = |line| TaskGenerationPreviewLine::new(line, locale);
        let lines = found.lines.into_iter().map(line).collect();
        Self { input, totals: OnceCell::new(), lines, next_after }
    }

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

#[ComplexObject]
impl TaskGenerationPreviewLine {
    /// The recurring task.
    async fn recurring_task(&self, ctx: &Context<'_>) -> Result<RecurringTask, ApiError> {
        seen(load(ctx, self.recurring).await?)
    }
}

impl TaskGenerationPreviewLine {
    fn new(line: preview::Line, locale: Locale) -> Self {
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
        Self {
            recurring: line.recurring,
            task_count: line.tasks,
            document_count: line.documents,
            again_count: line.again,
            tasks: line.shown.into_iter().map(task).collect(),
            skipped: line.skipped.into_iter().map(skip).collect(),
        }
    }
}

/// A period that makes no task.
#[derive(Debug, SimpleObject)]
pub struct TaskGenerationSkip {
    /// The name of the period, for example `2026-03`.
    period: String,
    /// Why it makes no task.
    reason: TaskGenerationSkipReason,
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
