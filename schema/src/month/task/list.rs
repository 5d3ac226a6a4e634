//! The list of tasks (C-03): filter, search, order, pages.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::collation;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{ClientId, DepartmentId, FirmId, RecurringTaskId, StaffId, TaskId, TaskTypeId};
use guichet_base::locale::Locale;
use guichet_base::page::{Page, PageRequest};
use guichet_base::search;
use guichet_base::text_enum;
use guichet_engine::actor::{Author, Scope};
use guichet_engine::condition::{Condition, is_few};
use guichet_engine::each::{each, of_parent};
use guichet_engine::keyset::{self, Key, Position, keyset, place};
use guichet_engine::reach;
use guichet_engine::sql;
use guichet_engine::tables::{clients, firms, tasks};
use guichet_engine::tally;
use guichet_engine::{found_by, refolded};

use crate::people::firm::day::today;
use crate::shared::conversation::queries::has_unread;

use super::model::{Task, TaskOrigin, TaskStatus};

text_enum! {
    /// A field by which tasks can be sorted.
    pub enum TaskOrderField {
        /// The date of the law; tasks without one come last.
        LegalDueOn = "LEGAL_DUE_ON",
        /// The firm's own date; tasks without one come last.
        TargetOn = "TARGET_ON",
        /// The date and time of the last change.
        UpdatedAt = "UPDATED_AT",
        /// The date and time of creation.
        CreatedAt = "CREATED_AT",
        /// The status, by its name in the API.
        Status = "STATUS",
        /// The title, as in a dictionary.
        Title = "TITLE",
    }
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskOrder {
    /// The field to sort by.
    pub field: TaskOrderField,
    /// Whether the largest value comes first.
    pub descending: bool,
}

impl Default for TaskOrder {
    fn default() -> Self {
        Self { field: TaskOrderField::LegalDueOn, descending: false }
    }
}

/// The day of a task without one: after all others.
const NEVER: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day of the calendar");

impl TaskOrder {
    /// The position of a task in a list of this order.
    pub fn position(self, task: &Task) -> Position {
        let (name, down, id) = (self.field.as_str(), self.descending, task.id);
        match self.field {
            TaskOrderField::LegalDueOn => {
                keyset::position(name, down, &task.legal_due_on.unwrap_or(NEVER), id)
            }
            TaskOrderField::TargetOn => keyset::position(name, down, &task.target_on.unwrap_or(NEVER), id),
            TaskOrderField::UpdatedAt => keyset::position(name, down, &task.updated_at, id),
            TaskOrderField::CreatedAt => keyset::position(name, down, &task.created_at, id),
            TaskOrderField::Status => keyset::position(name, down, &task.status, id),
            TaskOrderField::Title => keyset::position(name, down, &collation::key(&task.title), id),
        }
    }
}

impl Key for TaskStatus {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn rank(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec().rank()
    }
}

/// A filter of tasks; all given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TaskFilter {
    /// These tasks.
    pub ids: Option<Vec<TaskId>>,
    /// One of these.
    pub status: Option<Vec<TaskStatus>>,
    /// Of one of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// With one of these assignees.
    pub assignees: Option<Vec<StaffId>>,
    /// In one of these departments.
    pub departments: Option<Vec<DepartmentId>>,
    /// Of one of these kinds of work.
    pub task_types: Option<Vec<TaskTypeId>>,
    /// From one of these recurring tasks.
    pub recurring: Option<Vec<RecurringTaskId>>,
    /// About one of these periods.
    pub periods: Option<Vec<String>>,
    /// From one of these sources.
    pub origins: Option<Vec<TaskOrigin>>,
    /// Legally due on or after.
    pub due_from: Option<NaiveDate>,
    /// Legally due on or before.
    pub due_to: Option<NaiveDate>,
    /// To be done by the firm's own date on or after.
    pub target_from: Option<NaiveDate>,
    /// To be done by the firm's own date on or before.
    pub target_to: Option<NaiveDate>,
    /// Made at or after.
    pub created_from: Option<DateTime<Utc>>,
    /// Made before.
    pub created_to: Option<DateTime<Utc>>,
    /// Changed at or after.
    pub updated_from: Option<DateTime<Utc>>,
    /// Changed before.
    pub updated_to: Option<DateTime<Utc>>,
    /// Whether nobody has acted on it yet.
    pub is_untouched: Option<bool>,
    /// Whether this person has unread comments on it (D-12).
    pub unread: Option<(Author, bool)>,
    /// Whether required documents are missing; those of a canceled task are not.
    pub has_missing_documents: Option<bool>,
    /// Whether it is late on the firm's day at `now`.
    pub is_overdue: Option<bool>,
    /// The moment that tells the firm's day; see [`TaskFilter::at`].
    pub now: Option<DateTime<Utc>>,
    /// Words in title, description or the client's name, in any of their forms in the firm's language; all must match.
    pub search: Option<String>,
}

