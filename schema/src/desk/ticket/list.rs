//! The list of tickets (D-01): filter, search, order, pages.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::collation;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ClientId, DepartmentId, ServiceItemId, StaffId, TicketId};
use guichet_base::input::Check;
use guichet_base::page::{Page, PageRequest};
use guichet_base::search;
use guichet_base::text_enum;
use guichet_engine::actor::{Author, Scope};
use guichet_engine::condition::is_few;
use guichet_engine::found_by;
use guichet_engine::keyset::{self, Key, Position, keyset, place};
use guichet_engine::sql;
use guichet_engine::tables::tickets;
use guichet_engine::tally;

use super::model::{Ticket, TicketStatus};
use super::queries::visible;
use super::search::numbers_named;
use crate::shared::conversation::queries::has_unread;

text_enum! {
    /// A field by which tickets can be sorted.
    pub enum TicketOrderField {
        /// The date and time of the last change.
        UpdatedAt = "UPDATED_AT",
        /// The date and time of opening.
        CreatedAt = "CREATED_AT",
        /// The number.
        Number = "NUMBER",
        /// The price.
        Price = "PRICE",
        /// The subject.
        Subject = "SUBJECT",
        /// The status, by its name in the API.
        Status = "STATUS",
    }
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketOrder {
    /// The field to sort by.
    pub field: TicketOrderField,
    /// Whether the largest value comes first.
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

    /// The position of a ticket in a list of this order.
    pub fn position(self, ticket: &Ticket) -> Position {
        let (name, down, id) = (self.name(), self.descending, ticket.id);
        match self.field {
            TicketOrderField::UpdatedAt => keyset::position(name, down, &ticket.updated_at, id),
            TicketOrderField::CreatedAt => keyset::position(name, down, &ticket.created_at, id),
            TicketOrderField::Number => keyset::position(name, down, &ticket.number, id),
            TicketOrderField::Price => keyset::position(name, down, &ticket.price_minor, id),
            TicketOrderField::Subject => keyset::position(name, down, &collation::key(&ticket.subject), id),
            TicketOrderField::Status => keyset::position(name, down, &ticket.status, id),
        }
    }
}

impl Key for TicketStatus {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn rank(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec().rank()
    }
}

/// A filter of tickets; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TicketFilter {
    /// These tickets.
    pub ids: Option<Vec<TicketId>>,
    /// Whether this person has unread messages about it (D-12).
    pub unread: Option<(Author, bool)>,
    /// One of these.
    pub status: Option<Vec<TicketStatus>>,
    /// About one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// With one of these assignees. For staff only.
    pub assignees: Option<Vec<StaffId>>,
    /// With one of these accountants.
    pub accountants: Option<Vec<StaffId>>,
    /// In one of these departments. For staff only.
    pub departments: Option<Vec<DepartmentId>>,
    /// About one of these items of the price list.
    pub service_items: Option<Vec<ServiceItemId>>,
    /// Opened at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Opened before.
    pub created_to: Option<DateTime<Utc>>,
    /// Changed at or after.
    pub updated_from: Option<DateTime<Utc>>,
    /// Changed before.
    pub updated_to: Option<DateTime<Utc>>,
    /// Whether no staff member has acted on it yet (D-06). For staff only.
    pub is_untouched: Option<bool>,
    /// Whether a portal user opened it.
    pub opened_by_client: Option<bool>,
    /// Words in number, subject, client name or description, all of which must match; or the number of a ticket as
    /// [`numbers_named`] reads it.
    pub search: Option<String>,
}

impl TicketFilter {
    /// Refuses conditions on what the viewer does not see, whose answers would tell it.
    ///
    /// # Errors
    /// `NOT_ALLOWED` about each of them; `TOO_LONG` about `filter.search`.
    pub fn check(&self, scope: &Scope) -> Result<()> {
        let internal = [
            ("filter.assigneeIds", self.assignees.is_some()),
            ("filter.departmentIds", self.departments.is_some()),
            ("filter.isUntouched", self.is_untouched.is_some()),
        ];
        let mut check = Check::new();
        for (path, given) in internal {
            check.require(scope.is_staff() || !given, Refusal::of(path, Code::NotAllowed));
        }
        check.done()?;
        search::Query::read(self.search.as_deref()).map(|_| ())
    }
}

type Query<'a> = tickets::BoxedQuery<'a, Pg>;

