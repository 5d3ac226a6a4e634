//! The list of documents: filter, search, order, pages.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ClientId, DocumentId, FirmId, FolderId, StaffId, TaskId, TaskTypeId};
use guichet_base::locale::Locale;
use guichet_base::page::{Page, PageRequest};
use guichet_base::search;
use guichet_base::text_enum;
use guichet_engine::actor::Scope;
use guichet_engine::condition::is_few;
use guichet_engine::keyset::{self, Position, keyset, place};
use guichet_engine::sql;
use guichet_engine::tables::{documents, firms, task_types};
use guichet_engine::{found_by, refolded};
use guichet_obligations::{Category, Direction};

use super::model::{Document, DocumentApproval, DocumentState};
use super::queries::{has_draft, is_shown, visible};
use super::rules::{DocumentMark, mark_sql};
use crate::month::generation::run::{document_text, label};
use crate::month::task_type::model::TaskType;
use crate::month::task_type::rules::recurrence;
use crate::people::firm::day::today;

text_enum! {
    /// A field by which documents can be sorted.
    pub enum DocumentOrderField {
        /// The due date that the client sees; documents without one come last.
        DueOn = "DUE_ON",
        /// The date and time of the last change that the client sees.
        UpdatedAt = "UPDATED_AT",
        /// The date and time of creation.
        CreatedAt = "CREATED_AT",
    }
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentOrder {
    /// The field to sort by.
    pub field: DocumentOrderField,
    /// Whether the largest value comes first.
    pub descending: bool,
}

impl Default for DocumentOrder {
    fn default() -> Self {
        Self { field: DocumentOrderField::DueOn, descending: false }
    }
}

/// The day of a document without one: after all others.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day of the calendar");

impl DocumentOrder {
    /// The position of a document in a list of this order.
    pub fn position(self, document: &Document) -> Position {
        let (name, down, id) = (self.field.as_str(), self.descending, document.id);
        match self.field {
            DocumentOrderField::DueOn => keyset::position(name, down, &document.due_on.unwrap_or(NEVER), id),
            DocumentOrderField::UpdatedAt => keyset::position(name, down, &document.updated_at, id),
            DocumentOrderField::CreatedAt => keyset::position(name, down, &document.created_at, id),
        }
    }
}

/// A filter of documents; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct DocumentFilter {
    /// These documents.
    pub ids: Option<Vec<DocumentId>>,
    /// Of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// Of one of these tasks; never of a client's filter (C-01).
    pub tasks: Option<Vec<TaskId>>,
    /// Of one of these kinds of work.
    pub task_types: Option<Vec<TaskTypeId>>,
    /// Of kinds of work with one of these names.
    pub task_type_names: Option<Vec<String>>,
    /// Of work of one of these people; never of a client's filter (C-01).
    pub assignees: Option<Vec<StaffId>>,
    /// In one of these folders.
    pub folders: Option<Vec<FolderId>>,
    /// Whether they lie with their file at the top of the library.
    pub is_top: Option<bool>,
    /// Brought by one of these.
    pub directions: Option<Vec<Direction>>,
    /// In one of these states.
    pub states: Option<Vec<DocumentState>>,
    /// With one of these marks.
    pub marks: Option<Vec<DocumentMark>>,
    /// Of which the client said one of these.
    pub approvals: Option<Vec<DocumentApproval>>,
    /// Whether a stored file of it waits to be published; never of a client's filter.
    pub has_draft: Option<bool>,
    /// Whether users of the client see it, their categories apart: what is not expected any more they see only where it
    /// was delivered.
    pub is_shown: Option<bool>,
    /// About one of these.
    pub categories: Option<Vec<Category>>,
    /// About one of these periods.
    pub periods: Option<Vec<String>>,
    /// Due on or after.
    pub due_from: Option<NaiveDate>,
    /// Due on or before.
    pub due_to: Option<NaiveDate>,
    /// Whether something is left to do for the client: to hand in, or to open.
    pub is_open: Option<bool>,
    /// Words in the name, in the kind of work or in the period; all must match.
    pub search: Option<String>,
}

