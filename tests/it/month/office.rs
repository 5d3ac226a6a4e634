//! A firm with monthly work, and short ways for tests about the month.

use chrono::{Months, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ClientId, Id};
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, each, text};

/// A firm with a client that has monthly work: due on the day 20 of the next month, begun on its first day.
pub struct Month {
    pub desk: Desk,
    pub task_type: String,
}

impl Month {
    pub async fn open() -> Self {
        let desk = Desk::open().await;
        let obligation = desk.own_obligation("OWN-1").await;
        let create = json!({
            "name": "Guia", "category": "TAX", "obligationId": obligation,
            "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
            "documents": [
                { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD" },
                { "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE" }
            ]
        });
        let task_type = text(&desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"]);
        Self { desk, task_type }
    }

    /// The month with tasks of the last months, all open.
    pub async fn with_tasks() -> (Self, Value) {
        let month = Self::open().await;
        month.recurs(&month.name(-4)).await;
        month.desk.app.jobs_done().await;
        let tasks = month.tasks().await;
        assert!(tasks.as_array().unwrap().len() >= 3, "{tasks}");
        (month, tasks)
    }

    pub fn today(&self) -> NaiveDate {
        self.desk.app.store.now().date_naive()
    }

    /// The name of the month so many months from now.
    pub fn name(&self, months: i32) -> String {
        let (by, today) = (Months::new(months.unsigned_abs()), self.today());
        let day = if months < 0 { today - by } else { today + by };
        day.format("%Y-%m").to_string()
    }

    /// Gives the client the work from a period on; returns the id of the recurring task.
    pub async fn recurs(&self, first: &str) -> String {
        self.recurs_for(self.desk.client, first).await
    }

    /// The same for another client.
    pub async fn recurs_for(&self, client: ClientId, first: &str) -> String {
        let input =
            json!({ "clientId": client.encode(), "taskTypeId": self.task_type, "firstPeriod": first });
        let made = self.desk.done(&self.desk.owner, "recurringTaskCreate", input).await;
        text(&made["recurringTask"]["id"])
    }

    /// The tasks, by their due dates.
    pub async fn tasks(&self) -> Value {
        let query = "{ tasks(first: 100) { nodes {
            id version title period status legalDueOn origin assignee { id } dueExplanation wasGeneratedLate
        } } }";
        self.desk.app.ask(&self.desk.owner, query, json!({})).await["tasks"]["nodes"].clone()
    }

    pub async fn periods(&self) -> Vec<Value> {
        each(&self.tasks().await, "period")
    }
}

/// Asks for a due date and how it is found.
pub const EXPLAIN: &str = "query ($obligation: ID!, $client: ID!, $period: String!) {
    dueDateExplain(obligationId: $obligation, clientId: $client, period: $period) {
        state date source provisional beaten { date source }
        steps { op from to explanation daysOff { date name level source } }
    }
}";

impl Desk {
    /// Writes an obligation of the firm's own, due on the day 20 of the next month; returns its id.
    pub async fn own_obligation(&self, code: &str) -> String {
        let create = json!({
            "code": code, "name": "Guia", "category": "TAX", "periodKind": "MONTH", "jurisdiction": "ANY",
            "rules": [{ "due": day(20), "source": "Ata 1", "status": "CONFIRMED" }]
        });
        text(&self.done(&self.owner, "obligationCreate", create).await["obligation"]["id"])
    }

    /// Writes a kind of work of each fiscal year, which is never due; returns its id.
    pub async fn yearly_work(&self) -> String {
        let create = json!({
            "name": "Balanço", "category": "ACCOUNTING",
            "recurrence": { "periodKind": "FISCAL_YEAR", "generateMonth": 1, "generateDay": 1 }, "documents": []
        });
        text(&self.done(&self.owner, "taskTypeCreate", create).await["taskType"]["id"])
    }

    /// The id of the first obligation.
    pub async fn obligation(&self) -> String {
        let query = "{ obligations(first: 1) { nodes { id } } }";
        let found = self.app.ask(&self.owner, query, json!({})).await;
        text(&found["obligations"]["nodes"][0]["id"])
    }

    /// Adopts an obligation of the catalogue; returns its id.
    pub async fn adopted(&self, code: &str) -> String {
        self.done(&self.owner, "catalogueAdopt", json!({ "obligationCodes": [code] })).await;
        let query =
            "query ($codes: [String!]) { obligations(first: 1, filter: { codes: $codes }) { nodes { id } } }";
        let found = self.app.ask(&self.owner, query, json!({ "codes": [code] })).await;
        text(&found["obligations"]["nodes"][0]["id"])
    }

