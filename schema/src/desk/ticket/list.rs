//! The grid of tickets (D-01): filter, search, order, pages.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ClientId, DepartmentId, Id, ServiceItemId, StaffId, TicketId};
use guichet_base::page::{Cursor, Page, PageRequest};
use guichet_base::search;
use guichet_base::text_enum;
use guichet_engine::actor::Scope;
use guichet_engine::condition::is_few;
use guichet_engine::sql;
use guichet_engine::tables::tickets;

use super::model::{Ticket, TicketStatus};
use super::queries::visible;

text_enum! {
    /// By what the grid is ordered; equal values by id.
    pub enum TicketOrderField {
        /// When it last changed.
        UpdatedAt = "UPDATED_AT",
        /// When it was opened.
        CreatedAt = "CREATED_AT",
        /// Its number.
        Number = "NUMBER",
        /// Its price.
        Price = "PRICE",
        /// Its subject.
        Subject = "SUBJECT",
        /// Its status.
        Status = "STATUS",
    }
}

/// The order of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketOrder {
    /// By what.
    pub field: TicketOrderField,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl Default for TicketOrder {
    fn default() -> Self {
        Self { field: TicketOrderField::UpdatedAt, descending: true }
    }
}

impl TicketOrder {
    const fn name(self) -> &'static str {
        self.field.as_str()
    }

    /// The cursor of a ticket in a list of this order.
    pub fn cursor(self, ticket: &Ticket) -> String {
        let id = ticket.id.uuid();
        let name = self.name();
        match self.field {
            TicketOrderField::UpdatedAt => Cursor::encode(name, ticket.updated_at.timestamp_micros(), id),
            TicketOrderField::CreatedAt => Cursor::encode(name, ticket.created_at.timestamp_micros(), id),
            TicketOrderField::Number => Cursor::encode(name, ticket.number, id),
            TicketOrderField::Price => Cursor::encode(name, ticket.price_minor, id),
            TicketOrderField::Subject => Cursor::encode(name, &ticket.subject, id),
            TicketOrderField::Status => Cursor::encode(name, ticket.status, id),
        }
    }
}

/// Which tickets are wanted; everything that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TicketFilter {
    /// One of these.
    pub status: Option<Vec<TicketStatus>>,
    /// About one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// With one of these assignees. Staff only: ignored for clients.
    pub assignees: Option<Vec<StaffId>>,
    /// With one of these accountants.
    pub accountants: Option<Vec<StaffId>>,
    /// With one of these departments. Staff only: ignored for clients.
    pub departments: Option<Vec<DepartmentId>>,
    /// For one of these services.
    pub service_items: Option<Vec<ServiceItemId>>,
    /// Opened at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Opened before.
    pub created_to: Option<DateTime<Utc>>,
    /// Changed at or after.
    pub updated_from: Option<DateTime<Utc>>,
    /// Changed before.
    pub updated_to: Option<DateTime<Utc>>,
    /// Whether staff have done nothing with it yet (D-06). Staff only: ignored for clients.
    pub is_untouched: Option<bool>,
    /// Whether it was opened by the client's side.
    pub opened_by_client: Option<bool>,
    /// Words of number, subject, client or description; all must be found.
    pub search: Option<String>,
}

type Query<'a> = tickets::BoxedQuery<'a, Pg>;

fn filtered<'a>(scope: &Scope, filter: &TicketFilter) -> Result<Query<'a>> {
    // The tickets of a few clients are found by the client.
    let seen = visible(scope).checked_if(is_few(filter.clients.as_deref()));
    let mut query = tickets::table.filter(seen).into_boxed();
    if let Some(status) = &filter.status {
        query = query.filter(tickets::status.eq_any(status.clone()));
    }
    match filter.clients.as_deref() {
        // Of one, in the order of an index.
        Some([client]) => query = query.filter(tickets::client_id.eq(*client)),
        Some(clients) => query = query.filter(tickets::client_id.eq_any(clients.to_vec())),
        None => {}
    }
    if let Some(assignees) = filter.assignees.as_ref().filter(|_| scope.is_staff()) {
        query = query.filter(tickets::assignee_id.eq_any(assignees.clone()));
    }
    if let Some(accountants) = &filter.accountants {
        query = query.filter(tickets::accountant_id.eq_any(accountants.clone()));
    }
    if let Some(departments) = filter.departments.as_ref().filter(|_| scope.is_staff()) {
        query = query.filter(tickets::department_id.eq_any(departments.clone()));
    }
    if let Some(items) = &filter.service_items {
        query = query.filter(tickets::service_item_id.eq_any(items.clone()));
    }
    if let Some(at) = filter.created_from {
        query = query.filter(tickets::created_at.ge(sql::held(at)));
    }
    if let Some(at) = filter.created_to {
        query = query.filter(tickets::created_at.lt(sql::held(at)));
    }
    if let Some(at) = filter.updated_from {
        query = query.filter(tickets::updated_at.ge(sql::held(at)));
    }
    if let Some(at) = filter.updated_to {
        query = query.filter(tickets::updated_at.lt(sql::held(at)));
    }
    if let Some(untouched) = filter.is_untouched.filter(|_| scope.is_staff()) {
        query = query.filter(tickets::is_untouched.eq(untouched));
    }
    match filter.opened_by_client {
        Some(true) => query = query.filter(tickets::opened_by_access.is_not_null()),
        Some(false) => query = query.filter(tickets::opened_by_access.is_null()),
        None => {}
    }
    for pattern in search::patterns(filter.search.as_deref())? {
        query = query.filter(tickets::search_text.like(pattern));
    }
    Ok(query)
}

