//! Files without an owner are removed when they expire: the object first, then the row, so that no object loses its
//! row.

use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::stream;
use guichet_base::clock::Clock;
use guichet_base::id::{FileId, Id};
use guichet_engine::tables::{attachments, files};
use guichet_schema::shared::file::expiry;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::rules::{AWAITED, GRACE, REFUSED_KEPT, UNUSED_KEPT, UPLOAD_ADDRESS};
use guichet_tests::app::Setup;
use guichet_tests::clamd::{FakeClamd, VIRUS};
use guichet_tests::object_store::{Fault, Kind, ObjectStore};
use guichet_workers::file_sweep::{Swept, sweep};
use http::StatusCode;
use serde_json::{Value, json};

use super::hand::{CSV, PDF, declared, desk_on};
use crate::desk::ticket::desk::{Desk, text};
use crate::desk::ticket::idempotency::Held;

async fn rows(desk: &Desk) -> i64 {
    files::table.count().get_result(&mut desk.app.store.conn().await.unwrap()).await.unwrap()
}

/// Uploads that were not completed in time are removed, with the bytes that were sent; completed ones and those that
/// can still be completed stay.
#[tokio::test]
async fn what_was_never_completed_goes() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let (store, storage) = (&desk.app.store, &desk.app.files.storage);
        let sent = desk.send_file(&desk.admin, "a.pdf", PDF).await;
        let never = text(&desk.declare(&desk.admin, &[declared("b.pdf", PDF)]).await[0]["file"]["id"]);
        let kept = desk.hand_in(&desk.admin, "c.pdf", PDF).await;
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        desk.app.pass(AWAITED);
        // A call that completes one of them may still be running.
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        desk.app.pass(GRACE);
        let fresh = desk.send_file(&desk.admin, "d.pdf", PDF).await;
        let swept = sweep(store, storage).await.unwrap();
        assert_eq!(swept, Swept { expired: 2, ..Swept::default() });
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        for gone in [&sent, &never] {
            assert_eq!(desk.file(&desk.admin, gone, "id").await, Value::Null);
        }
        for there in [&kept, &fresh] {
            assert_eq!(text(&desk.file(&desk.admin, there, "id").await["id"]), **there);
        }
        assert_eq!((desk.app.object_store.count("staged"), desk.app.object_store.count("stored")), (1, 1));
        desk.finish().await;
    }
}

/// While the store does not answer, rows stay: no object loses its row.
#[tokio::test]
async fn the_object_goes_before_the_row() {
    let desk = desk_on(Kind::S3).await;
    let (store, storage) = (&desk.app.store, &desk.app.files.storage);
    desk.send_file(&desk.admin, "a.pdf", PDF).await;
    desk.app.pass(TimeDelta::hours(3));
    let s3 = desk.app.object_store.s3();
    s3.spoil(Some(Fault::Every(StatusCode::SERVICE_UNAVAILABLE)));
    sweep(store, storage).await.unwrap_err();
    assert_eq!(rows(&desk).await, 1);
    s3.spoil(None);
    assert_eq!(sweep(store, storage).await.unwrap().expired, 1);
    assert_eq!((rows(&desk).await, desk.app.object_store.count("staged")), (0, 0));
    desk.finish().await;
}

/// An object that cannot be removed does not stop the sweep, and is removed once that works.
#[tokio::test]
async fn one_that_stays_stops_no_other() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let (store, storage) = (&desk.app.store, &desk.app.files.storage);
        let stuck = desk.send_file(&desk.admin, "a.pdf", PDF).await;
        desk.app.pass(TimeDelta::seconds(1));
        desk.send_file(&desk.admin, "b.pdf", PDF).await;
        desk.app.pass(AWAITED + GRACE);
        // A non-empty folder is in the place of the object.
        let key = Key::Staged { firm_id: desk.firm.id, file_id: FileId::decode(&stuck).unwrap() };
        let object = desk.app.object_store.root().join(key.path());
        std::fs::remove_file(&object).unwrap();
        std::fs::create_dir(&object).unwrap();
        std::fs::write(object.join("x"), "in the way").unwrap();
        for expired in [1, 0] {
            let unswept = sweep(store, storage).await.unwrap_err();
            assert_eq!((unswept.failures, unswept.swept), (1, Swept { expired, ..Swept::default() }));
            assert_eq!(rows(&desk).await, 1);
        }
        std::fs::remove_dir_all(&object).unwrap();
        assert_eq!(sweep(store, storage).await.unwrap(), Swept { expired: 1, ..Swept::default() });
        assert_eq!((rows(&desk).await, desk.app.object_store.count("staged")), (0, 0));
        desk.finish().await;
    }
}

