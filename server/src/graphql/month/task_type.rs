//! Kinds of work, and the documents that each expects and delivers.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{DepartmentId, DocumentDefinitionId, Id, ObligationId, StaffId, TaskTypeId};
use guichet_base::input::Patch;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::month::task_type::commands::{
    self, CreateTaskType, DocumentInput, RecurrenceInput, UpdateTaskType,
};
use guichet_schema::month::task_type::{model, queries, rules};

use super::obligation::{DueRule, Obligation};
use super::{DocumentCategory, DocumentDirection, PeriodKind};
use crate::graphql::ability::{Ability, abilities};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{Listed, Onlooker, Shows, changes, follow};
use crate::graphql::loaders::{by_ids, grouped, keyed, load_list, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{
    MutationOutcome, act, api_id, id, id_patch, known_ids, optional_id, patch, payload, queried,
};
use crate::graphql::people::department::Department;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::DateTime;

mirror!(SecondFile => model::Takes);
mirror!(TaskTypeAct => rules::TaskTypeAct);

/// A kind of work.
#[derive(Debug, Clone)]
pub struct TaskType(pub model::TaskType);

by_ids!(TaskTypeId => TaskType, queries::by_ids);

/// A kind of work that the firm does for clients, with the documents that it expects and delivers. Not visible to clients.
#[Object]
impl TaskType {
    /// The ID of the kind of work, for example `tasktype_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name of the kind of work, unique within the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the work is.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Whether the kind of work comes from the catalogue of the program.
    async fn is_shipped(&self) -> bool {
        self.0.shipped_code.is_some()
    }

    /// What the work is about.
    async fn category(&self) -> DocumentCategory {
        self.0.category.into()
    }

    /// The department that does the work.
    async fn department(&self, ctx: &Context<'_>) -> Result<Option<Department>, ApiError> {
        load_optional(ctx, self.0.department_id).await
    }

    /// The obligation that the work fulfils; null when due dates are set by hand.
    async fn obligation(&self, ctx: &Context<'_>) -> Result<Option<Obligation>, ApiError> {
        load_optional(ctx, self.0.obligation_id).await
    }

    /// The rule of the firm's own date, on the legal one; null when the firm has none.
    async fn target_rule(&self) -> Option<DueRule> {
        self.0.target_rule.clone().map(DueRule)
    }

    /// The rule of the date until which the client hands in what is needed.
    async fn hand_in_rule(&self) -> Option<DueRule> {
        self.0.hand_in_rule.clone().map(DueRule)
    }

    /// The kind of period for which the work is done.
    async fn period_kind(&self) -> PeriodKind {
        self.0.period_kind.into()
    }

    /// The number of months of a period, for `MONTH`; otherwise 1.
    async fn every(&self) -> i32 {
        self.0.every
    }

    /// The months in which a period must end, for `MONTH`; every month if empty.
    async fn months(&self) -> Vec<i32> {
        self.0.months.iter().map(|month| (*month).into()).collect()
    }

    /// The month in which tasks are generated, counted from the one in which the period ends: 0 is that month, 1 the next.
    async fn generate_month(&self) -> i32 {
        self.0.generate_month
    }

    /// The day of that month, or its last day if it is shorter.
    async fn generate_day(&self) -> i32 {
        self.0.generate_day.into()
    }

    /// The staff member who does the work, if it is not the accountant of the client.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<StaffMember>, ApiError> {
        load_optional(ctx, self.0.assignee_id).await
    }

    /// Whether the accountant of the client does the work, where the client has one.
    async fn assign_portfolio(&self) -> bool {
        self.0.assign_portfolio
    }

    /// Whether clients may ask for the work.
    async fn is_requestable(&self) -> bool {
        self.0.is_requestable
    }

    /// Whether the documents of the work are expected.
    async fn expects_documents(&self) -> bool {
        self.0.expects_documents
    }

    /// The documents that the work expects from the client and delivers to it, in their order.
    async fn documents(&self, ctx: &Context<'_>) -> Result<Vec<DocumentDefinition>, ApiError> {
        load_list(ctx, DocumentsOf(self.0.id), DocumentDefinition).await
    }

    /// Whether the kind of work is offered.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// The actions that the viewer may or may not perform on the kind of work now, one entry per action.
    async fn viewer_can(&self, ctx: &Context<'_>) -> Result<Vec<Ability<TaskTypeAct>>, ApiError> {
        let acts = rules::TaskTypeAct::ALL;
        Ok(abilities(&Caller::of(ctx).actor()?.membership, acts, rules::TaskTypeAct::right))
    }

    /// The version of the kind of work. Send it back as `expectedVersion` to detect changes by others.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the kind of work was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the kind of work was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// A document of a kind of work.
#[derive(Debug, Clone)]
pub struct DocumentDefinition(pub model::DocumentDefinition);

by_ids!(DocumentDefinitionId => DocumentDefinition, queries::definitions_by_ids);

/// A document that a kind of work expects from the client or delivers to it.
#[Object]
impl DocumentDefinition {
    /// The ID of the definition, for example `definition_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
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

    /// The first level of its folder in the library of the client; null for that of its category.
    async fn folder(&self) -> Option<&str> {
        self.0.folder.as_deref()
    }

    /// Its own obligation, if it is another than that of the work.
    async fn obligation(&self, ctx: &Context<'_>) -> Result<Option<Obligation>, ApiError> {
        load_optional(ctx, self.0.obligation_id).await
    }

    /// The rule for the date until which the client hands the document in; null for that of the work, or when it has an
    /// obligation of its own, for the due date of that.
    async fn hand_in_rule(&self) -> Option<DueRule> {
        self.0.hand_in_rule.clone().map(DueRule)
    }

    /// What becomes of a second file.
    async fn second_file(&self) -> SecondFile {
        self.0.takes.into()
    }

    /// Whether a file is published to the client as soon as it is stored.
    async fn publish_on_upload(&self) -> bool {
        self.0.publish_on_upload
    }

    /// Whether the client is asked to approve what is delivered.
    async fn wants_approval(&self) -> bool {
        self.0.wants_approval
    }

    /// Whether the work is not done without the document.
    async fn is_required(&self) -> bool {
        self.0.is_required
    }
}

keyed! {
    /// The documents of kinds of work.
    DocumentsOf(TaskTypeId) => [model::DocumentDefinition], |loads, conn, ids| async {
        let rows = queries::documents(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.task_type_id))
    }
}

