//! C-03: lists as files, at once and written later.

use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx};
use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::stream;
use guichet_base::id::{ExportId, Id};
use guichet_engine::actor::MemberReach;
use guichet_schema::month::export::model::{Export, WriteExport};
use guichet_schema::month::export::writing::{self, KEPT, Stored};
use guichet_schema::shared::file::digest::Sha256 as Digest;
use guichet_tests::app::TestApp;
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use guichet_workers::file_sweep::sweep;
use serde_json::{Value, json};

use super::office::Month;
use crate::desk::ticket::desk::{Desk, text};

const EXPORT: &str = "id state rows list format filter orderBy expiresAt file { id name state }";

/// A firm with the tasks of three months, of a client whose name is a formula.
async fn firm_with_tasks() -> Month {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.sql("UPDATE clients SET name = '=1+1'").await;
    month.recurs(&month.name(-3)).await;
    desk.app.jobs_done().await;
    month
}

async fn get(app: &TestApp, by: &Person, path: &str) -> reqwest::Response {
    app.get(Some(by), path).await
}

/// The cells of the only sheet, and its formulas.
fn sheet(bytes: Vec<u8>) -> (Vec<Vec<Data>>, usize) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let formulas = book.worksheet_formula(&name).unwrap();
    let formulas = formulas.used_cells().filter(|(_, _, formula)| !formula.is_empty()).count();
    let range = book.worksheet_range(&name).unwrap();
    (range.rows().map(<[Data]>::to_vec).collect(), formulas)
}

/// C-03, D-01: lists come whole also compressed, as browsers ask for them.
#[tokio::test]
async fn c_03_lists_are_compressed_to_their_end() {
    let month = firm_with_tasks().await;
    let desk = &month.desk;
    for path in ["/export/tasks.csv", "/export/tasks.xlsx", "/export/tickets.csv", "/export/tickets.xlsx"] {
        let plain = get(&desk.app, &desk.member, path).await.bytes().await.unwrap();
        let request = guichet_tests::http::client()
            .get(format!("{}{path}", desk.app.url))
            .bearer_auth(&desk.member.token);
        let response = request.header("accept-encoding", "gzip").send().await.unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip", "{path}");
        let body = response.bytes().await.expect("the body is whole");
        // Such a file ends with the length of what it holds (RFC 1952).
        let length = u32::try_from(plain.len()).unwrap();
        assert!(body.ends_with(&length.to_le_bytes()), "{path}");
    }
    month.desk.finish().await;
}

