//! Writes rules as JSON, as [`expression`](crate::expression()) reads them.

use serde_json::{Map, Value, json};

use crate::expression::{Anchor, Chain, Choice, Day, Expr, Move, Plan, Reach, Shift, Test};

impl From<&Expr> for Value {
    fn from(expr: &Expr) -> Self {
        choice(expr, &|plan: &Plan| match plan {
            Plan::Chain(one) => chain(one),
            Plan::Dates(dates) => json!({ "dates": dates }),
        })
    }
}

fn choice<T>(choice_: &Choice<T>, leaf: &dyn Fn(&T) -> Value) -> Value {
    let switch = match choice_ {
        Choice::Is(value) => return leaf(value),
        Choice::By(switch) => switch,
    };
    let cases = switch.cases.iter().map(|case| {
        let mut written = Map::new();
        write_test(&case.test, &mut written);
        written.insert("is".to_owned(), choice(&case.is, leaf));
        Value::Object(written)
    });
    json!({ "by": switch.by, "cases": cases.collect::<Vec<_>>(), "else": choice(&switch.otherwise, leaf) })
}

/// Writes a condition on an attribute, as [`condition`](crate::condition()) reads it.
pub fn condition(key: &str, test: &Test) -> Value {
    let mut written = Map::new();
    written.insert("by".to_owned(), json!(key));
    write_test(test, &mut written);
    Value::Object(written)
}

fn write_test(test: &Test, into: &mut Map<String, Value>) {
    match test {
        Test::In(values) => {
            into.insert("in".to_owned(), json!(values));
        }
        Test::Range(from, to) => {
            let bounds = [("from", from), ("to", to)];
            into.extend(
                bounds.into_iter().filter_map(|(key, bound)| Some((key.to_owned(), json!(bound.as_ref()?)))),
            );
        }
    }
}

fn chain(chain: &Chain) -> Value {
    let at = match &chain.at {
        Anchor::PeriodStart => json!("PERIOD_START"),
        Anchor::PeriodEnd => json!("PERIOD_END"),
        Anchor::Rule(code) => json!({ "rule": code }),
        Anchor::Event(name, otherwise) => json!({ "event": name, "else": Value::from(&**otherwise) }),
    };
    let mut written = json!({ "at": at, "shift": chain.shift });
    let Value::Object(object) = &mut written else { return written };
    if !chain.go.is_empty() {
        object.insert("go".to_owned(), chain.go.iter().map(step).collect());
    }
    if let Some(calendar) = chain.calendar {
        object.insert("calendar".to_owned(), json!(calendar));
    }
    if chain.reach != Reach::National || chain.calendar.is_some() || chain.shift != Shift::Keep {
        object.insert("reach".to_owned(), json!(chain.reach));
    }
    if let Some(calendar) = chain.shift_calendar {
        object.insert("shiftCalendar".to_owned(), json!(calendar));
    }
    written
}

fn step(step: &Move) -> Value {
    let number = |n: &Choice<i32>| choice(n, &|n| json!(n));
    match step {
        Move::Months(n) => json!({ "months": number(n) }),
        Move::Nth(n) => json!({ "nth": number(n) }),
        Move::Days(n) => json!({ "days": number(n) }),
        Move::BusinessDays(n) => json!({ "businessDays": number(n) }),
        Move::Day(day) => json!({ "day": choice(day, &|day| match day {
            Day::Number(n) => json!(n),
            Day::Last => json!("LAST"),
        }) }),
    }
}
