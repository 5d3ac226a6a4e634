//! Records of clients that decide about dates: places, attributes, fiscal years.

use guichet_base::id::{ClientId, Id};
use serde_json::{Value, json};

use super::office::{Month, at_the_bank, attribute};
use crate::desk::ticket::desk::{Desk, each, text};

/// C-09: a department is a text that France has, and follows from the seat: a wrong one cannot give a later date.
#[tokio::test]
async fn c_09_departments() {
    let desk = Desk::open().await;
    let client = desk.abroad("Atelier", "FR").await;
    let vat = desk.adopted("FR-CA3").await;
    for wrong in [json!(75), json!("1"), json!("Paris"), json!("99"), json!("20")] {
        let input = attribute(client, "department", "2020-01-01", wrong.clone());
        let told = desk.refused(&desk.owner, "clientAttributeSet", input).await;
        assert_eq!(told, ["value:OUT_OF_RANGE"], "{wrong}");
    }
    desk.describe(client, "legalForm", "SOLE").await;
    // Both groups of sole owners: in and around Paris the 15th, elsewhere the 16th.
    desk.describe(client, "city", "75056").await;
    let paris = desk.explained(client, &vat, "2025-03").await;
    assert_eq!((&paris["date"], &paris["provisional"]), (&json!("2025-04-15"), &json!([])));
    let input = attribute(client, "city", "2025-04-01", json!("69123"));
    desk.done(&desk.owner, "clientAttributeSet", input).await;
    let lyon = desk.explained(client, &vat, "2025-04").await;
    assert_eq!((&lyon["date"], &lyon["provisional"]), (&json!("2025-05-16"), &json!([])));
    assert_eq!(desk.explained(client, &vat, "2025-03").await["date"], "2025-04-15", "the past stays");
    // Its form is told in words.
    let steps = each(&lyon["steps"], "explanation");
    assert!(steps.iter().all(|step| !text(step).contains("SOLE")), "{steps:?}");
    desk.finish().await;
}

/// C-09: a city lies in the region of the record; a new region leaves the city until it is told.
#[tokio::test]
async fn c_09_cities_lie_in_their_regions() {
    let desk = Desk::open().await;
    let client = desk.client;
    desk.describe(client, "region", "BR-SP").await;
    let rio = attribute(client, "city", "2020-01-01", json!("3304557"));
    assert_eq!(desk.refused(&desk.owner, "clientAttributeSet", rio.clone()).await, ["value:OUT_OF_RANGE"]);
    desk.describe(client, "city", "3550308").await;
    let moves = attribute(client, "region", "2026-02-01", json!("BR-RJ"));
    desk.done(&desk.owner, "clientAttributeSet", moves).await;
    let query = "query ($id: ID!) { client(id: $id) { attributes { key validFrom text } } }";
    let seen = desk.app.ask(&desk.owner, query, json!({ "id": client.encode() })).await;
    let left = json!({ "key": "city", "validFrom": "2026-02-01", "text": null });
    assert!(seen["client"]["attributes"].as_array().unwrap().contains(&left), "{seen}");
    let arrives = attribute(client, "city", "2026-02-01", json!("3304557"));
    desk.done(&desk.owner, "clientAttributeSet", arrives).await;
    // The same holds of days off that the firm adds.
    let holiday = |region: Value, city: &str| {
        json!({
            "country": "BR", "region": region, "city": city, "date": "2026-07-01", "bank": true, "name": "Festa", "source": "Lei"
        })
    };
    let wrong = holiday(json!("BR-SP"), "3304557");
    assert_eq!(desk.refused(&desk.owner, "firmHolidayCreate", wrong).await, ["city:OUT_OF_RANGE"]);
    desk.done(&desk.owner, "firmHolidayCreate", holiday(Value::Null, "3304557")).await;
    desk.finish().await;
}

/// C-11: a client that moves is told as the reason of a date, not the calendar.
#[tokio::test]
async fn c_11_a_client_that_moves_is_the_reason() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.rule_from("2025-12", at_the_bank()).await;
    desk.describe(desk.client, "city", "3550308").await;
    month.recurs("2025-12").await;
    desk.app.jobs_done().await;
    let tasks = month.tasks().await;
    assert_eq!(tasks[0]["legalDueOn"], "2026-01-20");
    // 20 January is a holiday of Rio.
    let moves = attribute(desk.client, "city", "2026-01-01", json!("3304557"));
    desk.done(&desk.owner, "clientAttributeSet", moves).await;
    let seen = desk.moves().await;
    let moved = seen["moves"].as_array().unwrap().iter().find(|one| one["documentId"].is_null()).unwrap();
    assert_eq!(
        (&moved["newLegalDueOn"], &moved["reason"]),
        (&json!("2026-01-19"), &json!("CLIENT")),
        "{seen}"
    );
    month.desk.finish().await;
}

/// C-08: a client's new closing day renames no year for which work was made, and one that is listed takes the place of
/// another only where it is named.
#[tokio::test]
async fn c_08_a_new_closing_day_keeps_the_past() {
    let month = Month::open().await;
    let desk = &month.desk;
    let yearly = desk.yearly_work().await;
    let [worked, fresh] = [desk.client, desk.firm.client("Nova", None).await];
    let input = json!({ "clientId": worked.encode(), "taskTypeId": yearly, "firstPeriod": "FY2023-12-31" });
    desk.done(&desk.owner, "recurringTaskCreate", input).await;
    desk.app.jobs_done().await;
    let years = async |client: ClientId| {
        let query = "query ($id: ID!) { client(id: $id) { version fiscalYears { startsOn endsOn } } }";
        desk.app.ask(&desk.owner, query, json!({ "id": client.encode() })).await["client"].clone()
    };
    for client in [worked, fresh] {
        let version = years(client).await["version"].clone();
        let update = json!({ "id": client.encode(), "expectedVersion": version, "fiscalYearEnd": "06-30" });
        desk.done(&desk.owner, "clientUpdate", update).await;
    }
    let kept = json!([{ "startsOn": "2025-01-01", "endsOn": "2025-12-31" }]);
    assert_eq!(years(worked).await["fiscalYears"], kept);
    assert_eq!(
        years(fresh).await["fiscalYears"],
        json!([]),
        "nothing was made: it was entered wrongly before"
    );
    // All years for which work was made are still found by their names.
    for name in ["FY2023-12-31", "FY2024-12-31", "FY2025-12-31"] {
        let event = json!({
            "clientId": worked.encode(), "name": "accountsApproved", "period": name, "happenedOn": "2026-03-01"
        });
        desk.done(&desk.owner, "clientEventSet", event).await;
    }
    // Removed from the list, they are kept; with others in their place, they are not.
    let set = |years: Value| json!({ "clientId": worked.encode(), "years": years });
    desk.done(&desk.owner, "clientFiscalYearsSet", set(json!([]))).await;
    assert_eq!(years(worked).await["fiscalYears"], kept);
    let other = json!([{ "startsOn": "2025-01-01", "endsOn": "2025-06-30" }]);
    desk.done(&desk.owner, "clientFiscalYearsSet", set(other.clone())).await;
    assert_eq!(years(worked).await["fiscalYears"], other);
    month.desk.finish().await;
}
