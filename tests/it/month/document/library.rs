//! The library of a client.

use guichet_base::id::Id;
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::papers::{Papers, code};
use crate::desk::ticket::desk::{each, text};
use crate::shared::file::hand::{CSV, PDF};

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

/// The folders that somebody sees, and their names in the order of the alphabet.
async fn folders(papers: &Papers, by: &Person) -> (Vec<String>, Vec<Value>) {
    let query = "{ folders(first: 50) { totalCount nodes { id name parent { id } } } }";
    let found = papers.desk.app.ask(by, query, json!({})).await["folders"].clone();
    let nodes = found["nodes"].as_array().unwrap().clone();
    assert_eq!(found["totalCount"], nodes.len());
    let mut names: Vec<String> = nodes.iter().map(|one| text(&one["name"])).collect();
    names.sort();
    (names, nodes)
}

/// Makes a folder at the top of the client's library; returns its id.
async fn made(papers: &Papers, name: &str) -> String {
    let create = json!({ "clientId": papers.desk.client.encode(), "name": name });
    text(&papers.desk.done(&papers.desk.member, "folderCreate", create).await["folder"]["id"])
}

/// C-13, F-01: folders are told as they are made, renamed, moved and made by themselves, to those who see the client; its users
/// read the list again when another folder may have come into sight.
#[tokio::test]
async fn c_13_folders_are_told_live() {
    let papers = Papers::open().await;
    let (admin, member) = (papers.desk.admin.clone(), papers.desk.member.clone());
    let other = papers.desk.firm.client("Outra", None).await;
    let stranger = papers.desk.firm.admin(other, "rui@outra.example").await;
    let create = json!({ "clientId": other.encode(), "name": "Nosso" });
    let foreign = papers.desk.done(&papers.desk.owner, "folderCreate", create).await["folder"]["id"].clone();
    let side = LiveSide::start(&papers.desk.app.store);
    let all = "subscription { foldersChanged { reload changed { id name parent { name } } removed } }";
    let top = "subscription { foldersChanged(filter: { isTop: true }) { reload changed { name } removed } }";
    let mut of_admin = side.follow(Some(&admin.token), all, json!({})).await;
    let mut of_stranger = side.follow(Some(&stranger.token), all, json!({})).await;
    let mut of_manager = side.follow(Some(&papers.desk.manager.token), all, json!({})).await;
    let mut of_top = side.follow(Some(&member.token), top, json!({})).await;
    for first in [&mut of_admin, &mut of_stranger, &mut of_manager, &mut of_top] {
        assert_eq!(first.told().await["reload"], true);
    }
    let archive = made(&papers, "Arquivo").await;
    let new = json!([{ "id": archive, "name": "Arquivo", "parent": null }]);
    assert_eq!(of_manager.told().await["changed"], new);
    assert_eq!(of_top.told().await["changed"], json!([{ "name": "Arquivo" }]));
    assert_eq!(of_admin.told().await["reload"], true);
    assert_eq!(folders(&papers, &admin).await.0, ["Arquivo"]);
    let create = json!({ "clientId": papers.desk.client.encode(), "name": "Atas", "parentId": archive });
    let inner = text(&papers.desk.done(&member, "folderCreate", create).await["folder"]["id"]);
    let new = json!([{ "id": inner, "name": "Atas", "parent": { "name": "Arquivo" } }]);
    assert_eq!(of_manager.told().await["changed"], new);
    assert_eq!(of_top.told().await["removed"], json!([inner]));
    assert_eq!(of_admin.told().await["reload"], true);
    papers.desk.done(&member, "folderMove", json!({ "id": inner, "expectedVersion": 1 })).await;
    let moved = json!([{ "id": inner, "name": "Atas", "parent": null }]);
    assert_eq!(of_manager.told().await["changed"], moved);
    assert_eq!(of_top.told().await["changed"], json!([{ "name": "Atas" }]));
    assert_eq!(of_admin.told().await["reload"], true);
    let rename = json!({ "id": inner, "expectedVersion": 2, "name": "Atas antigas" });
    papers.desk.done(&member, "folderRename", rename).await;
    for live in [&mut of_admin, &mut of_manager] {
        let told = live.told().await;
        assert_eq!((&told["reload"], &told["changed"][0]["name"]), (&json!(false), &json!("Atas antigas")));
    }
    let bank = papers.id("Extrato").await;
    papers.filed(&admin, &bank).await;
    let mut names: Vec<String> = each(&of_manager.told().await["changed"], "name").iter().map(text).collect();
    names.sort();
    assert_eq!(names, ["2026", "2026-02", "Contabilidade"]);
    assert_eq!(of_admin.told().await["reload"], true);
    let seen = ["2026", "2026-02", "Arquivo", "Atas antigas", "Contabilidade"];
    assert_eq!(folders(&papers, &admin).await.0, seen);
    // Nothing of it was for another client: the first that its user hears of is its own.
    let rename = json!({ "id": foreign, "expectedVersion": 1, "name": "Nosso arquivo" });
    papers.desk.done(&papers.desk.owner, "folderRename", rename).await;
    let told = of_stranger.told().await;
    assert_eq!((&told["reload"], &told["changed"][0]["name"]), (&json!(false), &json!("Nosso arquivo")));
    papers.finish().await;
}

