//! D-04: the change and the mails about it are two separate outcomes.

use guichet_base::id::Id;
use guichet_tests::smtp::{Act, Rule, Step};
use serde_json::{Value, json};

use super::post_room::{PostRoom, outcomes, recipients};

/// D-04: a missing or invalid address is reported with its reason, beside the delivery that works.
#[tokio::test]
async fn some_are_on_their_way() {
    let room = PostRoom::open().await;
    for (record, reason) in [(None, "NO_ADDRESS"), (Some("padaria.example"), "INVALID_ADDRESS")] {
        let client = room.firm.client("Padaria Estrela", record).await.encode();
        let ticket = room.ticket(&room.staff, &client).await;
        room.hold().await;
        let payload = room.change(&room.firm.owner, &ticket, "WAITING", None).await;
        assert_eq!(
            (&payload["ticket"]["status"], &payload["outcome"]),
            (&json!("WAITING"), &json!("CHANGED"))
        );
        assert_eq!(payload["mail"]["state"], "PARTIAL");
        let told = outcomes(&payload["mail"]["deliveries"]);
        let unsent = [record.unwrap_or("-"), "NOT_SENT", reason];
        assert_eq!(told, [["marta@aurora.example", "QUEUED", "-"], unsent]);
        room.resume().await;
    }
    assert_eq!(recipients(&room.mails().await), ["marta@aurora.example"; 2]);
    room.app.finish().await;
}

/// D-04: the change is valid even if no mail can be sent; the history shows the state of its mails later, too.
#[tokio::test]
async fn none_is_on_its_way() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", None).await.encode();
    let ticket = room.ticket(&room.staff, &client).await;
    room.app.sink.reply(Step::Rcpt, 550, "5.1.1 no such user");
    let payload = room.begin(&ticket).await;
    assert_eq!(payload["mail"]["state"], "PARTIAL", "nobody knows yet that it bounces");
    assert_eq!(recipients(&room.mails().await), Vec::<&str>::new());

    let payload = room.change(&room.staff, &ticket, "REJECTED", Some("Sem documentos")).await;
    assert_eq!((&payload["ticket"]["status"], &payload["outcome"]), (&json!("REJECTED"), &json!("CHANGED")));
    assert_eq!(payload["mail"]["state"], "NOT_SENT");
    let suppressed = ["marta@aurora.example", "NOT_SENT", "SUPPRESSED_AFTER_BOUNCE"];
    assert_eq!(outcomes(&payload["mail"]["deliveries"]), [suppressed, ["-", "NOT_SENT", "NO_ADDRESS"]]);
    assert_eq!(history(&room, &ticket).await, [json!(null), json!("NOT_SENT"), json!("NOT_SENT")]);
    room.app.finish().await;
}

/// D-04: the history shows the current state of the mails about each change.
#[tokio::test]
async fn later_it_is_known() {
    let room = PostRoom::open().await;
    let client = room.client(Some("nf@padaria.example"), "PT_BR").await;
    room.update_client(&client, json!({ "ticketEmails": ["nf@padaria.example", "rh@padaria.example"] }))
        .await;
    let ticket = room.ticket(&room.staff, &client).await;
    let refusal = Act::Reply(550, "5.7.1 not from you".into());
    room.app.sink.rule(Rule::new(Step::EndOfData, refusal).to("rh@padaria.example"));
    room.hold().await;
    let payload = room.begin(&ticket).await;
    let queued = outcomes(&payload["mail"]["deliveries"]);
    assert_eq!(queued, [["nf@padaria.example", "QUEUED", "-"], ["rh@padaria.example", "QUEUED", "-"]]);
    room.resume().await;
    assert_eq!(payload["mail"]["state"], "QUEUED");
    assert_eq!(recipients(&room.mails().await), ["nf@padaria.example"]);
    let now = json!(room.deliveries(&ticket).await);
    let mut now = outcomes(&now);
    now.sort_unstable();
    assert_eq!(now, [["nf@padaria.example", "SENT", "-"], ["rh@padaria.example", "FAILED", "REFUSED"]]);
    assert_eq!(history(&room, &ticket).await, [json!(null), json!("PARTIAL")]);
    room.app.finish().await;
}

/// The state of the mails about each change in a ticket's history.
async fn history(room: &PostRoom, ticket: &str) -> Vec<Value> {
    let query = "query ($id: ID!) { ticket(id: $id) { history { field mail { state } } } }";
    let found = room.app.ask(&room.staff, query, json!({ "id": ticket })).await;
    let changes = found["ticket"]["history"].as_array().unwrap();
    changes.iter().map(|change| change["mail"]["state"].clone()).collect()
}
