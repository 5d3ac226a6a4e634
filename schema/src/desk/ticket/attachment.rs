//! Files on tickets and their messages (D-08).
//!
//! A file may be attached while it is still being verified. Whatever the attachment makes visible, to others
//! and in the history, comes about when both are there: the attachment and the stored file.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::shared::file::expiry;
use crate::shared::file::model::{Attachment, File, FileState};
use crate::shared::file::rules::FileAct;
use crate::shared::file::upload::check_count;
use crate::shared::file::{queries as file_queries, rules as file_rules};
use crate::shared::notification::{
    self,
    rules::{Acting, News},
};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{AccountId, ActId, AttachmentId, FileId, Id, MessageId, TicketId};
use guichet_engine::actor::{Actor, Author, Scope};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::store::{Begun, Done, Store, Tx};
use guichet_engine::tables::{attachments, files, portal_accesses, ticket_messages};

use super::case::{Case, Saved};
use super::history::{self, Changed};
use super::model::{Ticket, TicketField, TicketMessage, Visibility};
use super::queries::readable;
use super::rules;

/// Files to be attached.
#[derive(Debug, Clone, Serialize)]
pub struct AttachFiles {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The files.
    pub file_ids: Vec<FileId>,
    /// To what of it.
    pub to: AttachTo,
}

/// What files of a ticket are attached to.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum AttachTo {
    /// The ticket itself, for those to see that this says (D-07).
    Ticket(Visibility),
    /// A message or note that the actor wrote; whoever reads it sees them.
    Message(MessageId),
}

/// What attaching came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attached {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The attachments, in the order of the files.
    pub attachment_ids: Vec<AttachmentId>,
}

/// Where on a ticket a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Who may see it.
    pub visibility: Visibility,
    /// The message that it goes with.
    pub message_id: Option<MessageId>,
}

/// Attaches files to a ticket, open or closed (D-02, D-03).
///
/// # Errors
/// `OUT_OF_RANGE` for no or too many files, in one act or on the ticket, `NOT_FOUND`, `NOT_ALLOWED`,
/// `FILE_NOT_UPLOADED`, `FILE_ATTACHED`, why a file was not stored.
pub async fn attach(store: &Store, actor: &Actor, key: &str, input: AttachFiles) -> Result<Done<Attached>> {
    check_count("fileIds", input.file_ids.len())?;
    let mut tx = match store.begin_once(actor, "ticketFileAttach", key, &input).await? {
        Begun::Replay(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let files = lock_files(&mut tx, actor, &input.file_ids).await?;
    let place = place(&mut tx, actor, &input).await?;
    let act = rules::attaching(place.visibility);
    let mut case = Case::lock(&mut tx, actor, input.ticket_id, act).await?;
    let author = actor.membership.author();
    let attachment_ids = bind(&mut tx, &case.ticket, author, place, &files).await?;
    if files.iter().any(|file| file.state == FileState::Stored) {
        tell(&mut tx, &mut case, author, place).await?;
        tell_handed_in(&mut tx, &case, author).await?;
    } else {
        tx.audit(Some(case.firm.id), "ticketFileAttach", TicketId::NOUN, Some(case.ticket.id.uuid()));
    }
    tx.commit(Attached { ticket_id: input.ticket_id, attachment_ids }).await
}

async fn place(tx: &mut Tx, actor: &Actor, input: &AttachFiles) -> Result<Place> {
    let id = match input.to {
        AttachTo::Ticket(visibility) => return Ok(Place { visibility, message_id: None }),
        AttachTo::Message(id) => id,
    };
    let message: Option<TicketMessage> = ticket_messages::table
        .filter(readable(&actor.scope()))
        .filter(ticket_messages::ticket_id.eq(input.ticket_id))
        .filter(ticket_messages::id.eq(id))
        .select(TicketMessage::as_select())
        .get_result(tx.conn())
        .await
        .optional()?;
    let own = message.filter(|message| message.author() == actor.membership.author());
    let message = own.or_not_found("messageId")?;
    // Whatever the clocks say: by their times what was posted with a message is told from what came later.
    tx.now = tx.now.max(message.created_at + TimeDelta::microseconds(1));
    Ok(Place { visibility: message.visibility, message_id: Some(id) })
}

/// Locks the files that the actor wants to attach, and checks that each may be. Before any ticket is locked, as
/// the worker does that stores them.
pub(super) async fn lock_files(tx: &mut Tx, actor: &Actor, ids: &[FileId]) -> Result<Vec<File>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    check_count("fileIds", ids.len())?;
    let locked: Vec<File> = files::table
        .filter(file_queries::visible(&actor.membership))
        .filter(files::id.eq_any(ids))
        .order(files::id)
        .select(File::as_select())
        .for_update()
        .load(tx.conn())
        .await?;
    let attached = file_queries::attached(tx.conn(), ids).await?;
    let mut wanted = Vec::new();
    for id in ids {
        let file = locked.iter().find(|file| file.id == *id).or_not_found("fileIds")?;
        file_rules::may(FileAct::Attach, actor.membership.author(), file, attached.contains(id), tx.now)
            .map_err(|code| Refusal::of("fileIds", code))?;
        if !wanted.contains(file) {
            wanted.push(file.clone());
        }
    }
    Ok(wanted)
}

/// Attaches locked files to a locked ticket, as many as it takes. Those that are stored are in the history at once.
pub(super) async fn bind(
    tx: &mut Tx,
    ticket: &Ticket,
    author: Author,
    place: Place,
    files: &[File],
) -> Result<Vec<AttachmentId>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    check_room(tx, ticket.id, files.len()).await?;
    let ids: Vec<AttachmentId> = files.iter().map(|_| AttachmentId::new()).collect();
    let rows: Vec<_> = files
        .iter()
        .zip(&ids)
        .map(|(file, id)| {
            (
                attachments::id.eq(*id),
                attachments::firm_id.eq(ticket.firm_id),
                attachments::file_id.eq(file.id),
                attachments::ticket_id.eq(ticket.id),
                attachments::message_id.eq(place.message_id),
                attachments::visibility.eq(place.visibility),
                attachments::created_at.eq(tx.now),
            )
        })
        .collect();
    diesel::insert_into(attachments::table).values(rows).execute(tx.conn()).await?;
    expiry::keep(tx, files).await?;
    let stored: Vec<&File> = files.iter().filter(|file| file.state == FileState::Stored).collect();
    record(tx, ticket, author, place, &stored).await?;
    Ok(ids)
}

