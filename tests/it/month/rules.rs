//! Rules that people correct: versions, extensions, what the firm agreed with a client, words.

use serde_json::{Value, json};

use super::office::{Month, day, version};
use crate::desk::ticket::desk::{each, text};

/// The first and the last period of each version.
fn bounds(rules: &Value) -> Vec<(Option<String>, Option<String>)> {
    let bound = |rule: &Value, field: &str| rule[field].as_str().map(str::to_owned);
    let each = rules["rules"].as_array().unwrap().iter();
    each.map(|rule| (bound(rule, "validFrom"), bound(rule, "validTo"))).collect()
}

/// C-09: of several overrides the one that begins last holds, and then one that ends, in whatever order they were written;
/// `dueDateExplain` knows them, and says that the firm fixed the date.
#[tokio::test]
async fn c_09_the_last_override_holds() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let id = month.recurs("2026-01").await;
    let write = async |from: &str, to: Option<&str>, due: Value, reason: &str| {
        let input = json!({ "id": id, "fromPeriod": from, "toPeriod": to, "due": due, "reason": reason });
        desk.done(&desk.owner, "recurringTaskOverrideSet", input).await;
    };
    write("2025-12", None, day(11), "older").await;
    write("2026-01", Some("2026-01"), json!({ "dates": { "2026-01": "2026-02-05" } }), "narrow").await;
    write("2025-11", Some("2026-12"), day(12), "oldest").await;
    let obligation = desk.obligation().await;
    let told = desk.explained(desk.client, &obligation, "2026-01").await;
    assert_eq!((&told["date"], &told["source"]), (&json!("2026-02-05"), &json!("narrow")));
    assert_eq!(told["beaten"][0]["date"], "2026-02-20");
    assert!(each(&told["steps"], "op").contains(&json!("OWN_TABLE")), "{told}");
    assert_eq!(desk.explained(desk.client, &obligation, "2026-02").await["source"], "older");
    let other = desk.firm.client("Outra", None).await;
    assert_eq!(desk.explained(other, &obligation, "2026-01").await["date"], "2026-02-20");
    desk.app.release("generate_tasks").await;
    desk.app.jobs_done().await;
    let tasks = month.tasks().await;
    assert_eq!(each(&tasks, "legalDueOn"), ["2026-02-05", "2026-03-11"].map(|day| json!(day)));
    // What the date was preferred to is told, too.
    let told = each(&tasks, "dueExplanation");
    assert!(told[0].as_array().unwrap().iter().any(|step| text(step).contains("Ata 1")), "{told:?}");
    month.desk.finish().await;
}

