//! Housekeeping: reconcilers that need no input, are idempotent, and run periodically.

use std::time::Duration;

use guichet_base::error::Result;
use guichet_engine::feed;
use guichet_engine::idempotency;
use guichet_engine::store::Store;
use guichet_schema::nouns;
use guichet_schema::people::session;
use guichet_schema::shared::email_delivery;
use guichet_schema::shared::file;
use guichet_schema::shared::notification;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(60);

/// Runs housekeeping until `stop`. Failures are tried again in the next turn.
pub async fn run(store: Store, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if let Err(error) = tidy(&store).await {
            tracing::warn!(%error, "housekeeping failed; it is tried again");
        }
    }
}

/// One turn.
///
/// # Errors
/// When the database does not answer: the next turn tries again.
pub async fn tidy(store: &Store) -> Result<()> {
    let now = store.now();
    let mails = email_delivery::abandoned::settle(store).await?;
    let files = file::abandoned::settle(store, nouns::WITH_FILES).await?;
    let mut conn = store.conn().await?;
    let keys = idempotency::forget_old(&mut conn, now).await?;
    let sessions = session::commands::forget_old(&mut conn, now).await?;
    let events = feed::queries::forget_old(&mut conn, now).await?;
    let notifications = notification::commands::forget_old(&mut conn, now).await?;
    if mails + files + keys + sessions + events + notifications > 0 {
        tracing::info!(mails, files, keys, sessions, events, notifications, "tidied");
    }
    Ok(())
}