/// C-03: tasks as CSV and as XLSX: filtered, in order, in the asker's language; dates are dates, and no text a formula.
#[tokio::test]
async fn c_03_tasks_as_files() {
    let month = firm_with_tasks().await;
    let desk = &month.desk;
    let tasks = month.tasks().await;
    let tasks = tasks.as_array().unwrap();
    // The account of a member is English here.
    let response = get(&desk.app, &desk.member, "/export/tasks.csv").await;
    assert_eq!(response.status(), 200);
    let csv = response.text().await.unwrap();
    let lines: Vec<&str> = csv.trim_start_matches('\u{feff}').split_terminator("\r\n").collect();
    assert_eq!(
        lines[0],
        "Task,Client,Kind of work,Period,Assignee,Department,Status,Legal due date,Target date,Hand in by,Created,Last change,Closed"
    );
    assert_eq!(lines.len(), tasks.len() + 1);
    for (line, task) in lines[1..].iter().zip(tasks) {
        let (title, due) = (task["title"].as_str().unwrap(), task["legalDueOn"].as_str().unwrap());
        assert!(line.starts_with(&format!("{title},'=1+1,Guia,")), "{line}");
        assert!(line.contains(&format!(",To do,{due},")), "{line}");
    }
    let response = get(&desk.app, &desk.member, "/export/tasks.xlsx").await;
    assert_eq!(
        response.headers()["content-type"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.ends_with(".xlsx\"") && name.starts_with("attachment; filename=\"tasks-"), "{name}");
    let (rows, formulas) = sheet(response.bytes().await.unwrap().to_vec());
    assert_eq!((rows.len(), formulas), (tasks.len() + 1, 0));
    assert_eq!(rows[0][7], Data::String("Legal due date".into()));
    for (row, task) in rows[1..].iter().zip(tasks) {
        assert_eq!(row[0], Data::String(text(&task["title"])));
        assert_eq!(row[1], Data::String("=1+1".into()));
        assert!(matches!(row[7], Data::DateTime(_)), "{row:?}");
        assert_eq!(row[7].as_date().unwrap().to_string(), text(&task["legalDueOn"]));
        assert_eq!(row[12], Data::Empty);
    }
    let one = format!("/export/tasks.csv?filter=%7B%22ids%22:%5B%22{}%22%5D%7D", text(&tasks[0]["id"]));
    let csv = get(&desk.app, &desk.owner, &one).await.text().await.unwrap();
    assert_eq!(csv.matches("\r\n").count(), 2);
    // C-01: a client's file has neither columns nor rows.
    let csv = get(&desk.app, &desk.admin, "/export/tasks.csv").await.text().await.unwrap();
    assert!(!csv.contains("Guia"), "{csv}");
    month.desk.finish().await;
}

/// C-03: the file of tickets as XLSX has numbers and amounts as numbers.
#[tokio::test]
async fn c_03_tickets_as_xlsx() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha", 150_050).await;
    desk.ticket(&desk.admin, json!({ "subject": "+551199", "serviceItemId": service.encode() })).await;
    let response = get(&desk.app, &desk.owner, "/export/tickets.xlsx").await;
    let (rows, formulas) = sheet(response.bytes().await.unwrap().to_vec());
    assert_eq!((rows.len(), formulas), (2, 0));
    assert_eq!(rows[1][0], Data::Float(1.0));
    assert!(rows[1].contains(&Data::String("+551199".into())), "{rows:?}");
    assert!(rows[1].contains(&Data::Float(1500.5)), "{rows:?}");
    let is_time = |cell: &&Data| matches!(cell, Data::DateTime(_));
    let opened = rows[1].iter().find(is_time).and_then(Data::as_datetime).unwrap();
    let at = desk.app.store.now().with_timezone(&zone_of_firm()).naive_local();
    assert!((at - opened).num_minutes().abs() <= 1, "{at} {opened}");
    desk.finish().await;
}

/// São Paulo has been three hours behind UTC since 2019.
fn zone_of_firm() -> chrono::FixedOffset {
    chrono::FixedOffset::west_opt(3 * 3600).unwrap()
}

/// C-03: a list that is too long to be sent at once is refused with the way to have it, before anything is sent.
#[tokio::test]
async fn c_03_long_lists_are_asked_for() {
    let desk = Desk::open().await;
    many(&desk, 5_001).await;
    for ending in ["csv", "xlsx"] {
        let response = get(&desk.app, &desk.owner, &format!("/export/tasks.{ending}")).await;
        assert_eq!(response.status(), 400);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["reason"], "LIST_TOO_LONG", "{body}");
        assert!(body["errors"][0]["message"].as_str().unwrap().contains("5.000"), "{body}");
    }
    let file = exported(&desk, &desk.owner, json!({ "list": "TASKS", "format": "CSV" })).await;
    assert_eq!(file["rows"], 5_001);
    let csv = String::from_utf8(downloaded(&desk, &desk.owner, &file).await).unwrap();
    assert_eq!(csv.matches("\r\n").count(), 5_002);
    desk.finish().await;
}

/// Writes tasks without the rules.
async fn many(desk: &Desk, count: usize) {
    desk.sql(&format!(
        "INSERT INTO tasks (id, firm_id, client_id, origin, title, assignee_id, status, search_text, created_at,
             updated_at)
         SELECT gen_random_uuid(), '{}', '{}', 'HAND', 'Guia ' || number, '{}', 'TODO', 'guia', now(), now()
         FROM generate_series(1, {count}) AS number",
        desk.firm.id.uuid(),
        desk.client.uuid(),
        desk.owner.staff_id().uuid()
    ))
    .await;
}

