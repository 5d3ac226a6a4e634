//! Machines whose clocks are wrong by days, in both directions: the processes go by the database's time, so nothing that
//! others read depends on the machine.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use guichet_base::clock::Clock;
use guichet_base::id::Id;
use guichet_tests::clock::SystemClock;
use guichet_tests::database::TestDatabase;
use guichet_tests::http;
use guichet_tests::process::{Launch, Process, shifted_clock};
use guichet_tests::smtp::{Act, Rule, Step};
use guichet_tests::wait::until;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::commands::FIRM;
use super::files::{PDF, declare, got_from, put, stored};
use super::run::guichet;
use super::site::Site;

/// Longer than an upload, an address of a file and a key against repetition are valid, and another day in any case.
const AHEAD: &str = "+60h";
const BEHIND: &str = "-60h";

/// Columns with times that are meant to be in the future; each is written with another time that is now.
const FUTURE: &[&str] = &["expires_at", "run_at", "lease_until", "until", "check_at"];

async fn serve(site: &Site, clock: &str) -> Process {
    on_machine(Launch::serve(&site.url), clock).await
}

async fn work(site: &Site, clock: &str) -> Process {
    on_machine(site.worker(), clock).await
}

/// Starts a process on a machine that has this clock indeed, as the times of its log show; the operator is warned.
async fn on_machine(launch: Launch, clock: &str) -> Process {
    let process = launch.with_clock(clock).start().await;
    let warning = until("the operator is warned", async || {
        let is_it = |entry: &Value| entry.to_string().contains("the database's clock is ahead");
        process.entries().into_iter().find(is_it)
    })
    .await;
    let logged: DateTime<Utc> = warning["timestamp"].as_str().unwrap().parse().unwrap();
    let off = logged - SystemClock.now();
    let shift = TimeDelta::hours(clock.trim_end_matches('h').parse().unwrap());
    assert!((off - shift).abs() < TimeDelta::minutes(2), "{clock}: {off}");
    process
}

/// A firm's day in the life of two servers and a worker, none of which agrees with another about the time.
async fn a_day(worker_clock: &str) {
    let begun = SystemClock.now() - TimeDelta::seconds(2);
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (ahead, behind) = tokio::join!(serve(&site, AHEAD), serve(&site, BEHIND));
    // Declared and not completed: it has two hours.
    let (pending, pending_address) = declare(&site, &behind, "pending", PDF).await;
    let worker = work(&site, worker_clock).await;

    // A key counts at every server; tickets and their ids are in the order in which they were made.
    let mut tickets = Vec::new();
    for n in 0..6 {
        let (one, other) = if n % 2 == 0 { (&ahead, &behind) } else { (&behind, &ahead) };
        let ticket = site.ticket(one, &format!("ticket {n}")).await.unwrap();
        assert_eq!(site.ticket(other, &format!("ticket {n}")).await.unwrap(), ticket);
        tickets.push(ticket);
    }
    assert!(tickets.is_sorted(), "{tickets:?}");
    let list = "{ tickets(first: 6, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { id } } }";
    for server in [&ahead, &behind] {
        let listed = site.ask(server, list, json!({})).await.unwrap();
        let ids: Vec<&str> = listed["tickets"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, tickets);
    }

    // A relay that is busy: the job waits for seconds, not for days, and `run-now` ends it.
    site.sink.rule(Rule::new(Step::Rcpt, Act::Reply(450, "4.2.1 busy".into())).times(1));
    site.change(&ahead, &tickets[0], "IN_ANALYSIS", "change").await.unwrap();
    let (job, run_at) = waiting(&site).await;
    assert!(run_at - SystemClock.now() < TimeDelta::minutes(2), "{run_at}");
    let clock = shifted_clock(worker_clock);
    let mut settings = vec![("DATABASE_URL", site.url.as_str())];
    settings.extend(clock.iter().map(|(name, value)| (*name, value.to_str().unwrap())));
    let ran = guichet(&["jobs", "run-now", &job], &settings, "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    site.sent(&behind, 1).await;
    let sent =
        site.ask(&behind, "{ emailDeliveries(first: 1) { nodes { sentAt } } }", json!({})).await.unwrap();
    let sent: DateTime<Utc> =
        sent["emailDeliveries"]["nodes"][0]["sentAt"].as_str().unwrap().parse().unwrap();
    assert!(begun < sent && sent < SystemClock.now() + TimeDelta::seconds(2), "{sent}");
    // So is the date that the recipient reads.
    let dated = site.sink.mails()[0].parsed().date().unwrap().to_timestamp();
    let dated = DateTime::from_timestamp(dated, 0).unwrap();
    assert!(begun < dated && dated < SystemClock.now() + TimeDelta::seconds(2), "{dated}");

    // Addresses that one server signs are valid at the other; the worker finds the file.
    let (file, address) = declare(&site, &ahead, "file", PDF).await;
    assert_eq!(put(&behind, &address, PDF).await.send().await.unwrap().status(), 200);
    stored(&site, &ahead, &file).await;
    assert_eq!(got_from(&site, &behind, &ahead, &file).await, PDF);
    assert_eq!(got_from(&site, &ahead, &behind, &file).await, PDF);
    // What was declared before is still there.
    assert_eq!(put(&ahead, &pending_address, PDF).await.send().await.unwrap().status(), 200);
    stored(&site, &behind, &pending).await;

    // A session begins at one server and is known at the other.
    let password = "a long password";
    let made = guichet(&FIRM, &settings, &format!("{password}\n")).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    let mutation = "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code } } }";
    let input = json!({ "email": "olivia@aurora.example", "password": password, "transport": "BEARER" });
    let request = http::client().post(format!("{}/graphql", ahead.url().await));
    let request = request.json(&json!({ "query": mutation, "variables": { "input": input } }));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let token = answer["data"]["signIn"]["token"].as_str().unwrap_or_else(|| panic!("{answer}"));
    for server in [&ahead, &behind] {
        let request = http::client().post(format!("{}/graphql", server.url().await)).bearer_auth(token);
        let request = request.json(&json!({ "query": "{ viewer { account { id } } }" }));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["data"]["viewer"]["account"]["id"].is_string(), "{answer}");
    }

    // Today is that of the firm.
    let today = (SystemClock.now() - TimeDelta::hours(3)).date_naive(); // in São Paulo
    let mutation = "mutation ($input: ChargeCreateInput!) { chargeCreate(input: $input) {
        charge { dueOn isOverdue } userErrors { code }
    } }";
    for (server, key) in [(&ahead, "charge"), (&behind, "another")] {
        let amount = json!({ "amountMinor": 12_000, "currency": "BRL" });
        let input =
            json!({ "idempotencyKey": key, "clientId": site.client, "description": key, "amount": amount });
        let made = site.ask(server, mutation, json!({ "input": input })).await.unwrap();
        let due: NaiveDate = made["chargeCreate"]["charge"]["dueOn"].as_str().unwrap().parse().unwrap();
        // Midnight may have come meanwhile.
        assert!((10..=11).contains(&(due - today).num_days()), "{due} after {today}");
    }

    expect_times(&site, begun).await;
    for process in [ahead, behind, worker] {
        assert!(process.stop().await.success());
    }
    database.drop().await;
}

