//! An S3-compatible store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use guichet_base::foreign;
use guichet_base::secret::Secret;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectStore, RetryConfig};
use url::Url;

use crate::health::Health;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the store may stay silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Few, because a failed request is tried again by its job or its client.
const RETRIES: usize = 2;

/// The settings of a bucket.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The store's endpoint; by default that of AWS for the region.
    pub endpoint: Option<Url>,
    /// The endpoint for clients, when it differs.
    pub public_endpoint: Option<Url>,
    /// The bucket.
    pub bucket: String,
    /// The region used in signatures.
    pub region: String,
    /// The access key.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: Secret,
}

/// Why a bucket cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum S3Fault {
    /// The store does not answer, or says that it cannot work now: the status of its answer, if there was one.
    Away(Option<u16>),
    /// It refuses requests because its clock and ours differ.
    Clock,
    /// Its certificate is not trusted, or it does not speak TLS. The text is ours.
    Untrusted(String),
    /// The access key is unknown, or the secret does not match.
    Credentials,
    /// The bucket does not exist, or we have no access to it.
    Bucket,
    /// The bucket is in another region.
    Region,
    /// It refuses the request, or is no S3 store. The text is the code or status of its answer.
    Refused(String),
}

/// A bucket.
#[derive(Clone)]
pub struct S3 {
    own: Arc<AmazonS3>,
    public: Arc<AmazonS3>,
    health: Health,
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").finish_non_exhaustive()
    }
}

impl S3 {
    /// Opens the bucket with these settings.
    ///
    /// # Errors
    /// When the settings are invalid. Whether the bucket answers is checked by [`S3::probe`].
    pub fn new(settings: &S3Settings) -> Result<Self, Error> {
        let own = build(settings, settings.endpoint.as_ref())?;
        let public = build(settings, settings.public_endpoint.as_ref().or(settings.endpoint.as_ref()))?;
        Ok(Self { own: Arc::new(own), public: Arc::new(public), health: Health::default() })
    }

    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.own) as _
    }

    /// Signs the addresses that clients use.
    pub(crate) fn signer(&self) -> &AmazonS3 {
        &self.public
    }

    /// What this process knows about it.
    pub const fn health(&self) -> &Health {
        &self.health
    }

    /// Sends a request to see whether the bucket exists and is accessible.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn probe(&self) -> Result<(), S3Fault> {
        // The prefix is empty; only the permission to list matters.
        match self.own.list(Some(&Path::from("probe"))).next().await {
            Some(Err(error)) => Err(fault(&error)),
            _ => Ok(()),
        }
    }
}

/// What an error says about the bucket. The library tells status and code only in the text of its errors.
fn fault(error: &Error) -> S3Fault {
    let text = chain(error);
    let told = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let status = status(&text);
    match error {
        _ if told(&["RequestTimeTooSkewed"]) => S3Fault::Clock,
        _ if matches!(status, Some(408 | 429 | 500..)) => S3Fault::Away(status),
        _ if told(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "NotSignedUp"]) => S3Fault::Credentials,
        _ if told(&["NoSuchBucket", "AccessDenied", "InvalidBucketName"]) => S3Fault::Bucket,
        _ if told(&["AuthorizationHeaderMalformed", "PermanentRedirect", "redirect without LOCATION"]) => {
            S3Fault::Region
        }
        Error::NotFound { .. } => S3Fault::Bucket,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => S3Fault::Credentials,
        _ if told(&["invalid list response"]) => S3Fault::Refused("no list of objects".to_owned()),
        _ => match (status, TLS.iter().find_map(|sign| text.find(sign))) {
            (Some(status), _) => S3Fault::Refused(code(&text).unwrap_or_else(|| status.to_string())),
            (None, Some(at)) => {
                // Each layer of the library tells it again.
                let told = text[at..].split(": error sending request").next().unwrap_or_default();
                S3Fault::Untrusted(foreign::listed(told))
            }
            (None, None) => S3Fault::Away(None),
        },
    }
}

