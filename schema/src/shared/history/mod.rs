//! Histories: who changed what of a thing, from what to what, when (D-08). A noun says which fields it has and which of
//! them its clients may read; see [`Field`].

mod commands;
pub mod model;
pub mod queries;

use guichet_base::id::Id;

pub(crate) use commands::{Changed, record};

/// The fields of a noun that its history tells of.
pub trait Field: Copy + 'static {
    /// The ids of the noun.
    type Of: Id;
    /// Every field.
    const ALL: &'static [Self];

    /// Its spelling in the table.
    fn as_str(self) -> &'static str;

    /// Whether the client's side may read of it.
    fn is_public(self) -> bool;
}
