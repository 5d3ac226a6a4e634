//! Lists as files for spreadsheets (D-01).

mod sheet;

use std::future::Future;
use std::sync::Arc;

use async_graphql::{InputType, Pos, Response as GraphqlResponse, ServerError, Value};
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures_util::stream::{self, Stream, StreamExt};
use guichet_base::error::Result;
use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_edge::{Answered, ApiError, Code, RequestId, Whose, mask, wanted_language};
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Connection;
use guichet_engine::store::Store;
use guichet_schema::people::firm;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Deserialize;

use crate::graphql::attach::Sessions;
use crate::graphql::desk;
use crate::graphql::payload::queried;
use crate::transfers::{Direction, Ending, Transfer};

/// Rows read at once and held in memory as text.
const CHUNK: usize = 500;

/// A row of a list that can be had as a file. The lists are named in [`router`].
pub(super) trait Exported: Sized + Send + Sync + 'static {
    /// The list's field in the API. It is also the name of the route and of the file.
    const LIST: &'static str;
    /// From left to right.
    const COLUMNS: &'static [Column<Self>];
    /// The argument `filter` of the list's field.
    type Filter: InputType + Default + Send;
    /// The argument `orderBy` of the list's field.
    type Order: InputType + Send;
    /// Identifies a row.
    type Id: Send + Sync;

    /// The ids of all rows in order.
    ///
    /// # Errors
    /// Those of the list's field.
    fn ids(
        conn: &mut Connection,
        viewer: &Membership,
        filter: Self::Filter,
        order: Option<Self::Order>,
    ) -> impl Future<Output = Result<Vec<Self::Id>>> + Send;

    /// These rows in the order of `ids`, with a fixed number of statements. Rows that the viewer can no longer see
    /// are omitted.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    fn rows(
        conn: &mut Connection,
        scope: &Scope,
        ids: &[Self::Id],
    ) -> impl Future<Output = Result<Vec<Self>>> + Send;
}

/// A column of a file.
pub(super) struct Column<Row> {
    /// The key of its title.
    pub title: &'static str,
    /// Only the firm's staff see it.
    pub internal: bool,
    pub cell: fn(&Row, &Format) -> String,
}

/// How the viewer reads what is in a cell.
pub(super) struct Format {
    pub locale: Locale,
    /// The firm's time zone.
    zone: Tz,
}

impl Format {
    /// A format that spreadsheets in every language recognize as a time.
    pub fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }
}

/// One route a list: `/export/tickets.csv`. It uses the session of `/graphql`, and GET, because it changes nothing.
/// `filter` and `orderBy` are those of the list's field, as JSON; both are optional.
pub fn router(sessions: Sessions) -> Router {
    let routes = Router::new();
    route::<desk::ticket::TicketRow>(routes).with_state(Arc::new(sessions))
}

fn route<Row: Exported>(routes: Router<Arc<Sessions>>) -> Router<Arc<Sessions>> {
    routes.route(&format!("/export/{}.csv", Row::LIST), get(answer::<Row>))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    filter: Option<String>,
    order_by: Option<String>,
}

async fn answer<Row: Exported>(State(sessions): State<Arc<Sessions>>, request: Request) -> Response {
    let id = RequestId::of(request.extensions());
    let mut locale = wanted_language(request.headers()).unwrap_or(Locale::En);
    let mut transfer = Transfer::begin(Direction::Export);
    let operation = Some(format!("{} {}", Direction::Export.as_str(), Row::LIST));
    let mut told = Answered { operation, ..Answered::default() };
    let response = match file::<Row>(&sessions, request, &id, &mut locale, &mut told.whose).await {
        Ok(response) => {
            response.map(|body| Body::from_stream(transfer.follow(body.into_data_stream(), None)))
        }
        Err(error) => {
            transfer.ends(match error.code() {
                Code::Unavailable | Code::Internal => Ending::Unavailable,
                _ => Ending::Refused,
            });
            told.code = Some(error.code().as_str());
            refused(error, &id, locale)
        }
    };
    told.of(response)
}

/// Also says in which language to tell of a failure and whose request it is, once it knows.
async fn file<Row: Exported>(
    sessions: &Sessions,
    request: Request,
    id: &RequestId,
    locale: &mut Locale,
    whose: &mut Whose,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let caller = sessions.caller(&parts).await?;
    (*locale, *whose) = (caller.locale, caller.whose());
    let scope = caller.scope()?;
    let bad = |_| ApiError::new(Code::BadUserInput, "The file takes `filter` and `orderBy`, each as JSON.");
    let Query(Asked { filter, order_by }) = Query::try_from_uri(&parts.uri).map_err(bad)?;
    let filter = filter.map(|text| read::<Row::Filter>("filter", &text)).transpose()?.unwrap_or_default();
    let order = order_by.map(|text| read::<Row::Order>("orderBy", &text)).transpose()?;
    let mut conn = caller.conn().await?;
    let firm = queried(&caller, firm::queries::find(&mut conn, &scope).await)?;
    // All ids are read first: rows that change meanwhile move in the order, and would be missed or exported twice.
    let ids = queried(&caller, Row::ids(&mut conn, &caller.actor()?.membership, filter, order).await)?;
    drop(conn);
    let today = firm.today(caller.store.now());
    let format = Format { locale: caller.locale, zone: firm.zone };
    let exporter = Exporter { store: caller.store, scope, format };
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}-{today}.csv\"", Row::LIST)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(chunks::<Row>(exporter, ids, id.clone()))).into_response())
}

/// The file in chunks. An error aborts the answer, so that nobody takes an incomplete file for a complete one.
fn chunks<Row: Exported>(
    exporter: Exporter,
    ids: Vec<Row::Id>,
    request: RequestId,
) -> impl Stream<Item = Result<Bytes>> {
    let head = exporter.head::<Row>();
    let pieces = stream::try_unfold((exporter, ids, 0), move |(exporter, ids, from)| {
        let request = request.clone();
        async move {
            let to = ids.len().min(from + CHUNK);
            if from == to {
                return Ok(None);
            }
            match exporter.rows::<Row>(&ids[from..to]).await {
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

/// Writes rows for one viewer.
struct Exporter {
    store: Store,
    scope: Scope,
    format: Format,
}

impl Exporter {
    /// The beginning of the file, with the titles in the viewer's language.
    fn head<Row: Exported>(&self) -> Bytes {
        let locale = self.format.locale;
        let titles = self.columns::<Row>().map(|column| i18n::text(locale, column.title, &Args::new()));
        [sheet::BYTE_ORDER_MARK.as_bytes(), &sheet::rows(locale, &[titles.collect()])].concat().into()
    }

    async fn rows<Row: Exported>(&self, ids: &[Row::Id]) -> Result<Bytes> {
        let rows = Row::rows(&mut *self.store.conn().await?, &self.scope, ids).await?;
        let cells = |row| self.columns::<Row>().map(|column| (column.cell)(row, &self.format)).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        Ok(sheet::rows(self.format.locale, &rows).into())
    }

    fn columns<Row: Exported>(&self) -> impl Iterator<Item = &'static Column<Row>> {
        let all = self.scope.is_staff();
        Row::COLUMNS.iter().filter(move |column| all || !column.internal)
    }
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
