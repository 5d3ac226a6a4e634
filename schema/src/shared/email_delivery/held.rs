//! Mails that are held back after a restore from a backup: what the operator does about them.

use guichet_base::error::{Fault, Result};
use guichet_base::id::{DeliveryId, Id};
use guichet_engine::job::held::{self, HeldOfFirm, Which};
use guichet_engine::job::{Payload, awaited};
use guichet_engine::store::{By, Store, Tx};

use super::model::{DeliveryReason, SendEmail};
use super::outcome::{self, DeliveryOutcome};

/// How many are discarded at a time.
const SOME: i64 = 500;

/// Gives every queued delivery its job, so that it can be held. A dump may contain a delivery whose job is missing or
/// dead; the reconciler would mend that, and the mail would be sent.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn complete(store: &Store) -> Result<()> {
    while awaited::settle::<SendEmail>(store).await? > 0 {}
    Ok(())
}

/// Holds all queued mails. Returns how many.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn hold_all(tx: &mut Tx) -> Result<usize> {
    Ok(held::hold_all(tx.conn(), SendEmail::KIND).await?)
}

/// How many mails are held, by firm.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_firm(store: &Store, which: Which) -> Result<Vec<HeldOfFirm>> {
    Ok(held::by_firm(&mut *store.conn().await?, SendEmail::KIND, which).await?)
}

/// Sends held mails. Returns how many.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn release(store: &Store, which: Which) -> Result<usize> {
    let mut tx = store.begin(By::system()).await?;
    let now = tx.now;
    let released = held::release(tx.conn(), SendEmail::KIND, which, now).await?;
    tx.audit(which.firm, "mailRelease", DeliveryId::NOUN, None);
    tx.commit(()).await?;
    store.hints.jobs();
    Ok(released)
}

/// Discards held mails: staff see that they were not sent, and why, and can have them sent again. Returns how many.
///
/// # Errors
/// When the database does not answer: retry. Those discarded before stay so.
pub async fn discard(store: &Store, which: Which) -> Result<usize> {
    let mut discarded = 0;
    loop {
        let some = held::some(&mut *store.conn().await?, SendEmail::KIND, which, SOME).await?;
        if some.is_empty() {
            return Ok(discarded);
        }
        for job in some {
            let order: SendEmail =
                serde_json::from_value(job.payload).map_err(|error| Fault::Broken(error.to_string()))?;
            let reason = DeliveryReason::Discarded;
            // The job goes last: after a crash between the two it is found again.
            outcome::record(store, order, DeliveryOutcome::Withheld { reason }).await?;
            held::remove(&mut *store.conn().await?, job.id).await?;
            discarded += 1;
        }
    }
}
