//! A-09, D-08: uploading files, on both stores.

use chrono::TimeDelta;
use guichet_base::locale::Locale;
use guichet_engine::job::Payload;
use guichet_schema::shared::file::model::VerifyFile;
use guichet_schema::shared::file::rules::{AWAITED, GRACE, LEAST_COUNTED, Limits, MEGABYTE};
use guichet_tests::app::Setup;
use guichet_tests::object_store::{Fault, Kind};
use guichet_workers::file_sweep::sweep;
use http::StatusCode;
use serde_json::{Value, json};

use super::hand::{CSV, PDF, declared, desk_on};
use crate::desk::ticket::desk::{Desk, each, errors, key, text};

/// D-08, A-08, B-09: several files, each judged separately; the client attaches one, the firm downloads it, the access
/// log records it.
async fn round_trip(kind: Kind) {
    let desk = desk_on(kind).await;
    let files = [declared("guia.pdf", PDF), declared("run.exe", b"MZ"), declared("extrato.csv", CSV)];
    let uploads = desk.declare(&desk.admin, &files).await;
    assert_eq!(each(&json!(uploads), "userErrors")[0], json!([]));
    assert_eq!(errors(&uploads[1]), ["contentType:FILE_TYPE_NOT_ALLOWED"]);
    assert_eq!((&uploads[1]["file"], &uploads[1]["address"]), (&Value::Null, &Value::Null));
    assert_eq!(uploads[0]["file"]["state"], "PENDING");
    assert_eq!(uploads[0]["file"]["contentType"], "application/pdf");
    let ids: Vec<String> = [0, 2].iter().map(|index| text(&uploads[*index]["file"]["id"])).collect();
    for (upload, content) in [(&uploads[0], PDF), (&uploads[2], CSV)] {
        // The own store is reached at whatever address the page came from.
        let is_relative = text(&upload["address"]["url"]).starts_with("/files/");
        assert_eq!(is_relative, kind == Kind::Folder, "{}", upload["address"]);
        let sent = desk.request(&upload["address"]).body(content).send().await.unwrap();
        assert_eq!(sent.status(), 200, "{}", sent.text().await.unwrap());
    }
    desk.app.hold(VerifyFile::KIND).await;
    let done =
        desk.done(&desk.admin, "fileUploadComplete", json!({ "ids": [ids[0], "file_0", ids[1]] })).await;
    assert_eq!(done["results"][0]["file"]["state"], "STAGED");
    desk.app.release(VerifyFile::KIND).await;
    assert_eq!(errors(&done["results"][1]), ["NOT_FOUND"]);
    assert_eq!(errors(&done["results"][2]), [""; 0]);
    desk.app.jobs_done().await;
    assert_eq!(desk.state(&desk.admin, &ids[0]).await, "STORED");
    assert_eq!(desk.state(&desk.admin, &ids[1]).await, "STORED");
    assert_eq!((desk.app.object_store.count("staged"), desk.app.object_store.count("stored")), (0, 2));

    let ticket = desk.opened(&desk.admin).await;
    desk.attach(&desk.admin, &ticket, &ids[0], "PUBLIC").await;
    let got = desk.download(&desk.member, &ids[0]).await;
    assert_eq!(got.status(), 200);
    assert_eq!(got.bytes().await.unwrap(), PDF);
    let log = async |by, part: &str| {
        let fields =
            format!("accesses({part}) {{ edges {{ cursor node {{ channel by {{ id }} address }} }} }}");
        desk.file(by, &ids[0], &fields).await["accesses"]["edges"].clone()
    };
    let first = log(&desk.owner, "first: 100").await[0].clone();
    let of_member = json!({ "channel": "STAFF", "by": { "id": desk.member.id() }, "address": "127.0.0.1" });
    assert_eq!(first["node"], of_member);
    desk.download(&desk.admin, &ids[0]).await;
    let of_app = json!({ "channel": "MOBILE", "by": { "id": desk.admin.id() }, "address": "127.0.0.1" });
    let newest = log(&desk.owner, "first: 1").await;
    assert_eq!(newest[0]["node"], of_app, "an app sends its token itself");
    let after = format!("first: 1, after: {}", newest[0]["cursor"]);
    assert_eq!(log(&desk.owner, &after).await[0]["node"], of_member);
    let before = format!("last: 1, before: {}", first["cursor"]);
    assert_eq!(log(&desk.owner, &before).await[0]["node"], of_app);
    assert_eq!(each(&log(&desk.owner, "last: 2").await, "node"), [of_app, of_member]);
    assert_eq!(log(&desk.admin, "first: 1").await, json!([]));
    desk.finish().await;
}

