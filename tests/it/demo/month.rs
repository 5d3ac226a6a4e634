//! The months of the demo: every state is shown, its papers are what they should be, and its clock can be moved on.

use std::collections::BTreeSet;

use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::SimpleAsyncConnection;
use futures_util::TryStreamExt;
use guichet_base::id::{FileId, FirmId, Id, JobId};
use guichet_demo::Span;
use guichet_queue::{Job, Point};
use guichet_schema::month::document::list::{self as documents, DocumentFilter};
use guichet_schema::month::document::model::{DocumentApproval, DocumentState};
use guichet_schema::month::document::rules::DocumentMark;
use guichet_schema::month::task::model::{TaskOrigin, TaskStatus};
use guichet_schema::people::firm::day;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::VerifyFile;
use guichet_workers::file_verify::Verifier;

use super::*;

/// The year is believable: the client that is shown first sees each mark, and staff see each state, whatever the day is.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_the_month_is_shown() {
    let (database, store, cast) = filled().await;
    let mut conn = store.conn().await.unwrap();
    let admins =
        cast.iter().filter(|membership| membership.role == "ADMIN" && !membership.email.contains("asesoria"));
    for admin in admins {
        let entered = enter(&store, &admin.email).await;
        let scope = entered.memberships[0].membership.scope();
        for mark in DocumentMark::ALL {
            let filter = DocumentFilter { marks: Some(vec![*mark]), ..DocumentFilter::default() };
            let count = documents::count(&mut conn, &scope, &filter, store.now()).await.unwrap();
            assert!(count > 0, "{mark} of {:?}", admin.client);
        }
    }
    let mut states: Vec<(&str, &str, Vec<String>)> =
        vec![("documents", "state", DocumentState::ALL.iter().map(ToString::to_string).collect())];
    let settable = TaskStatus::ALL.iter().filter(|status| **status != TaskStatus::WaitingClient);
    states.push(("tasks", "status", settable.map(ToString::to_string).collect()));
    let approvals = DocumentApproval::ALL.iter().map(ToString::to_string).collect();
    states.push(("documents", "approval", approvals));
    let origins = [TaskOrigin::Recurring, TaskOrigin::Hand];
    states.push(("tasks", "origin", origins.iter().map(ToString::to_string).collect()));
    for (table, column, values) in states {
        for value in values {
            let firms =
                format!("(SELECT firm_id FROM {table} WHERE {column} = '{value}' GROUP BY firm_id) f");
            assert_eq!(
                number(&mut conn, &format!("SELECT count(*) FROM {firms}")).await,
                3,
                "{column} {value}"
            );
        }
    }
    for (state, rows) in [
        ("a rejected file with a reason", "document_versions WHERE rejection IS NOT NULL"),
        ("a second version", "document_versions WHERE number = 2 AND published_at IS NOT NULL"),
        ("a file after the work was done", "document_versions WHERE is_late"),
        ("nothing to submit", "document_answers WHERE answer = 'NOTHING_TO_SUBMIT'"),
        ("a comment on what is wrong", "document_answers WHERE answer = 'CONTESTED' AND comment IS NOT NULL"),
        (
            "a year of one client",
            "(SELECT firm_id FROM tasks GROUP BY firm_id, client_id, task_type_id HAVING count(*) > 11)",
        ),
        ("a document in a folder", "documents WHERE folder_id IS NOT NULL"),
        ("a folder that staff made", "folders WHERE key IS NULL"),
        ("a saved view of a person", "saved_views WHERE staff_id IS NOT NULL"),
        ("one of a firm", "saved_views WHERE staff_id IS NULL"),
        ("a feed of staff", "calendar_feeds WHERE staff_id IS NOT NULL"),
        ("one of a client", "calendar_feeds WHERE access_id IS NOT NULL"),
        ("a list that is being written", "exports WHERE state = 'QUEUED'"),
    ] {
        let firms = format!("SELECT count(DISTINCT firm_id) FROM (SELECT firm_id FROM {rows}) x");
        let firms = if rows.starts_with('(') {
            format!("SELECT count(DISTINCT firm_id) FROM {rows} x")
        } else {
            firms
        };
        assert_eq!(number(&mut conn, &firms).await, 3, "{state}");
    }
    drop((conn, store));
    database.drop().await;
}

