//! Lists of mails, of notifications and a conversation: the messages of a subscription add up to the result of a query,
//! in whatever order things happen.

use std::collections::BTreeMap;

use guichet_base::id::Id;
use guichet_engine::actor::MemberReach;
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::Person;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::join;

use crate::desk::ticket::desk::{Desk, text};
use crate::shared::notification::office::{NOTIFICATION, told};

/// The number of actions of each of the two busy people. Their results fit on a page.
const ACTS: usize = 20;
const DELIVERY: &str = "id status recipient attempts";
const MESSAGE: &str = "id body visibility";

/// What a screen shows.
#[derive(Debug, Clone)]
enum Shows {
    Mails,
    Notifications,
    /// The conversation of this ticket.
    Conversation(String),
}

impl Shows {
    async fn follow(&self, side: &LiveSide, person: &Person, after: &Value) -> Messages {
        let of_all = json!({ "after": after });
        let (document, variables) = match self {
            Self::Mails => (
                format!(
                    "subscription ($after: String) {{
                        emailDeliveriesChanged(after: $after) {{ cursor reload changed {{ {DELIVERY} }} removed }}
                    }}"
                ),
                of_all,
            ),
            Self::Notifications => (
                format!(
                    "subscription ($after: String) {{
                        notifications(after: $after) {{ cursor reload added {{ {NOTIFICATION} }} }}
                    }}"
                ),
                of_all,
            ),
            Self::Conversation(id) => (
                format!(
                    "subscription ($id: ID!, $after: String) {{
                        ticketConversation(ticketId: $id, after: $after) {{
                            cursor reload gone messages {{ {MESSAGE} }}
                        }}
                    }}"
                ),
                json!({ "id": id, "after": after }),
            ),
        };
        side.follow(Some(&person.token), &document, variables).await
    }

    async fn fresh(&self, desk: &Desk, person: &Person) -> BTreeMap<String, Value> {
        let nodes = match self {
            Self::Mails => {
                let query =
                    format!("{{ emailDeliveries(first: 100) {{ totalCount nodes {{ {DELIVERY} }} }} }}");
                let page = desk.app.ask(person, &query, json!({})).await["emailDeliveries"].clone();
                assert!(page["totalCount"].as_i64().unwrap() <= 100);
                page["nodes"].clone()
            }
            Self::Notifications => Value::Array(told(desk, person).await),
            Self::Conversation(id) => {
                let fields = format!("conversation(last: 100) {{ nodes {{ {MESSAGE} }} }}");
                desk.look(person, id, &fields).await["conversation"]["nodes"].clone()
            }
        };
        by_id(&nodes)
    }
}

/// The rows by id; none when the list is null.
fn by_id(rows: &Value) -> BTreeMap<String, Value> {
    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.iter().map(|row| (text(&row["id"]), row.clone())).collect()
}

/// A screen whose connections break, served by one server or the other.
struct Screen<'a> {
    desk: &'a Desk,
    sides: &'a [LiveSide],
    person: Person,
    shows: Shows,
    messages: Messages,
    cursor: Value,
    rows: BTreeMap<String, Value>,
    reloads: usize,
}

impl<'a> Screen<'a> {
    async fn open(desk: &'a Desk, sides: &'a [LiveSide], person: &Person, shows: Shows) -> Self {
        let messages = shows.follow(&sides[0], person, &Value::Null).await;
        let (person, rows, cursor) = (person.clone(), BTreeMap::new(), Value::Null);
        let mut screen = Self { desk, sides, person, shows, messages, cursor, rows, reloads: 0 };
        screen.hear().await;
        screen
    }

    /// Reads one message and applies it.
    async fn hear(&mut self) {
        let message = self.messages.told().await;
        self.cursor = message["cursor"].clone();
        if message["reload"] == true {
            self.rows = self.shows.fresh(self.desk, &self.person).await;
            self.reloads += 1;
            return;
        }
        if message["gone"] == true {
            self.rows.clear();
            return;
        }
        for removed in message["removed"].as_array().into_iter().flatten() {
            self.rows.remove(&text(removed));
        }
        for rows in ["changed", "added", "messages"] {
            self.rows.extend(by_id(&message[rows]));
        }
    }

    /// Reads until it shows this row in this state, over connections that break.
    async fn hear_of(&mut self, row: &Value, chance: &mut StdRng) {
        while self.rows.get(&text(&row["id"])) != Some(row) {
            if chance.random_bool(0.3) {
                let side = &self.sides[chance.random_range(0..self.sides.len())];
                self.messages = self.shows.follow(side, &self.person, &self.cursor).await;
            }
            self.hear().await;
        }
    }

