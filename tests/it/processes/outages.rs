//! A database in trouble, on a server that speaks French: what the program makes of it depends on the codes of its errors,
//! never on their texts. Whoever asks is told to try again, jobs do, and nothing is lost.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use guichet_base::id::Id;
use guichet_engine::db;
use guichet_tests::database::french::FrenchServer;
use guichet_tests::process::Process;
use guichet_tests::wait::{until, until_ok};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::files::{PDF, complete, declare, put, stored};
use super::run::guichet;
use super::site::Site;

/// All codes of the classes that are outages (PostgreSQL manual, appendix A), one of each class that no version has yet,
/// and those of other classes.
const OUTAGES: &[&str] = &[
    "08000", "08001", "08003", "08004", "08006", "08007", "08P01", "08999", "25006", "25P03", "25P04",
    "40000", "40001", "40002", "40003", "40P01", "40999", "53000", "53100", "53200", "53300", "53400",
    "53999", "55P03", "57000", "57014", "57P01", "57P02", "57P03", "57P04", "57P05", "57999", "58000",
    "58030", "58P01", "58P02",
];
/// Errors that come again however often one tries.
const BUGS: &[&str] = &["0A000", "22012", "23514", "42601", "42P01", "P0001", "XX000", "XX001"];

/// What really happens while a ticket is written, the code of it, and a part of the text that the server then sends.
const REAL: &[(&str, &str, &str)] = &[
    (
        "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60);",
        "57P01",
        "arrêt des connexions",
    ),
    (
        "PERFORM pg_cancel_backend(pg_backend_pid()); PERFORM pg_sleep(60);",
        "57014",
        "annulation de la requête",
    ),
    ("SET LOCAL lock_timeout = '20ms'; LOCK TABLE held;", "55P03", "obtention des verrous"),
    (
        "LOCK TABLE wanted;
         WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'wanted'::regclass AND NOT granted) LOOP
             PERFORM pg_sleep(0.01);
         END LOOP;
         SET LOCAL deadlock_timeout = '10ms';
         LOCK TABLE held;",
        "40P01",
        "interblocage",
    ),
    ("SET LOCAL transaction_read_only = on; UPDATE readiness SET at = now();", "25006", "lecture seule"),
    (
        "SET LOCAL work_mem = '64kB'; SET LOCAL temp_file_limit = '1kB';
         PERFORM count(*) FROM unnest(array_fill(repeat('x', 8000), ARRAY[128]));",
        "53400",
        "taille du fichier temporaire",
    ),
    ("PERFORM pg_advisory_xact_lock(n) FROM generate_series(1, 1000000) AS n;", "53200", "mémoire partagée"),
];

/// A server and its site, in which something happens to each new ticket.
struct Trouble {
    server: FrenchServer,
    site: Site,
    serve: Process,
}

impl Trouble {
    async fn start() -> Self {
        let server = FrenchServer::start().await;
        let site = Site::open(&server.postgres.url()).await;
        let trouble = Self { serve: site.serve().await, server, site };
        trouble.happens("").await;
        let trigger =
            "CREATE TRIGGER trouble BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION trouble();
             CREATE TABLE held (); CREATE TABLE wanted ();";
        trouble.conn().await.batch_execute(trigger).await.unwrap();
        trouble
    }

    async fn conn(&self) -> AsyncPgConnection {
        db::connect(&self.server.postgres.url()).await.unwrap()
    }

    /// From now on these statements run when a row is written that has the trigger.
    async fn happens(&self, statements: &str) {
        let function = format!(
            "CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN {statements} RETURN NEW; END $$"
        );
        self.conn().await.batch_execute(&function).await.unwrap();
    }

    async fn fails(&self, code: &str) {
        self.happens(&format!("RAISE EXCEPTION 'plus rien ne va' USING ERRCODE = '{code}';")).await;
    }

    /// The code of the answer to a new ticket; none when there is one.
    async fn answer(&self, key: &str) -> Option<String> {
        let answer = self.site.open_ticket(&self.serve, key).await.expect("every request is answered");
        answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
    }

    /// The reasons that the server logged for answers without a result.
    fn reasons(&self) -> Vec<String> {
        let logged = self.serve.entries().into_iter();
        logged.filter_map(|line| line["cause"].as_str().map(str::to_owned)).collect()
    }

    /// Waits until the server has logged an error of the database with this code and text.
    async fn has_logged(&self, code: &str, text: &str) {
        let code = format!("SQLSTATE {code}: ");
        until_ok(&format!("the log has {code}{text}"), async || {
            let reasons = self.reasons();
            let is_there = reasons.iter().any(|reason| reason.contains(&code) && reason.contains(text));
            if is_there { Ok(()) } else { Err(reasons) }
        })
        .await;
    }

