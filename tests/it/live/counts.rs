//! Numbers by status, live: the last message is the result of a query.

use guichet_base::id::Id;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::Person;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, reais};
use crate::shared::file::hand::{CSV, PDF};

const TICKETS: &str = "totalCount byStatus { status count }";

/// Numbers on somebody's screen.
struct Screen<'a> {
    desk: &'a Desk,
    person: &'a Person,
    filter: Value,
    messages: Messages,
    counts: Value,
}

impl<'a> Screen<'a> {
    async fn open(desk: &'a Desk, side: &LiveSide, person: &'a Person, filter: Value) -> Self {
        let document = format!(
            "subscription ($filter: TicketFilter) {{ ticketCountsChanged(filter: $filter) {{ counts {{ {TICKETS} }} }} }}"
        );
        let messages = side.follow(Some(&person.token), &document, json!({ "filter": filter })).await;
        let mut screen = Self { desk, person, filter, messages, counts: Value::Null };
        screen.hear().await;
        screen
    }

    async fn hear(&mut self) {
        let told = self.messages.told().await["counts"].clone();
        assert_ne!(told, self.counts, "a message tells of a change");
        self.counts = told;
    }

    /// The numbers as a query returns them, which are those of the list.
    async fn fresh(&self) -> Value {
        let query =
            format!("query ($filter: TicketFilter) {{ ticketCounts(filter: $filter) {{ {TICKETS} }} }}");
        let variables = json!({ "filter": self.filter });
        let counts = self.desk.app.ask(self.person, &query, variables.clone()).await["ticketCounts"].clone();
        let list = "query ($filter: TicketFilter) {
            tickets(filter: $filter, first: 100) { totalCount nodes { status unreadCount } } }";
        let list = self.desk.app.ask(self.person, list, variables).await["tickets"].clone();
        assert_eq!(counts["totalCount"], list["totalCount"]);
        let rows = list["nodes"].as_array().unwrap();
        for each in counts["byStatus"].as_array().unwrap() {
            let there = rows.iter().filter(|row| row["status"] == each["status"]).count();
            assert_eq!(each["count"], there, "{each}");
        }
        if let Some(unread) = self.filter["unread"].as_bool() {
            assert!(rows.iter().all(|row| (row["unreadCount"] != 0) == unread), "{rows:?}");
        }
        counts
    }

    async fn hear_all(&mut self) {
        let fresh = self.fresh().await;
        while self.counts != fresh {
            self.hear().await;
        }
    }
}

/// F-01, D-01, D-12: for staff and a client, over all tickets, those with unread messages, and those of some statuses, while
/// tickets are opened, change their status, and messages and notes are written and read.
#[tokio::test(flavor = "multi_thread")]
async fn f_01_numbers_equal_a_query() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(desk.opened(&desk.member).await);
    }
    let people = [&desk.owner, &desk.member, &desk.admin];
    let mut screens = Vec::new();
    for person in people {
        for filter in
            [json!({}), json!({ "unread": true }), json!({ "unread": false, "status": ["OPEN", "WAITING"] })]
        {
            screens.push(Screen::open(&desk, &side, person, filter).await);
        }
    }
    let mut chance = StdRng::seed_from_u64(11);
    for _ in 0..3 {
        for _ in 0..20 {
            let id = &ids[chance.random_range(0..ids.len())];
            let by = people[chance.random_range(0..3)];
            match chance.random_range(0..8) {
                0..2 => {
                    desk.set(id, ["OPEN", "WAITING", "FINISHED", "IN_ANALYSIS"][chance.random_range(0..4)])
                        .await;
                }
                2..4 => {
                    desk.post(by, id, "PUBLIC", "Bom dia").await;
                }
                4 => {
                    desk.post(&desk.owner, id, "INTERNAL", "Anotado").await;
                }
                5..7 => {
                    desk.done(by, "ticketMarkRead", json!({ "id": id })).await;
                }
                _ => ids.push(desk.opened(by).await),
            }
        }
        for screen in &mut screens {
            screen.hear_all().await;
        }
    }
    drop(screens);
    drop(side);
    desk.finish().await;
}

