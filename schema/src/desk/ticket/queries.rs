//! Finders of tickets. Each requires the viewer's scope.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::portal_access::model::AccessStatus;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, TicketId};
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{clients, firms, portal_accesses, tickets};

use super::model::Ticket;
use super::rules::Circumstances;

/// The tickets within a scope (B-14, B-15).
pub fn visible(scope: &Scope) -> Condition<tickets::table> {
    reach::visible(scope)
}

/// Tickets by id, in no particular order; those outside the scope are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[TicketId]) -> Result<Vec<Ticket>> {
    Ok(tickets::table
        .filter(visible(scope).checked())
        .filter(sql::among(tickets::id, ids))
        .select(Ticket::as_select())
        .load(conn)
        .await?)
}

/// The clients among these that have a user who could read a message (D-07).
pub(crate) async fn linked_clients(
    conn: &mut AsyncPgConnection,
    clients: &[ClientId],
) -> Result<HashSet<ClientId>> {
    let linked: Vec<ClientId> = portal_accesses::table
        .filter(portal_accesses::client_id.eq_any(clients))
        .filter(portal_accesses::status.eq(AccessStatus::Active))
        .select(portal_accesses::client_id)
        .distinct()
        .load(conn)
        .await?;
    Ok(linked.into_iter().collect())
}

/// What the rules need to know about the client of a ticket, for each of these clients.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn circumstances(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Circumstances>> {
    let linked = portal_accesses::table
        .filter(portal_accesses::client_id.eq(clients::id))
        .filter(portal_accesses::status.eq(AccessStatus::Active));
    let rows: Vec<(ClientId, i32, bool)> = clients::table
        .inner_join(firms::table.on(firms::id.eq(clients::firm_id)))
        .filter(crate::people::client::queries::visible(scope).checked())
        .filter(sql::among(clients::id, ids))
        .select((clients::id, firms::client_reopen_days, diesel::dsl::exists(linked)))
        .load(conn)
        .await?;
    let circumstances = |(id, client_reopen_days, has_linked_user)| {
        (id, Circumstances { client_reopen_days, has_linked_user })
    };
    Ok(rows.into_iter().map(circumstances).collect())
}
