//! The starter catalogue, and its adoption.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use guichet_base::country::Country;
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_obligations::{self as obligations, shipped};
use guichet_schema::month::catalogue::commands::{self, AdoptCatalogue};
use guichet_schema::month::catalogue::{rules, updates};
use guichet_schema::month::obligation::model;
use guichet_schema::people::rights::{self, FirmAct};

use super::obligation::{DueRule, Obligation};
use super::{CalendarCountry, DocumentCategory, DocumentDirection, PeriodKind, RuleStatus};
use crate::graphql::caller::Caller;
use crate::graphql::loaders::spend;
use crate::graphql::payload::{MutationOutcome, act, api_id, ids, payload, queried};
use crate::graphql::scalars::Date;

/// The starter catalogue of one country: obligations and kinds of work that a firm can adopt.
#[derive(Debug)]
pub struct Catalogue {
    country: Country,
    locale: Locale,
}

/// The starter catalogue of one country: obligations and kinds of work that a firm can adopt with `catalogueAdopt`.
#[Object]
impl Catalogue {
    /// The country.
    async fn country(&self) -> CalendarCountry {
        self.country.into()
    }

    /// The obligations of the country, its regions and its cities, and the firm's own work, by code.
    async fn obligations(&self, ctx: &Context<'_>) -> Result<Vec<CatalogueObligation>, ApiError> {
        let catalogue = shipped();
        let of_country = catalogue.obligations.iter().filter_map(|shown| {
            let rule = catalogue.book.get(&shown.code)?;
            rules::is_of(rule, Some(self.country)).then(|| CatalogueObligation::new(shown, rule, self.locale))
        });
        let found: Vec<_> = of_country.collect();
        spend(ctx, found.len())?;
        Ok(found)
    }

    /// The kinds of work for these obligations.
    async fn task_types(&self, ctx: &Context<'_>) -> Result<Vec<CatalogueTaskType>, ApiError> {
        let catalogue = shipped();
        let of_country =
            catalogue.tasks.iter().filter(|task| rules::is_for(catalogue, task, Some(self.country)));
        let found: Vec<_> = of_country.map(|task| CatalogueTaskType::new(task, self.locale)).collect();
        spend(ctx, found.len())?;
        Ok(found)
    }
}

/// An obligation of the catalogue.
#[derive(Debug, SimpleObject)]
pub struct CatalogueObligation {
    /// The code, for example `BR-DAS`.
    code: String,
    /// The name, in the language of the viewer.
    name: String,
    /// What the obligation is about.
    category: DocumentCategory,
    /// The kind of period for which the obligation exists.
    period_kind: PeriodKind,
    /// Whose rule it is: `ANY`, or a country, region or city, for example `BR`, `BR-SP` or `BR-3550308`.
    jurisdiction: String,
    /// The hour until which it can be done on the last day.
    cutoff: Option<String>,
    /// The code of the obligation that follows when this one ends.
    successor: Option<String>,
    /// The versions of the rule, the oldest first.
    rules: Vec<CatalogueRule>,
}

/// A version of the rule of an obligation of the catalogue.
#[derive(Debug, SimpleObject)]
pub struct CatalogueRule {
    /// The first month, year or day, as the law says it; null from the beginning.
    valid_from: Option<String>,
    /// The last one; null without an end.
    valid_to: Option<String>,
    /// The rule.
    due: DueRule,
    /// The law in which the rule is written.
    source: String,
    /// How sure the rule is.
    status: RuleStatus,
    /// A doubt about the rule, in the language of the viewer.
    note: Option<String>,
}

impl CatalogueObligation {
    fn new(shown: &obligations::ShippedObligation, rule: &obligations::Obligation, locale: Locale) -> Self {
        let rules = rule.versions.iter().zip(&shown.notes).map(|(version, note)| CatalogueRule {
            valid_from: version.from.clone(),
            valid_to: version.to.clone(),
            due: DueRule((&version.due).into()),
            source: version.source.clone(),
            status: version.status.into(),
            note: note.as_ref().map(|note| note.of(locale).to_owned()),
        });
        Self {
            code: shown.code.clone(),
            name: shown.names.of(locale).to_owned(),
            category: shown.category.into(),
            period_kind: rule.kind.into(),
            jurisdiction: rule.jurisdiction.to_string(),
            cutoff: shown.cutoff.clone(),
            successor: shown.successor.clone(),
            rules: rules.collect(),
        }
    }
}

/// What a newer version of the program changes in an obligation that the firm adopted. The obligation stays as it is until
/// `catalogueUpdateApply`.
#[derive(Debug)]
pub struct CatalogueUpdate {
    update: updates::Update,
}

