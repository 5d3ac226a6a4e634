//! Which pages may open websockets. Browsers let any page open one, with cookies, and CORS does not apply.

use http::header::HOST;
use http::request::Parts;
use http::{HeaderValue, Uri};

use crate::EdgeSettings;

/// Whether pages of this origin may open a websocket by the request in `parts`: our own, and those of
/// [`EdgeSettings::allowed_origins`].
pub(super) fn is_allowed(origin: &HeaderValue, parts: &Parts, settings: &EdgeSettings) -> bool {
    settings.allowed_origins.iter().any(|allowed| allowed.is(origin)) || is_own(origin, parts, settings)
}

/// Whether the page comes from the same host as the request. When the server is reached by https only, the page
/// must have been too.
fn is_own(origin: &HeaderValue, parts: &Parts, settings: &EdgeSettings) -> bool {
    let Some(origin) = origin.to_str().ok().and_then(|text| text.parse::<Uri>().ok()) else { return false };
    let scheme = match origin.scheme_str() {
        Some("https") => true,
        Some("http") => !settings.secure_cookies,
        _ => false,
    };
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
    scheme && origin.authority().map(|authority| authority.as_str()) == host
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn own_pages_and_allowed_ones() {
        let allowed = |origin: &str, host: &str, secure_cookies: bool| {
            let request = Request::get("/graphql").header(HOST, host).body(()).unwrap();
            let settings = EdgeSettings {
                allowed_origins: vec!["https://app.example".parse().unwrap()],
                secure_cookies,
                ..EdgeSettings::default()
            };
            is_allowed(&HeaderValue::from_str(origin).unwrap(), &request.into_parts().0, &settings)
        };
        for (origin, host) in [
            ("http://localhost:8080", "localhost:8080"),
            ("https://guichet.example", "guichet.example"),
            ("https://app.example", "guichet.example"),
        ] {
            assert!(allowed(origin, host, false), "{origin} at {host}");
        }
        assert!(allowed("https://guichet.example", "guichet.example", true));
        assert!(!allowed("http://guichet.example", "guichet.example", true), "a page that anybody can write");
        for (origin, host) in [
            ("https://evil.example", "guichet.example"),
            ("http://app.example", "guichet.example"),
            ("https://app.example.evil.example", "guichet.example"),
            ("https://guichet.example:8443", "guichet.example"),
            ("http://localhost:3000", "localhost:8080"),
            ("https://guichet.example@evil.example", "guichet.example"),
            ("file://", "guichet.example"),
            ("null", "null"),
            ("", ""),
        ] {
            assert!(!allowed(origin, host, false), "{origin} at {host}");
        }
    }
}
