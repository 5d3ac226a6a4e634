//! Structured logs on stderr: text for a person, JSON for a collector.

use std::io::{self, IsTerminal};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::settings::{LogFormat, Settings};

/// Starts the logs of this process according to the settings. A second call does nothing.
pub fn init(settings: &Settings) {
    let by_terminal = if io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json };
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.log_format.unwrap_or(by_terminal) {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let filters = registry().with(EnvFilter::new(&settings.log)).with(filter_fn(is_ours_or_brief));
    // Fails only when logs were started before, as in tests.
    let _ = filters.with(lines).try_init();
}

/// Below `info`, libraries log what passes through them, such as the parameters of statements: personal data and
/// password hashes. So at these levels only our own crates log, whatever the filter says.
fn is_ours_or_brief(metadata: &Metadata<'_>) -> bool {
    let is_of = |name| metadata.target().starts_with(name);
    // The client of the file store logs each attempt; its callers report the result.
    let brief = if is_of("object_store") { Level::WARN } else { Level::INFO };
    is_of("guichet") || *metadata.level() <= brief
}
