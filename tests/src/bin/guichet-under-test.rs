//! The `guichet` program as a binary of this crate, so that Cargo builds it for tests that run it as a process.

fn main() -> std::process::ExitCode {
    guichet_server::program::main()
}
