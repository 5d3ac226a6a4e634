//! F-02: each delivery is visible to staff.

use guichet_base::id::Id;
use guichet_tests::smtp::{Act, Rule, Step};
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};

use super::post_room::PostRoom;

/// The recipients of a page of deliveries, and the total number.
async fn list(room: &PostRoom, by: &Person, filter: Value) -> (Vec<String>, i64) {
    let query = "query ($filter: EmailDeliveryFilter) {
        emailDeliveries(first: 100, filter: $filter) { totalCount nodes { recipient } }
    }";
    let found = room.app.ask(by, query, json!({ "filter": filter })).await["emailDeliveries"].take();
    let nodes = found["nodes"].as_array().unwrap();
    let recipients = nodes.iter().map(|node| node["recipient"].as_str().unwrap_or("-").to_owned()).collect();
    (recipients, found["totalCount"].as_i64().unwrap())
}

/// F-02: the list, newest first, by status, client and ticket, page by page.
#[tokio::test]
async fn deliveries_are_found() {
    let room = PostRoom::open().await;
    room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 no".into())).to("bounces@x.example"));
    let mut tickets = Vec::new();
    for address in ["first@x.example", "bounces@x.example", "last@x.example"] {
        let client = room.client(Some(address), "PT_BR").await;
        let ticket = room.ticket(&room.staff, &client).await;
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        room.app.pass(chrono::TimeDelta::seconds(1));
        tickets.push((client, ticket));
    }
    let client = room.firm.client("Sem endereço", None).await.encode();
    let ticket = room.ticket(&room.staff, &client).await;
    room.begin(&ticket).await;
    room.app.jobs_done().await;

    let by = &room.staff;
    let (all, count) = list(&room, by, json!({})).await;
    assert_eq!(count, 5);
    assert_eq!(all[2..], ["last@x.example", "bounces@x.example", "first@x.example"]);
    let of = async |filter| list(&room, by, filter).await.0;
    assert_eq!(of(json!({ "status": ["FAILED"] })).await, ["bounces@x.example"]);
    assert_eq!(of(json!({ "status": ["NOT_SENT"] })).await, ["-"]);
    assert_eq!(of(json!({ "clientIds": [tickets[0].0] })).await, ["first@x.example"]);
    assert_eq!(
        of(json!({ "ticketIds": [tickets[2].1, tickets[0].1] })).await,
        ["last@x.example", "first@x.example"]
    );
    assert_eq!(of(json!({ "ticketIds": [tickets[0].1], "status": ["FAILED"] })).await, Vec::<String>::new());

    let query = "query ($after: String) {
        emailDeliveries(first: 2, after: $after) {
            nodes { recipient } pageInfo { endCursor hasNextPage }
        }
    }";
    let (mut paged, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = room.app.ask(by, query, json!({ "after": after })).await["emailDeliveries"].take();
        let nodes = page["nodes"].as_array().unwrap();
        paged.extend(nodes.iter().map(|node| node["recipient"].as_str().unwrap_or("-").to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(paged, all);
    room.app.finish().await;
}

/// F-02: what staff see of one: the language, the relay's reply, the Message-ID, when it was accepted.
#[tokio::test]
async fn one_delivery() {
    let room = PostRoom::open().await;
    room.app.sink.reply(Step::EndOfData, 250, "2.0.0 queued as 4711");
    let ticket = room.ticket_for("nf@padaria.example").await;
    room.begin(&ticket).await;
    let mails = room.mails().await;
    let delivery = room.delivery(&ticket).await;
    assert_eq!(delivery["locale"], "PT_BR");
    assert_eq!(delivery["attempts"], 1);
    assert_eq!(delivery["smtpReply"], "250 2.0.0 queued as 4711");
    assert_eq!(delivery["sentAt"], "2026-03-02T12:00:00+00:00");
    assert_eq!(delivery["messageId"], format!("<{}>", mails[0].message_id()));
    let refused = json!([{ "act": "RETRY", "allowed": false, "reason": "DELIVERY_NOT_RETRYABLE" }]);
    assert_eq!(delivery["viewerCan"], refused);
    let node = "query ($id: ID!) { node(id: $id) { __typename id } }";
    let found = room.app.ask(&room.staff, node, json!({ "id": delivery["id"] })).await;
    assert_eq!(found["node"], json!({ "__typename": "EmailDelivery", "id": delivery["id"] }));
    room.app.finish().await;
}

/// Clients never see deliveries: neither in the list nor its count nor a history, and they cannot send one again. Nor
/// can another firm.
#[tokio::test]
async fn nobody_else_sees_deliveries() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("padaria.example")).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let ticket = room.ticket(&ana, &client.encode()).await;
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    let other = Firm::new(&room.app.store, "other.example").await.owner;
    assert_eq!(list(&room, &room.staff, json!({})).await.1, 2);
    let delivery = room.deliveries(&ticket).await.remove(0);
    let delivery = delivery["id"].as_str().unwrap();
    for (viewer, refusal) in [(&ana, "NOT_ALLOWED"), (&other, "NOT_FOUND")] {
        assert_eq!(list(&room, viewer, json!({ "ticketIds": [ticket] })).await, (vec![], 0));
        let payload = room.retry(viewer, delivery, "key").await;
        assert_eq!(
            (&payload["emailDelivery"], &payload["userErrors"][0]["code"]),
            (&Value::Null, &refusal.into())
        );
    }
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    for viewer in [&ana, &other] {
        assert_eq!(room.app.ask(viewer, node, json!({ "id": delivery })).await["node"], Value::Null);
    }
    let history = "query ($id: ID!) { ticket(id: $id) { history { mail { state deliveries { id } } } } }";
    let found = room.app.ask(&ana, history, json!({ "id": ticket })).await;
    assert_eq!(found["ticket"]["history"][1]["mail"], json!({ "state": "PARTIAL", "deliveries": [] }));
    assert_eq!(room.app.ask(&other, history, json!({ "id": ticket })).await["ticket"], Value::Null);
    let record = "query ($id: ID!) { client(id: $id) { suppressedAddresses { email } } }";
    let found = room.app.ask(&ana, record, json!({ "id": client.encode() })).await;
    assert_eq!(found["client"]["suppressedAddresses"], Value::Null);
    room.app.finish().await;
}