    /// Once the trouble is over, the same call succeeds, once.
    async fn is_over(&self, key: &str) {
        self.happens("").await;
        let ticket = self.site.ticket(&self.serve, key).await;
        assert!(ticket.is_some(), "{key}: {:#?}", self.reasons());
        assert_eq!(ticket, self.site.ticket(&self.serve, key).await);
    }

    async fn ready(&self) -> (u16, String) {
        let (status, told) = self.serve.readiness().await;
        (status, told["database"].as_str().unwrap().to_owned())
    }

    /// Waits until it is ready, or not for this reason.
    async fn is_ready(&self, wanted: (u16, &str)) {
        until_ok(&format!("it says {wanted:?}"), async || {
            let (status, reason) = self.ready().await;
            if (status, reason.as_str()) == wanted { Ok(()) } else { Err((status, reason)) }
        })
        .await;
    }

    async fn end(self) {
        assert!(self.serve.stop().await.success());
    }
}

/// Each outage is told as such by its code, also one that a later version of PostgreSQL may have; what would happen again
/// is an internal error.
#[tokio::test(flavor = "multi_thread")]
async fn every_code() {
    let trouble = Trouble::start().await;
    for (codes, answer) in [(OUTAGES, "UNAVAILABLE"), (BUGS, "INTERNAL")] {
        for code in codes {
            trouble.fails(code).await;
            assert_eq!(trouble.answer(code).await.as_deref(), Some(answer), "{code}");
            trouble.has_logged(code, "plus rien ne va").await;
            trouble.is_over(code).await;
        }
    }
    trouble.end().await;
}

/// The same with what really happens; the server's texts are French indeed.
#[tokio::test(flavor = "multi_thread")]
async fn what_really_happens() {
    let trouble = Trouble::start().await;
    for (statements, code, text) in REAL {
        trouble.happens(statements).await;
        let mut holder = trouble.conn().await;
        holder.batch_execute("BEGIN; LOCK TABLE held").await.unwrap();
        let deadlock = async {
            if *code == "40P01" {
                let conn = &mut trouble.conn().await;
                until("it has its lock", async || is_wanted(conn).await.then_some(())).await;
                holder.batch_execute("LOCK TABLE wanted").await.unwrap();
            }
        };
        let (answer, ()) = tokio::join!(trouble.answer(code), deadlock);
        assert_eq!(answer.as_deref(), Some("UNAVAILABLE"), "{code}: {:#?}", trouble.reasons());
        trouble.has_logged(code, text).await;
        holder.batch_execute("ROLLBACK").await.unwrap();
        trouble.is_over(code).await;
    }

    // What two people write at once is a refusal, whatever the language.
    let mutation = "mutation ($input: DepartmentCreateInput!) { departmentCreate(input: $input) { userErrors { code } } }";
    let lead = trouble.site.firm.owner.staff_id().encode();
    let twins = join_all((0..8).map(async |n| {
        let input = json!({ "idempotencyKey": format!("twin {n}"), "name": "Fiscal", "leadId": lead });
        trouble.site.send(&trouble.serve, mutation, json!({ "input": input })).await.unwrap()
    }))
    .await;
    let code = |answer: &Value| {
        answer["data"]["departmentCreate"]["userErrors"][0]["code"].as_str().map(str::to_owned)
    };
    let mut codes: Vec<Option<String>> = twins.iter().map(code).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes, [None, Some("TAKEN".to_owned())], "{twins:?}");
    trouble.end().await;
}

/// A killed backend, which makes PostgreSQL end all of them, a server that is starting, and one that is away: nobody is
/// told of an internal error, and afterwards everything goes on.
#[tokio::test(flavor = "multi_thread")]
async fn crashes() {
    let mut trouble = Trouble::start().await;
    let asked = AtomicU32::new(0);
    let next = || format!("ticket {}", asked.fetch_add(1, Ordering::Relaxed));
    for round in 0..3 {
        assert_eq!(trouble.answer(&next()).await, None);
        match round {
            0 => {
                let backend = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                    AND backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1";
                let Pids { pid } =
                    diesel::sql_query(backend).get_result(&mut trouble.conn().await).await.unwrap();
                kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
            }
            1 => trouble.server.postgres.kill().await,
            _ => trouble.server.postgres.stop().await,
        }
        let lost = next();
        for answer in join_all((0..20).map(|_| trouble.answer(&lost))).await {
            // After a single backend, PostgreSQL may be back already.
            let told = answer.as_deref();
            assert!(told == Some("UNAVAILABLE") || (round == 0 && told.is_none()), "{told:?}");
        }
        if round > 0 {
            assert_eq!(trouble.ready().await, (503, "unavailable".to_owned()));
            trouble.server.postgres.restart().await.unwrap();
        }
        trouble.is_ready((200, "ok")).await;
        until("it answers again", async || match trouble.answer(&lost).await {
            None => Some(()),
            Some(code) => {
                assert_eq!(code, "UNAVAILABLE");
                None
            }
        })
        .await;
    }
    trouble.end().await;
}

