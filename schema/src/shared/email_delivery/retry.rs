//! Sending a delivery again by hand (F-02): where it would go now. The automatic attempts are `SendEmail::MAX_ATTEMPTS`
//! in `model.rs` and `job::backoff` in the engine.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{Code, Result};
use guichet_base::id::{ActId, DeliveryId, FirmId};
use guichet_engine::actor::Membership;
use guichet_engine::sql;
use guichet_engine::tables::email_deliveries;

use super::kind::{self, Mails};
use super::model::EmailDelivery;
use super::queries;
use super::rules::{self, Candidate, Planned};

/// Whether a viewer may send each of these deliveries again now, or why not; those outside the scope are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn may(
    conn: &mut AsyncPgConnection,
    mails: Mails,
    membership: &Membership,
    ids: &[DeliveryId],
) -> Result<HashMap<DeliveryId, Result<(), Code>>> {
    let deliveries = queries::by_ids(conn, membership, ids).await?;
    let plans = plans(conn, mails, membership.firm_id(), &deliveries).await?;
    Ok(plans.into_iter().map(|(id, plan)| (id, plan.map(|_| ()))).collect())
}

/// Where each of a firm's deliveries would go now, and in which language: each kind says to whom.
pub(super) async fn plans(
    conn: &mut AsyncPgConnection,
    mails: Mails,
    firm: FirmId,
    deliveries: &[EmailDelivery],
) -> Result<HashMap<DeliveryId, Result<Planned, Code>>> {
    let candidates = candidates(conn, mails, firm, deliveries).await?;
    let addresses = candidates.values().flatten().filter_map(|candidate| candidate.address.as_deref());
    let suppressed = queries::suppressed(conn, firm, addresses).await?;
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
        let candidates = candidates.get(&delivery.id).cloned().unwrap_or_default();
        (delivery.id, rules::retry(delivery, candidates, &taken, &suppressed))
    };
    Ok(deliveries.iter().map(plan).collect())
}

/// The possible recipients of each delivery now; one query per kind of mail.
async fn candidates(
    conn: &AsyncPgConnection,
    mails: Mails,
    firm: FirmId,
    deliveries: &[EmailDelivery],
) -> Result<HashMap<DeliveryId, Vec<Candidate>>> {
    let mut found = HashMap::new();
    for mail in mails {
        let of_kind: Vec<&EmailDelivery> = deliveries.iter().filter(|one| kind::is_of(*mail, one)).collect();
        if !of_kind.is_empty() {
            let addressees = mail.addressees(conn, firm, &of_kind).await?;
            found.extend(addressees.into_iter().map(|(id, candidates)| (id, candidates.unwrap_or_default())));
        }
    }
    Ok(found)
}
