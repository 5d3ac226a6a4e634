//! Reading and writing objects in either kind of store.

use std::future::ready;
use std::ops;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt, TryStreamExt};
use guichet_base::id::{FileId, FirmId};
use guichet_schema::shared::file::key::{self, Key, STAGED};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use tokio::io::AsyncWriteExt;

use crate::folder::Folder;
use crate::s3::S3;

/// Part size of an upload to a bucket, the smallest that S3 accepts. Two parts are in memory: one being sent, and
/// one being filled.
const PART_OF_S3: usize = 5 << 20;
/// The same for a folder, which accepts any size: many slow senders must not fill the memory.
const PART_OF_FOLDER: usize = 256 << 10;

/// The store failed. Another attempt may succeed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It is known to be away: it was not asked.
    #[error("the file store is away")]
    Away,
    /// It did not do what it was asked.
    #[error("the file store: {0}")]
    Failed(#[from] Error),
}

/// Why an object was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The bytes ended too early. Nothing is written.
    #[error("the bytes to be stored ended: {0}")]
    Source(E),
    /// The store failed.
    #[error(transparent)]
    Store(StorageError),
}

/// An object opened for reading.
pub struct Opened {
    /// The size of the whole object, in bytes.
    pub size: u64,
    /// The range that is read.
    pub range: ops::Range<u64>,
    /// The bytes of the range.
    pub bytes: BoxStream<'static, Result<Bytes, StorageError>>,
}

/// Where objects are stored.
#[derive(Debug, Clone)]
pub enum Storage {
    /// In a bucket.
    S3(S3),
    /// In a folder of this machine, or on a share of several machines.
    Folder(Folder),
}

impl Storage {
    /// Whether the store is known to be away.
    pub fn is_away(&self) -> bool {
        self.objects().is_err()
    }

    /// # Errors
    /// When the store is known to be away.
    fn objects(&self) -> Result<Arc<dyn ObjectStore>, StorageError> {
        match self {
            Self::S3(s3) => s3.health().check().map(|()| s3.objects()),
            Self::Folder(folder) => Ok(folder.objects()),
        }
    }

    /// The error of an operation; of a bucket it is a reason to look whether that is away.
    fn failed(&self, error: Error) -> StorageError {
        if let Self::S3(s3) = self {
            s3.health().suspect();
        }
        StorageError::Failed(error)
    }

    /// The result, or none when the object does not exist.
    fn there<T>(&self, answer: Result<T, Error>) -> Result<Option<T>, StorageError> {
        match answer {
            Ok(value) => Ok(Some(value)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    const fn part(&self) -> usize {
        match self {
            Self::S3(_) => PART_OF_S3,
            Self::Folder(_) => PART_OF_FOLDER,
        }
    }

    /// The size of an object in bytes; none when it does not exist.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn size(&self, key: &Key) -> Result<Option<u64>, StorageError> {
        self.there(self.objects()?.head(&path(key)).await.map(|found| found.size))
    }

    /// Opens an object or a part of it; none when it does not exist.
    ///
    /// # Errors
    /// When the store does not answer, or the object has no such part.
    pub async fn open(&self, key: &Key, part: Option<GetRange>) -> Result<Option<Opened>, StorageError> {
        let options = GetOptions { range: part, ..GetOptions::default() };
        let found = self.there(self.objects()?.get_opts(&path(key), options).await)?;
        Ok(found.map(|found| Opened {
            size: found.meta.size,
            range: found.range.clone(),
            bytes: found.into_stream().map_err(StorageError::Failed).boxed(),
        }))
    }

    /// Writes an object, whole or not at all.
    ///
    /// # Errors
    /// The error of `bytes`, or of the store.
    pub async fn write<E>(
        &self,
        key: &Key,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), WriteError<E>> {
        let broken = |error: std::io::Error| {
            WriteError::Store(self.failed(Error::Generic { store: "writer", source: error.into() }))
        };
        let objects = self.objects().map_err(WriteError::Store)?;
        let mut writer = BufWriter::with_capacity(objects, path(key), self.part()).with_max_concurrency(1);
        let mut bytes = std::pin::pin!(bytes);
        while let Some(next) = bytes.next().await {
            let written = match next {
                // Copied: keeping a small chunk would keep the whole buffer that it is part of.
                Ok(chunk) => writer.write_all(&chunk).await.map_err(broken),
                Err(error) => Err(WriteError::Source(error)),
            };
            if let Err(error) = written {
                // Parts that stay in the bucket are removed by its lifecycle rule (docs/OPERATIONS.md).
                let _ = writer.abort().await;
                return Err(error);
            }
        }
        writer.shutdown().await.map_err(broken)
    }

    /// Removes an object; it is fine when it does not exist.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove(&self, key: &Key) -> Result<(), StorageError> {
        self.there(self.objects()?.delete(&path(key)).await).map(|_| ())
    }

    /// The files with an object in `staged/` that is older than this time.
    pub fn staged_before(
        &self,
        before: DateTime<Utc>,
    ) -> BoxStream<'static, Result<(FirmId, FileId), StorageError>> {
        let objects = match self.objects() {
            Ok(objects) => objects,
            Err(away) => return stream::once(ready(Err(away))).boxed(),
        };
        let listed = objects.list(Some(&Path::from(STAGED)));
        listed
            .try_filter_map(move |object| async move {
                Ok(key::staged(object.location.as_ref()).filter(|_| object.last_modified < before))
            })
            .map_err(StorageError::Failed)
            .boxed()
    }

    /// Removes what killed writers left behind before this time; returns how many files. In a bucket its lifecycle
    /// rule does that.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn remove_leftovers(&self, before: DateTime<Utc>) -> std::io::Result<usize> {
        match self {
            Self::S3(_) => Ok(0),
            Self::Folder(folder) => folder.remove_leftovers(before).await,
        }
    }
}

fn path(key: &Key) -> Path {
    Path::from(key.path())
}
