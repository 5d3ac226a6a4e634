//! What is shown of a kind of work.

use async_graphql::{Context, ID, Object};
use guichet_base::error;
use guichet_base::id::{DocumentDefinitionId, TaskTypeId};
use guichet_edge::ApiError;
use guichet_schema::month::task_type::{model, queries, rules};

use crate::graphql::ability::{Ability, abilities_by_right};
use crate::graphql::loaders::{by_ids, grouped, keyed, load_list, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::month::obligation::{DueRule, Obligation};
use crate::graphql::month::{DocumentCategory, DocumentDirection, PeriodKind};
use crate::graphql::payload::api_id;
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
        abilities_by_right(ctx, rules::TaskTypeAct::ALL, rules::TaskTypeAct::right)
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
