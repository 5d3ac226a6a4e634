//! Creating, paying and canceling charges (D-10).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::people::client::facts::{self, FirmTerms};
use crate::people::rights::{self, FirmAct};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ChargeId, ClientId, TicketId};
use guichet_base::input::{Check, MAX_NAME, items};
use guichet_base::money::Money;
use guichet_engine::actor::{Actor, Scope};
use guichet_engine::feed::Event;
use guichet_engine::first;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::subject::Subject;
use guichet_engine::tables::{charges, ticket_collected_charges, tickets};

use super::model::{Charge, ChargeStatus};
use super::queries::{audience, visible};
use super::rules::{self, ChargeAct, Consequence};

/// Input for creating a charge by hand.
#[derive(Debug, Clone, Serialize)]
pub struct CreateCharge {
    /// The client that owes the amount.
    pub client_id: ClientId,
    /// What the amount is owed for.
    pub description: String,
    /// The amount, in the firm's currency.
    pub amount: Money,
    /// The due date; by default today plus the number of days in the firm's settings.
    pub due_on: Option<NaiveDate>,
}

/// Creates a charge by hand. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `WRONG_CURRENCY`, refusals of the text.
pub async fn create(store: &Store, actor: &Actor, key: &str, input: CreateCharge) -> Result<Done<ChargeId>> {
    rights::may(&actor.membership, FirmAct::ChargeCreate)?;
    let mut tx = first!(store.begin_once(actor, "chargeCreate", key, &input).await?);
    let (client, firm) =
        facts::find(tx.conn(), &actor.scope(), input.client_id).await?.or_not_found("clientId")?;
    let mut check = Check::new();
    let description = check.line("description", &input.description, 1..=MAX_NAME);
    let amount_minor = check.amount("amount", &input.amount, 1, &firm.currency);
    check.done()?;
    let due_on = match input.due_on {
        Some(date) => date,
        None => rules::due_on(firm.today(tx.now), firm.charge_due_days),
    };
    let charge = NewCharge {
        firm: &firm,
        client_id: client.id,
        ticket_id: None,
        currency: &firm.currency,
        description: &description,
    };
    let id = charge.insert(&mut tx, amount_minor, due_on).await?;
    tx.commit(id).await
}

/// Marks an open charge as paid. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `CHARGE_PAID`, `CHARGE_CANCELED`.
pub async fn mark_paid(store: &Store, actor: &Actor, id: ChargeId, version: i32) -> Result<Done<ChargeId>> {
    settle(store, actor, id, version, ChargeAct::MarkPaid).await
}

/// Cancels an open charge. For owners and managers.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `CHARGE_PAID`, `CHARGE_CANCELED`.
pub async fn cancel(store: &Store, actor: &Actor, id: ChargeId, version: i32) -> Result<Done<ChargeId>> {
    settle(store, actor, id, version, ChargeAct::Cancel).await
}

async fn settle(
    store: &Store,
    actor: &Actor,
    id: ChargeId,
    version: i32,
    act: ChargeAct,
) -> Result<Done<ChargeId>> {
    let (mut tx, shown_on, charge) = loop {
        let mut tx = store.begin(actor).await?;
        let shown_on = lock_tickets(&mut tx, &actor.scope(), id).await?;
        let charge = charges::table
            .filter(visible(&actor.scope()))
            .filter(charges::id.eq(id))
            .select(Charge::as_select())
            .for_update()
            .get_result(tx.conn())
            .await
            .optional()?
            .or_not_found("id")?;
        // While we waited for the charge, a new ticket may have collected it. Tickets must be locked before charges,
        // so begin again.
        if showing(&mut tx, &charge).await?.len() == shown_on.len() {
            break (tx, shown_on, charge);
        }
    };
    rules::may(&actor.membership, charge.status)?;
    if charge.version != version {
        return Err(Code::Conflict.into());
    }
    let status = match act {
        ChargeAct::MarkPaid => ChargeStatus::Paid,
        ChargeAct::Cancel => ChargeStatus::Canceled,
    };
    set_status(&mut tx, &charge, status).await?;
    tell_tickets(&mut tx, &charge, shown_on).await?;
    tx.commit(id).await
}

/// The tickets that show a charge: the one that created it, and those that collect it (D-10). They are locked
/// until the transaction ends, and before the charge, as in commands on tickets, so that no transfer can come in
/// between.
async fn lock_tickets(tx: &mut Tx, scope: &Scope, id: ChargeId) -> Result<Vec<TicketId>> {
    let seen = charges::table
        .filter(visible(scope))
        .filter(charges::id.eq(id))
        .select(Charge::as_select())
        .get_result(tx.conn())
        .await
        .optional()?;
    let Some(charge) = seen else { return Ok(Vec::new()) };
    let shown_on = showing(tx, &charge).await?;
    // In order of ids, so that transactions cannot deadlock.
    Ok(tickets::table
        .filter(tickets::firm_id.eq(scope.firm_id()))
        .filter(sql::among(tickets::id, &Vec::from_iter(shown_on)))
        .order(tickets::id)
        .select(tickets::id)
        .for_share()
        .load(tx.conn())
        .await?)
}

/// The ids of the tickets that show a charge.
async fn showing(tx: &mut Tx, charge: &Charge) -> Result<BTreeSet<TicketId>> {
    let collecting: Vec<TicketId> = ticket_collected_charges::table
        .filter(ticket_collected_charges::charge_id.eq(charge.id))
        .select(ticket_collected_charges::ticket_id)
        .load(tx.conn())
        .await?;
    Ok(collecting.into_iter().chain(charge.ticket_id).collect())
}

