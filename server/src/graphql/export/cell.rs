//! What is in a cell of a file, whatever its format.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use guichet_base::locale::Locale;
use guichet_base::money::Money;

use super::sheet;

/// The content of a cell, so that spreadsheets can calculate with numbers and sort by dates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Nothing.
    Empty,
    /// Text, never a formula.
    Text(String),
    /// A whole number.
    Number(i64),
    /// An amount, without its currency.
    Amount(Money),
    /// A day.
    Date(NaiveDate),
    /// A moment, shown in the firm's time zone.
    Time(DateTime<Utc>),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }
}

impl From<NaiveDate> for Cell {
    fn from(date: NaiveDate) -> Self {
        Self::Date(date)
    }
}

impl From<DateTime<Utc>> for Cell {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Time(at)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(content: Option<T>) -> Self {
        content.map_or(Self::Empty, Into::into)
    }
}

/// How the viewer reads what is in a cell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// The language.
    pub locale: Locale,
    /// The firm's time zone.
    pub zone: Tz,
}

impl Format {
    /// The moment on the clock of the firm.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.zone).naive_local()
    }

    /// The content as a cell of a CSV file: text is never a formula, and a negative number stays a number.
    pub fn csv(&self, cell: &Cell) -> String {
        match cell {
            Cell::Text(text) => sheet::cell(text).into_owned(),
            _ => self.text(cell),
        }
    }

    /// The content as text, with dates as spreadsheets in every language recognize them.
    pub fn text(&self, cell: &Cell) -> String {
        match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Amount(amount) => amount.number(self.locale),
            Cell::Date(date) => date.to_string(),
            Cell::Time(at) => self.local(*at).format("%Y-%m-%d %H:%M").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D-01, C-03: dates as every spreadsheet recognizes them, on the clock of the firm; amounts in the viewer's language.
    #[test]
    fn d_01_cells_as_text() {
        let format = Format { locale: Locale::PtBr, zone: chrono_tz::America::Sao_Paulo };
        let amount = Money { amount_minor: 150_050, currency: "BRL".to_owned() };
        let at: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        for (cell, text) in [
            (Cell::Empty, ""),
            (String::new().into(), ""),
            ("=1".to_owned().into(), "=1"),
            (Cell::Number(-7), "-7"),
            (Cell::Amount(amount), "1500,50"),
            (at.date_naive().into(), "2026-03-02"),
            (at.into(), "2026-03-01 22:30"),
            (None::<NaiveDate>.into(), ""),
        ] {
            assert_eq!(format.text(&cell), text);
        }
        let loss = Money { amount_minor: -150_050, currency: "BRL".to_owned() };
        for (cell, text) in [
            (Cell::Text("-7".to_owned()), "'-7"),
            (Cell::Text("=1".to_owned()), "'=1"),
            (Cell::Number(-7), "-7"),
            (Cell::Amount(loss), "-1500,50"),
            (Cell::Empty, ""),
        ] {
            assert_eq!(format.csv(&cell), text);
        }
    }
}
