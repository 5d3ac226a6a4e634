//! How many connections a process opens, and what it does when the server gives it no more.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use futures_util::future::join_all;
use guichet_engine::db;
use guichet_tests::database::TestDatabase;
use guichet_tests::process::{Launch, Process};
use guichet_tests::wait::until_ok;

use super::site::Site;

const POOL: i64 = 3;
/// More requests at once than a process has connections.
const MANY: usize = 40;

/// A database whose processes have a role of their own, because superusers have no limit.
struct Limited {
    database: TestDatabase,
    site: Site,
    role: String,
    url: String,
}

impl Limited {
    async fn new() -> Self {
        let database = TestDatabase::new().await;
        let site = Site::open(&database.url).await;
        // Roles are of the whole server, which other tests use.
        let role = format!("limited_{:016x}", rand::random::<u64>());
        let url = database.url.replacen("guichet@", &format!("{role}@"), 1);
        let limited = Self { database, site, role, url };
        limited
            .run(
                "CREATE ROLE limited LOGIN;
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO limited;
                 GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO limited;
                 GRANT ALL ON SCHEMA public TO limited",
            )
            .await;
        limited
    }

    /// Runs these statements, in which the role is called `limited`.
    async fn run(&self, statements: &str) {
        let mut conn = db::connect(&self.database.url).await.unwrap();
        conn.batch_execute(&statements.replace("limited", &self.role)).await.unwrap();
    }

    /// The role gets no further connection once it has so many.
    async fn limit(&self, most: i64) {
        self.run(&format!("ALTER ROLE limited CONNECTION LIMIT {most}")).await;
    }

    /// Connections that the processes have, and those of them that wait for a lock.
    async fn open(&self) -> (i64, i64) {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = BigInt)]
            open: i64,
            #[diesel(sql_type = BigInt)]
            waiting: i64,
        }
        let count = "SELECT count(*) AS open, count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting
            FROM pg_stat_activity WHERE usename = $1";
        let mut conn = db::connect(&self.database.url).await.unwrap();
        let row: Row =
            diesel::sql_query(count).bind::<Text, _>(&self.role).get_result(&mut conn).await.unwrap();
        (row.open, row.waiting)
    }

    /// Drops the database and the role.
    async fn end(self) {
        self.run("DROP OWNED BY limited; DROP ROLE limited").await;
        self.database.drop().await;
    }

    fn serve(&self) -> Launch {
        Launch::serve(&self.url)
    }

    fn work(&self) -> Launch {
        self.site.worker().with("DATABASE_URL", &self.url)
    }

    /// Sends requests at once; returns the codes of those that fail.
    async fn ask(&self, server: &Process, round: &str) -> Vec<String> {
        let answers = join_all((0..MANY).map(async |n| {
            let answer = self.site.open_ticket(server, &format!("{round} {n}")).await.expect("it answers");
            answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
        }));
        answers.await.into_iter().flatten().collect()
    }
}

/// The documented sum: a process opens `DATABASE_POOL` connections, one for its readiness and two for hints; with workers
/// three for the queue.
#[tokio::test(flavor = "multi_thread")]
async fn the_sum_of_a_process() {
    let limited = Limited::new().await;
    let pool = |launch: Launch| launch.with("DATABASE_POOL", POOL.to_string());
    let others = limited.site.serve().await;
    // Everything in one process, with the same services as the others.
    let folder = tempfile::tempdir().unwrap();
    let alone = Launch::all_in_one(folder.path())
        .with("DATABASE_URL", &limited.url)
        .with("SMTP_URL", limited.site.sink.starttls_url())
        .with("MAIL_FROM", "notices@guichet.example")
        .with("GUICHET_PACE", "1000000");
    let mut mails = 0;
    let mut mail = async |name: &str| {
        mails += 1;
        let key = format!("{name} {mails}");
        let ticket = limited.site.ticket(&others, &key).await.unwrap();
        limited.site.change(&others, &ticket, "IN_ANALYSIS", &key).await.unwrap();
        mails
    };
    for (name, launch, does_serve, does_work) in [
        ("serve", pool(limited.serve()), true, false),
        ("work", pool(limited.work()), false, true),
        ("both", pool(alone), true, true),
    ] {
        let process = launch.start().await;
        let mut sent = 0;
        if does_work {
            // The queue opens the last of its connections when the first job is done.
            sent = mail(name).await;
            limited.site.sent(&others, sent).await;
            process.freeze();
            for _ in 0..POOL + 2 {
                sent = mail(name).await;
            }
        }
        // Every connection of the pool comes to wait for one of these tables.
        let mut holder = db::connect(&limited.database.url).await.unwrap();
        let lock = "BEGIN; LOCK TABLE tickets, email_deliveries IN ACCESS EXCLUSIVE MODE";
        holder.batch_execute(lock).await.unwrap();
        process.wake();
        let asking = async { if does_serve { limited.ask(&process, name).await } else { Vec::new() } };
        let counting = async {
            let most = POOL + 3 + if does_work { 3 } else { 0 };
            until_ok(&format!("{name} has {most} connections, of which {POOL} wait"), async || {
                let (open, waiting) = limited.open().await;
                assert!(open <= most, "{name}: {open} connections");
                if (open, waiting) == (most, POOL) { Ok(()) } else { Err((open, waiting)) }
            })
            .await;
            assert_eq!(process.readiness().await.0, 200, "{name}");
            holder.batch_execute("ROLLBACK").await.unwrap();
        };
        let (refused, ()) = tokio::join!(asking, counting);
        assert!(refused.iter().all(|code| code == "UNAVAILABLE"), "{refused:?}");
        if does_work {
            limited.site.sent(&others, sent).await;
        }
        assert!(process.stop().await.success());
    }
    assert!(others.stop().await.success());
    limited.end().await;
}

/// When the server gives no more connections, requests wait for those that the process has, the queue and the probe borrow
/// them, and mails are sent. Without any connection everybody is told to try again; afterwards all is as before.
#[tokio::test(flavor = "multi_thread")]
async fn at_the_servers_limit() {
    let limited = Limited::new().await;
    let (serve, work) = (limited.serve(), limited.work());
    let (server, worker) = tokio::join!(serve.start(), work.start());
    // No connection beyond those that the processes have needed for their start.
    limited.limit(1).await;
    for round in ["first", "second"] {
        assert_eq!(limited.ask(&server, round).await, Vec::<String>::new());
        assert_eq!(server.readiness().await.0, 200);
    }
    let (open, _) = limited.open().await;
    let ticket = limited.site.ticket(&server, "a ticket").await.unwrap();
    limited.site.change(&server, &ticket, "IN_ANALYSIS", "a change").await.unwrap();
    limited.site.sent(&server, 1).await;
    assert!(limited.open().await.0 <= open);

    // All are gone, and none comes back.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'limited'";
    limited.limit(0).await;
    limited.run(end).await;
    let refused = limited.ask(&server, "none").await;
    assert_eq!(refused, vec!["UNAVAILABLE"; MANY]);
    let (status, told) = server.readiness().await;
    assert!(status == 503 && told.to_string().contains("too many connections"), "{status} {told}");
    limited.limit(-1).await;
    for process in [&server, &worker] {
        until_ok("it is ready again", async || match process.readiness().await {
            (200, _) => Ok(()),
            other => Err(other),
        })
        .await;
    }
    assert_eq!(limited.ask(&server, "none").await, Vec::<String>::new());
    limited.site.change(&server, &ticket, "WAITING", "another change").await.unwrap();
    limited.site.sent(&server, 2).await;
    assert!(server.stop().await.success());
    assert!(worker.stop().await.success());
    limited.end().await;
}
