//! The conversation of a ticket (D-07) and its read marks (D-12).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use crate::shared::notification::{self, rules::News};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ActId, FileId, Id, MessageId, TicketId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_base::page::{Cursor, PageRequest};
use guichet_engine::actor::{Actor, Author, Scope};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::sql;
use guichet_engine::store::{Begun, Done, Store};
use guichet_engine::tables::{ticket_messages, tickets};

use super::attachment::{self, Place};
use super::case::{Case, Saved};
use super::model::{Ticket, TicketMessage, Visibility};
use super::queries::{readable, visible};
use super::rules;

/// The order of a conversation, for its cursors.
pub const ORDER: &str = "SEQ";

/// A message to be posted.
#[derive(Debug, Clone, Serialize)]
pub struct PostMessage {
    /// The ticket.
    pub ticket_id: TicketId,
    /// Who may read it.
    pub visibility: Visibility,
    /// The text.
    pub body: String,
    /// Files that go with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<FileId>,
}

/// What posting came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Posted {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The message.
    pub message_id: MessageId,
}

/// Writes to the conversation, or an internal note (D-07). It marks nothing as read: what came in
/// meanwhile the writer may not have seen (D-12).
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `NO_LINKED_USER`, refusals of the text and of the files.
pub async fn post(store: &Store, actor: &Actor, key: &str, input: PostMessage) -> Result<Done<Posted>> {
    let mut check = Check::new();
    let body = check.text("body", &input.body, 1..=MAX_TEXT);
    check.done()?;
    let mut tx = match store.begin_once(actor, "ticketMessagePost", key, &input).await? {
        Begun::Replay(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let files = attachment::lock_files(&mut tx, actor, &input.file_ids).await?;
    let mut case = Case::lock(&mut tx, actor, input.ticket_id, rules::posting(input.visibility)).await?;
    let message_id = MessageId::new();
    let author = actor.membership.author();
    case.ticket.last_message_seq += 1;
    let seq = case.ticket.last_message_seq;
    diesel::insert_into(ticket_messages::table)
        .values((
            ticket_messages::id.eq(message_id),
            ticket_messages::firm_id.eq(case.firm.id),
            ticket_messages::ticket_id.eq(case.ticket.id),
            ticket_messages::seq.eq(seq),
            ticket_messages::visibility.eq(input.visibility),
            ticket_messages::author_staff.eq(author.staff()),
            ticket_messages::author_access.eq(author.access()),
            ticket_messages::body.eq(body),
            ticket_messages::created_at.eq(tx.now),
        ))
        .execute(tx.conn())
        .await?;
    let place = Place { visibility: input.visibility, message_id: Some(message_id) };
    attachment::bind(&mut tx, &case.ticket, author, place, &files).await?;
    let after = Some(case.audience(input.visibility));
    let event = Event { noun: MessageId::NOUN, subject: message_id.uuid(), before: None, after };
    tx.event(case.firm.id, event);
    case.save(&mut tx, author, "ticketMessagePost", Saved::seen_by(input.visibility)).await?;
    if let Author::Portal(_) = author {
        let news = News::Written(message_id);
        notification::announce::tell(&mut tx, actor.into(), case.view(), ActId::new(), news).await?;
    }
    tx.commit(Posted { ticket_id: input.ticket_id, message_id }).await
}

/// Marks the conversation as read up to a message (D-12), and so what staff were told of these messages
/// (D-11); a mark never moves back.
///
/// # Errors
/// `NOT_FOUND` for the ticket or for a message that the viewer cannot read.
pub async fn mark_read(
    store: &Store,
    actor: &Actor,
    ticket_id: TicketId,
    upto: Option<MessageId>,
) -> Result<Done<TicketId>> {
    let scope = actor.scope();
    let mut tx = store.begin(actor).await?;
    let ticket = tickets::table
        .filter(visible(&scope))
        .filter(tickets::id.eq(ticket_id))
        .select(Ticket::as_select())
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    let messages =
        ticket_messages::table.filter(readable(&scope)).filter(ticket_messages::ticket_id.eq(ticket_id));
    let seq: Option<i32> = match upto {
        None => messages.select(diesel::dsl::max(ticket_messages::seq)).get_result(tx.conn()).await?,
        Some(message) => Some(
            messages
                .filter(ticket_messages::id.eq(message))
                .select(ticket_messages::seq)
                .get_result(tx.conn())
                .await
                .optional()?
                .or_not_found("upToMessageId")?,
        ),
    };
    if let Some(seq) = seq {
        let now = tx.now;
        if mark(tx.conn(), &ticket, actor, seq, now).await? {
            // The person's other screens count anew; nobody else's.
            tx.event(ticket.firm_id, Event::changed(ticket_id, Audience::only(actor.membership.person())));
        }
        notification::commands::follow_conversation(&mut tx, actor, ticket_id, seq).await?;
    }
    tx.commit(ticket_id).await
}

/// Moves the viewer's mark forward; answers whether it did.
async fn mark(
    conn: &mut AsyncPgConnection,
    ticket: &Ticket,
    actor: &Actor,
    seq: i32,
    now: DateTime<Utc>,
) -> Result<bool> {
    let moved = sql::kept(
        "INSERT INTO ticket_reads (ticket_id, reader_id, firm_id, seq, at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (ticket_id, reader_id) DO UPDATE
         SET seq = excluded.seq, at = excluded.at WHERE ticket_reads.seq < excluded.seq",
    )
    .bind::<SqlUuid, _>(ticket.id)
    .bind::<SqlUuid, _>(actor.membership.person())
    .bind::<SqlUuid, _>(ticket.firm_id)
    .bind::<Integer, _>(seq)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(moved > 0)
}

/// A part of the conversations of several tickets: the same part of each, for lists that show the
/// last messages. Oldest first within a ticket, backward pages newest first (see [`PageRequest::page`]).
/// A cursor belongs to one of them: the others then have no rows.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn pages(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    of: &[TicketId],
    part: &PageRequest,
) -> Result<Vec<TicketMessage>> {
    let from_the_end = if part.is_backward() { i32::MAX } else { 0 };
    let (of, behind) = match part.cursor(ORDER)? {
        None => (of.to_vec(), from_the_end),
        Some(cursor) => {
            let (ticket, seq) = place(conn, scope, MessageId::from_uuid(cursor.id)).await?;
            (of.iter().copied().filter(|id| *id == ticket).collect(), seq)
        }
    };
    let text = if part.is_backward() {
        "SELECT m.* FROM unnest(?) AS t (id) CROSS JOIN LATERAL (
             SELECT * FROM ticket_messages
             WHERE ticket_id = t.id AND firm_id = ? AND (? OR visibility = 'PUBLIC') AND seq < ?
             ORDER BY seq DESC LIMIT ?
         ) AS m"
    } else {
        "SELECT m.* FROM unnest(?) AS t (id) CROSS JOIN LATERAL (
             SELECT * FROM ticket_messages
             WHERE ticket_id = t.id AND firm_id = ? AND (? OR visibility = 'PUBLIC') AND seq > ?
             ORDER BY seq LIMIT ?
         ) AS m"
    };
    // A firm's messages are those of its tickets: all of it needs no look at them.
    let statement = if scope.is_firm() {
        sql::kept(text).bind::<Array<SqlUuid>, _>(of)
    } else {
        let seen = tickets::table
            .filter(visible(scope).checked())
            .filter(sql::among(tickets::id, &of))
            .select(tickets::id);
        sql::kept(text).bind::<Array<SqlUuid>, _>(diesel::dsl::array::<SqlUuid, _>(seen))
    };
    Ok(statement
        .bind::<SqlUuid, _>(scope.firm_id())
        .bind::<Bool, _>(scope.is_staff())
        .bind::<Integer, _>(behind)
        .bind::<BigInt, _>(part.fetch())
        .load(conn)
        .await?)
}

/// The cursor of a message in [`pages`]. Not its number: gaps would tell a client of internal notes (D-07).
pub fn cursor(message: &TicketMessage) -> String {
    Cursor::encode(ORDER, "", message.id.uuid())
}

async fn place(conn: &mut AsyncPgConnection, scope: &Scope, id: MessageId) -> Result<(TicketId, i32)> {
    let place = ticket_messages::table
        .filter(readable(scope))
        .filter(ticket_messages::id.eq(id))
        .select((ticket_messages::ticket_id, ticket_messages::seq))
        .get_result(conn)
        .await
        .optional()?;
    place.ok_or_else(|| Refusal::of("after", Code::InvalidCursor).into())
}

/// Messages by id, in no particular order; those that the viewer may not read are left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[MessageId],
) -> Result<Vec<TicketMessage>> {
    Ok(ticket_messages::table
        .inner_join(tickets::table.on(tickets::id.eq(ticket_messages::ticket_id)))
        .filter(sql::among(ticket_messages::id, ids))
        .filter(visible(scope).checked())
        .filter(readable(scope))
        .select(TicketMessage::as_select())
        .load(conn)
        .await?)
}
