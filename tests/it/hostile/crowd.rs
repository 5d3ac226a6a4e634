//! Single requests that would use all resources.

use diesel_async::SimpleAsyncConnection;
use guichet_tests::app::TestApp;
use guichet_tests::http;
use guichet_tests::wait::{DEADLINE, until};
use guichet_tests::world::Firm;
use serde_json::json;
use tokio::time::{Instant, timeout};

/// A query with this many searches at its root.
fn searches(count: usize) -> String {
    let field = |n| format!("a{n}: tickets(first: 1, filter: {{ search: \"a{n}\" }}) {{ totalCount }} ");
    format!("{{ {} }}", (0..count).map(field).collect::<String>())
}

/// Root fields run concurrently: their number is limited and they share few connections, so that other requests and
/// probes get one.
#[tokio::test]
async fn one_request_leaves_connections_to_others() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let refused = app.send(Some(&firm.owner), &searches(31), json!({})).await;
    assert_eq!(refused.error_code(), Some("COST_EXCEEDED"), "{:#}", refused.body);

    let mut lock = app.store.dedicated().await.unwrap();
    lock.batch_execute("BEGIN; LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let query = searches(30);
    let greedy = app.send(Some(&firm.owner), &query, json!({}));
    let others = async {
        until("it has its connections", async || (app.store.pool_status().0 >= 4).then_some(())).await;
        let begun = Instant::now();
        while begun.elapsed().as_millis() < 200 {
            let others = app.ask(&firm.owner, "{ clients(first: 1) { totalCount } }", json!({})).await;
            assert_eq!(others["clients"]["totalCount"], 0);
            let (used, _, most, waiting) = app.store.pool_status();
            assert!(used <= 6 && used < most && waiting == 0, "{used} of {most} used, {waiting} wait");
        }
        let ready = http::get(format!("{}/readyz", app.url)).await.unwrap();
        assert_eq!(ready.status(), 200);
        lock.batch_execute("COMMIT").await.unwrap();
    };
    let (answer, ()) = timeout(DEADLINE, async { tokio::join!(greedy, others) }).await.expect("both end");
    assert_eq!(answer.data()["a29"]["totalCount"], 0);
    app.finish().await;
}

/// The probe has its own connection: an exhausted pool does not mean that the database is down.
#[tokio::test]
async fn a_probe_does_not_wait_for_requests() {
    let app = TestApp::start().await;
    let most = app.store.pool_status().2;
    let mut taken = Vec::new();
    while taken.len() < most {
        taken.push(app.store.conn().await.unwrap());
    }
    let ready = http::get(format!("{}/readyz", app.url)).await.unwrap();
    assert_eq!(ready.status(), 200, "{}", ready.text().await.unwrap());
    drop(taken);
    app.finish().await;
}
