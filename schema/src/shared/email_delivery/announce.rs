//! Queues the mails about an action in the transaction of the action itself, so no crash can come between them.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join3;

use guichet_base::error::Result;
use guichet_base::id::{ActId, ClientId, DeliveryId, FirmId, Id, StaffId};
use guichet_base::message_id;
use guichet_engine::feed::Event;
use guichet_engine::job::NewJob;
use guichet_engine::pipeline::InOrder;
use guichet_engine::reach::Audience;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::email_deliveries;

use super::model::{DeliveryAbout, DeliveryStatus, SendEmail};
use super::queries::{audience, suppressed};
use super::rules::{self, Candidate, Planned};

/// An action that people are told about.
#[derive(Debug)]
pub struct Occasion<'a> {
    /// The action. Nobody gets two mails about the same action.
    pub act: ActId,
    /// The thing that it is about.
    pub subject: Subject,
    /// The subject line of a mail conversation about the thing that begins now.
    pub topic: &'a str,
    /// The client that the thing belongs to, if any.
    pub client_id: Option<ClientId>,
    /// The firm.
    pub firm_id: FirmId,
    /// The sender of its mails, as the firm wishes it.
    pub mail_from: &'a str,
    /// Who may know of the thing.
    pub audience: Audience,
}

/// Queues mails to staff members. Who already gets a mail about this action gets no second one. `facts` is what this kind
/// of mail remembers of the action.
pub(crate) async fn tell(
    tx: &mut Tx,
    occasion: &Occasion<'_>,
    about: DeliveryAbout,
    facts: serde_json::Value,
    wanted: Vec<(StaffId, Candidate)>,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let conn = tx.pipeline();
    let addresses = wanted.iter().filter_map(|(_, candidate)| candidate.address.as_deref());
    let suppressed = suppressed(conn, occasion.firm_id, addresses);
    let threads = threads(conn, occasion.subject);
    let (suppressed, threads, taken) =
        join3(suppressed, threads, mailed(conn, occasion.act)).await.in_order()?;
    let planned = wanted.into_iter().flat_map(|(staff, candidate)| {
        let plans = rules::plan(vec![candidate], None, "", &suppressed);
        plans.into_iter().map(move |plan| (plan, Some(staff)))
    });
    let planned = planned.filter(|(plan, _)| plan.written_ci().is_none_or(|ci| !taken.contains(&ci)));
    let planned = planned.collect();
    queue(tx, occasion, about, facts, &threads, planned).await
}

/// The addresses, as compared, that already get a mail about an action.
async fn mailed(mut conn: &AsyncPgConnection, cause: ActId) -> Result<HashSet<String>> {
    let found: Vec<String> = email_deliveries::table
        .filter(email_deliveries::cause_id.eq(cause))
        .filter(email_deliveries::recipient_ci.is_not_null())
        .select(email_deliveries::recipient_ci.assume_not_null())
        .load(&mut conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Writes the delivery rows, and a job for each that can be sent. `facts` is what this kind of mail remembers of the
/// action; a plan with a staff member is a notification to that person.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn queue(
    tx: &mut Tx,
    occasion: &Occasion<'_>,
    about: DeliveryAbout,
    facts: serde_json::Value,
    threads: &Threads,
    planned: Vec<(Planned, Option<StaffId>)>,
) -> Result<()> {
    let (now, firm) = (tx.now, occasion.firm_id);
    let domain = message_id::domain(occasion.mail_from);
    let mut rows = Vec::new();
    for (plan, staff) in &planned {
        let id = DeliveryId::new();
        let status = if plan.reason.is_none() { DeliveryStatus::Queued } else { DeliveryStatus::NotSent };
        let written_ci = plan.written_ci();
        let thread = written_ci.as_ref().and_then(|ci| threads.get(ci).cloned());
        rows.push((
            email_deliveries::id.eq(id),
            email_deliveries::firm_id.eq(firm),
            email_deliveries::cause_id.eq(occasion.act),
            email_deliveries::subject_noun.eq(occasion.subject.noun),
            email_deliveries::subject_id.eq(occasion.subject.id),
            email_deliveries::client_id.eq(occasion.client_id),
            email_deliveries::account_id.eq(plan.candidate.account_id),
            email_deliveries::staff_id.eq(*staff),
            email_deliveries::recipient.eq(plan.written()),
            email_deliveries::recipient_ci.eq(written_ci),
            email_deliveries::locale.eq(plan.candidate.locale),
            email_deliveries::status.eq(status),
            email_deliveries::reason.eq(plan.reason),
            email_deliveries::message_id.eq(message_id::of_delivery(id, &domain)),
            email_deliveries::thread_subject.eq(thread.unwrap_or_else(|| occasion.topic.to_owned())),
            email_deliveries::about.eq(about),
            email_deliveries::facts.eq(facts.clone()),
            email_deliveries::created_at.eq(now),
            email_deliveries::updated_at.eq(now),
        ));
        if status == DeliveryStatus::Queued {
            tx.job(send_job(id, 1, firm)?);
        }
        let after = Some(audience(occasion.audience.clone(), *staff));
        tx.event(firm, Event { noun: DeliveryId::NOUN, subject: id.uuid(), before: None, after });
    }
    let count = rows.len();
    sql::keep(count, diesel::insert_into(email_deliveries::table).values(rows)).execute(tx.conn()).await?;
    Ok(())
}

/// The job that sends a delivery; its key makes it unique. The key contains the round, because the job of the
/// previous round may be settled but not deleted yet.
pub(super) fn send_job(id: DeliveryId, round: i32, firm: FirmId) -> Result<NewJob> {
    let key = format!("{}.{round}", id.encode());
    Ok(NewJob::new(&SendEmail { delivery_id: id, round })?.key(key).firm(firm))
}

/// By the identity of an address: what the conversation with it about a thing was called when it began. Mail programs
/// take another subject for another conversation.
pub type Threads = HashMap<String, String>;

/// What the conversations about a thing are called.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn threads(mut conn: &AsyncPgConnection, subject: Subject) -> Result<Threads> {
    let found: Vec<(String, String)> = email_deliveries::table
        .filter(email_deliveries::subject_noun.eq(subject.noun))
        .filter(email_deliveries::subject_id.eq(subject.id))
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
