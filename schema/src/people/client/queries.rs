//! Finders of clients. Each requires the viewer's scope.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::{ClientId, StaffId};
use guichet_base::page::{Page, PageRequest};
use guichet_base::search;
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::found_by;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{client_recipients, clients};

use super::model::{Client, Topic};

/// A filter of clients.
#[derive(Debug, Clone, Default)]
pub struct ClientFilter {
    /// These clients.
    pub ids: Option<Vec<ClientId>>,
    /// Words in name, registration number, e-mail or telephone; all must match.
    pub search: Option<String>,
    /// Clients of this accountant.
    pub accountant_id: Option<StaffId>,
}

/// The clients inside a scope (B-14). A member's own are the portfolio and the clients of its work (B-15).
pub fn visible(scope: &Scope) -> Condition<clients::table> {
    reach::visible(scope)
}

/// One client.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(conn: &mut AsyncPgConnection, scope: &Scope, id: ClientId) -> Result<Option<Client>> {
    Ok(by_ids(conn, scope, &[id]).await?.pop())
}

/// Clients by id, in no particular order; those outside the scope are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[ClientId]) -> Result<Vec<Client>> {
    Ok(clients::table
        .filter(visible(scope).checked())
        .filter(sql::among(clients::id, ids))
        .select(Client::as_select())
        .load(conn)
        .await?)
}

/// A page of clients, ordered by name.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &ClientFilter,
    request: &PageRequest,
) -> Result<Page<Client>> {
    Ok(
        page!(conn, filtered(scope, filter)?, request, BY_NAME, (clients::name_key => Vec<u8>, clients::id), Client),
    )
}

/// The number of clients that match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &ClientFilter) -> Result<i64> {
    Ok(filtered(scope, filter)?.count().get_result(conn).await?)
}

fn filtered(scope: &Scope, filter: &ClientFilter) -> Result<clients::BoxedQuery<'static, Pg>> {
    let mut query = clients::table.into_boxed().filter(visible(scope).checked_if(filter.ids.is_some()));
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(clients::id, ids));
    }
    if let Some(id) = filter.accountant_id {
        query = query.filter(clients::accountant_id.eq(id));
    }
    Ok(query.filter(found_by!(clients, &search::Query::read(filter.search.as_deref())?)))
}

/// The addresses that clients chose for mails about a topic (F-02), in their order. Without any, mails go to the
/// client's address of record.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn recipients(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    topic: Topic,
    ids: &[ClientId],
) -> Result<Vec<(ClientId, String)>> {
    Ok(client_recipients::table
        .filter(
            client_recipients::client_id
                .eq_any(clients::table.filter(visible(scope).checked()).select(clients::id)),
        )
        .filter(sql::among(client_recipients::client_id, ids))
        .filter(client_recipients::topic.eq(topic))
        .order((client_recipients::client_id, client_recipients::position))
        .select((client_recipients::client_id, client_recipients::email))
        .load(conn)
        .await?)
}
