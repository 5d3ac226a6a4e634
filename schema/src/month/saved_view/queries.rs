//! Finders of saved views. Each person sees the own ones and the firm's.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::SavedViewId;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Membership;
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::sql;
use guichet_engine::tables::saved_views;

use super::model::SavedView;
use crate::month::export::model::ListName;

/// The order of saved views: oldest first, so that they stay where they were.
const OLDEST: &str = "CREATED_AT";

/// A filter of saved views; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SavedViewFilter {
    /// These saved views.
    pub ids: Option<Vec<SavedViewId>>,
    /// Of one of these lists.
    pub lists: Option<Vec<ListName>>,
}

/// The saved views that a person can see: none for clients.
fn visible(viewer: &Membership) -> saved_views::BoxedQuery<'static, Pg> {
    let query = saved_views::table.filter(saved_views::firm_id.eq(viewer.firm_id())).into_boxed();
    match viewer.author().staff() {
        Some(id) => {
            query.filter(saved_views::staff_id.is_null().or(saved_views::staff_id.is_not_distinct_from(id)))
        }
        None => query.filter(saved_views::id.is_null()),
    }
}

fn filtered(viewer: &Membership, filter: &SavedViewFilter) -> saved_views::BoxedQuery<'static, Pg> {
    let mut query = visible(viewer);
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(saved_views::id, ids));
    }
    if let Some(lists) = &filter.lists {
        query = query.filter(saved_views::list.eq_any(lists.clone()));
    }
    query
}

/// Saved views by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    ids: &[SavedViewId],
) -> Result<Vec<SavedView>> {
    let query = visible(viewer).filter(sql::among(saved_views::id, ids));
    Ok(query.select(SavedView::as_select()).load(conn).await?)
}

/// Those of these saved views that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    filter: &SavedViewFilter,
    ids: &[SavedViewId],
) -> Result<Vec<SavedView>> {
    let query = filtered(viewer, filter).filter(sql::among(saved_views::id, ids));
    Ok(query.select(SavedView::as_select()).load(conn).await?)
}

/// A page of saved views, oldest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    filter: &SavedViewFilter,
    part: &PageRequest,
) -> Result<Page<SavedView>> {
    let query = filtered(viewer, filter);
    Ok(
        page!(conn, query, part, OLDEST, (saved_views::created_at => DateTime<Utc>, saved_views::id), SavedView),
    )
}

/// The position of a saved view in [`page()`].
pub fn position(view: &SavedView) -> Position {
    keyset::position(OLDEST, false, &view.created_at, view.id)
}

/// The number of saved views that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    filter: &SavedViewFilter,
) -> Result<i64> {
    Ok(filtered(viewer, filter).count().get_result(conn).await?)
}
