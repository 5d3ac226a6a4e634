//! What a worker does with an export: each step can be done again.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ExportId, FileId};
use guichet_engine::actor::Author;
use guichet_engine::job::NewJob;
use guichet_engine::job::awaited::Awaited;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{exports, files, firms};

use super::commands::job;
use super::model::{Export, ExportState, WriteExport, WriteOrder};
use crate::people::firm::model::StoredZone;
use crate::people::session;
use crate::shared::file::digest::Sha256;
use crate::shared::file::key::Key;
use crate::shared::file::model::{File, FileRefusal, FileState};

/// How long a file is kept: over a week with a holiday. Then the list has changed anyway.
pub const KEPT: TimeDelta = TimeDelta::days(7);
/// The most exports that expire at once.
const CHUNK: i64 = 100;

/// Where the file of an export goes.
pub fn key(export: &Export) -> Key {
    Key::Stored { firm_id: export.firm_id, file_id: export.file() }
}

/// An export that is to be written, and how; none when nothing is to be done any more. Without an order, who asked for it
/// does not work for the firm any more.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(
    conn: &mut AsyncPgConnection,
    id: ExportId,
) -> Result<Option<(Export, Option<WriteOrder>)>> {
    let queued = exports::table.filter(exports::id.eq(id)).filter(exports::state.eq(ExportState::Queued));
    let found = queued.select(Export::as_select()).get_result(conn).await.optional()?;
    let Some(export) = found else { return Ok(None) };
    let zone: StoredZone = firms::table.find(export.firm_id).select(firms::zone).get_result(conn).await?;
    let zone: Tz = zone.into();
    let person = session::queries::of_person(conn, Author::Staff(export.requested_by)).await?;
    let order = person.map(|(membership, _)| WriteOrder {
        list: export.list,
        format: export.format,
        filter: export.filter.clone(),
        order_by: export.order_by.clone(),
        membership,
        locale: export.locale,
        zone,
    });
    Ok(Some((export, order)))
}

/// What was written under the key of an export.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    /// How many rows it has.
    pub rows: usize,
    /// How many bytes.
    pub size: u64,
    /// The digest of its bytes.
    pub sha256: Sha256,
    /// The firm's time zone, for the day in its name.
    pub zone: Tz,
}

/// Makes the file of an export available. The first one that was written wins.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn ready(store: &Store, id: ExportId, stored: Stored) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    let Some(export) = locked(&mut tx, id).await? else { return Ok(()) };
    let day = export.created_at.with_timezone(&stored.zone).date_naive();
    let list = export.list.as_str().to_lowercase();
    let file: File = diesel::insert_into(files::table)
        .values((
            files::id.eq(export.file()),
            files::firm_id.eq(export.firm_id),
            files::uploader_staff.eq(export.requested_by),
            files::name.eq(format!("{list}-{day}.{}", export.format.extension())),
            files::content_type.eq(export.format.kind()),
            files::size.eq(i64::try_from(stored.size).unwrap_or(i64::MAX)),
            files::sha256.eq(stored.sha256),
            files::state.eq(FileState::Stored),
            files::created_at.eq(tx.now),
        ))
        .returning(File::as_returning())
        .get_result(tx.conn())
        .await?;
    tx.event(file.firm_id, file.event(true));
    let set = (
        exports::state.eq(ExportState::Ready),
        exports::rows.eq(i32::try_from(stored.rows).unwrap_or(i32::MAX)),
        exports::file_id.eq(file.id),
        exports::finished_at.eq(tx.now),
        exports::expires_at.eq(tx.now + KEPT),
    );
    diesel::update(exports::table.find(id)).set(set).execute(tx.conn()).await?;
    told(&mut tx, &export, "exportWrite");
    tx.commit(()).await?;
    Ok(())
}

/// Records that the file cannot be written. An export in another state is left unchanged.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn fail(store: &Store, id: ExportId) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    let Some(export) = locked(&mut tx, id).await? else { return Ok(()) };
    let set = (exports::state.eq(ExportState::Failed), exports::finished_at.eq(tx.now));
    diesel::update(exports::table.find(id)).set(set).execute(tx.conn()).await?;
    told(&mut tx, &export, "exportFail");
    tx.commit(()).await?;
    Ok(())
}

async fn locked(tx: &mut Tx, id: ExportId) -> Result<Option<Export>> {
    let queued = exports::table.filter(exports::id.eq(id)).filter(exports::state.eq(ExportState::Queued));
    Ok(queued.select(Export::as_select()).for_update().get_result(tx.conn()).await.optional()?)
}

fn told(tx: &mut Tx, export: &Export, act: &'static str) {
    let audience = Some(export.audience());
    tx.changed(export.firm_id, act, export.id, audience.clone(), audience);
}

/// Refuses the files that are kept long enough; the sweep of files then removes their bytes. Returns how many.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn expire(store: &Store) -> Result<usize> {
    let mut tx = store.begin(By::system()).await?;
    let over: Vec<Export> = exports::table
        .filter(exports::state.eq(ExportState::Ready))
        .filter(exports::expires_at.le(tx.now))
        .order(exports::id)
        .limit(CHUNK)
        .select(Export::as_select())
        .for_update()
        .skip_locked()
        .load(tx.conn())
        .await?;
    if over.is_empty() {
        return Ok(0);
    }
    let ids: Vec<ExportId> = over.iter().map(|export| export.id).collect();
    let of_files: Vec<FileId> = over.iter().filter_map(|export| export.file_id).collect();
    diesel::update(exports::table.filter(exports::id.eq_any(&ids)))
        .set(exports::state.eq(ExportState::Expired))
        .execute(tx.conn())
        .await?;
    let refusal = FileRefusal::Expired;
    let refused: Vec<File> = diesel::update(files::table.filter(files::id.eq_any(&of_files)))
        .set((
            files::state.eq(refusal.state()),
            files::refusal.eq(refusal),
            files::expires_at.eq(Some::<DateTime<Utc>>(tx.now)),
        ))
        .returning(File::as_returning())
        .get_results(tx.conn())
        .await?;
    for file in &refused {
        tx.event(file.firm_id, file.event(false));
    }
    for export in &over {
        told(&mut tx, export, "exportExpire");
    }
    tx.commit(()).await?;
    Ok(over.len())
}

/// No export waits without a job that writes its file.
impl Awaited for WriteExport {
    const WAITING: &'static str =
        "SELECT jsonb_build_object('export_id', id) AS payload FROM exports WHERE state = 'QUEUED'";

    async fn job(&self, tx: &mut Tx) -> Result<Option<NewJob>> {
        locked(tx, self.export_id).await?.map(|export| job(&export)).transpose()
    }

    async fn give_up(self, store: &Store) -> Result<()> {
        fail(store, self.export_id).await
    }
}
