//! The example client in `tests/example`, with types generated from the API's schema.

use serde_json::json;

use super::run;
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
    let printed = run("example", &[&door.app.url, "marta@aurora.example", PASSWORD]).await;
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
