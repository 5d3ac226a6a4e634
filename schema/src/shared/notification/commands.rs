//! Read marks of notifications (D-11), and the deletion of old ones.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{Id, NotificationId, StaffId};
use guichet_base::input::{Check, items};
use guichet_engine::actor::{Actor, Membership};
use guichet_engine::condition::Condition;
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::subject::Subject;
use guichet_engine::tables::{messages, notifications};

use super::model::Notification;
use super::queries::{by_ids, own};

/// Most notifications marked by their ids at once.
const MAX_MARKED: usize = 100;
/// How long a read notification is kept.
const READ_KEPT: TimeDelta = TimeDelta::days(90);
/// How long any notification is kept.
const KEPT: TimeDelta = TimeDelta::days(365);
/// Rows deleted per statement.
const BATCH: i64 = 1000;

/// Which notifications to mark.
#[derive(Debug, Clone)]
pub enum Mark {
    /// Exactly these.
    These(Vec<NotificationId>),
    /// This one and all before it. Notifications are ordered by the time of the action, not of the commit, so this
    /// may include one of an earlier action that committed later and was not shown.
    UpTo(NotificationId),
}

/// Marks notifications as read. Those already marked do not change.
///
/// # Errors
/// `NOT_ALLOWED` for portal users, `NOT_FOUND` for one that the viewer cannot see, `OUT_OF_RANGE` for none or too
/// many.
pub async fn mark_read(store: &Store, actor: &Actor, mark: Mark) -> Result<Done<()>> {
    let staff = actor.staff()?.id;
    let mut tx = store.begin(actor).await?;
    let which = match mark {
        Mark::These(ids) => {
            let mut check = Check::new();
            check.count("ids", ids.len(), &(1..=MAX_MARKED));
            check.done()?;
            let found = by_ids(tx.conn(), &actor.membership, &ids).await?;
            let mut check = Check::new();
            check.found(&items("ids", &ids), |id| found.iter().any(|one| one.id == *id));
            check.done()?;
            Condition::new(sql::among(notifications::id, &ids))
        }
        Mark::UpTo(id) => {
            let found = by_ids(tx.conn(), &actor.membership, &[id]).await?.pop();
            let Notification { at, .. } = found.or_not_found("upToId")?;
            let older = notifications::at.lt(at).or(notifications::id.le(id));
            Condition::new(notifications::at.le(at).and(older))
        }
    };
    write(&mut tx, actor, staff, which).await?;
    tx.commit(()).await
}

/// A person who has read a conversation up to here (D-12) has also read the notifications about it.
pub(crate) async fn follow_conversation(
    tx: &mut Tx,
    actor: &Actor,
    subject: Subject,
    seq: i32,
) -> Result<()> {
    let Membership::Staff(staff) = &actor.membership else { return Ok(()) };
    let read = messages::table
        .filter(messages::subject_id.eq(subject.id))
        .filter(messages::seq.le(seq))
        .select(messages::id);
    let told = notifications::message_id.assume_not_null().eq_any(read);
    write(tx, actor, staff.id, Condition::new(notifications::subject_id.eq(subject.id).and(told))).await
}

/// Marks those that are not marked yet. One event covers all: the person's other screens reload.
async fn write(
    tx: &mut Tx,
    actor: &Actor,
    staff: StaffId,
    which: Condition<notifications::table>,
) -> Result<()> {
    let now = tx.now;
    let unread = notifications::table
        .filter(own(&actor.membership))
        .filter(notifications::read_at.is_null())
        .filter(which);
    let marked: Vec<NotificationId> = diesel::update(unread)
        .set(notifications::read_at.eq(now))
        .returning(notifications::id)
        .get_results(tx.conn())
        .await?;
    let [first, ..] = marked[..] else { return Ok(()) };
    tx.event(actor.firm_id(), Event::changed(first, Audience::only(staff.uuid())));
    Ok(())
}

/// Deletes notifications that were read long ago, and very old ones, in batches, so that no statement locks many
/// rows. Mails about them are kept.
///
/// # Errors
/// When the database does not answer: retry; what was deleted stays deleted.
pub async fn forget_old(conn: &mut AsyncPgConnection, now: DateTime<Utc>) -> Result<usize> {
    let mut gone = 0;
    loop {
        let batch = sql::kept(
            "DELETE FROM notifications WHERE id IN (
                 SELECT id FROM notifications WHERE read_at < ? OR at < ? LIMIT ? FOR UPDATE SKIP LOCKED
             )",
        )
        .bind::<Timestamptz, _>(now - READ_KEPT)
        .bind::<Timestamptz, _>(now - KEPT)
        .bind::<BigInt, _>(BATCH)
        .execute(conn)
        .await?;
        gone += batch;
        if (batch as i64) < BATCH {
            return Ok(gone);
        }
    }
}
