//! What mutations on tasks are given, and how it becomes commands.

use async_graphql::{ID, InputObject, MaybeUndefined};
use guichet_base::error::Result;
use guichet_base::id::{Id, MessageId, TaskId};
use guichet_schema::month::task::assign::{AssignTask, AssignTo};
use guichet_schema::month::task::attachment::AttachFiles;
use guichet_schema::month::task::bulk::Ids;
use guichet_schema::month::task::commands::{CreateTask, EditTask};
use guichet_schema::month::task::comment::PostComment;
use guichet_schema::month::task::dates::SetDates;
use guichet_schema::month::task::documents::NewDocument;
use guichet_schema::month::task::status::{ChangeStatus, WishStatus};
use guichet_schema::month::task_type::model::Takes;

use super::TaskStatus;
use crate::graphql::month::task_type::SecondFile;
use crate::graphql::month::{DocumentCategory, DocumentDirection};
use crate::graphql::payload::{id, ids, optional_id, patch};
use crate::graphql::scalars::Date;

/// The dates that a person sets.
fn dates(
    legal: MaybeUndefined<Date>,
    target: MaybeUndefined<Date>,
    hand_in: MaybeUndefined<Date>,
) -> SetDates {
    let day = |given| patch(given).and_then(|date: Date| Some(date.0));
    SetDates { legal: day(legal), target: day(target), hand_in: day(hand_in) }
}

/// Input for `taskCreate`: the task to enter.
#[derive(Debug, InputObject)]
pub struct TaskCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the client.
    client_id: ID,
    /// What is to be done; 1 to 200 characters.
    title: String,
    /// The details; up to 20,000 characters.
    #[graphql(default)]
    description: String,
    /// The ID of the assignee. The default is the viewer.
    assignee_id: Option<ID>,
    /// The ID of the kind of work. With a period, the task gets its dates and its documents.
    task_type_id: Option<ID>,
    /// The name of the period that the task is about: `2026-03`, `2026-Q1`, `2026`, or a fiscal year by its closing day,
    /// `FY2026-06-30`. It must be one that the kind of work has.
    period: Option<String>,
    /// The due date of the law. Omit it to let the kind of work decide.
    legal_due_on: Option<Date>,
    /// The date of the firm's own. Omit it to let the kind of work decide.
    target_on: Option<Date>,
    /// The date until which the client hands in what is needed. Omit it to let the kind of work decide.
    hand_in_by: Option<Date>,
    /// The IDs of document definitions of the kind of work that this task does not need.
    #[graphql(default)]
    unexpected_document_ids: Vec<ID>,
    /// Documents of its own, beside those of the kind of work; at most 30.
    #[graphql(default)]
    documents: Vec<TaskDocumentInput>,
}

/// A document of one task.
#[derive(Debug, InputObject)]
pub struct TaskDocumentInput {
    /// The name of the document; 1 to 200 characters.
    name: String,
    /// Who brings the document.
    direction: DocumentDirection,
    /// What the document is about, which decides who of the client sees it.
    category: DocumentCategory,
    /// The day until which the client hands the document in, or the due date of what is delivered. By default that of the task.
    due_on: Option<Date>,
    /// What becomes of a second file.
    #[graphql(default_with = "SecondFile::from(Takes::Replace)")]
    second_file: SecondFile,
    /// Whether the client is asked to approve what is delivered.
    #[graphql(default)]
    wants_approval: bool,
    /// Whether the work is not done without the document.
    #[graphql(default = true)]
    is_required: bool,
}

impl From<TaskDocumentInput> for NewDocument {
    fn from(input: TaskDocumentInput) -> Self {
        Self {
            name: input.name,
            direction: input.direction.into(),
            category: input.category.into(),
            due_on: input.due_on.map(|date| date.0),
            takes: input.second_file.into(),
            wants_approval: input.wants_approval,
            is_required: input.is_required,
        }
    }
}

