//! Finders of kinds of work, which only the staff of their firm can see.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{DocumentDefinitionId, TaskTypeId};
use guichet_base::page::{Page, PageRequest};
use guichet_base::search;
use guichet_engine::actor::Scope;
use guichet_engine::found_by;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::sql;
use guichet_engine::tables::{document_definitions, task_types};
use guichet_obligations::Category;

use super::model::{DocumentDefinition, TaskType};

/// A filter of kinds of work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TaskTypeFilter {
    /// These kinds.
    pub ids: Option<Vec<TaskTypeId>>,
    /// Of one of these categories.
    pub categories: Option<Vec<Category>>,
    /// Only those that are offered, or only those that are not.
    pub active: Option<bool>,
    /// Words in name or description; all must match.
    pub search: Option<String>,
}

/// The kinds of work of the firm, as far as the scope reaches.
fn visible(scope: &Scope) -> task_types::BoxedQuery<'static, Pg> {
    let query = task_types::table.filter(task_types::firm_id.eq(scope.firm_id())).into_boxed();
    if scope.is_staff() { query } else { query.filter(task_types::id.is_null()) }
}

fn filtered(scope: &Scope, filter: &TaskTypeFilter) -> Result<task_types::BoxedQuery<'static, Pg>> {
    let mut query = visible(scope);
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(task_types::id, ids));
    }
    if let Some(categories) = &filter.categories {
        query = query.filter(task_types::category.eq_any(categories.clone()));
    }
    if let Some(active) = filter.active {
        query = query.filter(task_types::active.eq(active));
    }
    Ok(query.filter(found_by!(task_types, &search::Query::read(filter.search.as_deref())?)))
}

/// Kinds of work by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TaskTypeId],
) -> Result<Vec<TaskType>> {
    let query = visible(scope).filter(sql::among(task_types::id, ids));
    Ok(query.select(TaskType::as_select()).load(conn).await?)
}

/// A page of kinds of work, ordered by name.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskTypeFilter,
    request: &PageRequest,
) -> Result<Page<TaskType>> {
    Ok(page!(
        conn,
        filtered(scope, filter)?,
        request,
        BY_NAME,
        (task_types::name_key => Vec<u8>, task_types::id),
        TaskType
    ))
}

/// Those of these kinds of work that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskTypeFilter,
    ids: &[TaskTypeId],
) -> Result<Vec<TaskType>> {
    let query = filtered(scope, filter)?.filter(sql::among(task_types::id, ids));
    Ok(query.select(TaskType::as_select()).load(conn).await?)
}

/// How many kinds of work match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &TaskTypeFilter) -> Result<i64> {
    Ok(filtered(scope, filter)?.count().get_result(conn).await?)
}

/// The documents of kinds of work, in their order, without those that new tasks do not have any more.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn documents(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[TaskTypeId],
) -> Result<Vec<DocumentDefinition>> {
    Ok(document_definitions::table
        .filter(document_definitions::task_type_id.eq_any(visible(scope).select(task_types::id)))
        .filter(sql::among(document_definitions::task_type_id, ids))
        .filter(document_definitions::retired_at.is_null())
        .order((document_definitions::task_type_id, document_definitions::position, document_definitions::id))
        .select(DocumentDefinition::as_select())
        .load(conn)
        .await?)
}

/// Documents of kinds of work by id, in no particular order, those included that new tasks do not have any more.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn definitions_by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DocumentDefinitionId],
) -> Result<Vec<DocumentDefinition>> {
    Ok(document_definitions::table
        .filter(document_definitions::task_type_id.eq_any(visible(scope).select(task_types::id)))
        .filter(sql::among(document_definitions::id, ids))
        .select(DocumentDefinition::as_select())
        .load(conn)
        .await?)
}
