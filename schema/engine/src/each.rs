//! One query for each of several parents, in one statement: the same page of the list of each.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Bool, Uuid as SqlUuid};
use guichet_base::id::Id;
use uuid::Uuid;

/// Runs a query for each of these parents. The query tells by [`of_parent`] which rows are a parent's.
pub fn each<I: Id, Q>(parents: &[I], query: Q) -> Each<Q> {
    Each { parents: parents.iter().map(|id| id.uuid()).collect(), query }
}

/// The condition of the query of [`each`]: whether this column, as SQL spells it, has the id of the parent.
pub fn of_parent(column: &'static str) -> SqlLiteral<Bool> {
    sql(&format!("{column} = parent.id"))
}

/// See [`each`].
#[derive(Debug)]
pub struct Each<Q> {
    parents: Vec<Uuid>,
    query: Q,
}

impl<Q: Query> Query for Each<Q> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Each<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT part.* FROM unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.parents)?;
        out.push_sql(") AS parent (id) CROSS JOIN LATERAL (");
        self.query.walk_ast(out.reborrow())?;
        out.push_sql(") AS part");
        Ok(())
    }
}

// The prepared statement is found by its text, so the type needs no id.
impl<Q> QueryId for Each<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use guichet_base::id::ClientId;

    use super::*;
    use crate::tables::tasks;

    #[test]
    fn the_query_is_within_that_of_the_parents() {
        let first =
            tasks::table.filter(of_parent("tasks.client_id")).order(tasks::id).limit(2).select(tasks::id);
        let text =
            diesel::debug_query::<Pg, _>(&each(&[ClientId::from_uuid(Uuid::nil())], first)).to_string();
        let begin =
            "SELECT part.* FROM unnest($1) AS parent (id) CROSS JOIN LATERAL (SELECT \"tasks\".\"id\" FROM";
        assert!(text.starts_with(begin) && text.contains("tasks.client_id = parent.id"), "{text}");
    }
}
