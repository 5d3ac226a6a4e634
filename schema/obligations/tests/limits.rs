//! What rules may be, and what is answered about a place of which something is unknown (C-09).

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, Weekday};
use guichet_base::country::Country;
use guichet_base::locale::Locale;
use guichet_obligations::{
    Anchor, Answer, Book, Calendar, Calendars, Case, Chain, Choice, Client, Due, Expr, Extension,
    FiscalYears, Holiday, Holidays, Jurisdiction, Move, Obligation, Office, Period, PeriodKind, Place, Plan,
    Provisional, Question, Reach, Scalar, Shift, Status, Switch, Test, Trouble, Version, Wrong, expression,
    shipped, why_provisional,
};
use serde_json::{Value, json};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(name: &str) -> Period {
    Period::parse(name, 1, &FiscalYears::calendar()).unwrap()
}

fn calendars() -> Calendars<'static> {
    Calendars::new(Holidays::shipped(), Office::of(Country::Br))
}

fn rule(value: Value) -> Expr {
    expression(&value).unwrap()
}

fn obligation(code: &str, jurisdiction: &str, due: Expr) -> Obligation {
    let version =
        Version { id: None, from: None, to: None, due, source: "Law".to_owned(), status: Status::Known };
    Obligation {
        code: code.to_owned(),
        kind: PeriodKind::Month,
        jurisdiction: Jurisdiction::parse(jurisdiction).unwrap(),
        versions: vec![version],
        extensions: Vec::new(),
    }
}

fn ask(book: &Book, calendars: &Calendars<'_>, code: &str, of: &str, client: &Client) -> Answer {
    book.due(calendars, Question { code, period: &period(of), client, instead: None })
}

fn date(book: &Book, calendars: &Calendars<'_>, code: &str, of: &str, client: &Client) -> Due {
    ask(book, calendars, code, of, client).due().unwrap_or_else(|| panic!("{code} {of}")).clone()
}

/// A switch on an attribute with two ways.
fn two_ways(attribute: &str, one: Value, other: Value) -> Value {
    json!({"by": attribute, "cases": [{"in": [true], "is": one}], "else": other})
}

/// A rule of one step with so many switches of two ways in front of it.
fn switches(count: usize) -> Value {
    let steps = (0..count).map(|at| json!({"days": two_ways(&format!("a{at}"), json!(1), json!(2))}));
    json!({"at": "PERIOD_END", "go": steps.collect::<Vec<_>>(), "shift": "KEEP"})
}

fn on(code: &str, days: Value) -> Expr {
    rule(json!({"at": {"rule": code}, "go": [{"days": days}], "shift": "KEEP"}))
}

#[test]
fn days_are_counted_to_an_end() {
    let first = day("2025-04-01");
    let office = Office::new(Country::Br, Place::default(), vec![Weekday::Mon]).unwrap();
    let closed = (0..60).fold(Calendars::new(Holidays::shipped(), office), |calendars, at| {
        calendars.with(Holiday {
            country: Country::Br,
            place: Place::default(),
            date: first.checked_add_days(Days::new(at)).unwrap(),
            kinds: "O".to_owned(),
            name: "Closed".to_owned(),
            source: "Firm".to_owned(),
        })
    });
    let none = Provisional::NoWorkingDay;
    for (step, of, calendars, expected, is_told) in [
        (json!({"businessDays": 1}), "2025-03", &closed, "2025-03-31", true),
        (json!({"nth": 1}), "2025-04", &closed, "2025-04-30", true),
        (json!({"nth": -1}), "2025-04", &closed, "2025-04-30", true),
        (json!({"businessDays": -1}), "2025-03", &closed, "2025-03-24", false),
        // A week of one day, and the twenty-third business day of a month that has four.
        (json!({"businessDays": 3}), "2025-06", &closed, "2025-07-21", false),
        (json!({"nth": 23}), "2025-06", &closed, "2025-06-30", false),
    ] {
        let written = json!({"at": "PERIOD_END", "go": [step], "calendar": "OFFICE", "shift": "KEEP"});
        let answer =
            Book::default().own(calendars, &rule(written.clone()), &period(of), &Client::default(), None);
        let due = answer.due().unwrap();
        assert_eq!((due.date, due.provisional.contains(&none)), (day(expected), is_told), "{written}");
    }
}

