//! The reconciler of deliveries: none stays queued without anything to send it (F-02).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use guichet_base::error::Result;
use guichet_base::id::{DeliveryId, FirmId};
use guichet_engine::job::Payload;
use guichet_engine::sql;
use guichet_engine::store::{By, Store};
use guichet_engine::tables::email_deliveries;

use super::announce::send_job;
use super::model::SendEmail;
use super::outcome::{Outcome, record, to_be_sent};

/// Finds queued deliveries that nothing will send. Where the job died without telling (its process crashed
/// each time) they failed; where there is none, they get one. A reconciler: wants no input and changes
/// nothing the second time.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn settle(store: &Store) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Abandoned {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: DeliveryId,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        round: i32,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        has_died: bool,
    }
    let mut conn = store.conn().await?;
    // By the payload, not the key: old payloads have no round, and are of the first.
    let abandoned: Vec<Abandoned> = sql::kept(
        "SELECT delivery.id, delivery.round, count(job.id) > 0 AS has_died
         FROM email_deliveries AS delivery LEFT JOIN jobs AS job
             ON job.kind = ? AND job.payload ->> 'delivery_id' = delivery.id::text
             AND coalesce((job.payload ->> 'round')::integer, 1) = delivery.round
         WHERE delivery.status = 'QUEUED'
         GROUP BY delivery.id
         HAVING coalesce(bool_and(job.status = 'DEAD'), true)
         LIMIT 1000",
    )
    .bind::<diesel::sql_types::Text, _>(SendEmail::KIND)
    .load(&mut conn)
    .await?;
    drop(conn);
    let settled = abandoned.len();
    for Abandoned { id, round, has_died } in abandoned {
        let job = SendEmail { delivery_id: id, round };
        if has_died {
            let reply = "given up after repeated crashes".to_owned();
            record(store, job, Outcome::Exhausted { reply }).await?;
        } else {
            requeue(store, job).await?;
        }
    }
    Ok(settled)
}

/// Writes the job that a queued delivery lacks; its key keeps it single.
async fn requeue(store: &Store, job: SendEmail) -> Result<()> {
    let mut tx = store.begin(By::house()).await?;
    let firm: Option<FirmId> = email_deliveries::table
        .filter(to_be_sent(job))
        .select(email_deliveries::firm_id)
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?;
    let Some(firm) = firm else { return Ok(()) };
    tracing::warn!(delivery = %job.delivery_id, "a queued mail had no job; it has one now");
    tx.job(send_job(job.delivery_id, job.round, firm)?);
    tx.commit(()).await?;
    Ok(())
}
