//! Commands that do one thing and end.

use std::process::Stdio;

use diesel_async::SimpleAsyncConnection;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use guichet_tests::database::TestDatabase;
use guichet_tests::http;
use guichet_tests::process::Launch;
use guichet_tests::smtp::{Act, Options, Rule, Sink, Step};
use guichet_tests::wait::{DEADLINE, WITH_DEMO, until};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::run::{Ended, guichet, guichet_within};
use super::site::Site;

pub const FIRM: [&str; 18] = [
    "firm",
    "create",
    "--name",
    "Contábil Aurora",
    "--locale",
    "pt-BR",
    "--zone",
    "America/Sao_Paulo",
    "--country",
    "BR",
    "--currency",
    "BRL",
    "--mail-from",
    "avisos@aurora.example",
    "--owner-name",
    "Olívia Prado",
    "--owner-email",
    "olivia@aurora.example",
];

#[track_caller]
fn done(ended: Ended) -> String {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.out
}

async fn sign_in(url: &str, email: &str, password: &str) -> Value {
    let mutation = "mutation ($input: SignInInput!) {
        signIn(input: $input) { session { membership { firmName staffRole } } userErrors { code } }
    }";
    let input = json!({ "email": email, "password": password, "transport": "BEARER" });
    let request = http::client().post(format!("{url}/graphql"));
    let request = request.json(&json!({ "query": mutation, "variables": { "input": input } }));
    request.send().await.unwrap().json::<Value>().await.unwrap()["data"]["signIn"].take()
}

/// `guichet demo` fills in demo firms, beside existing ones only if asked to, once, and prints who can sign in. Processes
/// on such a database warn.
#[tokio::test]
async fn a_demo() {
    let database = TestDatabase::new().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let settings = [("DATABASE_URL", database.url.as_str()), ("GUICHET_DATA", data)];
    done(guichet(&FIRM, &settings, "a long password\n").await);
    let refused = guichet(&["demo"], &settings, "").await;
    assert!(refused.code == Some(1) && refused.err.contains("--yes"), "{refused:?}");
    let refused = guichet(&["demo", "--advance", "1day"], &settings, "").await;
    assert!(refused.code == Some(1) && refused.err.contains("has no demo"), "{refused:?}");
    let first = done(guichet_within(WITH_DEMO, &["demo", "--yes"], &settings, "").await);
    let again = done(guichet(&["demo", "--scale", "small"], &settings, "").await);
    assert_eq!(first.strip_prefix("filling in three demo firms\n"), Some(again.as_str()));
    let helena = "helena.vasconcelos@ipeamarelo.example";
    assert!(again.contains(helena), "{again}");
    let moved = done(guichet(&["demo", "--advance", "2days"], &settings, "").await);
    assert_eq!(moved.lines().filter(|line| line.contains(": today is ")).count(), 3, "{moved}");
    let sink = Sink::start(Options::default()).await;
    let launches = [Launch::serve(&database.url), Launch::work(&database.url, &sink.starttls_url())];
    let [server, worker] = launches.map(|launch| launch.with("GUICHET_DATA", data));
    let (server, worker) = tokio::join!(server.start(), worker.start());
    let entered = sign_in(&server.url().await, helena, "guichet-demo").await;
    assert_eq!(entered["session"]["membership"]["firmName"], "Ipê Amarelo Contabilidade");
    let entered = sign_in(&server.url().await, "olivia@aurora.example", "a long password").await;
    assert_eq!(entered["session"]["membership"]["firmName"], "Contábil Aurora");
    for process in [server, worker] {
        let warned = process.entries().into_iter().filter(|entry| entry["level"] == "WARN");
        let warned = warned.filter(|entry| entry["message"].as_str().unwrap().contains("has demo firms"));
        assert_eq!(warned.count(), 1, "{:#?}", process.output());
        assert!(process.stop().await.success());
    }
    database.drop().await;
}

