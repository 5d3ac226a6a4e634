//! The history of a ticket: the fields that it records (D-08), and the transfers (D-09).

use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::shared::history::{self, Changed, Field};
use guichet_base::error::Result;
use guichet_base::id::{ActId, TicketId, TransferId};
use guichet_engine::actor::{Author, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::{ticket_transfers, tickets};

use super::model::{Ticket, TicketField, TicketTransfer};
use super::queries::visible;

impl Field for TicketField {
    type Of = TicketId;
    const ALL: &'static [Self] = Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }

    /// Fields of the ticket that clients can see.
    fn is_public(self) -> bool {
        !matches!(self, Self::Assignee | Self::Department | Self::InternalFile)
    }
}

/// Records what one action changed.
pub(super) async fn record(
    tx: &Tx,
    ticket: &Ticket,
    act: ActId,
    author: Author,
    changed: &[Changed],
    reason: Option<&str>,
) -> Result<()> {
    history::record(tx, ticket.firm_id, ticket.id.into(), act, author, changed, reason).await
}

/// The transfers within a scope: they are internal to the firm.
fn internal(scope: &Scope) -> Condition<ticket_transfers::table> {
    let seen = tickets::table.filter(visible(scope).checked()).select(tickets::id);
    let staff = scope.is_staff().into_sql::<Bool>();
    Condition::new(ticket_transfers::ticket_id.eq_any(seen).and(staff))
}

/// The transfers of several tickets, oldest first within each.
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

/// Transfers by id, in no particular order.
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
