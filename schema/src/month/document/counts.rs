//! Numbers of documents by what they have in common.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::TaskTypeId;
use guichet_engine::actor::Scope;
use guichet_engine::tables::documents;
use guichet_obligations::Category;

use super::list::{DocumentFilter, filtered};
use super::queries::task_type_names;
use super::rules::{DocumentMark, mark_sql};
use crate::people::firm::day::today;

/// What documents are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tallied {
    /// Their mark.
    Mark(DocumentMark),
    /// What they are about.
    Category(Category),
    /// The name of their period.
    Period(String),
    /// The name of their kind of work.
    TaskType(String),
}

/// The number of documents that match a filter, in one scan: by mark, each mark once in the order of declaration; by category
/// and by kind of work, the one with most documents first; by period, the last one first. Documents without a period, or
/// without a kind of work, are left out there.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DocumentFilter,
    now: DateTime<Utc>,
) -> Result<Vec<(Tallied, i64)>> {
    type Row = (Option<DocumentMark>, Option<Category>, Option<String>, Option<TaskTypeId>, i64);
    let today = today(conn, scope.firm_id(), now).await?;
    let mark = diesel::dsl::sql::<Text>(&format!("({}) AS mark", mark_sql(today)));
    let rows: Vec<Row> = Sets(filtered(conn, scope, filter, now).await?.select((
        mark,
        documents::category,
        documents::period,
        documents::task_type_id,
    )))
    .load(&mut *conn)
    .await?;
    let of: Vec<TaskTypeId> = rows.iter().filter_map(|row| row.3).collect();
    let names = task_type_names(conn, scope.firm_id(), &of).await?;
    let mut marks: Vec<i64> = vec![0; DocumentMark::ALL.len()];
    let (mut categories, mut periods, mut task_types) = (Vec::new(), Vec::new(), Vec::<(String, i64)>::new());
    for (mark, category, period, task_type, count) in rows {
        if let Some(mark) = mark {
            marks[mark as usize] = count;
        }
        categories.extend(category.map(|category| (category, count)));
        periods.extend(period.map(|period| (period, count)));
        let Some(name) = task_type.and_then(|id| names.get(&id)) else { continue };
        task_types.push((name.clone(), count));
    }
    categories.sort_by_key(|(category, count)| (std::cmp::Reverse(*count), category.as_str()));
    periods.sort_by(|(one, _), (other, _)| other.cmp(one));
    task_types.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
    let marks = DocumentMark::ALL.iter().zip(marks).map(|(mark, count)| (Tallied::Mark(*mark), count));
    let categories = categories.into_iter().map(|(category, count)| (Tallied::Category(category), count));
    let periods = periods.into_iter().map(|(period, count)| (Tallied::Period(period), count));
    let task_types = task_types.into_iter().map(|(name, count)| (Tallied::TaskType(name), count));
    Ok(marks.chain(categories).chain(periods).chain(task_types).collect())
}

/// How many rows of a query are equal in each of its columns, one column after the other.
#[derive(QueryId)]
struct Sets<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Sets<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT mark, category, period, task_type_id, count(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS rows GROUP BY GROUPING SETS (mark, category, period, task_type_id)");
        Ok(())
    }
}

impl<Q> Query for Sets<Q> {
    type SqlType = (Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<SqlUuid>, BigInt);
}