/// Steps of business days multiply with rules until events and with attributes: each is allowed, all of them are not.
#[test]
fn a_rule_that_counts_too_much_is_refused() {
    let nested = |steps: usize, switches: usize| {
        let chain = |at: Value, go: Vec<Value>| json!({"at": at, "go": go, "calendar": "BR-BANK", "reach": "CITY", "shift": "AFTER"});
        let go = |n: Value| (0..steps).map(|_| json!({"businessDays": n})).collect::<Vec<_>>();
        let mut inner = chain(json!("PERIOD_END"), go(json!(250)));
        for at in 0..7 {
            let mut steps = go(json!(250));
            let ways = (0..switches).filter(|switch| switch % 7 == at);
            for (step, switch) in steps.iter_mut().zip(ways) {
                *step = json!({"businessDays": two_ways(&format!("a{switch}"), json!(250), json!(249))});
            }
            inner = chain(json!({"event": format!("e{at}"), "else": inner}), steps);
        }
        inner
    };
    let read = |value: Value| expression(&value).map_err(|problem| problem.trouble);
    assert_eq!(read(nested(8, 10)).unwrap_err(), Trouble::Size);
    assert!(read(nested(8, 0)).is_err(), "64 steps of 250 business days");
    assert!(read(nested(0, 0)).is_ok());
    // The limit of the combinations alone.
    let doubled = |count| two_ways("b", switches(count), switches(count));
    assert!(read(switches(8)).is_ok());
    assert!(read(doubled(8)).is_ok());
    assert_eq!(read(two_ways("c", doubled(8), switches(1))).unwrap_err(), Trouble::Size);
    // The period is known: its switches do not multiply.
    let by_month = json!({"by": "month", "cases": [{"in": [1], "is": doubled(8)}], "else": switches(1)});
    assert!(read(by_month).is_ok());
}

/// What was not read but made, or depends on too much, is answered, too, and not by a date of which nobody can say how it
/// came about.
#[test]
fn what_is_too_much_has_no_date() {
    let ways = |count: i32| {
        let case = |n: i32| Case { test: Test::In(vec![Scalar::Number(n.into())]), is: Choice::Is(n) };
        let otherwise = Box::new(Choice::Is(250));
        Choice::By(Switch { by: "size".to_owned(), cases: (1..count).map(case).collect(), otherwise })
    };
    let made = Choice::Is(Plan::Chain(Chain {
        at: Anchor::PeriodEnd,
        go: (0..8).map(|_| Move::BusinessDays(ways(60))).collect(),
        calendar: Some(Calendar::BrBank),
        reach: Reach::City,
        shift: Shift::After,
        shift_calendar: None,
    }));
    let book: Book = [obligation("A", "BR", made)].into_iter().collect();
    assert_eq!(book.check(book.get("A").unwrap()), [Wrong::Size { version: 0 }]);
    assert_eq!(ask(&book, &calendars(), "A", "2025-01", &Client::default()), Answer::TooMuch);
    // With the attribute there is one combination.
    let known = Client::default().always("size", Scalar::Number(1)).always("city", "3550308");
    assert!(ask(&book, &calendars(), "A", "2025-01", &known).due().is_some());
}

