//! Plain HTTP.

/// A client without TLS: reading the system's certificates takes longer than most tests.
///
/// # Panics
/// When the system refuses.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().expect("a client is made")
}

/// Fetches a page.
///
/// # Errors
/// When there is no answer.
pub async fn get(url: impl reqwest::IntoUrl) -> reqwest::Result<reqwest::Response> {
    client().get(url).send().await
}
