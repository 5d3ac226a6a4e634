//! Approving what was delivered.

use serde_json::{Value, json};

use super::papers::Papers;
use crate::desk::ticket::desk::each;
use crate::shared::file::hand::CSV;

/// the client approves or contests, the assignee is told; a new version waits again.
#[tokio::test]
async fn a_16_approve_and_contest() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Folha").await;
    let approve = json!({ "id": id, "expectedVersion": 1 });
    assert_eq!(papers.desk.refused(&admin, "documentApprove", approve.clone()).await, ["APPROVAL_NOT_ASKED"]);
    papers.filed(&member, &id).await;
    assert_eq!(papers.see(&admin, &id).await["approval"], "WAITING");
    assert_eq!(papers.desk.refused(&member, "documentApprove", approve.clone()).await, ["NOT_ALLOWED"]);
    let contest = json!({ "id": id, "expectedVersion": 2, "comment": "Falta uma hora extra." });
    papers.desk.done(&admin, "documentContest", contest).await;
    let seen = papers.see(&member, &id).await;
    assert_eq!(seen["approval"], "CONTESTED");
    assert_eq!(seen["answer"]["comment"], "Falta uma hora extra.");
    let file = papers.desk.hand_in(&member, "b.csv", CSV).await;
    papers.hand_in_file(&member, &id, &file).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["approval"], &seen["answer"]), (&json!("WAITING"), &Value::Null));
    // Nobody approves what came after what was seen.
    let seen = json!({ "id": id, "expectedVersion": 3 });
    assert_eq!(papers.desk.refused(&admin, "documentApprove", seen).await, ["CONFLICT"]);
    let late = json!({ "id": id, "expectedVersion": 3, "comment": "Falta uma hora extra." });
    assert_eq!(papers.desk.refused(&admin, "documentContest", late).await, ["CONFLICT"]);
    for _ in 0..2 {
        papers.desk.done(&admin, "documentApprove", json!({ "id": id, "expectedVersion": 4 })).await;
    }
    assert_eq!(papers.see(&member, &id).await["approval"], "APPROVED");
    let query = "{ notifications(first: 10) { nodes { kind } } }";
    let told = papers.desk.app.ask(&member, query, json!({})).await["notifications"]["nodes"].clone();
    assert_eq!(each(&told, "kind"), ["DOCUMENT_APPROVED", "DOCUMENT_CONTESTED", "TASKS_GENERATED"]);
    let guide = papers.id("Guia").await;
    let refused =
        papers.desk.refused(&admin, "documentApprove", json!({ "id": guide, "expectedVersion": 1 })).await;
    assert_eq!(refused, ["APPROVAL_NOT_ASKED"]);
    papers.finish().await;
}
