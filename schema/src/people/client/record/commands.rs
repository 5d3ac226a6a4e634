//! Commands on what due rules ask of clients. Each sets a state, so that repeating it changes nothing.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::country::Country;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, RegistrationId};
use guichet_base::input::Check;
use guichet_base::registration::Registration;
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{client_attributes, client_events, clients, fiscal_years, registrations, tasks};
use guichet_obligations::{CITY, Client as Facts, FiscalYears, MonthDay, Period, REGION, Scalar};

use crate::people::client::commands::lock;
use crate::people::client::model::Client;
use crate::people::firm::day::today;
use crate::people::rights::{self, FirmAct};

use super::model::{ClientAttribute, ClientRegistration, FiscalYear};
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

/// Sets the value that an attribute of a client has from a day on. A city lies in the region that the record has; with
/// another region, the city is unknown from that day on, until it is set. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND` about `clientId`; refusals of `key` and `value`.
pub async fn set_attribute(store: &Store, actor: &Actor, input: SetAttribute) -> Result<Done<ClientId>> {
    let (mut tx, client) = begin(store, actor, input.client_id).await?;
    let mut check = Check::new();
    let key = rules::key(&mut check, "key", &input.key);
    let value = input.value.map(|value| rules::value(&mut check, "value", &client.country, &key, value));
    let leaves = match [REGION, CITY].contains(&key.as_str()) {
        true => leaves(&mut tx, &mut check, &client, (&key, input.valid_from, value.as_ref())).await?,
        false => false,
    };
    check.done()?;
    let stored = value.map(|value| serde_json::json!(value));
    let old: Option<Option<serde_json::Value>> = client_attributes::table
        .find((client.id, &key, input.valid_from))
        .select(client_attributes::value)
        .get_result(tx.conn())
        .await
        .optional()?;
    if old.as_ref() != Some(&stored) {
        write_attribute(tx.conn(), &client, &key, input.valid_from, stored).await?;
        if leaves {
            write_attribute(tx.conn(), &client, CITY, input.valid_from, None).await?;
        }
        changed(&mut tx, &client, "clientAttributeSet").await?;
    }
    tx.commit(client.id).await
}

