//! Commands that run until they end.

use std::process::Stdio;
use std::time::Duration;

use guichet_server::settings::VARIABLES;
use guichet_tests::app::OPERATOR;
use guichet_tests::wait::DEADLINE;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// The result of a command.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs `guichet` with these arguments and only these settings.
pub async fn guichet(arguments: &[&str], settings: &[(&str, &str)], input: &str) -> Ended {
    guichet_within(DEADLINE, arguments, settings, input).await
}

/// The same for a command that may take so long.
pub async fn guichet_within(
    limit: Duration,
    arguments: &[&str],
    settings: &[(&str, &str)],
    input: &str,
) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet-under-test"));
    command.args(arguments).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in VARIABLES {
        command.env_remove(variable.name);
    }
    // The port of the default may be taken by a `make run` beside the tests.
    command.env("GUICHET_LISTEN", "127.0.0.1:0");
    command.env("MAIL_FROM", OPERATOR);
    command.envs(settings.iter().copied()).env("LOG_FORMAT", "json");
    let mut child = command.spawn().unwrap();
    // A command that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let output = timeout(limit, child.wait_with_output()).await.expect("it ends").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