#[test]
fn the_book_refuses_what_no_rule_shows_alone() {
    let end = || rule(json!({"at": "PERIOD_END", "shift": "KEEP"}));
    let line = |length: usize| -> Book {
        let next = |at: usize| if at == 1 { end() } else { on(&format!("R{}", at - 1), json!(1)) };
        (1..=length).map(|at| obligation(&format!("R{at}"), "BR", next(at))).collect()
    };
    let client = Client::default();
    let eight = line(8);
    assert_eq!(eight.check(eight.get("R8").unwrap()), []);
    assert_eq!(date(&eight, &calendars(), "R8", "2025-01", &client).date, day("2025-02-07"));
    let nine = line(9);
    assert_eq!(nine.check(nine.get("R9").unwrap()), [Wrong::Depth { version: 0 }]);
    assert_eq!(nine.check(nine.get("R8").unwrap()), []);
    assert_eq!(ask(&nine, &calendars(), "R9", "2025-01", &client), Answer::TooMuch);

    let mut quarterly = obligation("QUARTERLY", "BR", end());
    quarterly.kind = PeriodKind::Quarter;
    quarterly.extensions = ["2025-Q1", "2025-01"]
        .map(|period| Extension {
            period: period.to_owned(),
            due: day("2025-05-01"),
            published: day("2025-04-01"),
            places: Vec::new(),
            when: None,
            source: "Act".to_owned(),
        })
        .into();
    let book: Book = [
        obligation("END", "BR", end()),
        obligation("MANY", "BR", rule(switches(8))),
        obligation("MORE", "BR", on("MANY", two_ways("b", json!(1), json!(2)))),
        obligation("MOST", "BR", on("MORE", two_ways("c", json!(1), json!(2)))),
        obligation("SELF", "BR", on("self", json!(1))),
        obligation("LOST", "BR", on("NOWHERE", json!(1))),
        obligation("OTHER", "BR", on("QUARTERLY", json!(1))),
        obligation("LOOP", "BR", on("LOOP", json!(1))),
        obligation("PING", "BR", on("PONG", json!(1))),
        obligation("PONG", "BR", on("PING", json!(1))),
        quarterly,
    ]
    .into_iter()
    .collect();
    let lacks = |code: &str| vec![Wrong::Rule { version: 0, code: code.to_owned() }];
    for (code, wrong) in [
        ("END", vec![]),
        ("MANY", vec![]),
        ("MORE", vec![]),
        ("MOST", vec![Wrong::Size { version: 0 }]),
        ("SELF", lacks("self")),
        ("LOST", lacks("NOWHERE")),
        ("OTHER", lacks("QUARTERLY")),
        ("LOOP", vec![Wrong::Circle { version: 0 }]),
        ("PING", vec![Wrong::Circle { version: 0 }]),
        ("QUARTERLY", vec![Wrong::Extension { extension: 1, period: "2025-01".to_owned() }]),
    ] {
        assert_eq!(book.check(book.get(code).unwrap()), wrong, "{code}");
    }
    for (code, wrong) in [
        ("self", vec![]),
        ("END", vec![]),
        ("NOWHERE", lacks("NOWHERE")),
        ("QUARTERLY", lacks("QUARTERLY")),
        ("MORE", vec![Wrong::Size { version: 0 }]),
    ] {
        let own = on(code, two_ways("d", json!(-1), json!(-2)));
        assert_eq!(book.check_own(&own, PeriodKind::Month), wrong, "{code}");
    }
}

fn at(region: &str, city: &str) -> Client {
    let given = [("region", region), ("city", city)].into_iter().filter(|(_, value)| !value.is_empty());
    given.fold(Client::default(), |client, (key, value)| client.always(key, value))
}

fn missing(due: &Due) -> Vec<&str> {
    let keys = due.provisional.iter().filter_map(|why| match why {
        Provisional::PlaceMissing { key } => Some(key.as_str()),
        _ => None,
    });
    keys.collect()
}

/// A payment that moves to the day before has its earliest date where there are holidays, not where there are none.
#[test]
fn without_a_city_the_earliest_date_of_all_cities_counts() {
    for (region, city, expected, lacks) in [
        ("BR-SP", "3550308", "2026-01-20", &[][..]),
        ("BR-RJ", "3304557", "2026-01-19", &[]),
        // Its state is in the code.
        ("", "3304557", "2026-01-19", &[]),
        ("", "", "2026-01-19", &["city", "region"]),
        ("BR-RJ", "", "2026-01-19", &["city"]),
        ("BR-SP", "", "2026-01-20", &["city"]),
    ] {
        let due = date(&shipped().book, &calendars(), "BR-DARFPREV", "2025-12", &at(region, city));
        assert_eq!((due.date, missing(&due)), (day(expected), lacks.to_vec()), "{region} {city}");
    }
    // What a firm knows of its cities counts, too.
    let ask = |calendars: &Calendars<'_>| {
        date(&shipped().book, calendars, "BR-DARFPREV", "2025-12", &at("BR-SP", "")).date
    };
    let added = calendars().with(Holiday {
        country: Country::Br,
        place: Place { region: Some("BR-SP".to_owned()), city: Some("3509502".to_owned()) },
        date: day("2026-01-20"),
        kinds: "BFL".to_owned(),
        name: "Aniversário".to_owned(),
        source: "Lei".to_owned(),
    });
    assert_eq!((ask(&calendars()), ask(&added)), (day("2026-01-20"), day("2026-01-19")));
    for locale in Locale::ALL {
        let told = why_provisional(*locale, &Provisional::PlaceMissing { key: "city".to_owned() });
        let of_attribute =
            why_provisional(*locale, &Provisional::AttributeMissing { key: "city".to_owned() });
        assert_ne!(told, of_attribute, "{locale}");
    }
}