/// From an empty database to the first sign-in: `migrate`, twice at the same time and once more, then `firm create`.
#[tokio::test]
async fn a_first_firm() {
    let folder = tempfile::tempdir().unwrap();
    let options = PostgresOptions { may_move: true, ..PostgresOptions::new(folder.path()) };
    let mut postgres = Postgres::start(options.without_fsync()).await.unwrap();
    let url = postgres.url();
    let database = [("DATABASE_URL", url.as_str())];
    let (one, two) = tokio::join!(guichet(&["migrate"], &database, ""), guichet(&["migrate"], &database, ""));
    for ended in [one, two, guichet(&["migrate"], &database, "").await] {
        assert_eq!(done(ended), "the tables are up to date\n");
    }

    let told = done(guichet(&FIRM, &database, "a long password\n").await);
    let told: Vec<&str> = told.lines().collect();
    assert!(told[0].starts_with("firm firm_"), "{told:?}");
    assert_eq!(told[1..], ["the owner can sign in"]);
    let server = Launch::serve(&url).start().await;
    let entered = sign_in(&server.url().await, "Olivia@aurora.example", "a long password").await;
    let membership = json!({ "firmName": "Contábil Aurora", "staffRole": "OWNER" });
    assert_eq!(entered, json!({ "session": { "membership": membership }, "userErrors": [] }));

    // An owner who has an account keeps its password.
    let second = [&FIRM[..3], &["Second"], &FIRM[4..]].concat();
    let refused = guichet(&second, &database, "another long password\n").await;
    let sentence = "guichet: the password: the owner has an account already, whose password stays as it is; give none \
        (</dev/null), and no firm is created until then\n";
    assert_eq!((refused.code, refused.err.as_str()), (Some(2), sentence));
    let told = done(guichet(&second, &database, "").await);
    assert_eq!(told.lines().nth(1), Some("the owner has an account already, and signs in with its password"));
    let entered = sign_in(&server.url().await, "olivia@aurora.example", "another long password").await;
    assert_eq!(entered["session"], Value::Null);

    // Without a password the owner is invited.
    let mut other = FIRM;
    other[17] = "outra@aurora.example";
    let told = done(guichet(&other, &database, "").await);
    let secret = told.lines().nth(1).unwrap().rsplit(' ').next().unwrap().to_owned();
    let accept = "mutation ($input: InvitationAcceptInput!) { invitationAccept(input: $input) { userErrors { code } } }";
    let input = json!({ "secret": secret, "password": "a long password" });
    let request = http::client().post(format!("{}/graphql", server.url().await));
    let request = request.json(&json!({ "query": accept, "variables": { "input": input } }));
    let accepted: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(accepted["data"]["invitationAccept"]["userErrors"], json!([]));
    server.stop().await;
    postgres.stop().await;
}

/// Commands create no private database: in a shell without the environment of the services, they would work on a new,
/// empty one.
#[tokio::test]
async fn no_database_is_made_by_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = [("GUICHET_DATA", data.to_str().unwrap())];
    let place = data.display();
    let sentence = format!(
        "guichet: DATABASE_URL: is not set, and there is no private PostgreSQL in {place}: set it as for the services, \
         or GUICHET_DATA to their data folder\n"
    );
    for arguments in [&["migrate"][..], &["jobs", "list"], &["jobs", "retry", "--all"], &FIRM] {
        let ended = guichet(arguments, &settings, "a long password\n").await;
        assert_eq!((ended.code, ended.err.as_str()), (Some(2), sentence.as_str()), "{arguments:?}");
    }
    assert!(!data.exists());
}

/// A reader may close the pipe before the end: the command still succeeds.
#[tokio::test]
async fn a_reader_who_leaves() {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_guichet-under-test"));
    command.args(["schema", "print"]).kill_on_drop(true);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = timeout(DEADLINE, child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}

/// Refused input is reported with one sentence per field, and no firm is created.
#[tokio::test]
async fn a_firm_that_is_refused() {
    let database = TestDatabase::new().await;
    let settings = [("DATABASE_URL", database.url.as_str())];
    for (position, wrong, told) in [
        (5, "xx", "--locale"),
        (7, "Mars/Olympus", "guichet: --zone: "),
        (9, "Atlantis", "guichet: --country: "),
        // What the standard leaves to its users is no country.
        (9, "ZZ", "guichet: --country: "),
        (11, "R$", "guichet: --currency: "),
        (13, "nobody", "guichet: --mail-from: "),
        (15, "\u{200b}", "guichet: --owner-name: "),
        (17, "nobody", "guichet: --owner-email: "),
    ] {
        let mut arguments = FIRM;
        arguments[position] = wrong;
        let ended = guichet(&arguments, &settings, "a long password\n").await;
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.err.contains(told), "{told}: {ended:?}");
    }
    let short = guichet(&FIRM, &settings, "short\n").await;
    assert_eq!((short.code, short.err.lines().count()), (Some(2), 1), "{short:?}");
    assert!(short.err.starts_with("guichet: the password: ") && !short.err.contains("short\n"), "{short:?}");
    let mut conn = db::connect(&database.url).await.unwrap();
    conn.batch_execute("DO $$ BEGIN ASSERT (SELECT count(*) FROM firms) = 0; END $$").await.unwrap();
    drop(conn);
    database.drop().await;
}

