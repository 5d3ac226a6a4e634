//! The working calendars of the firm: what it adds to the known holidays.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use guichet_base::error;
use guichet_base::id::FirmHolidayId;
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::month::calendar::commands::{self, ConfirmYear, CreateHoliday};
use guichet_schema::month::calendar::import::{ImportHolidays, LineDone, import};
use guichet_schema::month::calendar::{model, queries};

use super::CalendarCountry;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load_optional, spend};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, UserError, act, api_id, id, known_ids, payload, queried};
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

/// A filter of days off. A day off must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct FirmHolidayFilter {
    /// Days off with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Days off on or after this date.
    date_from: Option<Date>,
    /// Days off on or before this date.
    date_to: Option<Date>,
}

impl FilterInput for FirmHolidayFilter {
    type Filter = queries::FirmHolidayFilter;

    fn read(self, _: &Membership) -> error::Result<queries::FirmHolidayFilter> {
        let Self { ids, date_from, date_to } = self;
        let day = |date: Option<Date>| date.map(|date| date.0);
        Ok(queries::FirmHolidayFilter { ids: known_ids(ids), from: day(date_from), to: day(date_to) })
    }
}

connection! {
    /// A page of the list of days off that the firm added.
    FirmHolidayConnection, FirmHolidayEdge of FirmHoliday, count FirmHolidayCount;
    /// Returns the list of days off that the firm added, sorted by date. Empty for clients.
    query FirmHolidayQuery.firm_holidays, filter FirmHolidayFilter => queries::FirmHolidayFilter;
    seen by scope, page queries::page, counted queries::count, position model::FirmHoliday::position
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

/// Queries about calendars.
#[derive(Debug, Default)]
pub struct CalendarQuery;

#[Object]
impl CalendarQuery {
    /// Returns the years of places of which the firm said that all holidays are known, sorted by place and year. Empty for
    /// clients.
    async fn calendar_years(&self, ctx: &Context<'_>) -> Result<Vec<CalendarYear>, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::confirmed(&mut *caller.conn().await?, &caller.scope()?).await;
        let found = queried(caller, found)?;
        spend(ctx, found.len())?;
        Ok(found.into_iter().map(Into::into).collect())
    }
}

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

payload! {
    /// The result of `firmHolidayCreate`.
    FirmHolidayCreatePayload {
        /// The new day off; null when there are errors.
        firm_holiday: Option<FirmHoliday>,
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

/// The result for one line of several.
#[derive(SimpleObject)]
pub struct FirmHolidayLineResult {
    /// Whether the day off was added.
    is_added: bool,
    /// The list of errors about this line, with the column that is wrong; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `firmHolidaysImport`.
    FirmHolidaysImportPayload {
        /// The list of results, in the order of the lines; empty when the whole input was refused.
        results: Vec<FirmHolidayLineResult>,
    }
}

/// Input for `firmHolidayDelete`: the day off to remove.
#[derive(Debug, InputObject)]
pub struct FirmHolidayDeleteInput {
    /// The ID of the day off.
    id: ID,
}

payload! {
    /// The result of `firmHolidayDelete`.
    FirmHolidayDeletePayload {
        /// The ID of the day off that was removed; null when there are errors.
        id: Option<ID>,
    }
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
    is_complete: bool,
}

payload! {
    /// The result of `calendarYearConfirm`.
    CalendarYearConfirmPayload {
        /// Whether all holidays of the place in the year are known now; null when there are errors.
        is_complete: Option<bool>,
    }
}

/// Acts on calendars.
#[derive(Debug, Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Adds a day off to the calendars of the firm. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn firm_holiday_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmHolidayCreateInput,
    ) -> Result<FirmHolidayCreatePayload, ApiError> {
        let FirmHolidayCreateInput {
            idempotency_key,
            country,
            region,
            city,
            date,
            bank,
            filing,
            labour,
            office,
            name,
            source,
        } = input;
        let input = CreateHoliday {
            country: country.into(),
            region,
            city,
            date: date.0,
            bank,
            filing,
            labour,
            office,
            name,
            source,
        };
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &idempotency_key, input).await)
                .await?;
        let firm_holiday = load_optional(ctx, done).await?;
        Ok(FirmHolidayCreatePayload { firm_holiday, user_errors, revision })
    }

    /// Adds the days off of many places to the calendars of the firm, each line for itself. Due dates of existing tasks stay
    /// as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn firm_holidays_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmHolidaysImportInput,
    ) -> Result<FirmHolidaysImportPayload, ApiError> {
        let FirmHolidaysImportInput { idempotency_key, country, lines, bank, filing, labour, source } = input;
        let input = ImportHolidays { country: country.into(), lines, bank, filing, labour, source };
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| import(store, actor, &idempotency_key, input).await).await?;
        let locale = Caller::of(ctx).locale;
        let result = |line: LineDone| FirmHolidayLineResult {
            is_added: line.refused.is_none(),
            user_errors: line.refusal().iter().map(|refusal| UserError::new(refusal, locale)).collect(),
        };
        let results = done.unwrap_or_default().into_iter().map(result).collect();
        Ok(FirmHolidaysImportPayload { results, user_errors, revision })
    }

    /// Removes a day off that the firm added. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`.
    async fn firm_holiday_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FirmHolidayDeleteInput,
    ) -> Result<FirmHolidayDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::delete(store, actor, id("id", &input.id)?).await).await?;
        Ok(FirmHolidayDeletePayload { id: done.map(|()| input.id), user_errors, revision })
    }

    /// Says whether all holidays of a place in a year are known, so that due dates in it are final.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `OUT_OF_RANGE`.
    async fn calendar_year_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CalendarYearConfirmInput,
    ) -> Result<CalendarYearConfirmPayload, ApiError> {
        let CalendarYearConfirmInput { country, region, city, year, is_complete } = input;
        let input = ConfirmYear { country: country.into(), region, city, year, confirmed: is_complete };
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::confirm_year(store, actor, input).await).await?;
        Ok(CalendarYearConfirmPayload { is_complete: done.map(|()| is_complete), user_errors, revision })
    }
}
