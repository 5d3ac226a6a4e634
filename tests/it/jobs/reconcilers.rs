//! Background work is a list of reconcilers, each of which fails separately.

use std::collections::BTreeSet;

use diesel_async::RunQueryDsl;
use guichet_tests::app::TestApp;
use guichet_workers::reconcilers;

/// F-02: when the table of the first reconciler is missing, only this one fails, and all others work.
#[tokio::test]
async fn one_that_fails_starves_no_other() {
    let app = TestApp::start().await;
    let mut conn = app.store.conn().await.unwrap();
    let forgotten = "INSERT INTO sign_in_failures (id, email_ci, address, at)
        VALUES (gen_random_uuid(), 'x@y.example', '203.0.113.9', '2020-01-01')";
    for statement in ["ALTER TABLE email_deliveries RENAME TO elsewhere", forgotten] {
        diesel::sql_query(statement).execute(&mut conn).await.unwrap();
    }
    let list = reconcilers(&app.store, &app.files.storage, &app.senders);
    let names: BTreeSet<&str> = list.iter().map(|reconciler| reconciler.name).collect();
    assert_eq!(names.len(), list.len(), "two have one name");
    let mut failed = Vec::new();
    let mut done = Vec::new();
    for reconciler in list {
        match reconciler.turn().await {
            Ok(0) => {}
            Ok(count) => done.push((reconciler.name, count)),
            Err(_) => failed.push(reconciler.name),
        }
    }
    assert_eq!(failed, ["mails without a job"]);
    assert_eq!(done, [("old sessions", 1)]);
    drop(conn);
    app.finish().await;
}
