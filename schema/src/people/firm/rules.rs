//! Rules of a firm's settings.

use chrono_tz::Tz;
use iso_currency::Currency;

use guichet_base::error::{Code, Refusal};
use guichet_base::input::Check;

/// Most days of a setting: ten years.
pub const MAX_DAYS: i64 = 3650;

/// A time zone by its IANA name, or `OUT_OF_RANGE`.
pub fn zone(check: &mut Check, field: &'static str, name: &str) -> Option<Tz> {
    let zone = name.trim().parse().ok();
    check.require(zone.is_some(), Refusal::of(field, Code::OutOfRange));
    zone
}

/// A currency by its ISO 4217 code, in upper case, or `OUT_OF_RANGE`.
pub fn currency(check: &mut Check, field: &'static str, text: &str) -> String {
    let code = text.trim().to_ascii_uppercase();
    let known = Currency::from_code(&code).is_some_and(|currency| currency.exponent().is_some());
    check.require(known, Refusal::of(field, Code::OutOfRange));
    code
}

/// A code of `length` letters (ISO 3166-1 alpha-2), in upper case, or `OUT_OF_RANGE`.
pub fn code(check: &mut Check, field: &'static str, text: &str, length: usize) -> String {
    let code = text.trim().to_ascii_uppercase();
    let fits = code.len() == length && code.bytes().all(|b| b.is_ascii_uppercase());
    check.require(fits, Refusal::of(field, Code::OutOfRange));
    code
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
    fn codes_are_letters() {
        for (text, length, expected) in [
            ("eur", 3, Some("EUR")),
            (" BRL ", 3, Some("BRL")),
            ("br", 2, Some("BR")),
            ("EURO", 3, None),
            ("E1R", 3, None),
            ("É", 2, None),
            ("", 2, None),
        ] {
            let mut check = Check::new();
            let code = code(&mut check, "currency", text, length);
            assert_eq!(check.done().ok().map(|()| code.as_str()), expected, "{text:?}");
        }
    }
}
