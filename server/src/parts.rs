//! The services that a process uses and can do without for a while: Redis, the bucket, the relay, the scanner.
//!
//! Each is looked at when the process starts, then from time to time, and at once when its use has failed. One that is
//! away keeps nothing from starting: the process is degraded and says so, in its log at each change, in the metric
//! `guichet_part_up` and at `/readyz`, until the service is there. Only one that refuses our settings stops a start.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, pending};
use guichet_mail::Pool;
use guichet_storage::{S3, S3Settings};
use guichet_workers::clamd::Clamd;
use metrics::{describe_gauge, gauge};
use serde::Serialize;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::redis::Redis;
use crate::settings::{PartError, SettingError, look_at_clamd, look_at_relay, look_at_s3};

/// How long a start waits for the first answers.
const AT_START: Duration = Duration::from_secs(10);
/// Between two looks at a service that is away.
const WHILE_AWAY: Duration = Duration::from_secs(5);
/// Between two looks at a service that refuses our settings: many lock out whoever tries a wrong password too often.
const WHILE_REFUSED: Duration = Duration::from_secs(60);
/// Before a look that a failed use asked for, so that many failures ask for one. Two looks are never closer than
/// [`WHILE_AWAY`].
const BREATH: Duration = Duration::from_millis(500);

const UP: &str = "guichet_part_up";

/// What is known about a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Ok,
    /// It does not answer, or says that it cannot work now.
    Away,
    /// It refuses our settings.
    Refused,
}

/// A service.
#[derive(Clone)]
pub enum Service {
    /// The Redis that passes hints.
    Redis(Redis),
    /// The bucket of files.
    S3(S3, S3Settings),
    /// The mail relay.
    Relay(Pool),
    /// The malware scanner.
    Scanner(Clamd),
}

/// The services of a process. Clones share what is known.
#[derive(Clone, Default)]
pub struct Parts(Arc<[Part]>);

struct Part {
    service: Service,
    /// None before the first look.
    state: Mutex<Option<State>>,
}

impl Service {
    /// The name in logs, metrics and probes.
    const fn name(&self) -> &'static str {
        match self {
            Self::Redis(_) => "redis",
            Self::S3(..) => "s3",
            Self::Relay(_) => "relay",
            Self::Scanner(_) => "scanner",
        }
    }

    /// What does not work without it.
    const fn meanwhile(&self) -> &'static str {
        match self {
            Self::Redis(_) => "each process looks for news every second",
            Self::S3(..) => "no files are taken or given out",
            Self::Relay(_) => "mails wait",
            Self::Scanner(_) => "uploaded files wait",
        }
    }

    async fn look(&self) -> Result<(), PartError> {
        match self {
            Self::Redis(redis) => redis.probe().await,
            Self::S3(s3, settings) => look_at_s3(s3, settings).await,
            Self::Relay(pool) => look_at_relay(pool.settings()).await.map(drop),
            Self::Scanner(clamd) => look_at_clamd(clamd).await,
        }
    }

    /// Waits until its use has failed since the last call.
    async fn suspected(&self) {
        match self {
            Self::Redis(redis) => redis.suspected().await,
            Self::S3(s3, _) => s3.health().suspected().await,
            Self::Relay(pool) => pool.suspected().await,
            Self::Scanner(clamd) => clamd.suspected().await,
        }
    }

    /// Between two looks while it works. A look at the relay is a session with a sign-in, and mails tell sooner.
    const fn every(&self) -> Duration {
        match self {
            Self::Redis(_) | Self::S3(..) | Self::Scanner(_) => Duration::from_secs(10),
            Self::Relay(_) => Duration::from_secs(60),
        }
    }
}

impl Parts {
    /// These services, which are looked at first by [`Parts::begin`].
    pub fn new(services: impl IntoIterator<Item = Service>) -> Self {
        let part = |service| Part { service, state: Mutex::default() };
        Self(services.into_iter().map(part).collect())
    }

    /// Looks at all services for the first time.
    ///
    /// # Errors
    /// For one that refuses our settings.
    pub async fn begin(&self) -> Result<(), SettingError> {
        describe_gauge!(
            UP,
            "1 while a service that the process can do without works, 0 while it is away or refuses"
        );
        let looks = self.0.iter().map(async |part| {
            match timeout(AT_START, part.service.look()).await {
                Ok(Err(PartError::Refused(error))) => return Err(error),
                Ok(Err(PartError::Away(error))) => part.turn(State::Away, &error),
                Ok(Ok(())) => part.turn(State::Ok, ""),
                Err(_elapsed) => part.turn(State::Away, "it has not answered yet"),
            }
            Ok(())
        });
        join_all(looks).await.into_iter().collect()
    }

    /// Looks at the services again and again, until `stop`.
    pub async fn watch(self, stop: CancellationToken) {
        let watching = join_all(self.0.iter().map(Part::watch));
        stop.run_until_cancelled(async {
            if watching.await.is_empty() {
                pending().await
            }
        })
        .await;
    }

    /// What is known about each service, by its name.
    pub fn states(&self) -> impl Iterator<Item = (&'static str, State)> {
        self.0.iter().map(|part| (part.service.name(), part.state()))
    }
}

impl Part {
    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(State::Ok)
    }

    async fn watch(&self) {
        loop {
            let looked = Instant::now();
            let state = self.state();
            let wait = match state {
                State::Ok => self.service.every(),
                State::Away => WHILE_AWAY,
                State::Refused => WHILE_REFUSED,
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = self.service.suspected(), if state == State::Ok => {
                    sleep_until((looked + WHILE_AWAY).max(Instant::now() + BREATH)).await;
                }
            }
            match self.service.look().await {
                Ok(()) => self.turn(State::Ok, ""),
                Err(PartError::Away(error)) => self.turn(State::Away, &error),
                Err(PartError::Refused(error)) => self.turn(State::Refused, &error),
            }
        }
    }

    /// Sets the state. A change is logged, and nothing else; that a service works at the start is no news.
    fn turn(&self, state: State, reason: impl fmt::Display) {
        let before = self.state.lock().unwrap_or_else(PoisonError::into_inner).replace(state);
        if before == Some(state) {
            return;
        }
        self.apply(state);
        if (before, state) == (None, State::Ok) {
            return;
        }
        let (part, meanwhile) = (self.service.name(), self.service.meanwhile());
        match state {
            State::Ok => tracing::info!(part, "a service is back"),
            State::Away => {
                tracing::warn!(part, %reason, meanwhile, "a service is away; it is used again as soon as it is back")
            }
            State::Refused => {
                tracing::error!(part, %reason, meanwhile, "a service refuses our settings: somebody must look")
            }
        }
    }

    fn apply(&self, state: State) {
        gauge!(UP, "part" => self.service.name()).set(if state == State::Ok { 1.0 } else { 0.0 });
        if let Service::S3(s3, _) = &self.service {
            s3.health().set_away(state != State::Ok);
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.states()).finish()
    }
}