/// The date by which lists are ordered, as the indexes have it.
pub const DUE_ON: &str = "coalesce(documents.due_on, '9999-12-31')";

/// Whether something is left to do for the client: word for word as the partial indexes have it, and without values, which
/// a kept plan does not know.
pub const OPEN: &str = "((documents.direction = 'INPUT' AND documents.state IN ('EXPECTED', 'REJECTED')) \
    OR (documents.direction = 'OUTPUT' AND documents.published_at IS NOT NULL AND documents.read_at IS NULL))";

/// A list before it is ordered.
pub(crate) type Query<'a> = documents::BoxedQuery<'a, Pg>;

/// The query of a list.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub(crate) async fn filtered<'a>(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DocumentFilter,
    now: DateTime<Utc>,
) -> Result<Query<'a>> {
    let few = is_few(filter.clients.as_deref()) || filter.ids.is_some() || filter.tasks.is_some();
    let mut query = documents::table.filter(visible(scope).checked_if(few)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(documents::id, ids));
    }
    match filter.clients.as_deref() {
        // With one client, an index has the right order.
        Some([client]) => query = query.filter(documents::client_id.eq(*client)),
        Some(clients) => query = query.filter(documents::client_id.eq_any(clients.to_vec())),
        None => {}
    }
    if let Some(tasks) = &filter.tasks {
        query = query.filter(documents::task_id.eq_any(tasks.clone()));
    }
    if let Some(task_types) = &filter.task_types {
        query = query.filter(documents::task_type_id.eq_any(task_types.clone()));
    }
    if let Some(names) = &filter.task_type_names {
        let named = task_types::table
            .filter(task_types::firm_id.eq(scope.firm_id()))
            .filter(task_types::name.eq_any(names.clone()))
            .select(task_types::id.nullable());
        query = query.filter(documents::task_type_id.eq_any(named));
    }
    if let Some(assignees) = &filter.assignees {
        query = query.filter(documents::assignee_id.eq_any(assignees.clone()));
    }
    if let Some(folders) = &filter.folders {
        query = query.filter(documents::folder_id.eq_any(folders.clone()));
    }
    if let Some(is_top) = filter.is_top {
        // Without a file it lies nowhere; of what is not published a client learns nothing.
        let is_there = documents::state.eq(DocumentState::Filed).or(documents::published_at.is_not_null());
        query = match is_top {
            true => query.filter(documents::folder_id.is_null().and(is_there)),
            false => query.filter(documents::folder_id.is_not_null()),
        };
    }
    if let Some(directions) = &filter.directions {
        query = query.filter(documents::direction.eq_any(directions.clone()));
    }
    if let Some(states) = &filter.states {
        query = query.filter(documents::state.eq_any(states.clone()));
    }
    if let Some(marks) = &filter.marks {
        let today = today(conn, scope.firm_id(), now).await?;
        let mark: SqlLiteral<Text> = diesel::dsl::sql(&format!("({})", mark_sql(today)));
        query = query.filter(mark.eq_any(marks.clone()));
    }
    if let Some(approvals) = &filter.approvals {
        query = query.filter(has_approval(approvals));
    }
    if let Some(draft) = filter.has_draft {
        query = query.filter(has_draft().eq(draft));
    }
    if let Some(shown) = filter.is_shown {
        query = if shown { query.filter(is_shown()) } else { query.filter(diesel::dsl::not(is_shown())) };
    }
    if let Some(categories) = &filter.categories {
        query = query.filter(documents::category.eq_any(categories.clone()));
    }
    if let Some(periods) = &filter.periods {
        query = query.filter(documents::period.eq_any(periods.clone()));
    }
    if filter.due_from.is_some() || filter.due_to.is_some() {
        query = query.filter(documents::due_on.is_not_null());
    }
    // As the indexes have it, so that a list in this order reads nothing else.
    if let Some(from) = filter.due_from {
        query = query.filter(or_never(DUE_ON).ge(from));
    }
    if let Some(to) = filter.due_to {
        query = query.filter(or_never(DUE_ON).le(to));
    }
    if let Some(is_open) = filter.is_open {
        let open: SqlLiteral<Bool> = diesel::dsl::sql(OPEN);
        query = if is_open { query.filter(open) } else { query.filter(diesel::dsl::not(open)) };
    }
    Ok(query.filter(found_by!(documents, &search::Query::read(filter.search.as_deref())?)))
}

