//! A list in any order, live: rows are placed by their sort keys.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::Person;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, each, reais, text};

const EDGE: &str = "cursor sortKey node { id number }";
const FIELDS: [&str; 6] = ["UPDATED_AT", "CREATED_AT", "NUMBER", "PRICE", "SUBJECT", "STATUS"];
const SUBJECTS: [&str; 12] =
    ["ação", "Acao", "água", "Zebra", "10", "9", "- traço", "guia", "Guia", "guia e folha", "œuvre", "Ωμέγα"];

/// A list on somebody's screen.
struct Screen<'a> {
    desk: &'a Desk,
    person: &'a Person,
    order: Value,
    messages: Messages,
    /// The edges by their sort keys.
    edges: BTreeMap<String, Value>,
    reloads: usize,
}

impl<'a> Screen<'a> {
    async fn open(desk: &'a Desk, side: &LiveSide, person: &'a Person, order: Value) -> Self {
        let document = format!(
            "subscription ($order: TicketOrder) {{
                ticketsChanged(orderBy: $order) {{ reload edges {{ {EDGE} }} changed {{ id }} removed }}
            }}"
        );
        let messages = side.follow(Some(&person.token), &document, json!({ "order": order })).await;
        let mut screen = Self { desk, person, order, messages, edges: BTreeMap::new(), reloads: 0 };
        screen.hear().await;
        screen
    }

    async fn page(&self, after: &Value) -> Value {
        let query = format!(
            "query ($order: TicketOrder, $after: String) {{
                tickets(orderBy: $order, first: 100, after: $after) {{ edges {{ {EDGE} }} }}
            }}"
        );
        let variables = json!({ "order": self.order, "after": after });
        self.desk.app.ask(self.person, &query, variables).await["tickets"]["edges"].clone()
    }

    fn put(&mut self, edges: &Value) {
        for edge in edges.as_array().unwrap() {
            self.take(&edge["node"]["id"]);
            self.edges.insert(text(&edge["sortKey"]), edge.clone());
        }
    }

    fn take(&mut self, id: &Value) {
        self.edges.retain(|_, edge| edge["node"]["id"] != *id);
    }

    async fn hear(&mut self) {
        let told = self.messages.told().await;
        assert_eq!(each(&told["edges"], "node").iter().map(|node| &node["id"]).collect::<Vec<_>>(), {
            told["changed"].as_array().unwrap().iter().map(|row| &row["id"]).collect::<Vec<_>>()
        });
        if told["reload"] == true {
            self.edges.clear();
            let page = self.page(&Value::Null).await;
            self.put(&page);
            self.reloads += 1;
        }
        for id in told["removed"].as_array().unwrap() {
            self.take(id);
        }
        self.put(&told["edges"]);
    }

    /// Hears until it shows a ticket, and then is as a new query.
    async fn hear_of(&mut self, id: &str) {
        while !self.edges.values().any(|edge| edge["node"]["id"] == id) {
            self.hear().await;
        }
        let fresh = self.page(&Value::Null).await;
        let shown: Vec<&Value> = self.edges.values().collect();
        assert_eq!(json!(shown), fresh, "{}", self.order);
        // A page goes on behind a row that was placed.
        let middle = shown.len() / 2;
        let rest = self.page(&shown[middle]["cursor"]).await;
        assert_eq!(json!(shown[middle + 1..]), rest, "{}", self.order);
    }
}

/// F-01, D-01: in each order and direction, for staff and for a client, the rows sorted by their sort keys are those of
/// a query, with the same cursors, while tickets are opened, edited, and change their price and status.
#[tokio::test(flavor = "multi_thread")]
async fn f_01_rows_are_placed_by_their_sort_keys() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let mut ids = Vec::new();
    for subject in SUBJECTS {
        ids.push(text(&desk.ticket(&desk.member, json!({ "subject": subject })).await["id"]));
        desk.app.pass(TimeDelta::seconds(1));
    }
    let mut screens = Vec::new();
    for field in FIELDS {
        for direction in ["ASC", "DESC"] {
            let order = json!({ "field": field, "direction": direction });
            let person = if direction == "ASC" { &desk.owner } else { &desk.admin };
            screens.push(Screen::open(&desk, &side, person, order).await);
        }
    }
    let mut chance = StdRng::seed_from_u64(7);
    for _ in 0..2 {
        for _ in 0..20 {
            let id = &ids[chance.random_range(0..ids.len())];
            let subject = SUBJECTS[chance.random_range(0..SUBJECTS.len())];
            match chance.random_range(0..4) {
                0 => {
                    let status = ["OPEN", "WAITING", "FINISHED", "IN_ANALYSIS"][chance.random_range(0..4)];
                    desk.set(id, status).await;
                }
                1..3 => {
                    let seen = desk.see(&desk.member, id).await;
                    let price = reais(chance.random_range(0..3) * 100);
                    let input = json!({
                        "id": id, "expectedVersion": seen["version"], "subject": subject, "price": price,
                    });
                    // Refused if it is closed.
                    desk.act(&desk.member, "ticketEdit", input).await;
                }
                _ => ids.push(text(&desk.ticket(&desk.admin, json!({ "subject": subject })).await["id"])),
            }
            desk.app.pass(TimeDelta::milliseconds(chance.random_range(0..2)));
        }
        let last = desk.opened(&desk.admin).await;
        for screen in &mut screens {
            screen.hear_of(&last).await;
        }
        ids.push(last);
    }
    assert!(screens.iter().all(|screen| screen.reloads == 1));
    drop(screens);
    drop(side);
    desk.finish().await;
}
