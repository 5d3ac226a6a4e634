//! Who may read a part (message, file) of a thing. Who may see the thing itself is declared in `guichet_engine::reach`.

use guichet_base::text_enum;
use guichet_engine::feed::Audience;

text_enum! {
    /// Who can read a message or an attachment.
    pub enum Visibility {
        /// Staff and the portal users of the client.
        Public = "PUBLIC",
        /// Staff only: an internal note.
        Internal = "INTERNAL",
    }
}

impl Visibility {
    /// Of those who may know of a thing, those who may know of a part of it with this visibility.
    pub(crate) fn of(self, thing: Audience) -> Audience {
        thing.internal_if(self == Self::Internal)
    }
}
