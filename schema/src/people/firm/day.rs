//! The day of a firm. Marks, panels and what is late depend on it, though no row is written when it begins: a tick tells the
//! screens.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Fault, Result};
use guichet_base::id::{FirmId, Id};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::{By, Store};
use guichet_engine::tables::firms;

use super::model::StoredZone;

/// The noun of the event that says that a firm's day began; its subject is the firm.
pub const DAY: &str = "day";

/// The clock of a firm: its time zone, and by how much a demo is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirmClock {
    /// The time zone.
    pub zone: Tz,
    /// By how many seconds it is ahead; 0 for every firm that is no demo.
    pub ahead_seconds: i64,
}

impl FirmClock {
    /// The day of the firm at a moment.
    pub fn day(self, now: DateTime<Utc>) -> NaiveDate {
        (now + TimeDelta::seconds(self.ahead_seconds)).with_timezone(&self.zone).date_naive()
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
    let clock =
        |(id, zone, ahead_seconds): (_, StoredZone, _)| (id, FirmClock { zone: zone.into(), ahead_seconds });
    Ok(rows.into_iter().map(clock).collect())
}

/// The day of a firm.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn today(conn: &mut AsyncPgConnection, firm: FirmId, now: DateTime<Utc>) -> Result<NaiveDate> {
    let clock = clocks(conn, &[firm]).await?.remove(&firm);
    Ok(clock.ok_or_else(|| Fault::Broken("a firm is gone".into()))?.day(now))
}

/// Tells the screens of each firm whose day began since it was told last. Returns how many firms that are. What is open
/// when the clock of a demo is moved is told the same way.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn tick(store: &Store) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Begun {
        #[diesel(sql_type = SqlUuid)]
        id: FirmId,
    }
    let mut tx = store.begin(By::system()).await?;
    let now = tx.now;
    // A new firm has no screens that were open yesterday.
    let begun: Vec<Begun> = diesel::sql_query(
        "WITH days AS (
             SELECT id, told_day, ((($1 + make_interval(secs => clock_ahead_seconds)) AT TIME ZONE zone)::date) AS day FROM firms
         ), told AS (
             UPDATE firms SET told_day = days.day FROM days
             WHERE days.id = firms.id AND days.told_day IS DISTINCT FROM days.day
             RETURNING firms.id, days.told_day AS before
         )
         SELECT id FROM told WHERE before IS NOT NULL",
    )
    .bind::<Timestamptz, _>(now)
    .load(tx.conn())
    .await?;
    for firm in &begun {
        let everybody = Some(Audience::everybody());
        tx.event(
            firm.id,
            Event { noun: DAY, subject: firm.id.uuid(), before: everybody.clone(), after: everybody },
        );
    }
    tx.commit(()).await?;
    Ok(begun.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_firm_is() {
        let now = "2026-03-01T01:30:00Z".parse::<DateTime<Utc>>().unwrap();
        let day = |zone, ahead_seconds| FirmClock { zone, ahead_seconds }.day(now);
        assert_eq!(day(chrono_tz::America::Sao_Paulo, 0).to_string(), "2026-02-28");
        assert_eq!(day(chrono_tz::Europe::Paris, 0).to_string(), "2026-03-01");
        assert_eq!(day(chrono_tz::Europe::Paris, 31 * 86_400).to_string(), "2026-04-01");
    }
}
