//! Reading one number that somebody typed or pasted.

use unicode_normalization::UnicodeNormalization;

use super::{Kind, Registration, digits};
use crate::country::Country;
use crate::text::is_unseen;

/// Why a text is no registration number of a country, with what a sentence about it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Nothing is left without blanks and punctuation.
    Empty,
    /// No number of that country has so many characters.
    Length {
        /// The lengths that exist, without blanks and punctuation.
        expected: &'static [usize],
        /// The length found.
        found: usize,
    },
    /// A character stands where none or another one is allowed.
    Character {
        /// The first such character.
        found: char,
    },
    /// The check digits do not fit: most likely a digit is mistyped.
    CheckDigits {
        /// What the number looks like.
        kind: Kind,
    },
    /// A number that is only written to fill a form, such as `000.000.000-00`.
    Placeholder {
        /// What the number looks like.
        kind: Kind,
    },
}

/// What people write in front of the number.
const LABELS: &[&str] = &[
    "CNPJ", "CPF", "CAEPF", "CNO", "CEI", "MF", "SIREN", "SIRET", "TVA", "VAT", "RCS", "NIF", "CIF", "NIE",
    "DNI", "NIPC", "NO",
];

/// Reads a number in any customary spelling: with or without dots, dashes, slashes, blanks, invisible characters and a
/// label such as `CNPJ:` in front.
///
/// # Errors
/// The reason why it is no number of that country.
pub fn check(country: Country, text: &str) -> Result<Registration, Why> {
    let text = compact(text);
    if text.is_empty() {
        return Err(Why::Empty);
    }
    read_as(country, &own(country, &text))
}

/// Reads a number of digits and capital letters only.
pub(super) fn read_as(country: Country, text: &str) -> Result<Registration, Why> {
    match text.chars().find(|c| !c.is_ascii_alphanumeric()) {
        Some(found) => Err(Why::Character { found }),
        None => read(kind(country, text)?, text.to_owned()),
    }
}