/// Writes what an attribute is from a day on; nothing when it is unknown.
async fn write_attribute(
    conn: &mut AsyncPgConnection,
    client: &Client,
    key: &str,
    valid_from: NaiveDate,
    value: Option<serde_json::Value>,
) -> Result<()> {
    diesel::insert_into(client_attributes::table)
        .values((
            client_attributes::client_id.eq(client.id),
            client_attributes::firm_id.eq(client.firm_id),
            client_attributes::key.eq(key),
            client_attributes::valid_from.eq(valid_from),
            client_attributes::value.eq(&value),
        ))
        .on_conflict((client_attributes::client_id, client_attributes::key, client_attributes::valid_from))
        .do_update()
        .set(client_attributes::value.eq(&value))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a client leaves its city with a new region. What would put a city into another region is refused.
async fn leaves(
    tx: &mut Tx,
    check: &mut Check,
    client: &Client,
    (key, from, value): (&str, NaiveDate, Option<&Scalar>),
) -> Result<bool> {
    let rows: Vec<ClientAttribute> = client_attributes::table
        .filter(client_attributes::client_id.eq(client.id))
        .filter(client_attributes::key.eq_any([REGION, CITY]))
        .select(ClientAttribute::as_select())
        .load(tx.conn())
        .await?;
    let is_told = rows.iter().any(|row| row.key == CITY && row.valid_from == from);
    let before = rows
        .into_iter()
        .fold(Facts::default(), |facts, row| facts.with(&row.key, row.valid_from, row.value()));
    let facts = before.clone().with(key, from, value.cloned());
    // What was entered before places were compared is left as it is.
    let is_misplaced = |facts: &Facts| rules::misplaced(&client.country, facts).is_some();
    if !is_misplaced(&facts) || is_misplaced(&before) {
        return Ok(false);
    }
    let left = facts.clone().with(CITY, from, None);
    if key == REGION && !is_told && !is_misplaced(&left) {
        return Ok(true);
    }
    let day = rules::misplaced(&client.country, &facts).unwrap_or(from);
    let city = facts.place(day).city.unwrap_or_default();
    let country = Country::parse(&client.country);
    check.refuse(
        country
            .and_then(|country| rules::elsewhere("value", country, &city))
            .unwrap_or_else(|| Refusal::of("value", Code::OutOfRange)),
    );
    Ok(false)
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
    let is_known = Period::parse(period, 1, &years).is_some();
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

/// Replaces the fiscal years that do not follow the closing day of the record. Years for which work was made stay as they
/// were, where none is given in their place. For owners and managers (B-15).
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
    let old = years(tx.conn(), &client).await?;
    let made = made(tx.conn(), &client).await?;
    let new = rules::kept(&old, pattern(&client), listed, &made);
    if write_years(tx.conn(), &client, &new).await? {
        changed(&mut tx, &client, "clientFiscalYearsSet").await?;
    }
    tx.commit(client.id).await
}

/// Lists the years of a client that its old closing day named, before it gets another one: those for which work was made,
/// those between them, and the one that runs if by the new closing day it would be over.
pub(crate) async fn keep_years(tx: &mut Tx, old: &Client, new: &Client) -> Result<()> {
    let made = made(tx.conn(), old).await?;
    let bounds = made.iter().min().copied().zip(made.iter().max().copied());
    let Some(bounds) = bounds else { return Ok(()) };
    let now = tx.now;
    let today = today(tx.conn(), old.firm_id, now).await?;
    let years = years(tx.conn(), old).await?;
    let all = rules::until_today(&years, &pattern(new), bounds, today);
    let listed = rules::kept(&years, pattern(new), years.listed().to_vec(), &all);
    write_years(tx.conn(), new, &listed).await?;
    Ok(())
}

/// The last days of the fiscal years for which work was made for a client, in order.
async fn made(conn: &mut AsyncPgConnection, client: &Client) -> Result<Vec<NaiveDate>> {
    let periods: Vec<String> = tasks::table
        .filter(tasks::client_id.eq(client.id))
        .filter(tasks::period.like("FY%"))
        .select(tasks::period.assume_not_null())
        .distinct()
        .load(conn)
        .await?;
    let mut closings: Vec<NaiveDate> = periods.iter().filter_map(|name| Period::last_day(name)).collect();
    closings.sort_unstable();
    Ok(closings)
}

/// Replaces the listed years of a client; returns whether they differ.
async fn write_years(
    conn: &mut AsyncPgConnection,
    client: &Client,
    years: &[(NaiveDate, NaiveDate)],
) -> Result<bool> {
    let of_client = fiscal_years::table.filter(fiscal_years::client_id.eq(client.id));
    let row = |(starts_on, ends_on): &(NaiveDate, NaiveDate)| FiscalYear {
        client_id: client.id,
        firm_id: client.firm_id,
        starts_on: *starts_on,
        ends_on: *ends_on,
    };
    let mut new: Vec<FiscalYear> = years.iter().map(row).collect();
    new.sort_by_key(|year| year.ends_on);
    let old: Vec<FiscalYear> =
        of_client.order(fiscal_years::ends_on).select(FiscalYear::as_select()).load(conn).await?;
    if old == new {
        return Ok(false);
    }
    diesel::delete(of_client).execute(conn).await?;
    diesel::insert_into(fiscal_years::table).values(&new).execute(conn).await?;
    Ok(true)
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
    Ok(pattern(client).with(listed).unwrap_or_else(|| pattern(client)))
}

/// The years of a client as its closing day names them.
fn pattern(client: &Client) -> FiscalYears {
    MonthDay::parse(&client.fiscal_year_end).map_or_else(FiscalYears::calendar, FiscalYears::ending)
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
