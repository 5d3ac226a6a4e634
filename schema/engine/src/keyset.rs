//! Pages of lists in the order of one column, and of the id where values are equal: each page is found by its cursor, so
//! the last one costs as much as the first (keyset pagination). The cursor itself is encoded in `guichet_base::page`.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::Id;
use guichet_base::page::{Cursor, PageRequest};
use uuid::Uuid;

use crate::sql;

/// The name of the order by name in cursors.
pub const BY_NAME: &str = "NAME";

/// A value by which a list can be ordered, as its cursors spell it.
pub trait Key: Sized {
    /// The spelling.
    fn write(&self) -> String;
    /// Reads a spelling that a client sent; none when it is not one.
    fn read(text: &str) -> Option<Self>;
}

impl Key for String {
    fn write(&self) -> String {
        self.clone()
    }

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Key for i64 {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Key for NaiveDate {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|day: &Self| day.year() > 0)
    }
}

impl Key for DateTime<Utc> {
    fn write(&self) -> String {
        self.timestamp_micros().to_string()
    }

    fn read(text: &str) -> Option<Self> {
        DateTime::from_timestamp_micros(text.parse().ok()?).map(sql::held)
    }
}

/// The cursor of a row in the list ordered by `order`.
pub fn cursor(order: &str, key: &impl Key, id: impl Id) -> String {
    Cursor::encode(order, key.write(), id.uuid())
}

/// Where the page begins: the key and the id of its cursor; none for the first page.
///
/// # Errors
/// `INVALID_CURSOR` for a cursor that this list never gave.
pub fn place<K: Key>(part: &PageRequest, order: &str) -> Result<Option<(K, Uuid)>> {
    let Some(Cursor { key, id }) = part.cursor(order)? else { return Ok(None) };
    let field = if part.is_backward() { "before" } else { "after" };
    let key = K::read(&key).ok_or_else(|| Refusal::of(field, Code::InvalidCursor))?;
    Ok(Some((key, id)))
}

/// Orders a boxed query by a column and the id, and begins it behind `$place`.
#[macro_export]
macro_rules! keyset {
    ($query:expr, $ascending:expr, $place:expr, ($key:expr, $id:expr)) => {{
        let (mut query, ascending) = ($query, $ascending);
        if let Some((key, id)) = $place {
            // The first condition lets the index scan start at the cursor; the second handles equal values.
            query = if ascending {
                query.filter($key.ge(key.clone())).filter($key.gt(key).or($id.gt(id)))
            } else {
                query.filter($key.le(key.clone())).filter($key.lt(key).or($id.lt(id)))
            };
        }
        if ascending { query.order(($key.asc(), $id.asc())) } else { query.order(($key.desc(), $id.desc())) }
    }};
}

/// Loads a [`Page`](guichet_base::page::Page) of a boxed query:
/// `page!(conn, query, part, ORDER, (charges::due_on => NaiveDate, charges::id), Charge)`, with `descending` before the column
/// where the list begins with the greatest.
#[macro_export]
macro_rules! page {
    ($conn:expr, $query:expr, $part:expr, $order:path, ($key:expr => $type:ty, $id:expr), $row:ty) => {
        $crate::page!(@ $conn, $query, $part, $order, false, ($key => $type, $id), $row)
    };
    ($conn:expr, $query:expr, $part:expr, $order:path, descending ($key:expr => $type:ty, $id:expr), $row:ty) => {
        $crate::page!(@ $conn, $query, $part, $order, true, ($key => $type, $id), $row)
    };
    (@ $conn:expr, $query:expr, $part:expr, $order:path, $descending:literal, ($key:expr => $type:ty, $id:expr), $row:ty) => {{
        let part: &guichet_base::page::PageRequest = $part;
        let place = $crate::keyset::place::<$type>(part, $order)?;
        let query = $crate::keyset!($query, $descending == part.is_backward(), place, ($key, $id));
        let rows: Vec<$row> = query.limit(part.fetch()).select(<$row>::as_select()).load($conn).await?;
        part.page(rows)
    }};
}
pub use {keyset, page};
