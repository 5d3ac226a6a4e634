//! What becomes of a client's tickets when its record changes.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use guichet_base::error::Result;
use guichet_engine::store::Tx;

use crate::people::client::model::Client;

use super::list;

/// Lets searches find the tickets by the client's new name, and makes acts on them wait for a new portfolio.
pub(crate) fn client<'a>(tx: &'a mut Tx, old: &'a Client, new: &'a Client) -> BoxFuture<'a, Result<()>> {
    async {
        if new.name != old.name || new.accountant_id != old.accountant_id {
            list::lock_of_client(tx.conn(), new.id).await?;
        }
        if new.name != old.name {
            list::rename_client(tx.conn(), new.id, &new.name).await?;
        }
        Ok(())
    }
    .boxed()
}
