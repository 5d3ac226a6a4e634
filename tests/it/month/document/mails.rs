//! The mails about documents.

use guichet_base::id::Id;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::papers::Papers;
use crate::desk::ticket::desk::text;
use crate::shared::file::hand::{CSV, PDF};

/// The mails of a kind: to whom, and how they stand.
async fn mails(papers: &Papers, about: &str) -> Vec<(String, String)> {
    let query = "query M($about: [EmailDeliveryAbout!]) {
        emailDeliveries(first: 20, filter: { about: $about }) { nodes { recipient status } }
    }";
    let told = papers.desk.app.ask(&papers.desk.owner, query, json!({ "about": [about] })).await;
    let nodes = told["emailDeliveries"]["nodes"].as_array().unwrap().clone();
    let mut mails: Vec<_> =
        nodes.iter().map(|mail| (text(&mail["recipient"]), text(&mail["status"]))).collect();
    mails.sort();
    mails
}

/// A manager sets the client's addresses for documents; what the record says then.
async fn chosen(papers: &Papers, emails: &[&str]) {
    let desk = &papers.desk;
    let id = desk.client.encode();
    let query = "query C($id: ID!) { client(id: $id) { version documentEmails ticketEmails } }";
    let record = async || desk.app.ask(&desk.member, query, json!({ "id": id })).await["client"].take();
    let input = json!({ "id": id, "expectedVersion": record().await["version"], "documentEmails": emails });
    desk.done(&desk.manager, "clientUpdate", input).await;
    let told = record().await;
    assert_eq!((&told["documentEmails"], &told["ticketEmails"]), (&json!(emails), &json!([])));
}

async fn uploaded(papers: &Papers, by: &Person, names: &[&str]) -> Vec<Value> {
    let mut ids = Vec::new();
    for name in names {
        let id = papers.id(name).await;
        papers.filed(by, &id).await;
        ids.push(json!(id));
    }
    ids
}

/// A-06, B-05, F-02: to the addresses that staff chose for documents, one mail for all that is published together; nobody is told of payroll who may not see it.
#[tokio::test]
async fn a_06_delivered_documents_are_mailed() {
    let papers = Papers::open().await;
    let member = papers.desk.member.clone();
    papers.desk.collaborator("caio@padaria.example").await;
    papers.set("UPDATE document_definitions SET publish_on_upload = false").await;
    chosen(&papers, &["caio@padaria.example", "fiscal@padaria.example"]).await;
    let ids = uploaded(&papers, &member, &["Folha"]).await;
    papers.desk.done(&member, "documentPublish", json!({ "ids": ids })).await;
    papers.desk.app.jobs_done().await;
    let sent = |to: &str| (to.to_owned(), "SENT".to_owned());
    assert_eq!(mails(&papers, "DOCUMENTS_DELIVERED").await, [sent("fiscal@padaria.example")]);
    let id = papers.id("Folha").await;
    let again = papers.desk.hand_in(&member, "b.csv", CSV).await;
    papers.hand_in_file(&member, &id, &again).await;
    let mut ids = uploaded(&papers, &member, &["Guia"]).await;
    ids.push(json!(id));
    papers.desk.done(&member, "documentPublish", json!({ "ids": ids })).await;
    papers.desk.app.jobs_done().await;
    let expected = ["caio@padaria.example", "fiscal@padaria.example", "fiscal@padaria.example"].map(sent);
    assert_eq!(mails(&papers, "DOCUMENTS_DELIVERED").await, expected);
    // Without chosen addresses, the address of record serves.
    chosen(&papers, &[]).await;
    let again = papers.desk.hand_in(&member, "c.csv", b"a;c\n2;3\n").await;
    papers.hand_in_file(&member, &id, &again).await;
    papers.desk.done(&member, "documentPublish", json!({ "ids": [id] })).await;
    papers.desk.app.jobs_done().await;
    let of_record = sent("contato@padaria.example");
    assert!(mails(&papers, "DOCUMENTS_DELIVERED").await.contains(&of_record));
    papers.finish().await;
}

/// a receipt by mail to the person who handed in, one an act, where it is wanted: what, when, by whom. What was
/// refused is not in it. The document says the same without a mail.
#[tokio::test]
async fn a_14_receipts() {
    let papers = Papers::open().await;
    let admin = papers.desk.admin.clone();
    let (bank, notes) = (papers.id("Extrato").await, papers.id("Notas").await);
    papers.filed(&admin, &bank).await;
    assert_eq!(mails(&papers, "DOCUMENT_RECEIPT").await, []);
    let mut items = Vec::new();
    for (document, name, content) in [(&notes, "a.pdf", PDF), (&bank, "b.csv", CSV)] {
        let file = papers.desk.hand_in(&admin, name, content).await;
        items.push(json!({ "documentId": document, "fileId": file }));
    }
    let guide = papers.id("Guia").await;
    let file = papers.desk.hand_in(&admin, "c.pdf", b"%PDF-1.4 another\n%%EOF\n").await;
    items.push(json!({ "documentId": guide, "fileId": file }));
    let input = json!({ "items": items, "wantsReceipt": true });
    papers.desk.done(&admin, "documentHandIn", input).await;
    papers.desk.app.jobs_done().await;
    let told = mails(&papers, "DOCUMENT_RECEIPT").await;
    assert_eq!(told, [("ana@padaria.example".to_owned(), "SENT".to_owned())]);
    let sent = papers.desk.app.sink.mails();
    let text = sent.last().unwrap().parsed().body_text(0).unwrap().into_owned();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["Notas 2026-02: a.pdf", "Extrato 2026-02: b.csv", "Entregue por: Ana", "Recebido: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Guia"), "{text}");
    let query =
        "query D($id: ID!) { document(id: $id) { versions { handedInAt handedInBy { id } file { name } } } }";
    let seen = papers.desk.app.ask(&admin, query, json!({ "id": notes })).await;
    let version = &seen["document"]["versions"][0];
    assert_eq!(
        (&version["handedInBy"]["id"], &version["file"]["name"]),
        (&json!(admin.id()), &json!("a.pdf"))
    );
    assert!(version["handedInAt"].is_string());
    papers.finish().await;
}
