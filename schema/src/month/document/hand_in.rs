//! Handing files in: several at once, each with its own result.

use std::collections::{BTreeSet, HashSet};

use guichet_base::error::{Code, Result};
use guichet_base::id::{ActId, ClientId, DocumentId, DocumentVersionId, FileId};
use guichet_base::input::Check;
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::subject::Subject;
use serde::{Deserialize, Serialize};

use super::held::Held;
use super::model::{Document, DocumentVersion};
use super::rules::{self, DocumentAct, MAX_ITEMS, MAX_REASON, MAX_VERSIONS};
use super::{files, library, mails, notify, together};
use crate::shared::attachment::commands::{Binding, bind_each, lock_each};
use crate::shared::file::model::{File, FileState};
use crate::shared::visibility::Visibility;

/// Input for handing files in.
#[derive(Debug, Clone, Serialize)]
pub struct HandIn {
    /// Which file is of which document; none for ids of other nouns.
    pub items: Vec<(Option<DocumentId>, Option<FileId>)>,
    /// What the person says about them.
    pub note: Option<String>,
    /// Whether the person wants a receipt by mail.
    pub wants_receipt: bool,
}

/// A file that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// The document.
    pub document_id: DocumentId,
    /// The number of the version that it became.
    pub number: i32,
}

/// What became of each item: a version, or why not.
pub type Each = Vec<Result<HandedIn, Refused>>;

/// Why a file was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The part of the item that is at fault, if one is.
    pub field: Option<Field>,
    /// The reason.
    pub code: Code,
}

/// A part of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Field {
    /// The document.
    Document,
    /// The file.
    File,
}

impl Field {
    /// As the API spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "documentId",
            Self::File => "fileId",
        }
    }
}

/// Hands files in. What is stored already counts at once; other files count once a worker has stored them.
///
/// # Errors
/// `OUT_OF_RANGE` for no or too many items, `TOO_FAST`, refusals of the note; per item: `NOT_FOUND`, `WRONG_DIRECTION`,
/// `DOCUMENT_NOT_EXPECTED`, `DOCUMENT_TOO_LATE`, `ALREADY_HANDED_IN`, `OUT_OF_RANGE` for too many versions, and what
/// `files` refuse.
pub async fn hand_in(store: &Store, actor: &Actor, key: &str, mut input: HandIn) -> Result<Done<Each>> {
    let mut check = Check::new();
    check.count("items", input.items.len(), &(1..=MAX_ITEMS));
    let note = input.note.as_deref().map(|note| check.text("note", note, 0..=MAX_REASON));
    check.done()?;
    input.note = note.filter(|note| !note.is_empty());
    let mut tx = first!(store.begin_once(actor, "documentHandIn", key, &input).await?);
    let file_ids: Vec<FileId> = input.items.iter().filter_map(|(_, file)| *file).collect();
    let document_ids: Vec<DocumentId> = input.items.iter().filter_map(|(document, _)| *document).collect();
    let files = lock_each(&mut tx, actor, &file_ids).await?;
    let mut held = Held::lock(&mut tx, &actor.scope(), &document_ids).await?;
    let act = ActId::new();
    let (mut each, mut taken, mut used) = (Vec::new(), Vec::new(), HashSet::new());
    for (document, file) in &input.items {
        let file = file.and_then(|id| files.get(&id).cloned()).unwrap_or(Err(Code::NotFound));
        let document = document.and_then(|id| held.documents.get(&id).cloned());
        let done = judge(actor, &held, document, file, &used).map(|(document, file)| {
            used.insert(file.id);
            let made = take(&mut tx, &mut held, &document, &file, (Some(act), input.note.clone()));
            taken.push((document, file));
            made
        });
        each.push(done);
    }
    if taken.is_empty() {
        // Nothing happened: the same key may be used again.
        return Ok(Done { value: each, revision: None });
    }
    let bindings: Vec<Binding<'_>> = taken
        .iter()
        .map(|(document, file)| Binding {
            subject: Subject::of(document.id),
            // What the firm delivers is published later.
            visibility: if document.is_output() { Visibility::Internal } else { Visibility::Public },
            file,
        })
        .collect();
    tx.keep_pace(actor)?;
    let attachments = bind_each(&mut tx, actor.firm_id(), &bindings).await?;
    let made = each.iter().flatten().copied().zip(&attachments).zip(&taken);
    for ((made, attachment), (_, file)) in made {
        held.change(made.number, made.document_id, |_, version, _| version.attachment_id = *attachment);
        if file.state == FileState::Stored {
            files::count(&mut tx, &mut held, made, file).await?;
        }
    }
    notify::handed_in(&mut tx, &held, act, actor.membership.author(), Some(actor.account_id), &each).await?;
    if input.wants_receipt {
        let made = each.iter().flatten().copied().collect();
        mails::receipt(&mut tx, &held, actor.membership.author(), made).await?;
    }
    library::place(&mut tx, &mut held, &document_ids).await?;
    let told = held.told();
    held.save(&mut tx, "documentHandIn").await?;
    let outputs = taken.iter().map(|(document, _)| document).filter(|document| document.is_output());
    let clients: BTreeSet<ClientId> = outputs.map(|document| document.client_id).collect();
    for client in clients {
        together::tell(&mut tx, Some(act), client, &told).await?;
    }
    tx.commit(each).await
}

fn judge(
    actor: &Actor,
    held: &Held,
    document: Option<Document>,
    file: Result<File, Code>,
    used: &HashSet<FileId>,
) -> Result<(Document, File), Refused> {
    let of_document = |code| Refused { field: Some(Field::Document), code };
    let of_file = |code| Refused { field: Some(Field::File), code };
    let document = document.ok_or_else(|| of_document(Code::NotFound))?;
    rules::may(DocumentAct::HandIn, &actor.membership, &document, held.terms(&document))
        .map_err(of_document)?;
    let file = file.map_err(of_file)?;
    if used.contains(&file.id) {
        return Err(of_file(Code::FileAttached));
    }
    if document.last_version >= MAX_VERSIONS {
        return Err(of_document(Code::OutOfRange));
    }
    let others = held.versions.get(&document.id).map(Vec::as_slice).unwrap_or_default();
    if rules::is_known(&document, &version(&document, &file, (None, None), false), others) {
        return Err(of_file(Code::AlreadyHandedIn));
    }
    Ok((document, file))
}

/// The act that hands a file in, and what the person says.
type OfAct = (Option<ActId>, Option<String>);

/// Adds a version of a file to a document.
fn take(tx: &mut Tx, held: &mut Held, document: &Document, file: &File, of: OfAct) -> HandedIn {
    let is_late = !document.is_output() && held.terms(document).is_late();
    let mut version = version(document, file, of, is_late);
    version.created_at = tx.now;
    let made = HandedIn { document_id: document.id, number: version.number };
    held.versions.entry(document.id).or_default().push(version);
    if let Some(document) = held.documents.get_mut(&document.id) {
        document.last_version = made.number;
    }
    made
}

fn version(document: &Document, file: &File, (act_id, note): OfAct, is_late: bool) -> DocumentVersion {
    DocumentVersion {
        id: DocumentVersionId::new(),
        firm_id: document.firm_id,
        document_id: document.id,
        number: document.last_version + 1,
        attachment_id: guichet_base::id::AttachmentId::new(),
        sha256: file.sha256,
        is_late,
        is_current: false,
        note,
        published_at: None,
        rejected_at: None,
        rejection: None,
        read_at: None,
        read_by: None,
        created_at: document.created_at,
        stored_at: None,
        is_duplicate: false,
        rejected_by: None,
        act_id,
    }
}
