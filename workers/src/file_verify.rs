//! The job that verifies an uploaded file and stores it (F-07).
//!
//! The bytes are first copied to an unnamed temporary file: exactly the bytes that were hashed, inspected and
//! scanned are stored, whatever happens to the staged object meanwhile. Each step can be repeated.

use std::fs;
use std::io::{self, Seek};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt, stream};
use guichet_engine::store::Store;
use guichet_queue::{Job, JobError};
use guichet_schema::nouns;
use guichet_schema::shared::file::digest::Sha256 as Digest;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::{File, FileRefusal, FileState, VerifyFile};
use guichet_schema::shared::file::verdict::{self, Verdict};
use guichet_storage::{Opened, Storage};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::clamd::{Clamd, Finding};
use crate::file_content::{self, Content};
use crate::metrics;

/// Size of the chunks in memory.
const CHUNK: usize = 256 << 10;

/// Up to this attempt a missing object is retried: it existed when its upload was completed, and a store may be
/// inconsistent for a moment.
const DOUBTED: i32 = 8;

/// What verification needs.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// The store of the business.
    pub store: Store,
    /// The file store.
    pub storage: Storage,
    /// The scanner, if there is one.
    pub clamd: Option<Clamd>,
}

impl Verifier {
    /// Verifies the job's file, unless that is done, and removes the staged object.
    ///
    /// # Errors
    /// Temporary failures are retried with the queue's backoff. Without the scanner no file passes.
    pub async fn run(self, job: Job, order: VerifyFile) -> Result<(), JobError> {
        let file = verdict::find(&mut *self.store.conn().await?, order.file_id).await?;
        let Some(file) = file else { return Ok(()) };
        if file.state == FileState::Staged {
            let verdict = self.judge(&file, job.attempt).await?;
            verdict::pass(&self.store, nouns::WITH_FILES, file.id, verdict).await?;
            count(verdict);
        }
        self.storage.remove(&file.staged()).await.map_err(JobError::retry)
    }

    async fn judge(&self, file: &File, attempt: i32) -> Result<Verdict, JobError> {
        let refused = |refusal| Ok(Verdict::Refused(refusal));
        let size = file.size.unsigned_abs();
        let opened = self.storage.open(&file.staged(), None).await.map_err(JobError::retry)?;
        let Some(opened) = opened else {
            // The verdict was recorded before the database was restored from an earlier backup.
            if let Some(stored) = self.storage.open(&file.stored(), None).await.map_err(JobError::retry)?
                && stored.size == size
            {
                let spool = Spool::of(stored).await.map_err(JobError::retry)?;
                return spool.verdict(file).await.map_err(JobError::retry);
            }
            return if attempt < DOUBTED {
                Err(JobError::retry(Absent))
            } else {
                refused(FileRefusal::Missing)
            };
        };
        if opened.size != size {
            return refused(FileRefusal::WrongSize);
        }
        let spool = Spool::of(opened).await.map_err(JobError::retry)?;
        if file.sha256.is_some_and(|declared| declared != spool.sha256) {
            return refused(FileRefusal::WrongChecksum);
        }
        let verdict = spool.verdict(file).await.map_err(JobError::retry)?;
        if verdict == Verdict::Refused(FileRefusal::WrongType) {
            return Ok(verdict);
        }
        if let Some(clamd) = &self.clamd {
            let bytes = spool.bytes().map_err(JobError::retry)?;
            if let Finding::Infected(name) = clamd.scan(bytes).await.map_err(JobError::retry)? {
                tracing::warn!(file = %file.id, name, "malware was found; the file is quarantined");
                self.keep(&file.quarantined(), &spool, size).await?;
                return refused(FileRefusal::Infected);
            }
        }
        self.keep(&file.stored(), &spool, size).await?;
        Ok(verdict)
    }

    /// Writes an object unless it exists: under a file's key there is only what was declared.
    async fn keep(&self, key: &Key, spool: &Spool, size: u64) -> Result<(), JobError> {
        if self.is_there(key, size).await? {
            return Ok(());
        }
        let bytes = spool.bytes().map_err(JobError::retry)?;
        self.storage.write(key, bytes).await.map_err(JobError::retry)
    }

    async fn is_there(&self, key: &Key, size: u64) -> Result<bool, JobError> {
        Ok(self.storage.size(key).await.map_err(JobError::retry)? == Some(size))
    }
}

/// An unnamed temporary file, gone when it is dropped or the process dies.
struct Spool {
    file: fs::File,
    sha256: Digest,
}

/// The object has disappeared from the store.
#[derive(Debug, thiserror::Error)]
#[error("the staged object is not there")]
struct Absent;

/// The store returned fewer bytes than the object has.
#[derive(Debug, thiserror::Error)]
#[error("the file store broke off")]
struct BrokenOff;

impl Spool {
    async fn of(opened: Opened) -> Result<Self, guichet_queue::BoxError> {
        let file = tokio::task::spawn_blocking(tempfile::tempfile).await??;
        let mut copy = tokio::fs::File::from_std(file);
        let (mut hasher, mut size) = (Sha256::new(), 0);
        let mut bytes = opened.bytes;
        while let Some(chunk) = bytes.try_next().await? {
            hasher.update(&chunk);
            size += chunk.len() as u64;
            copy.write_all(&chunk).await?;
        }
        if size != opened.size {
            return Err(BrokenOff.into());
        }
        copy.flush().await?;
        Ok(Self { file: copy.into_std().await, sha256: Digest::new(hasher.finalize().into()) })
    }

    /// The verdict about its content: stored as what it is, or of the wrong kind.
    async fn verdict(&self, declared: &File) -> io::Result<Verdict> {
        let (file, kind) = (self.rewound()?, declared.content_type);
        let content = tokio::task::spawn_blocking(move || file_content::recognize(kind, file)).await??;
        Ok(match content {
            Some(Content { kind, is_protected }) => {
                Verdict::Stored { kind, is_protected, sha256: self.sha256 }
            }
            None => Verdict::Refused(FileRefusal::WrongType),
        })
    }

    /// Its bytes from the beginning.
    fn bytes(&self) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
        let file = tokio::fs::File::from_std(self.rewound()?);
        Ok(stream::try_unfold(file, async |mut file| {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk).await?;
            chunk.truncate(read);
            Ok((read > 0).then(|| (Bytes::from(chunk), file)))
        }))
    }

    /// The same open file, rewound: one reader at a time.
    fn rewound(&self) -> io::Result<fs::File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(file)
    }
}

fn count(verdict: Verdict) {
    metrics::file(match verdict {
        Verdict::Stored { .. } => metrics::File::Stored,
        Verdict::Refused(FileRefusal::Infected) => metrics::File::Infected,
        Verdict::Refused(_) => metrics::File::Rejected,
    });
}
