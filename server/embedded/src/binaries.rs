//! Finds `postgres` and `initdb`: in `PG_BIN_DIR`, else in `PATH`, else in the folders of distributions.

use std::cmp::Reverse;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::EmbeddedError;

/// The oldest supported major version.
const OLDEST: u32 = 15;

/// Folders `parent/prefix<version>suffix` where packages install the server, searched from the newest version.
const PLACES: &[(&str, &str, &str)] = &[
    ("/usr/lib/postgresql", "", "bin"),          // Debian, Ubuntu
    ("/usr", "pgsql-", "bin"),                   // the project's RPMs
    ("/usr/lib", "postgresql", "bin"),           // openSUSE
    ("/usr/libexec", "postgresql", ""),          // Alpine
    ("/opt/homebrew/opt", "postgresql@", "bin"), // Homebrew on ARM
    ("/usr/local/opt", "postgresql@", "bin"),    // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
];

/// The server programs of one major version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    folder: PathBuf,
    major: u32,
}

impl Binaries {
    /// The first usable programs. `asked` is `PG_BIN_DIR`; `major` is the version that an existing cluster
    /// requires.
    pub(super) fn find(asked: Option<&Path>, major: Option<u32>, data: &Path) -> Result<Self, EmbeddedError> {
        let candidates = match asked {
            Some(folder) => vec![folder.to_owned()],
            #[allow(clippy::disallowed_methods, reason = "the system's search path is no setting of ours")]
            None => env::var_os("PATH").iter().flat_map(env::split_paths).chain(places()).collect(),
        };
        let usable = || candidates.iter().filter_map(|folder| Self::at(folder));
        let found = usable().find(|binaries| major.is_none_or(|major| binaries.major == major));
        found.ok_or_else(|| match (major, asked) {
            (Some(major), _) if usable().next().is_some() => {
                EmbeddedError::OtherMajor { folder: data.to_owned(), major }
            }
            (_, Some(folder)) => EmbeddedError::NoBinariesIn(folder.to_owned()),
            (_, None) => EmbeddedError::NoBinaries,
        })
    }

    fn at(folder: &Path) -> Option<Self> {
        // `postgres` in PATH is often a symbolic link; the other programs are beside its target.
        let postgres = folder.join("postgres").canonicalize().ok()?;
        let folder = postgres.parent()?.to_owned();
        if !folder.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(&postgres).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        (major >= OLDEST).then_some(Self { folder, major })
    }

    pub(super) fn major(&self) -> u32 {
        self.major
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }
}

fn places() -> impl Iterator<Item = PathBuf> {
    PLACES.iter().flat_map(|(parent, prefix, suffix)| {
        let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| Some((version_in(&entry.file_name(), prefix)?, entry.path().join(suffix))))
            .collect();
        found.sort_by_key(|(version, _)| Reverse(*version));
        found.into_iter().map(|(_, folder)| folder)
    })
}

fn version_in(name: &OsStr, prefix: &str) -> Option<u32> {
    name.to_str()?.strip_prefix(prefix)?.parse().ok()
}

/// For example 15 from `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.strip_prefix("postgres (PostgreSQL) ")?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 19beta2\n"), Some(19));
        assert_eq!(major_of("mysqld 8.0\n"), None);
        assert_eq!(version_in(OsStr::new("pgsql-17"), "pgsql-"), Some(17));
        assert_eq!(version_in(OsStr::new("postgresql-common"), "postgresql"), None);
    }
}
