//! Histories: who changed which field of a thing, from what to what, and when (D-08). Each noun declares its
//! fields, and which of them its clients can see; see [`Field`]. Not the audit log (F-03), which `Tx::audit` in
//! `engine/store.rs` writes.

mod commands;
pub mod model;
pub mod queries;

use guichet_base::id::Id;

pub(crate) use commands::{Changed, record, record_all};

/// The fields of a noun that its history records.
pub trait Field: Copy + 'static {
    /// The ids of the noun.
    type Of: Id;
    /// Every field.
    const ALL: &'static [Self];

    /// Its spelling in the table.
    fn as_str(self) -> &'static str;

    /// Whether clients can see changes of it.
    fn is_public(self) -> bool;
}
