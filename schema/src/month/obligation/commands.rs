//! Commands on obligations.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{Code, InputPath, OrNotFound, Refusal, Result, Told};
use guichet_base::id::{ExtensionId, FirmId, ObligationId, RuleVersionId};
use guichet_base::input::{Check, MAX_NAME, OrTaken};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{due_date_extensions, obligations, rule_versions};
use guichet_obligations::{
    Book, Category, Extension, Jurisdiction, Obligation as Rule, PeriodKind, Status, Version, condition,
};
use serde::Serialize;
use serde_json::Value;

use crate::people::rights::{self, FirmAct};

use super::model::{DueDateExtension, Obligation, RuleVersion};
use super::{queries, rules};

/// Longest code of an obligation, in characters.
const MAX_CODE: usize = 40;
/// Most places of an extension: an authority may list the towns of a state.
const MAX_PLACES: usize = 1_000;

/// A version of a rule, as somebody enters it.
#[derive(Debug, Clone, Serialize)]
pub struct VersionInput {
    /// The first month, year or day.
    pub valid_from: Option<String>,
    /// The last one, included.
    pub valid_to: Option<String>,
    /// The rule.
    pub due: Value,
    /// The law; up to 200 characters.
    pub source: String,
    /// How sure it is.
    pub status: Status,
    /// A doubt, in words.
    pub note: Option<String>,
}

/// Input for an obligation of the firm's own.
#[derive(Debug, Clone, Serialize)]
pub struct CreateObligation {
    /// Its name in rules: letters, digits and hyphens, unique in the firm.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// For which periods.
    pub kind: PeriodKind,
    /// Whose rule it is: `ANY`, `BR`, `BR-SP`, `BR-3550308`.
    pub jurisdiction: String,
    /// The hour until which it can be done on the last day.
    pub cutoff: Option<String>,
    /// Its versions, without overlaps.
    pub versions: Vec<VersionInput>,
}

/// Writes an obligation of the firm's own. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of the fields, `INVALID_RULE` about the place in a rule that is wrong; `TAKEN` about `code`.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateObligation,
) -> Result<Done<ObligationId>> {
    rights::may(&actor.membership, FirmAct::ObligationCreate)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "obligationCreate", key, &input).await?);
    let mut check = Check::new();
    let code = check.line("code", &input.code, 1..=MAX_CODE);
    let is_code = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    check.require(is_code, Refusal::of("code", Code::OutOfRange).asked(Told::Text(code.clone())));
    let jurisdiction = check.line("jurisdiction", &input.jurisdiction, 1..=MAX_CODE);
    let whose = Jurisdiction::parse(&jurisdiction);
    check.require(
        whose.is_some(),
        Refusal::of("jurisdiction", Code::OutOfRange).asked(Told::Text(jurisdiction.clone())),
    );
    let obligation = Obligation {
        id: ObligationId::new(),
        firm_id,
        code: code.clone(),
        shipped_code: None,
        category: input.category,
        kind: input.kind,
        jurisdiction,
        name: check.line("name", &input.name, 1..=MAX_NAME),
        cutoff: check.optional_line("cutoff", input.cutoff.as_deref(), 20),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
    };
    let mut versions = Vec::new();
    for (index, version) in input.versions.iter().enumerate() {
        versions.extend(read(&mut check, &InputPath::from("rules").item(index), version));
    }
    check.done()?;
    let book = queries::book(tx.conn(), firm_id).await?;
    let rule = Rule {
        code,
        kind: input.kind,
        jurisdiction: whose.unwrap_or(Jurisdiction::ANY),
        versions: versions.iter().map(|(version, _)| version.clone()).collect(),
        extensions: Vec::new(),
    };
    fits(&book, &rule, |version| InputPath::from("rules").item(version))?;
    insert(tx.conn(), &obligation).await.or_taken("code")?;
    for (version, note) in &versions {
        add_version(&mut tx, &obligation, version, note.clone(), None).await?;
    }
    tx.changed(firm_id, "obligationCreate", obligation.id, None, Some(obligation.audience()));
    tx.commit(obligation.id).await
}

/// Input for a new version of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct CreateVersion {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The version. One that holds without an end before it ends where this one begins.
    pub version: VersionInput,
}

