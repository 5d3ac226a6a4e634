//! Rules of obligations, as pure functions: rows become rules to compute with, and what is wrong with one is told.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use guichet_base::error::{Code, InputPath, Refusal, Told};
use guichet_base::id::{Id, ObligationId};
use guichet_obligations::{
    Book, Expr, Extension, Jurisdiction, Obligation as Rule, Problem, Trouble, Version, Wrong, condition,
    expression, written_condition,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::model::{DueDateExtension, Obligation, RuleVersion};

/// The names that rules can have, for paths to them.
const GRAMMAR: [&str; 23] = [
    "at",
    "go",
    "calendar",
    "reach",
    "shift",
    "shiftCalendar",
    "dates",
    "by",
    "cases",
    "in",
    "from",
    "to",
    "is",
    "else",
    "rule",
    "event",
    "months",
    "day",
    "nth",
    "days",
    "businessDays",
    "when",
    "due",
];

/// Obligations to compute with. What cannot be read any more is left out: it was checked when it was written.
pub fn book(
    obligations: Vec<Obligation>,
    versions: Vec<RuleVersion>,
    extensions: Vec<DueDateExtension>,
) -> Book {
    let mut of: HashMap<ObligationId, (Vec<Version>, Vec<Extension>)> = HashMap::new();
    for version in versions {
        of.entry(version.obligation_id).or_default().0.extend(read_version(version));
    }
    for extension in extensions {
        of.entry(extension.obligation_id).or_default().1.extend(read_extension(extension));
    }
    let rule = |row: Obligation| {
        let (versions, extensions) = of.remove(&row.id).unwrap_or_default();
        let jurisdiction = Jurisdiction::parse(&row.jurisdiction)?;
        Some(Rule { code: row.code, kind: row.kind, jurisdiction, versions, extensions })
    };
    obligations.into_iter().filter_map(rule).collect()
}

/// A version to compute with.
pub fn read_version(row: RuleVersion) -> Option<Version> {
    let due = expression(&row.due).ok()?;
    let RuleVersion { id, valid_from: from, valid_to: to, source, status, .. } = row;
    Some(Version { id: Some(id.encode()), from, to, due, source, status })
}

fn read_extension(row: DueDateExtension) -> Option<Extension> {
    let when = row.condition.as_ref().map(condition).transpose().ok()?;
    let DueDateExtension { period, due_on: due, published_on: published, places, source, .. } = row;
    Some(Extension { period, due, published, places, when, source })
}

/// By which a copy of a shipped version is known again.
pub fn version_digest(version: &Version) -> String {
    digest(&json!([version.from, version.to, Value::from(&version.due), version.source, version.status]))
}

/// By which a copy of a shipped extension is known again.
pub fn extension_digest(extension: &Extension) -> String {
    let when = written(extension);
    let Extension { period, due, published, places, source, .. } = extension;
    digest(&json!([period, due, published, places, when, source]))
}

/// The condition of an extension, as it is kept.
pub fn written(extension: &Extension) -> Option<Value> {
    extension.when.as_ref().map(|(key, test)| written_condition(key, test))
}

fn digest(value: &Value) -> String {
    HEXLOWER.encode(&Sha256::digest(value.to_string().as_bytes()))
}

/// Reads a rule of an input.
///
/// # Errors
/// `INVALID_RULE` about the place in it that is wrong.
pub fn read_due(path: impl Into<InputPath>, due: &Value) -> Result<Expr, Refusal> {
    expression(due).map_err(|problem| problematic(path.into(), problem))
}

/// The refusal of something that the grammar does not have.
pub fn problematic(path: InputPath, problem: Problem) -> Refusal {
    let why = match problem.trouble {
        Trouble::Type => "type",
        Trouble::Missing => "missing",
        Trouble::Unknown => "unknown",
        Trouble::Range => "range",
        Trouble::Value => "value",
        Trouble::Size => "size",
        Trouble::Calendar => "calendar",
    };
    let path = problem.path.iter().fold(path, |path, step| {
        match (step.parse(), GRAMMAR.iter().find(|name| *name == step)) {
            (Ok(index), _) => path.item(index),
            (_, Some(name)) => path.field(name),
            // A name that a person made up: the object that has it is at fault.
            _ => path,
        }
    });
    invalid(path, why)
}

/// The refusal of something that does not fit to the other rules of the firm.
pub fn misfit(path: InputPath, wrong: &Wrong) -> Refusal {
    let why = match wrong {
        Wrong::Empty => "missing",
        Wrong::Bounds { .. } => "bounds",
        Wrong::Overlap { .. } => "overlap",
        Wrong::Rule { .. } | Wrong::Circle { .. } | Wrong::Depth { .. } => "depends",
        Wrong::Size { .. } => "size",
        Wrong::Table { .. } | Wrong::Extension { .. } => "period",
        Wrong::Calendar { .. } => "country",
    };
    invalid(path, why)
}

fn invalid(path: InputPath, why: &str) -> Refusal {
    Refusal::of(path, Code::InvalidRule).telling("why", Told::Text(why.to_owned()))
}
