//! Finders of notifications: each staff member sees its own, and of these those about things within its
//! reach (B-15). A client has none.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::shared::email_delivery::kind::Addressees;
use crate::shared::email_delivery::model::{DeliveryReason, EmailDelivery};
use crate::shared::email_delivery::rules::Candidate;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, DeliveryId, DepartmentId, FirmId, Id, NotificationId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::page::{Page, PageRequest};
use guichet_engine::actor::{MemberReach, Membership, StaffMembership, StaffRole};
use guichet_engine::condition::Condition;
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{
    accounts, department_members, email_deliveries, firms, notification_preferences, notifications,
    staff_members,
};

use super::model::Notification;

/// The order of notifications: newest first.
pub const ORDER: &str = "AT";

/// The notifications that a membership can see.
pub(super) fn own(membership: &Membership) -> Condition<notifications::table> {
    let own = notifications::staff_id.eq(StaffId::from_uuid(membership.person()));
    Condition::new(own.and(reach::of_subject::<notifications::table>(&membership.scope())))
}

fn filtered<'a>(membership: &Membership, unread_only: bool) -> notifications::BoxedQuery<'a, Pg> {
    let query = notifications::table.filter(own(membership)).into_boxed();
    if unread_only { query.filter(notifications::read_at.is_null()) } else { query }
}

/// A page of notifications, newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    unread_only: bool,
    part: &PageRequest,
) -> Result<Page<Notification>> {
    let query = filtered(membership, unread_only);
    Ok(page!(
        conn,
        query,
        part,
        ORDER,
        descending (notifications::at => DateTime<Utc>, notifications::id),
        Notification
    ))
}

/// The position of a notification in [`page()`].
pub fn position(notification: &Notification) -> Position {
    keyset::position(ORDER, true, &notification.at, notification.id)
}

/// The number of notifications that match.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, membership: &Membership, unread_only: bool) -> Result<i64> {
    Ok(filtered(membership, unread_only).count().get_result(conn).await?)
}

/// Notifications by id, in no particular order; those that the viewer cannot see are omitted.
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

/// For each of these notification mails: its recipient now, or why it would not be sent: the person no longer sees the
/// thing (B-14, B-15) or does not want such mails (D-11). Omitted: mails whose person left or whose notification was
/// deleted.
pub(crate) async fn addressees(
    mut conn: &AsyncPgConnection,
    deliveries: &[&EmailDelivery],
) -> Result<Addressees> {
    type Row =
        ((DeliveryId, FirmId, Subject), (StaffId, StaffRole, MemberReach), (AccountId, String, Locale), bool);
    let ids: Vec<DeliveryId> = deliveries.iter().map(|delivery| delivery.id).collect();
    let told = notifications::act_id
        .eq(email_deliveries::cause_id)
        .and(notifications::staff_id.nullable().eq(email_deliveries::staff_id));
    let wish = notification_preferences::table
        .filter(notification_preferences::staff_id.eq(notifications::staff_id))
        .filter(notification_preferences::kind.eq(notifications::kind));
    let found: Vec<Row> = email_deliveries::table
        .inner_join(notifications::table.on(told))
        .inner_join(staff_members::table.on(staff_members::id.eq(notifications::staff_id)))
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .inner_join(firms::table.on(firms::id.eq(notifications::firm_id)))
        .filter(sql::among(email_deliveries::id, &ids))
        .filter(staff_members::joined_at.is_not_null())
        .filter(staff_members::disabled_at.is_null())
        .select((
            (email_deliveries::id, firms::id, (notifications::subject_noun, notifications::subject_id)),
            (staff_members::id, staff_members::role, firms::member_reach),
            (accounts::id, accounts::email, accounts::locale),
            diesel::dsl::exists(wish),
        ))
        .load(&mut conn)
        .await?;
    let subjects: Vec<Subject> = found.iter().map(|((.., subject), ..)| *subject).collect();
    let staff: Vec<StaffId> = found.iter().map(|(_, (id, ..), ..)| *id).collect();
    let audiences = reach::audiences(conn, &subjects).await?;
    let belongings: Vec<(StaffId, DepartmentId)> = department_members::table
        .filter(sql::among(department_members::staff_id, &staff))
        .select((department_members::staff_id, department_members::department_id))
        .load(&mut conn)
        .await?;
    let addressee = |((delivery, firm_id, subject), (id, role, reach), person, is_wanted): Row| {
        let of = belongings.iter().filter(|(of, _)| *of == id);
        let departments: Vec<DepartmentId> = of.map(|(_, department)| *department).collect();
        let membership = Membership::Staff(StaffMembership { id, firm_id, role, reach });
        let audience = audiences.get(&subject);
        let sees = audience.is_some_and(|audience| audience.admits_member(&membership, &departments));
        let (account, email, locale) = person;
        let candidates = match (sees, is_wanted) {
            (false, _) => Err(DeliveryReason::NoAccess),
            (true, false) => Err(DeliveryReason::NotWanted),
            (true, true) => Ok(vec![Candidate { address: Some(email), account_id: Some(account), locale }]),
        };
        (delivery, candidates)
    };
    Ok(found.into_iter().map(addressee).collect())
}
