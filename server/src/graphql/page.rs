//! Relay connections over pages of the business.

use guichet_base::error;
use guichet_engine::actor::{Membership, Scope};

use crate::graphql::caller::Caller;
use guichet_edge::ApiError;

/// The filter of a list, as clients give it.
pub trait FilterInput: Default {
    /// The filter of the business.
    type Filter;

    /// The filter as this viewer means it.
    ///
    /// # Errors
    /// Refusals of conditions that the viewer may not ask for, and of invalid ones.
    fn read(self, viewer: &Membership) -> error::Result<Self::Filter>;
}

/// Declares the connection of a noun and its edge, and, where it is a field of the query, that field with its arguments,
/// its filter and its `totalCount`, from the finders of a page and of the count. What these find is `seen by` a `scope`
/// or a `membership`.
///
/// Of a connection within another type only the connection is declared: the type after `count` holds its `totalCount`,
/// a resolver of its own, so that it is counted only if it is asked for. A `log` grows at one end only and its rows never
/// move, so its edges need no sort key. (The ready-made connections of async-graphql carry no descriptions.)
macro_rules! connection {
    (
        $(#[$doc:meta])*
        $connection:ident, $edge:ident of $node:ident, count $count:ident;
        $(#[$about:meta])*
        query $query:ident.$field:ident $(, filter $input:ty => $filter:ty)?;
        seen by $seen:ident, page $page:path, counted $counted:path, position $position:path
    ) => {
        $crate::graphql::page::connection! { $(#[$doc])* $connection, $edge of $node, count $count }

        /// Counts only when requested.
        pub struct $count($($filter)?);

        #[async_graphql::Object]
        impl $count {
            /// The number of items on all pages.
            async fn total_count(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> Result<i64, guichet_edge::ApiError> {
                let caller = $crate::graphql::caller::Caller::of(ctx);
                let seen = &$crate::graphql::page::$seen(caller)?;
                let mut conn = caller.reading().conn().await?;
                let found = $counted(&mut conn, seen $(, &self.0 as &$filter)?).await;
                $crate::graphql::payload::queried(caller, found)
            }
        }

        #[doc = concat!("The query of [`", stringify!($connection), "`].")]
        #[derive(Debug, Default)]
        pub struct $query;

        #[async_graphql::Object]
        impl $query {
            $(#[$about])*
            async fn $field(
                &self,
                ctx: &async_graphql::Context<'_>,
                $(#[graphql(desc = "The filter. By default all are returned.")] filter: Option<$input>,)?
                #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")] first: Option<i32>,
                #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
                #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
                #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
            ) -> Result<$connection, guichet_edge::ApiError> {
                use $crate::graphql::payload::queried;

                let caller = $crate::graphql::caller::Caller::of(ctx);
                let seen = &$crate::graphql::page::$seen(caller)?;
                $(
                    let viewer = $crate::graphql::page::membership(caller)?;
                    let filter = $crate::graphql::page::FilterInput::read(filter.unwrap_or_default(), viewer);
                    let filter: $filter = queried(caller, filter)?;
                )?
                let part = guichet_base::page::PageRequest::new(first, after, last, before);
                let part = queried(caller, part)?;
                let page = $page(&mut *caller.conn().await?, seen, $(&filter as &$filter,)? &part).await;
                let page = queried(caller, page)?;
                Ok($connection::new(page, $count($(filter as $filter)?), $position, $node))
            }
        }
    };
    ($(#[$doc:meta])* $connection:ident, $edge:ident of $node:ty, count $count:ty) => {
        #[doc = concat!("An item of `", stringify!($connection), "` with its cursor.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The opaque cursor of the item, for `after` and `before`, for example
            /// `TkFNRQowMTlhYTFmMDdjM2I3ZTVkOWIyZjRjNmE4ZTBkMTM1NwpBdXJvcmE`.
            pub cursor: String,
            /// The place of the item in the list. Items are in the order of their sort keys, compared as strings by
            /// their code units, as `<` does in JavaScript. So a frontend can place an item that a subscription sends.
            /// Keys of lists in different orders cannot be compared; each begins with its order, for example `NAME+`.
            pub sort_key: String,
            /// The item.
            pub node: $node,
        }

        impl $edge {
            /// The item at its place.
            pub fn new(position: guichet_engine::keyset::Position, node: $node) -> Self {
                let guichet_engine::keyset::Position { cursor, sort_key } = position;
                Self { cursor, sort_key, node }
            }
        }

        $crate::graphql::page::connection!(
            @ $(#[$doc])* $connection, $edge of $node, count $count, at guichet_engine::keyset::Position
        );
    };
    (log $(#[$doc:meta])* $connection:ident, $edge:ident of $node:ty, count $count:ty) => {
        #[doc = concat!("An item of `", stringify!($connection), "` with its cursor.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The opaque cursor of the item, for `after` and `before`, for example
            /// `TkFNRQowMTlhYTFmMDdjM2I3ZTVkOWIyZjRjNmE4ZTBkMTM1NwpBdXJvcmE`.
            pub cursor: String,
            /// The item.
            pub node: $node,
        }

        impl $edge {
            /// The item with its cursor.
            pub fn new(cursor: String, node: $node) -> Self {
                Self { cursor, node }
            }
        }

        $crate::graphql::page::connection!(
            @ $(#[$doc])* $connection, $edge of $node, count $count, at String
        );
    };
    (@ $(#[$doc:meta])* $connection:ident, $edge:ident of $node:ty, count $count:ty, at $at:ty) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        #[graphql(complex)]
        pub struct $connection {
            /// The position of the page in the list.
            page_info: async_graphql::connection::PageInfo,
            /// The items of the page in the order of the list, each with its cursor.
            edges: Vec<$edge>,
            #[graphql(flatten)]
            count: $count,
        }

        #[async_graphql::ComplexObject]
        impl $connection {
            /// The items of the page in the order of the list.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }
        }

        impl $connection {
            /// Builds the connection of a page.
            pub fn new<T>(
                page: guichet_base::page::Page<T>,
                count: $count,
                at: impl Fn(&T) -> $at,
                node: impl Fn(T) -> $node,
            ) -> Self {
                let edge = |row| $edge::new(at(&row), node(row));
                let edges: Vec<$edge> = page.rows.into_iter().map(edge).collect();
                let page_info = async_graphql::connection::PageInfo {
                    has_previous_page: page.has_previous,
                    has_next_page: page.has_next,
                    start_cursor: edges.first().map(|edge| edge.cursor.clone()),
                    end_cursor: edges.last().map(|edge| edge.cursor.clone()),
                };
                Self { page_info, edges, count }
            }
        }
    };
}
pub(crate) use connection;

/// What the caller's scope contains.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub fn scope(caller: &Caller) -> Result<Scope, ApiError> {
    caller.scope()
}

/// What the caller's membership sees.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub fn membership(caller: &Caller) -> Result<&Membership, ApiError> {
    caller.actor().map(|actor| &actor.membership)
}
