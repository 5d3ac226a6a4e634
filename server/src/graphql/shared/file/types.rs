//! What is shown of a file.

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use guichet_base::error::Refusal;
use guichet_base::id::FileId;
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::shared::attachment;
use guichet_schema::shared::file::{model, queries, rules};

use crate::graphql::ability::Ability;
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Attachment;
use crate::graphql::loaders::{by_ids, keyed, load, parts, seen};
use crate::graphql::page::connection;
use crate::graphql::payload::{UserError, api_id, queried};
use crate::graphql::scalars::SafeInt;
use crate::graphql::shared::author::{Author, author};

/// Where a file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::FileState")]
pub enum FileState {
    /// Its bytes are awaited: send them, then `fileUploadComplete`.
    Pending,
    /// Its bytes are there and are being looked at.
    Staged,
    /// It is verified and can be opened. Only now others than its uploader see it.
    Stored,
    /// It was refused; see `refusal`.
    Rejected,
    /// It is infected; see `refusal` (F-07).
    Quarantined,
}

/// Through what a file was opened (B-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Channel")]
pub enum FileChannel {
    /// The client's area in a browser.
    Portal,
    /// The client's area in an app.
    Mobile,
    /// The firm's side.
    Staff,
}

/// What somebody may want to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "rules::FileAct")]
pub enum FileAct {
    /// Say that its bytes are there: `fileUploadComplete`.
    Complete,
    /// Open it: `fileDownload`.
    Download,
    /// Attach it: `ticketFileAttach`, or with a new ticket or message.
    Attach,
}

/// A file.
#[derive(Debug, Clone)]
pub struct File(pub model::File);

by_ids!(FileId => File, membership queries::by_ids);

keyed! {
    /// What a file is attached to.
    AttachmentOf(FileId) => model::Attachment, |loads, conn, ids| attachment::queries::of_files(conn, &loads.membership, ids)
}

connection! {
    /// A part of the log of a file's openings.
    FileAccessConnection, FileAccessEdge of FileAccess, count EmptyFields
}

parts! {
    /// A part of a file's log.
    PartOf(FileId) => model::FileAccess,
    |loads, conn, of, part| queries::accesses(conn, &loads.membership, of, part),
    by |access| access.file_id
}

/// A file: seen by its uploader from the beginning, by others once it is stored and attached to something that
/// they see.
#[Object]
impl File {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name that its uploader gave it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many bytes it has.
    async fn size(&self) -> SafeInt {
        SafeInt(self.0.size)
    }

    /// Its media type (RFC 6838).
    async fn content_type(&self) -> &str {
        self.0.content_type.as_str()
    }

    /// The SHA-256 digest of its bytes, in hexadecimal digits.
    async fn sha256(&self) -> String {
        self.0.sha256.hex()
    }

    /// Where it stands.
    async fn state(&self) -> FileState {
        self.0.state.into()
    }

    /// Why it is not stored, and what to do about it; null unless it is `REJECTED` or `QUARANTINED`.
    async fn refusal(&self, ctx: &Context<'_>) -> Option<UserError> {
        let refusal = Refusal::new(self.0.refusal?.code());
        Some(UserError::new(&refusal, Caller::of(ctx).locale))
    }

    /// Who uploaded it.
    async fn uploaded_by(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.uploaded_by()).await
    }

    /// When its upload was begun.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it goes: a `PENDING` one unless it is completed before, a `STORED` one unless it is attached before, a
    /// refused one in any case. Null while it is looked at, and for what stays.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// What it is attached to; null while that is nothing.
    async fn attachment(&self, ctx: &Context<'_>) -> Result<Option<Attachment>, ApiError> {
        Ok(load(ctx, AttachmentOf(self.0.id)).await?.map(Attachment))
    }

    /// Who opened it, when, through what, newest first (B-09). None for clients.
    async fn accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<FileAccessConnection, ApiError> {
        let part = queried(Caller::of(ctx), PageRequest::new(first, after, last, before))?;
        let page = seen(load(ctx, PartOf { of: self.0.id, part }).await?)??;
        Ok(FileAccessConnection::new(page, EmptyFields, queries::cursor, FileAccess))
    }

    /// What the viewer may do with it now: one entry an act.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FileAct>>, ApiError> {
        let caller = Caller::of(ctx);
        let by = caller.actor()?.membership.author();
        let is_attached = load(ctx, AttachmentOf(self.0.id)).await?.is_some();
        let now = caller.store.now();
        let ability = |act: &rules::FileAct| {
            Ability::new((*act).into(), rules::may(*act, by, &self.0, is_attached, now))
        };
        Ok(rules::FileAct::ALL.iter().map(ability).collect())
    }
}

/// An opening.
#[derive(Debug, Clone)]
pub struct FileAccess(pub model::FileAccess);

/// One opening of a file (B-09). Staff only.
#[Object]
impl FileAccess {
    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Through what.
    async fn channel(&self) -> FileChannel {
        self.0.channel.into()
    }

    /// Who; null where nobody was signed in.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Author>, ApiError> {
        match self.0.by() {
            Some(by) => author(ctx, by).await.map(Some),
            None => Ok(None),
        }
    }

    /// The network address from which.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// What the browser or app called itself.
    async fn device(&self) -> Option<&str> {
        self.0.device.as_deref()
    }
}

/// What became of one file of several.
#[derive(SimpleObject)]
pub struct FileUploadResult {
    /// The file as it stands now; null when there is none for this viewer.
    pub file: Option<File>,
    /// Why nothing was done with it; empty when it was.
    pub user_errors: Vec<UserError>,
}
