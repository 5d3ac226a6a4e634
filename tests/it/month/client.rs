//! What the month shows on a client's record, and what the client's end means for it.

use chrono::TimeDelta;
use guichet_base::id::{ClientId, Id};
use guichet_schema::month::generation::job::tick;
use serde_json::{Value, json};

use super::generation::Month;
use crate::desk::ticket::desk::{each, text};

/// What the page of a client asks for, in one request.
const RECORD: &str = "query Q($id: ID!) {
    client(id: $id) { id version endedOn registrations { number } attributes { key } }
    recurringTasks(first: 100, filter: { clientIds: [$id] }) { totalCount nodes { firstPeriod taskType { name } } }
    tasks(first: 100, filter: { clientIds: [$id] }) { totalCount nodes { period client { id } } }
}";

impl Month {
    async fn record(&self, client: ClientId) -> Value {
        let desk = &self.desk;
        desk.app.ask(&desk.owner, RECORD, json!({ "id": client.encode() })).await
    }
}

/// E-03, C-08: the record of a client has its recurring tasks and tasks, not those of others; when the client ends, the
/// periods that begin later are not generated, and those of others go on.
#[tokio::test]
async fn c_08_a_client_that_ends_has_no_more_months() {
    let month = Month::open().await;
    let desk = &month.desk;
    let other = desk.firm.client("Outra", None).await;
    let now = desk.app.store.now().date_naive();
    let name = |months: u32| (now + chrono::Months::new(months)).format("%Y-%m").to_string();
    month.recurs(&name(0)).await;
    let input = json!({ "clientId": other.encode(), "taskTypeId": month.task_type, "firstPeriod": name(0) });
    desk.done(&desk.owner, "recurringTaskCreate", input).await;
    let record = month.record(desk.client).await;
    assert_eq!(record["recurringTasks"]["totalCount"], 1);
    assert_eq!(record["recurringTasks"]["nodes"][0]["taskType"]["name"], "Guia");
    let end = json!({
        "id": desk.client.encode(), "expectedVersion": record["client"]["version"],
        "endedOn": now + TimeDelta::days(40)
    });
    desk.done(&desk.owner, "clientUpdate", end).await;
    desk.app.pass(TimeDelta::days(160));
    tick(&desk.app.store).await.unwrap();
    desk.app.jobs_done().await;
    let record = month.record(desk.client).await;
    assert_eq!(text(&record["client"]["endedOn"]), (now + TimeDelta::days(40)).to_string());
    assert_eq!(each(&record["tasks"]["nodes"], "period"), [name(0), name(1)]);
    assert!(
        each(&record["tasks"]["nodes"], "client").iter().all(|client| client["id"] == desk.client.encode())
    );
    let record = month.record(other).await;
    let periods = each(&record["tasks"]["nodes"], "period");
    assert!(periods.len() >= 4 && periods.contains(&json!(name(3))), "{periods:?}");
    // Its area is as empty of tasks as before (C-01).
    let seen = desk.app.ask(&desk.admin, RECORD, json!({ "id": desk.client.encode() })).await;
    assert_eq!((&seen["tasks"]["totalCount"], &seen["recurringTasks"]["totalCount"]), (&json!(0), &json!(0)));
    month.desk.finish().await;
}
