//! The example programs in `tests/example`, with types generated from the API's schema.

use guichet_base::id::Id;
use serde_json::json;

use super::run;
use crate::month::document::papers::Papers;
use crate::people::sign_in::door::{Door, PASSWORD};

/// F-01, D-08: it signs in, attaches a file, changes a status while its subscription is disconnected, and gets the
/// change after reconnecting.
#[tokio::test]
async fn f_01_the_example_client() {
    let door = Door::new().await;
    door.member("marta@aurora.example").await;
    let client = json!({ "name": "Padaria", "email": "nf@padaria.example" });
    let client = door.owner("clientCreate", "client { id }", client).await["client"]["id"].clone();
    let input = json!({ "clientId": client, "subject": "Guia" });
    assert_eq!(door.owner("ticketCreate", "ticket { id }", input).await["userErrors"], json!([]));
    let printed = run("example", &["desk", &door.app.url, "marta@aurora.example", PASSWORD]).await;
    let expected = [
        "signed in as marta@aurora.example",
        "follows the tickets; works on #1, OPEN",
        "attached recibo.csv: verified and stored",
        "changed to WAITING while the connection was gone: CHANGED, mail QUEUED",
        "told of it over connection 2",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    door.app.finish().await;
}

/// F-01: a client's home screen in one request; two files are handed in at once, and the screen is told.
#[tokio::test]
async fn a_02_the_example_of_a_home_screen() {
    let papers = Papers::open().await;
    let desk = &papers.desk;
    let email = "rita@padaria.example";
    let input =
        json!({ "clientId": desk.client.encode(), "name": "Rita", "email": email, "role": "COLLABORATOR" });
    let invited = desk.done(&desk.owner, "portalAccessCreate", input).await["invitation"]["secret"].clone();
    let accept = "mutation ($input: InvitationAcceptInput!) { invitationAccept(input: $input) { userErrors { code } } }";
    let input = json!({ "secret": invited, "password": PASSWORD, "transport": "BEARER" });
    let accepted = desk.app.send(None, accept, json!({ "input": input })).await;
    assert_eq!(accepted.data()["invitationAccept"]["userErrors"], json!([]));
    let printed = run("example", &["home", &desk.app.url, email, PASSWORD]).await;
    let expected = [
        "signed in as rita@padaria.example",
        "Padaria São João, 2026-03",
        "handed in 0 of 2, delivered 0, unread 0",
        "to hand in: Extrato 2026-02, 2026-03-20, TO_HAND_IN",
        "to hand in: Notas 2026-02, 2026-03-20, TO_HAND_IN",
        "handed in: Extrato, version 1",
        "handed in: Notas, version 1",
        "told that all 2 are settled",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
    papers.finish().await;
}
