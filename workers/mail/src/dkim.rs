//! DKIM signatures (RFC 6376).

use std::{fs, sync::Arc};

use data_encoding::BASE64;
use lettre::{
    Message,
    message::{
        dkim::{
            DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
        },
        header::HeaderName,
    },
};
use rsa::{
    RsaPrivateKey,
    pkcs1::{EncodeRsaPrivateKey, LineEnding},
    pkcs8::DecodePrivateKey,
};

use super::settings::SettingError;

const SELECTOR: &str = "MAIL_DKIM_SELECTOR";
const DOMAIN: &str = "MAIL_DKIM_DOMAIN";
const KEY_FILE: &str = "MAIL_DKIM_KEY_FILE";

/// The headers that must not be changed unnoticed. A missing header is signed as missing.
const SIGNED: [&str; 11] = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

/// The prefix of the 32-byte seed in an Ed25519 key (RFC 8410, 7): the algorithm's identifier, and an octet string
/// in an octet string.
const ED25519: [u8; 9] = [0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Signs mails for one domain. Clones share the key.
#[derive(Debug, Clone)]
pub struct Dkim(Arc<DkimConfig>);

impl Dkim {
    /// Reads `MAIL_DKIM_SELECTOR`, `MAIL_DKIM_DOMAIN` and `MAIL_DKIM_KEY_FILE`: either all three, or none for no
    /// signatures. The key is a PEM file as written by `openssl genpkey`, RSA or Ed25519.
    ///
    /// # Errors
    /// One sentence that names the variable. Fail: trying again does not help.
    pub fn load(
        selector: Option<&str>,
        domain: Option<&str>,
        key_file: Option<&str>,
    ) -> Result<Option<Self>, SettingError> {
        if selector.is_none() && domain.is_none() && key_file.is_none() {
            return Ok(None);
        }
        let needed = |value: Option<&str>, variable| {
            let value = value.map(str::trim).filter(|value| !value.is_empty()).map(ToOwned::to_owned);
            value.ok_or_else(|| SettingError::new(variable, "is not set, but other MAIL_DKIM settings are"))
        };
        let selector = label(needed(selector, SELECTOR)?, SELECTOR)?;
        let domain = label(needed(domain, DOMAIN)?, DOMAIN)?;
        let file = needed(key_file, KEY_FILE)?;
        let pem = fs::read_to_string(&file).map_err(|error| {
            SettingError::new(KEY_FILE, format!("names `{file}`, which cannot be read: {error}"))
        })?;
        let key = key(&pem).ok_or_else(|| {
            SettingError::new(
                KEY_FILE,
                format!(
                    "names `{file}`, which holds no RSA or Ed25519 private key in PEM without a passphrase"
                ),
            )
        })?;
        let relaxed = DkimCanonicalizationType::Relaxed;
        let headers = SIGNED.map(HeaderName::new_from_ascii_str).to_vec();
        let canonicalization = DkimCanonicalization { header: relaxed, body: relaxed };
        Ok(Some(Self(Arc::new(DkimConfig::new(selector, domain, key, headers, canonicalization)))))
    }

    /// Adds the signature. The mail must not be changed after this.
    pub fn sign(&self, message: &mut Message) {
        message.sign(&self.0);
    }
}

/// A valid DNS name, which cannot break out of the header.
fn label(value: String, variable: &'static str) -> Result<String, SettingError> {
    let fits = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if fits { Ok(value) } else { Err(SettingError::new(variable, "is no DNS name in ASCII")) }
}

/// lettre reads RSA keys as PKCS #1 and Ed25519 keys as a bare seed; openssl writes both as PKCS #8.
fn key(pem: &str) -> Option<DkimSigningKey> {
    if let Some(seed) = ed25519_seed(pem) {
        return DkimSigningKey::new(&BASE64.encode(&seed), DkimSigningAlgorithm::Ed25519).ok();
    }
    let pkcs1 = match RsaPrivateKey::from_pkcs8_pem(pem) {
        Ok(key) => key.to_pkcs1_pem(LineEnding::LF).ok()?.to_string(),
        Err(_) => pem.to_owned(),
    };
    DkimSigningKey::new(&pkcs1, DkimSigningAlgorithm::Rsa).ok()
}

fn ed25519_seed(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let der = BASE64.decode(body.as_bytes()).ok()?;
    let at = der.windows(ED25519.len()).position(|bytes| bytes == ED25519)? + ED25519.len();
    der.get(at..at + 32).map(<[u8]>::to_vec)
}
