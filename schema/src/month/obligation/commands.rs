//! Commands on obligations.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{Code, InputPath, OrNotFound, Refusal, Result, Told};
use guichet_base::id::{ExtensionId, FirmId, ObligationId, RuleVersionId};
use guichet_base::input::{Check, MAX_NAME, OrTaken, Patch};
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
/// Longest hour, in characters.
const MAX_CUTOFF: usize = 20;
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
        cutoff: check.optional_line("cutoff", input.cutoff.as_deref(), MAX_CUTOFF),
        version: 1,
        created_at: tx.now,
        updated_at: tx.now,
        is_edited: false,
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

/// Input for changing what people read of an obligation.
#[derive(Debug, Clone)]
pub struct UpdateObligation {
    /// The obligation.
    pub id: ObligationId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// What it is about.
    pub category: Option<Category>,
    /// The hour until which it can be done on the last day.
    pub cutoff: Patch<String>,
}

/// Changes what people read of an obligation. One from the catalogue keeps these words when the catalogue changes its own.
/// For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `CONFLICT`; refusals of the fields.
pub async fn update(store: &Store, actor: &Actor, input: UpdateObligation) -> Result<Done<ObligationId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old = lock(&mut tx, actor, input.id, "id").await?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let mut check = Check::new();
    let mut new = old.clone();
    if let Some(name) = &input.name {
        new.name = check.line("name", name, 1..=MAX_NAME);
    }
    new.category = input.category.unwrap_or(old.category);
    new.cutoff = input
        .cutoff
        .and_then(|text| check.optional_line("cutoff", Some(&text), MAX_CUTOFF))
        .apply(old.cutoff.clone());
    check.done()?;
    if new != old {
        new.is_edited = old.shipped_code.is_some();
        write(&mut tx, &new, "obligationUpdate").await?;
    }
    tx.commit(old.id).await
}

/// Input for a new version of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct CreateVersion {
    /// The obligation.
    pub obligation_id: ObligationId,
    /// The version. One without an end that began before rests for its time.
    pub version: VersionInput,
}

/// Adds a version to an obligation. The one without an end that began before ends where the new one begins, and goes on
/// where the new one ends. Open tasks keep their dates until somebody confirms that they move. For owners and managers
/// (B-15).
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
    let obligation = lock(&mut tx, actor, input.obligation_id, "obligationId").await?;
    let (version, note) = checked(&input.version)?;
    let begins = version.days().map(|(first, _)| first);
    let old = versions(tx.conn(), obligation.id).await?;
    let before = old.into_iter().find(|row| {
        let is_before = |begins: NaiveDate| row.first_day.is_none_or(|first| first <= begins);
        row.valid_to.is_none() && begins.is_some_and(is_before)
    });
    if let Some(before) = before {
        let parts = rules::read_version(before.clone()).map(|old| old.beside(std::slice::from_ref(&version)));
        let mut parts = parts.unwrap_or_default().into_iter();
        if let Some(part) = parts.next() {
            bound(tx.conn(), before.id, &part).await?;
        }
        for part in parts {
            let RuleVersion { note, shipped_digest, is_corrected, .. } = before.clone();
            let id = add_version(&mut tx, &obligation, &part, note, shipped_digest).await?;
            diesel::update(rule_versions::table.find(id))
                .set(rule_versions::is_corrected.eq(is_corrected))
                .execute(tx.conn())
                .await?;
        }
    }
    let id = add_version(&mut tx, &obligation, &version, note, None).await?;
    fits_still(&mut tx, &obligation, "version").await?;
    touch(&mut tx, &obligation, "ruleVersionCreate").await?;
    tx.commit(id).await
}

/// Input for correcting a version of a rule.
#[derive(Debug, Clone)]
pub struct UpdateVersion {
    /// The version.
    pub id: RuleVersionId,
    /// The version of its obligation that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// What it is instead.
    pub version: VersionInput,
}

