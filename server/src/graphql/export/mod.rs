//! The list of tickets as a file for spreadsheets (D-01).

mod rows;
mod sheet;

use std::sync::Arc;

use async_graphql::{InputType, Pos, Response as GraphqlResponse, ServerError, Value};
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::stream::{self, Stream, StreamExt};
use guichet_base::error;
use guichet_base::id::TicketId;
use guichet_base::locale::Locale;
use guichet_edge::{ApiError, Code, RequestId, mask, wanted_language};
use guichet_schema::desk::ticket::list;
use guichet_schema::people::firm;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Deserialize;

use crate::graphql::attach::Sessions;
use crate::graphql::desk::ticket::{TicketFilter, TicketOrder};
use crate::graphql::payload::queried;

use rows::Exporter;

/// Tickets read at once and held in memory as text.
const CHUNK: usize = 500;

/// The route `/export/tickets.csv`. It uses the session of `/graphql`, and GET, because it changes nothing.
/// `filter` and `orderBy` are those of the field `tickets`, as JSON; both are optional.
pub fn router(sessions: Sessions) -> Router {
    Router::new().route("/export/tickets.csv", get(tickets)).with_state(Arc::new(sessions))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    filter: Option<String>,
    order_by: Option<String>,
}

async fn tickets(State(sessions): State<Arc<Sessions>>, request: Request) -> Response {
    let id = RequestId::of(request.extensions());
    let mut locale = wanted_language(request.headers()).unwrap_or(Locale::En);
    match file(&sessions, request, &id, &mut locale).await {
        Ok(response) => response,
        Err(error) => refused(error, &id, locale),
    }
}

/// Also says in which language to tell of a failure, once it knows.
async fn file(
    sessions: &Sessions,
    request: Request,
    id: &RequestId,
    locale: &mut Locale,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let caller = sessions.caller(&parts).await?;
    *locale = caller.locale;
    let scope = caller.scope()?;
    let bad = |_| ApiError::new(Code::BadUserInput, "The file takes `filter` and `orderBy`, each as JSON.");
    let Query(Asked { filter, order_by }) = Query::try_from_uri(&parts.uri).map_err(bad)?;
    let filter = filter.map(|text| read::<TicketFilter>("filter", &text)).transpose()?.unwrap_or_default();
    let order = order_by.map(|text| read::<TicketOrder>("orderBy", &text)).transpose()?;
    let order = order.map(Into::into).unwrap_or_default();
    let mut conn = caller.conn().await?;
    let firm = queried(&caller, firm::queries::find(&mut conn, &scope).await)?;
    // All ids are read first: tickets that change meanwhile move in the order, and would be missed or exported
    // twice.
    let ids = queried(&caller, list::ids(&mut conn, &scope, &filter.into(), order).await)?;
    drop(conn);
    let today = caller.store.now().with_timezone(&firm.zone).date_naive();
    let exporter = Exporter { store: caller.store, scope, locale: caller.locale, zone: firm.zone };
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"tickets-{today}.csv\"")),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(chunks(exporter, ids, id.clone()))).into_response())
}

/// The file in chunks. An error aborts the answer, so that nobody takes an incomplete file for a complete one.
fn chunks(
    exporter: Exporter,
    ids: Vec<TicketId>,
    request: RequestId,
) -> impl Stream<Item = error::Result<Bytes>> {
    let head = exporter.head();
    let pieces = stream::try_unfold((exporter, ids, 0), move |(exporter, ids, from)| {
        let request = request.clone();
        async move {
            let to = ids.len().min(from + CHUNK);
            if from == to {
                return Ok(None);
            }
            match exporter.rows(&ids[from..to]).await {
                Ok(rows) => Ok(Some((rows, (exporter, ids, to)))),
                Err(error) => {
                    tracing::error!(request_id = request.as_str(), %error, "an export broke off");
                    Err(error)
                }
            }
        }
    });
    stream::once(async { Ok(head) }).chain(pieces)
}

/// Parses a parameter as the GraphQL input of the same name. Unknown names are refused: a filter that is silently
/// ignored would export more than requested.
fn read<T: InputType>(name: &str, text: &str) -> Result<T, ApiError> {
    let bad = |why: String| ApiError::new(Code::BadUserInput, format!("`{name}`: {why}"));
    let json: serde_json::Value = serde_json::from_str(text).map_err(|_| bad("is not JSON.".to_owned()))?;
    let value = Value::from_json(json).map_err(|_| bad("cannot be read.".to_owned()))?;
    let parsed = T::parse(Some(value.clone()))
        .map_err(|error| bad(error.into_server_error(Pos::default()).message))?;
    if let (Value::Object(given), Value::Object(known)) = (value, parsed.to_value())
        && let Some(unknown) = given.keys().find(|field| !known.contains_key(*field))
    {
        return Err(bad(format!("has no field `{unknown}`.")));
    }
    Ok(parsed)
}

/// An error is reported as in GraphQL.
fn refused(error: ApiError, request: &RequestId, locale: Locale) -> Response {
    let status = error.code().status();
    let error: ServerError = async_graphql::Error::from(error).into_server_error(Pos::default());
    let mut response = GraphqlResponse::from_errors(vec![error]);
    mask(&mut response, request, locale);
    let body = serde_json::json!({ "errors": response.errors });
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
