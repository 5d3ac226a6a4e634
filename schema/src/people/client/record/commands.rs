//! Commands on what due rules ask of clients. Each sets a state, so that repeating it changes nothing.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, RegistrationId};
use guichet_base::input::Check;
use guichet_base::registration::Registration;
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{client_attributes, client_events, clients, fiscal_years, registrations};
use guichet_obligations::{FiscalYears, MonthDay, Scalar};

use crate::people::client::commands::lock;
use crate::people::client::model::Client;
use crate::people::rights::{self, FirmAct};

use super::model::{ClientRegistration, FiscalYear};
use super::rules;

/// Input for setting an attribute.
#[derive(Debug, Clone)]
pub struct SetAttribute {
    /// The client.
    pub client_id: ClientId,
    /// Its name in rules.
    pub key: String,
    /// The first day on which it has the value.
    pub valid_from: NaiveDate,
    /// The value; none when it is unknown from then on.
    pub value: Option<Scalar>,
}

/// Sets the value that an attribute of a client has from a day on. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND` about `clientId`; refusals of `key` and `value`.
pub async fn set_attribute(store: &Store, actor: &Actor, input: SetAttribute) -> Result<Done<ClientId>> {
    let (mut tx, client) = begin(store, actor, input.client_id).await?;
    let mut check = Check::new();
    let key = rules::key(&mut check, "key", &input.key);
    let value = input.value.map(|value| rules::value(&mut check, "value", &client.country, &key, value));
    check.done()?;
    let stored = value.map(|value| serde_json::json!(value));
    let old: Option<Option<serde_json::Value>> = client_attributes::table
        .find((client.id, &key, input.valid_from))
        .select(client_attributes::value)
        .get_result(tx.conn())
        .await
        .optional()?;
    if old.as_ref() != Some(&stored) {
        diesel::insert_into(client_attributes::table)
            .values((
                client_attributes::client_id.eq(client.id),
                client_attributes::firm_id.eq(client.firm_id),
                client_attributes::key.eq(&key),
                client_attributes::valid_from.eq(input.valid_from),
                client_attributes::value.eq(&stored),
            ))
            .on_conflict((
                client_attributes::client_id,
                client_attributes::key,
                client_attributes::valid_from,
            ))
            .do_update()
            .set(client_attributes::value.eq(&stored))
            .execute(tx.conn())
            .await?;
        changed(&mut tx, &client, "clientAttributeSet").await?;
    }
    tx.commit(client.id).await
}

/// Sets the day on which something happened that rules wait for, or that it did not happen. For owners and managers
/// (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND` about `clientId`; refusals of `name` and `period`.
pub async fn set_event(
    store: &Store,
    actor: &Actor,
    client_id: ClientId,
    (name, period): (&str, &str),
    happened_on: Option<NaiveDate>,
) -> Result<Done<ClientId>> {
    let (mut tx, client) = begin(store, actor, client_id).await?;
    let mut check = Check::new();
    let name = rules::key(&mut check, "name", name);
    let years = years(tx.conn(), &client).await?;
    let is_known = guichet_obligations::Period::parse(period, 1, &years).is_some();
    check.require(is_known, Refusal::of("period", Code::OutOfRange));
    check.done()?;
    let of_period = client_events::table
        .filter(client_events::client_id.eq(client.id))
        .filter(client_events::name.eq(&name))
        .filter(client_events::period.eq(period));
    let old: Option<NaiveDate> =
        of_period.select(client_events::happened_on).get_result(tx.conn()).await.optional()?;
    if old != happened_on {
        diesel::delete(of_period).execute(tx.conn()).await?;
        if let Some(day) = happened_on {
            diesel::insert_into(client_events::table)
                .values((
                    client_events::client_id.eq(client.id),
                    client_events::firm_id.eq(client.firm_id),
                    client_events::name.eq(&name),
                    client_events::period.eq(period),
                    client_events::happened_on.eq(day),
                ))
                .execute(tx.conn())
                .await?;
        }
        changed(&mut tx, &client, "clientEventSet").await?;
    }
    tx.commit(client.id).await
}

