//! Whether the configured services are there and accept our settings.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use guichet_base::error::{Fault, without_sqlstate};
use guichet_base::foreign;
use guichet_engine::db::{self, Address};
use guichet_mail::{SendError, SmtpSettings, Survey};
use guichet_storage::{S3, S3Fault, S3Settings};
use guichet_workers::clamd::{Clamd, ClamdError};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_postgres::config::Host;
use url::Url;

use super::variable::{
    CLAMD_ADDRESS, DATABASE_URL, GUICHET_DATA, S3_ACCESS_KEY_ID, S3_BUCKET, S3_ENDPOINT, S3_REGION, SMTP_URL,
    Variable,
};
use super::{Secret, SettingError, Settings};
use crate::lifecycle::Failure;

/// How long a service may take to answer at the start.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same for a relay: some let strangers wait before they greet them.
const RELAY_PATIENCE: Duration = Duration::from_secs(45);

const NO_PASSWORD: &str = "the server asks for a password, and the address has none: write \
    postgres://user:password@host:5432/database (PGPASSWORD and PGPASSFILE are not read)";

/// Connects to the database once.
///
/// # Errors
/// For example `DATABASE_URL: connection refused at db:5432`.
pub async fn check_database(url: &Secret) -> Result<(), SettingError> {
    let failed = |reason: &str| {
        // The client's own words, when the server asks for a password.
        let reason = match reason.contains("password missing") {
            true => NO_PASSWORD.to_owned(),
            false => plain(reason),
        };
        SettingError::new(DATABASE_URL, format!("{reason} at {}", database_place(url)))
    };
    let asked = async {
        let mut conn = db::connect(url.reveal()).await.map_err(|error| error.to_string())?;
        db::server_version(&mut conn).await.map_err(|error| error.to_string())
    };
    match timeout(PATIENCE, asked).await {
        Ok(Ok(version)) => new_enough(version).map_err(|reason| failed(&reason)),
        Ok(Err(reason)) => Err(failed(&reason)),
        Err(_) => Err(failed("no answer")),
    }
}

/// For example 150004 for 15.4.
fn new_enough(version: i32) -> Result<(), String> {
    const OLDEST: i32 = 15;
    let (major, minor) = (version / 10_000, version % 10_000);
    if major >= OLDEST {
        return Ok(());
    }
    Err(format!("PostgreSQL {major}.{minor} is too old, {OLDEST} or newer is needed"))
}

/// Why a service that the process can do without does not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// It does not answer, its name is not known, or it says that it cannot work now. It may come back by itself.
    #[error(transparent)]
    Away(SettingError),
    /// It is there and refuses what our settings say, or is something else: nothing helps but another setting.
    #[error(transparent)]
    Refused(SettingError),
}

impl From<PartError> for SettingError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Away(error) | PartError::Refused(error) => error,
        }
    }
}

/// Opens the bucket, without asking it.
///
/// # Errors
/// When the settings cannot belong to any bucket.
pub fn open_s3(settings: &S3Settings) -> Result<S3, SettingError> {
    S3::new(settings).map_err(|error| SettingError::new(S3_BUCKET, plain(&error.to_string())))
}

/// Checks that the bucket exists and is accessible.
///
/// # Errors
/// For example `S3_BUCKET: the store has no bucket `files` that this key may use`.
pub async fn look_at_s3(s3: &S3, settings: &S3Settings) -> Result<(), PartError> {
    let place = settings.endpoint.as_ref().map_or("the endpoint of AWS", Url::as_str).trim_end_matches('/');
    let away = |reason: String| PartError::Away(SettingError::new(S3_ENDPOINT, reason));
    let refused = |variable, reason: String| PartError::Refused(SettingError::new(variable, reason));
    let nobody = || away(format!("no S3 store answers at {place}"));
    let fault = match timeout(PATIENCE, s3.probe()).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(_elapsed) => return Err(nobody()),
    };
    Err(match fault {
        S3Fault::Away(None) => nobody(),
        S3Fault::Away(Some(status)) => away(format!("the store at {place} answers {status}")),
        S3Fault::Clock => away(format!("the clock of the store at {place} and ours differ")),
        S3Fault::Untrusted(reason) => refused(S3_ENDPOINT, format!("{reason} at {place}")),
        S3Fault::Credentials => refused(
            S3_ACCESS_KEY_ID,
            format!("the store at {place} does not accept it with this S3_SECRET_ACCESS_KEY"),
        ),
        S3Fault::Bucket => refused(
            S3_BUCKET,
            format!("the store at {place} has no bucket `{}` that this key may use", settings.bucket),
        ),
        S3Fault::Region => refused(
            S3_REGION,
            format!("the bucket `{}` at {place} is not in the region `{}`", settings.bucket, settings.region),
        ),
        S3Fault::Refused(answer) => refused(S3_ENDPOINT, format!("what is at {place} answers {answer}")),
    })
}

