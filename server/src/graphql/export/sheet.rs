//! CSV as spreadsheets read it (RFC 4180).

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use guichet_base::locale::Locale;

/// Marks the file as UTF-8; without it spreadsheets garble accents.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The delimiter: where the comma is the decimal sign, spreadsheets expect a semicolon.
const fn delimiter(locale: Locale) -> u8 {
    match locale {
        Locale::En => b',',
        Locale::PtBr | Locale::Fr | Locale::Es => b';',
    }
}

/// A cell with text written by users. Text that a spreadsheet would execute as a formula is prefixed with an
/// apostrophe (<https://owasp.org/www-community/attacks/CSV_Injection>).
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(SIGNS) { format!("'{text}").into() } else { text.into() }
}

/// Rows of equal length, whose cells are written as they are: see [`cell`].
pub(super) fn rows(locale: Locale, rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .delimiter(delimiter(locale))
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("memory takes everything, and rows are equally long");
    }
    writer.into_inner().expect("memory takes everything")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(locale: Locale, text: &[u8]) -> Vec<Vec<String>> {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter(locale)).has_headers(false).from_reader(text);
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn formulas_become_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["", "1+1", "a=b", "'=1", "São João", " =1"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn as_rfc_4180_writes_it() {
        let row = ["1", "Padaria \"São João\"; Ltda", "a\nb", "1,5", ""].map(str::to_owned).to_vec();
        let written = |locale| String::from_utf8(rows(locale, std::slice::from_ref(&row))).unwrap();
        assert_eq!(written(Locale::PtBr), "1;\"Padaria \"\"São João\"\"; Ltda\";\"a\nb\";1,5;\r\n");
        assert_eq!(written(Locale::En), "1,\"Padaria \"\"São João\"\"; Ltda\",\"a\nb\",\"1,5\",\r\n");
    }

    proptest! {
        /// D-01: any text survives the export, and no cell begins a formula.
        #[test]
        fn d_01_cells_survive(texts in proptest::collection::vec("[=+@\\-\t\r\n'\",; a-zé\\PC]{0,12}", 1..5), pick in 0usize..4) {
            let locale = Locale::ALL[pick];
            let safe: Vec<String> = texts.iter().map(|text| cell(text).into_owned()).collect();
            let found = read(locale, &rows(locale, &[safe.clone(), safe]));
            prop_assert_eq!(found.len(), 2);
            for (cell, text) in found[1].iter().zip(&texts) {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
                prop_assert!(cell == text || cell.strip_prefix('\'') == Some(text));
            }
            prop_assert_eq!(found[1].len(), texts.len());
        }
    }
}