#[derive(diesel::QueryableByName)]
struct StoredFile {
    #[diesel(sql_type = SqlUuid)]
    id: FileId,
    #[diesel(sql_type = SqlUuid)]
    firm_id: FirmId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    registration: String,
    #[diesel(sql_type = Text)]
    client: String,
}

/// The files that were stored, of documents with their client.
async fn stored(conn: &mut AsyncPgConnection) -> Vec<StoredFile> {
    let query = "SELECT f.id, f.firm_id, f.name, coalesce(c.registration, '') AS registration, coalesce(c.name, '') AS client
        FROM files f LEFT JOIN attachments a ON a.file_id = f.id LEFT JOIN documents d ON d.id = a.subject_id
        LEFT JOIN clients c ON c.id = d.client_id WHERE f.state = 'STORED' ORDER BY f.id";
    diesel::sql_query(query).load(conn).await.unwrap()
}

async fn bytes_of(storage: &Storage, key: &Key) -> Vec<u8> {
    let opened = storage.open(key, None).await.unwrap().expect("a stored file has its bytes");
    let chunks: Vec<_> = opened.bytes.try_collect().await.unwrap();
    chunks.concat()
}

/// F-07: the workers find every file of the demo to be what it should, if they look at it.
#[tokio::test(flavor = "multi_thread")]
async fn f_07_the_files_pass_the_real_verification() {
    let (database, store, _) = filled().await;
    let from = Storage::Folder(Folder::open(whole().await.folder.path()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(Folder::open(folder.path()).unwrap());
    let mut conn = store.conn().await.unwrap();
    let files = stored(&mut conn).await;
    assert!(files.len() > 100, "{}", files.len());
    conn.batch_execute("UPDATE files SET state = 'STAGED', expires_at = NULL WHERE state = 'STORED'")
        .await
        .unwrap();
    let verifier = Verifier { store: store.clone(), storage: storage.clone(), clamd: None };
    for file in &files {
        let (firm_id, file_id) = (file.firm_id, file.id);
        let bytes = bytes_of(&from, &Key::Stored { firm_id, file_id }).await;
        let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>(bytes.into())]);
        storage.write(&Key::Staged { firm_id, file_id }, bytes).await.unwrap();
        let job = Job {
            id: JobId::new(),
            attempt: 1,
            max_attempts: 104,
            firm_id: None,
            now: store.now(),
            point: Point::default(),
        };
        verifier.clone().run(job, VerifyFile { file_id }).await.unwrap();
    }
    let left = stored(&mut conn).await.len();
    assert_eq!(left, files.len());
    drop((conn, verifier, store));
    database.drop().await;
}

/// Whether a text stands in a PDF as the demo writes it: letters of one byte each, in figures where one is not ASCII.
fn says(pdf: &str, text: &str) -> bool {
    let byte = |letter: char| if letter == '–' { 0x96 } else { u32::from(letter) };
    let figures: String = text.chars().map(|letter| format!("{:02X}", byte(letter))).collect();
    pdf.contains(&format!("({text})")) || pdf.contains(&format!("<{figures}>"))
}

/// What is delivered names its client as the record does, and says that it is a sample.
#[tokio::test(flavor = "multi_thread")]
async fn slips_are_marked_as_samples() {
    let (database, store, _) = filled().await;
    let from = Storage::Folder(Folder::open(whole().await.folder.path()).unwrap());
    let mut conn = store.conn().await.unwrap();
    let mut slips = 0;
    for file in stored(&mut conn).await {
        let is_slip = file.name.ends_with(".pdf") && !file.registration.is_empty();
        if !is_slip {
            continue;
        }
        let bytes = bytes_of(&from, &Key::Stored { firm_id: file.firm_id, file_id: file.id }).await;
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        assert!(says(&text, &file.registration) && says(&text, &file.client), "{}", file.name);
        let stamps = ["AMOSTRA – SEM VALOR", "SPÉCIMEN SANS VALEUR", "MUESTRA SIN VALOR"];
        assert!(stamps.iter().any(|stamp| says(&text, stamp)), "{}", file.name);
        slips += 1;
    }
    assert!(slips > 60, "{slips}");
    drop((conn, store));
    database.drop().await;
}

