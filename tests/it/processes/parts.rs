//! Redis, the bucket, the relay and the scanner may be away when a process starts, and afterwards: it works without
//! them, says so, and uses them as soon as they are there.

use axum::http::StatusCode;
use guichet_tests::clamd::FakeClamd;
use guichet_tests::database::TestDatabase;
use guichet_tests::http;
use guichet_tests::object_store::{Fault, S3Server, variables};
use guichet_tests::place::Nobody;
use guichet_tests::process::{Launch, Process};
use guichet_tests::redis::Redis;
use guichet_tests::smtp::Step;
use guichet_tests::wait::until_ok;
use serde_json::{Value, json};

use super::files::{PDF, declare, put, stored};
use super::site::Site;

/// Waits until `/readyz` says this of the services, always with 200; then the metrics say the same.
async fn becomes(process: &Process, status: &str, parts: Value) {
    let what = format!("it says {parts}");
    let told = until_ok(&what, async || {
        let (code, told) = process.readiness().await;
        assert_eq!(code, 200, "{told}");
        if told["parts"] == parts { Ok(told) } else { Err((told, process.output())) }
    });
    let told = told.await;
    assert_eq!(told["status"], status, "{told}");
    for (part, state) in parts.as_object().unwrap() {
        let up = process.metric(&format!("guichet_part_up{{part=\"{part}\"}}")).await;
        assert_eq!(up, if state == "ok" { 1.0 } else { 0.0 }, "{part}");
    }
}

/// The entries of the log about a service, as (level, reason).
fn told(process: &Process, part: &str) -> Vec<(String, String)> {
    let told = |entry: &Value| {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        (entry["part"] == part).then(|| (text("level"), text("reason")))
    };
    process.entries().iter().filter_map(told).collect()
}

/// Nobody answers at any of the addresses: each process starts, says which service is away and what follows from that,
/// once, and stops when it is asked to.
#[tokio::test]
async fn none_is_needed_to_start() {
    let database = TestDatabase::new().await;
    let nobody = Nobody::new();
    let place = nobody.address().to_string();
    let all_away = |launch: Launch| {
        let launch = launch.with("REDIS_URL", format!("redis://{place}")).with("CLAMD_ADDRESS", &place);
        let launch = launch.with("SMTP_URL", format!("smtp://{place}"));
        launch.with_all(variables(&format!("http://{place}")))
    };
    let folder = tempfile::tempdir().unwrap();
    let all = all_away(
        Launch::all_in_one(folder.path())
            .with("DATABASE_URL", &database.url)
            .with("MAIL_FROM", "notices@operator.example"),
    );
    let (serve, work) = (all_away(Launch::serve(&database.url)), all_away(Launch::work(&database.url, "")));
    let (serve, work, all) = tokio::join!(serve.start(), work.start(), all.start());
    let parts = json!({ "redis": "away", "s3": "away" });
    let more = json!({ "redis": "away", "s3": "away", "relay": "away", "scanner": "away" });
    for (process, parts) in [(&serve, parts), (&work, more.clone()), (&all, more)] {
        becomes(process, "degraded", parts.clone()).await;
        for part in parts.as_object().unwrap().keys() {
            let told = told(process, part);
            assert!(
                matches!(&told[..], [(level, reason)] if level == "WARN" && reason.contains(&place)),
                "{told:?}"
            );
        }
    }
    let answer = http::get(format!("{}/livez", serve.url().await)).await.unwrap();
    assert_eq!(answer.status(), 200);
    for process in [serve, work, all] {
        assert!(process.stop().await.success());
    }
    database.drop().await;
}

