//! Optimistic locking: no change overwrites another unseen.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::desk::{Desk, errors, text};

/// D-03: an edit, status change, reopening or transfer with another version than the current one is refused with
/// `CONFLICT` and the current ticket.
#[tokio::test]
async fn d_03_versions() {
    let desk = Desk::open().await;
    let id = desk.ticket_in("FINISHED").await;
    let conflict = async |act: &str, mut input: Value| {
        input["id"] = json!(id);
        for version in [-1, 0, 1, 4, 99] {
            let before = desk.see(&desk.member, &id).await;
            if before["version"] == version {
                continue;
            }
            input["expectedVersion"] = json!(version);
            let payload = desk.act(&desk.member, act, input.clone()).await;
            assert_eq!(
                (errors(&payload), &payload["ticket"]),
                (vec!["CONFLICT".to_owned()], &before),
                "{act}"
            );
            assert_eq!(payload["revision"], Value::Null);
        }
        input["expectedVersion"] = desk.see(&desk.member, &id).await["version"].clone();
        desk.done(&desk.member, act, input).await;
    };
    conflict("ticketReopen", json!({})).await;
    conflict("ticketStatusChange", json!({ "status": "WAITING" })).await;
    conflict("ticketEdit", json!({ "subject": "Outro" })).await;
    conflict("ticketTransfer", json!({ "to": { "staffId": desk.owner.id() } })).await;
    desk.finish().await;
}

/// Only changes of fields increase the version: messages, notes, read marks and refused calls cause no conflict.
#[tokio::test]
async fn what_counts_as_a_change() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.member, &id, "PUBLIC", "Bom dia").await;
    desk.post(&desk.member, &id, "INTERNAL", "Nota").await;
    desk.post(&desk.admin, &id, "PUBLIC", "Olá").await;
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "OPEN" })).await;
    desk.refused(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "REOPENED" })).await;
    let edit = json!({ "id": id, "expectedVersion": 1, "subject": "Outro" });
    assert_eq!(desk.done(&desk.member, "ticketEdit", edit).await["ticket"]["version"], 2);
    desk.finish().await;
}

/// Of ten concurrent edits of one version, exactly one succeeds, and only that one is in the ticket and its history.
#[tokio::test]
async fn edits_at_once() {
    let desk = Desk::open().await;
    let people = [&desk.owner, &desk.manager, &desk.member];
    for round in 0..3 {
        let id = desk.opened(&desk.member).await;
        let edits = (0..10).map(|number| {
            let input = json!({ "id": id, "expectedVersion": 1, "subject": format!("Edição {number}") });
            desk.act(people[number % 3], "ticketEdit", input)
        });
        let payloads = join_all(edits).await;
        let winners: Vec<usize> = (0..10).filter(|n| errors(&payloads[*n]).is_empty()).collect();
        assert_eq!(winners.len(), 1, "round {round}");
        assert!(payloads.iter().filter(|p| errors(p) == ["CONFLICT"]).count() == 9);
        let seen = desk.look(&desk.owner, &id, "subject version history { field newValue }").await;
        let won = format!("Edição {}", winners[0]);
        assert_eq!((&seen["subject"], &seen["version"]), (&json!(won), &json!(2)));
        assert_eq!(seen["history"].as_array().unwrap().len(), 2);
        assert_eq!(text(&seen["history"][1]["newValue"]), won);
    }
    desk.finish().await;
}
