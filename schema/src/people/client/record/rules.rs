//! Rules of what is recorded of clients, as pure functions.

use chrono::NaiveDate;
use guichet_base::country::Country;
use guichet_base::error::{Code, InputPath, Refusal, Told};
use guichet_base::input::{Check, out_of_range};
use guichet_base::registration::{self, Registration, Why};
use guichet_base::search;
use guichet_obligations::{Client as Facts, Holidays, Scalar};

/// Longest key of an attribute or an event, in characters.
pub const MAX_KEY: usize = 60;
/// Longest text of an attribute, in characters.
pub const MAX_VALUE: usize = 60;
/// The largest number of staff or of anything else.
pub const MAX_AMOUNT: i64 = 1_000_000;

/// What the record itself answers, and nobody sets.
const DERIVED: [&str; 5] = ["month", "quarter", "fiscalEnd", "registrationPrefix", "nameInitial"];
/// The legal forms that rules tell apart.
const LEGAL_FORMS: [&str; 4] = ["SOLE", "COMPANY", "SA", "OTHER"];

/// A registration number, as its country checks it, or the refusal that says what is wrong with it.
pub fn registration(
    check: &mut Check,
    path: InputPath,
    country: Country,
    text: &str,
) -> Option<Registration> {
    match registration::check(country, text) {
        Ok(number) => Some(number),
        Err(why) => {
            check.refuse(refusal(path, &why));
            None
        }
    }
}

fn refusal(path: InputPath, why: &Why) -> Refusal {
    let refused = Refusal::of(path, Code::InvalidRegistration);
    let told = |why: &str| refused.clone().telling("why", Told::Text(why.to_owned()));
    match why {
        Why::Empty => Refusal { code: Code::Required, ..refused },
        Why::Length { expected, found } => {
            let lengths: Vec<String> = expected.iter().map(ToString::to_string).collect();
            told("length")
                .telling("lengths", Told::Text(lengths.join(", ")))
                .telling("found", Told::Number(*found as i64))
        }
        Why::Character { found } => told("character").telling("found", Told::Text(found.to_string())),
        Why::CheckDigits { kind } => told("digits").telling("kind", Told::Text(kind.name().to_owned())),
        Why::Placeholder { kind } => told("placeholder").telling("kind", Told::Text(kind.name().to_owned())),
    }
}

/// The key of an attribute or event: the name that rules have for it.
pub fn key(check: &mut Check, path: &'static str, text: &str) -> String {
    let key = check.line(path, text, 1..=MAX_KEY);
    let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !DERIVED.contains(&key.as_str());
    check.require(
        key.is_empty() || is_name,
        Refusal::of(path, Code::OutOfRange).asked(Told::Text(key.clone())),
    );
    key
}

/// The value of an attribute, where its key says what it can be.
pub fn value(check: &mut Check, path: &'static str, country: &str, key: &str, value: Scalar) -> Scalar {
    let country = Country::parse(country);
    let asked = || Refusal::of(path, Code::OutOfRange).asked(Told::Text(value.to_string()));
    let fits = match (key, &value) {
        ("region", Scalar::Text(code)) => {
            country.is_none_or(|country| Holidays::shipped().region(country, code).is_some())
        }
        ("city", Scalar::Text(code)) => country.is_none_or(|country| is_city(country, code)),
        ("legalForm", Scalar::Text(form)) => LEGAL_FORMS.contains(&form.as_str()),
        ("staff", Scalar::Number(count)) => {
            if !(0..=MAX_AMOUNT).contains(count) {
                check.refuse(out_of_range(path, *count, &(0..=MAX_AMOUNT)));
            }
            true
        }
        ("payrollDeferred" | "adhered", Scalar::Bool(_)) => true,
        ("region" | "city" | "legalForm" | "staff" | "payrollDeferred" | "adhered", _) => false,
        (_, Scalar::Text(_)) => true,
        (_, Scalar::Number(number)) => number.unsigned_abs() <= MAX_AMOUNT.unsigned_abs(),
        (_, Scalar::Bool(_)) => true,
    };
    check.require(fits, asked());
    match value {
        Scalar::Text(text) => Scalar::Text(check.line(path, &text, 1..=MAX_VALUE)),
        value => value,
    }
}

