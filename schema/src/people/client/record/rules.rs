//! Rules of what is recorded of clients, as pure functions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use guichet_base::country::Country;
use guichet_base::error::{Code, InputPath, Refusal, Told};
use guichet_base::input::{Check, out_of_range};
use guichet_base::registration::{self, Registration, Why};
use guichet_base::search;
use guichet_obligations::{
    CITY, Client as Facts, FiscalYears, Holidays, Period, REGION, Scalar, can_be, region_of_city,
};

/// Longest key of an attribute or an event, in characters.
pub const MAX_KEY: usize = 60;
/// Longest text of an attribute, in characters.
pub const MAX_VALUE: usize = 60;
/// The largest number of staff or of anything else.
pub const MAX_AMOUNT: i64 = 1_000_000;

/// What the record itself answers, and nobody sets.
const DERIVED: [&str; 5] = ["month", "quarter", "fiscalEnd", "registrationPrefix", "nameInitial"];

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
        (REGION, Scalar::Text(code)) => {
            country.is_none_or(|country| Holidays::shipped().region(country, code).is_some())
        }
        (CITY, Scalar::Text(code)) => country.is_none_or(|country| is_city(country, code)),
        ("staff", Scalar::Number(count)) => {
            if !(0..=MAX_AMOUNT).contains(count) {
                check.refuse(out_of_range(path, *count, &(0..=MAX_AMOUNT)));
            }
            true
        }
        // Only French rules ask for it; elsewhere it is a name that the firm gave to something.
        ("department", Scalar::Text(code)) => country != Some(Country::Fr) || is_department(code),
        ("department", _) => country != Some(Country::Fr),
        (_, Scalar::Number(number)) if number.unsigned_abs() > MAX_AMOUNT.unsigned_abs() => false,
        (key, value) => can_be(key, value),
    };
    check.require(fits, asked());
    match value {
        Scalar::Text(text) => Scalar::Text(check.line(path, &text, 1..=MAX_VALUE)),
        value => value,
    }
}

/// Whether a code is one of the country's codes of cities: IBGE, INSEE, INE, DICO.
fn is_city(country: Country, code: &str) -> bool {
    region_of_city(country, code).is_some()
}

/// Whether this is the number of a French department, as rules compare it: `01`, `2A`, `75`, `974`.
fn is_department(code: &str) -> bool {
    Holidays::shipped().region(Country::Fr, &format!("FR-{code}")).is_some()
        && code.bytes().any(|byte| byte.is_ascii_digit())
}

/// The French department of a place: as its region says it, or else its city.
fn department(region: Option<&str>, city: Option<&str>) -> Option<String> {
    let region = region.or_else(|| region_of_city(Country::Fr, city?))?;
    region.strip_prefix("FR-").filter(|code| is_department(code)).map(str::to_owned)
}

/// The refusal of a city that lies in another region; none where nobody knows the code.
pub fn elsewhere(path: &'static str, country: Country, city: &str) -> Option<Refusal> {
    let region = region_of_city(country, city)?;
    let name = Holidays::shipped().region(country, region).unwrap_or(region);
    let refusal = Refusal::of(path, Code::OutOfRange).asked(Told::Text(city.to_owned()));
    let refusal = refusal.telling("unit", Told::Text("city".to_owned()));
    Some(refusal.telling("name", Told::Text(name.to_owned())))
}

/// The day from which the city of a record would lie in another region than the one that the record has, if there is one.
pub fn misplaced(country: &str, facts: &Facts) -> Option<NaiveDate> {
    let country = Country::parse(country)?;
    facts.changes("region").chain(facts.changes("city")).find(|day| {
        let place = facts.place(*day);
        let of_city = place.city.as_deref().and_then(|city| region_of_city(country, city));
        of_city.zip(place.region.as_deref()).is_some_and(|(of_city, region)| of_city != region)
    })
}

