//! JavaScript programs, run by Node.js against the API.

mod audits;
mod browser;
mod clients;
mod example;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs `run.mjs` in this folder of `tests/`; returns what it printed.
///
/// # Panics
/// When it fails, with what it printed, or when its packages are not installed.
async fn run(folder: &str, arguments: &[&str]) -> String {
    let mut node = Command::new("node");
    let output = node.arg("run.mjs").args(arguments).current_dir(of(folder)).kill_on_drop(true).output();
    printed(&output.await.expect("Node.js is installed"))
}

/// Runs a program of this folder of `tests/`, which reads a text; returns what it printed.
///
/// # Panics
/// When it fails, with what it printed, or when its packages are not installed.
pub async fn reads(folder: &str, program: &str, text: &str) -> String {
    let mut node = Command::new("node");
    let node = node.arg(program).current_dir(of(folder)).kill_on_drop(true);
    let node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut node = node.spawn().expect("Node.js is installed");
    let mut input = node.stdin.take().expect("it reads");
    input.write_all(text.as_bytes()).await.expect("it reads all of it");
    drop(input);
    printed(&node.wait_with_output().await.expect("it ends"))
}

/// A folder of `tests/` with its packages.
fn of(folder: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    assert!(path.join("node_modules").is_dir(), "the packages are missing: run `make {folder}`");
    path
}

fn printed(output: &std::process::Output) -> String {
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}
