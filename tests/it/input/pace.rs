//! How fast people may do what mails or notifies others.

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_engine::pace::Pace;
use guichet_tests::app::Setup;
use guichet_tests::smtp::{Act, Rule, Step};
use guichet_tests::vocabulary;
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, text};
use crate::month::document::papers::{document, work};
use crate::shared::file::hand::PDF;

/// D-05, D-11: acts that mail or notify others have a pace; thirty changes in a row are within it, a flood is not, and
/// whoever waits goes on. A repeated call is none of them.
#[tokio::test]
async fn a_flood_of_mails_is_refused() {
    let desk = Desk::open_with(Setup { pace: Pace::of(60), ..Setup::default() }).await;
    let id = desk.opened(&desk.admin).await;
    for round in 0..30 {
        let status = ["IN_ANALYSIS", "WAITING"][round % 2];
        desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": status })).await;
    }
    let post = |key: &str| json!({ "id": id, "visibility": "PUBLIC", "body": "Olá", "idempotencyKey": key });
    for number in 0..59 {
        desk.done(&desk.admin, "ticketMessagePost", post(&number.to_string())).await;
    }
    let refused = desk.act(&desk.admin, "ticketMessagePost", post("59")).await;
    assert_eq!(refused["userErrors"][0]["code"], "TOO_FAST");
    let error = told(&desk, &desk.admin, post("59")).await;
    assert_eq!(error["retryAfter"], 1, "{error}");
    assert!(text(&error["message"]).contains("1 seconde"), "{error}");
    desk.done(&desk.admin, "ticketMessagePost", post("3")).await;
    desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "OPEN" })).await;
    desk.app.pass(TimeDelta::seconds(1));
    desk.done(&desk.admin, "ticketMessagePost", post("59")).await;
    desk.app.jobs_done().await;
    desk.finish().await;
}

/// The error of a message that is refused.
async fn told(desk: &Desk, by: &Person, input: Value) -> Value {
    let query = "mutation P($input: TicketMessagePostInput!) { ticketMessagePost(input: $input) {
        userErrors { code retryAfter message }
    } }";
    let told = desk.app.ask(by, query, json!({ "input": input })).await;
    told["ticketMessagePost"]["userErrors"].get(0).cloned().unwrap_or_default()
}

