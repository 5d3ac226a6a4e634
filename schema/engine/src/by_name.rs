//! Lists ordered by name: clients, staff, departments, the price list.

/// The name of this order in cursors.
pub const BY_NAME: &str = "NAME";

/// Loads a [`Page`](guichet_base::page::Page) of a boxed query over `$table`, ordered by name and id.
#[macro_export]
macro_rules! page_by_name {
    ($conn:expr, $query:expr, $table:ident, $row:ty, $request:expr) => {{
        let (request, mut query): (&guichet_base::page::PageRequest, _) = ($request, $query);
        let backward = request.is_backward();
        if let Some(guichet_base::page::Cursor { key, id }) = request.cursor($crate::by_name::BY_NAME)? {
            // The first condition lets the index scan start at the cursor; the second handles equal names.
            query = if backward {
                query.filter($table::name.le(key.clone())).filter($table::name.lt(key).or($table::id.lt(id)))
            } else {
                query.filter($table::name.ge(key.clone())).filter($table::name.gt(key).or($table::id.gt(id)))
            };
        }
        query = if backward {
            query.order(($table::name.desc(), $table::id.desc()))
        } else {
            query.order(($table::name.asc(), $table::id.asc()))
        };
        let rows: Vec<$row> = query.limit(request.fetch()).select(<$row>::as_select()).load($conn).await?;
        request.page(rows)
    }};
}
pub use page_by_name;
