//! Loaders: one statement for all rows that one level of an answer needs (see [`crate::graphql::batch`]).
//!
//! Each noun's file implements `Loader<Key>` for [`Loads`]. Keys contain the arguments of the field, so fields
//! with other arguments are loaded separately.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use async_graphql::dataloader::Loader;
use guichet_base::error::Error;
use guichet_base::locale::Locale;
use guichet_edge::{ApiError, Code};
use guichet_engine::actor::{Membership, Scope};

use crate::graphql::batch::LoaderQueue;
use crate::graphql::caller::Caller;
use crate::graphql::reading::{Lent, Reading};
use crate::live::EventBatch;

/// What loaders use: the connections of the request, and the viewer's membership.
#[derive(Debug)]
pub struct Loads {
    /// The connections of the request.
    pub reading: Reading,
    /// The viewer's membership.
    pub membership: Membership,
    /// The language of the answer.
    pub locale: Locale,
    /// The events that the current message of a subscription is about.
    about: Mutex<Option<Arc<EventBatch>>>,
}

/// The loaders of one request; none without a membership.
pub type Loaders = Option<Arc<LoaderQueue>>;

/// The loaders of a caller.
pub fn loaders(caller: &Caller) -> Loaders {
    let membership = caller.membership()?.clone();
    Some(LoaderQueue::new(Loads::new(caller.reading().clone(), membership, caller.locale)))
}

impl Loads {
    /// Loaders on these connections, for this membership, in this language.
    pub fn new(reading: Reading, membership: Membership, locale: Locale) -> Self {
        Self { reading, membership, locale, about: Mutex::default() }
    }

    /// Sets the events that the following loads are about, if any.
    pub fn about(&self, batch: Option<Arc<EventBatch>>) {
        *self.about.lock().unwrap_or_else(PoisonError::into_inner) = batch;
    }

    /// Drops what was loaded about these events.
    pub fn forget(&self) {
        let about = self.about.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(batch) = about {
            batch.forget();
        }
    }

    /// Loads things that look the same for everybody with the same scope. In a message about events, each thing is
    /// loaded once for all viewers.
    ///
    /// # Errors
    /// The error of `find`.
    pub async fn once<K, V>(
        &self,
        keys: Vec<K>,
        find: impl AsyncFnOnce(Vec<K>) -> Result<HashMap<K, V>, ApiError>,
    ) -> Result<HashMap<K, V>, ApiError>
    where
        K: Hash + Eq + Clone + Send + 'static,
        V: Clone + Send + 'static,
    {
        type Known<K, V> = tokio::sync::Mutex<HashMap<K, Option<V>>>;
        let about = self.about.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(batch) = about else { return find(keys).await };
        let known = batch.shared::<Self, _, _>(self.scope(), async || Ok(Known::<K, V>::default())).await?;
        let mut known = known.lock().await;
        let missing: Vec<K> = keys.iter().filter(|key| !known.contains_key(*key)).cloned().collect();
        if !missing.is_empty() {
            let mut found = find(missing.clone()).await?;
            known.extend(missing.into_iter().map(|key| {
                let value = found.remove(&key);
                (key, value)
            }));
        }
        let value = |key: K| Some((known.get(&key)?.clone()?, key));
        Ok(keys.into_iter().filter_map(value).map(|(value, key)| (key, value)).collect())
    }

