//! Obligations with the versions of their rules, and which date holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::NaiveDate;
use guichet_base::country::Country;

use crate::answer::{Answer, Beaten, Due, Op, Provisional, Step};
use crate::calendar::Calendars;
use crate::client::{CITY, Client, Place, REGION};
use crate::evaluate::{Asked, Found, Outcome, evaluate};
use crate::expression::{self, Expr, Test};
use crate::period::{Period, PeriodKind};
use crate::place::region_of_city;
use crate::version::Version;

/// What has to be done for a period by a date.
#[derive(Debug, Clone)]
pub struct Obligation {
    /// Its name in rules.
    pub code: String,
    /// For which periods.
    pub kind: PeriodKind,
    /// Whose rule it is.
    pub jurisdiction: Jurisdiction,
    /// Without overlaps; periods between them are not due.
    pub versions: Vec<Version>,
    /// Dates that an authority moved once.
    pub extensions: Vec<Extension>,
}

/// A date that an authority moved once. Nothing moves it any more.
#[derive(Debug, Clone)]
pub struct Extension {
    /// The name of the period.
    pub period: String,
    /// The new date.
    pub due: NaiveDate,
    /// When it was published: the last published one holds.
    pub published: NaiveDate,
    /// Regions and cities to which it is limited; everywhere if empty.
    pub places: Vec<String>,
    /// The attribute to which it is limited.
    pub when: Option<(String, Test)>,
    /// The act.
    pub source: String,
}

/// A date or a rule that a firm wrote for one client.
#[derive(Debug, Clone, Copy)]
pub struct Override<'a> {
    /// The rule.
    pub due: &'a Expr,
    /// Why.
    pub reason: &'a str,
}

/// For what a date is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The obligation.
    pub code: &'a str,
    /// The period.
    pub period: &'a Period,
    /// The client.
    pub client: &'a Client,
    /// What the firm wrote for this client and period.
    pub instead: Option<Override<'a>>,
}

/// Whose rule it is: of every country, of a country, a region or a city.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Jurisdiction {
    country: Option<Country>,
    region: Option<String>,
    city: Option<String>,
}

/// Obligations by their codes.
#[derive(Debug, Clone, Default)]
pub struct Book(BTreeMap<String, Obligation>);

impl Extension {
    /// Whether it is for this client and period; `Err` with what the client's record lacks to tell.
    fn applies(&self, country: Option<Country>, asked: &Asked<'_>) -> Result<bool, Provisional> {
        let Asked { calendars, client, period, .. } = asked;
        if self.period != period.to_string() {
            return Ok(false);
        }
        let is_there = match self.places.is_empty() {
            true => Ok(true),
            false => self.is_at(country, calendars, client.place(period.end())),
        };
        if is_there == Ok(false) {
            return Ok(false);
        }
        let holds = match &self.when {
            None => Ok(true),
            Some((key, test)) => client
                .attribute(key, period.end())
                .map(|value| test.holds(value))
                .ok_or_else(|| Provisional::AttributeMissing { key: key.clone() }),
        };
        // Where one of them says no, the other need not be known.
        if holds == Ok(false) { holds } else { is_there.and(holds) }
    }

    /// Whether a place is one of those to which it is limited.
    fn is_at(
        &self,
        country: Option<Country>,
        calendars: &Calendars<'_>,
        place: Place,
    ) -> Result<bool, Provisional> {
        let region_of = |city: &str| country.and_then(|country| calendars.region_of(country, city));
        let Place { region, city } = place;
        let region = region.or_else(|| region_of(city.as_deref()?));
        if [&region, &city].into_iter().flatten().any(|code| self.places.contains(code)) {
            return Ok(true);
        }
        // Codes of regions have a hyphen, those of cities have none.
        let is_region = |code: &&String| code.contains('-');
        let is_possible = |code: &&String| match (&region, region_of(code)) {
            (Some(region), Some(of)) => *region == of,
            _ => true,
        };
        let missing = |key: &str| Err(Provisional::PlaceMissing { key: key.to_owned() });
        if city.is_none() && self.places.iter().filter(|code| !is_region(code)).any(|code| is_possible(&code))
        {
            return missing(CITY);
        }
        match region.is_none() && self.places.iter().any(|code| is_region(&code)) {
            true => missing(REGION),
            false => Ok(false),
        }
    }
}

impl Jurisdiction {
    /// Of every country: the firm's own work.
    pub const ANY: Self = Self { country: None, region: None, city: None };

    /// Reads `ANY`, `BR`, `BR-SP` (ISO 3166-2) or `BR-3550308` (the country and its code of a city).
    pub fn parse(text: &str) -> Option<Self> {
        if text == "ANY" {
            return Some(Self::ANY);
        }
        let (country, rest) = match text.split_once('-') {
            Some((country, rest)) => (country, Some(rest)),
            None => (text, None),
        };
        let country = Some(Country::parse(country)?);
        let Some(rest) = rest else { return Some(Self { country, region: None, city: None }) };
        let is_code = rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        match rest.len() {
            1..=3 if is_code => Some(Self { country, region: Some(text.to_owned()), city: None }),
            4..=7 if is_code => Some(Self { country, region: None, city: Some(rest.to_owned()) }),
            _ => None,
        }
    }

