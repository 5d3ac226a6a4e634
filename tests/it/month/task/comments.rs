//! Comments and files of staff on a task.

use guichet_base::id::{FileId, Id, MessageId};
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::Work;
use crate::desk::ticket::desk::{Desk, each, text};
use crate::shared::file::hand::PDF;

async fn post(desk: &Desk, by: &Person, task: &str, body: &str) -> String {
    let input = json!({ "id": task, "body": body });
    text(&desk.done(by, "taskCommentPost", input).await["comment"]["id"])
}

/// The comments of a task as somebody sees them: how many are unread, and the last ones.
async fn comments(desk: &Desk, by: &Person, task: &str) -> (i64, Vec<Value>) {
    let query = "query ($id: ID!) { task(id: $id) { unreadCount comments(last: 2) { nodes { body author { name } } } } }";
    let seen = desk.app.ask(by, query, json!({ "id": task })).await["task"].clone();
    (seen["unreadCount"].as_i64().unwrap(), each(&seen["comments"]["nodes"], "body"))
}

/// C-01, D-12: staff write to each other on open and closed tasks; what is unread is counted per person, and nothing moves
/// back. No client reads any of it.
#[tokio::test]
async fn c_01_comments_among_staff() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.entered(&desk.owner).await;
    let first = post(desk, &desk.member, &id, "Falta o extrato.").await;
    post(desk, &desk.member, &id, "Já pedi.").await;
    work.set(&id, "DONE").await;
    post(desk, &desk.owner, &id, "Chegou.\nObrigado.").await;
    assert_eq!(comments(desk, &desk.manager, &id).await.0, 3);
    assert_eq!(
        comments(desk, &desk.owner, &id).await,
        (2, vec![json!("Já pedi."), json!("Chegou.\nObrigado.")])
    );
    let version = work.see(&desk.owner, &id).await["version"].clone();
    assert_eq!(version, 2, "comments do not get in the way of edits");
    let mark = json!({ "id": id, "upToCommentId": first });
    let marked = desk.done(&desk.manager, "taskMarkRead", mark.clone()).await;
    assert_eq!(marked["task"]["unreadCount"], 2);
    desk.done(&desk.manager, "taskMarkRead", json!({ "id": id })).await;
    assert_eq!(desk.done(&desk.manager, "taskMarkRead", mark).await["task"]["unreadCount"], 0);
    let unread = "query ($unread: Boolean!) { tasks(first: 5, filter: { unread: $unread }) { totalCount } }";
    for (unread_only, person, count) in
        [(true, &desk.owner, 1), (true, &desk.manager, 0), (false, &desk.manager, 1)]
    {
        let seen = desk.app.ask(person, unread, json!({ "unread": unread_only })).await;
        assert_eq!(seen["tasks"]["totalCount"], count);
    }

    let query = "query ($id: ID!, $comment: ID!) { task(id: $id) { id } node(id: $comment) { id } }";
    let ids = json!({ "id": id, "comment": first });
    let seen = desk.app.ask(&desk.admin, query, ids.clone()).await;
    assert_eq!((&seen["task"], &seen["node"]), (&json!(null), &json!(null)));
    assert_eq!(desk.app.ask(&desk.member, query, ids).await["node"]["id"], json!(first));
    work.desk.finish().await;
}

/// C-01, D-08: what is refused.
#[tokio::test]
async fn c_01_refused_comments_and_files() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.entered(&desk.owner).await;
    let refused = async |by: &Person, input: Value| desk.refused(by, "taskCommentPost", input).await;
    assert_eq!(refused(&desk.owner, json!({ "id": id, "body": " " })).await, ["body:REQUIRED"]);
    assert_eq!(refused(&desk.admin, json!({ "id": id, "body": "Oi" })).await, ["id:NOT_FOUND"]);
    let files = json!({ "id": id, "body": "Oi", "fileIds": [FileId::new().encode()] });
    assert_eq!(refused(&desk.owner, files).await, ["fileIds.0:NOT_FOUND"]);
    let mark = json!({ "id": id, "upToCommentId": MessageId::new().encode() });
    assert_eq!(desk.refused(&desk.owner, "taskMarkRead", mark).await, ["upToCommentId:NOT_FOUND"]);
    assert_eq!(desk.refused(&desk.admin, "taskMarkRead", json!({ "id": id })).await, ["id:NOT_FOUND"]);
    let none = json!({ "id": id, "fileIds": [] });
    assert_eq!(desk.refused(&desk.owner, "taskFileAttach", none).await, ["fileIds:OUT_OF_RANGE"]);
    let file = desk.hand_in(&desk.owner, "guia.pdf", PDF).await;
    let comment = post(desk, &desk.member, &id, "Anexo?").await;
    let foreign = json!({ "id": id, "fileIds": [file], "commentId": comment });
    assert_eq!(desk.refused(&desk.owner, "taskFileAttach", foreign).await, ["commentId:NOT_FOUND"]);
    work.desk.finish().await;
}

