//! A dashboard, live: what changed on it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use async_graphql::{Context, ID, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::id::{DocumentId, FirmId, Id};
use guichet_edge::{ApiError, MESSAGE_LENGTH};
use guichet_engine::actor::Scope;
use guichet_schema::dashboards::board::{self, Board, Day, Month};
use guichet_schema::month::document::{list, model};
use guichet_schema::month::generation::run::MONTH;
use guichet_schema::people::firm::day::DAY;

use super::{DashboardDay, DashboardFilter, DocumentProgress, month};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{FeedNews, FeedPosition, Followed, Onlooker, Shows, follow};
use crate::graphql::listed::Listed;
use crate::graphql::month::document::{Document, DocumentsListed};
use crate::graphql::page::FilterInput;
use crate::graphql::payload::{Revision, api_id, queried, unanswered};
use crate::graphql::scalars::Date;

/// What changed on a dashboard.
#[derive(SimpleObject)]
pub struct DashboardChanged {
    /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
    cursor: String,
    /// The revision of this message, comparable with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether the lists of documents of the dashboard must be read again now. True in the first message without `after`, after a
    /// long absence, when a day begins, and when the rights of the viewer changed.
    reload: bool,
    /// The date of today in the time zone of the firm.
    today: Date,
    /// How the documents stand that are due in the month.
    progress: DocumentProgress,
    /// The days whose numbers changed. A day on which no document is due any more has no marks.
    days: Vec<DashboardDay>,
    /// Whether `days` are all days of the month on which documents are due, so that all others have none: true with `reload`,
    /// and in the first message after a lost connection.
    all_days: bool,
    /// The new and changed documents of the dashboard, in their current state, whenever they are due.
    changed: Vec<Document>,
    /// The IDs of documents that are not, or no longer, on the dashboard.
    removed: Vec<ID>,
}

/// A dashboard that is followed.
pub struct DashboardFollowed {
    month: Option<Month>,
    filter: list::DocumentFilter,
    told: Mutex<Option<Board>>,
    /// Whether documents changed after which the numbers were not read again, because more changes were known.
    stale: AtomicBool,
}

/// Viewers with the same key see the same of a dashboard.
type Key = (Scope, list::DocumentFilter, Option<Month>);

impl DashboardFollowed {
    fn key(&self, onlooker: &Onlooker) -> Key {
        (onlooker.scope(), self.filter.clone(), self.month)
    }

    async fn read(&self, onlooker: &Onlooker) -> Result<Board, ApiError> {
        let (scope, now) = (onlooker.scope(), onlooker.store.now());
        let mut conn = onlooker.store.conn().await?;
        let board = board::read(&mut conn, &scope, &self.filter, self.month, now).await;
        board.map_err(|error| unanswered(onlooker.locale, error))
    }

    /// Those of the changed documents that are on the dashboard.
    async fn changed(&self, news: &FeedNews) -> Result<BTreeMap<DocumentId, model::Document>, ApiError> {
        let onlooker = &news.onlooker;
        let mut conn = onlooker.store.conn().await?;
        let (ids, now) = (news.batch.things(), onlooker.store.now());
        let found = list::among(&mut conn, &onlooker.scope(), &self.filter, &ids, now).await;
        let found = found.map_err(|error| unanswered(onlooker.locale, error))?;
        Ok(found.into_iter().map(|document| (document.id, document)).collect())
    }

    /// Remembers what is told now; returns the days that were told otherwise before. Without anything that was told before, as
    /// after a lost connection, nobody knows which days emptied meanwhile: then they are all days.
    fn differing(&self, board: &Board) -> Days {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.replace(board.clone()).filter(|before| before.month == board.month);
        let Some(Board { days: before, .. }) = before else {
            return Days { days: board.days.clone(), are_all: true };
        };
        let is_new = |day: &&Day| !before.contains(day);
        let mut days: Vec<Day> = board.days.iter().filter(is_new).cloned().collect();
        let is_over = |day: &&Day| board.days.iter().all(|now| now.date != day.date);
        days.extend(before.iter().filter(is_over).map(|day| Day { date: day.date, marks: BTreeMap::new() }));
        days.sort_by_key(|day| day.date);
        Days { days, are_all: false }
    }

