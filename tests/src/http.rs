//! Plain HTTP.

/// A client without TLS: reading the system's certificates takes longer than most tests.
///
/// # Panics
/// When the system refuses.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().expect("a client is made")
}

/// Where an address leads from a server: it is relative to it, or absolute.
///
/// # Panics
/// When neither is an address.
pub fn absolute(server: &str, address: &str) -> String {
    let server: reqwest::Url = server.parse().expect("a server has an address");
    server.join(address).expect("an address is a URL").into()
}

/// Fetches a page.
///
/// # Errors
/// When there is no answer.
pub async fn get(url: impl reqwest::IntoUrl) -> reqwest::Result<reqwest::Response> {
    client().get(url).send().await
}
