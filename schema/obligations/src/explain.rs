//! Explains a date in sentences (C-10).

use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;

use crate::answer::{DayOff, Due, Op, Provisional, Step};
use crate::client::{LEGAL_FORMS, Scalar};
use crate::expression::Reach;
use crate::holidays::Holidays;

/// How a date was found, step by step, and what would hold without what does.
pub fn sentences(locale: Locale, due: &Due) -> Vec<String> {
    let steps = due.steps.iter().flat_map(|step| explain(locale, step));
    let beaten = due.beaten.iter().map(|beaten| {
        let mut args = Args::new();
        args.set("date", i18n::weekday_date(locale, beaten.date));
        args.set("source", beaten.source.as_str());
        i18n::text(locale, "due-beaten", &args)
    });
    steps.chain(beaten).collect()
}

/// Why a date may still change, as a sentence.
pub fn why_provisional(locale: Locale, why: &Provisional) -> String {
    let mut args = Args::new();
    let key = match why {
        Provisional::AttributeMissing { key } => {
            args.set("key", attribute(locale, key));
            "provisional-attribute-missing"
        }
        Provisional::PlaceMissing { key } => {
            args.set("key", attribute(locale, key));
            "provisional-place-missing"
        }
        Provisional::RegionUnknown { country, city } => {
            args.set("place", Holidays::shipped().city(*country, city).map_or(&**city, |(name, _)| name));
            "provisional-region-unknown"
        }
        Provisional::EventUnknown { name } => {
            args.set("name", attribute(locale, name));
            "provisional-event-unknown"
        }
        Provisional::CalendarYear { country, region, city, year } => {
            let known = Holidays::shipped();
            let city = city.as_deref().map(|code| known.city(*country, code).map_or(code, |(name, _)| name));
            let region = region.as_deref().map(|code| known.region(*country, code).unwrap_or(code));
            args.set("place", city.or(region).unwrap_or(country.as_str()));
            args.set("year", year.to_string());
            "provisional-calendar-year"
        }
        Provisional::NoWorkingDay => "provisional-no-working-day",
    };
    i18n::text(locale, key, &args)
}

/// A step as sentences, none for a choice that says nothing.
pub fn explain(locale: Locale, step: &Step) -> Vec<String> {
    let mut args = Args::new();
    for (name, date) in [("from", step.from), ("to", step.to)] {
        args.set(name, date.map_or_else(|| i18n::NONE.to_owned(), |date| i18n::weekday_date(locale, date)));
    }
    let number = step.number.unwrap_or_default();
    args.set("number", number.unsigned_abs());
    args.set("direction", if number < 0 { "back" } else { "on" });
    args.set("source", step.source.as_deref().unwrap_or(i18n::NONE));
    let key = step.key.as_deref().unwrap_or(i18n::NONE);
    // Codes of obligations are shown as they are.
    args.set("key", if step.op == Op::Rule { key.to_owned() } else { attribute(locale, key) });
    args.set(
        "value",
        step.value.as_ref().map_or_else(|| i18n::NONE.to_owned(), |value| scalar(locale, key, value)),
    );
    let calendar = step.calendar.map(|calendar| i18n::named(locale, "calendar", calendar, &Args::new()));
    args.set("calendar", calendar.unwrap_or_else(|| i18n::NONE.to_owned()));
    let mut sentences = vec![i18n::named(locale, "due", step.op, &args)];
    let days_off = step.days_off.iter().map(|off| day_off(locale, off));
    if matches!(step.op, Op::Before | Op::After) {
        // Why it moves comes before where it moves to.
        sentences.splice(0..0, days_off);
    } else {
        sentences.extend(days_off);
    }
    sentences
}

/// The same for people of the client: without what staff wrote, and without what the record of the client says.
pub fn explain_to_client(locale: Locale, step: &Step) -> Vec<String> {
    let is_own = step.key.as_deref().is_some_and(|key| !KNOWN.contains(&key));
    match step.op {
        Op::Choose => Vec::new(),
        Op::Event if is_own => Vec::new(),
        Op::Override => {
            let mut args = Args::new();
            args.set(
                "to",
                step.to.map_or_else(|| i18n::NONE.to_owned(), |date| i18n::weekday_date(locale, date)),
            );
            vec![i18n::text(locale, "due-set", &args)]
        }
        _ => explain(locale, step),
    }
}

/// [`why_provisional`] for people of the client: names that the firm gave are left out.
pub fn why_provisional_to_client(locale: Locale, why: &Provisional) -> String {
    match why {
        Provisional::AttributeMissing { key } | Provisional::EventUnknown { name: key }
            if !KNOWN.contains(&key.as_str()) =>
        {
            i18n::text(locale, "provisional-open", &Args::new())
        }
        _ => why_provisional(locale, why),
    }
}

