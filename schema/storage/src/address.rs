//! The short-lived signed addresses at which clients upload and download files.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use guichet_base::id::AccountId;
use guichet_schema::shared::file::model::File;
use guichet_schema::shared::file::rules::{DOWNLOAD_ADDRESS, FileDisposition, UPLOAD_ADDRESS};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer};

use crate::disposition::disposition;
use crate::folder::Seal;
use crate::grant::Grant;
use crate::s3::S3;
use crate::store::StorageError;

/// The header of a digest, in base64.
pub const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-checksum-sha256");

/// A request that a client may make without signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The method.
    pub method: Method,
    /// Where to: relative to the address of the API, or absolute.
    pub url: String,
    /// The headers that it must carry.
    pub headers: Vec<(HeaderName, String)>,
    /// When the request must begin at the latest.
    pub expires_at: DateTime<Utc>,
}

/// Signs addresses.
#[derive(Debug, Clone)]
pub enum Addresses {
    /// Addresses of a bucket, which answers itself.
    S3(S3),
    /// The server's own addresses, behind which there is a folder.
    Own(Own),
}

/// The server's own addresses.
#[derive(Debug, Clone)]
pub struct Own {
    /// The key that signs them.
    pub seal: Seal,
}

impl Own {
    /// Relative to wherever the client reached the server: under a name that the server need not know.
    fn url(&self, grant: &Grant) -> String {
        format!("/files/{}", self.seal.close(grant))
    }
}

impl Addresses {
    /// The address of `account` for uploading a file: exactly the declared bytes, with their media type. Without a declared
    /// digest a bucket takes any bytes; their number is checked when the upload is completed.
    ///
    /// # Errors
    /// When the store is away, so that a client would fail at the address, or cannot sign.
    pub async fn upload(
        &self,
        file: &File,
        account: Option<AccountId>,
        now: DateTime<Utc>,
    ) -> Result<Address, StorageError> {
        let lasts = now + UPLOAD_ADDRESS;
        let until = file.expires_at.map_or(lasts, |end| end.min(lasts));
        let mut headers = vec![(CONTENT_TYPE, file.content_type.as_str().to_owned())];
        let url = match self {
            Self::S3(s3) => {
                headers.extend(file.sha256.map(|digest| (CHECKSUM, digest.base64())));
                s3.address(Method::PUT, &file.staged(), until - now, &headers).await?
            }
            Self::Own(own) => own.url(&Grant::Put {
                key: file.staged(),
                size: file.size.unsigned_abs(),
                sha256: file.sha256,
                content_type: file.content_type,
                account,
                until,
            }),
        };
        Ok(Address { method: Method::PUT, url, headers, expires_at: until })
    }

    /// The address of `account` for downloading a stored file under its name.
    ///
    /// # Errors
    /// When the store is away, or cannot sign.
    pub async fn download(
        &self,
        file: &File,
        way: FileDisposition,
        account: Option<AccountId>,
        now: DateTime<Utc>,
    ) -> Result<Address, StorageError> {
        let until = now + DOWNLOAD_ADDRESS;
        let url = match self {
            Self::S3(s3) => {
                let options = SignedUrlOptions::new().with_query([
                    ("response-content-disposition", disposition(way, &file.name)),
                    ("response-content-type", file.content_type.as_str().to_owned()),
                ]);
                signed(s3, Method::GET, &file.stored().path(), DOWNLOAD_ADDRESS, &options).await?
            }
            Self::Own(own) => own.url(&Grant::Get {
                key: file.stored(),
                name: file.name.clone(),
                content_type: file.content_type,
                disposition: way,
                account,
                until,
            }),
        };
        Ok(Address { method: Method::GET, url, headers: Vec::new(), expires_at: until })
    }
}

/// A request with exactly these headers.
pub(crate) fn with_headers(headers: &[(HeaderName, String)]) -> SignedUrlOptions {
    headers.iter().fold(SignedUrlOptions::new(), |options, (name, value)| {
        let value = HeaderValue::from_str(value).expect("media types and base64 are header values");
        options.with_signed_header(name.clone(), value)
    })
}

pub(crate) async fn signed(
    s3: &S3,
    method: Method,
    path: &str,
    lasts: TimeDelta,
    options: &SignedUrlOptions,
) -> Result<String, StorageError> {
    let lasts = lasts.to_std().unwrap_or(Duration::ZERO);
    s3.health().check()?;
    Ok(s3.signer().signed_url_opts(method, &Path::from(path), lasts, options).await?.into())
}