#[tokio::test]
async fn d_08_a_file_comes_and_goes_on_a_folder() {
    round_trip(Kind::Folder).await;
}

#[tokio::test]
async fn d_08_a_file_comes_and_goes_on_s3() {
    round_trip(Kind::S3).await;
}

/// A repeated `fileUploadCreate` returns the same files with new addresses, and the old ones still work. Completing
/// twice verifies once. Too late, it returns `UPLOAD_EXPIRED`.
async fn repeated(kind: Kind) {
    let desk = desk_on(kind).await;
    let input =
        json!({ "idempotencyKey": key(), "files": [declared("run.sh", b"#!"), declared("a.pdf", PDF)] });
    let first = desk.done(&desk.admin, "fileUploadCreate", input.clone()).await;
    desk.app.pass(TimeDelta::minutes(10));
    let again = desk.done(&desk.admin, "fileUploadCreate", input.clone()).await;
    assert_eq!(first["uploads"][1]["file"], again["uploads"][1]["file"]);
    assert_eq!(errors(&again["uploads"][0]), ["contentType:FILE_TYPE_NOT_ALLOWED"]);
    assert_ne!(first["uploads"][1]["address"]["expiresAt"], again["uploads"][1]["address"]["expiresAt"]);
    let id = text(&again["uploads"][1]["file"]["id"]);
    for upload in [&first, &again] {
        let sent = desk.request(&upload["uploads"][1]["address"]).body(PDF).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }
    desk.complete(&desk.admin, &id).await;
    desk.complete(&desk.admin, &id).await;
    desk.app.jobs_done().await;
    desk.complete(&desk.admin, &id).await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
    // A stored file has no address for uploading.
    let late = desk.done(&desk.admin, "fileUploadCreate", input).await;
    assert_eq!(late["uploads"][1]["address"], Value::Null);
    let input = json!({ "idempotencyKey": key(), "files": [declared("b.pdf", PDF)] });
    desk.done(&desk.admin, "fileUploadCreate", input.clone()).await;
    desk.app.pass(AWAITED + GRACE);
    // Before and after the sweep.
    for _ in 0..2 {
        let late = desk.done(&desk.admin, "fileUploadCreate", input.clone()).await["uploads"][0].clone();
        assert_eq!(errors(&late), ["UPLOAD_EXPIRED"]);
        assert_eq!((&late["file"], &late["address"]), (&Value::Null, &Value::Null));
        sweep(&desk.app.store, &desk.app.files.storage).await.unwrap();
    }
    desk.finish().await;
}

#[tokio::test]
async fn a_09_repeated_on_a_folder() {
    repeated(Kind::Folder).await;
}

#[tokio::test]
async fn a_09_repeated_on_s3() {
    repeated(Kind::S3).await;
}

/// Missing or wrong bytes are refused, and the right ones can still be sent.
async fn not_there(kind: Kind) {
    let desk = desk_on(kind).await;
    let upload = desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await.remove(0);
    let id = text(&upload["file"]["id"]);
    let ids = json!({ "ids": [id] });
    let done = desk.done(&desk.admin, "fileUploadComplete", ids.clone()).await;
    assert_eq!(errors(&done["results"][0]), ["FILE_NOT_UPLOADED"]);
    // Bytes that differ from the declaration are refused.
    let sent = desk.request(&upload["address"]).body(CSV).send().await.unwrap();
    assert!(sent.status().is_client_error(), "{}", sent.status());
    let same_length: Vec<u8> = PDF.iter().rev().copied().collect();
    let sent = desk.request(&upload["address"]).body(same_length).send().await.unwrap();
    assert!(sent.status().is_client_error(), "{}", sent.status());
    // The S3 server of the tests keeps what it refused; the folder does not, nor does a real store.
    if kind == Kind::Folder {
        let done = desk.done(&desk.admin, "fileUploadComplete", ids.clone()).await;
        assert_eq!(errors(&done["results"][0]), ["FILE_NOT_UPLOADED"]);
        assert_eq!(done["results"][0]["file"]["state"], "PENDING");
    }
    let sent = desk.request(&upload["address"]).body(PDF).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    desk.complete(&desk.admin, &id).await;
    desk.app.jobs_done().await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
    desk.finish().await;
}

#[tokio::test]
async fn a_09_what_did_not_come_on_a_folder() {
    not_there(Kind::Folder).await;
}

