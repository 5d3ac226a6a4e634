//! Documents that staff say are not needed, while files of them are on their way.

use serde_json::{Value, json};

use super::papers::Papers;
use crate::shared::file::hand::{CSV, PDF};

/// a file that is stored after staff said that its document is not needed neither takes that back nor is published by
/// itself; once the document is expected again, it counts, or waits to be published.
#[tokio::test]
async fn a_11_a_file_on_its_way_to_what_is_dropped() {
    let papers = Papers::open().await;
    let (desk, admin, member) = (&papers.desk, papers.desk.admin.clone(), papers.desk.member.clone());
    let (notes, payroll) = (papers.id("Notas").await, papers.id("Folha").await);
    let drop = async |id: &str, is_dropped: bool| {
        let version = papers.version(id).await;
        let input = json!({ "id": id, "expectedVersion": version, "isDropped": is_dropped });
        desk.done(&member, "documentDrop", input).await;
    };
    desk.app.hold("file.verify").await;
    papers.underway(&admin, &notes, CSV).await;
    papers.underway(&member, &payroll, PDF).await;
    drop(&notes, true).await;
    drop(&payroll, true).await;
    desk.app.release("file.verify").await;
    desk.app.jobs_done().await;
    for id in [&notes, &payroll] {
        assert_eq!(papers.see(&admin, id).await, Value::Null);
        let seen = papers.see(&member, id).await;
        assert_eq!(seen["versions"][0]["file"]["state"], "STORED");
        assert_eq!(
            (&seen["state"], &seen["answer"]["kind"], &seen["publishedAt"]),
            (&json!("DROPPED"), &json!("NOT_EXPECTED"), &Value::Null)
        );
    }
    drop(&notes, false).await;
    drop(&payroll, false).await;
    let seen = papers.see(&admin, &notes).await;
    assert_eq!((&seen["state"], &seen["answer"]), (&json!("FILED"), &Value::Null));
    assert_eq!(papers.see(&admin, &payroll).await["mark"], "AWAITING_FIRM");
    let done = desk.done(&member, "documentPublish", json!({ "ids": [payroll] })).await;
    assert_eq!(done["results"][0]["userErrors"], json!([]));
    assert_eq!(papers.see(&admin, &payroll).await["mark"], "UPCOMING_UNREAD");
    papers.finish().await;
}
