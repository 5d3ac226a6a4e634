//! Pages of notifications, and marking them as read.

use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::office::told;
use crate::desk::ticket::desk::{Desk, errors, text};

async fn mark(desk: &Desk, person: &Person, input: Value) -> Value {
    let mutation = "mutation ($input: NotificationMarkReadInput!) {
        notificationMarkRead(input: $input) { unreadCount userErrors { field code } revision }
    }";
    desk.app.ask(person, mutation, json!({ "input": input })).await["notificationMarkRead"].take()
}

/// D-11: marks up to one notification and then up to the newest; each person has separate marks, and the time of a mark
/// does not change.
#[tokio::test]
async fn d_11_read_up_to_one_and_all() {
    let desk = Desk::open().await;
    let assigned = json!({ "assigneeId": desk.member.id() });
    for _ in 0..3 {
        desk.ticket(&desk.owner, assigned.clone()).await;
        desk.app.pass(chrono::TimeDelta::minutes(1));
    }
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.manager.id() })).await;
    let ids: Vec<String> = told(&desk, &desk.member).await.iter().map(|one| text(&one["id"])).collect();
    let first = mark(&desk, &desk.member, json!({ "upToId": ids[1] })).await;
    assert_eq!((errors(&first).len(), &first["unreadCount"]), (0, &json!(1)));
    assert!(first["revision"].is_string());
    let at = desk.now();
    desk.app.pass(chrono::TimeDelta::minutes(1));
    let again = mark(&desk, &desk.member, json!({ "upToId": ids[2] })).await;
    assert_eq!((&again["unreadCount"], &again["revision"]), (&json!(1), &json!(null)));
    let all = told(&desk, &desk.member).await;
    let marks: Vec<_> = all.iter().map(|one| one["readAt"].is_null()).collect();
    assert_eq!(marks, [true, false, false]);
    assert_eq!(told(&desk, &desk.member).await[1]["readAt"].as_str().unwrap()[..16], text(&at)[..16]);
    assert_eq!(mark(&desk, &desk.member, json!({ "upToId": ids[0] })).await["unreadCount"], 0);
    // Notifications of others are not marked.
    assert_eq!(told(&desk, &desk.manager).await[0]["readAt"], json!(null));
    for up_to in [ids[0].as_str(), "notification_0", "nonsense"] {
        let refused = mark(&desk, &desk.manager, json!({ "upToId": up_to })).await;
        assert_eq!((errors(&refused), &refused["unreadCount"]), (vec!["upToId:NOT_FOUND".into()], &json!(1)));
    }
    let refused = mark(&desk, &desk.admin, json!({ "upToId": ids[0] })).await;
    assert_eq!((errors(&refused), &refused["unreadCount"]), (vec!["NOT_ALLOWED".into()], &json!(0)));
    desk.finish().await;
}

/// D-11: exactly the named notifications are marked; `ids` and `upToId` exclude each other.
#[tokio::test]
async fn d_11_read_exactly_these() {
    let desk = Desk::open().await;
    for _ in 0..3 {
        desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
        desk.app.pass(chrono::TimeDelta::minutes(1));
    }
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.manager.id() })).await;
    let ids: Vec<String> = told(&desk, &desk.member).await.iter().map(|one| text(&one["id"])).collect();
    let alien = text(&told(&desk, &desk.manager).await[0]["id"]);
    let refusals = [
        (json!([]), "ids:OUT_OF_RANGE"),
        (json!(vec![&ids[0]; 101]), "ids:OUT_OF_RANGE"),
        (json!([ids[0], alien]), "ids.1:NOT_FOUND"),
        (json!(["nonsense"]), "ids.0:NOT_FOUND"),
    ];
    for (given, refusal) in refusals {
        let refused = mark(&desk, &desk.member, json!({ "ids": given })).await;
        assert_eq!((errors(&refused), &refused["unreadCount"]), (vec![refusal.into()], &json!(3)));
    }
    let done = mark(&desk, &desk.member, json!({ "ids": [ids[0], ids[2], ids[2]] })).await;
    assert_eq!((errors(&done).len(), &done["unreadCount"]), (0, &json!(1)));
    let all = told(&desk, &desk.member).await;
    let unread: Vec<_> = all.iter().map(|one| one["readAt"].is_null()).collect();
    assert_eq!(unread, [false, true, false]);
    let mutation = "mutation ($input: NotificationMarkReadInput!) {
        notificationMarkRead(input: $input) { unreadCount }
    }";
    for input in [json!({}), json!({ "ids": [ids[1]], "upToId": ids[1] })] {
        let refused = desk.app.send(Some(&desk.member), mutation, json!({ "input": input })).await;
        assert_eq!(refused.error_code(), Some("BAD_USER_INPUT"), "{input}");
    }
    desk.finish().await;
}

