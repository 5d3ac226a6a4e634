//! Signing in and out, and selecting a membership (B-06, B-13).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::account::model::Account;
use crate::people::account::password::Password;
use guichet_base::email::Email;
use guichet_base::error::{Code, OrNotFound, Result};
use guichet_base::id::{Id, SessionId};
use guichet_base::secret::Secret;
use guichet_engine::actor::{Membership, Origin};
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{accounts, sessions, sign_in_failures};

use super::credentials;
use super::model::{MembershipId, MembershipOption, SignedIn, Viewer};
use super::queries;
use super::rules::{LIFE, WINDOW};

/// Input for signing in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: Password,
}

/// Signs in (B-06). If the account has exactly one membership, the session uses it; otherwise one must be
/// selected.
///
/// # Errors
/// `WRONG_CREDENTIALS`, also for an unknown address and after the same time; `TOO_MANY_ATTEMPTS` with the minutes
/// to wait; `ACCESS_PENDING` when the password is right but no membership can be used.
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
    let memberships = queries::memberships(tx.conn(), account.id).await?;
    let membership = match memberships.as_slice() {
        [] => return Err(Code::AccessPending.into()),
        [only] => Some(only.membership.clone()),
        _ => None,
    };
    open(tx, account, membership, memberships).await
}

/// Opens a session, the last step of signing in.
pub(crate) async fn open(
    mut tx: Tx,
    account: Account,
    membership: Option<Membership>,
    memberships: Vec<MembershipOption>,
) -> Result<SignedIn> {
    let token = Secret::new();
    let viewer = Viewer { account, session_id: SessionId::new(), membership, expires_at: tx.now + LIFE };
    let id = viewer.membership.as_ref().map(Membership::author);
    diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(viewer.session_id),
            sessions::token_hash.eq(token.hash()),
            sessions::account_id.eq(viewer.account.id),
            sessions::staff_id.eq(id.and_then(MembershipId::staff)),
            sessions::access_id.eq(id.and_then(MembershipId::access)),
            sessions::created_at.eq(tx.now),
            sessions::expires_at.eq(viewer.expires_at),
        ))
        .execute(tx.conn())
        .await?;
    let firm = viewer.membership.as_ref().map(Membership::firm_id);
    tx.audit(firm, "signIn", SessionId::NOUN, Some(viewer.session_id.uuid()));
    tx.commit(()).await?;
    Ok(SignedIn { token, viewer, memberships })
}

/// Switches to another membership of the same account (B-13); the session keeps its token.
///
/// # Errors
/// `NOT_FOUND` for a membership that the account cannot use now.
pub async fn select_membership(
    store: &Store,
    viewer: &Viewer,
    id: MembershipId,
    origin: Origin,
) -> Result<MembershipOption> {
    let mut tx = store.begin(By::account(Some(viewer.account.id), origin)).await?;
    let memberships = queries::memberships(tx.conn(), viewer.account.id).await?;
    let chosen = memberships.into_iter().find(|option| option.id() == id).or_not_found("membershipId")?;
    diesel::update(sessions::table.find(viewer.session_id))
        .set((sessions::staff_id.eq(id.staff()), sessions::access_id.eq(id.access())))
        .execute(tx.conn())
        .await?;
    let session = Some(viewer.session_id.uuid());
    tx.audit(Some(chosen.membership.firm_id()), "membershipSelect", SessionId::NOUN, session);
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
    let firm = viewer.membership.as_ref().map(Membership::firm_id);
    tx.audit(firm, "signOut", SessionId::NOUN, Some(viewer.session_id.uuid()));
    tx.commit(()).await?;
    Ok(())
}

/// Deletes failed attempts that no longer count and sessions that are over; returns how many.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn forget_old(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let failures = sign_in_failures::table.filter(sign_in_failures::at.lt(now - WINDOW));
    let sessions = sessions::table.filter(sessions::expires_at.lt(now));
    Ok(diesel::delete(failures).execute(conn).await? + diesel::delete(sessions).execute(conn).await?)
}