/// Of all rules, in both directions: without a place the date is the earliest of those of all known places, and of a place
/// without holidays of its own; without the city, the earliest of its region.
#[test]
fn the_date_without_a_place_is_the_earliest_of_all() {
    let (mut compared, mut differ) = (0, 0);
    let mut own = [-1, 1, -4, 9].map(|n| json!({"nth": n})).to_vec();
    own.extend([-30, 30].map(|n| json!({"businessDays": n})));
    for country in Country::ALL {
        let known = Holidays::shipped().between(*country, day("2023-01-01"), day("2032-12-31"));
        let places: BTreeSet<Place> =
            known.map(|holiday| holiday.place.clone()).chain([Place::default()]).collect();
        let filing = format!("{country}-FILING");
        for (step, shift) in own.iter().flat_map(|step| ["BEFORE", "AFTER"].map(|shift| (step, shift))) {
            let rule = rule(json!({
                "at": "PERIOD_END", "go": [step], "calendar": filing, "reach": "CITY", "shift": shift
            }));
            for of in ["2024-12", "2025-06", "2026-01"] {
                let ask = |client: &Client| {
                    let answer = Book::default().own(&calendars(), &rule, &period(of), client, None);
                    answer.due().unwrap().date
                };
                let of_region = |region: &Option<String>| {
                    let inside = places.iter().filter(|place| region.is_none() || place.region == *region);
                    let clients = inside.map(|place| {
                        // A city without a holiday, where none is named.
                        let city = place.city.as_deref().unwrap_or("99999");
                        at(place.region.as_deref().unwrap_or("XX-0"), city)
                    });
                    clients.map(|client| ask(&client)).min().unwrap()
                };
                let regions: BTreeSet<&Option<String>> = places.iter().map(|place| &place.region).collect();
                for region in regions {
                    let client = at(region.as_deref().unwrap_or_default(), "");
                    let nowhere = ask(&at("XX-0", "99999"));
                    let earliest = of_region(region);
                    assert_eq!(ask(&client), earliest, "{country} {step} {shift} {of} {region:?}");
                    compared += 1;
                    differ += usize::from(earliest != nowhere);
                }
            }
        }
    }
    assert!(compared > 1000 && differ > 50, "{differ} of {compared}");
}

/// C-09: whether an extension of some places holds is not guessed where the place is unknown.
#[test]
fn an_extension_of_places_needs_the_place() {
    let end = || rule(json!({"at": "PERIOD_END", "go": [{"months": 1}, {"day": 20}], "shift": "KEEP"}));
    let (law, later, earlier) = ("2025-02-20", "2025-03-31", "2025-02-10");
    for (places, due, region, city, expected, lacks) in [
        (&["4122156"][..], later, "BR-PR", "4122156", later, &[][..]),
        (&["4122156"], later, "", "4122156", later, &[]),
        (&["4122156"], later, "BR-PR", "4106902", law, &[]),
        (&["4122156"], later, "", "", law, &["city"]),
        (&["4122156"], later, "BR-PR", "", law, &["city"]),
        // The city lies in another state.
        (&["4122156"], later, "BR-SP", "", law, &[]),
        (&["4122156"], earlier, "", "", earlier, &["city"]),
        (&["BR-PR"], later, "BR-PR", "", later, &[]),
        (&["BR-PR"], later, "", "4106902", later, &[]),
        (&["BR-PR"], later, "", "3550308", law, &[]),
        (&["BR-PR"], later, "", "", law, &["region"]),
        (&["BR-PR"], earlier, "", "", earlier, &["region"]),
        (&["BR-PR", "3550308"], later, "BR-SP", "", law, &["city"]),
    ] {
        let mut extended = obligation("A", "BR", end());
        extended.extensions.push(Extension {
            period: "2025-01".to_owned(),
            due: day(due),
            published: day("2025-02-01"),
            places: places.iter().map(ToString::to_string).collect(),
            when: None,
            source: "Act".to_owned(),
        });
        let book: Book = [extended].into_iter().collect();
        let found = date(&book, &calendars(), "A", "2025-01", &at(region, city));
        assert_eq!(
            (found.date, missing(&found)),
            (day(expected), lacks.to_vec()),
            "{places:?} {due} {region} {city}"
        );
        assert_eq!(date(&book, &calendars(), "A", "2025-02", &at(region, city)).provisional, []);
    }
    // A condition that is not fulfilled needs no place, and a later act for everybody none either.
    let mut extended = obligation("A", "BR", end());
    let act = |published: &str, places: &[&str]| Extension {
        period: "2025-01".to_owned(),
        due: day(later),
        published: day(published),
        places: places.iter().map(ToString::to_string).collect(),
        when: Some(("staff".to_owned(), Test::Range(Some(Scalar::Number(50)), None))),
        source: "Act".to_owned(),
    };
    extended.extensions = vec![act("2025-02-01", &["4122156"])];
    let small = Client::default().always("staff", Scalar::Number(3));
    let large = Client::default().always("staff", Scalar::Number(50));
    let ask = |extended: &Obligation, client: &Client| {
        let due = date(&[extended.clone()].into_iter().collect(), &calendars(), "A", "2025-01", client);
        (due.date, missing(&due).len())
    };
    assert_eq!(ask(&extended, &small), (day(law), 0));
    assert_eq!(ask(&extended, &large), (day(law), 1));
    extended.extensions.push(act("2025-02-02", &[]));
    assert_eq!(ask(&extended, &large), (day(later), 0));
}

