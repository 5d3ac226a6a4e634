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
    checked: bool,
    table: PhantomData<fn() -> T>,
}

impl<T> Condition<T> {
    /// This condition.
    pub fn new<E>(expression: E) -> Self
    where
        E: Expression<SqlType = Bool> + AppearsOnTable<T> + QueryFragment<Pg> + Send + 'static,
    {
        Self { fragment: Box::new(expression), checked: false, table: PhantomData }
    }

    /// The same as a mere check of rows that other conditions find: no index is entered by it. The kept
    /// plan of a statement is one for all firms, made for a firm of average size: to read the whole firm
    /// and look for some ids in it seems cheap, and is not in a large one.
    #[must_use]
    pub fn checked(self) -> Self {
        self.checked_if(true)
    }

    /// A mere check, or not.
    #[must_use]
    pub fn checked_if(self, checked: bool) -> Self {
        Self { checked, ..self }
    }
}

/// Whether a filter names so few things that what belongs to them is less than a firm has.
pub fn is_few<T>(wanted: Option<&[T]>) -> bool {
    const FEW: usize = 10;
    wanted.is_some_and(|wanted| wanted.len() <= FEW)
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
        // A whole condition in brackets of its own: IS binds closer than AND.
        out.push_sql(if self.checked { "((" } else { "(" });
        self.fragment.walk_ast(out.reborrow())?;
        out.push_sql(if self.checked { ") IS TRUE)" } else { ")" });
        Ok(())
    }
}

impl<T> fmt::Debug for Condition<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;

    use super::*;
    use crate::tables::tickets;
    use guichet_base::id::{FirmId, Id};

    #[test]
    fn a_check_is_no_key_of_an_index() {
        let seen = || {
            let firm = tickets::firm_id.eq(FirmId::from_uuid(uuid::Uuid::nil()));
            Condition::<tickets::table>::new(firm.and(tickets::number.eq(1)))
        };
        let of = |seen| {
            let query = tickets::table.filter(seen).select(tickets::id);
            let text = diesel::debug_query::<Pg, _>(&query).to_string();
            text.split_once(" WHERE ")
                .map(|(_, tail)| tail.split(" --").next().unwrap_or_default().to_owned())
        };
        let both = r#"("tickets"."firm_id" = $1) AND ("tickets"."number" = $2)"#;
        assert_eq!(of(seen()), Some(format!("(({both}))")));
        assert_eq!(of(seen().checked()), Some(format!("((({both})) IS TRUE)")));
    }
}
