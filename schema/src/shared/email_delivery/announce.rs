//! Queues the mails about an act, in the act's own transaction: no crash between them.

use std::collections::{HashMap, HashSet};
use std::slice;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::TryFutureExt;
use futures_util::future::{try_join3, try_join4};

use crate::desk::ticket::case::{Case, CaseView};
use guichet_base::email::Email;
use guichet_base::error::{Error, Fault, Result};
use guichet_base::id::{ActId, DeliveryId, FirmId, Id, NotificationId, StaffId, TicketId};
use guichet_base::message_id;
use guichet_engine::actor::Actor;
use guichet_engine::feed::Event;
use guichet_engine::job::NewJob;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::{accounts, email_deliveries};

use super::model::{DeliveryAbout, DeliveryStatus, SendEmail};
use super::queries::audience;
use super::recipients;
use super::rules::{self, Candidate, Planned};

/// Whom an act on a ticket might be mailed to.
#[derive(Debug)]
pub(crate) struct Addressees {
    client: Vec<Candidate>,
    opener: Option<Candidate>,
    /// The identity of the acting person's address.
    acting: String,
    threads: Threads,
}

/// Finds whom an act might be mailed to (D-05).
pub(crate) async fn addressees(tx: &Tx, actor: &Actor, case: &Case) -> Result<Addressees> {
    let (mut conn, id) = (tx.pipeline(), case.client.id);
    let client = recipients::of_clients(conn, slice::from_ref(&id));
    let opener = recipients::opener(conn, case.firm.id, id, case.ticket.opened_by());
    let threads = threads(conn, case.ticket.id);
    let acting = accounts::table.find(actor.account_id).select(accounts::email_ci).get_result(&mut conn);
    let acting = acting.map_err(Error::from);
    let (mut client, opener, threads, acting) = try_join4(client, opener, threads, acting).await?;
    Ok(Addressees { client: client.remove(&id).unwrap_or_default(), opener, acting, threads })
}

/// Queues the mails about a real change of status (D-05).
pub(crate) async fn status_change(
    tx: &mut Tx,
    case: CaseView<'_>,
    cause: ActId,
    addressees: Addressees,
) -> Result<()> {
    let Addressees { client, opener, acting, threads } = addressees;
    let addresses = client.iter().chain(&opener).filter_map(|candidate| candidate.address.as_deref());
    let suppressed = recipients::suppressed(tx.pipeline(), case.firm.id, addresses).await?;
    let planned = rules::plan(client, opener, &acting, &suppressed);
    queue(tx, case, cause, &threads, planned.into_iter().map(|plan| (plan, None)).collect()).await
}

/// Queues the mails of those who want to be told by mail of an act (D-11). Whoever is mailed about the same
/// act anyway is not mailed twice.
pub(crate) async fn notifications(
    tx: &mut Tx,
    case: CaseView<'_>,
    cause: ActId,
    wanted: Vec<(NotificationId, StaffId, Candidate)>,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let conn = tx.pipeline();
    let addresses = wanted.iter().filter_map(|(.., candidate)| candidate.address.as_deref());
    let suppressed = recipients::suppressed(conn, case.firm.id, addresses);
    let (suppressed, threads, taken) =
        try_join3(suppressed, threads(conn, case.ticket.id), mailed(conn, cause)).await?;
    let planned = wanted.into_iter().flat_map(|(id, staff, candidate)| {
        let plans = rules::plan(vec![candidate], None, "", &suppressed);
        plans.into_iter().map(move |plan| (plan, Some((id, staff))))
    });
    let planned = planned.filter(|(plan, _)| plan.written_ci().is_none_or(|ci| !taken.contains(&ci)));
    let planned = planned.collect();
    queue(tx, case, cause, &threads, planned).await
}

/// The identities of the addresses to which an act is mailed already.
async fn mailed(mut conn: &AsyncPgConnection, cause: ActId) -> Result<HashSet<String>> {
    let found: Vec<String> = email_deliveries::table
        .filter(email_deliveries::cause_id.eq(cause))
        .filter(email_deliveries::recipient_ci.is_not_null())
        .select(email_deliveries::recipient_ci.assume_not_null())
        .load(&mut conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Writes the delivery rows, and a job for each that can be sent.
async fn queue(
    tx: &mut Tx,
    case: CaseView<'_>,
    cause: ActId,
    threads: &Threads,
    planned: Vec<(Planned, Option<(NotificationId, StaffId)>)>,
) -> Result<()> {
    let now = tx.now;
    let from = Email::parse(&case.firm.mail_from)
        .ok_or_else(|| Fault::Broken(format!("{} has no valid sender", case.firm.id)))?;
    let mut rows = Vec::new();
    for (plan, told) in &planned {
        let id = DeliveryId::new();
        let status = if plan.reason.is_none() { DeliveryStatus::Queued } else { DeliveryStatus::NotSent };
        let (about, notification, staff) = match *told {
            Some((id, staff)) => (DeliveryAbout::Notification, Some(id), Some(staff)),
            None => (DeliveryAbout::StatusChange, None, None),
        };
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
            email_deliveries::about.eq(about),
            email_deliveries::notification_id.eq(notification),
        ));
        if status == DeliveryStatus::Queued {
            tx.job(send_job(id, 1, case.firm.id)?);
        }
        let after = Some(audience(case.ticket, case.client.accountant_id, staff));
        tx.event(case.firm.id, Event { noun: DeliveryId::NOUN, subject: id.uuid(), before: None, after });
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

/// By the identity of an address: the subject under which a ticket's conversation with it began. Mail
/// programs take another one for another conversation.
pub(super) type Threads = HashMap<String, String>;

/// The subjects of a ticket's conversations.
pub(super) async fn threads(mut conn: &AsyncPgConnection, ticket: TicketId) -> Result<Threads> {
    let found: Vec<(String, String)> = email_deliveries::table
        .filter(email_deliveries::ticket_id.eq(ticket))
        .filter(email_deliveries::recipient_ci.is_not_null())
        .filter(email_deliveries::thread_subject.is_not_null())
        .order((email_deliveries::recipient_ci, email_deliveries::created_at, email_deliveries::id))
        .distinct_on(email_deliveries::recipient_ci)
        .select((
            email_deliveries::recipient_ci.assume_not_null(),
            email_deliveries::thread_subject.assume_not_null(),
        ))
        .load(&mut conn)
        .await?;
    Ok(found.into_iter().collect())
}
