//! What a new version of the program brings to obligations that a firm adopted earlier (C-11), and what of the catalogue the
//! firm removed: copies change only when the firm takes it over, having seen which dates would move.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{InputPath, Result};
use guichet_base::id::{ExtensionId, FirmId, ObligationId, RuleVersionId};
use guichet_base::input::{Check, items};
use guichet_base::locale::Locale;
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{due_date_extensions, firms, obligations, rule_versions};
use guichet_obligations::{Book, Catalogue, Extension, Obligation as Rule, Version, shipped};

use crate::month::obligation::commands::{add_extension, add_version, fits, write};
use crate::month::obligation::model::{DueDateExtension, Obligation, RuleVersion};
use crate::month::obligation::rules::{book, extension_digest, read_version, version_digest};
use crate::people::rights::{self, FirmAct};

/// Most obligations that are named in one act.
const MOST_NAMED: usize = 500;

/// What changes in one adopted obligation.
#[derive(Debug, Clone)]
pub struct Update {
    /// The obligation, as the firm has it.
    pub obligation: Obligation,
    /// Its name, if that is another one; in the firm's language.
    pub name: Option<String>,
    /// The hour until which it can be done, if that is another one.
    pub cutoff: Option<Option<String>>,
    /// Doubts that are others, in the firm's language, each with the version that has it.
    pub notes: Vec<(RuleVersion, Option<String>)>,
    /// Versions that are new, or that the firm removed, each with a doubt in the firm's language: as far as none of the firm's
    /// own holds instead.
    pub added: Vec<(Version, Option<String>)>,
    /// Versions that are new, and hold for no period because those of the firm's own do.
    pub hidden: Vec<Version>,
    /// Extensions that are new.
    pub extensions: Vec<Extension>,
    /// Copies of versions that the catalogue does not have any more, or has for other periods.
    pub replaced: Vec<RuleVersion>,
    /// Copies of extensions that the catalogue does not have any more.
    pub withdrawn: Vec<ExtensionId>,
    /// By which the new versions are known again, in the order of `added`.
    digests: Vec<String>,
}

impl Update {
    /// Whether something would change; new versions that hold for no period are told, too.
    fn is_some(&self) -> bool {
        self.is_change() || !self.hidden.is_empty()
    }

    /// Whether something changes when it is taken over.
    fn is_change(&self) -> bool {
        self.name.is_some()
            || self.cutoff.is_some()
            || !self.notes.is_empty()
            || !self.added.is_empty()
            || !self.extensions.is_empty()
            || !self.replaced.is_empty()
            || !self.withdrawn.is_empty()
    }
}

/// The obligations of a firm, with their rules.
struct Copies {
    locale: Locale,
    obligations: Vec<Obligation>,
    versions: Vec<RuleVersion>,
    extensions: Vec<DueDateExtension>,
}

impl Copies {
    /// Reads them; locked, nobody changes a rule until the transaction ends.
    async fn read(conn: &mut AsyncPgConnection, firm: FirmId, locked: bool) -> Result<Self> {
        let locale = firms::table.find(firm).select(firms::locale).get_result(&mut *conn).await?;
        let of = obligations::table.filter(obligations::firm_id.eq(firm)).order(obligations::code);
        let of = of.select(Obligation::as_select());
        let obligations = match locked {
            true => of.for_no_key_update().load(&mut *conn).await?,
            false => of.load(&mut *conn).await?,
        };
        let versions = rule_versions::table
            .filter(rule_versions::firm_id.eq(firm))
            .order((rule_versions::first_day.asc().nulls_first(), rule_versions::id))
            .select(RuleVersion::as_select())
            .load(&mut *conn)
            .await?;
        let extensions = due_date_extensions::table
            .filter(due_date_extensions::firm_id.eq(firm))
            .order((due_date_extensions::published_on, due_date_extensions::id))
            .select(DueDateExtension::as_select())
            .load(conn)
            .await?;
        Ok(Self { locale, obligations, versions, extensions })
    }

    /// What the catalogue would change.
    fn updates(&self, catalogue: &Catalogue) -> Vec<Update> {
        let rule = |one: &Obligation| catalogue.book.get(one.shipped_code.as_deref()?);
        let update = |one: &Obligation| self.update(catalogue, one, rule(one)?);
        self.obligations.iter().filter_map(update).collect()
    }

