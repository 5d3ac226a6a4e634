//! Adopting the starter catalogue, and what a newer one brings.

use guichet_base::id::Id;
use guichet_obligations::shipped;
use guichet_schema::month::generation::moves::certain;
use serde_json::{Value, json};

use super::office::{Month, day, version};
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

/// As if an older program had shipped another rule of BR-DAS.
async fn an_older_catalogue(desk: &Desk) {
    desk.sql(&format!(
        "UPDATE rule_versions SET due = '{}', shipped_digest = 'older', source = 'Lei velha'
         WHERE shipped_digest IS NOT NULL AND obligation_id = (SELECT id FROM obligations WHERE code = 'BR-DAS')",
        day(7)
    ))
    .await;
}

/// C-11: what a newer catalogue changes in an adopted obligation is shown with the dates that would move, and changes
/// nothing until somebody takes it over; what the firm made itself stays.
#[tokio::test]
async fn c_11_a_newer_catalogue() {
    let (month, _) = Month::with_tasks().await;
    let desk = &month.desk;
    desk.done(&desk.owner, "catalogueAdopt", json!({ "taskTypeCodes": ["BR-DAS"] })).await;
    let query =
        "{ catalogueUpdates { obligation { code } addedRules { source } replacedSources withdrawnCount } }";
    let updates = async || desk.app.ask(&desk.manager, query, json!({})).await["catalogueUpdates"].clone();
    assert_eq!(updates().await, json!([]));
    let types = "{ taskTypes(first: 10) { nodes { id obligation { code } } } }";
    let types = desk.app.ask(&desk.owner, types, json!({})).await["taskTypes"]["nodes"].clone();
    let das = types.as_array().unwrap().iter().find(|one| one["obligation"]["code"] == "BR-DAS").unwrap();
    let recurs = json!({
        "clientId": desk.client.encode(), "taskTypeId": das["id"], "firstPeriod": month.name(-3)
    });
    an_older_catalogue(desk).await;
    desk.done(&desk.owner, "recurringTaskCreate", recurs).await;
    desk.app.jobs_done().await;
    let seen = updates().await;
    assert_eq!(each(&seen, "obligation"), [json!({ "code": "BR-DAS" })]);
    assert!(!seen[0]["addedRules"].as_array().unwrap().is_empty());
    assert_eq!(seen[0]["replacedSources"][0], "Lei velha");
    let preview =
        "{ dueDateMoves(withCatalogueUpdates: true) { counts { tasks } moves { task { title } } } }";
    let would =
        desk.app.ask(&desk.manager, preview, json!({})).await["dueDateMoves"]["counts"]["tasks"].clone();
    assert!(would.as_i64().unwrap() > 0);
    assert_eq!(desk.moves().await["counts"]["tasks"], 0, "nothing changed yet");

    let applied = desk.done(&desk.manager, "catalogueUpdateApply", json!({})).await;
    assert_eq!(applied["obligationIds"].as_array().unwrap().len(), 1);
    assert_eq!(updates().await, json!([]));
    assert_eq!(desk.moves().await["counts"]["tasks"], would);
    assert_eq!(desk.counted("SELECT count(*) FROM rule_versions WHERE shipped_digest = 'older'").await, 0);
    let again = desk.done(&desk.manager, "catalogueUpdateApply", json!({})).await;
    assert_eq!(again["obligationIds"], json!([]));
    month.desk.finish().await;
}

/// C-11: versions of the firm's own stand in nobody's way: they hold where they held, and the catalogue changes the rest. Its
/// changes of words are told, too; and owners learn once that there are changes.
#[tokio::test]
async fn c_11_own_versions_and_a_newer_catalogue() {
    let month = Month::open().await;
    let desk = &month.desk;
    let das = desk.adopted("BR-DAS").await;
    let reinf = desk.adopted("BR-DIRBI").await;
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 0);
    assert!(desk.numbers(&desk.owner, "CATALOGUE_CHANGED").await.is_empty(), "nothing changed");
    let own = json!({ "obligationId": das, "version": version(Some("2030"), Some("2030"), day(3)) });
    desk.done(&desk.owner, "ruleVersionCreate", own).await;
    an_older_catalogue(desk).await;
    desk.sql(
        "UPDATE obligations SET name = 'Antigo', cutoff = '11:00' WHERE code = 'BR-DIRBI';
         UPDATE rule_versions SET note = 'Antiga'
         WHERE obligation_id = (SELECT id FROM obligations WHERE code = 'BR-DIRBI');
         UPDATE firms SET known_rules = 'older'",
    )
    .await;
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert_eq!(desk.numbers(&desk.owner, "CATALOGUE_CHANGED").await, [json!(2)]);
    assert!(desk.numbers(&desk.manager, "CATALOGUE_CHANGED").await.is_empty());
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 0);

    let query = "{ catalogueUpdates {
        obligation { code } newName changesCutoff newCutoff changedNotes { note } addedRules { validFrom validTo }
        hiddenRules { validFrom }
    } }";
    let updates = async || desk.app.ask(&desk.manager, query, json!({})).await["catalogueUpdates"].clone();
    let seen = updates().await;
    assert_eq!(each(&seen, "obligation"), [json!({ "code": "BR-DAS" }), json!({ "code": "BR-DIRBI" })]);
    assert_eq!((&seen[1]["changesCutoff"], &seen[1]["newCutoff"]), (&json!(true), &Value::Null));
    assert!(
        seen[1]["newName"].is_string() && seen[1]["changedNotes"].as_array().unwrap().len() == 2,
        "{seen}"
    );
    let applied = desk.done(&desk.manager, "catalogueUpdateApply", json!({})).await;
    assert_eq!(applied["obligationIds"].as_array().unwrap().len(), 2);
    assert_eq!(updates().await, json!([]));
    let date = async |period: &str| desk.explained(desk.client, &das, period).await["date"].clone();
    assert_eq!(date("2030-04").await, "2030-05-03");
    assert_ne!(date("2029-04").await, "2029-05-07");
    assert_ne!(date("2031-04").await, "2031-05-07");
    assert_ne!(desk.rules(&reinf).await["name"], "Antigo");

    // A copy that the firm corrected is its own: the catalogue leaves it, and says what it would have had.
    let seen = desk.rules(&reinf).await;
    let first = seen["rules"][0].clone();
    let correct = json!({
        "versionId": first["versionId"], "expectedVersion": seen["version"],
        "version": version(first["validFrom"].as_str(), first["validTo"].as_str(), day(3))
    });
    desk.done(&desk.owner, "ruleVersionUpdate", correct).await;
    let seen = desk.rules(&reinf).await;
    assert_eq!(each(&seen["rules"], "isOwn"), [json!(true), json!(false)]);
    assert_eq!(updates().await, json!([]));
    let words = json!({ "id": reinf, "expectedVersion": seen["version"], "name": "Nossa" });
    desk.done(&desk.owner, "obligationUpdate", words).await;
    assert_eq!(updates().await, json!([]), "the firm's words stay");
    desk.sql("UPDATE rule_versions SET shipped_digest = 'older' WHERE is_corrected").await;
    let seen = updates().await;
    assert_eq!(each(&seen, "obligation"), [json!({ "code": "BR-DIRBI" })]);
    assert_eq!(seen[0]["hiddenRules"].as_array().unwrap().len(), 1, "{seen}");
    let applied = desk.done(&desk.manager, "catalogueUpdateApply", json!({})).await;
    assert_eq!(applied["obligationIds"], json!([]));
    month.desk.finish().await;
}
