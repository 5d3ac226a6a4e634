//! Workers that are killed in the middle of one kind of job, one after the other.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::job::JobStatus;
use guichet_engine::tables::jobs;
use tokio::time::sleep;

use super::office::Office;
use crate::process::{Launch, Process};

/// So long a worker looks for a job; then there is none.
const PATIENCE: Duration = Duration::from_secs(3);

/// Which workers are killed, and when.
#[derive(Debug)]
pub struct Victims<'a> {
    /// The office whose jobs they do.
    pub office: &'a Office,
    /// How they are started.
    pub launch: Launch,
    /// The kind of job, of which a worker does one at a time.
    pub kind: &'static str,
    /// At a random moment so long after a job was seen to run, at most.
    pub moment: Duration,
}

impl Victims<'_> {
    /// Kills a worker in mid-job so many times, and asks for `more` whenever no job is left. Returns the worker that lives.
    ///
    /// # Panics
    /// When a worker does not start, or the database does not answer.
    pub async fn kill(&self, kills: usize, mut more: impl AsyncFnMut()) -> Process {
        let mut worker = self.launch.start().await;
        let mut so_far = 0;
        while so_far < kills {
            // The next one is there before, so that somebody always works.
            let next = self.launch.start().await;
            while !self.office.within(PATIENCE, async || self.is_running(&worker).await).await {
                if self.left().await == 0 {
                    more().await;
                }
            }
            sleep(self.moment.mul_f64(rand::random())).await;
            let victim = std::mem::replace(&mut worker, next);
            let pid = victim.pid();
            victim.kill().await;
            // A kill between two jobs does not count.
            so_far += usize::from(self.running(pid).await > 0);
        }
        worker
    }

    async fn is_running(&self, worker: &Process) -> bool {
        self.running(worker.pid()).await > 0
    }

    /// The jobs of a worker; its name contains its process id.
    async fn running(&self, pid: u32) -> i64 {
        jobs::table
            .filter(jobs::kind.eq(self.kind))
            .filter(jobs::worker.like(format!("%-{pid}-%")).and(jobs::status.eq(JobStatus::Running)))
            .count()
            .get_result(&mut self.office.store.conn().await.expect("the database answers"))
            .await
            .expect("jobs are read")
    }

    /// The jobs that wait or run.
    async fn left(&self) -> i64 {
        jobs::table
            .filter(jobs::kind.eq(self.kind))
            .filter(jobs::status.ne(JobStatus::Dead))
            .count()
            .get_result(&mut self.office.store.conn().await.expect("the database answers"))
            .await
            .expect("jobs are read")
    }
}