/// Corrects a version of a rule, its bounds included. One from the catalogue is the firm's own since. Open tasks keep their
/// dates until somebody confirms that they move. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `versionId`; `CONFLICT`; refusals of the fields, `INVALID_RULE` about the place that is
/// wrong.
pub async fn update_version(
    store: &Store,
    actor: &Actor,
    input: UpdateVersion,
) -> Result<Done<ObligationId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = store.begin(actor).await?;
    let (obligation, row) = lock_version(&mut tx, actor, input.id).await?;
    if obligation.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let (version, note) = checked(&input.version)?;
    let old = rules::read_version(row.clone()).map(|old| rules::version_digest(&old));
    if old != Some(rules::version_digest(&version)) || note != row.note {
        bound(tx.conn(), row.id, &version).await?;
        diesel::update(rule_versions::table.find(row.id))
            .set((
                rule_versions::due.eq(Value::from(&version.due)),
                rule_versions::source.eq(&version.source),
                rule_versions::status.eq(version.status),
                rule_versions::note.eq(&note),
                rule_versions::is_corrected.eq(row.shipped_digest.is_some()),
            ))
            .execute(tx.conn())
            .await?;
        fits_still(&mut tx, &obligation, "version").await?;
        touch(&mut tx, &obligation, "ruleVersionUpdate").await?;
    }
    tx.commit(obligation.id).await
}

/// Removes a version of a rule. Where the same rule holds before and after it, that holds in between again; and where it had
/// no end, the version before it goes on. Other periods of it are not due any more. One from the catalogue comes back when the
/// firm takes over what the catalogue changed. Open tasks keep their dates until somebody confirms that they move. For owners
/// and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `versionId`; `INVALID_RULE` when it is the last one.
pub async fn delete_version(store: &Store, actor: &Actor, id: RuleVersionId) -> Result<Done<ObligationId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = store.begin(actor).await?;
    let (obligation, row) = lock_version(&mut tx, actor, id).await?;
    diesel::delete(rule_versions::table.find(row.id)).execute(tx.conn()).await?;
    let others = versions(tx.conn(), obligation.id).await?;
    let ends_before = row.first_day.and_then(|first| first.pred_opt());
    let begins_after = row.last_day.and_then(|last| last.succ_opt());
    let before = others.iter().find(|one| one.last_day.is_some() && one.last_day == ends_before);
    let after = others.iter().find(|one| one.first_day.is_some() && one.first_day == begins_after);
    if let Some(before) = before {
        let joined = after.filter(|after| after.is_same(before));
        if joined.is_some() || row.valid_to.is_none() {
            let (to, last) = joined.map_or((None, None), |after| (after.valid_to.clone(), after.last_day));
            diesel::update(rule_versions::table.find(before.id))
                .set((rule_versions::valid_to.eq(to), rule_versions::last_day.eq(last)))
                .execute(tx.conn())
                .await?;
        }
        if let Some(joined) = joined {
            diesel::delete(rule_versions::table.find(joined.id)).execute(tx.conn()).await?;
        }
    }
    fits_still(&mut tx, &obligation, "versionId").await?;
    touch(&mut tx, &obligation, "ruleVersionDelete").await?;
    tx.commit(obligation.id).await
}

/// Removes an extension by an authority. One from the catalogue comes back when the firm takes over what the catalogue
/// changed. Open tasks keep their dates until somebody confirms that they move. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `extensionId`.
pub async fn delete_extension(store: &Store, actor: &Actor, id: ExtensionId) -> Result<Done<ObligationId>> {
    rights::may(&actor.membership, FirmAct::ObligationUpdate)?;
    let mut tx = store.begin(actor).await?;
    let of: Option<ObligationId> = due_date_extensions::table
        .filter(due_date_extensions::firm_id.eq(actor.firm_id()))
        .filter(due_date_extensions::id.eq(id))
        .select(due_date_extensions::obligation_id)
        .get_result(tx.conn())
        .await
        .optional()?;
    let obligation = lock(&mut tx, actor, of.or_not_found("extensionId")?, "extensionId").await?;
    let deleted = diesel::delete(due_date_extensions::table.find(id)).execute(tx.conn()).await?;
    // Somebody else may have removed it while the lock was waited for.
    (deleted > 0).then_some(()).or_not_found("extensionId")?;
    touch(&mut tx, &obligation, "dueDateExtensionDelete").await?;
    tx.commit(obligation.id).await
}

