//! Finders of a firm's calendars, which only its staff can see.

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::country::Country;
use guichet_base::error::Result;
use guichet_base::id::{FirmHolidayId, FirmId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::Scope;
use guichet_engine::keyset::page;
use guichet_engine::sql;
use guichet_engine::tables::{confirmed_years, firm_holidays, firms};
use guichet_obligations::{Calendars, Holidays, Office, Place};

use super::model::{BY_DATE, FirmHoliday};

/// A filter of days off.
#[derive(Debug, Clone, Default)]
pub struct FirmHolidayFilter {
    /// These days off.
    pub ids: Option<Vec<FirmHolidayId>>,
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Until this day.
    pub to: Option<NaiveDate>,
}

/// The days off that the firm added, as far as the scope reaches.
fn visible(scope: &Scope) -> firm_holidays::BoxedQuery<'static, Pg> {
    let query = firm_holidays::table.filter(firm_holidays::firm_id.eq(scope.firm_id())).into_boxed();
    if scope.is_staff() { query } else { query.filter(firm_holidays::id.is_null()) }
}

fn filtered(scope: &Scope, filter: &FirmHolidayFilter) -> firm_holidays::BoxedQuery<'static, Pg> {
    let mut query = visible(scope);
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(firm_holidays::id, ids));
    }
    if let Some(from) = filter.from {
        query = query.filter(firm_holidays::date.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(firm_holidays::date.le(to));
    }
    query
}

/// Days off by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[FirmHolidayId],
) -> Result<Vec<FirmHoliday>> {
    let query = visible(scope).filter(sql::among(firm_holidays::id, ids));
    Ok(query.select(FirmHoliday::as_select()).load(conn).await?)
}

/// A page of days off, by date.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &FirmHolidayFilter,
    request: &PageRequest,
) -> Result<Page<FirmHoliday>> {
    Ok(page!(
        conn,
        filtered(scope, filter),
        request,
        BY_DATE,
        (firm_holidays::date => NaiveDate, firm_holidays::id),
        FirmHoliday
    ))
}

/// How many days off match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &FirmHolidayFilter) -> Result<i64> {
    Ok(filtered(scope, filter).count().get_result(conn).await?)
}

/// A year of a place of which the firm said that its holidays are complete.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = confirmed_years)]
pub struct ConfirmedYear {
    /// The country.
    pub country: Country,
    region: String,
    city: String,
    /// The year.
    pub year: i32,
    /// When it was said.
    pub confirmed_at: DateTime<Utc>,
}

impl ConfirmedYear {
    /// The place in the country.
    pub fn place(&self) -> Place {
        let code = |text: &String| (!text.is_empty()).then(|| text.clone());
        Place { region: code(&self.region), city: code(&self.city) }
    }
}

/// The years of which the firm said that their holidays are complete, by place and year: none for clients.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn confirmed(conn: &mut AsyncPgConnection, scope: &Scope) -> Result<Vec<ConfirmedYear>> {
    if !scope.is_staff() {
        return Ok(Vec::new());
    }
    of_firm(conn, scope.firm_id()).await
}

async fn of_firm(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Vec<ConfirmedYear>> {
    Ok(confirmed_years::table
        .filter(confirmed_years::firm_id.eq(firm))
        .order((
            confirmed_years::country,
            confirmed_years::region,
            confirmed_years::city,
            confirmed_years::year,
        ))
        .select(ConfirmedYear::as_select())
        .load(conn)
        .await?)
}

/// The working calendars as a firm sees them.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn calendars(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Calendars<'static>> {
    type OfFirm = (String, Vec<i16>, Option<String>, Option<String>);
    let (country, days, region, city): OfFirm = firms::table
        .find(firm)
        .select((firms::country, firms::office_days, firms::office_region, firms::office_city))
        .get_result(conn)
        .await?;
    let added: Vec<FirmHoliday> = firm_holidays::table
        .filter(firm_holidays::firm_id.eq(firm))
        .select(FirmHoliday::as_select())
        .load(conn)
        .await?;
    let confirmed = of_firm(conn, firm).await?;
    let country = Country::parse(&country);
    let days = days.into_iter().filter_map(|day| Weekday::try_from(u8::try_from(day - 1).ok()?).ok());
    let office = Office::new(country, Place { region, city }, days.collect());
    let calendars = Calendars::new(Holidays::shipped(), office.unwrap_or_else(|| Office::of(country)));
    let calendars = added.into_iter().fold(calendars, |calendars, day| calendars.with(day.into()));
    Ok(confirmed
        .iter()
        .fold(calendars, |calendars, one| calendars.confirmed(one.country, one.place(), one.year)))
}
