//! Read marks of notifications (D-11).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::actor::Actor;
use crate::condition::Condition;
use crate::error::{OrNotFound, Result};
use crate::feed::{Audience, Event};
use crate::id::{Id, NotificationId};
use crate::store::{Done, Store};
use crate::tables::notifications;

use super::model::Notification;
use super::queries::own;

/// Marks notifications as read: this one and all older ones, or all there are. Marked ones stay as they are.
///
/// # Errors
/// `NOT_ALLOWED` for portal users, `NOT_FOUND` for one that the viewer does not see.
pub async fn mark_read(store: &Store, actor: &Actor, up_to: Option<NotificationId>) -> Result<Done<()>> {
    let (staff, firm) = (actor.staff()?.id, actor.firm_id());
    let mut tx = store.begin(actor).await?;
    let now = tx.now;
    let last: Option<Notification> = match up_to {
        Some(id) => {
            let found = notifications::table.filter(own(&actor.hat)).filter(notifications::id.eq(id));
            let found = found.select(Notification::as_select()).get_result(tx.conn()).await.optional()?;
            Some(found.or_not_found("upToId")?)
        }
        None => None,
    };
    let up_to: Condition<notifications::table> = match last {
        Some(Notification { id, at, .. }) => {
            let older = notifications::at.lt(at).or(notifications::id.le(id));
            Condition::new(notifications::at.le(at).and(older))
        }
        None => Condition::new(notifications::read_at.is_null()),
    };
    let unread =
        notifications::table.filter(own(&actor.hat)).filter(notifications::read_at.is_null()).filter(up_to);
    let marked: Vec<NotificationId> = diesel::update(unread)
        .set(notifications::read_at.eq(now))
        .returning(notifications::id)
        .get_results(tx.conn())
        .await?;
    let [first, ..] = marked[..] else { return tx.commit(()).await };
    // One event for all of them: the person's other screens read anew.
    let audience = Some(Audience::only(staff.uuid()));
    let event = Event {
        noun: NotificationId::NOUN,
        subject: first.uuid(),
        before: audience.clone(),
        after: audience,
    };
    tx.event(firm, event);
    tx.commit(()).await
}