/// Adds a version to an obligation; the one without an end that holds before it ends where the new one begins. Open tasks
/// keep their dates until somebody confirms that they move. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `obligationId`; refusals of the fields, `INVALID_RULE` about the place that is wrong.
pub async fn create_version(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateVersion,
) -> Result<Done<RuleVersionId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = first!(store.begin_once(actor, "ruleVersionCreate", key, &input).await?);
    let obligation = lock(&mut tx, actor, input.obligation_id).await?;
    let mut check = Check::new();
    let read = read(&mut check, &InputPath::from("version"), &input.version);
    check.done()?;
    let Some((version, note)) = read else { return Err(Code::InvalidRule.into()) };
    let book = queries::book(tx.conn(), obligation.firm_id).await?;
    let mut rule = book.get(&obligation.code).cloned().or_not_found("obligationId")?;
    let begins = version.days().map(|(first, _)| first);
    let before = rule.versions.iter_mut().find(|other| {
        other.to.is_none() && other.days().zip(begins).is_some_and(|((first, _), begins)| first < begins)
    });
    if let (Some(before), Some(last)) = (before, begins.and_then(|day| day.pred_opt())) {
        before.to = Some(last.to_string());
        diesel::update(
            rule_versions::table
                .filter(rule_versions::obligation_id.eq(obligation.id))
                .filter(rule_versions::valid_to.is_null())
                .filter(rule_versions::first_day.is_null().or(rule_versions::first_day.lt(last))),
        )
        .set((rule_versions::valid_to.eq(last.to_string()), rule_versions::last_day.eq(last)))
        .execute(tx.conn())
        .await?;
    }
    rule.versions.push(version.clone());
    fits(&book, &rule, |_| InputPath::from("version"))?;
    let id = add_version(&mut tx, &obligation, &version, note, None).await?;
    touch(&mut tx, &obligation, "ruleVersionCreate").await?;
    tx.commit(id).await
}

/// Input for an extension by an authority.
#[derive(Debug, Clone, Serialize)]
pub struct CreateExtension {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The name of the period.
    pub period: String,
    /// Codes of the regions and cities to which it is limited; everywhere if empty.
    pub places: Vec<String>,
    /// The attribute to which it is limited, as in the cases of rules.
    pub when: Option<Value>,
    /// The new date. Nothing shifts it.
    pub due_on: NaiveDate,
    /// When it was published: the last published one holds.
    pub published_on: NaiveDate,
    /// The act; up to 200 characters.
    pub source: String,
}

/// Adds a date that an authority moved once. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `obligationId`; refusals of the fields.
pub async fn create_extension(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateExtension,
) -> Result<Done<ExtensionId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = first!(store.begin_once(actor, "dueDateExtensionCreate", key, &input).await?);
    let obligation = lock(&mut tx, actor, input.obligation_id).await?;
    let mut check = Check::new();
    check.count("places", input.places.len(), &(0..=MAX_PLACES));
    let when = match input.when.as_ref().map(condition).transpose() {
        Ok(when) => when,
        Err(problem) => {
            check.refuse(rules::problematic("condition".into(), problem));
            None
        }
    };
    let extension = Extension {
        period: check.line("period", &input.period, 1..=MAX_CODE),
        due: input.due_on,
        published: input.published_on,
        places: input.places.iter().map(|place| place.trim().to_owned()).collect(),
        when,
        source: check.line("source", &input.source, 1..=MAX_NAME),
    };
    check.done()?;
    let book = queries::book(tx.conn(), obligation.firm_id).await?;
    let mut rule = book.get(&obligation.code).cloned().or_not_found("obligationId")?;
    rule.extensions = vec![extension.clone()];
    fits(&book, &rule, |_| InputPath::from("period"))?;
    let id = add_extension(&mut tx, &obligation, &extension, None).await?;
    touch(&mut tx, &obligation, "dueDateExtensionCreate").await?;
    tx.commit(id).await
}

