//! Attaching files. The caller, a noun, has locked its thing, and tells how many files the thing may have.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::shared::file::model::{File, FileState};
use crate::shared::file::rules::{self, FileAct};
use crate::shared::file::upload::check_count;
use crate::shared::file::{expiry, owner};
use crate::shared::visibility::Visibility;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{AttachmentId, FileId, FirmId, MessageId};
use guichet_base::input::{Check, items};
use guichet_engine::actor::Actor;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{attachments, files};

/// What files are attached to: the thing itself, or one of its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttachmentTarget {
    /// Who can see it.
    pub visibility: Visibility,
    /// The message it belongs to; none when it is on the thing itself.
    pub message_id: Option<MessageId>,
    /// Whether it was posted with that message, which then notifies of it.
    pub posted_with_message: bool,
}

impl AttachmentTarget {
    /// On the thing itself.
    pub const fn thing(visibility: Visibility) -> Self {
        Self { visibility, message_id: None, posted_with_message: false }
    }
}

/// The thing that files are attached to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taker {
    /// The firm.
    pub firm_id: FirmId,
    /// The thing.
    pub subject: Subject,
    /// The most files that it may have, including those of its messages.
    pub most: i64,
}

/// Locks the files that the actor wants to attach, and checks each of them. Files are locked before the thing, as
/// in the worker that stores them.
pub(crate) async fn lock_files(tx: &mut Tx, actor: &Actor, ids: &[FileId]) -> Result<Vec<File>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    check_count("fileIds", ids.len())?;
    let locked: Vec<File> = files::table
        .filter(owner::visible(&actor.membership))
        .filter(sql::among(files::id, ids))
        .order(files::id)
        .select(File::as_select())
        .for_update()
        .load(tx.conn())
        .await?;
    let owned = owner::owned(tx.conn(), ids).await?;
    let mut wanted = Vec::new();
    let mut check = Check::new();
    for (path, id) in items("fileIds", ids) {
        let Some(file) = locked.iter().find(|file| file.id == id) else {
            check.refuse(Refusal::of(path, Code::NotFound));
            continue;
        };
        match rules::may(FileAct::Attach, actor.membership.author(), file, owned.contains(&id), tx.now) {
            Err(code) => check.refuse(Refusal::of(path, code)),
            Ok(()) if !wanted.contains(file) => wanted.push(file.clone()),
            Ok(()) => {}
        }
    }
    check.done()?;
    Ok(wanted)
}

/// Locks the files that the actor wants to attach, each with why it cannot be attached. As [`lock_files`] otherwise.
pub(crate) async fn lock_each(
    tx: &mut Tx,
    actor: &Actor,
    ids: &[FileId],
) -> Result<HashMap<FileId, Result<File, Code>>> {
    let locked: Vec<File> = files::table
        .filter(owner::visible(&actor.membership))
        .filter(sql::among(files::id, ids))
        .order(files::id)
        .select(File::as_select())
        .for_update()
        .load(tx.conn())
        .await?;
    let owned = owner::owned(tx.conn(), ids).await?;
    let (by, now) = (actor.membership.author(), tx.now);
    let each = |file: File| {
        let may = rules::may(FileAct::Attach, by, &file, owned.contains(&file.id), now);
        (file.id, may.map(|()| file))
    };
    Ok(locked.into_iter().map(each).collect())
}

/// A locked file to attach to a locked thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binding<'a> {
    /// The thing.
    pub subject: Subject,
    /// Who can see the file.
    pub visibility: Visibility,
    /// The file.
    pub file: &'a File,
}

/// Attaches locked files to several locked things, which have room for them; returns the attachments in the same order.
pub(crate) async fn bind_each(
    tx: &mut Tx,
    firm: FirmId,
    bindings: &[Binding<'_>],
) -> Result<Vec<AttachmentId>> {
    let ids: Vec<AttachmentId> = bindings.iter().map(|_| AttachmentId::new()).collect();
    let rows: Vec<_> = bindings
        .iter()
        .zip(&ids)
        .map(|(Binding { subject, visibility, file }, id)| {
            (
                attachments::id.eq(*id),
                attachments::firm_id.eq(firm),
                attachments::file_id.eq(file.id),
                attachments::subject_noun.eq(subject.noun),
                attachments::subject_id.eq(subject.id),
                attachments::posted_with_message.eq(false),
                attachments::visibility.eq(*visibility),
                attachments::created_at.eq(tx.now),
            )
        })
        .collect();
    let insert = diesel::insert_into(attachments::table).values(rows);
    sql::keep(ids.len(), insert).execute(tx.conn()).await?;
    let files: Vec<File> = bindings.iter().map(|binding| binding.file.clone()).collect();
    expiry::keep(tx, &files).await?;
    let told = bindings.iter().map(|binding| (binding.file, binding.subject, binding.visibility));
    let told: Vec<_> = told.filter(|(file, ..)| file.state == FileState::Stored).collect();
    owner::tell_each(tx, &told).await?;
    Ok(ids)
}

/// Attaches locked files to a locked thing, up to its limit; returns the attachments in the order of the files.
pub(crate) async fn bind(
    tx: &mut Tx,
    taker: Taker,
    place: AttachmentTarget,
    files: &[File],
) -> Result<Vec<AttachmentId>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    check_room(tx, taker, files.len()).await?;
    let ids: Vec<AttachmentId> = files.iter().map(|_| AttachmentId::new()).collect();
    let rows: Vec<_> = files
        .iter()
        .zip(&ids)
        .map(|(file, id)| {
            (
                attachments::id.eq(*id),
                attachments::firm_id.eq(taker.firm_id),
                attachments::file_id.eq(file.id),
                attachments::subject_noun.eq(taker.subject.noun),
                attachments::subject_id.eq(taker.subject.id),
                attachments::message_id.eq(place.message_id),
                attachments::posted_with_message.eq(place.posted_with_message),
                attachments::visibility.eq(place.visibility),
                attachments::created_at.eq(tx.now),
            )
        })
        .collect();
    let insert = diesel::insert_into(attachments::table).values(rows);
    sql::keep(ids.len(), insert).execute(tx.conn()).await?;
    expiry::keep(tx, files).await?;
    owner::tell_others(tx, &stored(files), taker.subject, place.visibility).await?;
    Ok(ids)
}

/// Refuses more files than the thing may have.
async fn check_room(tx: &mut Tx, taker: Taker, more: usize) -> Result<()> {
    let attached = attachments::table.filter(attachments::subject_id.eq(taker.subject.id)).count();
    let attached: i64 = attached.get_result(tx.conn()).await?;
    if attached + more as i64 > taker.most {
        let room = 0..=(taker.most - attached).max(0) as usize;
        let mut check = Check::new();
        check.count("fileIds", more, &room);
        return check.done();
    }
    Ok(())
}

/// Those of these files that are already stored.
pub(crate) fn stored(files: &[File]) -> Vec<&File> {
    files.iter().filter(|file| file.state == FileState::Stored).collect()
}
