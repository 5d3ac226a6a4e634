//! Accepting an invitation: it opens the membership and signs the person in (B-02).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{Id, InvitationId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::{Author, Origin};
use guichet_engine::store::{By, Store};
use guichet_engine::tables::{accounts, invitations};

use crate::people::account::password;
use crate::people::invitation::model::AcceptInvitation;
use crate::people::invitation::queries::pending;
use crate::people::{portal_access, staff};

use super::model::SignedIn;
use super::{commands, credentials, queries};

/// Accepts an invitation and opens a new session with its membership. An account without a password gets this one;
/// any other must prove itself with its own (see [the module](super)).
///
/// # Errors
/// `INVITATION_INVALID` when it is unknown, used or expired; `PASSWORD_TOO_SHORT`, `TOO_LONG`, `INVALID_TEXT`
/// about a new password or name; `WRONG_CREDENTIALS`, `TOO_MANY_ATTEMPTS` about an existing password; `CONFLICT`
/// when the account was changed at the same time: retry.
pub async fn accept(store: &Store, input: AcceptInvitation, origin: Origin) -> Result<SignedIn> {
    let invalid = || Refusal::of("secret", Code::InvitationInvalid);
    let pending = pending(store, &input.secret).await?.ok_or_else(invalid)?;
    let mut account = pending.account.clone();
    let chosen = if pending.password_hash.is_some() {
        let hash = pending.password_hash.clone();
        credentials::check(store, &pending.email_ci, &origin, input.password, hash).await?;
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
    let memberships = queries::memberships(tx.conn(), account.id).await?;
    let membership = memberships
        .iter()
        .find(|option| option.id() == pending.membership())
        .map(|option| option.membership.clone());
    commands::open(tx, account, membership, memberships).await
}