/// B-05, C-13, F-01: whoever comes to see a folder, or does not see it any more, because of what is moved into it, out of it, or
/// with a folder in it, is told, also who sees nothing of what is moved; and nobody else.
#[tokio::test]
async fn b_05_what_lies_in_folders_is_told_live() {
    let papers = Papers::open().await;
    let (desk, admin, member) = (&papers.desk, papers.desk.admin.clone(), papers.desk.member.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    let (notes, payroll) = (papers.id("Notas").await, papers.id("Folha").await);
    papers.filed(&admin, &notes).await;
    papers.filed(&member, &payroll).await;
    let (closed, safe) = (made(&papers, "Reservado").await, made(&papers, "Cofre").await);
    let taxes = ["2026", "2026-02", "Impostos"];
    let sees = async |own: &[&str]| {
        let mut expected = [&taxes[..], own].concat();
        expected.sort_unstable();
        assert_eq!(folders(&papers, &caio).await.0, expected);
    };
    sees(&["Cofre", "Reservado"]).await;

    let side = LiveSide::start(&desk.app.store);
    let follow = "subscription { foldersChanged { reload changed { name } } }";
    let mut live = side.follow(Some(&caio.token), follow, json!({})).await;
    assert_eq!(live.told().await["reload"], true);
    let put = async |documents: Value, folder: Option<&str>| {
        desk.done(&member, "documentMove", json!({ "ids": documents, "folderId": folder })).await;
    };
    put(json!([payroll]), Some(closed.as_str())).await;
    assert_eq!(live.told().await["reload"], true);
    sees(&["Cofre"]).await;
    put(json!([payroll]), None).await;
    assert_eq!(live.told().await["reload"], true);
    sees(&["Cofre", "Reservado"]).await;
    put(json!([payroll]), Some(safe.as_str())).await;
    assert_eq!(live.told().await["reload"], true);
    sees(&["Reservado"]).await;
    let inside = json!({ "id": safe, "expectedVersion": 1, "parentId": closed });
    desk.done(&member, "folderMove", inside).await;
    assert_eq!(live.told().await["reload"], true);
    sees(&[]).await;
    desk.done(&member, "folderMove", json!({ "id": safe, "expectedVersion": 2 })).await;
    assert_eq!(live.told().await["reload"], true);
    sees(&["Reservado"]).await;

    // Of what stays out of sight nothing is told: the next news is about a folder that is seen.
    let rename = json!({ "id": safe, "expectedVersion": 3, "name": "Cofre forte" });
    desk.done(&member, "folderRename", rename).await;
    let (_, nodes) = folders(&papers, &caio).await;
    let top = nodes.iter().find(|one| one["name"] == "Impostos").unwrap()["id"].clone();
    let rename = json!({ "id": top, "expectedVersion": 1, "name": "Fisco" });
    desk.done(&member, "folderRename", rename).await;
    let told = live.told().await;
    assert_eq!((&told["reload"], &told["changed"]), (&json!(false), &json!([{ "name": "Fisco" }])));

    // What goes by itself is seen by what lies in it.
    put(json!([notes]), Some(closed.as_str())).await;
    assert_eq!(live.told().await["reload"], true);
    assert_eq!(folders(&papers, &caio).await.0, ["Reservado"]);
    drop((live, side));
    papers.finish().await;
}

/// B-05, C-13: a folder is seen by whoever sees something in it, with those around it, or when staff made it and nothing
/// else lies in it; neither by its name, nor in a list, a count or live otherwise.
#[tokio::test]
async fn b_05_folders_tell_nothing_of_payroll() {
    let papers = Papers::open().await;
    let (desk, admin) = (&papers.desk, papers.desk.admin.clone());
    let caio = desk.collaborator("caio@padaria.example").await;
    let (notes, payroll) = (papers.id("Notas").await, papers.id("Folha").await);
    papers.filed(&desk.member, &payroll).await;
    assert_eq!(folders(&papers, &caio).await.0, [""; 0]);
    papers.filed(&admin, &notes).await;
    let (names, of_admin) = folders(&papers, &admin).await;
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(folders(&papers, &caio).await.0, ["2026", "2026-02", "Impostos"]);
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

    let (_, closed) = (made(&papers, "Vazia").await, made(&papers, "Reservado").await);
    assert_eq!(folders(&papers, &caio).await.0, ["2026", "2026-02", "Impostos", "Reservado", "Vazia"]);
    let moved = json!({ "ids": [payroll], "folderId": closed });
    desk.done(&desk.member, "documentMove", moved).await;
    assert_eq!(folders(&papers, &caio).await.0, ["2026", "2026-02", "Impostos", "Vazia"]);
    let moved = json!({ "ids": [notes], "folderId": closed });
    desk.done(&desk.member, "documentMove", moved).await;
    assert_eq!(
        folders(&papers, &caio).await.0,
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

/// C-13: of files that one act hands in, each goes to its place, and what staff put at the top stays there.
#[tokio::test]
async fn c_13_several_at_once() {
    let papers = Papers::open().await;
    let (desk, admin, member) = (&papers.desk, papers.desk.admin.clone(), papers.desk.member.clone());
    let (notes, bank) = (papers.id("Notas").await, papers.id("Extrato").await);
    let archive = made(&papers, "Arquivo").await;
    for folder in [Some(archive), None] {
        desk.done(&member, "documentMove", json!({ "ids": [notes], "folderId": folder })).await;
    }
    let files = [desk.hand_in(&admin, "a.csv", CSV).await, desk.hand_in(&admin, "b.pdf", PDF).await];
    let items = json!({ "items": [
        { "documentId": notes, "fileId": files[0] }, { "documentId": bank, "fileId": files[1] }
    ] });
    let done = desk.done(&admin, "documentHandIn", items).await;
    assert_eq!(each(&done["results"], "userErrors"), [json!([]), json!([])]);
    assert_eq!(way(&papers, &notes).await, [""; 0]);
    assert_eq!(way(&papers, &bank).await, ["Contabilidade", "2026", "2026-02"]);
    papers.finish().await;
}
