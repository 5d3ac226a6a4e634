//! Secrets that we hand out: session tokens and invitations. Only their hashes are kept.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

/// A secret that opens something. It is never logged, never serialised, and at rest only a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret: 256 random bits.
    pub fn new() -> Self {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes[..]);
        Self(BASE64URL_NOPAD.encode(&bytes))
    }

    /// The secret itself, to be handed to its owner: base64url, 43 characters.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it. Its 256 bits need no salt and no slow hash.
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
