//! The library of a client.

use guichet_base::id::Id;
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::papers::{Papers, code};
use crate::desk::ticket::desk::text;
use crate::shared::file::hand::CSV;

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

/// C-13, F-01: folders are told as they are made, renamed, moved and made by themselves, to those who see the client.
#[tokio::test]
async fn c_13_folders_are_told_live() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let other = papers.desk.firm.client("Outra", None).await;
    let stranger = papers.desk.firm.admin(other, "rui@outra.example").await;
    let side = LiveSide::start(&papers.desk.app.store);
    let all = "subscription { foldersChanged { reload changed { id name parent { name } } removed } }";
    let top = "subscription { foldersChanged(filter: { isTop: true }) { reload changed { name } removed } }";
    let mut of_admin = side.follow(Some(&admin.token), all, json!({})).await;
    let mut of_stranger = side.follow(Some(&stranger.token), all, json!({})).await;
    let mut of_top = side.follow(Some(&member.token), top, json!({})).await;
    for first in [&mut of_admin, &mut of_stranger, &mut of_top] {
        assert_eq!(first.told().await["reload"], true);
    }
    let create = json!({ "clientId": papers.desk.client.encode(), "name": "Arquivo" });
    let archive = text(&papers.desk.done(&member, "folderCreate", create).await["folder"]["id"]);
    let made = json!([{ "id": archive, "name": "Arquivo", "parent": null }]);
    assert_eq!(of_admin.told().await["changed"], made);
    assert_eq!(of_top.told().await["changed"], json!([{ "name": "Arquivo" }]));
    let create = json!({ "clientId": papers.desk.client.encode(), "name": "Atas", "parentId": archive });
    let inner = text(&papers.desk.done(&member, "folderCreate", create).await["folder"]["id"]);
    let made = json!([{ "id": inner, "name": "Atas", "parent": { "name": "Arquivo" } }]);
    assert_eq!(of_admin.told().await["changed"], made);
    assert_eq!(of_top.told().await["removed"], json!([inner]));
    papers.desk.done(&member, "folderMove", json!({ "id": inner, "expectedVersion": 1 })).await;
    assert_eq!(of_admin.told().await["changed"][0]["parent"], Value::Null);
    assert_eq!(of_top.told().await["changed"], json!([{ "name": "Atas" }]));
    let rename = json!({ "id": inner, "expectedVersion": 2, "name": "Atas antigas" });
    papers.desk.done(&member, "folderRename", rename).await;
    assert_eq!(of_admin.told().await["changed"][0]["name"], "Atas antigas");
    let bank = papers.id("Extrato").await;
    papers.filed(&admin, &bank).await;
    let changed = of_admin.told().await["changed"].clone();
    let mut names: Vec<_> = changed.as_array().unwrap().iter().map(|folder| text(&folder["name"])).collect();
    names.sort();
    assert_eq!(names, ["2026", "2026-02", "Contabilidade"]);
    // Nothing of it was for another client: the first that its user hears of is its own.
    let create = json!({ "clientId": other.encode(), "name": "Nosso" });
    papers.desk.done(&papers.desk.owner, "folderCreate", create).await;
    assert_eq!(of_stranger.told().await["changed"][0]["name"], "Nosso");
    papers.finish().await;
}

/// B-05, C-13: a folder is seen by whoever sees something in it, with those around it, or when staff made it and nothing
/// else lies in it; neither by its name, nor in a list, a count or live otherwise.
#[tokio::test]
async fn b_05_folders_tell_nothing_of_payroll() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    let folders = async |by: &Person| {
        let query = "{ folders(first: 50) { totalCount nodes { id name parent { id } } } }";
        let found = desk.app.ask(by, query, json!({})).await["folders"].clone();
        let nodes = found["nodes"].as_array().unwrap().clone();
        assert_eq!(found["totalCount"], nodes.len());
        let mut names: Vec<String> = nodes.iter().map(|one| text(&one["name"])).collect();
        names.sort();
        (names, nodes)
    };
    let (notes, payroll) = (papers.id("Notas").await, papers.id("Folha").await);
    papers.filed(&desk.member, &payroll).await;
    assert_eq!(folders(&caio).await.0, [""; 0]);
    papers.filed(&admin, &notes).await;
    let (names, of_admin) = folders(&admin).await;
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(folders(&caio).await.0, ["2026", "2026-02", "Impostos"]);
    let is_taxes = |one: &&Value| one["name"] != "Impostos" && one["parent"].is_null();
    let hidden = of_admin.iter().find(is_taxes).unwrap()["id"].clone();
    let node = "query N($id: ID!) { node(id: $id) { id } }";
    assert_eq!(desk.app.ask(&caio, node, json!({ "id": hidden })).await["node"], Value::Null);
    assert_eq!(desk.app.ask(&admin, node, json!({ "id": hidden })).await["node"]["id"], hidden);

    let side = LiveSide::start(&desk.app.store);
    let follow = "subscription { documentsChanged { reload changed { name } } }";
    let mut live = side.follow(Some(&caio.token), follow, json!({})).await;
    assert_eq!(live.told().await["reload"], true);
    let rename = json!({ "id": hidden, "expectedVersion": 1, "name": "Salários" });
    desk.done(&desk.member, "folderRename", rename).await;
    desk.done(&caio, "documentNothingToSubmit", json!({ "id": papers.id("Extrato").await })).await;
    let told = live.told().await;
    assert_eq!((&told["reload"], &told["changed"]), (&json!(false), &json!([{ "name": "Extrato" }])));

    let create = async |name: &str| {
        let create = json!({ "clientId": desk.client.encode(), "name": name });
        text(&desk.done(&desk.member, "folderCreate", create).await["folder"]["id"])
    };
    let (_, closed) = (create("Vazia").await, create("Reservado").await);
    assert_eq!(folders(&caio).await.0, ["2026", "2026-02", "Impostos", "Reservado", "Vazia"]);
    let moved = json!({ "ids": [payroll], "folderId": closed });
    desk.done(&desk.member, "documentMove", moved).await;
    assert_eq!(folders(&caio).await.0, ["2026", "2026-02", "Impostos", "Vazia"]);
    let moved = json!({ "ids": [notes], "folderId": closed });
    desk.done(&desk.member, "documentMove", moved).await;
    assert_eq!(
        folders(&caio).await.0,
        ["Reservado", "Vazia"],
        "what goes by itself is seen by what lies in it"
    );
    drop((live, side));
    papers.finish().await;
}

/// C-13: what staff put at the top stays there, whatever comes; the top can be asked for.
#[tokio::test]
async fn c_13_at_the_top() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let (notes, bank) = (papers.id("Notas").await, papers.id("Extrato").await);
    papers.filed(&admin, &notes).await;
    papers.filed(&admin, &bank).await;
    assert_eq!(
        papers.names(&admin, json!({ "isTop": true })).await,
        [""; 0],
        "nothing lies there without a file"
    );
    assert_eq!(papers.names(&admin, json!({ "isTop": false })).await, ["Extrato", "Notas"]);
    papers.desk.done(&member, "documentMove", json!({ "ids": [notes] })).await;
    let again = papers.desk.hand_in(&admin, "b.csv", CSV).await;
    papers.hand_in_file(&admin, &notes, &again).await;
    assert_eq!(way(&papers, &notes).await, [""; 0]);
    for by in [&admin, &member] {
        assert_eq!(papers.names(by, json!({ "isTop": true })).await, ["Notas"]);
        assert_eq!(papers.names(by, json!({ "isTop": false })).await, ["Extrato"]);
    }
    papers.finish().await;
}
