//! Finders of files and of their access logs. Each requires the viewer's membership, because an uploader sees a
//! file before others do.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use guichet_base::error::Result;
use guichet_base::id::{FileId, Id};
use guichet_base::page::{Cursor, Page, PageRequest};
use guichet_engine::actor::{Author, Membership};
use guichet_engine::keyset::{self, Position, page};
use guichet_engine::sql;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{attachments, files};
use guichet_engine::tally;

use super::model::{File, FileAccess, FileState};
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

/// A filter of files; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FileFilter {
    /// These files.
    pub ids: Option<Vec<FileId>>,
    /// In one of these states.
    pub states: Option<Vec<FileState>>,
    /// Attached to one of these things or their messages, whoever uploaded them; otherwise uploaded by the viewer.
    pub subjects: Option<Vec<Subject>>,
}

/// The order of files: newest first.
const NEWEST: &str = "CREATED_AT";

/// The files of the filter, as far as a membership can see them.
fn filtered<'a>(membership: &Membership, filter: &FileFilter) -> files::BoxedQuery<'a, Pg> {
    let query = files::table.filter(visible(membership).checked()).into_boxed();
    let mut query = match (&filter.subjects, membership.author()) {
        (Some(subjects), _) => {
            // An id is of one noun alone.
            let on: Vec<Uuid> = subjects.iter().map(|subject| subject.id).collect();
            let attached = attachments::table.filter(attachments::subject_id.eq_any(on));
            query.filter(files::id.eq_any(attached.select(attachments::file_id)))
        }
        (None, Author::Staff(id)) => query.filter(files::uploader_staff.assume_not_null().eq(id)),
        (None, Author::Portal(id)) => query.filter(files::uploader_access.assume_not_null().eq(id)),
    };
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(files::id, ids));
    }
    if let Some(states) = &filter.states {
        query = query.filter(files::state.eq_any(states.clone()));
    }
    query
}

/// A page of files, newest first.
///
/// # Errors
/// `INVALID_CURSOR`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &FileFilter,
    part: &PageRequest,
) -> Result<Page<File>> {
    let query = filtered(membership, filter);
    Ok(page!(conn, query, part, NEWEST, descending (files::created_at => DateTime<Utc>, files::id), File))
}

/// The position of a file in [`page()`].
pub fn position(file: &File) -> Position {
    keyset::position(NEWEST, true, &file.created_at, file.id)
}

/// Those of these files that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &FileFilter,
    ids: &[FileId],
) -> Result<Vec<File>> {
    let query = filtered(membership, filter).filter(sql::among(files::id, ids));
    Ok(query.select(File::as_select()).load(conn).await?)
}

/// The number of files that match a filter.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn count(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &FileFilter,
) -> Result<i64> {
    Ok(filtered(membership, filter).count().get_result(conn).await?)
}

/// The number of files that match a filter, by state.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    filter: &FileFilter,
) -> Result<Vec<(FileState, i64)>> {
    let by_state = tally::by::<FileState>("files.state");
    Ok(tally::each(filtered(membership, filter).select(by_state).get_result(conn).await?))
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
