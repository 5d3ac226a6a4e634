//! Who gets mails about a client's things (D-05): asked when an act is announced, before its mail goes out, and
//! when it is to be sent again.

use std::collections::HashMap;

use diesel::dsl::array;
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::{join, join3};

use crate::people::portal_access::model::AccessStatus;
use crate::shared::email_delivery::kind::Addressees;
use crate::shared::email_delivery::model::EmailDelivery;
use crate::shared::email_delivery::rules::Candidate;
use crate::shared::notification::announce::Told;
use crate::shared::notification::model::NotificationKind;
use guichet_base::email::Email;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ClientId, FirmId, StaffId};
use guichet_base::locale::Locale;
use guichet_engine::actor::Author;
use guichet_engine::pipeline::InOrder;
use guichet_engine::sql;
use guichet_engine::tables::{accounts, client_recipients, clients, portal_accesses, staff_members};

use crate::people::client::model::Topic;

/// The possible recipients of each delivery now. A delivery to an address of the client's record goes to its present
/// addresses for this topic. One to a person goes to that person while they may know of the client's things, else to
/// the same address if the client lists it.
pub(crate) async fn addressees(
    conn: &AsyncPgConnection,
    firm: FirmId,
    topic: Topic,
    deliveries: &[&EmailDelivery],
) -> Result<Addressees> {
    let clients: Vec<ClientId> = deliveries.iter().filter_map(|delivery| delivery.client_id).collect();
    let person = |delivery: &EmailDelivery| Some((delivery.account_id?, delivery.client_id?));
    let persons: Vec<(AccountId, ClientId)> = deliveries.iter().filter_map(|one| person(one)).collect();
    let (of_clients, people) =
        join(of_clients(conn, topic, &clients), people(conn, firm, &persons)).await.in_order()?;
    let candidates = |delivery: &EmailDelivery| {
        let listed =
            delivery.client_id.and_then(|client| of_clients.get(&client)).cloned().unwrap_or_default();
        let Some(person) = person(delivery) else { return listed };
        match people.get(&person) {
            Some(candidate) => vec![candidate.clone()],
            None => listed.into_iter().filter(|at| at.is_at(delivery.recipient.as_deref())).collect(),
        }
    };
    Ok(deliveries.iter().map(|delivery| (delivery.id, Ok(candidates(delivery)))).collect())
}

/// The clients' addresses for a topic, by default their addresses of record (D-05, F-02). One that is a
/// portal user's is written to in that person's language, any other in the client's.
pub(crate) async fn of_clients(
    mut conn: &AsyncPgConnection,
    topic: Topic,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Vec<Candidate>>> {
    let records = clients::table
        .filter(sql::among(clients::id, ids))
        .select((clients::id, clients::email, clients::locale))
        .load::<(ClientId, Option<String>, Locale)>(&mut conn);
    let listed = client_recipients::table
        .filter(sql::among(client_recipients::client_id, ids))
        .filter(client_recipients::topic.eq(topic))
        .order((client_recipients::client_id, client_recipients::position))
        .select((client_recipients::client_id, client_recipients::email))
        .load::<(ClientId, String)>(&mut conn);
    let users = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(sql::among(portal_accesses::client_id, ids))
        .filter(portal_accesses::status.eq(AccessStatus::Active))
        .select(((portal_accesses::client_id, accounts::email_ci), accounts::locale))
        .load::<((ClientId, String), Locale)>(&mut conn);
    let (records, listed, users) = join3(records, listed, users).await.in_order()?;
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

/// Of these accounts, each asked about a client, those that may still know of its things: staff of the
/// firm who are there, and portal users of that client whose access is active (B-14).
async fn people(
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

/// A person to be written to about a thing of this client, while that person may know of it.
pub(crate) async fn person(
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

/// A person who may know of a client's things.
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

/// A member of the staff who works for the firm now.
#[derive(Debug, QueryableByName)]
pub(crate) struct Colleague {
    #[diesel(sql_type = SqlUuid)]
    staff_id: StaffId,
    /// The account.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: AccountId,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    locale: Locale,
    /// Which kinds of notifications the person also wants by mail.
    #[diesel(sql_type = Array<Text>)]
    by_mail: Vec<NotificationKind>,
}

impl Colleague {
    /// Tells the person of something of this kind, by mail too if the person wants that (D-11).
    pub fn told(self, kind: NotificationKind) -> Told {
        let Self { staff_id, account_id, email, locale, by_mail } = self;
        let candidate = Candidate { address: Some(email), account_id: Some(account_id), locale };
        Told { staff_id, kind, message_id: None, by_mail: by_mail.contains(&kind).then_some(candidate) }
    }
}

/// A member of the staff, while that person works for the firm.
pub(crate) async fn colleague(conn: &mut AsyncPgConnection, id: StaffId) -> Result<Option<Colleague>> {
    Ok(sql::kept(
        "SELECT staff.id AS staff_id, account.id AS account_id, account.email, account.locale,
             ARRAY(SELECT kind FROM notification_preferences WHERE staff_id = staff.id) AS by_mail
         FROM staff_members AS staff JOIN accounts AS account ON account.id = staff.account_id
         WHERE staff.id = ? AND staff.joined_at IS NOT NULL AND staff.disabled_at IS NULL",
    )
    .bind::<SqlUuid, _>(id)
    .get_result(conn)
    .await
    .optional()?)
}
