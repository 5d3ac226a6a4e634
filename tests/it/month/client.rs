//! What the month shows on a client's record, and what the client's end means for it.

use chrono::TimeDelta;
use guichet_base::id::{ClientId, Id};
use guichet_schema::month::generation::job::tick;
use serde_json::{Value, json};

use super::office::Month;
use crate::desk::ticket::desk::{each, text};

/// What the page of a client asks for, in one request.
const RECORD: &str = "query Q($id: ID!) {
    client(id: $id) {
        id version endedOn registrations { number } attributes { key }
        recurringTasks(first: 100) { totalCount nodes { firstPeriod taskType { name } } }
        tasks(first: 100) { totalCount nodes { period client { id } } }
    }
}";

impl Month {
    async fn record(&self, client: ClientId) -> Value {
        let desk = &self.desk;
        desk.app.ask(&desk.owner, RECORD, json!({ "id": client.encode() })).await["client"].take()
    }
}

/// E-03, C-08: the record of a client has its recurring tasks and tasks, not those of others; when the client ends, the
/// periods that begin later are not generated, and those of others go on.
#[tokio::test]
async fn c_08_a_client_that_ends_has_no_more_months() {
    let month = Month::open().await;
    let desk = &month.desk;
    let other = desk.firm.client("Outra", None).await;
    let names: Vec<String> = (0..4).map(|months| month.name(months)).collect();
    month.recurs(&names[0]).await;
    month.recurs_for(other, &names[0]).await;
    let record = month.record(desk.client).await;
    assert_eq!(record["recurringTasks"]["totalCount"], 1);
    assert_eq!(record["recurringTasks"]["nodes"][0]["taskType"]["name"], "Guia");
    let ends = month.today() + TimeDelta::days(40);
    let end = json!({ "id": desk.client.encode(), "expectedVersion": record["version"], "endedOn": ends });
    desk.done(&desk.owner, "clientUpdate", end).await;
    desk.app.pass(TimeDelta::days(160));
    tick(&desk.app.store).await.unwrap();
    desk.app.jobs_done().await;
    let record = month.record(desk.client).await;
    assert_eq!(text(&record["endedOn"]), ends.to_string());
    assert_eq!(each(&record["tasks"]["nodes"], "period"), names[..2]);
    assert!(
        each(&record["tasks"]["nodes"], "client").iter().all(|client| client["id"] == desk.client.encode())
    );
    let record = month.record(other).await;
    let periods = each(&record["tasks"]["nodes"], "period");
    assert!(periods.len() >= 4 && periods.contains(&json!(names[3])), "{periods:?}");
    // Its area is as empty of tasks as before (C-01).
    let seen = desk.app.ask(&desk.admin, RECORD, json!({ "id": desk.client.encode() })).await;
    let seen = &seen["client"];
    assert_eq!((&seen["tasks"], &seen["recurringTasks"]), (&Value::Null, &Value::Null));
    month.desk.finish().await;
}

/// C-03, C-01: the tasks of several clients at once, each with its own filtered, ordered and paged list and its number.
#[tokio::test]
async fn c_03_the_tasks_of_each_client_of_a_page() {
    let month = Month::open().await;
    let desk = &month.desk;
    let other = desk.firm.client("Outra", None).await;
    for (client, title, due) in [
        (desk.client, "B", "2026-03-20"),
        (desk.client, "A", "2026-03-21"),
        (desk.client, "C", "2026-03-19"),
        (other, "D", "2026-03-01"),
    ] {
        let input = json!({ "clientId": client.encode(), "title": title, "legalDueOn": due });
        desk.done(&desk.owner, "taskCreate", input).await;
    }
    let page = |part: &str| {
        format!(
            "{{ clients(first: 10, filter: {{ ids: [\"{}\", \"{}\"] }}) {{ nodes {{
                name tasks({part}) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ title }} }}
            }} }} }}",
            desk.client.encode(),
            other.encode()
        )
    };
    let asked = async |part: &str| {
        let answer = desk.app.ask(&desk.owner, &page(part), json!({})).await;
        let clients = answer["clients"]["nodes"].as_array().unwrap().clone();
        let of = |client: &Value| {
            (each(&client["tasks"]["nodes"], "title"), client["tasks"]["totalCount"].clone())
        };
        let own = clients.iter().position(|client| client["name"] != "Outra").unwrap();
        (of(&clients[own]), of(&clients[1 - own]), clients[own]["tasks"]["pageInfo"].clone())
    };
    let (own, others, info) = asked("first: 2").await;
    assert_eq!((own, others), ((vec![json!("C"), json!("B")], json!(3)), (vec![json!("D")], json!(1))));
    assert_eq!(info["hasNextPage"], true);
    let (own, ..) = asked(&format!("first: 2, after: {}", info["endCursor"])).await;
    assert_eq!(own, (vec![json!("A")], json!(3)));
    let (own, others, _) = asked("last: 2, orderBy: { field: TITLE, direction: DESC }").await;
    assert_eq!((own.0, others.0), (vec![json!("B"), json!("A")], vec![json!("D")]));
    let (own, others, _) = asked("first: 5, filter: { dueFrom: \"2026-03-20\" }").await;
    assert_eq!((own, others), ((vec![json!("B"), json!("A")], json!(2)), (vec![], json!(0))));
    // In a list of clients the filter by client means what it says.
    let of_other = format!("first: 5, filter: {{ clientIds: [\"{}\"] }}", other.encode());
    let (own, others, _) = asked(&of_other).await;
    assert_eq!((own.1, others.1), (json!(0), json!(1)));
    month.desk.finish().await;
}
