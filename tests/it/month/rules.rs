//! Rules that people correct, records that decide about dates, and what is told of them without being asked.

use guichet_base::id::{ClientId, Id};
use guichet_schema::month::generation::moves::certain;
use serde_json::{Value, json};

use super::generation::Month;
use crate::desk::ticket::desk::{Desk, each, text};

const EXPLAIN: &str = "query ($obligation: ID!, $client: ID!, $period: String!) {
    dueDateExplain(obligationId: $obligation, clientId: $client, period: $period) {
        state date source provisional beaten { date source } steps { op explanation }
    }
}";

async fn explained(desk: &Desk, client: ClientId, obligation: &str, period: &str) -> Value {
    let variables = json!({ "obligation": obligation, "client": client.encode(), "period": period });
    desk.app.ask(&desk.owner, EXPLAIN, variables).await["dueDateExplain"].clone()
}

/// Adopts an obligation of the catalogue: its id.
async fn adopted(desk: &Desk, code: &str) -> String {
    desk.done(&desk.owner, "catalogueAdopt", json!({ "obligationCodes": [code] })).await;
    let query =
        "query ($codes: [String!]) { obligations(first: 1, filter: { codes: $codes }) { nodes { id } } }";
    let found = desk.app.ask(&desk.owner, query, json!({ "codes": [code] })).await;
    text(&found["obligations"]["nodes"][0]["id"])
}

/// The versions of the rule of an obligation, with what it is at itself.
async fn rules(desk: &Desk, obligation: &str) -> Value {
    let query = "query ($id: ID!) { node(id: $id) { ... on Obligation {
        version name cutoff successor rules { versionId validFrom validTo source isOwn } extensions { extensionId }
    } } }";
    desk.app.ask(&desk.owner, query, json!({ "id": obligation })).await["node"].clone()
}

fn bounds(rules: &Value) -> Vec<(Option<String>, Option<String>)> {
    let bound = |rule: &Value, field: &str| rule[field].as_str().map(str::to_owned);
    let each = rules["rules"].as_array().unwrap().iter();
    each.map(|rule| (bound(rule, "validFrom"), bound(rule, "validTo"))).collect()
}

fn day(number: i64) -> Value {
    json!({ "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": number }], "shift": "KEEP" })
}

fn version(from: Option<&str>, to: Option<&str>, due: Value) -> Value {
    json!({ "validFrom": from, "validTo": to, "due": due, "source": "Lei 9", "status": "CONFIRMED" })
}

fn attribute(client: ClientId, key: &str, from: &str, value: Value) -> Value {
    let mut input = json!({ "clientId": client.encode(), "key": key, "validFrom": from });
    let name = if value.is_number() { "number" } else { "text" };
    input[name] = value;
    input
}

async fn describe(desk: &Desk, client: ClientId, key: &str, value: &str) {
    desk.done(&desk.owner, "clientAttributeSet", attribute(client, key, "2020-01-01", json!(value))).await;
}

/// A client in another country.
async fn abroad(desk: &Desk, name: &str, country: &str) -> ClientId {
    let id = desk.firm.client(name, None).await;
    let update = json!({ "id": id.encode(), "expectedVersion": 1, "country": country });
    desk.done(&desk.owner, "clientUpdate", update).await;
    id
}

