//! Acts on files.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use futures_util::future::try_join_all;
use guichet_base::id::{FileId, Id};
use guichet_edge::ApiError;
use guichet_schema::shared::file::model::FileState;
use guichet_schema::shared::file::rules::Declaration;
use guichet_schema::shared::file::{download, queries, upload};

use super::address::FileAddress;
use super::types::{File, FileUploadResult};
use crate::files::Files;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{fault, load_optional};
use crate::graphql::payload::{Outcome, UserError, id, outcome, payload};
use crate::graphql::scalars::SafeInt;

/// Files that are to be uploaded.
#[derive(Debug, InputObject)]
pub struct FileUploadCreateInput {
    /// Names the act: sent twice, it answers the same files, with new addresses; after their time
    /// `UPLOAD_EXPIRED`.
    idempotency_key: String,
    /// The files, 1 to 20. Each is judged by itself.
    files: Vec<FileDeclarationInput>,
}

/// What is declared of a file.
#[derive(Debug, InputObject)]
pub struct FileDeclarationInput {
    /// Its name with its ending, without a path; up to 200 characters.
    name: String,
    /// Its media type; may be left out. It must not contradict the name's ending.
    #[graphql(default)]
    content_type: String,
    /// How many bytes it has.
    size: SafeInt,
    /// The SHA-256 digest of its bytes, in hexadecimal digits.
    sha256: String,
}

impl From<FileDeclarationInput> for Declaration {
    fn from(input: FileDeclarationInput) -> Self {
        let FileDeclarationInput { name, content_type, size, sha256 } = input;
        Self { name, content_type, size: size.0, sha256 }
    }
}

/// Files whose bytes were sent.
#[derive(Debug, InputObject)]
pub struct FileUploadCompleteInput {
    /// The files, 1 to 20. Each is judged by itself; said twice, nothing more happens.
    ids: Vec<ID>,
}

/// A file to be opened.
#[derive(Debug, InputObject)]
pub struct FileDownloadInput {
    /// The file.
    id: ID,
}

/// One file of a `fileUploadCreate`.
#[derive(SimpleObject)]
pub struct FileUpload {
    /// The file; null when it was refused.
    file: Option<File>,
    /// Where its bytes are to be sent; null when it was refused, and once they are verified.
    address: Option<FileAddress>,
    /// Why it was refused; empty when it was not.
    user_errors: Vec<UserError>,
}

payload! {
    /// What became of a `fileUploadCreate`.
    FileUploadCreatePayload {
        /// The files, in the order of the input; none when all of it was refused.
        uploads: Vec<FileUpload>,
    }
}

payload! {
    /// What became of a `fileUploadComplete`.
    FileUploadCompletePayload {
        /// The files, in the order of the input; none when all of it was refused.
        results: Vec<FileUploadResult>,
    }
}

payload! {
    /// What became of a `fileDownload`.
    FileDownloadPayload {
        /// The file; null when it was refused.
        file: Option<File>,
        /// Where it can be got, as an attachment; null when it was refused.
        address: Option<FileAddress>,
    }
}

/// Acts on files.
#[derive(Debug, Default)]
pub struct FileMutation;

#[Object]
impl FileMutation {
    /// Takes files that are to be uploaded: gives each a signed address for its bytes. Until they are verified
    /// nobody but the uploader sees them.
    async fn file_upload_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The files.")] input: FileUploadCreateInput,
    ) -> Result<FileUploadCreatePayload, ApiError> {
        let (caller, files) = (Caller::of(ctx), ctx.data_unchecked::<Files>());
        let declared = input.files.into_iter().map(Into::into).collect();
        let (actor, key) = (caller.actor()?, &input.idempotency_key);
        let result = upload::create(&caller.store, actor, key, &files.limits, declared).await;
        let Outcome { done, user_errors, revision } = outcome(caller, result)?;
        let uploads = done.unwrap_or_default().into_iter().map(async |each| {
            let (id, user_errors) = UserError::split(each, caller.locale);
            let file: Option<File> = load_optional(ctx, id).await?;
            let waiting = file.as_ref().filter(|file| file.0.state == FileState::Pending);
            let address = match waiting {
                Some(file) => {
                    let address = files.addresses.upload(&file.0, caller.store.now()).await;
                    Some(address.map_err(ApiError::unavailable)?.into())
                }
                None => None,
            };
            Ok::<_, ApiError>(FileUpload { file, address, user_errors })
        });
        Ok(FileUploadCreatePayload { uploads: try_join_all(uploads).await?, user_errors, revision })
    }

    /// Says that the bytes of files were sent. They are verified next: `node` answers their `state`. Of those that
    /// are attached to a ticket `ticketsChanged` tells: whoever sees the ticket when they are stored, their uploader
    /// when they are refused.
    async fn file_upload_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The files.")] input: FileUploadCompleteInput,
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
        let Outcome { done, user_errors, revision } = outcome(caller, result)?;
        let results = done.unwrap_or_default().into_iter().zip(ids).map(async |(each, id)| {
            let (_, user_errors) = UserError::split(each, caller.locale);
            Ok::<_, ApiError>(FileUploadResult { file: load_optional(ctx, id).await?, user_errors })
        });
        Ok(FileUploadCompletePayload { results: try_join_all(results).await?, user_errors, revision })
    }

    /// Opens a file: gives a signed address, and writes it into the file's log in the same step (A-08, B-09).
    async fn file_download(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: FileDownloadInput,
    ) -> Result<FileDownloadPayload, ApiError> {
        let (caller, files) = (Caller::of(ctx), ctx.data_unchecked::<Files>());
        let actor = caller.actor()?;
        let result = async { download::open(&caller.store, actor, id("id", &input.id)?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let address = match &done {
            Some(file) => {
                let address = files.addresses.download(file, caller.store.now()).await;
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
