//! A firm, and short ways to use the API.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{ClientId, Id};
use guichet_base::locale::Locale;
use guichet_engine::actor::{AccessRole, StaffRole};
use guichet_engine::tables::{accounts, clients};
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_tests::app::{Answer, Setup, TestApp};
use guichet_tests::vocabulary::{self, Fields};
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};
use uuid::Uuid;

/// A Brazilian firm with a client that has an admin to talk to.
pub struct Desk {
    pub app: TestApp,
    pub firm: Firm,
    pub owner: Person,
    pub manager: Person,
    pub member: Person,
    pub client: ClientId,
    pub admin: Person,
}

/// The fields of a ticket that tests read.
pub const TICKET: Fields = Fields("Ticket");

/// The fields of a charge that tests read.
pub const CHARGE: Fields = Fields("Charge");

/// The settings of a firm, as tests read them.
pub const FIRM: Fields = Fields("Firm");

impl Desk {
    pub async fn open() -> Self {
        Self::open_with(Setup::default()).await
    }

    /// The same on other engines than the usual ones.
    pub async fn open_with(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        let firm = Firm::new(&app.store, "aurora.example").await;
        let manager = firm.staff("marta@aurora.example", StaffRole::Manager).await;
        let member = firm.staff("bruno@aurora.example", StaffRole::Member).await;
        let client = firm.client("Padaria São João", Some("contato@padaria.example")).await;
        let admin = firm.admin(client, "ana@padaria.example").await;
        Self { owner: firm.owner.clone(), app, firm, manager, member, client, admin }
    }

    /// An active collaborator of the client.
    pub async fn collaborator(&self, email: &str) -> Person {
        self.firm.portal(self.client, email, AccessRole::Collaborator, AccessStatus::Active).await
    }