/// A full disk: the program is not ready and says why, refuses what needs room, answers questions, and goes on once there
/// is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() {
    let trouble = Trouble::start().await;
    trouble.is_ready((200, "ok")).await;
    let ticket = trouble.site.ticket(&trouble.serve, "a ticket").await.unwrap();
    let mutation = "mutation ($input: TicketMessagePostInput!) { ticketMessagePost(input: $input) {
        message { id } userErrors { code }
    } }";
    // Long and of chance, so that there is no place left for it in what is there already.
    let text: String = (0..4000).map(|_| rand::random_range('a'..='z')).collect();
    let input = json!({ "idempotencyKey": "long", "id": ticket, "visibility": "INTERNAL", "body": text });
    let post = || trouble.site.send(&trouble.serve, mutation, json!({ "input": input }));
    trouble.server.fill_disk();
    trouble.is_ready((503, "its disk is full")).await;
    let answer = post().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    trouble.has_logged("53100", "Aucun espace").await;
    let asked = trouble.site.ask(&trouble.serve, "{ tickets(first: 1) { totalCount } }", json!({})).await;
    assert_eq!(asked.unwrap()["tickets"]["totalCount"], 1);
    trouble.server.free_disk();
    trouble.is_ready((200, "ok")).await;
    let answer = post().await.unwrap();
    assert_eq!(answer["data"]["ticketMessagePost"]["userErrors"], json!([]), "{answer}");
    trouble.end().await;
}

/// Jobs try again. The id in the log is the one that commands take; `run-now` ends the backoff. A mail that was sent is not
/// sent again because the database cannot record it.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_try_again() {
    let trouble = Trouble::start().await;
    let (site, serve) = (&trouble.site, &trouble.serve);
    let worker = site.work().await;
    let triggers = "DROP TRIGGER trouble ON tickets;
        CREATE TRIGGER trouble BEFORE UPDATE ON files FOR EACH ROW WHEN (NEW.state = 'STORED')
            EXECUTE FUNCTION trouble();
        CREATE TRIGGER trouble BEFORE UPDATE ON email_deliveries FOR EACH ROW EXECUTE FUNCTION trouble();";
    trouble.conn().await.batch_execute(triggers).await.unwrap();
    let url = trouble.server.postgres.url();
    let jobs = async |arguments: &[&str]| {
        let settings = [("DATABASE_URL", url.as_str())];
        guichet(&[&["jobs"], arguments].concat(), &settings, "").await
    };
    for code in ["53100", "25006", "40001", "57P01", "08006", "55P03"] {
        let (file, address) = declare(site, serve, code, PDF).await;
        assert_eq!(put(serve, &address, PDF).await.send().await.unwrap().status(), 200);
        trouble.fails(code).await;
        complete(site, serve, &file).await;
        let reason = format!("SQLSTATE {code}: plus rien ne va");
        let failed = logged(&worker, "job failed; it will be tried again", &reason).await;
        let id = failed["job"].as_str().unwrap();
        assert!(id.starts_with("job_"), "{failed}");
        let listed = jobs(&["list"]).await.out;
        let is_line = listed.lines().count() == 1 && listed.starts_with(id) && listed.contains(&reason);
        assert!(is_line, "{listed}");
        let shown: Value = serde_json::from_str(&jobs(&["show", id]).await.out).unwrap();
        assert_eq!((&shown["id"], &shown["status"]), (&json!(id), &json!("READY")), "{shown}");
        trouble.happens("").await;
        let ran = jobs(&["run-now", id]).await;
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        stored(site, serve, &file).await;
    }
    trouble.fails("53100").await;
    site.mail(serve).await;
    logged(&worker, "sent, but not yet recorded", "SQLSTATE 53100: ").await;
    trouble.happens("").await;
    site.sent(serve, 1).await;
    assert_eq!(site.sink.mails().len(), 1);
    assert!(worker.stop().await.success());
    trouble.end().await;
}

/// Waits until the process has logged this message about this error; returns the line.
async fn logged(process: &Process, message: &str, error: &str) -> Value {
    until("it is logged", async || {
        process.entries().into_iter().find(|line| {
            line["message"] == message && line["error"].as_str().is_some_and(|text| text.contains(error))
        })
    })
    .await
}

#[derive(QueryableByName)]
struct Pids {
    #[diesel(sql_type = Integer)]
    pid: i32,
}

/// Whether somebody has a lock on the table `wanted`.
async fn is_wanted(conn: &mut AsyncPgConnection) -> bool {
    #[derive(QueryableByName)]
    struct Answer {
        #[diesel(sql_type = Bool)]
        so: bool,
    }
    let question = "SELECT count(*) > 0 AS so FROM pg_locks WHERE relation = 'wanted'::regclass";
    diesel::sql_query(question).get_result::<Answer>(conn).await.unwrap().so
}
