//! What staff do about deliveries: send again, lift a suppression (F-02, F-06).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::actor::Actor;
use crate::email::Email;
use crate::error::{Code, OrNotFound, Refusal, Result};
use crate::id::{ClientId, DeliveryId, Id};
use crate::store::{Begun, Done, Store, Tx};
use crate::tables::{clients, email_deliveries, email_suppressions};

use super::announce::{client_candidates, send_job, suppressed, written, written_ci};
use super::model::{DeliveryReason, DeliveryStatus, EmailDelivery};
use super::outcome::changed;
use super::rules;

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
    if !rules::is_retryable(delivery.status) {
        return Err(Refusal::of("id", Code::DeliveryNotRetryable).into());
    }
    let (recipient, recipient_ci) = present_address(&mut tx, &delivery).await?;
    let now = tx.now;
    diesel::update(email_deliveries::table.find(id))
        .set((
            email_deliveries::recipient.eq(recipient),
            email_deliveries::recipient_ci.eq(recipient_ci),
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

/// Where the delivery would go today: to an address that nobody else of its act has been sent to.
async fn present_address(tx: &mut Tx, delivery: &EmailDelivery) -> Result<(Option<String>, Option<String>)> {
    let candidates = match (delivery.account_id, &delivery.recipient) {
        (None, _) => {
            let (email, locale) = clients::table
                .find(delivery.client_id)
                .select((clients::email, clients::locale))
                .get_result(tx.conn())
                .await?;
            client_candidates(tx.conn(), delivery.client_id, email, locale).await?
        }
        (Some(account_id), recipient) => vec![rules::Candidate {
            address: recipient.clone(),
            account_id: Some(account_id),
            locale: delivery.locale,
        }],
    };
    let taken: Vec<Option<String>> = email_deliveries::table
        .filter(email_deliveries::cause_id.eq(delivery.cause_id))
        .filter(email_deliveries::id.ne(delivery.id))
        .select(email_deliveries::recipient_ci)
        .load(tx.conn())
        .await?;
    let suppressed = suppressed(tx.conn(), delivery.firm_id, candidates.iter()).await?;
    let plans: Vec<_> = rules::plan(candidates, None, "", &suppressed)
        .into_iter()
        .filter(|plan| !taken.contains(&written_ci(plan)))
        .collect();
    // The address that it had, if that still is one of the client's; else the first that can be sent to.
    let same = plans.iter().find(|plan| plan.reason.is_none() && written(plan) == delivery.recipient);
    let sendable = same.or_else(|| plans.iter().find(|plan| plan.reason.is_none()));
    match sendable {
        Some(plan) => Ok((written(plan), written_ci(plan))),
        None => Err(Refusal::of(
            "id",
            match plans.as_slice().first().and_then(|plan| plan.reason) {
                Some(DeliveryReason::SuppressedAfterBounce) => Code::AddressSuppressed,
                Some(DeliveryReason::InvalidAddress) => Code::InvalidEmail,
                _ => Code::DeliveryNotRetryable,
            },
        )
        .into()),
    }
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
