//! The dates of the catalogue: against official calendars that somebody read, and what holds of all of them (C-09, C-10).

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Datelike, NaiveDate};
use guichet_base::country::Country;
use guichet_base::locale::Locale;
use guichet_obligations::{
    Answer, Calendars, Chain, Choice, Client, Due, FiscalYears, Holidays, MonthDay, Obligation, Office, Op,
    Period, PeriodKind, Place, Plan, Provisional, Question, Scalar, Shift, sentences, shipped,
    why_provisional,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn due_of(code: &str, period: &Period, client: &Client) -> Answer {
    let country = Country::parse(&code[..2]).unwrap_or(Country::Br);
    let calendars = Calendars::new(Holidays::shipped(), Office::of(country));
    shipped().book.due(&calendars, Question { code, period, client, instead: None })
}

fn date_of(code: &str, period: &str, client: &Client) -> Due {
    let period = parse(period);
    due_of(code, &period, client).due().unwrap_or_else(|| panic!("{code} {period} has no date")).clone()
}

/// Reads the name of a period; a fiscal year has twelve months.
fn parse(name: &str) -> Period {
    let years = match name.strip_prefix("FY") {
        Some(closing) => FiscalYears::ending(MonthDay::parse(&closing[5..]).unwrap()),
        None => FiscalYears::calendar(),
    };
    Period::parse(name, 1, &years).unwrap()
}

fn at(country: &str, place: &str) -> Client {
    let client = Client::default();
    if place.is_empty() {
        return client;
    }
    if place.starts_with(country) {
        return client.always("region", place);
    }
    let region = Holidays::shipped().city(Country::parse(country).unwrap(), place).map(|(_, region)| region);
    region.into_iter().fold(client.always("city", place), |client, region| client.always("region", region))
}

struct Row {
    line: String,
    code: String,
    period: String,
    place: String,
    attributes: BTreeMap<String, String>,
    date: NaiveDate,
}

impl Row {
    fn client(&self) -> Client {
        const ABOUT_THE_ROW: [&str; 3] = ["extended", "superseded", "annex"];
        let attributes = self.attributes.iter().filter(|(key, _)| !ABOUT_THE_ROW.contains(&key.as_str()));
        attributes.fold(at(&self.code[..2], &self.place), |client, (key, value)| {
            let value = match (value.as_str(), value.parse()) {
                ("true", _) => Scalar::Bool(true),
                ("false", _) => Scalar::Bool(false),
                // A department is a text of digits.
                (_, Ok(number)) if key != "department" => Scalar::Number(number),
                (text, _) => text.into(),
            };
            client.always(key, value)
        })
    }
}

fn golden() -> Vec<Row> {
    let mut rows = Vec::new();
    for country in ["br", "es", "fr", "pt"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(country).with_extension("csv");
        let mut reader = csv::Reader::from_path(path).unwrap();
        assert_eq!(
            reader.headers().unwrap(),
            &["code", "period", "place", "attributes", "date", "source", "published"][..]
        );
        for record in reader.records() {
            let record = record.unwrap();
            assert!(!record[5].is_empty(), "a row without a source: {record:?}");
            let attributes = record[3].split(';').filter_map(|pair| pair.split_once('='));
            rows.push(Row {
                line: format!("{country}: {}", record.iter().collect::<Vec<_>>().join(",")),
                code: record[0].to_owned(),
                period: record[1].to_owned(),
                place: record[2].to_owned(),
                attributes: attributes.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                date: day(&record[4]),
            });
        }
    }
    rows
}

/// C-09: what official calendars of three years and four countries say. No row of them comes from these rules.
#[test]
fn dates_agree_with_official_calendars() {
    let rows = golden();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for row in &rows {
        compared += 1;
        let due = date_of(&row.code, &row.period, &row.client());
        if row.attributes.contains_key("annex") {
            // The catalogue lacks these extensions. When it has them, the mark goes.
            assert!(due.date < row.date && due.beaten.is_empty(), "{} {due:?}", row.line);
            continue;
        }
        let dates = || due.beaten.iter().map(|beaten| beaten.date);
        let agrees =
            match (row.attributes.contains_key("extended"), row.attributes.contains_key("superseded")) {
                (true, false) => due.date == row.date,
                (true, true) => dates().any(|date| date == row.date),
                // What would hold without extensions is beaten by them.
                (false, _) => dates().next_back().unwrap_or(due.date) == row.date,
            };
        if !agrees {
            wrong.push(format!("{} but {} {:?}", row.line, due.date, dates().collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 400, "only {compared} rows");
    for country in ["br", "es", "fr", "pt"] {
        for year in 2024..=2026 {
            let has = rows.iter().any(|row| row.line.starts_with(country) && row.date.year() == year);
            assert!(has, "no row of {country} in {year}");
        }
    }
}

/// C-10: each step, with the holidays and the law of each, in the language of the reader.
#[test]
fn a_date_is_explained() {
    let due = date_of("BR-DAS", "2025-03", &at("BR", "3550308"));
    assert_eq!(due.date, day("2025-04-22"));
    assert_eq!(
        sentences(Locale::En, &due),
        [
            "The period ends on Monday 31 March 2025.",
            "One month later: Wednesday 30 April 2025.",
            "Day 20 of the month: Sunday 20 April 2025.",
            "Sunday 20 April 2025 is not a working day.",
            "Monday 21 April 2025 is a national holiday: Tiradentes' Day (Lei 662/1949).",
            "It moves from Sunday 20 April 2025 to the next working day (Brazilian bank days): Tuesday 22 April 2025.",
        ]
    );
    let told = |locale| sentences(locale, &due)[4].clone();
    assert!(
        told(Locale::PtBr).starts_with("segunda-feira, 21 de abril de 2025 é feriado nacional: Tiradentes"),
        "{}",
        told(Locale::PtBr)
    );
    assert!(
        told(Locale::Fr).starts_with("Le lundi 21 avril 2025 est un jour férié national"),
        "{}",
        told(Locale::Fr)
    );
    assert!(
        told(Locale::Es).starts_with("El lunes 21 de abril de 2025 es fiesta nacional"),
        "{}",
        told(Locale::Es)
    );
    // It is kept with what it is the date of.
    let kept = serde_json::to_string(&due).unwrap();
    assert_eq!(serde_json::from_str::<Due>(&kept).unwrap(), due);
}

/// C-09: the last published extension holds, and the others are told.
#[test]
fn the_last_published_extension_holds() {
    let due = date_of("PT-MOD22", "FY2024-12-31", &Client::default());
    assert_eq!(due.date, day("2025-06-30"));
    let beaten: Vec<NaiveDate> = due.beaten.iter().map(|beaten| beaten.date).collect();
    assert_eq!(beaten, [day("2025-06-16"), day("2025-05-31")]);
    assert_eq!(due.provisional, []);
    // Only for years that end in December.
    assert_eq!(date_of("PT-MOD22", "FY2025-06-30", &Client::default()).beaten, []);
}

/// C-09: a gap between versions is not due; a table without the period has no date yet.
#[test]
fn what_has_no_date() {
    let client = Client::default();
    assert_eq!(due_of("BR-PISCOFINS", &parse("2027-01"), &client), Answer::NotDue);
    assert_eq!(due_of("FR-CA12", &parse("FY2027-12-31"), &client), Answer::NotDue);
    assert!(due_of("FR-CA12", &parse("FY2026-12-31"), &client).due().is_some());
    assert_eq!(due_of("ES-111T-DD", &parse("2030-Q1"), &client), Answer::NotPublished);
    assert_eq!(due_of("NOTHING", &parse("2025-01"), &client), Answer::NotDue);
}

/// C-09: without an attribute the date is the earliest that it could be, and says why.
#[test]
fn what_is_missing_makes_a_date_provisional() {
    let missing = |due: &Due| -> Vec<String> {
        let keys = due.provisional.iter().filter_map(|why| match why {
            Provisional::AttributeMissing { key } => Some(key.clone()),
            _ => None,
        });
        keys.collect()
    };
    let due = date_of("FR-DSN", "2025-03", &Client::default());
    assert_eq!(
        (due.date, missing(&due)),
        (day("2025-04-07"), vec!["payrollDeferred".to_owned(), "staff".to_owned()])
    );
    let due = date_of("FR-DSN", "2025-03", &Client::default().always("staff", Scalar::Number(12)));
    assert_eq!((due.date, missing(&due)), (day("2025-04-15"), vec![]));
    // The value at the end of the period counts.
    let grown = Client::default()
        .with("staff", day("2025-01-01"), Some(Scalar::Number(49)))
        .with("staff", day("2025-03-15"), Some(Scalar::Number(50)))
        .always("payrollDeferred", Scalar::Bool(false));
    assert_eq!(date_of("FR-DSN", "2025-02", &grown).date, day("2025-03-17"));
    assert_eq!(date_of("FR-DSN", "2025-03", &grown).date, day("2025-04-07"));

    let due = date_of("ES-CUENTAS", "FY2024-12-31", &at("ES", "28079"));
    assert!(
        due.provisional.contains(&Provisional::EventUnknown { name: "accountsApproved".to_owned() }),
        "{due:?}"
    );
    assert_eq!(due.date, day("2025-07-30"));
    let approved = at("ES", "28079").happened("accountsApproved", "FY2024-12-31", day("2025-05-20"));
    let due = date_of("ES-CUENTAS", "FY2024-12-31", &approved);
    assert_eq!((due.date, due.provisional), (day("2025-06-20"), vec![]));

    // A year of holidays that nobody published yet.
    let due = date_of("ES-303T", "2027-Q1", &at("ES", "28079"));
    assert!(
        due.provisional.iter().any(|why| matches!(why, Provisional::CalendarYear { year: 2027, .. })),
        "{due:?}"
    );
    for locale in Locale::ALL {
        for why in &due.provisional {
            assert!(why_provisional(*locale, why).contains("2027"), "{locale} {why:?}");
        }
    }
}

/// What a firm confirmed or added counts.
#[test]
fn a_firm_completes_the_calendars() {
    let client = Client::default().always("region", "BR-SP").always("city", "3509502");
    let place = Place { region: Some("BR-SP".to_owned()), city: Some("3509502".to_owned()) };
    let period = parse("2025-06");
    let ask = |calendars: &Calendars<'_>| {
        let question = Question { code: "BR-DAS", period: &period, client: &client, instead: None };
        shipped().book.due(calendars, question).due().unwrap().clone()
    };
    let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
    let unknown = ask(&calendars);
    assert_eq!(unknown.date, day("2025-07-21"));
    assert_eq!(unknown.provisional.len(), 1, "{unknown:?}");
    let calendars = calendars.confirmed(Country::Br, place.clone(), 2025);
    assert_eq!(ask(&calendars).provisional, []);
    let calendars = calendars.with(guichet_obligations::Holiday {
        country: Country::Br,
        place,
        date: day("2025-07-21"),
        kinds: "BFL".to_owned(),
        name: "Aniversário de Campinas".to_owned(),
        source: "Decreto municipal".to_owned(),
    });
    let moved = ask(&calendars);
    assert_eq!(moved.date, day("2025-07-22"));
    assert!(
        sentences(Locale::En, &moved)
            .concat()
            .contains("municipal holiday: Aniversário de Campinas (Decreto municipal)")
    );
}

/// The city of a rule that a city made.
fn city_of(obligation: &Obligation) -> Option<String> {
    let written = obligation.jurisdiction.to_string();
    let (_, code) = written.split_once('-')?;
    (code.len() >= 4).then(|| code.to_owned())
}

/// Spain counts months from date to date (Ley 39/2015, art. 30.4), and the days of the tax on companies after them: it is
/// declared within 25 days after the six months that follow the end of the year (Ley 27/2014, art. 124.1).
#[test]
fn spain_counts_months_from_date_to_date() {
    for (closing, expected) in [
        // Six months after 30 June end on 30 December, not on the 31st.
        ("2024-06-30", "2025-01-24"),
        // February is shorter than August: six months end on its last day.
        ("2024-08-31", "2025-03-25"),
        ("2023-08-31", "2024-03-25"),
        ("2024-09-30", "2025-04-24"),
        ("2024-11-30", "2025-06-24"),
        ("2024-12-31", "2025-07-25"),
    ] {
        let due = date_of("ES-200", &format!("FY{closing}"), &at("ES", "ES-MD"));
        let legal = due.steps.iter().rfind(|step| step.op == Op::Days).and_then(|step| step.to);
        assert_eq!(legal, Some(day(expected)), "{closing} {due:?}");
    }
}

fn clients(obligation: &Obligation) -> Vec<Client> {
    let country = obligation.jurisdiction.country().unwrap_or(Country::Br);
    let places = match country {
        Country::Br => ["3550308", "3304557", "BR-RS"],
        Country::Es => ["28079", "ES-CT", "ES-CN"],
        Country::Fr => ["FR-57", "FR-75", "FR-971"],
        Country::Pt => ["PT-11", "PT-20", ""],
    };
    let keys = shipped().book.keys(&obligation.code);
    let mut clients: Vec<Client> = places.iter().map(|place| at(country.as_str(), place)).collect();
    for (key, values) in [
        ("department", vec![Scalar::from("75"), Scalar::from("13")]),
        ("legalForm", vec!["SOLE".into(), "COMPANY".into(), "SA".into(), "OTHER".into()]),
        ("nameInitial", vec!["B".into(), "T".into()]),
        ("registrationPrefix", vec![Scalar::Number(12), Scalar::Number(70), Scalar::Number(90)]),
        ("staff", vec![Scalar::Number(3), Scalar::Number(50)]),
        ("payrollDeferred", vec![Scalar::Bool(true), Scalar::Bool(false)]),
        ("adhered", vec![Scalar::Bool(true), Scalar::Bool(false)]),
    ] {
        if keys.contains(key) {
            clients = clients
                .iter()
                .flat_map(|client| values.iter().map(|value| client.clone().always(key, value.clone())))
                .collect();
        }
    }
    clients
}

fn periods(kind: PeriodKind) -> Vec<Vec<Period>> {
    let closings = match kind {
        PeriodKind::FiscalYear => ["12-31", "06-30", "02-28", "09-30"].as_slice(),
        _ => &["12-31"],
    };
    let of = |closing: &&str| {
        let years = FiscalYears::ending(MonthDay::parse(closing).unwrap());
        let first = Period::containing(kind, day("2023-01-01"), &years);
        let all = std::iter::successors(first, |period| period.next(&years));
        all.take_while(|period| period.end() <= day("2031-12-31")).collect()
    };
    closings.iter().map(of).collect()
}

/// The chains that can give a date, when all of them move it alike.
fn common_shift(plans: &[&Plan]) -> Option<(Shift, Chain)> {
    let chains: Vec<&Chain> = plans
        .iter()
        .filter_map(|plan| if let Plan::Chain(chain) = plan { Some(chain) } else { None })
        .collect();
    let first = chains.first()?;
    let alike = chains.len() == plans.len()
        && chains.iter().all(|chain| {
            (chain.shift, chain.calendar, chain.shift_calendar, chain.reach)
                == (first.shift, first.calendar, first.shift_calendar, first.reach)
        });
    alike.then(|| (first.shift, (*first).clone()))
}

fn leaves(expr: &Choice<Plan>) -> Vec<&Plan> {
    match expr {
        Choice::Is(plan) => vec![plan],
        Choice::By(switch) => {
            switch.cases.iter().flat_map(|case| leaves(&case.is)).chain(leaves(&switch.otherwise)).collect()
        }
    }
}

/// C-09, of every rule over nine years: under `BEFORE` and `AFTER` never a day off; inside one version later periods are
/// never earlier; every move tells the days off that it passed, from the first on.
#[test]
fn what_holds_of_all_rules() {
    let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
    let (mut dates, mut moved, mut of_cities) = (0, 0, 0);
    for obligation in shipped().book.iter() {
        for client in clients(obligation) {
            for years in periods(obligation.kind) {
                let mut last: Option<(usize, NaiveDate)> = None;
                for period in years {
                    let Some(version) =
                        obligation.versions.iter().position(|version| version.covers(&period))
                    else {
                        continue;
                    };
                    let due = due_of(&obligation.code, &period, &client);
                    let Some(due) = due.due() else { continue };
                    dates += 1;
                    let context = format!("{} {period} {client:?}: {due:?}", obligation.code);
                    let own = due.beaten.last().map_or(due.date, |beaten| beaten.date);
                    if let Some((before, date)) = last
                        && before == version
                    {
                        assert!(date <= own, "earlier than the period before: {context}");
                    }
                    last = Some((version, own));
                    if let Some((shift, chain)) = common_shift(&leaves(&obligation.versions[version].due))
                        && shift != Shift::Keep
                        && due.beaten.is_empty()
                    {
                        let calendar = chain.shift_calendar.or(chain.calendar).unwrap();
                        let from = due.steps.last().and_then(|step| step.from).unwrap_or(due.date);
                        let city = city_of(obligation);
                        let place = match &city {
                            Some(city) => at("BR", city).place(from),
                            None => client.place(from),
                        };
                        of_cities += usize::from(city.is_some());
                        assert_eq!(
                            calendars.day_off(calendar, chain.reach, &place, due.date),
                            None,
                            "{context}"
                        );
                    }
                    for step in due.steps.iter().filter(|step| matches!(step.op, Op::Before | Op::After)) {
                        moved += 1;
                        let passed = |off: &NaiveDate| *off != due.date;
                        let days: Vec<NaiveDate> = step.days_off.iter().map(|off| off.date).collect();
                        assert_eq!(days.first().copied(), step.from, "{context}");
                        assert!(days.iter().all(passed), "{context}");
                    }
                    assert_eq!(
                        due.steps.iter().filter_map(|step| step.to).next_back(),
                        Some(due.date),
                        "{context}"
                    );
                    assert!(
                        !sentences(Locale::PtBr, due).iter().any(|text| text.contains("none")),
                        "{context}"
                    );
                }
            }
        }
    }
    assert!(dates > 20_000 && moved > 2_000 && of_cities > 300, "{dates} {moved} {of_cities}");
}

/// Clients that agree in what the rules ask have the same date.
#[test]
fn what_rules_do_not_ask_changes_nothing() {
    for obligation in shipped().book.iter() {
        let keys = shipped().book.keys(&obligation.code);
        let period = periods(obligation.kind)[0][2];
        for client in clients(obligation) {
            let more = client.clone().always("colour", "red").always("weight", Scalar::Number(3));
            let narrowed = more.narrowed(&keys, &period);
            assert_eq!(
                due_of(&obligation.code, &period, &more),
                due_of(&obligation.code, &period, &narrowed)
            );
        }
    }
}
