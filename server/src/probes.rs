//! Endpoints for operators: `/livez`, `/readyz`, and `/metrics` for Prometheus.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use guichet_base::error::{Fault, sqlstate};
use guichet_engine::db::{self, Connection, Separate};
use guichet_engine::store::Store;
use guichet_queue::Health;
use http::{StatusCode, header};
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::parts::{self, Parts};

/// How long the database may take to answer a probe.
const PATIENCE: Duration = Duration::from_secs(5);
/// Upper bounds of the histograms, in seconds.
const BUCKETS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

const CONNECTIONS: &str = "guichet_database_connections";
const WAITING: &str = "guichet_database_waiting";
const BUILD: &str = "guichet_build_info";

/// What the system says about this process.
static PROCESS: LazyLock<Collector> = LazyLock::new(Collector::default);

/// The metrics of this process: one recorder for all routers.
static METRICS: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .expect("there is a bucket")
        .install_recorder()
        .expect("nobody else installs a recorder")
});

/// Starts recording metrics; call it before the first one is recorded.
pub fn record_metrics() {
    LazyLock::force(&METRICS);
    describe_gauge!(CONNECTIONS, "Connections of the pool, by state");
    describe_gauge!(WAITING, "Tasks that wait for a connection of the pool");
    describe_gauge!(BUILD, "1; the version of the program, and the newest migration that it knows");
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION"), "migration" => db::newest_migration()).set(1.0);
    PROCESS.describe();
}

/// Compacts recorded values; must be called regularly, even when nobody reads the metrics.
pub fn keep_metrics() {
    METRICS.run_upkeep();
}

/// What the probes check.
#[derive(Clone)]
pub struct Probes {
    store: Store,
    workers: Option<Health>,
    parts: Parts,
    /// A separate connection: requests waiting for the pool are no reason to take the process out of service.
    conn: Arc<Mutex<Option<Separate>>>,
}

impl Probes {
    /// Probes of a process, with its workers if it has some, and with the services that it can do without for a while.
    pub fn new(store: Store, workers: Option<Health>, parts: Parts) -> Self {
        Self { store, workers, parts, conn: Arc::default() }
    }

    /// Whether the schema is that of this program, of a database that can be written to.
    async fn migrated(&self) -> Result<bool, Fault> {
        let mut kept = self.conn.lock().await;
        // A connection that broke since the last probe says nothing about the database.
        if let Some(mut conn) = kept.take()
            && let Ok(migrated) = usable(&mut conn).await
        {
            *kept = conn.keep();
            return Ok(migrated);
        }
        let mut conn = self.store.dedicated().await?;
        let migrated = usable(&mut conn).await?;
        *kept = conn.keep();
        Ok(migrated)
    }
}

async fn usable(conn: &mut Connection) -> Result<bool, Fault> {
    let migrated = db::is_migrated(conn).await?;
    if migrated {
        db::write_something(conn).await?;
    }
    Ok(migrated)
}

/// The routes. They reveal nothing about anybody and require no sign-in.
pub fn router(probes: Probes) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(measures))
        .with_state(probes)
}

/// Whether the process can work now.
#[derive(Debug, Serialize)]
struct Readiness {
    /// `ready`, `degraded` when only other services are missing, or `not ready`.
    status: &'static str,
    database: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<&'static str>,
    /// The services that do not keep it from working.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    parts: BTreeMap<&'static str, parts::State>,
}

async fn ready(State(probes): State<Probes>) -> impl IntoResponse {
    let database = match timeout(PATIENCE, probes.migrated()).await {
        Ok(Ok(true)) => "ok",
        Ok(Ok(false)) => "tables not up to date",
        Ok(Err(fault)) => reason(&fault),
        Err(_) => "unavailable",
    };
    let workers = probes.workers.map(|health| if health.is_ready() { "ok" } else { "down" });
    let ok = database == "ok" && workers.is_none_or(|state| state == "ok");
    let parts: BTreeMap<_, _> = probes.parts.states().collect();
    let (code, status) = match parts.values().all(|state| *state == parts::State::Ok) {
        _ if !ok => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::OK, "degraded"),
    };
    (code, Json(Readiness { status, database, workers, parts }))
}

/// What is wrong with the database, for the operator.
fn reason(fault: &Fault) -> &'static str {
    let Fault::Unavailable(message) = fault else { return "unavailable" };
    match sqlstate(message) {
        Some("25006") => "only reads",
        Some("53100") => "its disk is full",
        Some("53300") => "too many connections",
        _ => "unavailable",
    }
}

async fn measures(State(probes): State<Probes>) -> impl IntoResponse {
    let (used, open, most, waiting) = probes.store.pool_status();
    for (state, connections) in [("used", used), ("open", open), ("max", most)] {
        gauge!(CONNECTIONS, "state" => state).set(connections as f64);
    }
    gauge!(WAITING).set(waiting as f64);
    PROCESS.collect();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], METRICS.render())
}
