//! The cast of `tests/permissions/README.md`: created with the mutations that create it in production, and copied for
//! each mutation that is tried.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use guichet_base::clock::ManualClock;
use guichet_base::id::{DocumentId, Id};
use guichet_engine::actor::{AccessRole, StaffRole};
use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_schema::month::generation::job::generate;
use guichet_schema::month::recurring_task::job::GenerateTasks;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::shared::file::rules::Limits;
use guichet_tests::app::{START, gateway, settings};
use guichet_tests::database::TestDatabase;
use guichet_tests::live::LiveSide;
use guichet_tests::object_store::ObjectStore;
use guichet_tests::vocabulary::takes_a_key;
use guichet_tests::world::{Firm, Person, session};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

const PASSWORD: &str = "correct horse battery";

/// The accounts, memberships and things of the cast, by name.
pub struct Cast {
    /// The value of each `{name}`.
    pub names: BTreeMap<String, String>,
    tokens: BTreeMap<&'static str, String>,
    database: TestDatabase,
}

/// A server on a copy of the cast's database.
pub struct Stage {
    pub store: Store,
    router: Router,
    database: TestDatabase,
    _object_store: ObjectStore,
}

impl Stage {
    fn new(database: TestDatabase) -> Self {
        let clock = ManualClock::new(START.parse().unwrap());
        let store = Store::new(db::pool(&database.url, 2).unwrap(), clock);
        // The owner's check then needs no name server.
        let settings = settings(&[("MAIL_DOMAINS", "firm.example,foreign.example".to_owned())]);
        let object_store = ObjectStore::folder();
        let files = object_store.files(Limits::default());
        Self {
            router: gateway(&store, files).router(&settings),
            store,
            database,
            _object_store: object_store,
        }
    }

    /// Sends a request with a token or without one.
    pub async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let request = Request::post("/graphql").header("content-type", "application/json");
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header("authorization", format!("Bearer {token}")));
        let answer = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        serde_json::from_slice(&to_bytes(answer.into_body(), 1 << 20).await.unwrap()).unwrap()
    }

    /// The first message of a subscription.
    pub async fn follow(&self, token: Option<&str>, document: &str) -> Value {
        let mut messages = LiveSide::start(&self.store).follow(token, document, json!({})).await;
        let mut answer = messages.answer().await.unwrap();
        // As over a websocket: without errors there is no list of errors.
        answer.as_object_mut().unwrap().retain(|name, value| name != "errors" || *value != json!([]));
        answer
    }

    /// Runs statements directly, without the rules.
    pub async fn set(&self, statements: &str) {
        self.store.conn().await.unwrap().batch_execute(statements).await.unwrap();
    }

    pub async fn leave(self) {
        self.database.drop().await;
    }
}

impl Cast {
    pub async fn assemble() -> Self {
        let stage = Stage::new(TestDatabase::new().await);
        let mut set_up = SetUp { stage, names: BTreeMap::new(), tokens: BTreeMap::new() };
        set_up.people().await;
        let SetUp { stage: Stage { database, .. }, names, tokens } = set_up;
        // A database can only be copied while nobody is connected to it.
        database.close().await;
        Self { names, tokens, database }
    }

    /// The bearer token of a viewer; `nobody` has none.
    pub fn token(&self, viewer: &str) -> Option<&str> {
        self.tokens.get(viewer).map(String::as_str)
    }

    /// A server on a copy of the database, set up for this viewer.
    pub async fn stage(&self, viewer: &str) -> Stage {
        let stage = Stage::new(self.database.copy().await);
        if viewer == "own" {
            stage.set("UPDATE firms SET member_reach = 'OWN'").await;
        }
        stage
    }

    pub async fn leave(self) {
        self.database.drop().await;
    }
}

struct SetUp {
    stage: Stage,
    names: BTreeMap<String, String>,
    tokens: BTreeMap<&'static str, String>,
}

