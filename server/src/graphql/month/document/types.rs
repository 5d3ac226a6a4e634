//! What is shown of a document.

use async_graphql::{Context, ID, Object};
use guichet_base::error;
use guichet_base::id::{DocumentId, TaskTypeId};
use guichet_edge::ApiError;
use guichet_obligations::{explain_to_client, sentences, why_provisional, why_provisional_to_client};
use guichet_schema::month::document::queries;
use guichet_schema::month::document::rules::{self, Terms};
use guichet_schema::month::document::{model, rules::DocumentAct as Act};

use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, grouped, keyed, load, load_list, load_optional, seen};
use crate::graphql::mirror::mirror;
use crate::graphql::month::folder::Folder;
use crate::graphql::month::task::Task;
use crate::graphql::month::task_type::{SecondFile, TaskType};
use crate::graphql::month::{DocumentCategory, DocumentDirection};
use crate::graphql::payload::api_id;
use crate::graphql::people::client::Client;
use crate::graphql::people::firm::today;
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::{Date, DateTime};
use crate::graphql::shared::author::{Author, author};
use crate::graphql::shared::file::File;

mirror!(DocumentState => model::DocumentState);
mirror!(DocumentMark => rules::DocumentMark);
mirror!(DocumentApproval => model::DocumentApproval);
mirror!(DocumentAnswerKind => model::AnswerKind);
mirror!(DocumentAct => rules::DocumentAct);

/// A document.
#[derive(Debug, Clone)]
pub struct Document(pub model::Document);

by_ids!(DocumentId => Document, queries::by_ids);

keyed! {
    /// The versions of documents that the viewer can see.
    VersionsOf(DocumentId) => [model::VersionFile], |loads, conn, ids| async {
        let rows = queries::versions(conn, &loads.membership, ids).await?;
        error::Result::Ok(grouped(rows, |row| row.version.document_id))
    }
}

keyed! {
    /// What was said of documents without a file.
    AnswerTo(DocumentId) => model::DocumentAnswer, |loads, conn, ids| queries::answers(conn, &loads.scope(), ids)
}

keyed! {
    /// What acts on documents depend on beside them.
    TermsOf(DocumentId) => Terms, |loads, conn, ids| queries::terms(conn, &loads.scope(), ids)
}

keyed! {
    /// The names of kinds of work.
    TaskTypeName(TaskTypeId) => String, |loads, conn, ids| queries::task_type_names(conn, loads.membership.firm_id(), ids)
}

/// A document that the client hands in or that the firm delivers. It exists before its file. Clients see what is expected
/// of them and what is delivered to them; collaborators of a client see none about payroll.
#[Object]
impl Document {
    /// The ID of the document, for example `document_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client, ApiError> {
        seen(load(ctx, self.0.client_id).await?)
    }

    /// The name of the document.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Who brings the document.
    async fn direction(&self) -> DocumentDirection {
        self.0.direction.into()
    }

    /// What the document is about, which decides who of the client sees it.
    async fn category(&self) -> DocumentCategory {
        self.0.category.into()
    }

    /// The name of the kind of work that the document belongs to; null when it belongs to none.
    async fn task_type_name(&self, ctx: &Context<'_>) -> Result<Option<String>, ApiError> {
        load_optional(ctx, self.0.task_type_id.map(TaskTypeName)).await
    }

    /// The kind of work that the document belongs to. Null for clients.
    async fn task_type(&self, ctx: &Context<'_>) -> Result<Option<TaskType>, ApiError> {
        load_optional(ctx, Caller::of(ctx).internal(self.0.task_type_id)?.flatten()).await
    }

    /// The task that the document belongs to. Null for clients.
    async fn task(&self, ctx: &Context<'_>) -> Result<Option<Task>, ApiError> {
        load_optional(ctx, Caller::of(ctx).internal(self.0.task_id)?.flatten()).await
    }

    /// The name of the period that the document is about, for example `2026-03`.
    async fn period(&self) -> Option<&str> {
        self.0.period.as_deref()
    }

    /// The folder of the client's library in which the document lies; null at its top, and until a file is there.
    async fn folder(&self, ctx: &Context<'_>) -> Result<Option<Folder>, ApiError> {
        load_optional(ctx, self.0.folder_id).await
    }

    /// What becomes of a second file.
    async fn second_file(&self) -> SecondFile {
        self.0.takes.into()
    }

    /// Whether the work is not done without the document.
    async fn is_required(&self) -> bool {
        self.0.is_required
    }

    /// The day until which the client hands the document in; of what is delivered, the due date of the law.
    async fn due_on(&self) -> Option<Date> {
        self.0.due_on.map(Date)
    }

    /// The due date of the law; null when there is none, or when it is not published yet.
    async fn legal_due_on(&self) -> Option<Date> {
        self.0.legal_due_on.map(Date)
    }

    /// Why the due date of the law may still change, in the language of the viewer; empty when it is final. Clients are not
    /// shown the names that the firm gave to attributes and events.
    async fn provisional(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        let caller = Caller::of(ctx);
        let say = if caller.scope()?.is_staff() { why_provisional } else { why_provisional_to_client };
        Ok(self.0.provisional().iter().map(|why| say(caller.locale, why)).collect())
    }

    /// How the due date of the law was found, step by step, in the language of the viewer; for staff also which dates would
    /// hold without it. Clients are shown neither what staff wrote nor what the record of the client says.
    async fn due_explanation(&self, ctx: &Context<'_>) -> Result<Vec<String>, ApiError> {
        let (caller, due) = (Caller::of(ctx), self.0.due());
        if caller.scope()?.is_staff() {
            return Ok(due.map(|due| sentences(caller.locale, &due)).unwrap_or_default());
        }
        let steps = due.iter().flat_map(|due| &due.steps);
        Ok(steps.flat_map(|step| explain_to_client(caller.locale, step)).collect())
    }

    /// Where the document stands.
    async fn state(&self) -> DocumentState {
        self.0.state.into()
    }

    /// How the document stands for the client today, for symbols and colours.
    async fn mark(&self, ctx: &Context<'_>) -> Result<DocumentMark, ApiError> {
        Ok(rules::mark((&self.0).into(), today(ctx, self.0.firm_id).await?).into())
    }

    /// The date and time when the present version was published to the client; null for what the client hands in.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.published_at.map(DateTime)
    }

    /// The date and time when somebody of the client had opened what is delivered; null while a version is unread. Opening
    /// by staff does not count.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at.map(DateTime)
    }

    /// What the client said of the document when it was asked to approve it; null when it is not asked.
    async fn approval(&self) -> Option<DocumentApproval> {
        self.0.approval.map(Into::into)
    }

    /// What a person said of the document without a file: that there is nothing to submit, or that what was delivered is
    /// right or wrong. Null when nobody did, and once a new file is there.
    async fn answer(&self, ctx: &Context<'_>) -> Result<Option<DocumentAnswer>, ApiError> {
        Ok(load(ctx, AnswerTo(self.0.id)).await?.map(DocumentAnswer))
    }

    /// The versions of the document that the viewer can see, newest first. Clients see what was handed in and what was
    /// published; a file that is not stored yet is seen by its uploader alone.
    async fn versions(&self, ctx: &Context<'_>) -> Result<Vec<DocumentVersion>, ApiError> {
        load_list(ctx, VersionsOf(self.0.id), DocumentVersion).await
    }

    /// The version of the document. It changes with everything that people do to the document and clients see; not with the
    /// opening of what is delivered (`readAt`), nor with the day on which the mark depends.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the document was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the document was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The actions that the viewer may or may not perform on the document now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<DocumentAct>>, ApiError> {
        let by = &Caller::of(ctx).actor()?.membership;
        let terms = load(ctx, TermsOf(self.0.id)).await?.unwrap_or_default();
        Ok(abilities(Act::ALL, |act| rules::may(act, by, &self.0, terms)))
    }
}

