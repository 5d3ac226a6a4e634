//! When the tasks and documents of a period are due. A date is computed once for all clients that agree in what the rule
//! asks (C-09), not for each client.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use guichet_obligations::{Answer, Book, Calendars, Client, Due, Expr, Op, Override, Period, Question, Step};
use serde_json::Value;

/// What a kind of work, or one of its documents, is due for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms<'a> {
    /// The code of the obligation; without one there is no legal date.
    pub obligation: Option<&'a str>,
    /// The firm's own date, on the legal one.
    pub target: Option<&'a Expr>,
    /// Until when the client hands in what is needed.
    pub hand_in: Option<&'a Expr>,
    /// What the firm wrote for this client and period, and why.
    pub instead: Option<(&'a Expr, &'a str)>,
    /// The legal date that a person set, and who: it holds before everything else.
    pub set: Option<(NaiveDate, &'a str)>,
}

/// The three dates of a task (C-09).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dates {
    /// The legal date, and how it was found.
    pub legal: Option<Due>,
    /// The firm's own date, never shown to clients.
    pub target: Option<NaiveDate>,
    /// Until when the client hands in.
    pub hand_in: Option<NaiveDate>,
    target_steps: Vec<Step>,
    hand_in_steps: Vec<Step>,
}

impl Dates {
    /// How the dates of a task were found, those of the firm's own included, which no client learns (C-10).
    pub fn facts(&self) -> Option<Due> {
        let due = self.legal.clone()?;
        let (target_steps, hand_in_steps) = (self.target_steps.clone(), self.hand_in_steps.clone());
        Some(Due { target_steps, hand_in_steps, ..due })
    }
}

/// What is due for a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The work is due, on these dates as far as they are known.
    Due(Box<Dates>),
    /// No rule covers the period: there is no task (C-08).
    NotDue,
}

/// Dates that were computed, for all clients that agree in what the rules ask.
#[derive(Debug)]
pub struct Computed<'a> {
    book: &'a Book,
    calendars: &'a Calendars<'a>,
    keys: HashMap<String, BTreeSet<String>>,
    known: HashMap<Key, usize>,
    outcomes: Vec<Outcome>,
}

/// What a date depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    obligation: Option<String>,
    rules: [Option<String>; 3],
    set: Option<(NaiveDate, String)>,
    period: Period,
    facts: Client,
}

impl<'a> Computed<'a> {
    /// Nothing is computed yet.
    pub fn new(book: &'a Book, calendars: &'a Calendars<'a>) -> Self {
        Self { book, calendars, keys: HashMap::new(), known: HashMap::new(), outcomes: Vec::new() }
    }

    /// The dates of a period for a client: the number by which [`Computed::outcome`] has them.
    pub fn dates(&mut self, terms: Terms<'_>, period: &Period, client: &Client) -> usize {
        let written = |rule: Option<&Expr>| rule.map(|rule| Value::from(rule).to_string());
        let instead = terms.instead.map(|(rule, reason)| format!("{reason}\n{}", Value::from(rule)));
        let key = Key {
            obligation: terms.obligation.map(str::to_owned),
            rules: [written(terms.target), written(terms.hand_in), instead],
            set: terms.set.map(|(day, by)| (day, by.to_owned())),
            period: *period,
            facts: client.narrowed(&self.asked(terms), period),
        };
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let outcome = self.compute(terms, period, client);
        self.outcomes.push(outcome);
        let number = self.outcomes.len() - 1;
        self.known.insert(key, number);
        number
    }

    /// What was computed under a number.
    pub fn outcome(&self, number: usize) -> Option<&Outcome> {
        self.outcomes.get(number)
    }

    /// How many different dates were computed.
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Whether nothing was computed.
    pub fn is_empty(&self) -> bool {
        self.outcomes.is_empty()
    }

    /// What the rules can ask of a client.
    fn asked(&mut self, terms: Terms<'_>) -> BTreeSet<String> {
        let book = self.book;
        let mut asked = BTreeSet::new();
        let mut of_code =
            |code: &str| self.keys.entry(code.to_owned()).or_insert_with(|| book.keys(code)).clone();
        asked.extend(terms.obligation.into_iter().flat_map(&mut of_code));
        let rules = [terms.target, terms.hand_in, terms.instead.map(|(rule, _)| rule)];
        for rule in rules.into_iter().flatten() {
            asked.extend(book.keys_of(rule));
        }
        asked
    }

    fn compute(&self, terms: Terms<'_>, period: &Period, client: &Client) -> Outcome {
        let legal = match terms.obligation {
            Some(code) => {
                let instead = terms.instead.map(|(due, reason)| Override { due, reason });
                match self.book.due(self.calendars, Question { code, period, client, instead }) {
                    Answer::NotDue => return Outcome::NotDue,
                    Answer::Due(due) => Some(*due),
                    // Not published, or not computable: the task is there, and its date is not.
                    Answer::NotPublished | Answer::TooMuch => None,
                }
            }
            None => terms.instead.and_then(|(rule, _)| {
                self.book.own(self.calendars, rule, period, client, None).due().cloned()
            }),
        };
        let legal = match terms.set {
            Some((day, by)) => Some(Due::set(day, by, legal.as_ref())),
            None => legal,
        };
        let day = legal.as_ref().map(|due| due.date);
        let own = |rule: Option<&Expr>| {
            let answer = self.book.own(self.calendars, rule?, period, client, day);
            answer.due().map(|due| (due.date, due.steps.clone()))
        };
        let (target, target_steps) = own(terms.target).unzip();
        // Never later than the legal date. The firm's own one decides nothing that clients see.
        let hand_in = own(terms.hand_in).map(|(found, steps)| match day {
            Some(legal) if legal < found => {
                (legal, vec![Step { from: Some(found), ..Step::reaching(Op::LegalDate, legal) }])
            }
            _ => (found, steps),
        });
        let (hand_in, hand_in_steps) = hand_in.unzip();
        let (target_steps, hand_in_steps) =
            (target_steps.unwrap_or_default(), hand_in_steps.unwrap_or_default());
        Outcome::Due(Box::new(Dates { legal, target, hand_in, target_steps, hand_in_steps }))
    }
}

