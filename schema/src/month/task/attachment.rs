//! Files on tasks and their comments (D-08), which only staff see (C-01).

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use guichet_base::error::{Fault, OrNotFound, Result};
use guichet_base::id::{ActId, AttachmentId, FileId, Id, MessageId, TaskId};
use guichet_engine::actor::{Actor, Author, Scope};
use guichet_engine::feed::Event;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use serde::{Deserialize, Serialize};

use crate::shared::attachment::commands::{self as attachments, AttachmentTarget, Taker, lock_files};
use crate::shared::conversation;
use crate::shared::file::model::{Attachment, File, FileState};
use crate::shared::file::owner::HasFiles;
use crate::shared::file::upload::check_count;
use crate::shared::history::{self, Changed};
use crate::shared::visibility::Visibility;

use super::case::{Case, Saved};
use super::history::TaskField;
use super::model::Task;
use super::rules::{self, TaskAct};

/// Input for attaching files.
#[derive(Debug, Clone, Serialize)]
pub struct AttachFiles {
    /// The task.
    pub task_id: TaskId,
    /// The files.
    pub file_ids: Vec<FileId>,
    /// A comment of the actor that they belong to; else the task itself.
    pub message_id: Option<MessageId>,
}

/// The result of attaching files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Attached {
    /// The task.
    pub task_id: TaskId,
    /// The attachments, in the order of the files.
    pub attachment_ids: Vec<AttachmentId>,
}

/// Attaches files to an open or closed task, or to a comment of the actor on it. For staff.
///
/// # Errors
/// `OUT_OF_RANGE` for no or too many files, per action or on the task, `NOT_FOUND`, `NOT_ALLOWED`, `FILE_NOT_UPLOADED`,
/// `FILE_ATTACHED`, or the reason why a file was refused.
pub async fn attach(store: &Store, actor: &Actor, key: &str, input: AttachFiles) -> Result<Done<Attached>> {
    check_count("fileIds", input.file_ids.len())?;
    let mut tx = first!(store.begin_once(actor, "taskFileAttach", key, &input).await?);
    let files = lock_files(&mut tx, actor, &input.file_ids).await?;
    let author = actor.membership.author();
    if let Some(id) = input.message_id {
        let task = input.task_id.into();
        let message = conversation::queries::find(tx.conn(), &actor.scope(), task, id).await?;
        message.filter(|message| message.author() == author).or_not_found("commentId")?;
    }
    let mut case = Case::lock(&mut tx, actor, input.task_id, TaskAct::AttachFile).await?;
    let visibility = Visibility::Internal;
    let place = AttachmentTarget { visibility, message_id: input.message_id, posted_with_message: false };
    let attachment_ids = bind(&mut tx, &case.task, author, place, &files).await?;
    if files.iter().any(|file| file.state == FileState::Stored) {
        show(&mut tx, &mut case, input.message_id).await?;
    } else {
        tx.audit(Some(case.firm.id), "taskFileAttach", TaskId::NOUN, Some(case.task.id.uuid()));
    }
    tx.commit(Attached { task_id: input.task_id, attachment_ids }).await
}

/// Attaches locked files to a locked task, up to its limit. Stored files are recorded in the history at once.
pub(super) async fn bind(
    tx: &mut Tx,
    task: &Task,
    author: Author,
    place: AttachmentTarget,
    files: &[File],
) -> Result<Vec<AttachmentId>> {
    let taker = Taker { firm_id: task.firm_id, subject: task.id.into(), most: rules::MAX_ATTACHMENTS };
    let ids = attachments::bind(tx, taker, place, files).await?;
    record(tx, task, author, &attachments::stored(files)).await?;
    Ok(ids)
}

async fn record(tx: &Tx, task: &Task, author: Author, files: &[&File]) -> Result<()> {
    let changed: Vec<Changed> =
        files.iter().map(|file| Changed::new(TaskField::File, None, Some(file.id.encode()))).collect();
    if changed.is_empty() {
        return Ok(());
    }
    history::record(tx, task.firm_id, task.id.into(), ActId::new(), author, &changed, None).await
}

/// Writes the events about files that are now available: the comment has them, and the task changed.
async fn show(tx: &mut Tx, case: &mut Case, message: Option<MessageId>) -> Result<()> {
    if let Some(id) = message {
        tx.event(case.firm.id, Event::changed(id, case.audience()));
    }
    case.save(tx, "taskFileAttach", Saved::Conversation).await
}

/// What comes about on a task when a file of it is stored.
pub(crate) struct TaskFiles;

impl HasFiles for TaskFiles {
    fn noun(&self) -> &'static str {
        TaskId::NOUN
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
    let subject = attachment.subject;
    let task: TaskId = subject.id().ok_or_else(|| Fault::Broken(format!("{subject} is no task")))?;
    let found = Case::find(tx, &Scope::firm(file.firm_id), &[task]).await?.remove(&task);
    let mut case = found.or_not_found("id")?;
    record(tx, &case.task, file.uploaded_by(), &[file]).await?;
    show(tx, &mut case, attachment.message_id).await
}