    /// What was told last.
    fn last(&self) -> Option<Board> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The days of a message.
struct Days {
    days: Vec<Day>,
    /// Whether all others are empty.
    are_all: bool,
}

fn message(place: FeedPosition, reload: bool, board: &Board, of: &Days) -> DashboardChanged {
    DashboardChanged {
        cursor: place.cursor,
        revision: place.revision,
        reload,
        today: Date(board.today),
        progress: board.progress.into(),
        days: of.days.iter().map(Into::into).collect(),
        all_days: of.are_all,
        changed: Vec::new(),
        removed: Vec::new(),
    }
}

impl Followed for DashboardFollowed {
    type Message = DashboardChanged;

    const SHOWS: Shows = Shows {
        // It shows documents.
        embeds: <DocumentsListed as Listed>::SHOWS.embeds,
        elsewhere: <DocumentsListed as Listed>::SHOWS.elsewhere,
        // What was generated is told by one event a client; all depends on the day.
        rules: &[MONTH, DAY, FirmId::NOUN],
        ..Shows::of("dashboardChanged")
    };

    async fn reload(&self, place: FeedPosition, onlooker: &Onlooker) -> Result<DashboardChanged, ApiError> {
        let board = self.read(onlooker).await?;
        self.differing(&board);
        let all = Days { days: board.days.clone(), are_all: true };
        Ok(message(place, true, &board, &all))
    }

    async fn news(&self, place: FeedPosition, news: &FeedNews) -> Result<Option<DashboardChanged>, ApiError> {
        let touched = news.touched::<DocumentId>();
        if news.moves_subjects() || touched.len() > MESSAGE_LENGTH {
            return self.reload(place, &news.onlooker).await.map(Some);
        }
        if touched.is_empty() && (news.more || !self.stale.load(Ordering::Relaxed)) {
            return Ok(None);
        }
        let key = self.key(&news.onlooker);
        let found = news.batch.shared::<Self, _, _>(key, async || self.changed(news).await).await?;
        // Who is behind counts once for all changes.
        let (board, days) = match self.last().filter(|_| news.more) {
            Some(last) => {
                self.stale.store(true, Ordering::Relaxed);
                (last, Days { days: Vec::new(), are_all: false })
            }
            None => {
                self.stale.store(false, Ordering::Relaxed);
                let key = self.key(&news.onlooker);
                let read = async || self.read(&news.onlooker).await;
                let board = news.batch.shared::<Self, _, _>(key, read).await?;
                let days = self.differing(&board);
                (Board::clone(&board), days)
            }
        };
        let mut message = message(place, false, &board, &days);
        for id in touched {
            match found.get(&id) {
                Some(document) => message.changed.push(Document(document.clone())),
                None => message.removed.push(api_id(id)),
            }
        }
        Ok(Some(message))
    }
}

/// Dashboards, live.
#[derive(Debug, Default)]
pub struct DashboardSubscription;

#[Subscription]
impl DashboardSubscription {
    /// Sends what changes on a dashboard: applied in order to the result of `clientDashboard` or `firmDashboard` after the
    /// first message, the messages keep it up to date. The beginning of a day is sent within a minute.
    async fn dashboard_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The month, for example `2026-11`. By default the present one, which becomes the next one when it is over."
        )]
        month: Option<String>,
        #[graphql(
            desc = "The part of the documents that it is about. By default all that the viewer can see."
        )]
        filter: Option<DashboardFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<DashboardChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let month = queried(caller, self::month(month.as_deref()))?;
        let followed =
            DashboardFollowed { month, filter, told: Mutex::default(), stale: AtomicBool::new(false) };
        follow(ctx, after, followed).await
    }
}
