//! The history of a document: the fields that it records (D-08).

use guichet_base::id::DocumentId;
use guichet_base::text_enum;

use crate::shared::history::Field;

text_enum! {
    /// A field in the history of a document.
    pub enum DocumentField {
        /// The folder in which staff put it. The value is the ID of a `Folder`; none at the top of the library.
        Folder = "FOLDER",
        /// What was published and is taken back. The value is the number of a version.
        Published = "PUBLISHED",
    }
}

impl Field for DocumentField {
    type Of = DocumentId;
    const ALL: &'static [Self] = Self::ALL;

    fn as_str(self) -> &'static str {
        Self::as_str(self)
    }

    fn is_public(self) -> bool {
        false
    }
}
