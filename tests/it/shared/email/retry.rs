//! F-02, F-06: staff send failed deliveries again.

use guichet_base::id::Id;
use guichet_tests::smtp::{Act, Rule, Step};
use serde_json::{Value, json};

use super::post_room::{PostRoom, key, recipients, text};

/// A delivery that bounced, with its client and ticket.
async fn bounced(room: &PostRoom) -> (String, String, Value) {
    let client = room.client(Some("old@padaria.example"), "PT_BR").await;
    let ticket = room.ticket(&room.staff, &client).await;
    room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 no such user".into())).times(1));
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    let delivery = room.delivery(&ticket).await;
    assert_eq!(delivery["reason"], "REFUSED");
    (client, ticket, delivery)
}

fn may(delivery: &Value) -> &Value {
    &delivery["viewerCan"][0]
}

fn code(payload: &Value) -> &Value {
    &payload["userErrors"][0]["code"]
}

/// Unblocks an address; returns the payload.
async fn lift(room: &PostRoom, client: &str, email: &str) -> Value {
    let mutation = "mutation ($input: EmailSuppressionLiftInput!) {
        emailSuppressionLift(input: $input) {
            client { suppressedAddresses { email } } userErrors { field code }
        }
    }";
    let input = json!({ "input": { "clientId": client, "email": email } });
    room.app.ask(&room.staff, mutation, input).await["emailSuppressionLift"].take()
}

/// F-02, F-06: once the client's address is corrected, the same delivery is sent there, with the same Message-ID.
#[tokio::test]
async fn to_the_corrected_address() {
    let room = PostRoom::open().await;
    let (client, ticket, delivery) = bounced(&room).await;
    let id = text(&delivery["id"]);
    assert_eq!(may(&delivery), &json!({ "act": "RETRY", "allowed": false, "reason": "ADDRESS_SUPPRESSED" }));
    assert_eq!(code(&room.retry(&room.staff, &id, &key()).await), "ADDRESS_SUPPRESSED");

    room.update_client(&client, json!({ "email": "new@padaria.example" })).await;
    assert_eq!(may(&room.delivery(&ticket).await)["allowed"], true);
    room.hold().await;
    let payload = room.retry(&room.staff, &id, &key()).await;
    assert_eq!(payload["userErrors"], json!([]));
    let now = &payload["emailDelivery"];
    assert_eq!([&now["status"], &now["recipient"]], ["QUEUED", "new@padaria.example"]);
    room.resume().await;
    let mails = room.mails().await;
    assert_eq!(recipients(&mails), ["new@padaria.example"]);
    let sent = room.delivery(&ticket).await;
    assert_eq!(
        (&sent["status"], &sent["reason"], &sent["attempts"]),
        (&json!("SENT"), &Value::Null, &json!(2))
    );
    assert_eq!(sent["messageId"], delivery["messageId"]);
    room.app.finish().await;
}

/// F-06: staff can unblock the address; then the mail can be sent to it again.
#[tokio::test]
async fn after_lifting_the_suppression() {
    let room = PostRoom::open().await;
    let (client, ticket, delivery) = bounced(&room).await;
    let unknown = lift(&room, &client, "other@padaria.example").await;
    assert_eq!(unknown["userErrors"], json!([{ "field": ["email"], "code": "NOT_FOUND" }]));
    let lifted = lift(&room, &client, "OLD@padaria.example").await;
    assert_eq!(lifted, json!({ "client": { "suppressedAddresses": [] }, "userErrors": [] }));
    assert_eq!(code(&lift(&room, &client, "old@padaria.example").await), "NOT_FOUND");
    let payload = room.retry(&room.staff, &text(&delivery["id"]), &key()).await;
    assert_eq!(payload["userErrors"], json!([]));
    assert_eq!(recipients(&room.mails().await), ["old@padaria.example"]);
    assert_eq!(room.delivery(&ticket).await["status"], "SENT");
    room.app.finish().await;
}

/// F-02: once a missing or invalid address is corrected, the mail can be sent to it.
#[tokio::test]
async fn to_an_address_that_was_missing() {
    let room = PostRoom::open().await;
    for (record, refusal) in [(None, "NO_RECIPIENT"), (Some("padaria"), "INVALID_EMAIL")] {
        let client = room.firm.client("Padaria Estrela", record).await.encode();
        let ticket = room.ticket(&room.staff, &client).await;
        room.change(&room.firm.owner, &ticket, "WAITING", None).await;
        room.app.jobs_done().await;
        let unsent = || async {
            let all = room.deliveries(&ticket).await;
            all.into_iter().find(|delivery| delivery["status"] == "NOT_SENT").unwrap()
        };
        let delivery = unsent().await;
        assert_eq!(may(&delivery)["reason"], refusal);
        let id = text(&delivery["id"]);
        assert_eq!(code(&room.retry(&room.staff, &id, &key()).await), refusal);
        // The other recipient's address does not get the mail a second time.
        room.update_client(&client, json!({ "email": "Marta@Aurora.example" })).await;
        assert_eq!(code(&room.retry(&room.staff, &id, &key()).await), "NO_RECIPIENT");
        room.update_client(&client, json!({ "email": "nf@padaria.example" })).await;
        assert_eq!(room.retry(&room.staff, &id, &key()).await["userErrors"], json!([]));
        room.app.jobs_done().await;
        assert!(room.deliveries(&ticket).await.iter().all(|delivery| delivery["status"] == "SENT"));
    }
    let mails = room.mails().await;
    let expected = [["marta@aurora.example"; 2], ["nf@padaria.example"; 2]].concat();
    assert_eq!(recipients(&mails), expected);
    room.app.finish().await;
}

/// F-02: a mail that was sent or is queued is not sent again; a repeated call is one retry.
#[tokio::test]
async fn once() {
    let room = PostRoom::open().await;
    let (client, ticket, delivery) = bounced(&room).await;
    let id = text(&delivery["id"]);
    room.update_client(&client, json!({ "email": "new@padaria.example" })).await;
    room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(450, "4.2.0 later".into())).times(1));
    let key = key();
    let (first, second) =
        (room.retry(&room.staff, &id, &key).await, room.retry(&room.staff, &id, &key).await);
    assert_eq!([&first["userErrors"], &second["userErrors"]], [&json!([]), &json!([])]);
    room.app.jobs_done().await;
    assert_eq!(code(&room.retry(&room.staff, &id, "another").await), "DELIVERY_NOT_RETRYABLE", "on its way");
    room.app.pass(chrono::TimeDelta::seconds(15));
    assert_eq!(recipients(&room.mails().await), ["new@padaria.example"]);
    assert_eq!(room.delivery(&ticket).await["status"], "SENT");
    assert_eq!(code(&room.retry(&room.staff, &id, "a third").await), "DELIVERY_NOT_RETRYABLE", "sent");
    let replayed = room.retry(&room.staff, &id, &key).await;
    assert_eq!((&replayed["userErrors"], &replayed["emailDelivery"]["status"]), (&json!([]), &json!("SENT")));
    assert_eq!(code(&room.retry(&room.staff, &text(&json!("delivery_0")), "a fourth").await), "NOT_FOUND");
    assert_eq!(room.mails().await.len(), 1);
    room.app.finish().await;
}
