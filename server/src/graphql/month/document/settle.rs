//! Settling, rejecting, publishing and approving documents.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use futures_util::future::try_join_all;
use guichet_base::error::{self, Refusal};
use guichet_base::id::{DocumentId, Id};
use guichet_edge::ApiError;
use guichet_schema::month::document::library::{self, MoveDocuments};
use guichet_schema::month::document::settle::{self, Unpublish};

use super::types::Document;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::load_optional;
use crate::graphql::payload::{MutationOutcome, UserError, act, id, optional_id, payload};

/// Input for `documentNothingToSubmit`: the document to settle.
#[derive(Debug, InputObject)]
pub struct DocumentNothingToSubmitInput {
    /// The ID of the document.
    id: ID,
    /// True when there is nothing to submit; false to take that back.
    #[graphql(default = true)]
    is_settled: bool,
}

/// Input for `documentReject`: the document, and why its file is rejected.
#[derive(Debug, InputObject)]
pub struct DocumentRejectInput {
    /// The ID of the document.
    id: ID,
    /// The version that was read. If the document has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The number of the version of the file to reject. By default all that count.
    version: Option<i32>,
    /// The reason, for the client; 1 to 2,000 characters.
    reason: String,
}

/// Input for `documentPublish`: the documents to publish.
#[derive(Debug, InputObject)]
pub struct DocumentPublishInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same results.
    idempotency_key: String,
    /// The IDs of the documents, 1 to 50. Each one succeeds or fails on its own.
    ids: Vec<ID>,
}

/// Input for `documentDrop`: the document that a task does not need.
#[derive(Debug, InputObject)]
pub struct DocumentDropInput {
    /// The ID of the document.
    id: ID,
    /// The version that was read. If the document has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// True when the document is not expected any more; false to expect it again.
    #[graphql(default = true)]
    is_dropped: bool,
}

/// Input for `documentUnpublish`: the document whose file is taken back.
#[derive(Debug, InputObject)]
pub struct DocumentUnpublishInput {
    /// The ID of the document.
    id: ID,
    /// The version that was read. If the document has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The number of the version of the file to take back. By default the newest that counts.
    version: Option<i32>,
    /// Why, for the staff of the firm; up to 2,000 characters.
    reason: Option<String>,
}

/// Input for `documentMove`: the documents to move, and where to.
#[derive(Debug, InputObject)]
pub struct DocumentMoveInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same results.
    idempotency_key: String,
    /// The IDs of the documents, 1 to 50. Each one succeeds or fails on its own.
    ids: Vec<ID>,
    /// The ID of a folder of their client; omit it for the top of the library.
    folder_id: Option<ID>,
}

/// Input for `documentApprove`: the document to approve.
#[derive(Debug, InputObject)]
pub struct DocumentApproveInput {
    /// The ID of the document.
    id: ID,
    /// The version that was read. If the document has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
}

/// Input for `documentContest`: the document, and what is wrong with it.
#[derive(Debug, InputObject)]
pub struct DocumentContestInput {
    /// The ID of the document.
    id: ID,
    /// The version that was read. If the document has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// What is wrong; 1 to 2,000 characters.
    comment: String,
}

payload! {
    /// The result of `documentNothingToSubmit`.
    DocumentNothingToSubmitPayload {
        /// The document in its current state, also when there are errors.
        document: Option<Document>,
    }
}

payload! {
    /// The result of `documentReject`.
    DocumentRejectPayload {
        /// The document in its current state, also when there are errors.
        document: Option<Document>,
    }
}

/// The result for one document of `documentPublish`.
#[derive(SimpleObject)]
pub struct DocumentPublishResult {
    /// The document in its current state; null when it does not exist for the viewer.
    document: Option<Document>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `documentPublish`.
    DocumentPublishPayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<DocumentPublishResult>,
    }
}

payload! {
    /// The result of `documentDrop`.
    DocumentDropPayload {
        /// The document in its current state, also when there are errors.
        document: Option<Document>,
    }
}

