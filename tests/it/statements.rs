//! How many statements the main screens take: as many for two rows as for forty.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use chrono::TimeDelta;
use diesel::connection::InstrumentationEvent;
use diesel_async::AsyncConnection;
use guichet_schema::actor::StaffRole;
use guichet_schema::clock::ManualClock;
use guichet_schema::db;
use guichet_schema::id::{ClientId, Id, ServiceItemId, TicketId};
use guichet_schema::store::Store;
use guichet_schema::ticket::commands::{CreateTicket, create};
use guichet_schema::ticket::conversation::{PostMessage, post};
use guichet_schema::ticket::model::Visibility;
use guichet_server::gateway::Gateway;
use guichet_server::live::Live;
use guichet_server::settings::Settings;
use guichet_tests::app::START;
use guichet_tests::database::TestDatabase;
use guichet_tests::world::{Firm, Person};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

const CONNECTIONS: usize = 6;

/// The API without workers or a socket, so that nobody else uses the database.
struct Desk {
    store: Store,
    clock: Arc<ManualClock>,
    router: Router,
    statements: Arc<AtomicUsize>,
    firm: Firm,
    database: TestDatabase,
}

impl Desk {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = ManualClock::new(START.parse().unwrap());
        let store = Store::new(db::pool(&database.url, CONNECTIONS).unwrap(), clock.clone());
        let statements = Arc::new(AtomicUsize::new(0));
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut conn = store.conn().await.unwrap();
            let counter = statements.clone();
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { .. } = event {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            });
            held.push(conn);
        }
        drop(held);
        let settings = Settings::read(|_| None::<std::ffi::OsString>).unwrap();
        let router =
            Gateway { store: store.clone(), live: Live::new(store.clone()), catcher: None, workers: None }
                .router(&settings);
        let firm = Firm::new(&store, "aurora.example").await;
        Self { store, clock, router, statements, firm, database }
    }

    async fn ticket(
        &self,
        by: &Person,
        client: ClientId,
        subject: &str,
        service: Option<ServiceItemId>,
    ) -> TicketId {
        self.clock.advance(TimeDelta::seconds(1));
        let input = CreateTicket {
            client_id: Some(client),
            subject: subject.to_owned(),
            description: "Como combinado.".to_owned(),
            service_item_id: service,
            accountant_id: None,
            assignee_id: None,
            department_id: None,
            price: None,
            collects: Vec::new(),
        };
        create(&self.store, &by.actor(), &TicketId::new().encode(), input).await.unwrap().value
    }

    async fn post(&self, by: &Person, ticket_id: TicketId, visibility: Visibility, body: &str) {
        let input = PostMessage { ticket_id, visibility, body: body.to_owned() };
        post(&self.store, &by.actor(), &TicketId::new().encode(), input).await.unwrap();
    }

    /// Asks, and counts what it took.
    async fn counted(&self, person: &Person, query: &str) -> (Value, usize) {
        let before = self.statements.load(Ordering::SeqCst);
        let request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", person.token))
            .body(Body::from(json!({ "query": query }).to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(answer["errors"], Value::Null, "{answer:#}");
        (answer["data"].clone(), self.statements.load(Ordering::SeqCst) - before)
    }

    async fn finish(self) {
        drop((self.router, self.store, self.firm));
        self.database.drop().await;
    }
}

const GRID: &str = "{ tickets(first: 100) { nodes {
    id number subject status price { amountMinor currency } createdAt updatedAt
    client { id name } assignee { id name }
    conversation(last: 3) { nodes { body createdAt } }
} } }";

const WHOLE: &str = "{ tickets(first: 100) { totalCount pageInfo { hasNextPage } nodes {
    id client { name } openedBy { name } assignee { name } accountant { name } department { name }
    serviceItem { name } unreadCount viewerCan { act allowed reason message }
    conversation(last: 3) { nodes { body author { name } } }
    history { field oldText newText author { name } mail { state deliveries { recipient viewerCan { allowed } } } }
    transfers { note toStaff { name } } charges { isOverdue viewerCan { allowed } } collects { id }
} } }";