    /// What the membership can see.
    pub fn scope(&self) -> Scope {
        self.membership.scope()
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn conn(&self) -> Result<Lent, ApiError> {
        self.reading.conn().await
    }
}

/// Loads one value by its key, together with those of its siblings.
///
/// # Errors
/// `UNAUTHENTICATED` without a membership; the error of the loader.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Loads as Loader<K>>::Value>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loads: Loader<K, Error = ApiError>,
{
    let loaders = ctx.data_unchecked::<Loaders>().as_ref().ok_or_else(ApiError::unauthenticated)?;
    loaders.load(key).await
}

/// The children of one parent, shared by all fields that request them.
pub type Rows<R> = Arc<Vec<R>>;

/// Loads the children of a parent, together with those of its siblings. They count towards the limit of list
/// items.
///
/// # Errors
/// As [`load`]; `COST_EXCEEDED`.
pub async fn load_list<K, R, T>(ctx: &Context<'_>, key: K, show: impl Fn(R) -> T) -> Result<Vec<T>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    R: Clone,
    Loads: Loader<K, Value = Rows<R>, Error = ApiError>,
{
    let loaders = ctx.data_unchecked::<Loaders>().as_ref().ok_or_else(ApiError::unauthenticated)?;
    let Some(rows) = loaders.load(key).await? else { return Ok(Vec::new()) };
    spend(ctx, rows.len())?;
    Ok(rows.iter().cloned().map(show).collect())
}

/// Counts items of a list without a limiting argument towards the limit of the request.
///
/// # Errors
/// `COST_EXCEEDED`, which ends the whole request.
pub fn spend(ctx: &Context<'_>, things: usize) -> Result<(), ApiError> {
    let loaders = ctx.data_unchecked::<Loaders>().as_ref().ok_or_else(ApiError::unauthenticated)?;
    if loaders.spend(things) { Ok(()) } else { Err(ApiError::new(Code::CostExceeded, "Too many things.")) }
}

/// Loads one value by an optional key.
///
/// # Errors
/// As [`load`].
pub async fn load_optional<K>(
    ctx: &Context<'_>,
    key: Option<K>,
) -> Result<Option<<Loads as Loader<K>>::Value>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loads: Loader<K, Error = ApiError>,
{
    match key {
        Some(key) => load(ctx, key).await,
        None => Ok(None),
    }
}

/// A finder by key refuses nothing, so its error is an internal one.
pub fn fault(error: Error) -> ApiError {
    match error {
        Error::Fault(fault) => fault.into(),
        Error::Refused(_) => ApiError::internal(error),
    }
}

/// What a row refers to. It exists by a foreign key, and is visible to everybody who can see the row. Only a
/// concurrent change can make it invisible: the same request may then succeed when it is repeated.
///
/// # Errors
/// `UNAVAILABLE`.
pub fn seen<T>(found: Option<T>) -> Result<T, ApiError> {
    found.ok_or_else(|| ApiError::unavailable("a thing went out of sight between two statements"))
}

/// The rows of each parent, in the order of the query.
pub fn grouped<P: Hash + Eq, R>(rows: Vec<R>, parent: impl Fn(&R) -> P) -> HashMap<P, Vec<R>> {
    let mut groups: HashMap<P, Vec<R>> = HashMap::new();
    for row in rows {
        groups.entry(parent(&row)).or_default().push(row);
    }
    groups
}

/// Declares a key that wraps an id, and its loader: an expression over `Loads`, a connection and the ids, which
/// returns values by id; `[Row]` stands for the rows of a list.
macro_rules! keyed {
    ($(#[$doc:meta])* $key:ident($id:ty) => [$row:ty], |$loads:ident, $conn:ident, $ids:ident| $find:expr) => {
        $crate::graphql::loaders::keyed! {
            $(#[$doc])*
            $key($id) => $crate::graphql::loaders::Rows<$row>, |$loads, $conn, $ids| async {
                let found: guichet_base::error::Result<_> = $find.await;
                let listed = |(id, rows)| (id, std::sync::Arc::new(rows));
                found.map(|found| found.into_iter().map(listed).collect::<Vec<($id, _)>>())
            }
        }
    };
    ($(#[$doc:meta])* $key:ident($id:ty) => $value:ty, |$loads:ident, $conn:ident, $ids:ident| $find:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $key(pub $id);

        impl async_graphql::dataloader::Loader<$key> for $crate::graphql::loaders::Loads {
            type Value = $value;
            type Error = guichet_edge::ApiError;

            async fn load(
                &self,
                keys: &[$key],
            ) -> Result<std::collections::HashMap<$key, $value>, guichet_edge::ApiError> {
                let ids: Vec<$id> = keys.iter().map(|key| key.0).collect();
                let mut conn = self.conn().await?;
                let ($loads, $conn, $ids) = (self, &mut *conn, ids.as_slice());
                let found = $find.await.map_err($crate::graphql::loaders::fault)?;
                Ok(found.into_iter().map(|(id, value)| ($key(id), value)).collect())
            }
        }
    };
}
pub(crate) use keyed;

/// Declares a key for a page of a list that each parent has, and its loader: an expression over `Loads`, a
/// connection, the parents, what is asked and the page, which returns rows, and the parent of a row. The parents of one
/// level share the arguments, and so a statement. What is asked is left out where a list has no filter.
macro_rules! parts {
    (
        $(#[$doc:meta])* $key:ident($id:ty) => $row:ty,
        |$loads:ident, $conn:ident, $of:ident, $part:ident| $find:expr, by $parent:expr
    ) => {
        $crate::graphql::loaders::parts! {
            $(#[$doc])*
            $key($id, ()) => $row, |$loads, $conn, $of, _asked, $part| $find, by $parent
        }

        impl $key {
            const fn new(of: $id, part: guichet_base::page::PageRequest) -> Self {
                Self { of, asked: (), part }
            }
        }
    };
    (
        $(#[$doc:meta])* $key:ident($id:ty, $filter:ty) => $row:ty,
        |$loads:ident, $conn:ident, $of:ident, $asked:ident, $part:ident| $find:expr, by $parent:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        struct $key {
            of: $id,
            asked: $filter,
            part: guichet_base::page::PageRequest,
        }

        impl async_graphql::dataloader::Loader<$key> for $crate::graphql::loaders::Loads {
            /// An invalid cursor fails its own field only, not others that are loaded with it.
            type Value = Result<guichet_base::page::Page<$row>, guichet_edge::ApiError>;
            type Error = guichet_edge::ApiError;

            async fn load(
                &self,
                keys: &[$key],
            ) -> Result<std::collections::HashMap<$key, Self::Value>, guichet_edge::ApiError> {
                let mut parents: std::collections::HashMap<_, Vec<$id>> = Default::default();
                for key in keys {
                    parents.entry((&key.asked, &key.part)).or_default().push(key.of);
                }
                let mut conn = self.conn().await?;
                let mut pages = std::collections::HashMap::new();
                for (($asked, $part), of) in parents {
                    let ($loads, $conn, $of) = (self, &mut *conn, of.as_slice());
                    let found = $find.await;
                    let found =
                        found.map_err(|error| $crate::graphql::payload::unanswered(self.locale, error));
                    let mut found = found.map(|rows| $crate::graphql::loaders::grouped(rows, $parent));
                    for of in of {
                        let rows = found.as_mut().map(|found| found.remove(&of).unwrap_or_default());
                        let page = rows.map(|rows| $part.page(rows)).map_err(|error| error.clone());
                        pages.insert($key { of, asked: Clone::clone($asked), part: $part.clone() }, page);
                    }
                }
                Ok(pages)
            }
        }
    };
}
pub(crate) use parts;

/// Declares a key for the number of things that each parent has of what is asked, and its loader: an expression over
/// `Loads`, a connection, the parents and what is asked, which returns numbers by parent.
macro_rules! numbers {
    (
        $(#[$doc:meta])* $key:ident($id:ty, $filter:ty),
        |$loads:ident, $conn:ident, $of:ident, $asked:ident| $find:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        struct $key {
            of: $id,
            asked: $filter,
        }

        impl async_graphql::dataloader::Loader<$key> for $crate::graphql::loaders::Loads {
            /// An invalid filter fails its own field only, not others that are loaded with it.
            type Value = Result<i64, guichet_edge::ApiError>;
            type Error = guichet_edge::ApiError;

            async fn load(
                &self,
                keys: &[$key],
            ) -> Result<std::collections::HashMap<$key, Self::Value>, guichet_edge::ApiError> {
                let parents = $crate::graphql::loaders::grouped(keys.iter().collect(), |key| &key.asked);
                let mut conn = self.conn().await?;
                let mut numbers = std::collections::HashMap::new();
                for ($asked, keys) in parents {
                    let of: Vec<$id> = keys.iter().map(|key| key.of).collect();
                    let ($loads, $conn, $of) = (self, &mut *conn, of.as_slice());
                    let found = $find.await;
                    let found =
                        found.map_err(|error| $crate::graphql::payload::unanswered(self.locale, error));
                    let found = found.map(|rows| rows.into_iter().collect::<std::collections::HashMap<_, _>>());
                    for key in keys {
                        let number = found.as_ref().map(|found| found.get(&key.of).copied().unwrap_or_default());
                        numbers.insert(key.clone(), number.map_err(Clone::clone));
                    }
                }
                Ok(numbers)
            }
        }
    };
}
pub(crate) use numbers;

/// Declares the loader of a noun by id: its type wraps the rows of a finder, which omits what the viewer cannot
/// see (B-14). Use `membership` for a finder that requires the membership instead of the scope.
macro_rules! by_ids {
    ($id:ty => $noun:ident, $find:path) => {
        $crate::graphql::loaders::by_ids!(@ $id => $noun, |loads, ids| {
            loads.once(ids.to_vec(), async |ids: Vec<$id>| {
                let found = $find(&mut *loads.conn().await?, &loads.scope(), &ids).await;
                let rows = found.map_err($crate::graphql::loaders::fault)?;
                Ok(rows.into_iter().map(|row| (row.id, $noun(row))).collect())
            })
        });
    };
    ($id:ty => $noun:ident, membership $find:path) => {
        $crate::graphql::loaders::by_ids!(@ $id => $noun, |loads, ids| async {
            let found = $find(&mut *loads.conn().await?, &loads.membership, ids).await;
            let rows = found.map_err($crate::graphql::loaders::fault)?;
            Ok(rows.into_iter().map(|row| (row.id, $noun(row))).collect())
        });
    };
    (@ $id:ty => $noun:ident, |$loads:ident, $ids:ident| $load:expr) => {
        impl async_graphql::dataloader::Loader<$id> for $crate::graphql::loaders::Loads {
            type Value = $noun;
            type Error = guichet_edge::ApiError;

            async fn load(
                &self,
                ids: &[$id],
            ) -> Result<std::collections::HashMap<$id, $noun>, guichet_edge::ApiError> {
                let ($loads, $ids) = (self, ids);
                $load.await
            }
        }
    };
}
pub(crate) use by_ids;