/// Adds what follows from the record itself: the first two digits of the SIREN and the first letter of the name, by
/// which the French administration spreads due dates, and the department in which the seat lies.
#[must_use]
pub fn derived(facts: Facts, country: &str, name: &str, primary: Option<&Registration>) -> Facts {
    let facts = if Country::parse(country) == Some(Country::Fr) { with_department(facts) } else { facts };
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

/// Adds the department of each place, where the record does not name one from that day on. What was entered before
/// departments were checked, and is none, counts as unknown.
fn with_department(facts: Facts) -> Facts {
    const KEY: &str = "department";
    let days = |key: &str| facts.changes(key).collect::<Vec<NaiveDate>>();
    let mut values: BTreeMap<NaiveDate, Option<Scalar>> = BTreeMap::new();
    for day in [days("region"), days("city")].concat() {
        let place = facts.place(day);
        let found = department(place.region.as_deref(), place.city.as_deref());
        values.insert(day, found.map(Scalar::Text));
    }
    for day in days(KEY) {
        let named = match facts.attribute(KEY, day) {
            Some(Scalar::Text(code)) if is_department(code) => Some(Scalar::Text(code.clone())),
            _ => None,
        };
        let place = facts.place(day);
        let of_place = || department(place.region.as_deref(), place.city.as_deref()).map(Scalar::Text);
        values.insert(day, named.or_else(of_place));
    }
    values.into_iter().fold(facts, |facts, (day, value)| facts.with(KEY, day, value))
}

/// The years that are listed so that those which close on these days stay what they were: the given ones, and of the
/// others those that the `pattern` would name otherwise.
pub fn kept(
    old: &FiscalYears,
    pattern: FiscalYears,
    given: Vec<(NaiveDate, NaiveDate)>,
    closings: &[NaiveDate],
) -> Vec<(NaiveDate, NaiveDate)> {
    let mut listed = given;
    let years = closings.iter().filter_map(|day| old.containing(*day).filter(|year| year.end() == *day));
    // The last one first: those before the first listed year close as it begins.
    let mut years: Vec<Period> = years.collect();
    years.sort_unstable_by_key(|year| std::cmp::Reverse(year.end()));
    for year in years {
        let is_taken = listed.iter().any(|(start, end)| *start <= year.end() && year.start() <= *end);
        let new = pattern.clone().with(listed.clone());
        if !is_taken && new.and_then(|new| new.containing(year.end())) != Some(year) {
            listed.push((year.start(), year.end()));
        }
    }
    listed.sort_unstable();
    listed
}

/// The closing days of the old years from the `first` to the `last` for which work was made, and after those up to the
/// one that runs, if by the new pattern it would be over.
pub fn until_today(
    old: &FiscalYears,
    pattern: &FiscalYears,
    (first, last): (NaiveDate, NaiveDate),
    today: NaiveDate,
) -> Vec<NaiveDate> {
    let Some(running) = old.containing(today) else { return Vec::new() };
    let is_over = running
        .start()
        .pred_opt()
        .and_then(|before| pattern.clone().with(vec![(running.start().min(before), before)]))
        .and_then(|new| new.containing(running.start()))
        .is_some_and(|year| year.end() < today);
    let until = if is_over { today } else { running.start().pred_opt().unwrap_or(today) };
    old.begun(first, until.max(last)).map(|year| year.end()).collect()
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
            ("FR", "city", text("A1B23"), false),
            ("FR", "city", text("20004"), false),
            ("BR", "city", text("9950308"), false),
            ("ES", "city", text("53079"), false),
            ("PT", "city", text("1906"), false),
            ("FR", "department", text("75"), true),
            ("FR", "department", text("01"), true),
            ("FR", "department", text("2A"), true),
            ("FR", "department", text("974"), true),
            ("FR", "department", Scalar::Number(75), false),
            ("FR", "department", text("1"), false),
            ("FR", "department", text("20"), false),
            ("FR", "department", text("99"), false),
            ("FR", "department", text("Paris"), false),
            ("FR", "department", text("PM"), false),
            ("BR", "department", text("Compras"), true),
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
        let facts = derived(Facts::default(), "FR", "« Éditions Molière »", Some(&siren));
        assert_eq!(facts.attribute("nameInitial", day), Some(&Scalar::Text("E".into())));
        assert_eq!(facts.attribute("registrationPrefix", day), Some(&Scalar::Number(73)));
        assert_eq!(derived(Facts::default(), "FR", "«»", None), Facts::default());
    }

    /// C-09: the department follows the seat, on the days on which the seat is there; one that is named holds until the
    /// seat changes.
    #[test]
    fn c_09_a_department_follows_from_the_seat() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let text = |text: &str| Some(Scalar::Text(text.to_owned()));
        let of = |entered: &[(&str, &str, Option<Scalar>)], on: &str| {
            let facts = entered.iter().fold(Facts::default(), |facts, (key, from, value)| {
                facts.with(key, day(from), value.clone())
            });
            derived(facts, "FR", "", None).attribute("department", day(on)).cloned()
        };
        let paris = ("region", "2020-01-01", text("FR-75"));
        assert_eq!(of(std::slice::from_ref(&paris), "2024-05-01"), text("75"));
        assert_eq!(of(&[("city", "2020-01-01", text("92004"))], "2024-05-01"), text("92"));
        assert_eq!(of(&[("city", "2020-01-01", text("97411"))], "2024-05-01"), text("974"));
        let lyon = [("region", "2025-01-01", text("FR-69")), ("city", "2025-01-01", text("69123"))];
        let moved = [&[paris.clone()][..], &lyon].concat();
        assert_eq!((of(&moved, "2024-12-31"), of(&moved, "2025-01-01")), (text("75"), text("69")));
        // What was entered as a number was never compared with anything.
        let number = ("department", "2020-01-01", Some(Scalar::Number(93)));
        assert_eq!(of(std::slice::from_ref(&number), "2024-05-01"), None);
        assert_eq!(of(&[paris.clone(), number], "2024-05-01"), text("75"));
        let named = ("department", "2021-01-01", text("93"));
        let all = [&[paris, named][..], &lyon].concat();
        assert_eq!((of(&all, "2020-06-01"), of(&all, "2024-05-01")), (text("75"), text("93")));
        assert_eq!(of(&all, "2025-05-01"), text("69"));
        // Saint-Martin is a region, and no department.
        assert_eq!(of(&[("region", "2020-01-01", text("FR-MF"))], "2024-05-01"), None);
        let brazil = Facts::default().with("city", day("2020-01-01"), text("3550308"));
        assert_eq!(derived(brazil.clone(), "BR", "", None), brazil);
    }

    /// What the shipped rules compare is what can be entered: no other type, and no value that they do not know.
    #[test]
    fn what_rules_ask_is_checked() {
        let asked: std::collections::BTreeSet<String> = guichet_obligations::shipped()
            .book
            .iter()
            .flat_map(|obligation| guichet_obligations::shipped().book.keys(&obligation.code))
            .filter(|key| !DERIVED.contains(&key.as_str()) && key != "accountsApproved")
            .collect();
        assert!(asked.contains("department") && asked.contains("legalForm"), "{asked:?}");
        for key in asked {
            let given = [Scalar::Text("anything".to_owned()), Scalar::Number(-3), Scalar::Bool(true)];
            let fit = given
                .into_iter()
                .filter(|given| accepted(|check| drop(value(check, "value", "FR", &key, given.clone()))));
            let fit: Vec<Scalar> = fit.collect();
            assert!(fit.iter().all(|given| matches!(given, Scalar::Bool(_))), "{key}: {fit:?}");
        }
    }

    #[test]
    fn a_city_lies_in_its_region() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let text = |text: &str| Some(Scalar::Text(text.to_owned()));
        let facts = |region: &str, city: &str| {
            let of = Facts::default().with("region", day("2020-01-01"), text(region));
            of.with("city", day("2021-01-01"), text(city))
        };
        for (country, region, city, is_there) in [
            ("BR", "BR-SP", "3550308", true),
            ("BR", "BR-RJ", "3550308", false),
            ("FR", "FR-75", "75056", true),
            ("FR", "FR-75", "69123", false),
            ("ES", "ES-MD", "28006", true),
            ("ES", "ES-CT", "28006", false),
            ("PT", "PT-30", "3103", true),
            ("PT", "PT-11", "3103", false),
            ("DE", "DE-BE", "Berlin", true),
        ] {
            let found = misplaced(country, &facts(region, city));
            assert_eq!(found, (!is_there).then(|| day("2021-01-01")), "{region} {city}");
        }
        let moved = facts("BR-SP", "3550308").with("region", day("2024-01-01"), text("BR-RJ"));
        assert_eq!(misplaced("BR", &moved), Some(day("2024-01-01")));
        let moved = moved.with("city", day("2024-01-01"), None);
        assert_eq!(misplaced("BR", &moved), None);
    }

    fn days(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// C-08: the years for which work was made keep their bounds, whatever the new closing day or list is.
    #[test]
    fn c_08_the_past_keeps_its_years() {
        let day = days;
        let june = || FiscalYears::ending(guichet_obligations::MonthDay::parse("06-30").unwrap());
        let calendar = FiscalYears::calendar();
        let made = ["2023-12-31", "2024-12-31", "2025-12-31"].map(day);
        let listed = kept(&calendar, june(), Vec::new(), &made);
        assert_eq!(listed, [(day("2025-01-01"), day("2025-12-31"))], "those before follow from it");
        let new = june().with(listed).unwrap();
        for closing in made {
            assert_eq!(new.containing(closing), calendar.containing(closing));
        }
        let next = new.containing(day("2026-01-01")).unwrap();
        assert_eq!((next.start(), next.end()), (day("2026-01-01"), day("2026-06-30")));
        // Behind a short first year each is listed.
        let first = (day("2023-05-10"), day("2023-12-31"));
        let founded = calendar.clone().with(vec![first]).unwrap();
        let listed = kept(&founded, june(), vec![first], &made);
        let years = [(day("2024-01-01"), day("2024-12-31")), (day("2025-01-01"), day("2025-12-31"))];
        assert_eq!(listed, [&[first][..], &years].concat());
        // What is given in their place holds.
        let given = vec![(day("2025-01-01"), day("2025-06-30"))];
        assert_eq!(kept(&calendar, june(), given.clone(), &made[2..]), given);
        assert_eq!(kept(&calendar, june(), Vec::new(), &[]), []);
    }

    /// A year that runs follows the new closing day, unless by that it would be over.
    #[test]
    fn c_08_the_running_year() {
        let day = days;
        let calendar = FiscalYears::calendar();
        let june = FiscalYears::ending(guichet_obligations::MonthDay::parse("06-30").unwrap());
        let until =
            |today: &str| until_today(&calendar, &june, (day("2024-12-31"), day("2024-12-31")), day(today));
        assert_eq!(until("2026-03-02"), ["2024-12-31", "2025-12-31"].map(day));
        assert_eq!(until("2026-06-30"), ["2024-12-31", "2025-12-31"].map(day));
        assert_eq!(until("2026-07-01"), ["2024-12-31", "2025-12-31", "2026-12-31"].map(day));
    }
}
