//! The mail catcher: mails are written to a folder instead of being sent. The embedded default.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use data_encoding::HEXLOWER;
use lettre::Message;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    caught::Caught,
    outcome::{Accepted, Cause, Phase, Reply, SendError, Trouble},
    outgoing::Outgoing,
};

/// A folder of caught mails, one `.eml` file each. Clones share it, and several processes may.
#[derive(Debug, Clone)]
pub struct Catcher(Arc<Path>);

impl Catcher {
    /// Most mails that [`Catcher::list`] reads.
    pub const LISTED: usize = 500;

    /// Opens the folder, and creates it if it is missing.
    ///
    /// # Errors
    /// When the folder cannot be created. Fail.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        // Also for an existing folder: other users of this machine must not read the mails.
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        Ok(Self(folder.into()))
    }

    /// Stores a mail. Another attempt with the same `Message-ID` and recipient replaces it.
    ///
    /// # Errors
    /// [`SendError::Later`] if the disk refuses, [`SendError::Invalid`] as over SMTP.
    pub async fn send(&self, message: &Message) -> Result<Accepted, SendError> {
        let mail = Outgoing::try_from(message)?;
        let folder = self.0.clone();
        let kept = spawn_blocking(move || keep(&folder, &mail)).await.map_err(io::Error::other).flatten();
        match kept {
            Ok(id) => Ok(Accepted { reply: Reply::new(250, &format!("caught as {id}")) }),
            Err(error) => Err(Trouble::new(Phase::Store, Cause::Broken(error.kind().to_string())).into()),
        }
    }

    /// The newest mails, newest first, at most [`Catcher::LISTED`].
    ///
    /// # Errors
    /// When the folder cannot be read. Retry.
    pub async fn list(&self) -> io::Result<Vec<Caught>> {
        let folder = self.0.clone();
        spawn_blocking(move || list(&folder)).await.map_err(io::Error::other)?
    }

    /// The mail with this id of [`Catcher::list`], if it exists.
    ///
    /// # Errors
    /// When the file cannot be read. Retry.
    pub async fn read(&self, id: &str) -> io::Result<Option<Caught>> {
        // The id comes from a URL: only a hash of ours may become a path.
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let (file, id) = (self.0.join(format!("{id}.eml")), id.to_owned());
        let read = spawn_blocking(move || fs::read(file)).await.map_err(io::Error::other)?;
        match read {
            Ok(raw) => Ok(Caught::parse(id, raw)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Writes to a temporary file and renames it, so that neither a reader nor a crash sees half a mail.
fn keep(folder: &Path, mail: &Outgoing) -> io::Result<String> {
    let recipient: &str = mail.to.as_ref();
    let hash =
        Sha256::new().chain_update(&mail.message_id).chain_update([0]).chain_update(recipient).finalize();
    let id = HEXLOWER.encode(&hash[..16]);
    let beside = folder.join(format!("{}.tmp", Uuid::new_v4()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    // The envelope, as a server adds it on delivery (RFC 5321, 4.4).
    let from = mail.from.as_ref().map_or("", AsRef::as_ref);
    let written = write!(file, "Return-Path: <{from}>\r\nDelivered-To: {recipient}\r\n")
        .and_then(|()| file.write_all(&mail.raw))
        .and_then(|()| file.set_modified(precise_now()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, folder.join(format!("{id}.eml"))))
        .and_then(|()| File::open(folder)?.sync_all());
    if let Err(error) = written {
        // The next attempt uses another name; a leftover file does no harm.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    Ok(id)
}

/// The machine's time, as for any file; the kernel's own timestamp is too coarse to order the mails.
#[allow(clippy::disallowed_methods, reason = "a file has the time of its machine")]
fn precise_now() -> SystemTime {
    SystemTime::now()
}

fn list(folder: &Path) -> io::Result<Vec<Caught>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            // A file may be deleted between listing and reading.
            let caught_at =
                fs::metadata(&path).and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            files.push((caught_at, path));
        }
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    files.truncate(Catcher::LISTED);
    let mails = files.into_iter().filter_map(|(_, path)| {
        let id = path.file_stem()?.to_str()?.to_owned();
        Caught::parse(id, fs::read(path).ok()?)
    });
    Ok(mails.collect())
}