impl TaskCreateInput {
    pub(super) fn read(self) -> Result<(String, CreateTask)> {
        let given = |date: Option<Date>| date.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value);
        let input = CreateTask {
            client_id: id("clientId", &self.client_id)?,
            title: self.title,
            description: self.description,
            assignee_id: optional_id("assigneeId", self.assignee_id.as_ref())?,
            task_type_id: optional_id("taskTypeId", self.task_type_id.as_ref())?,
            period: self.period,
            dates: dates(given(self.legal_due_on), given(self.target_on), given(self.hand_in_by)),
            unexpected: ids("unexpectedDocumentIds", &self.unexpected_document_ids)?,
            documents: self.documents.into_iter().map(Into::into).collect(),
        };
        Ok((self.idempotency_key, input))
    }
}

/// Input for `taskEdit`: the changes to an open task. An omitted field keeps its value.
#[derive(Debug, InputObject)]
pub struct TaskEditInput {
    /// The ID of the task.
    pub(super) id: ID,
    /// The version that was read. If the task has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// What is to be done; 1 to 200 characters.
    title: Option<String>,
    /// The details; up to 20,000 characters.
    description: Option<String>,
    /// The due date of the law; it does not move any more. Null lets the kind of work decide again.
    legal_due_on: MaybeUndefined<Date>,
    /// The date of the firm's own; it does not follow the due date of the law any more. Null lets the kind of work
    /// decide again.
    target_on: MaybeUndefined<Date>,
    /// The date until which the client hands in what is needed; it does not follow the due date of the law any more. Null
    /// lets the kind of work decide again.
    hand_in_by: MaybeUndefined<Date>,
}

impl TaskEditInput {
    pub(super) fn read(self) -> Result<EditTask> {
        Ok(EditTask {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            title: self.title,
            description: self.description,
            dates: dates(self.legal_due_on, self.target_on, self.hand_in_by),
        })
    }
}

/// Input for `taskStatusChange`: the new status of a task.
#[derive(Debug, InputObject)]
pub struct TaskStatusChangeInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the task.
    pub(super) id: ID,
    /// The new status. If it is the current status, nothing is changed. `WAITING_CLIENT` is refused: it is set when the
    /// client is asked for something.
    status: TaskStatus,
    /// The reason; up to 20,000 characters. Only staff see it.
    reason: Option<String>,
    /// Confirms that the task is done though required documents are missing. Without it that is refused with
    /// `DOCUMENTS_MISSING`.
    #[graphql(default)]
    confirm_missing: bool,
    /// The version that was read, if it must be checked. If the task has another version now, nothing is
    /// changed and the error is `CONFLICT`.
    expected_version: Option<i32>,
}

impl TaskStatusChangeInput {
    pub(super) fn read(self) -> Result<(String, ChangeStatus)> {
        let wish = WishStatus {
            status: self.status.into(),
            reason: self.reason,
            confirm_missing: self.confirm_missing,
        };
        let input = ChangeStatus { id: id("id", &self.id)?, wish, expected_version: self.expected_version };
        Ok((self.idempotency_key, input))
    }
}

/// Input for `taskAssign`: the new assignee of an open task.
#[derive(Debug, InputObject)]
pub struct TaskAssignInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the task.
    pub(super) id: ID,
    /// The ID of the staff member, who must work for the firm now.
    assignee_id: ID,
    /// A note for the new assignee; up to 20,000 characters.
    #[graphql(default)]
    note: String,
    /// The version that was read, if it must be checked. If the task has another version now, nothing is
    /// changed and the error is `CONFLICT`.
    expected_version: Option<i32>,
}

impl TaskAssignInput {
    pub(super) fn read(self) -> Result<(String, AssignTask)> {
        let to = AssignTo { assignee_id: id("assigneeId", &self.assignee_id)?, note: self.note };
        let input = AssignTask { id: id("id", &self.id)?, to, expected_version: self.expected_version };
        Ok((self.idempotency_key, input))
    }
}

/// Input for `taskCommentPost`: the comment to write.
#[derive(Debug, InputObject)]
pub struct TaskCommentPostInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the task, which may be open or closed.
    pub(super) id: ID,
    /// The text; 1 to 20,000 characters.
    body: String,
    /// The IDs of files to attach to the comment, at most 20: uploaded by the viewer and not attached to
    /// anything yet.
    #[graphql(default)]
    file_ids: Vec<ID>,
}

impl TaskCommentPostInput {
    pub(super) fn read(self) -> Result<(String, PostComment)> {
        let input = PostComment {
            task_id: id("id", &self.id)?,
            body: self.body,
            file_ids: ids("fileIds", &self.file_ids)?,
        };
        Ok((self.idempotency_key, input))
    }
}

