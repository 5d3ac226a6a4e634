//! Words of other parties: whatever they contain, they are one short line where operators and staff read them.

use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::database::TestDatabase;
use guichet_tests::http;
use guichet_tests::process::Launch;
use guichet_tests::smtp::{Act, Options, Rule, Sink, Step};
use guichet_tests::wait::until;
use guichet_tests::world::Firm;
use serde_json::{Value, json};

use crate::processes::run::guichet;

/// Two lines, commands to a terminal, a reversed order of characters.
const WORDS: &str = "4.3.0 busy\u{1b}[2J\u{2028}\u{1b}]0;title\u{7}now \u{202e}txt.exe";

fn is_one_line(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200b}' | '\u{202a}'..='\u{202e}')
    })
}

#[tokio::test]
async fn are_one_short_line() {
    let database = TestDatabase::new().await;
    let store = Store::new(db::pool(&database.url, 2).unwrap(), Arc::new(guichet_tests::clock::SystemClock));
    let firm = Firm::new(&store, "aurora.example").await;
    let client = firm.client("Padaria Sol", Some("nf@padaria.example")).await;
    let sink = Sink::start(Options::default()).await;
    let reply = format!("{WORDS} {}", "y".repeat(4_000));
    sink.rule(Rule::new(Step::Rcpt, Act::Reply(451, reply)));
    let relay = sink.starttls_url();
    let (serve, work) = (Launch::serve(&database.url), Launch::work(&database.url, &relay));
    let (server, worker) = tokio::join!(serve.start(), work.start());
    let url = format!("{}/graphql", server.url().await);
    let ask = async |query: &str, variables: Value| -> Value {
        let request = http::client().post(&url).bearer_auth(&firm.owner.token);
        let request = request.json(&json!({ "query": query, "variables": variables }));
        request.send().await.unwrap().json::<Value>().await.unwrap()["data"].take()
    };
    let create = "mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { id } } }";
    let input =
        json!({ "idempotencyKey": "k", "clientId": guichet_base::id::Id::encode(client), "subject": "x" });
    let made = ask(create, json!({ "input": input })).await;
    let change =
        "mutation ($input: TicketStatusChangeInput!) { ticketStatusChange(input: $input) { outcome } }";
    let input =
        json!({ "idempotencyKey": "k", "id": made["ticketCreate"]["ticket"]["id"], "status": "IN_ANALYSIS" });
    ask(change, json!({ "input": input })).await;
    until("the mail is refused", async || {
        worker.output().iter().any(|line| line.contains("451 at RCPT TO")).then_some(())
    })
    .await;

    // As staff read it.
    let deliveries = "{ emailDeliveries(first: 1) { nodes { smtpReply } } }";
    let told = ask(deliveries, json!({})).await["emailDeliveries"]["nodes"][0]["smtpReply"].take();
    let told = told.as_str().unwrap();
    assert!(told.starts_with("451 4.3.0 busy now txt.exe yyy"), "{told}");
    assert!(is_one_line(told) && told.chars().count() <= 500, "{told}");

    // As operators read it, also what an older version stored.
    let long = format!("{WORDS}\r\n{}", "z".repeat(100_000));
    let write = format!(
        "UPDATE jobs SET last_error = '{}', run_at = now() + interval '1 day'",
        long.replace('\'', "''")
    );
    store.conn().await.unwrap().batch_execute(&write).await.unwrap();
    let list = guichet(&["jobs", "list"], &[("DATABASE_URL", &database.url)], "").await;
    assert_eq!((list.code, list.out.lines().count()), (Some(0), 1), "{list:?}");
    assert!(is_one_line(list.out.trim_end()) && list.out.chars().count() < 250, "{}", list.out);
    assert!(list.out.contains("4.3.0 busy now txt.exe zzz"), "{}", list.out);

    // Names that clients choose.
    let name = format!("query N{} {{ __typename }}", "n".repeat(5000));
    ask(&name, json!({})).await;
    let lines = [server.output(), worker.output()].concat();
    for line in lines {
        let entry: Value =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("an entry is one line: {line}"));
        assert!(is_one_line(&line) && line.len() < 4000, "{line}");
        assert!(entry["message"].is_string(), "{line}");
    }
    assert!(server.stop().await.success() && worker.stop().await.success());
    database.drop().await;
}