fn day_off(locale: Locale, off: &DayOff) -> String {
    let mut args = Args::new();
    args.set("date", i18n::weekday_date(locale, off.date));
    let Some(name) = &off.name else { return i18n::text(locale, "day-off-weekly", &args) };
    args.set("name", Holidays::shipped().translated(name, locale));
    args.set("level", i18n::named(locale, "holiday", off.level.unwrap_or(Reach::National), &Args::new()));
    let law = law(off.source.as_deref().unwrap_or_default());
    args.set("source", if law.is_empty() { i18n::NONE.to_owned() } else { law });
    i18n::text(locale, "day-off-holiday", &args)
}

/// By which law a day is off, without the collection that its date was copied from: data names it, a sentence for people
/// does not.
fn law(source: &str) -> String {
    let laws: Vec<&str> = source.split("; ").filter(|part| !part.starts_with("python-holidays")).collect();
    laws.join("; ")
}

/// The attributes and events of the record that have a name in each language.
const KNOWN: [&str; 10] = [
    "region",
    "city",
    "legalForm",
    "department",
    "registrationPrefix",
    "nameInitial",
    "staff",
    "payrollDeferred",
    "adhered",
    "accountsApproved",
];

/// What people call an attribute or event of the record; other ones have the name that the firm gave them.
fn attribute(locale: Locale, key: &str) -> String {
    match KNOWN.contains(&key) {
        true => i18n::named(locale, "attribute", key, &Args::new()),
        false => key.to_owned(),
    }
}

fn scalar(locale: Locale, key: &str, value: &Scalar) -> String {
    match value {
        Scalar::Text(form) if key == "legalForm" && LEGAL_FORMS.contains(&form.as_str()) => {
            i18n::named(locale, "legal-form", form, &Args::new())
        }
        Scalar::Bool(value) => i18n::text(locale, if *value { "yes" } else { "no" }, &Args::new()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// C-10: legal forms are told in words, and a date that the firm fixed is not said to be the authority's.
    #[test]
    fn c_10_forms_and_tables_are_told_in_words() {
        for locale in Locale::ALL {
            let mut told = std::collections::BTreeSet::new();
            for form in LEGAL_FORMS {
                let step = json!({ "op": "CHOOSE", "key": "legalForm", "value": form });
                let step: Step = serde_json::from_value(step).unwrap();
                let text = explain(*locale, &step).join(" ");
                assert!((form == "SA" || !text.contains(form)) && told.insert(text.clone()), "{text}");
            }
            let say = |op: &str| {
                let step: Step = serde_json::from_value(json!({ "op": op, "to": "2026-03-02" })).unwrap();
                explain(*locale, &step).join(" ")
            };
            assert_ne!(say("TABLE"), say("OWN_TABLE"), "{locale}");
        }
    }

    /// C-10: a sentence names the law of a day off, and no collection of data.
    #[test]
    fn c_10_a_day_off_names_its_law() {
        let told = |source: &str| {
            let off =
                json!({ "date": "2026-11-20", "name": "Aniversário", "level": "CITY", "source": source });
            day_off(Locale::En, &serde_json::from_value(off).unwrap())
        };
        let whole = told("Lei municipal 7.008/1967; python-holidays 0.109");
        assert!(whole.contains("(Lei municipal 7.008/1967)") && !whole.contains("python"), "{whole}");
        assert_eq!(told("python-holidays 0.109"), told(""));
    }

    /// C-01: clients read neither what staff wrote nor what the record says of them.
    #[test]
    fn c_01_clients_read_no_words_of_staff() {
        let private = [
            json!({ "op": "CHOOSE", "key": "staff", "value": 300 }),
            json!({ "op": "CHOOSE", "key": "slowPayer", "value": true }),
            json!({ "op": "EVENT", "key": "slowPayer", "to": "2026-03-02" }),
            json!({ "op": "OVERRIDE", "to": "2026-03-02", "source": "slowPayer" }),
        ];
        for step in private {
            let step: Step = serde_json::from_value(step).unwrap();
            for locale in Locale::ALL {
                let told = explain_to_client(*locale, &step).join(" ");
                assert!(!told.contains("slowPayer") && !told.contains("300"), "{told}");
                assert_eq!(told.is_empty(), step.op != Op::Override, "{told}");
            }
        }
        let why = Provisional::AttributeMissing { key: "slowPayer".to_owned() };
        assert!(!why_provisional_to_client(Locale::En, &why).contains("slowPayer"));
        let why = Provisional::EventUnknown { name: "accountsApproved".to_owned() };
        assert_eq!(why_provisional_to_client(Locale::En, &why), why_provisional(Locale::En, &why));
    }
}
