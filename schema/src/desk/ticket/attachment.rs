//! Files on tickets and their messages (D-08): what only the ticket knows of them.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::shared::attachment::commands::{self as attachments, AttachmentTarget, Taker, lock_files};
use crate::shared::conversation;
use crate::shared::file::model::{Attachment, File, FileState};
use crate::shared::file::owner::HasFiles;
use crate::shared::file::upload::check_count;
use crate::shared::history::Changed;
use crate::shared::visibility::Visibility;
use guichet_base::error::{Fault, OrNotFound, Result};
use guichet_base::id::{AccountId, ActId, AttachmentId, FileId, Id, MessageId, TicketId};
use guichet_engine::actor::{Actor, Author, Scope};
use guichet_engine::feed::Event;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::portal_accesses;

use super::case::{Case, Saved};
use super::history;
use super::model::{Ticket, TicketField};
use super::news::{Acting, TicketNews};
use super::notify;
use super::rules;

/// Input for attaching files.
#[derive(Debug, Clone, Serialize)]
pub struct AttachFiles {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The files.
    pub file_ids: Vec<FileId>,
    /// The target within the ticket.
    pub to: AttachTo,
}

/// The target of files within a ticket.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum AttachTo {
    /// The ticket itself, with this visibility (D-07).
    Ticket(Visibility),
    /// A message or note of the actor; everybody who can read it sees the files.
    Message(MessageId),
}

/// The result of attaching files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attached {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The attachments, in the order of the files.
    pub attachment_ids: Vec<AttachmentId>,
}

/// Attaches files to an open or closed ticket (D-02, D-03).
///
/// # Errors
/// `OUT_OF_RANGE` for no or too many files, per action or on the ticket, `NOT_FOUND`, `NOT_ALLOWED`,
/// `FILE_NOT_UPLOADED`, `FILE_ATTACHED`, or the reason why a file was refused.
pub async fn attach(store: &Store, actor: &Actor, key: &str, input: AttachFiles) -> Result<Done<Attached>> {
    check_count("fileIds", input.file_ids.len())?;
    let mut tx = first!(store.begin_once(actor, "ticketFileAttach", key, &input).await?);
    let files = lock_files(&mut tx, actor, &input.file_ids).await?;
    let place = place(&mut tx, actor, &input).await?;
    let act = rules::attaching(place.visibility);
    let mut case = Case::lock(&mut tx, actor, input.ticket_id, act).await?;
    let author = actor.membership.author();
    let attachment_ids = bind(&mut tx, &case.ticket, author, place, &files).await?;
    if files.iter().any(|file| file.state == FileState::Stored) {
        tell(&mut tx, &mut case, author, place.message_id, place.visibility).await?;
        tell_handed_in(&mut tx, &case, author).await?;
    } else {
        tx.audit(Some(case.firm.id), "ticketFileAttach", TicketId::NOUN, Some(case.ticket.id.uuid()));
    }
    tx.commit(Attached { ticket_id: input.ticket_id, attachment_ids }).await
}

async fn place(tx: &mut Tx, actor: &Actor, input: &AttachFiles) -> Result<AttachmentTarget> {
    let id = match input.to {
        AttachTo::Ticket(visibility) => return Ok(AttachmentTarget::thing(visibility)),
        AttachTo::Message(id) => id,
    };
    let ticket = input.ticket_id.into();
    let message = conversation::queries::find(tx.conn(), &actor.scope(), ticket, id).await?;
    let own = message.filter(|message| message.author() == actor.membership.author());
    let visibility = own.or_not_found("messageId")?.visibility;
    Ok(AttachmentTarget { visibility, message_id: Some(id), posted_with_message: false })
}

/// Attaches locked files to a locked ticket, up to its limit. Stored files are recorded in the history at once.
pub(super) async fn bind(
    tx: &mut Tx,
    ticket: &Ticket,
    author: Author,
    place: AttachmentTarget,
    files: &[File],
) -> Result<Vec<AttachmentId>> {
    let taker = Taker { firm_id: ticket.firm_id, subject: ticket.id.into(), most: rules::MAX_ATTACHMENTS };
    let ids = attachments::bind(tx, taker, place, files).await?;
    record(tx, ticket, author, place.visibility, &attachments::stored(files)).await?;
    Ok(ids)
}

async fn record(
    tx: &Tx,
    ticket: &Ticket,
    author: Author,
    visibility: Visibility,
    files: &[&File],
) -> Result<()> {
    let field = match visibility {
        Visibility::Public => TicketField::File,
        Visibility::Internal => TicketField::InternalFile,
    };
    let changed: Vec<Changed> =
        files.iter().map(|file| Changed::new(field, None, Some(file.id.encode()))).collect();
    if changed.is_empty() {
        return Ok(());
    }
    history::record(tx, ticket, ActId::new(), author, &changed, None).await
}

/// Writes the events about files that are now available: the message has them, and the ticket changed.
async fn tell(
    tx: &mut Tx,
    case: &mut Case,
    author: Author,
    message: Option<MessageId>,
    visibility: Visibility,
) -> Result<()> {
    if let Some(id) = message {
        tx.event(case.firm.id, Event::changed(id, case.audience(visibility)));
    }
    case.save(tx, author, "ticketFileAttach", Saved::seen_by(visibility)).await
}

/// Notifies staff of files that the client sent without a message, or after it: a message notifies of its own
/// files (D-11).
async fn tell_handed_in(tx: &mut Tx, case: &Case, author: Author) -> Result<()> {
    let Author::Portal(access) = author else { return Ok(()) };
    let account = portal_accesses::table.find(access).select(portal_accesses::account_id);
    let account_id: AccountId = account.get_result(tx.conn()).await?;
    let acting = Acting { account_id, author };
    notify::tell(tx, acting, case.view(), ActId::new(), TicketNews::HandedIn).await
}

/// What comes about on a ticket when a file of it is stored.
pub(crate) struct TicketFiles;

impl HasFiles for TicketFiles {
    fn noun(&self) -> &'static str {
        TicketId::NOUN
    }

    fn stored<'a>(
        &'a self,
        tx: &'a mut Tx,
        file: &'a File,
        attachment: &'a Attachment,
    ) -> BoxFuture<'a, Result<()>> {
        reveal(tx, file, attachment).boxed()
    }
}

/// Shows a file that was attached before it was stored.
async fn reveal(tx: &mut Tx, file: &File, attachment: &Attachment) -> Result<()> {
    let Attachment { subject, message_id, visibility, posted_with_message, .. } = *attachment;
    let ticket = subject.id().ok_or_else(|| Fault::Broken(format!("{subject} is no ticket")))?;
    let author = file.uploaded_by();
    let mut case = Case::find(tx, &Scope::firm(file.firm_id), ticket).await?;
    record(tx, &case.ticket, author, visibility, &[file]).await?;
    tell(tx, &mut case, author, message_id, visibility).await?;
    if !posted_with_message {
        tell_handed_in(tx, &case, author).await?;
    }
    Ok(())
}
