//! Lists as files for spreadsheets (D-01).

mod book;
mod cell;
mod sheet;

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::future::Future;
use std::hash::Hash;
use std::io::{self, Seek, Write};
use std::sync::Arc;

use async_graphql::{InputType, Pos, Response as GraphqlResponse, ServerError, Value};
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use guichet_base::error::{Error, Fault, Refusal, Result, Told};
use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_base::search;
use guichet_edge::{Answered, ApiError, Code, RequestId, Whose, mask, wanted_language};
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::db::Connection;
use guichet_engine::store::Store;
use guichet_schema::month::export::model::{ExportFormat, ListName, WriteOrder};
use guichet_schema::people::firm;
use guichet_schema::shared::file::kind::FileKind;
use guichet_workers::export::{ListWriter, Written};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use crate::graphql::attach::Sessions;
use crate::graphql::page::FilterInput;
use crate::graphql::payload::queried;
use crate::graphql::{desk, month};
use crate::transfers::{Direction, Ending, Transfer};

use book::Book;
pub(super) use cell::{Cell, Format};

/// Rows read at once and held in memory as text.
const CHUNK: usize = 500;
/// The most rows that are sent at once: a few seconds. Browsers and proxies give up on what takes minutes to begin, and
/// nobody sees how far it is; a job goes on by itself.
const AT_ONCE: usize = 5_000;
/// Bytes of a file held in memory at once.
const PIECE: usize = 64 << 10;

/// A row of a list that can be had as a file. The lists are named in [`router`].
pub(super) trait Exported: Sized + Send + Sync + 'static {
    /// The list's field in the API. It is also the name of the route and of the file.
    const LIST: &'static str;
    /// From left to right.
    const COLUMNS: &'static [Column<Self>];
    /// The argument `filter` of the list's field.
    type Filter: InputType + FilterInput + Send;
    /// The argument `orderBy` of the list's field.
    type Order: InputType + Send;
    /// Identifies a row.
    type Id: Send + Sync;

    /// The ids of all rows in order, as the list is at `now`.
    ///
    /// # Errors
    /// Those of the list's field.
    fn ids(
        conn: &mut Connection,
        viewer: &Membership,
        filter: Self::Filter,
        order: Option<Self::Order>,
        now: DateTime<Utc>,
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
    pub cell: fn(&Row, &Format) -> Cell,
}

/// Declares the lists that can be had as files.
macro_rules! lists {
    ($($list:ident => $row:ty),+ $(,)?) => {
        /// Two routes a list: `/export/tickets.csv` and `/export/tickets.xlsx`. They use the session of `/graphql`, and
        /// GET, because they change nothing. `filter` and `orderBy` are those of the list's field, as JSON; both are
        /// optional.
        pub fn router(sessions: Sessions) -> Router {
            let routes = Router::new();
            $(let routes = route::<$row>(routes);)+
            routes.with_state(Arc::new(sessions))
        }

        /// Checks that a value is a filter of this list which the viewer may use.
        ///
        /// # Errors
        /// `INVALID_FILTER`; refusals of single conditions; `TOO_LONG` for the words to search for.
        pub(super) fn check(list: ListName, viewer: &Membership, filter: &serde_json::Value) -> Result<()> {
            match list {
                $(ListName::$list => {
                    let filter = filter_of::<$row>(filter)?.read(viewer)?;
                    check_search(filter.search.as_deref())
                })+
            }
        }

        /// Checks that a value is an order of this list.
        ///
        /// # Errors
        /// `INVALID_ORDER`.
        pub(super) fn check_order(list: ListName, order: &serde_json::Value) -> Result<()> {
            match list {
                $(ListName::$list => order_of::<$row>(order).map(|_| ()),)+
            }
        }

        /// Writes the file of an export. The list is as its viewer sees it now.
        ///
        /// # Errors
        /// Refusals when the filter is not valid any more; when the database does not answer: retry.
        async fn write(store: Store, order: WriteOrder) -> Result<Written> {
            match order.list {
                $(ListName::$list => whole::<$row>(store, order).await,)+
            }
        }
    };
}

lists! {
    Tickets => desk::ticket::TicketRow,
    Tasks => month::TaskRow,
}

/// Writes the files of exports, for the workers.
pub fn list_writer() -> ListWriter {
    ListWriter::new(write)
}

