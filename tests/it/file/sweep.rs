//! What was never completed is cleared away: object first, then row; no row without its object.

use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::stream;
use guichet_schema::clock::Clock;
use guichet_schema::file::key::Key;
use guichet_schema::id::FileId;
use guichet_schema::tables::files;
use guichet_tests::object_store::{Fault, Kind, ObjectStore};
use guichet_workers::file_sweep::{Swept, sweep};
use http::StatusCode;
use serde_json::Value;

use super::hand::{PDF, declared, desk_on};
use crate::ticket::desk::{Desk, text};

async fn rows(desk: &Desk) -> i64 {
    files::table.count().get_result(&mut desk.app.store.conn().await.unwrap()).await.unwrap()
}

/// Uploads that nobody completed go, with what was sent; those that are completed or still awaited stay.
#[tokio::test]
async fn what_was_never_completed_goes() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let (store, storage) = (&desk.app.store, &desk.app.files.storage);
        let sent = desk.send_file(&desk.admin, "a.pdf", PDF).await;
        let never = text(&desk.declare(&desk.admin, &[declared("b.pdf", PDF)]).await[0]["file"]["id"]);
        let kept = desk.hand_in(&desk.admin, "c.pdf", PDF).await;
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        desk.app.pass(TimeDelta::hours(2));
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

/// While the store is away rows stay: an object is never left without its row.
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

/// Objects that came after their row had gone are found a day later, and so are pieces of killed writers.
#[tokio::test]
async fn orphans_and_leftovers_go() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let (store, storage) = (&desk.app.store, &desk.app.files.storage);
        let key = Key::Staged { firm_id: desk.firm.id, file_id: FileId::new() };
        let bytes = stream::iter([Ok::<_, std::io::Error>(PDF.into())]);
        storage.write(&key, bytes).await.unwrap();
        if let ObjectStore::Folder(folder) = &desk.app.object_store {
            std::fs::write(folder.path().join("files").join(format!("{}#1", key.path())), "half").unwrap();
        }
        // The store keeps its own time: the test's clock goes where the store's is, and on from there.
        let now = guichet_schema::clock::SystemClock.now();
        desk.app.pass(now.with_timezone(&Utc) - desk.app.clock.now());
        assert_eq!(sweep(store, storage).await.unwrap(), Swept::default());
        desk.app.pass(TimeDelta::days(1) + TimeDelta::minutes(1));
        let leftovers = usize::from(kind == Kind::Folder);
        assert_eq!(sweep(store, storage).await.unwrap(), Swept { expired: 0, orphans: 1, leftovers });
        assert_eq!(desk.app.object_store.count("staged"), 0);
        desk.finish().await;
    }
}
