//! Exports: lists as files that are written later.

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{ExportId, FileId, Id};
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::month::export::commands::{self, CreateExport};
use guichet_schema::month::export::{model, queries};
use uuid::Uuid;

use crate::graphql::export;
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, known_ids, payload};
use crate::graphql::scalars::{DateTime, json_object};
use crate::graphql::shared::file::File;

mirror!(ListName => model::ListName);
mirror!(ExportFormat => model::ExportFormat);
mirror!(ExportState => model::ExportState);

json_object! {
    /// A filter of a list, as an object with the fields of the filter that the list itself takes, for example
    /// `{"status": ["TODO"]}` for `tasks` (see `TaskFilter`). Without fields it lets everything pass.
    FilterObject, else "A FilterObject is an object."
}

json_object! {
    /// An order of a list, as an object with the fields of the order that the list itself takes, for example
    /// `{"field": "TITLE", "direction": "ASC"}` for `tasks` (see `TaskOrder`).
    OrderObject, else "An OrderObject is an object."
}

/// A list as a file.
#[derive(Debug, Clone)]
pub struct Export(pub model::Export);

by_ids!(ExportId => Export, membership queries::by_ids);

/// A list as a file, written for one staff member, who alone sees it. The file is kept for 7 days.
#[Object]
impl Export {
    /// The ID of the export, for example `export_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The list.
    async fn list(&self) -> ListName {
        self.0.list.into()
    }

    /// The format.
    async fn format(&self) -> ExportFormat {
        self.0.format.into()
    }

    /// The filter of the list.
    async fn filter(&self) -> FilterObject {
        FilterObject(self.0.filter.clone())
    }

    /// The order of the rows; null for the list's own.
    async fn order_by(&self) -> Option<OrderObject> {
        self.0.order_by.clone().map(OrderObject)
    }

    /// The state.
    async fn state(&self) -> ExportState {
        self.0.state.into()
    }

    /// The number of rows; null until the file is written.
    async fn rows(&self) -> Option<i32> {
        self.0.rows
    }

    /// The file, for `fileDownload`; null unless the state is `READY`.
    async fn file(&self, ctx: &Context<'_>) -> Result<Option<File>, ApiError> {
        let is_ready = self.0.state == model::ExportState::Ready;
        load_optional(ctx, self.0.file_id.filter(|_| is_ready)).await
    }

    /// The date and time when the file was asked for.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The date and time when the file was written or given up.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// The date and time until which the file is kept; null unless it was written.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }
}

/// A filter of exports. An export must match all given conditions.
#[derive(Debug, Default, InputObject)]
pub struct ExportFilter {
    /// Exports with one of these IDs.
    ids: Option<Vec<ID>>,
}

impl FilterInput for ExportFilter {
    type Filter = queries::ExportFilter;

    fn read(self, _: &Membership) -> error::Result<queries::ExportFilter> {
        Ok(queries::ExportFilter { ids: known_ids(self.ids) })
    }
}

connection! {
    /// A page of the list of exports.
    ExportConnection, ExportEdge of Export, count ExportCount;
    /// Returns the exports that the viewer asked for, newest first. Empty for clients.
    query ExportQuery.exports, filter ExportFilter => queries::ExportFilter;
    seen by membership, page queries::page, counted queries::count, position queries::position
}

/// Input for `exportCreate`: the list to export.
#[derive(Debug, InputObject)]
pub struct ExportCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The list.
    list: ListName,
    /// The format.
    format: ExportFormat,
    /// The filter of the list. By default all rows are exported.
    filter: Option<FilterObject>,
    /// The order of the rows. By default that of the list.
    order_by: Option<OrderObject>,
}

payload! {
    /// The result of `exportCreate`.
    ExportCreatePayload {
        /// The export, whose file is not written yet; null when there are errors.
        export: Option<Export>,
    }
}

/// Acts on exports.
#[derive(Debug, Default)]
pub struct ExportMutation;

#[Object]
impl ExportMutation {
    /// Asks for a list as a file. The file is written later, with the rows that the viewer can see then, in the language of
    /// the viewer. Short lists can be had at once from `/export/tickets.csv` and the like.
    ///
    /// Available to staff.
    ///
    /// Errors: `NOT_ALLOWED`, `INVALID_FILTER`, `INVALID_ORDER`, `TOO_MANY_EXPORTS`, `REQUIRED`, `TOO_LONG`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn export_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: ExportCreateInput,
    ) -> Result<ExportCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            actor.staff()?;
            let ExportCreateInput { idempotency_key, list, format, filter, order_by } = input;
            let order_by = order_by.map(|order| order.0);
            let filter = filter.unwrap_or_else(|| FilterObject(serde_json::json!({}))).0;
            let list = list.into();
            export::check(list, &actor.membership, &filter)?;
            order_by.iter().try_for_each(|order| export::check_order(list, order))?;
            let create = CreateExport { list, format: format.into(), filter, order_by };
            commands::create(store, actor, &idempotency_key, create).await
        })
        .await?;
        let export = load_optional(ctx, done).await?;
        Ok(ExportCreatePayload { export, user_errors, revision })
    }
}

listed! {
    /// A change of the list of exports.
    ExportsChanged of ExportEdge, Export(model::Export), ExportId;
    filter ExportFilter => queries::ExportFilter;
    /// Sends changes of the exports that the viewer asked for. Applied in order to the result of the query `exports` after
    /// the first message, they keep that result up to date. Sends nothing to clients.
    subscription ExportSubscription.exports_changed, ExportsListed;
    shows Shows { elsewhere: &[FileId::NOUN], ..Shows::of("exportsChanged") };
    shared by |viewer| viewer.person() => Uuid,
    found |conn, viewer, filter, ids| queries::among(conn, viewer, filter, ids),
    position queries::position
}
