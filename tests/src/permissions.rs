//! The permission table: who is answered what. `tests/permissions/table.md` tells its language.

use std::collections::BTreeMap;

/// The table, as people read it.
pub const TABLE: &str = include_str!("../permissions/table.md");
/// What is asked, row by row.
pub const DOCUMENTS: &str = include_str!("../permissions/documents.graphql");

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
            "role" => Self::Refused("NOT_ALLOWED".to_owned()),
            "none" => Self::Refused("NOT_FOUND".to_owned()),
            "ok" => Self::Done,
            "value" => Self::Value,
            "null" => Self::Null,
            "-" => Self::Sees(Vec::new()),
            code if is(code, |c| c.is_ascii_uppercase() || c == '_') => Self::Refused(code.to_owned()),
            names if names.split(' ').all(|name| is(name, |c| c.is_ascii_lowercase() || c == '_')) => {
                Self::Sees(names.split(' ').map(str::to_owned).collect())
            }
            _ => return None,
        })
    }
}

/// One row: a field, and what each of [`VIEWERS`] is answered.
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
}

impl Row {
    /// The name of its document.
    pub fn document(&self) -> String {
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
}

/// Reads [`TABLE`].
///
/// # Panics
/// On a row that has another number of cells than there are viewers, or a cell that says nothing.
pub fn table() -> Table {
    let mut table = Table::default();
    let mut head = String::new();
    for line in TABLE.lines() {
        let Some(inside) = line.strip_prefix('|').and_then(|line| line.strip_suffix('|')) else {
            head.clear();
            continue;
        };
        let mut cells = inside.split('|').map(str::trim);
        let first = cells.next().unwrap_or_default();
        if head.is_empty() {
            head = first.to_owned();
            if ROOTS.contains(&first) || first == "Field" {
                assert!(cells.eq(VIEWERS), "other columns than the viewers: {line}");
            }
            continue;
        }
        if first.starts_with('-') {
            continue;
        }
        match head.as_str() {
            of if ROOTS.contains(&of) || of == "Field" => table.rows.push(row(&head, first, cells)),
            "Type" => {
                let fields = cells.flat_map(|cell| cell.split(' ')).map(str::to_owned).collect();
                assert!(table.open.insert(first.to_owned(), fields).is_none(), "{first} is there twice");
            }
            _ => {}
        }
    }
    table
}

fn row<'a>(head: &str, name: &str, cells: impl Iterator<Item = &'a str>) -> Row {
    let (of, rest) = name.split_once('.').unwrap_or((head, name));
    let (field, variant) =
        rest.split_once('/').map_or((rest, None), |(field, variant)| (field, Some(variant)));
    let read = |cell: &str| Answer::read(cell).unwrap_or_else(|| panic!("{name}: what does `{cell}` mean?"));
    let answers: Vec<Answer> = cells.map(read).collect();
    assert_eq!(answers.len(), VIEWERS.len(), "{name} has an answer for each viewer");
    Row { of: of.to_owned(), field: field.to_owned(), variant: variant.map(str::to_owned), answers }
}
