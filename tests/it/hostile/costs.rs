//! Requests that ask for too much, against the real schema in a separate process: each gets a clear error at once, and
//! the memory of the process does not grow.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::clock::SystemClock;
use guichet_tests::database::TestDatabase;
use guichet_tests::http;
use guichet_tests::process::{Launch, Process};
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};

/// How long an answer may take on a busy machine; without the limits some of these take half a minute and more.
const AT_ONCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer: no error contains the request.
const BRIEF: usize = 32 << 10;

/// A request and the code of the error that it must get.
struct Attack {
    name: &'static str,
    body: Vec<u8>,
    code: &'static str,
}

fn attack(name: &'static str, code: &'static str, body: impl Into<Vec<u8>>) -> Attack {
    Attack { name, body: body.into(), code }
}

fn query(name: &'static str, code: &'static str, query: impl AsRef<str>) -> Attack {
    attack(name, code, json!({ "query": query.as_ref() }).to_string())
}

fn with(name: &'static str, code: &'static str, query: &str, variables: Value) -> Attack {
    attack(name, code, json!({ "query": query, "variables": variables }).to_string())
}

/// Documents that are too deep, too long, or small but expensive.
fn documents() -> Vec<Attack> {
    const TOO_MUCH: &str = "COST_EXCEEDED";
    const INVALID: &str = "GRAPHQL_VALIDATION_FAILED";
    let nested = |levels: usize| {
        let deep = "{ collectedCharges { ticket ".repeat(levels);
        format!("{{ ticket(id: \"x\") {deep} {{ id }} {} }}", "} }".repeat(levels))
    };
    let chain = |length: usize| -> String {
        let link = |n| format!("fragment F{n} on Ticket {{ ...F{0} ...F{0} }} ", n + 1);
        let links: String = (0..length).map(link).collect();
        format!("{{ ticket(id: \"x\") {{ ...F0 }} }} {links} fragment F{length} on Ticket {{ id }}")
    };
    let repeated = |part: &dyn Fn(usize) -> String| (0..1000).map(part).collect::<String>();
    let circle =
        "{ ticket(id: \"x\") { ...A } } fragment A on Ticket { collectedCharges { ticket { ...B } } }
        fragment B on Ticket { collectedCharges { ticket { ...A } } }";
    let sign_in = |n| format!("a{n}: signIn(input: {{ email: \"a@b.c\", password: \"{n}\" }}) {{ token }} ");
    let operations = repeated(&|n| format!("query Q{n} {{ viewer {{ account {{ id }} }} }} "));
    let introspection = "{ __schema { types { fields { type { fields { type { fields { type { fields {
        type { fields { type { name } } } } } } } } } } } } }";
    vec![
        query("5,000 fields deep", TOO_MUCH, nested(5_000)),
        query("just too deep", TOO_MUCH, nested(9)),
        query(
            "a circle through lists whose length nobody tells",
            TOO_MUCH,
            "{ tickets(first: 100) { nodes { history { ticket { history { ticket { history { ticket { history {
               ticket { history { id } } } } } } } } } } } }",
        ),
        query("10,000 brackets", TOO_MUCH, "{a".repeat(10_000)),
        query(
            "10,000 brackets in a value",
            TOO_MUCH,
            format!("{{ ticket(id: {}) {{ id }} }}", "[".repeat(10_000)),
        ),
        query("a circle of fragments", INVALID, circle),
        query("a fragment of itself", INVALID, "{ viewer { ...A } } fragment A on Viewer { ...A }"),
        query("a chain of doubling fragments", TOO_MUCH, chain(28)),
        query("a long chain of doubling fragments", TOO_MUCH, chain(1000)),
        query(
            "1,000 aliases",
            TOO_MUCH,
            format!("{{ {} }}", repeated(&|n| format!("a{n}: viewer {{ account {{ id }} }} "))),
        ),
        query(
            "1,000 directives",
            TOO_MUCH,
            format!("{{ viewer {} {{ account {{ id }} }} }}", "@include(if: true) ".repeat(1000)),
        ),
        query(
            "1,000 inline fragments",
            TOO_MUCH,
            format!("{{ viewer {{ {} }} }}", "... on Viewer { account { id } } ".repeat(1000)),
        ),
        attack(
            "1,000 operations",
            TOO_MUCH,
            json!({ "query": operations, "operationName": "Q0" }).to_string(),
        ),
        query(
            "1,000 variables",
            TOO_MUCH,
            format!(
                "query ({}) {{ viewer {{ account {{ id }} }} }}",
                repeated(&|n| format!("$v{n}: [[[Int!]!]!]! = [[[1]]] "))
            ),
        ),
        query("1,000 passwords at once", TOO_MUCH, format!("mutation {{ {} }}", repeated(&sign_in))),
        query(
            "11 passwords at once",
            TOO_MUCH,
            format!("mutation {{ {} }}", (0..11).map(sign_in).collect::<String>()),
        ),
        query("a deep look at the schema", TOO_MUCH, introspection),
        query(
            "a document of a megabyte",
            TOO_MUCH,
            format!("{{ viewer {{ account {{ id }} }} }} #{}", "x".repeat(900 << 10)),
        ),
        query("a name of 60,000 letters", INVALID, format!("{{ {} }}", "x".repeat(60_000))),
        query("a string without an end", "GRAPHQL_PARSE_FAILED", "{ ticket(id: \"x) { id } }"),
        query("NUL", "GRAPHQL_PARSE_FAILED", "{ \0 }"),
    ]
}

