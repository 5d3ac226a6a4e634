//! The signed addresses of files.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use guichet_storage::Address;

/// One request that can be made without signing in: short-lived, for one file, with one method.
#[derive(Debug, SimpleObject)]
pub struct FileAddress {
    /// The HTTP method: PUT or GET.
    method: String,
    /// Where to. It is a secret for as long as it lasts.
    url: String,
    /// The headers that the request must carry, exactly so.
    headers: Vec<HttpHeader>,
    /// Until when the request must begin.
    expires_at: DateTime<Utc>,
}

/// A header of an HTTP request.
#[derive(Debug, SimpleObject)]
pub struct HttpHeader {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

impl From<Address> for FileAddress {
    fn from(address: Address) -> Self {
        let header = |(name, value): (http::HeaderName, String)| HttpHeader { name: name.to_string(), value };
        Self {
            method: address.method.to_string(),
            url: address.url,
            headers: address.headers.into_iter().map(header).collect(),
            expires_at: address.expires_at,
        }
    }
}
