//! The list of documents, its numbers by mark, and both live.

use async_graphql::{Context, ID, InputObject, Object, Subscription};
use futures_util::Stream;
use guichet_base::error::{self, Code, Refusal};
use guichet_base::id::{
    AccessId, ClientId, DepartmentId, DocumentId, FirmId, FolderId, Id, ObligationId, StaffId, TaskId,
    TaskTypeId,
};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::month::document::{list, model};
use guichet_schema::month::generation::run::MONTH;
use guichet_schema::people::firm::day::DAY;

use super::types::{Document, DocumentApproval, DocumentMark, DocumentState};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{Onlooker, Shows, follow};
use crate::graphql::listed::{Listed, changes};
use crate::graphql::loaders::load_optional;
use crate::graphql::mirror::mirror;
use crate::graphql::month::{DocumentCategory, DocumentDirection};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{known_ids, queried};
use crate::graphql::scalars::{Date, OrderDirection};

mirror!(DocumentOrderField => list::DocumentOrderField);

/// A filter of documents. A document must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DocumentFilter {
    /// Documents with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Documents of one of these clients.
    client_ids: Option<Vec<ID>>,
    /// Documents of one of these tasks. For staff.
    task_ids: Option<Vec<ID>>,
    /// Documents of one of these kinds of work. For staff.
    task_type_ids: Option<Vec<ID>>,
    /// Documents of kinds of work with one of these names.
    task_type_names: Option<Vec<String>>,
    /// Documents of tasks of one of these people. For staff.
    assignee_ids: Option<Vec<ID>>,
    /// Documents in one of these folders of the library.
    folder_ids: Option<Vec<ID>>,
    /// Documents with a file at the top of the library (true), or in its folders (false).
    is_top: Option<bool>,
    /// Documents that are handed in, or that are delivered.
    directions: Option<Vec<DocumentDirection>>,
    /// Documents in one of these states.
    states: Option<Vec<DocumentState>>,
    /// Documents with one of these marks today.
    marks: Option<Vec<DocumentMark>>,
    /// Documents of which the client said one of these when it was asked to approve them.
    approvals: Option<Vec<DocumentApproval>>,
    /// Documents of which a file waits to be published (true), or none does (false). For staff.
    has_draft: Option<bool>,
    /// Documents that users of the client see, their categories apart (true), or that only staff see (false), because they are not
    /// expected any more.
    is_shown: Option<bool>,
    /// Documents about one of these.
    categories: Option<Vec<DocumentCategory>>,
    /// Documents about one of these periods, by their names.
    periods: Option<Vec<String>>,
    /// Documents that are due on this date or later.
    due_from: Option<Date>,
    /// Documents that are due on this date or earlier.
    due_to: Option<Date>,
    /// Documents with which something is left to do for the client, to hand them in or to open them (true), or nothing
    /// (false).
    is_open: Option<bool>,
    /// Words in the name of the document or of its kind of work, regardless of case and accents; all words must match. Up
    /// to 200 characters.
    search: Option<String>,
}

impl FilterInput for DocumentFilter {
    type Filter = list::DocumentFilter;

    fn read(self, viewer: &Membership) -> error::Result<list::DocumentFilter> {
        let filter = self;
        // What clients never see they cannot ask for either.
        let is_staff = matches!(viewer, Membership::Staff(_));
        for (field, is_given) in [
            ("taskIds", filter.task_ids.is_some()),
            ("taskTypeIds", filter.task_type_ids.is_some()),
            ("assigneeIds", filter.assignee_ids.is_some()),
            ("hasDraft", filter.has_draft.is_some()),
        ] {
            if is_given && !is_staff {
                return Err(Refusal::of(field, Code::NotAllowed).into());
            }
        }
        Ok(list::DocumentFilter {
            ids: known_ids(filter.ids),
            clients: known_ids(filter.client_ids),
            tasks: known_ids(filter.task_ids),
            task_types: known_ids(filter.task_type_ids),
            task_type_names: filter.task_type_names,
            assignees: known_ids(filter.assignee_ids),
            folders: known_ids(filter.folder_ids),
            is_top: filter.is_top,
            directions: filter.directions.map(|all| all.into_iter().map(Into::into).collect()),
            states: filter.states.map(|all| all.into_iter().map(Into::into).collect()),
            marks: filter.marks.map(|all| all.into_iter().map(Into::into).collect()),
            approvals: filter.approvals.map(|all| all.into_iter().map(Into::into).collect()),
            has_draft: filter.has_draft,
            is_shown: filter.is_shown,
            categories: filter.categories.map(|all| all.into_iter().map(Into::into).collect()),
            periods: filter.periods,
            due_from: filter.due_from.map(|date| date.0),
            due_to: filter.due_to.map(|date| date.0),
            is_open: filter.is_open,
            search: filter.search,
        })
    }
}