/// Services that are away at the start are used once they are back, without a restart; the same when they go away later.
#[tokio::test]
async fn each_is_used_when_it_is_back() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (mut redis, s3, clamd) = (Redis::start().await, S3Server::start().await, FakeClamd::start().await);
    redis.kill().await;
    s3.spoil(Some(Fault::Every(StatusCode::SERVICE_UNAVAILABLE)));
    site.sink.reply(Step::Connect, 421, "4.3.2 not now");
    clamd.leave(true);
    let with = |launch: Launch| {
        let launch = launch.with("REDIS_URL", redis.url()).with("CLAMD_ADDRESS", clamd.address());
        launch.with_all(s3.variables())
    };
    let (serve, work) =
        (with(Launch::serve(&site.url)), with(Launch::work(&site.url, &site.sink.starttls_url())));
    let (server, worker) = tokio::join!(serve.start(), work.start());
    let of_server = |s3: &str, redis: &str| json!({ "redis": redis, "s3": s3 });
    let of_worker = |state: &str| json!({ "redis": state, "s3": state, "relay": state, "scanner": state });
    tokio::join!(
        becomes(&server, "degraded", of_server("away", "away")),
        becomes(&worker, "degraded", of_worker("away")),
    );
    // No address is given out at which the client would fail.
    let told = code(&site, &server).await;
    assert_eq!(told, "UNAVAILABLE");
    redis.restart().await;
    s3.spoil(None);
    site.sink.clear();
    clamd.leave(false);
    tokio::join!(
        becomes(&server, "ready", of_server("ok", "ok")),
        becomes(&worker, "ready", of_worker("ok"))
    );
    site.mail(&server).await;
    site.sent(&server, 1).await;
    let (id, address) = declare(&site, &server, "one", PDF).await;
    assert_eq!(put(&server, &address, PDF).await.send().await.unwrap().status(), 200);
    stored(&site, &server, &id).await;
    assert_eq!(clamd.scanned(), 1);

    // Later their use shows that they are away.
    redis.kill().await;
    s3.spoil(Some(Fault::Every(StatusCode::BAD_GATEWAY)));
    clamd.leave(true);
    tokio::join!(
        becomes(&server, "degraded", of_server("away", "away")),
        becomes(
            &worker,
            "degraded",
            json!({ "redis": "away", "s3": "away", "relay": "ok", "scanner": "away" })
        ),
    );
    redis.restart().await;
    s3.spoil(None);
    clamd.leave(false);
    tokio::join!(
        becomes(&server, "ready", of_server("ok", "ok")),
        becomes(&worker, "ready", of_worker("ok"))
    );
    for (process, part) in
        [(&server, "redis"), (&server, "s3"), (&worker, "redis"), (&worker, "s3"), (&worker, "scanner")]
    {
        assert_eq!(told_levels(process, part), ["WARN", "INFO", "WARN", "INFO"], "{part}");
    }
    assert_eq!(told_levels(&worker, "relay"), ["WARN", "INFO"]);
    assert!(server.stop().await.success() && worker.stop().await.success());
    database.drop().await;
}

fn told_levels(process: &Process, part: &str) -> Vec<String> {
    told(process, part).into_iter().map(|(level, _)| level).collect()
}

/// The code of the error that the declaration of a file is answered with.
async fn code(site: &Site, server: &Process) -> Value {
    let mutation = "mutation { fileUploadCreate(input: { idempotencyKey: \"away\", files: [{
        name: \"guia.pdf\", size: 1, sha256: \"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4f72b9807785afee48bb\"
    }] }) { uploads { address { url } } } }";
    let request = http::client().post(format!("{}/graphql", server.url().await));
    let answer =
        request.bearer_auth(&site.firm.owner.token).json(&json!({ "query": mutation })).send().await.unwrap();
    let mut answer: Value = answer.json().await.unwrap();
    answer["errors"][0]["extensions"]["code"].take()
}

/// A relay that goes away while the program runs is noticed by the mail that it does not take, which is sent later.
#[tokio::test]
async fn a_relay_that_goes_away() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    becomes(&worker, "ready", json!({ "relay": "ok" })).await;
    assert_eq!(server.readiness().await, (200, json!({ "status": "ready", "database": "ok" })));
    site.sink.reply(Step::Connect, 421, "4.3.2 not now");
    site.mail(&server).await;
    becomes(&worker, "degraded", json!({ "relay": "away" })).await;
    site.sink.clear();
    becomes(&worker, "ready", json!({ "relay": "ok" })).await;
    site.sent(&server, 1).await;
    // A password that is changed there is a fault that a person must mend.
    site.sink.rotate("another password");
    site.sink.hang_up("421 4.7.0 come again\r\n");
    let ticket = site.ticket(&server, "another").await.unwrap();
    site.change(&server, &ticket, "IN_ANALYSIS", "another change").await.unwrap();
    becomes(&worker, "degraded", json!({ "relay": "refused" })).await;
    let told = told_levels(&worker, "relay");
    assert_eq!(told, ["WARN", "INFO", "ERROR"]);
    assert!(server.stop().await.success() && worker.stop().await.success());
    database.drop().await;
}