/// Replaces the fiscal years that do not follow the closing day of the record. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND` about `clientId`; `OUT_OF_RANGE` about `years` when two overlap, one ends before it begins,
/// or there are more than 50.
pub async fn set_years(
    store: &Store,
    actor: &Actor,
    client_id: ClientId,
    listed: Vec<(NaiveDate, NaiveDate)>,
) -> Result<Done<ClientId>> {
    const MOST: usize = 50;
    let (mut tx, client) = begin(store, actor, client_id).await?;
    let mut check = Check::new();
    check.count("years", listed.len(), &(0..=MOST));
    let fits = FiscalYears::calendar().with(listed.clone()).is_some();
    check.require(fits, Refusal::of("years", Code::OutOfRange));
    check.done()?;
    let of_client = fiscal_years::table.filter(fiscal_years::client_id.eq(client.id));
    let row = |(starts_on, ends_on)| FiscalYear {
        client_id: client.id,
        firm_id: client.firm_id,
        starts_on,
        ends_on,
    };
    let mut new: Vec<FiscalYear> = listed.into_iter().map(row).collect();
    new.sort_by_key(|year| year.ends_on);
    let old: Vec<FiscalYear> =
        of_client.order(fiscal_years::ends_on).select(FiscalYear::as_select()).load(tx.conn()).await?;
    if old != new {
        diesel::delete(of_client).execute(tx.conn()).await?;
        diesel::insert_into(fiscal_years::table).values(&new).execute(tx.conn()).await?;
        changed(&mut tx, &client, "clientFiscalYearsSet").await?;
    }
    tx.commit(client.id).await
}

/// Replaces the registration numbers of a client, the primary one first. Returns whether they differ.
pub(crate) async fn write_registrations(
    conn: &mut AsyncPgConnection,
    client: &Client,
    numbers: &[Registration],
) -> Result<bool> {
    let present = registrations::table.filter(registrations::client_id.eq(client.id));
    let old: Vec<(String, String, bool)> = present
        .order((registrations::is_primary.desc(), registrations::created_at, registrations::id))
        .select((registrations::kind, registrations::number, registrations::is_primary))
        .load(conn)
        .await?;
    let mut new: Vec<ClientRegistration> = Vec::new();
    for number in numbers {
        let is_there = new.iter().any(|row| row.kind == number.kind() && row.number == number.as_str());
        if !is_there {
            new.push(ClientRegistration {
                id: RegistrationId::new(),
                firm_id: client.firm_id,
                client_id: client.id,
                kind: number.kind(),
                number: number.as_str().to_owned(),
                root: number.root().to_owned(),
                is_primary: new.is_empty() && client.registration.is_some(),
                created_at: client.updated_at,
            });
        }
    }
    let told = |row: &ClientRegistration| (row.kind.to_string(), row.number.clone(), row.is_primary);
    if old == new.iter().map(told).collect::<Vec<_>>() {
        return Ok(false);
    }
    diesel::delete(present).execute(conn).await?;
    diesel::insert_into(registrations::table).values(&new).execute(conn).await?;
    Ok(true)
}

async fn begin(store: &Store, actor: &Actor, client: ClientId) -> Result<(Tx, Client)> {
    rights::may(&actor.membership, FirmAct::ClientUpdate)?;
    let mut tx = store.begin(actor).await?;
    let client = lock(tx.conn(), &actor.scope(), client).await?.or_not_found("clientId")?;
    Ok((tx, client))
}

async fn years(conn: &mut AsyncPgConnection, client: &Client) -> Result<FiscalYears> {
    let listed: Vec<(NaiveDate, NaiveDate)> = fiscal_years::table
        .filter(fiscal_years::client_id.eq(client.id))
        .select((fiscal_years::starts_on, fiscal_years::ends_on))
        .load(conn)
        .await?;
    let pattern =
        MonthDay::parse(&client.fiscal_year_end).map_or_else(FiscalYears::calendar, FiscalYears::ending);
    Ok(pattern.clone().with(listed).unwrap_or(pattern))
}

/// A change of what rules ask is a change of the client.
async fn changed(tx: &mut Tx, client: &Client, act: &'static str) -> Result<()> {
    let now = tx.now;
    diesel::update(clients::table.find(client.id))
        .set((clients::version.eq(client.version + 1), clients::updated_at.eq(now)))
        .execute(tx.conn())
        .await?;
    let audience = Some(client.audience());
    tx.changed(client.firm_id, act, client.id, audience.clone(), audience);
    Ok(())
}
