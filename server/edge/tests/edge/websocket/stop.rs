//! A server that is stopped.

use serde_json::json;

use super::peer::Site;

/// Websockets are closed with 1001, so that clients connect elsewhere; streams are not waited for.
#[tokio::test]
async fn streams_are_not_waited_for() {
    let site = Site::new().await;
    let mut idle = site.peer().await;
    let mut fresh = site.open(&[]).await.unwrap();
    let mut waiting = site.open(&[]).await.unwrap();
    waiting.init("slow").await;
    waiting.is_heard().await;
    let mut busy = site.peer().await;
    busy.subscribe("1", "subscription { news { id } }").await;
    busy.subscribe("2", "{ never }").await;
    site.acts.followers(1).await;
    site.stop.cancel();
    for peer in [&mut idle, &mut fresh, &mut waiting, &mut busy] {
        assert_eq!(peer.closed().await, (1001, "The server stops".to_owned()));
    }
    site.served.await.unwrap();
}

/// A mutation in progress is completed and answered; nothing new is started.
#[tokio::test]
async fn mutations_finish() {
    let site = Site::new().await;
    let mut peer = site.peer().await;
    peer.subscribe("1", "mutation { hold }").await;
    site.acts.followers(1).await;
    site.stop.cancel();
    peer.is_heard().await;
    peer.subscribe("2", "mutation { act }").await;
    peer.is_heard().await;
    site.acts.go_on();
    assert_eq!(peer.data("1").await, json!({"hold": 1}));
    peer.hears(json!({"type": "complete", "id": "1"})).await;
    assert_eq!(peer.closed().await, (1001, "The server stops".to_owned()));
    site.served.await.unwrap();
    assert_eq!(site.acts.count(), 1);
}
