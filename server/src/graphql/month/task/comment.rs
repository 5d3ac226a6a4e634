//! Comments on a task, read in pages and live.

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, ID, Object, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{AccessId, Id, MessageId, StaffId, TaskId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::shared::conversation::{model, queries};

use super::Task;
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::{Attachment, OnMessage};
use crate::graphql::follow::{FeedNews, FeedPosition, Followed, Onlooker, Shows, follow};
use crate::graphql::loaders::{keyed, load, load_list, parts, seen};
use crate::graphql::page::connection;
use crate::graphql::payload::{Revision, api_id, queried};
use crate::graphql::scalars::DateTime;
use crate::graphql::shared::author::{Author, author};
use crate::graphql::shared::conversation::{Heard, heard};

/// A comment.
#[derive(Debug, Clone)]
pub struct TaskComment(pub model::Message);

keyed! {
    /// A comment on a task.
    CommentOnTask(MessageId) => TaskComment, |loads, conn, ids| async {
        let rows = queries::by_ids::<TaskId>(conn, &loads.scope(), ids).await?;
        error::Result::Ok(rows.into_iter().map(|row| (row.id, TaskComment(row))))
    }
}

/// What a staff member wrote on a task. Not visible to clients.
#[Object]
impl TaskComment {
    /// The ID of the comment, for example `message_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The task.
    async fn task(&self, ctx: &Context<'_>) -> Result<Task, ApiError> {
        seen(load(ctx, TaskId::from_uuid(self.0.subject.id)).await?)
    }

    /// The author of the comment.
    async fn author(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.author()).await
    }

    /// The plain text; it may have several lines.
    async fn body(&self) -> &str {
        &self.0.body
    }

    /// The list of attachments of the comment, oldest first.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>, ApiError> {
        load_list(ctx, OnMessage(self.0.id), Attachment).await
    }

    /// The date and time when the comment was written.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

connection! {
    log
    /// A page of the list of comments on a task.
    TaskCommentConnection, TaskCommentEdge of TaskComment, count EmptyFields
}

parts! {
    /// A part of the comments on a task.
    PartOf(TaskId) => model::Message,
    |loads, conn, of, part| queries::pages(conn, &loads.scope(), of, part),
    by |message| TaskId::from_uuid(message.subject.id)
}

/// The part of a task's comments that the arguments tell.
pub(super) async fn comments(
    ctx: &Context<'_>,
    task: TaskId,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<TaskCommentConnection, ApiError> {
    let part = queried(Caller::of(ctx), PageRequest::new(first, after, last, before))?;
    let page = seen(load(ctx, PartOf::new(task, part)).await?)??;
    Ok(TaskCommentConnection::new(page, EmptyFields, queries::cursor, TaskComment))
}

/// A change of the comments on a task.
#[derive(SimpleObject)]
pub struct TaskCommentsChanged {
    /// The cursor of this message. After a lost connection, subscribe again with it as `after`.
    cursor: String,
    /// The revision of this message, comparable with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether the client must read the comments again now, because the following messages build on the new result.
    /// True in the first message without `after`, after a long absence, when too much changed at once, and when the
    /// rights of the viewer changed.
    reload: bool,
    /// The new comments, oldest first. One whose file was stored comes again.
    comments: Vec<TaskComment>,
    /// Whether the viewer can no longer see the task.
    gone: bool,
}

/// The comments on a task; none for what is no id.
pub struct Comments(Option<TaskId>);

impl Followed for Comments {
    type Message = TaskCommentsChanged;

    const SHOWS: Shows = Shows {
        embeds: &[StaffId::NOUN, AccessId::NOUN],
        elsewhere: &[TaskId::NOUN],
        ..Shows::of("taskComments")
    };

    async fn reload(
        &self,
        FeedPosition { cursor, revision }: FeedPosition,
        _: &Onlooker,
    ) -> Result<TaskCommentsChanged, ApiError> {
        Ok(TaskCommentsChanged { cursor, revision, reload: true, comments: Vec::new(), gone: false })
    }

    async fn news(
        &self,
        place: FeedPosition,
        news: &FeedNews,
    ) -> Result<Option<TaskCommentsChanged>, ApiError> {
        let Some(task) = self.0 else { return Ok(None) };
        let (messages, gone) = match heard::<Self, TaskId>(news, task).await? {
            Heard::Nothing => return Ok(None),
            Heard::TooMuch => return self.reload(place, &news.onlooker).await.map(Some),
            Heard::News { messages, gone } => (messages, gone),
        };
        let FeedPosition { cursor, revision } = place;
        let comments = messages.into_iter().map(TaskComment).collect();
        Ok(Some(TaskCommentsChanged { cursor, revision, reload: false, comments, gone }))
    }
}

/// Comments on tasks, live.
#[derive(Debug, Default)]
pub struct TaskCommentSubscription;

#[Subscription]
impl TaskCommentSubscription {
    /// Sends new comments on a task. Sends nothing when the viewer cannot see the task.
    async fn task_comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the task.")] task_id: ID,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TaskCommentsChanged, ApiError>>, ApiError> {
        follow(ctx, after, Comments(TaskId::decode(&task_id))).await
    }
}
