//! The countries whose obligations, calendars and registration numbers are known here.

use crate::text_enum;

text_enum! {
    /// A country whose rules are known.
    pub enum Country {
        /// Brazil (ISO 3166-1: `BR`).
        Br = "BR",
        /// Spain (ISO 3166-1: `ES`).
        Es = "ES",
        /// France (ISO 3166-1: `FR`).
        Fr = "FR",
        /// Portugal (ISO 3166-1: `PT`).
        Pt = "PT",
    }
}
