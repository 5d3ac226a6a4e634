//! Finders of tickets. Each takes the viewer's scope.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::portal_access::model::AccessStatus;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, TicketId};
use guichet_engine::actor::{Author, Membership, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{clients, firms, portal_accesses, ticket_messages, ticket_reads, tickets};

use super::model::{Ticket, Visibility};
use super::rules::Circumstances;

/// The tickets inside a scope (B-14, B-15).
pub fn visible(scope: &Scope) -> Condition<tickets::table> {
    reach::visible(scope)
}

/// The messages of visible tickets that a scope may read: clients never see a note (D-07).
pub(super) fn readable(scope: &Scope) -> Condition<ticket_messages::table> {
    let firm = ticket_messages::firm_id.eq(scope.firm_id());
    if scope.is_staff() {
        Condition::new(firm)
    } else {
        Condition::new(firm.and(ticket_messages::visibility.eq(Visibility::Public)))
    }
}

/// Tickets by id, in no particular order; those out of scope are left out.
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

/// What the rules need to know about tickets of each of these clients, beside the ticket itself.
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

/// How many messages of each ticket this person has not read (D-12): written by others, readable,
/// behind the person's read mark.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn unread(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[TicketId],
) -> Result<HashMap<TicketId, i64>> {
    let scope = membership.scope();
    let counts: Vec<(TicketId, i64)> = ticket_messages::table
        .inner_join(tickets::table.on(tickets::id.eq(ticket_messages::ticket_id)))
        .left_join(
            ticket_reads::table.on(ticket_reads::ticket_id
                .eq(ticket_messages::ticket_id)
                .and(ticket_reads::reader_id.eq(membership.person()))),
        )
        .filter(visible(&scope).checked())
        .filter(readable(&scope))
        .filter(sql::among(ticket_messages::ticket_id, ids))
        .filter(
            ticket_reads::seq.is_null().or(ticket_messages::seq.nullable().gt(ticket_reads::seq.nullable())),
        )
        .filter(by_others(membership.author()))
        .group_by(ticket_messages::ticket_id)
        .select((ticket_messages::ticket_id, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counts.into_iter().collect())
}

fn by_others(reader: Author) -> Condition<ticket_messages::table> {
    match reader {
        Author::Staff(id) => Condition::new(ticket_messages::author_staff.is_distinct_from(id)),
        Author::Portal(id) => Condition::new(ticket_messages::author_access.is_distinct_from(id)),
    }
}
