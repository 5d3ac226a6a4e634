//! The lists of days off and of years that are known.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::month::calendar::{model, queries};

use super::types::{CalendarYear, FirmHoliday};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::spend;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::Date;

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
