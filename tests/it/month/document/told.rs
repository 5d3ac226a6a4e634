//! What staff are told of documents.

use guichet_base::locale::Locale;
use guichet_tests::smtp::Mail;
use serde_json::json;

use super::papers::Papers;
use crate::desk::ticket::desk::each;
use crate::shared::file::hand::{CSV, PDF};
use crate::shared::notification::office::{by_mail, told};

/// The mails to the assignee.
fn to_member(papers: &Papers) -> Vec<Mail> {
    let mails = papers.desk.app.sink.mails();
    mails.into_iter().filter(|mail| mail.to == ["bruno@aurora.example"]).collect()
}

/// The text of a mail, on one line.
fn said(mail: &Mail) -> String {
    mail.parsed().body_text(0).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// D-11, A-09: what a client hands in at once is one notification of the assignee, and one mail that names all of it, as the
/// person prefers; what staff hand in for it is none.
#[tokio::test]
async fn d_11_what_a_client_hands_in() {
    let papers = Papers::open().await;
    let desk = &papers.desk;
    by_mail(desk, &desk.member, json!(["DOCUMENT_HANDED_IN"])).await;
    let (bank, notes) = (papers.id("Extrato").await, papers.id("Notas").await);
    let mut items = Vec::new();
    for (document, name, content) in [(&bank, "extrato.csv", CSV), (&notes, "nota.pdf", PDF)] {
        let file = desk.hand_in(&desk.admin, name, content).await;
        items.push(json!({ "documentId": document, "fileId": file }));
    }
    let input = json!({ "items": items, "note": "Com <as> duas notas" });
    desk.done(&desk.admin, "documentHandIn", input).await;
    desk.app.jobs_done().await;
    let kinds = each(&json!(told(desk, &desk.member).await), "kind");
    assert_eq!(kinds, ["DOCUMENT_HANDED_IN", "TASKS_GENERATED"]);
    let mails = to_member(&papers);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].parsed().subject().unwrap(), "Document: Extrato 2026-02");
    let text = said(&mails[0]);
    for part in [
        "Padaria São João handed in 2 files.",
        "Extrato 2026-02: extrato.csv",
        "Notas 2026-02: nota.pdf",
        "> Com <as> duas notas",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Staff who hand in for the client tell nobody.
    let file = desk.hand_in(&desk.owner, "outro.csv", b"a;b\n5;6\n").await;
    papers.hand_in_file(&desk.owner, &bank, &file).await;
    assert_eq!(told(desk, &desk.member).await.len(), 2);
    papers.finish().await;
}

/// D-11, A-10, A-16, F-02: late files and contested documents by mail, in the person's language, with what was said; nothing
/// by mail to who does not want it.
#[tokio::test]
async fn d_11_late_and_contested_by_mail() {
    let papers = Papers::open().await;
    let desk = &papers.desk;
    by_mail(desk, &desk.member, json!(["DOCUMENT_CONTESTED", "LATE_FILE"])).await;
    let slip = papers.id("Folha").await;
    papers.filed(&desk.member, &slip).await;
    desk.speaks(&desk.member, Locale::Fr).await;
    let contest = json!({
        "id": slip, "expectedVersion": papers.version(&slip).await, "comment": "Falta uma hora extra."
    });
    desk.done(&desk.admin, "documentContest", contest).await;
    desk.app.jobs_done().await;
    let mails = to_member(&papers);
    assert_eq!(mails.len(), 1);
    let text = said(&mails[0]);
    for part in ["Padaria São João conteste Folha 2026-02.", "> Falta uma hora extra."] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let approve = json!({ "id": slip, "expectedVersion": papers.version(&slip).await });
    desk.done(&desk.admin, "documentApprove", approve).await;
    desk.app.jobs_done().await;
    assert_eq!(to_member(&papers).len(), 1, "of what is approved no mail was wanted");

    papers.task_is("DONE").await;
    papers.set("UPDATE firms SET late_files = true").await;
    desk.speaks(&desk.member, Locale::En).await;
    let (bank, notes) = (papers.id("Extrato").await, papers.id("Notas").await);
    let mut items = Vec::new();
    for (document, name, content) in [(&bank, "a.csv", CSV), (&notes, "b.pdf", PDF)] {
        let file = desk.hand_in(&desk.admin, name, content).await;
        items.push(json!({ "documentId": document, "fileId": file }));
    }
    desk.done(&desk.admin, "documentHandIn", json!({ "items": items })).await;
    desk.app.jobs_done().await;
    let kinds = each(&json!(told(desk, &desk.member).await), "kind");
    assert_eq!(kinds[0], "LATE_FILE", "two late files of one act are told once");
    assert_eq!(kinds.len(), 4);
    let mails = to_member(&papers);
    assert_eq!(mails.len(), 2);
    let text = said(&mails[1]);
    for part in ["handed in a file of Extrato 2026-02 after the work was done.", "a.csv", "b.pdf"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    papers.finish().await;
}
