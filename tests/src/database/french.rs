//! A PostgreSQL of its own that speaks French, with a disk that can be full.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use data_encoding::HEXLOWER;
use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::process::program_beside;

/// The locale of its messages.
const FRENCH: &str = "fr_FR.UTF-8";
/// The library that makes a disk full.
const LIBRARY: &str = "full_disk.so";

/// A server with a migrated database, all of whose messages are in French.
#[derive(Debug)]
pub struct FrenchServer {
    /// The server.
    pub postgres: Postgres,
    /// While this file exists, its disk is full.
    full: PathBuf,
    // Removed after the server has ended.
    _folder: TempDir,
}

impl FrenchServer {
    /// Starts one.
    ///
    /// # Panics
    /// When PostgreSQL does not start, `localedef` or the C compiler fails: `make setup-tests` installs them.
    pub async fn start() -> Self {
        // Accessible also for the user that runs PostgreSQL when this runs as root.
        let passable = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(passable).tempdir().expect("a folder is made");
        let made = made();
        let [locales, library, full] = ["locales", LIBRARY, "full"].map(|name| folder.path().join(name));
        copy(&made.join(FRENCH), &locales.join(FRENCH));
        fs::copy(made.join(LIBRARY), &library).expect("a file is copied");
        let mut options = PostgresOptions::new(folder.path().join("data")).without_fsync();
        options.settings.push(("lc_messages".to_owned(), FRENCH.to_owned()));
        let variables = [("LOCPATH", &locales), ("LD_PRELOAD", &library), ("FULL_DISK", &full)];
        let text = |path: &Path| path.to_str().expect("a path of text").to_owned();
        options.environment.extend(variables.map(|(name, path)| (name.to_owned(), text(path))));
        let postgres = Postgres::start(options).await.expect("PostgreSQL starts");
        db::migrate(&postgres.url()).await.expect("the migrations run");
        Self { postgres, full, _folder: folder }
    }

    /// From now on there is no room on its disk.
    ///
    /// # Panics
    /// When a file cannot be made.
    pub fn fill_disk(&self) {
        fs::write(&self.full, "").expect("a file is made");
    }

    /// Now there is room again.
    ///
    /// # Panics
    /// When the disk was not full.
    pub fn free_disk(&self) {
        fs::remove_file(&self.full).expect("a file is removed");
    }
}

/// The folder with the locale, which few systems have, and the library. They are made once for all test processes.
fn made() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/database/full_disk.c");
        let digest = Sha256::digest(fs::read(&source).expect("the source is read"));
        let beside = program_beside("guichet-under-test");
        let made = beside.with_file_name(format!("test-french-{}", HEXLOWER.encode(&digest[..8])));
        if !made.exists() {
            let folder = beside.parent().expect("a program is in a folder");
            let new = tempfile::tempdir_in(folder).expect("a folder is made");
            run(Command::new("localedef").args(["-i", "fr_FR", "-f", "UTF-8"]).arg(new.path().join(FRENCH)));
            let library = new.path().join(LIBRARY);
            run(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(library).arg(source).arg("-ldl"));
            // Named when it is complete. Another process may have been faster.
            if fs::rename(new.path(), &made).is_ok() {
                let _ = new.keep();
            }
        }
        made
    })
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder is made");
    for entry in fs::read_dir(from).expect("a folder is read") {
        let entry = entry.expect("a folder is read");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a file is copied");
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