/// What a newer version of the program changes in an obligation that the firm adopted. The obligation stays as it is until
/// `catalogueUpdateApply`.
#[Object]
impl CatalogueUpdate {
    /// The obligation, as the firm has it.
    async fn obligation(&self) -> Obligation {
        Obligation(self.update.obligation.clone())
    }

    /// The new name, in the language of the firm; null when it stays. A name that the firm gave always stays.
    async fn new_name(&self) -> Option<&str> {
        self.update.name.as_deref()
    }

    /// Whether the hour until which it can be done on the last day is another one.
    async fn changes_cutoff(&self) -> bool {
        self.update.cutoff.is_some()
    }

    /// The new hour; null when it stays, and for the whole day.
    async fn new_cutoff(&self) -> Option<&str> {
        self.update.cutoff.as_ref()?.as_deref()
    }

    /// The doubts about versions that are others now.
    async fn changed_notes(&self) -> Vec<CatalogueNote> {
        let note = |(version, note): &(model::RuleVersion, Option<String>)| CatalogueNote {
            source: version.source.clone(),
            note: note.clone(),
        };
        self.update.notes.iter().map(note).collect()
    }

    /// The versions of the rule that are new, as far as no version of the firm's own holds instead.
    async fn added_rules(&self) -> Vec<CatalogueRule> {
        self.update.added.iter().map(|(version, note)| rule(version, note.clone())).collect()
    }

    /// The versions of the rule that are new, and hold for no period because versions of the firm's own do. Change those, or
    /// remove them, to take them over.
    async fn hidden_rules(&self) -> Vec<CatalogueRule> {
        self.update.hidden.iter().map(|version| rule(version, None)).collect()
    }

    /// The laws of the versions that they replace.
    async fn replaced_sources(&self) -> Vec<&str> {
        self.update.replaced.iter().map(|version| version.source.as_str()).collect()
    }

    /// The extensions by authorities that are new.
    async fn added_extensions(&self) -> Vec<CatalogueExtension> {
        let extension = |one: &obligations::Extension| CatalogueExtension {
            period: one.period.clone(),
            places: one.places.clone(),
            due_on: Date(one.due),
            published_on: Date(one.published),
            source: one.source.clone(),
        };
        self.update.extensions.iter().map(extension).collect()
    }

    /// The number of extensions that were withdrawn.
    async fn withdrawn_count(&self) -> i64 {
        self.update.withdrawn.len() as i64
    }
}

fn rule(version: &obligations::Version, note: Option<String>) -> CatalogueRule {
    CatalogueRule {
        valid_from: version.from.clone(),
        valid_to: version.to.clone(),
        due: DueRule((&version.due).into()),
        source: version.source.clone(),
        status: version.status.into(),
        note,
    }
}

/// A doubt about a version of a rule.
#[derive(Debug, SimpleObject)]
pub struct CatalogueNote {
    /// The law in which the rule is written.
    source: String,
    /// The doubt, in the language of the firm; null when there is none any more.
    note: Option<String>,
}

/// A date of the catalogue that an authority moved once.
#[derive(Debug, SimpleObject)]
pub struct CatalogueExtension {
    /// The name of the period.
    period: String,
    /// The codes of the regions and cities to which it is limited; everywhere if empty.
    places: Vec<String>,
    /// The new date.
    due_on: Date,
    /// The date when it was published.
    published_on: Date,
    /// The act of the authority.
    source: String,
}

/// A kind of work of the catalogue.
#[derive(Debug, SimpleObject)]
pub struct CatalogueTaskType {
    /// The code.
    code: String,
    /// The name, in the language of the viewer.
    name: String,
    /// What the work is about.
    category: DocumentCategory,
    /// The kind of period for which the work is done.
    period_kind: PeriodKind,
    /// The code of the obligation that the work fulfils.
    obligation_code: String,
    /// The documents that the work expects from the client and delivers to it.
    documents: Vec<CatalogueDocument>,
}

/// A document of a kind of work of the catalogue.
#[derive(Debug, SimpleObject)]
pub struct CatalogueDocument {
    /// The name, in the language of the viewer.
    name: String,
    /// Who brings the document.
    direction: DocumentDirection,
    /// What the document is about.
    category: DocumentCategory,
}

impl CatalogueTaskType {
    fn new(task: &obligations::TaskPlan, locale: Locale) -> Self {
        let documents = task.documents.iter().map(|document| CatalogueDocument {
            name: document.names.of(locale).to_owned(),
            direction: document.direction.into(),
            category: document.category.into(),
        });
        Self {
            code: task.code.clone(),
            name: task.names.of(locale).to_owned(),
            category: task.category.into(),
            period_kind: task.kind.into(),
            obligation_code: task.obligation.clone(),
            documents: documents.collect(),
        }
    }
}

