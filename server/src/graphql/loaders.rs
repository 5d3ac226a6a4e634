//! Loaders: one statement for all rows that a level of the answer asks for (see [`super::batch`]).
//!
//! Each noun's file implements `Loader<Key>` for [`Loads`]. Keys carry the arguments of the field,
//! so that fields with other arguments load apart.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::Context;
use async_graphql::dataloader::Loader;
use guichet_schema::actor::{Hat, Scope};
use guichet_schema::error::Error;
use guichet_schema::locale::Locale;

use super::batch::Batches;
use super::caller::Caller;
use super::reading::{Lent, Reading};
use crate::edge::{ApiError, Code};

/// What loaders work with: the connections of the request, and whose eyes they look with.
#[derive(Debug)]
pub struct Loads {
    /// The connections of the request.
    pub reading: Reading,
    /// Whose eyes.
    pub hat: Hat,
    /// The language to answer in.
    pub locale: Locale,
}

/// The loaders of one request; none without a hat.
pub type Loaders = Option<Arc<Batches>>;

/// The loaders of a caller.
pub fn loaders(caller: &Caller) -> Loaders {
    let hat = caller.hat()?.clone();
    let loads = Loads { reading: caller.reading().clone(), hat, locale: caller.locale };
    Some(Batches::new(loads))
}

impl Loads {
    /// What the hat sees.
    pub fn scope(&self) -> Scope {
        self.hat.scope()
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn conn(&self) -> Result<Lent, ApiError> {
        self.reading.conn().await
    }
}

/// Loads one value by its key, together with its siblings.
///
/// # Errors
/// `UNAUTHENTICATED` without a hat; what the loader fails with.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Loads as Loader<K>>::Value>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loads: Loader<K, Error = ApiError>,
{
    let loaders = ctx.data_unchecked::<Loaders>().as_ref().ok_or_else(ApiError::unauthenticated)?;
    loaders.load(key).await
}

/// The children of one parent, however many fields ask for them.
pub type Rows<R> = Arc<Vec<R>>;

/// Loads the children of a parent, together with those of its siblings. They count towards what a request
/// may have.
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

/// Counts things of a list whose length no argument bounds towards what a request may have.
///
/// # Errors
/// `COST_EXCEEDED`; the whole request then ends with it.
pub fn spend(ctx: &Context<'_>, things: usize) -> Result<(), ApiError> {
    let loaders = ctx.data_unchecked::<Loaders>().as_ref().ok_or_else(ApiError::unauthenticated)?;
    if loaders.spend(things) { Ok(()) } else { Err(ApiError::new(Code::CostExceeded, "Too many things.")) }
}

/// Loads one value by a key that may be absent.
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

/// A finder by key refuses nothing, so what it fails with is a fault of ours.
pub fn fault(error: Error) -> ApiError {
    match error {
        Error::Fault(fault) => fault.into(),
        Error::Refused(_) => ApiError::internal(error),
    }
}

/// What a row refers to: the table guarantees it, and whoever sees the row sees it too. Only a change in
/// between can make it go out of sight: the same request may then succeed when it is sent again.
///
/// # Errors
/// `UNAVAILABLE`.
pub fn seen<T>(found: Option<T>) -> Result<T, ApiError> {
    found.ok_or_else(|| ApiError::unavailable("a thing went out of sight between two statements"))
}

/// The rows of each parent, in the order in which they were found.
pub fn grouped<P: Hash + Eq, R>(rows: Vec<R>, parent: impl Fn(&R) -> P) -> HashMap<P, Vec<R>> {
    let mut groups: HashMap<P, Vec<R>> = HashMap::new();
    for row in rows {
        groups.entry(parent(&row)).or_default().push(row);
    }
    groups
}

/// Declares a key that wraps an id, and its loader: an expression over `Loads`, a connection and the ids,
/// which answers values by id; `[Row]` stands for the rows of a list.
macro_rules! keyed {
    ($(#[$doc:meta])* $key:ident($id:ty) => [$row:ty], |$loads:ident, $conn:ident, $ids:ident| $find:expr) => {
        $crate::graphql::loaders::keyed! {
            $(#[$doc])*
            $key($id) => $crate::graphql::loaders::Rows<$row>, |$loads, $conn, $ids| async {
                let found: guichet_schema::error::Result<_> = $find.await;
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
            type Error = $crate::edge::ApiError;

            async fn load(
                &self,
                keys: &[$key],
            ) -> Result<std::collections::HashMap<$key, $value>, $crate::edge::ApiError> {
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

/// Declares the loader of a noun by id: its type wraps the rows of a finder, which leaves out what
/// the viewer does not see (B-14). `hat` for a finder that asks for it in place of its scope.
macro_rules! by_ids {
    ($id:ty => $noun:ident, $find:path) => {
        $crate::graphql::loaders::by_ids!(@ $id => $noun, $find, |loads: &Self| loads.scope());
    };
    ($id:ty => $noun:ident, hat $find:path) => {
        $crate::graphql::loaders::by_ids!(@ $id => $noun, $find, |loads: &Self| loads.hat.clone());
    };
    (@ $id:ty => $noun:ident, $find:path, $eyes:expr) => {
        impl async_graphql::dataloader::Loader<$id> for $crate::graphql::loaders::Loads {
            type Value = $noun;
            type Error = $crate::edge::ApiError;

            async fn load(
                &self,
                ids: &[$id],
            ) -> Result<std::collections::HashMap<$id, $noun>, $crate::edge::ApiError> {
                let eyes = $eyes;
                let found = $find(&mut *self.conn().await?, &eyes(self), ids).await;
                let rows = found.map_err($crate::graphql::loaders::fault)?;
                Ok(rows.into_iter().map(|row| (row.id, $noun(row))).collect())
            }
        }
    };
}
pub(crate) use by_ids;
