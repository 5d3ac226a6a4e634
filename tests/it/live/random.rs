//! Random actions in random order: a frontend that applies the messages shows the result of a query.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ClientId, Id, TicketId};
use guichet_base::input::Patch;
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_engine::db;
use guichet_engine::feed::Event;
use guichet_engine::store::Store;
use guichet_engine::tables::{clients, tickets};
use guichet_schema::desk::ticket::model::{Ticket, TicketStatus};
use guichet_schema::desk::ticket::transfer::{TransferTicket, TransferTo, transfer};
use guichet_schema::people::client::commands::{UpdateClient, update};
use guichet_schema::shared::visibility::Visibility;
use guichet_tests::app::TestApp;
use guichet_tests::live::LiveSide;
use guichet_tests::world::{Firm, Person};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::sync::{Barrier, OnceCell};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::desk::{Screen, move_on, open, write};

/// The number of actions of each of the two busy people.
const ACTS: usize = 25;

struct Office {
    app: TestApp,
    firm: Firm,
    manager: Person,
    member: Person,
    clients: Vec<ClientId>,
    admin: Person,
    tickets: Vec<TicketId>,
}

impl Office {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let firm = Firm::new(&app.store, "aurora.example").await;
        firm.set_member_reach(MemberReach::Own).await;
        let manager = firm.staff("ana@aurora.example", StaffRole::Manager).await;
        let member = firm.staff("bia@aurora.example", StaffRole::Member).await;
        firm.department("Fiscal", &manager, &[&member]).await;
        let mut clients = Vec::new();
        for name in ["Padaria Sol", "Oficina Lua", "Mercado Mar"] {
            clients.push(firm.client(name, None).await);
        }
        let admin = firm.admin(clients[0], "rui@padaria.example").await;
        let mut made = Vec::new();
        for number in 0..12 {
            let to = if number % 2 == 0 { &member } else { &manager };
            let subject = format!("Guia {number}");
            made.push(open(&app.store, &firm.owner, clients[number % 3], &subject, Some(to)).await);
        }
        // The random actions change neither the last ticket nor its client.
        let quiet = firm.client("Livraria Céu", None).await;
        made.push(open(&app.store, &firm.owner, quiet, "Guia", Some(&manager)).await);
        Self { app, firm, manager, member, clients, admin, tickets: made }
    }

    /// One random action.
    async fn act(&self, by: &Person, chance: &mut StdRng) {
        let store = &self.app.store;
        let id = self.tickets[chance.random_range(0..self.tickets.len() - 1)];
        match chance.random_range(0..10) {
            0..3 => {
                let status = [TicketStatus::Waiting, TicketStatus::InAnalysis, TicketStatus::Rejected];
                move_on(store, by, id, status[chance.random_range(0..3)]).await;
            }
            3..5 => {
                let to = [&self.manager, &self.member, &self.firm.owner][chance.random_range(0..3)];
                let to = TransferTo::Staff(to.staff_id());
                let input = TransferTicket { id, to, note: String::new(), expected_version: None };
                // Refused if the person has the ticket already, or if it is closed.
                let _ = transfer(store, &by.actor(), &Uuid::new_v4().to_string(), input).await;
            }
            5..7 => {
                let visibility = [Visibility::Public, Visibility::Internal][chance.random_range(0..2)];
                if visibility == Visibility::Internal {
                    write(store, by, id, visibility, "Anotado.").await;
                }
            }
            7..9 => {
                let client = self.clients[chance.random_range(0..3)];
                open(store, by, client, "Nova guia", None).await;
            }
            _ => self.edit_client(by, chance).await,
        }
    }

    /// Renames a client, changes its accountant, or both.
    async fn edit_client(&self, by: &Person, chance: &mut StdRng) {
        let id = self.clients[chance.random_range(0..3)];
        let mut conn = self.app.store.conn().await.unwrap();
        let version = clients::table.find(id).select(clients::version).get_result(&mut conn).await.unwrap();
        drop(conn);
        let accountants = [Patch::Clear, Patch::Set(self.member.staff_id()), Patch::Keep];
        let input = UpdateClient {
            id,
            expected_version: version,
            // Sometimes only the accountant changes.
            name: chance.random_bool(0.5).then(|| format!("Cliente {}", chance.random_range(0..100))),
            registration: Patch::Keep,
            email: Patch::Keep,
            phone: Patch::Keep,
            locale: None,
            accountant_id: accountants[chance.random_range(0..3)],
            ticket_emails: None,
            document_emails: None,
            country: None,
            zone: Patch::Keep,
            fiscal_year_end: None,
            ended_on: Patch::Keep,
            other_registrations: None,
        };
        // Refused if somebody else was quicker.
        let _ = update(&self.app.store, &by.actor(), input, guichet_schema::CLIENT_FOLLOWERS).await;
    }

    /// An action that takes long: its events come after those of actions that began later.
    async fn slow_act(&self, others: &Barrier) {
        let id = self.tickets[self.tickets.len() - 1];
        let mut tx = self.app.store.begin(&self.firm.owner.actor()).await.unwrap();
        let now = tx.now;
        diesel::update(tickets::table.find(id))
            .set((tickets::subject.eq("Tarde"), tickets::updated_at.eq(now)))
            .execute(tx.conn())
            .await
            .unwrap();
        let ticket: Ticket =
            tickets::table.find(id).select(Ticket::as_select()).get_result(tx.conn()).await.unwrap();
        others.wait().await;
        others.wait().await;
        let audience = Some(ticket.audience(None));
        let (before, subject) = (audience.clone(), id.uuid());
        tx.event(self.firm.id, Event { noun: TicketId::NOUN, subject, before, after: audience });
        tx.commit(()).await.unwrap();
    }
}

