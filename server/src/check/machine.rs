//! The machine: folders with their free space, and open files.

use std::io;
use std::path::{Path, PathBuf};

use guichet_schema::shared::file::rules::MEGABYTE;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::statvfs::statvfs;

use super::site::Site;
use super::{Finding, fails, ok, warning};
use crate::settings::{GUICHET_DATA, plain};

/// Less free space than this is little, in bytes: a database that grows fills it within days.
const LITTLE: u64 = 2_000_000_000;
/// Files that a process opens with all its websockets (docs/OPERATIONS.md).
const OPEN_FILES: u64 = 16_000;

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let keeps_database = site.settings.database_url.is_none();
    let keeps_mails = site.settings.smtp.is_none();
    if keeps_database || keeps_mails || site.settings.s3.is_none() {
        found.push(folder(GUICHET_DATA.name, &site.data, LITTLE));
    }
    // A worker checks so many of the largest files at once.
    let files = site.settings.work_concurrency as u64 * site.settings.limits.file.unsigned_abs();
    found.push(folder("TMPDIR", &std::env::temp_dir(), files));
    found.push(match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((_, most)) if most < OPEN_FILES => warning(format!(
            "a process may open {most} files, and each websocket is one: raise LimitNOFILE, or `ulimit -Hn`"
        )),
        Ok((_, most)) => ok(format!("a process may open {most} files")),
        Err(error) => warning(format!("the limit of open files is not known: {error}")),
    });
    found
}

/// Whether a folder can be written to, and has room for so many bytes.
fn folder(name: &str, folder: &Path, needed: u64) -> Finding {
    let place = folder.display();
    let there = nearest(folder);
    let unusable = |error: io::Error| {
        fails(format!("{name}: {place} cannot be written to: {}", plain(&error.to_string())))
    };
    // This file has no name: nothing is left of it, whatever happens.
    if let Err(error) = tempfile::tempfile_in(&there) {
        return unusable(error);
    }
    let free = match statvfs(&there) {
        Ok(room) => room.blocks_available() * room.fragment_size(),
        Err(error) => return unusable(error.into()),
    };
    let megabytes = |bytes: u64| bytes / MEGABYTE.unsigned_abs();
    if free < needed {
        return warning(format!(
            "{name}: {place} has {} MB free, less than the {} MB that may be needed",
            megabytes(free),
            megabytes(needed)
        ));
    }
    let not_yet = if there == folder { "" } else { " (made at the first start)" };
    ok(format!("{name}: {place}{not_yet} has {} MB free", megabytes(free)))
}

/// The folder, or the nearest one above it that exists.
fn nearest(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let existing = absolute.ancestors().find(|above| above.exists());
    if existing == Some(&absolute) {
        folder.to_owned()
    } else {
        existing.unwrap_or(Path::new("/")).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    #[test]
    fn folders_are_writable_and_have_room() {
        let here = tempfile::tempdir().unwrap();
        let found = folder("GUICHET_DATA", here.path(), 1);
        assert!(found.verdict == Verdict::Ok && !found.told.contains("first start"), "{found:?}");
        let later = folder("GUICHET_DATA", &here.path().join("a/b"), 1);
        assert!(
            later.verdict == Verdict::Ok && later.told.contains("(made at the first start)"),
            "{later:?}"
        );
        let full = folder("TMPDIR", here.path(), u64::MAX);
        assert!(full.verdict == Verdict::Warning && full.told.contains("MB free, less than"), "{full:?}");
        assert_eq!(std::fs::read_dir(here.path()).unwrap().count(), 0, "nothing stays");
        let file = here.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let below = folder("GUICHET_DATA", &file, 1);
        assert!(below.verdict == Verdict::Fails && below.told.contains("not a directory"), "{below:?}");
    }
}
