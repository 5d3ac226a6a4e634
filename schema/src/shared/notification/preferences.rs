//! Which notifications a staff member also wants by mail (D-11). Only that person can read and change this.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{Id, StaffId};
use guichet_engine::actor::{Actor, StaffMembership};
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{notification_preferences, staff_members};

use super::model::NotificationKind;

/// The kinds that a staff member also gets by mail, sorted by name; none by default.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_mail(conn: &mut AsyncPgConnection, staff: &StaffMembership) -> Result<Vec<NotificationKind>> {
    Ok(notification_preferences::table
        .filter(notification_preferences::staff_id.eq(staff.id))
        .order(notification_preferences::kind)
        .select(notification_preferences::kind)
        .load(conn)
        .await?)
}

/// Sets which kinds the acting staff member also gets by mail; replaces the existing ones.
///
/// # Errors
/// `NOT_ALLOWED` for portal users; `OUT_OF_RANGE` about `byMail` with a kind that is never mailed.
pub async fn set(store: &Store, actor: &Actor, kinds: BTreeSet<NotificationKind>) -> Result<Done<()>> {
    let (staff, firm) = (actor.staff()?.id, actor.firm_id());
    if !kinds.iter().all(|kind| kind.is_mailed()) {
        return Err(Refusal::of("byMail", Code::OutOfRange).into());
    }
    let mut tx = store.begin(actor).await?;
    // When set twice at once, the later list wins as a whole.
    let of = staff_members::table.find(staff).select(staff_members::id);
    of.for_no_key_update().execute(tx.conn()).await?;
    let own = notification_preferences::table.filter(notification_preferences::staff_id.eq(staff));
    diesel::delete(own).execute(tx.conn()).await?;
    let row = |kind: &NotificationKind| {
        (
            notification_preferences::staff_id.eq(staff),
            notification_preferences::kind.eq(*kind),
            notification_preferences::firm_id.eq(firm),
        )
    };
    diesel::insert_into(notification_preferences::table)
        .values(kinds.iter().map(row).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    tx.audit(Some(firm), "notificationPreferencesSet", StaffId::NOUN, Some(staff.uuid()));
    tx.commit(()).await
}
