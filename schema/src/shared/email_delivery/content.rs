//! What the worker reads to write a mail. It acts for the house.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::desk::ticket::model::{TicketField, TicketStatus};
use crate::shared::notification::model::NotificationKind;
use guichet_base::error::{Fault, Result};
use guichet_base::id::NotificationId;
use guichet_base::money::Money;
use guichet_engine::tables::{
    accounts, changes, clients, email_deliveries, firms, messages, notifications, portal_accesses,
    staff_members, tickets,
};

use super::model::{DeliveryReason, EmailDelivery, SendEmail};
use super::outcome::to_be_sent;
use super::recipients;

/// What the worker has to do about a delivery.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Send it.
    Send(Box<MailContent>),
    /// Not send it any more, although it was queued (D-04).
    Withhold(DeliveryReason),
}

/// Everything that a mail about a ticket says.
#[derive(Debug, Clone)]
pub struct MailContent {
    /// The delivery.
    pub delivery: EmailDelivery,
    /// The subject of its conversation: the ticket's when that began (D-05).
    pub thread_subject: String,
    /// The firm's name.
    pub firm_name: String,
    /// The sender address.
    pub mail_from: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// The firm's time zone.
    pub zone: String,
    /// The client's name.
    pub client_name: String,
    /// The recipient's name, where the address is a person's.
    pub recipient_name: Option<String>,
    /// The ticket's number.
    pub ticket_number: i64,
    /// What the ticket is about now.
    pub subject: String,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Of what it tells.
    pub about: About,
}

/// Of what a mail tells.
#[derive(Debug, Clone)]
pub enum About {
    /// A change of status (D-05).
    Status {
        /// From which.
        from: TicketStatus,
        /// To which.
        to: TicketStatus,
        /// Why.
        reason: Option<String>,
        /// The price at the act.
        price: Money,
        /// The staff member who changed it; none when the client's side did.
        acted_by: Option<String>,
    },
    /// What a staff member is told (D-11).
    Notification {
        /// Of what.
        kind: NotificationKind,
        /// Whether the ticket was opened just then.
        is_opening: bool,
        /// What was written along: the message, what the ticket says at its opening, the note of a hand-over, the
        /// reason of a reopening.
        text: Option<String>,
        /// Who did it, by name.
        acted_by: String,
    },
}

/// What the worker has to do, with what it needs to write the mail; none when the delivery is settled.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_job(conn: &mut AsyncPgConnection, job: SendEmail) -> Result<Option<Errand>> {
    let delivery: Option<EmailDelivery> = email_deliveries::table
        .filter(to_be_sent(job))
        .select(EmailDelivery::as_select())
        .get_result(conn)
        .await
        .optional()?;
    let Some(delivery) = delivery else { return Ok(None) };
    if let Some(reason) = recipients::hindrance(conn, &delivery).await? {
        return Ok(Some(Errand::Withhold(reason)));
    }
    type Row = ((String, String, Option<String>, String), String, (i64, String, i64, String), Option<String>);
    let (firm, client_name, ticket, recipient_name): Row = tickets::table
        .inner_join(firms::table.on(firms::id.eq(tickets::firm_id)))
        .inner_join(clients::table.on(clients::id.eq(tickets::client_id)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(delivery.account_id)))
        .filter(tickets::id.eq(delivery.ticket_id))
        .select((
            (firms::name, firms::mail_from, firms::mail_reply_to, firms::zone),
            clients::name,
            (tickets::number, tickets::subject, tickets::price_minor, tickets::currency),
            accounts::name.nullable(),
        ))
        .get_result(conn)
        .await?;
    let (number, subject, price_minor, currency) = ticket;
    let at_act = delivery.price_minor.zip(delivery.currency.clone());
    let (amount_minor, currency) = at_act.unwrap_or((price_minor, currency));
    let (about, at) = match delivery.notification_id {
        None => status(conn, &delivery, Money { amount_minor, currency }).await?,
        Some(id) => told(conn, id).await?,
    };
    Ok(Some(Errand::Send(Box::new(MailContent {
        firm_name: firm.0,
        mail_from: firm.1,
        reply_to: firm.2,
        zone: firm.3,
        client_name,
        recipient_name,
        ticket_number: number,
        thread_subject: delivery.thread_subject.clone().unwrap_or_else(|| subject.clone()),
        subject,
        at,
        about,
        delivery,
    }))))
}

/// The change of status of which a delivery tells.
async fn status(
    conn: &mut AsyncPgConnection,
    delivery: &EmailDelivery,
    price: Money,
) -> Result<(About, DateTime<Utc>)> {
    type Row = (Option<String>, Option<String>, Option<String>, DateTime<Utc>, Option<String>);
    let (from, to, reason, at, acted_by): Row = changes::table
        .left_join(staff_members::table.on(staff_members::id.nullable().eq(changes::author_staff)))
        .filter(changes::act_id.eq(delivery.cause_id))
        .filter(changes::field.eq(TicketField::Status))
        .select((
            changes::old_value,
            changes::new_value,
            changes::reason,
            changes::at,
            staff_members::name.nullable(),
        ))
        .get_result(conn)
        .await?;
    let status = |text: Option<String>| {
        text.as_deref()
            .and_then(TicketStatus::parse)
            .ok_or_else(|| Fault::Broken(format!("{} tells of a change without a status", delivery.id)))
    };
    Ok((About::Status { from: status(from)?, to: status(to)?, reason, price, acted_by }, at))
}

/// Of what a staff member is told.
async fn told(conn: &mut AsyncPgConnection, id: NotificationId) -> Result<(About, DateTime<Utc>)> {
    let note = changes::table
        .filter(changes::act_id.eq(notifications::act_id))
        .order(changes::seq)
        .select(changes::reason)
        .limit(1)
        .single_value();
    let opening = changes::table
        .filter(changes::act_id.eq(notifications::act_id))
        .filter(changes::field.eq(TicketField::Created));
    type Row = (
        (NotificationKind, DateTime<Utc>, bool),
        (Option<String>, Option<String>, String),
        (Option<String>, Option<String>),
    );
    let ((kind, at, is_opening), (message, note, description), (staff, user)): Row = notifications::table
        .inner_join(tickets::table.on(tickets::id.eq(notifications::ticket_id)))
        .left_join(messages::table.on(messages::id.nullable().eq(notifications::message_id)))
        .left_join(staff_members::table.on(staff_members::id.nullable().eq(notifications::author_staff)))
        .left_join(portal_accesses::table.on(portal_accesses::id.nullable().eq(notifications::author_access)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(portal_accesses::account_id.nullable())))
        .filter(notifications::id.eq(id))
        .select((
            (notifications::kind, notifications::at, diesel::dsl::exists(opening)),
            (messages::body.nullable(), note, tickets::description),
            (staff_members::name.nullable(), accounts::name.nullable()),
        ))
        .get_result(conn)
        .await?;
    let acted_by = staff.or(user).unwrap_or_default();
    let text = if is_opening { Some(description) } else { message.or(note) };
    Ok((About::Notification { kind, is_opening, text, acted_by }, at))
}
