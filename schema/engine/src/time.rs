//! Keeps the clock of a process at the database's time.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use guichet_base::clock::{DatabaseClock, TimeTold};
use guichet_base::error::Fault;
use tokio::time::sleep;

use crate::db::{self, Pool};
use crate::store::Store;

/// How often the database is asked. In between no clock goes wrong by more than a fraction of a millisecond.
const EVERY: Duration = Duration::from_secs(10);
/// A machine whose clock differs by more than this is worth a warning: certificates, signatures for S3 and the lines of
/// its log depend on it.
const WORTH_TELLING: TimeDelta = TimeDelta::seconds(5);

/// A store on this pool, by the time of its database.
///
/// # Errors
/// When the database does not answer.
pub async fn store(pool: Pool) -> Result<(Store, Arc<DatabaseClock>), Fault> {
    let told = db::time(&mut *pool.get().await?).await?;
    let clock = Arc::new(DatabaseClock::new(told));
    Ok((Store::new(pool, clock.clone()), clock))
}

/// Sets the clock again and again, forever.
pub async fn keep(clock: &DatabaseClock, store: &Store) -> ! {
    let mut warned = false;
    loop {
        let ahead = clock.ahead_of_machine();
        let differs = ahead.abs() > WORTH_TELLING;
        if differs && !warned {
            let seconds = ahead.num_seconds();
            tracing::warn!(
                seconds,
                "the database's clock is ahead of this machine's by so much; it counts for everything"
            );
        }
        warned = differs;
        sleep(EVERY).await;
        match ask(store).await {
            Ok(told) => clock.adjust(told),
            Err(error) => tracing::debug!(%error, "the database did not tell its time; asking again"),
        }
    }
}

async fn ask(store: &Store) -> Result<TimeTold, Fault> {
    db::time(&mut *store.conn().await?).await
}
