//! Rules of a firm's settings.

use std::str::FromStr;

use chrono_tz::Tz;
use iso_currency::{Country, Currency};

use guichet_base::error::{Code, Refusal, Told};
use guichet_base::input::Check;
use guichet_base::text;

/// Most days of a setting: ten years.
pub const MAX_DAYS: i64 = 3650;

/// A time zone by its IANA name, or `OUT_OF_RANGE`.
pub fn zone(check: &mut Check, field: &'static str, name: &str) -> Option<Tz> {
    let zone = word(name).parse().ok();
    check.require(zone.is_some(), unknown(field, "zone", name));
    zone
}

/// A currency by its ISO 4217 code, in upper case, or `OUT_OF_RANGE`.
pub fn currency(check: &mut Check, field: &'static str, text: &str) -> String {
    let code = word(text).to_ascii_uppercase();
    let known = Currency::from_code(&code).is_some_and(|currency| currency.exponent().is_some());
    check.require(known, unknown(field, "currency", text));
    code
}

/// A country by its ISO 3166-1 alpha-2 code, in upper case, or `OUT_OF_RANGE`.
pub fn country(check: &mut Check, field: &'static str, text: &str) -> String {
    let code = word(text).to_ascii_uppercase();
    let is_known = Country::from_str(&code).is_ok_and(|country| country != Country::Unspecified);
    check.require(is_known, unknown(field, "country", text));
    code
}

/// The refusal of a value that is in no list.
fn unknown(field: &'static str, unit: &str, asked: &str) -> Refusal {
    const SHOWN: usize = 40;
    let asked: String = word(asked).chars().take(SHOWN).collect();
    Refusal::of(field, Code::OutOfRange).asked(Told::Text(asked)).telling("unit", Told::Text(unit.to_owned()))
}

/// A word in the form of all input; what is no text is no word of a list either.
fn word(typed: &str) -> String {
    text::line(typed).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_iana_names() {
        for (name, good) in [
            ("America/Sao_Paulo", true),
            (" Europe/Paris ", true),
            ("UTC", true),
            ("Paris", false),
            ("+02:00", false),
            ("", false),
        ] {
            let mut check = Check::new();
            assert_eq!(zone(&mut check, "zone", name).is_some(), good, "{name:?}");
            assert_eq!(check.done().is_ok(), good, "{name:?}");
        }
    }

    #[test]
    fn currencies_have_minor_units() {
        for (text, good) in [
            ("eur", true),
            (" BRL ", true),
            ("XOF", true),
            ("ABC", false),
            ("XAU", false),
            ("EURO", false),
            ("", false),
        ] {
            let mut check = Check::new();
            currency(&mut check, "currency", text);
            assert_eq!(check.done().is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn countries_exist() {
        for (text, expected) in [
            ("br", Some("BR")),
            (" FR\u{200b} ", Some("FR")),
            ("ES", Some("ES")),
            ("ZZ", None),
            ("XX", None),
            ("AA", None),
            ("UK", None),
            ("EU", None),
            ("BRA", None),
            ("É", None),
            ("", None),
        ] {
            let mut check = Check::new();
            let code = country(&mut check, "country", text);
            assert_eq!(check.done().ok().map(|()| code.as_str()), expected, "{text:?}");
        }
    }
}
