//! Finders of files, of what they are attached to, and of who opened them. Each takes the viewer's membership: what
//! nobody else may see yet is seen by its uploader.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::desk::ticket::model::Visibility;
use crate::desk::ticket::queries::visible as visible_tickets;
use guichet_base::error::Result;
use guichet_base::id::{AttachmentId, FileId, Id, MessageId, TicketId};
use guichet_base::page::{Cursor, PageRequest};
use guichet_engine::actor::{Author, Membership};
use guichet_engine::condition::Condition;
use guichet_engine::sql;
use guichet_engine::tables::{attachments, files, tickets};

use super::digest::Sha256;
use super::model::{Attachment, File, FileAccess, FileState};

/// The files that this membership uploaded.
fn own(membership: &Membership) -> Condition<files::table> {
    match membership.author() {
        Author::Staff(id) => Condition::new(files::uploader_staff.is_not_distinct_from(id)),
        Author::Portal(id) => Condition::new(files::uploader_access.is_not_distinct_from(id)),
    }
}

/// The attachments whose owner a membership sees: clients never see those of notes (D-07). A join, not a condition: what
/// else a statement says finds the few rows, whose tickets are then looked up.
macro_rules! within_reach {
    ($membership:expr) => {{
        let scope = $membership.scope();
        let is_staff = scope.is_staff().into_sql::<Bool>();
        attachments::table
            .inner_join(tickets::table.on(tickets::id.eq(attachments::ticket_id)))
            .filter(attachments::firm_id.eq(scope.firm_id()))
            .filter(is_staff.or(attachments::visibility.eq(Visibility::Public)))
            .filter(visible_tickets(&scope).checked())
    }};
}

/// The files that a membership sees: those that are stored and attached to something that it sees, and its own for as
/// long as they are not both. The one way to a file (B-14).
pub fn visible(membership: &Membership) -> Condition<files::table> {
    let attached = attachments::table.filter(attachments::file_id.eq(files::id));
    let within = within_reach!(membership).filter(attachments::file_id.eq(files::id)).select(attachments::id);
    let stored = || files::state.eq(FileState::Stored);
    Condition::new(
        files::firm_id.eq(membership.firm_id()).and(
            own(membership)
                .and(diesel::dsl::not(stored()).or(diesel::dsl::not(diesel::dsl::exists(attached))))
                .or(stored().and(diesel::dsl::exists(within))),
        ),
    )
}

/// Files by id, in no particular order; those that are out of sight are left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[FileId],
) -> Result<Vec<File>> {
    Ok(files::table
        .filter(visible(membership).checked())
        .filter(sql::among(files::id, ids))
        .select(File::as_select())
        .load(conn)
        .await?)
}

/// Which of these files are attached to anything.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn attached(conn: &mut AsyncPgConnection, ids: &[FileId]) -> Result<HashSet<FileId>> {
    let attached =
        attachments::table.filter(sql::among(attachments::file_id, ids)).select(attachments::file_id);
    Ok(attached.load(conn).await?.into_iter().collect())
}

/// The attachments that a membership sees: their owner, and the file itself or, as its uploader, what becomes of it.
macro_rules! shown {
    ($membership:expr) => {
        shown!($membership, Attachment::as_select())
    };
    ($membership:expr, $what:expr) => {
        within_reach!($membership)
            .inner_join(files::table.on(files::id.eq(attachments::file_id)))
            .filter(files::state.eq(FileState::Stored).or(own($membership)))
            .order(attachments::id)
            .select($what)
    };
}

/// The attachments of several tickets, those of their messages included, oldest first within each.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_tickets(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[TicketId],
) -> Result<Vec<Attachment>> {
    Ok(shown!(membership).filter(sql::among(attachments::ticket_id, ids)).load(conn).await?)
}

