//! When something is due for a client, and why (C-09, C-10).

use diesel_async::AsyncPgConnection;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{ClientId, ObligationId};
use guichet_engine::actor::Scope;
use guichet_obligations::{Answer, Period, Question};

use crate::month::calendar;
use crate::month::obligation;
use crate::people::client;

/// When an obligation is due for a client and a period, with each step on the way.
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
    let question = Question { code: &obligation.code, period: &period, client: &record.facts, instead: None };
    Ok(book.due(&calendars, question))
}
