//! XLSX as spreadsheets read it (ISO/IEC 29500), written row by row.

use std::fs::File;

use guichet_base::error::Fault;
use guichet_base::locale::Locale;
use rust_xlsxwriter::{Format as Style, Workbook, Worksheet, XlsxError};

use super::cell::{Cell, Format};

/// The longest text of a cell, in characters.
const MAX_TEXT: usize = 32_767;
/// The width of columns, in characters: a name or a title is mostly readable.
const WIDTH: f64 = 20.0;

/// A workbook with one sheet. What is written of it is on disk, not in memory.
pub(super) struct Book {
    workbook: Workbook,
    format: Format,
    row: u32,
    date: Style,
    time: Style,
}

impl Book {
    /// A sheet with these titles, which stay in sight.
    pub fn new(format: Format, titles: &[String]) -> Result<Self, Fault> {
        let day = match format.locale {
            Locale::En => "yyyy-mm-dd",
            Locale::PtBr | Locale::Fr | Locale::Es => "dd/mm/yyyy",
        };
        let mut book = Self {
            workbook: Workbook::new(),
            format,
            row: 0,
            date: Style::new().set_num_format(day),
            time: Style::new().set_num_format(format!("{day} hh:mm")),
        };
        book.begin(titles).map_err(broken)?;
        Ok(book)
    }

    fn begin(&mut self, titles: &[String]) -> Result<(), XlsxError> {
        let bold = Style::new().set_bold();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        for (column, title) in (0..).zip(titles) {
            sheet.set_column_width(column, WIDTH)?;
            sheet.write_string_with_format(0, column, title, &bold)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        self.row = 1;
        Ok(())
    }

    /// Writes rows below those that are there.
    pub fn add(&mut self, rows: &[Vec<Cell>]) -> Result<(), Fault> {
        let Self { workbook, format, row, date, time } = self;
        let sheet = workbook.worksheet_from_index(0).map_err(broken)?;
        for cells in rows {
            for (column, cell) in (0..).zip(cells) {
                write(sheet, (*row, column), cell, format, (date, time)).map_err(broken)?;
            }
            *row += 1;
        }
        Ok(())
    }

    /// Writes the whole file.
    pub fn finish(mut self, file: &mut File) -> Result<(), Fault> {
        self.workbook.save_to_writer(file).map_err(broken)
    }
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    shown: &Format,
    (date, time): (&Style, &Style),
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => {
            // A string is never read as a formula, whatever it begins with.
            sheet.write_string(row, column, text.chars().take(MAX_TEXT).collect::<String>())?;
        }
        Cell::Number(number) => {
            sheet.write_number(row, column, *number as f64)?;
        }
        Cell::Amount(amount) => {
            // Amounts have at most 13 digits before the decimal sign: exact as a float to the last digit shown.
            let number: f64 = amount.number(Locale::En).parse().unwrap_or_default();
            let decimals =
                amount.number(Locale::En).split_once('.').map_or(0, |(_, decimals)| decimals.len());
            let format = if decimals == 0 { "#,##0".to_owned() } else { format!("#,##0.{:0<decimals$}", "") };
            sheet.write_number_with_format(row, column, number, &Style::new().set_num_format(format))?;
        }
        Cell::Date(day) => {
            sheet.write_datetime_with_format(row, column, day, date)?;
        }
        Cell::Time(at) => {
            sheet.write_datetime_with_format(row, column, shown.local(*at), time)?;
        }
    }
    Ok(())
}

fn broken(error: XlsxError) -> Fault {
    Fault::Broken(format!("a workbook: {error}"))
}