    /// Its country; none if it is of every country.
    pub const fn country(&self) -> Option<Country> {
        self.country
    }

    /// Whether a client of this place has to follow it.
    pub fn includes(&self, country: Country, place: &Place) -> bool {
        let region = place.region.as_deref();
        let region = region.or_else(|| region_of_city(country, place.city.as_deref()?));
        self.country.is_none_or(|of| of == country)
            && self.region.as_ref().is_none_or(|of| region == Some(of))
            && self.city.as_ref().is_none_or(|of| place.city.as_ref() == Some(of))
    }

    /// How narrow it is: of several obligations of one name the narrowest holds.
    pub const fn narrowness(&self) -> u8 {
        self.country.is_some() as u8 + self.region.is_some() as u8 + 2 * self.city.is_some() as u8
    }

    /// Its city, whose holidays count for its rules; none if it is of a region or a country.
    pub(crate) fn city(&self) -> Option<&str> {
        self.city.as_deref()
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.country, &self.region, &self.city) {
            (None, ..) => f.write_str("ANY"),
            (Some(country), _, Some(city)) => write!(f, "{country}-{city}"),
            (Some(_), Some(region), None) => f.write_str(region),
            (Some(country), None, None) => country.fmt(f),
        }
    }
}

impl FromIterator<Obligation> for Book {
    fn from_iter<I: IntoIterator<Item = Obligation>>(obligations: I) -> Self {
        Self(obligations.into_iter().map(|obligation| (obligation.code.clone(), obligation)).collect())
    }
}

impl Book {
    /// The obligation with this code.
    pub fn get(&self, code: &str) -> Option<&Obligation> {
        self.0.get(code)
    }

    /// All of them, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Obligation> {
        self.0.values()
    }

    /// The version that holds for a period.
    pub fn version(&self, code: &str, period: &Period) -> Option<&Version> {
        let obligation = self.get(code).filter(|obligation| obligation.kind == period.kind())?;
        obligation.versions.iter().find(|version| version.covers(period))
    }

    /// When something is due: an extension before what the firm wrote for the client before the rule (C-09).
    pub fn due(&self, calendars: &Calendars<'_>, question: Question<'_>) -> Answer {
        let Question { code, period, client, instead } = question;
        let Some(obligation) = self.get(code) else { return Answer::NotDue };
        let Some(version) = self.version(code, period) else { return Answer::NotDue };
        let jurisdiction = Some(&obligation.jurisdiction);
        let is_own = obligation.jurisdiction == Jurisdiction::ANY;
        let asked = Asked { book: self, calendars, client, period, jurisdiction, legal: None, is_own };
        let by_rule = candidate(evaluate(asked, &version.due), &version.source, Some(code)).map(|due| Due {
            version: version.id.clone(),
            place: self.place(code, client, due.date),
            ..due
        });
        let by_firm = instead.map(|instead| {
            let legal = by_rule.as_ref().ok().map(|due| due.date);
            let asked = Asked { legal, is_own: true, ..asked };
            candidate(wrapped(evaluate(asked, instead.due), instead.reason), instead.reason, None)
        });
        if by_firm == Some(Err(Answer::TooMuch)) {
            return Answer::TooMuch;
        }
        let by_firm = by_firm.and_then(Result::ok);
        let (by_authority, perhaps) = extended(obligation, &asked);
        let mut candidates: Vec<Due> = by_authority.into_iter().chain(by_firm).collect();
        match by_rule {
            Ok(due) => candidates.push(due),
            Err(answer) if candidates.is_empty() && perhaps.is_empty() => return answer,
            Err(_) => {}
        }
        let mut unsure = Vec::new();
        for (extension, why) in perhaps {
            // Nothing is late by the earlier one.
            if candidates.first().is_none_or(|holding| extension.date < holding.date) {
                candidates.insert(0, extension);
            }
            unsure.push(why);
        }
        let mut due = candidates.remove(0);
        due.beaten = candidates
            .into_iter()
            .map(|beaten| Beaten { date: beaten.date, source: beaten.source })
            .collect();
        for why in unsure {
            if !due.provisional.contains(&why) {
                due.provisional.push(why);
            }
        }
        Answer::Due(Box::new(due))
    }

    /// The firm's own date after a legal one (`targetDate`, `handInBy`), or without one for work without a law.
    pub fn own(
        &self,
        calendars: &Calendars<'_>,
        rule: &Expr,
        period: &Period,
        client: &Client,
        legal: Option<NaiveDate>,
    ) -> Answer {
        let asked = Asked { book: self, calendars, client, period, jurisdiction: None, legal, is_own: true };
        candidate(evaluate(asked, rule), "", None)
            .map_or_else(|answer| answer, |due| Answer::Due(Box::new(due)))
    }

    /// The codes of the obligations of this book on which a rule depends directly.
    pub fn depends(&self, rule: &Expr) -> Vec<&str> {
        let mut asked = expression::Asked::default();
        expression::asked(rule, &mut asked);
        asked.rules.iter().filter_map(|code| Some(self.get(code)?.code.as_str())).collect()
    }

    /// The region or city of a client on a day, as far as the dates of an obligation depend on it.
    fn place(&self, code: &str, client: &Client, on: NaiveDate) -> Option<String> {
        let keys = self.keys(code);
        let Place { region, city } = client.place(on);
        city.filter(|_| keys.contains(CITY)).or(region.filter(|_| keys.contains(REGION)))
    }

    /// Which attributes and events of a client the dates of an obligation can depend on.
    pub fn keys(&self, code: &str) -> BTreeSet<String> {
        self.all_keys(expression::Asked {
            rules: [code.to_owned()].into_iter().collect(),
            ..Default::default()
        })
    }

    /// Which attributes and events of a client a rule can ask, with those of the obligations on which it depends.
    pub fn keys_of(&self, rule: &Expr) -> BTreeSet<String> {
        let mut asked = expression::Asked::default();
        expression::asked(rule, &mut asked);
        self.all_keys(asked)
    }

    /// What is asked, with what the obligations ask that are named.
    fn all_keys(&self, mut asked: expression::Asked) -> BTreeSet<String> {
        let named = std::mem::take(&mut asked.rules);
        for obligation in self.reached(named).iter().filter_map(|code| self.get(code)) {
            obligation.versions.iter().for_each(|version| expression::asked(&version.due, &mut asked));
            for extension in &obligation.extensions {
                asked.keys.extend(extension.when.as_ref().map(|(key, _)| key.clone()));
                if !extension.places.is_empty() {
                    asked.keys.extend([REGION, CITY].map(str::to_owned));
                }
            }
        }
        asked.keys
    }

    /// These codes, and those on which their obligations depend, whether this book has them or not.
    pub(crate) fn reached(&self, codes: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let mut waiting: Vec<String> = codes.into_iter().collect();
        let mut reached = BTreeSet::new();
        while let Some(code) = waiting.pop() {
            if !reached.insert(code.clone()) {
                continue;
            }
            let mut asked = expression::Asked::default();
            let versions = self.get(&code).into_iter().flat_map(|obligation| &obligation.versions);
            versions.for_each(|version| expression::asked(&version.due, &mut asked));
            waiting.extend(asked.rules);
        }
        reached
    }
}

