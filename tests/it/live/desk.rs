//! A frontend that keeps a list of tickets up to date with the messages of a subscription.

use std::collections::BTreeMap;

use guichet_base::id::{ClientId, TicketId};
use guichet_engine::store::Store;
use guichet_schema::desk::ticket::commands::{CreateTicket, create};
use guichet_schema::desk::ticket::conversation::{PostMessage, post};
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::desk::ticket::status::{ChangeStatus, change_status};
use guichet_schema::desk::ticket::transfer::{TransferTicket, TransferTo, transfer};
use guichet_schema::shared::visibility::Visibility;
use guichet_tests::app::TestApp;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::{Person, ticket_about};
use serde_json::{Value, json};
use uuid::Uuid;

/// What the list shows of a ticket.
const SHOWN: &str =
    "id number subject status version updatedAt isUntouched client { id name } assignee { id name }";

/// A list of tickets on somebody's screen.
pub struct Screen {
    person: Person,
    filter: Value,
    messages: Messages,
    cursor: Option<String>,
    /// The rows by id.
    pub rows: BTreeMap<String, Value>,
    /// How often it read the whole list again.
    pub reloads: usize,
}

impl Screen {
    /// Opens it and reads the first message.
    pub async fn open(app: &TestApp, side: &LiveSide, person: &Person, filter: Value) -> Self {
        let messages = subscribe(side, person, &filter, None).await;
        let (person, rows) = (person.clone(), BTreeMap::new());
        let mut screen = Self { person, filter, messages, cursor: None, rows, reloads: 0 };
        screen.hear(app).await;
        screen
    }

    /// Reads one message and applies it.
    pub async fn hear(&mut self, app: &TestApp) {
        let told = self.messages.told().await;
        if told["reload"] == true {
            self.rows = fresh(app, &self.person, &self.filter).await;
            self.reloads += 1;
        }
        for ticket in told["changed"].as_array().unwrap() {
            self.rows.insert(ticket["id"].as_str().unwrap().to_owned(), ticket.clone());
        }
        for id in told["removed"].as_array().unwrap() {
            self.rows.remove(id.as_str().unwrap());
        }
        self.cursor = told["cursor"].as_str().map(str::to_owned);
    }

    /// Loses its connection and resumes.
    pub async fn reconnect(&mut self, side: &LiveSide) {
        self.messages = subscribe(side, &self.person, &self.filter, self.cursor.as_deref()).await;
    }

    /// Reads until it shows the ticket.
    pub async fn hear_of(&mut self, app: &TestApp, id: &str) {
        while !self.rows.contains_key(id) {
            self.hear(app).await;
        }
    }

    /// Checks that it shows the result of a new query.
    pub async fn check(&self, app: &TestApp) {
        let fresh = fresh(app, &self.person, &self.filter).await;
        assert_eq!(self.rows, fresh, "{} with {}", self.person.email, self.filter);
    }
}

async fn subscribe(side: &LiveSide, person: &Person, filter: &Value, after: Option<&str>) -> Messages {
    let document = format!(
        "subscription ($filter: TicketFilter, $after: String) {{
            ticketsChanged(filter: $filter, after: $after) {{ cursor reload changed {{ {SHOWN} }} removed }}
        }}"
    );
    side.follow(Some(&person.token), &document, json!({ "filter": filter, "after": after })).await
}

/// The list as a query returns it.
pub async fn fresh(app: &TestApp, person: &Person, filter: &Value) -> BTreeMap<String, Value> {
    let query = format!(
        "query ($filter: TicketFilter, $after: String) {{
            tickets(filter: $filter, first: 100, after: $after, orderBy: {{ field: NUMBER, direction: ASC }}) {{
                pageInfo {{ hasNextPage endCursor }} nodes {{ {SHOWN} }}
            }}
        }}"
    );
    let (mut rows, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let page =
            app.ask(person, &query, json!({ "filter": filter, "after": after })).await["tickets"].clone();
        for ticket in page["nodes"].as_array().unwrap() {
            rows.insert(ticket["id"].as_str().unwrap().to_owned(), ticket.clone());
        }
        if page["pageInfo"]["hasNextPage"] == false {
            return rows;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

/// Opens a ticket.
pub async fn open(
    store: &Store,
    by: &Person,
    client: ClientId,
    subject: &str,
    to: Option<&Person>,
) -> TicketId {
    let input = CreateTicket { assignee_id: to.map(Person::staff_id), ..ticket_about(client, subject) };
    create(store, &by.actor(), &key(), input).await.unwrap().value
}

/// Changes a ticket's status, whatever it was.
pub async fn move_on(store: &Store, by: &Person, id: TicketId, status: TicketStatus) {
    let input = ChangeStatus { id, status, reason: Some("Porque sim.".into()), expected_version: None };
    change_status(store, &by.actor(), &key(), input).await.unwrap();
}

/// Transfers a ticket to a colleague.
pub async fn hand_over(store: &Store, by: &Person, id: TicketId, to: &Person) {
    let to = TransferTo::Staff(to.staff_id());
    let input = TransferTicket { id, to, note: String::new(), expected_version: None };
    transfer(store, &by.actor(), &key(), input).await.unwrap();
}

/// Writes a message or a note.
pub async fn write(store: &Store, by: &Person, ticket_id: TicketId, visibility: Visibility, body: &str) {
    let input = PostMessage { ticket_id, visibility, body: body.to_owned(), file_ids: Vec::new() };
    post(store, &by.actor(), &key(), input).await.unwrap();
}
