//! An S3-compatible store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use guichet_base::secret::Secret;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectStore, RetryConfig};
use url::Url;

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

/// Which setting of a bucket is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Fault {
    /// The endpoint does not answer.
    Unreachable,
    /// The access key is unknown, or the secret does not match.
    Credentials,
    /// The bucket does not exist, or we have no access to it.
    Bucket,
}

/// A bucket.
#[derive(Clone)]
pub struct S3 {
    own: Arc<AmazonS3>,
    public: Arc<AmazonS3>,
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
        Ok(Self { own: Arc::new(own), public: Arc::new(public) })
    }

    pub(crate) fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.own) as _
    }

    /// Signs the addresses that clients use.
    pub(crate) fn signer(&self) -> &AmazonS3 {
        &self.public
    }

    /// Sends a request to see whether the bucket exists and is accessible.
    ///
    /// # Errors
    /// What is wrong, and the store's answer.
    pub async fn probe(&self) -> Result<(), (S3Fault, String)> {
        // The prefix is empty; only the permission to list matters.
        let asked = self.own.list(Some(&Path::from("probe"))).next().await;
        let Some(Err(error)) = asked else { return Ok(()) };
        let text = error.to_string();
        let told = |codes: &[&str]| codes.iter().any(|code| text.contains(code));
        let fault = match error {
            _ if told(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "NotSignedUp"]) => {
                S3Fault::Credentials
            }
            Error::NotFound { .. } => S3Fault::Bucket,
            _ if told(&["NoSuchBucket", "AccessDenied"]) => S3Fault::Bucket,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => S3Fault::Credentials,
            _ => S3Fault::Unreachable,
        };
        Err((fault, text))
    }
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
