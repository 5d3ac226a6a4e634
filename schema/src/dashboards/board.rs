//! How a month goes, for one client or over all of a firm: its days with the marks of their documents, and how
//! far it is. Documents count in the month of their due date; those without one are on no calendar.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Date, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_engine::actor::Scope;
use guichet_engine::tables::documents;

use crate::month::document::list::{self, DocumentFilter};
use crate::month::document::model::{DocumentApproval, DocumentState};
use crate::month::document::rules::{DocumentMark, mark_sql};
use crate::people::firm::day::today;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

impl Month {
    /// The month in which a day lies.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Reads `2026-11`.
    pub fn parse(text: &str) -> Option<Self> {
        let has_shape = text.len() == 7
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let first = has_shape.then(|| format!("{text}-01"))?;
        first.parse().ok().filter(|day: &NaiveDate| (1900..=2200).contains(&day.year())).map(Self)
    }

    /// Its first day.
    pub const fn first(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    pub fn last(self) -> NaiveDate {
        (self.0 + Months::new(1)).pred_opt().unwrap_or(self.0)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// A day on which documents are due, with the number of those of each mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: NaiveDate,
    /// The marks that there are on this day.
    pub marks: BTreeMap<DocumentMark, i64>,
}

/// How far a month is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Documents that the client handed in.
    pub handed_in: i64,
    /// Documents of which the client said that there is nothing to submit.
    pub nothing_to_submit: i64,
    /// Documents that the client has to hand in.
    pub missing: i64,
    /// Delivered documents that nobody of the client has opened.
    pub unread: i64,
    /// Delivered documents that were opened.
    pub read: i64,
    /// Documents that the firm has to deliver.
    pub awaited: i64,
    /// Of the delivered ones: those that the client was asked to approve and said nothing of.
    pub awaiting_approval: i64,
    /// Of the delivered ones: those that the client approved.
    pub approved: i64,
    /// Of the delivered ones: those of which the client said that something is wrong.
    pub contested: i64,
}

/// How a month goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// The firm's day on which it was read.
    pub today: NaiveDate,
    /// The month.
    pub month: Month,
    /// Its days with documents, in order.
    pub days: Vec<Day>,
    /// How far it is.
    pub progress: Progress,
}

/// The documents of a dashboard: those that users of the client see.
pub fn shown(filter: DocumentFilter) -> DocumentFilter {
    DocumentFilter { is_shown: Some(true), ..filter }
}

/// How a month goes, out of the documents of a filter that are within the scope; the present month without one. One scan of
/// the month's documents, whatever came before.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn read(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DocumentFilter,
    month: Option<Month>,
    now: DateTime<Utc>,
) -> Result<Board> {
    let today = today(conn, scope.firm_id(), now).await?;
    let month = month.unwrap_or_else(|| Month::of(today));
    let mark: SqlLiteral<Text> = diesel::dsl::sql(&format!("({}) AS mark", mark_sql(today)));
    let of_month = list::filtered(conn, scope, filter, now)
        .await?
        .filter(documents::due_on.between(month.first(), month.last()))
        .select((documents::due_on.assume_not_null(), mark, documents::state, documents::approval));
    type Row = (NaiveDate, DocumentMark, DocumentState, Option<DocumentApproval>, i64);
    let rows: Vec<Row> = Grouped(of_month).load(conn).await?;
    let mut days: BTreeMap<NaiveDate, BTreeMap<DocumentMark, i64>> = BTreeMap::new();
    let mut progress = Progress::default();
    for (date, mark, state, approval, count) in rows {
        *days.entry(date).or_default().entry(mark).or_default() += count;
        progress.add(mark, state, count);
        progress.add_approval(approval, count);
    }
    let days = days.into_iter().map(|(date, marks)| Day { date, marks }).collect();
    Ok(Board { today, month, days, progress })
}

impl Progress {
    fn add(&mut self, mark: DocumentMark, state: DocumentState, count: i64) {
        let part = match mark {
            DocumentMark::OverdueUnread | DocumentMark::DueTodayUnread | DocumentMark::UpcomingUnread => {
                &mut self.unread
            }
            DocumentMark::Read => &mut self.read,
            DocumentMark::AwaitingFirm => &mut self.awaited,
            DocumentMark::ToHandIn | DocumentMark::OverdueToHandIn => &mut self.missing,
            DocumentMark::Settled if state == DocumentState::NothingToSubmit => &mut self.nothing_to_submit,
            DocumentMark::Settled => &mut self.handed_in,
        };
        *part += count;
    }

    fn add_approval(&mut self, approval: Option<DocumentApproval>, count: i64) {
        match approval {
            None => {}
            Some(DocumentApproval::Waiting) => self.awaiting_approval += count,
            Some(DocumentApproval::Approved) => self.approved += count,
            Some(DocumentApproval::Contested) => self.contested += count,
        }
    }
}

/// The rows of a query by what is equal in them, with how many there are.
#[derive(QueryId)]
struct Grouped<Q>(Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Grouped<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT due_on, mark, state, approval, count(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(") AS rows GROUP BY due_on, mark, state, approval");
        Ok(())
    }
}

impl<Q> Query for Grouped<Q> {
    type SqlType = (Date, Text, Text, Nullable<Text>, BigInt);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let month = Month::parse("2024-02").unwrap();
        assert_eq!((month.first(), month.last()), (day("2024-02-01"), day("2024-02-29")));
        assert_eq!(Month::of(day("2026-12-31")).last(), day("2026-12-31"));
        for text in ["2024-13", "2024-2", "2024-00", "24-02", "2024-02-01", "+024-01", "1234-01", ""] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    /// each document counts once.
    #[test]
    fn a_01_progress() {
        let mut progress = Progress::default();
        for (mark, state) in [
            (DocumentMark::Settled, DocumentState::Filed),
            (DocumentMark::Settled, DocumentState::NothingToSubmit),
            (DocumentMark::ToHandIn, DocumentState::Expected),
            (DocumentMark::OverdueToHandIn, DocumentState::Rejected),
            (DocumentMark::OverdueUnread, DocumentState::Filed),
            (DocumentMark::UpcomingUnread, DocumentState::Filed),
            (DocumentMark::DueTodayUnread, DocumentState::Filed),
            (DocumentMark::Read, DocumentState::Filed),
            (DocumentMark::AwaitingFirm, DocumentState::Expected),
        ] {
            progress.add(mark, state, 1);
        }
        for approval in [None, Some(DocumentApproval::Waiting), Some(DocumentApproval::Approved)] {
            progress.add_approval(approval, 1);
        }
        progress.add_approval(Some(DocumentApproval::Contested), 2);
        let expected = Progress {
            handed_in: 1,
            nothing_to_submit: 1,
            missing: 2,
            unread: 3,
            read: 1,
            awaited: 1,
            awaiting_approval: 1,
            approved: 1,
            contested: 2,
        };
        assert_eq!(progress, expected);
    }
}
