//! Finders of deliveries: staff only. A client sees its ticket, not who was mailed about it.

use std::collections::{BTreeSet, HashMap};

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::desk::ticket::model::Ticket;
use guichet_base::email::Email;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ActId, ClientId, DeliveryId, Id, StaffId, TicketId};
use guichet_base::page::{Cursor, Page, PageRequest};
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::condition::{Condition, is_few};
use guichet_engine::feed::Audience;
use guichet_engine::sql;
use guichet_engine::tables::{
    accounts, client_recipients, clients, email_deliveries, email_suppressions, portal_accesses,
    staff_members, tickets,
};

use super::model::{DeliveryAbout, DeliveryStatus, EmailDelivery, EmailSuppression, MailState};
use super::rules;

/// The order of deliveries: the newest first.
pub const ORDER: &str = "CREATED_AT";

/// Who may know of a delivery about a ticket, as in [`visible`]: of the ticket's audience the staff; of what is
/// told to one of them (`told`) that person, and who looks after the firm.
pub(super) fn audience(ticket: &Ticket, portfolio: Option<StaffId>, told: Option<StaffId>) -> Audience {
    match told {
        None => Audience { internal: true, ..ticket.audience(portfolio) },
        Some(staff) => Audience { overseen: true, ..Audience::only(staff.uuid()) },
    }
}

/// Whose mails about notifications somebody sees: its own, or (none) all, for who must be able to mend bounces.
pub const fn own_only(membership: &Membership) -> Option<StaffId> {
    if membership.oversees() { None } else { membership.author().staff() }
}

/// The deliveries that somebody with this membership on sees: those about tickets within its sight, for staff; of those
/// that tell a colleague something, see [`own_only`].
pub fn visible(membership: &Membership) -> Condition<email_deliveries::table> {
    let of_firm = email_deliveries::firm_id.eq(membership.firm_id());
    let own = || {
        let account = staff_members::table.filter(staff_members::id.nullable().eq(own_only(membership)));
        let account = account.select(staff_members::account_id);
        let to_it = email_deliveries::account_id.assume_not_null().eq_any(account);
        email_deliveries::about.eq(DeliveryAbout::StatusChange).or(to_it)
    };
    let scope = membership.scope();
    if !scope.is_staff() {
        return Condition::new(diesel::dsl::sql::<diesel::sql_types::Bool>("false"));
    }
    match (scope.is_firm(), own_only(membership)) {
        (true, None) => Condition::new(of_firm),
        (true, Some(_)) => Condition::new(of_firm.and(own())),
        (false, _) => {
            let seen =
                tickets::table.filter(crate::desk::ticket::queries::visible(&scope)).select(tickets::id);
            Condition::new(of_firm.and(own()).and(email_deliveries::ticket_id.eq_any(seen)))
        }
    }
}

/// Which deliveries are wanted; everything that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// One of these.
    pub status: Option<Vec<DeliveryStatus>>,
    /// About one of these.
    pub about: Option<Vec<DeliveryAbout>>,
    /// About tickets of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// About one of these tickets.
    pub tickets: Option<Vec<TicketId>>,
}

fn filtered<'a>(membership: &Membership, filter: &DeliveryFilter) -> email_deliveries::BoxedQuery<'a, Pg> {
    // Those of a few clients or tickets are found by these.
    let few = is_few(filter.clients.as_deref()) || is_few(filter.tickets.as_deref());
    let mut query = email_deliveries::table.filter(visible(membership).checked_if(few)).into_boxed();
    if let Some(status) = &filter.status {
        query = query.filter(email_deliveries::status.eq_any(status.clone()));
    }
    if let Some(about) = &filter.about {
        query = query.filter(email_deliveries::about.eq_any(about.clone()));
    }
    if let Some(clients) = &filter.clients {
        query = query.filter(email_deliveries::client_id.eq_any(clients.clone()));
    }
    if let Some(tickets) = &filter.tickets {
        query = query.filter(email_deliveries::ticket_id.eq_any(tickets.clone()));
    }
    query
}

/// A page of deliveries, the newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &DeliveryFilter,
    part: &PageRequest,
) -> Result<Page<EmailDelivery>> {
    let mut query = filtered(membership, filter).limit(part.fetch());
    if let Some(cursor) = part.cursor(ORDER)? {
        let micros = cursor.key.parse().ok().and_then(chrono::DateTime::from_timestamp_micros).map(sql::held);
        let at = micros.ok_or_else(|| Refusal::of("after", Code::InvalidCursor))?;
        let id = DeliveryId::from_uuid(cursor.id);
        // The first condition bounds the index; the second settles equal times.
        query = if part.is_backward() {
            query
                .filter(email_deliveries::created_at.ge(at))
                .filter(email_deliveries::created_at.gt(at).or(email_deliveries::id.gt(id)))
        } else {
            query
                .filter(email_deliveries::created_at.le(at))
                .filter(email_deliveries::created_at.lt(at).or(email_deliveries::id.lt(id)))
        };
    }
    query = if part.is_backward() {
        query.order((email_deliveries::created_at.asc(), email_deliveries::id.asc()))
    } else {
        query.order((email_deliveries::created_at.desc(), email_deliveries::id.desc()))
    };
    Ok(part.page(query.select(EmailDelivery::as_select()).load(conn).await?))
}

