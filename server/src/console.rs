//! Messages for the person at the terminal; logs are separate.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use guichet_base::foreign;

/// Prints a line to stdout. The reader may be gone, as `head` is once it has enough.
pub fn say(line: impl Display) {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => complain(format!("cannot answer: {error}")),
        _ => {}
    }
}

/// Prints an error to stderr, without what others may have put into it for the terminal. If that fails, the exit code still tells.
pub fn complain(sentence: impl Display) {
    let sentence = sentence.to_string();
    let lines = sentence.lines().map(foreign::kept).collect::<Vec<_>>().join("\n");
    let _ = writeln!(io::stderr(), "guichet: {lines}");
}
