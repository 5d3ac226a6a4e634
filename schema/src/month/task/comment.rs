//! Comments on a task: what staff write to each other (C-01), and their read marks (D-12).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::{FileId, MessageId, TaskId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::tasks;
use serde::{Deserialize, Serialize};

use crate::shared::attachment::commands::{AttachmentTarget, lock_files};
use crate::shared::conversation::commands::{self as conversation, NewMessage};
use crate::shared::notification;
use crate::shared::visibility::Visibility;

use super::attachment;
use super::case::{Case, Saved};
use super::list::visible;
use super::rules::TaskAct;

/// Input for writing a comment.
#[derive(Debug, Clone, Serialize)]
pub struct PostComment {
    /// The task.
    pub task_id: TaskId,
    /// The text.
    pub body: String,
    /// Files to attach to it.
    pub file_ids: Vec<FileId>,
}

/// The result of writing a comment.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Posted {
    /// The task.
    pub task_id: TaskId,
    /// The comment.
    pub message_id: MessageId,
}

/// Writes a comment on an open or closed task. It marks nothing as read (D-12). For staff.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, refusals of the text and of the files.
pub async fn post(store: &Store, actor: &Actor, key: &str, input: PostComment) -> Result<Done<Posted>> {
    let mut check = Check::new();
    let body = check.text("body", &input.body, 1..=MAX_TEXT);
    check.done()?;
    let mut tx = first!(store.begin_once(actor, "taskCommentPost", key, &input).await?);
    let files = lock_files(&mut tx, actor, &input.file_ids).await?;
    let mut case = Case::lock(&mut tx, actor, input.task_id, TaskAct::Comment).await?;
    case.task.last_message_seq += 1;
    let visibility = Visibility::Internal;
    let message = NewMessage {
        firm_id: case.firm.id,
        subject: case.task.id.into(),
        seq: case.task.last_message_seq,
        visibility,
        audience: case.audience(),
        body: &body,
    };
    let author = actor.membership.author();
    let message_id = conversation::post(&mut tx, author, message).await?;
    let place = AttachmentTarget { visibility, message_id: Some(message_id), posted_with_message: true };
    attachment::bind(&mut tx, &case.task, author, place, &files).await?;
    case.save(&mut tx, "taskCommentPost", Saved::Conversation).await?;
    tx.commit(Posted { task_id: input.task_id, message_id }).await
}

/// Marks the comments as read up to one of them (D-12); a mark never moves back. For staff.
///
/// # Errors
/// `NOT_FOUND` for the task, or for a comment that is none of its.
pub async fn mark_read(
    store: &Store,
    actor: &Actor,
    task_id: TaskId,
    upto: Option<MessageId>,
) -> Result<Done<TaskId>> {
    let mut tx = store.begin(actor).await?;
    let seen = tasks::table.filter(visible(&actor.scope())).filter(tasks::id.eq(task_id));
    let seen: Option<TaskId> = seen.select(tasks::id).get_result(tx.conn()).await.optional()?;
    seen.or_not_found("id")?;
    if let Some(seq) = conversation::mark_read(&mut tx, actor, task_id.into(), "upToCommentId", upto).await? {
        notification::commands::follow_conversation(&mut tx, actor, task_id.into(), seq).await?;
    }
    tx.commit(task_id).await
}
