//! How people reach this server, as far as answers depend on it.

use axum_extra::extract::cookie::CookieJar;
use chrono::TimeDelta;
use guichet_base::secret::Secret;
use guichet_workers::senders::Senders;
use http::HeaderMap;
use ipnet::IpNet;

use crate::settings::Settings;

/// How people reach this server.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// `PUBLIC_URL` without a trailing slash; none when it is not set.
    pub public_url: Option<String>,
    /// Whether the server is reached by https only, so that cookies are never sent unencrypted.
    pub secure_cookies: bool,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// From which addresses firms may write.
    pub senders: Senders,
}

impl Deployment {
    /// Reads it from the settings.
    pub fn new(settings: &Settings) -> Self {
        let url = settings.public_url.as_ref();
        Self {
            public_url: url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            secure_cookies: url.is_some_and(|url| url.scheme() == "https"),
            trusted_proxies: settings.trusted_proxies.clone(),
            senders: settings.senders(),
        }
    }

    /// Browsers accept a cookie with `__Host-` only from this very host and by https (RFC 6265bis, 4.1.3.2).
    const fn cookie_name(&self) -> &'static str {
        if self.secure_cookies { "__Host-guichet" } else { "guichet" }
    }

    /// The session's token from the cookies of a request.
    pub fn token(&self, headers: &HeaderMap) -> Option<Secret> {
        let cookies = CookieJar::from_headers(headers);
        cookies.get(self.cookie_name()).map(|cookie| cookie.value().to_owned().into())
    }

    /// `Set-Cookie` with a session's token, which expires with the session.
    pub fn give_cookie(&self, token: &Secret, lasts: TimeDelta) -> String {
        let (name, token, seconds) = (self.cookie_name(), token.expose(), lasts.num_seconds());
        let secure = if self.secure_cookies { "; Secure" } else { "" };
        format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }

    /// `Set-Cookie` that deletes the cookie.
    pub fn take_cookie(&self) -> String {
        self.give_cookie(&String::new().into(), TimeDelta::zero())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::COOKIE;

    use super::*;

    fn deployment(public_url: &str) -> Deployment {
        let lookup = |name: &str| (name == "PUBLIC_URL" && !public_url.is_empty()).then(|| public_url.into());
        Deployment::new(&Settings::read(lookup).unwrap())
    }

    fn cookies(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(text))])
    }

    #[test]
    fn https_makes_cookies_secure() {
        let token = Secret::from("abc".to_owned());
        assert_eq!(
            deployment("https://guichet.example/").give_cookie(&token, TimeDelta::days(1)),
            "__Host-guichet=abc; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(deployment("").take_cookie(), "guichet=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    /// A cookie without `__Host-` could come from a neighboring host or over plain http.
    #[test]
    fn only_the_right_cookie_is_read() {
        let secure = deployment("https://guichet.example");
        let read = |deployment: &Deployment, text| {
            deployment.token(&cookies(text)).map(|token| token.expose().to_owned())
        };
        assert_eq!(read(&secure, "a=b; __Host-guichet=abc"), Some("abc".to_owned()));
        assert_eq!(read(&secure, "guichet=abc"), None);
        assert_eq!(read(&deployment("http://localhost:8080"), "guichet=abc"), Some("abc".to_owned()));
    }
}
