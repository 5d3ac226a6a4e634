//! The number of statements of the main screens does not depend on the number of rows.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use chrono::TimeDelta;
use guichet_base::clock::ManualClock;
use guichet_base::id::{ClientId, FileId, Id, ServiceItemId, TicketId};
use guichet_engine::actor::StaffRole;
use guichet_engine::store::Store;
use guichet_schema::desk::ticket::commands::{CreateTicket, create};
use guichet_schema::desk::ticket::conversation::{PostMessage, post};
use guichet_schema::month::task::commands::{CreateTask, create as create_task};
use guichet_schema::month::task::dates::SetDates;
use guichet_schema::nouns;
use guichet_schema::shared::file::digest::Sha256;
use guichet_schema::shared::file::kind::FileKind;
use guichet_schema::shared::file::rules::{Declaration, FileDisposition, Limits};
use guichet_schema::shared::file::verdict::{self, Verdict};
use guichet_schema::shared::file::{download, upload};
use guichet_schema::shared::visibility::Visibility;
use guichet_tests::app::{START, gateway, settings};
use guichet_tests::counting::Counting;
use guichet_tests::database::TestDatabase;
use guichet_tests::object_store::ObjectStore;
use guichet_tests::world::{Firm, Person, ticket_about};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

const CONNECTIONS: usize = 6;

/// The API without workers and sockets, so that nothing else uses the database.
struct Desk {
    store: Store,
    clock: Arc<ManualClock>,
    router: Router,
    counting: Counting,
    firm: Firm,
    database: TestDatabase,
}

impl Desk {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let clock = ManualClock::new(START.parse().unwrap());
        let counting = Counting::new(&database.url, clock.clone(), CONNECTIONS).await;
        let store = counting.store.clone();
        let settings = settings(&[]);
        let object_store = ObjectStore::folder();
        let files = object_store.files(Limits::default());
        let router = gateway(&store, files).router(&settings);
        let firm = Firm::new(&store, "aurora.example").await;
        Self { store, clock, router, counting, firm, database }
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
            description: "Como combinado.".to_owned(),
            service_item_id: service,
            ..ticket_about(client, subject)
        };
        create(&self.store, &by.actor(), &TicketId::new().encode(), input).await.unwrap().value
    }

    /// A stored file, as if its bytes had been sent.
    async fn file(&self, by: &Person) -> FileId {
        let (actor, key) = (by.actor(), FileId::new().encode());
        let (content_type, sha256) = (String::new(), Some("ab".repeat(32)));
        let declared = Declaration { name: "guia.pdf".to_owned(), content_type, size: 1, sha256 };
        let limits = Limits::default();
        let made = upload::create(&self.store, &actor, &key, &limits, vec![declared]).await.unwrap();
        let id = *made.value[0].as_ref().unwrap();
        upload::complete(&self.store, &actor, &[Some(id)], &[(id, 1)].into()).await.unwrap();
        let sha256 = Sha256::parse(&"ab".repeat(32)).unwrap();
        let stored = Verdict::Stored { kind: FileKind::Pdf, is_protected: false, sha256 };
        verdict::pass(&self.store, nouns::WITH_FILES, id, stored).await.unwrap();
        download::open(&self.store, nouns::WITH_FILES, &actor, id, FileDisposition::Attachment)
            .await
            .unwrap();
        id
    }

    async fn post(&self, by: &Person, ticket_id: TicketId, visibility: Visibility, body: &str) {
        let file_ids = vec![self.file(by).await];
        let input = PostMessage { ticket_id, visibility, body: body.to_owned(), file_ids };
        post(&self.store, &by.actor(), &TicketId::new().encode(), input).await.unwrap();
    }

    /// Sends a query; returns the data and the number of statements.
    async fn counted(&self, person: &Person, query: &str) -> (Value, usize) {
        let before = self.counting.statements();
        let answer = self.send(person, json!({ "query": query })).await;
        assert_eq!(answer["errors"], Value::Null, "{answer:#}");
        (answer["data"].clone(), self.counting.statements() - before)
    }

    /// Sends a mutation that must succeed; returns the id of what it made.
    async fn made(&self, by: &Person, mutation: &str, what: &str, input: Value) -> Value {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation M($input: {kind}!) {{ {mutation}(input: $input) {{ {what} {{ id }} userErrors {{ code }} }} }}"
        );
        let answer = self.send(by, json!({ "query": query, "variables": { "input": input } })).await;
        assert_eq!(answer["data"][mutation]["userErrors"], json!([]), "{answer:#}");
        answer["data"][mutation][what]["id"].clone()
    }

    async fn send(&self, person: &Person, body: Value) -> Value {
        let request = Request::post("/graphql")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", person.token))
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    async fn finish(self) {
        drop((self.router, self.store, self.counting, self.firm));
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
    transfers { note toStaff { name } } charges { isOverdue viewerCan { allowed } } collectedCharges { id }
} } }";

