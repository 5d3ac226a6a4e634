//! The names under which the server is asked (`Host`, RFC 9110, 7.2).

use std::net::IpAddr;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderValue, Version};

use crate::errors::Code;
use crate::layers::turned_away;

/// The names that a server answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Every name: a proxy in front of the server decides.
    Any,
    /// Names of this machine only. A page of another site can have its own name lead here (DNS rebinding), and would
    /// then read whatever needs no sign-in.
    Loopback,
}

/// Refuses requests that do not name exactly one host, or another one than these.
pub fn hosted(router: Router, hosts: Hosts) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| async move {
        match judge(&request, hosts) {
            Ok(()) => next.run(request).await,
            Err((code, message)) => turned_away(code, message),
        }
    }))
}

fn judge(request: &Request, hosts: Hosts) -> Result<(), (Code, &'static str)> {
    const ONE: (Code, &str) = (Code::BadRequest, "A request names its host exactly once.");
    const OWN: (Code, &str) = (Code::Forbidden, "This server answers under names of its own machine only.");
    let named: Vec<&HeaderValue> = request.headers().get_all(HOST).iter().collect();
    let least = usize::from(request.version() < Version::HTTP_2);
    if named.len() < least || named.len() > 1 {
        return Err(ONE);
    }
    let named = named.into_iter().map(|name| Authority::try_from(name.as_bytes()).map_err(|_| ONE));
    let asked = request.uri().authority().cloned().map(Ok);
    for name in named.chain(asked) {
        if hosts == Hosts::Loopback && !is_loopback(name?.host()) {
            return Err(OWN);
        }
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let is_name = name == "localhost" || name.ends_with(".localhost");
    is_name || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn judged(uri: &str, hosts: &[&str], of: Hosts) -> Option<Code> {
        let request = hosts.iter().fold(Request::get(uri), |request, host| request.header(HOST, *host));
        judge(&request.body(Body::empty()).unwrap(), of).err().map(|(code, _)| code)
    }

    #[test]
    fn a_request_names_one_host() {
        for of in [Hosts::Any, Hosts::Loopback] {
            assert_eq!(judged("/", &[], of), Some(Code::BadRequest));
            assert_eq!(judged("/", &["localhost", "localhost"], of), Some(Code::BadRequest));
            assert_eq!(judged("/", &["localhost:8080"], of), None);
        }
        for odd in ["", "a b", "a/b", "a@b/c"] {
            assert_eq!(judged("/", &[odd], Hosts::Loopback), Some(Code::BadRequest), "{odd:?}");
        }
        assert_eq!(judged("/", &["guichet.example"], Hosts::Any), None);
        let two =
            Request::get("https://guichet.example/").version(Version::HTTP_2).body(Body::empty()).unwrap();
        assert!(judge(&two, Hosts::Any).is_ok(), "HTTP/2 names it in the address");
    }

    #[test]
    fn a_trial_answers_to_its_own_names() {
        for own in [
            "localhost",
            "LOCALHOST:8080",
            "app.localhost",
            "127.0.0.1:8080",
            "127.1.2.3",
            "[::1]:8080",
            "localhost.",
        ] {
            assert_eq!(judged("/mails", &[own], Hosts::Loopback), None, "{own}");
        }
        for other in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "192.168.0.7",
            "[2001:db8::1]",
            "0.0.0.0",
        ] {
            assert_eq!(judged("/mails", &[other], Hosts::Loopback), Some(Code::Forbidden), "{other}");
        }
        assert_eq!(
            judged("http://evil.example/mails", &["localhost"], Hosts::Loopback),
            Some(Code::Forbidden)
        );
    }
}
