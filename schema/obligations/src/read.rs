//! Reads rules from JSON, as catalogues and the API write them, and tells where one is wrong.

use std::collections::BTreeMap;

use guichet_base::text_enum;
use serde_json::Value;

use crate::calendar::Calendar;
use crate::client::Scalar;
use crate::expression::{Anchor, Case, Chain, Choice, Day, Expr, Move, Plan, Reach, Shift, Switch, Test};
use crate::period::exact_date;
use crate::value::can_be;
use crate::weight::{MAX_DEPTH, Weight, weight};

/// Where a rule is wrong, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Names and positions, from the outside inwards.
    pub path: Vec<String>,
    /// What is wrong there.
    pub trouble: Trouble,
}

text_enum! {
    /// What can be wrong with a rule.
    pub enum Trouble {
        /// A value is of another type than the grammar has there.
        Type = "TYPE",
        /// A key is missing.
        Missing = "MISSING",
        /// A key is not in the grammar.
        Unknown = "UNKNOWN",
        /// A number is too small, too large or zero, or a text or list is empty or too long.
        Range = "RANGE",
        /// A value is none of those that the grammar has there.
        Value = "VALUE",
        /// Switches are nested too deep, or have too many branches; or all that they can choose counts too many days.
        Size = "SIZE",
        /// Business days are counted, or days off moved, without a calendar; or a calendar is given that nothing uses.
        Calendar = "CALENDAR",
    }
}

type Read<T> = Result<T, Problem>;

const MAX_MONTHS: i64 = 60;
const MAX_DAYS: i64 = 1000;
const MAX_BUSINESS_DAYS: i64 = 250;
const MAX_NTH: i64 = 23;
const MAX_STEPS: usize = 8;
const MAX_CASES: usize = 60;
const MAX_LEAVES: usize = 100;
const MAX_DATES: usize = 500;
const MAX_TEXT: usize = 60;

/// Reads a rule.
///
/// # Errors
/// The first [`Problem`].
pub fn expression(value: &Value) -> Result<Expr, Problem> {
    let mut reader = Reader::default();
    let expr = reader.expr(value, 0)?;
    // What the rules weigh on which it depends, the book knows.
    match weight(&expr, &mut |_| Weight::NOTHING).is_small() {
        true => Ok(expr),
        false => reader.wrong(Trouble::Size),
    }
}

/// Reads a condition on an attribute: `{"by": key, "in": […]}`, or `{"by": key, "from": …, "to": …}`.
///
/// # Errors
/// The first [`Problem`].
pub fn condition(value: &Value) -> Result<(String, Test), Problem> {
    let mut reader = Reader::default();
    let mut object = reader.object(value)?;
    let key = match object.remove("by") {
        Some(Value::String(key)) if (1..=MAX_TEXT).contains(&key.chars().count()) => key.clone(),
        Some(_) => return reader.at("by", |reader| reader.wrong(Trouble::Type)),
        None => return reader.at("by", |reader| reader.wrong(Trouble::Missing)),
    };
    let test = reader.test(&key, &mut object)?;
    reader.ended(&object)?;
    Ok((key, test))
}

/// What is left of an object.
type Object<'v> = BTreeMap<&'v str, &'v Value>;

#[derive(Default)]
struct Reader {
    path: Vec<String>,
    leaves: usize,
}

impl Reader {
    fn wrong<T>(&self, trouble: Trouble) -> Read<T> {
        Err(Problem { path: self.path.clone(), trouble })
    }

    /// Reads something at a name or position.
    fn at<T>(&mut self, name: impl ToString, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.path.push(name.to_string());
        let value = read(self)?;
        self.path.pop();
        Ok(value)
    }