const FILES: &str = "{ tickets(first: 100) { nodes {
    attachments { message { id } file {
        name state uploadedBy { name } accesses(first: 5) { nodes { at by { name } } } viewerCan { allowed }
    } }
    conversation(last: 3) { nodes { attachments { visibility } } }
} } }";

/// D-01: no field needs a statement per row: two tickets and forty take the same number of statements.
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
        let (files, with_files) = desk.counted(&owner, FILES).await;
        let nodes = files["tickets"]["nodes"].as_array().unwrap();
        assert!(nodes.iter().all(|node| node["attachments"].as_array().unwrap().len() == 8));
        assert!(
            nodes.iter().all(|node| node["attachments"][0]["file"]["accesses"]["nodes"][0]["at"].is_string())
        );
        counts.push((slim, full, with_files));
    }
    assert_eq!(counts[0], counts[1]);
    // The session; tickets, clients, assignees, conversations.
    assert_eq!(counts[0].0, 5);
    // The session; tickets and their number; ten kinds of related records; four kinds of records related to those.
    assert_eq!(counts[0].1, 17);
    desk.finish().await;
}

const TOLD: &str = "{ notifications(first: 100) { totalCount unreadCount nodes {
    id kind at readAt ticket { number subject client { name } } message { body } author { name }
} } }";

/// D-11: the list of notifications takes the same number of statements for two rows as for forty, and notifying a whole
/// department the same as notifying one person.
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

const RECORDS: &str = "{ clients(first: 100) { nodes {
    name documentEmails recurringTasks(first: 5) { totalCount nodes { firstPeriod } }
    tasks(first: 5, filter: { isOverdue: false }) { totalCount nodes { title assignee { name } } }
} } }";

/// C-03: the work on the records of clients takes the same number of statements for two clients as for forty.
#[tokio::test]
async fn c_03_the_work_of_clients_takes_a_fixed_number_of_statements() {
    let desk = Desk::new().await;
    let owner = desk.firm.owner.clone();
    let mut counts = Vec::new();
    for (round, clients) in [(0, 2), (1, 38)] {
        for number in 0..clients {
            let client_id = desk.firm.client(&format!("Padaria {round} {number}"), None).await;
            for title in ["Balanço", "Folha", "Guia", "Livros", "Notas", "Relatório"] {
                desk.clock.advance(TimeDelta::seconds(1));
                let input = CreateTask {
                    client_id,
                    title: title.to_owned(),
                    description: String::new(),
                    assignee_id: None,
                    task_type_id: None,
                    period: None,
                    dates: SetDates::default(),
                    unexpected: Vec::new(),
                    documents: Vec::new(),
                };
                create_task(&desk.store, &owner.actor(), &TicketId::new().encode(), input).await.unwrap();
            }
        }
        let (records, count) = desk.counted(&owner, RECORDS).await;
        let nodes = records["clients"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), if round == 0 { 2 } else { 40 });
        for tasks in nodes.iter().map(|client| &client["tasks"]) {
            assert_eq!((&tasks["totalCount"], tasks["nodes"].as_array().unwrap().len()), (&json!(6), 5));
        }
        counts.push(count);
    }
    assert_eq!(counts[0], counts[1]);
    desk.finish().await;
}

const TASKS: &str = "{ tasks(first: 100) { totalCount nodes {
    id title status period legalDueOn isOverdue hasMissingDocuments unreadCount
    client { name } taskType { name } assignee { name } department { name }
    viewerCan { act allowed } statusChoices { status confirmationRequired } history { field author { name } }
} } }";

const LATE_TASKS: &str = "{ tasks(first: 100, filter: { isOverdue: false, search: \"guia\" }) {
    totalCount nodes { title isOverdue }
} }";

const DOCUMENTS: &str = "{ documents(first: 100) { totalCount nodes {
    id name mark state dueOn taskTypeName client { name } task { title } taskType { name } folder { name }
    answer { kind } versions { number file { name } } viewerCan { act allowed }
} } }";