/// What was said of a document.
#[derive(Debug, Clone)]
pub struct DocumentAnswer(model::DocumentAnswer);

/// What a person said of a document without a file.
#[Object]
impl DocumentAnswer {
    /// What was said.
    async fn kind(&self) -> DocumentAnswerKind {
        self.0.answer.into()
    }

    /// The person who said it.
    async fn by(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.by()).await
    }

    /// The date and time when it was said.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// What is wrong with the document; null unless it is contested.
    async fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }
}

/// A version of a document.
#[derive(Debug, Clone)]
pub struct DocumentVersion(pub model::VersionFile);

/// A file as a version of a document.
#[Object]
impl DocumentVersion {
    /// The number of the version, counted per document from 1.
    async fn number(&self) -> i32 {
        self.0.version.number
    }

    /// The file.
    async fn file(&self, ctx: &Context<'_>) -> Result<File, ApiError> {
        seen(load(ctx, self.0.file_id).await?)
    }

    /// Whether the version counts now. A file counts once it is stored; what the firm delivers, once it is published. It
    /// counts no more when it is rejected, and when a new version takes its place.
    async fn is_current(&self) -> bool {
        self.0.version.is_current
    }

    /// Whether a version with the same content counted already when this one was stored.
    async fn is_duplicate(&self) -> bool {
        self.0.version.is_duplicate
    }

    /// Whether the file was handed in after the work was done.
    async fn is_late(&self) -> bool {
        self.0.version.is_late
    }

    /// What the person said about the file who handed it in.
    async fn note(&self) -> Option<&str> {
        self.0.version.note.as_deref()
    }

    /// The person who handed the file in.
    async fn handed_in_by(&self, ctx: &Context<'_>) -> Result<Author, ApiError> {
        author(ctx, self.0.by).await
    }

    /// The date and time when the file was handed in.
    async fn handed_in_at(&self) -> DateTime {
        DateTime(self.0.version.created_at)
    }

    /// The date and time when the version was published to the client; null for what the client hands in.
    async fn published_at(&self) -> Option<DateTime> {
        self.0.version.published_at.map(DateTime)
    }

    /// The date and time when the version was rejected or taken back; null when it was not.
    async fn rejected_at(&self) -> Option<DateTime> {
        self.0.version.rejected_at.map(DateTime)
    }

    /// The staff member who rejected the version or took it back.
    async fn rejected_by(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.version.rejected_by).await
    }

    /// Why the version was rejected or taken back.
    async fn rejection(&self) -> Option<&str> {
        self.0.version.rejection.as_deref()
    }

    /// The date and time when somebody of the client opened the version first; null while it is unread. Who opened it when
    /// is in the access log of its file.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.version.read_at.map(DateTime)
    }

    /// The user of the client who opened the version first.
    async fn read_by(&self, ctx: &Context<'_>) -> Result<Option<PortalAccess>, ApiError> {
        load_optional(ctx, self.0.version.read_by).await
    }
}
