//! What staff are told of tasks.

use guichet_base::locale::Locale;
use guichet_tests::live::LiveSide;
use serde_json::{Value, json};

use super::Work;
use crate::desk::ticket::desk::{each, text};
use crate::shared::notification::office::{by_mail, told};

/// D-11: who is given a task by somebody else is told, live and by mail as preferred; who takes one is not.
#[tokio::test]
async fn d_11_a_task_of_ones_own() {
    const FOLLOW: &str = "subscription { notifications {
        reload added { kind subject { ... on Task { title } } author { name } }
    } }";
    let work = Work::open().await;
    let desk = &work.desk;
    let side = LiveSide::start(&desk.app.store);
    let mut live = side.follow(Some(&desk.member.token), FOLLOW, json!({})).await;
    assert_eq!(live.told().await["reload"], true);
    work.entered(&desk.member).await;
    let mine = json!({ "assigneeId": desk.member.id(), "title": "Balanço" });
    let id = text(&work.task(&desk.owner, mine).await["id"]);
    let news = live.told().await["added"][0].clone();
    assert_eq!((&news["kind"], &news["subject"]["title"]), (&json!("TASK_ASSIGNED"), &json!("Balanço")));
    assert_eq!(told(desk, &desk.member).await.len(), 1);
    desk.done(&desk.member, "taskAssign", json!({ "id": id, "assigneeId": desk.manager.id() })).await;
    desk.done(&desk.manager, "taskAssign", json!({ "id": id, "assigneeId": desk.owner.id() })).await;
    desk.done(&desk.owner, "taskAssign", json!({ "id": id, "assigneeId": desk.owner.id() })).await;
    let kinds = |all: Vec<Value>| each(&json!(all), "kind");
    assert_eq!(kinds(told(desk, &desk.manager).await), ["TASK_ASSIGNED"]);
    assert_eq!(kinds(told(desk, &desk.owner).await), ["TASK_ASSIGNED"]);
    desk.app.jobs_done().await;
    assert_eq!(desk.app.sink.mails().len(), 0, "nobody wanted a mail");
    drop((live, side));
    work.desk.finish().await;
}

/// D-11, F-02: the mail, in the person's language: what is to be done, for whom, by when, what was written along, and the
/// same subject for all about a task.
#[tokio::test]
async fn d_11_letters() {
    let work = Work::open().await;
    let desk = &work.desk;
    by_mail(desk, &desk.member, json!(["TASK_ASSIGNED"])).await;
    let cases = [
        (Locale::PtBr, "Tarefa: Balanço", "agora está sob sua responsabilidade", "30 de abril de 2026"),
        (Locale::Fr, "Tâche\u{a0}: Balanço", "vous a été confiée", "30 avril 2026"),
        (Locale::Es, "Tarea: Balanço", "se le ha asignado", "30 de abril de 2026"),
        (Locale::En, "Task: Balanço", "has been assigned to you", "30 April 2026"),
    ];
    for (number, (locale, subject, said, day)) in cases.into_iter().enumerate() {
        desk.speaks(&desk.member, locale).await;
        let task = work.task(&desk.owner, json!({ "title": "Balanço", "legalDueOn": "2026-04-30" })).await;
        let to = json!({ "id": task["id"], "assigneeId": desk.member.id(), "note": "Com urgência & calma" });
        desk.done(&desk.owner, "taskAssign", to).await;
        desk.app.jobs_done().await;
        let mails = desk.app.sink.mails();
        assert_eq!(mails.len(), number + 1);
        let mail = mails.last().unwrap().parsed();
        let (text, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
        assert_eq!(mail.subject().unwrap(), subject, "{locale}");
        for part in [said, day, "Padaria São João", "> Com urgência & calma"] {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(part), "{locale} {part}: {text}");
        }
        assert!(
            html.contains("Balanço") && html.contains("Com urgência &") && !html.contains("& calma"),
            "{locale}"
        );
    }
    // A preference that is gone when the mail is to be sent.
    by_mail(desk, &desk.member, json!([])).await;
    work.task(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    desk.app.jobs_done().await;
    assert_eq!(desk.app.sink.mails().len(), 4);
    work.desk.finish().await;
}
