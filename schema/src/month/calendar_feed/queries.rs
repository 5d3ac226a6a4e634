//! Finders of feeds, and of the days in one.

use chrono::{Days, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::Date;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{AccessId, CalendarFeedId, DocumentId, StaffId, TaskId};
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_engine::actor::{Author, Membership, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{calendar_feeds, clients, documents, tasks};
use guichet_obligations::Direction;

use super::model::{CalendarFeed, DayKind, FeedDay};
use crate::month::task::model::TaskStatus;
use crate::people::session;

/// How far back a feed goes, in days: a quarter.
const BACK: u64 = 90;
/// How far ahead a feed goes, in days: a year and a month.
const AHEAD: u64 = 400;
/// The most things of a feed, those from today on first, then the latest of the past: programs read all of it each time.
const MOST: i64 = 2_000;

/// The feed of a person.
pub(super) fn of_person(author: Author) -> Condition<calendar_feeds::table> {
    match author {
        Author::Staff(id) => Condition::new(calendar_feeds::staff_id.is_not_distinct_from(id)),
        Author::Portal(id) => Condition::new(calendar_feeds::access_id.is_not_distinct_from(id)),
    }
}

/// The feed of a membership; none when it has none.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(conn: &mut AsyncPgConnection, viewer: &Membership) -> Result<Option<CalendarFeed>> {
    let own = calendar_feeds::table.filter(of_person(viewer.author()));
    Ok(own.select(CalendarFeed::as_select()).get_result(conn).await.optional()?)
}

/// Feeds by id, in no particular order: of the membership alone.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    ids: &[CalendarFeedId],
) -> Result<Vec<CalendarFeed>> {
    let own = calendar_feeds::table.filter(of_person(viewer.author()));
    Ok(own.filter(sql::among(calendar_feeds::id, ids)).select(CalendarFeed::as_select()).load(conn).await?)
}

/// Whose feed has this secret, as the person may see things now, and the person's language. None for an unknown secret, and
/// for one whose person lost the membership.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn reader(conn: &mut AsyncPgConnection, secret: &Secret) -> Result<Option<(Membership, Locale)>> {
    let found: Option<(Option<StaffId>, Option<AccessId>)> = calendar_feeds::table
        .filter(calendar_feeds::secret_hash.eq(secret.hash()))
        .select((calendar_feeds::staff_id, calendar_feeds::access_id))
        .get_result(conn)
        .await
        .optional()?;
    match found.and_then(|(staff, access)| Author::from_columns(staff, access)) {
        Some(author) => session::queries::of_person(conn, author).await,
        None => Ok(None),
    }
}

/// The days of a membership's feed around `today`, in the order of the days: of staff, the dates of their own open tasks;
/// of a portal user, those of the documents that the user can see (B-05).
///
/// # Errors
/// When the database does not answer: retry.
pub async fn days(
    conn: &mut AsyncPgConnection,
    viewer: &Membership,
    today: NaiveDate,
) -> Result<Vec<FeedDay>> {
    let scope = viewer.scope();
    let mut days = Vec::new();
    let mut left = MOST;
    for part in [Part::Ahead, Part::Back] {
        let (found, count) = match viewer {
            Membership::Staff(staff) => of_tasks(conn, &scope, staff.id, (part, today), left).await?,
            Membership::Portal(_) => of_documents(conn, &scope, part.window(today), left).await?,
        };
        days.extend(found);
        left -= count;
    }
    days.sort_by_key(|day| (day.date, day.subject.id, day.kind));
    Ok(days)
}

/// A part of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// From today on, the earliest first.
    Ahead,
    /// Before today, the latest first.
    Back,
}

impl Part {
    /// Its first and its last day, in the order in which they are read.
    fn window(self, today: NaiveDate) -> (Self, NaiveDate, NaiveDate) {
        match self {
            Self::Ahead => (self, today, today + Days::new(AHEAD)),
            Self::Back => (self, today - Days::new(BACK), today - Days::new(1)),
        }
    }
}

