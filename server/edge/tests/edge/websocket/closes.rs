//! Every close code of the protocol, and those of websockets themselves.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::peer::Site;

/// 4400 with a reason, for messages outside of the protocol, before and after the acknowledgement.
#[tokio::test]
async fn bad_messages() {
    let site = Site::new().await;
    for message in [
        Message::text("{"),
        Message::text(r#"["type"]"#),
        Message::text(r#"{"type":"start","id":"1"}"#),
        Message::text(r#"{"type":"connection_ack"}"#),
        Message::text(r#"{"type":"next","id":"1","payload":{}}"#),
        Message::text(r#"{"type":"ping","payload":"x"}"#),
        Message::text(r#"{"type":"complete"}"#),
        Message::text(r#"{"type":"subscribe","id":"1","payload":{"query":7}}"#),
        Message::text(r#"{"type":"subscribe","payload":{"query":"{ hello }"}}"#),
        Message::text(json!({"type": "complete", "id": "a".repeat(129)}).to_string()),
        Message::binary(Bytes::from_static(br#"{"type":"ping"}"#)),
    ] {
        for mut peer in [site.open(&[]).await.unwrap(), site.peer().await] {
            peer.send(message.clone()).await;
            let (code, reason) = peer.closed().await;
            assert_eq!(code, 4400, "{message}");
            assert!(!reason.is_empty(), "{message}");
        }
    }
}

/// 4401 for an operation before the acknowledgement, also while the client is being admitted.
#[tokio::test]
async fn unauthorized() {
    let site = Site::new().await;
    let mut peer = site.open(&[]).await.unwrap();
    peer.subscribe("1", "{ hello }").await;
    assert_eq!(peer.closed().await, (4401, "Unauthorized".to_owned()));

    let mut peer = site.open(&[]).await.unwrap();
    peer.init("slow").await;
    peer.is_heard().await;
    peer.subscribe("1", "mutation { act }").await;
    assert_eq!(peer.closed().await, (4401, "Unauthorized".to_owned()));
    assert_eq!(site.acts.count(), 0);
}

/// 4403 for a client that is not admitted; other failures have other codes, after which clients reconnect.
#[tokio::test]
async fn forbidden() {
    let site = Site::new().await;
    for (payload, code) in [
        (json!(null), 4403),
        (json!({}), 4403),
        (json!({"authorization": null}), 4403),
        (json!({"authorization": 7}), 4403),
        (json!({"authorization": "Bearer a\nb"}), 4403),
        (json!({"authorization": "Bearer expired"}), 4403),
        (json!({"authorization": "Bearer down"}), 1013),
        (json!({"authorization": "Bearer broken"}), 4500),
    ] {
        let mut peer = site.open(&[]).await.unwrap();
        peer.say(json!({"type": "connection_init", "payload": payload})).await;
        let (closed, reason) = peer.closed().await;
        assert_eq!(closed, code, "{payload}");
        assert!(!reason.is_empty() && !reason.contains("SECRET"), "{reason}");
    }
}

/// 4406 for another subprotocol, and for none.
#[tokio::test]
async fn another_subprotocol() {
    let site = Site::new().await;
    let (mut socket, answer) =
        tokio_tungstenite::connect_async(format!("ws://{}/graphql", site.address)).await.unwrap();
    assert!(!answer.headers().contains_key("sec-websocket-protocol"));
    let close = futures_util::StreamExt::next(&mut socket).await;
    let Some(Ok(Message::Close(Some(close)))) = close else { panic!("{close:?}") };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4406, "Subprotocol not acceptable"));

    // One of several is enough.
    let both = [("sec-websocket-protocol", "graphql-ws, graphql-transport-ws")];
    let mut peer = site.open(&both).await.unwrap();
    peer.init("ana").await;
    peer.hears(json!({"type": "connection_ack"})).await;
}

/// 4408 for a client that does not send `connection_init`, whatever else it sends.
#[tokio::test]
async fn no_initialisation() {
    let site = Site::limited(|limits| limits.init = Duration::from_millis(50)).await;
    let mut peer = site.open(&[]).await.unwrap();
    peer.say(json!({"type": "pong"})).await;
    assert_eq!(peer.closed().await, (4408, "Connection initialisation timeout".to_owned()));
}

/// 4409 for an id in use.
#[tokio::test]
async fn an_id_twice() {
    let site = Site::new().await;
    for (first, second) in [
        ("subscription { news { id } }", "subscription { news { id } }"),
        ("subscription { news { id } }", "{"),
        ("{ never }", "{ hello }"),
        ("mutation { hold }", "subscription { news { id } }"),
    ] {
        let mut peer = site.peer().await;
        peer.subscribe("the id", first).await;
        peer.subscribe("the id", second).await;
        assert_eq!(peer.closed().await, (4409, "Subscriber for the id already exists".to_owned()));
    }
    site.acts.followers(0).await;
}

/// 4429 for a second `connection_init`, during and after the first.
#[tokio::test]
async fn two_initialisations() {
    let site = Site::new().await;
    let expected = (4429, "Too many initialisation requests".to_owned());
    let mut peer = site.open(&[]).await.unwrap();
    peer.init("slow").await;
    peer.init("slow").await;
    assert_eq!(peer.closed().await, expected);
    let mut peer = site.peer().await;
    peer.init("ana").await;
    assert_eq!(peer.closed().await, expected);
}

/// 1009 for a message that is too long, in one frame or several; shorter ones are accepted.
#[tokio::test]
async fn too_long() {
    let site = Site::limited(|limits| limits.message_bytes = 1000).await;
    let mut peer = site.peer().await;
    let pad = |length: usize| json!({"type": "ping", "payload": {"a": "a".repeat(length)}}).to_string();
    peer.send(Message::text(pad(900))).await;
    assert_eq!(peer.hear().await["type"], "pong");
    peer.send(Message::text(pad(1000))).await;
    assert_eq!(peer.closed().await, (1009, "Messages are limited to 1000 bytes".to_owned()));

    let mut peer = site.peer().await;
    let text = pad(1000);
    let (head, tail) = text.split_at(600);
    let frame = |part: &str, kind, last| {
        Message::Frame(Frame::message(Bytes::copy_from_slice(part.as_bytes()), OpCode::Data(kind), last))
    };
    peer.send(frame(head, Data::Text, false)).await;
    peer.send(frame(tail, Data::Continue, true)).await;
    assert_eq!(peer.closed().await, (1009, "Messages are limited to 1000 bytes".to_owned()));

    let mut peer = site.peer().await;
    peer.send(frame(r#"{"type":"#, Data::Text, false)).await;
    peer.send(frame(r#""ping"}"#, Data::Continue, true)).await;
    peer.hears(json!({"type": "pong"})).await;
}

/// 1007 and 1002 for invalid text and invalid frames.
#[tokio::test]
async fn broken_frames() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    let latin = Frame::message(Bytes::from_static(b"\xe9"), OpCode::Data(Data::Text), true);
    peer.send(Message::Frame(latin)).await;
    assert_eq!(peer.closed().await.0, 1007);
    let mut peer = site.peer().await;
    let lone = Frame::message(Bytes::from_static(b"{}"), OpCode::Data(Data::Continue), true);
    peer.send(Message::Frame(lone)).await;
    assert_eq!(peer.closed().await.0, 1002);
}