impl TaskFilter {
    /// The filter as it is at this moment. Those who follow a list ask it anew each time.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Self {
        Self { now: Some(now), ..self.clone() }
    }
}

/// The tasks inside a scope (B-14): none for clients (C-01).
pub(crate) fn visible(scope: &Scope) -> Condition<tasks::table> {
    reach::visible(scope)
}

type Query<'a> = tasks::BoxedQuery<'a, Pg>;

async fn filtered<'a>(conn: &mut AsyncPgConnection, scope: &Scope, filter: &TaskFilter) -> Result<Query<'a>> {
    let few = is_few(filter.clients.as_deref()) || filter.ids.is_some() || filter.recurring.is_some();
    filtered_if(conn, scope, filter, few).await
}

/// The tasks of a filter; `few` tells whether an index of the firm would find too many.
async fn filtered_if<'a>(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskFilter,
    few: bool,
) -> Result<Query<'a>> {
    let mut query = tasks::table.filter(visible(scope).checked_if(few)).into_boxed();
    if let Some(ids) = &filter.ids {
        query = query.filter(sql::among(tasks::id, ids));
    }
    if let Some(status) = &filter.status {
        query = query.filter(tasks::status.eq_any(status.clone()));
    }
    match filter.clients.as_deref() {
        // With one client, an index has the right order.
        Some([client]) => query = query.filter(tasks::client_id.eq(*client)),
        Some(clients) => query = query.filter(tasks::client_id.eq_any(clients.to_vec())),
        None => {}
    }
    if let Some(assignees) = &filter.assignees {
        query = query.filter(tasks::assignee_id.eq_any(assignees.clone()));
    }
    if let Some(departments) = &filter.departments {
        query = query.filter(tasks::department_id.eq_any(departments.clone()));
    }
    if let Some(task_types) = &filter.task_types {
        query = query.filter(tasks::task_type_id.eq_any(task_types.clone()));
    }
    if let Some(recurring) = &filter.recurring {
        query = query.filter(tasks::recurring_task_id.eq_any(recurring.clone()));
    }
    if let Some(periods) = &filter.periods {
        query = query.filter(tasks::period.eq_any(periods.clone()));
    }
    if let Some(origins) = &filter.origins {
        query = query.filter(tasks::origin.eq_any(origins.clone()));
    }
    if let Some(from) = filter.due_from {
        // The second condition lets a list by this date begin there.
        query = query.filter(tasks::legal_due_on.ge(from)).filter(or_never(LEGAL).ge(from));
    }
    if let Some(to) = filter.due_to {
        query = query.filter(tasks::legal_due_on.le(to)).filter(or_never(LEGAL).le(to));
    }
    if let Some(from) = filter.target_from {
        query = query.filter(tasks::target_on.ge(from));
    }
    if let Some(to) = filter.target_to {
        query = query.filter(tasks::target_on.le(to));
    }
    if let Some(at) = filter.created_from {
        query = query.filter(tasks::created_at.ge(sql::held(at)));
    }
    if let Some(at) = filter.created_to {
        query = query.filter(tasks::created_at.lt(sql::held(at)));
    }
    if let Some(at) = filter.updated_from {
        query = query.filter(tasks::updated_at.ge(sql::held(at)));
    }
    if let Some(at) = filter.updated_to {
        query = query.filter(tasks::updated_at.lt(sql::held(at)));
    }
    if let Some(untouched) = filter.is_untouched {
        query = query.filter(tasks::is_untouched.eq(untouched));
    }
    if let Some((reader, unread)) = filter.unread {
        query = query.filter(has_unread::<tasks::table>(reader, unread));
    }
    if let Some(missing) = filter.has_missing_documents {
        query = query.filter(lacks_documents().eq(missing));
    }
    if let Some(overdue) = filter.is_overdue {
        let now = filter.now.ok_or_else(|| Fault::Broken("what is late depends on the moment".into()))?;
        let today = today(conn, scope.firm_id(), now).await?;
        query = query.filter(is_overdue(today, overdue));
    }
    let words = search::Query::read(filter.search.as_deref())?;
    if words.is_empty() {
        return Ok(query);
    }
    let locale: Locale = firms::table.find(scope.firm_id()).select(firms::locale).get_result(conn).await?;
    let words = words.with_forms(locale).words();
    // Names change, so tasks do not keep them.
    let names = clients_named(conn, scope.firm_id(), &words).await?;
    for word in words {
        let named = names.iter().filter(|(_, name)| word.matches(name)).map(|(id, _)| *id);
        let named: Vec<ClientId> = named.collect();
        query = query.filter(found_by!(tasks, &word).or(tasks::client_id.eq_any(named)));
    }
    Ok(query)
}

