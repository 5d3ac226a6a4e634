//! A firm in a running program, and short ways to change statuses and to read mails over the API.

use guichet_engine::actor::StaffRole;
use guichet_engine::job::Payload;
use guichet_schema::shared::email_delivery::model::SendEmail;
use guichet_tests::app::{Setup, TestApp};
use guichet_tests::smtp::Mail;
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};
use uuid::Uuid;

const DELIVERY: &str = "fragment Mailed on EmailDelivery {
    id recipient locale status reason messageId attempts smtpReply sentAt
    viewerCan { act allowed reason }
}";

/// A running program with a firm that sends mails from `avisos@aurora.example`.
pub struct PostRoom {
    pub app: TestApp,
    pub firm: Firm,
    /// Who opens the tickets and changes their status by default.
    pub staff: Person,
}

/// A new idempotency key.
pub fn key() -> String {
    Uuid::new_v4().to_string()
}

impl PostRoom {
    pub async fn open() -> Self {
        Self::open_with(Setup::default()).await
    }

    /// The same on other engines than the usual ones.
    pub async fn open_with(setup: Setup) -> Self {
        let app = TestApp::start_with(setup).await;
        let firm = Firm::new(&app.store, "aurora.example").await;
        let staff = firm.staff("marta@aurora.example", StaffRole::Member).await;
        Self { app, firm, staff }
    }

    /// Creates a client as the owner; returns its id.
    pub async fn client(&self, email: Option<&str>, locale: &str) -> String {
        let mutation = "mutation ($input: ClientCreateInput!) {
            clientCreate(input: $input) { client { id } userErrors { field code } }
        }";
        let input = json!({
            "idempotencyKey": key(), "name": "Padaria Estrela", "email": email, "locale": locale
        });
        let created = self.app.ask(&self.firm.owner, mutation, json!({ "input": input })).await;
        text(&created["clientCreate"]["client"]["id"])
    }

    /// Changes a client's record, with its current version.
    pub async fn update_client(&self, client: &str, mut changes: Value) {
        let version = self.app.ask(
            &self.firm.owner,
            "query ($id: ID!) { client(id: $id) { version } }",
            json!({ "id": client }),
        );
        changes["expectedVersion"] = version.await["client"]["version"].clone();
        changes["id"] = client.into();
        let mutation = "mutation ($input: ClientUpdateInput!) {
            clientUpdate(input: $input) { userErrors { field code } }
        }";
        let updated = self.app.ask(&self.firm.owner, mutation, json!({ "input": changes })).await;
        assert_eq!(updated["clientUpdate"]["userErrors"], json!([]));
    }

    /// Opens a ticket of a client; returns its id.
    pub async fn ticket(&self, by: &Person, client: &str) -> String {
        self.ticket_with(by, json!({ "clientId": client, "subject": "Folha de outubro" })).await
    }

    /// Opens a ticket with this input; returns its id.
    pub async fn ticket_with(&self, by: &Person, mut input: Value) -> String {
        input["idempotencyKey"] = key().into();
        let mutation = "mutation ($input: TicketCreateInput!) {
            ticketCreate(input: $input) { ticket { id } userErrors { field code } }
        }";
        let created = self.app.ask(by, mutation, json!({ "input": input })).await;
        assert_eq!(created["ticketCreate"]["userErrors"], json!([]));
        text(&created["ticketCreate"]["ticket"]["id"])
    }

    /// Opens a ticket of a new client with this address of record.
    pub async fn ticket_for(&self, email: &str) -> String {
        let client = self.client(Some(email), "PT_BR").await;
        self.ticket(&self.staff, &client).await
    }

    /// Changes a status; returns the payload.
    pub async fn change(&self, by: &Person, ticket: &str, status: &str, reason: Option<&str>) -> Value {
        let mutation = "mutation ($input: TicketStatusChangeInput!) {
            ticketStatusChange(input: $input) {
                ticket { status } outcome mail { state deliveries { ...Mailed } } userErrors { code }
            }
        }";
        let input = json!({ "idempotencyKey": key(), "id": ticket, "status": status, "reason": reason });
        let query = format!("{mutation} {DELIVERY}");
        self.app.ask(by, &query, json!({ "input": input })).await["ticketStatusChange"].take()
    }

    /// Sets a ticket to `IN_ANALYSIS`, which sends mails; returns the payload.
    pub async fn begin(&self, ticket: &str) -> Value {
        self.change(&self.staff, ticket, "IN_ANALYSIS", None).await
    }

    /// The deliveries about a ticket, oldest first.
    pub async fn deliveries(&self, ticket: &str) -> Vec<Value> {
        let query = format!(
            "query ($ticket: ID!) {{
                emailDeliveries(last: 100, filter: {{ ticketIds: [$ticket] }}) {{ nodes {{ ...Mailed }} }}
            }} {DELIVERY}"
        );
        let found = self.app.ask(&self.staff, &query, json!({ "ticket": ticket })).await;
        let mut found = found["emailDeliveries"]["nodes"].as_array().unwrap().clone();
        found.reverse();
        found
    }

    /// The only delivery about a ticket.
    pub async fn delivery(&self, ticket: &str) -> Value {
        let mut all = self.deliveries(ticket).await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// Sends a delivery again; returns the payload.
    pub async fn retry(&self, by: &Person, delivery: &str, key: &str) -> Value {
        let mutation = "mutation ($input: EmailDeliveryRetryInput!) {
            emailDeliveryRetry(input: $input) { emailDelivery { ...Mailed } userErrors { field code } }
        }";
        let input = json!({ "idempotencyKey": key, "id": delivery });
        let query = format!("{mutation} {DELIVERY}");
        self.app.ask(by, &query, json!({ "input": input })).await["emailDeliveryRetry"].take()
    }

    /// Changes the database directly, without the rules.
    pub async fn sql(&self, statement: &str) {
        let mut conn = self.app.store.conn().await.unwrap();
        diesel_async::SimpleAsyncConnection::batch_execute(&mut *conn, statement).await.unwrap();
    }

    /// Pauses mails until [`PostRoom::resume`].
    pub async fn hold(&self) {
        self.app.hold(SendEmail::KIND).await;
    }

    /// Ends the pause, and waits until all jobs are done.
    pub async fn resume(&self) {
        self.go_on().await;
        self.app.jobs_done().await;
    }

    /// Ends the pause.
    pub async fn go_on(&self) {
        self.app.release(SendEmail::KIND).await;
    }

    /// The accepted mails by recipient, after all due jobs are done.
    pub async fn mails(&self) -> Vec<Mail> {
        self.app.jobs_done().await;
        let mut mails = self.app.sink.mails();
        mails.sort_by(|a, b| a.to.cmp(&b.to));
        mails
    }
}

/// The value as a string.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no string")).to_owned()
}

/// The recipients of mails, in order.
pub fn recipients(mails: &[Mail]) -> Vec<&str> {
    mails.iter().flat_map(|mail| &mail.to).map(String::as_str).collect()
}

/// The recipient, status and reason of each delivery.
pub fn outcomes(deliveries: &Value) -> Vec<[&str; 3]> {
    let of = |delivery| ["recipient", "status", "reason"].map(|name| value(delivery, name));
    deliveries.as_array().unwrap().iter().map(of).collect()
}

fn value<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or("-")
}
