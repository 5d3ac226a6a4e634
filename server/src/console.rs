//! What a person at the terminal is told; logs are another matter.

use std::fmt::Display;

/// Prints a line of an answer.
#[allow(clippy::print_stdout, reason = "this is the one place that prints answers")]
pub fn say(line: impl Display) {
    println!("{line}");
}

/// Prints why the program does not do what it was asked to.
#[allow(clippy::print_stderr, reason = "this is the one place that prints refusals")]
pub fn complain(sentence: impl Display) {
    eprintln!("guichet: {sentence}");
}
