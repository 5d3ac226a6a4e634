//! The papers of a month, in the language of each country: what the firm delivers looks like a slip, what clients bring is
//! mostly a table. All of it is made up, and says so.

use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

use crate::chance::Chance;
use crate::slip::{self, Sheet};
use crate::texts::{self, Texts};

/// What the month of one country is told with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MonthText {
    /// What goes across each slip.
    stamp: String,
    /// What stands below it.
    note: String,
    /// How a quarter is written.
    quarter: String,
    /// What follows an amount, and what stands between its thousands.
    currency: String,
    thousands: String,
    /// Labels and values of a paper that has none of its own.
    fields: Vec<(String, String)>,
    sheet: SheetText,
    papers: Vec<PaperText>,
    pub phrases: MonthPhrases,
    pub again: AgainText,
}

/// The table that a client brings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SheetText {
    header: String,
    words: Vec<String>,
}

/// A kind of paper.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaperText {
    /// The name of the document, as the catalogue has it.
    document: String,
    /// About how much it comes to for a small client, in minor units.
    #[serde(default)]
    amount: i64,
    title: Vec<String>,
    fields: Vec<(String, String)>,
    /// Lines of a table, in thousandths of the amount.
    #[serde(default)]
    rows: Vec<(String, i64)>,
    #[serde(default)]
    total: Option<String>,
    /// One page for each of them, where there are any.
    #[serde(default)]
    people: Vec<String>,
}

/// What people say and name in a month.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MonthPhrases {
    pub reject: Vec<String>,
    pub contest: Vec<String>,
    pub note: String,
    pub canceled: String,
    /// A folder that staff make.
    pub folder: String,
    /// Saved views: a person's own, and the firm's.
    pub views: [String; 2],
    /// Work that is entered by hand: overdue, due today, due later, and to be handed in for.
    pub again: [String; 4],
}

/// A kind of work that is done once more, with what is delivered and what is brought for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct AgainText {
    pub task_type: String,
}

/// Whom and what a paper is about.
#[derive(Debug, Clone)]
pub(crate) struct About<'a> {
    pub document: &'a str,
    /// The client, with its place in the texts.
    pub client: usize,
    /// The name of the period, and the days from and to which it goes.
    pub period: &'a str,
    pub days: (NaiveDate, NaiveDate),
    pub due_on: Option<NaiveDate>,
    /// Whether the firm delivers it.
    pub is_delivered: bool,
    /// 1, or more for a later one about the same.
    pub version: usize,
}

static ALL: LazyLock<[MonthText; 3]> = LazyLock::new(|| {
    [
        include_str!("../texts/br.month.json"),
        include_str!("../texts/fr.month.json"),
        include_str!("../texts/es.month.json"),
    ]
    .map(|text| serde_json::from_str(text).expect("the texts are checked in, and a test reads them"))
});

/// The month of the country at this place.
pub(crate) fn of(place: usize) -> &'static MonthText {
    &ALL[place]
}

impl MonthText {
    /// A file that a client brings or the firm delivers: its name and content, the same whenever it is made.
    pub fn file(&self, texts: &Texts, about: &About<'_>) -> (String, Vec<u8>) {
        let mut chance = Chance::of(&[&texts.firm.domain, about.document, about.period], about.client);
        let known = self.papers.iter().find(|paper| paper.document == about.document);
        let again = if about.version > 1 { format!("-{}", about.version) } else { String::new() };
        let stem = format!("{}-{}{again}", texts::hyphened(about.document), about.period);
        if known.is_none() && !about.is_delivered {
            return (format!("{stem}.csv"), self.table(about, &mut chance));
        }
        let plain = PaperText { title: vec![about.document.to_owned()], ..PaperText::default() };
        let slip = self.slip(texts, known.unwrap_or(&plain), about, &mut chance);
        (format!("{stem}.pdf"), slip)
    }

    fn slip(&self, texts: &Texts, paper: &PaperText, about: &About<'_>, chance: &mut Chance) -> Vec<u8> {
        let nobody = [String::new()];
        let people = if paper.people.is_empty() { &nobody[..] } else { &paper.people[..] };
        // Of a large client all is more.
        let base = paper.amount * (60 + 35 * (about.client as i64 % 7)) / 100;
        let words = self.words(texts, about, chance);
        let sheets: Vec<Sheet> = people
            .iter()
            .map(|person| {
                let amount = base * chance.between(850..=1150) / 1000 + 1_000 * (about.version as i64 - 1);
                self.page(paper, &words, person, amount)
            })
            .collect();
        slip::pdf(&self.stamp, &self.note, &sheets)
    }

