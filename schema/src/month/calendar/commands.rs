//! Commands on a firm's calendars.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::country::Country;
use guichet_base::error::{Code, OrNotFound, Refusal, Result, Told};
use guichet_base::id::FirmHolidayId;
use guichet_base::input::{Check, MAX_NAME, OrTaken};
use guichet_engine::actor::Actor;
use guichet_engine::feed::Audience;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{confirmed_years, firm_holidays};
use guichet_obligations::{Holidays, Provisional, region_of_city};
use serde::Serialize;

use crate::people::client::record::rules::elsewhere;
use crate::people::rights::{self, FirmAct};

use super::job::settling;
use super::model::FirmHoliday;

/// Input for adding a day off.
#[derive(Debug, Clone, Serialize)]
pub struct CreateHoliday {
    /// The country.
    pub country: Country,
    /// The region, by its ISO 3166-2 code.
    pub region: Option<String>,
    /// The city, by its official code.
    pub city: Option<String>,
    /// The day.
    pub date: NaiveDate,
    /// Whether banks are closed.
    pub bank: bool,
    /// Whether nothing can be filed.
    pub filing: bool,
    /// Whether nobody works.
    pub labour: bool,
    /// Whether the firm's own office is closed.
    pub office: bool,
    /// Its name; up to 200 characters.
    pub name: String,
    /// The law, decree or decision; up to 200 characters.
    pub source: String,
}

/// Adds a day off to the firm's calendars. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of the fields; `TAKEN` about `date` when the place has that day already.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateHoliday,
) -> Result<Done<FirmHolidayId>> {
    rights::may(&actor.membership, FirmAct::CalendarUpdate)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "firmHolidayCreate", key, &input).await?);
    let mut check = Check::new();
    let (region, city) = place(&mut check, input.country, input.region.as_deref(), input.city.as_deref());
    let kinds = kinds(&mut check, [input.bank, input.filing, input.labour, input.office]);
    let holiday = FirmHoliday {
        id: FirmHolidayId::new(),
        firm_id,
        country: input.country,
        region,
        city,
        date: input.date,
        kinds,
        name: check.line("name", &input.name, 1..=MAX_NAME),
        source: check.line("source", &input.source, 1..=MAX_NAME),
        created_at: tx.now,
    };
    check.done()?;
    diesel::insert_into(firm_holidays::table).values(&holiday).execute(tx.conn()).await.or_taken("date")?;
    tx.changed(firm_id, "firmHolidayCreate", holiday.id, None, Some(Audience::staff()));
    tx.commit(holiday.id).await
}

/// Removes a day off that the firm added. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND` about `id`.
pub async fn delete(store: &Store, actor: &Actor, id: FirmHolidayId) -> Result<Done<()>> {
    rights::may(&actor.membership, FirmAct::CalendarUpdate)?;
    let firm_id = actor.firm_id();
    let mut tx = store.begin(actor).await?;
    let row =
        firm_holidays::table.filter(firm_holidays::firm_id.eq(firm_id)).filter(firm_holidays::id.eq(id));
    let deleted = diesel::delete(row).execute(tx.conn()).await?;
    (deleted > 0).then_some(()).or_not_found("id")?;
    tx.changed(firm_id, "firmHolidayDelete", id, Some(Audience::staff()), None);
    tx.commit(()).await
}

/// A year of a place whose holidays the firm knows to be complete, or not any more.
#[derive(Debug, Clone)]
pub struct ConfirmYear {
    /// The country.
    pub country: Country,
    /// The region; the whole country without it.
    pub region: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The year.
    pub year: i32,
    /// Whether it is complete.
    pub confirmed: bool,
}

/// Says whether all holidays of a place and year are known, so that dates in it are not provisional. A job then makes final
/// those dates of open tasks that stay, and tells their assignees. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of the fields.
pub async fn confirm_year(store: &Store, actor: &Actor, input: ConfirmYear) -> Result<Done<()>> {
    rights::may(&actor.membership, FirmAct::CalendarUpdate)?;
    let firm_id = actor.firm_id();
    let mut tx = store.begin(actor).await?;
    let mut check = Check::new();
    check.number("year", input.year.into(), &(2000..=2100));
    let (region, city) = place(&mut check, input.country, input.region.as_deref(), input.city.as_deref());
    check.done()?;
    let ConfirmYear { country, year, .. } = input;
    let confirmed = Provisional::CalendarYear { country, region: region.clone(), city: city.clone(), year };
    let (region, city) = (region.unwrap_or_default(), city.unwrap_or_default());
    let row = (firm_id, country.as_str(), region.as_str(), city.as_str(), year);
    let changed = if input.confirmed {
        diesel::insert_into(confirmed_years::table)
            .values((
                confirmed_years::firm_id.eq(firm_id),
                confirmed_years::country.eq(country),
                confirmed_years::region.eq(&region),
                confirmed_years::city.eq(&city),
                confirmed_years::year.eq(year),
                confirmed_years::confirmed_at.eq(tx.now),
            ))
            .on_conflict_do_nothing()
            .execute(tx.conn())
            .await?
    } else {
        diesel::delete(confirmed_years::table.find(row)).execute(tx.conn()).await?
    };
    if changed > 0 {
        let audience = Some(Audience::staff());
        tx.changed(firm_id, "calendarYearConfirm", firm_id, audience.clone(), audience);
        if input.confirmed {
            tx.job(settling(firm_id, confirmed)?);
        }
    }
    tx.commit(()).await
}

/// For whom a day is off: banks, filing, labour, the firm's office.
pub(super) fn kinds(check: &mut Check, marked: [bool; 4]) -> String {
    let marks = marked.into_iter().zip(['B', 'F', 'L', 'O']);
    let kinds: String = marks.filter_map(|(is, mark)| is.then_some(mark)).collect();
    check.require(!kinds.is_empty(), Refusal::of("bank", Code::Required));
    kinds
}

/// A place by its codes: a region that the country has, and a city within it, which says its region by itself.
pub(super) fn place(
    check: &mut Check,
    country: Country,
    region: Option<&str>,
    city: Option<&str>,
) -> (Option<String>, Option<String>) {
    let region = check.optional_line("region", region, MAX_NAME);
    let city = check.optional_line("city", city, MAX_NAME);
    if let Some(code) = &region {
        let is_known = Holidays::shipped().region(country, code).is_some();
        check.require(is_known, Refusal::of("region", Code::OutOfRange).asked(Told::Text(code.clone())));
    }
    let Some(code) = &city else { return (region, city) };
    let Some(of_city) = region_of_city(country, code) else {
        check.refuse(Refusal::of("city", Code::OutOfRange).asked(Told::Text(code.clone())));
        return (region, city);
    };
    if region.as_deref().is_some_and(|region| region != of_city) {
        check.refuse(
            elsewhere("city", country, code).unwrap_or_else(|| Refusal::of("city", Code::OutOfRange)),
        );
    }
    (Some(of_city.to_owned()), city)
}
