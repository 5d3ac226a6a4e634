//! Finders of obligations, which only the staff of their firm can see.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{FirmId, ObligationId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::keyset::{BY_NAME, page};
use guichet_engine::sql;
use guichet_engine::tables::{due_date_extensions, obligations, rule_versions};
use guichet_obligations::{Book, Category};

use super::model::{DueDateExtension, Obligation, RuleVersion};
use super::rules;

/// A filter of obligations.
#[derive(Debug, Clone, Default)]
pub struct ObligationFilter {
    /// These obligations.
    pub ids: Option<Vec<ObligationId>>,
    /// With one of these codes.
    pub codes: Option<Vec<String>>,
    /// Of one of these categories.
    pub categories: Option<Vec<Category>>,
}

/// The obligations of the firm, as far as the scope reaches.
fn visible(scope: &Scope) -> obligations::BoxedQuery<'static, Pg> {
    let query = obligations::table.filter(obligations::firm_id.eq(scope.firm_id())).into_boxed();
    if scope.is_staff() { query } else { query.filter(obligations::id.is_null()) }
}

fn filtered(scope: &Scope, filter: &ObligationFilter) -> obligations::BoxedQuery<'static, Pg> {
    let mut query = visible(scope);
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(obligations::id, ids));
    }
    if let Some(codes) = &filter.codes {
        query = query.filter(obligations::code.eq_any(codes.clone()));
    }
    if let Some(categories) = &filter.categories {
        query = query.filter(obligations::category.eq_any(categories.clone()));
    }
    query
}

/// Obligations by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ObligationId],
) -> Result<Vec<Obligation>> {
    let query = visible(scope).filter(sql::among(obligations::id, ids));
    Ok(query.select(Obligation::as_select()).load(conn).await?)
}

/// A page of obligations, ordered by name.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &ObligationFilter,
    request: &PageRequest,
) -> Result<Page<Obligation>> {
    Ok(page!(
        conn,
        filtered(scope, filter),
        request,
        BY_NAME,
        (obligations::name_key => Vec<u8>, obligations::id),
        Obligation
    ))
}

/// How many obligations match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &ObligationFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}

/// The versions of obligations, the first one first.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn versions(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ObligationId],
) -> Result<Vec<RuleVersion>> {
    Ok(rule_versions::table
        .filter(rule_versions::obligation_id.eq_any(visible(scope).select(obligations::id)))
        .filter(sql::among(rule_versions::obligation_id, ids))
        .order((
            rule_versions::obligation_id,
            rule_versions::first_day.asc().nulls_first(),
            rule_versions::id,
        ))
        .select(RuleVersion::as_select())
        .load(conn)
        .await?)
}

/// The extensions of obligations, the last published one first.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn extensions(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ObligationId],
) -> Result<Vec<DueDateExtension>> {
    Ok(due_date_extensions::table
        .filter(due_date_extensions::obligation_id.eq_any(visible(scope).select(obligations::id)))
        .filter(sql::among(due_date_extensions::obligation_id, ids))
        .order((
            due_date_extensions::obligation_id,
            due_date_extensions::published_on.desc(),
            due_date_extensions::id,
        ))
        .select(DueDateExtension::as_select())
        .load(conn)
        .await?)
}

/// All obligations of a firm, to compute with.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn book(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Book> {
    let rows = obligations::table.filter(obligations::firm_id.eq(firm));
    let rows: Vec<Obligation> = rows.select(Obligation::as_select()).load(&mut *conn).await?;
    let versions = rule_versions::table.filter(rule_versions::firm_id.eq(firm));
    let versions = versions
        .order((rule_versions::first_day.asc().nulls_first(), rule_versions::id))
        .select(RuleVersion::as_select())
        .load(&mut *conn)
        .await?;
    let extensions = due_date_extensions::table.filter(due_date_extensions::firm_id.eq(firm));
    let extensions = extensions
        .order((due_date_extensions::published_on, due_date_extensions::id))
        .select(DueDateExtension::as_select())
        .load(&mut *conn)
        .await?;
    Ok(rules::book(rows, versions, extensions))
}
