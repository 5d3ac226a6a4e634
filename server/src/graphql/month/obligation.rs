//! Obligations, the versions of their rules, and extensions by authorities.

use async_graphql::{
    Context, ID, InputObject, InputValueResult, MaybeUndefined, Object, Scalar, ScalarType, SimpleObject,
    Value,
};
use guichet_base::error;
use guichet_base::id::ObligationId;
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_obligations::shipped;
use guichet_schema::month::obligation::commands::{
    self, CreateExtension, CreateObligation, CreateVersion, UpdateObligation, UpdateVersion, VersionInput,
};
use guichet_schema::month::obligation::{model, queries};

use super::{DocumentCategory, PeriodKind, RuleStatus};
use crate::graphql::loaders::{by_ids, grouped, keyed, load_list, load_optional};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, known_ids, patch, payload};
use crate::graphql::scalars::{Date, DateTime};

/// A due rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRule(pub serde_json::Value);

/// A due rule as a JSON object: an anchor, steps and what to do on a day off, a table of dates, or a switch between them,
/// for example `{"at": "PERIOD_END", "go": [{"months": 1}, {"day": 20}], "calendar": "BR-BANK", "reach": "CITY",
/// "shift": "AFTER"}`. The grammar is described in `schema/obligations/data/catalogue/README.md`.
#[Scalar(name = "DueRule")]
impl ScalarType for DueRule {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::Object(_) => Ok(Self(value.into_json()?)),
            _ => Err(guichet_edge::invalid_input("A DueRule is an object.")),
        }
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
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

/// A filter of obligations. An obligation must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct ObligationFilter {
    /// Obligations with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Obligations with one of these codes.
    codes: Option<Vec<String>>,
    /// Obligations of one of these categories.
    categories: Option<Vec<DocumentCategory>>,
}

impl FilterInput for ObligationFilter {
    type Filter = queries::ObligationFilter;

    fn read(self, _: &Membership) -> error::Result<queries::ObligationFilter> {
        let Self { ids, codes, categories } = self;
        let categories = categories.map(|categories| categories.into_iter().map(Into::into).collect());
        Ok(queries::ObligationFilter { ids: known_ids(ids), codes, categories })
    }
}

connection! {
    /// A page of the list of obligations.
    ObligationConnection, ObligationEdge of Obligation, count ObligationCount;
    /// Returns the list of obligations of the firm, sorted by name. Empty for clients.
    query ObligationQuery.obligations, filter ObligationFilter => queries::ObligationFilter;
    seen by scope, page queries::page, counted queries::count, position model::Obligation::position
}

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

