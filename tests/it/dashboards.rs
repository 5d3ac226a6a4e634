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

/// Eight years of documents that were all handed in.
const HISTORY: &str = "INSERT INTO documents (id, firm_id, client_id, direction, category, name, due_on, state, search_text, created_at,
                 updated_at)
             SELECT gen_random_uuid(), firm_id, client_id, 'INPUT', 'TAX', 'Notas', date '2016-01-01' + n, 'FILED', 'notas',
                 created_at, updated_at
             FROM documents, generate_series(1, 3000) AS n WHERE name = 'Notas';
             ANALYZE documents";

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

/// F-01: the first message after a lost connection lists all days that are left, and says so: one that emptied meanwhile is no
/// longer there.
#[tokio::test]
async fn f_01_a_dashboard_resumes() {
    const FOLLOW: &str =
        "subscription D($after: String) { dashboardChanged(after: $after, month: \"2026-03\") {
        cursor reload allDays days { date totalCount } progress { missing } changed { name dueOn } } }";
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let side = LiveSide::start(&desk.app.store);
    let mut board = side.follow(Some(&admin.token), FOLLOW, json!({})).await;
    let first = board.told().await;
    assert_eq!((&first["reload"], &first["allDays"]), (&json!(true), &json!(true)));
    assert_eq!(first["days"], json!([{ "date": "2026-03-20", "totalCount": 4 }]));
    drop(board);
    // While the line is cut, all documents of the only day move into the next month.
    let later = json!({ "id": papers.task, "expectedVersion": 1, "legalDueOn": "2026-04-15" });
    desk.done(&desk.member, "taskEdit", later).await;
    let again = json!({ "after": first["cursor"] });
    let mut board = side.follow(Some(&admin.token), FOLLOW, again).await;
    let told = board.told().await;
    assert_eq!((&told["reload"], &told["allDays"], &told["days"]), (&json!(false), &json!(true), &json!([])));
    assert_eq!(told["progress"]["missing"], 0);
    assert_eq!(each(&told["changed"], "dueOn"), ["2026-04-15"; 4]);
    // From then on, only what changes.
    let back = json!({ "id": papers.task, "expectedVersion": 2, "legalDueOn": "2026-03-27" });
    desk.done(&desk.member, "taskEdit", back).await;
    let told = board.told().await;
    assert_eq!((&told["reload"], &told["allDays"]), (&json!(false), &json!(false)));
    assert_eq!(told["days"], json!([{ "date": "2026-03-27", "totalCount": 4 }]));
    drop((board, side));
    papers.finish().await;
}