/// A date that could hold.
#[allow(clippy::result_large_err, reason = "an answer is returned either way")]
fn candidate(outcome: Outcome, source: &str, obligation: Option<&str>) -> Result<Due, Answer> {
    let date = match outcome.found {
        Found::On(date) => date,
        Found::NotPublished => return Err(Answer::NotPublished),
        Found::NotDue => return Err(Answer::NotDue),
        Found::TooMuch => return Err(Answer::TooMuch),
    };
    Ok(Due {
        date,
        obligation: obligation.map(str::to_owned),
        version: None,
        source: source.to_owned(),
        place: None,
        target_steps: Vec::new(),
        hand_in_steps: Vec::new(),
        steps: outcome.steps,
        provisional: outcome.provisional.into_iter().collect(),
        beaten: Vec::new(),
    })
}

/// What the firm wrote, as the last step.
fn wrapped(mut outcome: Outcome, reason: &str) -> Outcome {
    if let Found::On(date) = outcome.found {
        outcome.steps.push(Step { source: Some(reason.to_owned()), ..Step::reaching(Op::Override, date) });
    }
    outcome
}

/// The extensions that apply, the last published one first; and those of which nobody can tell, though they would hold
/// instead, with what would tell.
fn extended(obligation: &Obligation, asked: &Asked<'_>) -> (Vec<Due>, Vec<(Due, Provisional)>) {
    let order = |extension: &Extension| (extension.published, extension.due);
    let due = |extension: &Extension| Due {
        date: extension.due,
        obligation: Some(obligation.code.clone()),
        version: None,
        source: extension.source.clone(),
        place: None,
        target_steps: Vec::new(),
        hand_in_steps: Vec::new(),
        steps: vec![Step {
            source: Some(extension.source.clone()),
            ..Step::reaching(Op::Extension, extension.due)
        }],
        provisional: Vec::new(),
        beaten: Vec::new(),
    };
    let (mut applying, mut perhaps) = (Vec::new(), Vec::new());
    for extension in &obligation.extensions {
        match extension.applies(obligation.jurisdiction.country(), asked) {
            Ok(true) => applying.push(extension),
            Ok(false) => {}
            Err(why) => perhaps.push((extension, why)),
        }
    }
    applying.sort_by_key(|extension| std::cmp::Reverse(order(extension)));
    perhaps.retain(|(extension, _)| applying.first().is_none_or(|holds| order(holds) < order(extension)));
    (
        applying.into_iter().map(due).collect(),
        perhaps.into_iter().map(|(extension, why)| (due(extension), why)).collect(),
    )
}
