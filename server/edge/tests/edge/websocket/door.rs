//! Which clients are admitted, from which origins, and which are disconnected.

use guichet_edge::{Close, EdgeSettings};
use http::StatusCode;
use serde_json::json;

use super::peer::{Peer, Site};
use crate::client::{Client, settings};

async fn with_cookie(mut peer: Peer) -> Peer {
    peer.say(json!({"type": "connection_init"})).await;
    peer
}

/// The cookie of a web page is accepted if the page is ours or allowed.
#[tokio::test]
async fn pages() {
    let allowed_origins = vec!["https://app.example".parse().unwrap()];
    let site = Site::with(EdgeSettings { allowed_origins, ..settings() }).await;
    for origin in ["http://{own}", "https://app.example"] {
        let peer = site.open(&[("origin", origin), ("cookie", "ana")]).await.unwrap();
        let mut peer = with_cookie(peer).await;
        peer.hears(json!({"type": "connection_ack"})).await;
        peer.subscribe("1", "{ viewer }").await;
        assert_eq!(peer.data("1").await, json!({"viewer": "ana 1"}));
    }
    for origin in ["https://evil.example", "http://localhost:1", "null", "https://app.example.evil.example"] {
        assert_eq!(site.refusal(&[("origin", origin), ("cookie", "ana")]).await, 403, "{origin}");
        assert_eq!(site.refusal(&[("origin", origin)]).await, 403, "{origin}");
    }
}

/// An app sends no origin, and its token is accepted; a cookie without an origin is ignored.
#[tokio::test]
async fn apps() {
    let site = Site::new().await;
    let peer = site.open(&[("cookie", "ana")]).await.unwrap();
    assert_eq!(with_cookie(peer).await.closed().await.0, 4403);
    // The header is spelled as clients do, and takes precedence over the cookie.
    let headers = [("origin", "http://{own}"), ("cookie", "ana")];
    let mut peer = site.open(&headers).await.unwrap();
    let payload = json!({"Authorization": "Bearer rui"});
    peer.say(json!({"type": "connection_init", "payload": payload})).await;
    peer.hears(json!({"type": "connection_ack"})).await;
    peer.subscribe("1", "{ viewer }").await;
    assert_eq!(peer.data("1").await, json!({"viewer": "Bearer rui 1"}));
    // Also when an app can set headers.
    let mut peer = with_cookie(site.open(&[("authorization", "Bearer rui")]).await.unwrap()).await;
    peer.hears(json!({"type": "connection_ack"})).await;
}

/// An admitted client can be disconnected at any time.
#[tokio::test]
async fn whoever_has_to_leave() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { news { id } }").await;
    site.acts.followers(1).await;
    site.acts.leave(Close::forbidden("The session is over"));
    assert_eq!(peer.closed().await, (4403, "The session is over".to_owned()));
    site.acts.followers(0).await;
}

/// A request without an upgrade is answered over HTTP at the same address.
#[tokio::test]
async fn plain_requests() {
    let client = Client::new();
    assert_eq!(client.get("/graphql?query={hello}").await.data(), json!({"hello": "world"}));
    let subscription = client.query("subscription { count(to: 1) }").await;
    assert_eq!(
        (subscription.status, subscription.code()),
        (StatusCode::BAD_REQUEST, "BAD_REQUEST".to_owned())
    );
    // An incomplete upgrade is none.
    let site = Site::new().await;
    assert_eq!(site.refusal(&[("sec-websocket-version", "12")]).await, 400);
}

/// The operations of a client end when it disconnects.
#[tokio::test]
async fn a_client_that_leaves() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { news { id } }").await;
    site.acts.followers(1).await;
    peer.leave().await;
    site.acts.followers(0).await;

    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { news { id } }").await;
    site.acts.followers(1).await;
    drop(peer);
    site.acts.followers(0).await;
}