/// Reads a version of an input, or refuses it.
fn checked(input: &VersionInput) -> Result<(Version, Option<String>)> {
    let mut check = Check::new();
    let read = read(&mut check, &InputPath::from("version"), input);
    check.done()?;
    read.ok_or_else(|| Code::InvalidRule.into())
}

/// The versions of an obligation, the first one first.
async fn versions(conn: &mut AsyncPgConnection, of: ObligationId) -> Result<Vec<RuleVersion>> {
    Ok(rule_versions::table
        .filter(rule_versions::obligation_id.eq(of))
        .order((rule_versions::first_day.asc().nulls_first(), rule_versions::id))
        .select(RuleVersion::as_select())
        .load(conn)
        .await?)
}

/// A version with its obligation, which is locked until the transaction ends.
async fn lock_version(tx: &mut Tx, actor: &Actor, id: RuleVersionId) -> Result<(Obligation, RuleVersion)> {
    let of: Option<ObligationId> = rule_versions::table
        .filter(rule_versions::firm_id.eq(actor.firm_id()))
        .filter(rule_versions::id.eq(id))
        .select(rule_versions::obligation_id)
        .get_result(tx.conn())
        .await
        .optional()?;
    let obligation = lock(tx, actor, of.or_not_found("versionId")?, "versionId").await?;
    let row = versions(tx.conn(), obligation.id).await?.into_iter().find(|row| row.id == id);
    Ok((obligation, row.or_not_found("versionId")?))
}

/// Writes the bounds of a version.
async fn bound(conn: &mut AsyncPgConnection, id: RuleVersionId, version: &Version) -> Result<()> {
    let days = version.days();
    let first = version.from.as_ref().and(days.map(|(first, _)| first));
    let last = version.to.as_ref().and(days.map(|(_, last)| last));
    diesel::update(rule_versions::table.find(id))
        .set((
            rule_versions::valid_from.eq(&version.from),
            rule_versions::valid_to.eq(&version.to),
            rule_versions::first_day.eq(first),
            rule_versions::last_day.eq(last),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Refuses what was written when it does not fit to the other rules of the firm.
async fn fits_still(tx: &mut Tx, obligation: &Obligation, path: &'static str) -> Result<()> {
    let book = queries::book(tx.conn(), obligation.firm_id).await?;
    let rule = book.get(&obligation.code).or_not_found("obligationId")?;
    fits(&book, rule, |_| InputPath::from(path))
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
    let obligation = lock(&mut tx, actor, input.obligation_id, "obligationId").await?;
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
            Some((Version { id: None, from, to, due, source, status: input.status }, note))
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
async fn lock(tx: &mut Tx, actor: &Actor, id: ObligationId, path: &'static str) -> Result<Obligation> {
    obligations::table
        .filter(obligations::firm_id.eq(actor.firm_id()))
        .filter(obligations::id.eq(id))
        .select(Obligation::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found(path)
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
        is_corrected: false,
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
    write(tx, obligation, act).await
}

/// Writes what an obligation is now, and tells of it.
pub(crate) async fn write(tx: &mut Tx, obligation: &Obligation, act: &'static str) -> Result<()> {
    let now = tx.now;
    let new = Obligation { version: obligation.version + 1, updated_at: now, ..obligation.clone() };
    diesel::update(obligations::table.find(obligation.id))
        .set((&new, obligations::name_key.eq(collation::key(&new.name))))
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
