//! The metrics of websockets.

use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;

use super::peer::Site;

#[test]
fn websockets_are_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let has = |line: &str| {
        let text = recorder.handle().render();
        assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
    };
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let site = Site::new().await;
            let mut peer = site.peer().await;
            peer.subscribe("1", "subscription Mine { mine: news { id } }").await;
            site.acts.followers(1).await;
            peer.is_heard().await;
            has("guichet_websockets 1");
            has("guichet_subscriptions{operation=\"news\"} 1");
            peer.complete("1").await;
            site.acts.followers(0).await;
            peer.subscribe("2", "subscription { closed }").await;
            assert_eq!(peer.error("2").await, "UNAUTHENTICATED");
            peer.subscribe("3", "{ invented }").await;
            assert_eq!(peer.error("3").await, "GRAPHQL_VALIDATION_FAILED");
            peer.subscribe("4", "{ hello }").await;
            assert_eq!(peer.data("4").await, json!({"hello": "world"}));
            peer.hears(json!({"type": "complete", "id": "4"})).await;
            peer.say(json!({})).await;
            peer.closed().await;
            let mut peer = site.peer().await;
            peer.leave().await;
            site.stop.cancel();
            site.served.await.unwrap();
        });
    });
    has("guichet_websockets 0");
    has("guichet_subscriptions{operation=\"news\"} 0");
    has("guichet_websocket_closes_total{code=\"4400\"} 1");
    has("guichet_websocket_closes_total{code=\"client\"} 1");
    // Two acknowledgements, a pong, two refusals, an answer and its end.
    has("guichet_websocket_messages_total 7");
    for line in [
        "operation_type=\"subscription\",operation=\"news\",outcome=\"ok\"",
        "operation_type=\"subscription\",operation=\"closed\",outcome=\"UNAUTHENTICATED\"",
        "operation_type=\"query\",operation=\"hello\",outcome=\"ok\"",
        "operation_type=\"none\",operation=\"none\",outcome=\"GRAPHQL_VALIDATION_FAILED\"",
    ] {
        has(&format!("guichet_graphql_requests_total{{{line}}} 1"));
    }
}
