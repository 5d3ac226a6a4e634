//! Pages of lists in the order of one column, and of the id where values are equal: each page is found by its cursor, so
//! the last one costs as much as the first (keyset pagination). The cursor itself is encoded in `guichet_base::page`.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use data_encoding::{BASE32HEX_NOPAD, BASE64URL_NOPAD};
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
    /// Bytes that compare as the database compares the values. None is the beginning of another.
    fn rank(&self) -> Vec<u8>;
}

/// The key of a text, see [`guichet_base::collation`].
impl Key for Vec<u8> {
    fn write(&self) -> String {
        BASE64URL_NOPAD.encode(self)
    }

    fn read(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()
    }

    fn rank(&self) -> Self {
        // The end is less than any byte, also than a zero, which is therefore followed by another.
        let mut rank = Self::with_capacity(self.len() + 2);
        for byte in self {
            rank.push(*byte);
            rank.extend((*byte == 0).then_some(1));
        }
        rank.extend([0, 0]);
        rank
    }
}

impl Key for i64 {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn rank(&self) -> Vec<u8> {
        // Negative numbers come first.
        (self ^ Self::MIN).to_be_bytes().into()
    }
}

impl Key for NaiveDate {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|day: &Self| day.year() > 0)
    }

    fn rank(&self) -> Vec<u8> {
        i64::from(self.num_days_from_ce()).rank()
    }
}

impl Key for DateTime<Utc> {
    fn write(&self) -> String {
        self.timestamp_micros().to_string()
    }

    fn read(text: &str) -> Option<Self> {
        DateTime::from_timestamp_micros(text.parse().ok()?).map(sql::held)
    }

    fn rank(&self) -> Vec<u8> {
        self.timestamp_micros().rank()
    }
}

/// The place of a row in an ordered list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The cursor, to go on from the row.
    pub cursor: String,
    /// A text that compares bytewise with those of other rows as the rows do in the list. It begins with the order, as in
    /// `SUBJECT+`: keys of different orders cannot be compared.
    pub sort_key: String,
}

/// The position of a row in the list ordered by `order`, and by the id where keys are equal.
pub fn position(order: &str, descending: bool, key: &impl Key, id: impl Id) -> Position {
    let mut rank = key.rank();
    rank.extend(id.uuid().as_bytes());
    if descending {
        rank.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let direction = if descending { '-' } else { '+' };
    Position {
        cursor: Cursor::encode(order, key.write(), id.uuid()),
        // Its letters and digits are in the order of what they stand for.
        sort_key: format!("{order}{direction}{}", BASE32HEX_NOPAD.encode(&rank)),
    }
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

#[cfg(test)]
mod tests {
    use guichet_base::collation;
    use guichet_base::id::TicketId;
    use proptest::prelude::*;

    use super::*;

    /// The sort keys of rows compare as the rows: by the key, then by the id, or all in reverse.
    fn agree<K: Key + Ord>(one: (K, u128), other: (K, u128)) {
        for descending in [false, true] {
            let of = |(key, id): &(K, u128)| {
                position("ANY", descending, key, TicketId::from_uuid(Uuid::from_u128(*id))).sort_key
            };
            let expected = if descending { other.cmp(&one) } else { one.cmp(&other) };
            assert_eq!(of(&one).cmp(&of(&other)), expected);
        }
    }

    proptest! {
        #[test]
        fn sort_keys_of_bytes(one: (Vec<u8>, u128), other: (Vec<u8>, u128)) {
            agree(one, other);
        }

        #[test]
        fn sort_keys_of_similar_bytes(
            one in proptest::collection::vec(0_u8..3, 0..4), other in proptest::collection::vec(0_u8..3, 0..4), id in 0_u128..2,
        ) {
            agree((one, id), (other, 1));
        }

        #[test]
        fn sort_keys_of_texts(one in ".{0,9}", other in ".{0,9}", id in 0_u128..2) {
            agree((collation::key(&one), id), (collation::key(&other), 1));
        }

        #[test]
        fn sort_keys_of_numbers(one: (i64, u128), other: (i64, u128)) {
            agree(one, other);
        }

        #[test]
        fn sort_keys_of_times(one in -9_000_000_000_000_000_i64..9_000_000_000_000_000, by in -3_i64..3, id in 0_u128..2) {
            let at = |micros| DateTime::from_timestamp_micros(micros).unwrap();
            agree((at(one), id), (at(one + by), 1));
            agree((at(one).date_naive(), id), (at(one + by * 50_000_000_000).date_naive(), 1));
        }

        #[test]
        fn keys_are_read_as_written(bytes: Vec<u8>, number: i64) {
            prop_assert_eq!(Vec::read(&bytes.write()), Some(bytes));
            prop_assert_eq!(i64::read(&number.write()), Some(number));
        }
    }
}
