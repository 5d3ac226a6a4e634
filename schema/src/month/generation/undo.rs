//! Taking generated tasks back (C-11): those that nobody touched vanish with their documents, and no tick makes them again.

use std::collections::HashMap;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{FirmId, GenerationId, Id, RecurringTaskId, StaffId, TaskId};
use guichet_engine::actor::{Area, Areas};
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{documents, recurring_tasks, staff_members, tasks};
use uuid::Uuid;

use super::model::{Generation, GenerationState};
use super::progress;
use super::run::{Made, tell};

/// So many tasks are taken back in one transaction.
const CHUNK: i64 = 200;

/// Takes back the tasks of a run, or all that recurring tasks have, and returns how many. A run that is not being undone is
/// left as it is.
///
/// # Errors
/// When the database does not answer: retry; what is gone stays gone.
pub async fn undo(store: &Store, firm: FirmId, id: GenerationId) -> Result<usize> {
    let mut undone = 0;
    let mut after = None;
    while let Some((reached, of_step)) = step(store, firm, id, after).await? {
        undone += of_step;
        after = Some(reached);
    }
    let mut tx = store.begin(By::system()).await?;
    if let Some(run) = progress::lock(&mut tx, id, GenerationState::Undoing).await? {
        let kept: i64 = of_run(&run).count().get_result(tx.conn()).await?;
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        progress::count(&mut tx, firm, id, "kept = $2", kept).await?;
        progress::end(&mut tx, id, GenerationState::Undoing, GenerationState::Undone).await?;
    }
    tx.commit(()).await?;
    Ok(undone)
}

/// One chunk in its transaction: the last task that was looked at, and how many are gone; none after the last chunk.
pub(super) async fn step(
    store: &Store,
    firm: FirmId,
    id: GenerationId,
    after: Option<TaskId>,
) -> Result<Option<(TaskId, usize)>> {
    let mut tx = store.begin(By::system()).await?;
    let run = progress::lock(&mut tx, id, GenerationState::Undoing).await?;
    let Some(run) = run else { return Ok(None) };
    let Some(by) = run.undone_by else { return Ok(None) };
    let mut query = of_run(&run);
    if let Some(after) = after {
        query = query.filter(tasks::id.gt(after));
    }
    let ids: Vec<TaskId> = query.order(tasks::id).limit(CHUNK).select(tasks::id).load(tx.conn()).await?;
    let Some(last) = ids.last().copied() else { return Ok(None) };
    let there = lock(tx.conn(), firm, &ids).await?;
    let gone = take_back(&mut tx, firm, by, &there).await?;
    on_behalf_of(&mut tx, by).await?;
    for id in &gone {
        tx.audit(Some(firm), "taskGenerationUndo", TaskId::NOUN, Some(id.uuid()));
    }
    let undone = gone.len();
    if undone > 0 {
        progress::count(&mut tx, firm, id, "undone = undone + $2", undone).await?;
    }
    tx.commit(()).await?;
    Ok(Some((last, undone)))
}

/// The audit names who asked for what a job does (F-03).
pub(super) async fn on_behalf_of(tx: &mut Tx, by: StaffId) -> Result<()> {
    let account =
        staff_members::table.find(by).select(staff_members::account_id).get_result(tx.conn()).await?;
    tx.on_behalf_of(by, account);
    Ok(())
}

/// The tasks that a run made; or those of the recurring tasks of which everything is taken back.
fn of_run(run: &Generation) -> tasks::BoxedQuery<'static, Pg> {
    match run.filter().recurring_task_ids {
        Some(ids) => tasks::table
            .filter(tasks::firm_id.eq(run.firm_id))
            .filter(tasks::recurring_task_id.eq_any(ids))
            .into_boxed(),
        None => tasks::table.filter(tasks::generation_id.eq(run.id)).into_boxed(),
    }
}

/// Those of these tasks that the firm has, locked with their documents: who is about to touch one comes before or after. Their
/// recurring tasks are locked first, so that a run beside it, which has seen the periods taken, is over, or sees them undone.
pub(super) async fn lock(conn: &mut AsyncPgConnection, firm: FirmId, ids: &[TaskId]) -> Result<Vec<TaskId>> {
    let of: Vec<Option<RecurringTaskId>> = tasks::table
        .filter(tasks::firm_id.eq(firm))
        .filter(sql::among(tasks::id, ids))
        .filter(tasks::recurring_task_id.is_not_null())
        .select(tasks::recurring_task_id)
        .distinct()
        .load(&mut *conn)
        .await?;
    let of: Vec<RecurringTaskId> = of.into_iter().flatten().collect();
    recurring_tasks::table
        .filter(sql::among(recurring_tasks::id, &of))
        .order(recurring_tasks::id)
        .select(recurring_tasks::id)
        .for_no_key_update()
        .execute(&mut *conn)
        .await?;
    let there: Vec<TaskId> = tasks::table
        .filter(tasks::firm_id.eq(firm))
        .filter(sql::among(tasks::id, ids))
        .order(tasks::id)
        .select(tasks::id)
        .for_update()
        .load(&mut *conn)
        .await?;
    documents::table
        .filter(documents::task_id.eq_any(&there))
        .order(documents::id)
        .select(documents::id)
        .for_update()
        .execute(conn)
        .await?;
    Ok(there)
}