/// A filter of kinds of work. A kind of work must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct TaskTypeFilter {
    /// Kinds of work with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Kinds of work of one of these categories.
    categories: Option<Vec<DocumentCategory>>,
    /// Kinds of work that are offered (true), or that are no longer offered (false).
    active: Option<bool>,
    /// Words in the name or description, regardless of case and accents; all words must match. Up to 200 characters.
    search: Option<String>,
}

impl FilterInput for TaskTypeFilter {
    type Filter = queries::TaskTypeFilter;

    fn read(self, _: &Membership) -> error::Result<queries::TaskTypeFilter> {
        let Self { ids, categories, active, search } = self;
        let categories = categories.map(|categories| categories.into_iter().map(Into::into).collect());
        Ok(queries::TaskTypeFilter { ids: known_ids(ids), categories, active, search })
    }
}

connection! {
    /// A page of the list of kinds of work.
    TaskTypeConnection, TaskTypeEdge of TaskType, count TaskTypeCount;
    /// Returns the list of kinds of work of the firm, sorted by name. Empty for clients.
    query TaskTypeQuery.task_types, filter TaskTypeFilter => queries::TaskTypeFilter;
    seen by scope, page queries::page, counted queries::count, position model::TaskType::position
}

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
    fn read(self) -> error::Result<(String, CreateTaskType)> {
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

payload! {
    /// The result of `taskTypeCreate`.
    TaskTypeCreatePayload {
        /// The new kind of work; null when there are errors.
        task_type: Option<TaskType>,
    }
}

/// Input for `taskTypeUpdate`: the changes to a kind of work. An omitted field keeps its value; null removes the value.
/// Tasks that exist keep what they have.
#[derive(Debug, InputObject)]
pub struct TaskTypeUpdateInput {
    /// The ID of the kind of work.
    id: ID,
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
    fn read(self) -> error::Result<UpdateTaskType> {
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

payload! {
    /// The result of `taskTypeUpdate`.
    TaskTypeUpdatePayload {
        /// The kind of work in its current state, also when there are errors.
        task_type: Option<TaskType>,
    }
}

/// Acts on kinds of work.
#[derive(Debug, Default)]
pub struct TaskTypeMutation;

#[Object]
impl TaskTypeMutation {
    /// Creates a kind of work.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `MUTUALLY_EXCLUSIVE`,
    /// `INVALID_RULE`, `TAKEN`, `IDEMPOTENCY_KEY_REUSED`.
    async fn task_type_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskTypeCreateInput,
    ) -> Result<TaskTypeCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let task_type = load_optional(ctx, done).await?;
        Ok(TaskTypeCreatePayload { task_type, user_errors, revision })
    }

    /// Changes a kind of work. Tasks that exist keep what they have.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`,
    /// `MUTUALLY_EXCLUSIVE`, `INVALID_RULE`, `TAKEN`, `IN_USE`.
    async fn task_type_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: TaskTypeUpdateInput,
    ) -> Result<TaskTypeUpdatePayload, ApiError> {
        let shown = TaskTypeId::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } =
            act(ctx, async |store, actor| commands::update(store, actor, input.read()?).await).await?;
        let task_type = load_optional(ctx, shown).await?;
        Ok(TaskTypeUpdatePayload { task_type, user_errors, revision })
    }
}

changes! {
    /// A change of the list of kinds of work.
    TaskTypesChanged of TaskTypeEdge, TaskType(model::TaskType), TaskTypeId
}

/// The kinds of work of a filter.
pub struct TaskTypesListed(queries::TaskTypeFilter);

impl Listed for TaskTypesListed {
    type Message = TaskTypesChanged;
    type Key = (Scope, queries::TaskTypeFilter);

    const SHOWS: Shows = Shows {
        embeds: &[DepartmentId::NOUN, ObligationId::NOUN, StaffId::NOUN],
        ..Shows::of("taskTypesChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[TaskTypeId],
    ) -> error::Result<Vec<model::TaskType>> {
        queries::among(conn, &onlooker.scope(), &self.0, ids).await
    }

    fn position(&self, row: &model::TaskType) -> Position {
        row.position()
    }
}

/// Kinds of work, live.
#[derive(Debug, Default)]
pub struct TaskTypeSubscription;

#[Subscription]
impl TaskTypeSubscription {
    /// Sends changes of the kinds of work of the firm. Applied in order to the result of the query `taskTypes` after the
    /// first message, they keep that result up to date. Sends nothing to clients.
    async fn task_types_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<TaskTypeFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TaskTypesChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, TaskTypesListed(filter)).await
    }
}
