//! Renews the leases of this process while their runs are in progress.

use std::time::{Duration, Instant};

use guichet_engine::job::queue;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::connection::QueueConnection;
use super::leases::Leases;

/// After a failure the next attempt comes sooner.
const AGAIN: Duration = Duration::from_millis(500);

/// Renews leases every `every` for `lease`, until `stop`. It has its own task and connection, so that neither a
/// slow claim nor a busy pool lets a lease expire.
pub(super) async fn renew(
    leases: Leases,
    mut connection: QueueConnection,
    lease: Duration,
    every: Duration,
    stop: CancellationToken,
) {
    let mut pause = every;
    while stop.run_until_cancelled(sleep(pause)).await.is_some() {
        let began = Instant::now();
        let asked = leases.to_renew(began);
        pause = every;
        if !asked.is_empty() {
            match connection.run(async |conn| queue::renew(conn, &asked, lease).await).await {
                Ok(held) => leases.renewed(&asked, held, began + lease),
                Err(error) => {
                    tracing::warn!(%error, leases = asked.len(), "leases not renewed; trying again");
                    pause = AGAIN.min(every);
                }
            }
        }
        leases.expire(Instant::now());
    }
}
