//! A PostgreSQL of its own that speaks French, with a disk that can be full.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use guichet_embedded::{Postgres, PostgresOptions};
use guichet_engine::db;
use tempfile::TempDir;

/// The locale of its messages.
const FRENCH: &str = "fr_FR.UTF-8";

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
    /// Starts one. The locale is made for it, because few systems have it.
    ///
    /// # Panics
    /// When PostgreSQL does not start, `localedef` or the C compiler fails: `make setup-tests` installs them.
    pub async fn start() -> Self {
        // Accessible also for the user that runs PostgreSQL when this runs as root.
        let passable = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(passable).tempdir().expect("a folder is made");
        let (locales, full) = (folder.path().join("locales"), folder.path().join("full"));
        fs::create_dir(&locales).expect("a folder is made");
        run(Command::new("localedef").args(["-i", "fr_FR", "-f", "UTF-8"]).arg(locales.join(FRENCH)));
        let library = folder.path().join("full_disk.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/database/full_disk.c");
        run(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl"));
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

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
