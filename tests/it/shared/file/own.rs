//! a person's own uploads, as a list and live.

use chrono::TimeDelta;
use guichet_engine::job::Payload;
use guichet_schema::shared::file::model::VerifyFile;
use guichet_schema::shared::file::rules::{AWAITED, GRACE};
use guichet_tests::app::Setup;
use guichet_tests::clamd::FakeClamd;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::object_store::Kind;
use guichet_tests::world::Person;
use guichet_workers::file_sweep::sweep;
use serde_json::{Value, json};

use super::hand::{CSV, PDF, declared, desk_on};
use crate::desk::ticket::desk::{Desk, each, text};

async fn own(desk: &Desk, by: &Person, filter: Value) -> Vec<String> {
    let query =
        "query ($filter: FileFilter) { files(filter: $filter, first: 100) { totalCount nodes { id } } }";
    let page = desk.app.ask(by, query, json!({ "filter": filter })).await["files"].clone();
    let ids: Vec<String> = each(&page["nodes"], "id").iter().map(text).collect();
    assert_eq!(page["totalCount"], ids.len());
    ids
}

async fn follow(side: &LiveSide, by: &Person, filter: Value) -> Messages {
    let document = "subscription ($filter: FileFilter) { filesChanged(filter: $filter) {
        reload removed changed { id state expiresAt refusal { code } attachment { ticket { id } } } } }";
    let mut messages = side.follow(Some(&by.token), document, json!({ "filter": filter })).await;
    assert_eq!(messages.told().await["reload"], true);
    messages
}

/// Hears until a file is told in this state.
async fn until(messages: &mut Messages, id: &str, state: &str) -> Value {
    loop {
        let told = messages.told().await;
        assert_eq!(told["reload"], false);
        let found = told["changed"].as_array().unwrap().iter().find(|file| file["id"] == id);
        if let Some(file) = found.filter(|file| file["state"] == state) {
            return file.clone();
        }
    }
}

/// The uploader is told of each step of a file, and nobody else is shown it.
#[tokio::test]
async fn a_09_the_uploader_is_told() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let caio = desk.collaborator("caio@padaria.example").await;
    let mut mine = follow(&side, &desk.admin, json!({})).await;
    let mut stored = follow(&side, &desk.admin, json!({ "states": ["STORED"] })).await;
    let mut others = Vec::new();
    for person in [&caio, &desk.owner, &desk.member] {
        others.push((person, follow(&side, person, json!({})).await));
    }

    let upload = desk.declare(&desk.admin, &[declared("guia.pdf", PDF)]).await.remove(0);
    let id = text(&upload["file"]["id"]);
    until(&mut mine, &id, "PENDING").await;
    desk.request(&upload["address"]).body(PDF).send().await.unwrap();
    // A state that a worker has already left would not be told.
    desk.app.hold(VerifyFile::KIND).await;
    desk.complete(&desk.admin, &id).await;
    until(&mut mine, &id, "STAGED").await;
    desk.app.release(VerifyFile::KIND).await;
    desk.app.jobs_done().await;
    let told = until(&mut mine, &id, "STORED").await;
    assert_eq!(told["attachment"], Value::Null);
    assert!(told["expiresAt"].is_string());
    // With a filter it is told as removed until it matches.
    until(&mut stored, &id, "STORED").await;

    let ticket = desk.opened(&desk.admin).await;
    desk.attach(&desk.admin, &ticket, &id, "PUBLIC").await;
    let told = until(&mut mine, &id, "STORED").await;
    assert_eq!((&told["attachment"]["ticket"]["id"], &told["expiresAt"]), (&json!(ticket), &Value::Null));

    let wrong = desk.hand_in(&desk.admin, "extrato.pdf", CSV).await;
    assert_eq!(until(&mut mine, &wrong, "REJECTED").await["refusal"]["code"], "FILE_TYPE_MISMATCH");
    let upload = desk.declare(&desk.admin, &[declared("nota.pdf", PDF)]).await.remove(0);
    let late = text(&upload["file"]["id"]);
    until(&mut mine, &late, "PENDING").await;
    desk.app.pass(AWAITED + GRACE);
    sweep(&desk.app.store, &desk.app.files.storage).await.unwrap();
    assert_eq!(mine.told().await["removed"], json!([late]));
    assert_eq!(own(&desk, &desk.admin, json!({})).await, [wrong, id.clone()]);
    // The first that others are shown is of their own. Of a file that they could see elsewhere they are told that it is not
    // in this list.
    for (person, mut messages) in others {
        let upload = desk.declare(person, &[declared("nota.pdf", PDF)]).await.remove(0);
        let mut told = messages.told().await;
        while told["changed"] == json!([]) {
            assert_eq!(told["removed"], json!([id]));
            told = messages.told().await;
        }
        assert_eq!(each(&told["changed"], "id"), [upload["file"]["id"].clone()]);
    }
    drop((mine, stored));
    drop(side);
    desk.finish().await;
}

