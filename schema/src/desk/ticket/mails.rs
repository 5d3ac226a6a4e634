//! The mails about tickets. Possible recipients: `people::recipients`; who of them gets one:
//! `email_delivery::rules::plan`.

use std::slice;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::TryFutureExt;
use futures_util::future::join4;
use serde::{Deserialize, Serialize};

use crate::people::client::model::Topic;
use crate::people::recipients;
use crate::shared::email_delivery::announce::{self, Threads};
use crate::shared::email_delivery::kind::{Addressees, MailKind, Mailing};
use crate::shared::email_delivery::letter::Letter;
use crate::shared::email_delivery::model::{DeliveryAbout, EmailDelivery};
use crate::shared::email_delivery::queries::suppressed;
use crate::shared::email_delivery::rules::{self, Candidate};
use crate::shared::notification;
use crate::shared::notification::model::NotificationKind;
use guichet_base::error::{Error, Fault, Result};
use guichet_base::id::{ActId, FirmId, Id, TicketId};
use guichet_base::money::Money;
use guichet_engine::actor::Actor;
use guichet_engine::pipeline::InOrder;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{
    accounts, changes, clients, messages, notifications, portal_accesses, staff_members, tickets,
};

use super::case::{Case, CaseView};
use super::letters::{NamedTicket, StaffNews, StatusChanged};
use super::model::{TicketField, TicketStatus};

/// The mails about a change of status, to the client and to who opened the ticket (D-05).
#[derive(Debug)]
pub struct StatusMail;

impl MailKind for StatusMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::StatusChange;
    const NOUN: &'static str = TicketId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        firm: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        recipients::addressees(conn, firm, Topic::Tickets, deliveries).await
    }

    async fn letter(&self, conn: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        Ok(status_changed(conn, &mailing.delivery).await?.letter(mailing))
    }
}

/// The mails about what staff are told of tickets (D-11).
#[derive(Debug)]
pub struct StaffMail;

impl MailKind for StaffMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::Notification;
    const NOUN: &'static str = TicketId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        _: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        notification::queries::addressees(conn, deliveries).await
    }

    async fn letter(&self, conn: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        Ok(staff_news(conn, &mailing.delivery).await?.letter(mailing))
    }
}

/// What a mail about a change of status remembers of the act.
#[derive(Serialize, Deserialize)]
struct StatusFacts {
    /// The price then; one that is not there is the present one.
    #[serde(default)]
    price: Option<Money>,
}

/// The possible recipients of the mails about a status change.
#[derive(Debug)]
pub(super) struct Mailable {
    client: Vec<Candidate>,
    opener: Option<Candidate>,
    /// The acting person's address, as compared.
    acting: String,
    threads: Threads,
}

/// Finds the possible recipients (D-05).
pub(super) async fn mailable(tx: &Tx, actor: &Actor, case: &Case) -> Result<Mailable> {
    let (mut conn, id) = (tx.pipeline(), case.client.id);
    let client = recipients::of_clients(conn, Topic::Tickets, slice::from_ref(&id));
    let opener = recipients::person(conn, case.firm.id, id, case.ticket.opened_by());
    let threads = announce::threads(conn, Subject::of(case.ticket.id));
    let acting = accounts::table.find(actor.account_id).select(accounts::email_ci).get_result(&mut conn);
    let acting = acting.map_err(Error::from);
    let (mut client, opener, threads, acting) = join4(client, opener, threads, acting).await.in_order()?;
    Ok(Mailable { client: client.remove(&id).unwrap_or_default(), opener, acting, threads })
}