    fn object<'v>(&self, value: &'v Value) -> Read<Object<'v>> {
        match value {
            Value::Object(map) => Ok(map.iter().map(|(key, value)| (key.as_str(), value)).collect()),
            _ => self.wrong(Trouble::Type),
        }
    }

    fn list<'v>(&self, value: &'v Value, most: usize) -> Read<&'v [Value]> {
        match value {
            Value::Array(values) if values.len() <= most => Ok(values),
            Value::Array(_) => self.wrong(Trouble::Range),
            _ => self.wrong(Trouble::Type),
        }
    }

    fn text<'v>(&self, value: &'v Value) -> Read<&'v str> {
        match value {
            Value::String(text) if !text.trim().is_empty() && text.chars().count() <= MAX_TEXT => Ok(text),
            Value::String(_) => self.wrong(Trouble::Range),
            _ => self.wrong(Trouble::Type),
        }
    }

    /// A whole number from `-most` to `most`, without zero unless it is allowed.
    fn number(&self, value: &Value, most: i64, zero: bool) -> Read<i32> {
        let Some(number) = value.as_i64() else { return self.wrong(Trouble::Type) };
        match i32::try_from(number) {
            Ok(small) if number.abs() <= most && (zero || number != 0) => Ok(small),
            _ => self.wrong(Trouble::Range),
        }
    }

    fn required<'v, T>(
        &mut self,
        object: &mut Object<'v>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &'v Value) -> Read<T>,
    ) -> Read<T> {
        let value = object.remove(key);
        self.at(key, |reader| match value {
            Some(value) => read(reader, value),
            None => reader.wrong(Trouble::Missing),
        })
    }

    fn optional<'v, T>(
        &mut self,
        object: &mut Object<'v>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &'v Value) -> Read<T>,
    ) -> Read<Option<T>> {
        object.remove(key).map(|value| self.at(key, |reader| read(reader, value))).transpose()
    }

    /// Nothing is left over.
    fn ended(&mut self, object: &Object<'_>) -> Read<()> {
        match object.keys().next() {
            Some(key) => self.at(key, |reader| reader.wrong(Trouble::Unknown)),
            None => Ok(()),
        }
    }

    fn known<T>(&self, value: &Value, parse: impl FnOnce(&str) -> Option<T>) -> Read<T> {
        match parse(self.text(value)?) {
            Some(known) => Ok(known),
            None => self.wrong(Trouble::Value),
        }
    }

    fn expr(&mut self, value: &Value, depth: usize) -> Read<Expr> {
        self.choice(value, depth, &mut |reader, value, depth| reader.plan(value, depth))
    }

    /// A switch, or what `leaf` reads.
    fn choice<T>(
        &mut self,
        value: &Value,
        depth: usize,
        leaf: &mut dyn FnMut(&mut Self, &Value, usize) -> Read<T>,
    ) -> Read<Choice<T>> {
        if depth >= MAX_DEPTH {
            return self.wrong(Trouble::Size);
        }
        if value.get("by").is_none() {
            self.leaves += 1;
            if self.leaves > MAX_LEAVES {
                return self.wrong(Trouble::Size);
            }
            return leaf(self, value, depth).map(Choice::Is);
        }
        let mut object = self.object(value)?;
        let by = self.required(&mut object, "by", |reader, value| reader.text(value).map(str::to_owned))?;
        let cases = self.required(&mut object, "cases", |reader, value| {
            let values = reader.list(value, MAX_CASES)?;
            if values.is_empty() {
                return reader.wrong(Trouble::Range);
            }
            let mut cases = Vec::new();
            for (index, value) in values.iter().enumerate() {
                cases.push(reader.at(index, |reader| reader.case(&by, value, depth, leaf))?);
            }
            Ok(cases)
        })?;
        let otherwise =
            self.required(&mut object, "else", |reader, value| reader.choice(value, depth + 1, leaf))?;
        self.ended(&object)?;
        Ok(Choice::By(Switch { by, cases, otherwise: Box::new(otherwise) }))
    }

    fn case<T>(
        &mut self,
        by: &str,
        value: &Value,
        depth: usize,
        leaf: &mut dyn FnMut(&mut Self, &Value, usize) -> Read<T>,
    ) -> Read<Case<T>> {
        let mut object = self.object(value)?;
        let is = self.required(&mut object, "is", |reader, value| reader.choice(value, depth + 1, leaf))?;
        let test = self.test(by, &mut object)?;
        self.ended(&object)?;
        Ok(Case { test, is })
    }

    fn test(&mut self, by: &str, object: &mut Object<'_>) -> Read<Test> {
        let values = self.optional(object, "in", |reader, value| {
            let values = reader.list(value, MAX_CASES)?;
            if values.is_empty() {
                return reader.wrong(Trouble::Range);
            }
            let mut scalars = Vec::new();
            for (index, value) in values.iter().enumerate() {
                scalars.push(reader.at(index, |reader| reader.value_of(by, value))?);
            }
            Ok(scalars)
        })?;
        if let Some(values) = values {
            return Ok(Test::In(values));
        }
        let from = self.optional(object, "from", |reader, value| reader.value_of(by, value))?;
        let to = self.optional(object, "to", |reader, value| reader.value_of(by, value))?;
        match (&from, &to) {
            (None, None) => self.at("in", |reader| reader.wrong(Trouble::Missing)),
            (Some(from), Some(to)) if std::mem::discriminant(from) != std::mem::discriminant(to) => {
                self.at("to", |reader| reader.wrong(Trouble::Type))
            }
            (Some(from), Some(to)) if from > to => self.at("to", |reader| reader.wrong(Trouble::Range)),
            _ => Ok(Test::Range(from, to)),
        }
    }

    /// A value that something is compared with.
    fn value_of(&self, key: &str, value: &Value) -> Read<Scalar> {
        let scalar = self.scalar(value)?;
        if can_be(key, &scalar) { Ok(scalar) } else { self.wrong(Trouble::Value) }
    }

    fn scalar(&self, value: &Value) -> Read<Scalar> {
        match value {
            Value::Bool(value) => Ok(Scalar::Bool(*value)),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Ok(Scalar::Number(number)),
                None => self.wrong(Trouble::Type),
            },
            value => self.text(value).map(|text| Scalar::Text(text.to_owned())),
        }
    }

    fn plan(&mut self, value: &Value, depth: usize) -> Read<Plan> {
        let mut object = self.object(value)?;
        if object.contains_key("dates") {
            let dates = self.required(&mut object, "dates", |reader, value| reader.dates(value))?;
            self.ended(&object)?;
            return Ok(Plan::Dates(dates));
        }
        let at = self.required(&mut object, "at", |reader, value| reader.anchor(value, depth))?;
        let go = self.optional(&mut object, "go", |reader, value| {
            let mut steps = Vec::new();
            for (index, value) in reader.list(value, MAX_STEPS)?.iter().enumerate() {
                steps.push(reader.at(index, |reader| reader.step(value))?);
            }
            Ok(steps)
        })?;
        let calendar = |reader: &mut Self, value: &Value| reader.known(value, Calendar::parse);
        let chain = Chain {
            at,
            go: go.unwrap_or_default(),
            calendar: self.optional(&mut object, "calendar", calendar)?,
            reach: self
                .optional(&mut object, "reach", |reader, value| reader.known(value, Reach::parse))?
                .unwrap_or(Reach::National),
            shift: self.required(&mut object, "shift", |reader, value| reader.known(value, Shift::parse))?,
            shift_calendar: self.optional(&mut object, "shiftCalendar", calendar)?,
        };
        self.ended(&object)?;
        self.check_calendars(&chain)?;
        Ok(Plan::Chain(chain))
    }

    fn check_calendars(&mut self, chain: &Chain) -> Read<()> {
        let counts = chain.go.iter().any(|step| matches!(step, Move::Nth(_) | Move::BusinessDays(_)));
        let shifts = chain.shift != Shift::Keep;
        let is_used = counts || shifts && chain.shift_calendar.is_none();
        if is_used != chain.calendar.is_some() {
            return self.at("calendar", |reader| reader.wrong(Trouble::Calendar));
        }
        if !shifts && chain.shift_calendar.is_some() {
            return self.at("shiftCalendar", |reader| reader.wrong(Trouble::Calendar));
        }
        let has_calendar = chain.calendar.is_some() || chain.shift_calendar.is_some();
        if chain.reach != Reach::National && !has_calendar {
            return self.at("reach", |reader| reader.wrong(Trouble::Calendar));
        }
        Ok(())
    }

    fn anchor(&mut self, value: &Value, depth: usize) -> Read<Anchor> {
        if value.is_string() {
            return self.known(value, |text| match text {
                "PERIOD_START" => Some(Anchor::PeriodStart),
                "PERIOD_END" => Some(Anchor::PeriodEnd),
                _ => None,
            });
        }
        let mut object = self.object(value)?;
        let anchor = if object.contains_key("event") {
            let name =
                self.required(&mut object, "event", |reader, value| reader.text(value).map(str::to_owned))?;
            let otherwise =
                self.required(&mut object, "else", |reader, value| reader.expr(value, depth + 1))?;
            Anchor::Event(name, Box::new(otherwise))
        } else {
            Anchor::Rule(
                self.required(&mut object, "rule", |reader, value| reader.text(value).map(str::to_owned))?,
            )
        };
        self.ended(&object)?;
        Ok(anchor)
    }

    fn step(&mut self, value: &Value) -> Read<Move> {
        let object = self.object(value)?;
        let Some((key, inner)) = object.first_key_value() else { return self.wrong(Trouble::Missing) };
        let step = self.at(key, |reader| {
            let mut number = |most, zero| {
                reader.choice(inner, 0, &mut |reader: &mut Self, value: &Value, _| {
                    reader.number(value, most, zero)
                })
            };
            match *key {
                "months" => number(MAX_MONTHS, true).map(Move::Months),
                "nth" => number(MAX_NTH, false).map(Move::Nth),
                "days" => number(MAX_DAYS, true).map(Move::Days),
                "businessDays" => number(MAX_BUSINESS_DAYS, false).map(Move::BusinessDays),
                "day" => reader
                    .choice(inner, 0, &mut |reader: &mut Self, value: &Value, _| reader.day(value))
                    .map(Move::Day),
                _ => reader.wrong(Trouble::Unknown),
            }
        })?;
        match object.keys().nth(1) {
            Some(key) => self.at(key, |reader| reader.wrong(Trouble::Unknown)),
            None => Ok(step),
        }
    }

    fn day(&self, value: &Value) -> Read<Day> {
        match value {
            Value::String(text) if text == "LAST" => Ok(Day::Last),
            Value::String(_) => self.wrong(Trouble::Value),
            value => match u32::try_from(self.number(value, 31, false)?) {
                Ok(day) => Ok(Day::Number(day)),
                Err(_) => self.wrong(Trouble::Range),
            },
        }
    }

    fn dates(&mut self, value: &Value) -> Read<BTreeMap<String, chrono::NaiveDate>> {
        let object = self.object(value)?;
        if object.is_empty() || object.len() > MAX_DATES {
            return self.wrong(Trouble::Range);
        }
        let mut dates = BTreeMap::new();
        for (period, value) in object {
            let date = self.at(period, |reader| reader.known(value, exact_date))?;
            dates.insert(period.to_owned(), date);
        }
        Ok(dates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_told_where_it_is() {
        let chain = |extra: Value| {
            let mut rule = json!({"at": "PERIOD_END", "go": [{"months": 1}, {"day": 20}], "shift": "KEEP"});
            rule.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            rule
        };
        let deep = (0..20)
            .fold(json!(1), |inner, _| json!({"by": "a", "cases": [{"in": [1], "is": 1}], "else": inner}));
        for (rule, path, trouble) in [
            (json!(5), "", Trouble::Type),
            (json!({}), "at", Trouble::Missing),
            (chain(json!({"at": "PERIOD"})), "at", Trouble::Value),
            (chain(json!({"at": {"event": "x"}})), "at.else", Trouble::Missing),
            (chain(json!({"go": [{"day": 32}]})), "go.0.day", Trouble::Range),
            (chain(json!({"go": [{"day": -1}]})), "go.0.day", Trouble::Range),
            (chain(json!({"go": [{"day": "last"}]})), "go.0.day", Trouble::Value),
            (chain(json!({"go": [{"day": 1.5}]})), "go.0.day", Trouble::Type),
            (chain(json!({"go": [{"months": 1, "day": 2}]})), "go.0.months", Trouble::Unknown),
            (chain(json!({"go": [{"weeks": 1}]})), "go.0.weeks", Trouble::Unknown),
            (chain(json!({"go": [{}]})), "go.0", Trouble::Missing),
            (chain(json!({"go": [{"nth": 0}], "calendar": "BR-BANK"})), "go.0.nth", Trouble::Range),
            (
                chain(json!({"go": [{"months": deep}]})),
                "go.0.months.else.else.else.else.else.else.else.cases.0.is",
                Trouble::Size,
            ),
            (chain(json!({"go": [{"nth": 1}]})), "calendar", Trouble::Calendar),
            (chain(json!({"shift": "AFTER"})), "calendar", Trouble::Calendar),
            (chain(json!({"calendar": "BR-BANK"})), "calendar", Trouble::Calendar),
            (chain(json!({"calendar": "XX-BANK"})), "calendar", Trouble::Value),
            (chain(json!({"reach": "CITY"})), "reach", Trouble::Calendar),
            (chain(json!({"shiftCalendar": "BR-BANK"})), "shiftCalendar", Trouble::Calendar),
            (chain(json!({"shift": "SOMETIMES"})), "shift", Trouble::Value),
            (chain(json!({"extra": 1})), "extra", Trouble::Unknown),
            (json!({"dates": {}}), "dates", Trouble::Range),
            (json!({"dates": {"2025-01": "2025-02-30"}}), "dates.2025-01", Trouble::Value),
            (json!({"by": "month", "cases": [], "else": chain(json!({}))}), "cases", Trouble::Range),
            (
                json!({"by": "month", "cases": [{"is": chain(json!({}))}], "else": chain(json!({}))}),
                "cases.0.in",
                Trouble::Missing,
            ),
            (
                json!({"by": "month", "cases": [{"from": 3, "to": 1, "is": chain(json!({}))}], "else": chain(json!({}))}),
                "cases.0.to",
                Trouble::Range,
            ),
        ] {
            let problem = expression(&rule).unwrap_err();
            assert_eq!((problem.path.join(".").as_str(), problem.trouble), (path, trouble), "{rule}");
        }
    }
}
