//! Settling, rejecting, publishing and approving documents.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ActId, AttachmentId, DocumentId, FileId, Id};
use guichet_base::input::Check;
use guichet_engine::actor::Actor;
use guichet_engine::feed::Event;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{attachments, files};
use guichet_engine::{first, sql};

use super::hand_in::HandedIn;
use super::held::Held;
use super::history::DocumentField;
use super::model::{AnswerKind, Document, DocumentAnswer, DocumentApproval, DocumentState, DocumentVersion};
use super::news::NewsFacts;
use super::rules::{self, DocumentAct, MAX_ITEMS, MAX_REASON};
use super::{files as of_files, library, mails, notify};
use crate::month::task_type::model::Takes;
use crate::shared::file::model::File;
use crate::shared::history::{self, Changed};
use crate::shared::notification::model::NotificationKind;

/// A document that is locked for one act, with the right to it.
async fn lock(tx: &mut Tx, actor: &Actor, id: DocumentId, act: DocumentAct) -> Result<(Held, Document)> {
    let held = Held::lock(tx, &actor.scope(), &[id]).await?;
    let document = held.documents.get(&id).cloned().or_not_found("id")?;
    rules::may(act, &actor.membership, &document, held.terms(&document))?;
    Ok((held, document))
}

/// Refuses when the document is no longer as the viewer read it.
fn expect(document: &Document, version: i32) -> Result<()> {
    if document.version == version { Ok(()) } else { Err(Code::Conflict.into()) }
}

/// Settles a document without a file, or takes that back. A file that comes later wins.
///
/// # Errors
/// `NOT_FOUND`, `WRONG_DIRECTION`, `DOCUMENT_NOT_EXPECTED`, `DOCUMENT_FILED`.
pub async fn nothing_to_submit(
    store: &Store,
    actor: &Actor,
    id: DocumentId,
    is_settled: bool,
) -> Result<Done<DocumentId>> {
    let mut tx = store.begin(actor).await?;
    let (mut held, mut document) = lock(&mut tx, actor, id, DocumentAct::NothingToSubmit).await?;
    if is_settled == (document.state == DocumentState::NothingToSubmit) {
        return tx.commit(id).await;
    }
    if is_settled {
        document.state = DocumentState::NothingToSubmit;
        let (by, kind) = (actor.membership.author(), AnswerKind::NothingToSubmit);
        held.answers.insert(id, Some(DocumentAnswer::new(&document, kind, by, tx.now, None)));
    } else {
        document.state = standing(&held, &document);
        held.answers.insert(id, None);
    }
    rules::touch(&mut document, tx.now);
    held.documents.insert(id, document);
    held.save(&mut tx, "documentNothingToSubmit").await?;
    tx.commit(id).await
}

/// Says that a task does not need one of its documents, or that it does again, as long as the task is open and nothing of
/// the document counts. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `TASK_CLOSED`, `DOCUMENT_FILED`, `CONFLICT`.
pub async fn drop_one(
    store: &Store,
    actor: &Actor,
    id: DocumentId,
    expected_version: i32,
    is_dropped: bool,
) -> Result<Done<DocumentId>> {
    let mut tx = store.begin(actor).await?;
    let (mut held, mut document) = lock(&mut tx, actor, id, DocumentAct::Drop).await?;
    if is_dropped == (document.state == DocumentState::Dropped) {
        return tx.commit(id).await;
    }
    expect(&document, expected_version)?;
    if is_dropped {
        document.state = DocumentState::Dropped;
        let (by, kind) = (actor.membership.author(), AnswerKind::NotExpected);
        held.answers.insert(id, Some(DocumentAnswer::new(&document, kind, by, tx.now, None)));
    } else {
        document.state = standing(&held, &document);
        held.answers.insert(id, None);
    }
    rules::touch(&mut document, tx.now);
    held.documents.insert(id, document);
    held.save(&mut tx, "documentDrop").await?;
    tx.commit(id).await
}

/// Where a document stands by its files, when nothing is said of it.
fn standing(held: &Held, document: &Document) -> DocumentState {
    let versions = held.versions.get(&document.id).map(Vec::as_slice).unwrap_or_default();
    if versions.iter().any(|version| version.is_current) {
        return DocumentState::Filed;
    }
    let was_rejected = versions.iter().any(|version| version.rejected_at.is_some());
    if was_rejected && !document.is_output() { DocumentState::Rejected } else { DocumentState::Expected }
}

