//! Child processes that end with this process, and the reason when they fail.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

/// Has the kernel send the child this signal when the *thread* that spawned it ends, so that a killed process
/// leaves nothing behind.
#[cfg(target_os = "linux")]
pub fn die_with_parent(command: &mut Command, signal: Signal) {
    let parent = Pid::this();
    let hook = move || {
        // Set after the standard library has changed the user, because a change of user would clear it.
        nix::sys::prctl::set_pdeathsig(signal)?;
        // The parent may have ended before the signal was set.
        if getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    #[allow(unsafe_code, reason = "the hook makes two system calls, both safe between fork and exec")]
    unsafe {
        command.pre_exec(hook);
    }
}

/// Other systems cannot do this: a server that outlives its parent is stopped by the next start.
#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(_command: &mut Command, _signal: Signal) {}

/// Runs a command with `input` on stdin. Returns its error message; none when it succeeded.
pub(super) fn complaint(command: &mut Command, input: &str) -> io::Result<Option<String>> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended early explains itself on stderr.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output()?;
    Ok((!output.status.success()).then(|| of_note(&String::from_utf8_lossy(&output.stderr))))
}

/// The line of a program's output that explains the failure.
pub(super) fn of_note(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).rev();
    let telling = ["FATAL:", "PANIC:", "error:"];
    let found = lines.clone().find_map(|line| telling.iter().find_map(|word| Some(line.split_once(word)?.1)));
    found.or_else(|| lines.next()).unwrap_or("no reason given").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_line_is_found() {
        let log = "LOG:  starting\n2026 FATAL:  data directory has wrong ownership\nHINT:  do it\n";
        assert_eq!(of_note(log), "data directory has wrong ownership");
        assert_eq!(of_note("initdb: error: invalid locale name \"x\"\n"), "invalid locale name \"x\"");
        assert_eq!(of_note("\n"), "no reason given");
    }
}