/// The attachments of several messages, oldest first within each.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_messages(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Vec<Attachment>>> {
    let found: Vec<Attachment> = shown!(membership)
        .filter(sql::among(attachments::message_id.assume_not_null(), ids))
        .load(conn)
        .await?;
    let mut of: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    for (id, attachment) in found.into_iter().filter_map(|found| Some((found.message_id?, found))) {
        of.entry(id).or_default().push(attachment);
    }
    Ok(of)
}

/// The attachment of each of these files, where it has one.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_files(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[FileId],
) -> Result<HashMap<FileId, Attachment>> {
    let found: Vec<Attachment> =
        shown!(membership).filter(sql::among(attachments::file_id, ids)).load(conn).await?;
    Ok(found.into_iter().map(|attachment| (attachment.file_id, attachment)).collect())
}

/// Attachments by id, in no particular order; those that are out of sight are left out.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn attachments_by_ids(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[AttachmentId],
) -> Result<Vec<Attachment>> {
    Ok(shown!(membership).filter(sql::among(attachments::id, ids)).load(conn).await?)
}

/// Of these attachments those whose ticket had the same bytes before, each with the first attachment of them that
/// the membership sees.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn handed_in_before(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[AttachmentId],
) -> Result<HashMap<AttachmentId, Attachment>> {
    let of: Vec<TicketId> = attachments::table
        .filter(sql::among(attachments::id, ids))
        .select(attachments::ticket_id)
        .load(conn)
        .await?;
    let all: Vec<(Attachment, Sha256)> = shown!(membership, (Attachment::as_select(), files::sha256))
        .filter(sql::among(attachments::ticket_id, &of))
        .load(conn)
        .await?;
    let asked: HashSet<&AttachmentId> = ids.iter().collect();
    let mut first: HashMap<(TicketId, Sha256), &Attachment> = HashMap::new();
    for (attachment, digest) in &all {
        first.entry((attachment.ticket_id, *digest)).or_insert(attachment);
    }
    let before = |(attachment, digest): &(Attachment, Sha256)| {
        let earlier = *first.get(&(attachment.ticket_id, *digest))?;
        let is_again = asked.contains(&attachment.id) && earlier.id != attachment.id;
        is_again.then(|| (attachment.id, earlier.clone()))
    };
    Ok(all.iter().filter_map(before).collect())
}

/// The order of a log, for its cursors.
pub const ORDER: &str = "ID";

/// A part of the logs of several files (B-09), the same part of each: newest first, backward pages oldest first
/// (see [`PageRequest::page`]). For staff, of the files that they see; nothing for clients. A cursor is a time, so it
/// is good for each of them.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn accesses(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    of: &[FileId],
    part: &PageRequest,
) -> Result<Vec<FileAccess>> {
    let cursor = part.cursor(ORDER)?.map(|cursor| cursor.id);
    if !membership.scope().is_staff() {
        return Ok(Vec::new());
    }
    let (text, begin) = if part.is_backward() {
        let text = "SELECT a.* FROM unnest(?) AS f (id) CROSS JOIN LATERAL (
                 SELECT * FROM file_accesses WHERE file_id = f.id AND id > ? ORDER BY id LIMIT ?
             ) AS a";
        (text, Uuid::nil())
    } else {
        let text = "SELECT a.* FROM unnest(?) AS f (id) CROSS JOIN LATERAL (
                 SELECT * FROM file_accesses WHERE file_id = f.id AND id < ? ORDER BY id DESC LIMIT ?
             ) AS a";
        (text, Uuid::max())
    };
    let seen = files::table
        .filter(visible(membership).checked())
        .filter(sql::among(files::id, of))
        .select(files::id);
    Ok(sql::kept(text)
        .bind::<Array<SqlUuid>, _>(diesel::dsl::array::<SqlUuid, _>(seen))
        .bind::<SqlUuid, _>(cursor.unwrap_or(begin))
        .bind::<BigInt, _>(part.fetch())
        .load(conn)
        .await?)
}

/// The cursor of an opening in [`accesses`].
pub fn cursor(access: &FileAccess) -> String {
    Cursor::encode(ORDER, "", access.id.uuid())
}
