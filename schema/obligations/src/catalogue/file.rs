//! Reads and checks the files of the catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use guichet_base::locale::Locale;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Catalogue, Category, Direction, DocumentPlan, Names, ShippedObligation, TaskPlan};
use crate::book::{Book, Extension, Jurisdiction, Obligation};
use crate::period::PeriodKind;
use crate::read;
use crate::version::{Status, Version, bound};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    obligations: Vec<ObligationRow>,
    task_types: Vec<TaskRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ObligationRow {
    code: String,
    kind: PeriodKind,
    jurisdiction: String,
    category: Category,
    names: BTreeMap<Locale, String>,
    cutoff: Option<String>,
    successor: Option<String>,
    versions: Vec<VersionRow>,
    #[serde(default)]
    extensions: Vec<ExtensionRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VersionRow {
    from: Option<String>,
    to: Option<String>,
    due: Value,
    source: String,
    status: Status,
    note: Option<BTreeMap<Locale, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExtensionRow {
    period: String,
    due: NaiveDate,
    published: String,
    #[serde(default)]
    places: Vec<String>,
    when: Option<Value>,
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TaskRow {
    code: String,
    category: Category,
    kind: PeriodKind,
    obligation: String,
    names: BTreeMap<Locale, String>,
    generate: Generate,
    hand_in_by: Option<Value>,
    documents: Vec<DocumentRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Generate {
    month: i32,
    day: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentRow {
    direction: Direction,
    names: BTreeMap<Locale, String>,
    category: Option<Category>,
    obligation: Option<String>,
}

/// Anything in which no key is given twice. Without it, the last one would win and the others be lost.
struct OnceEach;

impl<'de> Deserialize<'de> for OnceEach {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for OnceEach {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value::<Self>()?;
            if let Some(twice) = keys.replace(key) {
                return Err(A::Error::custom(format!("{twice} is given twice")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }
}

pub(super) fn read_all(files: &[(&str, &str)]) -> Result<Catalogue, String> {
    let mut catalogue = Catalogue { obligations: Vec::new(), tasks: Vec::new(), book: Book::default() };
    let mut obligations = Vec::new();
    for (name, text) in files {
        serde_json::from_str::<OnceEach>(text).map_err(|error| format!("{name}: {error}"))?;
        let file: File = serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        for row in file.obligations {
            let code = row.code.clone();
            let (obligation, shown) =
                read_obligation(row).map_err(|error| format!("{name}, {code}: {error}"))?;
            obligations.push(obligation);
            catalogue.obligations.push(shown);
        }
        for row in file.task_types {
            let code = row.code.clone();
            catalogue
                .tasks
                .push(read_task(row).map_err(|error| format!("{name}, task type {code}: {error}"))?);
        }
    }
    let count = obligations.len();
    catalogue.book = obligations.into_iter().collect();
    check(&catalogue, count)?;
    Ok(catalogue)
}

/// What no single row can tell.
fn check(catalogue: &Catalogue, count: usize) -> Result<(), String> {
    let book = &catalogue.book;
    if book.iter().count() != count {
        return Err("two obligations have the same code".to_owned());
    }
    for obligation in book.iter() {
        let wrong = book.check(obligation);
        if !wrong.is_empty() {
            return Err(format!("{}: {wrong:?}", obligation.code));
        }
    }
    for shown in &catalogue.obligations {
        if shown.successor.as_ref().is_some_and(|code| book.get(code).is_none()) {
            return Err(format!("{}: its successor is unknown", shown.code));
        }
    }
    let mut codes = BTreeSet::new();
    for task in &catalogue.tasks {
        if !codes.insert(&task.code) {
            return Err(format!("task type {}: there are two", task.code));
        }
        check_task(book, task).map_err(|error| format!("task type {}: {error}", task.code))?;
    }
    if let Some(name) = twice(catalogue.tasks.iter().map(|task| &task.names)) {
        return Err(format!("two task types have the name {name}"));
    }
    let used: BTreeSet<&str> = catalogue.tasks.iter().flat_map(TaskPlan::obligations).collect();
    let has_ended = |obligation: &Obligation| obligation.versions.iter().all(|version| version.to.is_some());
    match book.iter().find(|one| !used.contains(one.code.as_str()) && !has_ended(one)) {
        Some(unused) => Err(format!("{}: no task type and no document is for it", unused.code)),
        None => Ok(()),
    }
}

fn check_task(book: &Book, task: &TaskPlan) -> Result<(), String> {
    for code in task.obligations() {
        if book.get(code).is_none_or(|obligation| obligation.kind != task.kind) {
            return Err(format!("obligation {code} is unknown or of other periods"));
        }
    }
    if let Some(name) = twice(task.documents.iter().map(|document| &document.names)) {
        return Err(format!("two documents have the name {name}"));
    }
    let has_input = task.documents.iter().any(|document| document.direction == Direction::Input);
    if has_input != task.hand_in_by.is_some() {
        return Err("handInBy goes with documents that the client hands in".to_owned());
    }
    let wrong = task.hand_in_by.as_ref().map(|rule| book.check_own(rule, task.kind)).unwrap_or_default();
    if wrong.is_empty() { Ok(()) } else { Err(format!("handInBy: {wrong:?}")) }
}

/// A name that two things have in one language.
fn twice<'a>(all: impl Iterator<Item = &'a Names>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    all.flat_map(|names| &names.0).find(|name| !seen.insert(*name)).map(|(_, name)| name.as_str())
}

fn read_obligation(row: ObligationRow) -> Result<(Obligation, ShippedObligation), String> {
    let mut notes = Vec::new();
    let mut versions = Vec::new();
    for (index, version) in row.versions.into_iter().enumerate() {
        let due =
            read::expression(&version.due).map_err(|problem| format!("version {index}: {problem:?}"))?;
        if version.source.trim().is_empty() {
            return Err(format!("version {index} has no source"));
        }
        notes.push(version.note.map(names).transpose()?);
        let VersionRow { from, to, source, status, .. } = version;
        versions.push(Version { id: None, from, to, due, source, status });
    }
    let extensions = row.extensions.into_iter().map(read_extension).collect::<Result<_, String>>()?;
    let jurisdiction = Jurisdiction::parse(&row.jurisdiction).ok_or("its jurisdiction is unknown")?;
    let shown = ShippedObligation {
        code: row.code.clone(),
        category: row.category,
        names: names(row.names)?,
        cutoff: row.cutoff,
        successor: row.successor,
        notes,
    };
    Ok((Obligation { code: row.code, kind: row.kind, jurisdiction, versions, extensions }, shown))
}

fn read_extension(row: ExtensionRow) -> Result<Extension, String> {
    let when =
        row.when.as_ref().map(read::condition).transpose().map_err(|problem| format!("{problem:?}"))?;
    // A month is as good as its last day: only the order counts.
    let (_, published) = bound(&row.published).ok_or("the day of its publication is no date")?;
    let ExtensionRow { period, due, places, source, .. } = row;
    Ok(Extension { period, due, published, places, when, source })
}

fn read_task(row: TaskRow) -> Result<TaskPlan, String> {
    let documents = row.documents.into_iter().map(|document| {
        Ok(DocumentPlan {
            direction: document.direction,
            names: names(document.names)?,
            category: document.category.unwrap_or(row.category),
            obligation: document.obligation,
        })
    });
    let hand_in_by = row.hand_in_by.as_ref().map(read::expression).transpose();
    Ok(TaskPlan {
        documents: documents.collect::<Result<_, String>>()?,
        code: row.code,
        category: row.category,
        names: names(row.names)?,
        kind: row.kind,
        begin: (row.generate.month, row.generate.day),
        obligation: row.obligation,
        hand_in_by: hand_in_by.map_err(|problem| format!("{problem:?}"))?,
    })
}

fn names(names: BTreeMap<Locale, String>) -> Result<Names, String> {
    let complete =
        Locale::ALL.iter().all(|locale| names.get(locale).is_some_and(|name| !name.trim().is_empty()));
    if complete { Ok(Names(names)) } else { Err("a name is missing in a language".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn small() -> Value {
        let names = |text: &str| json!({"en": text, "fr": text, "es": text, "pt-BR": text});
        let due = json!({"at": "PERIOD_END", "go": [{"months": 1}, {"day": 20}], "shift": "KEEP"});
        let document = |direction: &str, name: &str| json!({"direction": direction, "names": names(name)});
        json!({
            "obligations": [{
                "code": "BR-A", "kind": "MONTH", "jurisdiction": "BR", "category": "TAX", "names": names("A"),
                "versions": [{"due": due, "source": "Lei", "status": "KNOWN"}],
                "extensions": [
                    {"period": "2025-01", "due": "2025-03-31", "published": "2025-02", "source": "Ato"}
                ]
            }],
            "taskTypes": [{
                "code": "A", "category": "TAX", "kind": "MONTH", "obligation": "BR-A", "names": names("A"),
                "generate": {"month": 0, "day": 20},
                "handInBy": {"at": {"rule": "self"}, "go": [{"days": -5}], "shift": "KEEP"},
                "documents": [document("INPUT", "Notas"), document("OUTPUT", "Guia")]
            }]
        })
    }

    /// What the description of the files says is checked.
    #[test]
    fn what_is_wrong_with_a_file_is_told() {
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 13] = [
            (|file| file["obligations"][0]["extensions"][0]["period"] = json!("2025-Q1"), "Extension"),
            (|file| file["obligations"][0]["code"] = json!("BR-B"), "BR-A is unknown"),
            (|file| file["obligations"][0]["successor"] = json!("BR-B"), "its successor is unknown"),
            (|file| file["obligations"][0]["names"]["es"] = json!(" "), "missing in a language"),
            (
                |file| {
                    let mut other = file["obligations"][0].clone();
                    other["code"] = json!("BR-B");
                    file["obligations"].as_array_mut().unwrap().push(other);
                },
                "BR-B: no task type and no document is for it",
            ),
            (
                |file| {
                    let other = file["obligations"][0].clone();
                    file["obligations"].as_array_mut().unwrap().push(other);
                },
                "same code",
            ),
            (
                |file| {
                    let other = file["taskTypes"][0].clone();
                    file["taskTypes"].as_array_mut().unwrap().push(other);
                },
                "there are two",
            ),
            (
                |file| {
                    let mut other = file["taskTypes"][0].clone();
                    other["code"] = json!("B");
                    file["taskTypes"].as_array_mut().unwrap().push(other);
                },
                "two task types have the name A",
            ),
            (
                |file| file["taskTypes"][0]["documents"][1]["names"]["fr"] = json!("Notas"),
                "two documents have the name Notas",
            ),
            (|file| file["taskTypes"][0]["handInBy"] = Value::Null, "handInBy goes with"),
            (
                |file| file["taskTypes"][0]["documents"][0]["direction"] = json!("OUTPUT"),
                "handInBy goes with",
            ),
            (|file| file["taskTypes"][0]["handInBy"]["at"]["rule"] = json!("BR-B"), "BR-B"),
            (|file| file["taskTypes"][0]["kind"] = json!("QUARTER"), "of other periods"),
        ];
        read_all(&[("small", &small().to_string())]).unwrap();
        for (change, told) in cases {
            let mut file = small();
            change(&mut file);
            let error = read_all(&[("small", &file.to_string())]).unwrap_err();
            assert!(error.contains(told), "{told}: {error}");
        }
        // What has ended needs no work.
        let mut file = small();
        let mut ended = file["obligations"][0].clone();
        ended["code"] = json!("BR-B");
        ended["versions"][0]["to"] = json!("2024-12");
        file["obligations"].as_array_mut().unwrap().push(ended);
        read_all(&[("small", &file.to_string())]).unwrap();
    }

    #[test]
    fn a_key_is_given_once() {
        let file = small().to_string();
        for (once, twice) in [
            (r#""shift":"KEEP""#, r#""shift":"KEEP","shift":"KEEP""#),
            (r#""es":"A""#, r#""es":"A","es":"B""#),
            (r#""day":20}]"#, r#""day":20,"day":21}]"#),
        ] {
            let changed = file.replacen(once, twice, 1);
            assert_ne!(changed, file);
            let error = read_all(&[("small", &changed)]).unwrap_err();
            assert!(error.contains("is given twice"), "{error}");
        }
    }
}
