//! When something is due for a client, and why (C-09, C-10).

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, ObligationId};
use guichet_engine::actor::Scope;
use guichet_engine::tables::{document_definitions, recurring_task_overrides, recurring_tasks, task_types};
use guichet_obligations::{Answer, Override, Period, Question, expression};

use crate::month::calendar;
use crate::month::generation::run::meant;
use crate::month::obligation;
use crate::month::recurring_task::model::DueOverride;
use crate::people::client;

/// When an obligation is due for a client and a period, with each step on the way; with what the firm wrote for the client's
/// recurring work for it.
///
/// # Errors
/// `NOT_FOUND` about `obligationId`, `clientId`; `OUT_OF_RANGE` about `period` when the obligation has no such period.
pub async fn explain(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    obligation: ObligationId,
    client: ClientId,
    period: &str,
) -> Result<Answer> {
    let firm = scope.firm_id();
    let found = obligation::queries::by_ids(conn, scope, &[obligation]).await?.pop();
    let obligation = found.or_not_found("obligationId")?;
    client::queries::find(conn, scope, client).await?.or_not_found("clientId")?;
    let mut records = client::record::queries::records(conn, firm, Some(&[client])).await?;
    let record = records.remove(&client).or_not_found("clientId")?;
    let period = Period::parse(period.trim(), 1, &record.years)
        .filter(|period| period.kind() == obligation.kind)
        .ok_or_else(|| Refusal::of("period", Code::OutOfRange))?;
    let book = obligation::queries::book(conn, firm).await?;
    let calendars = calendar::queries::calendars(conn, firm).await?;
    let written = overrides(conn, client, obligation.id).await?;
    let written = meant(written.iter(), &period);
    let rule = written.and_then(|one| expression(&one.due).ok());
    let instead = rule.as_ref().zip(written).map(|(due, one)| Override { due, reason: &one.reason });
    let question = Question { code: &obligation.code, period: &period, client: &record.facts, instead };
    Ok(book.due(&calendars, question))
}

/// What the firm wrote for a client's work for an obligation: for the work itself, or for a document with an obligation of
/// its own.
async fn overrides(
    conn: &mut AsyncPgConnection,
    client: ClientId,
    obligation: ObligationId,
) -> Result<Vec<DueOverride>> {
    let types = task_types::table.filter(task_types::obligation_id.eq(obligation));
    let of_work = recurring_tasks::table
        .filter(recurring_tasks::client_id.eq(client))
        .filter(recurring_tasks::task_type_id.eq_any(types.select(task_types::id)));
    let of_client = recurring_tasks::table.filter(recurring_tasks::client_id.eq(client));
    let definitions = document_definitions::table
        .filter(document_definitions::obligation_id.eq(obligation))
        .select(document_definitions::id.nullable());
    let is_of_work = recurring_task_overrides::definition_id
        .is_null()
        .and(recurring_task_overrides::recurring_task_id.eq_any(of_work.select(recurring_tasks::id)));
    let is_of_document = recurring_task_overrides::definition_id
        .eq_any(definitions)
        .and(recurring_task_overrides::recurring_task_id.eq_any(of_client.select(recurring_tasks::id)));
    Ok(recurring_task_overrides::table
        .filter(is_of_work.or(is_of_document))
        .select(DueOverride::as_select())
        .load(conn)
        .await?)
}
