//! Who gets mails about a ticket (D-05): asked when an act is announced, before its mail goes out, and
//! when it is to be sent again.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::actor::Author;
use crate::client::model::Topic;
use crate::email::Email;
use crate::error::Result;
use crate::id::{AccountId, ClientId, FirmId};
use crate::locale::Locale;
use crate::portal_access::model::AccessStatus;
use crate::tables::{
    accounts, client_recipients, clients, email_suppressions, portal_accesses, staff_members,
};

use super::model::{DeliveryReason, EmailDelivery};
use super::rules::Candidate;

/// The clients' addresses for tickets, by default their addresses of record (D-05, F-02). One that is a
/// portal user's is written to in that person's language, any other in the client's.
pub(super) async fn of_clients(
    conn: &mut AsyncPgConnection,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Vec<Candidate>>> {
    let records: Vec<(ClientId, Option<String>, Locale)> = clients::table
        .filter(clients::id.eq_any(ids))
        .select((clients::id, clients::email, clients::locale))
        .load(conn)
        .await?;
    let listed: Vec<(ClientId, String)> = client_recipients::table
        .filter(client_recipients::client_id.eq_any(ids))
        .filter(client_recipients::topic.eq(Topic::Tickets))
        .order((client_recipients::client_id, client_recipients::position))
        .select((client_recipients::client_id, client_recipients::email))
        .load(conn)
        .await?;
    let users: HashMap<(ClientId, String), Locale> = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(portal_accesses::client_id.eq_any(ids))
        .filter(portal_accesses::status.eq(AccessStatus::Active))
        .select(((portal_accesses::client_id, accounts::email_ci), accounts::locale))
        .load::<((ClientId, String), Locale)>(conn)
        .await?
        .into_iter()
        .collect();
    let candidates = |(id, of_record, clients_own): (ClientId, Option<String>, Locale)| {
        let chosen: Vec<Option<String>> =
            listed.iter().filter(|(client, _)| *client == id).map(|(_, email)| Some(email.clone())).collect();
        let addresses = if chosen.is_empty() { vec![of_record] } else { chosen };
        let candidate = |address: Option<String>| {
            let email = address.as_deref().and_then(Email::parse);
            let users = email.and_then(|email| users.get(&(id, email.ci().to_owned())).copied());
            Candidate { address, account_id: None, locale: users.unwrap_or(clients_own) }
        };
        (id, addresses.into_iter().map(candidate).collect())
    };
    Ok(records.into_iter().map(candidates).collect())
}

/// Of these accounts, each asked about a client, those that may still know of its tickets: staff of the
/// firm who are there, and portal users of that client whose access is active (B-14).
pub(super) async fn people(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    asked: &[(AccountId, ClientId)],
) -> Result<HashMap<(AccountId, ClientId), Candidate>> {
    let (ids, of): (Vec<AccountId>, Vec<ClientId>) = asked.iter().copied().unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let staff: HashSet<AccountId> = staff_members::table
        .filter(staff_members::firm_id.eq(firm))
        .filter(staff_members::account_id.eq_any(&ids))
        .filter(staff_members::joined_at.is_not_null())
        .filter(staff_members::disabled_at.is_null())
        .select(staff_members::account_id)
        .load(conn)
        .await?
        .into_iter()
        .collect();
    let users: HashSet<(AccountId, ClientId)> = portal_accesses::table
        .filter(portal_accesses::firm_id.eq(firm))
        .filter(portal_accesses::account_id.eq_any(&ids))
        .filter(portal_accesses::client_id.eq_any(&of))
        .filter(portal_accesses::status.eq(AccessStatus::Active))
        .select((portal_accesses::account_id, portal_accesses::client_id))
        .load(conn)
        .await?
        .into_iter()
        .collect();
    let written: HashMap<AccountId, (String, Locale)> = accounts::table
        .filter(accounts::id.eq_any(&ids))
        .select((accounts::id, (accounts::email, accounts::locale)))
        .load::<(AccountId, (String, Locale))>(conn)
        .await?
        .into_iter()
        .collect();
    let candidate = |&(account, client): &(AccountId, ClientId)| {
        let may_know = staff.contains(&account) || users.contains(&(account, client));
        let (email, locale) = written.get(&account).filter(|_| may_know)?.clone();
        let candidate = Candidate { address: Some(email), account_id: Some(account), locale };
        Some(((account, client), candidate))
    };
    Ok(asked.iter().filter_map(candidate).collect())
}

/// Who opened a ticket of this client, while that person may know of it.
pub(super) async fn opener(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    client: ClientId,
    author: Author,
) -> Result<Option<Candidate>> {
    let account: AccountId = match author {
        Author::Staff(id) => {
            staff_members::table.find(id).select(staff_members::account_id).get_result(conn).await?
        }
        Author::Portal(id) => {
            portal_accesses::table.find(id).select(portal_accesses::account_id).get_result(conn).await?
        }
    };
    Ok(people(conn, firm, &[(account, client)]).await?.remove(&(account, client)))
}

/// Which of the addresses the firm sends nothing to (F-06).
pub(super) async fn suppressed(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    addresses: impl Iterator<Item = &str>,
) -> Result<HashSet<String>> {
    let asked: Vec<String> = addresses.filter_map(Email::parse).map(|email| email.ci().to_owned()).collect();
    let found: Vec<String> = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(firm))
        .filter(email_suppressions::email_ci.eq_any(asked))
        .select(email_suppressions::email_ci)
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Why a mail that was queued may not go out any more: its address bounced meanwhile (F-06), or the person
/// lost access and the address is none of the client's either (B-14).
pub(super) async fn hindrance(
    conn: &mut AsyncPgConnection,
    delivery: &EmailDelivery,
) -> Result<Option<DeliveryReason>> {
    let address = delivery.recipient.as_deref();
    if !suppressed(conn, delivery.firm_id, address.into_iter()).await?.is_empty() {
        return Ok(Some(DeliveryReason::SuppressedAfterBounce));
    }
    let Some(account) = delivery.account_id else { return Ok(None) };
    let person = (account, delivery.client_id);
    if people(conn, delivery.firm_id, &[person]).await?.contains_key(&person) {
        return Ok(None);
    }
    let of_client = of_clients(conn, &[delivery.client_id]).await?.remove(&delivery.client_id);
    let is_clients = of_client.unwrap_or_default().iter().any(|candidate| candidate.is_at(address));
    Ok((!is_clients).then_some(DeliveryReason::NoAccess))
}
