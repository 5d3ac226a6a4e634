//! Commands on obligations.

mod extensions;
mod versions;

pub(crate) use extensions::add_extension;
pub use extensions::{CreateExtension, create_extension, delete_extension};
pub(crate) use versions::add_version;
pub use versions::{
    CreateVersion, UpdateVersion, VersionInput, create_version, delete_version, update_version,
};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{Code, InputPath, OrNotFound, Refusal, Result, Told};
use guichet_base::id::{FirmId, ObligationId};
use guichet_base::input::{Check, MAX_NAME, OrTaken, Patch};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::obligations;
use guichet_obligations::{Book, Category, Jurisdiction, Obligation as Rule, PeriodKind};
use serde::Serialize;

use crate::people::rights::{self, FirmAct};

use super::model::Obligation;
use super::{queries, rules};

use versions::read;

/// Longest code of an obligation, in characters.
const MAX_CODE: usize = 40;
/// Longest hour, in characters.
const MAX_CUTOFF: usize = 20;

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

/// Writes what an obligation is now, and tells of it: a change of a rule is one, too.
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
