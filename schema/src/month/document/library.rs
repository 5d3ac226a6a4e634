//! Where documents lie in the client's library (C-13): by themselves, or where staff move them.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, OrNotFound, Result};
use guichet_base::i18n::{self, Args};
use guichet_base::id::{ActId, ClientId, DocumentDefinitionId, DocumentId, FolderId, Id};
use guichet_base::input::Check;
use guichet_base::locale::Locale;
use guichet_engine::actor::{Actor, Area};
use guichet_engine::first;
use guichet_engine::sql;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::subject::Subject;
use guichet_engine::tables::{changes, document_definitions, firms, folders};
use serde::Serialize;

use super::held::Held;
use super::history::DocumentField;
use super::model::Document;
use super::rules::{self, MAX_ITEMS};
use crate::month::folder::commands::{Step, ensure};
use crate::month::folder::queries::visible;
use crate::shared::history::{Changed, record_all};

/// Puts documents with their first file into their folders: definition's folder / year / period.
pub(super) async fn place(tx: &mut Tx, held: &mut Held, ids: &[DocumentId]) -> Result<()> {
    let mut homeless = homeless(held, ids);
    let of: Vec<DocumentId> = homeless.iter().map(|document| document.id).collect();
    if of.is_empty() {
        return Ok(());
    }
    let put: Vec<DocumentId> = changes::table
        .filter(changes::subject_noun.eq(DocumentId::NOUN))
        .filter(sql::among(changes::subject_id, &of))
        .filter(changes::field.eq(DocumentField::Folder.as_str()))
        .select(changes::subject_id)
        .load(tx.conn())
        .await?;
    // Staff put them at the top.
    homeless.retain(|document| !put.contains(&document.id));
    let [first, ..] = homeless.as_slice() else { return Ok(()) };
    let locale: Locale = firms::table.find(first.firm_id).select(firms::locale).get_result(tx.conn()).await?;
    let of: Vec<DocumentDefinitionId> =
        homeless.iter().filter_map(|document| document.definition_id).collect();
    let own: Vec<(DocumentDefinitionId, Option<String>)> = document_definitions::table
        .filter(sql::among(document_definitions::id, &of))
        .select((document_definitions::id, document_definitions::folder))
        .load(tx.conn())
        .await?;
    let own: HashMap<DocumentDefinitionId, Option<String>> = own.into_iter().collect();
    for document in homeless {
        let folder = document.definition_id.and_then(|id| own.get(&id)?.as_deref());
        let way = way(&document, folder, locale);
        let portfolio = held.portfolio(&document);
        let area = Area::parse(document.category.as_str());
        let folder = ensure(tx, document.firm_id, document.client_id, portfolio, area, way).await?;
        if let Some(document) = held.documents.get_mut(&document.id) {
            document.folder_id = folder;
        }
    }
    Ok(())
}

/// Those of these documents that have a file and lie nowhere, each once.
fn homeless(held: &Held, ids: &[DocumentId]) -> Vec<Document> {
    let ids: BTreeSet<&DocumentId> = ids.iter().collect();
    let is_homeless = |document: &&Document| {
        let versions = held.versions.get(&document.id).map(Vec::as_slice).unwrap_or_default();
        document.folder_id.is_none() && versions.iter().any(|version| version.is_current)
    };
    let found = ids.into_iter().filter_map(|id| held.documents.get(id));
    found.filter(is_homeless).cloned().collect()
}

/// The way to the folder of a document.
fn way(document: &Document, own: Option<&str>, locale: Locale) -> Vec<Step> {
    let category = document.category.as_str();
    let (key, name) = match own {
        Some(own) => (format!("own:{own}"), own.to_owned()),
        None => {
            (category.to_owned(), i18n::named(locale, "document-category", document.category, &Args::new()))
        }
    };
    let mut way = vec![Step { key, name }];
    let mut step = |name: &str| {
        let key = way.last().map_or_else(|| name.to_owned(), |last| format!("{}/{name}", last.key));
        way.push(Step { key, name: name.to_owned() });
    };
    if let Some(period) = &document.period {
        step(year(period));
        step(period);
    }
    way
}

/// The year in which a period ends, by which it is named.
fn year(period: &str) -> &str {
    let name = period.strip_prefix("FY").unwrap_or(period);
    name.split_once('-').map_or(name, |(year, _)| year)
}

/// What became of each document to move: its id, or why not.
pub type Moved = Vec<std::result::Result<DocumentId, Code>>;

/// Input for moving documents.
#[derive(Debug, Clone, Serialize)]
pub struct MoveDocuments {
    /// The documents; none for ids of other nouns.
    pub ids: Vec<Option<DocumentId>>,
    /// The folder, of their client; none for the top of the library.
    pub folder_id: Option<FolderId>,
}

/// Moves documents of one client into a folder. Who may see them stays the same. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `OUT_OF_RANGE` for no or too many documents, `NOT_FOUND` about `folderId`; for each: `NOT_FOUND`, also when
/// it is of another client than the folder.
pub async fn relocate(store: &Store, actor: &Actor, key: &str, input: MoveDocuments) -> Result<Done<Moved>> {
    if actor.membership.author().staff().is_none() {
        return Err(Code::NotAllowed.into());
    }
    let mut check = Check::new();
    check.count("ids", input.ids.len(), &(1..=MAX_ITEMS));
    check.done()?;
    let mut tx = first!(store.begin_once(actor, "documentMove", key, &input).await?);
    let known: Vec<DocumentId> = input.ids.iter().copied().flatten().collect();
    let mut held = Held::lock(&mut tx, &actor.scope(), &known).await?;
    let of: Option<ClientId> = match input.folder_id {
        Some(folder) => {
            let found =
                folders::table.filter(visible(&actor.scope()).checked()).filter(folders::id.eq(folder));
            let found = found.select(folders::client_id).for_share();
            Some(found.get_result(tx.conn()).await.optional()?.or_not_found("folderId")?)
        }
        None => None,
    };
    let now = tx.now;
    let (mut each, mut moved) = (Vec::new(), Vec::new());
    for id in input.ids {
        let document = id.and_then(|id| held.documents.get_mut(&id));
        let document = document.filter(|document| of.is_none_or(|of| of == document.client_id));
        each.push(match document {
            None => Err(Code::NotFound),
            Some(document) => {
                if document.folder_id != input.folder_id {
                    let [from, to] = [document.folder_id, input.folder_id].map(|id| id.map(FolderId::encode));
                    moved.push((Subject::of(document.id), Changed::new(DocumentField::Folder, from, to)));
                    document.folder_id = input.folder_id;
                    rules::touch(document, now);
                }
                Ok(document.id)
            }
        });
    }
    let (firm, by) = (actor.firm_id(), actor.membership.author());
    record_all(&tx, firm, ActId::new(), by, &moved).await?;
    held.save(&mut tx, "documentMove").await?;
    tx.commit(each).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-13: by the year in which the period ends.
    #[test]
    fn c_13_years() {
        let years = ["2026-02", "2026-Q1", "2026", "FY2026-06-30"].map(year);
        assert_eq!(years, ["2026"; 4]);
    }
}
