//! Data loaders: one statement for all rows that a level of the answer asks for.
//!
//! Each noun's file implements `Loader<Key>` for [`Loads`]. Keys carry the arguments of the field,
//! so that fields with other arguments load apart.

use std::hash::Hash;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use guichet_schema::actor::{Hat, Scope};
use guichet_schema::db::Conn;
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
pub async fn load<K>(
    ctx: &Context<'_>,
    key: K,
) -> Result<Option<<Loads as Loader<K>>::Value>, ApiError>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loads: Loader<K, Error = ApiError>,
{
    let loaders = ctx.data_unchecked::<Loaders>().as_ref().ok_or_else(ApiError::unauthenticated)?;
    loaders.load_one(key).await
}