/// C-09: a department is a text that France has, and follows from the seat: a wrong one cannot give a later date.
#[tokio::test]
async fn c_09_departments() {
    let desk = Desk::open().await;
    let client = abroad(&desk, "Atelier", "FR").await;
    let vat = adopted(&desk, "FR-CA3").await;
    for wrong in [json!(75), json!("1"), json!("Paris"), json!("99"), json!("20")] {
        let input = attribute(client, "department", "2020-01-01", wrong.clone());
        let told = desk.refused(&desk.owner, "clientAttributeSet", input).await;
        assert_eq!(told, ["value:OUT_OF_RANGE"], "{wrong}");
    }
    describe(&desk, client, "legalForm", "SOLE").await;
    // Both groups of sole owners: in and around Paris the 15th, elsewhere the 16th.
    describe(&desk, client, "city", "75056").await;
    let paris = explained(&desk, client, &vat, "2025-03").await;
    assert_eq!((&paris["date"], &paris["provisional"]), (&json!("2025-04-15"), &json!([])));
    let input = attribute(client, "city", "2025-04-01", json!("69123"));
    desk.done(&desk.owner, "clientAttributeSet", input).await;
    let lyon = explained(&desk, client, &vat, "2025-04").await;
    assert_eq!((&lyon["date"], &lyon["provisional"]), (&json!("2025-05-16"), &json!([])));
    assert_eq!(explained(&desk, client, &vat, "2025-03").await["date"], "2025-04-15", "the past stays");
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
    describe(&desk, client, "region", "BR-SP").await;
    let rio = attribute(client, "city", "2020-01-01", json!("3304557"));
    assert_eq!(desk.refused(&desk.owner, "clientAttributeSet", rio.clone()).await, ["value:OUT_OF_RANGE"]);
    describe(&desk, client, "city", "3550308").await;
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
    let obligation = text(&month.obligation().await);
    let told = explained(desk, desk.client, &obligation, "2026-01").await;
    assert_eq!((&told["date"], &told["source"]), (&json!("2026-02-05"), &json!("narrow")));
    assert_eq!(told["beaten"][0]["date"], "2026-02-20");
    assert!(each(&told["steps"], "op").contains(&json!("OWN_TABLE")), "{told}");
    assert_eq!(explained(desk, desk.client, &obligation, "2026-02").await["source"], "older");
    let other = desk.firm.client("Outra", None).await;
    assert_eq!(explained(desk, other, &obligation, "2026-01").await["date"], "2026-02-20");
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
    let obligation = text(&month.obligation().await);
    let date = async |period: &str| explained(desk, desk.client, &obligation, period).await["date"].clone();
    let add = json!({ "obligationId": obligation, "version": version(Some("2027"), Some("2027"), day(5)) });
    desk.done(&desk.owner, "ruleVersionCreate", add).await;
    assert_eq!(date("2026-12").await, "2027-01-20");
    assert_eq!(date("2027-06").await, "2027-07-05");
    assert_eq!(date("2028-01").await, "2028-02-20");
    let of = |text: &str| Some(text.to_owned());
    let seen = rules(desk, &obligation).await;
    let expected = [(None, of("2026-12-31")), (of("2027"), of("2027")), (of("2028-01-01"), None)];
    assert_eq!(bounds(&seen), expected);

    let id = seen["rules"][1]["versionId"].clone();
    let correct = json!({
        "versionId": id, "expectedVersion": seen["version"], "version": version(Some("2027"), Some("2027"), day(7))
    });
    desk.done(&desk.manager, "ruleVersionUpdate", correct.clone()).await;
    assert_eq!(date("2027-06").await, "2027-07-07");
    assert_eq!(desk.refused(&desk.manager, "ruleVersionUpdate", correct).await, ["CONFLICT"]);
    let seen = rules(desk, &obligation).await;
    let overlaps = json!({
        "versionId": id, "expectedVersion": seen["version"], "version": version(Some("2026-06"), Some("2027"), day(7))
    });
    assert_eq!(desk.refused(&desk.manager, "ruleVersionUpdate", overlaps).await, ["version:INVALID_RULE"]);

    desk.done(&desk.manager, "ruleVersionDelete", json!({ "versionId": id })).await;
    assert_eq!(bounds(&rules(desk, &obligation).await), [(None, None)]);
    assert_eq!(date("2027-06").await, "2027-07-20");
    // One without an end: the version before it goes on.
    let add = json!({ "obligationId": obligation, "version": version(Some("2027"), None, day(5)) });
    desk.done(&desk.owner, "ruleVersionCreate", add).await;
    let last = rules(desk, &obligation).await["rules"][1]["versionId"].clone();
    desk.done(&desk.owner, "ruleVersionDelete", json!({ "versionId": last })).await;
    assert_eq!(date("2027-06").await, "2027-07-20");
    let only = rules(desk, &obligation).await["rules"][0]["versionId"].clone();
    let told = desk.refused(&desk.owner, "ruleVersionDelete", json!({ "versionId": only })).await;
    assert_eq!(told, ["versionId:INVALID_RULE"]);
    month.desk.finish().await;
}

