//! The recipients of mails about a ticket (D-05): determined when an action is announced, before its mail is sent,
//! and when it is sent again.

use std::collections::{HashMap, HashSet};

use diesel::dsl::array;
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::try_join3;

use crate::people::client::model::Topic;
use crate::people::portal_access::model::AccessStatus;
use crate::shared::notification;
use guichet_base::email::Email;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ClientId, FirmId};
use guichet_base::locale::Locale;
use guichet_engine::actor::Author;
use guichet_engine::sql;
use guichet_engine::tables::{
    accounts, client_recipients, clients, email_suppressions, portal_accesses, staff_members,
};

use super::model::{DeliveryAbout, DeliveryReason, EmailDelivery};
use super::rules::Candidate;

/// The clients' recipients for tickets, by default the addresses of record (D-05, F-02). An address of a portal
/// user gets mails in that user's language, any other in the client's.
pub(super) async fn of_clients(
    mut conn: &AsyncPgConnection,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Vec<Candidate>>> {
    let records = clients::table
        .filter(sql::among(clients::id, ids))
        .select((clients::id, clients::email, clients::locale))
        .load::<(ClientId, Option<String>, Locale)>(&mut conn);
    let listed = client_recipients::table
        .filter(sql::among(client_recipients::client_id, ids))
        .filter(client_recipients::topic.eq(Topic::Tickets))
        .order((client_recipients::client_id, client_recipients::position))
        .select((client_recipients::client_id, client_recipients::email))
        .load::<(ClientId, String)>(&mut conn);
    let users = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(sql::among(portal_accesses::client_id, ids))
        .filter(portal_accesses::status.eq(AccessStatus::Active))
        .select(((portal_accesses::client_id, accounts::email_ci), accounts::locale))
        .load::<((ClientId, String), Locale)>(&mut conn);
    let (records, listed, users) = try_join3(records, listed, users).await?;
    let users: HashMap<(ClientId, String), Locale> = users.into_iter().collect();
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

/// Of these accounts, each paired with a client, those that may still see its tickets: active staff of the firm,
/// and portal users of the client with an active access (B-14).
pub(super) async fn people(
    conn: &AsyncPgConnection,
    firm: FirmId,
    asked: &[(AccountId, ClientId)],
) -> Result<HashMap<(AccountId, ClientId), Candidate>> {
    let (ids, of): (Vec<AccountId>, Vec<ClientId>) = asked.iter().copied().unzip();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = knowing(conn, firm, ids.into_sql::<Array<SqlUuid>>(), of).await?;
    Ok(found.into_iter().map(|person| ((person.id, person.client_id), person.into())).collect())
}

/// The person who opened a ticket of this client, if that person may still see it.
pub(super) async fn opener(
    conn: &AsyncPgConnection,
    firm: FirmId,
    client: ClientId,
    author: Author,
) -> Result<Option<Candidate>> {
    let of = vec![client];
    let found = match author {
        Author::Staff(id) => {
            let account = staff_members::table.filter(staff_members::id.eq(id));
            knowing(conn, firm, array(account.select(staff_members::account_id)), of).await?
        }
        Author::Portal(id) => {
            let account = portal_accesses::table.filter(portal_accesses::id.eq(id));
            knowing(conn, firm, array(account.select(portal_accesses::account_id)), of).await?
        }
    };
    Ok(found.into_iter().next().map(Candidate::from))
}

/// A person who may see a client's tickets.
#[derive(QueryableByName)]
struct Person {
    #[diesel(sql_type = SqlUuid)]
    id: AccountId,
    #[diesel(sql_type = SqlUuid)]
    client_id: ClientId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    locale: Locale,
}

impl From<Person> for Candidate {
    fn from(person: Person) -> Self {
        Self { address: Some(person.email), account_id: Some(person.id), locale: person.locale }
    }
}

/// Those of the accounts that may see the client at the same index.
async fn knowing<A>(
    mut conn: &AsyncPgConnection,
    firm: FirmId,
    accounts: A,
    of: Vec<ClientId>,
) -> Result<Vec<Person>>
where
    A: AsExpression<Array<SqlUuid>>,
    A::Expression: QueryFragment<Pg> + Send,
{
    Ok(sql::kept(
        "SELECT account.id, asked.client_id, account.email, account.locale
         FROM unnest(?, ?) AS asked (account_id, client_id)
         JOIN accounts AS account ON account.id = asked.account_id
         WHERE EXISTS (
             SELECT FROM staff_members AS staff
             WHERE staff.account_id = asked.account_id AND staff.firm_id = ?
                 AND staff.joined_at IS NOT NULL AND staff.disabled_at IS NULL
         ) OR EXISTS (
             SELECT FROM portal_accesses AS access
             WHERE access.account_id = asked.account_id AND access.client_id = asked.client_id
                 AND access.firm_id = ? AND access.status = 'ACTIVE'
         )",
    )
    .bind::<Array<SqlUuid>, _>(accounts)
    .bind::<Array<SqlUuid>, _>(of)
    .bind::<SqlUuid, _>(firm)
    .bind::<SqlUuid, _>(firm)
    .load(&mut conn)
    .await?)
}

/// Which of the addresses are suppressed by the firm (F-06).
pub(super) async fn suppressed(
    mut conn: &AsyncPgConnection,
    firm: FirmId,
    addresses: impl Iterator<Item = &str>,
) -> Result<HashSet<String>> {
    let asked: Vec<String> = addresses.filter_map(Email::parse).map(|email| email.ci().to_owned()).collect();
    let found: Vec<String> = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(firm))
        .filter(email_suppressions::email_ci.eq_any(asked))
        .select(email_suppressions::email_ci)
        .load(&mut conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// Why a queued mail must not be sent any more: its address bounced meanwhile (F-06); the person lost access, and
/// the address is not the client's either (B-14); or, for a mail about a notification, the person no longer wants
/// it (D-11).
pub(super) async fn hindrance(
    conn: &AsyncPgConnection,
    delivery: &EmailDelivery,
) -> Result<Option<DeliveryReason>> {
    let address = delivery.recipient.as_deref();
    if !suppressed(conn, delivery.firm_id, address.into_iter()).await?.is_empty() {
        return Ok(Some(DeliveryReason::SuppressedAfterBounce));
    }
    if delivery.about == DeliveryAbout::Notification {
        let told = notification::queries::addressees(conn, delivery.notification_id.as_slice()).await?;
        return Ok(told.into_values().next().unwrap_or(Err(DeliveryReason::NoAccess)).err());
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
