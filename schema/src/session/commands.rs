//! Signing in and out, and choosing a hat (B-06, B-13).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::account::model::Account;
use crate::account::password::Password;
use crate::actor::{Hat, Origin};
use crate::email::Email;
use crate::error::{Code, OrNotFound, Result};
use crate::id::{Id, SessionId};
use crate::secret::Secret;
use crate::store::{By, Store, Tx};
use crate::tables::{accounts, sessions, sign_in_failures};

use super::credentials;
use super::model::{HatId, HatOption, SignedIn, Viewer};
use super::queries;
use super::rules::{LIFE, WINDOW};

/// Who wants to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: Password,
}

/// Signs in (B-06). With exactly one hat it is put on, else one must be chosen.
///
/// # Errors
/// `WRONG_CREDENTIALS`, the same for an unknown address, also in time; `TOO_MANY_ATTEMPTS` with the
/// minutes to wait; `ACCESS_PENDING` with the right password but no hat to put on.
pub async fn sign_in(store: &Store, input: SignIn, origin: Origin) -> Result<SignedIn> {
    let email = Email::parse(&input.email);
    let email_ci = email.as_ref().map(Email::ci).unwrap_or_default();
    let found: Option<(Account, Option<String>)> = accounts::table
        .filter(accounts::email_ci.eq(email_ci))
        .select((Account::as_select(), accounts::password_hash))
        .get_result(&mut store.conn().await?)
        .await
        .optional()?;
    let (account, hash) = found.unzip();
    credentials::check(store, email_ci, &origin, input.password, hash.flatten()).await?;
    let account = account.ok_or(Code::WrongCredentials)?;
    let mut tx = store.begin(By::account(Some(account.id), origin)).await?;
    let hats = queries::hats(tx.conn(), account.id).await?;
    let hat = match hats.as_slice() {
        [] => return Err(Code::AccessPending.into()),
        [only] => Some(only.hat.clone()),
        _ => None,
    };
    open(tx, account, hat, hats).await
}

/// Opens a session, as the last step of signing in.
pub(crate) async fn open(
    mut tx: Tx,
    account: Account,
    hat: Option<Hat>,
    hats: Vec<HatOption>,
) -> Result<SignedIn> {
    let token = Secret::new();
    let viewer = Viewer { account, session_id: SessionId::new(), hat, expires_at: tx.now + LIFE };
    let id = viewer.hat.as_ref().map(Hat::author);
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(viewer.session_id),
            sessions::token_hash.eq(token.hash()),
            sessions::account_id.eq(viewer.account.id),
            sessions::staff_id.eq(id.and_then(HatId::staff)),
            sessions::access_id.eq(id.and_then(HatId::access)),
            sessions::created_at.eq(tx.now),
            sessions::expires_at.eq(viewer.expires_at),
        ))
        .execute(tx.conn())
        .await?;
    let firm = viewer.hat.as_ref().map(Hat::firm_id);
    tx.audit(firm, "signIn", SessionId::NOUN, Some(viewer.session_id.uuid()));
    tx.commit(()).await?;
    Ok(SignedIn { token, viewer, hats })
}

/// Puts on another hat of the same account (B-13); the session keeps its token.
///
/// # Errors
/// `NOT_FOUND` for a hat that the account may not put on now.
pub async fn choose_hat(store: &Store, viewer: &Viewer, id: HatId, origin: Origin) -> Result<HatOption> {
    let mut tx = store.begin(By::account(Some(viewer.account.id), origin)).await?;
    let hats = queries::hats(tx.conn(), viewer.account.id).await?;
    let chosen = hats.into_iter().find(|option| option.id() == id).or_not_found("hatId")?;
    diesel::update(sessions::table.find(viewer.session_id))
        .set((sessions::staff_id.eq(id.staff()), sessions::access_id.eq(id.access())))
        .execute(tx.conn())
        .await?;
    let session = Some(viewer.session_id.uuid());
    tx.audit(Some(chosen.hat.firm_id()), "hatChoose", SessionId::NOUN, session);
    tx.commit(()).await?;
    Ok(chosen)
}

/// Ends the viewer's session.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn sign_out(store: &Store, viewer: &Viewer, origin: Origin) -> Result<()> {
    let mut tx = store.begin(By::account(Some(viewer.account.id), origin)).await?;
    diesel::update(sessions::table.find(viewer.session_id))
        .set(sessions::revoked_at.eq(tx.now))
        .execute(tx.conn())
        .await?;
    let firm = viewer.hat.as_ref().map(Hat::firm_id);
    tx.audit(firm, "signOut", SessionId::NOUN, Some(viewer.session_id.uuid()));
    tx.commit(()).await?;
    Ok(())
}

/// Forgets failed attempts that no longer count and sessions that are over; answers how many.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn forget_old(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let failures = sign_in_failures::table.filter(sign_in_failures::at.lt(now - WINDOW));
    let sessions = sessions::table.filter(sessions::expires_at.lt(now));
    Ok(diesel::delete(failures).execute(conn).await? + diesel::delete(sessions).execute(conn).await?)
}
