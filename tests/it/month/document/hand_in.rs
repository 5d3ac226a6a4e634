//! Handing files in, nothing to submit, rejections.

use guichet_base::id::Id;
use guichet_tests::app::Setup;
use guichet_tests::clamd::{FakeClamd, VIRUS};
use serde_json::{Value, json};

use super::papers::{Papers, code};
use crate::desk::ticket::desk::{each, text};
use crate::shared::file::hand::{CSV, PDF};

/// a second file takes the place of the first, or stands beside it, as the definition says.
#[tokio::test]
async fn a_09_a_second_file() {
    let papers = Papers::open().await;
    let admin = papers.desk.admin.clone();
    for (name, counting) in [("Extrato", vec![2]), ("Notas", vec![2, 1])] {
        let id = papers.id(name).await;
        papers.filed(&admin, &id).await;
        let first = papers.see(&admin, &id).await;
        assert_eq!((&first["state"], &first["mark"]), (&json!("FILED"), &json!("SETTLED")));
        assert_eq!(first["versions"][0]["handedInBy"]["id"], admin.id());
        papers.desk.app.pass(chrono::TimeDelta::seconds(1));
        let file = papers.desk.hand_in(&admin, "b.csv", CSV).await;
        assert_eq!(papers.hand_in_file(&admin, &id, &file).await["version"], 2);
        let second = papers.see(&papers.desk.owner, &id).await;
        let current = second["versions"].as_array().unwrap().iter();
        let current: Vec<Value> =
            current.filter(|of| of["isCurrent"] == true).map(|of| of["number"].clone()).collect();
        assert_eq!(current, counting, "{name}");
    }
    papers.finish().await;
}

/// several at once, each with its own result; a replay has the same results.
#[tokio::test]
async fn a_09_each_item_has_its_result() {
    let papers = Papers::open().await;
    let admin = papers.desk.admin.clone();
    let (bank, notes, guide) =
        (papers.id("Extrato").await, papers.id("Notas").await, papers.id("Guia").await);
    let file = papers.desk.hand_in(&admin, "a.pdf", PDF).await;
    let other = papers.desk.hand_in(&admin, "b.csv", CSV).await;
    let stranger = papers.desk.hand_in(&papers.desk.member, "c.csv", CSV).await;
    let input = json!({ "idempotencyKey": "once", "items": [
        { "documentId": bank, "fileId": file },
        { "documentId": notes, "fileId": file },
        { "documentId": guide, "fileId": other },
        { "documentId": notes, "fileId": stranger },
        { "documentId": papers.task, "fileId": other },
        { "documentId": notes, "fileId": other },
    ] });
    for _ in 0..2 {
        let done = papers.desk.done(&admin, "documentHandIn", input.clone()).await;
        let results = done["results"].as_array().unwrap();
        let codes: Vec<String> = results
            .iter()
            .map(|result| result["userErrors"].as_array().unwrap().first().map(|e| text(&e["code"])))
            .map(Option::unwrap_or_default)
            .collect();
        assert_eq!(codes, ["", "FILE_ATTACHED", "WRONG_DIRECTION", "NOT_FOUND", "NOT_FOUND", ""]);
        assert_eq!(results[3]["userErrors"][0]["field"], json!(["fileId"]));
        assert_eq!(results[0]["document"]["state"], "FILED");
        assert_eq!(results[2]["document"]["mark"], "AWAITING_FIRM");
    }
    assert_eq!(papers.see(&admin, &notes).await["versions"].as_array().unwrap().len(), 1);
    let none = papers.desk.refused(&admin, "documentHandIn", json!({ "items": [] })).await;
    assert_eq!(none, ["items:OUT_OF_RANGE"]);
    papers.finish().await;
}

