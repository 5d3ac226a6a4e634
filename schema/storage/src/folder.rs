//! A folder as an object store, and the key that signs its addresses.

use std::fs::{self, DirBuilder, DirEntry, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use guichet_schema::shared::file::key::STAGED;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

/// A folder whose files are objects.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    objects: Arc<LocalFileSystem>,
}

/// The key that signs the addresses of a folder. It is stored in the folder.
#[derive(Clone)]
pub struct Seal([u8; 32]);

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Folder {
    /// Opens the folder `files` in the data folder. It is created when missing, with access for its owner only.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(data: &Path) -> io::Result<Self> {
        let root = data.join("files");
        DirBuilder::new().recursive(true).mode(0o700).create(&root)?;
        let objects = LocalFileSystem::new_with_prefix(&root).map_err(io::Error::other)?.with_fsync(true);
        Ok(Self { root, objects: Arc::new(objects) })
    }

    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects) as _
    }

    pub(crate) async fn remove_leftovers(&self, before: DateTime<Utc>) -> io::Result<usize> {
        let roots = [STAGED, "stored", "quarantined"].map(|folder| self.root.join(folder));
        let walk = move || roots.iter().map(|root| remove_unfinished(root, before)).sum();
        tokio::task::spawn_blocking(walk).await?
    }
}

/// Removes files that writers began and did not finish: their names contain a `#`, which no object's name does.
fn remove_unfinished(folder: &Path, before: DateTime<Utc>) -> io::Result<usize> {
    let Some(entries) = there(fs::read_dir(folder))? else { return Ok(0) };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        if there(entry.file_type())?.is_some_and(|kind| kind.is_dir()) {
            removed += remove_unfinished(&entry.path(), before)?;
        } else if entry.file_name().to_string_lossy().contains('#') && remove_older(&entry, before)? {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Removes a file that has not been written to since; returns whether it did.
fn remove_older(entry: &DirEntry, before: DateTime<Utc>) -> io::Result<bool> {
    let Some(metadata) = there(entry.metadata())? else { return Ok(false) };
    let is_old = metadata.modified()? < SystemTime::from(before);
    Ok(is_old && there(fs::remove_file(entry.path()))?.is_some())
}

/// The result, or none when the file is gone: writers finish, and other processes clean up too.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Seal {
    /// Reads the key `files.key` in the data folder, created when missing. All processes on one folder get the
    /// same key.
    ///
    /// # Errors
    /// When it cannot be read or written, or is not a valid key.
    pub fn open(data: &Path) -> io::Result<Self> {
        let path = data.join("files.key");
        if let Some(seal) = Self::read(&path)? {
            return Ok(seal);
        }
        // Written to a temporary file and linked as a whole, so that nobody reads half a key; the first one wins.
        let mut key = [0; 32];
        rand::fill(&mut key);
        let aside = data.join(format!("files.key.{:016x}", rand::random::<u64>()));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(&key)?;
        file.sync_all()?;
        let linked = fs::hard_link(&aside, &path);
        fs::remove_file(&aside)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Self::read(&path)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The key in the data folder, if there is one already.
    ///
    /// # Errors
    /// When it cannot be read, or is not a valid key.
    pub fn find(data: &Path) -> io::Result<Option<Self>> {
        Self::read(&data.join("files.key"))
    }

    fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut file = match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let key = bytes.try_into().map_err(|_| io::Error::other("files.key has not 32 bytes"))?;
        Ok(Some(Self(key)))
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Processes that start at the same time get the same key, readable for its owner only.
    #[test]
    fn a_folder_has_one_key() {
        let data = tempfile::tempdir().unwrap();
        let open = || Seal::open(data.path()).unwrap().0;
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0] && *key != [0; 32]));
        let names: Vec<_> =
            fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["files.key"]);
        let mode = fs::metadata(data.path().join("files.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn half_a_key_is_none() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("files.key"), [1; 31]).unwrap();
        assert!(Seal::open(data.path()).is_err());
    }
}
