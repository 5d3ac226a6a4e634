//! Relay connections over the pages of the business.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{ObjectType, OutputType};
use guichet_schema::page::Page;

/// A connection of `N` with the extra fields `F` (its `totalCount`).
pub type Conn<N, F = EmptyFields> = Connection<String, N, F>;

/// Makes a connection of a page.
pub fn connection<T, N: OutputType, F: ObjectType>(
    page: Page<T>,
    extra: F,
    cursor: impl Fn(&T) -> String,
    node: impl Fn(T) -> N,
) -> Conn<N, F> {
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, extra);
    connection.edges = page.rows.into_iter().map(|row| Edge::new(cursor(&row), node(row))).collect();
    connection
}
