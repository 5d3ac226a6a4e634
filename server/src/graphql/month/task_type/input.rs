//! What mutations on kinds of work are given, and how it becomes commands.

use async_graphql::{ID, InputObject, MaybeUndefined};
use guichet_base::error;
use guichet_base::input::Patch;
use guichet_schema::month::task_type::commands::{
    CreateTaskType, DocumentInput, RecurrenceInput, UpdateTaskType,
};

use super::types::SecondFile;
use crate::graphql::month::obligation::DueRule;
use crate::graphql::month::{DocumentCategory, DocumentDirection, PeriodKind};
use crate::graphql::payload::{id, id_patch, optional_id, patch};

/// A document of a kind of work.
#[derive(Debug, InputObject)]
pub struct DocumentDefinitionInput {
    /// The ID of the definition that is kept; omit it for a new one.
    id: Option<ID>,
    /// The name of the document; 1 to 200 characters.
    name: String,
    /// Who brings the document.
    direction: DocumentDirection,
    /// What the document is about, which decides who of the client sees it.
    category: DocumentCategory,
    /// The first level of its folder in the library of the client; up to 200 characters. Omit it for that of its category.
    folder: Option<String>,
    /// The ID of its own obligation, if it is another than that of the work.
    obligation_id: Option<ID>,
    /// The rule for the date until which the client hands the document in, for example
    /// `{"at": {"rule": "self"}, "go": [{"days": -5}], "shift": "KEEP"}`. Omit it for that of the work, and for what is
    /// delivered.
    hand_in_rule: Option<DueRule>,
    /// What becomes of a second file.
    second_file: SecondFile,
    /// Whether a file is published to the client as soon as it is stored.
    #[graphql(default)]
    publish_on_upload: bool,
    /// Whether the client is asked to approve what is delivered.
    #[graphql(default)]
    wants_approval: bool,
    /// Whether the work is not done without the document.
    #[graphql(default = true)]
    is_required: bool,
}

impl DocumentDefinitionInput {
    fn read(self) -> error::Result<DocumentInput> {
        Ok(DocumentInput {
            id: optional_id("documents", self.id.as_ref())?,
            name: self.name,
            direction: self.direction.into(),
            category: self.category.into(),
            folder: self.folder,
            obligation_id: optional_id("documents", self.obligation_id.as_ref())?,
            hand_in_rule: self.hand_in_rule.map(|rule| rule.0),
            takes: self.second_file.into(),
            publish_on_upload: self.publish_on_upload,
            wants_approval: self.wants_approval,
            is_required: self.is_required,
        })
    }
}

/// How often work recurs, and when its tasks are generated.
#[derive(Debug, InputObject)]
pub struct TaskTypeRecurrenceInput {
    /// The kind of period for which the work is done.
    period_kind: PeriodKind,
    /// The number of months of a period, 1 to 60, for `MONTH`; otherwise 1.
    #[graphql(default = 1)]
    every: i32,
    /// The month in which tasks are generated, counted from the one in which the period ends; -36 to 36.
    #[graphql(default = 0)]
    generate_month: i32,
    /// The day of that month, 1 to 31, or its last day if it is shorter.
    generate_day: i32,
}

impl From<TaskTypeRecurrenceInput> for RecurrenceInput {
    fn from(input: TaskTypeRecurrenceInput) -> Self {
        let TaskTypeRecurrenceInput { period_kind, every, generate_month, generate_day } = input;
        // What does not fit is out of range, too.
        let generate_day = i16::try_from(generate_day).unwrap_or(i16::MAX);
        Self { period_kind: period_kind.into(), every, generate_month, generate_day }
    }
}

/// Input for `taskTypeCreate`: a kind of work.
#[derive(Debug, InputObject)]
pub struct TaskTypeCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The name of the kind of work, unique within the firm; 1 to 200 characters.
    name: String,
    /// What the work is; up to 20,000 characters.
    #[graphql(default)]
    description: String,
    /// What the work is about.
    category: DocumentCategory,
    /// The ID of the department that does the work.
    department_id: Option<ID>,
    /// The ID of the obligation that the work fulfils. It must have the same kind of period.
    obligation_id: Option<ID>,
    /// The rule of the firm's own date; it may depend on the legal one.
    target_rule: Option<DueRule>,
    /// The rule of the date until which the client hands in what is needed.
    hand_in_rule: Option<DueRule>,
    /// How often the work recurs.
    recurrence: TaskTypeRecurrenceInput,
    /// The months in which a period must end, 1 to 12, for `MONTH`; every month if empty.
    #[graphql(default)]
    months: Vec<i32>,
    /// The ID of the staff member who does the work, if it is not the accountant of the client.
    assignee_id: Option<ID>,
    /// Whether the accountant of the client does the work, where the client has one.
    #[graphql(default = true)]
    assign_portfolio: bool,
    /// Whether clients may ask for the work.
    #[graphql(default)]
    is_requestable: bool,
    /// Whether the documents of the work are expected.
    #[graphql(default = true)]
    expects_documents: bool,
    /// The documents, in their order; at most 30.
    #[graphql(default)]
    documents: Vec<DocumentDefinitionInput>,
}

