//! The result of a worker's verification of a file (F-07).

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::{FileId, FirmId, Id};
use guichet_engine::job::NewJob;
use guichet_engine::job::awaited::Awaited;
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::files;

use super::digest::Sha256;
use super::kind::FileKind;
use super::model::{File, FileRefusal, FileState, VerifyFile};
use super::owner::{Nouns, Owner};
use super::rules;
use super::upload::verify_job;

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The content is as declared, or of a kind that a person takes for the same; it is stored under its final key.
    Stored {
        /// Its kind in truth.
        kind: FileKind,
        /// Whether it can be opened with a password only.
        is_protected: bool,
        /// The digest of its bytes.
        sha256: Sha256,
    },
    /// The content differs, or is malware.
    Refused(FileRefusal),
}

impl Verdict {
    /// The content of a file is what was declared; none when no digest was.
    pub fn as_declared(file: &File) -> Option<Self> {
        Some(Self::Stored { kind: file.content_type, is_protected: false, sha256: file.sha256? })
    }
}

/// The file to verify, in its current state.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(conn: &mut AsyncPgConnection, id: FileId) -> Result<Option<File>> {
    Ok(files::table.find(id).select(File::as_select()).get_result(conn).await.optional()?)
}

/// Records a verdict, and everything that becomes visible by it. The first verdict wins.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn pass(store: &Store, nouns: Nouns, id: FileId, verdict: Verdict) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    // The file before what it is on, as everywhere, so that no two transactions wait for each other.
    let staged = files::table.filter(files::id.eq(id)).filter(files::state.eq(FileState::Staged));
    let file: Option<File> =
        staged.select(File::as_select()).for_update().get_result(tx.conn()).await.optional()?;
    let Some(mut file) = file else { return Ok(()) };
    let owner = Owner::of(&mut tx, id).await?;
    (file.state, file.refusal) = match verdict {
        Verdict::Stored { kind, is_protected, sha256 } => {
            (file.content_type, file.is_protected, file.sha256) = (kind, is_protected, Some(sha256));
            (FileState::Stored, None)
        }
        Verdict::Refused(refusal) => (refusal.state(), Some(refusal)),
    };
    file.expires_at = rules::expiry(file.state, owner.is_some(), tx.now);
    let update = diesel::update(files::table.find(id)).set((
        files::state.eq(file.state),
        files::refusal.eq(file.refusal),
        files::content_type.eq(file.content_type),
        files::is_protected.eq(file.is_protected),
        files::sha256.eq(file.sha256),
        files::expires_at.eq(file.expires_at),
    ));
    sql::keep(1, update).execute(tx.conn()).await?;
    tx.event(file.firm_id, file.event(false));
    let act = if file.refusal.is_some() { "fileRefuse" } else { "fileStore" };
    tx.audit(Some(file.firm_id), act, FileId::NOUN, Some(id.uuid()));
    match (verdict, owner) {
        (Verdict::Stored { .. }, Some(owner)) => owner.reveal(&mut tx, nouns, &file).await?,
        (Verdict::Refused(_), Some(owner)) => owner.tell_uploader(&mut tx, &file),
        (_, None) => {}
    }
    tx.commit(()).await?;
    Ok(())
}

/// No file waits to be looked at without a job that will do it (F-07).
impl Awaited for VerifyFile {
    const WAITING: &'static str =
        "SELECT jsonb_build_object('file_id', id) AS payload FROM files WHERE state = 'STAGED'";

    async fn job(&self, tx: &mut Tx) -> Result<Option<NewJob>> {
        let firm: Option<FirmId> = files::table
            .filter(files::id.eq(self.file_id))
            .filter(files::state.eq(FileState::Staged))
            .select(files::firm_id)
            .for_update()
            .get_result(tx.conn())
            .await
            .optional()?;
        firm.map(|firm| verify_job(self.file_id, firm)).transpose()
    }

    async fn give_up(self, store: &Store) -> Result<()> {
        // What becomes visible of a stored file depends on the noun; a refusal does not.
        pass(store, &[], self.file_id, Verdict::Refused(FileRefusal::Unverifiable)).await
    }
}
