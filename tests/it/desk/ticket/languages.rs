//! Sentences for people are in their own language.

use guichet_base::error::{Code, Refusal};
use guichet_base::i18n;
use guichet_base::input::{out_of_range, too_long};
use guichet_base::locale::Locale;
use guichet_tests::world::Person;
use serde_json::{Value, json};
use std::collections::BTreeSet;

use super::desk::{Desk, text};

/// Some refusals, one from each rule, each with its message and its code and arguments.
async fn refusals(desk: &Desk, by: &Person, open: &str, closed: &str) -> Vec<(String, Refusal)> {
    let acts = [
        ("ticketReopen", json!({ "id": open }), Refusal::new(Code::TicketOpen)),
        (
            "ticketEdit",
            json!({ "id": closed, "expectedVersion": 2, "subject": "x" }),
            Refusal::new(Code::TicketClosed),
        ),
        (
            "ticketEdit",
            json!({ "id": open, "expectedVersion": 9, "subject": "x" }),
            Refusal::new(Code::Conflict),
        ),
        ("ticketEdit", json!({ "id": "ticket_0", "expectedVersion": 9 }), Refusal::of("id", Code::NotFound)),
        (
            "ticketStatusChange",
            json!({ "id": open, "status": "REJECTED" }),
            Refusal::of("reason", Code::ReasonRequired),
        ),
        (
            "ticketCreate",
            json!({ "subject": "x".repeat(201), "clientId": "client_00000000000000000000000000000000" }),
            too_long("subject", 201, 200),
        ),
    ];
    let mut told = Vec::new();
    for (act, input, refusal) in acts {
        let payload = desk.act(by, act, input).await;
        let errors = payload["userErrors"].as_array().unwrap().clone();
        assert_eq!(errors.len(), 1, "{act}: {payload}");
        assert_eq!(errors[0]["code"], refusal.code.as_str(), "{act}");
        let path: Option<Vec<String>> = (!refusal.path.is_empty()).then(|| refusal.path.steps().collect());
        assert_eq!(errors[0]["field"], json!(path), "{act}");
        told.push((text(&errors[0]["message"]), refusal));
    }
    told
}

/// F-02: user errors, `viewerCan` and errors of queries are in the language of the viewer's account, in all four
/// languages, whatever the browser requests.
#[tokio::test]
async fn f_02_refusals_in_the_viewers_language() {
    let desk = Desk::open().await;
    let (open, closed) = (desk.opened(&desk.admin).await, desk.ticket_in("FINISHED").await);
    let mut sentences = BTreeSet::new();
    for locale in Locale::ALL {
        desk.speaks(&desk.member, *locale).await;
        for (message, refusal) in refusals(&desk, &desk.member, &open, &closed).await {
            assert_eq!(message, i18n::refusal(*locale, &refusal), "{locale}");
            sentences.insert(message);
        }
        let query = "query Q($id: ID!) { ticket(id: $id) { viewerCan { reason message } } }";
        let told = desk.app.ask(&desk.member, query, json!({ "id": open })).await;
        let reopen = &told["ticket"]["viewerCan"][2];
        let expected = i18n::refusal(*locale, &Refusal::new(Code::TicketOpen));
        assert_eq!(reopen, &json!({ "reason": "TICKET_OPEN", "message": expected }));
        let wrong =
            desk.app.send(Some(&desk.member), "{ tickets(first: 0) { nodes { id } } }", json!({})).await;
        let expected = i18n::refusal(*locale, &out_of_range("first", 0, &(1..=100)));
        assert_eq!(
            (wrong.error_code(), text(&wrong.body["errors"][0]["message"])),
            (Some("BAD_USER_INPUT"), expected)
        );
    }
    assert_eq!(sentences.len(), 6 * Locale::ALL.len(), "no two languages say the same");
    desk.finish().await;
}

/// F-02: two people who get the same refusal at once each get it in their own language.
#[tokio::test]
async fn f_02_each_in_their_own() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.speaks(&desk.member, Locale::Es).await;
    desk.speaks(&desk.admin, Locale::Fr).await;
    let reopen = json!({ "id": id });
    let (staff, client) = futures_util::join!(
        desk.act(&desk.member, "ticketReopen", reopen.clone()),
        desk.act(&desk.admin, "ticketReopen", reopen.clone()),
    );
    let message = |payload: &Value| text(&payload["userErrors"][0]["message"]);
    let refusal = Refusal::new(Code::TicketOpen);
    assert_eq!(message(&staff), i18n::refusal(Locale::Es, &refusal));
    assert_eq!(message(&client), i18n::refusal(Locale::Fr, &refusal));
    assert!(message(&client).starts_with("Ce ticket est déjà ouvert"), "{}", message(&client));
    desk.finish().await;
}
