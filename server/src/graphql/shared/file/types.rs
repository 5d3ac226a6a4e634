//! What is shown of a file.

use async_graphql::connection::EmptyFields;
use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::error::Refusal;
use guichet_base::id::{DocumentId, FileId, Id};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::shared::attachment;
use guichet_schema::shared::file::{model, queries, rules};

use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::desk::ticket::Attachment;
use crate::graphql::loaders::{by_ids, keyed, load, parts, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::page::connection;
use crate::graphql::payload::{UserError, api_id, queried};
use crate::graphql::scalars::{DateTime, SafeInt};
use crate::graphql::shared::author::{Author, author};

mirror!(FileState => model::FileState);

mirror!(FileChannel => model::Channel);

mirror!(FileDisposition => rules::FileDisposition);

mirror!(FileAct => rules::FileAct);

/// A file.
#[derive(Debug, Clone)]
pub struct File(pub model::File);

by_ids!(FileId => File, membership queries::by_ids);

keyed! {
    /// What a file is attached to.
    AttachmentOf(FileId) => model::Attachment, |loads, conn, ids| attachment::queries::of_files(conn, &loads.membership, ids)
}

connection! {
    log
    /// A page of the list of entries of the access log of a file.
    FileAccessConnection, FileAccessEdge of FileAccess, count EmptyFields
}

parts! {
    /// A part of a file's log.
    PartOf(FileId) => model::FileAccess,
    |loads, conn, of, part| queries::accesses(conn, &loads.membership, of, part),
    by |access| access.file_id
}

/// A file. Its uploader sees it from the beginning; others see it once it is stored and attached to something
/// that they can see.
#[Object]
impl File {
    /// The ID of the file, for example `file_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The file name, as given by the uploader.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The size in bytes.
    async fn size(&self) -> SafeInt {
        SafeInt(self.0.size)
    }

    /// The media type (RFC 6838), for example `application/pdf`: of the declared kind, and of the true kind once the file
    /// is stored.
    async fn content_type(&self) -> &str {
        self.0.content_type.as_str()
    }

    /// The SHA-256 digest of the content, as 64 hexadecimal digits; null until the file is stored, if it was not
    /// declared.
    async fn sha256(&self) -> Option<String> {
        self.0.sha256.map(|digest| digest.hex())
    }

    /// The state of the file.
    async fn state(&self) -> FileState {
        self.0.state.into()
    }

    /// The reason why the file was refused, and what to do about it; null unless the state is `REJECTED` or
    /// `QUARANTINED`.
    async fn refusal(&self, ctx: &Context<'_>) -> Option<UserError> {
        let refusal = Refusal::new(self.0.refusal?.code());
        Some(UserError::new(&refusal, Caller::of(ctx).locale))
    }

    /// The person who uploaded the file.
    async fn uploaded_by(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.uploaded_by()).await
    }

    /// The date and time when the upload was announced.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the file is deleted: a `PENDING` file unless its upload is completed before, a
    /// `STORED` file unless it is attached before, a refused file in any case. Null while the file is being
    /// verified, and when it is kept.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// The attachment of the file to a ticket or a task; null while it is attached to none.
    async fn attachment(&self, ctx: &Context<'_>) -> Result<Option<Attachment>, ApiError> {
        let attachment = load(ctx, AttachmentOf(self.0.id)).await?;
        Ok(attachment.filter(|of| of.subject.noun != DocumentId::NOUN).map(Attachment))
    }

    /// The list of downloads of the file, newest first. Visible to staff only; empty for clients.
    async fn accesses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<FileAccessConnection, ApiError> {
        let part = queried(Caller::of(ctx), PageRequest::new(first, after, last, before))?;
        let page = seen(load(ctx, PartOf::new(self.0.id, part)).await?)??;
        Ok(FileAccessConnection::new(page, EmptyFields, queries::cursor, FileAccess))
    }

    /// The actions that the viewer may or may not perform on the file now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<FileAct>>, ApiError> {
        let caller = Caller::of(ctx);
        let by = caller.actor()?.membership.author();
        let is_attached = load(ctx, AttachmentOf(self.0.id)).await?.is_some();
        let now = caller.store.now();
        Ok(abilities(rules::FileAct::ALL, |act| rules::may(act, by, &self.0, is_attached, now)))
    }
}

/// An opening.
#[derive(Debug, Clone)]
pub struct FileAccess(pub model::FileAccess);

/// An entry in the access log of a file. Visible to staff only.
#[Object]
impl FileAccess {
    /// The date and time of the access.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The channel of the access.
    async fn channel(&self) -> FileChannel {
        self.0.channel.into()
    }

    /// The person who opened the file; null when nobody was signed in.
    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Author>, ApiError> {
        match self.0.by() {
            Some(by) => author(ctx, by).await.map(Some),
            None => Ok(None),
        }
    }

    /// The IP address, for example `203.0.113.7`.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The browser or app, as named in its `User-Agent` header.
    async fn device(&self) -> Option<&str> {
        self.0.device.as_deref()
    }
}

/// The result for one file of `fileUploadComplete`.
#[derive(SimpleObject)]
pub struct FileUploadResult {
    /// The file in its current state; null when it does not exist for the viewer.
    pub file: Option<File>,
    /// The list of errors; empty on success.
    pub user_errors: Vec<UserError>,
}
