//! Runs plain statements with `pgbench`, which is installed beside `postgres`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use guichet_embedded::Postgres;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::cpu;
use super::rounds::Measured;

/// Seconds before measuring: connections are opened and plans prepared.
pub const WARM_UP: usize = 2;
/// Measured seconds.
pub const SECONDS: usize = 5;

/// A script for `pgbench -M prepared`.
#[derive(Debug)]
pub struct Pgbench {
    program: PathBuf,
    script: PathBuf,
    url: String,
    server: u32,
}

impl Pgbench {
    /// Writes the script into `folder`, for this database of `postgres`.
    ///
    /// # Panics
    /// When the file cannot be written, or PostgreSQL does not run.
    pub fn new(postgres: &Postgres, url: &str, folder: &Path, script: &str) -> Self {
        let file = folder.join("script.sql");
        std::fs::write(&file, script).expect("the script is written");
        let program = postgres.bin_dir().join("pgbench");
        assert!(
            program.is_file(),
            "pgbench is not beside postgres: install PostgreSQL's contributed programs"
        );
        let server = postgres.pid().expect("PostgreSQL runs");
        Self { program, script: file, url: url.to_owned(), server }
    }

    /// Runs it with so many connections; the CPU time of PostgreSQL is measured, not that of `pgbench`.
    ///
    /// # Panics
    /// When `pgbench` fails, or a transaction does.
    pub async fn run(&self, connections: usize) -> Measured {
        let seconds = WARM_UP + SECONDS;
        let mut command = Command::new(&self.program);
        command.args(["-n", "-M", "prepared", "-P", "1", "--max-tries", "1"]);
        command.args(["-j", &connections.min(2).to_string(), "-c", &connections.to_string()]);
        // It ends with its last progress line, or before it.
        command.args(["-T", &(seconds + 1).to_string()]).arg("-f").arg(&self.script).arg(&self.url);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("pgbench can be run");
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let mut told = Vec::new();
        let mut so_far = Measured { operations: 0.0, seconds: 0.0, cpu: 0.0 };
        let mut moments = Vec::new();
        while moments.len() < seconds {
            let line = lines.next_line().await.expect("its output is read");
            let Some(line) = line else { panic!("pgbench ended: {told:#?}") };
            let Some((at, rate)) = progress(&line) else {
                told.push(line);
                continue;
            };
            so_far.operations += rate * (at - so_far.seconds);
            so_far.seconds = at;
            so_far.cpu = cpu::seconds(&[self.server]);
            moments.push(so_far);
        }
        while let Some(line) = lines.next_line().await.expect("its output is read") {
            told.push(line);
        }
        let output = child.wait_with_output().await.expect("pgbench ends");
        let summary = String::from_utf8_lossy(&output.stdout);
        let is_whole = summary.contains("number of failed transactions: 0 ");
        assert!(output.status.success() && is_whole, "pgbench failed: {told:#?}\n{summary}");
        Measured::between(moments[WARM_UP - 1], moments[seconds - 1])
    }
}

/// The seconds since the start, and the transactions per second since the previous line.
fn progress(line: &str) -> Option<(f64, f64)> {
    let (at, rest) = line.strip_prefix("progress: ")?.split_once(" s, ")?;
    Some((at.parse().ok()?, rest.split_once(" tps")?.0.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read() {
        let line = "progress: 2.0 s, 1234.5 tps, lat 0.810 ms stddev 0.100, 0 failed";
        assert_eq!(progress(line), Some((2.0, 1234.5)));
        assert_eq!(progress("pgbench (15.18)"), None);
    }
}