/// The cursor of a delivery in [`page`].
pub fn cursor(delivery: &EmailDelivery) -> String {
    Cursor::encode(ORDER, delivery.created_at.timestamp_micros(), delivery.id.uuid())
}

/// How many deliveries there are.
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

/// Deliveries by id; those that the viewer does not see are left out.
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

/// The mails about one act, as far as a viewer may know of them.
#[derive(Debug, Clone)]
pub struct ActMail {
    /// Overall (D-04).
    pub state: MailState,
    /// By recipient, in the order in which they were planned; staff only, empty for a client.
    pub deliveries: Vec<EmailDelivery>,
}

/// The mails about changes of status, by act on visible tickets; acts without any are left out. What staff
/// are told beside is no part of them (D-04, D-11).
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_acts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    acts: &[ActId],
) -> Result<HashMap<ActId, ActMail>> {
    let seen =
        tickets::table.filter(crate::desk::ticket::queries::visible(scope).checked()).select(tickets::id);
    let found: Vec<EmailDelivery> = email_deliveries::table
        .filter(sql::among(email_deliveries::cause_id, acts))
        .filter(email_deliveries::about.eq(DeliveryAbout::StatusChange))
        .filter(email_deliveries::ticket_id.eq_any(seen))
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

/// The suppressed addresses on clients' records (F-06), by client: those of record, those for
/// tickets, and those of its portal users.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn suppressions(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[ClientId],
) -> Result<HashMap<ClientId, Vec<EmailSuppression>>> {
    if !scope.is_staff() {
        return Ok(HashMap::new());
    }
    let seen = || {
        clients::table
            .filter(crate::people::client::queries::visible(scope).checked())
            .filter(sql::among(clients::id, ids))
    };
    let mut addresses: Vec<(ClientId, String)> = seen()
        .filter(clients::email.is_not_null())
        .select((clients::id, clients::email.assume_not_null()))
        .load(conn)
        .await?;
    let listed: Vec<(ClientId, String)> = client_recipients::table
        .filter(client_recipients::client_id.eq_any(seen().select(clients::id)))
        .select((client_recipients::client_id, client_recipients::email))
        .load(conn)
        .await?;
    let users: Vec<(ClientId, String)> = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .filter(portal_accesses::client_id.eq_any(seen().select(clients::id)))
        .select((portal_accesses::client_id, accounts::email))
        .load(conn)
        .await?;
    addresses.extend(listed);
    addresses.extend(users);
    let by_ci: Vec<(ClientId, String)> = addresses
        .into_iter()
        .filter_map(|(client, address)| Some((client, Email::parse(&address)?.ci().to_owned())))
        .collect();
    let found: Vec<EmailSuppression> = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(scope.firm_id()))
        .filter(email_suppressions::email_ci.eq_any(by_ci.iter().map(|(_, ci)| ci).collect::<Vec<_>>()))
        .order(email_suppressions::at)
        .select(EmailSuppression::as_select())
        .load(conn)
        .await?;
    let mut of: HashMap<ClientId, Vec<EmailSuppression>> = HashMap::new();
    for suppression in found {
        let owners: BTreeSet<ClientId> =
            by_ci.iter().filter(|(_, ci)| *ci == suppression.email_ci).map(|(client, _)| *client).collect();
        for client in owners {
            of.entry(client).or_default().push(suppression.clone());
        }
    }
    Ok(of)
}

/// The suppressed addresses of staff (F-06), who get mails about the tickets that they open.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_staff(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[StaffId],
) -> Result<HashMap<StaffId, EmailSuppression>> {
    if !scope.is_staff() {
        return Ok(HashMap::new());
    }
    let found: Vec<(StaffId, EmailSuppression)> = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .inner_join(
            email_suppressions::table.on(email_suppressions::firm_id
                .eq(staff_members::firm_id)
                .and(email_suppressions::email_ci.eq(accounts::email_ci))),
        )
        .filter(staff_members::firm_id.eq(scope.firm_id()))
        .filter(sql::among(staff_members::id, ids))
        .select((staff_members::id, EmailSuppression::as_select()))
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// A suppressed address, as far as a viewer may know of it without looking at a client: any of the firm's
/// for those who see all of it, else that of a colleague.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn suppression(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    email: &Email,
) -> Result<Option<EmailSuppression>> {
    let colleagues = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .filter(staff_members::firm_id.eq(scope.firm_id()))
        .select(accounts::email_ci);
    let mut query = email_suppressions::table
        .filter(email_suppressions::firm_id.eq(scope.firm_id()))
        .filter(email_suppressions::email_ci.eq(email.ci().to_owned()))
        .select(EmailSuppression::as_select())
        .into_boxed();
    if !scope.is_staff() {
        return Ok(None);
    }
    if !scope.is_firm() {
        query = query.filter(email_suppressions::email_ci.eq_any(colleagues));
    }
    Ok(query.get_result(conn).await.optional()?)
}
