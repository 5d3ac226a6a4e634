//! The library of a client.

use guichet_base::id::Id;
use serde_json::{Value, json};

use super::papers::{Papers, code};
use crate::desk::ticket::desk::text;

/// The way to the folder of a document, from the outside inwards.
async fn way(papers: &Papers, document: &str) -> Vec<String> {
    let query = "query D($id: ID!) { document(id: $id) { folder { name parent { name parent { name } } } } }";
    let seen = papers.desk.app.ask(&papers.desk.admin, query, json!({ "id": document })).await;
    let (mut folder, mut names) = (seen["document"]["folder"].clone(), Vec::new());
    while folder["name"].is_string() {
        names.insert(0, text(&folder["name"]));
        folder = folder["parent"].clone();
    }
    names
}

/// C-13: a file goes to its folder, year and period by itself, also where staff renamed it; moving changes nothing about who
/// may see it.
#[tokio::test]
async fn c_13_the_library() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let (notes, guide) = (papers.id("Notas").await, papers.id("Guia").await);
    assert_eq!(way(&papers, &notes).await, [""; 0]);
    papers.filed(&admin, &notes).await;
    assert_eq!(way(&papers, &notes).await, ["Impostos", "2026", "2026-02"]);
    let query = "{ folders(first: 10, filter: { isTop: true }) { nodes { id name version } } }";
    let top = papers.desk.app.ask(&admin, query, json!({})).await["folders"]["nodes"].clone();
    let tax = text(&top[0]["id"]);
    let rename = json!({ "id": tax, "expectedVersion": 1, "name": "Fisco" });
    assert_eq!(papers.desk.refused(&admin, "folderRename", rename.clone()).await, ["NOT_ALLOWED"]);
    papers.desk.done(&member, "folderRename", rename).await;
    papers.filed(&member, &guide).await;
    papers.desk.done(&member, "documentPublish", json!({ "ids": [guide] })).await;
    assert_eq!(way(&papers, &guide).await, ["Fisco", "2026", "2026-02"]);

    let create = json!({ "clientId": papers.desk.client.encode(), "name": "Arquivo" });
    let made = papers.desk.done(&member, "folderCreate", create.clone()).await;
    let archive = text(&made["folder"]["id"]);
    assert_eq!(papers.desk.refused(&member, "folderCreate", create).await, ["name:TAKEN"]);
    let inside = json!({ "id": tax, "expectedVersion": 2, "parentId": archive });
    papers.desk.done(&member, "folderMove", inside).await;
    let ring = json!({ "id": archive, "expectedVersion": 1, "parentId": tax });
    assert_eq!(papers.desk.refused(&member, "folderMove", ring).await, ["parentId:OUT_OF_RANGE"]);

    let payroll = papers.id("Folha").await;
    papers.filed(&member, &payroll).await;
    let caio = papers.desk.collaborator("caio@padaria.example").await;
    let moved = json!({ "ids": [payroll, notes], "folderId": archive });
    papers.desk.done(&member, "documentMove", moved).await;
    assert_eq!(way(&papers, &payroll).await, ["Arquivo"]);
    assert_eq!(papers.see(&caio, &payroll).await, Value::Null);
    assert_eq!(papers.names(&caio, json!({ "folderIds": [archive] })).await, ["Notas"]);
    let other = papers.desk.firm.client("Outra", None).await;
    let create = json!({ "clientId": other.encode(), "name": "Arquivo" });
    let foreign = papers.desk.done(&member, "folderCreate", create).await["folder"]["id"].clone();
    let moved = json!({ "ids": [notes], "folderId": foreign });
    let done = papers.desk.done(&member, "documentMove", moved).await;
    assert_eq!(code(&done["results"][0]), "NOT_FOUND");
    papers.finish().await;
}
