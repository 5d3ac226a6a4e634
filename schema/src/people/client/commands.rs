//! Commands on clients.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::people::firm;
use crate::people::rights::{self, FirmAct};
use guichet_base::collation;
use guichet_base::email::Email;
use guichet_base::error::{Code, OrNotFound, Result};
use guichet_base::id::{ClientId, StaffId};
use guichet_base::input::{Check, MAX_NAME, Patch};
use guichet_base::locale::Locale;
use guichet_engine::actor::{Actor, Scope};
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{client_recipients, clients, registrations};
use guichet_engine::{first, refolded, searchable};

use super::followers::Follower;
use super::model::{Client, Topic};
use super::queries::visible;
use super::record::commands::{keep_years, write_registrations};
use super::rules::{self, MAX_NUMBER};

/// Input for creating a client.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CreateClient {
    /// Its name; up to 200 characters.
    pub name: String,
    /// Its registration number, for example a CNPJ.
    pub registration: Option<String>,
    /// Its address of record.
    pub email: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// The language of mails to it; by default the firm's.
    pub locale: Option<Locale>,
    /// The staff member who is its accountant.
    pub accountant_id: Option<StaffId>,
    /// The recipients of mails about tickets (F-02); the address of record when empty.
    pub ticket_emails: Vec<String>,
    /// The recipients of mails about documents (F-02); the address of record when empty.
    pub document_emails: Vec<String>,
    /// ISO 3166-1 alpha-2 code of its country; by default the firm's.
    pub country: Option<String>,
    /// The IANA name of its time zone; by default the firm's.
    pub zone: Option<String>,
    /// The day on which its fiscal years end, as `MM-DD`; by default 31 December.
    pub fiscal_year_end: Option<String>,
    /// Its other registration numbers.
    pub other_registrations: Vec<String>,
}

/// Input for changing a client.
#[derive(Debug, Clone)]
pub struct UpdateClient {
    /// The client.
    pub id: ClientId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// Its registration number.
    pub registration: Patch<String>,
    /// Its address of record.
    pub email: Patch<String>,
    /// Its telephone number.
    pub phone: Patch<String>,
    /// The language of mails to it.
    pub locale: Option<Locale>,
    /// The staff member who is its accountant.
    pub accountant_id: Patch<StaffId>,
    /// The recipients of mails about tickets (F-02); replaces the existing ones.
    pub ticket_emails: Option<Vec<String>>,
    /// The recipients of mails about documents (F-02); replaces the existing ones.
    pub document_emails: Option<Vec<String>>,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: Option<String>,
    /// The IANA name of its time zone; the firm's when it is removed.
    pub zone: Patch<String>,
    /// The day on which its fiscal years end, as `MM-DD`.
    pub fiscal_year_end: Option<String>,
    /// The last day on which the firm serves it.
    pub ended_on: Patch<NaiveDate>,
    /// Its other registration numbers; replaces the existing ones.
    pub other_registrations: Option<Vec<String>>,
}

