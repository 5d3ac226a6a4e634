//! The rows of a firm's calendars.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::country::Country;
use guichet_base::id::{FirmHolidayId, FirmId};
use guichet_engine::keyset::{self, Position};
use guichet_engine::tables::firm_holidays;
use guichet_obligations::{Holiday, Place};

/// The order of days off.
pub const BY_DATE: &str = "DATE";

/// A day off that a firm added: of a place, by law or decree, or of its own office.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = firm_holidays)]
pub struct FirmHoliday {
    /// Its id.
    pub id: FirmHolidayId,
    /// The firm.
    pub firm_id: FirmId,
    /// The country.
    pub country: Country,
    /// The region, by its ISO 3166-2 code; everywhere without it.
    pub region: Option<String>,
    /// The city, by its official code; all of the region without it.
    pub city: Option<String>,
    /// The day.
    pub date: NaiveDate,
    /// For whom: `B` banks, `F` filing, `L` labour, `O` the firm's office.
    pub kinds: String,
    /// Its name.
    pub name: String,
    /// The law, the decree or the decision.
    pub source: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

impl FirmHoliday {
    /// Its position in the list of days off.
    pub fn position(&self) -> Position {
        keyset::position(BY_DATE, false, &self.date, self.id)
    }
}

impl From<FirmHoliday> for Holiday {
    fn from(added: FirmHoliday) -> Self {
        let FirmHoliday { country, region, city, date, kinds, name, source, .. } = added;
        Self { country, place: Place { region, city }, date, kinds, name, source }
    }
}