payload! {
    /// The result of `obligationCreate`.
    ObligationCreatePayload {
        /// The new obligation; null when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Input for `ruleVersionCreate`: a new version of the rule of an obligation.
#[derive(Debug, InputObject)]
pub struct RuleVersionCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the obligation.
    obligation_id: ID,
    /// The version. A version without an end that began before ends on the day before, and goes on where the new one ends.
    version: RuleVersionInput,
}

payload! {
    /// The result of `ruleVersionCreate`.
    RuleVersionCreatePayload {
        /// The obligation in its current state, also when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Input for `dueDateExtensionCreate`: a due date that an authority moved once.
#[derive(Debug, InputObject)]
pub struct DueDateExtensionCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the obligation.
    obligation_id: ID,
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

payload! {
    /// The result of `dueDateExtensionCreate`.
    DueDateExtensionCreatePayload {
        /// The obligation in its current state, also when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Input for `obligationUpdate`: the new words of an obligation. Omitted fields stay as they are.
#[derive(Debug, InputObject)]
pub struct ObligationUpdateInput {
    /// The ID of the obligation.
    id: ID,
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

payload! {
    /// The result of `obligationUpdate`.
    ObligationUpdatePayload {
        /// The obligation in its current state, also when there are errors.
        obligation: Option<Obligation>,
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

payload! {
    /// The result of `ruleVersionUpdate`.
    RuleVersionUpdatePayload {
        /// The obligation in its current state; null when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Input for `ruleVersionDelete`.
#[derive(Debug, InputObject)]
pub struct RuleVersionDeleteInput {
    /// The ID of the version.
    version_id: ID,
}

payload! {
    /// The result of `ruleVersionDelete`.
    RuleVersionDeletePayload {
        /// The obligation in its current state; null when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Input for `dueDateExtensionDelete`.
#[derive(Debug, InputObject)]
pub struct DueDateExtensionDeleteInput {
    /// The ID of the extension.
    extension_id: ID,
}

payload! {
    /// The result of `dueDateExtensionDelete`.
    DueDateExtensionDeletePayload {
        /// The obligation in its current state; null when there are errors.
        obligation: Option<Obligation>,
    }
}

/// Acts on obligations.
#[derive(Debug, Default)]
pub struct ObligationMutation;

#[Object]
impl ObligationMutation {
    /// Creates an obligation of the firm's own. Those of the catalogue are adopted with `catalogueAdopt`.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `INVALID_RULE`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn obligation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ObligationCreateInput,
    ) -> Result<ObligationCreatePayload, ApiError> {
        let (key, input) = input.into();
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::create(store, actor, &key, input).await).await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(ObligationCreatePayload { obligation, user_errors, revision })
    }

    /// Adds a version to the rule of an obligation. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_RULE`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn rule_version_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RuleVersionCreateInput,
    ) -> Result<RuleVersionCreatePayload, ApiError> {
        let RuleVersionCreateInput { idempotency_key, obligation_id, version } = input;
        let shown = <ObligationId as guichet_base::id::Id>::decode(&obligation_id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let obligation_id = id("obligationId", &obligation_id)?;
            let input = CreateVersion { obligation_id, version: version.into() };
            commands::create_version(store, actor, &idempotency_key, input).await
        })
        .await?;
        let obligation = load_optional(ctx, shown).await?;
        Ok(RuleVersionCreatePayload { obligation, user_errors, revision })
    }

    /// Adds a due date that an authority moved once. Due dates of existing tasks stay as they are.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `OUT_OF_RANGE`, `INVALID_RULE`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn due_date_extension_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DueDateExtensionCreateInput,
    ) -> Result<DueDateExtensionCreatePayload, ApiError> {
        let shown = <ObligationId as guichet_base::id::Id>::decode(&input.obligation_id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let create = CreateExtension {
                obligation_id: id("obligationId", &input.obligation_id)?,
                period: input.period,
                places: input.places,
                when: input.condition.map(|condition| condition.0),
                due_on: input.due_on.0,
                published_on: input.published_on.0,
                source: input.source,
            };
            commands::create_extension(store, actor, &input.idempotency_key, create).await
        })
        .await?;
        let obligation = load_optional(ctx, shown).await?;
        Ok(DueDateExtensionCreatePayload { obligation, user_errors, revision })
    }

    /// Changes what people read of an obligation. One from the catalogue keeps these words when a newer version of the
    /// program has others.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`.
    async fn obligation_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ObligationUpdateInput,
    ) -> Result<ObligationUpdatePayload, ApiError> {
        let shown = <ObligationId as guichet_base::id::Id>::decode(&input.id);
        let MutationOutcome { user_errors, revision, .. } = act(ctx, async |store, actor| {
            let update = UpdateObligation {
                id: id("id", &input.id)?,
                expected_version: input.expected_version,
                name: input.name,
                category: input.category.map(Into::into),
                cutoff: patch(input.cutoff),
            };
            commands::update(store, actor, update).await
        })
        .await?;
        let obligation = load_optional(ctx, shown).await?;
        Ok(ObligationUpdatePayload { obligation, user_errors, revision })
    }

    /// Corrects a version of a rule, its bounds included. One from the catalogue is the firm's own since. Due dates of existing
    /// tasks stay as they are: `dueDateMoves` shows which would move.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_RULE`.
    async fn rule_version_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RuleVersionUpdateInput,
    ) -> Result<RuleVersionUpdatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let RuleVersionUpdateInput { version_id, expected_version, version } = input;
            let update = UpdateVersion {
                id: id("versionId", &version_id)?,
                expected_version,
                version: version.into(),
            };
            commands::update_version(store, actor, update).await
        })
        .await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(RuleVersionUpdatePayload { obligation, user_errors, revision })
    }

    /// Removes a version of a rule. Where the same rule holds before and after it, that holds in between again; and where it
    /// had no end, the version before it goes on. One from the catalogue comes back with `catalogueUpdateApply`. Due dates of
    /// existing tasks stay as they are: `dueDateMoves` shows which would move.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `INVALID_RULE`.
    async fn rule_version_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: RuleVersionDeleteInput,
    ) -> Result<RuleVersionDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::delete_version(store, actor, id("versionId", &input.version_id)?).await
        })
        .await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(RuleVersionDeletePayload { obligation, user_errors, revision })
    }

    /// Removes a due date that an authority moved once. One from the catalogue comes back with `catalogueUpdateApply`. Due
    /// dates of existing tasks stay as they are: `dueDateMoves` shows which would move.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`.
    async fn due_date_extension_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DueDateExtensionDeleteInput,
    ) -> Result<DueDateExtensionDeletePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::delete_extension(store, actor, id("extensionId", &input.extension_id)?).await
        })
        .await?;
        let obligation = load_optional(ctx, done).await?;
        Ok(DueDateExtensionDeletePayload { obligation, user_errors, revision })
    }
}
