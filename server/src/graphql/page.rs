//! Relay connections over the pages of the business.

/// Declares the connection of a noun and its edge; the type after `count` holds its `totalCount`,
/// a resolver of its own, so that it is counted only if it is asked for. (The ready-made connections
/// of async-graphql carry no descriptions.)
macro_rules! connection {
    ($(#[$doc:meta])* $connection:ident, $edge:ident of $node:ty, count $count:ty) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        #[graphql(complex)]
        pub struct $connection {
            /// Where the page lies in the list.
            page_info: async_graphql::connection::PageInfo,
            /// What is on the page, in the order of the list, each with its cursor.
            edges: Vec<$edge>,
            #[graphql(flatten)]
            count: $count,
        }

        #[doc = concat!("A place in a `", stringify!($connection), "`.")]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The place, for `after` and `before`.
            cursor: String,
            /// What is there.
            node: $node,
        }

        #[async_graphql::ComplexObject]
        impl $connection {
            /// What is on the page, in the order of the list.
            async fn nodes(&self) -> Vec<&$node> {
                self.edges.iter().map(|edge| &edge.node).collect()
            }
        }

        impl $connection {
            /// Makes it of a page.
            pub fn new<T>(
                page: guichet_base::page::Page<T>,
                count: $count,
                cursor: impl Fn(&T) -> String,
                node: impl Fn(T) -> $node,
            ) -> Self {
                let edge = |row| $edge { cursor: cursor(&row), node: node(row) };
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
