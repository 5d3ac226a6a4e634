//! The row of a firm: its settings.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::Text;

use guichet_base::id::FirmId;
use guichet_base::locale::Locale;
use guichet_engine::actor::MemberReach;
use guichet_engine::tables::firms;

use super::day::FirmClock;

/// A firm and its settings.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = firms)]
pub struct Firm {
    /// Its id.
    pub id: FirmId,
    /// Its name.
    pub name: String,
    /// Its language.
    pub locale: Locale,
    /// The time zone of its due dates.
    #[diesel(deserialize_as = StoredZone)]
    pub zone: Tz,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: String,
    /// The ISO 4217 code of its currency.
    pub currency: String,
    /// The sender address of its mails (F-06).
    pub mail_from: String,
    /// The address for replies to its mails; the sender when absent.
    pub mail_reply_to: Option<String>,
    /// What its members can see (B-15).
    pub member_reach: MemberReach,
    /// Days within which a client may reopen a closed ticket (D-02); 0 when it may not.
    pub client_reopen_days: i32,
    /// Days from finishing a ticket to the due date of its charge (D-10).
    pub charge_due_days: i32,
    /// Whether clients may hand files in after the work is done; such a file is marked as late.
    pub late_files: bool,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// The version of its settings, for optimistic locking.
    pub version: i32,
    /// By how much the clock of a demo is ahead.
    pub clock_ahead_seconds: i64,
}

impl Firm {
    /// Its day at this time.
    pub fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        FirmClock { zone: self.zone, ahead_seconds: self.clock_ahead_seconds }.day(now)
    }
}

/// An IANA zone as the column keeps it.
#[derive(Debug, FromSqlRow)]
pub struct StoredZone(Tz);

impl FromSql<Text, Pg> for StoredZone {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes())?.parse()?))
    }
}

impl From<StoredZone> for Tz {
    fn from(zone: StoredZone) -> Self {
        zone.0
    }
}
