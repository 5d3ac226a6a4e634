//! What comes about on a document when a file of it is stored, or opened.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use guichet_base::error::{Fault, OrNotFound, Result};
use guichet_base::id::{ActId, DocumentId, Id};
use guichet_engine::actor::{Actor, Scope};
use guichet_engine::store::Tx;
use guichet_engine::tables::{document_definitions, portal_accesses};

use super::hand_in::HandedIn;
use super::held::Held;
use super::model::{Document, DocumentState, DocumentVersion};
use super::{library, notify, rules, together};
use crate::shared::file::model::{Attachment, File};
use crate::shared::file::owner::{HasFiles, tell_others};
use crate::shared::visibility::Visibility;

/// Documents as owners of files.
pub(crate) struct DocumentFiles;

impl HasFiles for DocumentFiles {
    fn noun(&self) -> &'static str {
        DocumentId::NOUN
    }

    fn stored<'a>(
        &'a self,
        tx: &'a mut Tx,
        file: &'a File,
        attachment: &'a Attachment,
    ) -> BoxFuture<'a, Result<()>> {
        reveal(tx, file, attachment).boxed()
    }

    fn opened<'a>(
        &'a self,
        tx: &'a mut Tx,
        actor: &'a Actor,
        attachment: &'a Attachment,
    ) -> BoxFuture<'a, Result<()>> {
        read(tx, actor, attachment).boxed()
    }
}

/// Lets a file count that was handed in before it was stored.
async fn reveal(tx: &mut Tx, file: &File, attachment: &Attachment) -> Result<()> {
    let (mut held, made) = find(tx, &Scope::firm(file.firm_id), attachment).await?;
    count(tx, &mut held, made, file).await?;
    let by = file.uploaded_by();
    let account = match by.access() {
        Some(access) => {
            let of = portal_accesses::table.find(access).select(portal_accesses::account_id);
            Some(of.get_result(tx.conn()).await?)
        }
        None => None,
    };
    notify::handed_in(tx, &held, ActId::new(), by, account, &[Ok(made)]).await?;
    library::place(tx, &mut held, &[made.document_id]).await?;
    let versions = held.versions.get(&made.document_id).map(Vec::as_slice).unwrap_or_default();
    let act = versions.iter().find(|version| version.number == made.number).and_then(|of| of.act_id);
    let delivered = held.documents.get(&made.document_id).filter(|document| document.is_output());
    // Of what was handed in the client is told nothing.
    let Some(client) = delivered.map(|document| document.client_id) else {
        return held.save(tx, "documentHandIn").await;
    };
    if let Some(act) = act {
        together::lock(tx, act).await?;
    }
    let told = held.told();
    held.save(tx, "documentHandIn").await?;
    together::tell(tx, act, client, &told).await
}

/// Lets a stored file count, and publishes it where its definition says so, unless its task is canceled. What is not
/// expected any more stays so.
pub(super) async fn count(tx: &mut Tx, held: &mut Held, made: HandedIn, file: &File) -> Result<()> {
    let now = tx.now;
    let HandedIn { document_id, number } = made;
    let mut counts = false;
    held.change(number, document_id, |document, version, others| {
        version.sha256 = file.sha256;
        rules::store(document, version, others, now);
        counts = version.is_current;
    });
    let document = held.documents.get(&document_id);
    let Some(document) = document.filter(|document| document.state != DocumentState::Dropped) else {
        return Ok(());
    };
    if counts {
        held.answers.insert(document_id, None);
    }
    if !document.is_output() {
        return Ok(());
    }
    let Some(definition) = document.definition_id.filter(|_| !held.terms(document).is_canceled()) else {
        return Ok(());
    };
    let publishes: bool = document_definitions::table
        .find(definition)
        .select(document_definitions::publish_on_upload)
        .get_result(tx.conn())
        .await?;
    if publishes {
        publish(tx, held, made, file).await?;
    }
    Ok(())
}

/// Shows a stored draft to the client.
pub(super) async fn publish(tx: &mut Tx, held: &mut Held, made: HandedIn, file: &File) -> Result<()> {
    let now = tx.now;
    let mut is_published = false;
    held.change(made.number, made.document_id, |document, version, others| {
        if rules::is_draft(document, version) {
            rules::publish(document, version, others, now);
            is_published = true;
        }
    });
    if is_published {
        held.answers.insert(made.document_id, None);
        held.published.insert(made.document_id);
        tell_others(tx, &[file], made.document_id.into(), Visibility::Public).await?;
    }
    Ok(())
}

/// Marks a version as read when somebody of the client opens its file, by whatever way.
async fn read(tx: &mut Tx, actor: &Actor, attachment: &Attachment) -> Result<()> {
    let Some(reader) = actor.membership.author().access() else { return Ok(()) };
    let (mut held, made) = find(tx, &actor.scope(), attachment).await?;
    let versions = held.versions.get(&made.document_id).map(Vec::as_slice).unwrap_or_default();
    let is_shown = |document: &Document| {
        let is_published = |of: &DocumentVersion| of.number == made.number && of.published_at.is_some();
        !document.is_output() || versions.iter().any(is_published)
    };
    // It was taken back while somebody was about to open it.
    held.documents.get(&made.document_id).filter(|document| is_shown(document)).or_not_found("id")?;
    let now = tx.now;
    held.change(made.number, made.document_id, |document, version, others| {
        if version.published_at.is_none() || version.read_at.is_some() {
            return;
        }
        (version.read_at, version.read_by) = (Some(now), Some(reader));
        let is_read = |other: &DocumentVersion| !other.is_current || other.read_at.is_some();
        if version.is_current && others.iter().all(is_read) {
            document.read_at = Some(now);
        }
    });
    held.save(tx, "documentOpen").await
}

/// The document and the version of an attachment, locked.
async fn find(tx: &mut Tx, scope: &Scope, attachment: &Attachment) -> Result<(Held, HandedIn)> {
    let Attachment { subject, .. } = *attachment;
    let broken = || Fault::Broken(format!("{subject} has no version of its file"));
    let document_id: DocumentId = subject.id().ok_or_else(broken)?;
    let held = Held::lock(tx, scope, &[document_id]).await?;
    let versions = held.versions.get(&document_id).map(Vec::as_slice).unwrap_or_default();
    let version = versions.iter().find(|version| version.attachment_id == attachment.id);
    let number = version.ok_or_else(broken)?.number;
    Ok((held, HandedIn { document_id, number }))
}
