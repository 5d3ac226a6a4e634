//! Finders of portal accesses. Each requires the viewer's scope.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::client;
use guichet_base::error::Result;
use guichet_base::id::{AccessId, ClientId};
use guichet_engine::actor::Scope;
use guichet_engine::sql;
use guichet_engine::tables::{accounts, clients, portal_accesses};

use super::model::PortalAccess;

/// Accesses by id, in no particular order; those of clients outside the scope are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[AccessId],
) -> Result<Vec<PortalAccess>> {
    let visible = clients::table.filter(client::queries::visible(scope).checked()).select(clients::id);
    Ok(portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(portal_accesses::client_id.eq_any(visible))
        .filter(sql::among(portal_accesses::id, ids))
        .select(PortalAccess::as_select())
        .load(conn)
        .await?)
}

/// All accesses of these clients, oldest first; none for clients outside the scope.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_clients(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ClientId],
) -> Result<Vec<PortalAccess>> {
    let visible = clients::table.filter(client::queries::visible(scope).checked()).select(clients::id);
    Ok(portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(portal_accesses::client_id.eq_any(visible))
        .filter(sql::among(portal_accesses::client_id, ids))
        .order((portal_accesses::created_at, portal_accesses::id))
        .select(PortalAccess::as_select())
        .load(conn)
        .await?)
}
