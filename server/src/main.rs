//! The `guichet` program.

fn main() -> std::process::ExitCode {
    guichet_server::program::main()
}
