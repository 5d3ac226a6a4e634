//! What people change of their own account.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use guichet_base::error::Result;
use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, Id};
use guichet_base::input::{Check, MAX_NAME};
use guichet_base::locale::Locale;
use guichet_engine::actor::{Origin, Scope};
use guichet_engine::feed::Event;
use guichet_engine::store::{By, Store};
use guichet_engine::tables::{accounts, portal_accesses};

use super::model::Viewer;
use crate::people::account::model::Account;
use crate::people::client;

/// A change of the viewer's account. What is omitted stays.
#[derive(Debug, Clone, Default)]
pub struct UpdateAccount {
    /// The name.
    pub name: Option<String>,
    /// The language of what the API and the mails tell the person.
    pub locale: Option<Locale>,
}

/// Changes the viewer's account; when nothing changes, nothing is recorded. Clients' users go by the name of their
/// account, so whoever sees them is told.
///
/// # Errors
/// Refusals of `name`.
pub async fn update(store: &Store, viewer: &Viewer, input: UpdateAccount, origin: Origin) -> Result<Account> {
    let mut check = Check::new();
    let name = input.name.as_deref().map(|name| check.line("name", name, 1..=MAX_NAME));
    check.done()?;
    let id = viewer.account.id;
    let mut tx = store.begin(By::account(Some(id), origin)).await?;
    let row = accounts::table.find(id).select(Account::as_select()).for_no_key_update();
    let old: Account = row.get_result(tx.conn()).await?;
    let mut new = old.clone();
    new.name = name.unwrap_or(new.name);
    new.locale = input.locale.unwrap_or(new.locale);
    if new == old {
        return Ok(old);
    }
    diesel::update(accounts::table.find(id))
        .set((accounts::name.eq(&new.name), accounts::locale.eq(new.locale)))
        .execute(tx.conn())
        .await?;
    if new.name != old.name {
        let named: Vec<(AccessId, FirmId, ClientId)> = portal_accesses::table
            .filter(portal_accesses::account_id.eq(id))
            .filter(portal_accesses::name.is_null())
            .select((portal_accesses::id, portal_accesses::firm_id, portal_accesses::client_id))
            .load(tx.conn())
            .await?;
        for (access, firm, client) in named {
            if let Some(client) = client::queries::find(tx.conn(), &Scope::firm(firm), client).await? {
                tx.event(firm, Event::changed(access, client.audience()));
            }
        }
    }
    tx.audit(None, "accountUpdate", AccountId::NOUN, Some(id.uuid()));
    tx.commit(()).await?;
    Ok(new)
}
