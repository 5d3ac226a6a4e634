//! What the starter catalogue contains.

use async_graphql::{Context, Object, SimpleObject};
use guichet_base::country::Country;
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_obligations::{self as obligations, shipped};
use guichet_schema::month::catalogue::rules;

use crate::graphql::loaders::spend;
use crate::graphql::month::obligation::DueRule;
use crate::graphql::month::{CalendarCountry, DocumentCategory, DocumentDirection, PeriodKind, RuleStatus};

/// The starter catalogue of one country: obligations and kinds of work that a firm can adopt.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) country: Country,
    pub(super) locale: Locale,
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

impl CatalogueRule {
    pub(super) fn new(version: &obligations::Version, note: Option<String>) -> Self {
        Self {
            valid_from: version.from.clone(),
            valid_to: version.to.clone(),
            due: DueRule((&version.due).into()),
            source: version.source.clone(),
            status: version.status.into(),
            note,
        }
    }
}

impl CatalogueObligation {
    fn new(shown: &obligations::ShippedObligation, rule: &obligations::Obligation, locale: Locale) -> Self {
        let rules = rule.versions.iter().zip(&shown.notes).map(|(version, note)| {
            CatalogueRule::new(version, note.as_ref().map(|note| note.of(locale).to_owned()))
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