/// Queues the mails about a real change of status (D-05).
pub(super) async fn status_change(
    tx: &mut Tx,
    case: CaseView<'_>,
    act: ActId,
    mailable: Mailable,
) -> Result<()> {
    let Mailable { client, opener, acting, threads } = mailable;
    let addresses = client.iter().chain(&opener).filter_map(|candidate| candidate.address.as_deref());
    let suppressed = suppressed(tx.pipeline(), case.firm.id, addresses).await?;
    let planned = rules::plan(client, opener, &acting, &suppressed);
    let planned = planned.into_iter().map(|plan| (plan, None)).collect();
    let facts = serde_json::json!(StatusFacts { price: Some(case.ticket.price()) });
    announce::queue(tx, &case.occasion(act), DeliveryAbout::StatusChange, facts, &threads, planned).await
}

/// The ticket of a delivery, and its present price.
async fn ticket(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<(NamedTicket, Money)> {
    type Row = ((i64, String, String), (i64, String));
    let ((number, subject, client), (amount_minor, currency)): Row = tickets::table
        .inner_join(clients::table.on(clients::id.eq(tickets::client_id)))
        .filter(tickets::id.eq(TicketId::from_uuid(delivery.subject.id)))
        .select((
            (tickets::number, tickets::subject, clients::name),
            (tickets::price_minor, tickets::currency),
        ))
        .get_result(&mut conn)
        .await?;
    Ok((NamedTicket { number, subject, client }, Money { amount_minor, currency }))
}

/// The change of status of which a delivery tells.
async fn status_changed(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<StatusChanged> {
    let (ticket, price) = ticket(conn, delivery).await?;
    let broken = |what| Fault::Broken(format!("{} tells of a change without {what}", delivery.id));
    let facts: StatusFacts = serde_json::from_value(delivery.facts.clone()).map_err(|_| broken("facts"))?;
    type Row = (Option<String>, Option<String>, Option<String>, Option<String>);
    let (from, to, reason, acted_by): Row = changes::table
        .left_join(staff_members::table.on(staff_members::id.nullable().eq(changes::author_staff)))
        .filter(changes::act_id.eq(delivery.cause_id))
        .filter(changes::field.eq(TicketField::Status))
        .select((changes::old_value, changes::new_value, changes::reason, staff_members::name.nullable()))
        .get_result(&mut conn)
        .await?;
    let status = |text: Option<String>| {
        text.as_deref().and_then(TicketStatus::parse).ok_or_else(|| broken("a status"))
    };
    let (from, to, price) = (status(from)?, status(to)?, facts.price.unwrap_or(price));
    Ok(StatusChanged { ticket, from, to, reason, price, acted_by })
}

/// What a delivery tells a staff member.
async fn staff_news(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<StaffNews> {
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
        (NotificationKind, bool),
        (Option<String>, Option<String>, String),
        (Option<String>, Option<String>),
        (i64, String, String),
    );
    let ((kind, is_opening), (message, note, description), (staff, user), ticket): Row = notifications::table
        .inner_join(tickets::table.on(tickets::id.eq(notifications::subject_id)))
        .inner_join(clients::table.on(clients::id.eq(tickets::client_id)))
        .left_join(messages::table.on(messages::id.nullable().eq(notifications::message_id)))
        .left_join(staff_members::table.on(staff_members::id.nullable().eq(notifications::author_staff)))
        .left_join(portal_accesses::table.on(portal_accesses::id.nullable().eq(notifications::author_access)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(portal_accesses::account_id.nullable())))
        .filter(notifications::act_id.eq(delivery.cause_id))
        .filter(notifications::staff_id.nullable().eq(delivery.staff_id))
        .select((
            (notifications::kind, diesel::dsl::exists(opening)),
            (messages::body.nullable(), note, tickets::description),
            (staff_members::name.nullable(), accounts::name.nullable()),
            (tickets::number, tickets::subject, clients::name),
        ))
        .get_result(&mut conn)
        .await?;
    let acted_by = staff.or(user).unwrap_or_default();
    let text = if is_opening { Some(description) } else { message.or(note) };
    let (number, subject, client) = ticket;
    let ticket = NamedTicket { number, subject, client };
    Ok(StaffNews { ticket, kind, is_opening, text, acted_by })
}
