//! The history of a ticket: who changed what from what to what, when (D-08).

use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::{ActId, ChangeId, TicketId, TransferId};
use guichet_engine::actor::{Author, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::{ticket_changes, ticket_transfers, tickets};

use super::model::{Ticket, TicketChange, TicketField, TicketTransfer};
use super::queries::visible;

/// One field of a change to be recorded.
pub(crate) struct Changed {
    pub field: TicketField,
    pub from: Option<String>,
    pub to: Option<String>,
}

impl Changed {
    /// A change, unless both sides are equal.
    pub fn between(field: TicketField, from: Option<String>, to: Option<String>) -> Option<Self> {
        (from != to).then_some(Self { field, from, to })
    }
}

/// Records what one act changed.
pub(crate) async fn record(
    tx: &Tx,
    ticket: &Ticket,
    act: ActId,
    author: Author,
    changes: &[Changed],
    reason: Option<&str>,
) -> Result<()> {
    let at = tx.now;
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                ticket_changes::id.eq(ChangeId::new()),
                ticket_changes::firm_id.eq(ticket.firm_id),
                ticket_changes::ticket_id.eq(ticket.id),
                ticket_changes::act_id.eq(act),
                ticket_changes::field.eq(change.field),
                ticket_changes::old_value.eq(change.from.as_deref()),
                ticket_changes::new_value.eq(change.to.as_deref()),
                ticket_changes::reason.eq(reason),
                ticket_changes::author_staff.eq(author.staff()),
                ticket_changes::author_access.eq(author.access()),
                ticket_changes::at.eq(at),
            )
        })
        .collect();
    let count = rows.len();
    sql::keep(count, diesel::insert_into(ticket_changes::table).values(rows))
        .execute(&mut tx.pipeline())
        .await?;
    Ok(())
}

/// The changes inside a scope: clients read of public fields only.
fn readable(scope: &Scope) -> Condition<ticket_changes::table> {
    let fields: Vec<TicketField> =
        TicketField::ALL.iter().copied().filter(|field| scope.is_staff() || field.is_public()).collect();
    let seen = tickets::table.filter(visible(scope).checked()).select(tickets::id);
    Condition::new(ticket_changes::ticket_id.eq_any(seen).and(ticket_changes::field.eq_any(fields)))
}

/// The hand-overs inside a scope: they are internal to the firm.
fn internal(scope: &Scope) -> Condition<ticket_transfers::table> {
    let seen = tickets::table.filter(visible(scope).checked()).select(tickets::id);
    let staff = scope.is_staff().into_sql::<Bool>();
    Condition::new(ticket_transfers::ticket_id.eq_any(seen).and(staff))
}

/// The histories of several tickets, oldest first within each.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[TicketId]) -> Result<Vec<TicketChange>> {
    Ok(ticket_changes::table
        .filter(readable(scope))
        .filter(sql::among(ticket_changes::ticket_id, ids))
        .order((ticket_changes::ticket_id, ticket_changes::seq))
        .select(TicketChange::as_select())
        .load(conn)
        .await?)
}

/// Changes by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ChangeId],
) -> Result<Vec<TicketChange>> {
    Ok(ticket_changes::table
        .filter(readable(scope))
        .filter(sql::among(ticket_changes::id, ids))
        .select(TicketChange::as_select())
        .load(conn)
        .await?)
}

/// The hand-overs of several tickets, oldest first within each.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn transfers(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TicketId],
) -> Result<Vec<TicketTransfer>> {
    Ok(ticket_transfers::table
        .filter(internal(scope))
        .filter(sql::among(ticket_transfers::ticket_id, ids))
        .order((ticket_transfers::ticket_id, ticket_transfers::seq))
        .select(TicketTransfer::as_select())
        .load(conn)
        .await?)
}

/// Hand-overs by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn transfers_by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TransferId],
) -> Result<Vec<TicketTransfer>> {
    Ok(ticket_transfers::table
        .filter(internal(scope))
        .filter(sql::among(ticket_transfers::id, ids))
        .select(TicketTransfer::as_select())
        .load(conn)
        .await?)
}
