//! Making the address of a feed, and taking it back.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{CalendarFeedId, Id};
use guichet_base::secret::Secret;
use guichet_engine::actor::{Actor, Author};
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{calendar_feeds, portal_accesses, staff_members};

use super::model::NewFeed;
use super::queries::of_person;

/// Makes a feed for the actor's membership. An earlier address stops working.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(store: &Store, actor: &Actor, key: &str) -> Result<Done<NewFeed>> {
    let author = actor.membership.author();
    let mut tx = first!(store.begin_once(actor, "calendarFeedCreate", key, &()).await?);
    lock(tx.conn(), author).await?;
    diesel::delete(calendar_feeds::table.filter(of_person(author))).execute(tx.conn()).await?;
    let (id, secret) = (CalendarFeedId::new(), Secret::new());
    diesel::insert_into(calendar_feeds::table)
        .values((
            calendar_feeds::id.eq(id),
            calendar_feeds::firm_id.eq(actor.firm_id()),
            calendar_feeds::staff_id.eq(author.staff()),
            calendar_feeds::access_id.eq(author.access()),
            calendar_feeds::secret_hash.eq(secret.hash()),
            calendar_feeds::created_at.eq(tx.now),
        ))
        .execute(tx.conn())
        .await?;
    tx.audit(Some(actor.firm_id()), "calendarFeedCreate", CalendarFeedId::NOUN, Some(id.uuid()));
    tx.commit(NewFeed { id, secret: Some(secret) }).await
}

/// Locks the membership: two calls at once must leave one feed.
async fn lock(conn: &mut AsyncPgConnection, person: Author) -> Result<()> {
    match person {
        Author::Staff(id) => {
            let row = staff_members::table.find(id).select(staff_members::id);
            row.for_no_key_update().execute(conn).await?;
        }
        Author::Portal(id) => {
            let row = portal_accesses::table.find(id).select(portal_accesses::id);
            row.for_no_key_update().execute(conn).await?;
        }
    }
    Ok(())
}

/// Ends a feed of the actor's membership: its address stops working.
///
/// # Errors
/// `NOT_FOUND` about `id`.
pub async fn revoke(store: &Store, actor: &Actor, id: CalendarFeedId) -> Result<Done<()>> {
    let mut tx = store.begin(actor).await?;
    let own = of_person(actor.membership.author());
    let ended = diesel::delete(calendar_feeds::table.filter(own).filter(calendar_feeds::id.eq(id)));
    (ended.execute(tx.conn()).await? > 0).then_some(()).or_not_found("id")?;
    tx.audit(Some(actor.firm_id()), "calendarFeedRevoke", CalendarFeedId::NOUN, Some(id.uuid()));
    tx.commit(()).await
}
