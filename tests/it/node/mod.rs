//! JavaScript programs, run by Node.js against the API.

mod audits;
mod browser;
mod clients;
mod example;

use std::path::Path;

use tokio::process::Command;

/// Runs `run.mjs` in this folder of `tests/`; returns what it printed.
///
/// # Panics
/// When it fails, with what it printed, or when its packages are not installed.
async fn run(folder: &str, arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    assert!(path.join("node_modules").is_dir(), "the packages are missing: run `make {folder}`");
    let mut node = Command::new("node");
    let output = node.arg("run.mjs").args(arguments).current_dir(path).kill_on_drop(true).output();
    let output = output.await.expect("Node.js is installed");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}
