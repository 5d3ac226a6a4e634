//! Numbers of documents by mark, category, period and kind of work.

use async_graphql::{Context, Object, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, DocumentId, Id, TaskTypeId};
use guichet_edge::ApiError;
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_schema::month::document::counts::{self, Tallied};
use guichet_schema::month::document::list;
use guichet_schema::month::generation::run::MONTH;
use guichet_schema::people::firm::day::DAY;

use super::list::DocumentFilter;
use super::types::DocumentMark;
use crate::graphql::caller::Caller;
use crate::graphql::counts::{Counted, Counting};
use crate::graphql::follow::{FeedPosition, Onlooker, Shows, follow};
use crate::graphql::month::DocumentCategory;
use crate::graphql::page::FilterInput;
use crate::graphql::payload::{Revision, queried};

/// The numbers of documents by mark, category, period and kind of work.
#[derive(SimpleObject)]
pub struct DocumentCounts {
    /// The number of all items that match the filter.
    total_count: i64,
    /// The number of items of each kind, in the order of the enum; 0 where there is none.
    by_mark: Vec<DocumentMarkCount>,
    /// The number of items about each category that has any, the largest first.
    by_category: Vec<DocumentCategoryCount>,
    /// The number of items about each period that has any, the last one first.
    by_period: Vec<DocumentPeriodCount>,
    /// The number of items of each kind of work that has any, the largest first.
    by_task_type_name: Vec<DocumentTaskTypeNameCount>,
}

/// One of the numbers in `DocumentCounts`.
#[derive(SimpleObject)]
pub struct DocumentMarkCount {
    /// What these items have in common.
    mark: DocumentMark,
    /// The number of items.
    count: i64,
}

/// One of the numbers in `DocumentCounts`.
#[derive(SimpleObject)]
pub struct DocumentCategoryCount {
    /// What these items have in common.
    category: DocumentCategory,
    /// The number of items.
    count: i64,
}

/// One of the numbers in `DocumentCounts`.
#[derive(SimpleObject)]
pub struct DocumentPeriodCount {
    /// The name of the period that these items are about, for example `2026-03`.
    period: String,
    /// The number of items.
    count: i64,
}

/// One of the numbers in `DocumentCounts`.
#[derive(SimpleObject)]
pub struct DocumentTaskTypeNameCount {
    /// The name of the kind of work that these items belong to.
    task_type_name: String,
    /// The number of items.
    count: i64,
}

/// The new `DocumentCounts`.
#[derive(SimpleObject)]
pub struct DocumentCountsChanged {
    /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
    cursor: String,
    /// The revision of this message, comparable with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// The numbers, all of them.
    counts: DocumentCounts,
}

impl DocumentCounts {
    fn new(counts: &[(Tallied, i64)]) -> Self {
        let mut all = Self {
            total_count: 0,
            by_mark: Vec::new(),
            by_category: Vec::new(),
            by_period: Vec::new(),
            by_task_type_name: Vec::new(),
        };
        for (tallied, count) in counts {
            let count = *count;
            match tallied {
                Tallied::Mark(mark) => {
                    all.total_count += count;
                    all.by_mark.push(DocumentMarkCount { mark: (*mark).into(), count });
                }
                Tallied::Category(category) => {
                    all.by_category.push(DocumentCategoryCount { category: (*category).into(), count });
                }
                Tallied::Period(period) => {
                    all.by_period.push(DocumentPeriodCount { period: period.clone(), count });
                }
                Tallied::TaskType(name) => {
                    let task_type_name = name.clone();
                    all.by_task_type_name.push(DocumentTaskTypeNameCount { task_type_name, count });
                }
            }
        }
        all
    }
}

/// Numbers of documents.
#[derive(Debug, Default)]
pub struct DocumentCountsQuery;

#[Object]
impl DocumentCountsQuery {
    /// Returns the numbers of documents that the viewer can see, by their marks of today, and by category, period and kind of
    /// work.
    async fn document_counts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are counted.")] filter: Option<DocumentFilter>,
    ) -> Result<DocumentCounts, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let (scope, now) = (caller.scope()?, caller.store.now());
        let found = counts::counts(&mut *caller.reading().conn().await?, &scope, &filter, now).await;
        Ok(DocumentCounts::new(&queried(caller, found)?))
    }
}

/// What [`DocumentCountsChanged`] tells of.
pub struct DocumentsCounted(list::DocumentFilter);

impl Counted for DocumentsCounted {
    type Id = DocumentId;
    type Status = Tallied;
    type Message = DocumentCountsChanged;
    type Key = (Scope, list::DocumentFilter);

    const SHOWS: Shows = Shows {
        rules: &[ClientId::NOUN, TaskTypeId::NOUN, DAY, MONTH],
        ..Shows::of("documentCountsChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn count(&self, conn: &mut Conn, onlooker: &Onlooker) -> error::Result<Vec<(Tallied, i64)>> {
        counts::counts(conn, &onlooker.scope(), &self.0, onlooker.store.now()).await
    }

    fn message(place: FeedPosition, counts: &[(Tallied, i64)]) -> DocumentCountsChanged {
        let FeedPosition { cursor, revision } = place;
        DocumentCountsChanged { cursor, revision, counts: DocumentCounts::new(counts) }
    }
}

/// Numbers of documents, live.
#[derive(Debug, Default)]
pub struct DocumentCountsSubscription;

#[Subscription]
impl DocumentCountsSubscription {
    /// Sends the numbers of documents that the viewer can see, by mark, category, period and kind of work: in the first message
    /// without `after`, and whenever one of them changes with a document or when a day begins.
    async fn document_counts_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are counted.")] filter: Option<DocumentFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<DocumentCountsChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, Counting::new(DocumentsCounted(filter))).await
    }
}
