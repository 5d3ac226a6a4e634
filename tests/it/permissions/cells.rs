//! The cells: what is asked, what must be answered, and that a refusal changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use guichet_tests::permissions::{Answer, DOCUMENTS, Row, VIEWERS, table};
use serde_json::{Value, json};

use super::cast::{Cast, Stage};

/// The text of each document by name.
fn documents() -> BTreeMap<String, String> {
    let mut documents: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in DOCUMENTS.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        if let (Some("query" | "mutation" | "subscription"), Some(named)) = (words.next(), words.next()) {
            name = named.to_owned();
        }
        let text = documents.entry(name.clone()).or_default();
        text.push_str(line);
        text.push('\n');
    }
    documents
}

/// What is wrong with the answer to a row's document.
fn wrong(cast: &Cast, row: &Row, expected: &Answer, answer: &Value) -> Option<String> {
    let right = match expected {
        Answer::Error(code) => answer["errors"][0]["extensions"]["code"] == *code,
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
        Answer::Value => field(row, answer).is_some_and(|value| !is_empty(value)),
        Answer::Null => field(row, answer).is_some_and(is_empty),
    };
    (!right).then(|| format!("{answer:.600} instead of {expected:?}"))
}

/// The names of the cast whose ids are anywhere in an answer.
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

/// The field that a row is about, in the thing that has it; none where that is not there.
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

/// Counts what acts leave behind.
async fn traces(stage: &Stage) -> String {
    #[derive(QueryableByName)]
    struct Traces {
        #[diesel(sql_type = Text)]
        told: String,
    }
    let count = "SELECT concat_ws(' ',
        (SELECT sum(revision) FROM firm_feed), (SELECT count(*) FROM audit), (SELECT count(*) FROM jobs),
        (SELECT count(*) FROM idempotency_keys), (SELECT count(*) FROM sessions),
        (SELECT count(*) FROM changes), (SELECT count(*) FROM read_marks), (SELECT count(*) FROM files),
        (SELECT count(*) FROM attachments), (SELECT count(*) FROM file_accesses)) AS told";
    let traces: Traces =
        diesel::sql_query(count).get_result(&mut stage.store.conn().await.unwrap()).await.unwrap();
    traces.told
}

/// What is wrong in one column.
async fn column(
    cast: &Cast,
    documents: &BTreeMap<String, String>,
    rows: &[Row],
    column: usize,
) -> Vec<String> {
    let viewer = VIEWERS[column];
    let shared = cast.stage(viewer).await;
    let before = traces(&shared).await;
    let mut mistakes = Vec::new();
    for row in rows {
        let expected = &row.answers[column];
        let ask = async |stage: &Stage| {
            let (token, document) = (cast.token(viewer), &documents[&row.document()]);
            let answer = match row.of.as_str() {
                "Subscription" => stage.follow(token, document).await,
                _ => stage.ask(token, document, json!({})).await,
            };
            wrong(cast, row, expected, &answer)
                .map(|wrong| format!("{} as {viewer}: {wrong}", row.document()))
        };
        if row.of == "Mutation" && *expected == Answer::Done {
            let own = cast.stage(viewer).await;
            mistakes.extend(ask(&own).await);
            own.leave().await;
        } else {
            mistakes.extend(ask(&shared).await);
        }
    }
    if traces(&shared).await != before {
        mistakes.push(format!("what {viewer} was refused left a trace"));
    }
    shared.leave().await;
    mistakes
}

/// B-05, B-14, B-15: each viewer is answered what the table declares, no more and no less: nobody's ids
/// by list, by node, or within something else. What is refused leaves no trace; each act that is done is
/// tried on a set-up of its own.
#[tokio::test]
async fn every_cell_is_as_declared() {
    let cast = Cast::assemble().await;
    let mut documents = documents();
    for text in documents.values_mut() {
        for (name, value) in &cast.names {
            *text = text.replace(&format!("{{{name}}}"), value);
        }
        assert!(!text.contains("\"{"), "a name that nobody has: {text}");
    }
    let rows = table().rows;
    let columns = (0..VIEWERS.len()).map(|index| column(&cast, &documents, &rows, index));
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
