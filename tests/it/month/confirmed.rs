//! Years of places that are confirmed one after another, and what owners are told of each.

use serde_json::json;

use super::office::{Month, at_the_bank};

/// C-11: owners are told how many of the dates that waited for a year are final with it and would move, and not again of those
/// that wait for a person since another year was confirmed.
#[tokio::test]
async fn c_11_each_confirmed_year_tells_of_its_own_dates() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.rule_from("2020-01", at_the_bank()).await;
    let carioca = desk.firm.client("Carioca", None).await;
    let cities = [("BR-SP", "3550308"), ("BR-RJ", "3304557")];
    for (client, (region, city)) in [desk.client, carioca].into_iter().zip(cities) {
        desk.lives_in(client, region, city).await;
        month.recurs_for(client, "2026-01").await;
    }
    desk.app.jobs_done().await;
    let open = "SELECT count(*) FROM tasks WHERE provisional <> '[]'";
    assert_eq!(desk.counted(open).await, 4, "two months of two clients");
    for (region, city) in cities {
        let holiday = json!({
            "country": "BR", "region": region, "city": city, "date": "2026-02-20", "bank": true, "name": "Feriado",
            "source": "Decreto 1"
        });
        desk.done(&desk.owner, "firmHolidayCreate", holiday).await;
    }
    assert_eq!(desk.moves().await["counts"]["tasks"], 2);

    let confirm = async |(region, city): (&str, &str), year: i32| {
        let year = json!({ "country": "BR", "region": region, "city": city, "year": year });
        desk.done(&desk.owner, "calendarYearConfirm", year).await;
        desk.app.jobs_done().await;
        desk.numbers(&desk.owner, "DUE_DATES_TO_MOVE").await
    };
    assert_eq!(confirm(cities[0], 2026).await, [1], "one of each client moves");
    assert_eq!(confirm(cities[0], 2027).await, [1], "nothing waited for it");
    assert_eq!(confirm(cities[1], 2026).await, [1, 1], "the other one only");
    assert_eq!(desk.moves().await["counts"]["tasks"], 2);
    assert_eq!(desk.counted(open).await, 2, "those that would move");
    month.desk.finish().await;
}
