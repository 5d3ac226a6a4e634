//! The job that writes a list as a file (C-03).
//!
//! The file is written to an unnamed temporary file, then to the store under a key that only this export has, then its
//! row. Whoever begins again after a kill writes the same object again, until the row is there.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{Stream, stream};
use guichet_base::error::{Error, Result};
use guichet_engine::store::Store;
use guichet_queue::{Job, JobError};
use guichet_schema::month::export::model::{WriteExport, WriteOrder};
use guichet_schema::month::export::writing::{self, Stored};
use guichet_schema::shared::file::digest::Sha256 as Digest;
use guichet_storage::Storage;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt;

/// Size of the chunks in memory.
const CHUNK: usize = 256 << 10;

/// A list that was written.
#[derive(Debug)]
pub struct Written {
    /// The file, which has no name.
    pub file: File,
    /// How many rows it has.
    pub rows: usize,
}

type Write = dyn Fn(Store, WriteOrder) -> BoxFuture<'static, Result<Written>> + Send + Sync;

/// Writes the rows of lists. The API knows their columns and filters, so it says how.
#[derive(Clone)]
pub struct ListWriter(Arc<Write>);

impl ListWriter {
    /// Writes with this function.
    pub fn new<F>(write: impl Fn(Store, WriteOrder) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Written>> + Send + 'static,
    {
        Self(Arc::new(move |store, order| Box::pin(write(store, order))))
    }
}

impl fmt::Debug for ListWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListWriter")
    }
}

/// What writing an export needs.
#[derive(Debug, Clone)]
pub struct Exporter {
    /// The store of the business.
    pub store: Store,
    /// The file store.
    pub storage: Storage,
    /// Writes the rows.
    pub lists: ListWriter,
}

impl Exporter {
    /// Writes the file of the job's export, unless that is done.
    ///
    /// # Errors
    /// Temporary failures are retried with the queue's backoff.
    pub async fn run(self, _: Job, order: WriteExport) -> Result<(), JobError> {
        let id = order.export_id;
        let Some((export, order)) = writing::find(&mut *self.store.conn().await?, id).await? else {
            return Ok(());
        };
        let Some(order) = order else {
            return Ok(writing::fail(&self.store, id).await?);
        };
        let zone = order.zone;
        let Written { file, rows } = match (self.lists.0)(self.store.clone(), order).await {
            Ok(written) => written,
            // A filter that the person may not use any more, or that has become invalid.
            Err(Error::Refused(_)) => return Ok(writing::fail(&self.store, id).await?),
            Err(Error::Fault(fault)) => return Err(fault.into()),
        };
        let (file, size, sha256) = digested(file).await.map_err(JobError::retry)?;
        self.storage.write(&writing::key(&export), bytes(file)).await.map_err(JobError::retry)?;
        writing::ready(&self.store, id, Stored { rows, size, sha256, zone }).await?;
        Ok(())
    }
}

/// The file from its beginning, its size and its digest.
async fn digested(file: File) -> io::Result<(File, u64, Digest)> {
    let digested = tokio::task::spawn_blocking(move || {
        let mut file = file;
        file.rewind()?;
        let (mut hasher, mut size, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                read => {
                    hasher.update(&chunk[..read]);
                    size += read as u64;
                }
            }
        }
        file.rewind()?;
        Ok((file, size, Digest::new(hasher.finalize().into())))
    });
    digested.await?
}

fn bytes(file: File) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut chunk = vec![0; CHUNK];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(chunk), file)))
    })
}