/// Refuses more files than a ticket takes.
async fn check_room(tx: &mut Tx, ticket: TicketId, more: usize) -> Result<()> {
    let attached = attachments::table.filter(attachments::ticket_id.eq(ticket)).count();
    let attached: i64 = attached.get_result(tx.conn()).await?;
    if attached + more as i64 > rules::MAX_ATTACHMENTS {
        return Err(Refusal::of("fileIds", Code::OutOfRange).with(rules::MAX_ATTACHMENTS).into());
    }
    Ok(())
}

async fn record(tx: &mut Tx, ticket: &Ticket, author: Author, place: Place, files: &[&File]) -> Result<()> {
    let field = match place.visibility {
        Visibility::Public => TicketField::File,
        Visibility::Internal => TicketField::InternalFile,
    };
    let changes: Vec<Changed> =
        files.iter().map(|file| Changed { field, from: None, to: Some(file.id.encode()) }).collect();
    if changes.is_empty() {
        return Ok(());
    }
    history::record(tx, ticket, ActId::new(), author, &changes, None).await
}

/// Tells of files that are there now: the message has them, and the ticket changed.
async fn tell(tx: &mut Tx, case: &mut Case, author: Author, place: Place) -> Result<()> {
    if let Some(id) = place.message_id {
        tx.event(case.firm.id, Event::changed(id, case.audience(place.visibility)));
    }
    case.save(tx, author, "ticketFileAttach", Saved::seen_by(place.visibility)).await
}

/// Tells staff of what the client handed in without a message, or after it: one that files are posted with tells of
/// them itself (D-11).
async fn tell_handed_in(tx: &mut Tx, case: &Case, author: Author) -> Result<()> {
    let Author::Portal(access) = author else { return Ok(()) };
    let account = portal_accesses::table.find(access).select(portal_accesses::account_id);
    let account_id: AccountId = account.get_result(tx.conn()).await?;
    let acting = Acting { account_id, author };
    notification::announce::tell(tx, acting, case.view(), ActId::new(), News::HandedIn).await
}

/// What a file is attached to, whoever may see that. Its row is locked.
pub(crate) async fn of(tx: &mut Tx, file: FileId) -> Result<Option<Attachment>> {
    let attached = attachments::table.filter(attachments::file_id.eq(file));
    Ok(attached.select(Attachment::as_select()).get_result(tx.conn()).await.optional()?)
}

/// Tells a file's uploader of what became of it where it is attached: as long as it is not stored, nobody else
/// sees that it is.
pub(crate) fn tell_uploader(tx: &mut Tx, file: &File, attachment: &Attachment) {
    let audience = Audience::only(file.uploaded_by().person());
    if let Some(message) = attachment.message_id {
        tx.event(file.firm_id, Event::changed(message, audience.clone()));
    }
    tx.event(file.firm_id, Event::changed(attachment.ticket_id, audience));
}

/// Makes a file that has just been stored visible where it was attached meanwhile. Its row is locked.
pub(crate) async fn reveal_stored(tx: &mut Tx, file: &File, attachment: Attachment) -> Result<()> {
    let Attachment { ticket_id, message_id, visibility, created_at, .. } = attachment;
    let (author, place) = (file.uploaded_by(), Place { visibility, message_id });
    let mut case = Case::find(tx, &Scope::firm(file.firm_id), ticket_id).await?;
    record(tx, &case.ticket, author, place, &[file]).await?;
    tell(tx, &mut case, author, place).await?;
    if !was_posted(tx, message_id, created_at).await? {
        tell_handed_in(tx, &case, author).await?;
    }
    Ok(())
}

/// Whether what was attached at this time was posted with its message.
async fn was_posted(tx: &mut Tx, message: Option<MessageId>, attached_at: DateTime<Utc>) -> Result<bool> {
    let Some(message) = message else { return Ok(false) };
    let written_at = ticket_messages::table.find(message).select(ticket_messages::created_at);
    let written_at: DateTime<Utc> = written_at.get_result(tx.conn()).await?;
    Ok(written_at == attached_at)
}
