//! Due dates and their explanations over the API.

use guichet_base::id::Id;
use serde_json::{Value, json};

use super::office::{EXPLAIN, Month, day, version};
use crate::desk::ticket::desk::{Desk, text};

/// C-09, C-10: the date with each step that leads to it, the holidays by their names, and the law.
#[tokio::test]
async fn c_10_each_step_is_told() {
    let desk = Desk::open().await;
    let das = desk.adopted("BR-DAS").await;
    let unsure = desk.explained(desk.client, &das, "2025-03").await;
    assert_eq!(unsure["date"], "2025-04-22");
    assert!(!unsure["provisional"].as_array().unwrap().is_empty(), "its city is not known");
    desk.lives_in(desk.client, "BR-SP", "3550308").await;
    let told = desk.explained(desk.client, &das, "2025-03").await;
    assert_eq!((&told["state"], &told["date"]), (&json!("DUE"), &json!("2025-04-22")));
    let last = told["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(last["op"], "AFTER");
    let holiday = &last["daysOff"][1];
    assert_eq!((&holiday["date"], &holiday["level"]), (&json!("2025-04-21"), &json!("NATIONAL")));
    assert!(last["explanation"].as_str().unwrap().contains("Tiradentes"), "{last}");
    let wrong = desk.app.send(
        Some(&desk.member),
        EXPLAIN,
        json!({ "obligation": das, "client": desk.client.encode(), "period": "2025-Q1" }),
    );
    assert_eq!(wrong.await.body["errors"][0]["extensions"]["argument"], json!(["period"]));
    desk.finish().await;
}

/// C-09: an extension beats the rule, the last published one holds, and what was beaten is told.
#[tokio::test]
async fn c_09_the_last_extension_holds() {
    let desk = Desk::open().await;
    let das = desk.adopted("BR-DAS").await;
    desk.lives_in(desk.client, "BR-SP", "3550308").await;
    for (due, published) in
        [("2026-06-30", "2026-04-01"), ("2026-07-15", "2026-05-01"), ("2026-06-01", "2026-03-01")]
    {
        let input = json!({
            "obligationId": das, "period": "2026-03", "dueOn": due, "publishedOn": published, "source": published
        });
        desk.done(&desk.owner, "dueDateExtensionCreate", input).await;
    }
    let told = desk.explained(desk.client, &das, "2026-03").await;
    assert_eq!((&told["date"], &told["source"]), (&json!("2026-07-15"), &json!("2026-05-01")));
    assert_eq!(told["beaten"].as_array().unwrap().len(), 3, "two extensions and the rule");
    let quarter = json!({
        "obligationId": das, "period": "2026-Q1", "dueOn": "2026-06-30", "publishedOn": "2026-04-01", "source": "x"
    });
    assert_eq!(desk.refused(&desk.owner, "dueDateExtensionCreate", quarter).await, ["period:INVALID_RULE"]);
    desk.finish().await;
}

/// C-09: a new version ends the one before it; what overlaps or cannot be read is refused with the place.
#[tokio::test]
async fn c_09_versions_do_not_overlap() {
    let desk = Desk::open().await;
    let input = |code: &str, rules: Value| json!({ "code": code, "name": code, "category": "OTHER", "periodKind": "MONTH", "jurisdiction": "ANY", "rules": rules });
    let create = input("OWN-1", json!([version(None, None, day(10))]));
    let own = text(&desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"]);
    let next = json!({ "obligationId": own, "version": version(Some("2026-03"), None, day(15)) });
    desk.done(&desk.owner, "ruleVersionCreate", next.clone()).await;
    assert_eq!(desk.explained(desk.client, &own, "2026-02").await["date"], "2026-03-10");
    assert_eq!(desk.explained(desk.client, &own, "2026-03").await["date"], "2026-04-15");
    let told = desk.refused(&desk.owner, "ruleVersionCreate", next).await;
    assert_eq!(told, ["version:INVALID_RULE"]);
    for (due, place) in [
        (json!({ "at": "PERIOD_END", "go": [{ "months": 99 }], "shift": "KEEP" }), "rules.0.due.go.0.months"),
        (json!({ "at": "PERIOD_END", "go": [{ "nth": 1 }], "shift": "KEEP" }), "rules.0.due"),
        (json!({ "at": "SOMETIMES", "shift": "KEEP" }), "rules.0.due.at"),
        (json!({ "at": { "rule": "NOBODY" }, "shift": "KEEP" }), "rules.0"),
    ] {
        let told = desk
            .refused(&desk.owner, "obligationCreate", input("OWN-2", json!([version(None, None, due)])))
            .await;
        assert!(told[0].starts_with(place) && told[0].ends_with(":INVALID_RULE"), "{told:?} {place}");
    }
    let taken = input("OWN-1", json!([version(None, None, day(10))]));
    assert_eq!(desk.refused(&desk.owner, "obligationCreate", taken).await, ["code:TAKEN"]);
    desk.finish().await;
}

/// C-09: a day off that the firm adds, and a year that it confirms, change the date and its certainty.
#[tokio::test]
async fn c_09_the_firms_own_days() {
    let desk = Desk::open().await;
    let das = desk.adopted("BR-DAS").await;
    desk.lives_in(desk.client, "BR-SP", "3550308").await;
    assert_eq!(desk.explained(desk.client, &das, "2026-04").await["date"], "2026-05-20");
    let holiday = json!({
        "country": "BR", "region": "BR-SP", "city": "3550308", "date": "2026-05-20", "bank": true, "name": "Feriado",
        "source": "Decreto 1"
    });
    let made = desk.done(&desk.owner, "firmHolidayCreate", holiday.clone()).await;
    assert_eq!(desk.explained(desk.client, &das, "2026-04").await["date"], "2026-05-21");
    assert_eq!(desk.refused(&desk.owner, "firmHolidayCreate", holiday).await, ["date:TAKEN"]);
    desk.done(&desk.owner, "firmHolidayDelete", json!({ "id": made["firmHoliday"]["id"] })).await;
    let unsure = desk.explained(desk.client, &das, "2026-04").await;
    assert_eq!(unsure["date"], "2026-05-20");
    assert_eq!(unsure["provisional"].as_array().unwrap().len(), 1, "{unsure}");
    let year = json!({ "country": "BR", "region": "BR-SP", "city": "3550308", "year": 2026 });
    desk.done(&desk.owner, "calendarYearConfirm", year).await;
    assert_eq!(desk.explained(desk.client, &das, "2026-04").await["provisional"], json!([]));
    desk.finish().await;
}

/// C-09: what is handed in for an obligation of its own is due by that, not by the rule of the work.
#[tokio::test]
async fn c_09_a_document_with_a_table_of_the_authority() {
    let desk = Desk::open().await;
    desk.done(&desk.owner, "catalogueAdopt", json!({ "taskTypeCodes": ["ES-111T"] })).await;
    let client = desk.abroad("Taller", "ES").await;
    desk.lives_in(client, "ES-MD", "28079").await;
    let types = "{ taskTypes(first: 1) { nodes { id } } }";
    let task_type = desk.app.ask(&desk.owner, types, json!({})).await["taskTypes"]["nodes"][0]["id"].clone();
    let recurs = json!({
        "clientId": client.encode(), "taskTypeId": task_type, "firstPeriod": "2025-Q4", "lastPeriod": "2025-Q4"
    });
    desk.done(&desk.owner, "recurringTaskCreate", recurs).await;
    desk.app.jobs_done().await;
    let query = "{ tasks(first: 2) { nodes { legalDueOn handInBy handInExplanation documents { direction dueOn legalDueOn } } } }";
    let task = desk.app.ask(&desk.owner, query, json!({})).await["tasks"]["nodes"][0].clone();
    assert_eq!(task["legalDueOn"], "2026-01-20");
    let documents = task["documents"].as_array().unwrap();
    let debit = documents.iter().find(|one| one["legalDueOn"] == "2026-01-15").unwrap();
    assert_eq!((&debit["direction"], &debit["dueOn"]), (&json!("INPUT"), &json!("2026-01-15")));
    // The day until which the client hands in the rest is explained.
    assert!(
        task["handInBy"].is_string() && !task["handInExplanation"].as_array().unwrap().is_empty(),
        "{task}"
    );
    desk.finish().await;
}

/// C-09: a document that the client brings can have a day of its own.
#[tokio::test]
async fn c_09_a_document_with_a_rule_of_its_own() {
    let month = Month::open().await;
    let desk = &month.desk;
    let early = json!({ "at": { "rule": "self" }, "go": [{ "days": -12 }], "shift": "KEEP" });
    let paper = |name: &str, direction: &str, rule: Value| json!({ "name": name, "direction": direction, "category": "TAX", "secondFile": "ADD", "handInRule": rule });
    let change =
        |documents: Value| json!({ "id": month.task_type, "expectedVersion": 1, "documents": documents });
    let wrong = change(json!([paper("Guia", "OUTPUT", early.clone())]));
    let told = desk.refused(&desk.owner, "taskTypeUpdate", wrong).await;
    assert_eq!(told, ["documents.0.handInRule:OUT_OF_RANGE"]);
    let wrong = change(json!([paper("Ponto", "INPUT", json!({ "at": "SOMETIMES", "shift": "KEEP" }))]));
    let told = desk.refused(&desk.owner, "taskTypeUpdate", wrong).await;
    assert_eq!(told, ["documents.0.handInRule.at:INVALID_RULE"]);
    let right = change(json!([paper("Ponto", "INPUT", early.clone()), paper("Notas", "INPUT", Value::Null)]));
    desk.done(&desk.owner, "taskTypeUpdate", right).await;
    month.recurs("2026-01").await;
    desk.app.jobs_done().await;
    let query = "{ tasks(first: 1) { nodes { documents { name dueOn legalDueOn } } } }";
    let documents =
        desk.app.ask(&desk.owner, query, json!({})).await["tasks"]["nodes"][0]["documents"].clone();
    let days = |name: &str| {
        let found = documents.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        (found["dueOn"].clone(), found["legalDueOn"].clone())
    };
    assert_eq!(days("Ponto"), (json!("2026-02-08"), json!("2026-02-20")));
    assert_eq!(days("Notas"), (json!("2026-02-20"), json!("2026-02-20")));
    month.desk.finish().await;
}