/// D-11, D-12: a read mark of a conversation also marks the person's notifications about its messages up to there as
/// read, and no others.
#[tokio::test]
async fn d_12_reading_the_conversation_reads_what_was_told_of_it() {
    let desk = Desk::open().await;
    let mut messages = Vec::new();
    let mut tickets = Vec::new();
    for _ in 0..2 {
        let ticket = text(&desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await["id"]);
        for body in ["Um", "Dois"] {
            messages.push(desk.post(&desk.admin, &ticket, "PUBLIC", body).await);
        }
        tickets.push(ticket);
    }
    let side = LiveSide::start(&desk.app.store);
    let document = "subscription { notifications { reload added { id } } }";
    let mut bell = side.follow(Some(&desk.member.token), document, json!({})).await;
    assert_eq!(bell.told().await["reload"], true);
    let read = async |person: &Person, up_to: Option<&String>| {
        let input = json!({ "id": tickets[0], "upToMessageId": up_to });
        desk.done(person, "ticketMarkRead", input).await;
        let all = told(&desk, &desk.member).await;
        all.iter().filter(|one| one["readAt"].is_null()).count()
    };
    assert_eq!(read(&desk.owner, None).await, 6);
    assert_eq!(read(&desk.member, Some(&messages[0])).await, 5);
    assert_eq!(bell.told().await, json!({ "reload": true, "added": [] }));
    assert_eq!(read(&desk.member, None).await, 4);
    let all = told(&desk, &desk.member).await;
    let still = all.iter().filter(|one| one["kind"] == "CLIENT_MESSAGE" && one["readAt"].is_null());
    assert!(still.clone().count() == 2 && still.clone().all(|one| one["ticket"]["id"] == tickets[1]));
    drop((bell, side));
    desk.finish().await;
}

/// D-11: pages both ways, of all or only of unread notifications; an invalid cursor is refused.
#[tokio::test]
async fn d_11_pages() {
    let desk = Desk::open().await;
    for _ in 0..5 {
        desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
        desk.app.pass(chrono::TimeDelta::minutes(1));
    }
    let all: Vec<Value> = told(&desk, &desk.member).await.iter().map(|one| one["id"].clone()).collect();
    mark(&desk, &desk.member, json!({ "upToId": all[3] })).await;
    let walk = async |arguments: &str, unread: bool| {
        let query = format!(
            "query ($at: String) {{ notifications({arguments}, unreadOnly: {unread}) {{
                totalCount unreadCount nodes {{ id }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
            }} }}"
        );
        let (mut found, mut at) = (Vec::new(), Value::Null);
        loop {
            let page = desk.app.ask(&desk.member, &query, json!({ "at": at })).await["notifications"].take();
            assert_eq!(
                (&page["totalCount"], &page["unreadCount"]),
                (&json!(if unread { 3 } else { 5 }), &json!(3))
            );
            let nodes = page["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone());
            let backward = arguments.starts_with("last");
            if backward {
                found.splice(0..0, nodes);
            } else {
                found.extend(nodes);
            }
            let (more, next) =
                if backward { ("hasPreviousPage", "startCursor") } else { ("hasNextPage", "endCursor") };
            if page["pageInfo"][more] == false {
                return found;
            }
            at = page["pageInfo"][next].clone();
        }
    };
    assert_eq!(walk("first: 2, after: $at", false).await, all);
    assert_eq!(walk("last: 2, before: $at", false).await, all);
    assert_eq!(walk("first: 2, after: $at", true).await, all[..3]);
    let query = "{ notifications(first: 1, after: \"nonsense\") { nodes { id } } }";
    let refused = desk.app.send(Some(&desk.member), query, json!({})).await;
    assert_eq!(refused.error_code(), Some("BAD_USER_INPUT"));
    desk.finish().await;
}
