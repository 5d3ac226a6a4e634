//! Commands on portal accesses (B-02, B-03).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::people::invitation::commands::issue;
use crate::people::invitation::model::Invited;
use crate::people::rights::{self, FirmAct};
use crate::people::{account, client};
use guichet_base::error::{Fault, OrNotFound, Result};
use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, Id};
use guichet_base::input::{Check, MAX_NAME, OrTaken};
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_engine::actor::{AccessRole, Actor, Author, Scope};
use guichet_engine::feed::Event;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::portal_accesses;

use super::model::AccessStatus;
use super::rules;

/// Input for giving a person access.
#[derive(Debug, Clone, Serialize)]
pub struct CreatePortalAccess {
    /// The client to whose area the access leads.
    pub client_id: ClientId,
    /// The address with which the person signs in.
    pub email: String,
    /// The person's name, for a new account; up to 200 characters.
    pub name: String,
    /// Its role; by default `ADMIN` for the client's first access and `COLLABORATOR` for every later one (B-03).
    pub role: Option<AccessRole>,
    /// The language of a new account; by default the client's.
    pub locale: Option<Locale>,
}

/// Gives a person access to a client's area and invites the person (B-02); creates an account when the address has
/// none. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `clientId`; refusals of `name`, `email`; `TAKEN` about `email` when the person
/// already has access to this client.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreatePortalAccess,
) -> Result<Done<Invited<AccessId>>> {
    rights::may(&actor.membership, FirmAct::PortalAccessCreate)?;
    let mut tx = first!(store.begin_once(actor, "portalAccessCreate", key, &input).await?);
    // Locks the client, so that of two first accesses at once only one becomes the first.
    let client = client::commands::lock(tx.conn(), &actor.scope(), input.client_id).await?;
    let client = client.or_not_found("clientId")?;
    let mut check = Check::new();
    let name = check.line("name", &input.name, 1..=MAX_NAME);
    let email = check.email("email", &input.email);
    check.done()?;
    let email = email.expect("an address that is not refused is there");
    let others: Vec<AccessStatus> = portal_accesses::table
        .filter(portal_accesses::client_id.eq(client.id))
        .select(portal_accesses::status)
        .load(tx.conn())
        .await?;
    let now = tx.now;
    let locale = input.locale.unwrap_or(client.locale);
    let account = account::commands::ensure(tx.conn(), &email, &name, locale, now).await?;
    let status = if account.is_proved() { AccessStatus::Active } else { AccessStatus::Invited };
    let id = AccessId::new();
    diesel::insert_into(portal_accesses::table)
        .values((
            portal_accesses::id.eq(id),
            portal_accesses::firm_id.eq(client.firm_id),
            portal_accesses::client_id.eq(client.id),
            portal_accesses::account_id.eq(account.id),
            portal_accesses::role.eq(rules::role(input.role, &others)),
            portal_accesses::status.eq(status),
            portal_accesses::name.eq(&name),
            portal_accesses::created_at.eq(now),
        ))
        .execute(tx.conn())
        .await
        .or_taken("email")?;
    let secret = match status {
        AccessStatus::Invited => {
            Some(issue(tx.conn(), client.firm_id, account.id, Author::Portal(id), now).await?)
        }
        _ => None,
    };
    tx.changed(client.firm_id, "portalAccessCreate", id, None, Some(client.audience()));
    tx.commit(Invited { id, secret }).await
}

/// Invites a person again who has not accepted yet (B-02): a link is shown once and valid for seven days. For
/// owners and managers (B-15).
///
/// # Errors
/// `NOT_FOUND` when there is no such access waiting for acceptance; `NOT_ALLOWED`.
pub async fn renew_invitation(store: &Store, actor: &Actor, id: AccessId) -> Result<Done<Secret>> {
    rights::may(&actor.membership, FirmAct::PortalAccessCreate)?;
    let firm = actor.firm_id();
    let mut tx = store.begin(actor).await?;
    let account: AccountId = portal_accesses::table
        .filter(portal_accesses::firm_id.eq(firm))
        .filter(portal_accesses::id.eq(id))
        .filter(portal_accesses::status.eq(AccessStatus::Invited))
        .select(portal_accesses::account_id)
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    let now = tx.now;
    let secret = issue(tx.conn(), firm, account, Author::Portal(id), now).await?;
    tx.audit(Some(firm), "portalAccessInvitationRenew", AccessId::NOUN, Some(id.uuid()));
    let done = tx.commit(()).await?;
    Ok(Done { value: secret, revision: done.revision })
}

/// Activates an invited access; false when it is not waiting for that.
pub(crate) async fn activate(tx: &mut Tx, firm_id: FirmId, id: AccessId) -> Result<bool> {
    let waiting = portal_accesses::table.find(id).filter(portal_accesses::status.eq(AccessStatus::Invited));
    let client_id: Option<ClientId> = diesel::update(waiting)
        .set((portal_accesses::status.eq(AccessStatus::Active), portal_accesses::name.eq(None::<String>)))
        .returning(portal_accesses::client_id)
        .get_result(tx.conn())
        .await
        .optional()?;
    let Some(client_id) = client_id else { return Ok(false) };
    let client = client::queries::find(tx.conn(), &Scope::firm(firm_id), client_id).await?;
    let audience = client.ok_or_else(|| Fault::Broken(format!("{id} has no client")))?.audience();
    tx.event(firm_id, Event::changed(id, audience));
    Ok(true)
}
