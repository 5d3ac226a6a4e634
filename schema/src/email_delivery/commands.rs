//! What staff do about deliveries: send again, lift a suppression (F-02, F-06).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::actor::Actor;
use crate::email::Email;
use crate::error::{Code, OrNotFound, Refusal, Result};
use crate::id::{ClientId, DeliveryId, Id};
use crate::store::{Begun, Done, Store};
use crate::tables::{email_deliveries, email_suppressions};

use super::announce::send_job;
use super::model::{DeliveryReason, DeliveryStatus, EmailDelivery};
use super::outcome::changed;
use super::retry;

/// Has a failed or unsent delivery sent again (F-02). A delivery to the client's record goes to the
/// client's present address, which may have been corrected since.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `DELIVERY_NOT_RETRYABLE` when it was sent, is on its way, or still
/// has nowhere to go, `ADDRESS_SUPPRESSED`, `INVALID_EMAIL`.
pub async fn retry(store: &Store, actor: &Actor, key: &str, id: DeliveryId) -> Result<Done<DeliveryId>> {
    actor.staff()?;
    let mut tx = match store.begin_once(actor, "emailDeliveryRetry", key, &id).await? {
        Begun::Replay(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let delivery = email_deliveries::table
        .filter(super::queries::visible(&actor.scope()))
        .filter(email_deliveries::id.eq(id))
        .select(EmailDelivery::as_select())
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    let plan = retry::plans(tx.conn(), delivery.firm_id, std::slice::from_ref(&delivery)).await?.remove(&id);
    let plan = plan.or_not_found("id")?.map_err(|code| Refusal::of("id", code))?;
    let now = tx.now;
    diesel::update(email_deliveries::table.find(id))
        .set((
            email_deliveries::recipient.eq(plan.written()),
            email_deliveries::recipient_ci.eq(plan.written_ci()),
            email_deliveries::status.eq(DeliveryStatus::Queued),
            email_deliveries::reason.eq(None::<DeliveryReason>),
            email_deliveries::version.eq(delivery.version + 1),
            email_deliveries::updated_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    tx.job(send_job(id, delivery.firm_id)?);
    changed(&mut tx, id, delivery.firm_id, delivery.client_id).await?;
    tx.audit(Some(delivery.firm_id), "emailDeliveryRetry", DeliveryId::NOUN, Some(id.uuid()));
    tx.commit(id).await
}

/// Lets the firm write again to an address that bounced, because somebody knows that it works now
/// (F-06).
///
/// # Errors
/// `NOT_ALLOWED` for portal users, `NOT_FOUND` for an address that is not a suppressed one of a
/// visible client, `INVALID_EMAIL`.
pub async fn lift_suppression(
    store: &Store,
    actor: &Actor,
    client_id: ClientId,
    email: &str,
) -> Result<Done<ClientId>> {
    actor.staff()?;
    let email = Email::parse(email).ok_or_else(|| Refusal::of("email", Code::InvalidEmail))?;
    let mut tx = store.begin(actor).await?;
    let suppressed = super::queries::suppressions(tx.conn(), &actor.scope(), &[client_id]).await?;
    let of_client = suppressed.get(&client_id).or_not_found("clientId")?;
    of_client.iter().find(|found| found.email_ci == email.ci()).or_not_found("email")?;
    diesel::delete(email_suppressions::table.find((actor.firm_id(), email.ci()))).execute(tx.conn()).await?;
    tx.audit(Some(actor.firm_id()), "emailSuppressionLift", ClientId::NOUN, Some(client_id.uuid()));
    tx.commit(client_id).await
}