/// identical content is reported, and taken again after a rejection with a reason; then it is missing again.
#[tokio::test]
async fn a_09_twice_and_after_a_rejection() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Extrato").await;
    papers.filed(&admin, &id).await;
    assert_eq!(code(&papers.hand_in(&admin, &id, PDF).await), "ALREADY_HANDED_IN");
    let reject = json!({ "id": id, "expectedVersion": 2, "reason": "Ilegível." });
    assert_eq!(papers.desk.refused(&admin, "documentReject", reject.clone()).await, ["NOT_ALLOWED"]);
    papers.desk.done(&member, "documentReject", reject.clone()).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["state"], &seen["mark"]), (&json!("REJECTED"), &json!("TO_HAND_IN")));
    assert_eq!(seen["versions"][0]["rejection"], "Ilegível.");
    assert_eq!(papers.desk.refused(&member, "documentReject", reject).await, ["NOTHING_TO_REJECT"]);
    papers.filed(&admin, &id).await;
    assert_eq!(papers.see(&admin, &id).await["state"], "FILED");
    // What was replaced may come back.
    let file = papers.desk.hand_in(&admin, "b.csv", CSV).await;
    papers.hand_in_file(&admin, &id, &file).await;
    papers.filed(&admin, &id).await;
    assert_eq!(each(&papers.see(&admin, &id).await["versions"], "isCurrent")[0], true);
    papers.finish().await;
}

/// A-09, F-07: a file counts once it is stored, whatever was handed in before; malware never counts.
#[tokio::test]
async fn f_07_files_count_once_stored() {
    let scanner = FakeClamd::start().await;
    let papers = Papers::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let (admin, owner) = (papers.desk.admin.clone(), papers.desk.owner.clone());
    let id = papers.id("Extrato").await;
    papers.desk.app.hold("file.verify").await;
    let file = papers.desk.send_file(&admin, "a.pdf", PDF).await;
    papers.desk.complete(&admin, &file).await;
    let input = json!({ "items": [{ "documentId": id, "fileId": file }] });
    let done = papers.desk.done(&admin, "documentHandIn", input).await;
    assert_eq!(done["results"][0]["version"], 1);
    let own = papers.see(&admin, &id).await;
    assert_eq!((&own["state"], &own["versions"][0]["isCurrent"]), (&json!("EXPECTED"), &json!(false)));
    assert_eq!(papers.see(&owner, &id).await["versions"], json!([]));
    papers.desk.app.release("file.verify").await;
    papers.desk.app.jobs_done().await;
    let seen = papers.see(&owner, &id).await;
    assert_eq!((&seen["state"], &seen["versions"][0]["isCurrent"]), (&json!("FILED"), &json!(true)));
    // The expected file of another document is malware.
    let other = papers.id("Notas").await;
    let file = papers.desk.send_file(&admin, "notas.txt", VIRUS).await;
    papers.desk.complete(&admin, &file).await;
    papers.hand_in_file(&admin, &other, &file).await;
    assert_eq!(papers.see(&owner, &other).await["state"], "EXPECTED");
    assert_eq!(papers.see(&owner, &other).await["versions"], json!([]));
    papers.finish().await;
}