/// Rejects what counts of a document, or one version of it: without any other it is missing again. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `NOTHING_TO_REJECT`, `CONFLICT`, refusals of the reason.
pub async fn reject(
    store: &Store,
    actor: &Actor,
    id: DocumentId,
    expected_version: i32,
    number: Option<i32>,
    reason: &str,
) -> Result<Done<DocumentId>> {
    let mut check = Check::new();
    let reason = check.text("reason", reason, 1..=MAX_REASON);
    let mut tx = store.begin(actor).await?;
    let (mut held, mut document) = lock(&mut tx, actor, id, DocumentAct::Reject).await?;
    check.done()?;
    expect(&document, expected_version)?;
    let (now, staff) = (tx.now, actor.membership.author().staff());
    let versions = held.versions.entry(id).or_default();
    let mut found = false;
    let is_meant =
        |version: &&mut DocumentVersion| version.is_current && number.is_none_or(|n| n == version.number);
    for version in versions.iter_mut().filter(is_meant) {
        found = true;
        version.is_current = false;
        (version.rejected_at, version.rejected_by) = (Some(now), staff);
        version.rejection = Some(reason.clone());
    }
    if !found {
        return Err(Refusal::of("version", Code::NothingToReject).into());
    }
    if !versions.iter().any(|version| version.is_current) {
        // Of a canceled task nothing is missing.
        let is_canceled = held.terms(&document).is_canceled();
        document.state = if is_canceled { DocumentState::Dropped } else { DocumentState::Rejected };
    }
    rules::touch(&mut document, now);
    held.documents.insert(id, document);
    held.save(&mut tx, "documentReject").await?;
    tx.commit(id).await
}

/// What became of each document to publish: its id, or why not.
pub type Published = Vec<std::result::Result<DocumentId, Code>>;

/// Publishes what was uploaded of documents that the firm delivers. For staff. None for ids of other nouns.
///
/// # Errors
/// `NOT_ALLOWED`, `OUT_OF_RANGE` for no or too many documents, `TOO_FAST`; for each: `NOT_FOUND`, `WRONG_DIRECTION`,
/// `DOCUMENT_NOT_EXPECTED`, `NOTHING_TO_PUBLISH`, `FILE_NOT_READY`, also while a newer file that takes the place of others is
/// on its way.
pub async fn publish(
    store: &Store,
    actor: &Actor,
    key: &str,
    ids: Vec<Option<DocumentId>>,
) -> Result<Done<Published>> {
    if actor.membership.author().staff().is_none() {
        return Err(Code::NotAllowed.into());
    }
    let mut check = Check::new();
    check.count("ids", ids.len(), &(1..=MAX_ITEMS));
    check.done()?;
    let mut tx = first!(store.begin_once(actor, "documentPublish", key, &ids).await?);
    let known: Vec<DocumentId> = ids.iter().copied().flatten().collect();
    let mut held = Held::lock(&mut tx, &actor.scope(), &known).await?;
    let mut each = Vec::new();
    for id in ids {
        let document = id.and_then(|id| held.documents.get(&id).cloned());
        each.push(match document {
            None => Err(Code::NotFound),
            Some(document) => publish_one(&mut tx, actor, &mut held, &document).await?,
        });
    }
    if !held.published.is_empty() {
        tx.keep_pace(actor)?;
        library::place(&mut tx, &mut held, &known).await?;
        mails::delivered(&mut tx, &held.told()).await?;
    }
    held.save(&mut tx, "documentPublish").await?;
    tx.commit(each).await
}

/// Publishes the drafts of one document: the newest where it takes the place of the others, else all.
async fn publish_one(
    tx: &mut Tx,
    actor: &Actor,
    held: &mut Held,
    document: &Document,
) -> Result<std::result::Result<DocumentId, Code>> {
    if let Err(code) = rules::may(DocumentAct::Publish, &actor.membership, document, held.terms(document)) {
        return Ok(Err(code));
    }
    let versions = held.versions.get(&document.id).map(Vec::as_slice).unwrap_or_default();
    let last_shown = versions.iter().filter(|version| version.is_current).map(|version| version.number).max();
    let is_replaced = |version: &DocumentVersion| {
        document.takes == Takes::Replace && last_shown.is_some_and(|shown| version.number < shown)
    };
    let newest = versions.iter().map(|version| version.number).max();
    let is_coming = |version: &DocumentVersion| version.stored_at.is_none() && Some(version.number) == newest;
    if document.takes == Takes::Replace && versions.iter().any(is_coming) {
        // Not the one before, which it replaces.
        return Ok(Err(Code::FileNotReady));
    }
    let drafts: Vec<(i32, AttachmentId)> = versions
        .iter()
        .filter(|version| rules::is_draft(document, version) && !is_replaced(version))
        .map(|version| (version.number, version.attachment_id))
        .collect();
    let drafts = match document.takes {
        Takes::Replace => &drafts[drafts.len().saturating_sub(1)..],
        Takes::Add => &drafts[..],
    };
    if drafts.is_empty() {
        let waits = versions.iter().any(|version| version.stored_at.is_none());
        return Ok(Err(if waits { Code::FileNotReady } else { Code::NothingToPublish }));
    }
    let ids: Vec<AttachmentId> = drafts.iter().map(|(_, id)| *id).collect();
    let stored: Vec<(AttachmentId, File)> = attachments::table
        .inner_join(files::table.on(files::id.eq(attachments::file_id)))
        .filter(sql::among(attachments::id, &ids))
        .select((attachments::id, File::as_select()))
        .load(tx.conn())
        .await?;
    for (number, attachment) in drafts {
        if let Some((_, file)) = stored.iter().find(|(id, _)| id == attachment) {
            let made = HandedIn { document_id: document.id, number: *number };
            of_files::publish(tx, held, made, file).await?;
        }
    }
    Ok(Ok(document.id))
}

