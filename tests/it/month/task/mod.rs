//! Tasks as staff work with them.

mod acts;
mod bulk;
mod comments;
mod list;
mod papers;
mod told;

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_tests::vocabulary::Fields;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, text};

/// The fields of a task that tests read.
pub const TASK: Fields = Fields("Task");

/// A firm with a client and a kind of work with documents: due on the day 20 of the next month, handed in five days before,
/// done two days before.
pub struct Work {
    pub desk: Desk,
    pub task_type: String,
}

impl Work {
    pub async fn open() -> Self {
        let desk = Desk::open().await;
        let obligation = desk.own_obligation("OWN-1").await;
        let before =
            |days: i64| json!({ "at": { "rule": "self" }, "go": [{ "days": -days }], "shift": "KEEP" });
        let create = json!({
            "name": "Guia", "category": "TAX", "obligationId": obligation, "targetRule": before(2),
            "handInRule": before(5), "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
            "documents": [
                { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" },
                { "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE" }
            ]
        });
        let task_type = text(&desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"]);
        Self { desk, task_type }
    }

    /// Enters a task of the client; `input` has the other fields.
    pub async fn task(&self, by: &Person, mut input: Value) -> Value {
        for (field, value) in [("clientId", self.desk.client.encode()), ("title", "Balancete".to_owned())] {
            if input.get(field).is_none() {
                input[field] = json!(value);
            }
        }
        self.desk.done(by, "taskCreate", input).await["task"].clone()
    }

    /// Enters a task of the client without anything else; returns its id.
    pub async fn entered(&self, by: &Person) -> String {
        text(&self.task(by, json!({})).await["id"])
    }

    /// Enters a task of the kind of work for March 2026; returns its id.
    pub async fn of_march(&self, by: &Person) -> String {
        text(&self.task(by, json!({ "taskTypeId": self.task_type, "period": "2026-03" })).await["id"])
    }

    /// A task as somebody sees it; null when they do not.
    pub async fn see(&self, by: &Person, task: &str) -> Value {
        let query = format!(
            "query Look($id: ID!) {{ task(id: $id) {{ {TASK} history {{ field oldValue newValue oldText newText
                reason author {{ name }} }} viewerCan {{ act allowed reason }}
                statusChoices {{ status outcome confirmationRequired }} }} }}"
        );
        self.desk.app.ask(by, &query, json!({ "id": task })).await["task"].clone()
    }

    /// Gives a task a status.
    pub async fn set(&self, task: &str, status: &str) -> Value {
        let input = json!({ "id": task, "status": status, "confirmMissing": true });
        self.desk.done(&self.desk.manager, "taskStatusChange", input).await
    }

    /// The documents of a task by their names, as `name state due`.
    pub async fn documents(&self, task: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            name: String,
            #[diesel(sql_type = Text)]
            state: String,
            #[diesel(sql_type = Nullable<Text>)]
            due: Option<String>,
            #[diesel(sql_type = Text)]
            direction: String,
        }
        let (_, task) = guichet_base::id::decode(task).unwrap();
        let rows: Vec<Row> = diesel::sql_query(
            "SELECT name, state, due_on::text AS due, direction FROM documents WHERE task_id = $1 ORDER BY direction",
        )
        .bind::<diesel::sql_types::Uuid, _>(task)
        .load(&mut self.desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
        let shown = |row: &Row| {
            format!("{} {} {} {}", row.direction, row.name, row.state, row.due.as_deref().unwrap_or("-"))
        };
        rows.iter().map(shown).collect()
    }
}
