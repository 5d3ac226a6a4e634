//! Finders of the price list. Each requires the viewer's scope.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::ServiceItemId;
use guichet_base::page::{Page, PageRequest};
use guichet_base::search;
use guichet_engine::actor::Scope;
use guichet_engine::found_by;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{service_items, tickets};

use super::model::ServiceItem;

/// A filter of items.
#[derive(Debug, Clone, Default)]
pub struct ServiceItemFilter {
    /// These items.
    pub ids: Option<Vec<ServiceItemId>>,
    /// Only items that are offered, or only those that are not.
    pub active: Option<bool>,
    /// Words in name or description; all must match.
    pub search: Option<String>,
}

/// Items by id, in no particular order. A client finds those that are offered, and those of its own tickets.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ServiceItemId],
) -> Result<Vec<ServiceItem>> {
    let mut query = service_items::table
        .filter(service_items::firm_id.eq(scope.firm_id()))
        .filter(sql::among(service_items::id, ids))
        .into_boxed();
    if !scope.is_staff() {
        let of_tickets = tickets::table
            .filter(reach::visible::<tickets::table>(scope))
            .filter(tickets::service_item_id.is_not_null())
            .select(tickets::service_item_id.assume_not_null());
        query = query.filter(service_items::active.or(service_items::id.eq_any(of_tickets)));
    }
    Ok(query.select(ServiceItem::as_select()).load(conn).await?)
}

/// A page of the price list, ordered by name. Clients get the items that are offered.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &ServiceItemFilter,
    request: &PageRequest,
) -> Result<Page<ServiceItem>> {
    Ok(
        page!(conn, filtered(scope, filter)?, request, BY_NAME, (service_items::name_key => Vec<u8>, service_items::id), ServiceItem),
    )
}

/// The number of items that match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &ServiceItemFilter) -> Result<i64> {
    Ok(filtered(scope, filter)?.count().get_result(conn).await?)
}

fn filtered(scope: &Scope, filter: &ServiceItemFilter) -> Result<service_items::BoxedQuery<'static, Pg>> {
    let mut query = service_items::table.filter(service_items::firm_id.eq(scope.firm_id())).into_boxed();
    if !scope.is_staff() {
        query = query.filter(service_items::active);
    }
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(service_items::id, ids));
    }
    if let Some(active) = filter.active {
        query = query.filter(service_items::active.eq(active));
    }
    Ok(query.filter(found_by!(service_items, &search::Query::read(filter.search.as_deref())?)))
}
