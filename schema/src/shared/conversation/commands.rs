//! Posting messages and moving read marks. The caller, a noun, has locked its thing, and tells who can see it.

use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::shared::visibility::Visibility;
use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{FirmId, Id, MessageId};
use guichet_engine::actor::{Actor, Author};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::messages;

use super::queries::readable;

/// A message to post, with the data that its noun provides.
pub(crate) struct NewMessage<'a> {
    /// The firm.
    pub firm_id: FirmId,
    /// The thing that it is about.
    pub subject: Subject,
    /// Its number in the conversation: the next one, assigned under the lock of the thing.
    pub seq: i32,
    /// Who can read it.
    pub visibility: Visibility,
    /// Who can see the thing.
    pub audience: Audience,
    /// The text.
    pub body: &'a str,
}

/// Posts a message, and writes its event.
pub(crate) async fn post(tx: &mut Tx, author: Author, message: NewMessage<'_>) -> Result<MessageId> {
    let NewMessage { firm_id, subject, seq, visibility, audience, body } = message;
    let id = MessageId::new();
    diesel::insert_into(messages::table)
        .values((
            messages::id.eq(id),
            messages::firm_id.eq(firm_id),
            messages::subject_noun.eq(subject.noun),
            messages::subject_id.eq(subject.id),
            messages::seq.eq(seq),
            messages::visibility.eq(visibility),
            messages::author_staff.eq(author.staff()),
            messages::author_access.eq(author.access()),
            messages::body.eq(body),
            messages::created_at.eq(tx.now),
        ))
        .execute(tx.conn())
        .await?;
    let after = Some(visibility.of(audience));
    tx.event(firm_id, Event { noun: MessageId::NOUN, subject: id.uuid(), before: None, after });
    Ok(id)
}

/// Moves the viewer's mark forward to a message, or to the last readable one (D-12); it never moves back. The
/// caller has found the thing within the viewer's scope. `field` is the part of the input that names the message. Returns
/// the mark; none when there is no message.
///
/// # Errors
/// `NOT_FOUND` about `field` for a message that the viewer cannot read.
pub(crate) async fn mark_read(
    tx: &mut Tx,
    actor: &Actor,
    subject: Subject,
    field: &'static str,
    upto: Option<MessageId>,
) -> Result<Option<i32>> {
    let readable = messages::table
        .filter(readable(&actor.scope()))
        .filter(messages::subject_noun.eq(subject.noun))
        .filter(messages::subject_id.eq(subject.id));
    let seq: Option<i32> = match upto {
        None => readable.select(diesel::dsl::max(messages::seq)).get_result(tx.conn()).await?,
        Some(message) => {
            let message = readable.filter(messages::id.eq(message)).select(messages::seq);
            Some(message.get_result(tx.conn()).await.optional()?.or_not_found(field)?)
        }
    };
    let Some(seq) = seq else { return Ok(None) };
    let now = tx.now;
    let moved = sql::kept(
        "INSERT INTO read_marks (subject_noun, subject_id, reader_id, firm_id, seq, at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (subject_id, reader_id) DO UPDATE
         SET seq = excluded.seq, at = excluded.at WHERE read_marks.seq < excluded.seq",
    )
    .bind::<Text, _>(subject.noun)
    .bind::<SqlUuid, _>(subject.id)
    .bind::<SqlUuid, _>(actor.membership.person())
    .bind::<SqlUuid, _>(actor.firm_id())
    .bind::<Integer, _>(seq)
    .bind::<Timestamptz, _>(now)
    .execute(tx.conn())
    .await?;
    if moved > 0 {
        // Only the person's own screens need to count again.
        let person = Audience::only(actor.membership.person());
        tx.event(actor.firm_id(), Event::changed(subject, person));
    }
    Ok(Some(seq))
}
