//! Adopting the starter catalogue.

use guichet_obligations::shipped;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, each};

const OBLIGATIONS: &str = "{ obligations(first: 100) { totalCount nodes {
    code name isShipped jurisdiction periodKind rules { validFrom validTo due source status } extensions { period dueOn }
} } }";

/// C-09: a firm adopts everything for its country in one act, in its language, with the law of each rule. What it has is
/// left as it is.
#[tokio::test]
async fn c_09_the_whole_catalogue() {
    let desk = Desk::open().await;
    let made = desk.done(&desk.owner, "catalogueAdopt", json!({})).await;
    let (obligations, task_types) =
        (made["obligations"].as_i64().unwrap(), made["taskTypes"].as_i64().unwrap());
    assert!(obligations > 20 && task_types > 15, "{made}");
    let seen = desk.app.ask(&desk.owner, OBLIGATIONS, json!({})).await["obligations"].clone();
    assert_eq!(seen["totalCount"], obligations);
    let das = seen["nodes"].as_array().unwrap().iter().find(|one| one["code"] == "BR-DAS").unwrap();
    assert_eq!(
        (&das["isShipped"], &das["jurisdiction"], &das["periodKind"]),
        (&json!(true), &json!("BR"), &json!("MONTH"))
    );
    let rule = das["rules"].as_array().unwrap().last().unwrap();
    assert_eq!(rule["due"]["calendar"], "BR-BANK");
    assert!(!rule["source"].as_str().unwrap().is_empty());
    // In the firm's language.
    let name = shipped().obligations.iter().find(|one| one.code == "BR-DAS").unwrap();
    assert_eq!(das["name"], name.names.of(guichet_base::locale::Locale::PtBr));
    assert!(each(&seen["nodes"], "code").iter().all(|code| !code.as_str().unwrap().starts_with("FR-")));

    let again = desk.done(&desk.manager, "catalogueAdopt", json!({})).await;
    assert_eq!((&again["obligations"], &again["taskTypes"]), (&json!(0), &json!(0)));
    let unknown = json!({ "taskTypeCodes": ["BR-DAS", "XX-NO"] });
    assert_eq!(desk.refused(&desk.owner, "catalogueAdopt", unknown).await, ["taskTypeCodes.1:NOT_FOUND"]);
    desk.finish().await;
}

/// C-09: a part comes with what it depends on.
#[tokio::test]
async fn c_09_a_part_of_the_catalogue() {
    let desk = Desk::open().await;
    let made = desk.done(&desk.owner, "catalogueAdopt", json!({ "obligationCodes": ["FIRM-REPORT"] })).await;
    assert_eq!(
        (&made["obligations"], &made["taskTypes"]),
        (&json!(2), &json!(0)),
        "the report waits for the closing"
    );
    let made = desk.done(&desk.owner, "catalogueAdopt", json!({ "taskTypeCodes": ["FIRM-CLOSE"] })).await;
    assert_eq!((&made["obligations"], &made["taskTypes"]), (&json!(0), &json!(1)));
    let query = "{ taskTypes(first: 5) { nodes { name obligation { code } documents { name direction } } } }";
    let seen = desk.app.ask(&desk.member, query, json!({})).await["taskTypes"]["nodes"].clone();
    assert_eq!(seen[0]["obligation"]["code"], "FIRM-CLOSE");
    let directions: Vec<Value> = each(&seen[0]["documents"], "direction");
    assert!(directions.contains(&json!("INPUT")) && directions.contains(&json!("OUTPUT")));
    desk.finish().await;
}
