//! Finding numbers in texts, for example in those of slips and returns.

use std::ops::Range;

use super::read::{is_dash, own, read_as};
use super::{Kind, Registration};
use crate::country::Country;
use crate::text::is_unseen;

/// A number in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// The number.
    pub registration: Registration,
}

/// All numbers in a text whose check digits hold, in their order, in the spellings that documents use. One place can
/// be a number of two countries: nine digits may be a SIREN and a NIPC. Parts of longer numbers are not found. Takes
/// time in proportion to the length of the text.
pub fn find_all(text: &str) -> Vec<Found> {
    let words = words(text);
    let mut found: Vec<Found> = Vec::new();
    for country in Country::ALL {
        let mut start = 0;
        while start < words.len() {
            // The longest spelling wins: a SIRET is not also a SIREN.
            let longest = SHAPES
                .iter()
                .filter(|shape| shape.country == *country)
                .filter_map(|shape| {
                    Some((shape.groups.len(), shape.read(text, &words[start..], before(&words, start))?))
                })
                .max_by_key(|(_, found)| found.span.end);
            start += match longest {
                Some((groups, one)) => {
                    found.push(one);
                    groups
                }
                None => 1,
            };
        }
    }
    found.sort_by_key(|one| (one.span.start, one.span.end));
    found
}

/// Letters and digits without anything between them, and what stands between them and the next word.
#[derive(Debug)]
struct Word {
    span: Range<usize>,
    /// How many characters, without those that nobody sees.
    length: usize,
    has_digits: bool,
    has_letters: bool,
    gap: Gap,
}

impl Word {
    const fn is_digits(&self) -> bool {
        self.has_digits && !self.has_letters
    }
}

/// What stands between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Dot,
    Slash,
    Dash,
    Comma,
    /// One blank on the same line.
    Blank,
    /// More than that: the words do not belong together.
    Wide,
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut between = Between::default();
    for (at, c) in text.char_indices().filter(|(_, c)| !is_unseen(*c)) {
        if !c.is_alphanumeric() {
            between.add(c);
            continue;
        }
        if between.is_some() || words.is_empty() {
            if let Some(last) = words.last_mut() {
                last.gap = between.gap();
            }
            between = Between::default();
            let span = at..at;
            words.push(Word { span, length: 0, has_digits: false, has_letters: false, gap: Gap::Wide });
        }
        if let Some(word) = words.last_mut() {
            word.span.end = at + c.len_utf8();
            word.length += 1;
            word.has_digits |= c.is_ascii_digit();
            // Digits of other scripts count as letters: no number is written with them.
            word.has_letters |= !c.is_ascii_digit();
        }
    }
    words
}

/// The characters between two words so far.
#[derive(Debug, Default)]
struct Between {
    mark: Option<char>,
    count: usize,
    blanks_before: usize,
    blanks_after: usize,
}

impl Between {
    const fn is_some(&self) -> bool {
        self.count > 0
    }

    fn add(&mut self, c: char) {
        self.count += 1;
        if c.is_whitespace() && !matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{2028}' | '\u{2029}') {
            let blanks = if self.mark.is_none() { &mut self.blanks_before } else { &mut self.blanks_after };
            *blanks += 1;
        } else {
            self.mark = Some(c);
        }
    }

    fn gap(&self) -> Gap {
        let one_mark = self.count == 1 + self.blanks_before + self.blanks_after;
        let tight = self.count == 1;
        // "11.222.333 / 0001 - 81"
        let loose = self.blanks_before <= 1 && self.blanks_after <= 1;
        match self.mark {
            None if tight => Gap::Blank,
            Some('.') if tight => Gap::Dot,
            Some(',') if tight => Gap::Comma,
            Some('/') if one_mark && loose => Gap::Slash,
            Some(c) if is_dash(c) && one_mark && loose => Gap::Dash,
            _ => Gap::Wide,
        }
    }
}

/// The word before a place and what stands between.
fn before(words: &[Word], start: usize) -> Option<&Word> {
    start.checked_sub(1).and_then(|before| words.get(before))
}

/// A spelling: the lengths of the groups, and what may stand between two of them.
struct Shape {
    country: Country,
    groups: &'static [usize],
    gaps: &'static [&'static [Gap]],
    /// Whether only this kind of number is written so.
    only: Option<Kind>,
}