/// Bounds and orders the query by one column: the first condition bounds the index, the second
/// settles equal values.
macro_rules! keyset {
    ($query:ident, $ascending:expr, $at:expr, $column:expr) => {{
        if let Some((key, id)) = $at {
            $query = if $ascending {
                $query.filter($column.ge(key.clone())).filter($column.gt(key).or(tickets::id.gt(id)))
            } else {
                $query.filter($column.le(key.clone())).filter($column.lt(key).or(tickets::id.lt(id)))
            };
        }
        if $ascending {
            $query.order(($column.asc(), tickets::id.asc()))
        } else {
            $query.order(($column.desc(), tickets::id.desc()))
        }
    }};
}

/// A page of the grid.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TicketFilter,
    order: TicketOrder,
    part: &PageRequest,
) -> Result<Page<Ticket>> {
    let query = filtered(scope, filter)?.limit(part.fetch());
    let ascending = order.descending == part.is_backward();
    let query = ordered(query, order.field, ascending, part.cursor(order.name())?)?;
    Ok(part.page(query.select(Ticket::as_select()).load(conn).await?))
}

/// Those of the tickets that are in the grid, in no particular order: for one that is kept up to date.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TicketFilter,
    ids: &[TicketId],
) -> Result<Vec<Ticket>> {
    let query = filtered(scope, filter)?.filter(sql::among(tickets::id, ids));
    Ok(query.select(Ticket::as_select()).load(conn).await?)
}

/// All tickets of the grid in its order: for an export, which must miss none that changes meanwhile.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TicketFilter,
    order: TicketOrder,
) -> Result<Vec<TicketId>> {
    let query = ordered(filtered(scope, filter)?, order.field, !order.descending, None)?;
    Ok(query.select(tickets::id).load(conn).await?)
}

fn ordered(
    mut query: Query<'_>,
    field: TicketOrderField,
    ascending: bool,
    cursor: Option<Cursor>,
) -> Result<Query<'_>> {
    Ok(match field {
        TicketOrderField::UpdatedAt => keyset!(query, ascending, at(cursor, time)?, tickets::updated_at),
        TicketOrderField::CreatedAt => keyset!(query, ascending, at(cursor, time)?, tickets::created_at),
        TicketOrderField::Number => keyset!(query, ascending, at(cursor, number)?, tickets::number),
        TicketOrderField::Price => keyset!(query, ascending, at(cursor, number)?, tickets::price_minor),
        TicketOrderField::Subject => {
            keyset!(query, ascending, at(cursor, |text| Some(text.to_owned()))?, tickets::subject)
        }
        TicketOrderField::Status => {
            keyset!(query, ascending, at(cursor, TicketStatus::parse)?, tickets::status)
        }
    })
}

fn at<T>(cursor: Option<Cursor>, read: impl Fn(&str) -> Option<T>) -> Result<Option<(T, TicketId)>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let key = read(&cursor.key).ok_or_else(|| Refusal::of("after", Code::InvalidCursor))?;
    Ok(Some((key, TicketId::from_uuid(cursor.id))))
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(text.parse().ok()?).map(sql::held)
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// How many tickets there are.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &TicketFilter) -> Result<i64> {
    Ok(filtered(scope, filter)?.count().get_result(conn).await?)
}

/// Locks a client's tickets until the transaction ends, always in the same order. Acts on them find under the
/// ticket's lock alone in whose portfolio they are, and tell that person: so a change of it waits for them, and they
/// for it.
pub(crate) async fn lock_of_client(conn: &mut AsyncPgConnection, client: ClientId) -> Result<()> {
    let of_client = tickets::table.filter(tickets::client_id.eq(client)).order(tickets::id);
    of_client.select(tickets::id).for_no_key_update().execute(conn).await?;
    Ok(())
}

/// Lets searches find a client's tickets by its new name, in the rename's own transaction.
pub(crate) async fn rename_client(conn: &mut AsyncPgConnection, client: ClientId, name: &str) -> Result<()> {
    // The name's line goes; what a ticket itself says stays, however much it reads like the old name.
    let own = substr(tickets::search_text, strpos(tickets::search_text, "\n"));
    diesel::update(tickets::table.filter(tickets::client_id.eq(client)))
        .set(tickets::search_text.eq(search::fold(name).into_sql::<Text>().concat(own)))
        .execute(conn)
        .await?;
    Ok(())
}

#[allow(missing_docs)] // of the macro's making
#[diesel::declare_sql_function]
extern "SQL" {
    /// The text from a place on, counted from 1.
    fn substr(text: Text, from: Integer) -> Text;
    /// The place of the first `part` in the text; 0 when there is none.
    fn strpos(text: Text, part: Text) -> Integer;
}
