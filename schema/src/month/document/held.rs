//! Documents that an act holds locked, with their versions and what the act depends on.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, DocumentId, FolderId, Id, StaffId, TaskId};
use guichet_engine::actor::Scope;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::tables::{
    attachments, clients, document_answers, document_versions, documents, files, firms, tasks,
};

use super::mails::Published;
use super::model::{Document, DocumentAnswer, DocumentVersion};
use super::queries::visible;
use super::rules::Terms;
use crate::month::folder::around::Around;
use crate::month::task::model::TaskStatus;
use crate::shared::visibility::Visibility;

/// Locked documents. What was changed of them is written by [`Held::save`].
pub(super) struct Held {
    /// The documents within the scope, by their ids.
    pub documents: HashMap<DocumentId, Document>,
    /// The versions of each whose files were not refused, oldest first.
    pub versions: HashMap<DocumentId, Vec<DocumentVersion>>,
    /// What is said of documents from now on; none where it is taken away.
    pub answers: HashMap<DocumentId, Option<DocumentAnswer>>,
    /// Documents of which a version was published.
    pub published: BTreeSet<DocumentId>,
    before: HashMap<DocumentId, (Document, Vec<DocumentVersion>)>,
    tasks: HashMap<TaskId, TaskStatus>,
    portfolios: HashMap<ClientId, Option<StaffId>>,
    late_files: bool,
}

impl Held {
    /// Locks documents that a scope contains, after their tasks, as acts on tasks do.
    pub async fn lock(tx: &mut Tx, scope: &Scope, ids: &[DocumentId]) -> Result<Self> {
        let of = documents::table
            .filter(visible(scope).checked())
            .filter(sql::among(documents::id, ids))
            .select(documents::task_id.assume_not_null());
        let tasks: Vec<(TaskId, TaskStatus)> = tasks::table
            .filter(tasks::id.eq_any(of))
            .order(tasks::id)
            .select((tasks::id, tasks::status))
            .for_share()
            .load(tx.conn())
            .await?;
        let held: Vec<Document> = documents::table
            .filter(visible(scope).checked())
            .filter(sql::among(documents::id, ids))
            .order(documents::id)
            .select(Document::as_select())
            .for_update()
            .load(tx.conn())
            .await?;
        let all: Vec<DocumentVersion> = document_versions::table
            .inner_join(attachments::table.on(attachments::id.eq(document_versions::attachment_id)))
            .inner_join(files::table.on(files::id.eq(attachments::file_id)))
            // A file that was refused never counts, and may be sent again.
            .filter(files::refusal.is_null())
            .filter(sql::among(document_versions::document_id, ids))
            .order((document_versions::document_id, document_versions::number))
            .select(DocumentVersion::as_select())
            .load(tx.conn())
            .await?;
        let of: Vec<ClientId> = held.iter().map(|document| document.client_id).collect();
        let portfolios = clients::table
            .filter(sql::among(clients::id, &of))
            .select((clients::id, clients::accountant_id))
            .load(tx.conn())
            .await?;
        let late_files =
            firms::table.find(scope.firm_id()).select(firms::late_files).get_result(tx.conn()).await?;
        let mut versions: HashMap<DocumentId, Vec<DocumentVersion>> = HashMap::new();
        for version in all {
            versions.entry(version.document_id).or_default().push(version);
        }
        let pair = |document: &Document| {
            let versions = versions.get(&document.id).cloned().unwrap_or_default();
            (document.id, (document.clone(), versions))
        };
        Ok(Self {
            before: held.iter().map(pair).collect(),
            documents: held.into_iter().map(|document| (document.id, document)).collect(),
            versions,
            answers: HashMap::new(),
            published: BTreeSet::new(),
            tasks: tasks.into_iter().collect(),
            portfolios: portfolios.into_iter().collect(),
            late_files,
        })
    }

    /// What acts on a document depend on beside it.
    pub fn terms(&self, document: &Document) -> Terms {
        let task = document.task_id.and_then(|id| self.tasks.get(&id).copied());
        let versions = self.versions.get(&document.id).map(Vec::as_slice).unwrap_or_default();
        // Also one that is on its way, of which publishing says so.
        let waits = |version: &DocumentVersion| {
            version.published_at.is_none() && version.rejected_at.is_none() && !version.is_duplicate
        };
        let has_draft = document.is_output() && versions.iter().any(waits);
        Terms { task, late_files: self.late_files, has_draft }
    }

