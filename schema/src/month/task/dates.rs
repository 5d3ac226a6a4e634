//! The three dates of a task as a person sets them (C-09): those that nobody set follow the legal one.

use chrono::NaiveDate;
use guichet_base::input::Patch;
use guichet_obligations::Due;
use serde::Serialize;
use serde_json::{Value, json};

use crate::month::generation::plan::Dates;
use crate::month::generation::run::by_hand::{Documents, Rules, Work};
use crate::shared::history::Changed;

use super::documents::Following;
use super::history::TaskField;
use super::model::Task;

/// What a person does to the dates of a task. Who removes one lets it follow its rule again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetDates {
    /// The date of the law.
    pub legal: Patch<NaiveDate>,
    /// The firm's own date.
    pub target: Patch<NaiveDate>,
    /// Until when the client hands in.
    pub hand_in: Patch<NaiveDate>,
}

/// For the comparison of repeated calls.
impl Serialize for SetDates {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = |patch: Patch<NaiveDate>| match patch {
            Patch::Keep => json!("keep"),
            Patch::Clear => Value::Null,
            Patch::Set(day) => json!(day),
        };
        [self.legal, self.target, self.hand_in].map(written).serialize(serializer)
    }
}

impl SetDates {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sets the dates of a task, and returns what its documents get with them. `by` is the name of the person.
    pub(super) fn apply(self, task: &mut Task, rules: &Rules, by: &str) -> Option<Following> {
        let legal = match self.legal {
            Patch::Keep => task.legal_due_on,
            Patch::Clear => None,
            Patch::Set(day) => Some(day),
        };
        let found = found(task, rules, legal.map(|day| (day, by)));
        settle(task, self, found.as_ref().map(|(dates, _)| dates));
        let (dates, documents) = found?;
        Some(Following { documents, due: dates.legal })
    }
}

/// What the rules say of a task whose legal date is this one, or the rule's without one.
fn found(task: &Task, rules: &Rules, legal: Option<(NaiveDate, &str)>) -> Option<(Dates, Documents)> {
    let task_type = task.task_type_id?;
    let period = rules.period(task.client_id, Some(task_type), task.period.as_deref()?)?;
    let recurring = task.recurring_task_id;
    rules.dates(Work { client: task.client_id, task_type, recurring, period, legal })
}

/// Writes the dates: those that were set, else those that follow from them. What nobody knows a rule for is kept.
fn settle(task: &mut Task, set: SetDates, found: Option<&Dates>) {
    let moves = set.legal != Patch::Keep;
    if moves {
        let by_rule = found.and_then(|found| found.legal.as_ref());
        task.legal_due_on = match set.legal {
            Patch::Set(day) => Some(day),
            Patch::Clear | Patch::Keep => by_rule.map(|due| due.date),
        };
        // A day that a person set has no explanation, by which it is known as such.
        let due: Option<Due> = found.filter(|_| set.legal == Patch::Clear).and_then(Dates::facts);
        task.due_facts = due.as_ref().and_then(|due| serde_json::to_value(due).ok());
        task.provisional = due.map_or_else(|| json!([]), |due| json!(due.provisional));
    }
    let follow =
        |patch: Patch<NaiveDate>, moves: bool, is_set: &mut bool, day: &mut Option<NaiveDate>, by_rule| {
            match patch {
                Patch::Set(given) => (*is_set, *day) = (true, Some(given)),
                Patch::Clear => (*is_set, *day) = (false, by_rule),
                Patch::Keep if moves && !*is_set && found.is_some() => *day = by_rule,
                Patch::Keep => {}
            }
        };
    let target = found.and_then(|found| found.target);
    follow(set.target, moves, &mut task.is_target_set, &mut task.target_on, target);
    let hand_in = found.and_then(|found| found.hand_in);
    follow(set.hand_in, moves, &mut task.is_hand_in_set, &mut task.hand_in_by, hand_in);
}

/// What changed of the dates, for the history.
pub(super) fn differences(old: &Task, new: &Task) -> impl Iterator<Item = Changed> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    [
        Changed::between(TaskField::LegalDueOn, day(old.legal_due_on), day(new.legal_due_on)),
        Changed::between(TaskField::TargetOn, day(old.target_on), day(new.target_on)),
        Changed::between(TaskField::HandInBy, day(old.hand_in_by), day(new.hand_in_by)),
    ]
    .into_iter()
    .flatten()
}
