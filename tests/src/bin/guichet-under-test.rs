//! The `guichet` program under a name of this crate, so that Cargo builds it for the tests that run
//! it as a process of its own.

fn main() -> std::process::ExitCode {
    guichet_server::program::main()
}