/// Checks that the scanner answers.
///
/// # Errors
/// For example `CLAMD_ADDRESS: clamd does not answer at clamd:3310: connection refused`.
pub async fn look_at_clamd(clamd: &Clamd) -> Result<(), PartError> {
    let failed = |reason: &str| {
        SettingError::new(CLAMD_ADDRESS, format!("clamd does not answer at {}: {reason}", clamd.place()))
    };
    match timeout(PATIENCE, clamd.ping()).await {
        Ok(Ok(())) => Ok(()),
        // The scanner is there, but not for us.
        Ok(Err(ClamdError::Unreachable(error))) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(PartError::Refused(failed(&plain(&error.to_string()))))
        }
        Ok(Err(ClamdError::Unreachable(error))) => Err(PartError::Away(failed(&plain(&error.to_string())))),
        Ok(Err(ClamdError::Refused(answer))) if answer.is_empty() => {
            Err(PartError::Away(failed("no word came")))
        }
        Ok(Err(ClamdError::Refused(answer))) => {
            let answer = foreign::listed(answer.lines().next().unwrap_or_default());
            let reason = format!("what is at {} is no scanner: it says `{answer}`", clamd.place());
            Err(PartError::Refused(SettingError::new(CLAMD_ADDRESS, reason)))
        }
        Ok(Err(ClamdError::Silent)) | Err(_) => Err(PartError::Away(failed("no word came"))),
    }
}

/// Connects to the relay and signs in.
///
/// # Errors
/// For example `SMTP_URL: relay.example:587 does not work: 535 at AUTH`.
pub async fn look_at_relay(relay: &SmtpSettings) -> Result<Survey, PartError> {
    let failed =
        |reason: &str| SettingError::new(SMTP_URL, format!("{} does not work: {reason}", relay.place()));
    match timeout(RELAY_PATIENCE, relay.survey()).await {
        Ok(Ok(survey)) => Ok(survey),
        Ok(Err(error @ SendError::Sick(_))) => Err(PartError::Refused(failed(&error.to_string()))),
        Ok(Err(error)) => Err(PartError::Away(failed(&error.to_string()))),
        Err(_elapsed) => Err(PartError::Away(failed("no answer in time"))),
    }
}

/// Runs the pending migrations.
///
/// # Errors
/// [`SettingError`] when the database of `DATABASE_URL` refuses, most often because a privilege or an extension is
/// missing; for an embedded server it is an internal error.
pub async fn migrate(settings: &Settings, url: &str) -> Result<(), Failure> {
    match db::migrate(url).await {
        Err(Fault::Broken(reason)) if settings.database_url.is_some() => {
            let reason = format!("the tables cannot be brought up to date: {}", plain(&reason));
            Err(SettingError::new(DATABASE_URL, reason).into())
        }
        done => Ok(done?),
    }
}

/// The error of a folder under `GUICHET_DATA` that cannot be used.
pub fn unusable(folder: &Path, error: &io::Error) -> SettingError {
    let reason = format!("{} cannot be used: {}", folder.display(), plain(&error.to_string()));
    SettingError::new(GUICHET_DATA, reason)
}

/// Listens on the address of `variable`.
///
/// # Errors
/// For example `GUICHET_LISTEN: 127.0.0.1:8080 is taken by another program`.
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

/// Host and port, or the folder of the socket.
pub fn database_place(url: &Secret) -> String {
    let address = Address::parse(url.reveal()).ok();
    let config = address.as_ref().map(|address| address.config().clone()).unwrap_or_default();
    let port = |number: usize| config.get_ports().get(number).or(config.get_ports().first()).copied();
    let host = |(number, host): (usize, &Host)| match host {
        Host::Tcp(name) => format!("{name}:{}", port(number).unwrap_or(5432)),
        #[cfg(unix)]
        Host::Unix(folder) => folder.display().to_string(),
    };
    config.get_hosts().iter().enumerate().map(host).collect::<Vec<_>>().join(", ")
}

/// The message of a library, without prefixes and numbers.
pub fn plain(reason: &str) -> String {
    let reason = reason.lines().next().unwrap_or_default();
    let reason = reason.rsplit_once(" (os error").map_or(reason, |(before, _)| before);
    let preambles =
        ["migration: ", "error connecting to server: ", " with: ", "db error: ", "FATAL: ", "ERROR: "];
    let reason = preambles
        .iter()
        .fold(reason, |reason, preamble| reason.split_once(preamble).map_or(reason, |(_, after)| after));
    let mut letters = without_sqlstate(reason).chars();
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
    fn an_old_postgresql_is_named() {
        assert_eq!(new_enough(150_018), Ok(()));
        let old = "PostgreSQL 13.23 is too old, 15 or newer is needed";
        assert_eq!(new_enough(130_023).unwrap_err(), old);
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
