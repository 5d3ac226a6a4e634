//! Requests to a server whose database does not answer: everything tested here is decided without it.

use async_graphql::{Request, Response};
use axum::Router;
use axum::body::{Body, to_bytes};
use guichet_base::clock::ManualClock;
use guichet_edge::{EdgeSettings, Sockets};
use guichet_engine::actor::Origin;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_schema::shared::file::rules::Limits;
use guichet_server::files::Files;
use guichet_server::graphql::attach::Sessions;
use guichet_server::graphql::caller::Caller;
use guichet_server::graphql::deployment::Deployment;
use guichet_server::graphql::guests::Guests;
use guichet_server::graphql::loaders::loaders;
use guichet_server::graphql::{Schema, build};
use guichet_server::live::Live;
use guichet_server::settings::Settings;
use guichet_storage::{Addresses, Folder, Own, Seal, Storage};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

fn store() -> Store {
    // Port 9 is that of the discard protocol: nobody listens there.
    let pool = db::pool("postgres://nobody@127.0.0.1:9/nothing", 2).unwrap();
    Store::new(pool, ManualClock::new(chrono::DateTime::UNIX_EPOCH))
}

fn deployment() -> Deployment {
    let settings = Settings::read(|name| (name == "PUBLIC_URL").then(|| "https://guichet.example".into()));
    Deployment::new(&settings.unwrap())
}

/// A store that is never used.
fn files() -> Files {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(Folder::open(folder.path()).unwrap());
    let own = Own { seal: Seal::open(folder.path()).unwrap() };
    Files { storage, addresses: Addresses::Own(own), limits: Limits::default() }
}

/// The schema, used without signing in.
pub struct Anonymous(Schema);

pub fn anonymous() -> Anonymous {
    Anonymous(build(deployment(), Live::new(store()), files()))
}

impl Anonymous {
    pub async fn execute(&self, request: Request) -> Response {
        let caller = Caller::new(store(), None, None, Origin::default());
        let loaders = loaders(&caller);
        self.0.execute(request.data(caller).data(loaders)).await
    }
}

fn server() -> Router {
    let settings = EdgeSettings::default();
    let sessions = Sessions { store: store(), deployment: deployment(), guests: Guests::default() };
    guichet_edge::layered(
        guichet_edge::router(
            build(deployment(), Live::new(store()), files()),
            &settings,
            sessions,
            &Sockets::new(CancellationToken::new()),
        ),
        &settings,
    )
}

async fn post(query: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Value) {
    let mut request = http::Request::post("/graphql")
        .header("host", "guichet.example")
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(json!({ "query": query }).to_string())).unwrap();
    let (parts, body) = server().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap())
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn nobody_needs_no_database() {
    let (status, _, answer) = post("{ viewer { account { id } } }", &[]).await;
    assert_eq!((status, &answer), (StatusCode::OK, &json!({"data": {"viewer": null}})));
}

/// B-14: without signing in, nobody can find out whether an id exists.
#[tokio::test]
async fn nobody_reads_nothing() {
    for query in [
        "{ clients(first: 1) { nodes { id } } }",
        "{ clients { nodes { id } } }",
        r#"{ client(id: "client_00000000000000000000000000000000") { id } }"#,
        r#"{ node(id: "nonsense") { id } }"#,
        r#"{ node(id: "ticket_00000000000000000000000000000000") { id } }"#,
        r#"mutation { membershipSelect(input: {membershipId: "staff_1"}) { userErrors { code } } }"#,
        r#"mutation { clientCreate(input: {idempotencyKey: "1", name: ""}) { userErrors { code } } }"#,
    ] {
        let (_, _, answer) = post(query, &[]).await;
        assert_eq!(code(&answer), "UNAUTHENTICATED", "{query}");
        assert_eq!(
            answer["data"].as_object().map_or(0, |data| data.values().filter(|v| !v.is_null()).count()),
            0
        );
    }
}

#[tokio::test]
async fn a_token_is_looked_up() {
    for header in [("authorization", "Bearer abc"), ("cookie", "__Host-guichet=abc")] {
        let (status, _, answer) = post("{ viewer { account { id } } }", &[header]).await;
        assert_eq!((status, code(&answer)), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{header:?}");
    }
    let (status, _, answer) = post("{ viewer { account { id } } }", &[("authorization", "Bearer ")]).await;
    assert_eq!((status, code(&answer)), (StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"));
    for header in [("authorization", "Basic YTpi"), ("cookie", "guichet=abc")] {
        let (status, _, _) = post("{ viewer { account { id } } }", &[header]).await;
        assert_eq!(status, StatusCode::OK, "{header:?}");
    }
}

/// A page of another site can do nothing with the viewer's cookie: it is refused before the session is read.
#[tokio::test]
async fn a_cookie_is_no_good_to_other_sites() {
    let cookie = ("cookie", "__Host-guichet=abc");
    for header in [
        ("origin", "https://evil.example"),
        ("origin", "https://sub.guichet.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let (status, _, answer) =
            post("mutation { signOut { userErrors { code } } }", &[cookie, header]).await;
        assert_eq!((status, code(&answer)), (StatusCode::FORBIDDEN, "FORBIDDEN"), "{header:?}");
    }
    let own = ("origin", "https://guichet.example");
    let (status, _, _) = post("mutation { signOut { userErrors { code } } }", &[cookie, own]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "our own page gets as far as the session");
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let (status, headers, answer) =
        post("mutation { signOut { account { id } userErrors { code } } }", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["data"]["signOut"], json!({"account": null, "userErrors": []}));
    assert_eq!(
        headers.get("set-cookie").and_then(|value| value.to_str().ok()),
        Some("__Host-guichet=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure")
    );
}
