//! The keys of objects in a store.

use serde::{Deserialize, Serialize};

use guichet_base::id::{FileId, FirmId, Id};

/// The key of an object. It consists of ids only: no name given by a user is part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// Uploaded content until it is verified.
    Staged {
        /// The firm.
        firm_id: FirmId,
        /// The file.
        file_id: FileId,
    },
    /// Verified content. Each file has its own object, which is removed with it.
    Stored {
        /// The firm.
        firm_id: FirmId,
        /// The file.
        file_id: FileId,
    },
    /// Infected content, which nobody can download (F-07).
    Quarantined {
        /// The firm.
        firm_id: FirmId,
        /// The file.
        file_id: FileId,
    },
}

/// The folder of staged objects.
pub const STAGED: &str = "staged";

impl Key {
    /// The firm and the file.
    pub const fn ids(&self) -> (FirmId, FileId) {
        match self {
            Self::Staged { firm_id, file_id }
            | Self::Stored { firm_id, file_id }
            | Self::Quarantined { firm_id, file_id } => (*firm_id, *file_id),
        }
    }

    /// The path in the store.
    pub fn path(&self) -> String {
        match self {
            Self::Staged { firm_id, file_id } => format!("{STAGED}/{firm_id}/{file_id}"),
            Self::Stored { firm_id, file_id } => format!("stored/{firm_id}/{file_id}"),
            Self::Quarantined { firm_id, file_id } => format!("quarantined/{firm_id}/{file_id}"),
        }
    }
}

/// Parses the path of a staged object, as listed by a store.
pub fn staged(path: &str) -> Option<(FirmId, FileId)> {
    let (firm, file) = path.strip_prefix(STAGED)?.strip_prefix('/')?.split_once('/')?;
    Some((FirmId::decode(firm)?, FileId::decode(file)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staged_paths_are_read_back() {
        let (firm_id, file_id) = (FirmId::new(), FileId::new());
        let key = Key::Staged { firm_id, file_id };
        assert_eq!(staged(&key.path()), Some((firm_id, file_id)));
        assert_eq!(staged(&Key::Quarantined { firm_id, file_id }.path()), None);
        for other in ["staged", "staged/", "staged/firm/file", "staged/../x", "stagedfirm/file"] {
            assert_eq!(staged(other), None, "{other}");
        }
    }
}
