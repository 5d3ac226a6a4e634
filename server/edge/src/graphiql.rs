//! GraphiQL, served by this server without any external host.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use tower_http::services::ServeFile;

/// Where GraphiQL's files are, and its initial text.
#[derive(Clone, Debug)]
pub struct Graphiql {
    /// The `node_modules` that `npm ci` creates from `server/graphiql/package-lock.json`.
    pub modules: PathBuf,
    /// The text in its editor at the first visit: how to sign in.
    pub welcome: String,
}

/// Paths below `/graphiql/`, and the files below `node_modules`.
const FILES: [(&str, &str); 5] = [
    ("react.js", "react/umd/react.production.min.js"),
    ("react-dom.js", "react-dom/umd/react-dom.production.min.js"),
    ("graphiql.js", "graphiql/graphiql.min.js"),
    ("graphql-ws.js", "graphql-ws/umd/graphql-ws.min.js"),
    ("graphiql.css", "graphiql/graphiql.min.css"),
];

/// Only our own scripts; inline styles are allowed because the editor creates them at run time.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn routes(graphiql: &Graphiql) -> Router {
    let pages = Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/page.js", get(script))
        .with_state(Arc::new(graphiql.clone()));
    FILES.iter().fold(pages, |router, (name, file)| {
        router.route_service(&format!("/graphiql/{name}"), ServeFile::new(graphiql.modules.join(file)))
    })
}

async fn page(State(graphiql): State<Arc<Graphiql>>) -> Response {
    if !installed(&graphiql.modules).await {
        let page = "GraphiQL is not installed on this server: run `make graphiql`.";
        return (StatusCode::NOT_FOUND, page).into_response();
    }
    let page = include_str!("graphiql.html").replace("{welcome}", &escaped(&graphiql.welcome));
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)).into_response()
}

async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("graphiql.js")).into_response()
}

async fn installed(modules: &Path) -> bool {
    for (_, file) in FILES {
        if !tokio::fs::try_exists(modules.join(file)).await.unwrap_or(false) {
            return false;
        }
    }
    true
}

/// Text escaped for a double-quoted attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
