//! The keys by which lists are sorted belong to their texts, whoever writes them.

use std::sync::Arc;

use diesel_async::SimpleAsyncConnection;
use guichet_engine::store::Store;
use guichet_engine::{collation, db};
use guichet_tests::clock::SystemClock;
use guichet_tests::database::TestDatabase;
use guichet_tests::world::Firm;

/// D-01: a program that knows no keys changes a name; the list is in order as soon as the key is made anew.
#[tokio::test]
async fn d_01_a_key_follows_its_text() {
    let database = TestDatabase::new().await;
    let store = Store::new(db::pool(&database.url, 2).unwrap(), Arc::new(SystemClock));
    let firm = Firm::new(&store, "aurora.example").await;
    firm.client("Padaria Sol", None).await;
    let mut conn = store.conn().await.unwrap();
    assert_eq!(collation::fill(&mut conn).await.unwrap(), 0, "a key is written with its text");
    for change in ["UPDATE clients SET name = 'Água Viva'", "UPDATE staff_members SET name = 'Íris'"] {
        conn.batch_execute(change).await.unwrap();
        assert!(collation::fill(&mut conn).await.unwrap() > 0, "{change}");
    }
    conn.batch_execute("UPDATE clients SET name = name").await.unwrap();
    assert_eq!(collation::fill(&mut conn).await.unwrap(), 0, "the same text has the same key");
    drop(conn);
    database.drop().await;
}
