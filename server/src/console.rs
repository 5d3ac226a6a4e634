//! What a person at the terminal is told; logs are another matter.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints a line of an answer. Whoever reads may be gone, as `head` is once it has enough.
pub fn say(line: impl Display) {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => complain(format!("cannot answer: {error}")),
        _ => {}
    }
}

/// Prints why the program does not do what it was asked to; where nobody hears it, the code tells.
pub fn complain(sentence: impl Display) {
    let _ = writeln!(io::stderr(), "guichet: {sentence}");
}
