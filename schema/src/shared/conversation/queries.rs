//! Finders of messages. Each requires the viewer's scope; several things at once must be of one noun.

use std::marker::PhantomData;

use diesel::expression::{AppearsOnTable, Expression};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::shared::visibility::Visibility;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{Id, MessageId};
use guichet_base::page::{Cursor, PageRequest};
use guichet_engine::actor::{Author, Membership, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::reach::{self, Reached};
use guichet_engine::sql;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{messages, read_marks};

use super::model::Message;

/// The order of a conversation, for its cursors.
pub const ORDER: &str = "SEQ";

/// The messages that a scope may read of the things that it can see: clients never see notes (D-07). Whether it can see
/// the thing is asked elsewhere.
pub(super) fn readable(scope: &Scope) -> Condition<messages::table> {
    let firm = messages::firm_id.eq(scope.firm_id());
    if scope.is_staff() {
        Condition::new(firm)
    } else {
        Condition::new(firm.and(messages::visibility.eq(Visibility::Public)))
    }
}

/// The same part of the conversations of several things, for lists that show the latest messages. Oldest first
/// within a thing, backward pages newest first (see [`PageRequest::page`]). A cursor belongs to one of them: the
/// others then have no rows.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn pages<I: Id>(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    of: &[I],
    part: &PageRequest,
) -> Result<Vec<Message>> {
    let from_the_end = if part.is_backward() { i32::MAX } else { 0 };
    let of = of.iter().map(|id| id.uuid());
    let (of, behind): (Vec<Uuid>, i32) = match part.cursor(ORDER)? {
        None => (of.collect(), from_the_end),
        Some(cursor) => {
            let (subject, seq) = place(conn, scope, MessageId::from_uuid(cursor.id)).await?;
            (of.filter(|id| *id == subject).collect(), seq)
        }
    };
    // The condition is checked on the things, so that it is evaluated once for each.
    let text = if part.is_backward() {
        "SELECT m.* FROM (
             SELECT subject_id FROM (
                 SELECT ? AS subject_noun, unnest(?) AS subject_id, ? AS firm_id, 'PUBLIC' AS visibility
             ) AS messages WHERE ?
         ) AS thing CROSS JOIN LATERAL (
             SELECT * FROM messages
             WHERE subject_id = thing.subject_id AND firm_id = ? AND (? OR visibility = 'PUBLIC') AND seq < ?
             ORDER BY seq DESC LIMIT ?
         ) AS m"
    } else {
        "SELECT m.* FROM (
             SELECT subject_id FROM (
                 SELECT ? AS subject_noun, unnest(?) AS subject_id, ? AS firm_id, 'PUBLIC' AS visibility
             ) AS messages WHERE ?
         ) AS thing CROSS JOIN LATERAL (
             SELECT * FROM messages
             WHERE subject_id = thing.subject_id AND firm_id = ? AND (? OR visibility = 'PUBLIC') AND seq > ?
             ORDER BY seq LIMIT ?
         ) AS m"
    };
    Ok(sql::kept(text)
        .bind::<Text, _>(I::NOUN)
        .bind::<Array<SqlUuid>, _>(of)
        .bind::<SqlUuid, _>(scope.firm_id())
        .bind::<Bool, _>(reach::of_subject::<messages::table>(scope))
        .bind::<SqlUuid, _>(scope.firm_id())
        .bind::<Bool, _>(scope.is_staff())
        .bind::<Integer, _>(behind)
        .bind::<BigInt, _>(part.fetch())
        .load(conn)
        .await?)
}

/// The cursor of a message in [`pages`]. It is not the number, because gaps would reveal internal notes to clients
/// (D-07).
pub fn cursor(message: &Message) -> String {
    Cursor::encode(ORDER, "", message.id.uuid())
}

async fn place(conn: &mut AsyncPgConnection, scope: &Scope, id: MessageId) -> Result<(Uuid, i32)> {
    let place = messages::table
        .filter(readable(scope))
        .filter(messages::id.eq(id))
        .select((messages::subject_id, messages::seq))
        .get_result(conn)
        .await
        .optional()?;
    place.ok_or_else(|| Refusal::of("after", Code::InvalidCursor).into())
}

