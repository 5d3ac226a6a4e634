//! Logs have ids only: no passwords, tokens, addresses or names, and no text that people wrote.

use std::sync::Arc;

use guichet_base::id::Id;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::clock::SystemClock;
use guichet_tests::database::TestDatabase;
use guichet_tests::http;
use guichet_tests::process::Launch;
use guichet_tests::smtp::{Act, Options, Rule, Sink, Step};
use guichet_tests::wait::until;
use guichet_tests::world::Firm;
use serde_json::{Value, json};

/// The log at the most detailed level while the program answers, refuses, fails and sends mails.
#[tokio::test]
async fn what_is_logged() {
    let database = TestDatabase::new().await;
    let store = Store::new(db::pool(&database.url, 2).unwrap(), Arc::new(SystemClock));
    let firm = Firm::new(&store, "firm-domain.example").await;
    let client = firm.client("Padaria Segredo", Some("client-address@mail.example")).await;
    let ana = firm.admin(client, "ana-address@mail.example").await;
    let sink = Sink::start(Options::default()).await;
    // At this level libraries log parameters and headers, unless they are limited.
    let talkative = "trace,tokio_postgres::query=trace";
    let serve = Launch::serve(&database.url).with("GUICHET_LOG", talkative).start().await;
    let work = Launch::work(&database.url, &sink.starttls_url()).with("GUICHET_LOG", talkative).start().await;
    let http = http::client();
    let url = format!("{}/graphql", serve.url().await);
    let send = async |token: &str, query: &str, variables: Value| -> Value {
        let request = http.post(&url).json(&json!({ "query": query, "variables": variables }));
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        request.send().await.unwrap().json().await.unwrap()
    };

    let invite =
        "mutation ($input: StaffCreateInput!) { staffCreate(input: $input) { invitation { secret } } }";
    let input = json!({ "idempotencyKey": "k", "name": "Marta Sobrenome", "email": "marta-address@mail.example", "role": "MEMBER" });
    let invited = send(&firm.owner.token, invite, json!({ "input": input })).await;
    let secret = invited["data"]["staffCreate"]["invitation"]["secret"].as_str().unwrap().to_owned();
    let accept = "mutation ($input: InvitationAcceptInput!) { invitationAccept(input: $input) { token } }";
    let input = json!({ "secret": secret, "password": "the-right-password", "transport": "BEARER" });
    send("", accept, json!({ "input": input })).await;
    let sign_in = "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }";
    let input = |password: &str| json!({ "input": { "email": "marta-address@mail.example", "password": password, "transport": "BEARER" } });
    send("", sign_in, input("the-wrong-password")).await;
    let entered = send("", sign_in, input("the-right-password")).await;
    let token = entered["data"]["signIn"]["token"].as_str().unwrap().to_owned();
    // Secrets in wrong places, and requests that are refused.
    send("not-a-token-but-secret", "{ viewer { account { id } } }", json!({})).await;
    send("", sign_in, json!({ "input": { "email": "x", "password": ["the-listed-password"] } })).await;
    send("", "{ invitation(secret: \"the-inline-secret\") { email } nonsense }", json!({})).await;
    http.get(format!("{url}?query=%7Bnonsense%7D&token=the-query-token")).send().await.unwrap();

    // The relay's replies contain the address.
    let words = |code| Act::Reply(code, "5.1.1 <ana-address@mail.example> is unknown".into());
    sink.rule(Rule::new(Step::Rcpt, words(550)).to("ana-address@mail.example"));
    sink.rule(Rule::new(Step::EndOfData, words(451)).to("client-address@mail.example").times(1));
    let create = "mutation ($input: TicketCreateInput!) { ticketCreate(input: $input) { ticket { id } } }";
    let input =
        json!({ "idempotencyKey": "k", "subject": "O assunto oculto", "description": "A descrição oculta" });
    let created = send(&ana.token, create, json!({ "input": input })).await;
    let ticket = created["data"]["ticketCreate"]["ticket"]["id"].as_str().unwrap().to_owned();
    let post =
        "mutation ($input: TicketMessagePostInput!) { ticketMessagePost(input: $input) { message { id } } }";
    let input =
        json!({ "idempotencyKey": "k", "id": ticket, "visibility": "PUBLIC", "body": "O texto oculto" });
    send(&token, post, json!({ "input": input })).await;
    let change =
        "mutation ($input: TicketStatusChangeInput!) { ticketStatusChange(input: $input) { outcome } }";
    let input =
        json!({ "idempotencyKey": "k", "id": ticket, "status": "REJECTED", "reason": "O motivo oculto" });
    let changed = send(&token, change, json!({ "input": input })).await;
    assert_eq!(changed["data"]["ticketStatusChange"]["outcome"], "CHANGED", "{changed:#}");
    sink.wait_until(|state| state.acted.len() == 2).await;
    send(
        &token,
        "query ($q: String) { tickets(first: 1, filter: { search: $q }) { nodes { id } } }",
        json!({ "q": "busca oculta" }),
    )
    .await;
    // A fault whose error contains data.
    diesel_async::SimpleAsyncConnection::batch_execute(
        &mut *store.conn().await.unwrap(),
        "ALTER TABLE charges RENAME COLUMN description TO about",
    )
    .await
    .unwrap();
    let charge = "mutation ($input: ChargeCreateInput!) { chargeCreate(input: $input) { charge { id } } }";
    let input = json!({
        "idempotencyKey": "k", "clientId": client.encode(), "description": "A cobrança oculta",
        "amount": { "amountMinor": 100, "currency": "BRL" }
    });
    let failed = send(&firm.owner.token, charge, json!({ "input": input })).await;
    assert_eq!(failed["errors"][0]["extensions"]["code"], "INTERNAL");
    let request = failed["errors"][0]["extensions"]["requestId"].as_str().unwrap();
    let told = |lines: Vec<String>, what: &str| lines.iter().any(|line| line.contains(what)).then_some(lines);
    let served = until("the fault is in the log under its id", async || told(serve.output(), request)).await;
    let worked =
        until("the refused mail is in the log", async || told(work.output(), "451 at end of DATA")).await;
    let log = [served, worked].concat().join("\n").to_lowercase();
    let secrets = [&secret, &token, &firm.owner.token, &ana.token].map(String::as_str);
    let words = [
        "the-right-password",
        "the-wrong-password",
        "the-listed-password",
        "not-a-token-but-secret",
        "the-inline-secret",
        "the-query-token",
        "first password",
        "first%20password",
        "@",
        "mail.example",
        "marta",
        "ana-address",
        "padaria",
        "sobrenome",
        "oculto",
        "oculta",
        "segredo",
    ];
    for word in secrets.into_iter().chain(words) {
        let found = log.lines().find(|line| line.contains(&word.to_lowercase()));
        assert!(found.is_none(), "`{word}` in the log: {}", found.unwrap_or_default());
    }
    serve.stop().await;
    work.stop().await;
    database.drop().await;
}
