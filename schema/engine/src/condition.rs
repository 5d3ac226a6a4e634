//! A condition on the rows of one table that is built at run time, such as what a scope can see.

use std::fmt;
use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::query_source::AppearsInFromClause;
use diesel::result::QueryResult;
use diesel::sql_types::Bool;

/// A condition on the rows of the table `T`, usable wherever that table appears in a query. Unlike diesel's boxed
/// expressions it is `Send` and can be used in joins.
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

    /// The same condition as a filter that uses no index. The plan of a prepared statement is the same for all
    /// firms and made for an average one: scanning the whole firm to find a few ids looks cheap there, but is not
    /// in a large firm.
    #[must_use]
    pub fn checked(self) -> Self {
        self.checked_if(true)
    }

    /// Whether the condition must not use an index.
    #[must_use]
    pub fn checked_if(self, checked: bool) -> Self {
        Self { checked, ..self }
    }
}

/// Whether a filter names so few things that they have fewer rows than the whole firm.
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

// The prepared statement is found by its text, so the type needs no id.
impl<T> QueryId for Condition<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> QueryFragment<Pg> for Condition<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // Brackets around the whole condition: `IS` binds tighter than `AND`.
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