/// A rule of a city has the holidays of that city, also inside another rule, and around it those of the client count.
#[test]
fn a_rule_has_the_holidays_of_its_city() {
    let payment = |at: Value, go: Value| {
        rule(json!({"at": at, "go": go, "calendar": "BR-BANK", "reach": "CITY", "shift": "BEFORE"}))
    };
    let twentieth = || payment(json!("PERIOD_END"), json!([{"months": 1}, {"day": 20}]));
    let book: Book = [
        obligation("RIO", "BR-3304557", twentieth()),
        obligation("NATION", "BR", twentieth()),
        obligation("ON-RIO", "BR", payment(json!({"rule": "RIO"}), json!([{"businessDays": 1}]))),
        obligation("RIO-ON-NATION", "BR-3304557", payment(json!({"rule": "NATION"}), json!([{"days": 0}]))),
    ]
    .into_iter()
    .collect();
    let (rio, sao_paulo) = (at("BR-RJ", "3304557"), at("BR-SP", "3550308"));
    for (code, client, expected) in [
        ("RIO", &sao_paulo, "2026-01-19"),
        ("NATION", &sao_paulo, "2026-01-20"),
        ("NATION", &rio, "2026-01-19"),
        ("ON-RIO", &sao_paulo, "2026-01-20"),
        ("ON-RIO", &rio, "2026-01-21"),
        ("RIO-ON-NATION", &sao_paulo, "2026-01-19"),
    ] {
        assert_eq!(date(&book, &calendars(), code, "2025-12", client).date, day(expected), "{code}");
    }
    // The client's own record is not asked.
    let due = date(&book, &calendars(), "RIO", "2025-12", &Client::default());
    let of_calendar = |why: &Provisional| matches!(why, Provisional::CalendarYear { .. });
    assert!(due.provisional.iter().all(of_calendar), "{due:?}");
    let outside = date(&book, &calendars(), "ON-RIO", "2025-12", &Client::default());
    assert_eq!(missing(&outside), ["city", "region"]);
}