    /// Does one last thing and returns its row: a screen that shows the row has received everything before.
    async fn last(&self) -> Value {
        let desk = self.desk;
        match &self.shows {
            Shows::Mails => {
                let input = json!({ "assigneeId": desk.member.id() });
                let ticket = text(&desk.ticket(&desk.owner, input).await["id"]);
                let id = desk.set(&ticket, "WAITING").await["mail"]["deliveries"][0]["id"].clone();
                desk.app.jobs_done().await;
                self.shows.fresh(desk, &self.person).await[&text(&id)].clone()
            }
            Shows::Notifications => {
                desk.ticket(&desk.owner, json!({ "assigneeId": self.person.id() })).await;
                told(desk, &self.person).await[0].clone()
            }
            Shows::Conversation(ticket) => {
                // Into the member's reach again, if it is not there.
                let back = json!({ "id": ticket, "to": { "staffId": desk.member.id() } });
                desk.act(&desk.owner, "ticketTransfer", back).await;
                let id = desk.post(&desk.owner, ticket, "PUBLIC", "Por fim").await;
                json!({ "id": id, "body": "Por fim", "visibility": "PUBLIC" })
            }
        }
    }
}

/// One action, which may be refused because somebody else was quicker.
async fn act(desk: &Desk, tickets: &[String], chance: &mut StdRng) {
    let staff = [&desk.owner, &desk.manager, &desk.member];
    let (by, to) = (staff[chance.random_range(0..2)], staff[chance.random_range(0..3)]);
    let id = &tickets[chance.random_range(0..tickets.len())];
    match chance.random_range(0..13) {
        0..3 => {
            let status = ["WAITING", "IN_ANALYSIS"][chance.random_range(0..2)];
            desk.act(by, "ticketStatusChange", json!({ "id": id, "status": status })).await;
        }
        3..5 => {
            desk.act(by, "ticketTransfer", json!({ "id": id, "to": { "staffId": to.id() } })).await;
        }
        5..8 => {
            let (by, visibility) =
                [(&desk.admin, "PUBLIC"), (by, "INTERNAL"), (by, "PUBLIC")][chance.random_range(0..3)];
            desk.post(by, id, visibility, "Bom dia").await;
        }
        8..10 => {
            let newest = desk.app.ask(to, "{ notifications(first: 1) { nodes { id } } }", json!({})).await;
            let Some(newest) = newest["notifications"]["nodes"].get(0) else { return };
            let mark = "mutation ($id: ID!) { notificationMarkRead(input: { upToId: $id }) { unreadCount } }";
            desk.app.ask(to, mark, json!({ "id": newest["id"] })).await;
        }
        10..12 => {
            desk.ticket(by, json!({ "assigneeId": to.id() })).await;
        }
        _ => {
            let client = desk.client.encode();
            let query = "query C($id: ID!) { node(id: $id) { ... on Client { version } } }";
            let seen = desk.app.ask(&desk.owner, query, json!({ "id": client })).await;
            let accountant = [json!(desk.member.id()), Value::Null][chance.random_range(0..2)].clone();
            let input = json!({
                "id": client, "expectedVersion": seen["node"]["version"], "accountantId": accountant,
            });
            desk.act(&desk.owner, "clientUpdate", input).await;
        }
    }
}

/// F-01, D-04, D-07, D-11: with two people working at once, mails being sent, a member with the reach `OWN`, a server
/// that gets no hints, and connections that break.
#[tokio::test(flavor = "multi_thread")]
async fn f_01_lists_equal_a_query() {
    let desk = Desk::open().await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let deaf = Store::new(db::pool(&desk.app.database().url, 4).unwrap(), desk.app.clock.clone());
    let sides = [LiveSide::start(&desk.app.store), LiveSide::start(&deaf)];
    let mut tickets = Vec::new();
    for to in [&desk.member, &desk.manager] {
        tickets.push(text(&desk.ticket(&desk.owner, json!({ "assigneeId": to.id() })).await["id"]));
    }
    let talk = Shows::Conversation(tickets[0].clone());
    let mut screens = Vec::new();
    for (person, shows) in [
        (&desk.member, Shows::Mails),
        (&desk.manager, Shows::Mails),
        (&desk.member, Shows::Notifications),
        (&desk.manager, Shows::Notifications),
        (&desk.member, talk.clone()),
        (&desk.manager, talk.clone()),
        (&desk.admin, talk),
    ] {
        screens.push(Screen::open(&desk, &sides, person, shows).await);
    }
    for seed in 0..3 {
        let busy = async |seed: u64| {
            let mut chance = StdRng::seed_from_u64(seed);
            for _ in 0..ACTS {
                act(&desk, &tickets, &mut chance).await;
            }
        };
        join!(busy(2 * seed), busy(2 * seed + 1));
        desk.app.jobs_done().await;
        let mut chance = StdRng::seed_from_u64(seed);
        for screen in &mut screens {
            let last = screen.last().await;
            screen.hear_of(&last, &mut chance).await;
            let expected = screen.shows.fresh(&desk, &screen.person).await;
            assert_eq!(screen.rows, expected, "{seed}: {} {:?}", screen.person.email, screen.shows);
        }
    }
    // At least one screen reloaded only at the beginning.
    assert_eq!(screens.iter().map(|screen| screen.reloads).min(), Some(1));
    drop(screens);
    drop(sides);
    desk.finish().await;
}
