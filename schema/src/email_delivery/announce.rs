//! Queues the mails about an act, in the act's own transaction: no crash between them.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::actor::{Actor, Author};
use crate::email::Email;
use crate::error::{Fault, Result};
use crate::feed::Event;
use crate::id::{AccountId, ActId, ClientId, DeliveryId, FirmId, Id};
use crate::job::NewJob;
use crate::locale::Locale;
use crate::message_id;
use crate::sql;
use crate::store::Tx;
use crate::tables::{
    accounts, client_recipients, email_deliveries, email_suppressions, portal_accesses, staff_members,
};
use crate::ticket::case::{Case, CaseClient};

use super::model::{DeliveryStatus, SendEmail};
use super::rules::{self, Candidate, Planned};

/// Queues the mails about a real change of status (D-05).
pub(crate) async fn status_change(tx: &mut Tx, actor: &Actor, case: &Case, cause: ActId) -> Result<()> {
    let CaseClient { id, email, locale, .. } = &case.client;
    let client = client_candidates(tx.conn(), *id, email.clone(), *locale).await?;
    let opener = person(tx.conn(), case.ticket.opened_by()).await?;
    let acting: String =
        accounts::table.find(actor.account_id).select(accounts::email_ci).get_result(tx.conn()).await?;
    let suppressed = suppressed(tx.conn(), case.firm.id, client.iter().chain(&opener)).await?;
    let planned = rules::plan(client, opener, &acting, &suppressed);
    queue(tx, case, cause, &planned).await
}

/// Writes the delivery rows, and a job for each that can be sent.
async fn queue(tx: &mut Tx, case: &Case, cause: ActId, planned: &[Planned]) -> Result<()> {
    let now = tx.now;
    let from = Email::parse(&case.firm.mail_from)
        .ok_or_else(|| Fault::Broken(format!("{} has no valid sender", case.firm.id)))?;
    let mut rows = Vec::new();
    for plan in planned {
        let id = DeliveryId::new();
        let status = if plan.reason.is_none() { DeliveryStatus::Queued } else { DeliveryStatus::NotSent };
        rows.push((
            email_deliveries::id.eq(id),
            email_deliveries::firm_id.eq(case.firm.id),
            email_deliveries::cause_id.eq(cause),
            email_deliveries::ticket_id.eq(case.ticket.id),
            email_deliveries::client_id.eq(case.client.id),
            email_deliveries::account_id.eq(plan.candidate.account_id),
            email_deliveries::recipient.eq(plan.written()),
            email_deliveries::recipient_ci.eq(plan.written_ci()),
            email_deliveries::locale.eq(plan.candidate.locale),
            email_deliveries::status.eq(status),
            email_deliveries::reason.eq(plan.reason),
            email_deliveries::message_id.eq(message_id::of_delivery(id, &from)),
            email_deliveries::created_at.eq(now),
            email_deliveries::updated_at.eq(now),
        ));
        if status == DeliveryStatus::Queued {
            tx.job(send_job(id, case.firm.id)?);
        }
        let audience = Some(super::queries::audience(case.client.id, case.client.accountant_id));
        tx.event(
            case.firm.id,
            Event { noun: DeliveryId::NOUN, subject: id.uuid(), before: None, after: audience },
        );
    }
    let count = rows.len();
    sql::keep(count, diesel::insert_into(email_deliveries::table).values(rows)).execute(tx.conn()).await?;
    Ok(())
}

/// The job that sends a delivery; its key keeps it single.
pub(super) fn send_job(id: DeliveryId, firm: FirmId) -> Result<NewJob> {
    Ok(NewJob::new(&SendEmail { delivery_id: id })?.key(id.encode()).firm(firm))
}

/// The client's addresses for tickets, by default its address of record (D-05, F-02).
async fn client_candidates(
    conn: &mut AsyncPgConnection,
    client: ClientId,
    of_record: Option<String>,
    locale: Locale,
) -> Result<Vec<Candidate>> {
    let listed: Vec<String> = client_recipients::table
        .filter(client_recipients::client_id.eq(client))
        .filter(client_recipients::topic.eq("TICKETS"))
        .order(client_recipients::position)
        .select(client_recipients::email)
        .load(conn)
        .await?;
    let addresses = if listed.is_empty() { vec![of_record] } else { listed.into_iter().map(Some).collect() };
    Ok(addresses.into_iter().map(|address| Candidate { address, account_id: None, locale }).collect())
}

async fn person(conn: &mut AsyncPgConnection, author: Author) -> Result<Option<Candidate>> {
    let account: AccountId = match author {
        Author::Staff(id) => {
            staff_members::table.find(id).select(staff_members::account_id).get_result(conn).await?
        }
        Author::Portal(id) => {
            portal_accesses::table.find(id).select(portal_accesses::account_id).get_result(conn).await?
        }
    };
    let row: Option<(String, Locale)> = accounts::table
        .find(account)
        .select((accounts::email, accounts::locale))
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|(email, locale)| Candidate { address: Some(email), account_id: Some(account), locale }))
}

/// Which of the addresses the firm sends nothing to (F-06).
pub(super) async fn suppressed(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    candidates: impl Iterator<Item = &Candidate>,
) -> Result<HashSet<String>> {
    let asked: Vec<String> = candidates
        .filter_map(|candidate| Email::parse(candidate.address.as_deref()?))
        .map(|email| email.ci().to_owned())
        .collect();
    let found: Vec<String> = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(firm))
        .filter(email_suppressions::email_ci.eq_any(asked))
        .select(email_suppressions::email_ci)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}