impl SetUp {
    fn name(&mut self, name: impl Into<String>, value: impl Into<String>) {
        assert_eq!(self.names.insert(name.into(), value.into()), None);
    }

    /// Names the account and the membership of a person, who is one of the table's viewers.
    fn viewer(&mut self, viewer: &'static str, person: &Person) {
        self.name(format!("account_{viewer}"), person.account_id.encode());
        let kind = person.id().split('_').next().unwrap().to_owned();
        self.name(format!("{kind}_{viewer}"), person.id());
        self.tokens.insert(viewer, person.token.clone());
    }

    /// Sends a mutation as the owner; returns the payload.
    async fn act(&self, mutation: &str, selection: &str, input: Value) -> Value {
        self.act_as("owner", mutation, selection, input).await
    }

    async fn act_as(&self, viewer: &str, mutation: &str, selection: &str, mut input: Value) -> Value {
        if takes_a_key(mutation) {
            input["idempotencyKey"] = Uuid::new_v4().to_string().into();
        }
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation ($input: {kind}!) {{
                {mutation}(input: $input) {{ {selection} userErrors {{ field code }} }}
            }}"
        );
        let token = self.tokens.get(viewer).map(String::as_str);
        let mut answer = self.stage.ask(token, &query, json!({ "input": input })).await;
        assert_eq!(answer["data"][mutation]["userErrors"], json!([]), "{mutation}: {answer:#}");
        answer["data"][mutation].take()
    }

    /// Creates something as the owner and names it.
    async fn make(&mut self, name: &str, mutation: &str, thing: &str, input: Value) -> Value {
        let id = self.act(mutation, &format!("{thing} {{ id }}"), input).await[thing]["id"].clone();
        self.name(name, id.as_str().unwrap());
        id
    }

    async fn people(&mut self) {
        let store = self.stage.store.clone();
        let firm = Firm::new(&store, "firm.example").await;
        let foreign = Firm::new(&store, "foreign.example").await;
        self.name("firm", firm.id.encode());
        let manager = firm.staff("manager@firm.example", StaffRole::Manager).await;
        let member = firm.staff("member@firm.example", StaffRole::Member).await;
        let removed = firm.staff("removed@firm.example", StaffRole::Member).await;
        for (viewer, person) in [
            ("owner", &firm.owner),
            ("manager", &manager),
            ("member", &member),
            ("removed", &removed),
            ("foreign", &foreign.owner),
        ] {
            self.viewer(viewer, person);
        }
        self.tokens.insert("own", member.token.clone());
        let over = store.now() - TimeDelta::seconds(1);
        let expired = session(&store, firm.owner.account_id, &firm.owner.membership, over).await;
        self.tokens.insert("expired", expired);

        let client = firm.client("A", Some("bounced@a.example")).await;
        let other = firm.client("B", Some("nf@b.example")).await;
        self.name("client", client.encode());
        self.name("client_b", other.encode());
        self.name("client_f", foreign.client("F", None).await.encode());
        let portal = async |client, email, role, status| firm.portal(client, email, role, status).await;
        let admin = portal(client, "admin@a.example", AccessRole::Admin, AccessStatus::Active).await;
        self.viewer("admin", &admin);
        let admin = portal(other, "admin@b.example", AccessRole::Admin, AccessStatus::Active).await;
        self.viewer("other", &admin);
        let collab = portal(client, "collab@a.example", AccessRole::Collaborator, AccessStatus::Active).await;
        self.viewer("collab", &collab);
        let pending =
            portal(client, "pending@a.example", AccessRole::Collaborator, AccessStatus::Pending).await;
        self.viewer("pending", &pending);

        self.invited().await;
        self.things(&member).await;
        self.files().await;
        self.month().await;
        self.password().await;
        self.stage
            .set(&format!(
                "UPDATE staff_members SET disabled_at = created_at WHERE name = 'removed';
                 UPDATE email_deliveries SET status = 'FAILED', reason = 'REFUSED';
                 INSERT INTO email_suppressions (firm_id, email_ci, smtp_reply, at)
                     SELECT '{}', address, '550 5.1.1 no', now()
                     FROM unnest(ARRAY['bounced@a.example', 'owner@firm.example']) AS address;
                 UPDATE tickets SET version = 1; UPDATE clients SET version = 1; UPDATE charges SET version = 1;
                 UPDATE service_items SET version = 1; UPDATE obligations SET version = 1; DELETE FROM jobs;",
                firm.id.uuid()
            ))
            .await;
        self.name("suppressed", "bounced@a.example");
    }

    /// A staff member and a portal user who have not accepted yet.
    async fn invited(&mut self) {
        let input = json!({ "name": "Invited", "email": "invited@firm.example", "role": "MEMBER" });
        let made = self.act("staffCreate", "staffMember { id } invitation { secret }", input).await;
        self.name("staff_invited", made["staffMember"]["id"].as_str().unwrap());
        self.name("secret", made["invitation"]["secret"].as_str().unwrap());
        let input =
            json!({ "clientId": self.names["client"], "name": "Invited", "email": "invited@a.example" });
        self.make("access_invited", "portalAccessCreate", "portalAccess", input).await;
    }

    /// The things of the firm and its clients.
    async fn things(&mut self, member: &Person) {
        let emails = json!(["nf@a.example"]);
        let portfolio = json!({
            "id": self.names["client"], "expectedVersion": 1, "accountantId": member.id(), "ticketEmails": emails
        });
        self.act("clientUpdate", "client { id }", portfolio).await;
        let lead = json!({ "name": "Fiscal", "leadId": self.names["staff_manager"] });
        let department = self.make("department", "departmentCreate", "department", lead).await;
        for (name, active) in [("service", true), ("service_old", false)] {
            let input = json!({ "name": name, "price": { "amountMinor": 1000, "currency": "BRL" }, "departmentId": department, "active": active });
            self.make(name, "serviceItemCreate", "serviceItem", input).await;
        }
        for suffix in ["", "_b"] {
            let client = self.names[&format!("client{suffix}")].clone();
            let input =
                json!({ "clientId": client, "subject": "Guia", "assigneeId": self.names["staff_owner"] });
            let ticket = self.make(&format!("ticket{suffix}"), "ticketCreate", "ticket", input).await;
            let status = json!({ "id": ticket, "status": "IN_ANALYSIS" });
            let selection = "mail { deliveries { id recipient } }";
            let changed = self.act("ticketStatusChange", selection, status).await;
            let deliveries = changed["mail"]["deliveries"].as_array().unwrap();
            assert_eq!(deliveries.len(), 1, "{changed:#}");
            self.name(format!("delivery{suffix}"), deliveries[0]["id"].as_str().unwrap());
            let amount = json!({ "amountMinor": 1000, "currency": "BRL" });
            let charge = json!({ "clientId": client, "description": "Guia", "amount": amount });
            self.make(&format!("charge{suffix}"), "chargeCreate", "charge", charge).await;
        }
        let ticket = self.names["ticket"].clone();
        for (name, visibility) in [("message", "PUBLIC"), ("note", "INTERNAL")] {
            let input = json!({ "id": ticket, "visibility": visibility, "body": name });
            self.make(name, "ticketMessagePost", "message", input).await;
        }
        let manager = self.tokens.get("manager").map(String::as_str);
        let wish = "mutation { notificationPreferencesSet(input: { byMail: [TICKET_ASSIGNED] }) { userErrors { code } } }";
        self.stage.ask(manager, wish, json!({})).await;
        let transfer = json!({ "id": ticket, "to": { "departmentId": department } });
        self.make("transfer", "ticketTransfer", "transfer", transfer).await;
        let manager = self.tokens.get("manager").cloned();
        let manager = manager.as_deref();
        let told = self.stage.ask(manager, "{ notifications(first: 2) { nodes { id } } }", json!({})).await;
        let told = told["data"]["notifications"]["nodes"].as_array().unwrap().clone();
        assert_eq!(told.len(), 1);
        self.name("notification", told[0]["id"].as_str().unwrap());
        let query = "{ emailDeliveries(first: 2, filter: { about: [NOTIFICATION] }) { nodes { id } } }";
        let mails = self.stage.ask(manager, query, json!({})).await;
        let mails = mails["data"]["emailDeliveries"]["nodes"].as_array().unwrap().clone();
        assert_eq!(mails.len(), 1);
        self.name("delivery_told", mails[0]["id"].as_str().unwrap());
        let query = "query ($id: ID!) { ticket(id: $id) { history { id field } } }";
        let owner = self.tokens.get("owner").map(String::as_str);
        let told = self.stage.ask(owner, query, json!({ "id": ticket })).await;
        let history = told["data"]["ticket"]["history"].as_array().unwrap().clone();
        for (name, field) in [("change", "ASSIGNEE"), ("change_status", "STATUS")] {
            let of_field = history.iter().find(|change| change["field"] == field).unwrap();
            self.name(name, of_field["id"].as_str().unwrap());
        }
    }

    /// What is due, and what due rules ask of the client.
    async fn month(&mut self) {
        let codes = json!({ "taskTypeCodes": ["FIRM-CLOSE"] });
        self.act("catalogueAdopt", "obligations taskTypes", codes).await;
        let owner = self.tokens.get("owner").cloned();
        let query = "{ obligations(first: 2) { nodes { id } } taskTypes(first: 2) { nodes { id documents { id } } } }";
        let made = self.stage.ask(owner.as_deref(), query, json!({})).await["data"].take();
        for (name, list) in [("obligation", "obligations"), ("task_type", "taskTypes")] {
            let nodes = made[list]["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), 1, "{made:#}");
            self.name(name, nodes[0]["id"].as_str().unwrap());
        }
        self.name("definition", made["taskTypes"]["nodes"][0]["documents"][0]["id"].as_str().unwrap());
        let extension = json!({
            "obligationId": self.names["obligation"], "period": "2026-03", "dueOn": "2026-05-04",
            "publishedOn": "2026-04-01", "source": "Ata 1"
        });
        self.act("dueDateExtensionCreate", "obligation { id }", extension).await;
        let query = "{ obligations(first: 2) { nodes { rules { versionId } extensions { extensionId } } } }";
        let made = self.stage.ask(owner.as_deref(), query, json!({})).await["data"].take();
        let obligation = &made["obligations"]["nodes"][0];
        self.name("rule_version", obligation["rules"][0]["versionId"].as_str().unwrap());
        self.name("extension", obligation["extensions"][0]["extensionId"].as_str().unwrap());
        let recurring = json!({
            "clientId": self.names["client"], "taskTypeId": self.names["task_type"], "firstPeriod": "2026-02",
            "lastPeriod": "2026-02", "assigneeId": self.names["staff_owner"]
        });
        self.make("recurring", "recurringTaskCreate", "recurringTask", recurring).await;
        let firm = guichet_base::id::FirmId::decode(&self.names["firm"]).unwrap();
        let order = GenerateTasks { firm_id: firm, recurring: None, generation_id: None };
        assert_eq!(generate(&self.stage.store, &order).await.unwrap(), 1);
        let made = self.stage.ask(owner.as_deref(), "{ tasks(first: 2) { nodes { id } } }", json!({})).await;
        self.name("task", made["data"]["tasks"]["nodes"][0]["id"].as_str().unwrap());
        self.documents().await;
        let by_hand = json!({ "clientId": self.names["client"], "title": "Balanço" });
        let task = self.make("task_hand", "taskCreate", "task", by_hand).await;
        let comment = json!({ "id": task, "body": "Falta o extrato." });
        self.make("task_comment", "taskCommentPost", "comment", comment).await;
        let query = "query ($id: ID!) { task(id: $id) { history { id } } }";
        let told = self.stage.ask(owner.as_deref(), query, json!({ "id": task })).await;
        self.name("task_change", told["data"]["task"]["history"][0]["id"].as_str().unwrap());
        let made =
            self.act("taskGenerationRun", "taskGeneration { id }", json!({ "upTo": "2026-01-01" })).await;
        let run = made["taskGeneration"]["id"].as_str().unwrap().to_owned();
        let generation_id = guichet_base::id::GenerationId::decode(&run);
        let order = GenerateTasks { firm_id: firm, recurring: None, generation_id };
        assert_eq!(generate(&self.stage.store, &order).await.unwrap(), 0);
        self.name("generation", run);
        let holiday = json!({
            "country": "BR", "date": "2026-12-24", "office": true, "name": "Férias", "source": "Ata 2"
        });
        self.make("holiday", "firmHolidayCreate", "firmHoliday", holiday).await;
        let year = json!({ "country": "BR", "region": "BR-SP", "city": "3550308", "year": 2030 });
        self.act("calendarYearConfirm", "isComplete", year).await;
        self.views().await;
        let client = self.names["client"].clone();
        let attribute =
            json!({ "clientId": client, "key": "city", "validFrom": "2020-01-01", "text": "3550308" });
        self.act("clientAttributeSet", "client { id }", attribute).await;
        let event = json!({
            "clientId": client, "name": "accountsApproved", "period": "2025", "happenedOn": "2026-04-30"
        });
        self.act("clientEventSet", "client { id }", event).await;
        let years = json!([{ "startsOn": "2020-05-01", "endsOn": "2020-12-31" }]);
        self.act("clientFiscalYearsSet", "client { id }", json!({ "clientId": client, "years": years }))
            .await;
        let numbers = json!({
            "id": client, "expectedVersion": 5, "registration": "11.222.333/0001-81", "timeZone": "America/Recife",
            "endedOn": "2030-12-31"
        });
        self.act("clientUpdate", "client { id }", numbers).await;
    }

    /// Three documents of the task, one of them delivered.
    async fn documents(&mut self) {
        let owner = self.tokens.get("owner").cloned();
        let query =
            "{ documents(first: 3, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { id } } }";
        let made = self.stage.ask(owner.as_deref(), query, json!({})).await["data"]["documents"].take();
        let names = ["document", "document_out", "document_pay"];
        let made = made["nodes"].as_array().unwrap().iter().zip(names);
        for (node, name) in made {
            self.name(name, node["id"].as_str().unwrap());
        }
        let raw = |name: &str| DocumentId::decode(&self.names[name]).unwrap().uuid();
        let [expected, delivered, payroll] = names.map(raw);
        self.stage
            .set(&format!(
                "DELETE FROM documents WHERE id NOT IN ('{expected}', '{delivered}', '{payroll}');
                 UPDATE documents SET direction = 'INPUT', category = 'ACCOUNTING' WHERE id = '{expected}';
                 UPDATE documents SET direction = 'OUTPUT', category = 'TAX', wants_approval = true
                     WHERE id = '{delivered}';
                 UPDATE documents SET direction = 'INPUT', category = 'PAYROLL' WHERE id = '{payroll}';"
            ))
            .await;
        let file = json!({ "name": "guia.pdf", "size": 1, "sha256": self.names["digest"] });
        let uploaded =
            self.act("fileUploadCreate", "uploads { file { id } }", json!({ "files": [file] })).await;
        self.stage.set("UPDATE files SET state = 'STORED' WHERE created_at = (SELECT max(created_at) FROM files) AND uploader_staff IS NOT NULL").await;
        let item = json!({
            "documentId": self.names["document_out"], "fileId": uploaded["uploads"][0]["file"]["id"]
        });
        self.act("documentHandIn", "results { version }", json!({ "items": [item] })).await;
        let folder = json!({ "clientId": self.names["client"], "name": "Contratos" });
        self.make("folder", "folderCreate", "folder", folder).await;
        let folder = json!({ "clientId": self.names["client"], "name": "Salários" });
        self.make("folder_pay", "folderCreate", "folder", folder).await;
        let payroll =
            json!({ "ids": [self.names["document_pay"]], "folderId": self.names["folder_pay"].clone() });
        let moved = self.act("documentMove", "results { userErrors { code } }", payroll).await;
        assert_eq!(moved["results"][0]["userErrors"], json!([]));
        let publish = json!({ "ids": [self.names["document_out"]] });
        let done = self.act("documentPublish", "results { userErrors { code } }", publish).await;
        assert_eq!(done["results"][0]["userErrors"], json!([]));
        self.stage
            .set("UPDATE documents SET version = 1; DELETE FROM email_deliveries WHERE about = 'DOCUMENTS_DELIVERED'")
            .await;
    }

    /// What staff keep of lists, and their calendars.
    async fn views(&mut self) {
        let view = json!({ "list": "TASKS", "name": "Mine", "filter": { "status": ["TODO"] } });
        self.make("view", "savedViewCreate", "savedView", view).await;
        let view = json!({ "list": "TICKETS", "name": "All", "filter": {}, "isShared": true });
        self.make("view_firm", "savedViewCreate", "savedView", view).await;
        self.make("export", "exportCreate", "export", json!({ "list": "TASKS", "format": "CSV" })).await;
        self.make("feed", "calendarFeedCreate", "calendarFeed", json!({})).await;
    }

    /// Files, attached to the ticket or not, as if their bytes had been sent.
    async fn files(&mut self) {
        self.name("digest", "ab".repeat(32));
        for (name, viewer) in
            [("file", "owner"), ("file_internal", "owner"), ("file_own", "admin"), ("file_pending", "admin")]
        {
            let file = json!({ "name": "guia.pdf", "size": 1, "sha256": self.names["digest"] });
            let input = json!({ "files": [file] });
            let made = self.act_as(viewer, "fileUploadCreate", "uploads { file { id } }", input).await;
            self.name(name, made["uploads"][0]["file"]["id"].as_str().unwrap());
            if name != "file_pending" {
                self.stage.set("UPDATE files SET state = 'STORED'").await;
            }
        }
        for (name, visibility) in [("", "PUBLIC"), ("_internal", "INTERNAL")] {
            let file = self.names[&format!("file{name}")].clone();
            let input = json!({
                "id": self.names["ticket"], "fileIds": [file], "to": { "visibility": visibility }
            });
            let made = self.act("ticketFileAttach", "attachments { id }", input).await;
            self.name(format!("attachment{name}"), made["attachments"][0]["id"].as_str().unwrap());
        }
        self.act("fileDownload", "address { url }", json!({ "id": self.names["file"] })).await;
    }

    /// Gives the owner a password: that of an account that accepted an invitation.
    async fn password(&mut self) {
        let input = json!({ "name": "Donor", "email": "donor@firm.example", "role": "MEMBER" });
        let made = self.act("staffCreate", "invitation { secret }", input).await;
        let accept = "mutation ($input: InvitationAcceptInput!) {
            invitationAccept(input: $input) { userErrors { code } }
        }";
        let input = json!({ "secret": made["invitation"]["secret"], "password": PASSWORD });
        let accepted = self.stage.ask(None, accept, json!({ "input": input })).await;
        assert_eq!(accepted["data"]["invitationAccept"]["userErrors"], json!([]));
        let statement = "UPDATE accounts SET password_hash = donor.password_hash FROM accounts AS donor
            WHERE accounts.email = 'owner@firm.example' AND donor.email = 'donor@firm.example'";
        self.stage.set(statement).await;
        self.name("email", "owner@firm.example");
        self.name("password", PASSWORD);
    }
}
