//! Rules of the price list, as pure functions.

use guichet_base::text_enum;

use crate::people::rights::FirmAct;

text_enum! {
    /// An action on an item of the price list.
    pub enum ServiceItemAct {
        /// Change the item with `serviceItemUpdate`.
        Update = "UPDATE",
    }
}

impl ServiceItemAct {
    /// The right that the action requires.
    pub const fn right(self) -> FirmAct {
        match self {
            Self::Update => FirmAct::ServiceItemUpdate,
        }
    }
}