/// Bodies and variables that are too large, too deep or not GraphQL.
fn bodies() -> Vec<Attack> {
    const TOO_MUCH: &str = "COST_EXCEEDED";
    let one = json!({ "query": "{ viewer { account { id } } }" });
    let tickets = "query ($filter: TicketFilter) { tickets(first: 1, filter: $filter) { totalCount } }";
    let create =
        "mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { userErrors { code } } }";
    let deep = |levels| format!("{}{}", "{\"filter\":".repeat(levels) + "{}", "}".repeat(levels));
    let deep = |levels| format!("{{\"query\":{},\"variables\":{}}}", json!(tickets), deep(levels));
    let copied = (0..150).map(|n| format!("a{n}: tickets(first: 1, filter: $filter) {{ totalCount }} "));
    let copied = format!("query ($filter: TicketFilter) {{ {} }}", copied.collect::<String>());
    vec![
        attack("a batch of 1,000", "BAD_REQUEST", json!(vec![one; 1000]).to_string()),
        attack("a batch of none", "BAD_REQUEST", "[]"),
        attack("a body of five megabytes", "PAYLOAD_TOO_LARGE", vec![b' '; 5 << 20]),
        attack("10,000 brackets of JSON", TOO_MUCH, "[".repeat(10_000)),
        attack("variables 10,000 deep", TOO_MUCH, deep(10_000)),
        attack("variables just deep enough", "BAD_USER_INPUT", deep(30)),
        attack("no UTF-8", "BAD_REQUEST", b"{\"query\": \"{ \xff }\"}".to_vec()),
        attack("half a surrogate", "BAD_REQUEST", r#"{"query": "{ \ud800 }"}"#),
        with("100,000 values", TOO_MUCH, tickets, json!({ "filter": { "clientIds": vec![""; 100_000] } })),
        with(
            "a variable used 150 times",
            TOO_MUCH,
            &copied,
            json!({ "filter": { "search": "x".repeat(100_000) } }),
        ),
        with(
            "an object in place of a list",
            "BAD_USER_INPUT",
            tickets,
            json!({ "filter": { "status": { "a": {} } } }),
        ),
        with(
            "a field that is none",
            "BAD_USER_INPUT",
            tickets,
            json!({ "filter": { "or": [{ "or": [] }] } }),
        ),
        with(
            "a number for a text",
            "BAD_USER_INPUT",
            create,
            json!({ "input": { "idempotencyKey": "k", "subject": 1e300 } }),
        ),
        query(
            "a deep value in the document",
            "BAD_USER_INPUT",
            format!(
                "{{ tickets(first: 1, filter: {}{}) {{ totalCount }} }}",
                "{a: ".repeat(40) + "{}",
                "}".repeat(40)
            ),
        ),
    ]
}

/// Pages that are not allowed.
fn pages() -> Vec<Attack> {
    const WRONG: &str = "BAD_USER_INPUT";
    const TOO_MUCH: &str = "COST_EXCEEDED";
    let tickets = |arguments: &str| format!("{{ tickets{arguments} {{ nodes {{ id }} }} }}");
    let page = |name, arguments: &str| query(name, WRONG, tickets(arguments));
    let nodes = |count: usize| json!({ "ids": vec!["ticket_0"; count] });
    let by_id = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    vec![
        query("first: 99999999", TOO_MUCH, tickets("(first: 99999999)")),
        page("first: 101", "(first: 101)"),
        page("first: 0", "(first: 0)"),
        page("first: -1", "(first: -1)"),
        page("last: -1", "(last: -1)"),
        query("first: 2^31", TOO_MUCH, tickets("(first: 2147483648)")),
        query("first: 10^300", WRONG, tickets("(first: 1e300)")),
        page("no page", ""),
        page("first and last", "(first: 1, last: 1)"),
        page("before with first", "(first: 1, before: \"x\")"),
        page("a cursor that is none", "(first: 1, after: \"nonsense\")"),
        page("a huge cursor", &format!("(first: 1, after: \"{}\")", "A".repeat(50_000))),
        with("101 ids", WRONG, by_id, nodes(101)),
        query(
            "pages in pages",
            TOO_MUCH,
            "{ tickets(first: 100) { nodes { client { portalAccesses { id } } conversation(first: 100) { nodes { body
               ticket { conversation(first: 100) { nodes { id } } } } } } } }",
        ),
    ]
}