/// A message about this visible thing.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    subject: Subject,
    id: MessageId,
) -> Result<Option<Message>> {
    Ok(messages::table
        .filter(readable(scope))
        .filter(messages::subject_noun.eq(subject.noun))
        .filter(messages::subject_id.eq(subject.id))
        .filter(messages::id.eq(id))
        .select(Message::as_select())
        .get_result(conn)
        .await
        .optional()?)
}

/// Messages about things of a noun by id, in no particular order; those that the viewer cannot read are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids<I: Id>(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[MessageId],
) -> Result<Vec<Message>> {
    Ok(messages::table
        .filter(sql::among(messages::id, ids))
        .filter(messages::subject_noun.eq(I::NOUN))
        .filter(reach::of_subject::<messages::table>(scope).checked())
        .select(Message::as_select())
        .load(conn)
        .await?)
}

/// The number of unread messages about each thing for this person (D-12): readable, written by others, and after
/// the person's read mark.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn unread<I: Id>(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[I],
) -> Result<Vec<(I, i64)>> {
    let is_own_mark =
        read_marks::subject_id.eq(messages::subject_id).and(read_marks::reader_id.eq(membership.person()));
    let counts: Vec<(Uuid, i64)> = messages::table
        .left_join(read_marks::table.on(is_own_mark))
        .filter(reach::of_subject::<messages::table>(&membership.scope()).checked())
        .filter(sql::among(messages::subject_id, ids))
        .filter(read_marks::seq.is_null().or(messages::seq.nullable().gt(read_marks::seq.nullable())))
        .filter(by_others(membership.author()))
        .group_by(messages::subject_id)
        .select((messages::subject_id, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(counts.into_iter().map(|(id, count)| (I::from_uuid(id), count)).collect())
}

/// Whether things of this table have messages that a person has not read, or have none (D-12): readable, written by
/// others, and after the person's read mark. The table has the column `last_message_seq`, which tells of most things that
/// there are none.
pub fn has_unread<T: Reached + 'static>(reader: Author, unread: bool) -> Condition<T> {
    Condition::new(HasUnread { reader, person: reader.person(), unread, table: PhantomData::<fn() -> T> })
}

/// See [`has_unread`].
#[derive(Debug)]
pub struct HasUnread<T> {
    reader: Author,
    person: Uuid,
    unread: bool,
    table: PhantomData<fn() -> T>,
}

impl<T> Expression for HasUnread<T> {
    type SqlType = Bool;
}

impl<T> AppearsOnTable<T> for HasUnread<T> {}

impl<T: Reached> QueryFragment<Pg> for HasUnread<T> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let table = T::reach().table;
        let (author, public) = match self.reader {
            Author::Staff(_) => ("author_staff", ""),
            Author::Portal(_) => ("author_access", " AND message.visibility = 'PUBLIC'"),
        };
        out.push_sql(if self.unread { "(" } else { "NOT (" });
        out.push_sql(&format!(
            "EXISTS (SELECT FROM coalesce((SELECT seq FROM read_marks WHERE subject_id = {table}.id AND reader_id = "
        ));
        out.push_bind_param::<SqlUuid, _>(&self.person)?;
        out.push_sql(&format!(
            "), 0) AS read (seq) WHERE {table}.last_message_seq > read.seq AND EXISTS (SELECT FROM messages AS message \
             WHERE message.subject_id = {table}.id AND message.seq > read.seq{public} AND message.{author} IS DISTINCT FROM "
        ));
        out.push_bind_param::<SqlUuid, _>(&self.person)?;
        out.push_sql(")))");
        Ok(())
    }
}

fn by_others(reader: Author) -> Condition<messages::table> {
    match reader {
        Author::Staff(id) => Condition::new(messages::author_staff.is_distinct_from(id)),
        Author::Portal(id) => Condition::new(messages::author_access.is_distinct_from(id)),
    }
}
