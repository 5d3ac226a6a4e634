//! What is shown of the calendars of the firm.

use async_graphql::{ID, Object, SimpleObject};
use guichet_base::id::FirmHolidayId;
use guichet_schema::month::calendar::{model, queries};

use crate::graphql::loaders::by_ids;
use crate::graphql::month::CalendarCountry;
use crate::graphql::payload::api_id;
use crate::graphql::scalars::{Date, DateTime};

/// A day off that the firm added.
#[derive(Debug, Clone)]
pub struct FirmHoliday(pub model::FirmHoliday);

by_ids!(FirmHolidayId => FirmHoliday, queries::by_ids);

/// A day off that the firm added to the known holidays: of a place, by law or decree, or of its own office. Not visible to
/// clients.
#[Object]
impl FirmHoliday {
    /// The ID of the day off, for example `holiday_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The country.
    async fn country(&self) -> CalendarCountry {
        self.0.country.into()
    }

    /// The ISO 3166-2 code of the region, for example `BR-SP`; null for the whole country.
    async fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// The official code of the city, for example `3550308`; null for the whole region.
    async fn city(&self) -> Option<&str> {
        self.0.city.as_deref()
    }

    /// The day.
    async fn date(&self) -> Date {
        Date(self.0.date)
    }

    /// Whether banks are closed.
    async fn bank(&self) -> bool {
        self.0.kinds.contains('B')
    }

    /// Whether nothing can be filed.
    async fn filing(&self) -> bool {
        self.0.kinds.contains('F')
    }

    /// Whether nobody works.
    async fn labour(&self) -> bool {
        self.0.kinds.contains('L')
    }

    /// Whether the office of the firm is closed.
    async fn office(&self) -> bool {
        self.0.kinds.contains('O')
    }

    /// The name of the day off.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The law, the decree or the decision.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// The date and time when the day off was added.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// A year of a place whose holidays are all known, as the firm said with `calendarYearConfirm`. Not visible to clients.
#[derive(Debug, SimpleObject)]
pub struct CalendarYear {
    /// The country.
    country: CalendarCountry,
    /// The ISO 3166-2 code of the region; null for the holidays of the whole country.
    region: Option<String>,
    /// The official code of the city; null for those of the whole region.
    city: Option<String>,
    /// The year.
    year: i32,
    /// The date and time when it was said.
    confirmed_at: DateTime,
}

impl From<queries::ConfirmedYear> for CalendarYear {
    fn from(row: queries::ConfirmedYear) -> Self {
        let place = row.place();
        Self {
            country: row.country.into(),
            region: place.region,
            city: place.city,
            year: row.year,
            confirmed_at: DateTime(row.confirmed_at),
        }
    }
}
