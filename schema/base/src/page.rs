//! Pages of lists: keyset cursors, forwards and backwards (Relay connections).

use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::error::{Code, Refusal, Result};
use crate::input::out_of_range;

/// Most rows per page.
pub const MAX_PAGE: i64 = 100;

/// Which part of a list is requested.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    limit: i64,
    backward: bool,
    cursor: Option<String>,
}

impl PageRequest {
    /// Reads `first`/`after` or `last`/`before`: exactly one of `first` and `last`, from 1 to 100.
    ///
    /// # Errors
    /// `REQUIRED` when neither is given, `MUTUALLY_EXCLUSIVE` for both or for the cursor of the other direction,
    /// `OUT_OF_RANGE` beyond the limits.
    pub fn new(
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Self> {
        let exclusive = |path: &'static str| Err(Refusal::of(path, Code::MutuallyExclusive).into());
        let (path, limit, backward, cursor) = match (first, last) {
            (None, None) => return Err(Refusal::of("first", Code::Required).into()),
            (Some(_), Some(_)) => return exclusive("last"),
            (Some(_), None) if before.is_some() => return exclusive("before"),
            (None, Some(_)) if after.is_some() => return exclusive("after"),
            (Some(limit), None) => ("first", limit, false, after),
            (None, Some(limit)) => ("last", limit, true, before),
        };
        let limit = i64::from(limit);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(out_of_range(path, limit, &(1..=MAX_PAGE)).into());
        }
        Ok(Self { limit, backward, cursor })
    }

    /// The `LIMIT` of the query: one more than requested, to see whether more rows follow.
    pub const fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Whether the query must reverse the order of the list.
    pub const fn is_backward(&self) -> bool {
        self.backward
    }

    /// The cursor to start from, in a list ordered by `order`.
    ///
    /// # Errors
    /// `INVALID_CURSOR` for a cursor that this list did not issue.
    pub fn cursor(&self, order: &str) -> Result<Option<Cursor>> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let refused =
            || Refusal::of(if self.backward { "before" } else { "after" }, Code::InvalidCursor).into();
        Cursor::decode(order, text).ok_or_else(refused).map(Some)
    }

    /// Cuts the fetched rows to the page size and restores the order of the list.
    pub fn page<T>(&self, mut rows: Vec<T>) -> Page<T> {
        let more = rows.len() as i64 > self.limit;
        rows.truncate(self.limit as usize);
        if self.backward {
            rows.reverse();
        }
        let other = self.cursor.is_some();
        let (has_next, has_previous) = if self.backward { (other, more) } else { (more, other) };
        Page { rows, has_next, has_previous }
    }
}

/// A position in an ordered list: the value of the ordered column, and the row's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The value of the ordered column.
    pub key: String,
    /// The row's id, to tell equal values apart.
    pub id: Uuid,
}

impl Cursor {
    /// The opaque cursor of the API; valid only for the same order.
    pub fn encode(order: &str, key: impl std::fmt::Display, id: Uuid) -> String {
        BASE64URL_NOPAD.encode(format!("{order}\n{}\n{key}", id.simple()).as_bytes())
    }

    fn decode(order: &str, text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (of, rest) = text.split_once('\n')?;
        let (id, key) = rest.split_once('\n')?;
        // PostgreSQL's text cannot contain NUL.
        (of == order && !key.contains('\0')).then_some(())?;
        Some(Self { key: key.to_owned(), id: Uuid::try_parse(id).ok()? })
    }
}

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// Whether more rows follow.
    pub has_next: bool,
    /// Whether rows precede. After a cursor this is always true: the row of the cursor precedes.
    pub has_previous: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_round_trip(key in "[^\0]{0,40}", raw: u128) {
            let id = Uuid::from_u128(raw);
            let text = Cursor::encode("UPDATED_AT", &key, id);
            prop_assert_eq!(Cursor::decode("UPDATED_AT", &text), Some(Cursor { key, id }));
            prop_assert_eq!(Cursor::decode("NUMBER", &text), None);
        }

        /// Paging through a list in either direction yields every row once, in order.
        #[test]
        fn pages_cover_the_list(len in 0usize..50, limit in 1i32..10, backward: bool) {
            let list: Vec<usize> = (0..len).collect();
            let mut seen: Vec<usize> = Vec::new();
            let mut cursor: Option<usize> = None;
            loop {
                let text = cursor.map(|at| at.to_string());
                let request = if backward {
                    PageRequest::new(None, None, Some(limit), text)
                } else {
                    PageRequest::new(Some(limit), text, None, None)
                }.unwrap();
                let fetch = request.fetch() as usize;
                let rows: Vec<usize> = if backward {
                    list.iter().rev().copied().filter(|row| cursor.is_none_or(|at| *row < at)).take(fetch).collect()
                } else {
                    list.iter().copied().filter(|row| cursor.is_none_or(|at| *row > at)).take(fetch).collect()
                };
                let page = request.page(rows);
                let more = if backward { page.has_previous } else { page.has_next };
                cursor = if backward { page.rows.first().copied() } else { page.rows.last().copied() };
                if backward { seen.splice(0..0, page.rows); } else { seen.extend(page.rows); }
                if !more { break; }
            }
            prop_assert_eq!(seen, list);
        }
    }

    #[test]
    fn sizes_are_required_and_bounded() {
        for (first, last) in [
            (None, None),
            (Some(1), Some(1)),
            (Some(0), None),
            (None, Some(101)),
            (Some(-1), None),
            (Some(99_999_999), None),
        ] {
            assert!(PageRequest::new(first, None, last, None).is_err(), "{first:?} {last:?}");
        }
    }
}