/// D-01: no screen asks once per row: two tickets and forty take the same statements.
#[tokio::test]
async fn d_01_the_grid_takes_a_fixed_number_of_statements() {
    let desk = Desk::new().await;
    let owner = desk.firm.owner.clone();
    let service = desk.firm.service("Folha de pagamento", 15_000).await;
    let mut counts = Vec::new();
    for (round, tickets) in [(0, 2), (1, 38)] {
        for number in 0..tickets {
            let client = desk.firm.client(&format!("Padaria {round} {number}"), None).await;
            let admin = desk.firm.admin(client, &format!("ana{round}-{number}@padaria.example")).await;
            let opener = if number % 2 == 0 { &admin } else { &owner };
            let ticket = desk.ticket(opener, client, "Guia do mês", Some(service)).await;
            for body in ["Bom dia", "Segue a guia", "Obrigada", "Até logo"] {
                desk.post(&admin, ticket, Visibility::Public, body).await;
                desk.post(&owner, ticket, Visibility::Internal, body).await;
            }
        }
        let (grid, slim) = desk.counted(&owner, GRID).await;
        let (whole, full) = desk.counted(&owner, WHOLE).await;
        for answer in [&grid, &whole] {
            let nodes = answer["tickets"]["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), if round == 0 { 2 } else { 40 });
            assert!(nodes.iter().all(|node| node["conversation"]["nodes"].as_array().unwrap().len() == 3));
        }
        counts.push((slim, full));
    }
    assert_eq!(counts[0], counts[1]);
    // The session; tickets, clients, assignees, conversations.
    assert_eq!(counts[0].0, 5);
    // The session; tickets and their number; ten kinds of what stands beside them; three of what stands beside that.
    assert_eq!(counts[0].1, 16);
    desk.finish().await;
}

const TOLD: &str = "{ notifications(first: 100) { totalCount unreadCount nodes {
    id kind at readAt ticket { number subject client { name } } message { body } author { name }
} } }";

/// D-11: what somebody is told takes as many statements for two rows as for forty; and telling a whole department
/// as many as telling one.
#[tokio::test]
async fn d_11_notifications_take_a_fixed_number_of_statements() {
    let desk = Desk::new().await;
    let owner = desk.firm.owner.clone();
    let mut counts = Vec::new();
    for (round, tickets) in [(0, 1), (1, 19)] {
        for number in 0..tickets {
            let client = desk.firm.client(&format!("Padaria {round} {number}"), None).await;
            let admin = desk.firm.admin(client, &format!("ana{round}-{number}@padaria.example")).await;
            let ticket = desk.ticket(&admin, client, "Guia do mês", None).await;
            desk.post(&admin, ticket, Visibility::Public, "Bom dia").await;
        }
        let (told, count) = desk.counted(&owner, TOLD).await;
        let rows = told["notifications"]["nodes"].as_array().unwrap().len();
        assert_eq!(rows, if round == 0 { 2 } else { 40 });
        counts.push(count);
    }
    // The session; notifications and their two numbers; tickets, messages, authors; clients.
    assert_eq!(counts, [8, 8]);

    let mut told = Vec::new();
    for size in [1, 7] {
        let mut people = Vec::new();
        for number in 0..size {
            let email = format!("m{size}-{number}@aurora.example");
            people.push(desk.firm.staff(&email, StaffRole::Member).await);
        }
        let members: Vec<&Person> = people.iter().collect();
        let department = desk.firm.department(&format!("Setor {size}"), &owner, &members).await;
        let client = desk.firm.client(&format!("Oficina {size}"), None).await;
        let open = format!(
            "mutation {{ ticketCreate(input: {{
                idempotencyKey: \"{size}\", clientId: \"{}\", departmentId: \"{}\", subject: \"Guia\"
            }}) {{ ticket {{ id }} userErrors {{ code }} }} }}",
            client.encode(),
            department.encode()
        );
        told.push(desk.counted(&owner, &open).await.1);
    }
    assert_eq!(told[0], told[1]);
    desk.finish().await;
}