/// C-11: an extension that was entered by mistake is removed, and what moves back is shown; words are changed.
#[tokio::test]
async fn c_11_extensions_and_words_are_corrected() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    let obligation = text(&month.obligation().await);
    let extension = json!({
        "obligationId": obligation, "period": tasks[0]["period"], "dueOn": "2030-05-06", "publishedOn": "2026-01-02",
        "source": "Portaria 7"
    });
    desk.done(&desk.owner, "dueDateExtensionCreate", extension).await;
    desk.done(&desk.owner, "dueDateMovesApply", json!({ "taskIds": [tasks[0]["id"]] })).await;
    let id = rules(desk, &obligation).await["extensions"][0]["extensionId"].clone();
    desk.done(&desk.manager, "dueDateExtensionDelete", json!({ "extensionId": id })).await;
    let seen = month.moves().await;
    assert_eq!(seen["counts"]["tasks"], 1, "{seen}");
    assert_eq!(seen["moves"][0]["newLegalDueOn"], tasks[0]["legalDueOn"]);
    let again = json!({ "extensionId": id });
    assert_eq!(desk.refused(&desk.manager, "dueDateExtensionDelete", again).await, ["extensionId:NOT_FOUND"]);

    let seen = rules(desk, &obligation).await;
    let words = json!({
        "id": obligation, "expectedVersion": seen["version"], "name": "Guia do mês", "cutoff": "12:00"
    });
    desk.done(&desk.manager, "obligationUpdate", words.clone()).await;
    let changed = rules(desk, &obligation).await;
    assert_eq!((&changed["name"], &changed["cutoff"]), (&json!("Guia do mês"), &json!("12:00")));
    assert_eq!(desk.refused(&desk.manager, "obligationUpdate", words).await, ["CONFLICT"]);
    month.desk.finish().await;
}

/// C-11: versions of the firm's own stand in nobody's way: they hold where they held, and the catalogue changes the rest. Its
/// changes of words are told, too; and owners learn once that there are changes.
#[tokio::test]
async fn c_11_own_versions_and_a_newer_catalogue() {
    let month = Month::open().await;
    let desk = &month.desk;
    let das = adopted(desk, "BR-DAS").await;
    let reinf = adopted(desk, "BR-DIRBI").await;
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 0);
    assert!(month.numbers(&desk.owner, "CATALOGUE_CHANGED").await.is_empty(), "nothing changed");
    let own = json!({ "obligationId": das, "version": version(Some("2030"), Some("2030"), day(3)) });
    desk.done(&desk.owner, "ruleVersionCreate", own).await;
    // As if an older program had shipped other rules and words.
    month
        .write(&format!(
            "UPDATE rule_versions SET due = '{}', shipped_digest = 'older', source = 'Lei velha'
             WHERE shipped_digest IS NOT NULL AND obligation_id = (SELECT id FROM obligations WHERE code = 'BR-DAS');
             UPDATE obligations SET name = 'Antigo', cutoff = '11:00' WHERE code = 'BR-DIRBI';
             UPDATE rule_versions SET note = 'Antiga'
             WHERE obligation_id = (SELECT id FROM obligations WHERE code = 'BR-DIRBI');
             UPDATE firms SET known_rules = 'older'",
            day(7)
        ))
        .await;
    assert_eq!(certain::tick(&desk.app.store).await.unwrap(), 1);
    desk.app.jobs_done().await;
    assert_eq!(month.numbers(&desk.owner, "CATALOGUE_CHANGED").await, [json!(2)]);
    assert!(month.numbers(&desk.manager, "CATALOGUE_CHANGED").await.is_empty());
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
    let date = async |period: &str| explained(desk, desk.client, &das, period).await["date"].clone();
    assert_eq!(date("2030-04").await, "2030-05-03");
    assert_ne!(date("2029-04").await, "2029-05-07");
    assert_ne!(date("2031-04").await, "2031-05-07");
    assert_ne!(rules(desk, &reinf).await["name"], "Antigo");

    // A copy that the firm corrected is its own: the catalogue leaves it, and says what it would have had.
    let seen = rules(desk, &reinf).await;
    let first = seen["rules"][0].clone();
    let correct = json!({
        "versionId": first["versionId"], "expectedVersion": seen["version"],
        "version": version(first["validFrom"].as_str(), first["validTo"].as_str(), day(3))
    });
    desk.done(&desk.owner, "ruleVersionUpdate", correct).await;
    let seen = rules(desk, &reinf).await;
    assert_eq!(each(&seen["rules"], "isOwn"), [json!(true), json!(false)]);
    assert_eq!(updates().await, json!([]));
    let words = json!({ "id": reinf, "expectedVersion": seen["version"], "name": "Nossa" });
    desk.done(&desk.owner, "obligationUpdate", words).await;
    assert_eq!(updates().await, json!([]), "the firm's words stay");
    month.write("UPDATE rule_versions SET shipped_digest = 'older' WHERE is_corrected").await;
    let seen = updates().await;
    assert_eq!(each(&seen, "obligation"), [json!({ "code": "BR-DIRBI" })]);
    assert_eq!(seen[0]["hiddenRules"].as_array().unwrap().len(), 1, "{seen}");
    let applied = desk.done(&desk.manager, "catalogueUpdateApply", json!({})).await;
    assert_eq!(applied["obligationIds"], json!([]));
    month.desk.finish().await;
}

