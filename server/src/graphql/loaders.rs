//! Data loaders: one statement for all rows that a level of the answer asks for.
//!
//! Each noun's file implements `Loader<Key>` for [`Loads`]. Keys carry the arguments of the field,
//! so that fields with other arguments load apart.

use std::hash::Hash;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use guichet_schema::actor::{Hat, Scope};
use guichet_schema::db::Conn;
use guichet_schema::error::Error;
use guichet_schema::store::Store;

use super::caller::Caller;
use crate::edge::ApiError;

/// What loaders work with: the way to the business, and whose eyes they look with.
#[derive(Debug)]
pub struct Loads {
    /// The way to the business.
    pub store: Store,
    /// Whose eyes.
    pub hat: Hat,
}

/// The loaders of one request; none without a hat.
pub type Loaders = Option<DataLoader<Loads>>;

/// The loaders of a caller.
pub fn loaders(caller: &Caller) -> Loaders {
    let hat = caller.hat()?.clone();
    Some(DataLoader::new(Loads { store: caller.store.clone(), hat }, tokio::spawn))
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
    pub async fn conn(&self) -> Result<Conn, ApiError> {
        Ok(self.store.conn().await?)
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
    loaders.load_one(key).await
}

/// A finder by key refuses nothing, so what it fails with is a fault of ours.
pub fn fault(error: Error) -> ApiError {
    match error {
        Error::Fault(fault) => fault.into(),
        Error::Refused(_) => ApiError::internal(error),
    }
}

/// Declares the loader of a noun by id: its type wraps the rows of a finder, which leaves out what
/// the viewer does not see (B-14).
macro_rules! by_ids {
    ($id:ty => $noun:ident, $find:path) => {
        impl async_graphql::dataloader::Loader<$id> for $crate::graphql::loaders::Loads {
            type Value = $noun;
            type Error = $crate::edge::ApiError;

            async fn load(
                &self,
                ids: &[$id],
            ) -> Result<std::collections::HashMap<$id, $noun>, $crate::edge::ApiError> {
                let found = $find(&mut *self.conn().await?, &self.scope(), ids).await;
                let rows = found.map_err($crate::graphql::loaders::fault)?;
                Ok(rows.into_iter().map(|row| (row.id, $noun(row))).collect())
            }
        }
    };
}
pub(crate) use by_ids;
