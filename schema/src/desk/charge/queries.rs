//! Finders of charges. Each requires the viewer's scope.

use chrono::NaiveDate;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::{ChargeId, ClientId, StaffId, TicketId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::condition::{Condition, is_few};
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{charges, clients, ticket_collected_charges, tickets};
use guichet_engine::tally;

use super::model::{Charge, ChargeStatus};

/// The order of charges: by due date.
pub const ORDER: &str = "DUE_ON";

/// The charges inside a scope (B-14): a member's own are those of the portfolio and of its tickets (B-15).
pub(crate) fn visible(scope: &Scope) -> Condition<charges::table> {
    reach::visible(scope)
}

/// A filter of charges; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ChargeFilter {
    /// These charges.
    pub ids: Option<Vec<ChargeId>>,
    /// One of these.
    pub status: Option<Vec<ChargeStatus>>,
    /// Of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// Created by one of these tickets.
    pub tickets: Option<Vec<TicketId>>,
    /// Due on or after.
    pub due_from: Option<NaiveDate>,
    /// Due on or before.
    pub due_to: Option<NaiveDate>,
}

type Query<'a> = charges::BoxedQuery<'a, Pg>;

fn filtered<'a>(scope: &Scope, filter: &ChargeFilter) -> Query<'a> {
    // With few clients or tickets, these are used to find the rows.
    let few = is_few(filter.clients.as_deref()) || is_few(filter.tickets.as_deref()) || filter.ids.is_some();
    let mut query = charges::table.filter(visible(scope).checked_if(few)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(charges::id, ids));
    }
    if let Some(status) = &filter.status {
        query = query.filter(charges::status.eq_any(status.clone()));
    }
    if let Some(clients) = &filter.clients {
        query = query.filter(charges::client_id.eq_any(clients.clone()));
    }
    if let Some(tickets) = &filter.tickets {
        query = query.filter(charges::ticket_id.eq_any(tickets.clone()));
    }
    if let Some(from) = filter.due_from {
        query = query.filter(charges::due_on.ge(from));
    }
    if let Some(to) = filter.due_to {
        query = query.filter(charges::due_on.le(to));
    }
    query
}

/// A page of charges, ordered by due date.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &ChargeFilter,
    part: &PageRequest,
) -> Result<Page<Charge>> {
    Ok(page!(conn, filtered(scope, filter), part, ORDER, (charges::due_on => NaiveDate, charges::id), Charge))
}

/// The position of a charge in [`page()`].
pub fn position(charge: &Charge) -> Position {
    keyset::position(ORDER, false, &charge.due_on, charge.id)
}

/// The number of charges that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &ChargeFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}

/// Those of these charges that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &ChargeFilter,
    ids: &[ChargeId],
) -> Result<Vec<Charge>> {
    let query = filtered(scope, filter).filter(sql::among(charges::id, ids));
    Ok(query.select(Charge::as_select()).load(conn).await?)
}

/// The number of charges that match a filter, by status.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &ChargeFilter,
) -> Result<Vec<(ChargeStatus, i64)>> {
    let by_status = tally::by::<ChargeStatus>("charges.status");
    Ok(tally::each(filtered(scope, filter).select(by_status).get_result(conn).await?))
}

/// Who can see a charge, consistent with [`visible`].
pub(crate) async fn audience(conn: &mut AsyncPgConnection, charge: &Charge) -> Result<Audience> {
    let portfolio: Option<StaffId> =
        clients::table.find(charge.client_id).select(clients::accountant_id).get_result(conn).await?;
    let own = guichet_engine::audience!(charges, charge, portfolio);
    let ticket: Vec<Subject> = charge.ticket_id.map(Subject::of).into_iter().collect();
    let of_ticket = reach::audiences(conn, &ticket).await?;
    Ok(of_ticket.values().fold(own, Audience::with))
}

/// Charges by id; those outside the scope are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[ChargeId]) -> Result<Vec<Charge>> {
    Ok(charges::table
        .filter(visible(scope).checked())
        .filter(sql::among(charges::id, ids))
        .select(Charge::as_select())
        .load(conn)
        .await?)
}

/// The charges that tickets created, oldest first.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_tickets(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TicketId],
) -> Result<Vec<Charge>> {
    Ok(charges::table
        .filter(visible(scope).checked())
        .filter(sql::among(charges::ticket_id, ids))
        .order((charges::created_at, charges::id))
        .select(Charge::as_select())
        .load(conn)
        .await?)
}

/// The charges that tickets collect (D-10), ordered by due date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn collected_by(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TicketId],
) -> Result<Vec<(TicketId, Charge)>> {
    Ok(ticket_collected_charges::table
        .inner_join(charges::table.on(charges::id.eq(ticket_collected_charges::charge_id)))
        .inner_join(tickets::table.on(tickets::id.eq(ticket_collected_charges::ticket_id)))
        .filter(sql::among(ticket_collected_charges::ticket_id, ids))
        .filter(reach::visible::<tickets::table>(scope).checked())
        .filter(visible(scope).checked())
        .order((charges::due_on, charges::id))
        .select((ticket_collected_charges::ticket_id, Charge::as_select()))
        .load(conn)
        .await?)
}
