//! A firm whose client has monthly work with documents.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{Id, TaskId};
use guichet_engine::tables::tasks;
use guichet_tests::app::Setup;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, key, text};
use crate::shared::file::hand::PDF;

/// The firm, and the documents of February 2026, due on 20 March: `Extrato` (to hand in, replaced by a second file),
/// `Notas` (to hand in, a second file stands beside), `Guia` (delivered), `Folha` (delivered, about payroll, published on
/// upload, to be approved).
pub struct Papers {
    pub desk: Desk,
    pub task: String,
}

pub const DOCUMENT: &str = "id name direction state mark dueOn publishedAt readAt approval taskTypeName version updatedAt
    task { id } taskType { id } answer { kind comment by { id } }
    versions { number isCurrent isDuplicate isLate rejection readAt readBy { id } handedInBy { id } file { id state } }";

/// The ids of monthly work.
pub struct Work {
    pub obligation: String,
    pub task_type: String,
    pub recurring: String,
    pub task: String,
}

/// Gives a client the work of [`Papers`] for February, under this name.
pub async fn work(desk: &Desk, by: &Person, client: &str, name: &str) -> Work {
    let made = async |mutation: &str, thing: &str, input: Value| {
        text(&desk.done(by, mutation, input).await[thing]["id"])
    };
    let create = json!({
        "code": format!("OWN-{}", key().to_uppercase()), "name": name, "category": "TAX", "periodKind": "MONTH",
        "jurisdiction": "ANY",
        "rules": [{
            "due": { "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "shift": "KEEP" },
            "source": "Ata 1", "status": "CONFIRMED"
        }]
    });
    let obligation = made("obligationCreate", "obligation", create).await;
    let create = json!({
        "name": name, "category": "TAX", "obligationId": obligation,
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
        "documents": [
            { "name": "Extrato", "direction": "INPUT", "category": "ACCOUNTING", "secondFile": "REPLACE" },
            { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" },
            { "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE" },
            {
                "name": "Folha", "direction": "OUTPUT", "category": "PAYROLL", "secondFile": "REPLACE",
                "publishOnUpload": true, "wantsApproval": true
            }
        ]
    });
    let task_type = made("taskTypeCreate", "taskType", create).await;
    let recurring = json!({
        "clientId": client, "taskTypeId": task_type, "firstPeriod": "2026-02", "lastPeriod": "2026-02"
    });
    let recurring = made("recurringTaskCreate", "recurringTask", recurring).await;
    desk.app.jobs_done().await;
    let query = "query T($filter: TaskFilter) { tasks(first: 2, filter: $filter) { nodes { id } } }";
    let filter = json!({ "filter": { "recurringTaskIds": [recurring] } });
    let found = desk.app.ask(by, query, filter).await;
    let task = text(&found["tasks"]["nodes"][0]["id"]);
    Work { obligation, task_type, recurring, task }
}

/// The document of this name of a task.
pub async fn document(desk: &Desk, by: &Person, task: &str, name: &str) -> String {
    let query =
        "query D($filter: DocumentFilter) { documents(first: 9, filter: $filter) { nodes { id name } } }";
    let found = desk.app.ask(by, query, json!({ "filter": { "taskIds": [task] } })).await;
    let documents = found["documents"]["nodes"].as_array().unwrap();
    text(&documents.iter().find(|row| row["name"] == name).unwrap()["id"])
}

impl Papers {
    pub async fn open() -> Self {
        Self::open_with(Setup::default()).await
    }

    pub async fn open_with(setup: Setup) -> Self {
        let desk = Desk::open_with(setup).await;
        desk.portfolio(desk.client, &desk.member).await;
        let task = work(&desk, &desk.owner, &desk.client.encode(), "Imposto").await.task;
        Self { desk, task }
    }

    /// The documents of a filter as somebody sees them, by due date.
    pub async fn list(&self, by: &Person, filter: Value) -> Vec<Value> {
        let query = format!(
            "query D($filter: DocumentFilter) {{ documents(first: 100, filter: $filter) {{ nodes {{ {DOCUMENT} }} }} }}"
        );
        let answer = self.desk.app.ask(by, &query, json!({ "filter": filter })).await;
        answer["documents"]["nodes"].as_array().unwrap().clone()
    }

    /// The names of the documents of a filter, in the order of the alphabet.
    pub async fn names(&self, by: &Person, filter: Value) -> Vec<String> {
        let mut names: Vec<String> =
            self.list(by, filter).await.iter().map(|row| text(&row["name"])).collect();
        names.sort();
        names
    }

    /// The document of this name as the owner sees it.
    pub async fn id(&self, name: &str) -> String {
        let all = self.list(&self.desk.owner, json!({})).await;
        text(&all.iter().find(|row| row["name"] == name).unwrap()["id"])
    }

    /// A document as somebody sees it; null when they do not.
    pub async fn see(&self, by: &Person, id: &str) -> Value {
        let query = format!("query D($id: ID!) {{ document(id: $id) {{ {DOCUMENT} }} }}");
        self.desk.app.ask(by, &query, json!({ "id": id })).await["document"].clone()
    }

    /// Hands a stored file of this content in.
    pub async fn hand_in(&self, by: &Person, document: &str, content: &'static [u8]) -> Value {
        let file = self.desk.hand_in(by, "arquivo.pdf", content).await;
        self.hand_in_file(by, document, &file).await
    }

    /// Hands a file in; returns the result of it.
    pub async fn hand_in_file(&self, by: &Person, document: &str, file: &str) -> Value {
        let input = json!({ "items": [{ "documentId": document, "fileId": file }] });
        let done = self.desk.done(by, "documentHandIn", input).await;
        self.desk.app.jobs_done().await;
        done["results"][0].clone()
    }

    /// Hands a file in that is on its way: its verification is held.
    pub async fn underway(&self, by: &Person, document: &str, content: &'static [u8]) {
        let name = if content.starts_with(b"%PDF") { "arquivo.pdf" } else { "arquivo.csv" };
        let file = self.desk.send_file(by, name, content).await;
        self.desk.complete(by, &file).await;
        let input = json!({ "items": [{ "documentId": document, "fileId": file }] });
        let done = self.desk.done(by, "documentHandIn", input).await;
        assert_eq!(done["results"][0]["userErrors"], json!([]));
    }

    /// The version of a document, as one who acts on it has read it.
    pub async fn version(&self, id: &str) -> Value {
        self.see(&self.desk.owner, id).await["version"].clone()
    }

    /// Hands a small document in, which must succeed.
    pub async fn filed(&self, by: &Person, document: &str) {
        let result = self.hand_in(by, document, PDF).await;
        assert_eq!(result["userErrors"], json!([]));
    }

    /// Gives the task this status, as acts on tasks do.
    pub async fn task_is(&self, status: &str) {
        let id = TaskId::decode(&self.task).unwrap();
        let closed = ["DONE", "CANCELED"].contains(&status).then(|| self.desk.app.store.now());
        diesel::update(tasks::table.find(id))
            .set((tasks::status.eq(status), tasks::closed_at.eq(closed)))
            .execute(&mut self.desk.app.store.conn().await.unwrap())
            .await
            .unwrap();
    }

    pub async fn set(&self, statement: &str) {
        self.desk.app.store.conn().await.unwrap().batch_execute(statement).await.unwrap();
    }

    pub async fn finish(self) {
        self.desk.finish().await;
    }
}

/// The code of the only refusal of a result.
#[track_caller]
pub fn code(result: &Value) -> String {
    let errors = result["userErrors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{result:#}");
    text(&errors[0]["code"])
}