/// All that people would notice of the months, without ids and moments.
async fn picture(conn: &mut AsyncPgConnection) -> BTreeSet<String> {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let query = "
        SELECT concat_ws(' | ', f.name, c.name, t.title, t.status, t.legal_due_on, d.name, d.direction, d.state, d.due_on,
            d.approval, d.read_at IS NOT NULL, d.published_at IS NOT NULL,
            (SELECT string_agg(concat_ws(' ', v.number, v.is_current, v.is_late, v.rejection, v.note, x.name, x.sha256), ', ' ORDER BY v.number)
             FROM document_versions v JOIN attachments a ON a.id = v.attachment_id JOIN files x ON x.id = a.file_id
             WHERE v.document_id = d.id)) AS line
        FROM tasks t JOIN firms f ON f.id = t.firm_id JOIN clients c ON c.id = t.client_id
        LEFT JOIN documents d ON d.task_id = t.id";
    let lines: Vec<Line> = diesel::sql_query(query).load(conn).await.unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

async fn advance(database: &TestDatabase, store: &Store, span: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let files = Storage::Folder(Folder::open(folder.path()).unwrap());
    let moved = demo::advance(store, &database.url, &files, Span::parse(span).unwrap()).await.unwrap();
    moved.into_iter().map(|firm| firm.today.to_string()).collect()
}

/// A demo's clock moves on, in one step or in several, and everything follows: the same on every run.
#[tokio::test(flavor = "multi_thread")]
async fn a_demo_goes_on_the_same_on_every_run() {
    let (one, of_one, _) = filled().await;
    let (other, of_other, _) = filled().await;
    day::tick(&of_one).await.unwrap();
    let before = picture(&mut of_one.conn().await.unwrap()).await;
    assert_eq!(advance(&one, &of_one, "1month").await, ["2026-04-02"; 3]);
    advance(&other, &of_other, "2weeks").await;
    assert_eq!(advance(&other, &of_other, "17days").await, ["2026-04-02"; 3]);
    let (mut conn, mut conn_of_other) = (of_one.conn().await.unwrap(), of_other.conn().await.unwrap());
    let after = picture(&mut conn).await;
    assert_eq!(after, picture(&mut conn_of_other).await);
    let new = after.difference(&before).count();
    assert!(new > 50, "{new}");
    for (state, rows) in [
        ("work of the month that began", "tasks WHERE period = '2026-03' AND origin = 'RECURRING'"),
        ("what was delivered meanwhile", "documents WHERE period = '2026-02' AND published_at IS NOT NULL"),
        (
            "what is overdue only now",
            "documents WHERE state = 'EXPECTED' AND direction = 'INPUT' AND due_on BETWEEN '2026-03-02' AND '2026-04-01'",
        ),
    ] {
        assert!(number(&mut conn, &format!("SELECT count(*) FROM {rows}")).await > 0, "{state}");
    }
    // Screens are told, and no mail is left to be sent but what waits in the story.
    assert_eq!(number(&mut conn, "SELECT count(*) FROM events WHERE noun = 'day'").await, 3);
    assert_eq!(number(&mut conn, "SELECT count(*) FROM jobs WHERE kind = 'email.send'").await, 3);
    // A file that waits for its verdict goes on waiting.
    assert_eq!(number(&mut conn, "SELECT count(*) FROM jobs WHERE kind = 'file.verify'").await, 3);
    drop((conn, conn_of_other, of_one, of_other));
    one.drop().await;
    other.drop().await;
}

/// Only a demo has a clock that can be moved; other firms beside it stay where they are.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_demo_can_be_moved_on() {
    let (database, store, _) = empty().await;
    let firm = Firm::new(&store, "aurora.example").await;
    assert!(advance(&database, &store, "1day").await.is_empty());
    let mut conn = store.conn().await.unwrap();
    let ahead = "SELECT count(*) FROM firms WHERE clock_ahead_seconds > 0";
    assert_eq!(number(&mut conn, ahead).await, 0);
    let forced = conn.batch_execute("UPDATE firms SET clock_ahead_seconds = 86400").await;
    assert!(forced.is_err(), "the database itself refuses");
    drop((conn, firm, store));
    database.drop().await;

    let (database, store, _) = filled().await;
    let firm = Firm::new(&store, "aurora.example").await;
    assert_eq!(advance(&database, &store, "1day").await, ["2026-03-03"; 3]);
    let mut conn = store.conn().await.unwrap();
    assert_eq!(number(&mut conn, ahead).await, 3);
    let own = format!("SELECT clock_ahead_seconds FROM firms WHERE id = '{}'", firm.id.uuid());
    assert_eq!(number(&mut conn, &own).await, 0);
    drop((conn, firm, store));
    database.drop().await;
}
