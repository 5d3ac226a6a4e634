//! Queues the mails about an act, in the act's own transaction: no crash between them.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::actor::Actor;
use crate::email::Email;
use crate::error::{Fault, Result};
use crate::feed::Event;
use crate::id::{ActId, DeliveryId, FirmId, Id, TicketId};
use crate::job::NewJob;
use crate::message_id;
use crate::sql;
use crate::store::Tx;
use crate::tables::{accounts, email_deliveries};
use crate::ticket::case::Case;

use super::model::{DeliveryStatus, SendEmail};
use super::recipients;
use super::rules::{self, Planned};

/// Queues the mails about a real change of status (D-05).
pub(crate) async fn status_change(tx: &mut Tx, actor: &Actor, case: &Case, cause: ActId) -> Result<()> {
    let (firm, id) = (case.firm.id, case.client.id);
    let client = recipients::of_clients(tx.conn(), &[id]).await?.remove(&id).unwrap_or_default();
    let opener = recipients::opener(tx.conn(), firm, id, case.ticket.opened_by()).await?;
    let acting: String =
        accounts::table.find(actor.account_id).select(accounts::email_ci).get_result(tx.conn()).await?;
    let addresses = client.iter().chain(&opener).filter_map(|candidate| candidate.address.as_deref());
    let suppressed = recipients::suppressed(tx.conn(), firm, addresses).await?;
    let planned = rules::plan(client, opener, &acting, &suppressed);
    queue(tx, case, cause, &planned).await
}

/// Writes the delivery rows, and a job for each that can be sent.
async fn queue(tx: &mut Tx, case: &Case, cause: ActId, planned: &[Planned]) -> Result<()> {
    let now = tx.now;
    let threads = threads(tx.conn(), case.ticket.id, planned).await?;
    let from = Email::parse(&case.firm.mail_from)
        .ok_or_else(|| Fault::Broken(format!("{} has no valid sender", case.firm.id)))?;
    let mut rows = Vec::new();
    for plan in planned {
        let id = DeliveryId::new();
        let status = if plan.reason.is_none() { DeliveryStatus::Queued } else { DeliveryStatus::NotSent };
        let written_ci = plan.written_ci();
        let thread = written_ci.as_ref().and_then(|ci| threads.get(ci)).unwrap_or(&case.ticket.subject);
        rows.push((
            email_deliveries::id.eq(id),
            email_deliveries::firm_id.eq(case.firm.id),
            email_deliveries::cause_id.eq(cause),
            email_deliveries::ticket_id.eq(case.ticket.id),
            email_deliveries::client_id.eq(case.client.id),
            email_deliveries::account_id.eq(plan.candidate.account_id),
            email_deliveries::recipient.eq(plan.written()),
            email_deliveries::recipient_ci.eq(written_ci.clone()),
            email_deliveries::locale.eq(plan.candidate.locale),
            email_deliveries::status.eq(status),
            email_deliveries::reason.eq(plan.reason),
            email_deliveries::message_id.eq(message_id::of_delivery(id, &from)),
            email_deliveries::thread_subject.eq(thread.clone()),
            email_deliveries::price_minor.eq(case.ticket.price_minor),
            email_deliveries::currency.eq(case.ticket.currency.clone()),
            email_deliveries::created_at.eq(now),
            email_deliveries::updated_at.eq(now),
        ));
        if status == DeliveryStatus::Queued {
            tx.job(send_job(id, 1, case.firm.id)?);
        }
        let audience = Some(super::queries::audience(&case.ticket, case.client.accountant_id));
        tx.event(
            case.firm.id,
            Event { noun: DeliveryId::NOUN, subject: id.uuid(), before: None, after: audience },
        );
    }
    let count = rows.len();
    sql::keep(count, diesel::insert_into(email_deliveries::table).values(rows)).execute(tx.conn()).await?;
    Ok(())
}

/// The job that sends a delivery; its key keeps it single. The key has the round: the job of the round
/// before may be settled and not yet gone, and must not stand in this one's way.
pub(super) fn send_job(id: DeliveryId, round: i32, firm: FirmId) -> Result<NewJob> {
    let key = format!("{}.{round}", id.encode());
    Ok(NewJob::new(&SendEmail { delivery_id: id, round })?.key(key).firm(firm))
}

/// The subjects under which the ticket's conversations with these addresses began: mail programs take
/// another one for another conversation.
async fn threads(
    conn: &mut AsyncPgConnection,
    ticket: TicketId,
    planned: &[Planned],
) -> Result<HashMap<String, String>> {
    let asked: Vec<String> = planned.iter().filter_map(Planned::written_ci).collect();
    let found: Vec<(String, String)> = email_deliveries::table
        .filter(email_deliveries::ticket_id.eq(ticket))
        .filter(email_deliveries::recipient_ci.eq_any(asked))
        .filter(email_deliveries::thread_subject.is_not_null())
        .order((email_deliveries::recipient_ci, email_deliveries::created_at, email_deliveries::id))
        .distinct_on(email_deliveries::recipient_ci)
        .select((
            email_deliveries::recipient_ci.assume_not_null(),
            email_deliveries::thread_subject.assume_not_null(),
        ))
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// The subject under which the ticket's conversation with this address began, if it did.
pub(super) async fn thread(
    conn: &mut AsyncPgConnection,
    ticket: TicketId,
    plan: &Planned,
) -> Result<Option<String>> {
    Ok(threads(conn, ticket, std::slice::from_ref(plan)).await?.into_values().next())
}