/// what waits for the client's approval, and what it contested, is in progress for both sides until it is
/// approved, whenever it is due; of payroll nothing for a collaborator.
#[tokio::test]
async fn a_16_approvals_in_progress() {
    const WAITING: &str = "progress { awaitingApproval approved contested }
        inProgress(first: 9) { totalCount nodes { kind dueOn document { name approval } } }";
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    let side = LiveSide::start(&desk.app.store);
    let follow = "subscription { dashboardChanged {
        reload progress { awaitingApproval approved contested } changed { name approval } } }";
    let mut live = side.follow(Some(&admin.token), follow, json!({})).await;
    live.told().await;
    let slip = papers.id("Folha").await;
    papers.filed(&desk.member, &slip).await;
    let board = async |by: &Person| {
        // In another month than that of the document.
        let query = format!(
            "{{ clientDashboard(clientId: \"{}\", month: \"2026-05\") {{ {WAITING} }} }}",
            desk.client.encode()
        );
        desk.app.ask(by, &query, json!({})).await["clientDashboard"].clone()
    };
    let entry = |approval: &str| {
        json!({ "totalCount": 1, "nodes": [
            { "kind": "APPROVAL", "dueOn": "2026-03-20", "document": { "name": "Folha", "approval": approval } }
        ] })
    };
    for (act, input, approval) in [
        (None, json!({}), "WAITING"),
        (
            Some("documentContest"),
            json!({ "id": slip, "expectedVersion": 2, "comment": "Falta uma hora extra." }),
            "CONTESTED",
        ),
    ] {
        if let Some(act) = act {
            let mut input: Value = input;
            input["expectedVersion"] = papers.see(&admin, &slip).await["version"].clone();
            desk.done(&admin, act, input).await;
        }
        for by in [&admin, &desk.member, &desk.owner] {
            assert_eq!(board(by).await["inProgress"], entry(approval));
        }
        assert_eq!(board(&caio).await["inProgress"], json!({ "totalCount": 0, "nodes": [] }));
        let is_waiting = i64::from(approval == "WAITING");
        let numbers = json!({ "awaitingApproval": is_waiting, "approved": 0, "contested": 1 - is_waiting });
        let mut is_told = false;
        // Who is behind is told the numbers once for all changes.
        loop {
            let told = live.told().await;
            let changed = json!({ "name": "Folha", "approval": approval });
            is_told |= told["changed"].as_array().unwrap().contains(&changed);
            if told["progress"] == numbers {
                break;
            }
        }
        assert!(is_told, "{approval}");
    }
    assert_eq!(papers.names(&admin, json!({ "approvals": ["CONTESTED"] })).await, ["Folha"]);
    assert_eq!(papers.names(&desk.owner, json!({ "approvals": ["WAITING", "APPROVED"] })).await, [""; 0]);
    assert_eq!(papers.names(&desk.owner, json!({ "approvals": [] })).await, [""; 0]);
    assert_eq!(papers.names(&caio, json!({ "approvals": ["CONTESTED"] })).await, [""; 0]);
    desk.done(&admin, "documentApprove", json!({ "id": slip, "expectedVersion": 3 })).await;
    assert_eq!(board(&desk.owner).await["inProgress"]["totalCount"], 0);
    let query = format!("{{ firmDashboard(month: \"2026-03\") {{ {WAITING} }} }}");
    let firm = desk.app.ask(&desk.owner, &query, json!({})).await["firmDashboard"].clone();
    assert_eq!(firm["progress"], json!({ "awaitingApproval": 0, "approved": 1, "contested": 0 }));
    assert_eq!(firm["inProgress"]["totalCount"], 0);
    drop((live, side));
    papers.finish().await;
}

/// staff see a client's dashboard as its users do: nothing of what is not expected any more, in any block; and the
/// list of a chosen day is what its calendar counts.
#[tokio::test]
async fn a_03_a_day_as_clients_see_it() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    papers.set("UPDATE documents SET state = 'DROPPED' WHERE name = 'Notas'").await;
    desk.app.pass(TimeDelta::days(14));
    let client = desk.client.encode();
    let seen = of_client(&papers, &admin, "").await;
    let arguments = format!("(clientId: \"{client}\")");
    assert_eq!(of_client(&papers, &desk.owner, &arguments).await, seen);
    assert_eq!(names(&seen["dueSoon"]), ["Extrato", "Folha", "Guia"]);
    let query = format!("{{ firmDashboard {{ {BOARD} }} }}");
    assert_eq!(desk.app.ask(&desk.owner, &query, json!({})).await["firmDashboard"], seen);
    for by in [&admin, &caio, &desk.owner] {
        let board =
            if by.token == desk.owner.token { seen.clone() } else { of_client(&papers, by, "").await };
        let day = &board["days"][0];
        let filter =
            json!({ "clientIds": [client], "dueFrom": day["date"], "dueTo": day["date"], "isShown": true });
        let of_day = papers.names(by, filter).await;
        assert_eq!(json!(of_day.len()), day["totalCount"], "{of_day:?}");
        let other = json!({ "dueFrom": "2026-03-21", "dueTo": "2026-03-21" });
        assert_eq!(papers.names(by, other).await, [""; 0]);
    }
    let count = async |filter: Value| {
        let query = "query C($filter: DocumentFilter) { documentCounts(filter: $filter) { totalCount } }";
        desk.app.ask(&desk.owner, query, json!({ "filter": filter })).await["documentCounts"]["totalCount"]
            .clone()
    };
    let numbers = [
        count(json!({})).await,
        count(json!({ "isShown": true })).await,
        count(json!({ "isShown": false })).await,
    ];
    assert_eq!(numbers, [json!(4), json!(3), json!(1)]);
    papers.finish().await;
}