/// C-11: when a year is confirmed, dates that stay are final and their assignees are told; owners are told how many others
/// would move.
#[tokio::test]
async fn c_11_a_confirmed_year_settles_dates() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    desk.portfolio(desk.client, &desk.member).await;
    let all = tasks.as_array().unwrap().len();
    let of = |number: usize| guichet_base::id::TaskId::decode(&text(&tasks[number]["id"])).unwrap().uuid();
    month
        .write(&format!(
            "UPDATE tasks SET assignee_id = '{}', provisional = '[{{\"why\": \"NO_WORKING_DAY\"}}]';
             UPDATE documents SET provisional = '[{{\"why\": \"NO_WORKING_DAY\"}}]';
             UPDATE tasks SET legal_due_on = '2026-01-02' WHERE id = '{}'",
            desk.member.staff_id().uuid(),
            of(0)
        ))
        .await;
    let year = json!({ "country": "BR", "region": "BR-SP", "city": "3550308", "year": 2026 });
    desk.done(&desk.owner, "calendarYearConfirm", year).await;
    desk.app.jobs_done().await;
    assert_eq!(month.numbers(&desk.member, "DUE_DATES_FINAL").await, [json!(all - 1)]);
    assert_eq!(month.numbers(&desk.owner, "DUE_DATES_TO_MOVE").await, [json!(1)]);
    let open = "SELECT count(*) FROM tasks WHERE provisional <> '[]'";
    assert_eq!(month.counted(open).await, 1, "the one that would move");
    assert_eq!(month.counted("SELECT count(*) FROM changes WHERE field = 'LEGAL_DUE_ON'").await, 0);
    assert_eq!(month.moves().await["counts"]["tasks"], 1);
    month.desk.finish().await;
}

