//! Trying out what the access key of a bucket may do, for `guichet check`.

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use guichet_schema::shared::file::key::Key;
use http::{HeaderName, Method};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt};

use crate::address::signed;
use crate::s3::S3;
use crate::store::{Storage, StorageError, WriteError};

/// Writes, reads and removes an object, each of which needs a right of its own; returns the rights that are missing, with
/// the store's answer. Nothing remains.
pub async fn rights(s3: &S3, key: &Key) -> Vec<(&'static str, String)> {
    let storage = Storage::S3(s3.clone());
    let content = Bytes::from_static(b"guichet check");
    let mut missing = Vec::new();
    let bytes = stream::iter([Ok::<_, Error>(content.clone())]);
    if let Err(WriteError::Source(error) | WriteError::Store(StorageError(error))) =
        storage.write(key, bytes).await
    {
        missing.push(("s3:PutObject", error.to_string()));
    }
    match read(&storage, key).await {
        Ok(Some(read)) if read == content => {}
        Ok(Some(_)) => missing.push(("s3:GetObject", "other bytes came back than were written".to_owned())),
        // What could not be written is not there.
        Ok(None) if !missing.is_empty() => {}
        Ok(None) => missing.push(("s3:GetObject", "what was written is not there".to_owned())),
        Err(error) => missing.push(("s3:GetObject", error.to_string())),
    }
    if let Err(error) = storage.remove(key).await {
        missing.push(("s3:DeleteObject", error.to_string()));
    }
    let aborted = async { s3.objects().put_multipart(&Path::from(key.path())).await?.abort().await };
    if let Err(error) = aborted.await {
        missing.push(("s3:AbortMultipartUpload", error.to_string()));
    }
    missing
}

async fn read(storage: &Storage, key: &Key) -> Result<Option<Bytes>, StorageError> {
    let Some(opened) = storage.open(key, None).await? else { return Ok(None) };
    let parts: Vec<Bytes> = opened.bytes.boxed().try_collect().await?;
    Ok(Some(parts.concat().into()))
}

impl S3 {
    /// The address at which clients reach an object, signed for so long, with the headers that a request carries.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn address(
        &self,
        method: Method,
        key: &Key,
        lasts: TimeDelta,
        headers: &[(HeaderName, String)],
    ) -> Result<String, StorageError> {
        signed(self, method, &key.path(), lasts, &crate::address::with_headers(headers)).await
    }
}
