//! Logs: structured, on the error stream, text for a person and JSON for a collector.

use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::settings::{LogFormat, Settings};

/// Starts the logs of this process as the settings say. A second call changes nothing.
pub fn init(settings: &Settings) {
    let by_terminal = if io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
    let filter = EnvFilter::new(&settings.log);
    let logs = fmt().with_env_filter(filter).with_writer(io::stderr);
    // The only error is that another one was set before, as tests do.
    let _ = match settings.log_format.unwrap_or(by_terminal) {
        LogFormat::Text => logs.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).with_span_list(false).try_init(),
    };
}
