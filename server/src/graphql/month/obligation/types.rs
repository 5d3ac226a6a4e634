//! What is shown of an obligation.

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::error;
use guichet_base::id::ObligationId;
use guichet_edge::ApiError;
use guichet_obligations::shipped;
use guichet_schema::month::obligation::{model, queries};

use crate::graphql::loaders::{by_ids, grouped, keyed, load_list};
use crate::graphql::month::{DocumentCategory, PeriodKind, RuleStatus};
use crate::graphql::payload::api_id;
use crate::graphql::scalars::{Date, DateTime, json_object};

json_object! {
    /// A due rule as a JSON object: an anchor, steps and what to do on a day off, a table of dates, or a switch between them,
    /// for example `{"at": "PERIOD_END", "go": [{"months": 1}, {"day": 20}], "calendar": "BR-BANK", "reach": "CITY",
    /// "shift": "AFTER"}`. The grammar is described in `schema/obligations/data/catalogue/README.md`.
    DueRule, else "A DueRule is an object."
}

/// An obligation.
#[derive(Debug, Clone)]
pub struct Obligation(pub model::Obligation);

by_ids!(ObligationId => Obligation, queries::by_ids);

/// What has to be done for each period of a kind by a date: a return, a payment, or the firm's own work. Not visible to
/// clients.
#[Object]
impl Obligation {
    /// The ID of the obligation, for example `obligation_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The code of the obligation, unique within the firm, for example `BR-DAS`. Other rules name it by its code.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The name of the obligation.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether the obligation comes from the catalogue of the program.
    async fn is_shipped(&self) -> bool {
        self.0.shipped_code.is_some()
    }

    /// What the obligation is about.
    async fn category(&self) -> DocumentCategory {
        self.0.category.into()
    }

    /// The kind of period for which the obligation exists.
    async fn period_kind(&self) -> PeriodKind {
        self.0.kind.into()
    }

    /// Whose rule it is: `ANY` for every country, else a country, region or city, for example `BR`, `BR-SP` or
    /// `BR-3550308`.
    async fn jurisdiction(&self) -> &str {
        &self.0.jurisdiction
    }

    /// The hour until which it can be done on the last day, for example `12:00`; null for the whole day.
    async fn cutoff(&self) -> Option<&str> {
        self.0.cutoff.as_deref()
    }

    /// The code of the obligation that follows when this one ends, for example `PT-IVAT`; null where the catalogue knows none.
    async fn successor(&self) -> Option<&str> {
        let shown =
            shipped().obligations.iter().find(|shown| Some(&shown.code) == self.0.shipped_code.as_ref());
        shown?.successor.as_deref()
    }

    /// The versions of the rule, the oldest first. A period has the version in which its first day lies; a period without
    /// a version is not due.
    async fn rules(&self, ctx: &Context<'_>) -> Result<Vec<RuleVersion>, ApiError> {
        load_list(ctx, VersionsOf(self.0.id), Into::into).await
    }

    /// The dates that authorities moved once, the last published one first. The last published one holds.
    async fn extensions(&self, ctx: &Context<'_>) -> Result<Vec<DueDateExtension>, ApiError> {
        load_list(ctx, ExtensionsOf(self.0.id), Into::into).await
    }

    /// The version of the obligation. It grows with each change of the obligation, its rules or its extensions.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The date and time when the firm adopted or created the obligation.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time of the last change.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// The rule of an obligation for the periods whose first day lies between two bounds, both included.
#[derive(Debug, Clone, SimpleObject)]
pub struct RuleVersion {
    /// The ID of the version, for `ruleVersionUpdate` and `ruleVersionDelete`.
    version_id: ID,
    /// The first month, year or day, as the law says it, for example `2024-03`; null from the beginning.
    valid_from: Option<String>,
    /// The last one; null without an end.
    valid_to: Option<String>,
    /// The rule.
    due: DueRule,
    /// The law in which the rule is written.
    source: String,
    /// How sure the rule is.
    status: RuleStatus,
    /// A doubt about the rule, in words.
    note: Option<String>,
    /// Whether the firm wrote or corrected the version, so that the catalogue changes it no more.
    is_own: bool,
}

impl From<model::RuleVersion> for RuleVersion {
    fn from(row: model::RuleVersion) -> Self {
        let is_own = row.is_own();
        let model::RuleVersion { id, valid_from, valid_to, due, source, status, note, .. } = row;
        let (due, status) = (DueRule(due), status.into());
        Self { version_id: api_id(id), valid_from, valid_to, due, source, status, note, is_own }
    }
}

/// A due date that an authority moved once. No day off moves it any more.
#[derive(Debug, Clone, SimpleObject)]
pub struct DueDateExtension {
    /// The ID of the extension, for `dueDateExtensionDelete`.
    extension_id: ID,
    /// The name of the period, for example `2026-03`.
    period: String,
    /// The codes of the regions and cities to which it is limited; everywhere if empty.
    places: Vec<String>,
    /// The attribute of the client to which it is limited, for example `{"by": "staff", "from": 50}`; null for all.
    condition: Option<DueRule>,
    /// The new date.
    due_on: Date,
    /// The date of publication. Of several extensions the last published one holds.
    published_on: Date,
    /// The act of the authority.
    source: String,
}

impl From<model::DueDateExtension> for DueDateExtension {
    fn from(row: model::DueDateExtension) -> Self {
        let model::DueDateExtension { id, period, places, condition, due_on, published_on, source, .. } = row;
        let (due_on, published_on, condition) = (Date(due_on), Date(published_on), condition.map(DueRule));
        Self { extension_id: api_id(id), period, places, condition, due_on, published_on, source }
    }
}

keyed! {
    /// The versions of obligations.
    VersionsOf(ObligationId) => [model::RuleVersion], |loads, conn, ids| async {
        let rows = queries::versions(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.obligation_id))
    }
}

keyed! {
    /// The extensions of obligations.
    ExtensionsOf(ObligationId) => [model::DueDateExtension], |loads, conn, ids| async {
        let rows = queries::extensions(conn, &loads.scope(), ids).await?;
        error::Result::Ok(grouped(rows, |row| row.obligation_id))
    }
}