/// Removes those of these locked tasks that nobody touched, with their documents, remembers their periods, and tells the
/// screens that show them. Returns which.
pub(super) async fn take_back(
    tx: &mut Tx,
    firm: FirmId,
    by: StaffId,
    locked: &[TaskId],
) -> Result<Vec<TaskId>> {
    let now = tx.now;
    let uuids: Vec<Uuid> = locked.iter().map(|id| id.uuid()).collect();
    // A statement of its own: it sees whatever those wrote for whom the locks waited.
    let gone: Vec<Made> =
        diesel::sql_query(UNTOUCHED).bind::<Array<SqlUuid>, _>(uuids).load(tx.conn()).await?;
    let ids: Vec<TaskId> = gone.iter().map(|task| task.id).collect();
    if ids.is_empty() {
        return Ok(ids);
    }
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    diesel::sql_query(REMEMBER)
        .bind::<Array<SqlUuid>, _>(&uuids)
        .bind::<SqlUuid, _>(by)
        .bind::<Timestamptz, _>(now)
        .execute(tx.conn())
        .await?;
    let of_tasks: Vec<(TaskId, String)> = documents::table
        .filter(sql::among(documents::task_id, &ids))
        .select((documents::task_id.assume_not_null(), documents::category))
        .load(tx.conn())
        .await?;
    let mut areas: HashMap<TaskId, Areas> = HashMap::new();
    for (task, category) in of_tasks {
        let of_task = areas.entry(task).or_insert(Areas::NONE);
        *of_task = Area::parse(&category).into_iter().fold(*of_task, Areas::with);
    }
    for statement in REMOVE {
        diesel::sql_query(*statement).bind::<Array<SqlUuid>, _>(&uuids).execute(tx.conn()).await?;
    }
    tell(tx, firm, &gone, &areas).await?;
    Ok(ids)
}

/// Those of the tasks `$1` on which, and on whose documents, nobody has acted: no change, file, comment, mail or reading.
const UNTOUCHED: &str = "
    SELECT t.id, t.client_id, t.assignee_id, t.department_id
    FROM tasks AS t
    WHERE t.id = ANY ($1) AND t.origin = 'RECURRING' AND t.is_untouched AND t.last_message_seq = 0
        AND NOT EXISTS (SELECT FROM attachments WHERE subject_id = t.id)
        AND NOT EXISTS (SELECT FROM messages WHERE subject_id = t.id)
        AND NOT EXISTS (SELECT FROM read_marks WHERE subject_id = t.id)
        AND NOT EXISTS (SELECT FROM email_deliveries WHERE subject_id = t.id)
        AND NOT EXISTS (
            SELECT FROM documents AS d WHERE d.task_id = t.id AND NOT (
                d.state = 'EXPECTED' AND d.last_version = 0 AND NOT d.is_due_set
                AND num_nonnulls(d.published_at, d.read_at, d.approval) = 0
                AND NOT EXISTS (SELECT FROM document_versions WHERE document_id = d.id)
                AND NOT EXISTS (SELECT FROM document_answers WHERE document_id = d.id)
                AND NOT EXISTS (SELECT FROM attachments WHERE subject_id = d.id)
                AND NOT EXISTS (SELECT FROM messages WHERE subject_id = d.id)
                AND NOT EXISTS (SELECT FROM read_marks WHERE subject_id = d.id)
                AND NOT EXISTS (SELECT FROM email_deliveries WHERE subject_id = d.id)
                -- Dates that followed a changed rule are nobody's touch.
                AND NOT EXISTS (SELECT FROM changes WHERE subject_id = d.id AND field NOT IN ('LEGAL_DUE_ON', 'DUE_ON'))
            )
        )
    ORDER BY t.id";

/// Remembers the periods of the tasks `$1`, undone by `$2` at `$3`.
const REMEMBER: &str = "
    INSERT INTO undone_periods (recurring_task_id, period, firm_id, undone_by, undone_at)
    SELECT recurring_task_id, period, firm_id, $2, $3 FROM tasks WHERE id = ANY ($1)
    ON CONFLICT (recurring_task_id, period) DO UPDATE
        SET undone_by = excluded.undone_by, undone_at = excluded.undone_at";

/// Removes the tasks `$1`, with their histories. What somebody was told stays told.
const REMOVE: &[&str] = &[
    "DELETE FROM changes WHERE subject_id = ANY ($1)",
    "DELETE FROM changes WHERE subject_id IN (SELECT id FROM documents WHERE task_id = ANY ($1))",
    "DELETE FROM documents WHERE task_id = ANY ($1)",
    "DELETE FROM tasks WHERE id = ANY ($1)",
];