/// Asks for an export and waits for it.
async fn exported(desk: &Desk, by: &Person, input: Value) -> Value {
    let made = desk.done(by, "exportCreate", input).await;
    desk.app.jobs_done().await;
    export(desk, by, &text(&made["export"]["id"])).await
}

async fn export(desk: &Desk, by: &Person, id: &str) -> Value {
    let query = format!("query Q($id: ID!) {{ node(id: $id) {{ ... on Export {{ {EXPORT} }} }} }}");
    desk.app.ask(by, &query, json!({ "id": id })).await["node"].clone()
}

async fn downloaded(desk: &Desk, by: &Person, export: &Value) -> Vec<u8> {
    assert_eq!(export["state"], "READY", "{export}");
    let address = desk.done(by, "fileDownload", json!({ "id": export["file"]["id"] })).await;
    let url = desk.whole(&address["address"]);
    reqwest::get(url).await.unwrap().error_for_status().unwrap().bytes().await.unwrap().to_vec()
}

/// C-03: an export is written by a worker, told live, seen and downloaded by its asker alone, and each download is logged
/// (B-09); after some days the file is gone.
#[tokio::test]
async fn c_03_an_export_lives_and_expires() {
    let month = firm_with_tasks().await;
    let desk = &month.desk;
    let side = LiveSide::start(&desk.app.store);
    let document = format!(
        "subscription {{ exportsChanged {{ reload changed {{ {EXPORT} }} edges {{ sortKey }} removed }} }}"
    );
    let mut told = side.follow(Some(&desk.owner.token), &document, json!({})).await;
    assert_eq!(told.told().await["reload"], true);
    let input = json!({ "list": "TASKS", "format": "XLSX", "filter": { "status": ["TODO"] } });
    let made = exported(desk, &desk.owner, input).await;
    let tasks = month.tasks().await.as_array().unwrap().len();
    assert_eq!((&made["state"], &made["rows"]), (&json!("READY"), &json!(tasks)));
    assert_eq!(made["filter"], json!({ "status": ["TODO"] }));
    let name = text(&made["file"]["name"]);
    assert!(name.starts_with("tasks-") && name.ends_with(".xlsx"), "{name}");
    let mut last = told.told().await["changed"][0].clone();
    while last["state"] == "QUEUED" {
        last = told.told().await["changed"][0].clone();
    }
    assert_eq!(last, made);
    let (rows, _) = sheet(downloaded(desk, &desk.owner, &made).await);
    assert_eq!(rows.len(), tasks + 1);
    let query =
        "query Q($id: ID!) { node(id: $id) { ... on File { accesses(first: 9) { nodes { channel } } } } }";
    let log = desk.app.ask(&desk.owner, query, json!({ "id": made["file"]["id"] })).await;
    assert_eq!(log["node"]["accesses"]["nodes"], json!([{ "channel": "STAFF" }]));
    // Nobody else, not even another owner's manager, sees it or its file.
    for other in [&desk.manager, &desk.member, &desk.admin] {
        assert_eq!(export(desk, other, &text(&made["id"])).await, Value::Null);
        let refused = desk.refused(other, "fileDownload", json!({ "id": made["file"]["id"] })).await;
        assert_eq!(refused, ["id:NOT_FOUND"]);
    }
    // It belongs to the export, so it cannot be put on a ticket.
    let ticket = desk.opened(&desk.owner).await;
    let attach = json!({ "id": ticket, "fileIds": [made["file"]["id"]], "to": { "visibility": "PUBLIC" } });
    assert_eq!(desk.refused(&desk.owner, "ticketFileAttach", attach).await, ["fileIds.0:FILE_ATTACHED"]);

    desk.app.jobs_done().await;
    let objects = desk.app.object_store.count("stored");
    desk.app.pass(KEPT - TimeDelta::minutes(1));
    assert_eq!(writing::expire(&desk.app.store).await.unwrap(), 0);
    desk.app.pass(TimeDelta::minutes(1));
    assert_eq!(writing::expire(&desk.app.store).await.unwrap(), 1);
    let over = export(desk, &desk.owner, &text(&made["id"])).await;
    assert_eq!((&over["state"], &over["file"]), (&json!("EXPIRED"), &Value::Null));
    let file = json!({ "id": made["file"]["id"] });
    assert_eq!(desk.refused(&desk.owner, "fileDownload", file).await, ["FILE_EXPIRED"]);
    assert_eq!(sweep(&desk.app.store, &desk.app.files.storage).await.unwrap().expired, 1);
    assert_eq!(desk.app.object_store.count("stored"), objects - 1);
    month.desk.finish().await;
}

