//! One effect a key (actor, mutation, key): a repeated call is given the outcome of the first.
//!
//! Twins do not queue on a lock inside the database, which would drain the pool. Those of one process take
//! turns before they take a connection; whoever then does not get the key's advisory lock, because
//! another process has it, gives its connection back and looks again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::try_join;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::actor::Actor;
use crate::store::{Begun, Done, Store};
use crate::tables::idempotency_keys;
use guichet_base::error::{Code, Error, Fault, Refusal, Result};
use guichet_base::input::Check;

/// How long a key is remembered at least.
pub const KEPT: TimeDelta = TimeDelta::hours(48);
/// Longest key, in characters.
pub const MAX_KEY: usize = 200;

/// Between the first two looks; each further wait is twice as long, up to the longest.
const POLL: Duration = Duration::from_millis(20);
const LONGEST_POLL: Duration = Duration::from_millis(320);
/// How long a twin waits for the first call's outcome: less than a request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The keys that acts of this process hold or wait for.
#[derive(Debug, Default)]
pub struct Turns(std::sync::Mutex<HashMap<i64, Weak<Mutex<()>>>>);

impl Turns {
    /// Waits until no other act of this process has the key; first come, first served.
    async fn take(&self, key: i64) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let known = turns.get(&key).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(key, Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }
}

/// The key of a running transaction, to be remembered at its commit.
#[derive(Debug)]
pub struct Once {
    actor: Uuid,
    mutation: &'static str,
    key: String,
    input_hash: Vec<u8>,
    /// Held until the transaction has ended.
    turn: Option<OwnedMutexGuard<()>>,
}

pub(crate) async fn claim<T: DeserializeOwned>(
    store: &Store,
    actor: &Actor,
    mutation: &'static str,
    key: &str,
    input: &impl Serialize,
) -> Result<Begun<T>> {
    let mut check = Check::new();
    let key = check.line("idempotencyKey", key, 1..=MAX_KEY);
    check.done()?;
    let mut once = Once {
        actor: actor.membership.person(),
        mutation,
        key,
        input_hash: hash(&serde_json::to_vec(input).map_err(|error| Fault::Broken(error.to_string()))?),
        turn: None,
    };
    let begun = Instant::now();
    once.turn = match timeout(PATIENCE, store.turns.take(once.lock_key())).await {
        Ok(turn) => Some(turn),
        Err(_elapsed) => return Err(still_running()),
    };
    let mut pause = POLL;
    while begun.elapsed() < PATIENCE {
        let mut tx = Box::new(store.begin(actor).await?);
        let conn = tx.pipeline();
        // The lock first, the row second: a row committed by the holder before we got the lock is then seen.
        let (got, done) = try_join(lock(conn, once.lock_key()), replay(conn, &once)).await?;
        if let Some(done) = done {
            return Ok(Begun::Replay(done));
        }
        if got {
            tx.once = Some(once);
            return Ok(Begun::First(tx));
        }
        drop(tx);
        sleep(pause).await;
        pause = LONGEST_POLL.min(pause * 2);
    }
    Err(still_running())
}

fn still_running() -> Error {
    Fault::Unavailable("the first call with this idempotency key is still running".into()).into()
}

#[allow(unused_imports, missing_docs)] // of the macro's making
#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "pg_try_advisory_xact_lock"]
    /// Takes the lock until the transaction ends, or answers false at once.
    fn try_lock(key: BigInt) -> Bool;
}

/// Takes the key's lock until the transaction ends, unless another process has it.
async fn lock(mut conn: &AsyncPgConnection, key: i64) -> Result<bool> {
    Ok(diesel::select(try_lock(key)).get_result(&mut conn).await?)
}

impl Once {
    fn lock_key(&self) -> i64 {
        let mut hasher = Sha256::new();
        hasher.update(self.actor.as_bytes());
        hasher.update(self.mutation);
        hasher.update([0]);
        hasher.update(&self.key);
        let digest = hasher.finalize();
        i64::from_be_bytes(digest[..8].try_into().expect("a SHA-256 digest has 32 bytes"))
    }
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

async fn replay<T: DeserializeOwned>(mut conn: &AsyncPgConnection, once: &Once) -> Result<Option<Done<T>>> {
    let row: Option<(Vec<u8>, serde_json::Value)> = idempotency_keys::table
        .find((once.actor, once.mutation, &once.key))
        .select((idempotency_keys::input_hash, idempotency_keys::outcome))
        .get_result(&mut conn)
        .await
        .optional()?;
    let Some((input_hash, outcome)) = row else { return Ok(None) };
    if input_hash != once.input_hash {
        return Err(Refusal::of("idempotencyKey", Code::IdempotencyKeyReused).into());
    }
    let (value, revision) =
        serde_json::from_value(outcome).map_err(|error| Fault::Broken(error.to_string()))?;
    Ok(Some(Done { value, revision }))
}

pub(crate) async fn remember<T: Serialize>(
    mut conn: &AsyncPgConnection,
    once: &Once,
    value: &T,
    revision: Option<i64>,
    now: DateTime<Utc>,
) -> Result<()> {
    let outcome =
        serde_json::to_value((value, revision)).map_err(|error| Fault::Broken(error.to_string()))?;
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::actor_id.eq(once.actor),
            idempotency_keys::mutation.eq(once.mutation),
            idempotency_keys::key.eq(&once.key),
            idempotency_keys::input_hash.eq(&once.input_hash),
            idempotency_keys::outcome.eq(outcome),
            idempotency_keys::created_at.eq(now),
        ))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Forgets keys older than [`KEPT`]; answers how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_old(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.lt(now - KEPT));
    Ok(diesel::delete(old).execute(conn).await?)
}