/// Input for `taskMarkRead`: the task, and up to which comment it was read.
#[derive(Debug, InputObject)]
pub struct TaskMarkReadInput {
    /// The ID of the task.
    pub(super) id: ID,
    /// The ID of the last comment that was read. The default is the latest comment. The mark never moves
    /// back.
    up_to_comment_id: Option<ID>,
}

impl TaskMarkReadInput {
    pub(super) fn read(&self) -> Result<(TaskId, Option<MessageId>)> {
        Ok((id("id", &self.id)?, optional_id("upToCommentId", self.up_to_comment_id.as_ref())?))
    }
}

/// Input for `taskFileAttach`: the files to attach to a task.
#[derive(Debug, InputObject)]
pub struct TaskFileAttachInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the task, which may be open or closed.
    pub(super) id: ID,
    /// The IDs of the files, 1 to 20: uploaded by the viewer and not attached to anything yet. They may still
    /// be in verification; others see them once they are stored. A task can have at most 500 attachments,
    /// including those of its comments.
    file_ids: Vec<ID>,
    /// The ID of a comment of the viewer that the files belong to. Omit it to attach them to the task itself.
    comment_id: Option<ID>,
}

impl TaskFileAttachInput {
    pub(super) fn read(self) -> Result<(String, AttachFiles)> {
        let input = AttachFiles {
            task_id: id("id", &self.id)?,
            file_ids: ids("fileIds", &self.file_ids)?,
            message_id: optional_id("commentId", self.comment_id.as_ref())?,
        };
        Ok((self.idempotency_key, input))
    }
}

/// The tasks that are meant; ids of other things stand for none.
fn meant(given: &[ID]) -> Ids {
    given.iter().map(|id| TaskId::decode(id)).collect()
}

/// Input for `tasksAssign`: the new assignee of many open tasks.
#[derive(Debug, InputObject)]
pub struct TasksAssignInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the tasks, 1 to 200. Each one succeeds or fails on its own.
    ids: Vec<ID>,
    /// The ID of the staff member, who must work for the firm now.
    assignee_id: ID,
    /// A note for the new assignee; up to 20,000 characters.
    #[graphql(default)]
    note: String,
}

impl TasksAssignInput {
    pub(super) fn read(self) -> Result<(String, Ids, AssignTo)> {
        let to = AssignTo { assignee_id: id("assigneeId", &self.assignee_id)?, note: self.note };
        Ok((self.idempotency_key, meant(&self.ids), to))
    }
}

/// Input for `tasksStatusChange`: the new status of many tasks.
#[derive(Debug, InputObject)]
pub struct TasksStatusChangeInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the tasks, 1 to 200. Each one succeeds or fails on its own.
    ids: Vec<ID>,
    /// The new status, as in `taskStatusChange`.
    status: TaskStatus,
    /// The reason; up to 20,000 characters. Only staff see it.
    reason: Option<String>,
    /// Confirms that the tasks are done though required documents are missing.
    #[graphql(default)]
    confirm_missing: bool,
}

impl TasksStatusChangeInput {
    pub(super) fn read(self) -> (String, Ids, WishStatus) {
        let wish = WishStatus {
            status: self.status.into(),
            reason: self.reason,
            confirm_missing: self.confirm_missing,
        };
        (self.idempotency_key, meant(&self.ids), wish)
    }
}

/// Input for `tasksDueDateSet`: dates of many open tasks. An omitted date keeps its value, null lets the kind of work decide
/// again.
#[derive(Debug, InputObject)]
pub struct TasksDueDateSetInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the tasks, 1 to 200. Each one succeeds or fails on its own.
    ids: Vec<ID>,
    /// The due date of the law.
    legal_due_on: MaybeUndefined<Date>,
    /// The date of the firm's own.
    target_on: MaybeUndefined<Date>,
    /// The date until which the clients hand in what is needed.
    hand_in_by: MaybeUndefined<Date>,
}

impl TasksDueDateSetInput {
    pub(super) fn read(self) -> (String, Ids, SetDates) {
        (self.idempotency_key, meant(&self.ids), dates(self.legal_due_on, self.target_on, self.hand_in_by))
    }
}