/// Writes the events that these tickets now show a changed charge, in the order of the tickets.
async fn tell_tickets(tx: &mut Tx, charge: &Charge, shown_on: Vec<TicketId>) -> Result<()> {
    let shown_on: Vec<Subject> = shown_on.into_iter().map(Subject::of).collect();
    let mut audiences = reach::audiences(tx.conn(), &shown_on).await?;
    for ticket in shown_on {
        if let Some(audience) = audiences.remove(&ticket) {
            tx.event(charge.firm_id, Event::changed(ticket, audience));
        }
    }
    Ok(())
}

/// A ticket, as far as charges follow it.
pub(crate) struct Billed<'a> {
    /// The ticket.
    pub id: TicketId,
    /// Who owes.
    pub client_id: ClientId,
    /// Its price, in minor units of `currency`.
    pub price_minor: i64,
    /// ISO 4217 code.
    pub currency: &'a str,
    /// What its charge says.
    pub description: String,
}

/// The effect of a status change on the ticket's charges (D-10); the ticket must be locked.
pub(crate) async fn follow_status(
    tx: &mut Tx,
    firm: &FirmTerms,
    ticket: Billed<'_>,
    was_finished: bool,
    is_finished: bool,
) -> Result<()> {
    let made: Vec<Charge> = charges::table
        .filter(charges::ticket_id.eq(ticket.id))
        .select(Charge::as_select())
        .for_update()
        .load(tx.conn())
        .await?;
    let paid = made.iter().filter(|charge| charge.status == ChargeStatus::Paid).map(|c| c.amount_minor).sum();
    match rules::consequence(was_finished, is_finished, ticket.price_minor, paid) {
        Consequence::Nothing => {}
        Consequence::Charge(amount) => {
            let due_on = rules::due_on(firm.today(tx.now), firm.charge_due_days);
            let charge = NewCharge {
                firm,
                client_id: ticket.client_id,
                ticket_id: Some(ticket.id),
                currency: ticket.currency,
                description: &ticket.description,
            };
            charge.insert(tx, amount, due_on).await?;
        }
        Consequence::CancelOpen => {
            for charge in made.iter().filter(|charge| charge.status == ChargeStatus::Open) {
                set_status(tx, charge, ChargeStatus::Canceled).await?;
            }
        }
    }
    Ok(())
}

/// Links overdue charges to the ticket that collects them (D-10). Locks them until the transaction ends: a payment or
/// cancellation at the same time waits, and then finds the ticket among those that show the charge.
pub(crate) async fn collect(
    tx: &mut Tx,
    scope: &Scope,
    firm: &FirmTerms,
    ticket: TicketId,
    client: ClientId,
    ids: &[ChargeId],
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let found: Vec<Charge> = charges::table
        .filter(visible(scope))
        .filter(charges::client_id.eq(client))
        .filter(sql::among(charges::id, ids))
        .order(charges::id)
        .select(Charge::as_select())
        .for_share()
        .load(tx.conn())
        .await?;
    let today = firm.today(tx.now);
    let mut check = Check::new();
    for (path, id) in items("collectChargeIds", ids) {
        match found.iter().find(|charge| charge.id == id) {
            None => check.refuse(Refusal::of(path, Code::NotFound)),
            Some(charge) => {
                let is_overdue = rules::is_overdue(charge.status, charge.due_on, today);
                check.require(is_overdue, Refusal::of(path, Code::ChargeNotOverdue));
            }
        }
    }
    check.done()?;
    let rows: Vec<_> = found
        .iter()
        .map(|charge| {
            (
                ticket_collected_charges::ticket_id.eq(ticket),
                ticket_collected_charges::charge_id.eq(charge.id),
                ticket_collected_charges::firm_id.eq(firm.id),
            )
        })
        .collect();
    diesel::insert_into(ticket_collected_charges::table).values(rows).execute(tx.conn()).await?;
    Ok(())
}

struct NewCharge<'a> {
    firm: &'a FirmTerms,
    client_id: ClientId,
    ticket_id: Option<TicketId>,
    currency: &'a str,
    description: &'a str,
}

impl NewCharge<'_> {
    async fn insert(self, tx: &mut Tx, amount_minor: i64, due_on: NaiveDate) -> Result<ChargeId> {
        let now = tx.now;
        let charge: Charge = diesel::insert_into(charges::table)
            .values((
                charges::id.eq(ChargeId::new()),
                charges::firm_id.eq(self.firm.id),
                charges::client_id.eq(self.client_id),
                charges::ticket_id.eq(self.ticket_id),
                charges::description.eq(self.description),
                charges::amount_minor.eq(amount_minor),
                charges::currency.eq(self.currency),
                charges::due_on.eq(due_on),
                charges::status.eq(ChargeStatus::Open),
                charges::created_at.eq(now),
                charges::updated_at.eq(now),
            ))
            .returning(Charge::as_returning())
            .get_result(tx.conn())
            .await?;
        let after = Some(audience(tx.conn(), &charge).await?);
        tx.changed(charge.firm_id, "chargeCreate", charge.id, None, after);
        Ok(charge.id)
    }
}

async fn set_status(tx: &mut Tx, charge: &Charge, status: ChargeStatus) -> Result<()> {
    let now = tx.now;
    diesel::update(charges::table.find(charge.id))
        .set((
            charges::status.eq(status),
            charges::paid_at.eq((status == ChargeStatus::Paid).then_some(now)),
            charges::version.eq(charge.version + 1),
            charges::updated_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    let audience = Some(audience(tx.conn(), charge).await?);
    let act = if status == ChargeStatus::Paid { "chargeMarkPaid" } else { "chargeCancel" };
    tx.changed(charge.firm_id, act, charge.id, audience.clone(), audience);
    Ok(())
}
