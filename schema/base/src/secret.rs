//! Secrets that we issue: session tokens and invitations. Only their hashes are stored.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// A secret that grants access. It is never logged or serialized, and only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret: 256 random bits.
    #[allow(clippy::new_without_default, reason = "no secret is a default")]
    pub fn new() -> Self {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes[..]);
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// The secret itself, for its owner: base64url, 43 characters.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash that is stored. A secret of 256 random bits needs neither a salt nor a slow hash.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_do_not_show() {
        let (one, other) = (Secret::new(), Secret::new());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 43);
        assert_eq!(one.hash(), Secret::from(one.expose().to_owned()).hash());
        assert_ne!(one.hash(), other.hash());
        assert!(!format!("{one:?}").contains(one.expose()));
    }
}