fn filtered<'a>(scope: &Scope, filter: &TicketFilter) -> Result<Query<'a>> {
    filter.check(scope)?;
    // With few clients, the tickets are found by client.
    let few = is_few(filter.clients.as_deref()) || filter.ids.is_some();
    let mut query = tickets::table.filter(visible(scope).checked_if(few)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(tickets::id, ids));
    }
    if let Some((reader, unread)) = filter.unread {
        query = query.filter(has_unread::<tickets::table>(reader, unread));
    }
    if let Some(status) = &filter.status {
        query = query.filter(tickets::status.eq_any(status.clone()));
    }
    match filter.clients.as_deref() {
        // With one client, an index has the right order.
        Some([client]) => query = query.filter(tickets::client_id.eq(*client)),
        Some(clients) => query = query.filter(tickets::client_id.eq_any(clients.to_vec())),
        None => {}
    }
    if let Some(assignees) = &filter.assignees {
        query = query.filter(tickets::assignee_id.eq_any(assignees.clone()));
    }
    if let Some(accountants) = &filter.accountants {
        query = query.filter(tickets::accountant_id.eq_any(accountants.clone()));
    }
    if let Some(departments) = &filter.departments {
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
    if let Some(untouched) = filter.is_untouched {
        query = query.filter(tickets::is_untouched.eq(untouched));
    }
    match filter.opened_by_client {
        Some(true) => query = query.filter(tickets::opened_by_access.is_not_null()),
        Some(false) => query = query.filter(tickets::opened_by_access.is_null()),
        None => {}
    }
    if let Some(search) = filter.search.as_deref() {
        let found = found_by!(tickets, &search::Query::read(Some(search))?);
        query = match numbers_named(search) {
            named if named.is_empty() => query.filter(found),
            named => query.filter(found.or(tickets::number.eq_any(named))),
        };
    }
    Ok(query)
}

/// A page of the list.
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
    let query = ordered(query, order, ascending, Some(part))?;
    Ok(part.page(query.select(Ticket::as_select()).load(conn).await?))
}

/// Those of these tickets that are in the list, in no particular order, for keeping a list up to date.
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

/// The ids of all tickets of the list in order, for an export, which must not miss tickets that change meanwhile.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TicketFilter,
    order: TicketOrder,
) -> Result<Vec<TicketId>> {
    let query = ordered(filtered(scope, filter)?, order, !order.descending, None)?;
    Ok(query.select(tickets::id).load(conn).await?)
}

fn ordered<'a>(
    query: Query<'a>,
    order: TicketOrder,
    ascending: bool,
    part: Option<&PageRequest>,
) -> Result<Query<'a>> {
    macro_rules! by {
        ($column:expr => $key:ty) => {{
            let place = part.map(|part| place::<$key>(part, order.name())).transpose()?.flatten();
            keyset!(query, ascending, place, ($column, tickets::id))
        }};
    }
    Ok(match order.field {
        TicketOrderField::UpdatedAt => by!(tickets::updated_at => DateTime<Utc>),
        TicketOrderField::CreatedAt => by!(tickets::created_at => DateTime<Utc>),
        TicketOrderField::Number => by!(tickets::number => i64),
        TicketOrderField::Price => by!(tickets::price_minor => i64),
        TicketOrderField::Subject => by!(tickets::subject_key => Vec<u8>),
        TicketOrderField::Status => by!(tickets::status => TicketStatus),
    })
}

/// The number of tickets that match a filter, by status, in one scan.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TicketFilter,
) -> Result<Vec<(TicketStatus, i64)>> {
    let by_status = tally::by::<TicketStatus>("tickets.status");
    Ok(tally::each(filtered(scope, filter)?.select(by_status).get_result(conn).await?))
}

/// The number of tickets that match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &TicketFilter) -> Result<i64> {
    Ok(filtered(scope, filter)?.count().get_result(conn).await?)
}

/// Locks a client's tickets until the transaction ends, always in the same order. Commands on a ticket read the
/// client's accountant under the ticket's lock only, and write events for that person, so a change of the
/// accountant must exclude them.
pub(crate) async fn lock_of_client(conn: &mut AsyncPgConnection, client: ClientId) -> Result<()> {
    let of_client = tickets::table.filter(tickets::client_id.eq(client)).order(tickets::id);
    of_client.select(tickets::id).for_no_key_update().execute(conn).await?;
    Ok(())
}

/// Makes a client's tickets searchable by its new name, in the transaction of the rename.
pub(crate) async fn rename_client(conn: &mut AsyncPgConnection, client: ClientId, name: &str) -> Result<()> {
    // Only the line with the name is replaced; the ticket's own texts are kept, even if they contain the old name.
    let own = substr(tickets::search_text, strpos(tickets::search_text, "\n"));
    diesel::update(tickets::table.filter(tickets::client_id.eq(client)))
        .set(tickets::search_text.eq(search::fold(name).into_sql::<Text>().concat(own)))
        .execute(conn)
        .await?;
    Ok(())
}

#[allow(missing_docs)] // generated by the macro
#[diesel::declare_sql_function]
extern "SQL" {
    /// The text from a position on, counted from 1.
    fn substr(text: Text, from: Integer) -> Text;
    /// The position of the first `part` in the text; 0 when there is none.
    fn strpos(text: Text, part: Text) -> Integer;
}
