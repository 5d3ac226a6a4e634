//! The catalogue that new firms start with: obligations of four countries, and the work that they mean. Data that people
//! can read, correct and add to (`data/catalogue`), checked when it is read.

mod file;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use guichet_base::locale::Locale;
use guichet_base::text_enum;

use crate::book::Book;
use crate::expression::Expr;
use crate::holidays;
use crate::period::PeriodKind;

text_enum! {
    /// What a document is about, which decides who of a client sees it.
    pub enum Category {
        /// Taxes.
        Tax = "TAX",
        /// Wages and what depends on them.
        Payroll = "PAYROLL",
        /// Books and accounts.
        Accounting = "ACCOUNTING",
        /// The company itself: minutes, statutes, registers.
        Corporate = "CORPORATE",
        /// Everything else.
        Other = "OTHER",
    }
}

text_enum! {
    /// Who brings a document.
    pub enum Direction {
        /// The client hands it in.
        Input = "INPUT",
        /// The firm delivers it.
        Output = "OUTPUT",
    }
}

/// A name in every language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(BTreeMap<Locale, String>);

impl Names {
    /// The name in a language.
    pub fn of(&self, locale: Locale) -> &str {
        self.0.get(&locale).map(String::as_str).unwrap_or_default()
    }
}

/// What comes with the program.
#[derive(Debug)]
pub struct Catalogue {
    /// The obligations, with what is not needed to compute.
    pub obligations: Vec<ShippedObligation>,
    /// Kinds of work.
    pub tasks: Vec<TaskPlan>,
    /// The obligations to compute with.
    pub book: Book,
}

/// What people read of an obligation.
#[derive(Debug)]
pub struct ShippedObligation {
    /// Its code.
    pub code: String,
    /// What it is about.
    pub category: Category,
    /// Its name.
    pub names: Names,
    /// The hour until which it can be done on the last day, as `12:00`.
    pub cutoff: Option<String>,
    /// The obligation that follows when this one ends.
    pub successor: Option<String>,
    /// A doubt about each version, in the order of the versions.
    pub notes: Vec<Option<Names>>,
}

/// Work that a firm does for clients period by period.
#[derive(Debug)]
pub struct TaskPlan {
    /// Its code.
    pub code: String,
    /// What it is about.
    pub category: Category,
    /// Its name.
    pub names: Names,
    /// For which periods.
    pub kind: PeriodKind,
    /// The month in which it begins, counted from the one in which the period ends, and the day.
    pub begin: (i32, u32),
    /// What it is due for.
    pub obligation: String,
    /// Until when the client hands in what is needed.
    pub hand_in_by: Option<Expr>,
    /// What is handed in and delivered.
    pub documents: Vec<DocumentPlan>,
}

/// A document of a piece of work.
#[derive(Debug)]
pub struct DocumentPlan {
    /// Who brings it.
    pub direction: Direction,
    /// Its name.
    pub names: Names,
    /// What it is about.
    pub category: Category,
    /// Its own obligation, if it is another than that of the work.
    pub obligation: Option<String>,
}

impl TaskPlan {
    /// The codes of all that it is due for.
    pub fn obligations(&self) -> impl Iterator<Item = &str> {
        let of_documents = self.documents.iter().filter_map(|document| document.obligation.as_deref());
        of_documents.chain([self.obligation.as_str()])
    }
}

static SHIPPED: LazyLock<Catalogue> =
    LazyLock::new(|| file::read_all(&FILES).expect("the catalogue is checked by a test"));

/// The catalogue that comes with the program.
pub fn shipped() -> &'static Catalogue {
    &SHIPPED
}

/// The catalogue and the holidays as texts, by which one can tell whether they are those of another program.
pub fn shipped_texts() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(_, text)| *text).chain(holidays::TEXTS)
}

const FILES: [(&str, &str); 5] = [
    ("br.json", include_str!("../data/catalogue/br.json")),
    ("fr.json", include_str!("../data/catalogue/fr.json")),
    ("es.json", include_str!("../data/catalogue/es.json")),
    ("pt.json", include_str!("../data/catalogue/pt.json")),
    ("firm.json", include_str!("../data/catalogue/firm.json")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;
    use crate::read;
    use serde_json::Value;

    #[test]
    fn what_is_shipped_can_be_read() {
        let catalogue = file::read_all(&FILES).unwrap();
        let versions: usize = catalogue.book.iter().map(|obligation| obligation.versions.len()).sum();
        assert!(catalogue.book.iter().count() >= 76 && versions >= 82, "{versions} versions");
        // Rules are written as they are read.
        for version in catalogue.book.iter().flat_map(|obligation| &obligation.versions) {
            let written = Value::from(&version.due);
            assert_eq!(read::expression(&written).as_ref(), Ok(&version.due), "{written}");
        }
    }

    /// Who adds to the catalogue finds every calendar in its description.
    #[test]
    fn calendars_are_described() {
        let described = include_str!("../data/catalogue/README.md");
        for calendar in Calendar::ALL {
            assert!(described.contains(&format!("`{calendar}`")), "{calendar}");
        }
    }
}
