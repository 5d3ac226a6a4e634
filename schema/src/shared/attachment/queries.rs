//! Finders of attachments. Each requires the viewer's membership, because an uploader sees a file before others
//! do.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::shared::file::digest::Sha256;
use crate::shared::file::model::{Attachment, FileState};
use crate::shared::file::owner::{on_seen, own};
use guichet_base::error::Result;
use guichet_base::id::{AttachmentId, DocumentId, FileId, Id, MessageId};
use guichet_engine::actor::Membership;
use guichet_engine::sql;
use guichet_engine::tables::{attachments, files};

/// The attachments that a membership can see: it must see the thing, and either the file or, as its uploader, its
/// progress.
macro_rules! shown {
    ($membership:expr) => {
        shown!($membership, Attachment::as_select())
    };
    ($membership:expr, $what:expr) => {
        attachments::table
            .inner_join(files::table.on(files::id.eq(attachments::file_id)))
            .filter(on_seen($membership))
            .filter(files::state.eq(FileState::Stored).or(own($membership)))
            .order(attachments::id)
            .select($what)
    };
}

/// The attachments of several things of one noun, including those of their messages, oldest first within each.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_things<I: Id>(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[I],
) -> Result<Vec<Attachment>> {
    Ok(shown!(membership).filter(sql::among(attachments::subject_id, ids)).load(conn).await?)
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

/// The attachment of each of these files, if any.
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

/// Attachments to tickets and tasks by id, in no particular order; those that are not visible are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[AttachmentId],
) -> Result<Vec<Attachment>> {
    let found = shown!(membership).filter(sql::among(attachments::id, ids));
    Ok(found.filter(attachments::subject_noun.ne(DocumentId::NOUN)).load(conn).await?)
}

/// Of these attachments the duplicates, whose thing had the same content before; each with the first attachment of
/// that content that the membership can see.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn duplicates(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[AttachmentId],
) -> Result<HashMap<AttachmentId, Attachment>> {
    let on: Vec<Uuid> = attachments::table
        .filter(sql::among(attachments::id, ids))
        .select(attachments::subject_id)
        .load(conn)
        .await?;
    let all: Vec<(Attachment, Option<Sha256>)> = shown!(membership, (Attachment::as_select(), files::sha256))
        .filter(sql::among_uuids(attachments::subject_id, on))
        .load(conn)
        .await?;
    let asked: HashSet<&AttachmentId> = ids.iter().collect();
    let mut first: HashMap<_, &Attachment> = HashMap::new();
    // Without a declared digest, content is compared once it is stored.
    for (attachment, digest) in &all {
        if let Some(digest) = digest {
            first.entry((attachment.subject, *digest)).or_insert(attachment);
        }
    }
    let duplicate = |(attachment, digest): &(Attachment, Option<Sha256>)| {
        let earlier = *first.get(&(attachment.subject, (*digest)?))?;
        let is_duplicate = asked.contains(&attachment.id) && earlier.id != attachment.id;
        is_duplicate.then(|| (attachment.id, earlier.clone()))
    };
    Ok(all.iter().filter_map(duplicate).collect())
}
