//! The form of every text that a mutation takes from a person.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use guichet_tests::vocabulary;
use serde_json::{Value, json};

use super::drafts::{draft, put};
use crate::desk::ticket::desk::{Desk, errors};

/// Texts that programs make and compare, or that have a form of their own.
const NO_WORDS: &[&str] = &[
    "city",
    "code",
    "contentType",
    "country",
    "currency",
    "cutoff",
    "documentEmails",
    "domain",
    "email",
    "firstPeriod",
    "fiscalYearEnd",
    "fromPeriod",
    "idempotencyKey",
    "jurisdiction",
    "key",
    "lastPeriod",
    "lines",
    "mailFrom",
    "mailReplyTo",
    "obligationCodes",
    "otherRegistrations",
    "password",
    "period",
    "places",
    "region",
    "registration",
    "secret",
    "sha256",
    "taskTypeCodes",
    "text",
    "ticketEmails",
    "timeZone",
    "toPeriod",
    "validFrom",
    "validTo",
    "zone",
];
/// The same where the field of another mutation is a text of people.
const NO_WORD: &[&str] = &["clientEventSet.name"];
/// Texts that may be left empty.
const MAY_BE_EMPTY: &[&str] = &[
    "clientCreate.phone",
    "clientUpdate.phone",
    "documentHandIn.note",
    "documentUnpublish.reason",
    "invitationAccept.name",
    "obligationCreate.rules.0.note",
    "recurringTaskPause.reason",
    "ruleVersionCreate.version.note",
    "ruleVersionUpdate.version.note",
    "serviceItemCreate.description",
    "serviceItemUpdate.description",
    "taskAssign.note",
    "taskCreate.description",
    "taskEdit.description",
    "taskStatusChange.reason",
    "taskTypeCreate.description",
    "taskTypeCreate.documents.0.folder",
    "taskTypeUpdate.description",
    "taskTypeUpdate.documents.0.folder",
    "tasksAssign.note",
    "tasksStatusChange.reason",
    "ticketCreate.description",
    "ticketEdit.description",
    "ticketReopen.reason",
    "ticketTransfer.note",
];

/// In how many rows of all tables this text is.
async fn stored(desk: &Desk, wanted: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }
    #[derive(QueryableByName)]
    struct Rows {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let mut conn = desk.app.store.conn().await.unwrap();
    let tables = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<Name> = diesel::sql_query(tables).load(&mut conn).await.unwrap();
    let count = |Name { name }: Name| {
        format!("(SELECT count(*) FROM \"{name}\" AS a WHERE position($1 IN to_jsonb(a)::text) > 0)")
    };
    let counts = tables.into_iter().map(count).collect::<Vec<_>>().join(" + ");
    let wanted = json!(wanted).to_string();
    let rows =
        diesel::sql_query(format!("SELECT {counts} AS rows")).bind::<Text, _>(wanted.trim_matches('"'));
    rows.get_result::<Rows>(&mut conn).await.unwrap().rows
}

/// The errors of a payload, and those of its parts.
fn all_errors(payload: &Value) -> Vec<String> {
    let parts = payload["uploads"].as_array().into_iter().flatten().enumerate();
    let of_parts = parts.flat_map(|(index, part)| {
        errors(part).into_iter().map(move |error| format!("files.{index}.{error}"))
    });
    errors(payload).into_iter().chain(of_parts).collect()
}

/// B-13, D-03, D-07: every text that a person writes is composed, on one line unless it may have several, and without what
/// nobody sees; what nobody sees alone is no text, and what deceives is refused. A new text of a mutation is tried here
/// without a word.
#[tokio::test]
async fn every_text_has_one_form() {
    let desk = Desk::open().await;
    let mut number = 0;
    for mutation in vocabulary::mutations() {
        let words = vocabulary::inputs(mutation, "String").into_iter();
        for path in words.filter(|path| !NO_WORDS.iter().any(|name| path.contains(name))) {
            let place = format!("{mutation}.{}", path.join("."));
            if NO_WORD.contains(&place.as_str()) {
                continue;
            }
            // The name of a file has an end.
            let end = if mutation == "fileUploadCreate" { ".pdf" } else { "" };
            let give = async |value: String| {
                let (by, mut input) = draft(&desk, mutation).await;
                put(&mut input, &path, json!(value));
                all_errors(&desk.act(by, mutation, input).await)
            };
            number += 1;
            let typed = format!("Fo\u{200b}lha de Marc\u{327}o\u{b}{number}{end}");
            assert_eq!(give(typed).await, [""; 0], "{place}");
            let forms = [" ", "\n"].map(|between| format!("Folha de Março{between}{number}{end}"));
            let seen = stored(&desk, &forms[0]).await + stored(&desk, &forms[1]).await;
            assert!(seen > 0, "{place}: neither {forms:?} is stored");

            let told = give("\u{200b}\u{ad}\u{3164}\u{feff}".to_owned()).await;
            if MAY_BE_EMPTY.contains(&place.as_str()) {
                assert_eq!(told, [""; 0], "{place}");
            } else {
                let code = if mutation == "ticketStatusChange" { "REASON_REQUIRED" } else { "REQUIRED" };
                assert_eq!(told, [format!("{}:{code}", path.join("."))], "{place}");
            }
            let told = give(format!("fdp.\u{202e}exe{end}")).await;
            assert_eq!(told, [format!("{}:INVALID_TEXT", path.join("."))], "{place}");
        }
    }
    assert!(number > 20, "{number} texts");
    for unseen in ["\u{200b}", "\u{ad}", "\u{3164}", "\u{202e}", "\u{327}", "\u{b}"] {
        assert_eq!(stored(&desk, unseen).await, 0, "{unseen:?}");
    }
    desk.finish().await;
}