/// Tasks belong to the part of their latest date, so that each is read once.
async fn of_tasks(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    staff: StaffId,
    (part, today): (Part, NaiveDate),
    most: i64,
) -> Result<(Vec<FeedDay>, i64)> {
    type Dates = (Option<NaiveDate>, Option<NaiveDate>, serde_json::Value);
    type Row = (TaskId, String, String, Dates, i32, chrono::DateTime<chrono::Utc>);
    let (from, to) = (today - Days::new(BACK), today + Days::new(AHEAD));
    let legal = tasks::legal_due_on.between(from, to).assume_not_null();
    let target = tasks::target_on.between(from, to).assume_not_null();
    let latest = || diesel::dsl::sql::<Date>("greatest(tasks.legal_due_on, tasks.target_on)");
    let open = tasks::table
        .inner_join(clients::table.on(clients::id.eq(tasks::client_id)))
        .filter(reach::visible::<tasks::table>(scope))
        .filter(tasks::assignee_id.eq(staff))
        .filter(tasks::status.ne_all([TaskStatus::Done, TaskStatus::Canceled]))
        .filter(legal.or(target))
        .limit(most)
        .select((
            tasks::id,
            tasks::title,
            clients::name,
            (tasks::legal_due_on, tasks::target_on, tasks::provisional),
            tasks::version,
            tasks::updated_at,
        ))
        .into_boxed();
    let open = match part {
        Part::Ahead => open.filter(latest().ge(today)).order((latest().asc(), tasks::id.asc())),
        Part::Back => open.filter(latest().lt(today)).order((latest().desc(), tasks::id.desc())),
    };
    let rows: Vec<Row> = open.load(conn).await?;
    let count = i64::try_from(rows.len()).unwrap_or(most);
    let each = |(id, title, client, (legal, target, provisional), version, updated_at): Row| {
        let dates = [(DayKind::Due, legal), (DayKind::Target, target)];
        let is_doubtful = is_provisional(&provisional);
        dates.into_iter().filter_map(move |(kind, date)| {
            Some(FeedDay {
                subject: Subject::of(id),
                kind,
                date: date.filter(|date| (from..=to).contains(date))?,
                title: title.clone(),
                // The title names it.
                period: None,
                client: Some(client.clone()),
                is_provisional: kind == DayKind::Due && is_doubtful,
                version,
                updated_at,
            })
        })
    };
    Ok((rows.into_iter().flat_map(each).collect(), count))
}

async fn of_documents(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    (part, from, to): (Part, NaiveDate, NaiveDate),
    most: i64,
) -> Result<(Vec<FeedDay>, i64)> {
    type About = (String, Option<String>, Direction, serde_json::Value);
    type Row = (DocumentId, About, NaiveDate, i32, chrono::DateTime<chrono::Utc>);
    // What is handed in is done; what is delivered stays due until it is paid.
    let is_missing = documents::state.eq_any(["EXPECTED", "REJECTED"]);
    let is_delivered = documents::direction.eq("OUTPUT").and(documents::state.eq("FILED"));
    let due = documents::table
        .filter(reach::visible::<documents::table>(scope))
        .filter(documents::due_on.between(from, to).assume_not_null())
        .filter(is_missing.or(is_delivered))
        .limit(most)
        .select((
            documents::id,
            (documents::name, documents::period, documents::direction, documents::provisional),
            documents::due_on.assume_not_null(),
            documents::version,
            documents::updated_at,
        ))
        .into_boxed();
    let due = match part {
        Part::Ahead => due.order((documents::due_on.asc(), documents::id.asc())),
        Part::Back => due.order((documents::due_on.desc(), documents::id.desc())),
    };
    let rows: Vec<Row> = due.load(conn).await?;
    let count = i64::try_from(rows.len()).unwrap_or(most);
    let day = |(id, (title, period, direction, provisional), date, version, updated_at): Row| FeedDay {
        subject: Subject::of(id),
        kind: match direction {
            Direction::Input => DayKind::HandIn,
            Direction::Output => DayKind::Due,
        },
        date,
        title,
        period,
        client: None,
        is_provisional: is_provisional(&provisional),
        version,
        updated_at,
    };
    Ok((rows.into_iter().map(day).collect(), count))
}

/// Whether a date as it is kept may still change.
fn is_provisional(reasons: &serde_json::Value) -> bool {
    reasons.as_array().is_some_and(|reasons| !reasons.is_empty())
}
