//! Documents, live.

use guichet_tests::live::LiveSide;
use serde_json::json;

use super::papers::Papers;

const FOLLOW: &str = "subscription { documentsChanged { reload changed { name state mark } removed } }";

/// F-01: what is handed in is told to both sides; a draft to staff alone.
#[tokio::test]
async fn f_01_documents_change() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let side = LiveSide::start(&papers.desk.app.store);
    let mut of_admin = side.follow(Some(&admin.token), FOLLOW, json!({})).await;
    let mut of_member = side.follow(Some(&member.token), FOLLOW, json!({})).await;
    assert_eq!(of_admin.told().await["reload"], true);
    assert_eq!(of_member.told().await["reload"], true);
    let (bank, guide) = (papers.id("Extrato").await, papers.id("Guia").await);
    papers.filed(&member, &guide).await;
    let draft = json!([{ "name": "Guia", "state": "EXPECTED", "mark": "AWAITING_FIRM" }]);
    assert_eq!(of_member.told().await["changed"], draft);
    papers.filed(&admin, &bank).await;
    let filed = json!([{ "name": "Extrato", "state": "FILED", "mark": "SETTLED" }]);
    // The client hears of its own file first: nothing was told of the draft.
    assert_eq!(of_admin.told().await["changed"], filed);
    assert_eq!(of_member.told().await["changed"], filed);
    papers.desk.done(&member, "documentPublish", json!({ "ids": [guide] })).await;
    let unread = json!([{ "name": "Guia", "state": "FILED", "mark": "UPCOMING_UNREAD" }]);
    assert_eq!(of_admin.told().await["changed"], unread);
    assert_eq!(of_member.told().await["changed"], unread);
    papers.desk.done(&admin, "documentOpen", json!({ "id": guide })).await;
    assert_eq!(of_member.told().await["changed"][0]["mark"], "READ");
    papers.finish().await;
}