/// Queries about the catalogue.
#[derive(Debug, Default)]
pub struct CatalogueQuery;

#[Object]
impl CatalogueQuery {
    /// Returns the starter catalogue of a country; null for clients.
    async fn catalogue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The country.")] country: CalendarCountry,
    ) -> Result<Option<Catalogue>, ApiError> {
        let caller = Caller::of(ctx);
        let is_staff = caller.scope()?.is_staff();
        Ok(is_staff.then(|| Catalogue { country: country.into(), locale: caller.locale }))
    }

    /// Returns what a newer version of the program changes in obligations that the firm adopted. `dueDateMoves` with
    /// `withCatalogueUpdates` shows which dates would move. Null for clients and for staff with the role `MEMBER`.
    async fn catalogue_updates(&self, ctx: &Context<'_>) -> Result<Option<Vec<CatalogueUpdate>>, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        if rights::may(&actor.membership, FirmAct::DueDatesMove).is_err() {
            return Ok(None);
        }
        let found = queried(caller, updates::updates(&caller.store, actor).await)?;
        spend(ctx, found.len())?;
        Ok(Some(found.into_iter().map(|update| CatalogueUpdate { update }).collect()))
    }
}

/// Input for `catalogueUpdateApply`: the obligations that take the changes over.
#[derive(Debug, InputObject)]
pub struct CatalogueUpdateApplyInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The IDs of the obligations. By default all that were adopted.
    obligation_ids: Option<Vec<ID>>,
}

payload! {
    /// The result of `catalogueUpdateApply`.
    CatalogueUpdateApplyPayload {
        /// The IDs of the obligations that changed; null when there are errors.
        obligation_ids: Option<Vec<ID>>,
    }
}

/// Input for `catalogueAdopt`: what to adopt; without any codes everything for the country of the firm.
#[derive(Debug, InputObject)]
pub struct CatalogueAdoptInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The codes of kinds of work. Each comes with the obligations that it fulfils.
    task_type_codes: Option<Vec<String>>,
    /// The codes of obligations. Each comes with those on which its rules depend.
    obligation_codes: Option<Vec<String>>,
}

payload! {
    /// The result of `catalogueAdopt`.
    CatalogueAdoptPayload {
        /// The number of obligations that the firm did not have before; null when there are errors.
        obligations: Option<i64>,
        /// The number of kinds of work that the firm did not have before; null when there are errors.
        task_types: Option<i64>,
    }
}

/// Acts on the catalogue.
#[derive(Debug, Default)]
pub struct CatalogueMutation;

#[Object]
impl CatalogueMutation {
    /// Copies obligations and kinds of work of the starter catalogue into the firm, in the language of the firm. What the
    /// firm has already is left as it is. Later versions of the program change no copy.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `IDEMPOTENCY_KEY_REUSED`.
    async fn catalogue_adopt(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CatalogueAdoptInput,
    ) -> Result<CatalogueAdoptPayload, ApiError> {
        let CatalogueAdoptInput { idempotency_key, task_type_codes, obligation_codes } = input;
        let input = AdoptCatalogue { task_type_codes, obligation_codes };
        let MutationOutcome { done, user_errors, revision } =
            act(ctx, async |store, actor| commands::adopt(store, actor, &idempotency_key, input).await)
                .await?;
        let (obligations, task_types) =
            done.map(|done| (done.obligations as i64, done.task_types as i64)).unzip();
        Ok(CatalogueAdoptPayload { obligations, task_types, user_errors, revision })
    }

    /// Takes over what a newer version of the program changes in obligations that the firm adopted. Open tasks keep their
    /// dates until `dueDateMovesApply`.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `OUT_OF_RANGE`, `INVALID_RULE`, `IDEMPOTENCY_KEY_REUSED`.
    async fn catalogue_update_apply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: CatalogueUpdateApplyInput,
    ) -> Result<CatalogueUpdateApplyPayload, ApiError> {
        let CatalogueUpdateApplyInput { idempotency_key, obligation_ids } = input;
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let given = obligation_ids.as_deref().map(|given| ids("obligationIds", given)).transpose()?;
            updates::apply(store, actor, &idempotency_key, given).await
        })
        .await?;
        let obligation_ids = done.map(|ids| ids.into_iter().map(api_id).collect());
        Ok(CatalogueUpdateApplyPayload { obligation_ids, user_errors, revision })
    }
}
