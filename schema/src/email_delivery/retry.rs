//! Where deliveries would go if they were sent again now (F-02): asked by the command and by `viewerCan`.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::actor::Scope;
use crate::error::{Code, Result};
use crate::id::{ActId, ClientId, DeliveryId, FirmId};
use crate::locale::Locale;
use crate::tables::{client_recipients, clients, email_deliveries};

use super::announce::suppressed;
use super::model::EmailDelivery;
use super::queries;
use super::rules::{self, Candidate, Planned};

/// Whether a viewer may have each of these deliveries sent again now, or why not; those out of scope are
/// left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn may(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DeliveryId],
) -> Result<HashMap<DeliveryId, Result<(), Code>>> {
    let deliveries = queries::by_ids(conn, scope, ids).await?;
    let plans = plans(conn, scope.firm_id(), &deliveries).await?;
    Ok(plans.into_iter().map(|(id, plan)| (id, plan.map(|_| ()))).collect())
}

/// Where each of a firm's deliveries would go now. One for an address of the client's record goes to the
/// client's present address, which may have been corrected since.
pub(super) async fn plans(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    deliveries: &[EmailDelivery],
) -> Result<HashMap<DeliveryId, Result<Planned, Code>>> {
    let of_clients = of_clients(conn, deliveries).await?;
    let candidates = |delivery: &EmailDelivery| match delivery.account_id {
        None => of_clients.get(&delivery.client_id).cloned().unwrap_or_default(),
        account_id @ Some(_) => {
            vec![Candidate { address: delivery.recipient.clone(), account_id, locale: delivery.locale }]
        }
    };
    let all: Vec<Candidate> = deliveries.iter().flat_map(candidates).collect();
    let suppressed = suppressed(conn, firm, all.iter()).await?;
    let acts: Vec<ActId> = deliveries.iter().map(|delivery| delivery.cause_id).collect();
    let siblings: Vec<(ActId, DeliveryId, String)> = email_deliveries::table
        .filter(email_deliveries::cause_id.eq_any(acts))
        .filter(email_deliveries::recipient_ci.is_not_null())
        .select((
            email_deliveries::cause_id,
            email_deliveries::id,
            email_deliveries::recipient_ci.assume_not_null(),
        ))
        .load(conn)
        .await?;
    let plan = |delivery: &EmailDelivery| {
        let others = siblings.iter().filter(|(act, id, _)| *act == delivery.cause_id && *id != delivery.id);
        let taken: HashSet<String> = others.map(|(.., ci)| ci.clone()).collect();
        (delivery.id, rules::retry(delivery, candidates(delivery), &taken, &suppressed))
    };
    Ok(deliveries.iter().map(plan).collect())
}

/// The clients' addresses for tickets, by default their addresses of record (D-05, F-02).
async fn of_clients(
    conn: &mut AsyncPgConnection,
    deliveries: &[EmailDelivery],
) -> Result<HashMap<ClientId, Vec<Candidate>>> {
    let ids: HashSet<ClientId> = deliveries.iter().map(|delivery| delivery.client_id).collect();
    let records: Vec<(ClientId, Option<String>, Locale)> = clients::table
        .filter(clients::id.eq_any(&ids))
        .select((clients::id, clients::email, clients::locale))
        .load(conn)
        .await?;
    let listed: Vec<(ClientId, String)> = client_recipients::table
        .filter(client_recipients::client_id.eq_any(&ids))
        .filter(client_recipients::topic.eq("TICKETS"))
        .order((client_recipients::client_id, client_recipients::position))
        .select((client_recipients::client_id, client_recipients::email))
        .load(conn)
        .await?;
    let candidates = |(id, of_record, locale): (ClientId, Option<String>, Locale)| {
        let chosen: Vec<Option<String>> =
            listed.iter().filter(|(client, _)| *client == id).map(|(_, email)| Some(email.clone())).collect();
        let addresses = if chosen.is_empty() { vec![of_record] } else { chosen };
        let candidate = |address| Candidate { address, account_id: None, locale };
        (id, addresses.into_iter().map(candidate).collect())
    };
    Ok(records.into_iter().map(candidates).collect())
}
