//! D-05: a mail conversation keeps its subject, and a mail has the facts of its action.

use serde_json::json;

use super::post_room::PostRoom;

/// D-05: all mails about a renamed ticket keep the first subject; the text has the present one. A late mail has the
/// price at its action.
#[tokio::test]
async fn a_ticket_that_changed_meanwhile() {
    let room = PostRoom::open().await;
    let client = room.client(Some("nf@padaria.example"), "EN").await;
    let price = json!({ "amountMinor": 1_234, "currency": "BRL" });
    let input = json!({ "clientId": client, "subject": "Payroll for October", "price": price });
    let ticket = room.ticket_with(&room.staff, input).await;
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    room.hold().await;
    room.change(&room.staff, &ticket, "FINISHED", None).await;
    room.sql("UPDATE tickets SET subject = 'Payroll for November', price_minor = 998877").await;
    room.resume().await;
    let mails = room.mails().await;
    let subjects: Vec<_> = mails.iter().map(|mail| mail.parsed().subject().unwrap().to_owned()).collect();
    assert_eq!(subjects, ["Ticket #1: Payroll for October"; 2]);
    let text = mails[1].parsed().body_text(0).unwrap().into_owned();
    assert!(text.contains("Payroll for November"), "{text}");
    assert!(text.contains("12.34") && !text.contains("9,988.77"), "{text}");
    room.app.finish().await;
}
