//! The rows of documents.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::id::{
    AccessId, ActId, AttachmentId, ClientId, DepartmentId, DocumentDefinitionId, DocumentId,
    DocumentVersionId, FileId, FirmId, FolderId, StaffId, TaskId, TaskTypeId,
};
use guichet_base::text_enum;
use guichet_engine::actor::Author;
use guichet_engine::feed::Audience;
use guichet_engine::tables::{document_answers, document_versions, documents};
use guichet_obligations::{Category, Direction, Due, FiscalYears, Period, Provisional};

use crate::month::task_type::model::Takes;
use crate::shared::file::digest::Sha256;

text_enum! {
    /// Where a document stands.
    pub enum DocumentState {
        /// Nothing is there yet.
        Expected = "EXPECTED",
        /// Files are there.
        Filed = "FILED",
        /// What was handed in was rejected, so it is missing again.
        Rejected = "REJECTED",
        /// Somebody said that there is nothing to submit.
        NothingToSubmit = "NOTHING_TO_SUBMIT",
        /// It is not expected any more.
        Dropped = "DROPPED",
    }
}

text_enum! {
    /// What the client said of a document that it was asked to approve.
    pub enum DocumentApproval {
        /// Nothing yet.
        Waiting = "WAITING",
        /// It is right.
        Approved = "APPROVED",
        /// Something is wrong with it; the comment says what.
        Contested = "CONTESTED",
    }
}

text_enum! {
    /// What a person says of a document without a file.
    pub enum AnswerKind {
        /// There is nothing to submit.
        NothingToSubmit = "NOTHING_TO_SUBMIT",
        /// What was delivered is right.
        Approved = "APPROVED",
        /// Something is wrong with what was delivered.
        Contested = "CONTESTED",
        /// It is not expected of this task.
        NotExpected = "NOT_EXPECTED",
    }
}

/// What a person said of a document without a file. A new file takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = document_answers, primary_key(document_id), treat_none_as_null = true)]
pub struct DocumentAnswer {
    /// The document.
    pub document_id: DocumentId,
    /// The firm.
    pub firm_id: FirmId,
    /// What was said.
    pub answer: AnswerKind,
    /// When.
    pub at: DateTime<Utc>,
    by_staff: Option<StaffId>,
    by_access: Option<AccessId>,
    /// What is wrong.
    pub comment: Option<String>,
}

impl DocumentAnswer {
    /// What somebody says of a document.
    pub fn new(
        of: &Document,
        answer: AnswerKind,
        by: Author,
        at: DateTime<Utc>,
        comment: Option<String>,
    ) -> Self {
        let (document_id, firm_id) = (of.id, of.firm_id);
        Self { document_id, firm_id, answer, at, by_staff: by.staff(), by_access: by.access(), comment }
    }

    /// Who said it.
    pub fn by(&self) -> Author {
        Author::from_columns(self.by_staff, self.by_access)
            .expect("a check of the table demands exactly one person")
    }
}

