//! The files of one server, and the commands that create and run it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::address::{NAME, url};
use super::binaries::Binaries;
use super::child::{complaint, die_with_parent, of_note};
use super::error::{file, program};
use super::folder::{Folder, Hold, make_private};
use super::run_as::RunAs;
use super::{EmbeddedError, PostgresOptions};

/// A log larger than this is rotated at the next start.
const LOG_BYTES: u64 = 1 << 20;

/// A database cluster, locked by this process.
#[derive(Debug)]
pub(super) struct Cluster {
    folder: Folder,
    user: RunAs,
    binaries: Binaries,
    socket_folder: PathBuf,
    options: PostgresOptions,
    notes: Vec<String>,
    _hold: Hold,
}

impl Cluster {
    /// Finds programs, user and folder, locks the folder, and creates the cluster if there is none.
    pub(super) fn prepare(options: PostgresOptions) -> Result<Self, EmbeddedError> {
        let newest = Binaries::find(options.bin_dir.as_deref(), None, &options.data_dir)?;
        let folder = Folder::settle(&options.data_dir, options.may_move, &newest.postgres())?;
        let hold = folder.hold()?;
        let major = fs::read_to_string(folder.database().join("PG_VERSION")).ok();
        let major = major.and_then(|text| text.trim().parse().ok());
        let binaries = match major {
            Some(other) if other != newest.major() => {
                Binaries::find(options.bin_dir.as_deref(), major, folder.root())?
            }
            _ => newest,
        };
        let user = RunAs::choose(&folder.database())?;
        let socket_folder = folder.socket_folder(&user)?;

        let mut notes = Vec::new();
        if folder.root() != Folder::at(&options.data_dir)?.root() {
            notes.push(format!(
                "{} cannot be entered by the user `{}`, who runs PostgreSQL: the data are in {}",
                options.data_dir.display(),
                user.name(),
                folder.root().display()
            ));
        }
        if !socket_folder.starts_with(folder.root()) {
            notes.push(format!(
                "the data folder's path is too long for a socket: it is in {}",
                socket_folder.display()
            ));
        }
        let cluster = Self { folder, user, binaries, socket_folder, options, notes, _hold: hold };
        if major.is_none() {
            cluster.make()?;
        }
        Ok(cluster)
    }

    /// Messages for the terminal: that the data are in another folder than requested.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    pub(super) fn root(&self) -> &Path {
        self.folder.root()
    }

    pub(super) fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    pub(super) fn bin_dir(&self) -> PathBuf {
        self.binaries.folder().to_owned()
    }

    pub(super) fn log(&self) -> PathBuf {
        self.folder.log()
    }

    pub(super) fn database(&self) -> PathBuf {
        self.folder.database()
    }

    pub(super) fn url(&self, database: &str) -> String {
        url(&self.socket_folder, database)
    }

    /// Runs `initdb` and `CREATE DATABASE` in a temporary folder; the rename completes the creation.
    fn make(&self) -> Result<(), EmbeddedError> {
        self.folder.remove_half_made();
        let new = self.initdb()?;
        let mut create = self.command(&self.binaries.postgres(), &new);
        create.arg("--single").arg("-D").arg(&new);
        let fsync = if self.options.fsync { "fsync=on" } else { "fsync=off" };
        create.args(["-c", "exit_on_error=on", "-c", fsync]);
        let statement = format!("CREATE DATABASE {NAME};\n");
        let complaint = complaint(create.arg("postgres"), &statement);
        if let Some(reason) = complaint.map_err(program(&self.binaries.postgres()))? {
            return Err(EmbeddedError::Refused { program: "postgres", reason });
        }
        fs::rename(&new, self.database()).map_err(file("name", &new))?;
        if self.options.fsync {
            File::open(self.root())
                .and_then(|folder| folder.sync_all())
                .map_err(file("sync", self.root()))?;
        }
        Ok(())
    }

    /// Runs `initdb` in a new folder, and returns it.
    fn initdb(&self) -> Result<PathBuf, EmbeddedError> {
        let mut refusal = None;
        // Some systems do not have the first locale.
        for locale in ["C.UTF-8", "C"] {
            let new = self.folder.new_database();
            make_private(&new, &self.user)?;
            let mut initdb = self.command(&self.binaries.initdb(), self.root());
            initdb.arg("-D").arg(&new);
            initdb.args(["-U", NAME, "-E", "UTF8", "--locale", locale, "--lc-messages", "C"]);
            // Only the owner of the socket's folder and root can reach the socket, so everyone who can is trusted.
            initdb.args(["--auth", "trust", "--data-checksums", "--no-instructions"]);
            if !self.options.fsync {
                initdb.arg("--no-sync");
            }
            match complaint(&mut initdb, "").map_err(program(&self.binaries.initdb()))? {
                None => return Ok(new),
                Some(reason) => refusal = Some(reason),
            }
        }
        Err(EmbeddedError::Refused { program: "initdb", reason: refusal.unwrap_or_default() })
    }

    /// The command of the server, with its output appended to the log.
    pub(super) fn server(&self) -> Result<Command, EmbeddedError> {
        let log = self.log();
        if log.metadata().is_ok_and(|metadata| metadata.len() > LOG_BYTES) {
            fs::rename(&log, log.with_extension("log.old")).map_err(file("name", &log))?;
        }
        let log = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&log)
            .map_err(file("open", &log))?;
        let mut command = self.command(&self.binaries.postgres(), &self.database());
        command.envs(self.options.environment.iter().map(|(name, value)| (name, value)));
        command.arg("-D").arg(self.database());
        let mut directory = OsString::from("unix_socket_directories=\"");
        directory.push(&self.socket_folder);
        directory.push("\"");
        command.arg("-c").arg(directory);
        for setting in SETTINGS.iter().chain(if self.options.fsync { &[] } else { UNSAFE }) {
            command.args(["-c", setting]);
        }
        for (name, value) in &self.options.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // Ctrl-C in a terminal signals the whole process group; the server must outlive the draining of requests.
        command.process_group(0);
        command.stdout(log.try_clone().map_err(file("open", &self.log()))?).stderr(log);
        Ok(command)
    }

    /// The last relevant line in the server's log after its first `from` bytes.
    pub(super) fn last_words(&self, from: u64) -> String {
        let mut text = Vec::new();
        let read = File::open(self.log()).and_then(|mut log| {
            log.seek(SeekFrom::Start(from))?;
            log.read_to_end(&mut text)
        });
        match read {
            Ok(_) => of_note(&String::from_utf8_lossy(&text)),
            Err(error) => error.to_string(),
        }
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = self.user.command(program, folder);
        die_with_parent(&mut command, Signal::SIGINT);
        command
    }
}

/// Settings of every embedded server.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    // The reason of a failed start is read from the log.
    "lc_messages=C",
    "log_timezone=UTC",
    // Error messages of statements contain personal data; the program logs its own errors.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
    "logging_collector=off",
    "jit=off",
];

/// What is disabled for data that may be lost with the machine. Commits are still written one by one, so they
/// survive a killed server.
const UNSAFE: &[&str] = &["fsync=off", "full_page_writes=off"];