    fn update(&self, catalogue: &Catalogue, of: &Obligation, rule: &Rule) -> Option<Update> {
        let versions: Vec<&RuleVersion> =
            self.versions.iter().filter(|version| version.obligation_id == of.id).collect();
        let extensions: Vec<&DueDateExtension> =
            self.extensions.iter().filter(|one| one.obligation_id == of.id).collect();
        let own: Vec<Version> = versions
            .iter()
            .filter(|version| version.is_own())
            .filter_map(|version| read_version((*version).clone()))
            .collect();
        let known: HashSet<&str> =
            extensions.iter().filter_map(|one| one.shipped_digest.as_deref()).collect();
        let shipped: Vec<String> = rule.versions.iter().map(version_digest).collect();
        let published: HashSet<String> = rule.extensions.iter().map(extension_digest).collect();
        let shown = catalogue.obligations.iter().find(|shown| shown.code == rule.code)?;
        let note = |index: usize| {
            let note = shown.notes.get(index).and_then(Option::as_ref);
            note.map(|note| note.of(self.locale).to_owned())
        };
        let (mut added, mut digests, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        let (mut notes, mut replaced) = (Vec::new(), Vec::new());
        for ((index, version), digest) in rule.versions.iter().enumerate().zip(&shipped) {
            let copies = || versions.iter().filter(move |copy| copy.shipped_digest.as_ref() == Some(digest));
            // What the firm corrected holds where the firm says.
            let is_corrected = copies().any(|copy| copy.is_own());
            let parts = if is_corrected { Vec::new() } else { version.beside(&own) };
            for copy in copies().filter(|copy| !copy.is_own()) {
                // One that went on into the periods of another, which was removed, ends again.
                if !is_corrected && !parts.iter().any(|part| copy.is_bounded_as(part)) {
                    replaced.push((*copy).clone());
                } else if note(index) != copy.note {
                    notes.push(((*copy).clone(), note(index)));
                }
            }
            if parts.is_empty() && !is_corrected {
                hidden.push(version.clone());
            }
            for part in parts {
                if !copies().any(|copy| copy.is_bounded_as(&part)) {
                    added.push((part, note(index)));
                    digests.push(digest.clone());
                }
            }
        }
        let is_gone = |digest: &String| !shipped.contains(digest);
        let gone = versions
            .iter()
            .filter(|copy| !copy.is_own() && copy.shipped_digest.as_ref().is_some_and(is_gone));
        replaced.extend(gone.map(|copy| (*copy).clone()));
        let name = shown.names.of(self.locale);
        let update = Update {
            obligation: of.clone(),
            name: (!of.is_edited && of.name != name).then(|| name.to_owned()),
            cutoff: (!of.is_edited && of.cutoff != shown.cutoff).then(|| shown.cutoff.clone()),
            notes,
            added,
            hidden,
            extensions: rule
                .extensions
                .iter()
                .filter(|one| !known.contains(extension_digest(one).as_str()))
                .cloned()
                .collect(),
            replaced,
            withdrawn: extensions
                .into_iter()
                .filter(|one| one.shipped_digest.as_ref().is_some_and(|digest| !published.contains(digest)))
                .map(|one| one.id)
                .collect(),
            digests,
        };
        update.is_some().then_some(update)
    }

    /// The rules as they would be with these updates.
    fn updated(&self, updates: &[Update]) -> Book {
        let replaced: HashSet<RuleVersionId> =
            updates.iter().flat_map(|update| update.replaced.iter().map(|version| version.id)).collect();
        let withdrawn: HashSet<ExtensionId> =
            updates.iter().flat_map(|update| update.withdrawn.iter().copied()).collect();
        let versions = self.versions.iter().filter(|version| !replaced.contains(&version.id)).cloned();
        let extensions = self.extensions.iter().filter(|one| !withdrawn.contains(&one.id)).cloned();
        let kept = book(self.obligations.clone(), versions.collect(), extensions.collect());
        let mut added: HashMap<&str, &Update> =
            updates.iter().map(|update| (update.obligation.code.as_str(), update)).collect();
        let rule = |rule: &Rule| {
            let mut rule = rule.clone();
            if let Some(update) = added.remove(rule.code.as_str()) {
                rule.versions.extend(update.added.iter().map(|(version, _)| version.clone()));
                rule.extensions.extend(update.extensions.iter().cloned());
            }
            rule
        };
        kept.iter().map(rule).collect()
    }
}

/// What the catalogue would change in the obligations that a firm adopted.
///
/// # Errors
/// `NOT_ALLOWED`.
pub async fn updates(store: &Store, actor: &Actor) -> Result<Vec<Update>> {
    rights::may(&actor.membership, FirmAct::DueDatesMove)?;
    let copies = Copies::read(&mut *store.conn().await?, actor.firm_id(), false).await?;
    Ok(copies.updates(shipped()))
}

/// The rules of a firm as they would be with all updates.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn updated_book(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<Book> {
    let copies = Copies::read(conn, firm, false).await?;
    Ok(copies.updated(&copies.updates(shipped())))
}

