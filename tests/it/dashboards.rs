//! What is seen at one glance.

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_schema::people::firm::day;
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{each, text};
use crate::month::document::papers::Papers;

const BOARD: &str = "today month progress { handedIn nothingToSubmit missing unread read awaited }
    days { date totalCount marks { mark count } } dueSoon(first: 20) { totalCount nodes { name } } overdue(first: 20) { totalCount nodes { name } }";

async fn of_client(papers: &Papers, by: &Person, arguments: &str) -> Value {
    let query = format!("{{ clientDashboard{arguments} {{ {BOARD} }} }}");
    papers.desk.app.ask(by, &query, json!({})).await["clientDashboard"].clone()
}

fn progress(numbers: [i64; 6]) -> Value {
    let [handed_in, nothing, missing, unread, read, awaited] = numbers;
    json!({
        "handedIn": handed_in, "nothingToSubmit": nothing, "missing": missing, "unread": unread, "read": read,
        "awaited": awaited
    })
}

fn names(list: &Value) -> Vec<String> {
    let mut names: Vec<String> = each(&list["nodes"], "name").iter().map(text).collect();
    names.sort();
    names
}

/// how the month goes, its days with their marks, what is due in seven days, what is late; nothing of a task,
/// and nothing of payroll for a collaborator.
#[tokio::test]
async fn a_02_how_a_month_goes() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    let seen = of_client(&papers, &admin, "").await;
    assert_eq!((&seen["today"], &seen["month"]), (&json!("2026-03-02"), &json!("2026-03")));
    assert_eq!(seen["progress"], progress([0, 0, 2, 0, 0, 2]));
    let marks = json!([{ "mark": "AWAITING_FIRM", "count": 2 }, { "mark": "TO_HAND_IN", "count": 2 }]);
    assert_eq!(seen["days"], json!([{ "date": "2026-03-20", "totalCount": 4, "marks": marks }]));
    assert_eq!((names(&seen["dueSoon"]), names(&seen["overdue"])), (vec![], vec![]));
    assert_eq!(of_client(&papers, &caio, "").await["progress"], progress([0, 0, 2, 0, 0, 1]));
    assert_eq!(of_client(&papers, &admin, "(month: \"2026-04\")").await["days"], json!([]));

    papers.filed(&admin, &papers.id("Extrato").await).await;
    papers.filed(&desk.member, &papers.id("Folha").await).await;
    let guide = papers.id("Guia").await;
    papers.filed(&desk.member, &guide).await;
    desk.done(&desk.member, "documentPublish", json!({ "ids": [guide] })).await;
    desk.done(&admin, "documentOpen", json!({ "id": guide })).await;
    desk.app.pass(TimeDelta::days(11));
    let seen = of_client(&papers, &admin, "").await;
    assert_eq!(seen["progress"], progress([1, 0, 1, 1, 1, 0]));
    // Seven days after the 13th is the 20th; what was read or handed in is there, too.
    assert_eq!(names(&seen["dueSoon"]), ["Extrato", "Folha", "Guia", "Notas"]);
    assert_eq!(names(&of_client(&papers, &caio, "").await["dueSoon"]), ["Extrato", "Guia", "Notas"]);

    desk.app.pass(TimeDelta::days(8));
    let seen = of_client(&papers, &admin, "").await;
    assert_eq!(
        (names(&seen["dueSoon"]), names(&seen["overdue"])),
        (vec![], vec!["Folha".into(), "Notas".into()])
    );
    let marks = &seen["days"][0]["marks"];
    assert_eq!(each(marks, "mark"), ["OVERDUE_UNREAD", "READ", "OVERDUE_TO_HAND_IN", "SETTLED"]);
    assert_eq!(names(&of_client(&papers, &caio, "").await["overdue"]), ["Notas"]);

    // As staff look at it; and over all clients.
    let client = desk.client.encode();
    let of_staff = of_client(&papers, &desk.member, &format!("(clientId: \"{client}\")")).await;
    assert_eq!(of_staff, seen);
    let query =
        format!("query F($filter: DashboardFilter) {{ firmDashboard(filter: $filter) {{ {BOARD} }} }}");
    for (filter, is_all) in [
        (json!({}), true),
        (json!({ "assigneeIds": [desk.member.id()] }), true),
        (json!({ "assigneeIds": [desk.manager.id()] }), false),
        (json!({ "clientIds": [client] }), true),
    ] {
        let asked = desk.app.ask(&desk.owner, &query, json!({ "filter": filter })).await;
        let board = &asked["firmDashboard"];
        assert_eq!(board["progress"] == seen["progress"], is_all, "{filter}");
    }
    let refused = desk.app.send(Some(&admin), &query, json!({ "filter": { "assigneeIds": [] } })).await;
    assert_eq!(refused.body["errors"][0]["extensions"]["reason"], "NOT_ALLOWED");
    papers.finish().await;
}

/// F-01, A-04: a dashboard is told what changes on it, and when the day begins, though no row is written.
#[tokio::test]
async fn f_01_a_dashboard_is_live() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let side = LiveSide::start(&desk.app.store);
    // A new firm has no screens of yesterday.
    assert_eq!(day::tick(&desk.app.store).await.unwrap(), 0);
    let document = "subscription { dashboardChanged {
        reload today progress { handedIn missing } days { date totalCount } changed { name mark } removed } }";
    let mut board = side.follow(Some(&admin.token), document, json!({})).await;
    let first = board.told().await;
    assert_eq!((&first["reload"], &first["today"]), (&json!(true), &json!("2026-03-02")));
    assert_eq!(first["days"], json!([{ "date": "2026-03-20", "totalCount": 4 }]));
    let counts = "subscription { documentCountsChanged { counts { byMark { mark count } } } }";
    let mut counts = side.follow(Some(&admin.token), counts, json!({})).await;
    counts.told().await;

    papers.filed(&admin, &papers.id("Extrato").await).await;
    let told = loop {
        let told = board.told().await;
        assert_eq!(told["reload"], false);
        if told["progress"]["handedIn"] == 1 {
            break told;
        }
    };
    assert_eq!(told["progress"]["missing"], 1);
    assert_eq!(told["changed"], json!([{ "name": "Extrato", "mark": "SETTLED" }]));

    // Until the 21st, the last day to hand in is over.
    desk.app.pass(TimeDelta::days(19));
    assert_eq!(day::tick(&desk.app.store).await.unwrap(), 1);
    assert_eq!(day::tick(&desk.app.store).await.unwrap(), 0, "a day begins once");
    let told = loop {
        let told = board.told().await;
        if told["reload"] == true {
            break told;
        }
    };
    assert_eq!(told["today"], "2026-03-21");
    loop {
        let told = counts.told().await["counts"]["byMark"].clone();
        let late = told.as_array().unwrap().iter().find(|one| one["mark"] == "OVERDUE_TO_HAND_IN").unwrap();
        if late["count"] == 1 {
            break;
        }
    }
    drop((board, counts));
    drop(side);
    papers.finish().await;
}
