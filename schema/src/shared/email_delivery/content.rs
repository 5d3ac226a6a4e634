//! What the worker reads to write a mail. It acts for the system.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{Fault, Result};
use guichet_engine::tables::{accounts, email_deliveries, firms, sender_proofs};

use crate::shared::sender::model::SenderProof;
use crate::shared::sender::rules::{SenderPolicy, Wish};

use super::kind::{self, Mailing, Mails};
use super::letter::Letter;
use super::model::{DeliveryReason, EmailDelivery, SendEmail};
use super::outcome::to_be_sent;
use super::queries::suppressed;

/// What the worker must do with a delivery.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Send it.
    Send {
        /// The delivery, with who writes and who reads it.
        mailing: Box<Mailing>,
        /// What it says.
        letter: Box<Letter>,
    },
    /// Do not send it, although it was queued (D-04).
    Withhold(DeliveryReason),
}

/// What the worker must do, with the content of the mail; none when the delivery is settled.
///
/// # Errors
/// When the database does not answer: retry. `Broken` when its kind is not listed.
pub async fn of_job(
    conn: &mut AsyncPgConnection,
    mails: Mails,
    policy: &SenderPolicy,
    job: SendEmail,
) -> Result<Option<Errand>> {
    let delivery: Option<EmailDelivery> = email_deliveries::table
        .filter(to_be_sent(job))
        .select(EmailDelivery::as_select())
        .get_result(conn)
        .await
        .optional()?;
    let Some(delivery) = delivery else { return Ok(None) };
    let kind = kind::of(mails, &delivery)?;
    if let Some(reason) = hindrance(conn, kind, &delivery).await? {
        return Ok(Some(Errand::Withhold(reason)));
    }
    type Row = ((String, String, Option<String>, String), Option<SenderProof>, Option<String>);
    let ((firm_name, mail_from, reply_to, zone), proof, recipient_name): Row = firms::table
        .left_join(accounts::table.on(accounts::id.nullable().eq(delivery.account_id)))
        .left_join(sender_proofs::table.on(sender_proofs::firm_id.eq(firms::id)))
        .filter(firms::id.eq(delivery.firm_id))
        .select((
            (firms::name, firms::mail_from, firms::mail_reply_to, firms::zone),
            Option::<SenderProof>::as_select(),
            accounts::name.nullable(),
        ))
        .get_result(conn)
        .await?;
    let zone = zone.parse().map_err(|_| Fault::Broken(format!("{} has no time zone", delivery.firm_id)))?;
    let wish = Wish { mail_from: &mail_from, reply_to: reply_to.as_deref(), proof: proof.as_ref() };
    let addresses = wish.addresses(policy);
    let mailing = Mailing { delivery, firm_name, mail_from, reply_to, addresses, zone, recipient_name };
    let letter = kind.letter(conn, &mailing).await?;
    Ok(Some(Errand::Send { mailing: Box::new(mailing), letter: Box::new(letter) }))
}

/// Why a mail that was queued may not go out any more: its address bounced meanwhile (F-06), or nobody to whom it would
/// go now may know of it (B-14).
async fn hindrance(
    conn: &AsyncPgConnection,
    kind: &dyn kind::Mail,
    delivery: &EmailDelivery,
) -> Result<Option<DeliveryReason>> {
    let address = delivery.recipient.as_deref();
    if !suppressed(conn, delivery.firm_id, address.into_iter()).await?.is_empty() {
        return Ok(Some(DeliveryReason::SuppressedAfterBounce));
    }
    let mut addressees = kind.addressees(conn, delivery.firm_id, &[delivery]).await?;
    Ok(match addressees.remove(&delivery.id) {
        Some(Ok(candidates)) if !candidates.is_empty() => None,
        Some(Err(reason)) => Some(reason),
        Some(Ok(_)) | None => Some(DeliveryReason::NoAccess),
    })
}
