//! Numbers of the things of a list by their status, as an answer and live.

use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use guichet_base::error;
use guichet_base::id::Id;
use guichet_edge::ApiError;
use guichet_engine::db::Conn;

use crate::graphql::follow::{FeedNews, FeedPosition, Followed, Onlooker, Shows};
use crate::graphql::payload::unanswered;

/// A list whose things are counted by status.
pub trait Counted: Send + Sync + 'static {
    /// The id of a thing of the list.
    type Id: Id + Ord;
    /// What the things are counted by.
    type Status: Clone + PartialEq + Send + Sync + 'static;
    /// What is told of the numbers.
    type Message: Send + 'static;
    /// Viewers with the same key get the same numbers.
    type Key: Hash + Eq + Send + 'static;

    /// Which other changes the numbers depend on.
    const SHOWS: Shows;

    /// See [`Self::Key`].
    fn key(&self, onlooker: &Onlooker) -> Self::Key;

    /// Counts them: each status once, in the order of declaration.
    ///
    /// # Errors
    /// Refusals of the filter; when the database does not answer.
    fn count(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
    ) -> impl Future<Output = error::Result<Vec<(Self::Status, i64)>>> + Send;

    /// The message that tells these numbers.
    fn message(place: FeedPosition, counts: &[(Self::Status, i64)]) -> Self::Message;
}

/// A number for each status.
type Numbers<S> = Vec<(S, i64)>;

/// Numbers that are followed. A message is sent when one of them differs from what was told last.
pub struct Counting<C: Counted> {
    counted: C,
    told: Mutex<Option<Numbers<C::Status>>>,
    /// Whether things changed that were not counted again, because more changes were known.
    stale: AtomicBool,
}

impl<C: Counted> Counting<C> {
    /// Nothing was told yet.
    pub fn new(counted: C) -> Self {
        Self { counted, told: Mutex::default(), stale: AtomicBool::new(false) }
    }

    async fn count(&self, onlooker: &Onlooker) -> Result<Vec<(C::Status, i64)>, ApiError> {
        let mut conn = onlooker.store.conn().await?;
        let counts = self.counted.count(&mut conn, onlooker).await;
        counts.map_err(|error| unanswered(onlooker.locale, error))
    }

    /// Whether these numbers are news.
    fn differ(&self, counts: &[(C::Status, i64)]) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let differ = told.as_deref() != Some(counts);
        if differ {
            *told = Some(counts.to_vec());
        }
        differ
    }
}

impl<C: Counted> Followed for Counting<C> {
    type Message = C::Message;

    const SHOWS: Shows = C::SHOWS;

    async fn reload(&self, place: FeedPosition, onlooker: &Onlooker) -> Result<C::Message, ApiError> {
        let counts = self.count(onlooker).await?;
        self.differ(&counts);
        Ok(C::message(place, &counts))
    }

    async fn news(&self, place: FeedPosition, news: &FeedNews) -> Result<Option<C::Message>, ApiError> {
        let is_touched = !news.touched::<C::Id>().is_empty() || news.moves_subjects();
        // Who is behind counts once for all changes.
        if news.more {
            self.stale.fetch_or(is_touched, Ordering::Relaxed);
            return Ok(None);
        }
        if !self.stale.swap(false, Ordering::Relaxed) && !is_touched {
            return Ok(None);
        }
        let (onlooker, key) = (&news.onlooker, self.counted.key(&news.onlooker));
        let counts = news.batch.shared::<C, _, _>(key, async || self.count(onlooker).await).await?;
        Ok(self.differ(&counts).then(|| C::message(place, &counts)))
    }
}