/// C-03: whoever begins again, at whatever line the worker before was killed, ends with one file.
#[tokio::test]
async fn c_03_an_export_begins_again() {
    let desk = Desk::open().await;
    many(&desk, 3).await;
    desk.app.hold("export.write").await;
    let made = desk.done(&desk.owner, "exportCreate", json!({ "list": "TASKS", "format": "CSV" })).await;
    let id = ExportId::decode(&text(&made["export"]["id"])).unwrap();
    let (row, order) = writing::find(&mut desk.app.store.conn().await.unwrap(), id).await.unwrap().unwrap();
    // Killed after the object was written, in part or whole, and before its row.
    half(&desk, &row).await;
    desk.app.release("export.write").await;
    desk.app.jobs_done().await;
    let file = export(&desk, &desk.owner, &text(&made["export"]["id"])).await;
    let csv = downloaded(&desk, &desk.owner, &file).await;
    assert_eq!(csv.split(|byte| *byte == b'\n').count(), 5);
    // A worker that was late, and others with it, change nothing.
    let zone = order.unwrap().zone;
    let late = Stored { rows: 9, size: 9, sha256: Digest::new([9; 32]), zone };
    join_all((0..5).map(|_| writing::ready(&desk.app.store, id, late)))
        .await
        .into_iter()
        .for_each(Result::unwrap);
    writing::fail(&desk.app.store, id).await.unwrap();
    assert_eq!(export(&desk, &desk.owner, &text(&made["export"]["id"])).await, file);
    // An export whose job was lost gets one; one whose job died is given up.
    desk.app.hold("export.write").await;
    let made = desk.done(&desk.owner, "exportCreate", json!({ "list": "TASKS", "format": "CSV" })).await;
    desk.sql("DELETE FROM jobs WHERE kind = 'export.write'").await;
    assert_eq!(guichet_engine::job::awaited::settle::<WriteExport>(&desk.app.store).await.unwrap(), 1);
    desk.app.release("export.write").await;
    desk.app.jobs_done().await;
    assert_eq!(export(&desk, &desk.owner, &text(&made["export"]["id"])).await["state"], "READY");
    desk.finish().await;
}

/// Writes what a worker leaves that is killed in the middle.
async fn half(desk: &Desk, export: &Export) {
    let bytes = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"half"))]);
    desk.app.files.storage.write(&writing::key(export), bytes).await.unwrap();
}

