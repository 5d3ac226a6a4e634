//! Where the bytes of a file lie in a store.

use serde::{Deserialize, Serialize};

use super::digest::Sha256;
use crate::id::{FileId, FirmId, Id};

/// The place of an object. Made of ids and digests alone: no name that anybody gave is part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// What an uploader sends, until it is verified.
    Staged {
        /// The firm.
        firm_id: FirmId,
        /// The file.
        file_id: FileId,
    },
    /// Verified content. A firm has the same content once, whoever uploaded it how often.
    Stored {
        /// The firm.
        firm_id: FirmId,
        /// Its digest.
        sha256: Sha256,
    },
    /// Infected content, kept out of everybody's way (F-07).
    Quarantined {
        /// The firm.
        firm_id: FirmId,
        /// The file.
        file_id: FileId,
    },
}

/// The folder of everything that is staged.
pub const STAGED: &str = "staged";

impl Key {
    /// The path in the store.
    pub fn path(&self) -> String {
        match self {
            Self::Staged { firm_id, file_id } => format!("{STAGED}/{firm_id}/{file_id}"),
            Self::Stored { firm_id, sha256 } => format!("stored/{firm_id}/{}", sha256.hex()),
            Self::Quarantined { firm_id, file_id } => format!("quarantined/{firm_id}/{file_id}"),
        }
    }

    /// Reads the path of something staged, as a store lists it.
    pub fn staged(path: &str) -> Option<Self> {
        let (firm, file) = path.strip_prefix(STAGED)?.strip_prefix('/')?.split_once('/')?;
        Some(Self::Staged { firm_id: FirmId::decode(firm)?, file_id: FileId::decode(file)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staged_paths_are_read_back() {
        let (firm_id, file_id) = (FirmId::new(), FileId::new());
        let key = Key::Staged { firm_id, file_id };
        assert_eq!(Key::staged(&key.path()), Some(key));
        assert_eq!(Key::staged(&Key::Quarantined { firm_id, file_id }.path()), None);
        for other in ["staged", "staged/", "staged/firm/file", "staged/../x", "stagedfirm/file"] {
            assert_eq!(Key::staged(other), None, "{other}");
        }
    }
}
