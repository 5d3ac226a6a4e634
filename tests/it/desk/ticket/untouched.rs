//! D-06: whether staff have done anything with a ticket yet.

use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, text};

/// D-06: a ticket is untouched until staff edit it, write a message or note, transfer it or change its status; any of
/// these alone touches it, for good.
#[tokio::test]
async fn d_06_what_touches() {
    let desk = Desk::open().await;
    let acts = [
        ("ticketEdit", json!({ "expectedVersion": 1, "subject": "Outro" })),
        ("ticketMessagePost", json!({ "visibility": "PUBLIC", "body": "Bom dia" })),
        ("ticketMessagePost", json!({ "visibility": "INTERNAL", "body": "Ligar amanhã" })),
        ("ticketTransfer", json!({ "to": { "staffId": desk.manager.id() } })),
        ("ticketStatusChange", json!({ "status": "IN_ANALYSIS" })),
        ("ticketStatusChange", json!({ "status": "FINISHED" })),
    ];
    for opener in [&desk.member, &desk.admin] {
        for (act, mut input) in acts.clone() {
            let id = desk.opened(opener).await;
            input["id"] = json!(id);
            assert_eq!(desk.see(&desk.owner, &id).await["isUntouched"], true);
            let payload = desk.done(&desk.member, act, input.clone()).await;
            assert_eq!(payload["ticket"]["isUntouched"], false, "{act} {input}");
            let thanks = json!({ "id": id, "visibility": "PUBLIC", "body": "Obrigada" });
            desk.act(&desk.admin, "ticketMessagePost", thanks).await;
            assert_eq!(desk.see(&desk.owner, &id).await["isUntouched"], false, "{act} {input}");
        }
    }
    desk.finish().await;
}

/// D-06: viewing, read marks, edits without effect, refused calls and actions of the client leave a ticket untouched.
#[tokio::test]
async fn d_06_what_does_not_touch() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let untouched = async |what: &str| {
        assert_eq!(desk.see(&desk.owner, &id).await["isUntouched"], true, "{what}");
    };
    desk.post(&desk.admin, &id, "PUBLIC", "Bom dia").await;
    untouched("a client's message").await;
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    untouched("a read mark").await;
    let subject = desk.see(&desk.member, &id).await["subject"].clone();
    desk.done(&desk.member, "ticketEdit", json!({ "id": id, "expectedVersion": 1, "subject": subject }))
        .await;
    untouched("an edit without effect").await;
    desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "OPEN" })).await;
    untouched("the present status").await;
    let refusals = [
        ("ticketEdit", json!({ "id": id, "expectedVersion": 9, "subject": "Outro" })),
        ("ticketStatusChange", json!({ "id": id, "status": "REOPENED" })),
        ("ticketTransfer", json!({ "id": id, "to": { "staffId": desk.owner.id() } })),
        ("ticketMessagePost", json!({ "id": id, "visibility": "INTERNAL", "body": "" })),
    ];
    for (act, input) in refusals {
        assert_eq!(desk.refused(&desk.member, act, input).await.len(), 1, "{act}");
        untouched(act).await;
    }
    desk.finish().await;
}

/// D-06: staff can filter by untouched tickets; clients learn nothing of it, not by the filter either.
#[tokio::test]
async fn d_06_new_ones_in_the_grid() {
    let desk = Desk::open().await;
    let new = desk.opened(&desk.admin).await;
    let touched = desk.opened(&desk.admin).await;
    desk.post(&desk.member, &touched, "INTERNAL", "Ligar amanhã").await;
    let query = "query New($new: Boolean) { tickets(filter: { isUntouched: $new }, first: 10) {
        totalCount nodes { id isUntouched }
    } }";
    let found = async |by: &Person, new: Option<bool>| {
        let grid = desk.app.ask(by, query, json!({ "new": new })).await["tickets"].clone();
        let mut ids: Vec<String> = grid["nodes"].as_array().unwrap().iter().map(|t| text(&t["id"])).collect();
        ids.sort();
        assert_eq!(grid["totalCount"], ids.len());
        (ids, grid["nodes"][0]["isUntouched"].clone())
    };
    let both = vec![new.clone(), touched.clone()];
    assert_eq!(found(&desk.member, Some(true)).await, (vec![new], json!(true)));
    assert_eq!(found(&desk.member, Some(false)).await, (vec![touched], json!(false)));
    assert_eq!(found(&desk.member, None).await.0, both);
    assert_eq!(found(&desk.admin, None).await, (both.clone(), Value::Null));
    desk.finish().await;
}