/// Whether the client said one of these of a document: written out, so that a kept plan knows the partial indexes.
fn has_approval(approvals: &[DocumentApproval]) -> SqlLiteral<Bool> {
    let names: Vec<String> = approvals.iter().map(|approval| format!("'{approval}'")).collect();
    let any = if names.is_empty() { "NULL".to_owned() } else { names.join(", ") };
    diesel::dsl::sql(&format!("documents.approval IN ({any})"))
}

/// A page of the list, with the marks of the firm's day `now`.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DocumentFilter,
    order: DocumentOrder,
    part: &PageRequest,
    now: DateTime<Utc>,
) -> Result<Page<Document>> {
    let query = filtered(conn, scope, filter, now).await?.limit(part.fetch());
    let ascending = order.descending == part.is_backward();
    let name = order.field.as_str();
    macro_rules! by {
        ($column:expr => $key:ty) => {{
            let place = place::<$key>(part, name)?;
            keyset!(query, ascending, place, ($column, documents::id))
        }};
    }
    let query = match order.field {
        DocumentOrderField::DueOn => by!(or_never(DUE_ON) => NaiveDate),
        DocumentOrderField::UpdatedAt => by!(documents::updated_at => DateTime<Utc>),
        DocumentOrderField::CreatedAt => by!(documents::created_at => DateTime<Utc>),
    };
    Ok(part.page(query.select(Document::as_select()).load(conn).await?))
}

/// A date by which lists are ordered, as the index has it; [`NEVER`] for none.
fn or_never(date: &'static str) -> SqlLiteral<Date> {
    diesel::dsl::sql(date)
}

/// Those of these documents that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DocumentFilter,
    ids: &[DocumentId],
    now: DateTime<Utc>,
) -> Result<Vec<Document>> {
    let query = filtered(conn, scope, filter, now).await?.filter(sql::among(documents::id, ids));
    Ok(query.select(Document::as_select()).load(conn).await?)
}

/// The number of documents that match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &DocumentFilter,
    now: DateTime<Utc>,
) -> Result<i64> {
    Ok(filtered(conn, scope, filter, now).await?.count().get_result(conn).await?)
}

refolded!(documents, Document, async |conn: &mut AsyncPgConnection, rows: &[Document]| -> Result<_> {
    let of: Vec<TaskTypeId> = rows.iter().filter_map(|document| document.task_type_id).collect();
    let types: Vec<TaskType> = task_types::table
        .filter(sql::among(task_types::id, &of))
        .select(TaskType::as_select())
        .load(&mut *conn)
        .await?;
    let of: Vec<FirmId> = rows.iter().map(|document| document.firm_id).collect();
    let locales: Vec<(FirmId, Locale)> =
        firms::table.filter(sql::among(firms::id, &of)).select((firms::id, firms::locale)).load(conn).await?;
    let locales: HashMap<FirmId, Locale> = locales.into_iter().collect();
    // As the generation writes it.
    let text = |document: &Document| {
        let task_type = types.iter().find(|one| document.task_type_id == Some(one.id));
        let every = task_type.map_or(1, |one| recurrence(one).every);
        let period = document.period(every).zip(locales.get(&document.firm_id).copied());
        let period = period.map(|(period, locale)| label(locale, &period)).unwrap_or_default();
        document_text(&document.name, task_type.map_or("", |one| one.name.as_str()), &period)
    };
    Ok(rows.iter().map(text).collect())
});