/// C-03: only what the asker may see when it is written, only filters that the list takes, and not too many at once.
#[tokio::test]
async fn c_03_what_an_export_is_refused_for() {
    let desk = Desk::open().await;
    many(&desk, 3).await;
    let create = |filter: Value| json!({ "list": "TASKS", "format": "CSV", "filter": filter });
    let ask = async |by: &Person, filter| desk.refused(by, "exportCreate", create(filter)).await;
    assert_eq!(ask(&desk.admin, json!({})).await, ["NOT_ALLOWED"]);
    assert_eq!(ask(&desk.member, json!({ "stauts": ["TODO"] })).await, ["filter:INVALID_FILTER"]);
    assert_eq!(ask(&desk.member, json!({ "status": ["OPEN"] })).await, ["filter:INVALID_FILTER"]);
    desk.app.hold("export.write").await;
    let made = desk.done(&desk.member, "exportCreate", create(json!({}))).await;
    for _ in 0..4 {
        desk.done(&desk.member, "exportCreate", create(json!({}))).await;
    }
    assert_eq!(ask(&desk.member, json!({})).await, ["TOO_MANY_EXPORTS"]);
    // The rights of the time of writing count: meanwhile the member sees the own tasks only, and has none.
    desk.firm.set_member_reach(MemberReach::Own).await;
    desk.app.release("export.write").await;
    desk.app.jobs_done().await;
    let written = export(&desk, &desk.member, &text(&made["export"]["id"])).await;
    assert_eq!((&written["state"], &written["rows"]), (&json!("READY"), &json!(0)));
    // Who left gets nothing.
    desk.app.hold("export.write").await;
    desk.done(&desk.member, "exportCreate", create(json!({}))).await;
    desk.sql("UPDATE staff_members SET disabled_at = now() WHERE role = 'MEMBER'").await;
    desk.app.release("export.write").await;
    desk.app.jobs_done().await;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    let failed = guichet_engine::tables::exports::table
        .filter(guichet_engine::tables::exports::state.eq("FAILED"))
        .count()
        .get_result::<i64>(&mut desk.app.store.conn().await.unwrap())
        .await;
    assert_eq!(failed.unwrap(), 1);
    desk.finish().await;
}

/// C-03: an export that is asked for has the order that was asked for, and what is overdue on the day of its writing; an
/// order of another list is refused.
#[tokio::test]
async fn c_03_an_export_keeps_its_order() {
    let desk = Desk::open().await;
    let today = desk.app.store.now().date_naive();
    for (title, days) in [("Balancete", 3), ("Guia", -3), ("água", 1), ("Zoneamento", -2)] {
        let due = (today + TimeDelta::days(days)).to_string();
        let input = json!({ "clientId": desk.client.encode(), "title": title, "legalDueOn": due });
        desk.done(&desk.owner, "taskCreate", input).await;
    }
    let titles = async |filter: Value, order: Value| {
        let input = json!({ "list": "TASKS", "format": "CSV", "filter": filter, "orderBy": order });
        let made = exported(&desk, &desk.owner, input).await;
        let csv = String::from_utf8(downloaded(&desk, &desk.owner, &made).await).unwrap();
        let first = |line: &str| line.split([';', ',']).next().unwrap().to_owned();
        (csv.split_terminator("\r\n").skip(1).map(first).collect::<Vec<_>>(), made["orderBy"].clone())
    };
    let by_title = |direction: &str| json!({ "field": "TITLE", "direction": direction });
    let (down, order) = titles(json!({}), by_title("DESC")).await;
    assert_eq!(
        (down, order),
        (
            vec!["Zoneamento", "Guia", "Balancete", "água"].into_iter().map(str::to_owned).collect(),
            by_title("DESC")
        )
    );
    assert_eq!(titles(json!({}), Value::Null).await.0, ["Guia", "Zoneamento", "água", "Balancete"]);
    assert_eq!(titles(json!({ "isOverdue": true }), by_title("ASC")).await.0, ["Guia", "Zoneamento"]);
    let path = "/export/tasks.csv?filter=%7B%22isOverdue%22:true%7D";
    assert_eq!(get(&desk.app, &desk.owner, path).await.text().await.unwrap().matches("\r\n").count(), 3);
    for bad in [
        json!({ "field": "SUBJECT", "direction": "ASC" }),
        json!({ "field": "TITLE" }),
        json!({ "by": "TITLE" }),
    ] {
        let input = json!({ "list": "TASKS", "format": "CSV", "orderBy": bad });
        assert_eq!(desk.refused(&desk.owner, "exportCreate", input).await, ["orderBy:INVALID_ORDER"]);
    }
    desk.finish().await;
}
