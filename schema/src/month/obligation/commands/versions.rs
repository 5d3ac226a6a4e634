//! The versions of the rule of an obligation.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, InputPath, OrNotFound, Result};
use guichet_base::id::{ObligationId, RuleVersionId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::rule_versions;
use guichet_obligations::{Status, Version};
use serde::Serialize;
use serde_json::Value;

use crate::month::obligation::model::{Obligation, RuleVersion};
use crate::month::obligation::{queries, rules};
use crate::people::rights::{self, FirmAct};

use super::{fits, lock, write};

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
    write(&mut tx, &obligation, "ruleVersionCreate").await?;
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
        write(&mut tx, &obligation, "ruleVersionUpdate").await?;
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
    let before = others.iter().find(|one| one.is_followed_by(&row));
    let after = others.iter().find(|one| row.is_followed_by(one));
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
    write(&mut tx, &obligation, "ruleVersionDelete").await?;
    tx.commit(obligation.id).await
}

/// Reads a version of an input, or refuses it.
fn checked(input: &VersionInput) -> Result<(Version, Option<String>)> {
    let mut check = Check::new();
    let read = read(&mut check, &InputPath::from("version"), input);
    check.done()?;
    read.ok_or_else(|| Code::InvalidRule.into())
}

/// Reads a version of an input.
pub(super) fn read(
    check: &mut Check,
    path: &InputPath,
    input: &VersionInput,
) -> Option<(Version, Option<String>)> {
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
    let (first, last) = version.bounds();
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

/// Writes a version of an obligation.
pub(crate) async fn add_version(
    tx: &mut Tx,
    of: &Obligation,
    version: &Version,
    note: Option<String>,
    shipped_digest: Option<String>,
) -> Result<RuleVersionId> {
    let (first_day, last_day) = version.bounds();
    let row = RuleVersion {
        id: RuleVersionId::new(),
        firm_id: of.firm_id,
        obligation_id: of.id,
        valid_from: version.from.clone(),
        valid_to: version.to.clone(),
        first_day,
        last_day,
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
