//! Opening a file: permission check and access log in one transaction.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use guichet_base::error::{OrNotFound, Result};
use guichet_base::foreign;
use guichet_base::id::{FileAccessId, FileId};
use guichet_engine::actor::Actor;
use guichet_engine::store::{Done, Store, Tx};
use guichet_engine::tables::{file_accesses, files};

use super::model::{Channel, File};
use super::owner::{Nouns, Owner, visible};
use super::rules::{self, FileAct, FileDisposition};

/// Longest stored device name, in characters.
const MAX_DEVICE: usize = 200;

/// Opens a file, to save it or to show it in place: both are in its log (B-09), and so in the firm's audit (F-03).
///
/// # Errors
/// `NOT_FOUND`, `FILE_NOT_UPLOADED`, `FILE_NOT_READY`, `FILE_NOT_PREVIEWABLE`, or the reason why it was refused.
pub async fn open(
    store: &Store,
    nouns: Nouns,
    actor: &Actor,
    id: FileId,
    way: FileDisposition,
) -> Result<Done<File>> {
    let mut tx = store.begin(actor).await?;
    let file = record(&mut tx, nouns, actor, id, way).await?;
    let Done { revision, .. } = tx.commit(()).await?;
    Ok(Done { value: file, revision })
}

/// The same within the transaction of another act.
pub(crate) async fn record(
    tx: &mut Tx,
    nouns: Nouns,
    actor: &Actor,
    id: FileId,
    way: FileDisposition,
) -> Result<File> {
    let file: File = files::table
        .filter(visible(&actor.membership).checked())
        .filter(files::id.eq(id))
        .select(File::as_select())
        .get_result(tx.conn())
        .await
        .optional()?
        .or_not_found("id")?;
    let author = actor.membership.author();
    let act = match way {
        FileDisposition::Attachment => FileAct::Download,
        FileDisposition::Inline => FileAct::Preview,
    };
    rules::may(act, author, &file, false, tx.now)?;
    let device = actor.origin.device.as_ref().map(|device| foreign::one_line(device, MAX_DEVICE));
    let row = (
        file_accesses::id.eq(FileAccessId::new()),
        file_accesses::firm_id.eq(file.firm_id),
        file_accesses::file_id.eq(file.id),
        file_accesses::at.eq(tx.now),
        file_accesses::channel.eq(Channel::of(actor)),
        file_accesses::account_id.eq(actor.account_id),
        file_accesses::staff_id.eq(author.staff()),
        file_accesses::access_id.eq(author.access()),
        file_accesses::address.eq(actor.origin.address.as_deref()),
        file_accesses::device.eq(device),
    );
    diesel::insert_into(file_accesses::table).values(row).execute(tx.conn()).await?;
    if let Some(owner) = Owner::of(tx, file.id).await? {
        owner.opened(tx, nouns, actor).await?;
    }
    Ok(file)
}