#[tokio::test]
async fn a_09_what_did_not_come_on_s3() {
    not_there(Kind::S3).await;
}

/// Limits on file size and on unsettled bytes, per person and per side; each refusal names the limit.
#[tokio::test]
async fn limits_are_told() {
    let limits = Limits { file: MEGABYTE, unsettled: 2 * MEGABYTE, unsettled_of_firm: 3 * MEGABYTE };
    let desk = Desk::open_with(Setup { limits, ..Setup::default() }).await;
    let file = |name: &str, size: i64| json!({ "name": name, "size": size, "sha256": "ab".repeat(32) });
    let uploads = desk.declare(&desk.admin, &[file("a.pdf", MEGABYTE + 1), file("b.pdf", 0)]).await;
    assert_eq!(errors(&uploads[0]), ["size:FILE_TOO_LARGE"]);
    assert!(text(&uploads[0]["userErrors"][0]["message"]).contains("1\u{a0}Mo"));
    assert_eq!(errors(&uploads[1]), ["size:FILE_EMPTY"]);
    let two = json!({ "files": [file("a.pdf", MEGABYTE), file("b.pdf", MEGABYTE)] });
    desk.done(&desk.admin, "fileUploadCreate", two.clone()).await;
    let one = json!({ "files": [file("c.pdf", 1)] });
    assert_eq!(
        desk.refused(&desk.admin, "fileUploadCreate", one.clone()).await,
        ["files:TOO_MUCH_UNSETTLED"]
    );
    let caio = desk.collaborator("caio@padaria.example").await;
    desk.done(&desk.member, "fileUploadCreate", two.clone()).await;
    for other in [&caio, &desk.manager] {
        let refused = desk.refused(other, "fileUploadCreate", two.clone()).await;
        assert_eq!(refused, ["files:TOO_MUCH_UNSETTLED"]);
        desk.done(other, "fileUploadCreate", json!({ "files": [file("a.pdf", MEGABYTE)] })).await;
    }
    // Files that were not sent in time no longer count.
    desk.app.pass(TimeDelta::hours(2));
    desk.done(&desk.admin, "fileUploadCreate", one).await;
    let many: Vec<_> = (0..21).map(|number| file(&format!("{number}.pdf"), 1)).collect();
    assert_eq!(
        desk.refused(&desk.admin, "fileUploadCreate", json!({ "files": many })).await,
        ["files:OUT_OF_RANGE"]
    );
    assert_eq!(
        desk.refused(&desk.admin, "fileUploadCreate", json!({ "files": [] })).await,
        ["files:OUT_OF_RANGE"]
    );
    desk.finish().await;
}

/// The uploads of one client's users block neither staff nor other clients.
#[tokio::test]
async fn limits_keep_clients_apart() {
    let limits = Limits { file: MEGABYTE, unsettled: MEGABYTE, unsettled_of_firm: 5 * MEGABYTE };
    let desk = Desk::open_with(Setup { limits, ..Setup::default() }).await;
    let one = json!({ "files": [{ "name": "a.pdf", "size": MEGABYTE, "sha256": "ab".repeat(32) }] });
    let mut refused = Vec::new();
    for number in 0..10 {
        let user = desk.collaborator(&format!("user{number}@padaria.example")).await;
        refused.push(desk.refused(&user, "fileUploadCreate", one.clone()).await);
    }
    assert!(refused[..4].iter().all(Vec::is_empty), "{refused:?}");
    assert_eq!(refused[4..].concat(), ["files:TOO_MUCH_UNSETTLED"; 6]);
    let other = desk.firm.client("Oficina Dois Irmãos", None).await;
    let other = desk.firm.admin(other, "rui@oficina.example").await;
    for by in [&desk.owner, &desk.manager, &desk.member, &other] {
        desk.done(by, "fileUploadCreate", one.clone()).await;
    }
    desk.finish().await;
}

/// A stored file counts until it is attached, and each file counts at least a minimum size.
#[tokio::test]
async fn limits_count_what_has_no_owner() {
    let limits = Limits { unsettled: 2 * LEAST_COUNTED, ..Limits::default() };
    let desk = Desk::open_with(Setup { limits, ..Setup::default() }).await;
    let ticket = desk.opened(&desk.admin).await;
    let stored = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
    let one = json!({ "files": [declared("b.pdf", PDF)] });
    desk.done(&desk.admin, "fileUploadCreate", one.clone()).await;
    assert_eq!(
        desk.refused(&desk.admin, "fileUploadCreate", one.clone()).await,
        ["files:TOO_MUCH_UNSETTLED"]
    );
    desk.attach(&desk.admin, &ticket, &stored, "PUBLIC").await;
    desk.done(&desk.admin, "fileUploadCreate", one).await;
    desk.finish().await;
}