/// D-07, D-08: the files on a ticket, in pages and live: whoever can see one is told of it once it is stored, and of an
/// internal one only staff are.
#[tokio::test]
async fn d_08_files_of_a_ticket() {
    let scanner = FakeClamd::start().await;
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let side = LiveSide::start(&desk.app.store);
    let ticket = desk.opened(&desk.admin).await;
    let of_ticket = json!({ "ticketIds": [ticket] });
    let mut client = follow(&side, &desk.admin, of_ticket.clone()).await;
    let mut staff = follow(&side, &desk.member, of_ticket.clone()).await;
    let noted = desk.hand_in(&desk.owner, "nota.pdf", PDF).await;
    desk.attach(&desk.owner, &ticket, &noted, "INTERNAL").await;
    until(&mut staff, &noted, "STORED").await;
    // Attached before it is stored.
    scanner.leave(true);
    let early = desk.hand_in(&desk.owner, "guia.pdf", PDF).await;
    desk.attach(&desk.owner, &ticket, &early, "PUBLIC").await;
    assert_eq!(own(&desk, &desk.member, of_ticket.clone()).await, std::slice::from_ref(&noted));
    assert_eq!(own(&desk, &desk.owner, of_ticket.clone()).await, [early.clone(), noted.clone()]);
    scanner.leave(false);
    desk.app.pass(TimeDelta::seconds(20));
    desk.app.jobs_done().await;
    let told = until(&mut staff, &early, "STORED").await;
    assert_eq!(told["attachment"]["ticket"]["id"], ticket);
    // The first that the client is told is of what it can see.
    let told = client.told().await;
    assert_eq!((each(&told["changed"], "id"), &told["removed"]), (vec![json!(early)], &json!([])));
    assert_eq!(own(&desk, &desk.admin, of_ticket.clone()).await, std::slice::from_ref(&early));
    assert_eq!(own(&desk, &desk.member, of_ticket).await, [early, noted]);
    // Those of another ticket are none of this list.
    let other = desk.opened(&desk.admin).await;
    assert_eq!(own(&desk, &desk.member, json!({ "ticketIds": [other] })).await, [""; 0]);
    drop((client, staff));
    drop(side);
    desk.finish().await;
}

/// Newest first, of one person, by ids and states; also when others can see the files.
#[tokio::test]
async fn a_09_own_uploads() {
    let desk = Desk::open().await;
    let mut ids = Vec::new();
    for name in ["a.pdf", "b.pdf", "c.pdf"] {
        ids.insert(0, desk.hand_in(&desk.admin, name, PDF).await);
        desk.app.pass(TimeDelta::seconds(1));
    }
    let ticket = desk.opened(&desk.admin).await;
    desk.attach(&desk.admin, &ticket, &ids[1], "PUBLIC").await;
    let theirs = desk.hand_in(&desk.owner, "d.pdf", PDF).await;
    desk.attach(&desk.owner, &ticket, &theirs, "PUBLIC").await;
    assert_eq!(own(&desk, &desk.admin, json!({})).await, ids);
    assert_eq!(
        own(&desk, &desk.admin, json!({ "ids": [ids[2], theirs, "x", ids[0]] })).await,
        [ids[0].clone(), ids[2].clone()]
    );
    assert_eq!(own(&desk, &desk.admin, json!({ "states": ["PENDING", "REJECTED"] })).await, [""; 0]);
    assert_eq!(own(&desk, &desk.owner, json!({})).await, [theirs]);
    assert_eq!(own(&desk, &desk.member, json!({})).await, [""; 0]);
    desk.finish().await;
}

