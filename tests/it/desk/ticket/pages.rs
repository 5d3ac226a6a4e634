//! D-01: the order of the list of tickets, and its pages.

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_tests::app::Answer;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, each, reais, text};

const FIELDS: [&str; 6] = ["UPDATED_AT", "CREATED_AT", "NUMBER", "PRICE", "SUBJECT", "STATUS"];

const FORWARD: &str = "query Page($order: TicketOrder, $size: Int, $at: String) {
    tickets(orderBy: $order, first: $size, after: $at) {
        nodes { id number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor } } }";
const BACKWARD: &str = "query Page($order: TicketOrder, $size: Int, $at: String) {
    tickets(orderBy: $order, last: $size, before: $at) {
        nodes { id number } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor } } }";

fn order(field: &str, ascending: bool) -> Value {
    json!({ "field": field, "direction": if ascending { "ASC" } else { "DESC" } })
}

/// Walks through the list in pages and calls `between` before each page but the first. Returns the numbers in the order
/// of the list.
async fn walk(
    desk: &Desk,
    by: &Person,
    order: &Value,
    size: i32,
    backward: bool,
    between: impl AsyncFn(),
) -> Vec<i64> {
    let (mut seen, mut at) = (Vec::new(), Value::Null);
    loop {
        let query = if backward { BACKWARD } else { FORWARD };
        let variables = json!({ "order": order, "size": size, "at": at });
        let page = desk.app.ask(by, query, variables).await["tickets"].clone();
        let numbers: Vec<i64> = each(&page["nodes"], "number").iter().map(|n| n.as_i64().unwrap()).collect();
        assert!(numbers.len() as i32 <= size);
        let (info, edges) = (&page["pageInfo"], each(&page["edges"], "cursor"));
        assert_eq!(edges.first().unwrap_or(&Value::Null), &info["startCursor"]);
        assert_eq!(edges.last().unwrap_or(&Value::Null), &info["endCursor"]);
        let (more, behind, next) = if backward {
            ("hasPreviousPage", "hasNextPage", "startCursor")
        } else {
            ("hasNextPage", "hasPreviousPage", "endCursor")
        };
        assert_eq!(info[behind], !at.is_null());
        let place = if backward { 0 } else { seen.len() };
        seen.splice(place..place, numbers);
        if info[more] == false {
            return seen;
        }
        at = info[next].clone();
        between().await;
    }
}

/// Eleven tickets with equal values in each column that allows them.
async fn eleven() -> Desk {
    let desk = Desk::open().await;
    let subjects = ["b", "a", "c", "a", "B", "", "ab", "á", "b a", "z", "a"];
    for (number, subject) in subjects.into_iter().enumerate() {
        let price = reais([5, 0, 7, 5][number % 4]);
        let id = desk.ticket(&desk.member, json!({ "subject": format!("T{subject}"), "price": price })).await;
        if number % 3 == 0 {
            desk.app.pass(TimeDelta::microseconds(1));
        }
        if number % 2 == 0 {
            desk.set(&text(&id["id"]), ["WAITING", "CANCELED", "IN_ANALYSIS"][number % 3]).await;
        }
    }
    desk
}

/// The position of a subject of [`eleven`] in dictionary order, which differs from byte order.
fn dictionary(subject: &str) -> i64 {
    let order = ["T", "Ta", "Tá", "Tab", "Tb", "TB", "Tb a", "Tc", "Tz"];
    order.iter().position(|known| *known == subject).unwrap() as i64
}

/// D-01: each order, both ways, equal values by id: in pages of any size, forward and backward, the list is the same
/// and contains each ticket once.
#[tokio::test]
async fn d_01_orders_and_pages() {
    let desk = eleven().await;
    let all = "{ tickets(first: 100) { nodes { id number subject status createdAt updatedAt price { amountMinor } } } }";
    let rows =
        desk.app.ask(&desk.owner, all, json!({})).await["tickets"]["nodes"].as_array().unwrap().clone();
    for field in FIELDS {
        let key = |row: &Value| match field {
            "UPDATED_AT" => (0, text(&row["updatedAt"])),
            "CREATED_AT" => (0, text(&row["createdAt"])),
            "NUMBER" => (row["number"].as_i64().unwrap(), String::new()),
            "PRICE" => (row["price"]["amountMinor"].as_i64().unwrap(), String::new()),
            "SUBJECT" => (dictionary(&text(&row["subject"])), String::new()),
            _ => (0, text(&row["status"])),
        };
        let mut sorted = rows.clone();
        sorted.sort_by_key(|row| (key(row), text(&row["id"])));
        let mut expected: Vec<i64> = sorted.iter().map(|row| row["number"].as_i64().unwrap()).collect();
        for ascending in [true, false] {
            for (size, backward) in [(1, false), (3, false), (3, true), (11, false), (11, true), (100, true)]
            {
                let seen =
                    walk(&desk, &desk.owner, &order(field, ascending), size, backward, async || {}).await;
                assert_eq!(seen, expected, "{field} {ascending} {size} {backward}");
            }
            expected.reverse();
        }
    }
    let unordered = walk(&desk, &desk.owner, &Value::Null, 4, false, async || {}).await;
    let newest = walk(&desk, &desk.owner, &order("UPDATED_AT", false), 100, false, async || {}).await;
    assert_eq!(unordered, newest, "what changed last comes first");
    desk.finish().await;
}

