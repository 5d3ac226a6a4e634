//! Clocks: whether those of this machine, the database and the file store agree.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use guichet_base::clock;
use guichet_base::error::Fault;
use guichet_engine::db::{self, Connection};
use http::header::DATE;
use tokio::time::Instant;

use super::site::{Site, unanswered};
use super::{Finding, fails, ok, warning};

/// A larger difference is noticed: jobs and links begin and end at another time than they say.
const NOTICED: TimeDelta = TimeDelta::seconds(2);
/// A larger difference breaks things: addresses of files are signed for minutes.
const BREAKS: TimeDelta = TimeDelta::minutes(1);

/// What another clock showed.
struct Shown {
    /// When it was asked, by our clock.
    asked: DateTime<Utc>,
    /// How long the answer took.
    took: Duration,
    /// What it showed, at some time until the answer came.
    shown: DateTime<Utc>,
    /// How much more it may have shown: a `Date` has no fractions.
    cut_off: TimeDelta,
}

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // Whoever does not answer is told by another check.
    if let Ok(Some(mut conn)) = site.connect().await
        && let Ok(shown) = of_database(&mut conn).await
    {
        found.push(judge("PostgreSQL", &shown));
    }
    if let Some(s3) = &site.settings.s3 {
        let endpoint = s3.endpoint.as_ref().map_or_else(
            || format!("https://s3.{}.amazonaws.com", s3.region),
            |endpoint| endpoint.as_str().to_owned(),
        );
        match of_store(&site.http, &endpoint).await {
            Ok(Some(shown)) => found.push(judge("the file store", &shown)),
            Ok(None) => found.push(ok("the file store does not tell its time")),
            Err(_) => {}
        }
    }
    if found.is_empty() {
        found.push(ok("there is no other clock to compare with"));
    }
    found
}

async fn of_database(conn: &mut Connection) -> Result<Shown, Fault> {
    let asked = clock::machine_time();
    let told = db::time(conn).await?;
    Ok(Shown { asked, took: told.answered - told.asked, shown: told.time, cut_off: TimeDelta::zero() })
}

async fn of_store(http: &reqwest::Client, url: &str) -> Result<Option<Shown>, String> {
    let (asked, begun) = (clock::machine_time(), Instant::now());
    let answer = http.get(url).send().await.map_err(unanswered)?;
    let took = begun.elapsed();
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    let shown = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let shown = shown.map(|shown| shown.to_utc());
    Ok(shown.map(|shown| Shown { asked, took, shown, cut_off: TimeDelta::seconds(1) }))
}

/// By how much a clock is surely ahead of ours; negative when it is behind.
fn ahead(Shown { asked, took, shown, cut_off }: &Shown) -> TimeDelta {
    let answered = *asked + TimeDelta::from_std(*took).unwrap_or_default();
    if *shown > answered {
        *shown - answered
    } else if *shown + *cut_off < *asked {
        *shown + *cut_off - *asked
    } else {
        TimeDelta::zero()
    }
}

fn judge(name: &str, shown: &Shown) -> Finding {
    let ahead = ahead(shown);
    let seconds = ahead.num_milliseconds().unsigned_abs() as f64 / 1000.0;
    let side = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    let told = format!(
        "the clock of {name} is {seconds:.1} s {side} that of this machine: let both follow a time server (chrony)"
    );
    match ahead.abs() {
        difference if difference > BREAKS => fails(told),
        difference if difference > NOTICED => warning(told),
        _ => ok(format!("{name} and this machine agree")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn a_slow_answer_is_no_difference() {
        let asked = DateTime::from_timestamp(1_800_000_000, 500_000_000).unwrap();
        let shown = |offset: i64, took: u64, cut_off: i64| Shown {
            asked,
            took: Duration::from_secs(took),
            shown: asked + TimeDelta::milliseconds(offset),
            cut_off: TimeDelta::seconds(cut_off),
        };
        for (offset, took, cut_off, expected) in [
            (0, 0, 0, 0),
            (3_000, 5, 0, 0),
            (8_000, 5, 0, 3_000),
            (-500, 0, 1, 0),
            (-3_500, 0, 1, -2_500),
            (-3_500, 10, 0, -3_500),
        ] {
            assert_eq!(ahead(&shown(offset, took, cut_off)).num_milliseconds(), expected, "{offset} {took}");
        }
        for (offset, verdict) in [
            (1_900, Verdict::Ok),
            (2_100, Verdict::Warning),
            (-59_000, Verdict::Warning),
            (61_000, Verdict::Fails),
            (-3_600_000, Verdict::Fails),
        ] {
            assert_eq!(judge("PostgreSQL", &shown(offset, 0, 0)).verdict, verdict, "{offset}");
        }
        let told = judge("PostgreSQL", &shown(-3_600_000, 0, 0)).told;
        assert!(
            told.starts_with("the clock of PostgreSQL is 3600.0 s behind that of this machine"),
            "{told}"
        );
    }
}
