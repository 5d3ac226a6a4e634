//! What other areas do when a client's record changes, in the transaction of the change. Areas above register
//! themselves where the crate is composed, so that this one does not know them.

use futures_util::future::BoxFuture;
use guichet_base::error::Result;
use guichet_engine::store::Tx;

use super::model::Client;

/// Called with the record before and after the change, under the lock of its row.
pub type Follower = for<'a> fn(&'a mut Tx, &'a Client, &'a Client) -> BoxFuture<'a, Result<()>>;
