//! Apollo Client, urql, graphql-request, graphql-ws, the compiler of Relay and graphql-codegen.

use serde_json::json;

use super::run;
use crate::people::sign_in::door::{Door, PASSWORD};

/// Third-party GraphQL clients sign in, page through a list, change a status, read errors, and follow tickets over a
/// lost connection (F-01); their compilers accept the contract.
#[tokio::test]
async fn clients_of_others() {
    let door = Door::new().await;
    door.member("marta@aurora.example").await;
    let client = door.owner(
        "clientCreate",
        "client { id }",
        json!({ "name": "Padaria", "email": "nf@padaria.example" }),
    );
    let client = client.await["client"]["id"].clone();
    for subject in ["Guia", "Folha", "Nota"] {
        let input = json!({ "clientId": client, "subject": subject });
        assert_eq!(door.owner("ticketCreate", "ticket { id }", input).await["userErrors"], json!([]));
    }
    let url = format!("{}/graphql", door.app.url);
    let printed = run("clients", &[&url, "marta@aurora.example", PASSWORD]).await;
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 6, "{printed}");
    // What they changed became mails: to the client, and to the owner who opened the tickets.
    door.app.jobs_done().await;
    assert_eq!(door.app.sink.mails().len(), 6);
    door.app.finish().await;
}
