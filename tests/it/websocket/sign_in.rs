//! Who can open a websocket, and with which session.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::tables::audit;
use guichet_tests::app::TestApp;
use guichet_tests::websocket::Websocket;
use guichet_tests::world::Firm;
use serde_json::json;

use crate::people::sign_in::door::VIEWER;

/// An app sends its token in `connection_init`, and gets the same as over HTTP. F-03: the audit log has its address and
/// the request.
#[tokio::test]
async fn an_app() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Estrela", None).await;
    let mut socket = Websocket::bearer(&app.url, &firm.owner.token).await;
    assert_eq!(socket.ask(VIEWER, json!({})).await, app.ask(&firm.owner, VIEWER, json!({})).await);

    let mutation = "mutation ($input: TicketCreateInput!) {
        ticketCreate(input: $input) { ticket { subject client { name } } userErrors { code } }
    }";
    let input = json!({
        "idempotencyKey": "one",
        "clientId": guichet_base::id::Id::encode(client),
        "subject": "Guia",
    });
    let made = socket.ask(mutation, json!({ "input": input })).await;
    let ticket = json!({ "subject": "Guia", "client": { "name": "Padaria Estrela" } });
    assert_eq!(made, json!({ "ticketCreate": { "ticket": ticket, "userErrors": [] } }));
    let rows: Vec<(Option<String>, Option<String>)> = audit::table
        .filter(audit::act.eq("ticketCreate"))
        .select((audit::address, audit::request_id))
        .load(&mut app.store.conn().await.unwrap())
        .await
        .unwrap();
    let [(address, request)] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(address.as_deref(), Some("127.0.0.1"));
    assert!(request.is_some());
    app.finish().await;
}

/// A request that names its membership is answered only while the session uses that one, over HTTP and on a websocket:
/// otherwise a second tab would act under the membership that the first one has selected meanwhile.
#[tokio::test]
async fn a_tab_of_another_membership() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Estrela", None).await;
    let admin = firm.admin(client, "rui@padaria.example").await;
    let mutation =
        "mutation { ticketCreate(input: { idempotencyKey: \"one\", subject: \"Guia\" }) { ticket { id } } }";
    let other = firm.owner.id();
    for (named, expected) in
        [(other.as_str(), Some("MEMBERSHIP_CHANGED")), (&admin.id(), None), ("", Some("MEMBERSHIP_CHANGED"))]
    {
        let headers = [("guichet-membership", named)];
        let answer = app.send_with(Some(&admin.token), &headers, mutation, json!({})).await;
        assert_eq!(answer.error_code(), expected, "{named}");
        assert_eq!(answer.status, if expected.is_some() { 409 } else { 200 }, "{named}");
    }
    let seen = app.ask(&firm.owner, "{ tickets(first: 5) { totalCount } }", json!({})).await;
    assert_eq!(seen["tickets"]["totalCount"], 1);

    let init = |named: &str| {
        let payload =
            json!({ "authorization": format!("Bearer {}", admin.token), "Guichet-Membership": named });
        json!({ "type": "connection_init", "payload": payload })
    };
    let mut socket = Websocket::open(&app.url, &[]).await;
    socket.say(init(&admin.id())).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    let mut socket = Websocket::open(&app.url, &[]).await;
    socket.say(init(&other)).await;
    assert_eq!(socket.closed().await.0, 4205);
    app.finish().await;
}

/// A cookie counts only together with an origin that is ours.
#[tokio::test]
async fn a_page() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let cookie = format!("guichet={}", firm.owner.token);
    let mut socket = Websocket::open(&app.url, &[("origin", &app.url), ("cookie", &cookie)]).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    let seen = socket.ask(VIEWER, json!({})).await;
    assert_eq!(seen["viewer"]["account"]["email"], firm.owner.email);

    for headers in [&[("cookie", cookie.as_str())][..], &[("origin", app.url.as_str())][..]] {
        let mut socket = Websocket::open(&app.url, headers).await;
        socket.say(json!({ "type": "connection_init" })).await;
        assert_eq!(socket.closed().await.0, 4403, "{headers:?}");
    }
    for token in ["Bearer none", "Bearer", "none"] {
        let mut socket = Websocket::open(&app.url, &[]).await;
        let payload = json!({ "authorization": token });
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.closed().await.0, 4403, "{token}");
    }
    app.finish().await;
}