#[tokio::test]
async fn a_worker_ahead() {
    a_day(AHEAD).await;
}

#[tokio::test]
async fn a_worker_behind() {
    a_day(BEHIND).await;
}

/// A worker is killed in the midst of a job: another one, with another clock, takes the job when the lease has ended, and
/// does not touch it before.
async fn a_lease(first_clock: &str, second_clock: &str) {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, first) = tokio::join!(serve(&site, second_clock), work(&site, first_clock));
    site.sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(1));
    site.mail(&server).await;
    site.sink.wait_until(|state| state.acted.len() == 1).await;
    let second = work(&site, second_clock).await;
    // The second one works while the first one has its job.
    let ticket = site.ticket(&server, "another").await.unwrap();
    first.freeze();
    site.change(&server, &ticket, "IN_ANALYSIS", "another").await.unwrap();
    site.sink.wait_for(1).await;
    first.wake();
    let begun = Instant::now();
    first.kill().await;
    site.sent(&server, 2).await;
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    // Not before the lease had ended, which the first one renewed until it was killed.
    assert!(begun.elapsed() > Duration::from_secs(5), "{:?}", begun.elapsed());
    site.sink.release();
    let mails = site.sink.wait_for(3).await;
    assert_eq!(mails.len(), 3);
    assert!(server.stop().await.success());
    assert!(second.stop().await.success());
    database.drop().await;
}

#[tokio::test]
async fn a_lease_of_a_worker_ahead() {
    a_lease(AHEAD, BEHIND).await;
}

#[tokio::test]
async fn a_lease_of_a_worker_behind() {
    a_lease(BEHIND, AHEAD).await;
}

/// Waits for a job that failed; returns its id and when it runs again.
async fn waiting(site: &Site) -> (String, DateTime<Utc>) {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: guichet_base::id::JobId,
        #[diesel(sql_type = Timestamptz)]
        run_at: DateTime<Utc>,
    }
    let found = "SELECT id, run_at FROM jobs WHERE kind = 'email.send' AND attempts = 1 AND status = 'READY'";
    let mut conn = site.store.conn().await.unwrap();
    let row = until("a job failed", async || {
        let rows: Vec<Row> = diesel::sql_query(found).load(&mut conn).await.unwrap();
        rows.into_iter().next()
    });
    let row = row.await;
    (row.id.encode(), row.run_at)
}

/// No column of any table has a time that has not come or was before the test, but for those that are meant for later.
async fn expect_times(site: &Site, begun: DateTime<Utc>) {
    #[derive(QueryableByName)]
    struct Column {
        #[diesel(sql_type = Text)]
        table_name: String,
        #[diesel(sql_type = Text)]
        column_name: String,
    }
    #[derive(QueryableByName)]
    struct Times {
        #[diesel(sql_type = Nullable<Timestamptz>)]
        first: Option<DateTime<Utc>>,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        last: Option<DateTime<Utc>>,
    }
    let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'";
    let mut conn = site.store.conn().await.unwrap();
    let columns: Vec<Column> = diesel::sql_query(columns).load(&mut conn).await.unwrap();
    let mut seen = 0;
    for Column { table_name, column_name } in columns {
        if FUTURE.contains(&column_name.as_str()) {
            continue;
        }
        let range =
            format!("SELECT min({column_name}) AS first, max({column_name}) AS last FROM {table_name}");
        let range: Times = diesel::sql_query(range).get_result(&mut conn).await.unwrap();
        let now = SystemClock.now() + TimeDelta::seconds(2);
        let (Some(first), Some(last)) = (range.first, range.last) else { continue };
        assert!(begun <= first && last <= now, "{table_name}.{column_name}: {first} to {last}");
        seen += 1;
    }
    assert!(seen > 10, "only {seen} columns have times");
}
