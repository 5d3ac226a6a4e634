//! Lists that are followed.

use std::collections::BTreeMap;
use std::hash::Hash;

use guichet_base::error;
use guichet_base::id::Id;
use guichet_edge::{ApiError, MESSAGE_LENGTH};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;

use crate::graphql::follow::{FeedNews, FeedPosition, Followed, Onlooker, Shows};
use crate::graphql::payload::unanswered;

/// What a message about a list says; see [`changes`].
pub trait Changes: Send + 'static {
    /// The id of a thing of the list.
    type Id: Id + Ord + Sync;
    /// A thing of the list, as it is found.
    type Row: Clone + Send + Sync + 'static;

    /// The id of a row.
    fn id(row: &Self::Row) -> Self::Id;

    /// The message.
    fn new(
        place: FeedPosition,
        reload: bool,
        changed: Vec<(Position, Self::Row)>,
        removed: Vec<Self::Id>,
    ) -> Self;
}

/// Declares the message about a list of things.
macro_rules! changes {
    ($(#[$doc:meta])* $message:ident of $edge:ident, $noun:ident($row:ty), $id:ty) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        #[graphql(complex)]
        pub struct $message {
            /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
            cursor: String,
            /// The revision of this message, comparable with that of a mutation; null for clients.
            revision: Option<$crate::graphql::payload::Revision>,
            /// Whether the client must read the list again now, because the following messages build on the new
            /// result. True in the first message without `after`, after a long absence, when too much changed at once,
            /// and when the rights of the viewer changed.
            reload: bool,
            /// The new and changed items of the list, in their current state, each with its cursor and its sort key.
            edges: Vec<$edge>,
            /// The IDs of items that are not, or no longer, in the list.
            removed: Vec<async_graphql::ID>,
        }

        #[async_graphql::ComplexObject]
        impl $message {
            /// The new and changed items of the list, in their current state.
            async fn changed(&self) -> Vec<&$noun> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }
        }

        impl $crate::graphql::listed::Changes for $message {
            type Id = $id;
            type Row = $row;

            fn id(row: &$row) -> $id {
                row.id
            }

            fn new(
                place: $crate::graphql::follow::FeedPosition,
                reload: bool,
                changed: Vec<(guichet_engine::keyset::Position, $row)>,
                removed: Vec<$id>,
            ) -> Self {
                let $crate::graphql::follow::FeedPosition { cursor, revision } = place;
                let edges = changed.into_iter().map(|(at, row)| $edge::new(at, $noun(row))).collect();
                let removed = removed.into_iter().map($crate::graphql::payload::api_id).collect();
                Self { cursor, revision, reload, edges, removed }
            }
        }
    };
}
pub(crate) use changes;

/// A list that is followed: a message holds what changed as far as it is in the list now, and the ids of what is not.
pub trait Listed: Send + Sync + 'static {
    /// What it tells.
    type Message: Changes;
    /// Viewers with the same key see the same of the list.
    type Key: Hash + Eq + Send + 'static;

    /// What it shows beside the things that it tells of.
    const SHOWS: Shows;

    /// See [`Self::Key`].
    fn key(&self, onlooker: &Onlooker) -> Self::Key;

    /// Finds those of the things that are in the list.
    ///
    /// # Errors
    /// Refusals of the filter; when the database does not answer.
    fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[<Self::Message as Changes>::Id],
    ) -> impl Future<Output = error::Result<Vec<<Self::Message as Changes>::Row>>> + Send;

    /// The position of a row in the list.
    fn position(&self, row: &<Self::Message as Changes>::Row) -> Position;

    /// Whether things came into the list or went out of it without events of their own.
    fn is_moved(&self, _: &FeedNews) -> bool {
        false
    }
}

impl<L: Listed> Followed for L {
    type Message = L::Message;

    const SHOWS: Shows = L::SHOWS;

    async fn reload(&self, place: FeedPosition, _: &Onlooker) -> Result<L::Message, ApiError> {
        Ok(L::Message::new(place, true, Vec::new(), Vec::new()))
    }

    async fn news(&self, place: FeedPosition, news: &FeedNews) -> Result<Option<L::Message>, ApiError> {
        let touched = news.touched::<<L::Message as Changes>::Id>();
        if self.is_moved(news) || touched.len() > MESSAGE_LENGTH {
            return self.reload(place, &news.onlooker).await.map(Some);
        }
        if touched.is_empty() {
            return Ok(None);
        }
        let onlooker = &news.onlooker;
        let found = news
            .batch
            .shared::<L, _, _>(self.key(onlooker), async || {
                let mut conn = onlooker.store.conn().await?;
                let found = self.find(&mut conn, onlooker, &news.batch.things()).await;
                let found = found.map_err(|error| unanswered(onlooker.locale, error))?;
                Ok(found.into_iter().map(|row| (L::Message::id(&row), row)).collect::<BTreeMap<_, _>>())
            })
            .await?;
        let (mut changed, mut removed) = (Vec::new(), Vec::new());
        for id in touched {
            match found.get(&id) {
                Some(row) => changed.push((self.position(row), row.clone())),
                None => removed.push(id),
            }
        }
        Ok(Some(L::Message::new(place, false, changed, removed)))
    }
}

/// Declares a list of a filter that is followed: its message, its subscription, and what is listed. What is found is
/// the same for all viewers with equal `shared by`. A list says when it is `moved by` news about other things, if
/// its own come into it or go out of it without events of their own.
macro_rules! listed {
    (
        $(#[$doc:meta])*
        $message:ident of $edge:ident, $noun:ident($row:ty), $id:ty;
        filter $input:ident => $filter:ty;
        $(#[$live:meta])*
        subscription $subscription:ident.$changed:ident, $listed:ident;
        shows $shows:expr;
        shared by |$viewer:ident| $key:expr => $shared:ty,
        found |$conn:ident, $seen:ident, $given:ident, $ids:ident| $find:expr,
        position $position:path
        $(, moved by |$news:ident| $moved:expr)?
    ) => {
        $crate::graphql::listed::changes! {
            $(#[$doc])*
            $message of $edge, $noun($row), $id
        }

        #[doc = concat!("What [`", stringify!($message), "`] tells of.")]
        pub struct $listed($filter);

        impl $crate::graphql::listed::Listed for $listed {
            type Message = $message;
            type Key = ($shared, $filter);

            const SHOWS: $crate::graphql::follow::Shows = $shows;

            fn key(&self, onlooker: &$crate::graphql::follow::Onlooker) -> Self::Key {
                let $viewer = &onlooker.membership;
                ($key, self.0.clone())
            }

            async fn find(
                &self,
                $conn: &mut guichet_engine::db::Conn,
                onlooker: &$crate::graphql::follow::Onlooker,
                $ids: &[$id],
            ) -> guichet_base::error::Result<Vec<$row>> {
                let ($seen, $given) = (&onlooker.membership, &self.0);
                $find.await
            }

            fn position(&self, row: &$row) -> guichet_engine::keyset::Position {
                $position(row)
            }

            $(
                fn is_moved(&self, $news: &$crate::graphql::follow::FeedNews) -> bool {
                    $moved
                }
            )?
        }

        #[doc = concat!("The subscription to [`", stringify!($listed), "`].")]
        #[derive(Debug, Default)]
        pub struct $subscription;

        #[async_graphql::Subscription]
        impl $subscription {
            $(#[$live])*
            async fn $changed(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "The filter. By default all are returned.")] filter: Option<$input>,
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
                $crate::graphql::follow::follow(ctx, after, $listed(filter)).await
            }
        }
    };
}
pub(crate) use listed;
