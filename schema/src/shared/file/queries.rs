//! Finders of files and of their access logs. Each requires the viewer's membership, because an uploader sees a
//! file before others do.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use guichet_base::error::Result;
use guichet_base::id::{FileId, Id};
use guichet_base::page::{Cursor, PageRequest};
use guichet_engine::actor::Membership;
use guichet_engine::sql;
use guichet_engine::tables::files;

use super::model::{File, FileAccess};
use super::owner::visible;

/// Files by id, in no particular order; those that are not visible are omitted.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[FileId],
) -> Result<Vec<File>> {
    Ok(files::table
        .filter(visible(membership).checked())
        .filter(sql::among(files::id, ids))
        .select(File::as_select())
        .load(conn)
        .await?)
}

/// The order of an access log, for its cursors.
pub const ORDER: &str = "ID";

/// The same part of the access logs of several files (B-09): newest first, backward pages oldest first (see
/// [`PageRequest::page`]). For staff, of visible files; empty for clients. A cursor is a time, so it is valid for
/// each of them.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn accesses(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    of: &[FileId],
    part: &PageRequest,
) -> Result<Vec<FileAccess>> {
    let cursor = part.cursor(ORDER)?.map(|cursor| cursor.id);
    if !membership.scope().is_staff() {
        return Ok(Vec::new());
    }
    let (text, begin) = if part.is_backward() {
        let text = "SELECT a.* FROM unnest(?) AS f (id) CROSS JOIN LATERAL (
                 SELECT * FROM file_accesses WHERE file_id = f.id AND id > ? ORDER BY id LIMIT ?
             ) AS a";
        (text, Uuid::nil())
    } else {
        let text = "SELECT a.* FROM unnest(?) AS f (id) CROSS JOIN LATERAL (
                 SELECT * FROM file_accesses WHERE file_id = f.id AND id < ? ORDER BY id DESC LIMIT ?
             ) AS a";
        (text, Uuid::max())
    };
    let seen = files::table
        .filter(visible(membership).checked())
        .filter(sql::among(files::id, of))
        .select(files::id);
    Ok(sql::kept(text)
        .bind::<Array<SqlUuid>, _>(diesel::dsl::array::<SqlUuid, _>(seen))
        .bind::<SqlUuid, _>(cursor.unwrap_or(begin))
        .bind::<BigInt, _>(part.fetch())
        .load(conn)
        .await?)
}

/// The cursor of an entry in [`accesses`].
pub fn cursor(access: &FileAccess) -> String {
    Cursor::encode(ORDER, "", access.id.uuid())
}
