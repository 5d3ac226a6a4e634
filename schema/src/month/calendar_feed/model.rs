//! The rows of calendar feeds, and what is in one.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::id::{CalendarFeedId, FirmId};
use guichet_base::secret::Secret;
use guichet_engine::subject::Subject;
use guichet_engine::tables::calendar_feeds;
use serde::{Deserialize, Serialize};

/// That a person has a feed. Its address is a secret of which only a hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = calendar_feeds)]
pub struct CalendarFeed {
    /// Its id.
    pub id: CalendarFeedId,
    /// The firm.
    pub firm_id: FirmId,
    /// When its address was made.
    pub created_at: DateTime<Utc>,
}

/// A feed with its secret, which is told once: a repeated call gets none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewFeed {
    /// The feed.
    pub id: CalendarFeedId,
    /// The secret.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

/// What a day of a feed is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DayKind {
    /// Until then a client hands something in.
    HandIn,
    /// The date of the law.
    Due,
    /// The firm's own date.
    Target,
}

/// A day of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedDay {
    /// The thing that is due.
    pub subject: Subject,
    /// What the day means for it.
    pub kind: DayKind,
    /// The day.
    pub date: NaiveDate,
    /// Its name.
    pub title: String,
    /// The period that it is about.
    pub period: Option<String>,
    /// The client, where a feed has those of several.
    pub client: Option<String>,
    /// Whether the date may still change.
    pub is_provisional: bool,
    /// The version of the thing.
    pub version: i32,
    /// When the thing was last changed.
    pub updated_at: DateTime<Utc>,
}