/// Input for taking back what was published.
#[derive(Debug, Clone)]
pub struct Unpublish {
    /// The document.
    pub id: DocumentId,
    /// The version of the document that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// The number of the version of the file; by default the newest that counts.
    pub number: Option<i32>,
    /// Why, for staff.
    pub reason: Option<String>,
}

/// Takes back a published version that nobody of the client has opened: the client sees what it saw before. For
/// staff. Whoever opens it at the same time comes before, which refuses this, or after, and finds nothing.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `NOTHING_TO_UNPUBLISH`, `DOCUMENT_READ`, `CONFLICT`, refusals of the reason.
pub async fn unpublish(store: &Store, actor: &Actor, input: Unpublish) -> Result<Done<DocumentId>> {
    let Unpublish { id, expected_version, number, reason } = input;
    let mut check = Check::new();
    let reason = reason.as_deref().map(|reason| check.text("reason", reason, 0..=MAX_REASON));
    let reason = reason.filter(|reason| !reason.is_empty());
    let mut tx = store.begin(actor).await?;
    let (mut held, document) = lock(&mut tx, actor, id, DocumentAct::Unpublish).await?;
    check.done()?;
    expect(&document, expected_version)?;
    let versions = held.versions.get(&id).map(Vec::as_slice).unwrap_or_default();
    let shown =
        versions.iter().filter(|version| version.is_current && number.is_none_or(|n| n == version.number));
    let shown = shown.max_by_key(|version| version.number);
    let shown = shown.ok_or_else(|| Refusal::of("version", Code::NothingToUnpublish))?;
    if shown.read_at.is_some() {
        return Err(Refusal::of("version", Code::DocumentRead).into());
    }
    let (number, attachment) = (shown.number, shown.attachment_id);
    let (now, by, terms) = (tx.now, actor.membership.author(), held.terms(&document));
    held.change(number, id, |document, version, others| {
        rules::unpublish(document, version, others, terms, now);
        (version.rejected_at, version.rejected_by) = (Some(now), by.staff());
        version.rejection.clone_from(&reason);
    });
    held.answers.insert(id, None);
    let file: FileId =
        attachments::table.find(attachment).select(attachments::file_id).get_result(tx.conn()).await?;
    let audience = document.audience(held.portfolio(&document));
    let (before, after) = (Some(audience.clone()), Some(audience.internal_if(true)));
    tx.event(document.firm_id, Event { noun: FileId::NOUN, subject: file.uuid(), before, after });
    let changed = Changed::new(DocumentField::Published, Some(number.to_string()), None);
    let act = ActId::new();
    history::record(&tx, document.firm_id, id.into(), act, by, &[changed], reason.as_deref()).await?;
    held.save(&mut tx, "documentUnpublish").await?;
    tx.commit(id).await
}

/// Says of what was delivered that it is right, or what is wrong with it. For the client's users. Who said already
/// that it is right may say so again.
///
/// # Errors
/// `NOT_ALLOWED`, `NOT_FOUND`, `WRONG_DIRECTION`, `APPROVAL_NOT_ASKED`, `CONFLICT`, `TOO_FAST`, refusals of the comment.
pub async fn answer(
    store: &Store,
    actor: &Actor,
    id: DocumentId,
    expected_version: i32,
    wrong: Option<&str>,
) -> Result<Done<DocumentId>> {
    let mut check = Check::new();
    let wrong = wrong.map(|comment| check.text("comment", comment, 1..=MAX_REASON));
    let (act, name, approval, said, kind) = match wrong {
        None => (
            DocumentAct::Approve,
            "documentApprove",
            DocumentApproval::Approved,
            AnswerKind::Approved,
            NotificationKind::DocumentApproved,
        ),
        Some(_) => (
            DocumentAct::Contest,
            "documentContest",
            DocumentApproval::Contested,
            AnswerKind::Contested,
            NotificationKind::DocumentContested,
        ),
    };
    let mut tx = store.begin(actor).await?;
    let (mut held, mut document) = lock(&mut tx, actor, id, act).await?;
    check.done()?;
    if wrong.is_none() && document.approval == Some(DocumentApproval::Approved) {
        return tx.commit(id).await;
    }
    // It is said of what was seen.
    expect(&document, expected_version)?;
    tx.keep_pace(actor)?;
    document.approval = Some(approval);
    rules::touch(&mut document, tx.now);
    let by = actor.membership.author();
    held.answers.insert(id, Some(DocumentAnswer::new(&document, said, by, tx.now, wrong.clone())));
    let facts = NewsFacts { text: wrong, ..NewsFacts::default() };
    notify::assignee(&mut tx, &document, (ActId::new(), by, Some(actor.account_id)), kind, facts).await?;
    held.documents.insert(id, document);
    held.save(&mut tx, name).await?;
    tx.commit(id).await
}