    /// Sends a mutation; returns its answer, whatever it is. Adds a new idempotency key if the mutation takes one and
    /// the input has none.
    pub async fn send(&self, by: &Person, mutation: &str, mut input: Value) -> Answer {
        if vocabulary::takes_a_key(mutation) && input.get("idempotencyKey").is_none() {
            input["idempotencyKey"] = json!(key());
        }
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation Act($input: {kind}!) {{ {mutation}(input: $input) {{
                {} userErrors {{ field code message }}
            }} }}",
            vocabulary::payload(mutation)
        );
        self.app.send(Some(by), &query, json!({ "input": input })).await
    }

    /// The payload of a mutation that must succeed, and the id of its request.
    pub async fn traced(&self, by: &Person, mutation: &str, input: Value) -> (Value, String) {
        let answer = self.send(by, mutation, input).await;
        let request = answer.request_id.clone();
        let payload = answer.data()[mutation].clone();
        assert_eq!(errors(&payload), NONE, "{mutation}");
        (payload, request)
    }

    /// The payload of a mutation, whether it succeeds or is refused.
    pub async fn act(&self, by: &Person, mutation: &str, input: Value) -> Value {
        self.send(by, mutation, input).await.data()[mutation].clone()
    }

    /// The payload of a mutation that must succeed.
    pub async fn done(&self, by: &Person, mutation: &str, input: Value) -> Value {
        let payload = self.act(by, mutation, input.clone()).await;
        assert_eq!(errors(&payload), NONE, "{mutation} {input}");
        payload
    }

    /// Why a mutation is refused; see [`errors`].
    pub async fn refused(&self, by: &Person, mutation: &str, input: Value) -> Vec<String> {
        errors(&self.act(by, mutation, input).await)
    }

    /// The owner changes settings of the firm.
    pub async fn settle(&self, mut settings: Value) -> Value {
        let query = "query V($id: ID!) { node(id: $id) { ... on Firm { version } } }";
        let seen = self.app.ask(&self.owner, query, json!({ "id": self.firm.id.encode() })).await;
        settings["expectedVersion"] = seen["node"]["version"].clone();
        self.done(&self.owner, "firmUpdate", settings).await["firm"].clone()
    }

    /// Opens a ticket of the client; `input` has the other fields.
    pub async fn ticket(&self, by: &Person, mut input: Value) -> Value {
        for (field, value) in [("clientId", json!(self.client.encode())), ("subject", json!("Guia do mês"))]
        {
            if input.get(field).is_none() {
                input[field] = value;
            }
        }
        self.done(by, "ticketCreate", input).await["ticket"].clone()
    }

    /// Opens a ticket of the client; returns its id.
    pub async fn opened(&self, by: &Person) -> String {
        text(&self.ticket(by, json!({})).await["id"])
    }

    /// Has the manager give a ticket this status.
    pub async fn set(&self, ticket: &str, status: &str) -> Value {
        let input = json!({ "id": ticket, "status": status, "reason": "Como combinado." });
        self.done(&self.manager, "ticketStatusChange", input).await
    }

    /// Opens a ticket and brings it to this status.
    pub async fn ticket_in(&self, status: &str) -> String {
        let id = self.opened(&self.manager).await;
        if status == "REOPENED" {
            self.set(&id, "FINISHED").await;
        }
        self.set(&id, status).await;
        id
    }

    /// Posts a message, `PUBLIC` or `INTERNAL`; returns its id.
    pub async fn post(&self, by: &Person, ticket: &str, visibility: &str, body: &str) -> String {
        let input = json!({ "id": ticket, "visibility": visibility, "body": body });
        text(&self.done(by, "ticketMessagePost", input).await["message"]["id"])
    }

    /// A ticket as somebody sees it; null when they do not.
    pub async fn see(&self, by: &Person, ticket: &str) -> Value {
        self.look(by, ticket, &TICKET.to_string()).await
    }

    /// These fields of a ticket as somebody sees it.
    pub async fn look(&self, by: &Person, ticket: &str, fields: &str) -> Value {
        let query = format!("query Look($id: ID!) {{ ticket(id: $id) {{ {fields} }} }}");
        self.app.ask(by, &query, json!({ "id": ticket })).await["ticket"].clone()
    }

    /// The current time, as the API returns it.
    pub fn now(&self) -> Value {
        json!(self.app.store.now().to_rfc3339())
    }

    /// Changes the language of a person's account.
    pub async fn speaks(&self, person: &Person, locale: Locale) {
        diesel::update(accounts::table.find(person.account_id))
            .set(accounts::locale.eq(locale))
            .execute(&mut self.app.store.conn().await.unwrap())
            .await
            .unwrap();
    }

    /// Puts a client into a staff member's portfolio (B-15).
    pub async fn portfolio(&self, client: ClientId, of: &Person) {
        diesel::update(clients::table.find(client))
            .set(clients::accountant_id.eq(of.staff_id()))
            .execute(&mut self.app.store.conn().await.unwrap())
            .await
            .unwrap();
    }

    /// Runs statements directly, without the rules.
    pub async fn sql(&self, statements: &str) {
        self.app.store.conn().await.unwrap().batch_execute(statements).await.unwrap();
    }

    pub async fn finish(self) {
        self.app.finish().await;
    }
}

pub const NONE: [String; 0] = [];

/// All statuses of tickets.
pub const STATUSES: [&str; 7] =
    ["OPEN", "REOPENED", "IN_ANALYSIS", "WAITING", "CANCELED", "REJECTED", "FINISHED"];

pub fn is_closed(status: &str) -> bool {
    matches!(status, "CANCELED" | "REJECTED" | "FINISHED")
}

/// The user errors of a payload, each as `field:CODE`, or `CODE` when it is about no field.
pub fn errors(payload: &Value) -> Vec<String> {
    let told = |error: &Value| match &error["field"] {
        Value::Null => text(&error["code"]),
        Value::Array(path) => {
            let path: Vec<String> = path.iter().map(text).collect();
            format!("{}:{}", path.join("."), text(&error["code"]))
        }
        other => panic!("no path: {other}"),
    };
    payload["userErrors"].as_array().expect("a payload has user errors").iter().map(told).collect()
}

/// The value as a string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value}")).to_owned()
}

/// The values of one field in a list.
#[track_caller]
pub fn each(list: &Value, field: &str) -> Vec<Value> {
    list.as_array()
        .unwrap_or_else(|| panic!("no list: {list}"))
        .iter()
        .map(|item| item[field].clone())
        .collect()
}

/// A new idempotency key.
pub fn key() -> String {
    Uuid::new_v4().to_string()
}

/// An amount in the firm's currency.
pub fn reais(minor: i64) -> Value {
    json!({ "amountMinor": minor, "currency": "BRL" })
}

/// The refusal of what a closed ticket does not allow.
pub const CLOSED: [&str; 1] = ["TICKET_CLOSED"];