/// The order of a list of documents.
#[derive(Debug, Clone, InputObject)]
pub struct DocumentOrder {
    /// The field to sort by. Documents with equal values are sorted by ID.
    field: DocumentOrderField,
    /// The direction.
    direction: OrderDirection,
}

impl From<DocumentOrder> for list::DocumentOrder {
    fn from(order: DocumentOrder) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}

connection! {
    /// A page of the list of documents.
    DocumentConnection, DocumentEdge of Document, count DocumentCount
}

/// Counts only when requested.
pub struct DocumentCount(pub list::DocumentFilter);

#[Object]
impl DocumentCount {
    /// The number of items on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let now = caller.store.now();
        let count = list::count(&mut *caller.reading().conn().await?, &caller.scope()?, &self.0, now).await;
        queried(caller, count)
    }
}

/// Queries about documents.
#[derive(Debug, Default)]
pub struct DocumentQuery;

#[Object]
impl DocumentQuery {
    /// Returns the list of documents that the viewer can see.
    #[allow(clippy::too_many_arguments)] // of the field
    async fn documents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<DocumentFilter>,
        #[graphql(desc = "The order of the list. The default is the due date, earliest first.")]
        order_by: Option<DocumentOrder>,
        #[graphql(desc = "Returns the first n items, 1 to 100. Give exactly one of `first` and `last`.")]
        first: Option<i32>,
        #[graphql(desc = "Returns the items after this cursor. Use it with `first`.")] after: Option<String>,
        #[graphql(desc = "Returns the last n items, 1 to 100. Give exactly one of `first` and `last`.")] last: Option<i32>,
        #[graphql(desc = "Returns the items before this cursor. Use it with `last`.")] before: Option<String>,
    ) -> Result<DocumentConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let order: list::DocumentOrder = order_by.map(Into::into).unwrap_or_default();
        let part = queried(caller, PageRequest::new(first, after, last, before))?;
        let now = caller.store.now();
        let page = list::page(&mut *caller.conn().await?, &scope, &filter, order, &part, now).await;
        let page = queried(caller, page)?;
        Ok(DocumentConnection::new(page, DocumentCount(filter), |row| order.position(row), Document))
    }

    /// Returns the document with this ID; null when it does not exist for the viewer.
    async fn document(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the document.")] id: ID,
    ) -> Result<Option<Document>, ApiError> {
        Caller::of(ctx).actor()?;
        load_optional(ctx, DocumentId::decode(&id)).await
    }
}

changes! {
    /// A change of a list of documents.
    DocumentsChanged of DocumentEdge, Document(model::Document), DocumentId
}

/// The documents of a filter, in an order.
pub struct DocumentsListed {
    filter: list::DocumentFilter,
    order: list::DocumentOrder,
}

impl Listed for DocumentsListed {
    type Message = DocumentsChanged;
    type Key = (Scope, list::DocumentFilter);

    const SHOWS: Shows = Shows {
        embeds: &[
            ClientId::NOUN,
            StaffId::NOUN,
            AccessId::NOUN,
            DepartmentId::NOUN,
            FolderId::NOUN,
            TaskTypeId::NOUN,
            ObligationId::NOUN,
        ],
        elsewhere: &[TaskId::NOUN],
        // What was generated is told by one event a client; marks depend on the day, late files on the firm.
        rules: &[FirmId::NOUN, MONTH, DAY],
        ..Shows::of("documentsChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.filter.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[DocumentId],
    ) -> error::Result<Vec<model::Document>> {
        list::among(conn, &onlooker.scope(), &self.filter, ids, onlooker.store.now()).await
    }

    fn position(&self, document: &model::Document) -> Position {
        self.order.position(document)
    }
}

/// Documents, live.
#[derive(Debug, Default)]
pub struct DocumentSubscription;

#[Subscription]
impl DocumentSubscription {
    /// Sends changes of the documents that the viewer can see. Applied in order to the result of the query `documents`
    /// after the first message, they keep that result up to date. When a day begins, on which marks depend, it says so within a minute.
    async fn documents_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<DocumentFilter>,
        #[graphql(
            desc = "The order of the list, for the sort keys. The default is the due date, earliest first."
        )]
        order_by: Option<DocumentOrder>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<DocumentsChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        let order = order_by.map(Into::into).unwrap_or_default();
        follow(ctx, after, DocumentsListed { filter, order }).await
    }
}
