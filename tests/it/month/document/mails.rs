//! The mails about documents.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{DocumentId, Id};
use guichet_base::locale::Locale;
use guichet_engine::tables::email_deliveries;
use guichet_tests::app::Setup;
use guichet_tests::clamd::{FakeClamd, VIRUS};
use guichet_tests::world::Person;
use serde_json::{Value, json};
use uuid::Uuid;

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
    for part in ["Notas 2026-02 : a.pdf", "Extrato 2026-02 : b.csv", "Remis par : ana", "Reçu : "] {
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

/// what, when and by whom, in the language of the person.
#[tokio::test]
async fn a_14_a_receipt_says_by_whom() {
    let papers = Papers::open().await;
    let admin = papers.desk.admin.clone();
    let notes = papers.id("Notas").await;
    papers.set("UPDATE accounts SET name = 'Ana Ruiz' WHERE email = 'ana@padaria.example'").await;
    for (locale, by, content) in [
        (Locale::PtBr, "Entregue por", &b"dia;valor\n1;1\n"[..]),
        (Locale::Fr, "Remis par", b"dia;valor\n2;2\n"),
        (Locale::Es, "Entregado por", b"dia;valor\n3;3\n"),
        (Locale::En, "Handed in by", b"dia;valor\n4;4\n"),
    ] {
        papers.desk.speaks(&admin, locale).await;
        let file = papers.desk.hand_in(&admin, "notas.csv", content).await;
        let items = json!([{ "documentId": notes, "fileId": file }]);
        let input = json!({ "items": items, "wantsReceipt": true });
        papers.desk.done(&admin, "documentHandIn", input).await;
        papers.desk.app.jobs_done().await;
        let mails = papers.desk.app.sink.mails();
        let mine = mails.iter().rfind(|mail| mail.to == ["ana@padaria.example"]).unwrap();
        let text = mine.parsed().body_text(0).unwrap().into_owned();
        for word in [by, "Ana Ruiz", "Notas 2026-02", "notas.csv"] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
    papers.finish().await;
}

/// The address of somebody as the only one of the client for documents, or one of two.
async fn addresses(papers: &Papers, of: &[&str]) {
    papers.set("DELETE FROM client_recipients").await;
    for (position, email) in of.iter().enumerate() {
        let insert = format!(
            "INSERT INTO client_recipients (client_id, firm_id, topic, position, email)
             SELECT id, firm_id, 'DOCUMENTS', {position}, '{email}' FROM clients"
        );
        papers.set(&insert).await;
    }
}

/// B-03, B-05: whose access waits or was taken away is told of nothing, though the firm wrote the address down; staff see that nobody
/// was told, and why.
#[tokio::test]
async fn b_03_only_active_accesses_are_told() {
    let papers = Papers::open().await;
    let member = papers.desk.member.clone();
    papers.desk.collaborator("caio@padaria.example").await;
    addresses(&papers, &["caio@padaria.example"]).await;
    let (guide, payroll) = (papers.id("Guia").await, papers.id("Folha").await);
    for (number, status) in ["DISABLED", "PENDING"].into_iter().enumerate() {
        papers
            .set(&format!("UPDATE portal_accesses SET status = '{status}' WHERE role = 'COLLABORATOR'"))
            .await;
        let (name, content) = if number % 2 == 0 { ("a.pdf", PDF) } else { ("b.csv", CSV) };
        for id in [&guide, &payroll] {
            let file = papers.desk.hand_in(&member, name, content).await;
            papers.hand_in_file(&member, id, &file).await;
        }
        papers.desk.done(&member, "documentPublish", json!({ "ids": [guide] })).await;
        papers.desk.app.jobs_done().await;
        let told = mails(&papers, "DOCUMENTS_DELIVERED").await;
        assert_eq!(told.len(), 2 * (number + 1), "{status}");
        let is_kept = |(to, state): &(String, String)| to == "caio@padaria.example" && state == "NOT_SENT";
        assert!(told.iter().all(is_kept), "{status}: {told:?}");
    }
    let query = "{ emailDeliveries(first: 9) { nodes { about reason } } }";
    let told = papers.desk.app.ask(&papers.desk.owner, query, json!({})).await;
    for mail in told["emailDeliveries"]["nodes"].as_array().unwrap() {
        assert!(mail["about"] != "DOCUMENTS_DELIVERED" || mail["reason"] == "NO_ACCESS", "{mail}");
    }
    // Who is invited is told what the role allows, which is nothing of payroll.
    papers.set("UPDATE portal_accesses SET status = 'INVITED' WHERE role = 'COLLABORATOR'").await;
    for (id, name, content) in
        [(&payroll, "c.csv", &b"dia;valor\n1;1\n"[..]), (&guide, "d.csv", b"dia;valor\n2;2\n")]
    {
        let file = papers.desk.hand_in(&member, name, content).await;
        papers.hand_in_file(&member, id, &file).await;
    }
    papers.desk.done(&member, "documentPublish", json!({ "ids": [guide] })).await;
    papers.desk.app.jobs_done().await;
    let told = mails(&papers, "DOCUMENTS_DELIVERED").await;
    assert_eq!(told.iter().filter(|(_, state)| state == "SENT").count(), 1, "{told:?}");
    papers.finish().await;
}

/// B-05: the thing that a mail names in its headers is one that its recipient may see.
#[tokio::test]
async fn b_05_a_mail_names_what_its_reader_sees() {
    let papers = Papers::open().await;
    let member = papers.desk.member.clone();
    papers.desk.collaborator("caio@padaria.example").await;
    addresses(&papers, &["caio@padaria.example", "fiscal@padaria.example"]).await;
    papers.set("UPDATE document_definitions SET publish_on_upload = false").await;
    for hidden in ["Guia", "Folha"] {
        papers
            .set(&format!(
                "UPDATE documents SET category = CASE WHEN name = '{hidden}' THEN 'PAYROLL' ELSE 'TAX' END;
                 UPDATE document_versions SET sha256 = NULL; DELETE FROM email_deliveries"
            ))
            .await;
        let ids = uploaded(&papers, &member, &["Guia", "Folha"]).await;
        papers.desk.done(&member, "documentPublish", json!({ "ids": ids })).await;
        papers.desk.app.jobs_done().await;
        let named: Vec<Uuid> = email_deliveries::table
            .filter(email_deliveries::recipient_ci.eq("caio@padaria.example"))
            .select(email_deliveries::subject_id)
            .load(&mut papers.desk.app.store.conn().await.unwrap())
            .await
            .unwrap();
        let seen = papers.id(if hidden == "Guia" { "Folha" } else { "Guia" }).await;
        assert_eq!(named, [DocumentId::decode(&seen).unwrap().uuid()], "{hidden}");
    }
    papers.finish().await;
}

/// A kind of work with so many slips that are published on upload, and the slips of a task of it.
async fn slips(papers: &Papers, count: usize) -> Vec<String> {
    let desk = &papers.desk;
    let slip = |number: usize| {
        json!({
            "name": format!("Holerite {number:02}"), "direction": "OUTPUT", "category": "TAX",
            "secondFile": "REPLACE", "publishOnUpload": true
        })
    };
    let create = json!({
        "name": "Holerites", "category": "TAX",
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
        "documents": (1..=count).map(slip).collect::<Vec<_>>()
    });
    let task_type = desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"].clone();
    let entered = json!({
        "clientId": desk.client.encode(), "title": "Holerites", "taskTypeId": task_type, "period": "2026-02"
    });
    desk.done(&desk.owner, "taskCreate", entered).await;
    let made = papers.list(&desk.owner, json!({ "taskTypeIds": [task_type] })).await;
    assert_eq!(made.len(), count);
    made.iter().map(|row| text(&row["id"])).collect()
}

/// Hands files in for these documents, all at once, before any of them is stored.
async fn drop_slips(
    papers: &Papers,
    ids: &[String],
    content: impl Fn(usize) -> (&'static str, &'static [u8]),
) {
    let (desk, member) = (&papers.desk, &papers.desk.member);
    desk.app.hold("file.verify").await;
    let mut items = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let (name, content) = content(at);
        let file = desk.send_file(member, name, content).await;
        desk.complete(member, &file).await;
        items.push(json!({ "documentId": id, "fileId": file }));
    }
    let done = desk.done(member, "documentHandIn", json!({ "items": items })).await;
    for result in done["results"].as_array().unwrap() {
        assert_eq!(result["userErrors"], json!([]));
    }
    desk.app.release("file.verify").await;
    desk.app.jobs_done().await;
}

/// twenty slips that are delivered together are told in one mail, whichever of them is stored last.
#[tokio::test]
async fn a_15_twenty_slips_one_mail() {
    let papers = Papers::open().await;
    addresses(&papers, &["fiscal@padaria.example"]).await;
    let ids = slips(&papers, 20).await;
    drop_slips(&papers, &ids, |_| ("slip.pdf", PDF)).await;
    for id in &ids {
        assert_eq!(papers.see(&papers.desk.admin, id).await["mark"], "UPCOMING_UNREAD");
    }
    let sent = [("fiscal@padaria.example".to_owned(), "SENT".to_owned())];
    assert_eq!(mails(&papers, "DOCUMENTS_DELIVERED").await, sent);
    let facts: Vec<Value> = email_deliveries::table
        .filter(email_deliveries::about.eq("DOCUMENTS_DELIVERED"))
        .select(email_deliveries::facts)
        .load(&mut papers.desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(facts[0]["documents"].as_array().unwrap().len(), 20);
    papers.finish().await;
}

/// A-15, F-07: a file that is refused keeps no mail back.
#[tokio::test]
async fn a_15_a_refused_slip_keeps_nothing_back() {
    let scanner = FakeClamd::start().await;
    let papers = Papers::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    addresses(&papers, &["fiscal@padaria.example"]).await;
    let ids = slips(&papers, 3).await;
    drop_slips(&papers, &ids, |at| if at == 2 { ("slip.txt", VIRUS) } else { ("slip.pdf", PDF) }).await;
    let app = &papers.desk.app;
    let mut all = guichet_workers::reconcilers(&app.store, &app.files.storage, &app.senders).into_iter();
    let tells = all.find(|one| one.name == "documents to be told of together").unwrap();
    tells.turn().await.unwrap();
    assert_eq!(tells.turn().await.unwrap(), 0);
    app.jobs_done().await;
    let sent = [("fiscal@padaria.example".to_owned(), "SENT".to_owned())];
    assert_eq!(mails(&papers, "DOCUMENTS_DELIVERED").await, sent);
    papers.finish().await;
}
