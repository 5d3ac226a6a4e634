//! SQL statements whose plan the connection keeps.
//!
//! For the few statements that run thousands of times a second and that the query builder cannot express.
//! `diesel::sql_query` has the server parse and plan its text each time, at the price of a second round trip.

use std::fmt;

use chrono::{DateTime, Utc};
use diesel::expression::{
    AppearsOnTable, AsExpression, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, SingleValue, SqlType, Untyped, Uuid as SqlUuid};
use uuid::Uuid;

use guichet_base::id::Id;

/// A statement with its values.
pub struct Statement<'a> {
    text: &'static str,
    values: Vec<Box<dyn QueryFragment<Pg> + Send + 'a>>,
}

/// A statement; each `?` in it is a value, in the order of [`Statement::bind`]. The text is static, which limits
/// the number of plans a connection keeps.
pub const fn kept<'a>(text: &'static str) -> Statement<'a> {
    Statement { text, values: Vec::new() }
}

impl<'a> Statement<'a> {
    /// The value of the next `?`, with its SQL type.
    #[must_use]
    pub fn bind<T, V>(mut self, value: V) -> Self
    where
        T: SqlType + SingleValue,
        V: AsExpression<T>,
        V::Expression: QueryFragment<Pg> + Send + 'a,
    {
        self.values.push(Box::new(value.as_expression()));
        self
    }
}

/// An update or insert of the query builder whose plan is kept as long as it writes few rows. The builder prepares
/// a new plan each time, because the number of rows and omitted columns change its text.
#[derive(Debug)]
pub struct Keep<Q> {
    query: Q,
    kept: bool,
}

/// Statements with more rows are planned each time.
const FEW_ROWS: usize = 8;

/// Keeps the plan of an update, or of an insert of so many rows.
pub const fn keep<Q>(rows: usize, query: Q) -> Keep<Q> {
    Keep { query, kept: rows <= FEW_ROWS }
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Keep<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, backend: &Pg) -> QueryResult<bool> {
        Ok(self.kept || self.query.is_safe_to_cache_prepared(backend)?)
    }
}

// The prepared statement is found by its text, so the type needs no id.
impl<Q> QueryId for Keep<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Keep<Q> {
    type SqlType = Q::SqlType;
}

/// Whether a column has one of these ids, for finders whose plan is kept. With `= ANY ($1)` PostgreSQL looks at
/// the number of ids each time, finds fewer than the ten that a generic plan assumes, and plans again, which costs
/// as much as the search itself.
pub fn among<C, I: Id>(column: C, ids: &[I]) -> Among<C> {
    among_uuids(column, ids.iter().map(|id| id.uuid()).collect())
}

/// The same with ids of any noun.
pub const fn among_uuids<C>(column: C, ids: Vec<Uuid>) -> Among<C> {
    Among { column, ids }
}

/// See [`among`].
#[derive(Debug, Clone, QueryId)]
pub struct Among<C> {
    column: C,
    ids: Vec<Uuid>,
}

impl<C: Expression> Expression for Among<C> {
    type SqlType = Bool;
}

impl<C: Expression, QS> AppearsOnTable<QS> for Among<C> where C: AppearsOnTable<QS> {}

impl<C: Expression, QS> SelectableExpression<QS> for Among<C> where Self: AppearsOnTable<QS> {}

impl<C> ValidGrouping<()> for Among<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Among<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY (ARRAY(SELECT unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(")))");
        Ok(())
    }
}

/// The nearest time that PostgreSQL can store (its calendar begins in 4713 BC), for times from outside.
pub fn held(at: DateTime<Utc>) -> DateTime<Utc> {
    const BEGIN: Option<DateTime<Utc>> = DateTime::from_timestamp(-210_866_803_200, 0);
    at.max(BEGIN.unwrap_or_default())
}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut texts = self.text.split('?');
        out.push_sql(texts.next().unwrap_or_default());
        for (value, text) in self.values.iter().zip(texts) {
            value.walk_ast(out.reborrow())?;
            out.push_sql(text);
        }
        Ok(())
    }
}

// The prepared statement is found by its text, so the type needs no id.
impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

impl fmt::Debug for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement").field("text", &self.text).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::prelude::*;
    use diesel::sql_types::{BigInt, Text};

    #[test]
    fn plans_of_few_rows_are_kept() {
        use crate::tables::firms;
        let of = |rows: usize| {
            let names = vec![firms::name.eq("a"); rows];
            let query = keep(rows, diesel::insert_into(firms::table).values(names));
            query.is_safe_to_cache_prepared(&Pg).unwrap()
        };
        assert!(of(1) && of(FEW_ROWS));
        assert!(!of(FEW_ROWS + 1));
    }

    #[test]
    fn ids_are_counted_by_nobody() {
        use crate::tables::firms;
        use guichet_base::id::FirmId;
        let query = firms::table.filter(among(firms::id, &[FirmId::new()])).select(firms::name);
        let text = diesel::debug_query::<Pg, _>(&query).to_string();
        assert!(text.contains(r#"WHERE "firms"."id" = ANY (ARRAY(SELECT unnest($1)))"#), "{text}");
    }

    #[test]
    fn values_take_their_places() {
        let statement =
            kept("SELECT ? || x FROM y WHERE z = ?").bind::<Text, _>("a").bind::<BigInt, _>(7_i64);
        assert_eq!(
            diesel::debug_query::<Pg, _>(&statement).to_string(),
            "SELECT $1 || x FROM y WHERE z = $2 -- binds: [\"a\", 7]"
        );
    }
}
