//! The job that generates tasks, and the tick that asks for it.

use diesel::prelude::*;
use diesel::sql_types::{Date, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{FirmId, Id};
use guichet_engine::job::NewJob;
use guichet_engine::store::{By, Store};

use crate::month::recurring_task::job::GenerateTasks;
use crate::people::firm::day::today;

use super::run::{Only, Order, run};

/// Writes a job for each firm whose day has begun since its tasks were generated last. Returns how many. Asked again and
/// again, from several processes, it writes one at a time for each firm.
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
        "SELECT id FROM firms
         WHERE coalesce(generated_on < (($1 + make_interval(secs => clock_ahead_seconds)) AT TIME ZONE zone)::date, true)
             AND EXISTS (SELECT FROM recurring_tasks WHERE firm_id = firms.id)",
    )
    .bind::<diesel::sql_types::Timestamptz, _>(now)
    .load(tx.conn())
    .await?;
    for firm in &waiting {
        let order = GenerateTasks { firm_id: firm.id, recurring: None, generation_id: None };
        tx.job(NewJob::new(&order)?.firm(firm.id).key(firm.id.encode()));
    }
    tx.commit(()).await?;
    Ok(waiting.len())
}

/// Runs the job. Returns how many tasks were made.
///
/// # Errors
/// When the database does not answer: retry; what was made stays.
pub async fn generate(store: &Store, job: &GenerateTasks) -> Result<usize> {
    let today = today(&mut *store.conn().await?, job.firm_id, store.now()).await?;
    let only = Only { recurring: job.recurring.clone(), ..Only::default() };
    let is_all = only.recurring.is_none();
    let order = Order {
        firm_id: job.firm_id,
        up_to: today,
        only,
        again: job.generation_id.is_some(),
        generation_id: job.generation_id,
    };
    let made = run(store, &order).await?;
    if is_all {
        // After a jump back of the clock the later day holds: its tasks are there.
        diesel::sql_query("UPDATE firms SET generated_on = greatest(generated_on, $2) WHERE id = $1")
            .bind::<SqlUuid, _>(job.firm_id)
            .bind::<Date, _>(today)
            .execute(&mut *store.conn().await?)
            .await?;
    }
    Ok(made)
}
