//! The permission table: who is answered what. `tests/permissions/README.md` tells its language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The viewers, in the order of the columns.
pub const VIEWERS: [&str; 12] = [
    "nobody", "admin", "other", "collab", "pending", "member", "own", "manager", "owner", "foreign",
    "removed", "expired",
];

/// The types whose fields are asked for first.
pub const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];

/// What a viewer is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// An error of the request with this code.
    Error(&'static str),
    /// User errors with this code.
    Refused(String),
    /// No error, and the field is not null.
    Done,
    /// No error, and of all the cast exactly these ids.
    Sees(Vec<String>),
    /// No error, and this `totalCount`.
    Counts(i64),
    /// No error, and the field is neither null nor empty.
    Value,
    /// No error, the thing is there, and its field is null or empty.
    Null,
}

impl Answer {
    fn read(cell: &str) -> Option<Self> {
        let is = |word: &str, others: fn(char) -> bool| !word.is_empty() && word.chars().all(others);
        Some(match cell {
            "login" => Self::Error("UNAUTHENTICATED"),
            "hat" => Self::Error("MEMBERSHIP_REQUIRED"),
            "role" => Self::Refused("NOT_ALLOWED".to_owned()),
            "none" => Self::Refused("NOT_FOUND".to_owned()),
            "ok" => Self::Done,
            "value" => Self::Value,
            "null" => Self::Null,
            "-" => Self::Sees(Vec::new()),
            number if is(number, |c| c.is_ascii_digit()) => Self::Counts(number.parse().ok()?),
            code if is(code, |c| c.is_ascii_uppercase() || c == '_') => Self::Refused(code.to_owned()),
            names if names.split(' ').all(|name| is(name, |c| c.is_ascii_lowercase() || c == '_')) => {
                Self::Sees(names.split(' ').map(str::to_owned).collect())
            }
            _ => return None,
        })
    }
}

/// One entry: a question to a field, and what each of [`VIEWERS`] is answered.
#[derive(Debug, Clone)]
pub struct Row {
    /// One of [`ROOTS`], or the type of a field that some do not see.
    pub of: String,
    /// The field.
    pub field: String,
    /// Which of several questions to it.
    pub variant: Option<String>,
    /// The answers, by viewer.
    pub answers: Vec<Answer>,
    /// The question.
    pub document: String,
}

impl Row {
    /// The name of its document.
    pub fn name(&self) -> String {
        let of = if ROOTS.contains(&self.of.as_str()) { None } else { Some(&self.of) };
        let parts = of.into_iter().chain([&self.field]).chain(&self.variant);
        parts.map(|part| part.replace('/', "_")).collect::<Vec<_>>().join("_")
    }
}

/// The whole table.
#[derive(Debug, Default)]
pub struct Table {
    /// The rows with an answer for each viewer.
    pub rows: Vec<Row>,
    /// By type: the fields that whoever sees the thing sees.
    pub open: BTreeMap<String, Vec<String>>,
    /// The names that the files explain.
    pub cast: BTreeSet<String>,
}

/// Reads the files of all nouns in `tests/permissions`.
///
/// # Panics
/// On an entry that does not answer each viewer once, or an answer that says nothing.
pub fn table() -> Table {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/permissions");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.expect("a file of the folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "graphql"));
    files.sort();
    let mut table = Table::default();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a file of the table is text");
        text.split("\n\n").for_each(|part| read(part, &mut table));
    }
    table
}

/// Reads what is between two empty lines: lines of open fields and of the cast, or an entry.
fn read(part: &str, table: &mut Table) {
    let (mut name, mut answers) = ("", BTreeMap::new());
    let mut lines = part.lines().peekable();
    while let Some(line) = lines.next_if(|line| line.starts_with('#')) {
        if let Some(open) = line.strip_prefix("# open ") {
            let (of, fields) = open.split_once(": ").unwrap_or_else(|| panic!("no fields: {line}"));
            // The fields of a large type are on several lines.
            let known = table.open.entry(of.to_owned()).or_default();
            for field in fields.split(' ') {
                assert!(!known.iter().any(|known| known == field), "{of}.{field} is there twice");
                known.push(field.to_owned());
            }
        } else if let Some(cast) = line.strip_prefix("# cast ") {
            let (name, _) = cast.split_once(": ").unwrap_or_else(|| panic!("what is it? {line}"));
            assert!(table.cast.insert(name.to_owned()), "{name} is there twice");
        } else if let Some(answer) = line.strip_prefix("#   ") {
            let (answer, viewers) =
                answer.split_once(": ").unwrap_or_else(|| panic!("{name}: no viewers: {line}"));
            let meant = Answer::read(answer).unwrap_or_else(|| panic!("{name}: what does `{answer}` mean?"));
            for viewer in viewers.split(' ') {
                assert!(VIEWERS.contains(&viewer), "{name}: who is {viewer}?");
                assert!(answers.insert(viewer, meant.clone()).is_none(), "{name}: {viewer} is there twice");
            }
        } else {
            name = line.trim_start_matches("# ");
        }
    }
    let document: String = lines.flat_map(|line| [line, "\n"]).collect();
    if document.is_empty() {
        assert!(name.is_empty(), "{name} has no question");
        return;
    }
    let answered =
        |viewer| answers.remove(viewer).unwrap_or_else(|| panic!("{name} has no answer for {viewer}"));
    let answers = VIEWERS.map(answered).into();
    let root = ROOTS.into_iter().find(|root| document.starts_with(&root.to_lowercase()));
    let root = root.unwrap_or_else(|| panic!("{name} asks nothing"));
    let (of, rest) = name.split_once('.').unwrap_or((root, name));
    let (field, variant) =
        rest.split_once('/').map_or((rest, None), |(field, variant)| (field, Some(variant)));
    let variant = variant.map(str::to_owned);
    table.rows.push(Row { of: of.to_owned(), field: field.to_owned(), variant, answers, document });
}
