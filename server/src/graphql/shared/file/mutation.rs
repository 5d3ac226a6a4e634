//! Acts on files.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use futures_util::future::try_join_all;
use guichet_base::id::{FileId, Id};
use guichet_edge::ApiError;
use guichet_schema::nouns::WITH_FILES;
use guichet_schema::shared::file::model::FileState;
use guichet_schema::shared::file::rules::{self, Declaration};
use guichet_schema::shared::file::{download, queries, upload};

use super::address::FileAddress;
use super::types::{File, FileDisposition, FileUploadResult};
use crate::files::Files;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{fault, load_optional};
use crate::graphql::payload::{MutationOutcome, UserError, act, id, outcome, payload};
use crate::graphql::scalars::SafeInt;

/// Input for `fileUploadCreate`: the files to upload.
#[derive(Debug, InputObject)]
pub struct FileUploadCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call returns the same files
    /// with new addresses, and `UPLOAD_EXPIRED` when their time is over.
    idempotency_key: String,
    /// The files, 1 to 20. Each one succeeds or fails on its own.
    files: Vec<FileDeclarationInput>,
}

/// The declaration of a file to upload.
#[derive(Debug, InputObject)]
pub struct FileDeclarationInput {
    /// The file name with its extension and without a path; 1 to 200 characters.
    name: String,
    /// The media type, for example `application/pdf`. It may be omitted, but must not contradict the
    /// extension.
    #[graphql(default)]
    content_type: String,
    /// The size in bytes.
    size: SafeInt,
    /// The SHA-256 digest of the content, as 64 hexadecimal digits. With it, damage on the way is noticed at once. It may
    /// be omitted where it cannot be computed: browsers do so only on pages with TLS, and on `localhost`.
    sha256: Option<String>,
}

impl From<FileDeclarationInput> for Declaration {
    fn from(input: FileDeclarationInput) -> Self {
        let FileDeclarationInput { name, content_type, size, sha256 } = input;
        Self { name, content_type, size: size.0, sha256 }
    }
}

/// Input for `fileUploadComplete`: the files whose bytes were sent.
#[derive(Debug, InputObject)]
pub struct FileUploadCompleteInput {
    /// The IDs of the files, 1 to 20. Each one succeeds or fails on its own; a repeated call has no further
    /// effect.
    ids: Vec<ID>,
}

/// Input for `fileDownload`: the file to download.
#[derive(Debug, InputObject)]
pub struct FileDownloadInput {
    /// The ID of the file.
    id: ID,
    /// What a browser does with the file.
    #[graphql(default_with = "rules::FileDisposition::Attachment.into()")]
    disposition: FileDisposition,
}

/// The result for one file of `fileUploadCreate`.
#[derive(SimpleObject)]
pub struct FileUpload {
    /// The file; null when there are errors.
    file: Option<File>,
    /// The address to which the bytes must be sent; null when there are errors, and once the upload is
    /// complete.
    address: Option<FileAddress>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `fileUploadCreate`.
    FileUploadCreatePayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        uploads: Vec<FileUpload>,
    }
}

payload! {
    /// The result of `fileUploadComplete`.
    FileUploadCompletePayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<FileUploadResult>,
    }
}

payload! {
    /// The result of `fileDownload`.
    FileDownloadPayload {
        /// The file; null when there are errors.
        file: Option<File>,
        /// The address from which the file can be downloaded; null when there are errors.
        address: Option<FileAddress>,
    }
}

/// Acts on files.
#[derive(Debug, Default)]
pub struct FileMutation;

