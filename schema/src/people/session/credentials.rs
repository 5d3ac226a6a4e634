//! Checking a password, throttled by e-mail address and by network.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::account::password::{self, Password};
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::new_uuid;
use guichet_engine::actor::Origin;
use guichet_engine::store::Store;
use guichet_engine::tables::sign_in_failures;

use super::rules::{MAX_PER_EMAIL, MAX_PER_NETWORK, WINDOW, network, wait_minutes};

/// Succeeds when this is the password of `hash`. Without a hash, or for an unknown address, result and time are
/// those of a wrong password (B-06).
pub(crate) async fn check(
    store: &Store,
    email_ci: &str,
    origin: &Origin,
    password: Password,
    hash: Option<String>,
) -> Result<()> {
    let network = origin.address.as_deref().map(network).unwrap_or_default();
    // The permit is held until the failure is recorded: otherwise a burst of parallel attempts could pass the
    // throttle before the first one counts.
    let turn = password::turn().await;
    throttle(&mut *store.conn().await?, email_ci, &network, store.now()).await?;
    let (fits, _turn) = turn.verify(password, hash).await;
    let mut conn = store.conn().await?;
    if fits? {
        diesel::delete(sign_in_failures::table.filter(sign_in_failures::email_ci.eq(email_ci)))
            .execute(&mut conn)
            .await?;
        return Ok(());
    }
    diesel::insert_into(sign_in_failures::table)
        .values((
            sign_in_failures::id.eq(new_uuid()),
            sign_in_failures::email_ci.eq(email_ci),
            sign_in_failures::address.eq(network),
            sign_in_failures::at.eq(store.now()),
        ))
        .execute(&mut conn)
        .await?;
    Err(Code::WrongCredentials.into())
}

async fn throttle(
    conn: &mut AsyncPgConnection,
    email_ci: &str,
    network: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    let counted = sign_in_failures::table
        .filter(sign_in_failures::at.gt(now - WINDOW))
        .order(sign_in_failures::at.desc())
        .select(sign_in_failures::at);
    // The oldest of the failures that reach the limit: when it no longer counts, another attempt is allowed.
    let by_email: Option<DateTime<Utc>> = counted
        .filter(sign_in_failures::email_ci.eq(email_ci))
        .offset(MAX_PER_EMAIL - 1)
        .first(conn)
        .await
        .optional()?;
    let by_network: Option<DateTime<Utc>> = counted
        .filter(sign_in_failures::address.eq(network))
        .offset(MAX_PER_NETWORK - 1)
        .first(conn)
        .await
        .optional()?;
    let filled = by_email.filter(|_| !email_ci.is_empty()).max(by_network.filter(|_| !network.is_empty()));
    match filled {
        Some(at) => Err(Refusal::new(Code::TooManyAttempts).with(wait_minutes(at, now)).into()),
        None => Ok(()),
    }
}
