//! The cells of the permission table: each request must have the declared answer, and a refusal must change nothing.

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use guichet_tests::permissions::{Answer, ROOTS, Row, VIEWERS, table};
use guichet_tests::vocabulary::refused_with;
use serde_json::{Value, json};

use super::cast::{Cast, Stage};

/// Why the answer to a row's document is wrong; none when it is right.
fn wrong(cast: &Cast, row: &Row, expected: &Answer, answer: &Value) -> Option<String> {
    let right = match expected {
        Answer::Error(code) => answer["errors"][0]["extensions"]["code"] == *code,
        // A query has no user errors: its refusal is an error of the request.
        Answer::Refused(code) if row.of == "Query" => answer["errors"][0]["extensions"]["reason"] == *code,
        _ if answer.get("errors").is_some() => false,
        Answer::Refused(code) => answer["data"][&row.field]["userErrors"][0]["code"] == *code,
        Answer::Done => {
            let field = &answer["data"][&row.field];
            !field.is_null() && field.get("userErrors").is_none_or(|errors| *errors == json!([]))
        }
        Answer::Sees(names) => {
            let mut seen = BTreeSet::new();
            see(cast, &answer["data"], &mut seen);
            seen.iter().eq(names.iter().map(String::as_str).collect::<BTreeSet<_>>().iter())
        }
        Answer::Counts(number) => answer["data"][&row.field]["totalCount"] == *number,
        Answer::Value if ROOTS.contains(&row.of.as_str()) => !is_empty(&answer["data"][&row.field]),
        Answer::Value => field(row, answer).is_some_and(|value| !is_empty(value)),
        Answer::Null if ROOTS.contains(&row.of.as_str()) => is_empty(&answer["data"][&row.field]),
        Answer::Null => field(row, answer).is_some_and(is_empty),
    };
    (!right).then(|| format!("{answer:.600} instead of {expected:?}"))
}