/// Whether a code has the shape of the country's codes of cities: IBGE, INSEE, INE, DICO.
fn is_city(country: Country, code: &str) -> bool {
    let digits = code.bytes().all(|byte| byte.is_ascii_digit());
    match country {
        Country::Br => code.len() == 7 && digits,
        // Corsica's begin with 2A and 2B.
        Country::Fr => {
            code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'A' | b'B'))
        }
        Country::Es => code.len() == 5 && digits,
        Country::Pt => code.len() == 4 && digits,
    }
}

/// Adds what follows from the record itself: the first two digits of the SIREN and the first letter of the name, by
/// which the French administration spreads due dates.
#[must_use]
pub fn derived(facts: Facts, name: &str, primary: Option<&Registration>) -> Facts {
    let facts = match primary.and_then(Registration::prefix) {
        Some(prefix) => facts.with("registrationPrefix", NaiveDate::MIN, Some(Scalar::Number(prefix.into()))),
        None => facts,
    };
    match search::fold(name).chars().find(|c| c.is_ascii_alphabetic()) {
        Some(initial) => facts.with(
            "nameInitial",
            NaiveDate::MIN,
            Some(Scalar::Text(initial.to_ascii_uppercase().to_string())),
        ),
        None => facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(run: impl FnOnce(&mut Check)) -> bool {
        let mut check = Check::new();
        run(&mut check);
        check.done().is_ok()
    }

    #[test]
    fn numbers_are_checked_where_their_country_is_known() {
        for (country, text, good) in [
            (Country::Br, "11.222.333/0001-81", true),
            (Country::Br, "11.222.333/0001-82", false),
            (Country::Br, "B64717838", false),
            (Country::Es, "B-64717838", true),
            (Country::Pt, "PT 500 697 256", true),
            (Country::Fr, "732 829 320 00074", true),
        ] {
            let run = |check: &mut Check| drop(registration(check, "registration".into(), country, text));
            assert_eq!(accepted(run), good, "{text}");
        }
    }

    #[test]
    fn values_are_what_their_keys_mean() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        for (country, key, given, good) in [
            ("BR", "region", text("BR-SP"), true),
            ("BR", "region", text("FR-75"), false),
            ("BR", "region", Scalar::Number(35), false),
            ("BR", "city", text("3550308"), true),
            ("BR", "city", text("São Paulo"), false),
            ("FR", "city", text("2A004"), true),
            ("ES", "city", text("28079"), true),
            ("PT", "city", text("1106"), true),
            ("DE", "city", text("Berlin"), true),
            ("FR", "legalForm", text("SA"), true),
            ("FR", "legalForm", text("SARL"), false),
            ("FR", "staff", Scalar::Number(50), true),
            ("FR", "staff", Scalar::Number(-1), false),
            ("FR", "payrollDeferred", Scalar::Bool(true), true),
            ("FR", "payrollDeferred", text("yes"), false),
            ("FR", "vatRegime", text("mini-réel"), true),
        ] {
            let told = format!("{country} {key} {given}");
            assert_eq!(accepted(|check| drop(value(check, "value", country, key, given))), good, "{told}");
        }
    }

    #[test]
    fn keys_are_names_that_the_record_does_not_answer() {
        for (text, good) in [
            ("staff", true),
            ("vatRegime2", true),
            ("month", false),
            ("nameInitial", false),
            ("a b", false),
            ("", false),
        ] {
            assert_eq!(accepted(|check| drop(key(check, "key", text))), good, "{text:?}");
        }
    }

    #[test]
    fn initials_and_prefixes_follow_from_the_record() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let siren = registration::check(Country::Fr, "732 829 320").unwrap();
        let facts = derived(Facts::default(), "« Éditions Molière »", Some(&siren));
        assert_eq!(facts.attribute("nameInitial", day), Some(&Scalar::Text("E".into())));
        assert_eq!(facts.attribute("registrationPrefix", day), Some(&Scalar::Number(73)));
        assert_eq!(derived(Facts::default(), "«»", None), Facts::default());
    }
}
