//! The addresses of an embedded server.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::folder::Folder;
use super::pid_file::PidFile;

/// The name of the program's database, and of the server's only user.
pub(super) const NAME: &str = "guichet";

/// The address of `database` through the socket in `folder`, as tokio-postgres reads it.
pub(super) fn url(folder: &Path, database: &str) -> String {
    let host = folder.as_os_str().as_bytes().iter().fold(String::new(), |host, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => host + &char::from(*byte).to_string(),
        _ => format!("{host}%{byte:02X}"),
    });
    format!("postgres://{NAME}@{host}/{database}")
}

fn url_on(folder: &Folder) -> Option<String> {
    let file = PidFile::read(&folder.database())?;
    (file.ready && file.is_running(&folder.database())).then(|| url(&file.socket_folder, NAME))
}

/// The address of the server that another process runs on the data folder, for commands run beside it; none when
/// there is none. `may_move` as in [`PostgresOptions`](super::PostgresOptions).
pub fn running_url(data_dir: &Path, may_move: bool) -> Option<String> {
    let here = Folder::at(data_dir).ok()?;
    url_on(&here).or_else(|| may_move.then(|| url_on(&here.moved())).flatten())
}

/// Whether the data folder contains a database cluster. `may_move` as in
/// [`PostgresOptions`](super::PostgresOptions).
pub fn is_made(data_dir: &Path, may_move: bool) -> bool {
    let here = Folder::at(data_dir).ok();
    here.is_some_and(|here| here.database().is_dir() || may_move && here.moved().database().is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_back() {
        let url = url(Path::new("/srv/été, 1/run"), "guichet");
        assert_eq!(url, "postgres://guichet@%2Fsrv%2F%C3%A9t%C3%A9%2C%201%2Frun/guichet");
        let config: tokio_postgres::Config = url.parse().unwrap();
        assert_eq!(config.get_hosts(), [tokio_postgres::config::Host::Unix("/srv/été, 1/run".into())]);
        assert_eq!(config.get_dbname(), Some("guichet"));
    }
}