/// A document that is expected from a client or delivered to it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = documents, treat_none_as_null = true)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// The firm.
    pub firm_id: FirmId,
    /// The client.
    pub client_id: ClientId,
    /// The task that it belongs to; never shown to clients (C-01).
    pub task_id: Option<TaskId>,
    /// What its kind of work says of it.
    pub definition_id: Option<DocumentDefinitionId>,
    /// The kind of work.
    pub task_type_id: Option<TaskTypeId>,
    /// The assignee of its task.
    pub assignee_id: Option<StaffId>,
    /// The department of its task.
    pub department_id: Option<DepartmentId>,
    /// Its place in the client's library.
    pub folder_id: Option<FolderId>,
    /// Who brings it.
    pub direction: Direction,
    /// What it is about, which decides who of the client sees it (B-05).
    pub category: Category,
    /// Its name.
    pub name: String,
    /// The name of the period that it is about.
    pub period: Option<String>,
    /// The first day of that period.
    pub period_starts_on: Option<NaiveDate>,
    /// What becomes of a second file.
    pub takes: Takes,
    /// Whether the client is asked to approve what is delivered.
    pub wants_approval: bool,
    /// Whether the work is not done without it.
    pub is_required: bool,
    /// The date of the law.
    pub legal_due_on: Option<NaiveDate>,
    /// The day that the client sees: until when to hand in, or the date of the law of what is delivered.
    pub due_on: Option<NaiveDate>,
    /// Why the date of the law may still change, as it is kept.
    pub provisional: serde_json::Value,
    /// How the date of the law was found, as it is kept.
    pub due_facts: Option<serde_json::Value>,
    /// Where it stands.
    pub state: DocumentState,
    /// When its present version was published; only of what the firm delivers.
    pub published_at: Option<DateTime<Utc>>,
    /// When the client had opened all present versions.
    pub read_at: Option<DateTime<Utc>>,
    /// What the client said of it, where it is asked.
    pub approval: Option<DocumentApproval>,
    /// The number of its last version, stored or not; 0 when there is none.
    pub last_version: i32,
    /// The version, for noticing changes.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When any of it that the client sees was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Document {
    /// Who can see it; `portfolio` is the client's accountant (B-15).
    pub fn audience(&self, portfolio: Option<StaffId>) -> Audience {
        guichet_engine::audience!(documents, self, portfolio).internal_if(self.is_hidden())
    }

    /// Whether it does not exist for the client: it is not expected any more, and nothing of it was delivered.
    pub fn is_hidden(&self) -> bool {
        self.state == DocumentState::Dropped && self.published_at.is_none()
    }

    /// Whether the firm delivers it.
    pub fn is_output(&self) -> bool {
        self.direction == Direction::Output
    }

    /// The period that it is about, where it is of months so many of them.
    pub fn period(&self, every: u32) -> Option<Period> {
        let name = self.period.as_deref()?;
        match name.strip_prefix("FY") {
            // A fiscal year is named by its last day alone.
            Some(closing) => Period::fiscal_year(self.period_starts_on?, closing.parse().ok()?),
            None => Period::parse(name, every, &FiscalYears::calendar()),
        }
    }

    /// How the date of the law was found.
    pub fn due(&self) -> Option<Due> {
        serde_json::from_value(self.due_facts.clone()?).ok()
    }

    /// Why the date of the law may still change.
    pub fn provisional(&self) -> Vec<Provisional> {
        serde_json::from_value(self.provisional.clone()).unwrap_or_default()
    }
}

/// A file as a version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = document_versions, treat_none_as_null = true)]
pub struct DocumentVersion {
    /// Its id.
    pub id: DocumentVersionId,
    /// The firm.
    pub firm_id: FirmId,
    /// The document.
    pub document_id: DocumentId,
    /// Its number, counted per document.
    pub number: i32,
    /// The attachment of its file.
    pub attachment_id: AttachmentId,
    /// The digest of the bytes; none until the file is stored, if it was not declared.
    pub sha256: Option<Sha256>,
    /// Whether it was handed in after the work was done.
    pub is_late: bool,
    /// Whether it counts now.
    pub is_current: bool,
    /// What the person said who handed it in.
    pub note: Option<String>,
    /// When it was published; only of what the firm delivers.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was rejected; of what the firm delivers, when it was taken back.
    pub rejected_at: Option<DateTime<Utc>>,
    /// Why.
    pub rejection: Option<String>,
    /// When somebody of the client opened it first.
    pub read_at: Option<DateTime<Utc>>,
    /// Who that was.
    pub read_by: Option<AccessId>,
    /// When it was handed in.
    pub created_at: DateTime<Utc>,
    /// When its file was stored; it does not count before.
    pub stored_at: Option<DateTime<Utc>>,
    /// Whether the same content counted already when it was stored.
    pub is_duplicate: bool,
    /// Who rejected it or took it back.
    pub rejected_by: Option<StaffId>,
    /// The act that handed it in, with others; none of old ones.
    pub act_id: Option<ActId>,
}

/// A version with its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionFile {
    /// The version.
    pub version: DocumentVersion,
    /// Its file.
    pub file_id: FileId,
    /// Who handed it in.
    pub by: Author,
}
