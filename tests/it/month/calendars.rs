//! Working calendars: days off that the firm adds, and years that it confirms.

use serde_json::{Value, json};

use super::office::{Month, at_the_bank};
use crate::desk::ticket::desk::{Desk, each};

/// C-11: when a year is confirmed, dates that stay are final and their assignees are told; owners are told how many others
/// would move.
#[tokio::test]
async fn c_11_a_confirmed_year_settles_dates() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.portfolio(desk.client, &desk.member).await;
    // Nobody knows all days off of this city in 2026, until the firm says so.
    desk.rule_from("2025-12", at_the_bank()).await;
    desk.lives_in(desk.client, "BR-SP", "3550308").await;
    month.recurs("2025-12").await;
    desk.app.jobs_done().await;
    let tasks = month.tasks().await;
    let days = ["2026-01-20", "2026-02-20", "2026-03-20"];
    assert_eq!(each(&tasks, "legalDueOn"), days);
    let unsure = "SELECT count(*) FROM tasks WHERE provisional <> '[]'";
    assert_eq!(desk.counted(unsure).await, 3);
    let holiday = json!({
        "country": "BR", "region": "BR-SP", "city": "3550308", "date": "2026-01-20", "bank": true, "name": "Festa",
        "source": "Decreto 1"
    });
    desk.done(&desk.owner, "firmHolidayCreate", holiday).await;
    let year = json!({ "country": "BR", "region": "BR-SP", "city": "3550308", "year": 2026 });
    desk.done(&desk.owner, "calendarYearConfirm", year).await;
    desk.app.jobs_done().await;
    assert_eq!(desk.numbers(&desk.member, "DUE_DATES_FINAL").await, [json!(2)]);
    assert_eq!(desk.numbers(&desk.owner, "DUE_DATES_TO_MOVE").await, [json!(1)]);
    assert_eq!(desk.counted(unsure).await, 1, "the one that would move");
    assert_eq!(desk.counted("SELECT count(*) FROM changes WHERE field = 'LEGAL_DUE_ON'").await, 0);
    let seen = desk.moves().await;
    assert_eq!(seen["counts"]["tasks"], 1, "{seen}");
    assert_eq!(each(&month.tasks().await, "legalDueOn"), days, "nothing moved by itself");
    month.desk.finish().await;
}

/// C-09: days off of many places come as lines, each for itself; asked again with the same key, nothing is added twice.
#[tokio::test]
async fn c_09_days_off_as_lines() {
    let desk = Desk::open().await;
    let lines = [
        "3550308,2027-01-25,Aniversário da cidade",
        "3304557,2027-01-20,\"São Sebastião, padroeiro\"",
        "9999999,2027-01-20,Ninguém",
        "3550308,2027-13-01,Nunca",
        "3550308,2027-01-26",
        "3550308,2027-01-25,De novo",
    ];
    let input =
        json!({ "country": "BR", "lines": lines, "bank": true, "labour": true, "source": "Leis municipais" });
    let query = "mutation ($input: FirmHolidaysImportInput!) { firmHolidaysImport(input: $input) {
        results { isAdded userErrors { code field } } userErrors { code }
    } }";
    let mut keyed = input.clone();
    keyed["idempotencyKey"] = json!("lines");
    for _ in 0..2 {
        let told =
            desk.app.ask(&desk.owner, query, json!({ "input": keyed })).await["firmHolidaysImport"].clone();
        let results = &told["results"];
        assert_eq!(each(results, "isAdded"), [true, true, false, false, false, false].map(|is| json!(is)));
        let codes: Vec<Value> =
            results.as_array().unwrap().iter().map(|line| line["userErrors"][0].clone()).collect();
        let wrong = |code: &str, field: &str| json!({ "code": code, "field": [field] });
        assert_eq!(
            codes[2..],
            [
                wrong("OUT_OF_RANGE", "city"),
                wrong("OUT_OF_RANGE", "date"),
                wrong("REQUIRED", "name"),
                wrong("TAKEN", "date")
            ]
        );
    }
    let query = "{ firmHolidays(first: 10) { nodes { region city date bank filing labour } } }";
    let seen = desk.app.ask(&desk.owner, query, json!({})).await["firmHolidays"]["nodes"].clone();
    let rio = json!({
        "region": "BR-RJ", "city": "3304557", "date": "2027-01-20", "bank": true, "filing": false, "labour": true
    });
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]), (2, &rio), "{seen}");
    let none = json!({ "country": "BR", "lines": [], "bank": true, "source": "Lei" });
    assert_eq!(desk.refused(&desk.owner, "firmHolidaysImport", none).await, ["lines:OUT_OF_RANGE"]);
    desk.finish().await;
}
