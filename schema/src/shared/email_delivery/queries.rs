//! Finders of deliveries, for staff only. Clients see their tickets, but not who got mails about them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use guichet_base::email::Email;
use guichet_base::error::Result;
use guichet_base::id::{ActId, ClientId, DeliveryId, FirmId, Id, StaffId};
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::condition::{Condition, is_few};
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::reach::{self, Audience};
use guichet_engine::sql;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{email_deliveries, email_suppressions};
use guichet_engine::tally;

use super::model::{DeliveryAbout, DeliveryStatus, EmailDelivery, MailState};
use super::rules;

/// The order of deliveries: newest first.
pub const ORDER: &str = "CREATED_AT";

/// Who may know of a delivery, as in [`visible`]: of those who may know of its thing the staff; of what is told to one of
/// them that person, and who looks after the firm.
pub(super) fn audience(of_subject: Audience, told: Option<StaffId>) -> Audience {
    match told {
        None => of_subject.internal_if(true),
        Some(staff) => Audience { overseen: true, ..Audience::only(staff.uuid()) },
    }
}

/// Whose mails about notifications a member sees: its own, or (none) all for owners and managers, who handle
/// bounces.
pub const fn own_only(membership: &Membership) -> Option<StaffId> {
    if membership.oversees() { None } else { membership.author().staff() }
}

/// The deliveries that a membership can see: for staff, those about things within their reach; of those that tell a
/// colleague something, see [`own_only`].
pub fn visible(membership: &Membership) -> Condition<email_deliveries::table> {
    let of_subjects = reach::of_subject(&membership.scope());
    match own_only(membership) {
        None => of_subjects,
        Some(staff) => {
            let own = email_deliveries::staff_id.assume_not_null().eq(staff);
            Condition::new(of_subjects.and(email_deliveries::staff_id.is_null().or(own)))
        }
    }
}

/// A filter of deliveries; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct DeliveryFilter {
    /// These deliveries.
    pub ids: Option<Vec<DeliveryId>>,
    /// One of these.
    pub status: Option<Vec<DeliveryStatus>>,
    /// About one of these.
    pub about: Option<Vec<DeliveryAbout>>,
    /// About things of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// About one of these things.
    pub subjects: Option<Vec<Subject>>,
}

fn filtered<'a>(membership: &Membership, filter: &DeliveryFilter) -> email_deliveries::BoxedQuery<'a, Pg> {
    // Those of a few clients or things are found by these.
    let few = is_few(filter.clients.as_deref()) || is_few(filter.subjects.as_deref()) || filter.ids.is_some();
    let mut query = email_deliveries::table.filter(visible(membership).checked_if(few)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(email_deliveries::id, ids));
    }
    if let Some(status) = &filter.status {
        query = query.filter(email_deliveries::status.eq_any(status.clone()));
    }
    if let Some(about) = &filter.about {
        query = query.filter(email_deliveries::about.eq_any(about.clone()));
    }
    if let Some(clients) = &filter.clients {
        query = query.filter(email_deliveries::client_id.assume_not_null().eq_any(clients.clone()));
    }
    if let Some(subjects) = &filter.subjects {
        // An id is of one noun alone.
        let ids: Vec<Uuid> = subjects.iter().map(|subject| subject.id).collect();
        query = query.filter(email_deliveries::subject_id.eq_any(ids));
    }
    query
}

/// A page of deliveries, newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &DeliveryFilter,
    part: &PageRequest,
) -> Result<Page<EmailDelivery>> {
    let query = filtered(membership, filter);
    Ok(page!(
        conn,
        query,
        part,
        ORDER,
        descending (email_deliveries::created_at => DateTime<Utc>, email_deliveries::id),
        EmailDelivery
    ))
}

/// The position of a delivery in [`page()`].
pub fn position(delivery: &EmailDelivery) -> Position {
    keyset::position(ORDER, true, &delivery.created_at, delivery.id)
}

/// The number of deliveries that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &DeliveryFilter,
) -> Result<i64> {
    Ok(filtered(membership, filter).count().get_result(conn).await?)
}

/// The number of deliveries that match a filter, by status.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &DeliveryFilter,
) -> Result<Vec<(DeliveryStatus, i64)>> {
    let by_status = tally::by::<DeliveryStatus>("email_deliveries.status");
    Ok(tally::each(filtered(membership, filter).select(by_status).get_result(conn).await?))
}

/// Those of these deliveries that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &DeliveryFilter,
    ids: &[DeliveryId],
) -> Result<Vec<EmailDelivery>> {
    let query = filtered(membership, filter).filter(sql::among(email_deliveries::id, ids));
    Ok(query.select(EmailDelivery::as_select()).load(conn).await?)
}

/// Deliveries by id; those that the viewer cannot see are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[DeliveryId],
) -> Result<Vec<EmailDelivery>> {
    Ok(email_deliveries::table
        .filter(visible(membership).checked())
        .filter(sql::among(email_deliveries::id, ids))
        .select(EmailDelivery::as_select())
        .load(conn)
        .await?)
}

/// The mails about one action, as far as the viewer may see them.
#[derive(Debug, Clone)]
pub struct ActMail {
    /// The combined state (D-04).
    pub state: MailState,
    /// By recipient, in the planned order; for staff only, empty for clients.
    pub deliveries: Vec<EmailDelivery>,
}

/// The mails about acts on visible things, by act; acts without any are left out. What staff are told beside is no
/// part of them (D-04, D-11).
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_acts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    acts: &[ActId],
) -> Result<HashMap<ActId, ActMail>> {
    let found: Vec<EmailDelivery> = email_deliveries::table
        .filter(sql::among(email_deliveries::cause_id, acts))
        .filter(email_deliveries::staff_id.is_null())
        .filter(reach::with_subject::<email_deliveries::table>(scope).checked())
        .order(email_deliveries::id)
        .select(EmailDelivery::as_select())
        .load(conn)
        .await?;
    let mut of: HashMap<ActId, Vec<EmailDelivery>> = HashMap::new();
    for delivery in found {
        of.entry(delivery.cause_id).or_default().push(delivery);
    }
    let mail = |(act, mut deliveries): (ActId, Vec<EmailDelivery>)| {
        let state = rules::overall(deliveries.iter().map(|delivery| delivery.status));
        deliveries.retain(|_| scope.is_staff());
        (act, ActMail { state, deliveries })
    };
    Ok(of.into_iter().map(mail).collect())
}

/// Which of the addresses the firm sends nothing to (F-06).
pub(crate) async fn suppressed(
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
