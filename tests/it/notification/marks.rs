//! Pages and read marks.

use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::office::told;
use crate::ticket::desk::{Desk, errors, text};

async fn mark(desk: &Desk, person: &Person, input: Value) -> Value {
    let mutation = "mutation ($input: NotificationMarkReadInput!) {
        notificationMarkRead(input: $input) { unreadCount userErrors { field code } revision }
    }";
    desk.app.ask(person, mutation, json!({ "input": input })).await["notificationMarkRead"].take()
}

/// D-11: read up to one, then all; each mark is the person's own, and stays as it was first made.
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
    assert_eq!(mark(&desk, &desk.member, json!({})).await["unreadCount"], 0);
    // Nobody else's.
    assert_eq!(told(&desk, &desk.manager).await[0]["readAt"], json!(null));
    for up_to in [ids[0].as_str(), "notification_0", "nonsense"] {
        let refused = mark(&desk, &desk.manager, json!({ "upToId": up_to })).await;
        assert_eq!((errors(&refused), &refused["unreadCount"]), (vec!["upToId:NOT_FOUND".into()], &json!(1)));
    }
    let refused = mark(&desk, &desk.admin, json!({})).await;
    assert_eq!((errors(&refused), &refused["unreadCount"]), (vec!["NOT_ALLOWED".into()], &json!(0)));
    desk.finish().await;
}

/// D-11: pages, either way, and only what is unread; a cursor of another list is refused.
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