/// Digits and capital letters, without what only makes them readable.
fn compact(text: &str) -> String {
    // "nº" and "№" become "no" by themselves, "n°" does not.
    let text: String =
        text.nfkc().filter(|c| !is_unseen(*c)).map(|c| if c == '°' { 'o' } else { c }).collect();
    let mut rest = text.trim();
    loop {
        let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '.').unwrap_or(rest.len());
        let word = rest[..end].replace('.', "").to_ascii_uppercase();
        // A label ends with a blank or a colon: letters that touch digits belong to the number.
        let ends = rest[end..].starts_with(|c: char| c.is_whitespace() || matches!(c, ':' | '/'));
        if !ends || !LABELS.contains(&word.as_str()) {
            break;
        }
        rest = rest[end..].trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '/'));
    }
    rest.chars().filter(|c| !is_separator(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// What may stand between the groups of a number.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || is_dash(c) || matches!(c, '.' | '/' | '·' | '_' | ',' | '\'' | '’')
}

/// Hyphens and dashes that keyboards and word processors make.
pub(super) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The number as its own country keeps it: without the country in front where that is only the form for VAT, and a DNI
/// below ten millions with its zero.
pub(super) fn own(country: Country, text: &str) -> String {
    let bare = match country {
        Country::Es | Country::Pt if text.len() == 11 => text.strip_prefix(country.as_str()).unwrap_or(text),
        _ => text,
    };
    let is_short_dni = country == Country::Es
        && matches!(bare.len(), 7 | 8)
        && bare.bytes().rev().skip(1).all(|byte| byte.is_ascii_digit())
        && bare.ends_with(|c: char| c.is_ascii_uppercase());
    if is_short_dni { format!("{bare:0>9}") } else { bare.to_owned() }
}

/// What a text of digits and capital letters can only be, by its length and its letters.
fn kind(country: Country, text: &str) -> Result<Kind, Why> {
    let only_digits = |range: std::ops::Range<usize>| match text[range].chars().find(|c| !c.is_ascii_digit())
    {
        Some(found) => Err(Why::Character { found }),
        None => Ok(()),
    };
    let first = text.as_bytes()[0];
    match (country, text.len()) {
        (Country::Br, 14) => {
            only_digits(12..14)?;
            let is_caepf = only_digits(0..14).is_ok() && !digits::cnpj(text) && digits::caepf(text);
            Ok(if is_caepf { Kind::Caepf } else { Kind::Cnpj })
        }
        (Country::Br, 11) => only_digits(0..11).map(|()| Kind::Cpf),
        (Country::Br, 12) => only_digits(0..12).map(|()| Kind::Cno),
        (Country::Br, found) => Err(Why::Length { expected: &[11, 12, 14], found }),

        (Country::Fr, 9) => only_digits(0..9).map(|()| Kind::Siren),
        (Country::Fr, 14) => only_digits(0..14).map(|()| Kind::Siret),
        (Country::Fr, 13) => match text.strip_prefix("FR") {
            Some(_) => only_digits(4..13).map(|()| Kind::FrVat),
            None => Err(Why::Length { expected: &[9, 14], found: 13 }),
        },
        (Country::Fr, found) => Err(Why::Length { expected: &[9, 13, 14], found }),

        (Country::Es, 9) => {
            let kind = match first {
                b'0'..=b'9' => Kind::Dni,
                b'X' | b'Y' | b'Z' => Kind::Nie,
                b'K' | b'L' | b'M' => Kind::EsNif,
                b'A'..=b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' if first != b'I' => Kind::Cif,
                _ => return Err(Why::Character { found: first.into() }),
            };
            only_digits(usize::from(kind != Kind::Dni)..8)?;
            // Only a legal entity's control may be a digit.
            match text.as_bytes()[8] {
                control if control.is_ascii_digit() && kind != Kind::Cif => {
                    Err(Why::Character { found: control.into() })
                }
                _ => Ok(kind),
            }
        }
        (Country::Es, found) => Err(Why::Length { expected: &[9], found }),

        (Country::Pt, 9) => {
            only_digits(0..9)?;
            match first {
                b'1'..=b'3' => Ok(Kind::PtNif),
                // People without residence in Portugal.
                b'4' if text.as_bytes()[1] == b'5' => Ok(Kind::PtNif),
                b'5'..=b'9' => Ok(Kind::Nipc),
                b'4' => Err(Why::Character { found: text.as_bytes()[1].into() }),
                _ if text.bytes().all(|byte| byte == b'0') => Err(Why::Placeholder { kind: Kind::PtNif }),
                _ => Err(Why::Character { found: first.into() }),
            }
        }
        (Country::Pt, found) => Err(Why::Length { expected: &[9], found }),
    }
}

/// The number, when its check digits hold and somebody can have it.
fn read(kind: Kind, text: String) -> Result<Registration, Why> {
    let holds = match kind {
        Kind::Cnpj => digits::cnpj(&text),
        Kind::Cpf => digits::cpf(&text),
        Kind::Caepf => digits::caepf(&text),
        Kind::Cno => digits::cno(&text),
        Kind::Siren => digits::siren(&text),
        Kind::Siret => digits::siret(&text),
        Kind::FrVat => digits::french_vat(&text),
        Kind::Dni => digits::spanish_letter(&text[..8]) == Some(text.as_bytes()[8]),
        Kind::Nie => {
            let century = text.as_bytes()[0] - b'X';
            digits::spanish_letter(&format!("{century}{}", &text[1..8])) == Some(text.as_bytes()[8])
        }
        Kind::EsNif => digits::spanish_letter(&text[1..8]) == Some(text.as_bytes()[8]),
        Kind::Cif => digits::cif(&text),
        Kind::PtNif | Kind::Nipc => digits::portuguese(&text),
    };
    let mut serial = text.bytes().filter(u8::is_ascii_digit);
    let first = serial.next();
    let is_one_digit = match kind {
        // Eleven equal digits are in no register, though their check digits hold.
        Kind::Cpf => serial.all(|byte| Some(byte) == first),
        Kind::FrVat => text[4..].bytes().all(|byte| byte == b'0'),
        // It stands for buyers who gave none in the files that programs of invoices export (Portaria 302/2016).
        Kind::Nipc if text == "999999990" => true,
        _ => {
            first == Some(b'0')
                && serial.all(|byte| byte == b'0')
                && text.bytes().filter(u8::is_ascii_digit).count() > 6
        }
    };
    match (holds, is_one_digit) {
        (true, false) => Ok(Registration { kind, text }),
        (true, true) => Err(Why::Placeholder { kind }),
        (false, _) => Err(Why::CheckDigits { kind }),
    }
}