payload! {
    /// The result of `documentUnpublish`.
    DocumentUnpublishPayload {
        /// The document in its current state, also when there are errors.
        document: Option<Document>,
    }
}

/// The result for one document of `documentMove`.
#[derive(SimpleObject)]
pub struct DocumentMoveResult {
    /// The document in its current state; null when it does not exist for the viewer.
    document: Option<Document>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

payload! {
    /// The result of `documentMove`.
    DocumentMovePayload {
        /// The list of results, in the order of the input; empty when the whole input was refused.
        results: Vec<DocumentMoveResult>,
    }
}

payload! {
    /// The result of `documentApprove`.
    DocumentApprovePayload {
        /// The document in its current state, also when there are errors.
        document: Option<Document>,
    }
}

payload! {
    /// The result of `documentContest`.
    DocumentContestPayload {
        /// The document in its current state, also when there are errors.
        document: Option<Document>,
    }
}

/// Settling, rejecting, publishing and approving.
#[derive(Debug, Default)]
pub struct DocumentSettleMutation;

#[Object]
impl DocumentSettleMutation {
    /// Says that there is nothing to submit of a document that the client hands in, or takes that back. A file that comes
    /// later wins.
    ///
    /// Available to staff and to portal users.
    ///
    /// Errors: `NOT_FOUND`, `WRONG_DIRECTION`, `DOCUMENT_NOT_EXPECTED`, `DOCUMENT_FILED`.
    async fn document_nothing_to_submit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentNothingToSubmitInput,
    ) -> Result<DocumentNothingToSubmitPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            settle::nothing_to_submit(store, actor, id("id", &input.id)?, input.is_settled).await
        })
        .await?;
        Ok(DocumentNothingToSubmitPayload { document: now(ctx, &input.id).await?, user_errors, revision })
    }

    /// Rejects what the client handed in, with a reason. Without another version that counts, the document is missing again.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `NOTHING_TO_REJECT`, `CONFLICT`, `REQUIRED`, `TOO_LONG`,
    /// `INVALID_TEXT`.
    async fn document_reject(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentRejectInput,
    ) -> Result<DocumentRejectPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let (of, expected) = (id("id", &input.id)?, input.expected_version);
            settle::reject(store, actor, of, expected, input.version, &input.reason).await
        })
        .await?;
        Ok(DocumentRejectPayload { document: now(ctx, &input.id).await?, user_errors, revision })
    }

    /// Publishes to the clients what was uploaded of documents that the firm delivers. A new version is unread again. The
    /// addresses of each client for documents get one mail about all that was published, as far as they may see it. While a
    /// newer file that takes the place of the others is in verification, none is published.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`, `NOT_FOUND`, `WRONG_DIRECTION`,
    /// `DOCUMENT_NOT_EXPECTED`, `NOTHING_TO_PUBLISH`, `FILE_NOT_READY`, `TOO_FAST`.
    async fn document_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentPublishInput,
    ) -> Result<DocumentPublishPayload, ApiError> {
        let caller = Caller::of(ctx);
        let ids: Vec<Option<DocumentId>> = input.ids.iter().map(|id| DocumentId::decode(id)).collect();
        let (key, known) = (&input.idempotency_key, ids.clone());
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| settle::publish(store, actor, key, known).await).await?;
        let results = done.unwrap_or_default().into_iter().zip(ids).map(async |(each, id)| {
            let refused = |code: error::Code| vec![Refusal::new(code)];
            let (_, user_errors) = UserError::split(each.map_err(refused), caller.locale);
            Ok::<_, ApiError>(DocumentPublishResult { document: load_optional(ctx, id).await?, user_errors })
        });
        Ok(DocumentPublishPayload { results: try_join_all(results).await?, user_errors, revision })
    }

    /// Says that an open task does not need one of its documents, or that it needs it again. The client sees it no more. What
    /// counts already is rejected or taken back first.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `TASK_CLOSED`, `DOCUMENT_FILED`, `CONFLICT`.
    async fn document_drop(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentDropInput,
    ) -> Result<DocumentDropPayload, ApiError> {
        let DocumentDropInput { id: given, expected_version, is_dropped } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            settle::drop_one(store, actor, id("id", &given)?, expected_version, is_dropped).await
        })
        .await?;
        Ok(DocumentDropPayload { document: now(ctx, &given).await?, user_errors, revision })
    }

    /// Takes back what was published, while nobody of the client has opened it: the client sees what it saw before. What was
    /// taken back is not published again by itself.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `NOTHING_TO_UNPUBLISH`, `DOCUMENT_READ`, `CONFLICT`, `TOO_LONG`,
    /// `INVALID_TEXT`.
    async fn document_unpublish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentUnpublishInput,
    ) -> Result<DocumentUnpublishPayload, ApiError> {
        let DocumentUnpublishInput { id: given, expected_version, version: number, reason } = input;
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let id = id("id", &given)?;
            settle::unpublish(store, actor, Unpublish { id, expected_version, number, reason }).await
        })
        .await?;
        Ok(DocumentUnpublishPayload { document: now(ctx, &given).await?, user_errors, revision })
    }

    /// Moves documents into a folder of their client's library. Who can see them stays the same.
    ///
    /// Requires the role `OWNER`, `MANAGER` or `MEMBER`.
    ///
    /// Errors: `NOT_ALLOWED`, `OUT_OF_RANGE`, `IDEMPOTENCY_KEY_REUSED`, `NOT_FOUND`.
    async fn document_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentMoveInput,
    ) -> Result<DocumentMovePayload, ApiError> {
        let caller = Caller::of(ctx);
        let ids: Vec<Option<DocumentId>> = input.ids.iter().map(|id| DocumentId::decode(id)).collect();
        let (key, known) = (&input.idempotency_key, ids.clone());
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let folder_id = optional_id("folderId", input.folder_id.as_ref())?;
            library::relocate(store, actor, key, MoveDocuments { ids: known, folder_id }).await
        })
        .await?;
        let results = done.unwrap_or_default().into_iter().zip(ids).map(async |(each, id)| {
            let refused = |code: error::Code| vec![Refusal::new(code)];
            let (_, user_errors) = UserError::split(each.map_err(refused), caller.locale);
            Ok::<_, ApiError>(DocumentMoveResult { document: load_optional(ctx, id).await?, user_errors })
        });
        Ok(DocumentMovePayload { results: try_join_all(results).await?, user_errors, revision })
    }

    /// Approves what was delivered, where the client is asked to. The assignee of the work is notified.
    ///
    /// Available to portal users.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `APPROVAL_NOT_ASKED`, `CONFLICT`, `TOO_FAST`.
    async fn document_approve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentApproveInput,
    ) -> Result<DocumentApprovePayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            settle::answer(store, actor, id("id", &input.id)?, input.expected_version, None).await
        })
        .await?;
        Ok(DocumentApprovePayload { document: now(ctx, &input.id).await?, user_errors, revision })
    }

    /// Says what is wrong with what was delivered, where the client is asked to approve it. The assignee of the work is
    /// notified.
    ///
    /// Available to portal users.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `APPROVAL_NOT_ASKED`, `CONFLICT`, `TOO_FAST`, `REQUIRED`,
    /// `TOO_LONG`, `INVALID_TEXT`.
    async fn document_contest(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DocumentContestInput,
    ) -> Result<DocumentContestPayload, ApiError> {
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let (of, expected) = (id("id", &input.id)?, input.expected_version);
            settle::answer(store, actor, of, expected, Some(&input.comment)).await
        })
        .await?;
        Ok(DocumentContestPayload { document: now(ctx, &input.id).await?, user_errors, revision })
    }
}

/// The document as it stands now.
async fn now(ctx: &Context<'_>, id: &ID) -> Result<Option<Document>, ApiError> {
    load_optional(ctx, DocumentId::decode(id)).await
}