/// a canceled task takes no files; one that is done only where the firm accepts late files, and then the assignee is
/// told.
#[tokio::test]
async fn a_10_closed_tasks() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let id = papers.id("Notas").await;
    papers.task_is("CANCELED").await;
    assert_eq!(code(&papers.hand_in(&admin, &id, PDF).await), "DOCUMENT_NOT_EXPECTED");
    papers.task_is("DONE").await;
    // By default the firm takes none.
    let refused = papers.hand_in(&admin, &id, PDF).await;
    assert_eq!(code(&refused), "DOCUMENT_TOO_LATE");
    assert!(!text(&refused["userErrors"][0]["message"]).is_empty());
    let can = async || {
        let query = "query C($id: ID!) { document(id: $id) { viewerCan { act allowed reason } } }";
        let seen = papers.desk.app.ask(&admin, query, json!({ "id": id })).await;
        let can = seen["document"]["viewerCan"].as_array().unwrap().clone();
        can.into_iter().find(|one| one["act"] == "HAND_IN").unwrap()["reason"].clone()
    };
    assert_eq!(can().await, "DOCUMENT_TOO_LATE");
    assert_eq!(papers.desk.settle(json!({ "acceptsLateFiles": true })).await["acceptsLateFiles"], true);
    assert_eq!(can().await, Value::Null);
    papers.filed(&admin, &id).await;
    assert_eq!(papers.see(&member, &id).await["versions"][0]["isLate"], true);
    let query = "{ notifications(first: 10) { nodes { kind subject { id } author { id } } } }";
    let told = papers.desk.app.ask(&member, query, json!({})).await["notifications"]["nodes"].clone();
    let expected = json!({ "kind": "LATE_FILE", "subject": { "id": id }, "author": { "id": admin.id() } });
    assert_eq!(told[0], expected);
    papers.finish().await;
}

/// "nothing to submit" settles a document, recorded with who; it can be taken back, and a later file wins.
#[tokio::test]
async fn a_11_nothing_to_submit() {
    let papers = Papers::open().await;
    let (admin, owner) = (papers.desk.admin.clone(), papers.desk.owner.clone());
    let id = papers.id("Notas").await;
    papers.desk.done(&admin, "documentNothingToSubmit", json!({ "id": id })).await;
    let seen = papers.see(&owner, &id).await;
    assert_eq!((&seen["state"], &seen["mark"]), (&json!("NOTHING_TO_SUBMIT"), &json!("SETTLED")));
    let said = json!({ "kind": "NOTHING_TO_SUBMIT", "comment": null, "by": { "id": admin.id() } });
    assert_eq!(seen["answer"], said);
    let back = json!({ "id": id, "isSettled": false });
    papers.desk.done(&owner, "documentNothingToSubmit", back).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["state"], &seen["answer"]), (&json!("EXPECTED"), &Value::Null));
    papers.desk.done(&owner, "documentNothingToSubmit", json!({ "id": id })).await;
    papers.filed(&admin, &id).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!((&seen["state"], &seen["answer"]), (&json!("FILED"), &Value::Null));
    let refused = papers.desk.refused(&admin, "documentNothingToSubmit", json!({ "id": id })).await;
    assert_eq!(refused, ["DOCUMENT_FILED"]);
    let guide = papers.id("Guia").await;
    let refused = papers.desk.refused(&admin, "documentNothingToSubmit", json!({ "id": guide })).await;
    assert_eq!(refused, ["WRONG_DIRECTION"]);
    papers.finish().await;
}

/// staff hand in for their client; another client cannot, and finds nothing.
#[tokio::test]
async fn a_09_staff_for_the_client() {
    let papers = Papers::open().await;
    let id = papers.id("Extrato").await;
    papers.filed(&papers.desk.member, &id).await;
    let seen = papers.see(&papers.desk.admin, &id).await;
    assert_eq!(seen["versions"][0]["handedInBy"]["id"], papers.desk.member.id());
    let other = papers.desk.firm.client("Outra", None).await;
    let stranger = papers.desk.firm.admin(other, "eva@outra.example").await;
    assert_eq!(code(&papers.hand_in(&stranger, &id, PDF).await), "NOT_FOUND");
    assert_eq!(papers.see(&stranger, &id).await, Value::Null);
    assert_ne!(other.encode(), papers.desk.client.encode());
    papers.finish().await;
}

