//! GraphQL over HTTP, checked by its public audits.

use guichet_tests::app::TestApp;

use super::run;

/// All 61 public audits of GraphQL over HTTP are ok, of the levels `MUST`, `SHOULD` and `MAY`.
#[tokio::test]
async fn the_public_audits() {
    let app = TestApp::start().await;
    let printed = run("audits", &[&format!("{}/graphql", app.url)]).await;
    assert_eq!(printed.lines().last(), Some("61 of 61 audits are ok, 61 expected"), "{printed}");
    app.finish().await;
}
