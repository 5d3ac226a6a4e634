//! Whatever happens in whatever order: a list that is kept up to date by what is told shows what a query would.

use std::collections::BTreeMap;

use guichet_schema::actor::MemberReach;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::Person;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::join;

use super::office::{NOTIFICATION, told};
use crate::ticket::desk::{Desk, text};

/// How many acts each of the busy people does.
const ACTS: usize = 20;

/// What somebody is told, on a screen that loses its connection now and then.
struct Screen<'a> {
    desk: &'a Desk,
    side: &'a LiveSide,
    person: Person,
    messages: Messages,
    cursor: Value,
    rows: BTreeMap<String, Value>,
}

impl<'a> Screen<'a> {
    async fn open(desk: &'a Desk, side: &'a LiveSide, person: &Person) -> Self {
        let messages = follow(side, person, &Value::Null).await;
        let (person, rows) = (person.clone(), BTreeMap::new());
        let mut screen = Self { desk, side, person, messages, cursor: Value::Null, rows };
        screen.hear().await;
        screen
    }

    /// Reads one message and does what it says.
    async fn hear(&mut self) {
        let message = self.messages.told().await;
        if message["reload"] == true {
            self.rows = fresh(self.desk, &self.person).await;
        } else {
            self.rows.extend(by_id(message["added"].as_array().unwrap()));
        }
        self.cursor = message["cursor"].clone();
    }

    /// Reads until it shows the newest that there is, with a connection that breaks in between.
    async fn hear_all(&mut self, chance: &mut StdRng) {
        let newest = text(&told(self.desk, &self.person).await[0]["id"]);
        while !self.rows.contains_key(&newest) {
            if chance.random_bool(0.3) {
                self.messages = follow(self.side, &self.person, &self.cursor).await;
            }
            self.hear().await;
        }
    }
}

async fn follow(side: &LiveSide, person: &Person, after: &Value) -> Messages {
    let document = format!(
        "subscription ($after: String) {{
            notifications(after: $after) {{ cursor reload added {{ {NOTIFICATION} }} }}
        }}"
    );
    side.follow(Some(&person.token), &document, json!({ "after": after })).await
}

fn by_id(rows: &[Value]) -> BTreeMap<String, Value> {
    rows.iter().map(|row| (text(&row["id"]), row.clone())).collect()
}

async fn fresh(desk: &Desk, person: &Person) -> BTreeMap<String, Value> {
    by_id(&told(desk, person).await)
}

/// One act, which may be refused: somebody else was quicker.
async fn act(desk: &Desk, tickets: &[String], chance: &mut StdRng) {
    let staff = [&desk.owner, &desk.manager, &desk.member];
    let (by, to) = (staff[chance.random_range(0..2)], staff[chance.random_range(0..3)]);
    let id = &tickets[chance.random_range(0..tickets.len())];
    match chance.random_range(0..8) {
        0..2 => {
            desk.ticket(by, json!({ "assigneeId": to.id() })).await;
        }
        2..5 => {
            desk.act(by, "ticketTransfer", json!({ "id": id, "to": { "staffId": to.id() } })).await;
        }
        5..7 => {
            desk.post(&desk.admin, id, "PUBLIC", "Bom dia").await;
        }
        _ => {
            let newest = desk.app.ask(to, "{ notifications(first: 1) { nodes { id } } }", json!({})).await;
            let Some(newest) = newest["notifications"]["nodes"].get(0) else { return };
            let mark = "mutation ($id: ID!) { notificationMarkRead(input: { upToId: $id }) { unreadCount } }";
            desk.app.ask(to, mark, json!({ "id": newest["id"] })).await;
        }
    }
}

/// F-01, D-11: two who work at once, a member that sees its own part of the firm only, connections that break.
#[tokio::test(flavor = "multi_thread")]
async fn f_01_a_screen_shows_what_a_query_would() {
    let desk = Desk::open().await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let side = LiveSide::start(&desk.app.store);
    let mut tickets = Vec::new();
    for number in 0..6 {
        let to = if number % 2 == 0 { &desk.member } else { &desk.manager };
        tickets.push(text(&desk.ticket(&desk.owner, json!({ "assigneeId": to.id() })).await["id"]));
    }
    let mut screens = Vec::new();
    for person in [&desk.member, &desk.manager] {
        screens.push(Screen::open(&desk, &side, person).await);
    }
    for seed in 0..3 {
        let busy = async |seed: u64| {
            let mut chance = StdRng::seed_from_u64(seed);
            for _ in 0..ACTS {
                act(&desk, &tickets, &mut chance).await;
            }
        };
        join!(busy(2 * seed), busy(2 * seed + 1));
        let mut chance = StdRng::seed_from_u64(seed);
        for screen in &mut screens {
            // The last that happens is seen by it.
            desk.ticket(&desk.owner, json!({ "assigneeId": screen.person.id() })).await;
            screen.hear_all(&mut chance).await;
            assert_eq!(screen.rows, fresh(&desk, &screen.person).await, "{seed}: {}", screen.person.email);
        }
    }
    drop(screens);
    drop(side);
    desk.finish().await;
}
