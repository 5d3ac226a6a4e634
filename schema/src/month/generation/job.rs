//! The job that generates tasks, and the tick that asks for it.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Date, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{FirmId, GenerationId, Id};
use guichet_engine::job::awaited::Awaited;
use guichet_engine::job::{NewJob, Payload};
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::generations;
use serde::{Deserialize, Serialize};

use crate::month::recurring_task::job::{ASKED, GenerateTasks};
use crate::people::firm::day::today;

use super::commands::order;
use super::model::{Generation, GenerationState};
use super::preview::totals;
use super::progress;
use super::run::{Only, Order, run};

/// Writes a job for each firm whose day is another one than that whose tasks were generated last: a clock that went ahead, and
/// back, stops nothing. Returns how many. Asked again and again, from several processes, it writes one at a time for each
/// firm, and none on a day on which one was given up.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn tick(store: &Store) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = SqlUuid)]
        id: FirmId,
    }
    let mut tx = store.begin(By::system()).await?;
    let now = tx.now;
    // A firm without recurring tasks has nothing to wait for.
    let waiting: Vec<Waiting> = diesel::sql_query(
        "WITH clocks AS (
             SELECT id, generated_on, zone, make_interval(secs => clock_ahead_seconds) AS ahead FROM firms
         ), days AS (
             SELECT *, (($1 + ahead) AT TIME ZONE zone)::date AS day FROM clocks
         )
         SELECT id FROM days
         WHERE generated_on IS DISTINCT FROM day
             AND EXISTS (SELECT FROM recurring_tasks WHERE firm_id = days.id)
             AND NOT EXISTS (
                 SELECT FROM jobs
                 WHERE kind = $2 AND status = 'DEAD' AND payload = jsonb_build_object('firm_id', days.id)
                     AND ((finished_at + ahead) AT TIME ZONE zone)::date = day
             )",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(GenerateTasks::KIND)
    .load(tx.conn())
    .await?;
    for firm in &waiting {
        let order = GenerateTasks { firm_id: firm.id, recurring: None, generation_id: None };
        tx.job(NewJob::new(&order)?.firm(firm.id).key(firm.id.encode()));
    }
    tx.commit(()).await?;
    Ok(waiting.len())
}

/// The job of a run that a person asked for.
pub(super) fn asked(run: &Generation) -> Result<NewJob> {
    let (firm_id, id) = (run.firm_id, run.id);
    let job = GenerateTasks { firm_id, recurring: None, generation_id: Some(id) };
    Ok(NewJob::new(&job)?.firm(firm_id).key(id.encode()).priority(ASKED))
}

/// The job that undoes a run.
pub(super) fn undoing(run: &Generation) -> Result<NewJob> {
    let job = UndoGeneration { firm_id: run.firm_id, generation_id: run.id };
    Ok(NewJob::new(&job)?.firm(run.firm_id).key(run.id.encode()))
}

/// No run goes on without a job that makes its tasks.
impl Awaited for GenerateTasks {
    const WAITING: &'static str =
        "SELECT jsonb_build_object('firm_id', firm_id, 'generation_id', id) AS payload
        FROM generations WHERE state = 'RUNNING'";

    async fn job(&self, tx: &mut Tx) -> Result<Option<NewJob>> {
        let Some(id) = self.generation_id else { return Ok(None) };
        progress::lock(tx, id, GenerationState::Running).await?.map(|run| asked(&run)).transpose()
    }

    async fn give_up(self, store: &Store) -> Result<()> {
        match self.generation_id {
            Some(id) => progress::fail(store, id, GenerationState::Running).await,
            None => Ok(()),
        }
    }
}

/// No run is being undone without a job that does it.
impl Awaited for UndoGeneration {
    const WAITING: &'static str =
        "SELECT jsonb_build_object('firm_id', firm_id, 'generation_id', id) AS payload
        FROM generations WHERE state = 'UNDOING'";

    async fn job(&self, tx: &mut Tx) -> Result<Option<NewJob>> {
        let run = progress::lock(tx, self.generation_id, GenerationState::Undoing).await?;
        run.map(|run| undoing(&run)).transpose()
    }

    async fn give_up(self, store: &Store) -> Result<()> {
        progress::fail(store, self.generation_id, GenerationState::Undoing).await
    }
}

/// Takes back the tasks of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UndoGeneration {
    /// The firm.
    pub firm_id: FirmId,
    /// The run.
    pub generation_id: GenerationId,
}

impl Payload for UndoGeneration {
    const KIND: &'static str = "undo_generation";
    const MAX_ATTEMPTS: i32 = 50;
}

/// Runs the job. Returns how many tasks were made.
///
/// # Errors
/// When the database does not answer: retry; what was made stays.
pub async fn generate(store: &Store, job: &GenerateTasks) -> Result<usize> {
    let today = today(&mut *store.conn().await?, job.firm_id, store.now()).await?;
    if let Some(id) = job.generation_id {
        return on_request(store, id, today).await;
    }
    let only = Only { recurring: job.recurring.clone(), ..Only::default() };
    let is_all = only.recurring.is_none();
    let order = Order { firm_id: job.firm_id, up_to: today, today, only, again: false, generation_id: None };
    let made = run(store, &order).await?;
    if is_all {
        diesel::sql_query("UPDATE firms SET generated_on = $2 WHERE id = $1")
            .bind::<SqlUuid, _>(job.firm_id)
            .bind::<Date, _>(today)
            .execute(&mut *store.conn().await?)
            .await?;
    }
    Ok(made)
}

/// Generates what a person asked for: counts it, makes it, and tells that it is there. A run that ended is left as it is.
async fn on_request(store: &Store, id: GenerationId, today: NaiveDate) -> Result<usize> {
    let running = generations::table.find(id).filter(generations::state.eq(GenerationState::Running));
    let found: Option<Generation> =
        running.select(Generation::as_select()).get_result(&mut *store.conn().await?).await.optional()?;
    let Some(generation) = found else { return Ok(0) };
    let firm_id = generation.firm_id;
    let order = order(firm_id, generation.up_to, generation.filter(), today, Some(id));
    let lacking = totals(&mut *store.conn().await?, &order).await?.tasks;
    let mut tx = store.begin(By::system()).await?;
    // Begun again, it has made some already.
    let lacking = usize::try_from(lacking).unwrap_or_default();
    progress::count(&mut tx, firm_id, id, "planned = made + $2", lacking).await?;
    tx.commit(()).await?;
    let made = run(store, &order).await?;
    let mut tx = store.begin(By::system()).await?;
    progress::end(&mut tx, id, GenerationState::Running, GenerationState::Done).await?;
    tx.commit(()).await?;
    Ok(made)
}
