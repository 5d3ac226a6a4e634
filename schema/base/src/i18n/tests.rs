use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;

use super::*;
use crate::error::Code;
use crate::input::{out_of_range, too_long};
use crate::money::{MAX_AMOUNT, Money};

/// Each key of a language with the variables of its sentence.
fn entries(locale: Locale) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut entries = BTreeMap::<_, BTreeSet<_>>::new();
    let mut last = "";
    for line in source(locale).lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}'])) {
            last = key;
            entries.entry(key).or_default();
        }
        for part in line.split('$').skip(1) {
            let end = part.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(part.len());
            entries.entry(last).or_default().insert(&part[..end]);
        }
    }
    entries
}

fn strict(locale: Locale, key: &str, args: &Args<'_>) -> String {
    let bundle = &BUNDLES[locale as usize];
    let pattern = bundle.get_message(key).and_then(|message| message.value()).unwrap();
    let mut problems = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut problems).into_owned();
    assert!(problems.is_empty(), "{locale} {key}: {problems:?}");
    text
}

/// F-02: no language lacks a sentence or a variable.
#[test]
fn all_languages_have_the_same_keys_and_variables() {
    let expected = entries(Locale::En);
    assert!(expected.len() > Code::ALL.len());
    assert_eq!(expected["date-time"], BTreeSet::from(["time", "year"]));
    for locale in Locale::ALL {
        assert_eq!(entries(*locale), expected, "{locale}");
    }
}

/// F-02: every sentence can be formatted with numbers, with texts and with unknown values.
#[test]
fn every_text_resolves() {
    let values = [FluentValue::from(1), FluentValue::from(12), "Ana".into(), NONE.into()];
    for locale in Locale::ALL {
        let entries = entries(*locale);
        // A sentence may refer to another one with variables of its own.
        let variables: BTreeSet<&str> = entries.values().flatten().copied().collect();
        for key in entries.into_keys() {
            for value in &values {
                let args = variables.iter().map(|name| (*name, value.clone())).collect();
                let text = strict(*locale, key, &args);
                assert!(!text.trim().is_empty() && !text.contains(['{', '}', '$']), "{locale} {key}: {text}");
                assert_eq!(text, text.trim(), "{locale} {key}");
            }
        }
    }
}

#[test]
fn every_code_has_a_text() {
    for locale in Locale::ALL {
        let mut texts = BTreeSet::new();
        for code in Code::ALL {
            for number in [None, Some(0), Some(1), Some(2), Some(20_000)] {
                let plain = Refusal::new(*code);
                let told = number.map(|number| plain.clone().with(number).asked(Told::Number(number + 1)));
                let text = refusal(*locale, &told.unwrap_or(plain));
                assert!(text.ends_with('.') && !text.contains(NONE), "{locale} {code}: {text}");
                assert!(entries(*locale).contains_key(&*key("refusal", code)), "{locale} {code}");
                if number.is_none() {
                    assert!(texts.insert(text), "{locale} {code}: another code has the same text");
                }
            }
        }
    }
}

/// A key that is used nowhere would be translated for nothing.
#[test]
fn every_key_is_used() {
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| key("refusal", code)).collect();
    let mut sources = String::new();
    for room in [
        "base/src",
        "engine/src",
        "obligations/src",
        "src",
        "../server/src",
        "../workers/src",
        "../workers/templates",
    ] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(room), &mut sources);
    }
    // A key used through `named` is found by its section.
    let is_named = |key: &str| {
        key.match_indices('-').any(|(end, _)| sources.contains(&format!("\"{}\", ", &key[..end])))
    };
    for key in entries(Locale::En).into_keys() {
        let is_part = source(Locale::En).contains(&format!("{{ {key} }}"));
        let used = is_part || codes.contains(key) || sources.contains(&format!("\"{key}\"")) || is_named(key);
        assert!(used, "nothing uses {key}");
    }
}

