//! Reading the feed, in the order of commits.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::sql;
use crate::tables::{department_members, events, firm_feed};
use guichet_base::error::Result;
use guichet_base::id::{DepartmentId, FirmId, StaffId};

use super::Audience;

/// How long events are kept at least; a client that was away longer must reload.
pub const KEPT: TimeDelta = TimeDelta::days(3);

/// The head of a firm's feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = firm_feed)]
pub struct Head {
    /// The firm.
    pub firm_id: FirmId,
    /// The epoch of the feed.
    pub epoch: Uuid,
    /// The last revision.
    pub revision: i64,
    /// Events up to this revision have been deleted.
    pub pruned_to: i64,
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its revision.
    pub revision: i64,
    /// The noun of the thing, as in its id.
    pub noun: String,
    /// Which one.
    pub subject: Uuid,
    /// Who could see it before.
    pub before: Option<Audience>,
    /// Who can see it now.
    pub after: Option<Audience>,
}

/// The heads of the feeds of these firms. Not for the API: it checks no scope.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn heads(conn: &mut AsyncPgConnection, firms: &[FirmId]) -> Result<Vec<Head>> {
    let of_firms = firm_feed::table.filter(sql::among(firm_feed::firm_id, firms));
    Ok(of_firms.select(Head::as_select()).load(conn).await?)
}

/// The next events of a firm after a revision, at most so many, and the head. The head is read after the events: a
/// reader that is behind `pruned_to` may have missed some.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn since(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    revision: i64,
    most: i64,
) -> Result<(Vec<Entry>, Option<Head>)> {
    type Row = (i64, String, Uuid, Option<serde_json::Value>, Option<serde_json::Value>);
    let rows: Vec<Row> = events::table
        .filter(events::firm_id.eq(firm))
        .filter(events::revision.gt(revision))
        .order(events::revision)
        .limit(most)
        .select((
            events::revision,
            events::noun,
            events::subject_id,
            events::audience_before,
            events::audience_after,
        ))
        .load(conn)
        .await?;
    let head = heads(conn, &[firm]).await?.into_iter().next();
    let audience = |json: Option<serde_json::Value>| {
        // An unreadable audience admits nobody.
        json.and_then(|json| serde_json::from_value(json).ok())
    };
    let entry = |(revision, noun, subject, before, after)| Entry {
        revision,
        noun,
        subject,
        before: audience(before),
        after: audience(after),
    };
    Ok((rows.into_iter().map(entry).collect(), head))
}

/// The departments of a staff member, for [`Audience::admits`].
///
/// # Errors
/// When the database does not answer: retry.
pub async fn departments_of(conn: &mut AsyncPgConnection, staff: StaffId) -> Result<Vec<DepartmentId>> {
    Ok(department_members::table
        .filter(department_members::staff_id.eq(staff))
        .select(department_members::department_id)
        .load(conn)
        .await?)
}

/// Deletes events older than [`KEPT`]; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_old(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let firms: Vec<FirmId> = firm_feed::table.select(firm_feed::firm_id).load(conn).await?;
    let mut gone = 0;
    for firm in firms {
        // `pruned_to` is raised in the same statement that deletes, so readers see both or neither.
        gone += sql::kept(
            "WITH gone AS (
                 DELETE FROM events WHERE firm_id = ? AND revision <= (
                     SELECT revision FROM events WHERE firm_id = ? AND at < ?
                     ORDER BY at DESC, revision DESC LIMIT 1
                 ) RETURNING revision
             ), mark AS (
                 UPDATE firm_feed SET pruned_to = last.revision
                 FROM (SELECT max(revision) AS revision FROM gone) AS last
                 WHERE firm_id = ? AND pruned_to < last.revision
             )
             SELECT revision FROM gone",
        )
        .bind::<SqlUuid, _>(firm)
        .bind::<SqlUuid, _>(firm)
        .bind::<Timestamptz, _>(now - KEPT)
        .bind::<SqlUuid, _>(firm)
        .execute(conn)
        .await?;
    }
    Ok(gone)
}
