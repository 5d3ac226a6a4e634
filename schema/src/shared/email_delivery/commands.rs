//! What staff do about deliveries: have one sent again (F-02).

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{OrNotFound, Refusal, Result};
use guichet_base::id::{ActId, DeliveryId, Id};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::email_deliveries;

use super::kind::Mails;
use super::model::{DeliveryReason, DeliveryStatus, EmailDelivery};
use super::outcome::changed;
use super::{announce, queries, retry};

/// Has a failed or unsent delivery sent again (F-02), to whom its kind says that it goes now: an address may have been
/// corrected since.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `DELIVERY_NOT_RETRYABLE` when it was sent or is queued, `NO_RECIPIENT` when there
/// is still no address, `ADDRESS_SUPPRESSED`, `INVALID_EMAIL`.
pub async fn retry(
    store: &Store,
    mails: Mails,
    actor: &Actor,
    key: &str,
    id: DeliveryId,
) -> Result<Done<DeliveryId>> {
    actor.staff()?;
    let mut tx = first!(store.begin_once(actor, "emailDeliveryRetry", key, &id).await?);
    tx.keep_pace(actor)?;
    let delivery = lock(tx.conn(), actor, id).await?.or_not_found("id")?;
    let plan =
        retry::plans(tx.conn(), mails, delivery.firm_id, std::slice::from_ref(&delivery)).await?.remove(&id);
    let plan = plan.or_not_found("id")?.map_err(|code| Refusal::of("id", code))?;
    let (now, round) = (tx.now, delivery.round + 1);
    // The thread with another address may already have another subject.
    let mut threads = announce::threads(tx.pipeline(), delivery.subject).await?;
    let thread = plan.written_ci().and_then(|ci| threads.remove(&ci)).or(delivery.thread_subject.clone());
    diesel::update(email_deliveries::table.find(id))
        .set((
            email_deliveries::recipient.eq(plan.written()),
            email_deliveries::recipient_ci.eq(plan.written_ci()),
            email_deliveries::locale.eq(plan.candidate.locale),
            email_deliveries::thread_subject.eq(thread),
            email_deliveries::round.eq(round),
            email_deliveries::status.eq(DeliveryStatus::Queued),
            email_deliveries::reason.eq(None::<DeliveryReason>),
            email_deliveries::version.eq(delivery.version + 1),
            email_deliveries::updated_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    tx.job(announce::send_job(id, round, delivery.firm_id)?);
    changed(&mut tx, &delivery).await?;
    tx.audit(Some(delivery.firm_id), "emailDeliveryRetry", DeliveryId::NOUN, Some(id.uuid()));
    tx.commit(id).await
}

/// Finds a delivery within the viewer's scope and locks all deliveries about the same action, always in the same
/// order: when two are sent again at once, the second one sees which address the first one uses.
async fn lock(conn: &mut AsyncPgConnection, actor: &Actor, id: DeliveryId) -> Result<Option<EmailDelivery>> {
    let cause: Option<ActId> = email_deliveries::table
        .filter(queries::visible(&actor.membership))
        .filter(email_deliveries::id.eq(id))
        .select(email_deliveries::cause_id)
        .get_result(conn)
        .await
        .optional()?;
    let Some(cause) = cause else { return Ok(None) };
    let all: Vec<EmailDelivery> = email_deliveries::table
        .filter(email_deliveries::firm_id.eq(actor.firm_id()))
        .filter(email_deliveries::cause_id.eq(cause))
        .order(email_deliveries::id)
        .select(EmailDelivery::as_select())
        .for_update()
        .load(conn)
        .await?;
    Ok(all.into_iter().find(|delivery| delivery.id == id))
}
