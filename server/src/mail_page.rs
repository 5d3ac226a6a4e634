//! The page of the mail catcher, which shows the mails that would have been sent. It requires no sign-in, so it is
//! only mounted where mails are caught and must not be reachable from outside.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use chrono::{DateTime, SecondsFormat, Utc};
use guichet_mail::{Catcher, Caught};
use http::{HeaderName, StatusCode, header};
use serde::Deserialize;

/// Policy of our own pages: no scripts, nothing external.
const PAGE: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; \
                    base-uri 'none'; frame-ancestors 'none'";

/// Policy of a mail's HTML: an opaque origin, no scripts, nothing loaded. Links open in a new tab.
const MAIL: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
                    style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'";

/// `GET /mails`, `/mails/{id}` and `/mails/{id}/html`.
pub fn router(catcher: Catcher) -> Router {
    Router::new()
        .route("/mails", get(list))
        .route("/mails/{id}", get(one))
        .route("/mails/{id}/html", get(html))
        .with_state(catcher)
}

/// A line of the list.
struct Row {
    id: String,
    subject: String,
    to: String,
    date: String,
    machine_date: String,
    /// The number of mails in the same thread.
    thread: usize,
}

impl Row {
    fn new(mail: &Caught, thread: usize) -> Self {
        let date = |write: fn(DateTime<Utc>) -> String| mail.date.map(write).unwrap_or_default();
        let subject = mail.subject.trim();
        Self {
            id: mail.id.clone(),
            subject: if subject.is_empty() { "(no subject)" } else { subject }.to_owned(),
            to: mail.to.clone(),
            date: date(|date| date.format("%Y-%m-%d %H:%M UTC").to_string()),
            machine_date: date(|date| date.to_rfc3339_opts(SecondsFormat::Secs, true)),
            thread,
        }
    }
}

#[derive(Template)]
#[template(path = "mails/list.html")]
struct List {
    to: Option<String>,
    recipients: BTreeSet<String>,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "mails/mail.html")]
struct One {
    mail: Caught,
    row: Row,
    thread: Vec<Row>,
}

#[derive(Deserialize)]
struct Filter {
    to: Option<String>,
}

async fn list(State(catcher): State<Catcher>, Query(filter): Query<Filter>) -> Result<Response, Failure> {
    let mails = catcher.list().await?;
    let to = filter.to.filter(|to| !to.is_empty());
    let mut threads = HashMap::new();
    for mail in &mails {
        *threads.entry(mail.thread()).or_insert(0) += 1;
    }
    let shown = mails.iter().filter(|mail| to.as_ref().is_none_or(|to| *to == mail.to));
    let rows = shown.map(|mail| Row::new(mail, threads[&mail.thread()])).collect();
    page(&List { recipients: mails.iter().map(|mail| mail.to.clone()).collect(), to, rows })
}

async fn one(State(catcher): State<Catcher>, Path(id): Path<String>) -> Result<Response, Failure> {
    let mail = catcher.read(&id).await?.ok_or(Failure::NotThere)?;
    let mut others = catcher.list().await?;
    others.retain(|other| other.thread() == mail.thread());
    others.reverse();
    let thread: Vec<Row> = others.iter().map(|other| Row::new(other, others.len())).collect();
    page(&One { row: Row::new(&mail, thread.len()), mail, thread })
}

async fn html(State(catcher): State<Catcher>, Path(id): Path<String>) -> Result<Response, Failure> {
    let mail = catcher.read(&id).await?.ok_or(Failure::NotThere)?;
    let html = mail.html.ok_or(Failure::NotThere)?;
    Ok((headers(MAIL), Html(links_beside(html))).into_response())
}

/// Makes links open in a new tab: the frame must not navigate.
fn links_beside(mut html: String) -> String {
    let lower = html.to_ascii_lowercase();
    let head = lower.find("<head").and_then(|start| Some(start + lower[start..].find('>')? + 1));
    if let Some(at) = head {
        html.insert_str(at, "<base target=\"_blank\">");
    }
    html
}

fn page(template: &impl Template) -> Result<Response, Failure> {
    let html = template.render().map_err(std::io::Error::other)?;
    Ok((headers(PAGE), Html(html)).into_response())
}

fn headers(policy: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ]
}

/// Why a page cannot be shown.
enum Failure {
    NotThere,
    /// The folder cannot be read; try again.
    Unreadable,
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        tracing::warn!(kind = %error.kind(), "the caught mails cannot be read");
        Self::Unreadable
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NotThere => (StatusCode::NOT_FOUND, "There is no such mail."),
            Self::Unreadable => (StatusCode::INTERNAL_SERVER_ERROR, "The mails cannot be read now."),
        };
        (status, headers(PAGE), text).into_response()
    }
}
