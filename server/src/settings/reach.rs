//! Whether what the settings name is really there.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use guichet_schema::db;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_postgres::config::Host;

use super::variable::{DATABASE_URL, Variable};
use super::{Secret, SettingError};

/// How long an engine may take to answer at the start.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects once to the database.
///
/// # Errors
/// `DATABASE_URL: connection refused at db:5432`, and the like.
pub async fn check_database(url: &Secret) -> Result<(), SettingError> {
    let failed = |reason: &str| {
        SettingError::new(DATABASE_URL, format!("{} at {}", plain(reason), database_place(url)))
    };
    match timeout(PATIENCE, db::connect(url.reveal())).await {
        Ok(Ok(_connection)) => Ok(()),
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(_) => Err(failed("no answer")),
    }
}

/// Listens on the address that `variable` gives.
///
/// # Errors
/// `GUICHET_LISTEN: 127.0.0.1:8080 is taken by another program`, and the like.
pub async fn bind(variable: Variable, address: SocketAddr) -> Result<TcpListener, SettingError> {
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => "is taken by another program".to_owned(),
            io::ErrorKind::AddrNotAvailable => "is no address of this machine".to_owned(),
            io::ErrorKind::PermissionDenied => "is not allowed to this user".to_owned(),
            _ => plain(&error.to_string()),
        };
        SettingError::new(variable, format!("{address} {reason}"))
    })
}

fn database_place(url: &Secret) -> String {
    let config = url.reveal().parse::<tokio_postgres::Config>().unwrap_or_default();
    let port = |number: usize| config.get_ports().get(number).or(config.get_ports().first()).copied();
    let host = |(number, host): (usize, &Host)| match host {
        Host::Tcp(name) => format!("{name}:{}", port(number).unwrap_or(5432)),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    };
    config.get_hosts().iter().enumerate().map(host).collect::<Vec<_>>().join(", ")
}

/// What a library said, without its preambles and numbers.
fn plain(reason: &str) -> String {
    let reason = reason.rsplit_once(" (os error").map_or(reason, |(before, _)| before);
    let preambles = ["error connecting to server: ", "db error: ", "FATAL: ", "ERROR: "];
    let reason = preambles
        .iter()
        .fold(reason, |reason, preamble| reason.split_once(preamble).map_or(reason, |(_, after)| after));
    let mut letters = reason.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::GUICHET_LISTEN;

    #[tokio::test]
    async fn what_is_not_there_is_named_with_its_place() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = Secret::new(format!("postgres://me:hunter2@{free}/guichet"));
        let sentence = check_database(&url).await.unwrap_err().to_string();
        assert_eq!(sentence, format!("DATABASE_URL: connection refused at {free}"));
    }

    #[tokio::test]
    async fn a_taken_port_is_named() {
        let taken = bind(GUICHET_LISTEN, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = taken.local_addr().unwrap();
        let sentence = bind(GUICHET_LISTEN, address).await.unwrap_err().to_string();
        assert_eq!(sentence, format!("GUICHET_LISTEN: {address} is taken by another program"));
    }

    #[test]
    fn places_have_their_usual_ports() {
        assert_eq!(database_place(&Secret::new("postgres://me@a,b:1/x")), "a:5432, b:1");
        assert_eq!(
            plain("db error: FATAL: password authentication failed"),
            "password authentication failed"
        );
    }
}
