//! Due dates and their explanations over the API.

use guichet_base::id::Id;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, text};

const EXPLAIN: &str = "query ($obligation: ID!, $client: ID!, $period: String!) {
    dueDateExplain(obligationId: $obligation, clientId: $client, period: $period) {
        state date source provisional beaten { date source }
        steps { op from to explanation daysOff { date name level source } }
    }
}";

async fn obligation(desk: &Desk, code: &str) -> String {
    desk.done(&desk.owner, "catalogueAdopt", json!({ "obligationCodes": [code] })).await;
    let query =
        "query ($codes: [String!]) { obligations(first: 1, filter: { codes: $codes }) { nodes { id } } }";
    let found = desk.app.ask(&desk.owner, query, json!({ "codes": [code] })).await;
    text(&found["obligations"]["nodes"][0]["id"])
}

async fn explained(desk: &Desk, obligation: &str, period: &str) -> Value {
    let variables = json!({ "obligation": obligation, "client": desk.client.encode(), "period": period });
    desk.app.ask(&desk.member, EXPLAIN, variables).await["dueDateExplain"].clone()
}

async fn lives_in(desk: &Desk, region: &str, city: &str) {
    for (key, code) in [("region", region), ("city", city)] {
        let input =
            json!({ "clientId": desk.client.encode(), "key": key, "validFrom": "2020-01-01", "text": code });
        desk.done(&desk.owner, "clientAttributeSet", input).await;
    }
}

/// C-09, C-10: the date with each step that leads to it, the holidays by their names, and the law.
#[tokio::test]
async fn c_10_each_step_is_told() {
    let desk = Desk::open().await;
    let das = obligation(&desk, "BR-DAS").await;
    let unsure = explained(&desk, &das, "2025-03").await;
    assert_eq!(unsure["date"], "2025-04-22");
    assert!(!unsure["provisional"].as_array().unwrap().is_empty(), "its city is not known");
    lives_in(&desk, "BR-SP", "3550308").await;
    let told = explained(&desk, &das, "2025-03").await;
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
    let das = obligation(&desk, "BR-DAS").await;
    lives_in(&desk, "BR-SP", "3550308").await;
    for (due, published) in
        [("2026-06-30", "2026-04-01"), ("2026-07-15", "2026-05-01"), ("2026-06-01", "2026-03-01")]
    {
        let input = json!({
            "obligationId": das, "period": "2026-03", "dueOn": due, "publishedOn": published, "source": published
        });
        desk.done(&desk.owner, "dueDateExtensionCreate", input).await;
    }
    let told = explained(&desk, &das, "2026-03").await;
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
    let rule =
        |day: i64| json!({ "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": day }], "shift": "KEEP" });
    let version = |from: Option<&str>, due: Value| json!({ "validFrom": from, "due": due, "source": "Ata 1", "status": "CONFIRMED" });
    let input = |code: &str, rules: Value| json!({ "code": code, "name": code, "category": "OTHER", "periodKind": "MONTH", "jurisdiction": "ANY", "rules": rules });
    let create = input("OWN-1", json!([version(None, rule(10))]));
    let own = text(&desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"]);
    let next = json!({ "obligationId": own, "version": version(Some("2026-03"), rule(15)) });
    desk.done(&desk.owner, "ruleVersionCreate", next.clone()).await;
    assert_eq!(explained(&desk, &own, "2026-02").await["date"], "2026-03-10");
    assert_eq!(explained(&desk, &own, "2026-03").await["date"], "2026-04-15");
    let told = desk.refused(&desk.owner, "ruleVersionCreate", next).await;
    assert_eq!(told, ["version:INVALID_RULE"]);
    for (due, place) in [
        (json!({ "at": "PERIOD_END", "go": [{ "months": 99 }], "shift": "KEEP" }), "rules.0.due.go.0.months"),
        (json!({ "at": "PERIOD_END", "go": [{ "nth": 1 }], "shift": "KEEP" }), "rules.0.due"),
        (json!({ "at": "SOMETIMES", "shift": "KEEP" }), "rules.0.due.at"),
        (json!({ "at": { "rule": "NOBODY" }, "shift": "KEEP" }), "rules.0"),
    ] {
        let told =
            desk.refused(&desk.owner, "obligationCreate", input("OWN-2", json!([version(None, due)]))).await;
        assert!(told[0].starts_with(place) && told[0].ends_with(":INVALID_RULE"), "{told:?} {place}");
    }
    let taken = input("OWN-1", json!([version(None, rule(10))]));
    assert_eq!(desk.refused(&desk.owner, "obligationCreate", taken).await, ["code:TAKEN"]);
    desk.finish().await;
}

/// C-09: a day off that the firm adds, and a year that it confirms, change the date and its certainty.
#[tokio::test]
async fn c_09_the_firms_own_days() {
    let desk = Desk::open().await;
    let das = obligation(&desk, "BR-DAS").await;
    lives_in(&desk, "BR-SP", "3550308").await;
    assert_eq!(explained(&desk, &das, "2026-04").await["date"], "2026-05-20");
    let holiday = json!({
        "country": "BR", "region": "BR-SP", "city": "3550308", "date": "2026-05-20", "bank": true, "name": "Feriado",
        "source": "Decreto 1"
    });
    let made = desk.done(&desk.owner, "firmHolidayCreate", holiday.clone()).await;
    assert_eq!(explained(&desk, &das, "2026-04").await["date"], "2026-05-21");
    assert_eq!(desk.refused(&desk.owner, "firmHolidayCreate", holiday).await, ["date:TAKEN"]);
    desk.done(&desk.owner, "firmHolidayDelete", json!({ "id": made["firmHoliday"]["id"] })).await;
    assert_eq!(explained(&desk, &das, "2026-04").await["date"], "2026-05-20");
    desk.finish().await;
}
