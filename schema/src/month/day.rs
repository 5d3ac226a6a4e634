//! The day of a firm: in its time zone, and by its clock, which is ahead of time in a demo that was moved on.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::FirmId;
use guichet_engine::sql;
use guichet_engine::tables::firms;

use crate::people::firm::model::StoredZone;

/// The clock of a firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirmClock {
    zone: Tz,
    ahead: i64,
}

impl FirmClock {
    /// The day of the firm at a moment.
    pub fn day(self, now: DateTime<Utc>) -> NaiveDate {
        (now + TimeDelta::seconds(self.ahead)).with_timezone(&self.zone).date_naive()
    }
}

/// The clocks of firms.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn clocks(conn: &mut AsyncPgConnection, ids: &[FirmId]) -> Result<HashMap<FirmId, FirmClock>> {
    let rows: Vec<(FirmId, StoredZone, i64)> = firms::table
        .filter(sql::among(firms::id, ids))
        .select((firms::id, firms::zone, firms::clock_ahead_seconds))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, zone, ahead)| (id, FirmClock { zone: zone.into(), ahead })).collect())
}