fn collect(folder: &Path, sources: &mut String) {
    let Ok(folder) = std::fs::read_dir(folder) else { return };
    for entry in folder.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, sources);
        } else if !path.ends_with("i18n/tests.rs")
            && path.extension().is_some_and(|end| ["rs", "html", "txt"].iter().any(|known| end == *known))
        {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn numbers_decide_between_singular_and_plural() {
    let wait = |locale, minutes| refusal(locale, &Refusal::new(Code::TooManyAttempts).with(minutes));
    let cases = [
        (Locale::PtBr, 1, "1 minuto "),
        (Locale::PtBr, 2, "2 minutos "),
        (Locale::Fr, 0, "0 minute,"),
        (Locale::Fr, 1, "1 minute,"),
        (Locale::Fr, 2, "2 minutes,"),
        (Locale::Es, 1, "1 minuto "),
        (Locale::Es, 15, "15 minutos "),
        (Locale::En, 0, "0 minutes "),
        (Locale::En, 1, "1 minute "),
    ];
    for (locale, minutes, expected) in cases {
        let text = wait(locale, minutes);
        assert!(text.contains(expected), "{locale}: {text}");
    }
}

#[test]
fn numbers_are_grouped_as_people_write_them() {
    let limit =
        |locale, number| refusal(locale, &Refusal::new(Code::TooLong).with(1).asked(Told::Number(number)));
    let cases = [
        (Locale::PtBr, 20_000, " 20.000 "),
        (Locale::PtBr, 2_000, " 2.000 "),
        (Locale::Fr, 20_000, " 20\u{202f}000 "),
        (Locale::Es, 20_000, " 20.000 "),
        (Locale::Es, 2_000, " 2000 "),
        (Locale::En, 1_234_567, " 1,234,567 "),
        (Locale::En, 200, " 200 "),
        (Locale::En, -5, " -5 "),
    ];
    for (locale, number, expected) in cases {
        let text = limit(locale, number);
        assert!(text.contains(expected), "{locale}: {text}");
    }
}

#[test]
fn failures() {
    for locale in Locale::ALL {
        let all = [Failure::Unauthenticated, Failure::Unavailable];
        for kind in all.into_iter().chain([Failure::Internal { request: None }]) {
            let text = failure(*locale, kind);
            assert!(text.ends_with('.') && !text.contains(NONE), "{text}");
        }
        assert!(failure(*locale, Failure::Internal { request: Some("r-17") }).contains("r-17"));
    }
}

#[test]
fn dates() {
    let at = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap().and_hms_opt(9, 5, 59).unwrap();
    let cases = [
        (Locale::PtBr, at(1, 1), "1º de janeiro de 2026 às 09:05"),
        (Locale::PtBr, at(11, 23), "23 de novembro de 2026 às 09:05"),
        (Locale::Fr, at(8, 1), "1er août 2026 à 09:05"),
        (Locale::Fr, at(12, 31), "31 décembre 2026 à 09:05"),
        (Locale::Es, at(9, 1), "1 de septiembre de 2026, 09:05"),
        (Locale::En, at(3, 11), "11 March 2026, 09:05"),
    ];
    for (locale, at, expected) in cases {
        assert_eq!(date_time(locale, at), expected);
    }
}

/// French has no breaking space before high punctuation, so that no line begins with it, and curved apostrophes.
#[test]
fn french_typography() {
    let lines = source(Locale::Fr).lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        for mark in [" :", " ;", " !", " ?", "'"] {
            assert!(!line.contains(mark), "{line}");
        }
    }
}

/// A missing key must not fail a request.
#[test]
fn a_missing_key_answers_itself() {
    assert_eq!(text(Locale::Es, "no-such-text", &Args::new()), "no-such-text");
}

/// What was asked and what is allowed, in the right unit.
#[test]
fn refusals_tell_both_ends() {
    let reais = |amount_minor| Money { amount_minor, currency: "BRL".to_owned() };
    let range = |asked| refusal(Locale::PtBr, &reais(asked).checked("price", 1, "BRL").unwrap_err());
    for (asked, told) in
        [(-5, "-R$\u{a0}0,05"), (0, "R$\u{a0}0,00"), (MAX_AMOUNT + 1, "R$\u{a0}10.000.000.000,01")]
    {
        let text = range(asked);
        for part in [told, "R$\u{a0}0,01", "R$\u{a0}10.000.000.000,00"] {
            assert!(text.contains(part), "{text}");
        }
    }
    for locale in Locale::ALL {
        let text = refusal(*locale, &reais(5).checked("price", 0, "EUR").unwrap_err());
        assert!(text.contains("BRL") && text.contains("EUR"), "{text}");
        let text = refusal(*locale, &out_of_range("first", 0, &(1..=100)));
        assert!(["0", "1", "100"].iter().all(|part| text.contains(part)), "{text}");
        let text = refusal(*locale, &too_long("name", 214, 200));
        assert!(text.contains("214") && text.contains("200"), "{text}");
    }
}