/// Expired files are read in chunks, also when more than one chunk expires at the same time.
#[tokio::test]
async fn chunk_by_chunk() {
    let desk = desk_on(Kind::Folder).await;
    let (store, storage) = (&desk.app.store, &desk.app.files.storage);
    desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await;
    let more = expiry::CHUNK + 10;
    let copies = format!(
        "INSERT INTO files (id, firm_id, client_id, uploader_access, name, content_type, size, sha256,
             expires_at, created_at)
         SELECT gen_random_uuid(), firm_id, client_id, uploader_access, name, content_type, size, sha256,
             expires_at, created_at
         FROM files, generate_series(1, {more})"
    );
    let mut conn = store.conn().await.unwrap();
    conn.batch_execute(&copies).await.unwrap();
    drop(conn);
    desk.app.pass(AWAITED + GRACE);
    let swept = sweep(store, storage).await.unwrap();
    assert_eq!(swept, Swept { expired: more + 1, ..Swept::default() });
    assert_eq!(rows(&desk).await, 0);
    desk.finish().await;
}

/// A stored file that nobody attached in time is refused, and then its bytes are removed; its row and the log of who
/// opened it stay (B-09). Attached files stay. If the process dies between two steps, the next turn continues.
#[tokio::test]
async fn what_nobody_attached_goes() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let (store, storage) = (&desk.app.store, &desk.app.files.storage);
        let ticket = desk.opened(&desk.member).await;
        let attached = desk.hand_in(&desk.member, "a.pdf", PDF).await;
        desk.attach(&desk.member, &ticket, &attached, "PUBLIC").await;
        // With the same content: removing one file does not remove the bytes of the other.
        let unused = desk.hand_in(&desk.member, "b.pdf", PDF).await;
        desk.download(&desk.member, &unused).await;
        assert_eq!(desk.file(&desk.member, &attached, "expiresAt").await["expiresAt"], Value::Null);
        assert!(desk.file(&desk.member, &unused, "expiresAt").await["expiresAt"].is_string());
        desk.app.pass(UNUSED_KEPT - TimeDelta::seconds(1));
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        desk.app.pass(TimeDelta::seconds(1));
        let found = expiry::expired(&mut store.conn().await.unwrap(), store.now(), None).await.unwrap();
        assert_eq!(found.len(), 1);
        expiry::refuse_unused(store, &found[0]).await.unwrap();
        // The process died here: refused, its bytes are still there.
        assert_eq!(desk.app.object_store.count("stored"), 2);
        assert_eq!(
            desk.refused(&desk.member, "fileDownload", json!({ "id": unused })).await,
            ["FILE_UNUSED"]
        );
        let to = json!({ "id": ticket, "fileIds": [unused], "to": { "visibility": "PUBLIC" } });
        let refused = desk.refused(&desk.member, "ticketFileAttach", to).await;
        assert_eq!(refused, ["fileIds.0:FILE_UNUSED"]);
        desk.refusal_in_four_languages(&desk.member, &unused).await;
        // Repeated steps have no further effect.
        expiry::refuse_unused(store, &found[0]).await.unwrap();
        expiry::forget(store, &found[0]).await.unwrap();
        assert_eq!(sweep(store, storage).await.unwrap(), Swept { expired: 1, ..Swept::default() });
        assert_eq!(desk.app.object_store.count("stored"), 1);
        let left = "state expiresAt accesses(first: 10) { nodes { by { id } } }";
        let left = desk.file(&desk.member, &unused, left).await;
        let by = json!([{ "by": { "id": desk.member.id() } }]);
        let expected = json!({ "state": "REJECTED", "expiresAt": null, "accesses": { "nodes": by } });
        assert_eq!(left, expected);
        desk.app.pass(TimeDelta::days(20));
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        assert_eq!(rows(&desk).await, 2);
        assert_eq!(desk.download(&desk.owner, &attached).await.status(), 200);
        desk.finish().await;
    }
}

/// One turn refuses the file and removes its bytes.
#[tokio::test]
async fn one_turn_does_it_all() {
    let desk = desk_on(Kind::Folder).await;
    let (store, storage) = (&desk.app.store, &desk.app.files.storage);
    desk.hand_in(&desk.member, "a.pdf", PDF).await;
    desk.app.pass(UNUSED_KEPT);
    let swept = sweep(store, storage).await.unwrap();
    assert_eq!(swept, Swept { expired: 1, unused: 1, ..Swept::default() });
    assert_eq!((rows(&desk).await, desk.app.object_store.count("stored")), (1, 0));
    desk.finish().await;
}

