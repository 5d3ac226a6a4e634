//! Finders of documents. Each requires the viewer's scope, or the membership where an uploader sees more than others.

use std::collections::HashMap;

use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{AccessId, DocumentId, FileId, FirmId, StaffId, TaskId, TaskTypeId};
use guichet_engine::actor::{Author, Membership, Scope};
use guichet_engine::condition::Condition;
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{
    attachments, document_answers, document_versions, documents, files, firms, task_types, tasks,
};

use super::model::{Document, DocumentAnswer, DocumentState, DocumentVersion, VersionFile};
use super::rules::Terms;
use crate::month::task::model::TaskStatus;
use crate::shared::file::model::FileState;
use crate::shared::file::owner::{on_seen, own};

/// The documents inside a scope (B-14). What is not expected any more does not exist for clients, unless it was delivered.
pub(crate) fn visible(scope: &Scope) -> Condition<documents::table> {
    let shown = is_shown().or(scope.is_staff().into_sql::<Bool>());
    Condition::new(reach::visible::<documents::table>(scope).and(shown))
}

/// Whether users of the client see a document, their categories apart.
pub(crate) fn is_shown() -> Condition<documents::table> {
    Condition::new(documents::state.ne(DocumentState::Dropped).or(documents::published_at.is_not_null()))
}

/// Whether a stored version of what the firm delivers waits to be published, as `documentPublish` does it.
pub(crate) fn has_draft() -> SqlLiteral<Bool> {
    diesel::dsl::sql(
        "(documents.direction = 'OUTPUT' AND EXISTS (
             SELECT FROM document_versions AS draft
             WHERE draft.document_id = documents.id AND draft.stored_at IS NOT NULL AND draft.published_at IS NULL
                 AND draft.rejected_at IS NULL AND NOT draft.is_duplicate AND NOT (
                     documents.takes = 'REPLACE' AND EXISTS (
                         SELECT FROM document_versions AS shown
                         WHERE shown.document_id = documents.id AND shown.is_current AND shown.number > draft.number
                     )
                 )
         ))",
    )
}

/// Documents by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DocumentId],
) -> Result<Vec<Document>> {
    Ok(documents::table
        .filter(visible(scope).checked())
        .filter(sql::among(documents::id, ids))
        .select(Document::as_select())
        .load(conn)
        .await?)
}

/// The documents of tasks, those that are handed in first, by name.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_tasks(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[TaskId]) -> Result<Vec<Document>> {
    Ok(documents::table
        .filter(visible(scope).checked())
        .filter(sql::among(documents::task_id, ids))
        .order((documents::task_id, documents::direction, documents::name, documents::id))
        .select(Document::as_select())
        .load(conn)
        .await?)
}

/// The versions of documents whose files a membership can see, newest first within each: clients see published ones and
/// what was handed in; who hands a file in sees it before it is stored.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn versions(
    conn: &mut AsyncPgConnection,
    membership: &Membership,
    ids: &[DocumentId],
) -> Result<Vec<VersionFile>> {
    type Row = (DocumentVersion, FileId, Option<StaffId>, Option<AccessId>);
    let seen = documents::table.filter(visible(&membership.scope()).checked()).select(documents::id);
    let found: Vec<Row> = document_versions::table
        .inner_join(attachments::table.on(attachments::id.eq(document_versions::attachment_id)))
        .inner_join(files::table.on(files::id.eq(attachments::file_id)))
        .filter(sql::among(document_versions::document_id, ids))
        .filter(document_versions::document_id.eq_any(seen))
        .filter(on_seen(membership))
        .filter(files::state.eq(FileState::Stored).or(own(membership)))
        .order((document_versions::document_id, document_versions::number.desc()))
        .select((DocumentVersion::as_select(), files::id, files::uploader_staff, files::uploader_access))
        .load(conn)
        .await?;
    let version = |(version, file_id, staff, access)| {
        Some(VersionFile { version, file_id, by: Author::from_columns(staff, access)? })
    };
    Ok(found.into_iter().filter_map(version).collect())
}

/// What was said of documents without a file.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn answers(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DocumentId],
) -> Result<HashMap<DocumentId, DocumentAnswer>> {
    let seen = documents::table.filter(visible(scope).checked()).select(documents::id);
    let found: Vec<DocumentAnswer> = document_answers::table
        .filter(sql::among(document_answers::document_id, ids))
        .filter(document_answers::document_id.eq_any(seen))
        .select(DocumentAnswer::as_select())
        .load(conn)
        .await?;
    Ok(found.into_iter().map(|answer| (answer.document_id, answer)).collect())
}

/// The names of kinds of work: clients see them on their documents, and nothing else of the kind of work.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn task_type_names(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    ids: &[TaskTypeId],
) -> Result<HashMap<TaskTypeId, String>> {
    let found: Vec<(TaskTypeId, String)> = task_types::table
        .filter(task_types::firm_id.eq(firm))
        .filter(sql::among(task_types::id, ids))
        .select((task_types::id, task_types::name))
        .load(conn)
        .await?;
    Ok(found.into_iter().collect())
}

/// What acts on documents depend on beside them.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn terms(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    ids: &[DocumentId],
) -> Result<HashMap<DocumentId, Terms>> {
    let found: Vec<(DocumentId, Option<TaskStatus>, bool, bool)> = documents::table
        .inner_join(firms::table.on(firms::id.eq(documents::firm_id)))
        .left_join(tasks::table.on(tasks::id.nullable().eq(documents::task_id)))
        .filter(visible(scope).checked())
        .filter(sql::among(documents::id, ids))
        .select((documents::id, tasks::status.nullable(), firms::late_files, has_draft()))
        .load(conn)
        .await?;
    let terms = |(id, task, late_files, has_draft)| (id, Terms { task, late_files, has_draft });
    Ok(found.into_iter().map(terms).collect())
}