impl Shape {
    /// The number that the first words spell, if no digits around them belong to it.
    fn read(&self, text: &str, words: &[Word], before: Option<&Word>) -> Option<Found> {
        let groups = words.get(..self.groups.len())?;
        let lengths = groups.iter().zip(self.groups).all(|(word, length)| word.length == *length);
        let gaps = || groups.iter().zip(self.gaps).all(|(word, allowed)| allowed.contains(&word.gap));
        if !lengths || !gaps() {
            return None;
        }
        let last = groups.last()?;
        let blank = groups.iter().zip(self.gaps).any(|(word, _)| word.gap == Gap::Blank);
        let joins = |gap: Gap| matches!(gap, Gap::Dot | Gap::Slash | Gap::Dash | Gap::Comma);
        if before.is_some_and(|word| {
            word.has_digits && joins(word.gap)
                || blank && word.gap == Gap::Blank && word.is_digits() && word.length <= 3
        }) {
            return None;
        }
        if words.get(self.groups.len()).is_some_and(|next| {
            next.has_digits && joins(last.gap)
                || blank && last.gap == Gap::Blank && next.is_digits() && matches!(next.length, 3 | 5)
        }) {
            return None;
        }
        let span = groups.first()?.span.start..last.span.end;
        let seen = text[span.clone()].chars().filter(|c| c.is_alphanumeric());
        let written: String = seen.map(|c| c.to_ascii_uppercase()).collect();
        let registration = read_as(self.country, &own(self.country, &written)).ok()?;
        let fits = self.only.is_none_or(|kind| kind == registration.kind());
        fits.then_some(Found { span, registration })
    }
}

const LIGHT: &[Gap] = &[Gap::Dot, Gap::Blank];
const BLANK: &[Gap] = &[Gap::Blank];
const DOT: &[Gap] = &[Gap::Dot];
const SLASH: &[Gap] = &[Gap::Slash];
const DASH: &[Gap] = &[Gap::Dash];
const BRANCH: &[Gap] = &[Gap::Slash, Gap::Dot];
const TAIL: &[Gap] = &[Gap::Dash, Gap::Slash];
const ANY: &[Gap] = &[Gap::Dash, Gap::Dot, Gap::Blank];

const fn shape(country: Country, groups: &'static [usize], gaps: &'static [&'static [Gap]]) -> Shape {
    Shape { country, groups, gaps, only: None }
}

const fn only(kind: Kind, groups: &'static [usize], gaps: &'static [&'static [Gap]]) -> Shape {
    Shape { country: kind.country(), groups, gaps, only: Some(kind) }
}

/// How documents write the numbers.
const SHAPES: &[Shape] = &[
    // CNPJ and CAEPF
    shape(Country::Br, &[14], &[]),
    shape(Country::Br, &[12, 2], &[DASH]),
    only(Kind::Cnpj, &[8, 4, 2], &[SLASH, DASH]),
    only(Kind::Cnpj, &[2, 3, 3, 4, 2], &[LIGHT, LIGHT, BRANCH, DASH]),
    only(Kind::Caepf, &[9, 3, 2], &[SLASH, DASH]),
    only(Kind::Caepf, &[3, 3, 3, 3, 2], &[LIGHT, LIGHT, BRANCH, DASH]),
    // CPF, CNO
    shape(Country::Br, &[11], &[]),
    shape(Country::Br, &[9, 2], &[TAIL]),
    shape(Country::Br, &[3, 3, 3, 2], &[LIGHT, LIGHT, TAIL]),
    only(Kind::Cno, &[2, 3, 5, 2], &[DOT, DOT, TAIL]),
    // SIREN, SIRET, number for VAT
    shape(Country::Fr, &[9], &[]),
    shape(Country::Fr, &[3, 3, 3], &[LIGHT, LIGHT]),
    shape(Country::Fr, &[14], &[]),
    shape(Country::Fr, &[9, 5], &[LIGHT]),
    shape(Country::Fr, &[3, 3, 3, 5], &[LIGHT, LIGHT, LIGHT]),
    shape(Country::Fr, &[3, 3, 3, 3, 2], &[BLANK, BLANK, BLANK, BLANK]),
    shape(Country::Fr, &[13], &[]),
    shape(Country::Fr, &[2, 11], &[BLANK]),
    shape(Country::Fr, &[4, 9], &[BLANK]),
    shape(Country::Fr, &[2, 2, 9], &[BLANK, BLANK]),
    shape(Country::Fr, &[4, 3, 3, 3], &[LIGHT, LIGHT, LIGHT]),
    shape(Country::Fr, &[2, 2, 3, 3, 3], &[LIGHT, LIGHT, LIGHT, LIGHT]),
    // NIF of people and of entities
    shape(Country::Es, &[9], &[]),
    shape(Country::Es, &[8, 1], &[ANY]),
    shape(Country::Es, &[1, 8], &[ANY]),
    shape(Country::Es, &[1, 7, 1], &[ANY, ANY]),
    shape(Country::Es, &[2, 3, 3, 1], &[DOT, DOT, ANY]),
    shape(Country::Es, &[2, 3, 4], &[DOT, DOT]),
    shape(Country::Es, &[1, 2, 3, 3], &[ANY, LIGHT, LIGHT]),
    shape(Country::Es, &[3, 3, 3], &[LIGHT, LIGHT]),
    shape(Country::Es, &[11], &[]),
    shape(Country::Es, &[2, 9], &[BLANK]),
    // NIF, NIPC
    shape(Country::Pt, &[9], &[]),
    shape(Country::Pt, &[3, 3, 3], &[LIGHT, LIGHT]),
    shape(Country::Pt, &[11], &[]),
    shape(Country::Pt, &[2, 9], &[BLANK]),
    shape(Country::Pt, &[2, 3, 3, 3], &[BLANK, LIGHT, LIGHT]),
];
