//! Delivering: publishing, opening, reading.

use serde_json::{Value, json};

use super::papers::{Papers, code};
use crate::shared::file::hand::{CSV, PDF};

/// opening a document without a file is answered with a typed result, and nothing is logged.
#[tokio::test]
async fn a_07_not_uploaded() {
    let papers = Papers::open().await;
    let id = papers.id("Guia").await;
    for by in [&papers.desk.admin, &papers.desk.owner] {
        let done = papers.desk.done(by, "documentOpen", json!({ "id": id })).await;
        assert_eq!(done["opening"]["__typename"], "DocumentNotUploaded");
        assert_eq!(done["opening"]["document"]["mark"], "AWAITING_FIRM");
    }
    let missing = json!({ "id": id, "version": 1 });
    assert_eq!(papers.desk.refused(&papers.desk.admin, "documentOpen", missing).await, ["version:NOT_FOUND"]);
    papers.finish().await;
}

/// what the firm uploads is seen once it is published; until then the client learns nothing of it.
#[tokio::test]
async fn a_06_published_by_staff() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Guia").await;
    let before = papers.see(&admin, &id).await;
    let early = papers.desk.done(&member, "documentPublish", json!({ "ids": [id] })).await;
    assert_eq!(code(&early["results"][0]), "NOTHING_TO_PUBLISH");
    papers.desk.app.pass(chrono::TimeDelta::minutes(1));
    papers.filed(&member, &id).await;
    assert_eq!(papers.see(&admin, &id).await, before);
    let draft = papers.see(&member, &id).await;
    assert_eq!(
        (&draft["mark"], &draft["versions"][0]["isCurrent"]),
        (&json!("AWAITING_FIRM"), &json!(false))
    );
    let file = draft["versions"][0]["file"]["id"].clone();
    let download = json!({ "id": file });
    assert_eq!(papers.desk.refused(&admin, "fileDownload", download).await, ["id:NOT_FOUND"]);
    let opened = papers.desk.done(&admin, "documentOpen", json!({ "id": id })).await;
    assert_eq!(opened["opening"]["__typename"], "DocumentNotUploaded");
    let publish = json!({ "ids": [id, papers.task] });
    assert_eq!(papers.desk.refused(&admin, "documentPublish", publish.clone()).await, ["NOT_ALLOWED"]);
    let done = papers.desk.done(&member, "documentPublish", publish).await;
    assert_eq!(done["results"][0]["userErrors"], json!([]));
    assert_eq!(code(&done["results"][1]), "NOT_FOUND");
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["state"], &seen["mark"]), (&json!("FILED"), &json!("UPCOMING_UNREAD")));
    assert_eq!(seen["versions"][0]["isCurrent"], true);
    papers.finish().await;
}

/// read by the first opening of somebody of the client, never by staff; logged in the same step; a new version
/// is unread again, and the old one keeps its reader.
#[tokio::test]
async fn a_05_read() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Guia").await;
    papers.filed(&member, &id).await;
    papers.desk.done(&member, "documentPublish", json!({ "ids": [id] })).await;
    papers.desk.done(&member, "documentOpen", json!({ "id": id })).await;
    assert_eq!(papers.see(&admin, &id).await["readAt"], Value::Null);
    // Lists and looking do not count.
    papers.list(&admin, json!({})).await;
    let done = papers.desk.done(&admin, "documentOpen", json!({ "id": id })).await;
    let opening = &done["opening"];
    assert_eq!((&opening["__typename"], &opening["version"]), (&json!("DocumentDownload"), &json!(1)));
    assert_eq!(opening["document"]["mark"], "READ");
    let sent = papers.desk.request(&opening["address"]).send().await.unwrap();
    assert_eq!(sent.bytes().await.unwrap(), PDF);
    let seen = papers.see(&member, &id).await;
    assert_eq!(seen["versions"][0]["readBy"]["id"], admin.id());
    let file = seen["versions"][0]["file"]["id"].as_str().unwrap();
    let log = "accesses(first: 10) { nodes { channel by { id } } }";
    let log = papers.desk.file(&member, file, log).await["accesses"]["nodes"].clone();
    assert_eq!(log[0]["by"]["id"], admin.id());
    assert_eq!(log.as_array().unwrap().len(), 2);

    let file = papers.desk.hand_in(&member, "b.csv", CSV).await;
    papers.hand_in_file(&member, &id, &file).await;
    // The draft of a new version changes nothing for the client.
    assert_eq!(papers.see(&admin, &id).await["mark"], "READ");
    papers.desk.done(&member, "documentPublish", json!({ "ids": [id] })).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["mark"], &seen["readAt"]), (&json!("UPCOMING_UNREAD"), &Value::Null));
    assert_ne!(seen["versions"][1]["readAt"], Value::Null);
    papers.desk.done(&admin, "documentOpen", json!({ "id": id, "version": 1 })).await;
    assert_eq!(papers.see(&admin, &id).await["mark"], "UPCOMING_UNREAD");
    // Whichever way the file is opened.
    papers.desk.download(&admin, &file).await;
    assert_eq!(papers.see(&admin, &id).await["mark"], "READ");
    papers.finish().await;
}

/// A-06, B-05: published on upload where the definition says so; a collaborator sees nothing about payroll.
#[tokio::test]
async fn b_05_payroll() {
    let papers = Papers::open().await;
    let caio = papers.desk.collaborator("caio@padaria.example").await;
    let id = papers.id("Folha").await;
    papers.filed(&papers.desk.member, &id).await;
    let seen = papers.see(&papers.desk.admin, &id).await;
    assert_eq!(seen["mark"], "UPCOMING_UNREAD");
    assert_eq!(papers.names(&papers.desk.admin, json!({})).await, ["Extrato", "Folha", "Guia", "Notas"]);
    assert_eq!(papers.names(&caio, json!({})).await, ["Extrato", "Guia", "Notas"]);
    assert_eq!(papers.see(&caio, &id).await, Value::Null);
    let file = seen["versions"][0]["file"]["id"].clone();
    assert_eq!(papers.desk.refused(&caio, "fileDownload", json!({ "id": file })).await, ["id:NOT_FOUND"]);
    assert_eq!(papers.desk.refused(&caio, "documentOpen", json!({ "id": id })).await, ["id:NOT_FOUND"]);
    papers.finish().await;
}
