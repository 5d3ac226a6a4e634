//! Requests that a browser was tricked into: nothing is changed by GET, by simple content types, or from a foreign
//! page.

use guichet_tests::app::TestApp;
use guichet_tests::http;
use guichet_tests::world::Firm;
use reqwest::{RequestBuilder, Response, Url};
use serde_json::{Value, json};

const MUTATION: &str =
    "mutation { clientCreate(input: { idempotencyKey: \"k\", name: \"Forged\" }) { client { id } } }";

struct Victim {
    app: TestApp,
    firm: Firm,
    http: reqwest::Client,
}

impl Victim {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let firm = Firm::new(&app.store, "aurora.example").await;
        Self { app, firm, http: http::client() }
    }

    fn url(&self) -> String {
        format!("{}/graphql", self.app.url)
    }

    /// A request as the victim's browser sends it.
    fn browser(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", format!("guichet={}", self.firm.owner.token))
    }

    fn get(&self, parameters: &[(&str, &str)]) -> RequestBuilder {
        self.http.get(Url::parse_with_params(&self.url(), parameters).unwrap())
    }

    fn post(&self) -> RequestBuilder {
        self.browser(self.http.post(self.url())).json(&json!({ "query": MUTATION }))
    }

    /// Checks the number of clients, and ends the test.
    async fn finish(self, clients: u64) {
        let count = self.app.ask(&self.firm.owner, "{ clients(first: 1) { totalCount } }", json!({})).await;
        assert_eq!(count["clients"]["totalCount"], clients);
        self.app.finish().await;
    }
}

async fn code(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body["errors"][0]["extensions"]["code"].as_str().unwrap_or("none").to_owned())
}

/// GET never runs a mutation, whatever the headers.
#[tokio::test]
async fn by_get() {
    let victim = Victim::new().await;
    for accept in ["*/*", "application/json", "application/graphql-response+json", "text/html"] {
        let request = victim.get(&[("query", MUTATION)]).header("accept", accept);
        let (status, code) = code(victim.browser(request).send().await.unwrap()).await;
        let expected =
            if accept == "text/html" { (406, "NOT_ACCEPTABLE") } else { (405, "METHOD_NOT_ALLOWED") };
        assert_eq!((status, code.as_str()), expected, "{accept}");
    }
    let hidden = format!(
        "query A {{ viewer {{ memberships {{ membershipId }} }} }} {}",
        MUTATION.replace("mutation", "mutation B")
    );
    let request = victim.get(&[("query", &hidden), ("operationName", "B")]);
    assert_eq!(code(victim.browser(request).send().await.unwrap()).await.1, "METHOD_NOT_ALLOWED");
    let read = victim.get(&[("query", "{ viewer { account { email } } }")]);
    let read: Value = victim.browser(read).send().await.unwrap().json().await.unwrap();
    assert_eq!(read["data"]["viewer"]["account"]["email"], "owner@aurora.example", "a query is");
    victim.finish(0).await;
}

/// Content types that pages may send without a preflight are refused.
#[tokio::test]
async fn by_simple_content_types() {
    let victim = Victim::new().await;
    let body = json!({ "query": MUTATION }).to_string();
    let form = format!("query={}", MUTATION.replace(' ', "+"));
    for (content_type, body) in [
        (Some("text/plain"), &body),
        (Some("text/plain; charset=application/json"), &body),
        (Some("application/x-www-form-urlencoded"), &form),
        (Some("multipart/form-data; boundary=x"), &body),
        (Some("application/graphql"), &MUTATION.to_owned()),
        (Some("application/jsonp"), &body),
        (None, &body),
    ] {
        let mut request = victim.browser(victim.http.post(victim.url())).body(body.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let refused = code(request.send().await.unwrap()).await;
        assert_eq!(refused, (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{content_type:?}");
    }
    victim.finish(0).await;
}

/// A foreign page that sends the cookie of a session can change nothing and read nothing; our own page can.
#[tokio::test]
async fn from_a_foreign_page() {
    let victim = Victim::new().await;
    let foreign = [
        ("origin", "https://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", format!("{}.evil.example", victim.app.url)),
        ("sec-fetch-site", "cross-site".to_owned()),
        ("sec-fetch-site", "same-site".to_owned()),
    ];
    for (name, value) in foreign {
        let refused = code(victim.post().header(name, &value).send().await.unwrap()).await;
        assert_eq!(refused, (403, "FORBIDDEN".to_owned()), "{name}: {value}");
    }
    let read = victim.get(&[("query", "{ viewer { account { email } } }")]);
    let read = victim.browser(read).header("origin", "https://evil.example").send().await.unwrap();
    assert!(!read.headers().contains_key("access-control-allow-origin"), "the page may not look at it");
    let preflight = victim.http.request(reqwest::Method::OPTIONS, victim.url());
    let preflight = preflight.header("origin", "https://evil.example");
    let preflight = preflight.header("access-control-request-method", "POST").send().await.unwrap();
    assert!(!preflight.headers().contains_key("access-control-allow-origin"));
    let own = victim.post().header("origin", &victim.app.url).header("sec-fetch-site", "same-origin");
    assert_eq!(code(own.send().await.unwrap()).await, (200, "none".to_owned()));
    victim.finish(1).await;
}
