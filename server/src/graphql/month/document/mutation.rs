//! Handing files in, and opening documents.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use futures_util::future::try_join_all;
use guichet_base::error::Refusal;
use guichet_base::id::{DocumentId, FileId, Id};
use guichet_edge::ApiError;
use guichet_schema::month::document::{hand_in, open};
use guichet_schema::nouns::WITH_FILES;
use guichet_schema::shared::file::rules::FileDisposition as Way;

use super::types::Document;
use crate::files::Files;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, UserError, act, id, payload};
use crate::graphql::shared::file::{File, FileAddress, FileDisposition};

/// Input for `documentHandIn`: which file is of which document.
#[derive(Debug, InputObject)]
pub struct DocumentHandInInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same results.
    idempotency_key: String,
    /// The files with their documents, 1 to 50. Each one succeeds or fails on its own.
    items: Vec<DocumentHandInItemInput>,
    /// What to say about the files; up to 2,000 characters.
    note: Option<String>,
    /// Whether the viewer gets a receipt by mail.
    #[graphql(default)]
    wants_receipt: bool,
}

/// A file of a document.
#[derive(Debug, InputObject)]
pub struct DocumentHandInItemInput {
    /// The ID of the document.
    document_id: ID,
    /// The ID of the file: uploaded by the viewer and not attached to anything yet. It may still be in verification; it
    /// counts once it is stored.
    file_id: ID,
}

/// Input for `documentOpen`: the document to open.
#[derive(Debug, InputObject)]
pub struct DocumentOpenInput {
    /// The ID of the document.
    id: ID,
    /// The number of the version. The default is the newest that counts.
    version: Option<i32>,
    /// What a browser does with the file.
    #[graphql(default_with = "Way::Attachment.into()")]
    disposition: FileDisposition,
}

/// The result for one file of `documentHandIn`.
#[derive(SimpleObject)]
pub struct DocumentHandInResult {
    /// The document in its current state; null when it does not exist for the viewer.
    document: Option<Document>,
    /// The number of the version that the file became; null when there are errors.
    version: Option<i32>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `documentHandIn`.
    DocumentHandInPayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<DocumentHandInResult>,
    }
}

/// What came of opening a document.
#[derive(Union)]
#[allow(clippy::large_enum_variant, reason = "an answer has one of them")]
pub enum DocumentOpening {
    /// There is no file.
    NotUploaded(DocumentNotUploaded),
    /// There is one.
    Download(DocumentDownload),
}

/// The document has no file yet. Nothing was logged.
#[derive(SimpleObject)]
pub struct DocumentNotUploaded {
    /// The document.
    document: Option<Document>,
}

/// A file of a document, to download.
#[derive(SimpleObject)]
pub struct DocumentDownload {
    /// The document in its current state: opened by somebody of the client, it is read now.
    document: Option<Document>,
    /// The number of the version.
    version: i32,
    /// The file.
    file: File,
    /// The address from which the file can be downloaded.
    address: FileAddress,
}

payload! {
    /// The result of `documentOpen`.
    DocumentOpenPayload {
        /// What came of it; null when there are errors.
        opening: Option<DocumentOpening>,
    }
}

/// Handing in and opening.
#[derive(Debug, Default)]
pub struct DocumentMutation;

#[Object]
impl DocumentMutation {
    /// Hands files in: each becomes a new version of its document, or stands beside the others, as `secondFile` says. A
    /// file counts once it is stored; it then also takes the place of what was said without a file. Staff hand in for their
    /// clients, and upload what the firm delivers; that is seen by the client once it is published. Every document takes files
    /// of the kinds in `uploadRules`.
    ///
    /// Available to staff and to portal users.
    ///
    /// Errors: `OUT_OF_RANGE`, `TOO_LONG`, `INVALID_TEXT`, `TOO_FAST`, `IDEMPOTENCY_KEY_REUSED`, `NOT_FOUND`, `WRONG_DIRECTION`,
    /// `DOCUMENT_NOT_EXPECTED`, `DOCUMENT_TOO_LATE`, `ALREADY_HANDED_IN`, `NOT_ALLOWED`, `FILE_ATTACHED`,
    /// `FILE_NOT_UPLOADED`, `FILE_INCOMPLETE`, `FILE_ALTERED`, `FILE_TYPE_MISMATCH`, `FILE_INFECTED`, `FILE_UNVERIFIABLE`,
    /// `FILE_UNUSED`.
    async fn document_hand_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentHandInInput,
    ) -> Result<DocumentHandInPayload, ApiError> {
        let caller = Caller::of(ctx);
        let item = |item: &DocumentHandInItemInput| {
            (DocumentId::decode(&item.document_id), FileId::decode(&item.file_id))
        };
        let items: Vec<_> = input.items.iter().map(item).collect();
        let order =
            hand_in::HandIn { items: items.clone(), note: input.note, wants_receipt: input.wants_receipt };
        let key = &input.idempotency_key;
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| hand_in::hand_in(store, actor, key, order).await).await?;
        let results = done.unwrap_or_default().into_iter().zip(items).map(async |(each, (document, _))| {
            let refused = |hand_in::Refused { field, code }| match field {
                Some(field) => vec![Refusal::of(field.name(), code)],
                None => vec![Refusal::new(code)],
            };
            let (made, user_errors) = UserError::split(each.map_err(refused), caller.locale);
            let document = load_optional(ctx, document).await?;
            Ok::<_, ApiError>(DocumentHandInResult {
                document,
                version: made.map(|made| made.number),
                user_errors,
            })
        });
        Ok(DocumentHandInPayload { results: try_join_all(results).await?, user_errors, revision })
    }

    /// Opens a document: returns a signed address for downloading its file, and records the access in the log of the file.
    /// When somebody of the client opens what was delivered, it is read from then on.
    ///
    /// Available to everybody who can see the document.
    ///
    /// Errors: `NOT_FOUND`, `FILE_NOT_UPLOADED`, `FILE_NOT_READY`, `FILE_NOT_PREVIEWABLE`, `FILE_INCOMPLETE`, `FILE_ALTERED`,
    /// `FILE_TYPE_MISMATCH`, `FILE_INFECTED`, `FILE_UNVERIFIABLE`, `FILE_UNUSED`.
    async fn document_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentOpenInput,
    ) -> Result<DocumentOpenPayload, ApiError> {
        let way: Way = input.disposition.into();
        let (caller, files) = (Caller::of(ctx), ctx.data_unchecked::<Files>());
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            open::open(store, WITH_FILES, actor, id("id", &input.id)?, input.version, way).await
        })
        .await?;
        let Some(opened) = done else {
            return Ok(DocumentOpenPayload { opening: None, user_errors, revision });
        };
        let document = load_optional(ctx, DocumentId::decode(&input.id)).await?;
        let opening = match opened {
            None => DocumentOpening::NotUploaded(DocumentNotUploaded { document }),
            Some(open::Opened { number, file }) => {
                let now = caller.store.now();
                let address = files.addresses.download(&file, way, caller.account(), now).await;
                let address = address.map_err(ApiError::unavailable)?.into();
                let file = File(file);
                DocumentOpening::Download(DocumentDownload { document, version: number, file, address })
            }
        };
        Ok(DocumentOpenPayload { opening: Some(opening), user_errors, revision })
    }
}
