//! D-08: the history of a ticket.

use chrono::TimeDelta;
use diesel_async::RunQueryDsl;
use guichet_base::id::{Id, TicketId};
use guichet_base::locale::Locale;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, each, reais, text};

const HISTORY: &str =
    "history { actId field oldValue newValue oldText newText reason at author { id name } }";

async fn history(desk: &Desk, by: &Person, ticket: &str) -> Vec<Value> {
    desk.look(by, ticket, HISTORY).await["history"].as_array().unwrap().clone()
}

/// A change: the field, its old value and its new value.
fn told(change: &Value) -> (String, Value, Value) {
    (text(&change["field"]), change["oldValue"].clone(), change["newValue"].clone())
}

/// D-08: who changed what from what to what, when, and why, action by action, oldest first.
#[tokio::test]
async fn d_08_full_history() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let team = desk.firm.department("Pessoal", &desk.manager, &[]).await.encode();
    let id = desk.opened(&desk.admin).await;
    let pass = || desk.app.pass(TimeDelta::minutes(1));
    pass();
    let edit = json!({
        "id": id, "expectedVersion": 1, "subject": "Férias", "description": "De 1 a 30.", "serviceItemId": service,
        "accountantId": desk.manager.id(),
    });
    desk.done(&desk.member, "ticketEdit", edit).await;
    pass();
    let to = json!({ "id": id, "to": { "departmentId": team }, "note": "É com vocês." });
    desk.done(&desk.member, "ticketTransfer", to).await;
    pass();
    let reject = json!({ "id": id, "status": "REJECTED", "reason": "Fora do contrato." });
    desk.done(&desk.manager, "ticketStatusChange", reject).await;
    pass();
    desk.done(&desk.admin, "ticketReopen", json!({ "id": id, "reason": "Está no contrato." })).await;
    // None of these is a change of a field.
    desk.post(&desk.member, &id, "PUBLIC", "Bom dia").await;
    desk.done(&desk.member, "ticketMarkRead", json!({ "id": id })).await;
    desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "REOPENED" })).await;
    desk.refused(&desk.member, "ticketEdit", json!({ "id": id, "expectedVersion": 1, "subject": "x" })).await;

    let (owner, member, manager) =
        (json!(desk.owner.id()), json!(desk.member.id()), json!(desk.manager.id()));
    let changes = history(&desk, &desk.owner, &id).await;
    let s = |field: &str, old: Value, new: Value| (field.to_owned(), old, new);
    let expected = [
        s("CREATED", Value::Null, json!("OPEN")),
        s("SUBJECT", json!("Guia do mês"), json!("Férias")),
        s("DESCRIPTION", json!(""), json!("De 1 a 30.")),
        s("PRICE", json!("0"), json!("15000")),
        s("SERVICE_ITEM", Value::Null, json!(service)),
        s("ACCOUNTANT", Value::Null, manager.clone()),
        s("ASSIGNEE", owner, manager.clone()),
        s("DEPARTMENT", Value::Null, json!(team)),
        s("STATUS", json!("OPEN"), json!("REJECTED")),
        s("STATUS", json!("REJECTED"), json!("REOPENED")),
    ];
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), expected);
    let by = each(&json!(changes), "author");
    let by: Vec<Value> = each(&json!(by), "id");
    let admin = json!(desk.admin.id());
    let authors = [&admin, &member, &member, &member, &member, &member, &member, &member, &manager, &admin];
    assert_eq!(by.iter().collect::<Vec<_>>(), authors);
    let minutes = [0, 1, 1, 1, 1, 1, 2, 2, 3, 4];
    let at: Vec<Value> =
        minutes.iter().map(|minute| json!(format!("2026-03-02T12:0{minute}:00+00:00"))).collect();
    assert_eq!(each(&json!(changes), "at"), at);
    let reasons = each(&json!(changes), "reason");
    assert_eq!(reasons[6..], ["É com vocês.", "É com vocês.", "Fora do contrato.", "Está no contrato."]);
    assert!(reasons[..6].iter().all(Value::is_null));
    // All changes of one action have the same id.
    let acts = each(&json!(changes), "actId");
    let firsts: Vec<usize> = (0..acts.len()).filter(|n| *n == 0 || acts[*n] != acts[n - 1]).collect();
    assert_eq!(firsts, [0, 1, 6, 8, 9]);
    desk.finish().await;
}

/// D-08: `oldText` and `newText` have names, money and statuses in the viewer's language instead of ids and codes.
#[tokio::test]
async fn d_08_in_words() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 123_456).await.encode();
    let team = desk.firm.department("Pessoal", &desk.manager, &[]).await.encode();
    let id = desk.opened(&desk.admin).await;
    let edit = json!({ "id": id, "expectedVersion": 1, "serviceItemId": service });
    desk.done(&desk.member, "ticketEdit", edit).await;
    desk.done(&desk.member, "ticketTransfer", json!({ "id": id, "to": { "departmentId": team } })).await;
    desk.set(&id, "IN_ANALYSIS").await;
    let words = async |locale| {
        desk.speaks(&desk.owner, locale).await;
        let changes = json!(history(&desk, &desk.owner, &id).await);
        each(&changes, "newText").iter().map(text).collect::<Vec<_>>()
    };
    let english = words(Locale::En).await;
    assert_eq!(english[1..], ["R$1,234.56", "Folha de pagamento", "marta", "Pessoal", "In analysis"]);
    let french = words(Locale::Fr).await;
    assert_eq!(french[5], "En cours d’analyse");
    let changes = history(&desk, &desk.owner, &id).await;
    assert_eq!(changes[3]["oldText"], "Olívia Prado");
    desk.finish().await;
}

