//! Turns the headers of a request into its [`Caller`]: session, language, address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_graphql::Request;
use axum::extract::ConnectInfo;
use futures_util::FutureExt;
use guichet_base::id::Id;
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_edge::{
    Admit, Admitted, ApiError, Attach, Attached, Guest, MEMBERSHIP, RequestId, wanted_language,
};
use guichet_engine::actor::{Membership, Origin};
use guichet_engine::store::Store;
use guichet_schema::people::session;
use guichet_schema::people::session::model::Viewer;
use http::HeaderMap;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::request::Parts;
use ipnet::IpNet;
use tokio::sync::Notify;

use crate::graphql::caller::{Caller, whose};
use crate::graphql::deployment::Deployment;
use crate::graphql::guests::{Guests, other_rights};
use crate::graphql::loaders::{fault, loaders};

/// The field that tells where the feed was when the request began.
const LIVE_CURSOR: &str = "liveCursor";

/// Finds the session of each request, with one statement if there is a token, and none otherwise.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// The store of the business.
    pub store: Store,
    /// Which cookie and which proxies to trust.
    pub deployment: Deployment,
    /// The clients with open websockets.
    pub guests: Guests,
}

impl Sessions {
    /// The caller of a request.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for an invalid bearer token; `MEMBERSHIP_CHANGED` when the request names another membership than
    /// that of its session; `UNAVAILABLE`.
    pub async fn caller(&self, parts: &Parts) -> Result<Caller, ApiError> {
        let visitor = self.visitor(parts)?;
        let viewer = visitor.viewer(&self.store).await?;
        if visitor.is_bearer && viewer.is_none() {
            return Err(ApiError::unauthenticated());
        }
        visitor.check_membership(viewer.as_ref())?;
        Ok(visitor.caller(&self.store, viewer, &RequestId::of(&parts.extensions)))
    }

    /// The address of a request's sender.
    fn address(&self, parts: &Parts) -> Option<IpAddr> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
        Some(client(peer, &parts.headers, &self.deployment.trusted_proxies))
    }

    /// What the headers of a request say about its sender.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for text that cannot be a token.
    fn visitor(&self, parts: &Parts) -> Result<Visitor, ApiError> {
        let headers = &parts.headers;
        // What an app sends deliberately takes precedence over what a browser adds by itself.
        let bearer = bearer(headers)?;
        Ok(Visitor {
            is_bearer: bearer.is_some(),
            token: bearer.or_else(|| self.deployment.token(headers)),
            address: self.address(parts).map(|address| address.to_string()),
            device: headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
            browser: wanted_language(headers),
            membership: headers.get(MEMBERSHIP).map(|value| value.to_str().unwrap_or_default().to_owned()),
        })
    }
}

/// The sender of a request, according to its headers.
#[derive(Debug)]
struct Visitor {
    token: Option<Secret>,
    is_bearer: bool,
    address: Option<String>,
    device: Option<String>,
    browser: Option<Locale>,
    /// The id of the membership that the request is for.
    membership: Option<String>,
}

impl Visitor {
    /// # Errors
    /// `MEMBERSHIP_CHANGED` when the request names another membership than the viewer's.
    fn check_membership(&self, viewer: Option<&Viewer>) -> Result<(), ApiError> {
        let (Some(wanted), Some(viewer)) = (&self.membership, viewer) else { return Ok(()) };
        let current = viewer.membership.as_ref().map(|membership| match membership {
            Membership::Staff(membership) => membership.id.encode(),
            Membership::Portal(membership) => membership.id.encode(),
        });
        if current.as_ref() == Some(wanted) { Ok(()) } else { Err(ApiError::membership_changed()) }
    }

    async fn viewer(&self, store: &Store) -> Result<Option<Viewer>, ApiError> {
        match &self.token {
            Some(token) => session::queries::find(store, token).await.map_err(fault),
            None => Ok(None),
        }
    }

    fn caller(&self, store: &Store, viewer: Option<Viewer>, id: &RequestId) -> Caller {
        let origin = Origin {
            address: self.address.clone(),
            request_id: Some(id.as_str().to_owned()),
            device: self.device.clone(),
            is_app: self.is_bearer,
        };
        Caller::new(store.clone(), viewer, self.browser, origin)
    }
}

impl Attach for Sessions {
    async fn attach(&self, parts: &Parts, request: Request) -> Result<Attached, ApiError> {
        with(self.caller(parts).await?, request).await
    }
}

impl Admit for Sessions {
    type Guest = SignedIn;

    fn client(&self, parts: &Parts) -> Option<IpAddr> {
        self.address(parts)
    }

