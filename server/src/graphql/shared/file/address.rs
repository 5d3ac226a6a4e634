//! The signed addresses of files.

use crate::graphql::scalars::DateTime;
use async_graphql::SimpleObject;
use guichet_storage::Address;

/// A signed address for one HTTP request, which needs no sign-in. It is valid for a short time, for one file
/// and one method.
#[derive(Debug, SimpleObject)]
pub struct FileAddress {
    /// The HTTP method: `PUT` or `GET`.
    method: String,
    /// The URL; without scheme and host it is relative to the URL of the API. Treat it as a secret while it is valid.
    url: String,
    /// The headers that the request must send exactly as given.
    headers: Vec<HttpHeader>,
    /// The date and time until which the request must begin.
    expires_at: DateTime,
}

/// A header of an HTTP request.
#[derive(Debug, SimpleObject)]
pub struct HttpHeader {
    /// The name of the header.
    name: String,
    /// The value of the header.
    value: String,
}

impl From<Address> for FileAddress {
    fn from(address: Address) -> Self {
        let header = |(name, value): (http::HeaderName, String)| HttpHeader { name: name.to_string(), value };
        Self {
            method: address.method.to_string(),
            url: address.url,
            headers: address.headers.into_iter().map(header).collect(),
            expires_at: DateTime(address.expires_at),
        }
    }
}