/// Signs of a failed handshake in the texts of rustls.
const TLS: [&str; 5] = [
    "invalid peer certificate",
    "received corrupt message",
    "received fatal alert",
    "peer is incompatible",
    "peer misbehaved",
];

/// The error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The status of the answer, as in `Server returned non-2xx status code: 503 Service Unavailable`.
fn status(text: &str) -> Option<u16> {
    text.split_once("status code: ")?.1.get(..3)?.parse().ok()
}

/// The code of the answer, as in `<Error><Code>NoSuchKey</Code>`.
fn code(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| foreign::listed(code))
}

fn build(settings: &S3Settings, endpoint: Option<&Url>) -> Result<AmazonS3, Error> {
    let plain = endpoint.is_some_and(|endpoint| endpoint.scheme() == "http");
    let client = ClientOptions::new()
        .with_allow_http(plain)
        .with_connect_timeout(CONNECT)
        .with_read_timeout(SILENCE)
        // A large file over a slow line takes long.
        .with_timeout_disabled();
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() };
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: SILENCE, backoff };
    let builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(settings.secret_access_key.expose())
        .with_client_options(client)
        // Some stores do not support `POST /?delete`, and we delete objects one by one anyway.
        .with_disable_bulk_delete(true)
        .with_retry(retry);
    match endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint.as_str().trim_end_matches('/')).build(),
        None => builder.build(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the library words its errors.
    fn told(status: &str, body: &str) -> Error {
        let text = format!(
            "Error performing GET http://s3/files in 2ms, after 2 retries, max_retries: 2, retry_timeout: 30s  - \
             Server returned non-2xx status code: {status}: {body}"
        );
        Error::Generic { store: "S3", source: text.into() }
    }

    fn coded(status: &str, code: &str) -> S3Fault {
        fault(&told(status, &format!("<Error><Code>{code}</Code><Message>no</Message></Error>")))
    }

    #[test]
    fn a_store_that_is_away_is_told_from_one_that_refuses() {
        assert_eq!(coded("503 Service Unavailable", "SlowDown"), S3Fault::Away(Some(503)));
        assert_eq!(fault(&told("502 Bad Gateway", "<html>nginx</html>")), S3Fault::Away(Some(502)));
        assert_eq!(fault(&told("429 Too Many Requests", "")), S3Fault::Away(Some(429)));
        assert_eq!(coded("403 Forbidden", "RequestTimeTooSkewed"), S3Fault::Clock);
        assert_eq!(coded("403 Forbidden", "InvalidAccessKeyId"), S3Fault::Credentials);
        assert_eq!(coded("403 Forbidden", "AccessDenied"), S3Fault::Bucket);
        assert_eq!(coded("404 Not Found", "NoSuchBucket"), S3Fault::Bucket);
        assert_eq!(coded("400 Bad Request", "AuthorizationHeaderMalformed"), S3Fault::Region);
        assert_eq!(coded("400 Bad Request", "Other"), S3Fault::Refused("Other".to_owned()));
        assert_eq!(fault(&told("400 Bad Request", "<html>")), S3Fault::Refused("400".to_owned()));
        let generic = |text: &str| fault(&Error::Generic { store: "S3", source: text.into() });
        assert_eq!(
            generic("error sending request: tcp connect error: Connection refused"),
            S3Fault::Away(None)
        );
        assert_eq!(generic("dns error: failed to lookup address information"), S3Fault::Away(None));
        assert_eq!(
            generic("Got invalid list response: expected xml"),
            S3Fault::Refused("no list of objects".to_owned())
        );
        let untrusted = "invalid peer certificate: UnknownIssuer";
        assert_eq!(
            generic(&format!("error sending request: {untrusted}")),
            S3Fault::Untrusted(untrusted.to_owned())
        );
    }
}