/// D-05, D-11: every mutation that documents `TOO_FAST` is refused to whoever has just done something else of the kind,
/// and taken once they have rested.
#[tokio::test]
async fn every_act_that_mails_has_a_pace() {
    let settings = vec![("MAIL_DOMAINS", "aurora.example".to_owned())];
    let desk = Desk::open_with(Setup { pace: Pace::of(1), settings, ..Setup::default() }).await;
    let owner = &desk.owner;
    let rest = || desk.app.pass(TimeDelta::minutes(1));
    let id = desk.opened(owner).await;
    rest();
    let closed = desk.opened(owner).await;
    desk.set(&closed, "FINISHED").await;
    rest();
    let refusal = Act::Reply(550, "5.7.1 not from you".to_owned());
    desk.app.sink.rule(Rule::new(Step::EndOfData, refusal).times(1));
    desk.set(&id, "IN_ANALYSIS").await;
    desk.app.jobs_done().await;
    let failed = "{ emailDeliveries(first: 2, filter: { status: [FAILED] }) { nodes { id } } }";
    let failed = desk.app.ask(owner, failed, json!({})).await["emailDeliveries"]["nodes"].clone();
    assert_eq!(failed.as_array().unwrap().len(), 1);
    let file = desk.hand_in(owner, "guia.pdf", PDF).await;
    let task = json!({ "clientId": desk.client.encode(), "title": "Guia" });
    let [one, other] =
        [desk.done(owner, "taskCreate", task.clone()).await, desk.done(owner, "taskCreate", task).await]
            .map(|made| made["task"]["id"].clone());
    let (client, member) = (desk.client.encode(), desk.member.id());
    let work = work(&desk, owner, &client, "Imposto").await;
    let paper = async |name: &str| document(&desk, owner, &work.task, name).await;
    let [statement, slip, payslips] = [paper("Extrato").await, paper("Guia").await, paper("Folha").await];
    for id in [&slip, &payslips] {
        rest();
        let file = desk.hand_in(owner, "guia.pdf", PDF).await;
        let item = json!({ "documentId": id, "fileId": file });
        desk.done(owner, "documentHandIn", json!({ "items": [item] })).await;
        desk.app.jobs_done().await;
    }
    let paper = desk.hand_in(owner, "extrato.pdf", PDF).await;
    let acts = [
        ("documentApprove", json!({ "id": payslips, "expectedVersion": 2 })),
        ("documentContest", json!({ "id": payslips, "expectedVersion": 3, "comment": "Falta uma hora" })),
        ("documentHandIn", json!({ "items": [{ "documentId": statement, "fileId": paper }] })),
        ("documentPublish", json!({ "ids": [slip] })),
        ("dueDateMovesApply", json!({ "taskIds": [one] })),
        ("emailDeliveryRetry", json!({ "id": failed[0]["id"] })),
        ("firmSenderCheck", json!({ "domain": "aurora.example" })),
        ("taskAssign", json!({ "id": one, "assigneeId": member })),
        ("taskCreate", json!({ "clientId": client, "title": "Guia", "assigneeId": member })),
        ("tasksAssign", json!({ "ids": [other], "assigneeId": member })),
        ("ticketCreate", json!({ "clientId": desk.client.encode(), "subject": "Guia" })),
        ("ticketFileAttach", json!({ "id": id, "fileIds": [file], "to": { "visibility": "PUBLIC" } })),
        ("ticketMessagePost", json!({ "id": id, "visibility": "PUBLIC", "body": "Olá" })),
        ("ticketReopen", json!({ "id": closed })),
        ("ticketStatusChange", json!({ "id": id, "status": "WAITING" })),
        ("ticketTransfer", json!({ "id": id, "to": { "staffId": desk.member.id() } })),
    ];
    let mut documented = vocabulary::refused_with("TOO_FAST");
    documented.sort_unstable();
    assert_eq!(acts.each_ref().map(|(mutation, _)| *mutation)[..], documented);
    for (mutation, input) in acts {
        // Only clients approve.
        let by = if matches!(mutation, "documentApprove" | "documentContest") { &desk.admin } else { owner };
        rest();
        desk.post(by, &id, "PUBLIC", "Olá").await;
        assert_eq!(desk.refused(by, mutation, input.clone()).await, ["TOO_FAST"], "{mutation}");
        rest();
        desk.done(by, mutation, input).await;
    }
    desk.finish().await;
}

/// D-05, D-11: the people of a firm share a pace of twenty of them, whatever their own; another firm has its own.
#[tokio::test]
async fn a_firm_has_a_pace() {
    let desk = Desk::open_with(Setup { pace: Pace::of(1), ..Setup::default() }).await;
    let id = desk.opened(&desk.admin).await;
    for number in 1..20 {
        let person = desk.firm.staff(&format!("{number}@aurora.example"), StaffRole::Member).await;
        desk.post(&person, &id, "PUBLIC", "Olá").await;
    }
    let post = json!({ "idempotencyKey": "1", "id": id, "visibility": "PUBLIC", "body": "Olá" });
    let error = told(&desk, &desk.owner, post.clone()).await;
    assert_eq!((&error["code"], &error["retryAfter"]), (&json!("TOO_FAST"), &json!(3)), "{error}");
    let other = Firm::new(&desk.app.store, "brisa.example").await;
    let client = other.client("Mercado", None).await;
    let create = json!({ "clientId": client.encode(), "subject": "Guia" });
    desk.done(&other.owner, "ticketCreate", create).await;
    desk.app.pass(TimeDelta::seconds(3));
    assert_eq!(told(&desk, &desk.owner, post).await, Value::Null);
    desk.finish().await;
}