/// Collects the names of the cast whose ids are anywhere in an answer.
fn see<'a>(cast: &'a Cast, answer: &Value, seen: &mut BTreeSet<&'a str>) {
    match answer {
        Value::String(text) => {
            seen.extend(cast.names.iter().filter(|(_, id)| *id == text).map(|(name, _)| name.as_str()));
        }
        Value::Array(values) => values.iter().for_each(|value| see(cast, value, seen)),
        Value::Object(fields) => fields.values().for_each(|value| see(cast, value, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The field that a row is about, in the first object that has it; none when the object is missing.
fn field<'a>(row: &Row, answer: &'a Value) -> Option<&'a Value> {
    let mut thing = &answer["data"];
    loop {
        thing = thing.as_object()?.values().next()?;
        if let Some(field) = thing.get(&row.field) {
            return Some(field);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    let value = value.get("nodes").unwrap_or(value);
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Runs a statement that returns the column `told`.
async fn told(stage: &Stage, statement: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Text)]
        told: String,
    }
    let mut conn = stage.store.conn().await.unwrap();
    let rows: Vec<Told> = diesel::sql_query(statement).load(&mut conn).await.unwrap();
    rows.into_iter().map(|row| row.told).collect()
}

/// Counts the traces of actions: the revisions, and the rows of every table.
async fn traces(stage: &Stage) -> String {
    let tables = "SELECT relname::text AS told FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') ORDER BY relname";
    let count = |table: &String| format!("'{table} ' || (SELECT count(*) FROM \"{table}\")");
    let counts = told(stage, tables).await.iter().map(count).collect::<Vec<_>>().join(", ");
    let count = format!("SELECT concat_ws(', ', (SELECT sum(revision) FROM firm_feed), {counts}) AS told");
    told(stage, &count).await.remove(0)
}

/// The names under which actions are in the audit and under which idempotency keys are stored.
async fn names_of_acts(stage: &Stage) -> Vec<String> {
    told(stage, "SELECT act AS told FROM audit UNION ALL SELECT mutation FROM idempotency_keys").await
}

/// What mails and notifies people.
async fn mails(stage: &Stage) -> Vec<String> {
    let both = "SELECT id::text AS told FROM email_deliveries UNION ALL SELECT id::text FROM notifications ORDER BY told";
    told(stage, both).await
}

/// The names that are in `after` more often than in `before`.
fn added(before: &[String], after: Vec<String>) -> BTreeSet<String> {
    let count = |names: &[String], name: &String| names.iter().filter(|other| *other == name).count();
    let more = after.iter().filter(|name| count(&after, name) > count(before, name));
    more.cloned().collect()
}

/// The mistakes in one column.
async fn column(cast: &Cast, rows: &[Row], column: usize) -> Vec<String> {
    let viewer = VIEWERS[column];
    let shared = cast.stage(viewer).await;
    let before = traces(&shared).await;
    let mut mistakes = Vec::new();
    for row in rows {
        let expected = &row.answers[column];
        let ask = async |stage: &Stage| {
            let (token, document) = (cast.token(viewer), &row.document);
            let answer = match row.of.as_str() {
                "Subscription" => stage.follow(token, document).await,
                _ => stage.ask(token, document, json!({})).await,
            };
            wrong(cast, row, expected, &answer).map(|wrong| format!("{} as {viewer}: {wrong}", row.name()))
        };
        if row.of == "Mutation" && *expected == Answer::Done {
            let own = cast.stage(viewer).await;
            let (before, mails) = (names_of_acts(&own).await, mails(&own).await);
            mistakes.extend(ask(&own).await);
            if self::mails(&own).await != mails && !refused_with("TOO_FAST").contains(&row.field.as_str()) {
                mistakes
                    .push(format!("{} as {viewer} mails or notifies others, and has no pace", row.name()));
            }
            for act in added(&before, names_of_acts(&own).await) {
                // Who accepts an invitation is signed in by it.
                let is_sign_in = row.field == "invitationAccept" && act == "signIn";
                if act != row.field && !is_sign_in {
                    mistakes.push(format!("{} as {viewer} is recorded as {act}", row.name()));
                }
            }
            own.leave().await;
        } else {
            mistakes.extend(ask(&shared).await);
        }
    }
    let after = traces(&shared).await;
    if after != before {
        mistakes.push(format!("what {viewer} was refused left a trace: {before} became {after}"));
    }
    shared.leave().await;
    mistakes
}

/// B-05, B-14, B-15: each viewer gets exactly the declared answers, so no id of others by list, by node or within
/// another object. Refusals leave no trace. Each mutation that succeeds is tried on a separate copy, and has its own
/// name in the audit (F-03) and at its idempotency key. One that mails or notifies others (D-05, D-11) documents the pace.
#[tokio::test]
async fn every_cell_is_as_declared() {
    let cast = Cast::assemble().await;
    let table = table();
    let of_viewer = |name: &str| {
        let viewer = ["account_", "staff_", "access_"].iter().find_map(|kind| name.strip_prefix(kind));
        viewer.is_some_and(|viewer| VIEWERS.contains(&viewer))
    };
    let named: BTreeSet<_> = cast.names.keys().filter(|name| !of_viewer(name)).cloned().collect();
    assert_eq!(named, table.cast, "the cast, and what the files explain");
    let mut rows = table.rows;
    for row in &mut rows {
        for (name, value) in &cast.names {
            row.document = row.document.replace(&format!("{{{name}}}"), value);
        }
        assert!(!row.document.contains("\"{"), "a name that nobody has: {}", row.document);
    }
    let columns = (0..VIEWERS.len()).map(|index| column(&cast, &rows, index));
    let mistakes = join_all(columns).await.concat();
    assert!(
        mistakes.is_empty(),
        "{} cells of {}:\n{}",
        mistakes.len(),
        rows.len() * VIEWERS.len(),
        mistakes.join("\n")
    );
    cast.leave().await;
}
