//! D-05: who gets the mails about a status change.

use guichet_base::id::Id;
use serde_json::{Value, json};

use super::post_room::{PostRoom, outcomes, recipients};

/// D-05: each real change sends one mail each to the client and to who opened the ticket, in their language; the
/// current status changes nothing and sends no mail (D-02).
#[tokio::test]
async fn each_real_change_mails_each_recipient_once() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("nf@padaria.example")).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let ticket = room.ticket(&ana, &client.encode()).await;
    assert_eq!(recipients(&room.mails().await), Vec::<&str>::new(), "opening a ticket is no change of it");

    let payload = room.begin(&ticket).await;
    assert_eq!((&payload["outcome"], &payload["mail"]["state"]), (&json!("CHANGED"), &json!("QUEUED")));
    let mails = room.mails().await;
    assert_eq!(recipients(&mails), ["ana@padaria.example", "nf@padaria.example"]);
    let subjects: Vec<_> = mails.iter().map(|mail| mail.parsed().subject().unwrap().to_owned()).collect();
    assert_eq!(subjects, ["Ticket #1\u{a0}: Folha de outubro", "Atendimento #1: Folha de outubro"]);

    let payload = room.begin(&ticket).await;
    assert_eq!((&payload["outcome"], &payload["mail"]), (&json!("UNCHANGED"), &Value::Null));
    assert_eq!(room.mails().await.len(), 2);

    let payload = room.change(&room.staff, &ticket, "FINISHED", None).await;
    assert_eq!(payload["mail"]["deliveries"].as_array().unwrap().len(), 2);
    assert_eq!(room.mails().await.len(), 4);
    assert!(room.deliveries(&ticket).await.iter().all(|delivery| delivery["status"] == "SENT"));
    room.app.finish().await;
}

/// D-05: two spellings of one address are one recipient, who gets the mail in the person's language.
#[tokio::test]
async fn whatever_the_spelling() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("ANA@Padaria.Example")).await;
    let ana = room.firm.admin(client, "Ana@padaria.example").await;
    let client = client.encode();
    let ticket = room.ticket(&ana, &client).await;
    room.begin(&ticket).await;
    let mails = room.mails().await;
    assert_eq!(recipients(&mails), ["Ana@padaria.example"]);
    assert!(mails[0].parsed().subject().unwrap().starts_with("Ticket #1"));

    let emails =
        json!({ "ticketEmails": ["NF@Padaria.example", "ana@PADARIA.example", "rh@padaria.example"] });
    room.update_client(&client, emails).await;
    room.hold().await;
    let payload = room.change(&room.staff, &ticket, "WAITING", None).await;
    let mut told = outcomes(&payload["mail"]["deliveries"]);
    told.sort_unstable();
    let queued = |address| [address, "QUEUED", "-"];
    assert_eq!(told, ["Ana@padaria.example", "NF@padaria.example", "rh@padaria.example"].map(queued));
    room.resume().await;
    assert_eq!(room.mails().await.len(), 4);
    room.app.finish().await;
}

/// D-05, F-02: addresses for tickets replace the address of record; without them it is used again.
#[tokio::test]
async fn the_clients_addresses_for_tickets() {
    let room = PostRoom::open().await;
    let client = room.client(Some("geral@padaria.example"), "ES").await;
    let ticket = room.ticket(&room.staff, &client).await;
    room.update_client(&client, json!({ "ticketEmails": ["a@padaria.example", "b@padaria.example"] })).await;
    room.begin(&ticket).await;
    assert_eq!(recipients(&room.mails().await), ["a@padaria.example", "b@padaria.example"]);
    room.update_client(&client, json!({ "ticketEmails": [] })).await;
    room.change(&room.staff, &ticket, "WAITING", None).await;
    assert_eq!(recipients(&room.mails().await)[2..], ["geral@padaria.example"]);
    room.app.finish().await;
}

/// D-05: the acting person gets the mail only if nobody else would; if somebody else acts, the opener gets it.
#[tokio::test]
async fn the_acting_person() {
    let room = PostRoom::open().await;
    let client = room.client(Some("geral@padaria.example"), "PT_BR").await;
    let ticket = room.ticket(&room.staff, &client).await;
    room.begin(&ticket).await;
    assert_eq!(recipients(&room.mails().await), ["geral@padaria.example"]);
    room.change(&room.firm.owner, &ticket, "WAITING", None).await;
    assert_eq!(recipients(&room.mails().await)[1..], ["geral@padaria.example", "marta@aurora.example"]);

    let nowhere = room.client(None, "PT_BR").await;
    let ticket = room.ticket(&room.staff, &nowhere).await;
    room.hold().await;
    let payload = room.begin(&ticket).await;
    assert_eq!(payload["mail"]["state"], "PARTIAL");
    let told = outcomes(&payload["mail"]["deliveries"]);
    assert_eq!(told, [["marta@aurora.example", "QUEUED", "-"], ["-", "NOT_SENT", "NO_ADDRESS"]]);
    room.resume().await;
    assert_eq!(recipients(&room.mails().await)[2..], ["marta@aurora.example"; 2]);
    room.app.finish().await;
}

/// D-05: when a client reopens a ticket, the mail goes to the client's record and not to the acting person.
#[tokio::test]
async fn a_client_that_reopens() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("nf@padaria.example")).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let ticket = room.ticket(&ana, &client.encode()).await;
    room.change(&room.staff, &ticket, "FINISHED", None).await;
    assert_eq!(room.mails().await.len(), 2);
    let mutation = "mutation ($input: TicketReopenInput!) {
        ticketReopen(input: $input) {
            outcome mail { state deliveries { recipient } } userErrors { code }
        }
    }";
    let input =
        json!({ "idempotencyKey": super::post_room::key(), "id": ticket, "reason": "Falta um recibo" });
    let payload = room.app.ask(&ana, mutation, json!({ "input": input })).await["ticketReopen"].take();
    assert_eq!(payload["userErrors"], json!([]));
    // D-04: clients see the state of the mails, not the recipients.
    assert_eq!(payload["mail"], json!({ "state": "QUEUED", "deliveries": [] }));
    assert_eq!(recipients(&room.mails().await)[1..], ["nf@padaria.example"; 2]);
    room.app.finish().await;
}
