//! What a newer version of the program changes in what a firm adopted.

use async_graphql::{Object, SimpleObject};
use guichet_obligations as obligations;
use guichet_schema::month::catalogue::updates;
use guichet_schema::month::obligation::model;

use super::types::CatalogueRule;
use crate::graphql::month::obligation::Obligation;
use crate::graphql::scalars::Date;

/// What a newer version of the program changes in an obligation that the firm adopted. The obligation stays as it is until
/// `catalogueUpdateApply`.
#[derive(Debug)]
pub struct CatalogueUpdate {
    pub(super) update: updates::Update,
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
        self.update.added.iter().map(|(version, note)| CatalogueRule::new(version, note.clone())).collect()
    }

    /// The versions of the rule that are new, and hold for no period because versions of the firm's own do. Change those, or
    /// remove them, to take them over.
    async fn hidden_rules(&self) -> Vec<CatalogueRule> {
        self.update.hidden.iter().map(|version| CatalogueRule::new(version, None)).collect()
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