/// The region of a city that is not shipped: from its code, from what the firm added, or unknown, and not for want of
/// something in the client's record.
#[test]
fn the_region_of_a_city_is_found_or_said_to_be_unknown() {
    let of = |city: &str, calendar: &str, date: &str| {
        let (month, day) = date.split_once('-').unwrap();
        let (month, day): (u32, u32) = (month.parse().unwrap(), day.parse().unwrap());
        let rule = rule(json!({
            "at": "PERIOD_START", "go": [{"months": month - 1}, {"day": day}],
            "calendar": calendar, "reach": "CITY", "shift": "AFTER"
        }));
        [obligation("A", city, rule)].into_iter().collect::<Book>()
    };
    let about_region = |due: &Due| -> Vec<Provisional> {
        let all = due.provisional.iter();
        all.filter(|why| !matches!(why, Provisional::CalendarYear { .. })).cloned().collect()
    };
    // 9 July is a holiday of São Paulo.
    let campinas = of("BR-3509502", "BR-BANK", "07-09");
    let due = date(&campinas, &calendars(), "A", "2025-01", &Client::default());
    assert_eq!((due.date, about_region(&due)), (day("2025-07-10"), vec![]));
    // 11 September is one of Catalonia, where Terrassa lies by its code.
    let terrassa = of("ES-08279", "ES-FILING", "09-11");
    let due = date(&terrassa, &calendars(), "A", "2025-01", &at("ES-MD", "28079"));
    assert_eq!((due.date, about_region(&due)), (day("2025-09-12"), vec![]));
    // No province has this number, and nothing else says where the city is.
    let nowhere = of("ES-99279", "ES-FILING", "09-11");
    let due = date(&nowhere, &calendars(), "A", "2025-01", &at("ES-MD", "28079"));
    let unknown = Provisional::RegionUnknown { country: Country::Es, city: "99279".to_owned() };
    assert_eq!((due.date, about_region(&due)), (day("2025-09-11"), vec![unknown.clone()]));
    for locale in Locale::ALL {
        assert!(why_provisional(*locale, &unknown).contains("99279"), "{locale}");
    }
    let told = calendars().with(Holiday {
        country: Country::Es,
        place: Place { region: Some("ES-CT".to_owned()), city: Some("99279".to_owned()) },
        date: day("2025-06-30"),
        kinds: "BFL".to_owned(),
        name: "Festa Major".to_owned(),
        source: "Ordre".to_owned(),
    });
    let due = date(&nowhere, &told, "A", "2025-01", &at("ES-MD", "28079"));
    assert_eq!((due.date, about_region(&due)), (day("2025-09-12"), vec![]));
}

/// Spain published its holidays of 2026, not those of 2027: who counts over New Year is told, and once.
#[test]
fn each_year_that_is_counted_is_told() {
    let counted = |from: u32| {
        let rule = rule(json!({
            "at": "PERIOD_END", "go": [{"day": from}, {"businessDays": 5}], "calendar": "ES-FILING", "shift": "KEEP"
        }));
        let answer = Book::default().own(&calendars(), &rule, &period("2026-12"), &Client::default(), None);
        answer.due().unwrap().provisional.clone()
    };
    assert_eq!(counted(9), []);
    let open = Provisional::CalendarYear { country: Country::Es, region: None, city: None, year: 2027 };
    assert_eq!(counted(28), [open]);
}

/// What is left of a version beside others: before them, between them and after them, with the law's own bounds at its
/// ends.
#[test]
fn a_version_goes_on_beside_others() {
    let due = rule(json!({"at": "PERIOD_END", "go": [{"months": 1}], "shift": "KEEP"}));
    let version = |from: Option<&str>, to: Option<&str>| Version {
        id: None,
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        due: due.clone(),
        source: "Law".to_owned(),
        status: Status::Known,
    };
    for (of, others, left) in [
        ((None, None), &[][..], &[(None, None)][..]),
        (
            (None, None),
            &[(Some("2027"), Some("2027"))],
            &[(None, Some("2026-12-31")), (Some("2028-01-01"), None)],
        ),
        ((Some("2020"), Some("2029")), &[(Some("2027"), None)], &[(Some("2020"), Some("2026-12-31"))]),
        ((Some("2020"), Some("2029")), &[(None, Some("2021-06"))], &[(Some("2021-07-01"), Some("2029"))]),
        ((Some("2020"), Some("2029")), &[(Some("2010"), Some("2040"))], &[]),
        ((Some("2020"), Some("2029")), &[(Some("2040"), None)], &[(Some("2020"), Some("2029"))]),
        (
            (Some("2020"), None),
            &[(Some("2025"), Some("2025")), (Some("2022-03"), Some("2022-05"))],
            &[
                (Some("2020"), Some("2022-02-28")),
                (Some("2022-06-01"), Some("2024-12-31")),
                (Some("2026-01-01"), None),
            ],
        ),
    ] {
        let others: Vec<Version> = others.iter().map(|(from, to)| version(*from, *to)).collect();
        let found = version(of.0, of.1).beside(&others);
        let found: Vec<(Option<&str>, Option<&str>)> =
            found.iter().map(|one| (one.from.as_deref(), one.to.as_deref())).collect();
        assert_eq!(found, left, "{of:?} {others:?}");
    }
}
