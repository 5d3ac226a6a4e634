//! The places of clients, and whose law their work follows.

use guichet_base::id::{ClientId, Id, RecurringTaskId};
use serde_json::json;

use super::office::{attribute, day, version};
use crate::desk::ticket::desk::{Desk, text};

/// A kind of work for an obligation named ISS of this place.
async fn iss(desk: &Desk, code: &str, jurisdiction: &str) -> String {
    let create = json!({
        "code": code, "name": "ISS", "category": "TAX", "periodKind": "MONTH", "jurisdiction": jurisdiction,
        "rules": [version(None, None, day(10))]
    });
    let obligation = desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"].clone();
    let create = json!({
        "name": code, "category": "TAX", "obligationId": obligation,
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 }, "documents": []
    });
    text(&desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"])
}

/// Gives a client work from February on.
async fn gives(desk: &Desk, client: ClientId, task_type: &str) -> RecurringTaskId {
    let input = json!({ "clientId": client.encode(), "taskTypeId": task_type, "firstPeriod": "2026-02" });
    let made = desk.done(&desk.owner, "recurringTaskCreate", input).await["recurringTask"]["id"].clone();
    RecurringTaskId::decode(&text(&made)).unwrap()
}

/// A client has its seat in another city from a day on.
async fn moves_to(desk: &Desk, client: ClientId, city: &str, from: &str) {
    let input = attribute(client, "city", from, json!(city));
    desk.done(&desk.owner, "clientAttributeSet", input).await;
}

/// Why some work is not for the place of its client now, for somebody who reads English.
async fn misplaced(desk: &Desk, id: RecurringTaskId) -> Option<String> {
    let query = "query Q($id: ID!) { node(id: $id) { ... on RecurringTask { placeMismatch } } }";
    let seen = desk.app.ask(&desk.member, query, json!({ "id": id.encode() })).await;
    seen["node"]["placeMismatch"].as_str().map(str::to_owned)
}

/// C-09: work is given to clients of the place whose law it follows, and of several of one name the narrowest.
#[tokio::test]
async fn c_09_jurisdictions_select_clients() {
    let desk = Desk::open().await;
    let (nation, rio) = (iss(&desk, "ISS", "BR").await, iss(&desk, "ISS-RIO", "BR-3304557").await);
    let refused = async |client: ClientId, task_type: &str| {
        let input = json!({ "clientId": client.encode(), "taskTypeId": task_type, "firstPeriod": "2026-02" });
        desk.refused(&desk.owner, "recurringTaskCreate", input).await
    };
    assert_eq!(refused(desk.client, &rio).await, ["taskTypeId:NOT_FOR_PLACE"], "its place is not known");
    desk.describe(desk.client, "city", "3304557").await;
    assert_eq!(refused(desk.client, &nation).await, ["taskTypeId:NOT_FOR_PLACE"], "the city's holds");
    gives(&desk, desk.client, &rio).await;
    let other = desk.firm.client("Paulista", None).await;
    desk.describe(other, "city", "3550308").await;
    assert_eq!(refused(other, &rio).await, ["taskTypeId:NOT_FOR_PLACE"]);
    gives(&desk, other, &nation).await;
    let abroad = desk.abroad("Atelier", "FR").await;
    assert_eq!(refused(abroad, &nation).await, ["taskTypeId:NOT_FOR_PLACE"]);
    desk.finish().await;
}

/// C-09: work of a place that the client leaves, or where it comes under a narrower law, says so until it ends.
#[tokio::test]
async fn c_09_a_client_leaves_the_place_of_its_work() {
    let desk = Desk::open().await;
    let (nation, rio) = (iss(&desk, "ISS", "BR").await, iss(&desk, "ISS-RIO", "BR-3304557").await);
    let (carioca, paulista) = (desk.client, desk.firm.client("Paulista", None).await);
    desk.describe(carioca, "city", "3304557").await;
    desk.describe(paulista, "city", "3550308").await;
    let (of_city, of_nation) = (gives(&desk, carioca, &rio).await, gives(&desk, paulista, &nation).await);
    assert_eq!([misplaced(&desk, of_city).await, misplaced(&desk, of_nation).await], [None, None]);

    // What is to come does not count yet.
    moves_to(&desk, carioca, "3550308", "2026-04-01").await;
    assert_eq!(misplaced(&desk, of_city).await, None);
    moves_to(&desk, carioca, "3550308", "2026-03-01").await;
    moves_to(&desk, paulista, "3304557", "2026-03-01").await;
    let elsewhere = misplaced(&desk, of_city).await.unwrap();
    assert!(elsewhere.contains("Rio de Janeiro"), "{elsewhere}");
    let narrower = misplaced(&desk, of_nation).await.unwrap();
    assert!(narrower.contains("ISS-RIO"), "{narrower}");

    let ends = json!({ "id": of_city.encode(), "expectedVersion": 1, "lastPeriod": "2026-02" });
    desk.done(&desk.owner, "recurringTaskUpdate", ends).await;
    assert_eq!(misplaced(&desk, of_city).await, None, "it has ended");
    desk.finish().await;
}
