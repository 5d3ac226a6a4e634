//! Delivering: publishing, opening, reading.

use futures_util::future::join;
use guichet_tests::live::LiveSide;
use serde_json::{Value, json};

use super::papers::{Papers, code};
use crate::desk::ticket::desk::each;
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

/// a draft is not published while the file that takes its place is on its way.
#[tokio::test]
async fn a_06_a_newer_file_is_on_its_way() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Guia").await;
    papers.filed(&member, &id).await;
    papers.desk.app.hold("file.verify").await;
    papers.underway(&member, &id, CSV).await;
    let publish = json!({ "ids": [id] });
    let done = papers.desk.done(&member, "documentPublish", publish.clone()).await;
    assert_eq!(code(&done["results"][0]), "FILE_NOT_READY");
    assert_eq!(papers.see(&admin, &id).await["mark"], "AWAITING_FIRM");
    papers.desk.app.release("file.verify").await;
    papers.desk.app.jobs_done().await;
    papers.desk.done(&member, "documentPublish", publish).await;
    assert_eq!(each(&papers.see(&admin, &id).await["versions"], "number"), [2]);
    papers.finish().await;
}

/// C-03: nothing of a canceled task is published, neither by a person nor by itself.
#[tokio::test]
async fn c_03_a_canceled_task_delivers_nothing() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let (guide, payroll) = (papers.id("Guia").await, papers.id("Folha").await);
    papers.filed(&member, &guide).await;
    papers.desk.app.hold("file.verify").await;
    papers.underway(&member, &payroll, PDF).await;
    let status = |status: &str| json!({ "id": papers.task, "status": status });
    papers.desk.done(&member, "taskStatusChange", status("CANCELED")).await;
    papers.desk.app.release("file.verify").await;
    papers.desk.app.jobs_done().await;
    let done = papers.desk.done(&member, "documentPublish", json!({ "ids": [guide, payroll] })).await;
    for result in done["results"].as_array().unwrap() {
        assert_eq!(code(result), "DOCUMENT_NOT_EXPECTED");
    }
    for id in [&guide, &payroll] {
        assert_eq!(papers.see(&admin, id).await, Value::Null);
        assert_eq!(papers.see(&member, id).await["publishedAt"], Value::Null);
    }
    papers.desk.done(&member, "taskStatusChange", status("TODO")).await;
    assert_eq!(papers.see(&admin, &payroll).await["mark"], "AWAITING_FIRM");
    papers.desk.done(&member, "documentPublish", json!({ "ids": [payroll] })).await;
    assert_eq!(papers.see(&admin, &payroll).await["mark"], "UPCOMING_UNREAD");
    papers.finish().await;
}

/// what was published is taken back while nobody of the client has opened it, live and with history; what it had
/// replaced is shown again.
#[tokio::test]
async fn a_15_taken_back() {
    let papers = Papers::open().await;
    let (desk, admin, member) = (&papers.desk, papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Guia").await;
    let publish = json!({ "ids": [id] });
    let back =
        async || json!({ "id": id, "expectedVersion": papers.version(&id).await, "reason": "De outro" });
    let none = back().await;
    assert_eq!(desk.refused(&member, "documentUnpublish", none).await, ["NOTHING_TO_UNPUBLISH"]);
    let stale = back().await;
    papers.filed(&member, &id).await;
    desk.done(&member, "documentPublish", publish.clone()).await;
    let file = papers.see(&member, &id).await["versions"][0]["file"]["id"].clone();
    assert_eq!(desk.refused(&member, "documentUnpublish", stale).await, ["CONFLICT"]);
    assert_eq!(desk.refused(&admin, "documentUnpublish", back().await).await, ["NOT_ALLOWED"]);
    // Staff's opening is no reading.
    desk.done(&member, "documentOpen", json!({ "id": id })).await;

    let side = LiveSide::start(&desk.app.store);
    let follow = "subscription { documentsChanged { reload changed { name mark versions { number } } } }";
    let mut live = side.follow(Some(&admin.token), follow, json!({})).await;
    assert_eq!(live.told().await["reload"], true);
    desk.done(&member, "documentUnpublish", back().await).await;
    let gone = json!([{ "name": "Guia", "mark": "AWAITING_FIRM", "versions": [] }]);
    assert_eq!(live.told().await["changed"], gone);
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["state"], &seen["publishedAt"]), (&json!("EXPECTED"), &Value::Null));
    assert_eq!(desk.refused(&admin, "fileDownload", json!({ "id": file })).await, ["id:NOT_FOUND"]);
    let opened = desk.done(&admin, "documentOpen", json!({ "id": id })).await;
    assert_eq!(opened["opening"]["__typename"], "DocumentNotUploaded");
    assert_eq!(papers.see(&member, &id).await["versions"][0]["rejection"], "De outro");
    let done = desk.done(&member, "documentPublish", publish.clone()).await;
    assert_eq!(code(&done["results"][0]), "NOTHING_TO_PUBLISH", "it is not published again by itself");

    // The same content may come again; once it is opened, it stays.
    papers.filed(&member, &id).await;
    desk.done(&member, "documentPublish", publish.clone()).await;
    desk.done(&admin, "documentOpen", json!({ "id": id })).await;
    assert_eq!(desk.refused(&member, "documentUnpublish", back().await).await, ["DOCUMENT_READ"]);
    let third = desk.hand_in(&member, "c.csv", CSV).await;
    papers.hand_in_file(&member, &id, &third).await;
    desk.done(&member, "documentPublish", publish).await;
    assert_eq!(papers.see(&admin, &id).await["mark"], "UPCOMING_UNREAD");
    desk.done(&member, "documentUnpublish", back().await).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["mark"], &seen["versions"][0]["number"]), (&json!("READ"), &json!(2)));
    papers
        .set("DO $$ BEGIN ASSERT (SELECT count(*) = 2 FROM changes WHERE field = 'PUBLISHED'); END $$")
        .await;
    drop((live, side));
    papers.finish().await;
}

/// of an opening and a taking back at once, one comes first, and the other is answered accordingly.
#[tokio::test]
async fn a_15_taken_back_while_it_is_opened() {
    let papers = Papers::open().await;
    let (desk, admin, member) = (&papers.desk, papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Folha").await;
    for round in 0..5 {
        let content: &'static [u8] = format!("conta;valor\r\nágua;{round}\r\n").leak().as_bytes();
        let file = desk.hand_in(&member, "b.csv", content).await;
        papers.hand_in_file(&member, &id, &file).await;
        let back = json!({ "id": id, "expectedVersion": papers.version(&id).await });
        let (opened, taken) = join(
            desk.act(&admin, "documentOpen", json!({ "id": id })),
            desk.act(&member, "documentUnpublish", back),
        )
        .await;
        let is_opened = opened["opening"]["__typename"] == "DocumentDownload"
            && opened["opening"]["version"] == json!(round + 1);
        let is_taken = taken["userErrors"] == json!([]);
        assert_ne!(is_opened, is_taken, "{opened:#} {taken:#}");
    }
    papers.finish().await;
}
