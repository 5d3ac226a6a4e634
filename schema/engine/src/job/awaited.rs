//! Rows that wait for a job, such as a queued mail: finds those that no living job will process.
//!
//! A row and its job are written in one transaction. But a job can become a dead letter without settling its row
//! (its process crashed each time), and a restored database may have the row without the job. [`settle`] finds
//! both cases for every kind of job that implements [`Awaited`].

use diesel::prelude::*;
use diesel::sql_types::{Bool, Jsonb, Text};
use diesel_async::RunQueryDsl;

use super::{NewJob, Payload};
use crate::store::{By, Store, Tx};
use guichet_base::error::{Fault, Result};

/// A job that a row waits for.
pub trait Awaited: Payload {
    /// The rows that wait, as an SQL query with one column `payload`: the payload of the job of each row, as JSON.
    const WAITING: &'static str;
    /// Defaults of the fields that old payloads lack, as a JSON object.
    const DEFAULTS: &'static str = "{}";

    /// Locks the row and returns its job; none when the row no longer waits. The job's key prevents a second one.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    fn job(&self, tx: &mut Tx) -> impl Future<Output = Result<Option<NewJob>>> + Send;

    /// Settles the row after its job became a dead letter. A row that no longer waits is left unchanged.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    fn give_up(self, store: &Store) -> impl Future<Output = Result<()>> + Send;
}

/// Writes the missing jobs, and settles the rows whose job is a dead letter. Returns the number of rows found.
/// Idempotent. An error with one row does not stop the others.
///
/// # Errors
/// The first error, after all rows were tried. Retry.
pub async fn settle<A: Awaited>(store: &Store) -> Result<usize> {
    let abandoned = abandoned::<A>(store).await?;
    let found = abandoned.len();
    let mut first = Ok(found);
    for row in abandoned {
        if let Err(error) = settle_one::<A>(store, row).await {
            first = first.and(Err(error));
        }
    }
    first
}

#[derive(QueryableByName)]
struct Abandoned {
    #[diesel(sql_type = Jsonb)]
    payload: serde_json::Value,
    #[diesel(sql_type = Bool)]
    has_died: bool,
}

/// At most a thousand at a time. Compares payloads, not keys: the format of a key may change, old payloads stay
/// readable.
async fn abandoned<A: Awaited>(store: &Store) -> Result<Vec<Abandoned>> {
    let text = format!(
        "SELECT waiting.payload, count(job.id) > 0 AS has_died
         FROM ({}) AS waiting LEFT JOIN jobs AS job
             ON job.kind = $1 AND $2::jsonb || job.payload = waiting.payload
         GROUP BY waiting.payload
         HAVING coalesce(bool_and(job.status = 'DEAD'), true)
         LIMIT 1000",
        A::WAITING
    );
    let found = diesel::sql_query(text).bind::<Text, _>(A::KIND).bind::<Text, _>(A::DEFAULTS);
    Ok(found.load(&mut *store.conn().await?).await?)
}

async fn settle_one<A: Awaited>(store: &Store, row: Abandoned) -> Result<()> {
    let payload: A = serde_json::from_value(row.payload).map_err(|error| Fault::Broken(error.to_string()))?;
    if row.has_died {
        return payload.give_up(store).await;
    }
    let mut tx = store.begin(By::system()).await?;
    let Some(job) = payload.job(&mut tx).await? else { return Ok(()) };
    tracing::warn!(kind = A::KIND, key = job.key, "a row waited without a job; it has one now");
    tx.job(job);
    tx.commit(()).await?;
    Ok(())
}