#[cfg(test)]
mod tests {
    use guichet_base::country::Country;
    use guichet_obligations::{FiscalYears, Holidays, Office, expression, shipped};
    use serde_json::json;

    use super::*;

    fn period(name: &str) -> Period {
        Period::parse(name, 1, &FiscalYears::calendar()).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const DAS: Terms<'_> =
        Terms { obligation: Some("BR-DAS"), target: None, hand_in: None, instead: None, set: None };

    /// C-09: a date is computed once for each (rule, period, place, attributes), and what the rule does not ask makes no
    /// difference.
    #[test]
    fn c_09_a_date_is_computed_once() {
        let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
        let mut computed = Computed::new(&shipped().book, &calendars);
        let at = |city: &str, staff: i64| {
            let of = Client::default().always("region", "BR-SP").always("city", city);
            of.with("staff", NaiveDate::MIN, Some(guichet_obligations::Scalar::Number(staff)))
        };
        let first = computed.dates(DAS, &period("2025-03"), &at("3550308", 3));
        assert_eq!(computed.dates(DAS, &period("2025-03"), &at("3550308", 300)), first);
        assert_ne!(computed.dates(DAS, &period("2025-03"), &at("3509502", 3)), first);
        assert_ne!(computed.dates(DAS, &period("2025-04"), &at("3550308", 3)), first);
        assert_eq!(computed.len(), 3);
        let Some(Outcome::Due(dates)) = computed.outcome(first) else { panic!("not due") };
        // 20 April 2025 is a Sunday, the 21st Tiradentes.
        assert_eq!(dates.legal.as_ref().map(|due| due.date), Some(day("2025-04-22")));
    }

    /// C-09: the firm's own dates follow the legal one, and nobody hands in after that.
    #[test]
    fn c_09_three_dates() {
        let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
        let mut computed = Computed::new(&shipped().book, &calendars);
        let client = Client::default().always("region", "BR-SP").always("city", "3550308");
        let rule = |rule| expression(&rule).unwrap();
        let target = rule(json!({
            "at": { "rule": "self" }, "go": [{ "businessDays": -2 }], "calendar": "OFFICE", "reach": "CITY", "shift": "KEEP"
        }));
        let late = rule(json!({ "at": { "rule": "self" }, "go": [{ "days": 5 }], "shift": "KEEP" }));
        let terms = Terms { target: Some(&target), hand_in: Some(&late), ..DAS };
        let number = computed.dates(terms, &period("2025-03"), &client);
        let Some(Outcome::Due(dates)) = computed.outcome(number) else { panic!("not due") };
        assert_eq!((dates.target, dates.hand_in), (Some(day("2025-04-16")), Some(day("2025-04-22"))));

        // How the firm's own dates were found is kept beside the legal one, for staff alone (C-10).
        let facts = dates.facts().unwrap();
        assert_eq!(facts.target_steps.last().and_then(|step| step.to), dates.target);
        assert_eq!(
            facts.hand_in_steps.last().map(|step| (step.op, step.to)),
            Some((Op::LegalDate, dates.hand_in))
        );
        let legal = dates.legal.as_ref().unwrap();
        assert!(legal.target_steps.is_empty() && legal.hand_in_steps.is_empty());

        let fixed = rule(json!({ "dates": { "2025-03": "2025-04-10" } }));
        let terms = Terms { instead: Some((&fixed, "agreed")), ..terms };
        let number = computed.dates(terms, &period("2025-03"), &client);
        let Some(Outcome::Due(dates)) = computed.outcome(number) else { panic!("not due") };
        assert_eq!(
            dates.legal.as_ref().map(|due| (due.date, due.source.as_str())),
            Some((day("2025-04-10"), "agreed"))
        );
        assert_eq!(dates.target, Some(day("2025-04-08")));

        // A day that a person set holds before what the firm wrote, and the others follow it.
        let terms = Terms { set: Some((day("2025-05-30"), "Ana")), ..terms };
        let number = computed.dates(terms, &period("2025-03"), &client);
        let Some(Outcome::Due(dates)) = computed.outcome(number) else { panic!("not due") };
        let legal = dates.legal.as_ref().unwrap();
        assert_eq!(
            (legal.date, legal.source.as_str(), dates.target),
            (day("2025-05-30"), "Ana", Some(day("2025-05-28")))
        );
        assert_eq!(legal.beaten[0].date, day("2025-04-10"));
    }

    /// C-08: a period that no rule covers makes no task; work without an obligation is due when somebody says so.
    #[test]
    fn c_08_not_due() {
        let calendars = Calendars::new(Holidays::shipped(), Office::of(Country::Br));
        let mut computed = Computed::new(&shipped().book, &calendars);
        let over = Terms { obligation: Some("BR-PISCOFINS"), ..DAS };
        let number = computed.dates(over, &period("2027-02"), &Client::default());
        assert_eq!(computed.outcome(number), Some(&Outcome::NotDue));
        let own = Terms { obligation: None, ..DAS };
        let number = computed.dates(own, &period("2027-02"), &Client::default());
        assert_eq!(computed.outcome(number), Some(&Outcome::Due(Box::default())));
    }
}
