//! Requests by operation.

use metrics_exporter_prometheus::PrometheusBuilder;

use crate::client::{Client, impatient};

/// The label is a field of the schema, because names chosen by clients are unlimited.
#[test]
fn requests_are_counted_by_their_first_field() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let client = Client::new();
            for query in [
                "query Chosen { chosen: hello }",
                "{ ...F } fragment F on Query { ... { hello } viewer }",
                "{ viewer }",
                "{ invented }",
                "{",
                "mutation { act hello }",
                "mutation { act }",
                "{ __schema { queryType { name } } }",
                "{ __invented }",
            ] {
                client.query(query).await;
            }
            Client::with(&impatient()).query("{ never }").await;
        });
    });
    let text = recorder.handle().render();
    for (operation, count) in [
        ("operation_type=\"query\",operation=\"hello\",outcome=\"ok\"", 1),
        ("operation_type=\"query\",operation=\"hello\",outcome=\"UNAUTHENTICATED\"", 1),
        ("operation_type=\"query\",operation=\"viewer\",outcome=\"UNAUTHENTICATED\"", 1),
        ("operation_type=\"query\",operation=\"never\",outcome=\"UNAVAILABLE\"", 1),
        ("operation_type=\"none\",operation=\"none\",outcome=\"GRAPHQL_VALIDATION_FAILED\"", 2),
        ("operation_type=\"none\",operation=\"none\",outcome=\"GRAPHQL_PARSE_FAILED\"", 1),
        ("operation_type=\"mutation\",operation=\"act\",outcome=\"GRAPHQL_VALIDATION_FAILED\"", 1),
        ("operation_type=\"mutation\",operation=\"act\",outcome=\"ok\"", 1),
        ("operation_type=\"query\",operation=\"__schema\",outcome=\"ok\"", 1),
    ] {
        let line = format!("guichet_graphql_requests_total{{{operation}}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    assert!(
        text.contains(
            "guichet_graphql_request_seconds_count{operation_type=\"query\",operation=\"hello\"} 2"
        ),
        "{text}"
    );
    for invented in ["Chosen", "chosen", "nvented"] {
        assert!(!text.contains(invented), "{text}");
    }
}