/// A screen that is followed until it shows the last ticket. Now and then its connection breaks, and it resumes on
/// another server, or on one that was just started.
async fn watch(
    office: Arc<Office>,
    sides: Arc<[LiveSide; 2]>,
    person: Person,
    filter: Value,
    seed: u64,
    last: Arc<OnceCell<TicketId>>,
) -> Screen {
    let mut chance = StdRng::seed_from_u64(seed);
    let app = &office.app;
    let mut own = LiveSide::start(&app.store);
    let mut screen = Screen::open(app, &own, &person, filter).await;
    loop {
        match chance.random_range(0..8) {
            0 => screen.reconnect(&sides[0]).await,
            1 => screen.reconnect(&sides[1]).await,
            2 => {
                own = LiveSide::start(&app.store);
                screen.reconnect(&own).await;
            }
            _ => {}
        }
        screen.hear(app).await;
        if last.get().is_some_and(|last| screen.rows.contains_key(&last.encode())) {
            return screen;
        }
    }
}

async fn a_frontend_equals_a_query(seed: u64) {
    let office = Arc::new(Office::new().await);
    // Another server, which gets no hints: it finds the events in its sweep.
    let deaf = Store::new(db::pool(&office.app.database().url, 4).unwrap(), office.app.clock.clone());
    let sides = Arc::new([LiveSide::start(&office.app.store), LiveSide::start(&deaf)]);
    let last = Arc::new(OnceCell::new());
    let watchers = [
        (&office.firm.owner, json!({})),
        (&office.manager, json!({ "status": ["WAITING", "OPEN"] })),
        (&office.manager, json!({ "search": "cliente 1" })),
        (&office.member, json!({})),
        (&office.member, json!({ "clientIds": [office.clients[0].encode()] })),
        (&office.admin, json!({})),
    ];
    let mut screens = JoinSet::new();
    for (place, (person, filter)) in (0..).zip(watchers) {
        let (office, sides, last) = (Arc::clone(&office), Arc::clone(&sides), Arc::clone(&last));
        screens.spawn(watch(office, sides, person.clone(), filter, seed * 100 + place, last));
    }
    let barrier = Barrier::new(2);
    let busy = |by: Person, seed: u64| {
        let office = Arc::clone(&office);
        async move {
            let mut chance = StdRng::seed_from_u64(seed);
            for _ in 0..ACTS {
                office.act(&by, &mut chance).await;
            }
        }
    };
    let overtaking = async {
        barrier.wait().await;
        busy(office.manager.clone(), seed * 100 + 50).await;
        barrier.wait().await;
    };
    tokio::join!(office.slow_act(&barrier), overtaking, busy(office.firm.owner.clone(), seed * 100 + 51));

    // `last` is in each of the lists. Screens that got it before they knew that it is the last get another message,
    // with the second ticket.
    let mark = async || {
        let (owner, client) = (&office.firm.owner, office.clients[0]);
        open(&office.app.store, owner, client, "Cliente 1", Some(&office.member)).await
    };
    last.set(mark().await).unwrap();
    mark().await;
    let mut shown = Vec::new();
    while let Some(screen) = screens.join_next().await {
        shown.push(screen.unwrap());
    }
    let end = mark().await;
    let mut resumed = 0;
    for screen in &mut shown {
        screen.reconnect(&sides[0]).await;
        screen.hear_of(&office.app, &end.encode()).await;
        screen.check(&office.app).await;
        resumed += usize::from(screen.reloads < ACTS);
    }
    assert!(resumed > 0, "all was read anew all the time");
    drop((shown, sides));
    Arc::into_inner(office).unwrap().app.finish().await;
}

/// F-01: over broken connections, restarted servers, lost hints and a transaction that commits after later ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_01_a_frontend_equals_a_query() {
    for seed in 1..=3 {
        Box::pin(a_frontend_equals_a_query(seed)).await;
    }
}
