//! Sending mails to a distant relay: `guichet work` with ten sessions, compared with a simple loop on one session.

use std::error::Error;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use guichet_engine::job::Payload;
use guichet_engine::tables::email_deliveries;
use guichet_schema::shared::email_delivery::model::{DeliveryStatus, SendEmail};
use lettre::Message;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::cpu;
use super::large::Large;
use super::rounds::Measured;
use crate::process::Launch;
use crate::smtp::{Options, Sink};

/// How many mails are queued.
pub const MAILS: u32 = 10_000;
/// The number of mails that the simple loop sends before and after.
pub const BARE: u32 = 250;
/// The delay before each reply of the relay.
const DELAY: Duration = Duration::from_millis(20);
/// Sessions to the relay.
const SESSIONS: usize = 10;
/// Concurrent jobs: while some mails are sent, others are rendered and recorded.
const CONCURRENCY: usize = 20;
/// When the benchmark is aborted.
const LIMIT: Duration = Duration::from_secs(1200);

/// The result.
#[derive(Debug, Clone)]
pub struct MailFigures {
    /// All mails sent by `guichet work`, with its CPU time and that of PostgreSQL.
    pub work: Measured,
    /// Seconds per mail of the simple loop, before and after.
    pub bare: [f64; 2],
    /// Most concurrent sessions.
    pub peak: u32,
}

impl MailFigures {
    /// How many times faster than the simple loop it is.
    pub fn times(&self) -> f64 {
        let bare = self.bare.iter().sum::<f64>() / self.bare.len() as f64;
        bare * self.work.operations / self.work.seconds
    }
}

/// Runs the benchmark.
///
/// # Errors
/// When the database or the relay does not answer, or mails are lost or duplicated.
///
/// # Panics
/// When a process fails.
pub async fn run(data: &Large) -> Result<MailFigures, Box<dyn Error + Send + Sync>> {
    let copy = data.copy("mails").await?;
    let mut conn = copy.store.conn().await?;
    // Those of the data set would be counted, too.
    conn.batch_execute("TRUNCATE email_deliveries, jobs CASCADE").await?;
    diesel::sql_query(include_str!("mails.sql"))
        .bind::<BigInt, _>(i64::from(MAILS))
        .execute(&mut conn)
        .await?;
    let options = Options { login: None, starttls: false, delay: DELAY, keep: false, ..Options::default() };
    let sink = Sink::start(options.clone()).await;
    let before = bare(&Sink::start(options.clone()).await).await?;

    let smtp_url = format!("{}?sessions={SESSIONS}", sink.url());
    let work = Launch::work(&copy.url, &smtp_url).with("WORK_CONCURRENCY", CONCURRENCY.to_string());
    let work = work.start().await;
    let began = Instant::now();
    let moment = || Measured {
        operations: sink.see(|state| state.accepted) as f64,
        seconds: began.elapsed().as_secs_f64(),
        cpu: cpu::seconds(&[work.pid(), data.pid()]),
    };
    let first = moment();
    queue(&mut conn, copy.store.now()).await?;
    let all = async {
        while sink.see(|state| state.accepted) < u64::from(MAILS) {
            assert!(!work.has_ended(), "the workers ended: {:#?}", work.output());
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, all).await?;
    let last = moment();
    work.stop().await;
    let sent: i64 = email_deliveries::table
        .filter(email_deliveries::status.eq(DeliveryStatus::Sent))
        .count()
        .get_result(&mut conn)
        .await?;
    let (accepted, peak) = sink.see(|state| (state.accepted, state.peak));
    if sent != i64::from(MAILS) || accepted != u64::from(MAILS) {
        return Err(format!("{accepted} of {MAILS} mails accepted, {sent} recorded as sent").into());
    }
    let after = bare(&Sink::start(options).await).await?;
    Ok(MailFigures { work: Measured::between(first, last), bare: [before, after], peak })
}

/// Creates the jobs of all waiting deliveries in one commit, and sends a hint.
async fn queue(
    conn: &mut AsyncPgConnection,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    diesel::sql_query(
        "INSERT INTO jobs (id, kind, key, firm_id, payload, run_at, max_attempts, created_at)
         SELECT gen_random_uuid(), $1, 'delivery_' || replace(id::text, '-', ''), firm_id,
             jsonb_build_object('delivery_id', id, 'round', 1), $2, $3, $2
         FROM email_deliveries WHERE status = 'QUEUED'",
    )
    .bind::<Text, _>(SendEmail::KIND)
    .bind::<Timestamptz, _>(now)
    .bind::<diesel::sql_types::Integer, _>(SendEmail::MAX_ATTEMPTS)
    .execute(conn)
    .await?;
    diesel::sql_query("NOTIFY guichet, 'jobs'").execute(conn).await?;
    Ok(())
}

/// Sends mails one after the other on one session; returns the seconds per mail.
async fn bare(sink: &Sink) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let message = Message::builder()
        .from("notices@bench.example".parse()?)
        .to("reader@bench.example".parse()?)
        .subject("Ticket #1: In analysis")
        .body("The status has changed.\r\n".repeat(60))?;
    let tcp = TcpStream::connect(sink.address()).await?;
    tcp.set_nodelay(true)?;
    let mut session =
        AsyncSmtpConnection::connect_with_transport(Box::new(tcp), &ClientId::default()).await?;
    let (envelope, raw) = (message.envelope().clone(), message.formatted());
    let began = Instant::now();
    for _ in 0..BARE {
        session.send(&envelope, &raw).await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    session.quit().await?;
    Ok(seconds / f64::from(BARE))
}
