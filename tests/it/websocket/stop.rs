//! A process that is asked to stop.

use guichet_engine::db;
use guichet_engine::store::Store;
use guichet_tests::clock::SystemClock;
use guichet_tests::database::TestDatabase;
use guichet_tests::process::Launch;
use guichet_tests::websocket::Websocket;
use guichet_tests::world::Firm;
use serde_json::json;
use std::sync::Arc;

use crate::people::sign_in::door::VIEWER;

/// It closes its websockets with 1001, and the clients connect to another process.
#[tokio::test]
async fn clients_go_elsewhere() {
    let database = TestDatabase::new().await;
    let store = Store::new(db::pool(&database.url, 2).unwrap(), Arc::new(SystemClock));
    let firm = Firm::new(&store, "aurora.example").await;
    let launch = Launch::serve(&database.url);
    let (one, two) = tokio::join!(launch.start(), launch.start());
    let mut socket = Websocket::bearer(&one.url().await, &firm.owner.token).await;
    let seen = socket.ask(VIEWER, json!({})).await;
    let (ended, closed) = tokio::join!(one.stop(), socket.closed());
    assert!(ended.success());
    assert_eq!(closed, (1001, "The server stops".to_owned()));
    let mut socket = Websocket::bearer(&two.url().await, &firm.owner.token).await;
    assert_eq!(socket.ask(VIEWER, json!({})).await, seen);
    assert!(two.stop().await.success());
    database.drop().await;
}
