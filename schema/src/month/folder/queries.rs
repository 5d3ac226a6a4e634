//! Finders of folders. Each requires the viewer's scope.

use chrono::{DateTime, Utc};
use diesel::dsl;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, FolderId, StaffId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::{Area, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::folders;

use super::model::Folder;

/// The order of folders: oldest first.
const ORDER: &str = "CREATED_AT";

/// The folders inside a scope (B-14). The name of a folder tells what lies in it, so users of a client see those that hold a
/// document that they see, those that staff made and that hold nothing else, and the folders around them (B-05).
pub(crate) fn visible(scope: &Scope) -> Condition<folders::table> {
    let within = reach::visible::<folders::table>(scope);
    let Some(portal) = scope.portal_reach() else { return within };
    // Spelled as in the table, and none of them comes from outside.
    let areas: String = portal.areas().iter().map(|area| format!(", '{area}'")).collect();
    let shown = dsl::sql::<Bool>("folders.id IN (WITH RECURSIVE of_viewer AS (SELECT ")
    .bind::<Array<SqlUuid>, _>(portal.clients().to_vec())
    .sql(&format!(
        " AS clients), unseen AS (
                 SELECT d.folder_id AS id FROM of_viewer
                 JOIN documents AS d ON d.client_id = ANY (of_viewer.clients)
                 WHERE d.folder_id IS NOT NULL AND d.category NOT IN (''{areas})
                 UNION
                 SELECT f.parent_id FROM unseen JOIN folders AS f ON f.id = unseen.id WHERE f.parent_id IS NOT NULL
             ), shown AS (
                 SELECT f.id FROM of_viewer JOIN folders AS f ON f.client_id = ANY (of_viewer.clients)
                 WHERE f.key IS NULL AND f.id NOT IN (SELECT id FROM unseen) OR EXISTS (
                     SELECT FROM documents AS d WHERE d.folder_id = f.id AND d.category IN (''{areas})
                         AND (d.state <> 'DROPPED' OR d.published_at IS NOT NULL)
                 )
                 UNION
                 SELECT f.parent_id FROM shown JOIN folders AS f ON f.id = shown.id WHERE f.parent_id IS NOT NULL
             )
             SELECT id FROM shown
         )"
    ));
    Condition::new(within.and(shown))
}

/// Who of the firm and of the client may know of a change of a folder: one audience for each area of what lies in it, and
/// everybody where it is, or holds, a folder that staff made and in which nothing lies; else staff alone.
///
/// # Errors
/// When the database does not answer: retry.
pub(super) async fn audiences(
    mut conn: &AsyncPgConnection,
    folder: &Folder,
    portfolio: Option<StaffId>,
) -> Result<Vec<Audience>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Text>)]
        category: Option<String>,
    }
    let rows: Vec<Row> = sql::kept(
        "WITH RECURSIVE inside AS (
             SELECT id, client_id, key FROM folders WHERE id = ?
             UNION
             -- As the index has it.
             SELECT f.id, f.client_id, f.key FROM inside
             JOIN folders AS f ON f.client_id = inside.client_id
                 AND coalesce(f.parent_id, '00000000-0000-0000-0000-000000000000') = inside.id
         ), holding AS (
             SELECT folder_id AS id FROM documents WHERE folder_id IN (SELECT id FROM inside)
             UNION
             SELECT f.parent_id FROM holding JOIN folders AS f ON f.id = holding.id WHERE f.parent_id IS NOT NULL
         )
         SELECT category FROM documents WHERE folder_id IN (SELECT id FROM inside)
         UNION
         SELECT NULL FROM inside WHERE key IS NULL AND id NOT IN (SELECT id FROM holding)
         ORDER BY category",
    )
    .bind::<SqlUuid, _>(folder.id)
    .load(&mut conn)
    .await?;
    let audience = folder.audience(portfolio);
    if rows.is_empty() {
        return Ok(vec![audience.internal_if(true)]);
    }
    let area = |row: Row| row.category.as_deref().and_then(Area::parse);
    let of_area = |row: Row| Audience { area: area(row), ..audience.clone() };
    Ok(rows.into_iter().map(of_area).collect())
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
