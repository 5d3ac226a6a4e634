//! D-12: unread messages are counted per person.

use guichet_tests::world::Person;
use serde_json::json;

use super::desk::Desk;

async fn unread(desk: &Desk, by: &Person, ticket: &str) -> i64 {
    let counted = desk.see(by, ticket).await["unreadCount"].as_i64().unwrap();
    let query = "query U($id: ID!) { node(id: $id) { ... on Ticket { unreadCount } } tickets(first: 9) {
        nodes { id unreadCount } } }";
    let data = desk.app.ask(by, query, json!({ "id": ticket })).await;
    assert_eq!(data["node"]["unreadCount"], counted);
    let rows = data["tickets"]["nodes"].as_array().unwrap();
    assert_eq!(rows.iter().find(|row| row["id"] == ticket).unwrap()["unreadCount"], counted);
    counted
}

/// D-12: each person has a separate count of messages by others that they may read: notes count for staff only.
#[tokio::test]
async fn d_12_per_person() {
    let desk = Desk::open().await;
    let rui = desk.collaborator("rui@padaria.example").await;
    let id = desk.opened(&desk.admin).await;
    let people = [&desk.owner, &desk.manager, &desk.member, &desk.admin, &rui];
    let counts = async || {
        let mut counts = Vec::new();
        for person in people {
            counts.push(unread(&desk, person, &id).await);
        }
        counts
    };
    assert_eq!(counts().await, [0, 0, 0, 0, 0]);
    desk.post(&desk.admin, &id, "PUBLIC", "Bom dia").await;
    assert_eq!(counts().await, [1, 1, 1, 0, 1]);
    desk.post(&desk.admin, &id, "PUBLIC", "Alguém aí?").await;
    assert_eq!(counts().await, [2, 2, 2, 0, 2]);
    // Writing does not mark messages as read: the writer may not have seen the last ones.
    desk.post(&desk.member, &id, "PUBLIC", "Estou vendo.").await;
    assert_eq!(counts().await, [3, 3, 2, 1, 3]);
    desk.post(&desk.member, &id, "INTERNAL", "Pedir ao fiscal").await;
    assert_eq!(counts().await, [4, 4, 2, 1, 3]);
    desk.post(&desk.owner, &id, "INTERNAL", "Pedido.").await;
    assert_eq!(counts().await, [4, 5, 3, 1, 3]);
    desk.post(&rui, &id, "PUBLIC", "Obrigado").await;
    assert_eq!(counts().await, [5, 6, 4, 2, 3]);
    desk.finish().await;
}

/// D-12: a read mark covers all messages, or those up to a message; it never moves back, and each person has a separate
/// one.
#[tokio::test]
async fn d_12_read_marks() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let mut messages = Vec::new();
    for body in ["Um", "Dois", "Três"] {
        messages.push(desk.post(&desk.admin, &id, "PUBLIC", body).await);
    }
    let mark = async |by: &Person, up_to: Option<&String>| {
        let input = json!({ "id": id, "upToMessageId": up_to });
        let payload = desk.done(by, "ticketMarkRead", input).await;
        payload["ticket"]["unreadCount"].as_i64().unwrap()
    };
    assert_eq!(mark(&desk.member, Some(&messages[1])).await, 1);
    assert_eq!(unread(&desk, &desk.manager, &id).await, 3);
    assert_eq!(mark(&desk.member, Some(&messages[0])).await, 1);
    assert_eq!(mark(&desk.member, None).await, 0);
    assert_eq!(mark(&desk.member, None).await, 0);
    assert_eq!(mark(&desk.member, Some(&messages[0])).await, 0);
    desk.post(&desk.admin, &id, "PUBLIC", "Quatro").await;
    assert_eq!(unread(&desk, &desk.member, &id).await, 1);
    assert_eq!(unread(&desk, &desk.manager, &id).await, 4);
    // Also on a closed ticket, and without messages.
    desk.set(&id, "CANCELED").await;
    assert_eq!(mark(&desk.member, None).await, 0);
    let silent = desk.opened(&desk.member).await;
    let payload = desk.done(&desk.admin, "ticketMarkRead", json!({ "id": silent })).await;
    assert_eq!(payload["ticket"]["unreadCount"], 0);
    desk.finish().await;
}

/// D-12: a message of another ticket is refused as the message to read up to.
#[tokio::test]
async fn d_12_marks_of_other_tickets() {
    let desk = Desk::open().await;
    let (id, other) = (desk.opened(&desk.admin).await, desk.opened(&desk.admin).await);
    desk.post(&desk.admin, &id, "PUBLIC", "Bom dia").await;
    let foreign = desk.post(&desk.admin, &other, "PUBLIC", "Boa tarde").await;
    let input = json!({ "id": id, "upToMessageId": foreign });
    assert_eq!(desk.refused(&desk.member, "ticketMarkRead", input).await, ["upToMessageId:NOT_FOUND"]);
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    assert_eq!(unread(&desk, &desk.member, &id).await, 0);
    assert_eq!(unread(&desk, &desk.member, &other).await, 1);
    desk.finish().await;
}
