//! The feed: events in commit order, each with its audience.
//!
//! Every transaction that changes something visible takes the firm's next revisions under its last lock, so
//! revision order is commit order.

mod cursor;
pub mod queries;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::sql;
use crate::subject::Subject;
use guichet_base::error::Result;
use guichet_base::id::FirmId;

pub use crate::reach::Audience;
pub use cursor::FeedCursor;

/// One change of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The noun of the thing, as in its id.
    pub noun: &'static str,
    /// Which one.
    pub subject: Uuid,
    /// Who could see it before; none when it is new.
    pub before: Option<Audience>,
    /// Who can see it now; none when it is deleted.
    pub after: Option<Audience>,
}

impl Event {
    /// A change that does not affect who can see the thing.
    pub fn changed(thing: impl Into<Subject>, audience: Audience) -> Self {
        let Subject { noun, id } = thing.into();
        Self { noun, subject: id, before: Some(audience.clone()), after: Some(audience) }
    }
}

/// Writes events with the firm's next revisions, in one statement; returns the last revision.
pub async fn append(
    mut conn: &AsyncPgConnection,
    firm: FirmId,
    events: &[Event],
    at: DateTime<Utc>,
) -> Result<i64> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        revision: i64,
    }
    let count = events.len() as i64;
    let json = |audience: &Option<Audience>| audience.as_ref().map(|audience| serde_json::json!(audience));
    let row: Row = sql::kept(
        "WITH feed AS (
             UPDATE firm_feed SET revision = revision + ? WHERE firm_id = ? RETURNING firm_id, revision
         ), written AS (
             INSERT INTO events (firm_id, revision, noun, subject_id, audience_before, audience_after, at)
             SELECT firm_id, feed.revision - ? + e.n, e.noun, e.subject, e.before, e.after, ?
             FROM feed, unnest(?, ?, ?, ?) WITH ORDINALITY AS e (noun, subject, before, after, n)
         )
         SELECT revision FROM feed",
    )
    .bind::<BigInt, _>(count)
    .bind::<SqlUuid, _>(firm)
    .bind::<BigInt, _>(count)
    .bind::<Timestamptz, _>(at)
    .bind::<Array<Text>, _>(events.iter().map(|event| event.noun).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(events.iter().map(|event| event.subject).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(events.iter().map(|event| json(&event.before)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(events.iter().map(|event| json(&event.after)).collect::<Vec<_>>())
    .get_result(&mut conn)
    .await?;
    Ok(row.revision)
}