    /// The accountant of a document's client.
    pub fn portfolio(&self, document: &Document) -> Option<StaffId> {
        self.portfolios.get(&document.client_id).copied().flatten()
    }

    /// The documents of which a version was published, with the accountants of their clients.
    pub fn told(&self) -> Vec<Published> {
        let published = self.published.iter().filter_map(|id| self.documents.get(id));
        published.map(|document| (document.clone(), self.portfolio(document))).collect()
    }

    /// Changes one version of a document. The function gets the document, the version, and the other versions.
    pub fn change(
        &mut self,
        number: i32,
        of: DocumentId,
        change: impl FnOnce(&mut Document, &mut DocumentVersion, &mut [DocumentVersion]),
    ) {
        let (Some(document), Some(versions)) = (self.documents.get_mut(&of), self.versions.get_mut(&of))
        else {
            return;
        };
        let Some(at) = versions.iter().position(|version| version.number == number) else { return };
        let mut version = versions.remove(at);
        change(document, &mut version, versions);
        versions.insert(at, version);
    }

    /// Writes what was changed, with the events: to everybody who sees a document, or to staff alone where the client sees
    /// no difference; and about the folders that documents leave and enter.
    pub async fn save(self, tx: &mut Tx, act: &'static str) -> Result<()> {
        let around = Around::read(tx, &self.places()).await?;
        let (mut new, mut shown, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        let mut ids: Vec<&DocumentId> = self.documents.keys().collect();
        ids.sort_unstable();
        for id in ids {
            let (document, (before, old)) = (&self.documents[id], &self.before[id]);
            let now = self.versions.get(id).map(Vec::as_slice).unwrap_or_default();
            let was = |version: &DocumentVersion| old.iter().find(|old| old.id == version.id);
            let changed: Vec<&DocumentVersion> =
                now.iter().filter(|version| was(version) != Some(*version)).collect();
            if document == before && changed.is_empty() {
                continue;
            }
            if document != before {
                let update = diesel::update(documents::table.find(id)).set(document);
                sql::keep(1, update).execute(tx.conn()).await?;
            }
            for version in &changed {
                if was(version).is_none() {
                    new.push(*version);
                } else {
                    let update = diesel::update(document_versions::table.find(version.id)).set(*version);
                    sql::keep(1, update).execute(tx.conn()).await?;
                }
                let was_published = was(version).is_some_and(|old| old.published_at.is_some());
                if version.published_at.is_some() && !was_published {
                    shown.push(version.attachment_id);
                }
                if version.published_at.is_none() && was_published {
                    hidden.push(version.attachment_id);
                }
            }
            // A client learns nothing of a version that it does not see.
            let is_seen = document.version != before.version || document.read_at != before.read_at;
            let portfolio = self.portfolio(document);
            let of = |document: &Document| Some(document.audience(portfolio).internal_if(!is_seen));
            if is_seen || changed.iter().any(|version| version.stored_at.is_some()) {
                tx.changed(document.firm_id, act, *id, of(before), of(document));
            } else {
                tx.audit(Some(document.firm_id), act, DocumentId::NOUN, Some(id.uuid()));
            }
        }
        for (id, answer) in &self.answers {
            match answer {
                Some(answer) => {
                    let upsert = diesel::insert_into(document_answers::table)
                        .values(answer)
                        .on_conflict(document_answers::document_id)
                        .do_update()
                        .set(answer);
                    sql::keep(1, upsert).execute(tx.conn()).await?
                }
                None => diesel::delete(document_answers::table.find(id)).execute(tx.conn()).await?,
            };
        }
        if !new.is_empty() {
            diesel::insert_into(document_versions::table).values(new).execute(tx.conn()).await?;
        }
        for (ids, visibility) in [(shown, Visibility::Public), (hidden, Visibility::Internal)] {
            if !ids.is_empty() {
                let update = diesel::update(attachments::table.filter(sql::among(attachments::id, &ids)))
                    .set(attachments::visibility.eq(visibility));
                sql::keep(1, update).execute(tx.conn()).await?;
            }
        }
        around.tell(tx).await
    }

    /// The folders that documents leave and enter.
    fn places(&self) -> Vec<FolderId> {
        let of = |document: &Document| {
            let (before, _) = &self.before[&document.id];
            let is_moved = before.folder_id != document.folder_id;
            [before.folder_id, document.folder_id].map(|folder| folder.filter(|_| is_moved))
        };
        self.documents.values().flat_map(of).flatten().collect()
    }
}