/// Reads a version of an input.
fn read(check: &mut Check, path: &InputPath, input: &VersionInput) -> Option<(Version, Option<String>)> {
    let source = check.line(path.clone().field("source"), &input.source, 1..=MAX_NAME);
    let bound = |text: &Option<String>| {
        text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let note = check.optional_line(path.clone().field("note"), input.note.as_deref(), 1_000);
    match rules::read_due(path.clone().field("due"), &input.due) {
        Ok(due) => {
            let (from, to) = (bound(&input.valid_from), bound(&input.valid_to));
            Some((Version { from, to, due, source, status: input.status }, note))
        }
        Err(refusal) => {
            check.refuse(refusal);
            None
        }
    }
}

/// Refuses a rule that does not fit to the others of the firm; `path` leads to a version.
pub(crate) fn fits(book: &Book, rule: &Rule, path: impl Fn(usize) -> InputPath) -> Result<()> {
    use guichet_obligations::Wrong;
    let mut check = Check::new();
    for wrong in book.check(rule) {
        let version = match &wrong {
            Wrong::Empty | Wrong::Extension { .. } => 0,
            Wrong::Bounds { version }
            | Wrong::Overlap { version }
            | Wrong::Rule { version, .. }
            | Wrong::Circle { version }
            | Wrong::Depth { version }
            | Wrong::Size { version }
            | Wrong::Table { version, .. }
            | Wrong::Calendar { version } => *version,
        };
        check.refuse(rules::misfit(path(version), &wrong));
    }
    check.done()
}

/// An obligation of the firm, locked until the transaction ends.
async fn lock(tx: &mut Tx, actor: &Actor, id: ObligationId) -> Result<Obligation> {
    obligations::table
        .filter(obligations::firm_id.eq(actor.firm_id()))
        .filter(obligations::id.eq(id))
        .select(Obligation::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("obligationId")
}

/// Writes the row of an obligation.
pub(crate) async fn insert(conn: &mut AsyncPgConnection, obligation: &Obligation) -> QueryResult<usize> {
    diesel::insert_into(obligations::table)
        .values((obligation, obligations::name_key.eq(collation::key(&obligation.name))))
        .execute(conn)
        .await
}

/// Writes a version of an obligation.
pub(crate) async fn add_version(
    tx: &mut Tx,
    of: &Obligation,
    version: &Version,
    note: Option<String>,
    shipped_digest: Option<String>,
) -> Result<RuleVersionId> {
    let days = version.days();
    let row = RuleVersion {
        id: RuleVersionId::new(),
        firm_id: of.firm_id,
        obligation_id: of.id,
        valid_from: version.from.clone(),
        valid_to: version.to.clone(),
        first_day: version.from.as_ref().and(days.map(|(first, _)| first)),
        last_day: version.to.as_ref().and(days.map(|(_, last)| last)),
        due: Value::from(&version.due),
        source: version.source.clone(),
        status: version.status,
        note,
        shipped_digest,
        created_at: tx.now,
    };
    diesel::insert_into(rule_versions::table).values(&row).execute(tx.conn()).await?;
    Ok(row.id)
}

/// Writes an extension of an obligation.
pub(crate) async fn add_extension(
    tx: &mut Tx,
    of: &Obligation,
    extension: &Extension,
    shipped_digest: Option<String>,
) -> Result<ExtensionId> {
    let row = DueDateExtension {
        id: ExtensionId::new(),
        firm_id: of.firm_id,
        obligation_id: of.id,
        period: extension.period.clone(),
        places: extension.places.clone(),
        condition: rules::written(extension),
        due_on: extension.due,
        published_on: extension.published,
        source: extension.source.clone(),
        shipped_digest,
        created_at: tx.now,
    };
    diesel::insert_into(due_date_extensions::table).values(&row).execute(tx.conn()).await?;
    Ok(row.id)
}

/// A change of a rule is a change of its obligation.
pub(crate) async fn touch(tx: &mut Tx, obligation: &Obligation, act: &'static str) -> Result<()> {
    let now = tx.now;
    diesel::update(obligations::table.find(obligation.id))
        .set((obligations::version.eq(obligation.version + 1), obligations::updated_at.eq(now)))
        .execute(tx.conn())
        .await?;
    let audience = Some(obligation.audience());
    tx.changed(obligation.firm_id, act, obligation.id, audience.clone(), audience);
    Ok(())
}

/// The codes of obligations that a firm has.
pub(crate) async fn codes(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Vec<(String, ObligationId)>> {
    let of_firm = obligations::table.filter(obligations::firm_id.eq(firm));
    Ok(of_firm.select((obligations::code, obligations::id)).load(conn).await?)
}
