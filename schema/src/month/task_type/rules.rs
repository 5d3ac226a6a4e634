//! Rules of kinds of work, as pure functions.

use guichet_base::error::{Code, InputPath, Refusal};
use guichet_base::input::Check;
use guichet_base::search;
use guichet_base::text_enum;
use guichet_obligations::{PeriodKind, Recurrence};

use super::model::TaskType;
use crate::people::rights::FirmAct;

text_enum! {
    /// An action on a kind of work.
    pub enum TaskTypeAct {
        /// Change it with `taskTypeUpdate`.
        Update = "UPDATE",
    }
}

impl TaskTypeAct {
    /// The right that the action requires.
    pub const fn right(self) -> FirmAct {
        match self {
            Self::Update => FirmAct::TaskTypeUpdate,
        }
    }
}

/// Most documents of a kind of work.
pub const MAX_DOCUMENTS: usize = 30;
/// Most months of a period.
pub const MAX_EVERY: i64 = 60;
/// How far from its period's end work may be generated, in months.
pub const MAX_AHEAD: i64 = 36;

/// How often the work recurs.
pub fn recurrence(of: &TaskType) -> Recurrence {
    Recurrence {
        kind: of.period_kind,
        every: u32::try_from(of.every).unwrap_or(1),
        months: of.months.iter().filter_map(|month| u32::try_from(*month).ok()).collect(),
        begin_month: of.generate_month,
        begin_day: u32::try_from(of.generate_day).unwrap_or(1),
    }
}

/// Checks how often work recurs: several months, and chosen ones, are for months only.
pub fn check_recurrence(check: &mut Check, of: &TaskType) {
    check.number("every", of.every.into(), &(1..=MAX_EVERY));
    check.number("generateMonth", of.generate_month.into(), &(-MAX_AHEAD..=MAX_AHEAD));
    check.number("generateDay", of.generate_day.into(), &(1..=31));
    for (index, month) in of.months.iter().enumerate() {
        check.number(InputPath::from("months").item(index), (*month).into(), &(1..=12));
    }
    let is_monthly = of.period_kind == PeriodKind::Month;
    check.require(is_monthly || of.every == 1, Refusal::of("every", Code::MutuallyExclusive));
    check.require(is_monthly || of.months.is_empty(), Refusal::of("months", Code::MutuallyExclusive));
}

/// The text by which it is found.
pub fn search_text(of: &TaskType) -> String {
    search::fold(&format!("{}\n{}", of.name, of.description))
}
