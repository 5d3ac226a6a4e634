//! The rows of obligations.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use guichet_base::collation;
use guichet_base::id::{ExtensionId, FirmId, ObligationId, RuleVersionId};
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, BY_NAME, Position};
use guichet_engine::tables::{due_date_extensions, obligations, rule_versions};
use guichet_obligations::{Category, PeriodKind, Status, Version};

/// What has to be done for each period of a kind by a date.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = obligations, treat_none_as_null = true)]
pub struct Obligation {
    /// Its id.
    pub id: ObligationId,
    /// The firm.
    pub firm_id: FirmId,
    /// Its name in rules, unique in the firm.
    pub code: String,
    /// Its code in the shipped catalogue; none for the firm's own.
    pub shipped_code: Option<String>,
    /// What it is about.
    pub category: Category,
    /// For which periods.
    pub kind: PeriodKind,
    /// Whose rule it is: `ANY`, `BR`, `BR-SP`, `BR-3550308`.
    pub jurisdiction: String,
    /// Its name.
    pub name: String,
    /// The hour until which it can be done on the last day, as `12:00`.
    pub cutoff: Option<String>,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it, one of its rules or its extensions was last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether the firm gave one from the catalogue other words: a newer catalogue leaves them.
    pub is_edited: bool,
}

impl Obligation {
    /// Its position in a list ordered by name.
    pub fn position(&self) -> Position {
        keyset::position(BY_NAME, false, &collation::key(&self.name), self.id)
    }

    /// Who can see it: the staff of its firm.
    pub fn audience(&self) -> Audience {
        Audience::staff()
    }
}

/// The rule of an obligation for the periods whose first day lies between two bounds.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rule_versions)]
pub struct RuleVersion {
    /// Its id.
    pub id: RuleVersionId,
    /// The firm.
    pub firm_id: FirmId,
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The first month, year or day, as the law says it; none from the beginning.
    pub valid_from: Option<String>,
    /// The last one, included; none without an end.
    pub valid_to: Option<String>,
    /// The first day that `valid_from` can mean.
    pub first_day: Option<NaiveDate>,
    /// The last day that `valid_to` can mean.
    pub last_day: Option<NaiveDate>,
    /// The rule, as `guichet_obligations` reads it.
    pub due: serde_json::Value,
    /// The law.
    pub source: String,
    /// How sure it is.
    pub status: Status,
    /// A doubt, in words.
    pub note: Option<String>,
    /// The digest of the shipped version that this is a copy of.
    pub shipped_digest: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Whether the firm corrected a copy from the catalogue: it is the firm's own since.
    pub is_corrected: bool,
}

impl RuleVersion {
    /// Whether the firm wrote it: a newer catalogue leaves it as it is.
    pub const fn is_own(&self) -> bool {
        self.is_corrected || self.shipped_digest.is_none()
    }

    /// Whether another one begins on the day after it ends.
    pub fn is_followed_by(&self, next: &Self) -> bool {
        self.last_day.and_then(|last| last.succ_opt()).is_some_and(|day| next.first_day == Some(day))
    }

    /// Whether it has the same bounds as a version of a rule, in whatever words.
    pub fn is_bounded_as(&self, version: &Version) -> bool {
        (self.first_day, self.last_day) == version.bounds()
    }

    /// Whether it says the same as another one, but for the bounds.
    pub fn is_same(&self, other: &Self) -> bool {
        let said = |one: &Self| (one.due.clone(), one.source.clone(), one.status, one.note.clone());
        said(self) == said(other) && self.shipped_digest == other.shipped_digest
    }
}

/// A date that an authority moved once.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = due_date_extensions)]
pub struct DueDateExtension {
    /// Its id.
    pub id: ExtensionId,
    /// The firm.
    pub firm_id: FirmId,
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The name of the period.
    pub period: String,
    /// Codes of the regions and cities to which it is limited; everywhere if empty.
    pub places: Vec<String>,
    /// The attribute to which it is limited, as `{"staff": {"from": 50}}`.
    pub condition: Option<serde_json::Value>,
    /// The new date.
    pub due_on: NaiveDate,
    /// When it was published: the last published one holds.
    pub published_on: NaiveDate,
    /// The act.
    pub source: String,
    /// The digest of the shipped extension that this is a copy of.
    pub shipped_digest: Option<String>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}