/// A-09, C-03: canceling and reopening a task brings a document back as it was: rejected only if what was handed in was.
#[tokio::test]
async fn a_09_a_task_is_reopened() {
    let scanner = FakeClamd::start().await;
    let papers = Papers::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let (admin, owner) = (papers.desk.admin.clone(), papers.desk.owner.clone());
    let (bank, notes, guide) =
        (papers.id("Extrato").await, papers.id("Notas").await, papers.id("Guia").await);
    papers.filed(&admin, &bank).await;
    papers
        .desk
        .done(&owner, "documentReject", json!({ "id": bank, "expectedVersion": 2, "reason": "Ilegível." }))
        .await;
    let virus = papers.desk.send_file(&admin, "notas.txt", VIRUS).await;
    papers.desk.complete(&admin, &virus).await;
    papers.hand_in_file(&admin, &notes, &virus).await;
    papers.filed(&owner, &guide).await;
    let states = async || {
        let mut states = Vec::new();
        for id in [&bank, &notes, &guide] {
            states.push(text(&papers.see(&owner, id).await["state"]));
        }
        states
    };
    assert_eq!(states().await, ["REJECTED", "EXPECTED", "EXPECTED"]);
    for (status, expected) in
        [("CANCELED", ["DROPPED", "DROPPED", "DROPPED"]), ("TODO", ["REJECTED", "EXPECTED", "EXPECTED"])]
    {
        let input = json!({ "id": papers.task, "status": status });
        papers.desk.done(&owner, "taskStatusChange", input).await;
        assert_eq!(states().await, expected, "{status}");
    }
    papers.finish().await;
}

/// after A, then B in its place, and B rejected, A is taken again.
#[tokio::test]
async fn a_09_what_was_replaced_by_a_rejected_file() {
    let papers = Papers::open().await;
    let (admin, owner) = (papers.desk.admin.clone(), papers.desk.owner.clone());
    let id = papers.id("Extrato").await;
    papers.filed(&admin, &id).await;
    let file = papers.desk.hand_in(&admin, "b.csv", CSV).await;
    papers.hand_in_file(&admin, &id, &file).await;
    let reject = json!({ "id": id, "expectedVersion": papers.version(&id).await, "reason": "Outro mês." });
    papers.desk.done(&owner, "documentReject", reject).await;
    assert_eq!(papers.see(&admin, &id).await["state"], "REJECTED");
    papers.filed(&admin, &id).await;
    let seen = papers.see(&admin, &id).await;
    assert_eq!(seen["state"], "FILED");
    let newest = &seen["versions"][0];
    assert_eq!(
        (&newest["number"], &newest["isCurrent"], &newest["isDuplicate"]),
        (&json!(3), &json!(true), &json!(false))
    );
    papers.finish().await;
}

/// nobody rejects what was handed in after what was seen; of a canceled task nothing is missing.
#[tokio::test]
async fn a_09_rejected_as_it_was_seen() {
    let papers = Papers::open().await;
    let (admin, owner) = (papers.desk.admin.clone(), papers.desk.owner.clone());
    let id = papers.id("Extrato").await;
    papers.filed(&admin, &id).await;
    let mut reject = json!({ "id": id, "expectedVersion": papers.version(&id).await, "reason": "Ilegível." });
    let file = papers.desk.hand_in(&admin, "b.csv", CSV).await;
    papers.hand_in_file(&admin, &id, &file).await;
    assert_eq!(papers.desk.refused(&owner, "documentReject", reject.clone()).await, ["CONFLICT"]);
    assert_eq!(papers.see(&owner, &id).await["state"], "FILED");

    let status = |status: &str| json!({ "id": papers.task, "status": status });
    papers.desk.done(&owner, "taskStatusChange", status("CANCELED")).await;
    reject["expectedVersion"] = papers.version(&id).await;
    papers.desk.done(&owner, "documentReject", reject).await;
    assert_eq!(papers.see(&owner, &id).await["mark"], "SETTLED");
    assert_eq!(papers.see(&admin, &id).await, Value::Null);
    papers.desk.done(&owner, "taskStatusChange", status("TODO")).await;
    assert_eq!(papers.see(&admin, &id).await["state"], "REJECTED");
    papers.finish().await;
}
