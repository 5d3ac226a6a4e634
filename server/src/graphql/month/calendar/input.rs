//! What mutations on calendars are given, and how it becomes commands.

use async_graphql::{ID, InputObject};
use guichet_schema::month::calendar::commands::{ConfirmYear, CreateHoliday};
use guichet_schema::month::calendar::import::ImportHolidays;

use crate::graphql::month::CalendarCountry;
use crate::graphql::scalars::Date;

/// Input for `firmHolidayCreate`: a day off to add.
#[derive(Debug, InputObject)]
pub struct FirmHolidayCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The country.
    country: CalendarCountry,
    /// The ISO 3166-2 code of the region, for example `BR-SP`. Omit it for the whole country.
    region: Option<String>,
    /// The official code of the city, for example `3550308`, which says the region by itself. Omit it for the whole region.
    city: Option<String>,
    /// The day.
    date: Date,
    /// Whether banks are closed.
    #[graphql(default)]
    bank: bool,
    /// Whether nothing can be filed.
    #[graphql(default)]
    filing: bool,
    /// Whether nobody works.
    #[graphql(default)]
    labour: bool,
    /// Whether the office of the firm is closed.
    #[graphql(default)]
    office: bool,
    /// The name of the day off; 1 to 200 characters.
    name: String,
    /// The law, the decree or the decision; 1 to 200 characters.
    source: String,
}

impl From<FirmHolidayCreateInput> for (String, CreateHoliday) {
    fn from(input: FirmHolidayCreateInput) -> Self {
        let create = CreateHoliday {
            country: input.country.into(),
            region: input.region,
            city: input.city,
            date: input.date.0,
            bank: input.bank,
            filing: input.filing,
            labour: input.labour,
            office: input.office,
            name: input.name,
            source: input.source,
        };
        (input.idempotency_key, create)
    }
}

/// Input for `firmHolidaysImport`: days off of many places.
#[derive(Debug, InputObject)]
pub struct FirmHolidaysImportInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The country.
    country: CalendarCountry,
    /// The days off, 1 to 1,000, each as `city,date,name` with the official code of the city, for example
    /// `3550308,2027-01-25,Aniversário da cidade`. The name may be in double quotes.
    lines: Vec<String>,
    /// Whether banks are closed.
    #[graphql(default)]
    bank: bool,
    /// Whether nothing can be filed.
    #[graphql(default)]
    filing: bool,
    /// Whether nobody works.
    #[graphql(default)]
    labour: bool,
    /// The law, the decree or the decision, for all of them; 1 to 200 characters.
    source: String,
}

impl From<FirmHolidaysImportInput> for (String, ImportHolidays) {
    fn from(input: FirmHolidaysImportInput) -> Self {
        let FirmHolidaysImportInput { idempotency_key, country, lines, bank, filing, labour, source } = input;
        (idempotency_key, ImportHolidays { country: country.into(), lines, bank, filing, labour, source })
    }
}

/// Input for `firmHolidayDelete`: the day off to remove.
#[derive(Debug, InputObject)]
pub struct FirmHolidayDeleteInput {
    /// The ID of the day off.
    pub(super) id: ID,
}

/// Input for `calendarYearConfirm`: a year of a place.
#[derive(Debug, InputObject)]
pub struct CalendarYearConfirmInput {
    /// The country.
    country: CalendarCountry,
    /// The ISO 3166-2 code of the region. Omit it for the holidays of the whole country.
    region: Option<String>,
    /// The official code of the city, which says the region by itself.
    city: Option<String>,
    /// The year, 2000 to 2100.
    year: i32,
    /// Whether all holidays of exactly this place in this year are known. If not, dates in it are provisional, unless the
    /// program knows the year for certain.
    #[graphql(default = true)]
    pub(super) is_complete: bool,
}

impl From<CalendarYearConfirmInput> for ConfirmYear {
    fn from(input: CalendarYearConfirmInput) -> Self {
        let CalendarYearConfirmInput { country, region, city, year, is_complete } = input;
        Self { country: country.into(), region, city, year, confirmed: is_complete }
    }
}