/// Declares the numbers of a list by status, its query and its subscription. What is counted is the same for all
/// viewers with equal `shared by`. Changes of the nouns in `with` can change the numbers without a change of the things
/// themselves.
macro_rules! counts {
    (
        $(#[$doc:meta])*
        $counts:ident, $each:ident of $one:ident: $status:ident => $of:ty, all as $by:ident, told as $message:ident;
        filter $input:ident => $filter:ty, ids $id:ty, with [$($with:expr),*];
        $(#[$about:meta])* query $query:ident.$field:ident;
        $(#[$live:meta])* subscription $subscription:ident.$changed:ident, $name:literal, $counted:ident;
        shared by |$viewer:ident| $key:expr => $shared:ty,
        counted |$conn:ident, $seen:ident, $given:ident| $count:expr
    ) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $counts {
            /// The number of all items that match the filter.
            total_count: i64,
            /// The number of items of each kind, in the order of the enum; 0 where there is none.
            $by: Vec<$each>,
        }

        #[doc = concat!("One of the numbers in `", stringify!($counts), "`.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $each {
            /// What these items have in common.
            $one: $status,
            /// The number of items.
            count: i64,
        }

        #[doc = concat!("The new `", stringify!($counts), "`.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $message {
            /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
            cursor: String,
            /// The revision of this message, comparable with that of a mutation; null for clients.
            revision: Option<$crate::graphql::payload::Revision>,
            /// The numbers, all of them.
            counts: $counts,
        }

        impl $counts {
            fn new(counts: &[($of, i64)]) -> Self {
                Self {
                    total_count: counts.iter().map(|(_, count)| count).sum(),
                    $by: counts
                        .iter()
                        .map(|(status, count)| $each { $one: (*status).into(), count: *count })
                        .collect(),
                }
            }
        }

        #[doc = concat!("The query of [`", stringify!($counts), "`].")]
        #[derive(Debug, Default)]
        pub struct $query;

        #[async_graphql::Object]
        impl $query {
            $(#[$about])*
            async fn $field(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "The filter. By default all are counted.")] filter: Option<$input>,
            ) -> Result<$counts, guichet_edge::ApiError> {
                use $crate::graphql::page::FilterInput;
                use $crate::graphql::payload::queried;

                let caller = $crate::graphql::caller::Caller::of(ctx);
                let $seen = &caller.actor()?.membership;
                let $given: &$filter = &queried(caller, filter.unwrap_or_default().read($seen))?;
                let $conn = &mut *caller.reading().conn().await?;
                Ok($counts::new(&queried(caller, $count.await)?))
            }
        }

        #[doc = concat!("What [`", stringify!($message), "`] tells of.")]
        pub struct $counted($filter);

        impl $crate::graphql::counts::Counted for $counted {
            type Id = $id;
            type Status = $of;
            type Message = $message;
            type Key = ($shared, $filter);

            const SHOWS: $crate::graphql::follow::Shows = $crate::graphql::follow::Shows {
                rules: &[$($with),*],
                ..$crate::graphql::follow::Shows::of($name)
            };

            fn key(&self, onlooker: &$crate::graphql::follow::Onlooker) -> Self::Key {
                let $viewer = &onlooker.membership;
                ($key, self.0.clone())
            }

            async fn count(
                &self,
                $conn: &mut guichet_engine::db::Conn,
                onlooker: &$crate::graphql::follow::Onlooker,
            ) -> guichet_base::error::Result<Vec<($of, i64)>> {
                let ($seen, $given) = (&onlooker.membership, &self.0);
                $count.await
            }

            fn message(
                place: $crate::graphql::follow::FeedPosition,
                counts: &[($of, i64)],
            ) -> $message {
                let $crate::graphql::follow::FeedPosition { cursor, revision } = place;
                $message { cursor, revision, counts: $counts::new(counts) }
            }
        }

        #[doc = concat!("The subscription to [`", stringify!($counts), "`].")]
        #[derive(Debug, Default)]
        pub struct $subscription;

        #[async_graphql::Subscription]
        impl $subscription {
            $(#[$live])*
            async fn $changed(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "The filter. By default all are counted.")] filter: Option<$input>,
                #[graphql(
                    desc = "The cursor of the last message that was received. The subscription then continues after that message."
                )]
                after: Option<String>,
            ) -> Result<
                impl futures_util::Stream<Item = Result<$message, guichet_edge::ApiError>>,
                guichet_edge::ApiError,
            > {
                use $crate::graphql::page::FilterInput;

                let caller = $crate::graphql::caller::Caller::of(ctx);
                let filter = filter.unwrap_or_default().read(&caller.actor()?.membership);
                let filter = $crate::graphql::payload::queried(caller, filter)?;
                let counting = $crate::graphql::counts::Counting::new($counted(filter));
                $crate::graphql::follow::follow(ctx, after, counting).await
            }
        }
    };
}
pub(crate) use counts;