/// C-08: a client's new closing day renames no year for which work was made, and one that is listed takes the place of
/// another only where it is named.
#[tokio::test]
async fn c_08_a_new_closing_day_keeps_the_past() {
    let month = Month::open().await;
    let desk = &month.desk;
    let create = json!({
        "name": "Balanço", "category": "ACCOUNTING",
        "recurrence": { "periodKind": "FISCAL_YEAR", "generateMonth": 1, "generateDay": 1 }, "documents": []
    });
    let yearly = desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"].clone();
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

/// C-09: what is handed in for an obligation of its own is due by that, not by the rule of the work.
#[tokio::test]
async fn c_09_a_document_with_a_table_of_the_authority() {
    let desk = Desk::open().await;
    desk.done(&desk.owner, "catalogueAdopt", json!({ "taskTypeCodes": ["ES-111T"] })).await;
    let client = abroad(&desk, "Taller", "ES").await;
    describe(&desk, client, "region", "ES-MD").await;
    describe(&desk, client, "city", "28079").await;
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

/// C-09: work is given to clients of the place whose law it follows, and of several of one name the narrowest.
#[tokio::test]
async fn c_09_jurisdictions_select_clients() {
    let desk = Desk::open().await;
    let work = async |code: &str, jurisdiction: &str| {
        let create = json!({
            "code": code, "name": "ISS", "category": "TAX", "periodKind": "MONTH", "jurisdiction": jurisdiction,
            "rules": [version(None, None, day(10))]
        });
        let obligation = desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"].clone();
        let create = json!({
            "name": code, "category": "TAX", "obligationId": obligation,
            "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 }, "documents": []
        });
        text(&desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"]["id"])
    };
    let (nation, rio) = (work("ISS", "BR").await, work("ISS-RIO", "BR-3304557").await);
    let gives = |client: ClientId, task_type: &str| json!({ "clientId": client.encode(), "taskTypeId": task_type, "firstPeriod": "2026-02" });
    let refused = async |client, task_type: &str| {
        desk.refused(&desk.owner, "recurringTaskCreate", gives(client, task_type)).await
    };
    assert_eq!(refused(desk.client, &rio).await, ["taskTypeId:NOT_FOR_PLACE"], "its place is not known");
    describe(&desk, desk.client, "city", "3304557").await;
    assert_eq!(refused(desk.client, &nation).await, ["taskTypeId:NOT_FOR_PLACE"], "the city's holds");
    desk.done(&desk.owner, "recurringTaskCreate", gives(desk.client, &rio)).await;
    let other = desk.firm.client("Paulista", None).await;
    describe(&desk, other, "city", "3550308").await;
    assert_eq!(refused(other, &rio).await, ["taskTypeId:NOT_FOR_PLACE"]);
    desk.done(&desk.owner, "recurringTaskCreate", gives(other, &nation)).await;
    let abroad = abroad(&desk, "Atelier", "FR").await;
    assert_eq!(refused(abroad, &nation).await, ["taskTypeId:NOT_FOR_PLACE"]);
    desk.finish().await;
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

/// C-11: a client that moves is told as the reason of a date, not the calendar.
#[tokio::test]
async fn c_11_a_client_that_moves_is_the_reason() {
    let month = Month::open().await;
    let desk = &month.desk;
    month
        .write(&format!(
            "UPDATE rule_versions SET due = '{}'",
            json!({
                "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "calendar": "BR-BANK", "reach": "CITY",
                "shift": "BEFORE"
            })
        ))
        .await;
    describe(desk, desk.client, "city", "3550308").await;
    month.recurs("2025-12").await;
    desk.app.jobs_done().await;
    let tasks = month.tasks().await;
    assert_eq!(tasks[0]["legalDueOn"], "2026-01-20");
    // 20 January is a holiday of Rio.
    let moves = attribute(desk.client, "city", "2026-01-01", json!("3304557"));
    desk.done(&desk.owner, "clientAttributeSet", moves).await;
    let seen = month.moves().await;
    let moved = seen["moves"].as_array().unwrap().iter().find(|one| one["documentId"].is_null()).unwrap();
    assert_eq!(
        (&moved["newLegalDueOn"], &moved["reason"]),
        (&json!("2026-01-19"), &json!("CLIENT")),
        "{seen}"
    );
    month.desk.finish().await;
}

/// C-10: an obligation that ends names the one that follows, and dates keep the version of the rule that they have.
#[tokio::test]
async fn c_10_successors_and_versions() {
    let (month, tasks) = Month::with_tasks().await;
    let desk = &month.desk;
    let version = "SELECT count(*) FROM tasks WHERE due_facts ->> 'version' IS NOT NULL";
    assert_eq!(month.counted(version).await, i64::try_from(tasks.as_array().unwrap().len()).unwrap());
    let shipped = guichet_obligations::shipped();
    let ends = shipped.obligations.iter().find(|one| one.successor.is_some() && one.code.starts_with("BR-"));
    let ends = ends.expect("an obligation of Brazil has a successor");
    let id = adopted(desk, &ends.code).await;
    assert_eq!(rules(desk, &id).await["successor"].as_str(), ends.successor.as_deref());
    month.desk.finish().await;
}

/// C-11: the preview says why a period makes no task: the work rests, or no rule holds any more.
#[tokio::test]
async fn c_11_the_preview_says_what_is_skipped() {
    let month = Month::open().await;
    let desk = &month.desk;
    desk.app.hold("generate_tasks").await;
    let id = month.recurs("2025-12").await;
    let pause = json!({
        "id": id, "expectedVersion": 1, "fromPeriod": "2026-01", "toPeriod": "2026-01", "reason": "Sem movimento"
    });
    desk.done(&desk.owner, "recurringTaskPause", pause).await;
    let obligation = text(&month.obligation().await);
    let seen = rules(desk, &obligation).await;
    let ends = json!({
        "versionId": seen["rules"][0]["versionId"], "expectedVersion": seen["version"],
        "version": version(None, Some("2026-01"), day(20))
    });
    desk.done(&desk.owner, "ruleVersionUpdate", ends).await;
    let query = "{ taskGenerationPreview(upTo: \"2026-03-02\") {
        taskCount lines { taskCount tasks { period } skipped { period reason } }
    } }";
    let preview = desk.app.ask(&desk.owner, query, json!({})).await["taskGenerationPreview"].clone();
    let skipped = json!([{ "period": "2026-01", "reason": "PAUSED" }, { "period": "2026-02", "reason": "NOT_COVERED" }]);
    let line = json!({ "taskCount": 1, "tasks": [{ "period": "2025-12" }], "skipped": skipped });
    assert_eq!(preview, json!({ "taskCount": 1, "lines": [line] }));
    desk.app.release("generate_tasks").await;
    month.desk.finish().await;
}
