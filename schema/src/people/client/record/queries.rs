//! Finders of what due rules ask of clients. Each requires the viewer's scope, or the firm whose tasks are generated.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::country::Country;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, FirmId};
use guichet_base::registration;
use guichet_engine::actor::Scope;
use guichet_engine::sql;
use guichet_engine::tables::{client_attributes, client_events, clients, fiscal_years, registrations};
use guichet_obligations::{Client as Facts, FiscalYears, MonthDay};

use crate::people::client::queries::visible;

use super::model::{ClientAttribute, ClientEvent, ClientRegistration, FiscalYear};
use super::rules;

/// Declares a finder of rows of clients.
macro_rules! of_clients {
    ($(#[$doc:meta])* $name:ident: $table:ident => $row:ty, by ($($order:ident),+)) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When the database does not answer: retry.
        pub async fn $name(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[ClientId]) -> Result<Vec<$row>> {
            let seen = clients::table.filter(visible(scope).checked()).select(clients::id);
            Ok($table::table
                .filter($table::client_id.eq_any(seen))
                .filter(sql::among($table::client_id, ids))
                .order(($($table::$order),+))
                .select(<$row>::as_select())
                .load(conn)
                .await?)
        }
    };
}

of_clients! {
    /// The registration numbers of clients, the one that the record shows first.
    registrations: registrations => ClientRegistration, by (is_primary, kind, number)
}

of_clients! {
    /// The attributes of clients, by key and day.
    attributes: client_attributes => ClientAttribute, by (key, valid_from)
}

of_clients! {
    /// The fiscal years of clients that do not follow their closing day, in order.
    years: fiscal_years => FiscalYear, by (client_id, ends_on)
}

of_clients! {
    /// What happened to clients that rules wait for.
    events: client_events => ClientEvent, by (name, period)
}

/// What due rules are told of a client.
#[derive(Debug, Clone)]
pub struct Record {
    /// The client.
    pub id: ClientId,
    /// Its name.
    pub name: String,
    /// Its country, by its ISO 3166-1 alpha-2 code.
    pub country: String,
    /// Its attributes and events.
    pub facts: Facts,
    /// Its fiscal years.
    pub years: FiscalYears,
    /// The last day on which the firm serves it.
    pub ended_on: Option<NaiveDate>,
}

/// What due rules are told of these clients of a firm; of all without ids.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn records(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    ids: Option<&[ClientId]>,
) -> Result<HashMap<ClientId, Record>> {
    let mut of_firm = clients::table.filter(clients::firm_id.eq(firm)).into_boxed();
    if let Some(ids) = ids {
        of_firm = of_firm.filter(sql::among(clients::id, ids));
    }
    type Row = (ClientId, String, String, String, Option<NaiveDate>);
    let rows: Vec<Row> = of_firm
        .select((clients::id, clients::name, clients::country, clients::fiscal_year_end, clients::ended_on))
        .load(conn)
        .await?;
    let wanted: Vec<ClientId> = rows.iter().map(|(id, ..)| *id).collect();
    let attributes: Vec<ClientAttribute> = client_attributes::table
        .filter(client_attributes::firm_id.eq(firm))
        .filter(sql::among(client_attributes::client_id, &wanted))
        .select(ClientAttribute::as_select())
        .load(conn)
        .await?;
    let numbers: Vec<(ClientId, String)> = registrations::table
        .filter(registrations::firm_id.eq(firm))
        .filter(registrations::is_primary)
        .filter(sql::among(registrations::client_id, &wanted))
        .select((registrations::client_id, registrations::number))
        .load(conn)
        .await?;
    let events: Vec<ClientEvent> = client_events::table
        .filter(client_events::firm_id.eq(firm))
        .filter(sql::among(client_events::client_id, &wanted))
        .select(ClientEvent::as_select())
        .load(conn)
        .await?;
    let listed: Vec<FiscalYear> = fiscal_years::table
        .filter(fiscal_years::firm_id.eq(firm))
        .filter(sql::among(fiscal_years::client_id, &wanted))
        .order((fiscal_years::client_id, fiscal_years::ends_on))
        .select(FiscalYear::as_select())
        .load(conn)
        .await?;

    let mut facts: HashMap<ClientId, Facts> = HashMap::new();
    for attribute in attributes {
        let of = facts.remove(&attribute.client_id).unwrap_or_default();
        let value = attribute.value();
        facts.insert(attribute.client_id, of.with(&attribute.key, attribute.valid_from, value));
    }
    for event in events {
        let of = facts.remove(&event.client_id).unwrap_or_default();
        facts.insert(event.client_id, of.happened(&event.name, &event.period, event.happened_on));
    }
    let mut years: HashMap<ClientId, Vec<(NaiveDate, NaiveDate)>> = HashMap::new();
    for year in listed {
        years.entry(year.client_id).or_default().push((year.starts_on, year.ends_on));
    }
    let numbers: HashMap<ClientId, String> = numbers.into_iter().collect();
    let record = |(id, name, country, closing, ended_on): Row| {
        let number = Country::parse(&country).zip(numbers.get(&id));
        let number = number.and_then(|(country, number)| registration::check(country, number).ok());
        let facts = rules::derived(facts.remove(&id).unwrap_or_default(), &country, &name, number.as_ref());
        let pattern = MonthDay::parse(&closing).map_or_else(FiscalYears::calendar, FiscalYears::ending);
        let listed = years.remove(&id).unwrap_or_default();
        // Years that overlap are refused when they are entered.
        let years = pattern.clone().with(listed).unwrap_or(pattern);
        (id, Record { id, name, country, facts, years, ended_on })
    };
    Ok(rows.into_iter().map(record).collect())
}