/// The folded names of the clients of a firm that contain one of these words, or whose numbers or addresses do.
async fn clients_named(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    words: &[search::Query],
) -> Result<Vec<(ClientId, String)>> {
    let found = words.iter().map(|word| found_by!(clients, word));
    let Some(found) = found.reduce(|any, word| Condition::new(any.or(word))) else { return Ok(Vec::new()) };
    let found: Vec<(ClientId, String)> = clients::table
        .filter(clients::firm_id.eq(firm))
        .filter(found)
        .select((clients::id, clients::name))
        .load(conn)
        .await?;
    Ok(found.into_iter().map(|(id, name)| (id, search::fold(&name))).collect())
}

/// Whether required documents of a task are missing.
fn lacks_documents() -> SqlLiteral<Bool> {
    diesel::dsl::sql(
        "EXISTS (SELECT FROM documents WHERE documents.task_id = tasks.id AND documents.is_required \
         AND documents.state IN ('EXPECTED', 'REJECTED'))",
    )
}

/// Whether a task is late, as [`rules::is_overdue`](super::rules::is_overdue) says, on this day of the firm; as the partial
/// index has it.
fn is_overdue(today: NaiveDate, wanted: bool) -> Condition<tasks::table> {
    let late = diesel::dsl::sql::<Bool>(
        "(tasks.status NOT IN ('DONE', 'CANCELED') AND coalesce(tasks.legal_due_on, '9999-12-31') < ",
    )
    .bind::<Date, _>(today)
    .sql(")");
    if wanted { Condition::new(late) } else { Condition::new(diesel::dsl::not(late)) }
}

/// A page of the list.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn page(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskFilter,
    order: TaskOrder,
    part: &PageRequest,
) -> Result<Page<Task>> {
    let query = filtered(conn, scope, filter).await?.limit(part.fetch());
    let query = ordered(query, order, order.descending == part.is_backward(), Some(part))?;
    Ok(part.page(query.select(Task::as_select()).load(conn).await?))
}

/// The same page of the list of each of these clients.
///
/// # Errors
/// `INVALID_CURSOR`, `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn pages(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    of: &[ClientId],
    (filter, order): &(TaskFilter, TaskOrder),
    part: &PageRequest,
) -> Result<Vec<Task>> {
    let query = filtered_if(conn, scope, filter, true)
        .await?
        .filter(of_parent("tasks.client_id"))
        .limit(part.fetch());
    let query = ordered(query, *order, order.descending == part.is_backward(), Some(part))?;
    Ok(each(of, query.select(Task::as_select())).load(conn).await?)
}

/// The ids of all tasks of the list in order, for a file, which must not miss tasks that change meanwhile.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn ids(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskFilter,
    order: TaskOrder,
) -> Result<Vec<TaskId>> {
    let query = ordered(filtered(conn, scope, filter).await?, order, !order.descending, None)?;
    Ok(query.select(tasks::id).load(conn).await?)
}