/// C-09: a version for some periods lets the one before it go on after them; removed, the one before holds again.
#[tokio::test]
async fn c_09_a_version_for_some_periods() {
    let month = Month::open().await;
    let desk = &month.desk;
    let obligation = desk.obligation().await;
    let date = async |period: &str| desk.explained(desk.client, &obligation, period).await["date"].clone();
    let add = json!({ "obligationId": obligation, "version": version(Some("2027"), Some("2027"), day(5)) });
    desk.done(&desk.owner, "ruleVersionCreate", add).await;
    assert_eq!(date("2026-12").await, "2027-01-20");
    assert_eq!(date("2027-06").await, "2027-07-05");
    assert_eq!(date("2028-01").await, "2028-02-20");
    let of = |text: &str| Some(text.to_owned());
    let seen = desk.rules(&obligation).await;
    let expected = [(None, of("2026-12-31")), (of("2027"), of("2027")), (of("2028-01-01"), None)];
    assert_eq!(bounds(&seen), expected);

    let id = seen["rules"][1]["versionId"].clone();
    let correct = json!({
        "versionId": id, "expectedVersion": seen["version"], "version": version(Some("2027"), Some("2027"), day(7))
    });
    desk.done(&desk.manager, "ruleVersionUpdate", correct.clone()).await;
    assert_eq!(date("2027-06").await, "2027-07-07");
    assert_eq!(desk.refused(&desk.manager, "ruleVersionUpdate", correct).await, ["CONFLICT"]);
    let seen = desk.rules(&obligation).await;
    let overlaps = json!({
        "versionId": id, "expectedVersion": seen["version"], "version": version(Some("2026-06"), Some("2027"), day(7))
    });
    assert_eq!(desk.refused(&desk.manager, "ruleVersionUpdate", overlaps).await, ["version:INVALID_RULE"]);

    desk.done(&desk.manager, "ruleVersionDelete", json!({ "versionId": id })).await;
    assert_eq!(bounds(&desk.rules(&obligation).await), [(None, None)]);
    assert_eq!(date("2027-06").await, "2027-07-20");
    // One without an end: the version before it goes on.
    let add = json!({ "obligationId": obligation, "version": version(Some("2027"), None, day(5)) });
    desk.done(&desk.owner, "ruleVersionCreate", add).await;
    let last = desk.rules(&obligation).await["rules"][1]["versionId"].clone();
    desk.done(&desk.owner, "ruleVersionDelete", json!({ "versionId": last })).await;
    assert_eq!(date("2027-06").await, "2027-07-20");
    let only = desk.rules(&obligation).await["rules"][0]["versionId"].clone();
    let told = desk.refused(&desk.owner, "ruleVersionDelete", json!({ "versionId": only })).await;
    assert_eq!(told, ["versionId:INVALID_RULE"]);
    month.desk.finish().await;
}

/// C-11: an extension that was entered by mistake is removed, and what moves back is shown; words are changed.
#[tokio::test]
async fn c_11_extensions_and_words_are_corrected() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    let obligation = desk.obligation().await;
    desk.extend(&text(&tasks[0]["period"]), "2030-05-06").await;
    desk.done(&desk.owner, "dueDateMovesApply", json!({ "taskIds": [tasks[0]["id"]] })).await;
    let id = desk.rules(&obligation).await["extensions"][0]["extensionId"].clone();
    desk.done(&desk.manager, "dueDateExtensionDelete", json!({ "extensionId": id })).await;
    let seen = desk.moves().await;
    assert_eq!(seen["counts"]["tasks"], 1, "{seen}");
    assert_eq!(seen["moves"][0]["newLegalDueOn"], tasks[0]["legalDueOn"]);
    let again = json!({ "extensionId": id });
    assert_eq!(desk.refused(&desk.manager, "dueDateExtensionDelete", again).await, ["extensionId:NOT_FOUND"]);

    let seen = desk.rules(&obligation).await;
    let words = json!({
        "id": obligation, "expectedVersion": seen["version"], "name": "Guia do mês", "cutoff": "12:00"
    });
    desk.done(&desk.manager, "obligationUpdate", words.clone()).await;
    let changed = desk.rules(&obligation).await;
    assert_eq!((&changed["name"], &changed["cutoff"]), (&json!("Guia do mês"), &json!("12:00")));
    assert_eq!(desk.refused(&desk.manager, "obligationUpdate", words).await, ["CONFLICT"]);
    month.desk.finish().await;
}

/// C-10: an obligation that ends names the one that follows, and dates keep the version of the rule that they have.
#[tokio::test]
async fn c_10_successors_and_versions() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    let version = "SELECT count(*) FROM tasks WHERE due_facts ->> 'version' IS NOT NULL";
    assert_eq!(desk.counted(version).await, i64::try_from(tasks.as_array().unwrap().len()).unwrap());
    let shipped = guichet_obligations::shipped();
    let ends = shipped.obligations.iter().find(|one| one.successor.is_some() && one.code.starts_with("BR-"));
    let ends = ends.expect("an obligation of Brazil has a successor");
    let id = desk.adopted(&ends.code).await;
    assert_eq!(desk.rules(&id).await["successor"].as_str(), ends.successor.as_deref());
    month.desk.finish().await;
}
