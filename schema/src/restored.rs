//! A database that was restored from a backup, or copied: its screens begin anew, everybody signs in again, and its
//! queued mails are held, because the system from which the backup was taken may have sent them since.
//!
//! Other jobs go on: a file is verified as often as one likes.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{FirmId, Id};
use guichet_engine::installation;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{firm_feed, sessions};

use crate::shared::email_delivery::held;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restored {
    /// How many mails were queued, and are held now.
    pub held: usize,
    /// How many sessions were ended: one that somebody ended after the backup would be valid again.
    pub sessions: usize,
}

/// Starts a new epoch of the event feeds, ends all sessions and holds all queued mails, in one transaction, while no
/// process runs. Doing it again does no harm.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn begin_anew(store: &Store) -> Result<Restored> {
    let mut tx = store.begin(By::system()).await?;
    installation::lock_last_place(tx.conn()).await?;
    anew(store, tx).await
}

/// For a process that starts: does the same if this is another database than that in which processes last ran. Of
/// several that start at once one does it, and the others wait for it.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn begin_anew_elsewhere(store: &Store) -> Result<Option<Restored>> {
    let mut conn = store.conn().await?;
    let Some(here) = installation::place(&mut conn).await? else { return Ok(None) };
    if installation::last_place(&mut conn).await?.as_ref() == Some(&here) {
        return Ok(None);
    }
    drop(conn);
    let mut tx = store.begin(By::system()).await?;
    match installation::lock_last_place(tx.conn()).await? {
        Some(last) if last == here => Ok(None),
        Some(_) => Ok(Some(anew(store, tx).await?)),
        None => {
            installation::note_place(tx.conn(), Some(&here)).await?;
            tx.commit(()).await?;
            Ok(None)
        }
    }
}

async fn anew(store: &Store, mut tx: Tx) -> Result<Restored> {
    held::complete(store).await?;
    let held = held::hold_all(&mut tx).await?;
    let epoch = diesel::dsl::sql::<diesel::sql_types::Uuid>("gen_random_uuid()");
    diesel::update(firm_feed::table).set(firm_feed::epoch.eq(epoch)).execute(tx.conn()).await?;
    let now = tx.now;
    let open = sessions::table.filter(sessions::revoked_at.is_null());
    let sessions = diesel::update(open).set(sessions::revoked_at.eq(now)).execute(tx.conn()).await?;
    let here = installation::place(tx.conn()).await?;
    installation::note_place(tx.conn(), here.as_deref()).await?;
    tx.audit(None, "databaseRestored", FirmId::NOUN, None);
    tx.commit(()).await?;
    Ok(Restored { held, sessions })
}
