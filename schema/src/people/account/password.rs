//! Passwords, hashed with argon2id, a few at a time.

use std::fmt;
use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit};
use unicode_normalization::UnicodeNormalization;

use guichet_base::error::{Code, Fault, Refusal, Result};
use guichet_base::input::{Check, too_long};

/// Shortest password, in characters.
pub const MIN: usize = 10;
/// Longest password, in characters.
pub const MAX: usize = 200;

/// A password as typed; it is never displayed.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Reads a password. Different encodings of the same accent give the same password (RFC 8265, 4.2.2).
    pub fn new(text: &str) -> Self {
        Self(text.nfc().collect())
    }

    /// Refuses a new password that is too short or too long.
    pub(crate) fn check(&self, check: &mut Check, field: &'static str) {
        let length = self.0.chars().count();
        check.require(length >= MIN, Refusal::of(field, Code::PasswordTooShort).with(MIN as i64));
        check.require(length <= MAX, too_long(field, length, MAX));
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Used when an account has no password, so that verifying takes the same time (B-06).
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$Z3VpY2hldC1ub2JvZHktMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

// OWASP's parameters; each computation takes 19 MiB, so at most one runs per processor.
fn argon2() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| Fault::Broken(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

static TURNS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)));

/// The permit to compute one hash. It moves into the computation, so that a caller that is canceled does not make
/// room for another computation.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: SemaphorePermit<'static>,
}

/// Waits for a permit.
pub(crate) async fn turn() -> Turn {
    Turn { _permit: TURNS.acquire().await.expect("the semaphore is never closed") }
}

impl Turn {
    /// The hash of a new password, for storing.
    pub async fn hash(self, password: Password) -> Result<String, Fault> {
        self.compute(move || {
            argon2()?
                .hash_password(password.0.as_bytes())
                .map(|hash: PasswordHash| hash.to_string())
                .map_err(broken)
        })
        .await
        .0
    }

    /// Whether this is the password of `hash`. Without a hash the answer is no, after the same time.
    pub async fn verify(self, password: Password, hash: Option<String>) -> (Result<bool, Fault>, Self) {
        self.compute(move || {
            let kept = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))
                .map_err(|error| Fault::Broken(format!("kept password hash: {error}")))?;
            match argon2()?.verify_password(password.0.as_bytes(), &kept) {
                Ok(()) => Ok(hash.is_some()),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(broken(error)),
            }
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
    ) -> (Result<T, Fault>, Self) {
        match tokio::task::spawn_blocking(move || (work(), self)).await {
            Ok(done) => done,
            Err(panic) => (Err(Fault::Broken(panic.to_string())), turn().await),
        }
    }
}

fn broken(error: password_hash::Error) -> Fault {
    Fault::Broken(format!("argon2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_base::error::Error;

    async fn verify(password: &str, hash: Option<&str>) -> bool {
        turn().await.verify(Password::new(password), hash.map(String::from)).await.0.unwrap()
    }

    #[tokio::test]
    async fn only_the_same_password_fits() {
        let hash = turn().await.hash(Password::new("correct hôrse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct hôrse", Some(&hash)).await);
        assert!(verify("correct ho\u{302}rse", Some(&hash)).await, "the accent typed in two keys");
        assert!(!verify("correct horse", Some(&hash)).await);
        assert!(!verify("correct hôrse ", Some(&hash)).await);
        assert!(!verify("", Some(&hash)).await);
        assert!(!verify("anything", None).await);
        let again = turn().await.hash(Password::new("correct hôrse")).await.unwrap();
        assert_ne!(hash, again, "each hash has its own salt");
    }

    /// B-06: verifying without a password takes as long as with one.
    #[tokio::test]
    async fn nobody_costs_the_same() {
        let real = turn().await.hash(Password::new("correct hôrse")).await.unwrap();
        let (real, nobody) = (PasswordHash::new(&real).unwrap(), PasswordHash::new(NOBODY).unwrap());
        assert_eq!(real.algorithm, nobody.algorithm);
        assert_eq!(real.version, nobody.version);
        assert_eq!(real.params, nobody.params);
        assert_eq!(real.salt.unwrap().len(), nobody.salt.unwrap().len());
        assert_eq!(real.hash.unwrap().len(), nobody.hash.unwrap().len());
    }

    #[tokio::test]
    async fn a_hash_that_nobody_can_read_is_a_fault() {
        let (result, _) = turn().await.verify(Password::new("x"), Some("plain".into())).await;
        assert!(matches!(result, Err(Fault::Broken(_))));
    }

    #[test]
    fn lengths() {
        for (text, expected) in [
            ("123456789", Some(Refusal::of("password", Code::PasswordTooShort).with(10))),
            ("éééééééééé", None),
            (&"x".repeat(200), None),
            (&"x".repeat(201), Some(too_long("password", 201, MAX))),
        ] {
            let mut check = Check::new();
            Password::new(text).check(&mut check, "password");
            let refused = match check.done() {
                Err(Error::Refused(mut refusals)) => refusals.pop(),
                _ => None,
            };
            assert_eq!(refused, expected, "{text}");
        }
    }

    #[test]
    fn passwords_do_not_show() {
        assert!(!format!("{:?}", Password::new("correct hôrse")).contains("correct"));
    }
}
