//! A firm whose API and workers run in separate processes with the real time, and a relay that requires STARTTLS and a
//! sign-in.

use std::sync::Arc;

use guichet_base::id::Id;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::clock::SystemClock;
use guichet_tests::http;
use guichet_tests::process::{Launch, Process};
use guichet_tests::smtp::{Options, Sink};
use guichet_tests::wait::until_ok;
use guichet_tests::world::Firm;
use serde_json::{Value, json};

const CREATE: &str = "mutation ($input: TicketCreateInput!) {
    ticketCreate(input: $input) { ticket { id } userErrors { code } }
}";

pub struct Site {
    pub url: String,
    pub store: Store,
    pub firm: Firm,
    pub sink: Sink,
    pub client: String,
    http: reqwest::Client,
}

impl Site {
    /// Opens a site in this migrated database.
    pub async fn open(url: &str) -> Self {
        let store = Store::new(db::pool(url, 4).unwrap(), Arc::new(SystemClock));
        let firm = Firm::new(&store, "aurora.example").await;
        let client = firm.client("Padaria Estrela", Some("nf@padaria.example")).await.encode();
        let sink = Sink::start(Options { sign_in_clear: false, ..Options::default() }).await;
        let http = http::client();
        Self { url: url.to_owned(), store, firm, sink, client, http }
    }

    pub async fn serve(&self) -> Process {
        Launch::serve(&self.url).start().await
    }

    /// How a worker is started.
    pub fn worker(&self) -> Launch {
        Launch::work(&self.url, &self.sink.starttls_url())
    }

    pub async fn work(&self) -> Process {
        self.worker().start().await
    }

    /// Sends a request to a process as the owner; returns the whole answer, or nothing when there is none.
    pub async fn send(&self, server: &Process, query: &str, variables: Value) -> Option<Value> {
        let url = format!("{}/graphql", server.url().await);
        let request = self.http.post(url).bearer_auth(&self.firm.owner.token);
        let answer = request.json(&json!({ "query": query, "variables": variables })).send().await.ok()?;
        answer.json().await.ok()
    }

    /// The same; returns the data, or nothing when it fails.
    pub async fn ask(&self, server: &Process, query: &str, variables: Value) -> Option<Value> {
        let mut body = self.send(server, query, variables).await?;
        (body.get("errors").is_none()).then(|| body["data"].take())
    }

    /// The answer to a request for a new ticket, or nothing when there is none.
    pub async fn open_ticket(&self, server: &Process, key: &str) -> Option<Value> {
        let input = json!({ "idempotencyKey": key, "clientId": self.client, "subject": key });
        self.send(server, CREATE, json!({ "input": input })).await
    }

    /// Opens a ticket; returns its id.
    pub async fn ticket(&self, server: &Process, key: &str) -> Option<String> {
        let answer = self.open_ticket(server, key).await?;
        let made = answer["data"].get("ticketCreate")?;
        assert_eq!(made["userErrors"], json!([]));
        Some(made["ticket"]["id"].as_str().unwrap().to_owned())
    }

    /// Changes a ticket's status, which sends a mail to the client.
    pub async fn change(&self, server: &Process, ticket: &str, status: &str, key: &str) -> Option<()> {
        let mutation = "mutation ($input: TicketStatusChangeInput!) {
            ticketStatusChange(input: $input) { outcome mail { state } userErrors { code } }
        }";
        let input = json!({ "idempotencyKey": key, "id": ticket, "status": status });
        let changed = self.ask(server, mutation, json!({ "input": input })).await?;
        let payload = &changed["ticketStatusChange"];
        assert_eq!((&payload["userErrors"], &payload["outcome"]), (&json!([]), &json!("CHANGED")));
        Some(())
    }

    /// Opens a ticket and changes its status once, which sends a mail.
    pub async fn mail(&self, server: &Process) {
        let ticket = self.ticket(server, "a ticket").await.expect("it answers");
        self.change(server, &ticket, "IN_ANALYSIS", "a change").await.expect("it answers");
    }

    /// Waits until exactly `count` deliveries exist and all of them are sent.
    pub async fn sent(&self, server: &Process, count: u64) {
        let query = "{
            sent: emailDeliveries(first: 1, filter: { status: [SENT] }) { totalCount }
            all: emailDeliveries(first: 1) { totalCount }
        }";
        let wanted = json!({ "sent": { "totalCount": count }, "all": { "totalCount": count } });
        until_ok(&format!("all of {count} mails are sent"), async || {
            let told = self.ask(server, query, json!({})).await;
            if told.as_ref() == Some(&wanted) { Ok(()) } else { Err(told) }
        })
        .await;
    }
}
