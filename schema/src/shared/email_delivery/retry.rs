//! Where deliveries would go if they were sent again now (F-02): asked by the command and by `viewerCan`.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::shared::notification;
use guichet_base::error::{Code, Result};
use guichet_base::id::{AccountId, ActId, ClientId, DeliveryId, FirmId, NotificationId};
use guichet_engine::actor::Membership;
use guichet_engine::sql;
use guichet_engine::tables::email_deliveries;

use super::model::{DeliveryAbout, EmailDelivery};
use super::rules::{self, Candidate, Planned};
use super::{queries, recipients};

/// Whether a viewer may have each of these deliveries sent again now, or why not; those out of scope are
/// left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn may(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[DeliveryId],
) -> Result<HashMap<DeliveryId, Result<(), Code>>> {
    let deliveries = queries::by_ids(conn, membership, ids).await?;
    let plans = plans(conn, membership.firm_id(), &deliveries).await?;
    Ok(plans.into_iter().map(|(id, plan)| (id, plan.map(|_| ()))).collect())
}

/// Where each of a firm's deliveries would go now, and in which language. One for an address of the client's
/// record goes to the client's present address, which may have been corrected since; one for a person to
/// that person, while it has access, or else where the client lists its address.
pub(super) async fn plans(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    deliveries: &[EmailDelivery],
) -> Result<HashMap<DeliveryId, Result<Planned, Code>>> {
    let clients: Vec<ClientId> = deliveries.iter().map(|delivery| delivery.client_id).collect();
    let of_clients = recipients::of_clients(conn, &clients).await?;
    let persons: Vec<(AccountId, ClientId)> = deliveries.iter().filter_map(person).collect();
    let people = recipients::people(conn, firm, &persons).await?;
    let told: Vec<NotificationId> = deliveries.iter().filter_map(|one| one.notification_id).collect();
    let told = notification::queries::addressees(conn, &told).await?;
    let candidates = |delivery: &EmailDelivery| {
        // What is told to staff is for none but that person.
        if delivery.about == DeliveryAbout::Notification {
            let person = delivery.notification_id.and_then(|id| told.get(&id));
            return person.and_then(|person| person.as_ref().ok()).cloned().into_iter().collect();
        }
        let listed = of_clients.get(&delivery.client_id).cloned().unwrap_or_default();
        let Some(person) = person(delivery) else { return listed };
        match people.get(&person) {
            Some(candidate) => vec![candidate.clone()],
            None => listed.into_iter().filter(|at| at.is_at(delivery.recipient.as_deref())).collect(),
        }
    };
    let all: Vec<Candidate> = deliveries.iter().flat_map(candidates).collect();
    let addresses = all.iter().filter_map(|candidate| candidate.address.as_deref());
    let suppressed = recipients::suppressed(conn, firm, addresses).await?;
    let acts: Vec<ActId> = deliveries.iter().map(|delivery| delivery.cause_id).collect();
    let siblings: Vec<(ActId, DeliveryId, String)> = email_deliveries::table
        .filter(sql::among(email_deliveries::cause_id, &acts))
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

/// For whom a delivery is, where that is a person.
fn person(delivery: &EmailDelivery) -> Option<(AccountId, ClientId)> {
    Some((delivery.account_id?, delivery.client_id))
}