/// D-08: files on a task and on a comment are seen by staff alone, with their place and in the history.
#[tokio::test]
async fn d_08_files() {
    let work = Work::open().await;
    let desk = &work.desk;
    let id = work.entered(&desk.owner).await;
    let file = desk.hand_in(&desk.owner, "guia.pdf", PDF).await;
    let attached = desk.done(&desk.owner, "taskFileAttach", json!({ "id": id, "fileIds": [file] })).await;
    let attachment = text(&attached["attachments"][0]["id"]);
    let other = desk.hand_in(&desk.member, "nota.pdf", PDF).await;
    let input = json!({ "id": id, "body": "Segue a nota.", "fileIds": [other] });
    desk.done(&desk.member, "taskCommentPost", input).await;
    let query = "query ($id: ID!, $attachment: ID!) {
        task(id: $id) {
            attachments { visibility task { id } ticket { id } file { name attachment { task { id } } } }
            comments(first: 5) { nodes { attachments { file { name } } } }
            history { field newText }
        }
        node(id: $attachment) { id }
    }";
    let ids = json!({ "id": id, "attachment": attachment });
    let seen = desk.app.ask(&desk.manager, query, ids.clone()).await;
    let files = &seen["task"]["attachments"];
    assert_eq!(each(files, "visibility"), ["INTERNAL", "INTERNAL"]);
    assert_eq!((&files[0]["task"]["id"], &files[0]["ticket"]), (&json!(id), &json!(null)));
    assert_eq!(files[0]["file"]["attachment"]["task"]["id"], json!(id));
    assert_eq!(seen["task"]["comments"]["nodes"][0]["attachments"][0]["file"]["name"], "nota.pdf");
    let told: Vec<(Value, Value)> = seen["task"]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["field"].clone(), change["newText"].clone()))
        .collect();
    assert_eq!(told[1..], [(json!("FILE"), json!("guia.pdf")), (json!("FILE"), json!("nota.pdf"))]);
    let seen = desk.app.ask(&desk.admin, query, ids).await;
    assert_eq!((&seen["task"], &seen["node"]), (&json!(null), &json!(null)));
    let download = json!({ "id": file });
    assert_eq!(desk.refused(&desk.admin, "fileDownload", download).await, ["id:NOT_FOUND"]);
    work.desk.finish().await;
}

/// F-01: comments come live to staff, none over a lost connection is missed.
#[tokio::test]
async fn f_01_comments_live() {
    const FOLLOW: &str =
        "subscription ($task: ID!, $after: String) { taskComments(taskId: $task, after: $after) {
        cursor reload gone comments { body author { name } }
    } }";
    let work = Work::open().await;
    let desk = &work.desk;
    let side = LiveSide::start(&desk.app.store);
    let (id, other) = (work.entered(&desk.owner).await, work.entered(&desk.owner).await);
    let follow = async |by: &Person, after: Value| {
        side.follow(Some(&by.token), FOLLOW, json!({ "task": id, "after": after })).await
    };
    let mut member = follow(&desk.member, json!(null)).await;
    assert_eq!(member.told().await["reload"], true);
    post(desk, &desk.owner, &other, "Outra tarefa").await;
    post(desk, &desk.owner, &id, "Bom dia").await;
    let told = member.told().await;
    assert_eq!(each(&told["comments"], "body"), ["Bom dia"]);
    drop(member);
    post(desk, &desk.owner, &id, "Alguém aí?").await;
    let mut member = follow(&desk.member, told["cursor"].clone()).await;
    let told = member.told().await;
    assert_eq!(
        (&told["reload"], each(&told["comments"], "body")),
        (&json!(false), vec![json!("Alguém aí?")])
    );
    drop((member, side));
    work.desk.finish().await;
}