/// What changes no number is not told.
#[tokio::test]
async fn only_changes_are_told() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let id = desk.opened(&desk.member).await;
    let mut screen = Screen::open(&desk, &side, &desk.owner, json!({})).await;
    for subject in ["Guia", "Folha"] {
        let version = desk.see(&desk.member, &id).await["version"].clone();
        let edit = json!({ "id": id, "expectedVersion": version, "subject": subject });
        desk.done(&desk.member, "ticketEdit", edit).await;
    }
    desk.set(&id, "WAITING").await;
    screen.hear().await;
    assert_eq!(screen.counts, screen.fresh().await);
    drop(screen);
    drop(side);
    desk.finish().await;
}

/// The same for charges, mails and uploads; and charges are told one by one.
#[tokio::test]
async fn every_list_with_a_status_is_counted() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let follow = async |person: &Person, field: &str, all: &str, one: &str| {
        let counts = format!("totalCount {all} {{ {one} count }}");
        let document = format!("subscription {{ {field}Changed {{ counts {{ {counts} }} }} }}");
        let mut messages = side.follow(Some(&person.token), &document, json!({})).await;
        assert_eq!(messages.told().await["counts"]["totalCount"], 0, "{field}");
        messages
    };
    let until = async |messages: &mut Messages, all: &str, one: &str, wanted: &str, count: i64| {
        loop {
            let counts = messages.told().await["counts"].clone();
            let each = counts[all].as_array().unwrap().clone();
            if each.iter().any(|each| each[one] == wanted && each["count"].as_i64() >= Some(count)) {
                let sum: i64 = each.iter().map(|each| each["count"].as_i64().unwrap()).sum();
                assert_eq!(counts["totalCount"], sum);
                return;
            }
        }
    };
    let mut charges = follow(&desk.admin, "chargeCounts", "byStatus", "status").await;
    let mut mails = follow(&desk.owner, "emailDeliveryCounts", "byStatus", "status").await;
    let mut uploads = follow(&desk.admin, "fileCounts", "byState", "state").await;

    let charge = json!({ "clientId": desk.client.encode(), "description": "Guia", "amount": reais(100) });
    let document = "subscription { chargesChanged { reload edges { sortKey node { id status } } } }";
    let mut rows = side.follow(Some(&desk.admin.token), document, json!({})).await;
    assert_eq!(rows.told().await["reload"], true);
    let charge = desk.done(&desk.owner, "chargeCreate", charge).await["charge"].clone();
    let told = rows.told().await["edges"].clone();
    assert_eq!(told[0]["node"], json!({ "id": charge["id"], "status": "OPEN" }));
    let listed = "{ charges(first: 1) { edges { sortKey node { id status } } } }";
    assert_eq!(desk.app.ask(&desk.admin, listed, json!({})).await["charges"]["edges"], told);
    until(&mut charges, "byStatus", "status", "OPEN", 1).await;
    let paid = json!({ "id": charge["id"], "expectedVersion": charge["version"] });
    desk.done(&desk.owner, "chargeMarkPaid", paid).await;
    until(&mut charges, "byStatus", "status", "PAID", 1).await;
    assert_eq!(rows.told().await["edges"][0]["node"], json!({ "id": charge["id"], "status": "PAID" }));

    let ticket = desk.opened(&desk.admin).await;
    desk.set(&ticket, "WAITING").await;
    desk.app.jobs_done().await;
    until(&mut mails, "byStatus", "status", "SENT", 1).await;

    desk.hand_in(&desk.admin, "guia.pdf", PDF).await;
    until(&mut uploads, "byState", "state", "STORED", 1).await;
    desk.hand_in(&desk.admin, "guia.pdf", CSV).await;
    until(&mut uploads, "byState", "state", "REJECTED", 1).await;
    // Of mails a client is told nothing.
    let of_client = desk.app.ask(&desk.admin, "{ emailDeliveryCounts { totalCount } }", json!({})).await;
    assert_eq!(of_client["emailDeliveryCounts"]["totalCount"], 0);
    drop((charges, rows, mails, uploads));
    drop(side);
    desk.finish().await;
}
