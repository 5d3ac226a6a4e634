//! Demo data: firms that never were, made by a seeded generator. The same seed and the same time
//! give the same rows.
//!
//! A plot plans the life of each ticket; playing it goes by the pure rules of the business, so that
//! the rows are what the commands would have left. Addresses lie under `example`, which nobody can
//! own (RFC 2606), and no job is queued: no mail ever leaves because of the demo.

mod chance;
mod clients;
mod draft;
mod hours;
mod house;
pub mod large;
mod measured;
mod names;
mod play;
mod plot;
mod registration;
mod rows;
mod sign_in;
mod small;
#[cfg(test)]
mod tests;
mod texts;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::people::account::password::{self, Password};
use guichet_base::error::Result;
use guichet_base::id::FirmId;
use guichet_engine::store::{By, Store};
use guichet_engine::tables::firms;

pub use sign_in::{DemoSignIn, sign_ins};

/// The password of every account of the demo. It is well known: a demo is no place for secrets.
pub const PASSWORD: &str = "guichet-demo";

/// How much demo data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Three firms with a few hundred tickets, to look around.
    Small,
    /// A hundred firms with 50,000 tickets, to measure; see [`large`].
    Large,
}

impl Scale {
    /// The firms of this demo, in the order of their making; their ids never change.
    fn firms(self) -> Vec<FirmId> {
        match self {
            Self::Small => (0..small::count()).map(|place| small::draft(place).firm_id).collect(),
            Self::Large => (0..large::FIRMS).map(|place| large::draft(place).firm_id).collect(),
        }
    }
}

/// Whether the database has no firm at all, so that a first start may fill it.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn is_wanted(store: &Store) -> Result<bool> {
    let any = diesel::select(diesel::dsl::exists(firms::table.select(firms::id)));
    Ok(!any.get_result::<bool>(&mut store.conn().await?).await?)
}

/// Whether this demo is there.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn exists(store: &Store, scale: Scale) -> Result<bool> {
    let mut conn = store.conn().await?;
    found(&mut conn, scale).await
}

async fn found(conn: &mut AsyncPgConnection, scale: Scale) -> Result<bool> {
    let of_demo = firms::table.filter(firms::id.eq_any(scale.firms()));
    Ok(diesel::select(diesel::dsl::exists(of_demo)).get_result(conn).await?)
}

/// Fills in the demo, unless it is there already, beside whatever else the database has; answers how
/// to sign in. All of it in one transaction: a demo is whole or not there. `progress` is told what is
/// being done, in English.
///
/// # Errors
/// When the database does not answer: retry. When an account outside of the demo has one of its
/// addresses: retrying does not help.
pub async fn fill(store: &Store, scale: Scale, progress: impl Fn(&str)) -> Result<Vec<DemoSignIn>> {
    if !exists(store, scale).await? {
        let hash = password::turn().await.hash(Password::new(PASSWORD)).await?;
        let mut tx = store.begin(By::house()).await?;
        let now = tx.now;
        let conn = tx.conn();
        // Two processes that start at once make one demo.
        conn.batch_execute("SELECT pg_advisory_xact_lock(7101210202)").await?;
        if !found(conn, scale).await? {
            // The plans of foreign keys are made while the tables are small, and kept while they grow.
            conn.batch_execute("SET LOCAL enable_seqscan = off").await?;
            match scale {
                Scale::Small => {
                    progress("filling in three demo firms");
                    for draft in small::firms(now, &hash) {
                        draft.rows.write(conn).await?;
                    }
                }
                Scale::Large => {
                    for place in 0..large::FIRMS {
                        progress(&format!("filling in demo firm {} of {}", place + 1, large::FIRMS));
                        large::firm(place, now, &hash).rows.write(conn).await?;
                    }
                }
            }
            // So much at once is not left to the statistics of an empty database.
            conn.batch_execute("ANALYZE").await?;
            tx.commit(()).await?;
        }
    }
    sign_ins(store).await
}