impl TaskTypeCreateInput {
    pub(super) fn read(self) -> error::Result<(String, CreateTaskType)> {
        let input = CreateTaskType {
            name: self.name,
            description: self.description,
            category: self.category.into(),
            department_id: optional_id("departmentId", self.department_id.as_ref())?,
            obligation_id: optional_id("obligationId", self.obligation_id.as_ref())?,
            target_rule: self.target_rule.map(|rule| rule.0),
            hand_in_rule: self.hand_in_rule.map(|rule| rule.0),
            recurrence: self.recurrence.into(),
            months: months(self.months),
            assignee_id: optional_id("assigneeId", self.assignee_id.as_ref())?,
            assign_portfolio: self.assign_portfolio,
            is_requestable: self.is_requestable,
            expects_documents: self.expects_documents,
            documents: self
                .documents
                .into_iter()
                .map(DocumentDefinitionInput::read)
                .collect::<error::Result<_>>()?,
        };
        Ok((self.idempotency_key, input))
    }
}

/// What does not fit is out of range, too.
fn months(given: Vec<i32>) -> Vec<i16> {
    given.into_iter().map(|month| i16::try_from(month).unwrap_or(i16::MAX)).collect()
}

/// Input for `taskTypeUpdate`: the changes to a kind of work. An omitted field keeps its value; null removes the value.
/// Tasks that exist keep what they have.
#[derive(Debug, InputObject)]
pub struct TaskTypeUpdateInput {
    /// The ID of the kind of work.
    pub(super) id: ID,
    /// The version that was read. If the kind of work has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name of the kind of work, unique within the firm; 1 to 200 characters. It cannot be removed.
    name: Option<String>,
    /// What the work is; up to 20,000 characters.
    description: Option<String>,
    /// What the work is about.
    category: Option<DocumentCategory>,
    /// The ID of the department that does the work.
    department_id: MaybeUndefined<ID>,
    /// The ID of the obligation that the work fulfils. It must have the same kind of period.
    obligation_id: MaybeUndefined<ID>,
    /// The rule of the firm's own date; it may depend on the legal one.
    target_rule: MaybeUndefined<DueRule>,
    /// The rule of the date until which the client hands in what is needed.
    hand_in_rule: MaybeUndefined<DueRule>,
    /// How often the work recurs. The kind and length of its periods cannot be changed once a client has it.
    recurrence: Option<TaskTypeRecurrenceInput>,
    /// The months in which a period must end, 1 to 12, for `MONTH`; every month if empty. None can be added once a client has it.
    months: Option<Vec<i32>>,
    /// The ID of the staff member who does the work, if it is not the accountant of the client.
    assignee_id: MaybeUndefined<ID>,
    /// Whether the accountant of the client does the work, where the client has one.
    assign_portfolio: Option<bool>,
    /// Whether clients may ask for the work.
    is_requestable: Option<bool>,
    /// Whether the documents of the work are expected.
    expects_documents: Option<bool>,
    /// Whether the kind of work is offered.
    active: Option<bool>,
    /// The documents, in their order; at most 30. New tasks have no documents that are not among them.
    documents: Option<Vec<DocumentDefinitionInput>>,
}

impl TaskTypeUpdateInput {
    pub(super) fn read(self) -> error::Result<UpdateTaskType> {
        let rule = |given: MaybeUndefined<DueRule>| match patch(given) {
            Patch::Keep => Patch::Keep,
            Patch::Clear => Patch::Clear,
            Patch::Set(rule) => Patch::Set(rule.0),
        };
        let documents = self.documents.map(|documents| {
            documents.into_iter().map(DocumentDefinitionInput::read).collect::<error::Result<Vec<_>>>()
        });
        Ok(UpdateTaskType {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            name: self.name,
            description: self.description,
            category: self.category.map(Into::into),
            department_id: id_patch("departmentId", self.department_id)?,
            obligation_id: id_patch("obligationId", self.obligation_id)?,
            target_rule: rule(self.target_rule),
            hand_in_rule: rule(self.hand_in_rule),
            recurrence: self.recurrence.map(Into::into),
            months: self.months.map(months),
            assignee_id: id_patch("assigneeId", self.assignee_id)?,
            assign_portfolio: self.assign_portfolio,
            is_requestable: self.is_requestable,
            expects_documents: self.expects_documents,
            active: self.active,
            documents: documents.transpose()?,
        })
    }
}
