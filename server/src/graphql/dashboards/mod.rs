//! What is seen at one glance: how a month goes, what is due soon, what is late.

mod subscription;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use guichet_base::error::{self, Code, OrNotFound, Refusal, Told};
use guichet_base::id::{ClientId, Id};
use guichet_base::page::{Page, PageRequest};
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_engine::keyset::Position;
use guichet_schema::dashboards::board::{self, Board, Day, Month, Progress};
use guichet_schema::month::document::list::{self, DocumentOrder};
use guichet_schema::month::document::model::{self, DocumentApproval};
use guichet_schema::month::document::rules;

use super::month::document::{Document, DocumentConnection, DocumentCount, DocumentMark};
use crate::graphql::caller::Caller;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::Date;

pub use subscription::{DashboardFollowed, DashboardSubscription};

/// For so many days after today documents are due soon.
const SOON: i64 = 7;

/// The part of a firm's documents that its dashboard is about.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DashboardFilter {
    /// Those of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Those of tasks of one of these people.
    assignee_ids: Option<Vec<ID>>,
    /// Those of one of these kinds of work.
    task_type_ids: Option<Vec<ID>>,
}

impl FilterInput for DashboardFilter {
    type Filter = list::DocumentFilter;

    fn read(self, viewer: &Membership) -> error::Result<list::DocumentFilter> {
        // What clients never see they cannot ask for either.
        let is_staff = matches!(viewer, Membership::Staff(_));
        for (field, is_given) in
            [("assigneeIds", self.assignee_ids.is_some()), ("taskTypeIds", self.task_type_ids.is_some())]
        {
            if is_given && !is_staff {
                return Err(Refusal::of(field, Code::NotAllowed).into());
            }
        }
        Ok(board::shown(list::DocumentFilter {
            clients: known_ids(self.client_ids),
            assignees: known_ids(self.assignee_ids),
            task_types: known_ids(self.task_type_ids),
            ..list::DocumentFilter::default()
        }))
    }
}

/// How the documents of a month stand, as the client sees them. Documents count in the month of their due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct DocumentProgress {
    /// The number of documents that the client handed in.
    handed_in: i64,
    /// The number of documents of which the client said that there is nothing to submit.
    nothing_to_submit: i64,
    /// The number of documents that the client still has to hand in.
    missing: i64,
    /// The number of delivered documents that nobody of the client has opened yet.
    unread: i64,
    /// The number of delivered documents that somebody of the client opened.
    read: i64,
    /// The number of documents that the firm still has to deliver.
    awaited: i64,
    /// The number of delivered documents that the client is asked to approve and has said nothing of yet.
    awaiting_approval: i64,
    /// The number of delivered documents that the client approved.
    approved: i64,
    /// The number of delivered documents of which the client said that something is wrong.
    contested: i64,
}

impl From<Progress> for DocumentProgress {
    fn from(progress: Progress) -> Self {
        Self {
            handed_in: progress.handed_in,
            nothing_to_submit: progress.nothing_to_submit,
            missing: progress.missing,
            unread: progress.unread,
            read: progress.read,
            awaited: progress.awaited,
            awaiting_approval: progress.awaiting_approval,
            approved: progress.approved,
            contested: progress.contested,
        }
    }
}

/// The documents that are due on a day.
#[derive(Debug, Clone, SimpleObject)]
pub struct DashboardDay {
    /// The day.
    date: Date,
    /// The number of these documents.
    total_count: i64,
    /// Their numbers by mark; marks that none of them has are left out.
    marks: Vec<DashboardMark>,
}

/// The number of the documents of a day that have a mark.
#[derive(Debug, Clone, SimpleObject)]
pub struct DashboardMark {
    /// The mark.
    mark: DocumentMark,
    /// The number of documents.
    count: i64,
}

impl From<&Day> for DashboardDay {
    fn from(day: &Day) -> Self {
        let mark = |(mark, count): (&rules::DocumentMark, &i64)| DashboardMark {
            mark: (*mark).into(),
            count: *count,
        };
        Self {
            date: Date(day.date),
            total_count: day.marks.values().sum(),
            marks: day.marks.iter().map(mark).collect(),
        }
    }
}

/// A dashboard, and the filter of its documents.
pub struct Dashboard {
    board: Board,
    filter: list::DocumentFilter,
}

/// What is due and how it stands, for one client or over all of a firm.
#[Object]
impl Dashboard {
    /// The date of today in the time zone of the firm, on which all marks depend.
    async fn today(&self) -> Date {
        Date(self.board.today)
    }

    /// The month of the calendar and of the progress, for example `2026-11`.
    async fn month(&self) -> String {
        self.board.month.to_string()
    }

    /// How the documents stand that are due in the month.
    async fn progress(&self) -> DocumentProgress {
        self.board.progress.into()
    }

    /// The days of the month on which documents are due, in order.
    async fn days(&self) -> Vec<DashboardDay> {
        self.board.days.iter().map(Into::into).collect()
    }