/// A file that is attached at the last moment stays, however far the sweep has come.
#[tokio::test]
async fn attached_at_the_last_moment() {
    let desk = desk_on(Kind::Folder).await;
    let (store, storage) = (&desk.app.store, &desk.app.files.storage);
    let ticket = desk.opened(&desk.member).await;
    let file = desk.hand_in(&desk.member, "a.pdf", PDF).await;
    desk.app.pass(UNUSED_KEPT);
    let found = expiry::expired(&mut store.conn().await.unwrap(), store.now(), None).await.unwrap();
    // The sweep waits for the lock of the call that attaches, and then checks again.
    let mut held = Held::rows(&desk, "SELECT 1 FROM files", "UPDATE").await;
    let attaching = async {
        held.awaited().await;
        held.run("UPDATE files SET expires_at = expires_at + interval '1 day'").await;
        held.let_go().await;
    };
    let (refused, ()) = tokio::join!(expiry::refuse_unused(store, &found[0]), attaching);
    refused.unwrap();
    assert_eq!(desk.state(&desk.member, &file).await, "STORED");
    desk.attach(&desk.member, &ticket, &file, "PUBLIC").await;
    expiry::refuse_unused(store, &found[0]).await.unwrap();
    expiry::forget(store, &found[0]).await.unwrap();
    assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
    assert_eq!(desk.download(&desk.owner, &file).await.status(), 200);
    desk.finish().await;
}

/// F-07: a quarantined file is kept for a month for the operator, a refused one for its uploader; then each is removed
/// with its attachment, which nobody else saw.
#[tokio::test]
async fn f_07_refused_files_go() {
    let scanner = FakeClamd::start().await;
    scanner.leave(true);
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let (store, storage) = (&desk.app.store, &desk.app.files.storage);
    let ticket = desk.opened(&desk.admin).await;
    let infected = desk.send_file(&desk.admin, "notas.txt", VIRUS).await;
    desk.complete(&desk.admin, &infected).await;
    desk.attach(&desk.admin, &ticket, &infected, "PUBLIC").await;
    scanner.leave(false);
    desk.app.jobs_until("it waits for another try", |jobs| jobs.iter().all(|(_, due)| !due)).await;
    desk.app.pass(TimeDelta::seconds(20));
    desk.app.jobs_done().await;
    desk.hand_in(&desk.admin, "a.pdf", CSV).await;
    let seen = "attachments { file { state } }";
    let own = desk.look(&desk.admin, &ticket, seen).await;
    assert_eq!(own["attachments"], json!([{ "file": { "state": "QUARANTINED" } }]));
    // An object that an interrupted job left under another key is removed, too.
    let id = FileId::decode(&infected).unwrap();
    put(&desk, &Key::Stored { firm_id: desk.firm.id, file_id: id }).await;
    desk.app.pass(REFUSED_KEPT - TimeDelta::minutes(1));
    assert_eq!(sweep(store, storage).await.unwrap().expired, 0);
    assert_eq!(desk.app.object_store.count("quarantined"), 1);
    desk.app.pass(TimeDelta::minutes(1));
    assert_eq!(sweep(store, storage).await.unwrap().expired, 2);
    let folders = ["staged", "stored", "quarantined"].map(|folder| desk.app.object_store.count(folder));
    assert_eq!((rows(&desk).await, folders), (0, [0; 3]));
    let mut conn = store.conn().await.unwrap();
    assert_eq!(attachments::table.count().get_result(&mut conn).await, Ok(0));
    drop(conn);
    desk.finish().await;
}

async fn put(desk: &Desk, key: &Key) {
    let bytes = stream::iter([Ok::<_, std::io::Error>(PDF.into())]);
    desk.app.files.storage.write(key, bytes).await.unwrap();
}

/// Objects without a row are removed once no address for them can be valid any more, also those that were sent again
/// after their file was verified; pieces of killed writers are removed a day later.
#[tokio::test]
async fn orphans_and_leftovers_go() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let (store, storage) = (&desk.app.store, &desk.app.files.storage);
        let key = Key::Staged { firm_id: desk.firm.id, file_id: FileId::new() };
        put(&desk, &key).await;
        let verified = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
        desk.attach(&desk.admin, &desk.opened(&desk.admin).await, &verified, "PUBLIC").await;
        let file_id = FileId::decode(&verified).unwrap();
        put(&desk, &Key::Staged { firm_id: desk.firm.id, file_id }).await;
        if let ObjectStore::Folder(folder) = &desk.app.object_store {
            std::fs::write(folder.path().join("files").join(format!("{}#1", key.path())), "half").unwrap();
        }
        // The store uses the real time, so the test's clock is set to it first.
        let now = guichet_tests::clock::SystemClock.now();
        desk.app.pass(now.with_timezone(&Utc) - desk.app.clock.now());
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        desk.app.pass(UPLOAD_ADDRESS + TimeDelta::minutes(6));
        assert_eq!(sweep(store, storage).await.unwrap(), Swept { orphans: 2, ..Swept::default() });
        desk.app.pass(TimeDelta::days(1));
        let leftovers = usize::from(kind == Kind::Folder);
        assert_eq!(sweep(store, storage).await.unwrap(), Swept { leftovers, ..Swept::default() });
        assert_eq!(desk.app.object_store.count("staged"), 0);
        desk.finish().await;
    }
}