/// what is overdue is found in an index of what is outstanding, in its order, by a plan that is kept: ten years of history
/// are not looked at.
#[tokio::test]
async fn a_02_history_is_not_read() {
    use diesel::QueryableByName;
    use diesel::sql_types::Text;
    use diesel_async::RunQueryDsl;
    use guichet_schema::month::document::list::{DUE_ON, OPEN};
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        plan: String,
    }
    let papers = Papers::open().await;
    let desk = &papers.desk;
    // All of it read or handed in.
    papers.set(HISTORY).await;
    let mut conn = desk.app.store.conn().await.unwrap();
    for (column, id, index) in [
        ("firm_id", desk.firm.id.uuid(), "documents_firm_open"),
        ("client_id", desk.client.uuid(), "documents_open"),
    ] {
        use diesel_async::SimpleAsyncConnection;
        conn.batch_execute(&format!(
            "SET plan_cache_mode = force_generic_plan;
             PREPARE overdue_{column} (uuid, date, bigint) AS SELECT id FROM documents WHERE {column} = $1 AND {OPEN}
                 AND documents.due_on IS NOT NULL AND {DUE_ON} <= $2 ORDER BY {DUE_ON}, id LIMIT $3"
        ))
        .await
        .unwrap();
        let explain = format!("EXPLAIN EXECUTE overdue_{column} ('{id}', '2026-03-01', 21)");
        let plan: Vec<Line> = diesel::sql_query(explain).load(&mut conn).await.unwrap();
        let plan: Vec<String> = plan.into_iter().map(|line| line.plan).collect();
        let plan = plan.join("\n");
        assert!(plan.contains(index) && !plan.contains("Sort"), "{plan}");
    }
    conn_reset(&mut conn).await;
    drop(conn);
    papers.finish().await;
}

/// The connection goes back to its pool as it was.
async fn conn_reset(conn: &mut guichet_engine::db::Conn) {
    use diesel_async::SimpleAsyncConnection;
    conn.batch_execute("RESET plan_cache_mode; DEALLOCATE overdue_firm_id; DEALLOCATE overdue_client_id")
        .await
        .unwrap();
}

/// a dashboard reads what it shows, and not the years before: counted by the rows that its lists and its month fetch,
/// also when their plans are kept.
#[tokio::test]
async fn a_02_years_before_are_not_fetched() {
    use diesel::QueryableByName;
    use diesel::sql_types::BigInt;
    use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
    use guichet_base::page::PageRequest;
    use guichet_schema::dashboards::board;
    use guichet_schema::month::document::list::{self, DocumentFilter, DocumentOrder};
    #[derive(QueryableByName)]
    struct Fetched {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let papers = Papers::open().await;
    let desk = &papers.desk;
    papers.set(HISTORY).await;
    let now = desk.app.store.now();
    let today = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let soon = DocumentFilter {
        due_from: Some(today),
        due_to: Some(today + TimeDelta::days(7)),
        ..DocumentFilter::default()
    };
    let late = DocumentFilter { due_to: today.pred_opt(), is_open: Some(true), ..DocumentFilter::default() };
    let part = PageRequest::new(Some(20), None, None, None).unwrap();
    let (member, client) = (desk.owner.actor().scope(), desk.admin.actor().scope());
    let mut conn = desk.app.store.conn().await.unwrap();
    let fetched = async |conn: &mut guichet_engine::db::Conn| {
        let rows =
            "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::bigint AS rows
            FROM pg_stat_xact_user_tables WHERE relname = 'documents'";
        diesel::sql_query(rows).get_result::<Fetched>(conn).await.unwrap().rows
    };
    // A kept plan is made for any values from the sixth time on.
    for turn in 0..8 {
        for scope in [&member, &client] {
            conn.batch_execute("BEGIN").await.unwrap();
            let before = fetched(&mut conn).await;
            for filter in [&soon, &late] {
                let filter = board::shown(filter.clone());
                let order = DocumentOrder::default();
                list::page(&mut conn, scope, &filter, order, &part, now).await.unwrap();
                list::count(&mut conn, scope, &filter, now).await.unwrap();
            }
            board::read(&mut conn, scope, &board::shown(DocumentFilter::default()), None, now).await.unwrap();
            let rows = fetched(&mut conn).await - before;
            conn.batch_execute("ROLLBACK").await.unwrap();
            assert!((1..300).contains(&rows), "{rows} rows, turn {turn}");
        }
    }
    drop(conn);
    papers.finish().await;
}
