//! Issuing and accepting invitations.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::account::password;
use crate::people::portal_access;
use crate::people::session;
use crate::people::session::model::SignedIn;
use crate::people::staff;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{AccountId, FirmId, Id, InvitationId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_base::secret::Secret;
use guichet_engine::actor::{Author, Origin};
use guichet_engine::store::{By, Store};
use guichet_engine::tables::{accounts, invitations};

use super::model::{AcceptInvitation, LIFE};
use super::queries;

/// Issues an invitation to a membership; earlier ones to the same membership become invalid.
pub(crate) async fn issue(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    account: AccountId,
    membership: Author,
    now: DateTime<Utc>,
) -> Result<Secret> {
    let earlier = invitations::table
        .filter(invitations::account_id.eq(account))
        .filter(invitations::staff_id.is_not_distinct_from(membership.staff()))
        .filter(invitations::access_id.is_not_distinct_from(membership.access()))
        .filter(invitations::used_at.is_null());
    diesel::delete(earlier).execute(conn).await?;
    let secret = Secret::new();
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(InvitationId::new()),
            invitations::account_id.eq(account),
            invitations::firm_id.eq(firm),
            invitations::staff_id.eq(membership.staff()),
            invitations::access_id.eq(membership.access()),
            invitations::secret_hash.eq(secret.hash()),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + LIFE),
        ))
        .execute(conn)
        .await?;
    Ok(secret)
}

/// Accepts an invitation and opens a new session with its membership. An account without a password gets this one;
/// any other must prove itself with its own (see [the module](super)).
///
/// # Errors
/// `INVITATION_INVALID` when it is unknown, used or expired; `PASSWORD_TOO_SHORT`, `TOO_LONG`, `INVALID_TEXT`
/// about a new password or name; `WRONG_CREDENTIALS`, `TOO_MANY_ATTEMPTS` about an existing password; `CONFLICT`
/// when the account was changed at the same time: retry.
pub async fn accept(store: &Store, input: AcceptInvitation, origin: Origin) -> Result<SignedIn> {
    let invalid = || Refusal::of("secret", Code::InvitationInvalid);
    let pending = queries::pending(store, &input.secret).await?.ok_or_else(invalid)?;
    let mut account = pending.account.clone();
    let chosen = if pending.password_hash.is_some() {
        let hash = pending.password_hash.clone();
        session::check_credentials(store, &pending.email_ci, &origin, input.password, hash).await?;
        None
    } else {
        let mut check = Check::new();
        input.password.check(&mut check, "password");
        let name = check.optional_line("name", input.name.as_deref(), MAX_NAME);
        check.done()?;
        account.name = name.unwrap_or(account.name);
        Some(password::turn().await.hash(input.password).await?)
    };
    let mut tx = store.begin(By::account(Some(account.id), origin)).await?;
    let now = tx.now;
    // When it is accepted twice at once, the second transaction waits here and then finds it used.
    let used = diesel::update(invitations::table.find(pending.id).filter(invitations::used_at.is_null()))
        .set(invitations::used_at.eq(now))
        .execute(tx.conn())
        .await?;
    if used == 0 {
        return Err(invalid().into());
    }
    if let Some(hash) = chosen {
        let without = accounts::table.find(account.id).filter(accounts::password_hash.is_null());
        let set = diesel::update(without)
            .set((accounts::password_hash.eq(hash), accounts::name.eq(&account.name)))
            .execute(tx.conn())
            .await?;
        if set == 0 {
            return Err(Code::Conflict.into());
        }
    }
    let entered = match pending.membership() {
        Author::Staff(id) => staff::commands::join(&mut tx, pending.firm_id, id).await?,
        Author::Portal(id) => portal_access::commands::activate(&mut tx, pending.firm_id, id).await?,
    };
    if !entered {
        return Err(invalid().into());
    }
    tx.audit(Some(pending.firm_id), "invitationAccept", InvitationId::NOUN, Some(pending.id.uuid()));
    let memberships = session::queries::memberships(tx.conn(), account.id).await?;
    let membership = memberships
        .iter()
        .find(|option| option.id() == pending.membership())
        .map(|option| option.membership.clone());
    session::commands::open(tx, account, membership, memberships).await
}
