//! What mutations on obligations are given, and how it becomes commands.

use async_graphql::{ID, InputObject, MaybeUndefined};
use guichet_base::error::Result;
use guichet_schema::month::obligation::commands::{
    CreateExtension, CreateObligation, CreateVersion, UpdateObligation, UpdateVersion, VersionInput,
};

use super::types::DueRule;
use crate::graphql::month::{DocumentCategory, PeriodKind, RuleStatus};
use crate::graphql::payload::{id, patch};
use crate::graphql::scalars::Date;

/// A version of a rule.
#[derive(Debug, InputObject)]
pub struct RuleVersionInput {
    /// The first month, year or day, as the law says it, for example `2024-03`. Omit it for a rule that always held.
    valid_from: Option<String>,
    /// The last one, included.
    valid_to: Option<String>,
    /// The rule.
    due: DueRule,
    /// The law in which the rule is written; 1 to 200 characters.
    source: String,
    /// How sure the rule is.
    status: RuleStatus,
    /// A doubt about the rule, in words; up to 1,000 characters.
    note: Option<String>,
}

impl From<RuleVersionInput> for VersionInput {
    fn from(input: RuleVersionInput) -> Self {
        let RuleVersionInput { valid_from, valid_to, due, source, status, note } = input;
        Self { valid_from, valid_to, due: due.0, source, status: status.into(), note }
    }
}

/// Input for `obligationCreate`: an obligation of the firm's own.
#[derive(Debug, InputObject)]
pub struct ObligationCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The code of the obligation, unique within the firm: letters, digits and hyphens; 1 to 40 characters.
    code: String,
    /// The name of the obligation; 1 to 200 characters.
    name: String,
    /// What the obligation is about.
    category: DocumentCategory,
    /// The kind of period for which the obligation exists.
    period_kind: PeriodKind,
    /// Whose rule it is: `ANY` for every country, else a country, region or city, for example `BR`, `BR-SP` or
    /// `BR-3550308`.
    jurisdiction: String,
    /// The hour until which it can be done on the last day, for example `12:00`; up to 20 characters.
    cutoff: Option<String>,
    /// The versions of the rule, without overlaps; at least one.
    rules: Vec<RuleVersionInput>,
}

impl From<ObligationCreateInput> for (String, CreateObligation) {
    fn from(input: ObligationCreateInput) -> Self {
        let create = CreateObligation {
            code: input.code,
            name: input.name,
            category: input.category.into(),
            kind: input.period_kind.into(),
            jurisdiction: input.jurisdiction,
            cutoff: input.cutoff,
            versions: input.rules.into_iter().map(Into::into).collect(),
        };
        (input.idempotency_key, create)
    }
}

/// Input for `ruleVersionCreate`: a new version of the rule of an obligation.
#[derive(Debug, InputObject)]
pub struct RuleVersionCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the obligation.
    pub(super) obligation_id: ID,
    /// The version. A version without an end that began before ends on the day before, and goes on where the new one ends.
    version: RuleVersionInput,
}

impl RuleVersionCreateInput {
    pub(super) fn read(self) -> Result<(String, CreateVersion)> {
        let obligation_id = id("obligationId", &self.obligation_id)?;
        Ok((self.idempotency_key, CreateVersion { obligation_id, version: self.version.into() }))
    }
}

/// Input for `dueDateExtensionCreate`: a due date that an authority moved once.
#[derive(Debug, InputObject)]
pub struct DueDateExtensionCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the obligation.
    pub(super) obligation_id: ID,
    /// The name of the period: `2026-03`, `2026-Q1`, `2026`, or a fiscal year by its closing day, `FY2026-06-30`.
    period: String,
    /// The codes of the regions and cities to which it is limited; everywhere if empty. At most 1,000.
    #[graphql(default)]
    places: Vec<String>,
    /// The attribute of the client to which it is limited, for example `{"by": "staff", "from": 50}`.
    condition: Option<DueRule>,
    /// The new date.
    due_on: Date,
    /// The date of publication. Of several extensions the last published one holds.
    published_on: Date,
    /// The act of the authority; 1 to 200 characters.
    source: String,
}

impl DueDateExtensionCreateInput {
    pub(super) fn read(self) -> Result<(String, CreateExtension)> {
        let create = CreateExtension {
            obligation_id: id("obligationId", &self.obligation_id)?,
            period: self.period,
            places: self.places,
            when: self.condition.map(|condition| condition.0),
            due_on: self.due_on.0,
            published_on: self.published_on.0,
            source: self.source,
        };
        Ok((self.idempotency_key, create))
    }
}

/// Input for `obligationUpdate`: the new words of an obligation. Omitted fields stay as they are.
#[derive(Debug, InputObject)]
pub struct ObligationUpdateInput {
    /// The ID of the obligation.
    pub(super) id: ID,
    /// The version that was read. If the obligation has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The name of the obligation; 1 to 200 characters. It cannot be removed.
    name: Option<String>,
    /// What the obligation is about. It cannot be removed.
    category: Option<DocumentCategory>,
    /// The hour until which it can be done on the last day, for example `12:00`; up to 20 characters.
    cutoff: MaybeUndefined<String>,
}

impl ObligationUpdateInput {
    pub(super) fn read(self) -> Result<UpdateObligation> {
        Ok(UpdateObligation {
            id: id("id", &self.id)?,
            expected_version: self.expected_version,
            name: self.name,
            category: self.category.map(Into::into),
            cutoff: patch(self.cutoff),
        })
    }
}

/// Input for `ruleVersionUpdate`: a version of a rule as it is right.
#[derive(Debug, InputObject)]
pub struct RuleVersionUpdateInput {
    /// The ID of the version.
    version_id: ID,
    /// The version of the obligation that was read. If the obligation has another version now, nothing is changed and the
    /// error is `CONFLICT`.
    expected_version: i32,
    /// The version of the rule, whole: what is omitted is removed.
    version: RuleVersionInput,
}

impl RuleVersionUpdateInput {
    pub(super) fn read(self) -> Result<UpdateVersion> {
        Ok(UpdateVersion {
            id: id("versionId", &self.version_id)?,
            expected_version: self.expected_version,
            version: self.version.into(),
        })
    }
}

/// Input for `ruleVersionDelete`.
#[derive(Debug, InputObject)]
pub struct RuleVersionDeleteInput {
    /// The ID of the version.
    pub(super) version_id: ID,
}

/// Input for `dueDateExtensionDelete`.
#[derive(Debug, InputObject)]
pub struct DueDateExtensionDeleteInput {
    /// The ID of the extension.
    pub(super) extension_id: ID,
}