    /// Admits clients with a session. A page without a session must sign in over HTTP, because only HTTP sets
    /// cookies.
    async fn admit(&self, parts: &Parts) -> Result<Admitted<SignedIn>, ApiError> {
        let visitor = self.visitor(parts)?;
        let viewer = visitor.viewer(&self.store).await?.ok_or_else(ApiError::unauthenticated)?;
        visitor.check_membership(Some(&viewer))?;
        let (session, locale, whose) = (viewer.session_id.uuid(), viewer.account.locale, whose(&viewer));
        let shown_out = self.guests.welcome(viewer.session_id, viewer.membership.clone());
        let membership_changed = Arc::new(Notify::new());
        let (store, changed) = (self.store.clone(), Arc::clone(&membership_changed));
        let ended = async move {
            tokio::select! {
                close = shown_out => close,
                () = changed.notified() => other_rights(),
            }
        };
        let guest = SignedIn { store, visitor, membership: viewer.membership, membership_changed };
        Ok(Admitted { guest, locale, whose, session, ended: ended.boxed() })
    }
}

/// A client with a session and an open websocket.
#[derive(Debug)]
pub struct SignedIn {
    store: Store,
    visitor: Visitor,
    /// The membership when the websocket was opened: its subscriptions are for this membership.
    membership: Option<Membership>,
    /// Notified when the session uses another membership.
    membership_changed: Arc<Notify>,
}

impl Guest for SignedIn {
    async fn attach(&self, id: &RequestId, request: Request) -> Result<Attached, ApiError> {
        let viewer = self.visitor.viewer(&self.store).await?.ok_or_else(ApiError::unauthenticated)?;
        if viewer.membership != self.membership {
            // If the session switched back before the next check, the websocket would continue with a membership
            // that was not in use. So it is closed before this error is sent.
            self.membership_changed.notify_one();
            return Err(ApiError::unauthenticated());
        }
        with(self.visitor.caller(&self.store, Some(viewer), id), request).await
    }
}

async fn with(mut caller: Caller, request: Request) -> Result<Attached, ApiError> {
    // Before anything else is read; a document that only seems to ask for it costs a statement.
    if request.query.contains(LIVE_CURSOR) {
        caller.fix_cursor().await?;
    }
    let (loaders, locale, whose) = (loaders(&caller), caller.locale, caller.whose());
    Ok(Attached { request: request.data(caller).data(loaders), locale, whose })
}

/// The token of an `Authorization: Bearer` header (RFC 6750, 2.1). Other schemes are for proxies and are ignored.
///
/// # Errors
/// `UNAUTHENTICATED` for the scheme without a token.
fn bearer(headers: &HeaderMap) -> Result<Option<Secret>, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| ApiError::unauthenticated())?.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    match token.trim() {
        "" => Err(ApiError::unauthenticated()),
        token => Ok(Some(token.to_owned().into())),
    }
}

/// The address of the sender: the peer, or, if that is a trusted proxy, the last address in `X-Forwarded-For`
/// before the trusted ones. Anything further left can be forged.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .collect();
    let mut client = peer.to_canonical();
    for text in forwarded.into_iter().rev() {
        if !trusted.iter().any(|network| network.contains(&client)) {
            break;
        }
        let Some(before) = address(text.trim()) else { break };
        client = before.to_canonical();
    }
    client
}

/// An address as proxies write it: with or without a port, IPv6 with or without brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn bearers() {
        let read = |value| {
            bearer(&headers(AUTHORIZATION, &[value]))
                .map(|token| token.map(|token| token.expose().to_owned()))
        };
        assert_eq!(read("Bearer abc").ok(), Some(Some("abc".to_owned())));
        assert_eq!(read("bearer  abc ").ok(), Some(Some("abc".to_owned())));
        assert_eq!(read("Basic YTpi").ok(), Some(None));
        assert!(read("Bearer").is_err());
        assert!(read("Bearer ").is_err());
        let latin = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_bytes(b"Bearer \xe9").unwrap())]);
        assert!(bearer(&latin).is_err());
    }

    /// F-03: no client can choose the address in the audit log.
    #[test]
    fn addresses_through_proxies() {
        let trusted = ["10.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap());
        let cases: [(&str, &[&str], &str); 11] = [
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["1.2.3.4", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.0.0.1", &["10.2.2.2"], "10.2.2.2"),
            ("10.0.0.1", &["1.2.3.4, nonsense"], "10.0.0.1"),
            ("::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("::ffff:10.0.0.1", &["198.51.100.1:80"], "198.51.100.1"),
            ("::1", &["2001:db8::7, ::ffff:10.0.0.3"], "2001:db8::7"),
        ];
        for (peer, forwarded, expected) in cases {
            let headers = headers(HeaderName::from_static("x-forwarded-for"), forwarded);
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), expected, "{peer} {forwarded:?}");
        }
    }
}