/// Too many files are refused before the store is asked about them.
#[tokio::test]
async fn too_many_are_refused_before_the_store_is_asked() {
    let desk = desk_on(Kind::S3).await;
    let id = desk.send_file(&desk.admin, "a.pdf", PDF).await;
    desk.app.object_store.s3().spoil(Some(Fault::Every(StatusCode::SERVICE_UNAVAILABLE)));
    let ids = json!({ "ids": vec![id; 21] });
    assert_eq!(desk.refused(&desk.admin, "fileUploadComplete", ids).await, ["ids:OUT_OF_RANGE"]);
    desk.app.object_store.s3().spoil(None);
    desk.finish().await;
}

/// Of concurrent uploads that have room for one, one succeeds.
#[tokio::test]
async fn limits_hold_for_uploads_at_once() {
    let limits = Limits { unsettled: MEGABYTE, ..Limits::default() };
    let desk = Desk::open_with(Setup { limits, ..Setup::default() }).await;
    let file = json!({ "files": [{ "name": "a.pdf", "size": MEGABYTE, "sha256": "ab".repeat(32) }] });
    let both = (0..8).map(|_| desk.act(&desk.admin, "fileUploadCreate", file.clone()));
    let made = futures_util::future::join_all(both).await;
    let done = made.iter().filter(|payload| payload["userErrors"] == json!([])).count();
    assert_eq!(done, 1);
    desk.finish().await;
}

/// Refusals are in the viewer's language.
#[tokio::test]
async fn refusals_in_four_languages() {
    let desk = Desk::open().await;
    let mut told = std::collections::BTreeSet::new();
    for locale in [Locale::PtBr, Locale::Fr, Locale::Es, Locale::En] {
        desk.speaks(&desk.admin, locale).await;
        let uploads = desk.declare(&desk.admin, &[declared("page.html", b"<html>")]).await;
        assert_eq!(errors(&uploads[0]), ["contentType:FILE_TYPE_NOT_ALLOWED"]);
        told.insert(text(&uploads[0]["userErrors"][0]["message"]));
    }
    assert_eq!(told.len(), 4, "{told:?}");
    desk.finish().await;
}

/// After the period for an upload it cannot be completed.
#[tokio::test]
async fn uploads_expire() {
    let desk = Desk::open().await;
    let id = desk.send_file(&desk.admin, "a.pdf", PDF).await;
    desk.app.pass(TimeDelta::hours(2));
    let done = desk.done(&desk.admin, "fileUploadComplete", json!({ "ids": [id] })).await;
    assert_eq!(errors(&done["results"][0]), ["UPLOAD_EXPIRED"]);
    desk.finish().await;
}

/// B-14: until a file is attached, only its uploader sees it, even after it is stored. Nobody else can complete, attach
/// or download it.
#[tokio::test]
async fn b_14_only_the_uploader_sees_it() {
    let desk = Desk::open().await;
    let collaborator = desk.collaborator("caio@padaria.example").await;
    let id = desk.send_file(&desk.admin, "a.pdf", PDF).await;
    let ticket = desk.opened(&desk.owner).await;
    for by in [&desk.owner, &desk.member, &collaborator] {
        assert_eq!(desk.file(by, &id, "id").await, Value::Null);
        assert_eq!(desk.refused(by, "fileDownload", json!({ "id": id })).await, ["id:NOT_FOUND"]);
        let done = desk.done(by, "fileUploadComplete", json!({ "ids": [id] })).await;
        assert_eq!(errors(&done["results"][0]), ["NOT_FOUND"]);
        let to = json!({ "id": ticket, "fileIds": [id], "to": { "visibility": "PUBLIC" } });
        assert_eq!(desk.refused(by, "ticketFileAttach", to).await, ["fileIds.0:NOT_FOUND"]);
    }
    let open = json!({ "id": id });
    assert_eq!(desk.refused(&desk.admin, "fileDownload", open.clone()).await, ["FILE_NOT_UPLOADED"]);
    desk.complete(&desk.admin, &id).await;
    desk.app.jobs_done().await;
    assert_eq!(desk.file(&desk.owner, &id, "id").await, Value::Null);
    desk.done(&desk.admin, "fileDownload", open).await;
    desk.finish().await;
}
