//! The `guichet` program as a binary of this crate, so that Cargo builds it for tests that run it as a process.
//! With another first argument it is the keeper of the tests' PostgreSQL.

use std::process::ExitCode;

use guichet_tests::database::keeper::{KEEP_SERVER, keep};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if let [first, folder] = &arguments[..]
        && first == KEEP_SERVER
    {
        tokio::runtime::Runtime::new().expect("a runtime starts").block_on(keep(folder));
        return ExitCode::SUCCESS;
    }
    guichet_server::program::main()
}