/// How many adopted obligations the catalogue would change.
///
/// # Errors
/// When the database does not answer: retry.
pub(crate) async fn count(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<usize> {
    let updates = Copies::read(conn, firm, false).await?.updates(shipped());
    Ok(updates.iter().filter(|update| update.is_change()).count())
}

/// Takes over what the catalogue changed in these obligations, or in all that were adopted. Versions of the firm's own hold
/// where they held. Open tasks keep their dates until somebody lets them move. Returns those that changed. For owners and
/// managers.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `obligationIds`; `INVALID_RULE` about one that does not fit to the other rules of the
/// firm, and is named: without names such a one is left as it is.
pub async fn apply(
    store: &Store,
    actor: &Actor,
    key: &str,
    ids: Option<Vec<ObligationId>>,
) -> Result<Done<Vec<ObligationId>>> {
    rights::may(&actor.membership, FirmAct::DueDatesMove)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "catalogueUpdateApply", key, &ids).await?);
    let copies = Copies::read(tx.conn(), firm_id, true).await?;
    let mut check = Check::new();
    if let Some(ids) = &ids {
        check.count("obligationIds", ids.len(), &(1..=MOST_NAMED));
        let is_there = |id: &ObligationId| copies.obligations.iter().any(|one| one.id == *id);
        check.found(&items("obligationIds", ids), is_there);
    }
    check.done()?;
    let is_asked = |id: ObligationId| ids.as_ref().is_none_or(|ids| ids.contains(&id));
    let mut updates = copies.updates(shipped());
    updates.retain(|update| is_asked(update.obligation.id) && update.is_change());
    // What is left out may be what another one depends on.
    loop {
        let book = copies.updated(&updates);
        let mut unfit = None;
        for update in &updates {
            let at = ids.iter().flatten().position(|id| *id == update.obligation.id);
            let path = InputPath::from("obligationIds");
            let path = at.map_or_else(|| path.clone(), |at| path.clone().item(at));
            let Some(rule) = book.get(&update.obligation.code) else { continue };
            if let Err(error) = fits(&book, rule, |_| path.clone()) {
                if ids.is_some() {
                    return Err(error);
                }
                unfit = Some(update.obligation.id);
            }
        }
        match unfit {
            Some(id) => updates.retain(|update| update.obligation.id != id),
            None => break,
        }
    }
    for update in &updates {
        let replaced: Vec<RuleVersionId> = update.replaced.iter().map(|version| version.id).collect();
        diesel::delete(rule_versions::table.filter(rule_versions::id.eq_any(replaced)))
            .execute(tx.conn())
            .await?;
        diesel::delete(due_date_extensions::table.filter(due_date_extensions::id.eq_any(&update.withdrawn)))
            .execute(tx.conn())
            .await?;
        for ((version, note), digest) in update.added.iter().zip(&update.digests) {
            add_version(&mut tx, &update.obligation, version, note.clone(), Some(digest.clone())).await?;
        }
        for (version, note) in &update.notes {
            diesel::update(rule_versions::table.find(version.id))
                .set(rule_versions::note.eq(note))
                .execute(tx.conn())
                .await?;
        }
        for extension in &update.extensions {
            let digest = Some(extension_digest(extension));
            add_extension(&mut tx, &update.obligation, extension, digest).await?;
        }
        let mut new = update.obligation.clone();
        new.name = update.name.clone().unwrap_or(new.name);
        new.cutoff = update.cutoff.clone().unwrap_or(new.cutoff);
        write(&mut tx, &new, "catalogueUpdateApply").await?;
    }
    tx.commit(updates.iter().map(|update| update.obligation.id).collect()).await
}
