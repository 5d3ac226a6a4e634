//! Asking for a list as a file.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, Result};
use guichet_base::id::{ExportId, Id};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::job::NewJob;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::exports;
use serde::Serialize;
use serde_json::Value;

use super::model::{Export, ExportFormat, ExportState, ListName, WriteExport};

/// The most files that are being written for one person: more wait until one is ready.
const MAX_QUEUED: i64 = 5;

/// Input for a list as a file.
#[derive(Debug, Clone, Serialize)]
pub struct CreateExport {
    /// The list.
    pub list: ListName,
    /// The format.
    pub format: ExportFormat,
    /// The filter. It must be one that the list takes from this person.
    pub filter: Value,
    /// The order. It must be one that the list takes.
    pub order_by: Option<Value>,
}

/// Asks for a list as a file, written later. For staff.
///
/// # Errors
/// `NOT_ALLOWED`, `TOO_MANY_EXPORTS`.
pub async fn create(store: &Store, actor: &Actor, key: &str, input: CreateExport) -> Result<Done<ExportId>> {
    let requested_by = actor.staff()?.id;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "exportCreate", key, &input).await?);
    let queued: i64 = exports::table
        .filter(exports::requested_by.eq(requested_by))
        .filter(exports::state.eq(ExportState::Queued))
        .count()
        .get_result(tx.conn())
        .await?;
    if queued >= MAX_QUEUED {
        return Err(Code::TooManyExports.into());
    }
    let CreateExport { list, format, filter, order_by } = input;
    let export: Export = diesel::insert_into(exports::table)
        .values((
            exports::id.eq(ExportId::new()),
            exports::firm_id.eq(firm_id),
            exports::requested_by.eq(requested_by),
            exports::list.eq(list),
            exports::format.eq(format),
            exports::filter.eq(filter),
            exports::order_by.eq(order_by),
            exports::locale.eq(actor.locale),
            exports::state.eq(ExportState::Queued),
            exports::created_at.eq(tx.now),
        ))
        .returning(Export::as_returning())
        .get_result(tx.conn())
        .await?;
    tx.changed(firm_id, "exportCreate", export.id, None, Some(export.audience()));
    tx.job(job(&export)?);
    tx.commit(export.id).await
}

/// The job that writes the file.
pub(super) fn job(export: &Export) -> Result<NewJob> {
    let order = WriteExport { export_id: export.id };
    Ok(NewJob::new(&order)?.firm(export.firm_id).key(export.id.encode()))
}
