//! Finders of notifications: each staff member sees its own, and of these those about tickets within its
//! reach (B-15). A client has none.

use std::collections::HashMap;

use chrono::DateTime;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::desk::ticket::model::Ticket;
use crate::desk::ticket::queries::visible;
use crate::shared::email_delivery::model::DeliveryReason;
use crate::shared::email_delivery::rules::Candidate;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{AccountId, DepartmentId, Id, NotificationId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::page::{Cursor, Page, PageRequest};
use guichet_engine::actor::{MemberReach, Membership, StaffMembership, StaffRole};
use guichet_engine::condition::Condition;
use guichet_engine::sql;
use guichet_engine::tables::{
    accounts, clients, department_members, firms, notification_preferences, notifications, staff_members,
    tickets,
};

use super::model::Notification;

/// The order of notifications: the newest first.
pub const ORDER: &str = "AT";

/// The notifications that somebody with this membership on sees.
pub(super) fn own(membership: &Membership) -> Condition<notifications::table> {
    let Membership::Staff(staff) = membership else {
        return Condition::new(diesel::dsl::sql::<diesel::sql_types::Bool>("false"));
    };
    let own = notifications::firm_id.eq(staff.firm_id).and(notifications::staff_id.eq(staff.id));
    let scope = membership.scope();
    // All of the firm's tickets are within reach.
    if scope.is_firm() {
        return Condition::new(own);
    }
    let seen = tickets::table.filter(visible(&scope)).select(tickets::id);
    Condition::new(own.and(notifications::ticket_id.eq_any(seen)))
}

fn filtered<'a>(membership: &Membership, unread_only: bool) -> notifications::BoxedQuery<'a, Pg> {
    let query = notifications::table.filter(own(membership)).into_boxed();
    if unread_only { query.filter(notifications::read_at.is_null()) } else { query }
}

/// A page of notifications, the newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    unread_only: bool,
    part: &PageRequest,
) -> Result<Page<Notification>> {
    let mut query = filtered(membership, unread_only).limit(part.fetch());
    if let Some(cursor) = part.cursor(ORDER)? {
        let micros = cursor.key.parse().ok().and_then(DateTime::from_timestamp_micros).map(sql::held);
        let at = micros.ok_or_else(|| Refusal::of("after", Code::InvalidCursor))?;
        let id = NotificationId::from_uuid(cursor.id);
        // The first condition bounds the index; the second settles equal times.
        query = if part.is_backward() {
            query
                .filter(notifications::at.ge(at))
                .filter(notifications::at.gt(at).or(notifications::id.gt(id)))
        } else {
            query
                .filter(notifications::at.le(at))
                .filter(notifications::at.lt(at).or(notifications::id.lt(id)))
        };
    }
    query = if part.is_backward() {
        query.order((notifications::at.asc(), notifications::id.asc()))
    } else {
        query.order((notifications::at.desc(), notifications::id.desc()))
    };
    Ok(part.page(query.select(Notification::as_select()).load(conn).await?))
}

/// The cursor of a notification in [`page`].
pub fn cursor(notification: &Notification) -> String {
    Cursor::encode(ORDER, notification.at.timestamp_micros(), notification.id.uuid())
}

/// How many notifications there are.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, membership: &Membership, unread_only: bool) -> Result<i64> {
    Ok(filtered(membership, unread_only).count().get_result(conn).await?)
}

/// Notifications by id, in no particular order; those that the viewer does not see are left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[NotificationId],
) -> Result<Vec<Notification>> {
    Ok(notifications::table
        .filter(own(membership).checked())
        .filter(sql::among(notifications::id, ids))
        .select(Notification::as_select())
        .load(conn)
        .await?)
}

/// To whom each of these would be mailed now, or why it would not: the person does not see the ticket any more
/// (B-14, B-15), or does not want such mails. Those are left out whose person left.
pub(crate) async fn addressees(
    mut conn: &AsyncPgConnection,
    ids: &[NotificationId],
) -> Result<HashMap<NotificationId, Result<Candidate, DeliveryReason>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    type Row = (
        NotificationId,
        (StaffId, StaffRole, MemberReach),
        (AccountId, String, Locale),
        Ticket,
        (Option<StaffId>, bool),
    );
    let wish = notification_preferences::table
        .filter(notification_preferences::staff_id.eq(notifications::staff_id))
        .filter(notification_preferences::kind.eq(notifications::kind));
    let found: Vec<Row> = notifications::table
        .inner_join(staff_members::table.on(staff_members::id.eq(notifications::staff_id)))
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .inner_join(firms::table.on(firms::id.eq(notifications::firm_id)))
        .inner_join(tickets::table.on(tickets::id.eq(notifications::ticket_id)))
        .inner_join(clients::table.on(clients::id.eq(tickets::client_id)))
        .filter(sql::among(notifications::id, ids))
        .filter(staff_members::joined_at.is_not_null())
        .filter(staff_members::disabled_at.is_null())
        .select((
            notifications::id,
            (staff_members::id, staff_members::role, firms::member_reach),
            (accounts::id, accounts::email, accounts::locale),
            Ticket::as_select(),
            (clients::accountant_id, diesel::dsl::exists(wish)),
        ))
        .load(&mut conn)
        .await?;
    let staff: Vec<StaffId> = found.iter().map(|(_, (id, ..), ..)| *id).collect();
    let belongings: Vec<(StaffId, DepartmentId)> = department_members::table
        .filter(sql::among(department_members::staff_id, &staff))
        .select((department_members::staff_id, department_members::department_id))
        .load(&mut conn)
        .await?;
    let addressee =
        |(id, (staff, role, reach), (account, email, locale), ticket, (portfolio, is_wanted)): Row| {
            let of = belongings.iter().filter(|(of, _)| *of == staff);
            let departments: Vec<DepartmentId> = of.map(|(_, department)| *department).collect();
            let membership =
                Membership::Staff(StaffMembership { id: staff, firm_id: ticket.firm_id, role, reach });
            let sees = ticket.audience(portfolio).admits_member(&membership, &departments);
            let candidate = match (sees, is_wanted) {
                (false, _) => Err(DeliveryReason::NoAccess),
                (true, false) => Err(DeliveryReason::NotWanted),
                (true, true) => Ok(Candidate { address: Some(email), account_id: Some(account), locale }),
            };
            (id, candidate)
        };
    Ok(found.into_iter().map(addressee).collect())
}
