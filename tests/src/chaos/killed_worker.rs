//! A worker that is killed during jobs, repeatedly, while real mails are sent.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{DeliveryId, JobId};
use guichet_engine::job::JobStatus;
use guichet_engine::tables::jobs;
use guichet_schema::shared::email_delivery::model::{DeliveryStatus, SendEmail};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::copies::Copies;
use super::findings::Findings;
use super::office::Office;
use crate::database::TestDatabase;
use crate::process::{Launch, Process};
use crate::smtp::{Options, Sink};

const KILLS: usize = 100;
/// Jobs of a killed worker must be with another one within this time.
const PICKED_UP: Duration = Duration::from_secs(30);
/// The number of mails that wait at any time.
const BACKLOG: usize = 40;
const TICKETS: usize = 60;

/// A job that a killed worker left behind.
struct Orphan {
    job: JobId,
    run: Uuid,
    killed: Instant,
}

/// 100 kills during jobs: nothing is lost, nothing is sent twice except what was inside DATA, and every job is
/// with another worker within 30 s.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    // Four replies per mail: most of the time a worker is in the middle of a mail.
    let sink = Sink::start(Options { delay: Duration::from_millis(25), ..Options::default() }).await;
    let launch = Launch::work(&office.url, &format!("{}?sessions=8", sink.url()));

    let stop = CancellationToken::new();
    let feeder = tokio::spawn(feed(office.clone(), stop.clone()));
    let (orphaned, orphans) = unbounded_channel();
    let follower = tokio::spawn(follow(office.clone(), orphans));

    let mut workers = [launch.start().await, launch.start().await];
    let mut hits: HashMap<DeliveryId, usize> = HashMap::new();
    let (mut kills, mut orphaned_jobs) = (0, 0);
    while kills < KILLS {
        let accepted = sink.see(|state| state.accepted);
        let moment = Duration::from_millis(rand::random_range(0..150));
        sink.wait_until(|state| state.accepted > accepted + 3).await;
        sleep(moment).await;
        let next = launch.start().await;
        let victim = std::mem::replace(&mut workers[kills % 2], next);
        let left = kill(&office, victim).await;
        // A kill between two jobs does not count.
        kills += usize::from(!left.is_empty());
        orphaned_jobs += left.len();
        for (orphan, delivery) in left {
            *hits.entry(delivery).or_default() += 1;
            orphaned.send(orphan).expect("somebody follows");
        }
    }
    stop.cancel();
    feeder.await.expect("the feeder goes on to the end");
    let emptied = office.emptied(Duration::from_secs(90)).await;
    drop(orphaned);
    let slowest = follower.await.expect("the follower goes on to the end");
    for worker in workers {
        worker.stop().await;
    }

    let mut findings = Findings::default();
    findings.count("kills in mid-job", kills);
    findings.count("jobs cut off", orphaned_jobs);
    findings.expect(emptied, "jobs are left after the last kill");
    judge(&office, &sink, &hits, &mut findings).await;
    findings.count("slowest picked up again after", format!("{:.1} s", slowest.as_secs_f64()));
    findings.expect(slowest < PICKED_UP, format!("a job waited {slowest:?} for another worker"));
    sink.stop().await;
    database.drop().await;
    findings
}

/// Compares the office's records with what the relay received.
async fn judge(office: &Office, sink: &Sink, hits: &HashMap<DeliveryId, usize>, findings: &mut Findings) {
    let deliveries = office.deliveries().await;
    let mut copies = Copies::of(sink);
    let (mut lost, mut unsent, mut doubled, mut excess) = (0, 0, 0, 0);
    for delivery in &deliveries {
        let got = copies.take(delivery);
        let allowed = 1 + hits.get(&delivery.id).copied().unwrap_or_default();
        lost += usize::from(got == 0);
        unsent += usize::from(delivery.status != DeliveryStatus::Sent);
        doubled += got.saturating_sub(1);
        excess += got.saturating_sub(allowed);
    }
    findings.count("mails", deliveries.len());
    findings.count("lost", lost);
    findings.count("second copies from inside DATA", doubled);
    findings.expect_equal("mails lost", lost, 0);
    findings.expect_equal("mails that are not SENT in the records", unsent, 0);
    findings.expect_equal("copies that no kill explains", excess, 0);
    findings.expect_equal("mails with a Message-ID of no delivery", copies.left(), 0);
    findings.expect_equal("dead letters", office.queue().await.dead, 0);
}

/// Keeps the queue filled until `stop`.
async fn feed(office: Office, stop: CancellationToken) {
    let mut tickets = Vec::with_capacity(TICKETS);
    for number in 0..TICKETS {
        tickets.push(office.ticket(&format!("client-{number}@example.com")).await);
    }
    for round in 0.. {
        for &ticket in &tickets {
            while office.queue().await.ready >= BACKLOG && !stop.is_cancelled() {
                sleep(Duration::from_millis(20)).await;
            }
            if stop.is_cancelled() {
                return;
            }
            office.change(ticket, round % 2 == 0).await;
        }
    }
}

/// Kills a worker; returns the jobs it had begun.
async fn kill(office: &Office, victim: Process) -> Vec<(Orphan, DeliveryId)> {
    let pid = victim.pid();
    victim.kill().await;
    let killed = Instant::now();
    // The worker's name contains its process id.
    let rows: Vec<(JobId, Option<Uuid>, serde_json::Value)> = jobs::table
        .filter(jobs::worker.like(format!("%-{pid}-%")).and(jobs::status.eq(JobStatus::Running)))
        .select((jobs::id, jobs::lease_token, jobs::payload))
        .load(&mut office.store.conn().await.expect("the database answers"))
        .await
        .expect("jobs are read");
    let orphan = |(job, run, payload): (JobId, Option<Uuid>, serde_json::Value)| {
        let SendEmail { delivery_id, .. } =
            serde_json::from_value(payload).expect("only mails are jobs here");
        (Orphan { job, run: run.expect("a running job has a lease"), killed }, delivery_id)
    };
    rows.into_iter().map(orphan).collect()
}

/// Watches until each orphan is with another worker or done; returns the longest time that took.
async fn follow(office: Office, mut orphans: UnboundedReceiver<Orphan>) -> Duration {
    let mut waiting: Vec<Orphan> = Vec::new();
    let mut slowest = Duration::ZERO;
    loop {
        while let Ok(orphan) = orphans.try_recv() {
            waiting.push(orphan);
        }
        if waiting.is_empty() && orphans.is_closed() {
            return slowest;
        }
        let ids: Vec<JobId> = waiting.iter().map(|orphan| orphan.job).collect();
        let rows: Vec<(JobId, JobStatus, Option<Uuid>)> = jobs::table
            .filter(jobs::id.eq_any(ids))
            .select((jobs::id, jobs::status, jobs::lease_token))
            .load(&mut office.store.conn().await.expect("the database answers"))
            .await
            .expect("jobs are read");
        let rows: HashMap<JobId, _> = rows.into_iter().map(|(id, status, run)| (id, (status, run))).collect();
        waiting.retain(|orphan| {
            let is_still = match rows.get(&orphan.job) {
                Some((JobStatus::Running, run)) => *run == Some(orphan.run),
                Some((JobStatus::Ready, _)) => true,
                Some((JobStatus::Held | JobStatus::Dead, _)) | None => false,
            };
            slowest = slowest.max(orphan.killed.elapsed());
            is_still
        });
        sleep(Duration::from_millis(50)).await;
    }
}