/// D-08: clients see changes of the fields that they see, with author and reason; not those of assignee and department,
/// and no transfers.
#[tokio::test]
async fn d_08_for_clients() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let team = desk.firm.department("Pessoal", &desk.manager, &[]).await.encode();
    let id = desk.opened(&desk.admin).await;
    let edit = json!({
        "id": id, "expectedVersion": 1, "price": reais(5), "serviceItemId": service, "accountantId": desk.manager.id(),
    });
    desk.done(&desk.member, "ticketEdit", edit).await;
    let to = json!({ "id": id, "to": { "departmentId": team }, "note": "Cliente difícil." });
    desk.done(&desk.member, "ticketTransfer", to).await;
    desk.set(&id, "FINISHED").await;
    let seen = history(&desk, &desk.admin, &id).await;
    let fields = each(&json!(seen), "field");
    assert_eq!(fields, ["CREATED", "PRICE", "SERVICE_ITEM", "ACCOUNTANT", "STATUS"]);
    assert_eq!(seen[4]["reason"], "Como combinado.");
    let names: Vec<Value> = each(&json!(each(&json!(seen), "author")), "name");
    assert_eq!(names, ["ana", "bruno", "bruno", "bruno", "marta"]);
    assert_eq!(seen[3]["newText"], "marta");
    assert!(!json!(seen).to_string().contains("difícil"));
    // Changes that are not in the list cannot be read by id either.
    let all = desk.look(&desk.member, &id, "history { id field } transfers { id note }").await;
    let hidden: Vec<Value> = all["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| ["ASSIGNEE", "DEPARTMENT"].iter().any(|field| change["field"] == *field))
        .chain(all["transfers"].as_array().unwrap())
        .map(|thing| thing["id"].clone())
        .collect();
    assert_eq!(hidden.len(), 3);
    let query = "query N($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    let asked = json!({ "ids": hidden });
    assert_eq!(desk.app.ask(&desk.admin, query, asked.clone()).await["nodes"], json!([null, null, null]));
    assert_eq!(each(&desk.app.ask(&desk.member, query, asked).await["nodes"], "id"), hidden);
    desk.finish().await;
}

/// D-08: the history is in the order of the actions, and `updatedAt` never goes back, even if the clock does.
#[tokio::test]
async fn d_08_clocks_that_go_back() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.member).await;
    desk.app.pass(TimeDelta::hours(1));
    desk.set(&id, "WAITING").await;
    let late = desk.now();
    desk.app.pass(-TimeDelta::hours(1));
    desk.set(&id, "FINISHED").await;
    desk.done(&desk.member, "ticketReopen", json!({ "id": id })).await;
    let changes = history(&desk, &desk.owner, &id).await;
    assert_eq!(each(&json!(changes), "newValue"), ["OPEN", "WAITING", "FINISHED", "REOPENED"]);
    assert_eq!(desk.see(&desk.owner, &id).await["updatedAt"], late);
    // So that the queued mails are due.
    desk.app.pass(TimeDelta::hours(2));
    desk.finish().await;
}

/// Safety: lists without a page size are counted while they are loaded, because nested lists multiply: too many items
/// end the request with `COST_EXCEEDED`. A long history alone is allowed.
#[tokio::test]
async fn lists_within_lists_have_an_end() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.member).await;
    let grow = format!(
        "INSERT INTO changes (id, firm_id, subject_noun, subject_id, act_id, field, new_value, author_staff, at)
         SELECT gen_random_uuid(), firm_id, subject_noun, subject_id, gen_random_uuid(), 'SUBJECT', n::text, author_staff, at
         FROM changes, generate_series(1, 99) AS n WHERE subject_id = '{}'",
        TicketId::decode(&id).unwrap().uuid()
    );
    diesel::sql_query(grow).execute(&mut desk.app.store.conn().await.unwrap()).await.unwrap();
    let query = |inner: &str| format!("query H($id: ID!) {{ ticket(id: $id) {{ {inner} }} }}");
    let twice = query("history { ticket { history { newValue } } }");
    let changes = desk.app.ask(&desk.member, &twice, json!({ "id": id })).await;
    assert_eq!(changes["ticket"]["history"].as_array().unwrap().len(), 100);
    let thrice = query("history { ticket { history { ticket { history { newValue } } } } }");
    let answer = desk.app.send(Some(&desk.member), &thrice, json!({ "id": id })).await;
    assert_eq!(answer.error_code(), Some("COST_EXCEEDED"), "{:.300}", answer.body);
    assert_eq!(answer.body["errors"].as_array().unwrap().len(), 1);
    assert_eq!(answer.body["errors"][0]["extensions"]["limit"], "things");
    desk.finish().await;
}