/// Creates a client. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of `name`, `registration`, `email`, `phone`, `ticketEmails`, `documentEmails`;
/// `NOT_FOUND` about `accountantId`.
pub async fn create(store: &Store, actor: &Actor, key: &str, input: CreateClient) -> Result<Done<ClientId>> {
    rights::may(&actor.membership, FirmAct::ClientCreate)?;
    let mut tx = first!(store.begin_once(actor, "clientCreate", key, &input).await?);
    let firm = firm::queries::find(tx.conn(), &actor.scope()).await?;
    let mut check = Check::new();
    let email = check.optional_email("email", input.email.as_deref());
    let country = match &input.country {
        Some(country) => firm::rules::country(&mut check, "country", country),
        None => firm.country,
    };
    let numbers =
        rules::numbers(&mut check, &country, input.registration.as_deref(), &input.other_registrations);
    let client = Client {
        id: ClientId::new(),
        firm_id: firm.id,
        name: check.line("name", &input.name, 1..=MAX_NAME),
        registration: numbers.shown,
        email: email.map(|email| email.address().to_owned()),
        phone: check.optional_line("phone", input.phone.as_deref(), MAX_NUMBER),
        locale: input.locale.unwrap_or(firm.locale),
        accountant_id: input.accountant_id,
        country,
        zone: rules::zone(&mut check, input.zone.as_deref()),
        fiscal_year_end: rules::closing(
            &mut check,
            input.fiscal_year_end.as_deref().unwrap_or(rules::CALENDAR_YEAR),
        ),
        ended_on: None,
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let recipients = [
        (Topic::Tickets, rules::recipients(&mut check, "ticketEmails", &input.ticket_emails)),
        (Topic::Documents, rules::recipients(&mut check, "documentEmails", &input.document_emails)),
    ];
    if let Some(id) = client.accountant_id {
        firm::queries::check_employed(tx.conn(), &mut check, firm.id, &[("accountantId".into(), id)]).await?;
    }
    check.done()?;
    diesel::insert_into(clients::table)
        .values((
            &client,
            clients::name_key.eq(collation::key(&client.name)),
            searchable!(clients, search_text(&client)),
        ))
        .execute(tx.conn())
        .await?;
    for (topic, recipients) in &recipients {
        write_recipients(tx.conn(), &client, *topic, recipients).await?;
    }
    write_registrations(tx.conn(), &client, &numbers.checked).await?;
    tx.changed(firm.id, "clientCreate", client.id, None, Some(client.audience()));
    tx.commit(client.id).await
}

/// Changes a client; when nothing changes, nothing is recorded. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; refusals of the fields as for [`create`].
pub async fn update(
    store: &Store,
    actor: &Actor,
    input: UpdateClient,
    followers: &[Follower],
) -> Result<Done<ClientId>> {
    rights::may(&actor.membership, FirmAct::ClientUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(tx.conn(), &actor.scope(), input.id).await?.or_not_found("id")?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let mut check = Check::new();
    let mut new = old.clone();
    if let Some(name) = input.name {
        new.name = check.line("name", &name, 1..=MAX_NAME);
    }
    new.phone =
        input.phone.and_then(|text| check.optional_line("phone", Some(&text), MAX_NUMBER)).apply(new.phone);
    if let Some(country) = &input.country {
        new.country = firm::rules::country(&mut check, "country", country);
    }
    new.zone = input.zone.and_then(|zone| rules::zone(&mut check, Some(&zone))).apply(new.zone);
    if let Some(closing) = &input.fiscal_year_end {
        new.fiscal_year_end = rules::closing(&mut check, closing);
    }
    new.ended_on = input.ended_on.apply(new.ended_on);
    // What was entered before numbers were checked is looked at when it, its country or its list changes.
    let asks_numbers = input.registration != Patch::Keep || input.other_registrations.is_some();
    let numbers = if asks_numbers || new.country != old.country {
        let primary = input.registration.apply(old.registration.clone());
        let others = match input.other_registrations {
            Some(others) => others,
            None => other_numbers(tx.conn(), &old).await?,
        };
        Some(rules::numbers(&mut check, &new.country, primary.as_deref(), &others))
    } else {
        None
    };
    if let Some(numbers) = &numbers {
        new.registration.clone_from(&numbers.shown);
    }
    let address = |email: Email| email.address().to_owned();
    new.email =
        input.email.and_then(|text| check.optional_email("email", Some(&text)).map(address)).apply(new.email);
    new.locale = input.locale.unwrap_or(new.locale);
    new.accountant_id = input.accountant_id.apply(new.accountant_id);
    let recipients = [
        (Topic::Tickets, "ticketEmails", input.ticket_emails),
        (Topic::Documents, "documentEmails", input.document_emails),
    ]
    .map(|(topic, field, given)| (topic, given.map(|given| rules::recipients(&mut check, field, &given))));
    if let Some(id) = new.accountant_id.filter(|id| old.accountant_id != Some(*id)) {
        firm::queries::check_employed(tx.conn(), &mut check, old.firm_id, &[("accountantId".into(), id)])
            .await?;
    }
    check.done()?;
    let mut rewritten = false;
    for (topic, given) in &recipients {
        if let Some(recipients) = given {
            rewritten |= write_recipients(tx.conn(), &new, *topic, recipients).await?;
        }
    }
    let renumbered = match &numbers {
        Some(numbers) => write_registrations(tx.conn(), &new, &numbers.checked).await?,
        None => false,
    };
    if new.fiscal_year_end != old.fiscal_year_end {
        keep_years(&mut tx, &old, &new).await?;
    }
    if new != old || rewritten || renumbered {
        new.version += 1;
        new.updated_at = tx.now;
        diesel::update(clients::table.find(new.id))
            .set((
                &new,
                clients::name_key.eq(collation::key(&new.name)),
                searchable!(clients, search_text(&new)),
            ))
            .execute(tx.conn())
            .await?;
        for follow in followers {
            follow(&mut tx, &old, &new).await?;
        }
        tx.changed(new.firm_id, "clientUpdate", new.id, Some(old.audience()), Some(new.audience()));
    }
    tx.commit(new.id).await
}

/// A client within the scope, locked until the transaction ends.
pub(crate) async fn lock(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    id: ClientId,
) -> Result<Option<Client>> {
    Ok(clients::table
        .filter(visible(scope))
        .filter(clients::id.eq(id))
        .select(Client::as_select())
        .for_no_key_update()
        .get_result(conn)
        .await
        .optional()?)
}

fn search_text(client: &Client) -> String {
    rules::search_text(
        &client.name,
        client.registration.as_deref(),
        client.email.as_deref(),
        client.phone.as_deref(),
    )
}

refolded!(clients, Client, async |_, clients: &[Client]| -> Result<_> {
    Ok(clients.iter().map(search_text).collect())
});

/// The further registration numbers of a client.
async fn other_numbers(conn: &mut AsyncPgConnection, client: &Client) -> Result<Vec<String>> {
    Ok(registrations::table
        .filter(registrations::client_id.eq(client.id))
        .filter(registrations::is_primary.eq(false))
        .order((registrations::created_at, registrations::id))
        .select(registrations::number)
        .load(conn)
        .await?)
}

/// Replaces the recipients of mails about a topic; returns whether they differ.
async fn write_recipients(
    conn: &mut AsyncPgConnection,
    client: &Client,
    topic: Topic,
    recipients: &[Email],
) -> Result<bool> {
    let present = client_recipients::table
        .filter(client_recipients::client_id.eq(client.id))
        .filter(client_recipients::topic.eq(topic));
    let before: Vec<String> =
        present.order(client_recipients::position).select(client_recipients::email).load(conn).await?;
    if before.iter().map(String::as_str).eq(recipients.iter().map(Email::address)) {
        return Ok(false);
    }
    diesel::delete(present).execute(conn).await?;
    let rows: Vec<_> = (0..)
        .zip(recipients)
        .map(|(position, email)| {
            (
                client_recipients::client_id.eq(client.id),
                client_recipients::firm_id.eq(client.firm_id),
                client_recipients::topic.eq(topic),
                client_recipients::position.eq::<i32>(position),
                client_recipients::email.eq(email.address()),
            )
        })
        .collect();
    diesel::insert_into(client_recipients::table).values(rows).execute(conn).await?;
    Ok(true)
}