/// D-01: while tickets are opened and edited and change their status between two pages, every ticket that did not
/// change is found exactly once, in each order. Orders by a field that never changes find every ticket exactly once.
#[tokio::test]
async fn d_01_pages_while_rows_change() {
    let desk = eleven().await;
    let restless = [2, 5, 8, 11];
    let query = "{ tickets(first: 100) { nodes { id number } } }";
    let listed = desk.app.ask(&desk.owner, query, json!({})).await;
    let ids: Vec<String> = listed["tickets"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| restless.contains(&row["number"].as_i64().unwrap()))
        .map(|row| text(&row["id"]))
        .collect();
    let turn = std::cell::Cell::new(0);
    let stir = async || {
        turn.set(turn.get() + 1);
        desk.app.pass(TimeDelta::seconds(1));
        let id = &ids[turn.get() % ids.len()];
        let seen = desk.see(&desk.member, id).await;
        if turn.get().is_multiple_of(3) || !seen["closedAt"].is_null() {
            desk.set(id, ["OPEN", "FINISHED", "WAITING", "REJECTED"][turn.get() / 4 % 4]).await;
        } else {
            let (subject, price) = (format!("T{}", turn.get() % 7), reais(turn.get() as i64 % 9));
            let version = &seen["version"];
            let input = json!({ "id": id, "expectedVersion": version, "subject": subject, "price": price });
            desk.done(&desk.member, "ticketEdit", input).await;
        }
        if turn.get().is_multiple_of(4) {
            desk.opened(&desk.admin).await;
        }
    };
    for field in FIELDS {
        for (ascending, backward) in [(true, false), (false, false), (true, true), (false, true)] {
            // New tickets come at the end of the list, so that only some of them are read.
            let size = if ascending != backward && ["UPDATED_AT", "CREATED_AT", "NUMBER"].contains(&field) {
                12
            } else {
                4
            };
            let seen = walk(&desk, &desk.owner, &order(field, ascending), size, backward, &stir).await;
            for number in 1..=11 {
                let times = seen.iter().filter(|seen| **seen == number).count();
                let moves = restless.contains(&number) && !["CREATED_AT", "NUMBER"].contains(&field);
                assert!(
                    times == 1 || moves,
                    "{number} {times} times by {field} {ascending} {backward}: {seen:?}"
                );
            }
        }
    }
    desk.finish().await;
}

/// D-01: a page has a size from 1 to 100; no size, another size or two sizes are refused.
#[tokio::test]
async fn d_01_page_sizes() {
    let desk = Desk::open().await;
    desk.opened(&desk.admin).await;
    let ask = async |arguments: &str| -> Answer {
        let query = format!("{{ tickets{arguments} {{ nodes {{ id }} }} }}");
        desk.app.send(Some(&desk.admin), &query, json!({})).await
    };
    for arguments in ["(first: 1)", "(first: 100)", "(last: 1)", "(last: 100)"] {
        assert_eq!(each(&ask(arguments).await.data()["tickets"]["nodes"], "id").len(), 1, "{arguments}");
    }
    let refused = [
        "",
        "(first: 0)",
        "(first: 101)",
        "(first: -1)",
        "(first: -2147483648)",
        "(first: null)",
        "(last: 0)",
        "(last: 101)",
        "(last: -1)",
        "(first: 1, last: 1)",
        "(first: 1, before: \"x\")",
        "(last: 1, after: \"x\")",
        "(after: \"x\")",
    ];
    for arguments in refused {
        let answer = ask(arguments).await;
        assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{arguments}: {}", answer.body);
    }
    // So many that the cost limit refuses the request.
    for arguments in ["(first: 99999999)", "(first: 2147483647)"] {
        assert_eq!(ask(arguments).await.error_code(), Some("COST_EXCEEDED"), "{arguments}");
    }
    desk.finish().await;
}

/// D-01, B-14: nonsense and cursors of another order or another list are refused. One of another firm's tickets is only
/// a position, and shows nothing of that firm.
#[tokio::test]
async fn d_01_foreign_cursors() {
    let desk = eleven().await;
    let neighbour = guichet_tests::world::Firm::new(&desk.app.store, "boreal.example").await;
    let theirs = neighbour.client("Vizinho", None).await.encode();
    desk.ticket(&neighbour.owner, json!({ "clientId": theirs, "subject": "Segredo", "price": reais(6) }))
        .await;
    desk.set(&desk.ticket_in("OPEN").await, "FINISHED").await;
    let cursors = async |by: &Person, query: &str, order: Value| {
        let data = desk.app.ask(by, query, json!({ "order": order, "size": 1 })).await;
        data.as_object().unwrap().values().next().unwrap()["edges"][0]["cursor"].clone()
    };
    let ask = async |order: &Value, at: &Value, backward: bool| {
        let query = if backward { BACKWARD } else { FORWARD };
        desk.app.send(Some(&desk.owner), query, json!({ "order": order, "size": 100, "at": at })).await
    };
    let by_price = order("PRICE", true);
    let clients = cursors(&desk.owner, "{ clients(first: 1) { edges { cursor } } }", Value::Null).await;
    let mut foreign =
        vec![json!(""), json!("x"), json!("PRICE"), json!("é"), json!("A".repeat(10_000)), clients];
    for field in FIELDS.into_iter().filter(|field| *field != "PRICE") {
        foreign.push(cursors(&desk.owner, FORWARD, order(field, true)).await);
    }
    for at in foreign {
        for backward in [false, true] {
            assert_eq!(ask(&by_price, &at, backward).await.error_code(), Some("BAD_USER_INPUT"), "{at}");
        }
    }
    let place = cursors(&neighbour.owner, FORWARD, by_price.clone()).await;
    let seen = ask(&by_price, &place, false).await.data()["tickets"]["nodes"].clone();
    let prices_above_six = each(&seen, "number");
    assert_eq!(prices_above_six.iter().map(|n| n.as_i64().unwrap()).collect::<Vec<_>>(), [3, 7, 11]);
    desk.finish().await;
}