/// A separate server, and a signed-in owner.
struct Target {
    server: Process,
    owner: Person,
    http: reqwest::Client,
    database: TestDatabase,
}

impl Target {
    async fn start() -> Self {
        let database = TestDatabase::new().await;
        let store = Store::new(db::pool(&database.url, 2).unwrap(), Arc::new(SystemClock));
        let owner = Firm::new(&store, "aurora.example").await.owner;
        let server = Launch::serve(&database.url).with("GUICHET_INTROSPECTION", "on").start().await;
        Self { server, owner, http: http::client(), database }
    }

    /// Sends the request; returns what is wrong with the answer, if anything.
    async fn suffer(&self, attack: &Attack, token: Option<&str>) -> Option<String> {
        let url = format!("{}/graphql", self.server.url().await);
        let request =
            self.http.post(url).header("content-type", "application/json").body(attack.body.clone());
        let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
        let begun = Instant::now();
        let answer = request.send().await.unwrap().bytes().await.unwrap();
        let took = begun.elapsed();
        let body: Value = serde_json::from_slice(&answer).unwrap();
        let right = body["errors"][0]["extensions"]["code"] == attack.code;
        let good = right && answer.len() < BRIEF && took < AT_ONCE;
        (!good).then(|| format!("{}: {} bytes after {took:?}: {body:.1000}", attack.name, answer.len()))
    }

    /// The bytes in memory.
    fn resident(&self) -> u64 {
        let statm = fs::read_to_string(format!("/proc/{}/statm", self.server.pid())).unwrap();
        statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
    }
}

/// Depth, circles and doubling chains of fragments, aliases, directives, batches, pages, variables: each gets an error
/// with its code at once, with and without signing in, and no memory is lost.
#[tokio::test]
async fn too_much_is_refused_at_once() {
    let target = Target::start().await;
    let attacks: Vec<Attack> = documents().into_iter().chain(bodies()).collect();
    let pages = pages();
    let token = Some(target.owner.token.as_str());
    let all = async || {
        let mut wrong = Vec::new();
        for attack in &attacks {
            for token in [None, token] {
                wrong.extend(target.suffer(attack, token).await);
            }
        }
        for attack in &pages {
            wrong.extend(target.suffer(attack, token).await);
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    };
    all().await;
    let before = target.resident();
    for _ in 0..4 {
        all().await;
    }
    let grown = target.resident().saturating_sub(before);
    assert!(grown < 40 << 20, "grew by {grown} bytes");
    // Other requests are still answered.
    let url = format!("{}/graphql", target.server.url().await);
    let viewer = target.http.post(url).bearer_auth(&target.owner.token);
    let viewer = viewer.json(&json!({ "query": "{ viewer { account { email } } }" })).send().await.unwrap();
    let viewer: Value = viewer.json().await.unwrap();
    assert_eq!(viewer["data"]["viewer"]["account"]["email"], "owner@aurora.example");
    target.server.stop().await;
    target.database.drop().await;
}