/// What both dashboards show.
const BOARD: &str = "today month progress { handedIn missing unread read awaited awaitingApproval contested }
    days { date totalCount marks { mark count } }
    dueSoon(first: 100) { totalCount nodes { name mark client { name } } }
    overdue(first: 100) { totalCount nodes { name mark client { name } } }
    inProgress(first: 100) { totalCount nodes { kind dueOn document { name client { name } } } }";

const PREVIEW: &str = "{ taskGenerationPreview(upTo: \"2026-07-01\") { taskCount documentCount lines {
    taskCount recurringTask { client { name } taskType { name } } tasks { title legalDueOn documentCount }
} } }";

/// C-03, A-02, A-06, C-11: the screens of the month take as many statements for two tasks as for forty, though a
/// dashboard finds several lists side by side.
#[tokio::test]
async fn a_02_the_month_takes_a_fixed_number_of_statements() {
    let desk = Desk::new().await;
    let owner = desk.firm.owner.clone();
    let client = desk.firm.client("Padaria", None).await;
    let admin = desk.firm.admin(client, "ana@padaria.example").await;
    let rule = json!({
        "due": { "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "shift": "KEEP" },
        "source": "Ata 1", "status": "CONFIRMED"
    });
    let create = json!({
        "idempotencyKey": "1", "code": "OWN-1", "name": "Guia", "category": "TAX", "periodKind": "MONTH",
        "jurisdiction": "ANY", "rules": [rule]
    });
    let obligation = desk.made(&owner, "obligationCreate", "obligation", create).await;
    let create = json!({
        "idempotencyKey": "2", "name": "Guia", "category": "TAX", "obligationId": obligation,
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
        "documents": [
            { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" },
            { "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE", "wantsApproval": true }
        ]
    });
    let task_type = desk.made(&owner, "taskTypeCreate", "taskType", create).await;
    let month = |of: &str| format!("{{ {of}(month: \"2026-03\") {{ {BOARD} }} }}");
    let mut counts = Vec::new();
    for (round, tasks) in [(0, 2), (1, 38)] {
        for number in 0..tasks {
            let other = desk.firm.client(&format!("Oficina {round} {number}"), None).await;
            // One of the client, whose dashboard grows, and one of another each, for that of the firm.
            for of in [client, other] {
                let input = json!({
                    "idempotencyKey": format!("{round} {number} {}", of.encode()), "clientId": of.encode(),
                    "title": "Guia", "taskTypeId": task_type, "period": "2026-02"
                });
                desk.made(&owner, "taskCreate", "task", input).await;
            }
            let input = json!({
                "idempotencyKey": format!("recurs {round} {number}"), "clientId": other.encode(),
                "taskTypeId": task_type, "firstPeriod": "2026-03"
            });
            desk.made(&owner, "recurringTaskCreate", "recurringTask", input).await;
        }
        use diesel_async::SimpleAsyncConnection;
        desk.store
            .conn()
            .await
            .unwrap()
            .batch_execute(
                "UPDATE documents SET due_on = '2026-03-01' WHERE direction = 'INPUT';
                 UPDATE documents SET due_on = '2026-03-04', state = 'FILED', published_at = now(), approval = 'WAITING'
                 WHERE direction = 'OUTPUT'",
            )
            .await
            .unwrap();
        let mut of_round = Vec::new();
        let (of_client, of_firm) = (month("clientDashboard"), month("firmDashboard"));
        for (by, query, path, rows) in [
            (&owner, TASKS, "/tasks/nodes", 4),
            (&owner, LATE_TASKS, "/tasks/nodes", 4),
            (&owner, DOCUMENTS, "/documents/nodes", 8),
            (&admin, DOCUMENTS, "/documents/nodes", 4),
            (&admin, &of_client, "/clientDashboard/overdue/nodes", 2),
            (&owner, &of_firm, "/firmDashboard/inProgress/nodes", 4),
            (&owner, PREVIEW, "/taskGenerationPreview/lines", 2),
        ] {
            let (data, statements) = desk.counted(by, query).await;
            // A page has a hundred.
            let expected = if round == 0 { rows } else { (rows * 20).min(100) };
            assert_eq!(data.pointer(path).unwrap().as_array().unwrap().len(), expected, "{path}");
            of_round.push(statements);
        }
        counts.push(of_round);
    }
    assert_eq!(counts[0], counts[1]);
    desk.finish().await;
}
