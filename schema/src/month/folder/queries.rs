//! Finders of folders. Each requires the viewer's scope.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, FolderId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::condition::Condition;
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::folders;

use super::model::Folder;

/// The order of folders: oldest first.
const ORDER: &str = "CREATED_AT";

/// The folders inside a scope (B-14).
pub(crate) fn visible(scope: &Scope) -> Condition<folders::table> {
    reach::visible(scope)
}

/// A filter of folders; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FolderFilter {
    /// These folders.
    pub ids: Option<Vec<FolderId>>,
    /// Of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// Within one of these folders.
    pub parents: Option<Vec<FolderId>>,
    /// Whether they lie at the top.
    pub is_top: Option<bool>,
}

fn filtered<'a>(scope: &Scope, filter: &FolderFilter) -> folders::BoxedQuery<'a, Pg> {
    let mut query = folders::table.filter(visible(scope).checked()).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(folders::id, ids));
    }
    if let Some(clients) = &filter.clients {
        query = query.filter(folders::client_id.eq_any(clients.clone()));
    }
    if let Some(parents) = &filter.parents {
        query = query.filter(folders::parent_id.eq_any(parents.clone()));
    }
    match filter.is_top {
        Some(true) => query.filter(folders::parent_id.is_null()),
        Some(false) => query.filter(folders::parent_id.is_not_null()),
        None => query,
    }
}

/// A page of folders, oldest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &FolderFilter,
    part: &PageRequest,
) -> Result<Page<Folder>> {
    let query = filtered(scope, filter);
    Ok(page!(conn, query, part, ORDER, (folders::created_at => DateTime<Utc>, folders::id), Folder))
}

/// The position of a folder in [`page()`].
pub fn position(folder: &Folder) -> Position {
    keyset::position(ORDER, false, &folder.created_at, folder.id)
}

/// The number of folders that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &FolderFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}

/// Those of these folders that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &FolderFilter,
    ids: &[FolderId],
) -> Result<Vec<Folder>> {
    let query = filtered(scope, filter).filter(sql::among(folders::id, ids));
    Ok(query.select(Folder::as_select()).load(conn).await?)
}

/// Folders by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[FolderId]) -> Result<Vec<Folder>> {
    Ok(folders::table
        .filter(visible(scope).checked())
        .filter(sql::among(folders::id, ids))
        .select(Folder::as_select())
        .load(conn)
        .await?)
}