#[Object]
impl FileMutation {
    /// Announces files to upload, and returns a signed address for the bytes of each. Until they are
    /// verified, only the uploader sees the files.
    ///
    /// Available to staff and to portal users.
    ///
    /// Errors: `OUT_OF_RANGE`, `TOO_MUCH_UNSETTLED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`,
    /// `UPLOAD_EXPIRED`, `CONFLICT`, `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_TYPE_NOT_ALLOWED`,
    /// `INVALID_CHECKSUM`, `IDEMPOTENCY_KEY_REUSED`.
    async fn file_upload_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FileUploadCreateInput,
    ) -> Result<FileUploadCreatePayload, ApiError> {
        let (caller, files) = (Caller::of(ctx), ctx.data_unchecked::<Files>());
        let declared = input.files.into_iter().map(Into::into).collect();
        let key = &input.idempotency_key;
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| upload::create(store, actor, key, &files.limits, declared).await)
                .await?;
        let uploads = done.unwrap_or_default().into_iter().map(async |each| {
            let (id, user_errors) = UserError::split(each, caller.locale);
            let file: Option<File> = load_optional(ctx, id).await?;
            let waiting = file.as_ref().filter(|file| file.0.state == FileState::Pending);
            let address = match waiting {
                Some(file) => {
                    let address = files.addresses.upload(&file.0, caller.account(), caller.store.now()).await;
                    Some(address.map_err(ApiError::unavailable)?.into())
                }
                None => None,
            };
            Ok::<_, ApiError>(FileUpload { file, address, user_errors })
        });
        Ok(FileUploadCreatePayload { uploads: try_join_all(uploads).await?, user_errors, revision })
    }

    /// Completes the upload of files whose bytes were sent. The files are then verified: `filesChanged` tells the
    /// uploader of their `state`. Once an attached file is stored, it tells everybody
    /// who follows the files of the ticket.
    ///
    /// Available to the uploader of the files.
    ///
    /// Errors: `OUT_OF_RANGE`, `NOT_FOUND`, `NOT_ALLOWED`, `UPLOAD_EXPIRED`, `FILE_NOT_UPLOADED`,
    /// `FILE_INCOMPLETE`.
    async fn file_upload_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FileUploadCompleteInput,
    ) -> Result<FileUploadCompletePayload, ApiError> {
        let (caller, files) = (Caller::of(ctx), ctx.data_unchecked::<Files>());
        let actor = caller.actor()?;
        let ids: Vec<Option<FileId>> = input.ids.iter().map(|id| FileId::decode(id)).collect();
        // The store is asked about no more than one act takes.
        let result = match upload::check_count("ids", ids.len()) {
            Ok(()) => {
                let found = arrived(caller, files, &ids).await?;
                upload::complete(&caller.store, actor, &ids, &found).await
            }
            Err(refused) => Err(refused),
        };
        let MutationOutcome { done, user_errors, revision } = outcome(caller, result)?;
        let results = done.unwrap_or_default().into_iter().zip(ids).map(async |(each, id)| {
            let (_, user_errors) = UserError::split(each, caller.locale);
            Ok::<_, ApiError>(FileUploadResult { file: load_optional(ctx, id).await?, user_errors })
        });
        Ok(FileUploadCompletePayload { results: try_join_all(results).await?, user_errors, revision })
    }

    /// Returns a signed address for downloading a file, and records the access in the log of the file.
    ///
    /// Available to everybody who can see the file.
    ///
    /// Errors: `NOT_FOUND`, `FILE_NOT_UPLOADED`, `FILE_NOT_READY`, `FILE_NOT_PREVIEWABLE`, `FILE_INCOMPLETE`, `FILE_ALTERED`,
    /// `FILE_TYPE_MISMATCH`, `FILE_INFECTED`, `FILE_UNVERIFIABLE`, `FILE_UNUSED`.
    async fn file_download(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: FileDownloadInput,
    ) -> Result<FileDownloadPayload, ApiError> {
        let way = input.disposition.into();
        let (caller, files) = (Caller::of(ctx), ctx.data_unchecked::<Files>());
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            download::open(store, WITH_FILES, actor, id("id", &input.id)?, way).await
        })
        .await?;
        let address = match &done {
            Some(file) => {
                let address = files.addresses.download(file, way, caller.account(), caller.store.now()).await;
                Some(address.map_err(ApiError::unavailable)?.into())
            }
            None => None,
        };
        Ok(FileDownloadPayload { file: done.map(File), address, user_errors, revision })
    }
}

/// How many bytes of these files are in the store, as far as they are still awaited.
async fn arrived(
    caller: &Caller,
    files: &Files,
    ids: &[Option<FileId>],
) -> Result<HashMap<FileId, i64>, ApiError> {
    let ids: Vec<FileId> = ids.iter().copied().flatten().collect();
    let membership = &caller.actor()?.membership;
    let mut conn = caller.conn().await?;
    let seen = queries::by_ids(&mut conn, membership, &ids).await.map_err(fault)?;
    drop(conn);
    let awaited = seen.into_iter().filter(|file| file.state == FileState::Pending);
    let found = try_join_all(awaited.map(async |file| {
        let size = files.storage.size(&file.staged()).await.map_err(ApiError::unavailable)?;
        Ok::<_, ApiError>(size.map(|size| (file.id, i64::try_from(size).unwrap_or(i64::MAX))))
    }));
    Ok(found.await?.into_iter().flatten().collect())
}