/// F-02: a dead job is listed, shown and retried while the workers run.
#[tokio::test]
async fn dead_letters() {
    let database = TestDatabase::new().await;
    let settings = [("DATABASE_URL", database.url.as_str())];
    let jobs = async |arguments: &[&str]| guichet(&[&["jobs"], arguments].concat(), &settings, "").await;
    assert_eq!(done(jobs(&["list"]).await), "no such jobs\n");
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    site.sink.rule(Rule::new(Step::Rcpt, Act::Reply(450, "4.2.1 busy".into())).times(1));
    // The test reduces its attempts while it waits for the relay.
    site.sink.rule(Rule::new(Step::Mail, Act::Hold).times(1));
    site.mail(&server).await;
    site.sink.wait_until(|state| state.acted.len() == 1).await;
    let last = "UPDATE jobs SET max_attempts = 1";
    site.store.conn().await.unwrap().batch_execute(last).await.unwrap();
    site.sink.release();
    let listed = until("the job is dead", async || {
        let listed = done(jobs(&["list", "--status", "dead", "--kind", "email.send"]).await);
        (listed != "no such jobs\n").then_some(listed)
    });
    let listed = listed.await;
    assert_eq!(listed.lines().count(), 1);
    assert!(
        listed.contains("DEAD") && listed.contains("1/1") && listed.contains("450 at RCPT TO"),
        "{listed}"
    );
    assert!(!listed.contains('@'), "{listed}");
    let id = listed.split(' ').next().unwrap();
    let shown: Value = serde_json::from_str(&done(jobs(&["show", id]).await)).unwrap();
    assert_eq!((&shown["status"], &shown["kind"]), (&json!("DEAD"), &json!("email.send")), "{shown:#}");
    assert_eq!(done(jobs(&["list", "--status", "ready"]).await), "no such jobs\n");

    assert_eq!(done(jobs(&["retry", id]).await), "the job runs again\n");
    site.sent(&server, 1).await;
    let again = jobs(&["retry", "00000000-0000-7000-8000-000000000000"]).await;
    assert_eq!((again.code, again.err.lines().count()), (Some(1), 1), "{again:?}");
    assert_eq!(done(jobs(&["retry", "--all"]).await), "0 jobs run again, 0 were left as they are\n");
    assert_eq!(done(jobs(&["resume", "email.send"]).await), "email.send was not paused\n");
    let pause =
        "INSERT INTO job_pauses VALUES ('email.send', now() + interval '1 hour', 'wrong password', now())";
    site.store.conn().await.unwrap().batch_execute(pause).await.unwrap();
    assert_eq!(done(jobs(&["resume", "email.send"]).await), "email.send goes on\n");
    let gone = jobs(&["show", id]).await;
    assert_eq!((gone.code, gone.err.lines().count()), (Some(1), 1), "{gone:?}");
    server.stop().await;
    worker.stop().await;
    database.drop().await;
}

/// The API's schema is printed without any settings, to the output or to a file; the help names all settings.
#[tokio::test]
async fn the_contract() {
    let sdl = guichet_server::graphql::sdl();
    assert_eq!(done(guichet(&["schema", "print"], &[], "").await).trim_end(), sdl.trim_end());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schema.graphql");
    assert_eq!(done(guichet(&["schema", "print", "--to", file.to_str().unwrap()], &[], "").await), "");
    assert_eq!(std::fs::read_to_string(file).unwrap(), sdl);
    let help = done(guichet(&["--help"], &[], "").await);
    for variable in guichet_server::settings::VARIABLES {
        assert!(help.contains(variable.name), "{} in the help", variable.name);
    }
    assert_eq!(guichet(&["no-such-command"], &[], "").await.code, Some(2));
}