/// A file whose digest was not declared, as from a page without TLS: nothing else is checked less, and the digest is known
/// once it is stored.
async fn without_digest(kind: Kind) {
    let desk = desk_on(kind).await;
    let plain = |name: &str, content: &[u8]| json!({ "name": name, "size": content.len() });
    let fields = "state sha256 refusal { code }";
    let upload = desk.declare(&desk.admin, &[plain("guia.pdf", PDF)]).await.remove(0);
    let id = text(&upload["file"]["id"]);
    assert_eq!(desk.file(&desk.admin, &id, fields).await["sha256"], Value::Null);
    let ticket = desk.opened(&desk.admin).await;
    // Another number of bytes than was declared.
    let sent = desk.request(&upload["address"]).body(&PDF[1..]).send().await.unwrap();
    let done = desk.done(&desk.admin, "fileUploadComplete", json!({ "ids": [id] })).await;
    let code = if sent.status().is_success() { "FILE_INCOMPLETE" } else { "FILE_NOT_UPLOADED" };
    assert_eq!(done["results"][0]["userErrors"][0]["code"], code);
    assert_eq!(desk.request(&upload["address"]).body(PDF).send().await.unwrap().status(), 200);
    desk.complete(&desk.admin, &id).await;
    desk.attach(&desk.admin, &ticket, &id, "PUBLIC").await;
    desk.app.jobs_done().await;
    let stored = desk.file(&desk.admin, &id, fields).await;
    assert_eq!(
        (&stored["state"], &stored["sha256"]),
        (&json!("STORED"), &declared("guia.pdf", PDF)["sha256"])
    );
    assert_eq!(desk.download(&desk.member, &id).await.bytes().await.unwrap(), PDF);

    // The same content once more is known as such; another kind than declared is refused.
    let again = desk.hand_in(&desk.admin, "copia.pdf", PDF).await;
    let again = text(&desk.attach(&desk.admin, &ticket, &again, "PUBLIC").await["id"]);
    let query = "query ($id: ID!) { node(id: $id) { ... on Attachment { duplicateOf { file { id } } } } }";
    let seen = desk.app.ask(&desk.admin, query, json!({ "id": again })).await;
    assert_eq!(seen["node"]["duplicateOf"]["file"]["id"], id);
    let upload = desk.declare(&desk.admin, &[plain("guia.pdf", CSV)]).await.remove(0);
    assert_eq!(desk.request(&upload["address"]).body(CSV).send().await.unwrap().status(), 200);
    let other = text(&upload["file"]["id"]);
    desk.complete(&desk.admin, &other).await;
    desk.app.jobs_done().await;
    let refused = desk.file(&desk.admin, &other, fields).await;
    assert_eq!(refused["refusal"]["code"], "FILE_TYPE_MISMATCH");

    // What is declared must be a digest.
    let empty = json!({ "name": "guia.pdf", "size": 1, "sha256": "" });
    let refused = desk.declare(&desk.admin, &[empty]).await.remove(0);
    assert_eq!(refused["userErrors"][0]["code"], "INVALID_CHECKSUM");
    desk.finish().await;
}

#[tokio::test]
async fn a_09_without_a_digest_on_a_folder() {
    without_digest(Kind::Folder).await;
}

#[tokio::test]
async fn a_09_without_a_digest_on_s3() {
    without_digest(Kind::S3).await;
}
