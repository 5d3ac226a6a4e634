//! Opening a document: its file, with the access log and the read mark in one transaction.

use guichet_base::error::{OrNotFound, Result};
use guichet_base::id::DocumentId;
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store};
use serde::Serialize;

use super::queries;
use crate::shared::file::download;
use crate::shared::file::model::File;
use crate::shared::file::owner::Nouns;
use crate::shared::file::rules::FileDisposition;

/// What is opened of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opened {
    /// The number of the version.
    pub number: i32,
    /// Its file.
    #[serde(skip)]
    pub file: File,
}

/// Opens a version of a document, or the newest that counts; none when no file is there yet: then nothing is logged.
///
/// # Errors
/// `NOT_FOUND` about `id`, or about `version` when the viewer sees no such version; what `fileDownload` refuses.
pub async fn open(
    store: &Store,
    nouns: Nouns,
    actor: &Actor,
    id: DocumentId,
    version: Option<i32>,
    way: FileDisposition,
) -> Result<Done<Option<Opened>>> {
    let mut tx = store.begin(actor).await?;
    queries::by_ids(tx.conn(), &actor.scope(), &[id]).await?.pop().or_not_found("id")?;
    let versions = queries::versions(tx.conn(), &actor.membership, &[id]).await?;
    let asked = match version {
        Some(number) => {
            Some(versions.into_iter().find(|of| of.version.number == number).or_not_found("version")?)
        }
        None => versions.into_iter().find(|of| of.version.is_current),
    };
    let Some(asked) = asked else { return Ok(Done { value: None, revision: None }) };
    let file = download::record(&mut tx, nouns, actor, asked.file_id, way).await?;
    let Done { revision, .. } = tx.commit(()).await?;
    Ok(Done { value: Some(Opened { number: asked.version.number, file }), revision })
}