    /// The versions of the rule of an obligation, with what it is at itself.
    pub async fn rules(&self, obligation: &str) -> Value {
        let query = "query ($id: ID!) { node(id: $id) { ... on Obligation {
            version name cutoff successor
            rules { versionId validFrom validTo source isOwn } extensions { extensionId }
        } } }";
        self.app.ask(&self.owner, query, json!({ "id": obligation })).await["node"].clone()
    }

    /// Adds a version to the rule of the first obligation, from a period on.
    pub async fn rule_from(&self, period: &str, due: Value) {
        let add = json!({
            "obligationId": self.obligation().await, "version": version(Some(period), None, due)
        });
        self.done(&self.owner, "ruleVersionCreate", add).await;
    }

    /// An authority extends a period of the first obligation.
    pub async fn extend(&self, period: &str, due_on: &str) {
        let extension = json!({
            "obligationId": self.obligation().await, "period": period, "dueOn": due_on,
            "publishedOn": "2026-01-02", "source": "Portaria 7"
        });
        self.done(&self.owner, "dueDateExtensionCreate", extension).await;
    }

    /// When an obligation is due for a client, and why.
    pub async fn explained(&self, client: ClientId, obligation: &str, period: &str) -> Value {
        let variables = json!({ "obligation": obligation, "client": client.encode(), "period": period });
        self.app.ask(&self.member, EXPLAIN, variables).await["dueDateExplain"].clone()
    }

    /// Writes an attribute of a client, which it has always had.
    pub async fn describe(&self, client: ClientId, key: &str, value: &str) {
        let input = attribute(client, key, "2020-01-01", json!(value));
        self.done(&self.owner, "clientAttributeSet", input).await;
    }

    /// Writes where a client has its seat.
    pub async fn lives_in(&self, client: ClientId, region: &str, city: &str) {
        self.describe(client, "region", region).await;
        self.describe(client, "city", city).await;
    }

    /// A client in another country.
    pub async fn abroad(&self, name: &str, country: &str) -> ClientId {
        let id = self.firm.client(name, None).await;
        let update = json!({ "id": id.encode(), "expectedVersion": 1, "country": country });
        self.done(&self.owner, "clientUpdate", update).await;
        id
    }

    /// The dates that would move.
    pub async fn moves(&self) -> Value {
        let query = "{ dueDateMoves {
            counts { tasks documents } nextAfterId
            moves {
                task { id period } documentId legalDueOn newLegalDueOn targetOn newTargetOn dueOn newDueOn
                reason explanation becomesFinal
            }
        } }";
        self.app.ask(&self.manager, query, json!({})).await["dueDateMoves"].clone()
    }

    /// The kinds and numbers of what a person was told, newest first.
    pub async fn told(&self, person: &Person) -> Vec<(Value, Value)> {
        let query = "{ notifications(first: 50) { nodes { kind count } } }";
        let nodes = self.app.ask(person, query, json!({})).await["notifications"]["nodes"].clone();
        each(&nodes, "kind").into_iter().zip(each(&nodes, "count")).collect()
    }

    /// The numbers that a person was told by notifications of a kind.
    pub async fn numbers(&self, person: &Person, kind: &str) -> Vec<Value> {
        let told = self.told(person).await.into_iter();
        told.filter(|(of, _)| of == kind).map(|(_, number)| number).collect()
    }

    /// A number that the database counts.
    pub async fn counted(&self, query: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Counted {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }
        let mut conn = self.app.store.conn().await.unwrap();
        diesel::sql_query(query).get_result::<Counted>(&mut conn).await.unwrap().count
    }
}

/// A rule: that day of the next month.
pub fn day(number: i64) -> Value {
    json!({ "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": number }], "shift": "KEEP" })
}

/// A rule: the day 20 of the next month, or the last day before it on which the banks of the client's city
/// are open.
pub fn at_the_bank() -> Value {
    json!({
        "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "calendar": "BR-BANK", "reach": "CITY",
        "shift": "BEFORE"
    })
}

/// A version of a rule, as somebody enters it.
pub fn version(from: Option<&str>, to: Option<&str>, due: Value) -> Value {
    json!({ "validFrom": from, "validTo": to, "due": due, "source": "Lei 9", "status": "CONFIRMED" })
}

/// An attribute of a client, as somebody enters it.
pub fn attribute(client: ClientId, key: &str, from: &str, value: Value) -> Value {
    let mut input = json!({ "clientId": client.encode(), "key": key, "validFrom": from });
    let name = if value.is_number() { "number" } else { "text" };
    input[name] = value;
    input
}
