//! Structured logs on stderr: text for a person, JSON for a collector.

mod line;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};
use std::thread;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, registry};

use self::line::{Lines, Style};
use crate::console;
use crate::settings::{LogFormat, Settings};

/// Starts the logs of this process according to the settings. A second call does nothing.
pub fn init(settings: &Settings) {
    let is_terminal = io::stderr().is_terminal();
    let by_terminal = if is_terminal { LogFormat::Text } else { LogFormat::Json };
    let style = match settings.log_format.unwrap_or(by_terminal) {
        LogFormat::Text => Style::Text { colored: is_terminal },
        LogFormat::Json => Style::Json,
    };
    let filters = registry().with(EnvFilter::new(&settings.log)).with(filter_fn(is_ours_or_brief));
    // Fails only when logs were started before, as in tests.
    if filters.with(Lines::new(style, io::stderr)).try_init().is_ok() {
        panic::set_hook(Box::new(log_panic));
    }
}

/// Below `info`, libraries log what passes through them, such as the parameters of statements: personal data and
/// password hashes. So at these levels only our own crates log, whatever the filter says.
fn is_ours_or_brief(metadata: &Metadata<'_>) -> bool {
    let is_of = |name| metadata.target().starts_with(name);
    // The client of the file store logs each attempt; its callers report the result.
    let brief = if is_of("object_store") { Level::WARN } else { Level::INFO };
    is_of("guichet") || *metadata.level() <= brief
}

/// A panic is an entry like any other; by default it would be lines of text between them.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let place = panic.location().map(ToString::to_string);
    tracing::error!(
        panic = panic.payload_as_str().unwrap_or("not a text"),
        place,
        thread = thread.name(),
        "a panic"
    );
    // Only with RUST_BACKTRACE, which a person sets who looks for a fault.
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        console::complain(format!("backtrace of the panic:\n{backtrace}"));
    }
}
