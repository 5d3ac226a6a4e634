//! Days off of many places at once, as people have them in a table: one line each, `city,date,name`.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel_async::RunQueryDsl;
use guichet_base::country::Country;
use guichet_base::error::{Code, Error, Refusal, Result};
use guichet_base::id::FirmHolidayId;
use guichet_base::input::{Check, MAX_NAME};
use guichet_engine::actor::Actor;
use guichet_engine::feed::Audience;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::firm_holidays;
use serde::{Deserialize, Serialize};

use crate::people::rights::{self, FirmAct};

use super::commands::{kinds, place};
use super::model::FirmHoliday;

/// Most lines at once.
const MOST: usize = 1_000;
/// The columns of a line.
const COLUMNS: [&str; 3] = ["city", "date", "name"];

/// Input for adding the days off of many places.
#[derive(Debug, Clone, Serialize)]
pub struct ImportHolidays {
    /// The country.
    pub country: Country,
    /// The lines.
    pub lines: Vec<String>,
    /// Whether banks are closed.
    pub bank: bool,
    /// Whether nothing can be filed.
    pub filing: bool,
    /// Whether nobody works.
    pub labour: bool,
    /// The law, decree or decision; up to 200 characters.
    pub source: String,
}

/// What came of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDone {
    /// Why it was not added, and the number of the column that is wrong; none when it was.
    pub refused: Option<(Code, usize)>,
}

impl LineDone {
    /// The refusal.
    pub fn refusal(&self) -> Option<Refusal> {
        let (code, column) = self.refused?;
        Some(Refusal::of(COLUMNS.get(column).copied().unwrap_or("city"), code))
    }
}

/// Adds the days off of many places to the firm's calendars, each line for itself. For owners and managers (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; `OUT_OF_RANGE` about `lines`; refusals of `bank` and `source`. For each line: `REQUIRED`, `TOO_LONG`,
/// `INVALID_TEXT`, `OUT_OF_RANGE`; `TAKEN` when the place has that day already.
pub async fn import(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: ImportHolidays,
) -> Result<Done<Vec<LineDone>>> {
    rights::may(&actor.membership, FirmAct::CalendarUpdate)?;
    let firm_id = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "firmHolidaysImport", key, &input).await?);
    let mut check = Check::new();
    check.count("lines", input.lines.len(), &(1..=MOST));
    let kinds = kinds(&mut check, [input.bank, input.filing, input.labour, false]);
    let source = check.line("source", &input.source, 1..=MAX_NAME);
    check.done()?;
    let read: Vec<std::result::Result<FirmHoliday, (Code, usize)>> = input
        .lines
        .iter()
        .map(|line| {
            let (region, city, date, name) = read(input.country, line)?;
            Ok(FirmHoliday {
                id: FirmHolidayId::new(),
                firm_id,
                country: input.country,
                region,
                city,
                date,
                kinds: kinds.clone(),
                name,
                source: source.clone(),
                created_at: tx.now,
            })
        })
        .collect();
    let rows: Vec<&FirmHoliday> = read.iter().filter_map(|line| line.as_ref().ok()).collect();
    let added: Vec<FirmHolidayId> = match rows.is_empty() {
        true => Vec::new(),
        false => {
            diesel::insert_into(firm_holidays::table)
                .values(rows)
                .on_conflict_do_nothing()
                .returning(firm_holidays::id)
                .get_results(tx.conn())
                .await?
        }
    };
    let added: HashSet<FirmHolidayId> = added.into_iter().collect();
    for row in read.iter().flatten().filter(|row| added.contains(&row.id)) {
        tx.changed(firm_id, "firmHolidaysImport", row.id, None, Some(Audience::staff()));
    }
    let done = read.iter().map(|line| match line {
        Ok(row) if added.contains(&row.id) => LineDone { refused: None },
        Ok(_) => LineDone { refused: Some((Code::Taken, 1)) },
        Err(refused) => LineDone { refused: Some(*refused) },
    });
    let done = done.collect();
    tx.commit(done).await
}

type Line = (Option<String>, Option<String>, NaiveDate, String);

/// Reads a line: region and city, day and name. The name may be quoted, and may have commas.
fn read(country: Country, line: &str) -> std::result::Result<Line, (Code, usize)> {
    let mut columns = line.trim().splitn(3, ',').map(unquoted);
    let mut column =
        |number: usize| columns.next().filter(|text| !text.is_empty()).ok_or((Code::Required, number));
    let (city, date, name) = (column(0)?, column(1)?, column(2)?);
    let mut check = Check::new();
    let (region, city) = place(&mut check, country, None, Some(&city));
    refused(check, 0)?;
    let date = date.parse().map_err(|_| (Code::OutOfRange, 1))?;
    let mut check = Check::new();
    let name = check.line("name", &name, 1..=MAX_NAME);
    refused(check, 2)?;
    Ok((region, city, date, name))
}

/// What is inside the quotes, if there are some.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.map_or_else(|| text.to_owned(), |inner| inner.replace("\"\"", "\"").trim().to_owned())
}

fn refused(check: Check, column: usize) -> std::result::Result<(), (Code, usize)> {
    match check.done() {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusals)) => {
            Err((refusals.as_slice().first().map_or(Code::OutOfRange, |refusal| refusal.code), column))
        }
        Err(_) => Err((Code::OutOfRange, column)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_refused_by_their_columns() {
        for (line, expected) in [
            ("3550308,2027-01-25,Aniversário", Ok(("BR-SP", "Aniversário"))),
            (
                " 3304557 , 2027-01-20 , \"São Sebastião, padroeiro\" ",
                Ok(("BR-RJ", "São Sebastião, padroeiro")),
            ),
            ("3304557,2027-01-20,São Sebastião, padroeiro", Ok(("BR-RJ", "São Sebastião, padroeiro"))),
            ("9950308,2027-01-25,Aniversário", Err((Code::OutOfRange, 0))),
            ("São Paulo,2027-01-25,Aniversário", Err((Code::OutOfRange, 0))),
            ("3550308,25/01/2027,Aniversário", Err((Code::OutOfRange, 1))),
            ("3550308,2027-02-30,Aniversário", Err((Code::OutOfRange, 1))),
            ("3550308,2027-01-25", Err((Code::Required, 2))),
            (",2027-01-25,Aniversário", Err((Code::Required, 0))),
            ("", Err((Code::Required, 0))),
        ] {
            let found = read(Country::Br, line);
            let found =
                found.as_ref().map(|(region, _, _, name)| (region.as_deref().unwrap(), name.as_str()));
            assert_eq!(found.map_err(|refused| *refused), expected, "{line}");
        }
        let long = format!("3550308,2027-01-25,{}", "x".repeat(MAX_NAME + 1));
        assert_eq!(read(Country::Br, &long), Err((Code::TooLong, 2)));
    }
}
