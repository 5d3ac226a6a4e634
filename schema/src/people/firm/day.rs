//! The day of a firm. Marks, panels and what is late depend on it, though no row is written when it begins: a tick tells the
//! screens.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use diesel::QueryableByName;
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{FirmId, Id};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::store::{By, Store};
use guichet_engine::tables::firms;

use super::model::StoredZone;

/// The noun of the event that says that a firm's day began; its subject is the firm.
pub const DAY: &str = "day";

/// The day of a firm at this time, in its zone. That of a demo may be ahead.
pub fn day(now: DateTime<Utc>, zone: Tz, ahead_seconds: i64) -> NaiveDate {
    (now + TimeDelta::seconds(ahead_seconds)).with_timezone(&zone).date_naive()
}

/// The day of a firm.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn today(conn: &mut AsyncPgConnection, firm: FirmId, now: DateTime<Utc>) -> Result<NaiveDate> {
    let of_firm = firms::table.find(firm).select((firms::zone, firms::clock_ahead_seconds));
    let (zone, ahead): (StoredZone, i64) = of_firm.get_result(conn).await?;
    Ok(day(now, zone.into(), ahead))
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
        assert_eq!(day(now, chrono_tz::America::Sao_Paulo, 0).to_string(), "2026-02-28");
        assert_eq!(day(now, chrono_tz::Europe::Paris, 0).to_string(), "2026-03-01");
        assert_eq!(day(now, chrono_tz::Europe::Paris, 31 * 86_400).to_string(), "2026-04-01");
    }
}
