//! A condition on the rows of one table, whose shape is decided while running: what a scope sees.

use std::fmt;
use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_source::AppearsInFromClause;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

/// A condition on the rows of the table `T`, wherever that table appears in a query. Unlike
/// diesel's boxed expressions it can be sent between threads, and stands in joins too.
pub struct Condition<T> {
    fragment: Box<dyn QueryFragment<Pg> + Send>,
    table: PhantomData<fn() -> T>,
}

impl<T> Condition<T> {
    /// This condition.
    pub fn new<E>(expression: E) -> Self
    where
        E: Expression<SqlType = Bool> + AppearsOnTable<T> + QueryFragment<Pg> + Send + 'static,
    {
        Self { fragment: Box::new(expression), table: PhantomData }
    }
}

impl<T> Expression for Condition<T> {
    type SqlType = Bool;
}

impl<T, QS> AppearsOnTable<QS> for Condition<T> where
    QS: AppearsInFromClause<T, Count = diesel::query_source::Once>
{
}

impl<T, QS> SelectableExpression<QS> for Condition<T> where Self: AppearsOnTable<QS> {}

impl<T> ValidGrouping<()> for Condition<T> {
    type IsAggregate = is_aggregate::No;
}

// The statement is found by its text: no id of its own.
impl<T> QueryId for Condition<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QueryFragment<Pg> for Condition<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("(");
        self.fragment.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

impl<T> fmt::Debug for Condition<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}