fn route<Row: Exported>(routes: Router<Arc<Sessions>>) -> Router<Arc<Sessions>> {
    ExportFormat::ALL.iter().fold(routes, |routes, format| {
        let path = format!("/export/{}.{}", Row::LIST, format.extension());
        let answer = async move |sessions, request| answer::<Row>(sessions, *format, request).await;
        routes.route(&path, get(answer))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    filter: Option<String>,
    order_by: Option<String>,
}

async fn answer<Row: Exported>(
    State(sessions): State<Arc<Sessions>>,
    kind: ExportFormat,
    request: Request,
) -> Response {
    let id = RequestId::of(request.extensions());
    let mut locale = wanted_language(request.headers()).unwrap_or(Locale::En);
    let mut transfer = Transfer::begin(Direction::Export);
    let operation = Some(format!("{} {}", Direction::Export.as_str(), Row::LIST));
    let mut told = Answered { operation, ..Answered::default() };
    let response = match file::<Row>(&sessions, kind, request, &id, &mut locale, &mut told.whose).await {
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
    kind: ExportFormat,
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
    let now = caller.store.now();
    let ids = Row::ids(&mut conn, &caller.actor()?.membership, filter, order, now).await;
    let ids = queried(&caller, ids)?;
    drop(conn);
    queried(&caller, check_length(ids.len()))?;
    let today = firm.today(now);
    let format = Format { locale: caller.locale, zone: firm.zone };
    let exporter = Exporter { store: caller.store.clone(), scope, format };
    let name = format!("{}-{today}.{}", Row::LIST, kind.extension());
    let (media_type, body) = match kind {
        ExportFormat::Csv => {
            let bytes = chunks::<Row>(exporter, ids, id.clone());
            ("text/csv; charset=utf-8; header=present", Body::from_stream(bytes))
        }
        ExportFormat::Xlsx => {
            let written = spooled::<Row>(&exporter, &ids, kind).await;
            let bytes = stream_of(queried(&caller, written)?);
            (FileKind::Xlsx.as_str(), Body::from_stream(bytes))
        }
    };
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Refuses to send more than a person waits for in front of a browser that shows nothing meanwhile.
fn check_length(rows: usize) -> Result<()> {
    if rows <= AT_ONCE {
        return Ok(());
    }
    let count = |rows: usize| i64::try_from(rows).unwrap_or(i64::MAX);
    Err(Refusal::new(guichet_base::error::Code::ListTooLong)
        .asked(Told::Number(count(rows)))
        .with(count(AT_ONCE))
        .into())
}

/// The whole file of an export.
async fn whole<Row: Exported>(store: Store, order: WriteOrder) -> Result<Written> {
    let WriteOrder { membership, filter, order_by, locale, zone, format: kind, .. } = order;
    let filter = filter_of::<Row>(&filter)?;
    let order = order_by.as_ref().map(order_of::<Row>).transpose()?;
    let now = store.now();
    let ids = Row::ids(&mut *store.conn().await?, &membership, filter, order, now).await?;
    let exporter = Exporter { store, scope: membership.scope(), format: Format { locale, zone } };
    let file = spooled::<Row>(&exporter, &ids, kind).await?;
    Ok(Written { file, rows: ids.len() })
}

/// Writes a list to an unnamed temporary file, which is gone when it is dropped or the process dies. Only a chunk of it is
/// in memory.
async fn spooled<Row: Exported>(exporter: &Exporter, ids: &[Row::Id], kind: ExportFormat) -> Result<File> {
    let mut file = tempfile::tempfile().map_err(unwritten)?;
    match kind {
        ExportFormat::Csv => {
            file.write_all(&exporter.head::<Row>()).map_err(unwritten)?;
            for ids in ids.chunks(CHUNK) {
                file.write_all(&exporter.rows::<Row>(ids).await?).map_err(unwritten)?;
            }
            Ok(file)
        }
        ExportFormat::Xlsx => {
            let mut book = Book::new(exporter.format, &exporter.titles::<Row>())?;
            for ids in ids.chunks(CHUNK) {
                book.add(&exporter.cells::<Row>(ids).await?)?;
            }
            // Packing takes a moment in which nothing else must wait.
            let packed = tokio::task::spawn_blocking(move || book.finish(&mut file).map(|()| file)).await;
            Ok(packed.map_err(unwritten)??)
        }
    }
}

/// The disk is full, or gone: a retry may help.
fn unwritten(error: impl fmt::Display) -> Fault {
    Fault::Unavailable(format!("a temporary file: {error}"))
}

/// The bytes of a file from its beginning.
fn stream_of(mut file: File) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let begun = file.rewind().map(|()| tokio::fs::File::from_std(file));
    stream::once(async { begun })
        .and_then(async |file| {
            Ok(stream::try_unfold(file, async |mut file| {
                let mut piece = vec![0; PIECE];
                let read = file.read(&mut piece).await?;
                piece.truncate(read);
                Ok((read > 0).then(|| (Bytes::from(piece), file)))
            }))
        })
        .try_flatten()
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
    /// The beginning of a CSV file.
    fn head<Row: Exported>(&self) -> Bytes {
        let titles = self.titles::<Row>().iter().map(|title| sheet::cell(title).into_owned()).collect();
        let titles = sheet::rows(self.format.locale, &[titles]);
        [sheet::BYTE_ORDER_MARK.as_bytes(), &titles].concat().into()
    }

    /// The titles of the columns in the viewer's language.
    fn titles<Row: Exported>(&self) -> Vec<String> {
        let title = |column: &Column<Row>| i18n::text(self.format.locale, column.title, &Args::new());
        self.columns::<Row>().map(title).collect()
    }

    /// Rows as CSV.
    async fn rows<Row: Exported>(&self, ids: &[Row::Id]) -> Result<Bytes> {
        let text = |row: Vec<Cell>| row.iter().map(|cell| self.format.csv(cell)).collect();
        let rows: Vec<Vec<String>> = self.cells::<Row>(ids).await?.into_iter().map(text).collect();
        Ok(sheet::rows(self.format.locale, &rows).into())
    }

    async fn cells<Row: Exported>(&self, ids: &[Row::Id]) -> Result<Vec<Vec<Cell>>> {
        let rows = Row::rows(&mut *self.store.conn().await?, &self.scope, ids).await?;
        let cells = |row| self.columns::<Row>().map(|column| (column.cell)(row, &self.format)).collect();
        Ok(rows.iter().map(cells).collect())
    }

    fn columns<Row: Exported>(&self) -> impl Iterator<Item = &'static Column<Row>> {
        let all = self.scope.is_staff();
        Row::COLUMNS.iter().filter(move |column| all || !column.internal)
    }
}

/// The names of things, by id.
pub(super) fn names<Row, K: Hash + Eq>(
    rows: Vec<Row>,
    named: impl Fn(Row) -> (K, String),
) -> HashMap<K, String> {
    rows.into_iter().map(named).collect()
}

/// Empty where there is none, or where the viewer may not see it.
pub(super) fn name<K: Hash + Eq>(names: &HashMap<K, String>, id: Option<K>) -> String {
    id.and_then(|id| names.get(&id)).cloned().unwrap_or_default()
}

/// Parses a parameter as the GraphQL input of the same name.
fn read<T: InputType>(name: &str, text: &str) -> Result<T, ApiError> {
    let bad = |why: String| ApiError::new(Code::BadUserInput, format!("`{name}`: {why}"));
    let json = serde_json::from_str(text).map_err(|_| bad("is not JSON.".to_owned()))?;
    parse(json).map_err(bad)
}

/// Parses a stored filter of a list.
fn filter_of<Row: Exported>(filter: &serde_json::Value) -> Result<Row::Filter> {
    let bad = |_| Refusal::of("filter", guichet_base::error::Code::InvalidFilter).into();
    parse(filter.clone()).map_err(bad)
}

/// Checks the words of a filter as its list does: they are a part of the filter.
fn check_search(words: Option<&str>) -> Result<()> {
    let refused = |error| match error {
        Error::Refused(refused) => {
            let of_filter = |refusal| Refusal { path: "filter".into(), ..refusal };
            Error::Refused(refused.into_iter().map(of_filter).collect())
        }
        fault => fault,
    };
    search::Query::read(words).map(drop).map_err(refused)
}

/// Parses a stored order of a list.
fn order_of<Row: Exported>(order: &serde_json::Value) -> Result<Row::Order> {
    let bad = |_| Refusal::of("orderBy", guichet_base::error::Code::InvalidOrder).into();
    parse(order.clone()).map_err(bad)
}

/// Parses a GraphQL input, or says why it is none. Unknown names are refused: a filter that is silently ignored would
/// export more than requested.
fn parse<T: InputType>(json: serde_json::Value) -> Result<T, String> {
    let value = Value::from_json(json).map_err(|_| "cannot be read.".to_owned())?;
    let parsed =
        T::parse(Some(value.clone())).map_err(|error| error.into_server_error(Pos::default()).message)?;
    if let (Value::Object(given), Value::Object(known)) = (value, parsed.to_value())
        && let Some(unknown) = given.keys().find(|field| !known.contains_key(*field))
    {
        return Err(format!("has no field `{unknown}`."));
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
