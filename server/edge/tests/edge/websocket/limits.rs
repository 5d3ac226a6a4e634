//! The limits per client.

use std::time::Duration;

use guichet_edge::SocketLimits;
use serde_json::json;

use super::peer::Site;

/// An operation beyond the limit is refused; the others continue, and when one ends there is room for another.
#[tokio::test]
async fn operations() {
    let site = Site::limited(|limits| limits.operations = 2).await;
    let mut peer = site.peer().await;
    for id in ["1", "2"] {
        peer.subscribe(id, "subscription { news { id } }").await;
    }
    site.acts.followers(2).await;
    peer.subscribe("3", "{ hello }").await;
    peer.hears(json!({
        "type": "error", "id": "3",
        "payload": [{
            "message": "The request asks for too much: its `operations` are limited to 2.",
            "extensions": {"code": "COST_EXCEEDED", "limit": "operations"},
        }],
    }))
    .await;
    peer.complete("1").await;
    peer.subscribe("3", "{ hello }").await;
    assert_eq!(peer.data("3").await, json!({"hello": "world"}));
}

/// The number of websockets per session is limited; sessions are counted separately, and closing one makes room.
#[tokio::test]
async fn websockets_of_a_session() {
    let site = Site::limited(|limits| limits.per_session = 2).await;
    let (mut first, _second) = (site.peer().await, site.peer().await);
    let mut third = site.open(&[]).await.unwrap();
    third.init("ana").await;
    assert_eq!(third.closed().await, (1013, "There are too many websockets of this session".to_owned()));
    site.greeted("rui").await;
    first.subscribe("1", "subscription { news { id } }").await;
    site.acts.followers(1).await;
    first.say(json!({"type": "nonsense"})).await;
    first.closed().await;
    drop(first);
    // The place becomes free a moment later.
    loop {
        let mut again = site.open(&[]).await.unwrap();
        again.init("ana").await;
        let said = futures_util::StreamExt::next(&mut again.0).await.unwrap().unwrap();
        if said.is_text() {
            break;
        }
    }
}

/// The number per process is limited; further clients are told to come back later, before anything is computed for
/// them.
#[tokio::test]
async fn websockets_of_a_process() {
    let site = Site::limited(|limits| limits.sockets = 1).await;
    let peer = site.peer().await;
    assert_eq!(site.refusal(&[]).await, 503);
    drop(peer);
    while site.open(&[]).await.is_err() {}
}

/// Clients that say nothing take no places from others: the one that is silent for longest makes room. One that has said
/// something keeps its place, as long as it takes.
#[tokio::test]
async fn silent_websockets_make_room() {
    for change in [(|limits: &mut SocketLimits| limits.sockets = 2) as fn(&mut SocketLimits), |limits| {
        limits.waiting = 2
    }] {
        let site = Site::limited(change).await;
        let (mut first, mut second) = (site.open(&[]).await.unwrap(), site.open(&[]).await.unwrap());
        let mut third = site.open(&[]).await.unwrap();
        assert_eq!(first.closed().await, (1013, "There are too many websockets".to_owned()));
        for peer in [&mut second, &mut third] {
            peer.init("ana").await;
            peer.hears(json!({"type": "connection_ack"})).await;
        }
    }
}

/// An idle client is sent a ping. It stays if it answers; otherwise it is disconnected with a code after which
/// clients reconnect.
#[tokio::test]
async fn silence() {
    let site = Site::limited(|limits| {
        limits.silence = Duration::from_millis(20);
        limits.pong = Duration::from_secs(60);
    })
    .await;
    let mut peer = site.peer().await;
    for _ in 0..3 {
        peer.hears(json!({"type": "ping"})).await;
        peer.say(json!({"type": "pong"})).await;
    }

    let site = Site::limited(|limits| {
        limits.silence = Duration::from_millis(20);
        limits.pong = Duration::from_millis(20);
    })
    .await;
    let mut peer = site.peer().await;
    peer.hears(json!({"type": "ping"})).await;
    assert_eq!(peer.closed().await, (4499, "No answer to a ping".to_owned()));
}

/// A message that a client sent in time counts, even if the server is too busy to read it in time.
#[tokio::test]
async fn a_busy_server() {
    const LIMIT: Duration = Duration::from_millis(20);
    // Blocks this thread, on which the server runs too.
    let busy = || std::thread::sleep(LIMIT * 3);
    let site = Site::limited(|limits| {
        (limits.init, limits.silence, limits.pong) = (LIMIT, LIMIT, LIMIT);
    })
    .await;
    let mut peer = site.open(&[]).await.unwrap();
    peer.init("ana").await;
    busy();
    peer.hears(json!({"type": "connection_ack"})).await;
    peer.hears(json!({"type": "ping"})).await;
    peer.say(json!({"type": "pong"})).await;
    busy();
    peer.hears(json!({"type": "ping"})).await;
}

/// A client that receives nothing is disconnected. Until then nothing is computed beyond what the network
/// accepted, so it costs no memory, however many messages there are.
#[tokio::test]
async fn a_client_that_never_reads() {
    let site = Site::limited(|limits| limits.send = Duration::from_millis(200)).await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "subscription { flood }").await;
    site.acts.followers(1).await;
    site.acts.followers(0).await;
    let flooded = site.acts.flooded();
    // It is over, and the messages fit into the buffers of the two kernels.
    assert!(flooded < 2_000, "{flooded} messages of 16 kB");
    // A client that wakes up in time is told the reason.
    assert_eq!(peer.closed().await, (4499, "Messages are not taken".to_owned()));
    assert_eq!(site.acts.flooded(), flooded);
}

/// A longer message may take longer: a slow network is not a client that does not read.
#[tokio::test]
async fn a_client_that_reads_slowly() {
    let site = Site::limited(|limits| {
        limits.send = Duration::ZERO;
        limits.send_rate = 1;
    })
    .await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "{ long }").await;
    assert_eq!(peer.data("1").await["long"].as_str().unwrap().len(), 10_000);
}