    /// The documents that are due today or in the next seven days, those that were opened or handed in included; earliest
    /// first.
    async fn due_soon(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")]
        last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<DocumentConnection, ApiError> {
        let part = PageRequest::new(first, after, last, before);
        let today = self.board.today;
        let filter = list::DocumentFilter {
            due_from: Some(today),
            due_to: Some(today + TimeDelta::days(SOON)),
            ..self.filter.clone()
        };
        documents(ctx, filter, part).await
    }

    /// The documents that were due before today and are still to be handed in or have not been opened; earliest first.
    async fn overdue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")]
        last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<DocumentConnection, ApiError> {
        let part = PageRequest::new(first, after, last, before);
        let filter = list::DocumentFilter {
            due_to: self.board.today.pred_opt(),
            is_open: Some(true),
            ..self.filter.clone()
        };
        documents(ctx, filter, part).await
    }

    /// What waits for an answer between the client and the firm, whenever it is due: today the delivered documents that the
    /// client is asked to approve, until they are approved. Earliest due date first.
    async fn in_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")]
        last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<InProgressConnection, ApiError> {
        let part = PageRequest::new(first, after, last, before);
        let filter = list::DocumentFilter {
            approvals: Some(vec![DocumentApproval::Waiting, DocumentApproval::Contested]),
            ..self.filter.clone()
        };
        let page = page(ctx, &filter, part).await?;
        Ok(InProgressConnection::new(page, DocumentCount(filter), position, InProgress))
    }
}

/// The kind of something that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum InProgressKind {
    /// A delivered document that the client is asked to approve, or of which the client said that something is wrong.
    Approval,
}

/// Something that waits for an answer.
#[derive(Debug, Clone)]
pub struct InProgress(model::Document);

/// Something that waits for an answer, of one kind or another. There may be more kinds in later versions, of which `document`
/// is null.
#[Object]
impl InProgress {
    /// What it is.
    async fn kind(&self) -> InProgressKind {
        InProgressKind::Approval
    }

    /// The document that waits for approval; null for another kind.
    async fn document(&self) -> Option<Document> {
        Some(Document(self.0.clone()))
    }

    /// The day on which it is due.
    async fn due_on(&self) -> Option<Date> {
        self.0.due_on.map(Date)
    }
}

connection! {
    /// A page of the list of what waits for an answer.
    InProgressConnection, InProgressEdge of InProgress, count DocumentCount
}

/// A page of the documents of a dashboard, earliest first.
async fn page(
    ctx: &Context<'_>,
    filter: &list::DocumentFilter,
    part: error::Result<PageRequest>,
) -> Result<Page<model::Document>, ApiError> {
    let caller = Caller::of(ctx);
    let part = queried(caller, part)?;
    let (scope, order, now) = (caller.scope()?, DocumentOrder::default(), caller.store.now());
    let page = list::page(&mut *caller.conn().await?, &scope, filter, order, &part, now).await;
    queried(caller, page)
}

fn position(document: &model::Document) -> Position {
    DocumentOrder::default().position(document)
}

async fn documents(
    ctx: &Context<'_>,
    filter: list::DocumentFilter,
    part: error::Result<PageRequest>,
) -> Result<DocumentConnection, ApiError> {
    let page = page(ctx, &filter, part).await?;
    Ok(DocumentConnection::new(page, DocumentCount(filter), position, Document))
}

/// Reads the name of a month.
fn month(given: Option<&str>) -> error::Result<Option<Month>> {
    let read = |text: &str| {
        let asked: String = text.chars().take(20).collect();
        Month::parse(text.trim())
            .ok_or_else(|| Refusal::of("month", Code::OutOfRange).asked(Told::Text(asked)))
    };
    Ok(given.map(read).transpose()?)
}

/// Queries about dashboards.
#[derive(Debug, Default)]
pub struct DashboardQuery;

#[Object]
impl DashboardQuery {
    /// Returns the dashboard of a client: of the viewer's own, or, for staff, of the client with this ID as its users see
    /// it. Nothing counts as opened because of it. Null when the client does not exist for the viewer.
    async fn client_dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the client. Required for staff; by default the viewer's own.")] client_id: Option<ID>,
        #[graphql(
            desc = "The month, for example `2026-11`. By default the present one, in the time zone of the firm."
        )]
        month: Option<String>,
    ) -> Result<Option<Dashboard>, ApiError> {
        let caller = Caller::of(ctx);
        let client = match (&client_id, &caller.actor()?.membership) {
            (Some(id), _) => ClientId::decode(id),
            (None, Membership::Portal(membership)) => Some(membership.client_id),
            (None, Membership::Staff(_)) => {
                return queried(caller, Err(Refusal::of("clientId", Code::Required).into()));
            }
        };
        let month = queried(caller, self::month(month.as_deref()))?;
        let Some(client) = client else { return Ok(None) };
        let scope = caller.scope()?;
        let mut conn = caller.conn().await?;
        let found = guichet_schema::people::client::queries::find(&mut conn, &scope, client).await;
        if queried(caller, found)?.or_not_found("clientId").is_err() {
            return Ok(None);
        }
        let of_client =
            list::DocumentFilter { clients: Some(vec![client]), ..list::DocumentFilter::default() };
        let filter = board::shown(of_client);
        let read = board::read(&mut conn, &scope, &filter, month, caller.store.now()).await;
        Ok(Some(Dashboard { board: queried(caller, read)?, filter }))
    }

    /// Returns the dashboard over all clients that the viewer can see. Clients see their own documents in it.
    async fn firm_dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The month, for example `2026-11`. By default the present one, in the time zone of the firm."
        )]
        month: Option<String>,
        #[graphql(desc = "The part of the documents that it is about. By default all.")] filter: Option<
            DashboardFilter,
        >,
    ) -> Result<Dashboard, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let month = queried(caller, self::month(month.as_deref()))?;
        let scope = caller.scope()?;
        let mut conn = caller.conn().await?;
        let read = board::read(&mut conn, &scope, &filter, month, caller.store.now()).await;
        Ok(Dashboard { board: queried(caller, read)?, filter })
    }
}