fn ordered<'a>(
    query: Query<'a>,
    order: TaskOrder,
    ascending: bool,
    part: Option<&PageRequest>,
) -> Result<Query<'a>> {
    let name = order.field.as_str();
    macro_rules! by {
        ($column:expr => $key:ty) => {{
            let place = part.map(|part| place::<$key>(part, name)).transpose()?.flatten();
            keyset!(query, ascending, place, ($column, tasks::id))
        }};
    }
    Ok(match order.field {
        TaskOrderField::LegalDueOn => {
            by!(or_never(LEGAL) => NaiveDate)
        }
        TaskOrderField::TargetOn => by!(or_never("coalesce(tasks.target_on, '9999-12-31')") => NaiveDate),
        TaskOrderField::UpdatedAt => by!(tasks::updated_at => DateTime<Utc>),
        TaskOrderField::CreatedAt => by!(tasks::created_at => DateTime<Utc>),
        TaskOrderField::Status => by!(tasks::status => TaskStatus),
        TaskOrderField::Title => by!(tasks::title_key => Vec<u8>),
    })
}

/// The date of the law, as the indexes have it.
const LEGAL: &str = "coalesce(tasks.legal_due_on, '9999-12-31')";

/// A date by which lists are ordered, as the index has it; [`NEVER`] for none.
fn or_never(date: &'static str) -> SqlLiteral<Date> {
    diesel::dsl::sql(date)
}

/// Those of these tasks that are in the list, in no particular order, for keeping a list up to date.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn among(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskFilter,
    ids: &[TaskId],
) -> Result<Vec<Task>> {
    let query = filtered(conn, scope, filter).await?.filter(sql::among(tasks::id, ids));
    Ok(query.select(Task::as_select()).load(conn).await?)
}

/// Tasks by id, in no particular order.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn by_ids(conn: &mut AsyncPgConnection, scope: &Scope, ids: &[TaskId]) -> Result<Vec<Task>> {
    Ok(tasks::table
        .filter(visible(scope).checked())
        .filter(sql::among(tasks::id, ids))
        .select(Task::as_select())
        .load(conn)
        .await?)
}

/// The text by which a task is found.
pub(super) fn search_text(task: &Task) -> String {
    search::fold(&format!("{}\n{}", task.title, task.description))
}

refolded!(tasks, Task, async |_, tasks: &[Task]| -> Result<_> {
    Ok(tasks.iter().map(search_text).collect())
});

/// What tasks are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tallied {
    /// Their status.
    Status(TaskStatus),
    /// Who does them.
    Assignee(StaffId),
}

/// The number of tasks that match a filter, by status, each status once in the order of declaration, and by assignee, the
/// one with most tasks first; in one scan.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn counts(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    filter: &TaskFilter,
) -> Result<Vec<(Tallied, i64)>> {
    let by_status = tally::by::<TaskStatus>("tasks.status");
    let matching = filtered(conn, scope, filter).await?.select(tasks::id);
    let rows: Vec<(StaffId, Vec<i64>)> = tasks::table
        .group_by(tasks::assignee_id)
        .filter(tasks::id.eq_any(matching))
        .select((tasks::assignee_id, by_status))
        .load(conn)
        .await?;
    let mut of_status = vec![0; TaskStatus::ALL.len()];
    let mut assignees: Vec<(StaffId, i64)> = Vec::new();
    for (assignee, counts) in rows {
        assignees.push((assignee, counts.iter().sum()));
        of_status.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }
    assignees.sort_by_key(|(assignee, count)| (std::cmp::Reverse(*count), *assignee));
    let of_status =
        tally::each(of_status).into_iter().map(|(status, count)| (Tallied::Status(status), count));
    let assignees = assignees.into_iter().map(|(assignee, count)| (Tallied::Assignee(assignee), count));
    Ok(of_status.chain(assignees).collect())
}

/// The number of tasks that match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count(conn: &mut AsyncPgConnection, scope: &Scope, filter: &TaskFilter) -> Result<i64> {
    Ok(filtered(conn, scope, filter).await?.count().get_result(conn).await?)
}

/// The number of tasks of each of these clients that match a filter.
///
/// # Errors
/// `TOO_LONG` about `search`; when the database does not answer: retry.
pub async fn count_each(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    of: &[ClientId],
    filter: &TaskFilter,
) -> Result<Vec<(ClientId, i64)>> {
    let found = filtered_if(conn, scope, filter, true)
        .await?
        .filter(sql::among(tasks::client_id, of))
        .select(tasks::id);
    Ok(tasks::table
        .group_by(tasks::client_id)
        .filter(tasks::id.eq_any(found))
        .select((tasks::client_id, diesel::dsl::count_star()))
        .load(conn)
        .await?)
}
