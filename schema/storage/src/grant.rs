//! What one of the server's own signed addresses allows: one method on one object, until a given time.

use chrono::{DateTime, Utc};
use data_encoding::BASE64URL_NOPAD;
use guichet_base::id::AccountId;
use guichet_schema::shared::file::digest::Sha256 as Digest;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::kind::FileKind;
use guichet_schema::shared::file::rules::FileDisposition;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::folder::Seal;

/// What the holder of an address may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grant {
    /// Upload exactly these bytes, once or repeatedly.
    Put {
        /// The object's key.
        key: Key,
        /// The number of bytes.
        size: u64,
        /// Their digest, if it was declared.
        sha256: Option<Digest>,
        /// The media type that the request must name.
        content_type: FileKind,
        /// Whose address it is, for the log.
        #[serde(default)]
        account: Option<AccountId>,
        /// When the request must begin at the latest.
        until: DateTime<Utc>,
    },
    /// Download an object.
    Get {
        /// The object's key.
        key: Key,
        /// The name under which it is saved.
        name: String,
        /// Its media type.
        content_type: FileKind,
        /// What a browser does with it.
        disposition: FileDisposition,
        /// Whose address it is, for the log.
        #[serde(default)]
        account: Option<AccountId>,
        /// When the request must begin at the latest.
        until: DateTime<Utc>,
    },
}

/// Why an address is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoGrant {
    /// Its signature is not ours, or it was changed.
    #[error("This address is not valid.")]
    Forged,
    /// It has expired.
    #[error("This address has expired.")]
    Expired,
}

impl Grant {
    /// The object, and whose address it is.
    pub const fn about(&self) -> (&Key, Option<AccountId>) {
        match self {
            Self::Put { key, account, .. } | Self::Get { key, account, .. } => (key, *account),
        }
    }

    const fn until(&self) -> DateTime<Utc> {
        match self {
            Self::Put { until, .. } | Self::Get { until, .. } => *until,
        }
    }
}

impl Seal {
    /// The signed part of an address.
    pub(crate) fn close(&self, grant: &Grant) -> String {
        let claims = serde_json::to_vec(grant).expect("a grant is written as JSON");
        let tag = self.mac(&claims).finalize().into_bytes();
        format!("{}.{}", BASE64URL_NOPAD.encode(&claims), BASE64URL_NOPAD.encode(&tag))
    }

    /// Verifies and reads the signed part of an address.
    ///
    /// # Errors
    /// When the signature is not ours, or the address has expired.
    pub fn read_grant(&self, text: &str, now: DateTime<Utc>) -> Result<Grant, NoGrant> {
        let (claims, tag) = text.split_once('.').ok_or(NoGrant::Forged)?;
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| NoGrant::Forged);
        let (claims, tag) = (decode(claims)?, decode(tag)?);
        // Compares in constant time.
        self.mac(&claims).verify_slice(&tag).map_err(|_| NoGrant::Forged)?;
        let grant: Grant = serde_json::from_slice(&claims).map_err(|_| NoGrant::Forged)?;
        if now < grant.until() { Ok(grant) } else { Err(NoGrant::Expired) }
    }

    fn mac(&self, claims: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key()).expect("HMAC takes keys of any length");
        mac.update(claims);
        mac
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use guichet_base::id::{FileId, FirmId};
    use proptest::prelude::*;

    use super::*;

    fn grant(until: DateTime<Utc>) -> Grant {
        let key = Key::Staged { firm_id: FirmId::new(), file_id: FileId::new() };
        let (name, content_type, disposition) =
            ("nota.pdf".to_owned(), FileKind::Pdf, FileDisposition::Attachment);
        Grant::Get { key, name, content_type, disposition, account: None, until }
    }

    #[test]
    fn a_grant_ends() {
        let (data, now) = (tempfile::tempdir().unwrap(), DateTime::UNIX_EPOCH);
        let seal = Seal::open(data.path()).unwrap();
        let grant = grant(now + TimeDelta::minutes(5));
        let text = seal.close(&grant);
        assert_eq!(seal.read_grant(&text, now), Ok(grant));
        assert_eq!(seal.read_grant(&text, now + TimeDelta::minutes(5)), Err(NoGrant::Expired));
        let other = tempfile::tempdir().unwrap();
        assert_eq!(Seal::open(other.path()).unwrap().read_grant(&text, now), Err(NoGrant::Forged));
    }

    proptest! {
        /// Any change to an address makes it invalid.
        #[test]
        fn a_changed_grant_is_none(at in any::<proptest::sample::Index>(), by: u8) {
            let data = tempfile::tempdir().unwrap();
            let seal = Seal::open(data.path()).unwrap();
            let text = seal.close(&grant(DateTime::UNIX_EPOCH + TimeDelta::minutes(5)));
            let mut changed = text.clone().into_bytes();
            let place = at.index(changed.len());
            changed[place] = by;
            let changed = String::from_utf8_lossy(&changed).into_owned();
            prop_assume!(changed != text);
            prop_assert_eq!(seal.read_grant(&changed, DateTime::UNIX_EPOCH), Err(NoGrant::Forged));
        }
    }
}