    fn page(&self, paper: &PaperText, words: &[(&str, String)], person: &str, amount: i64) -> Sheet {
        let fill = |text: &str| {
            let filled =
                words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning));
            filled.replace("{person}", person)
        };
        let fields = if paper.fields.is_empty() { &self.fields } else { &paper.fields };
        let mut left = amount;
        let last = paper.rows.len().saturating_sub(1);
        let row = |(place, (label, share)): (usize, &(String, i64))| {
            // The last takes what rounding left.
            let part = if place == last { left } else { amount * share / 1000 };
            left -= part;
            (label.clone(), self.money(part))
        };
        Sheet {
            title: paper.title.iter().map(|line| fill(line)).collect(),
            fields: fields.iter().map(|(label, value)| (label.clone(), fill(value))).collect(),
            rows: paper.rows.iter().enumerate().map(row).collect(),
            total: paper.total.as_ref().map(|label| (label.clone(), self.money(amount))),
        }
    }

    /// What stands for the words of a paper.
    fn words(&self, texts: &Texts, about: &About<'_>, chance: &mut Chance) -> Vec<(&'static str, String)> {
        let client = &texts.clients[about.client];
        let (starts, ends) = about.days;
        let date = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
        let number: [u32; 12] = chance.digits();
        let year = ends.year().to_string();
        let quarter = (ends.month0() / 3 + 1).to_string();
        let months = (ends.year() - starts.year()) * 12 + ends.month() as i32 - starts.month() as i32;
        let period = match months {
            0 => texts.month(ends),
            2 => self.quarter.replace("{quarter}", &quarter).replace("{year}", &year),
            _ => year.clone(),
        };
        vec![
            ("{client}", client.name.clone()),
            ("{registration}", client.registration.clone()),
            ("{period}", period),
            ("{starts}", date(starts)),
            ("{ends}", date(ends)),
            ("{due}", about.due_on.map(date).unwrap_or_default()),
            ("{month}", format!("{:02}", ends.month())),
            ("{quarter}", quarter),
            ("{year}", year),
            ("{number}", number.iter().map(u32::to_string).collect()),
        ]
    }

    /// An amount as people here write it.
    fn money(&self, minor: i64) -> String {
        let (whole, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
        let mut figures = String::new();
        for (place, figure) in whole.to_string().chars().rev().enumerate() {
            if place > 0 && place % 3 == 0 {
                figures.extend(self.thousands.chars().rev());
            }
            figures.push(figure);
        }
        let whole: String = figures.chars().rev().collect();
        let sign = if minor < 0 { "-" } else { "" };
        format!("{sign}{whole},{cents:02}{}", self.currency)
    }

    fn table(&self, about: &About<'_>, chance: &mut Chance) -> Vec<u8> {
        let mut text = format!("{}\n", self.sheet.header);
        for day in (1..=28).step_by(3) {
            let cents = chance.between(-90_000..=240_000);
            let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
            let word = chance.pick(&self.sheet.words);
            text += &format!("{day:02};{word};{sign}{},{:02}\n", cents / 100, cents % 100);
        }
        // A later one is not the same.
        text += &"\n".repeat(about.version - 1);
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about<'a>(document: &'a str, period: &'a str, from: &str, to: &str) -> About<'a> {
        let day = |text: &str| text.parse().unwrap();
        let due_on = Some(day("2026-11-20"));
        About {
            document,
            client: 0,
            period,
            days: (day(from), day(to)),
            due_on,
            is_delivered: true,
            version: 1,
        }
    }

    #[test]
    fn the_same_file_is_made_again() {
        let (texts, month) = (&texts::all()[0], of(0));
        let mut about = about("Guia DAS", "2026-10", "2026-10-01", "2026-10-31");
        let (name, content) = month.file(texts, &about);
        assert_eq!(name, "guia-das-2026-10.pdf");
        assert_eq!(content, month.file(texts, &about).1);
        about.version = 2;
        let (name, other) = month.file(texts, &about);
        assert_eq!(name, "guia-das-2026-10-2.pdf");
        assert_ne!(content, other);
        (about.document, about.is_delivered) = ("Extratos bancários", false);
        assert_eq!(month.file(texts, &about).0, "extratos-bancarios-2026-10-2.csv");
    }

    #[test]
    fn amounts_and_periods_are_written_as_people_do() {
        let written: Vec<String> = (0..3).map(|place| of(place).money(-123_456_789)).collect();
        assert_eq!(written, ["-1.234.567,89", "-1\u{a0}234\u{a0}567,89\u{a0}€", "-1.234.567,89 €"]);
        let texts = texts::all();
        let month = about("x", "2026-10", "2026-10-01", "2026-10-31");
        let quarter = about("x", "2026-Q3", "2026-07-01", "2026-09-30");
        let year = about("x", "2026", "2026-01-01", "2026-12-31");
        let period = |place: usize, about: &About<'_>| {
            let words = of(place).words(&texts[place], about, &mut Chance::seeded(0));
            words.into_iter().find(|(word, _)| *word == "{period}").unwrap().1
        };
        assert_eq!(period(0, &month), "outubro/2026");
        assert_eq!(period(1, &quarter), "3e trimestre 2026");
        assert_eq!(period(2, &year), "2026");
    }

    /// Each paper comes to what its lines come to, and its words are all known.
    #[test]
    fn papers_hold_together() {
        for (place, texts) in texts::all().iter().enumerate() {
            for paper in &of(place).papers {
                let sum: i64 = paper.rows.iter().map(|(_, share)| share).sum();
                assert!(paper.rows.is_empty() || sum == 1000, "{}", paper.document);
                assert_eq!(paper.rows.is_empty(), paper.total.is_none(), "{}", paper.document);
                let about = about(&paper.document, "2026-Q3", "2026-07-01", "2026-09-30");
                let words = of(place).words(texts, &about, &mut Chance::seeded(0));
                let sheet = of(place).page(paper, &words, "Ana", 100_000);
                let values = sheet.fields.iter().map(|(_, value)| value).chain(&sheet.title);
                assert!(values.into_iter().all(|value| !value.contains('{')), "{sheet:?}");
            }
        }
    }
}
