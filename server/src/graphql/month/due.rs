//! When something is due, explained.

use async_graphql::{Context, ID, Object, SimpleObject};
use guichet_base::error::OrNotFound;
use guichet_base::id::Id;
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_obligations::{self as obligations, Answer, explain, why_provisional};
use guichet_schema::month::due;

use crate::graphql::caller::Caller;
use crate::graphql::mirror::mirror;
use crate::graphql::payload::queried;
use crate::graphql::scalars::Date;

mirror!(DueDateOp => obligations::Op);
mirror!(HolidayLevel => obligations::Reach);
mirror!(WorkingCalendar => obligations::Calendar);

/// Whether something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
pub enum DueState {
    /// It is due on `date`.
    Due,
    /// The authority has not published a date yet.
    NotPublished,
    /// No rule covers the period: nothing is due.
    NotDue,
    /// The rule is too large to be computed.
    NotComputed,
}

/// When something is due for a client and a period, and why.
#[derive(Debug, SimpleObject)]
pub struct DueDate {
    /// Whether it is due.
    state: DueState,
    /// The due date; null when it is not due.
    date: Option<Date>,
    /// Where the date is written: the law, the extension, or the reason of the firm.
    source: Option<String>,
    /// The steps that lead to the date.
    steps: Vec<DueDateStep>,
    /// Why the date may still change, in the language of the viewer; empty when it is final.
    provisional: Vec<String>,
    /// The dates that would hold without the one that does.
    beaten: Vec<BeatenDate>,
}

/// A step on the way to a due date.
#[derive(Debug, SimpleObject)]
pub struct DueDateStep {
    /// What the step does.
    op: DueDateOp,
    /// The date before the step.
    from: Option<Date>,
    /// The date after the step; null for a choice.
    to: Option<Date>,
    /// The step in the language of the viewer.
    explanation: String,
    /// The working calendar of the step.
    calendar: Option<WorkingCalendar>,
    /// The days off that the step passed.
    days_off: Vec<DayOff>,
    /// The law, the extension or the reason.
    source: Option<String>,
}

/// A day off.
#[derive(Debug, SimpleObject)]
pub struct DayOff {
    /// The day.
    date: Date,
    /// The name of the holiday in the language of its country; null on a day of the week that is off.
    name: Option<String>,
    /// How far the holiday reaches.
    level: Option<HolidayLevel>,
    /// The law or decree.
    source: Option<String>,
}

/// A date that another one is preferred to.
#[derive(Debug, SimpleObject)]
pub struct BeatenDate {
    /// The date.
    date: Date,
    /// The law, the extension or the reason.
    source: String,
}

impl DueDate {
    /// The answer, in a language.
    pub fn new(answer: Answer, locale: Locale) -> Self {
        let none = |state| Self {
            state,
            date: None,
            source: None,
            steps: vec![],
            provisional: vec![],
            beaten: vec![],
        };
        let due = match answer {
            Answer::Due(due) => *due,
            Answer::NotPublished => return none(DueState::NotPublished),
            Answer::NotDue => return none(DueState::NotDue),
            Answer::TooMuch => return none(DueState::NotComputed),
        };
        let beaten = due.beaten.into_iter();
        Self {
            state: DueState::Due,
            date: Some(Date(due.date)),
            source: (!due.source.is_empty()).then_some(due.source),
            provisional: due.provisional.iter().map(|why| why_provisional(locale, why)).collect(),
            beaten: beaten
                .map(|beaten| BeatenDate { date: Date(beaten.date), source: beaten.source })
                .collect(),
            steps: due.steps.into_iter().map(|step| DueDateStep::new(step, locale)).collect(),
        }
    }
}

impl DueDateStep {
    fn new(step: obligations::Step, locale: Locale) -> Self {
        let explanation = explain(locale, &step).join(" ");
        let days_off = step.days_off.into_iter().map(|day| DayOff {
            date: Date(day.date),
            name: day.name,
            level: day.level.map(Into::into),
            source: day.source,
        });
        Self {
            op: step.op.into(),
            from: step.from.map(Date),
            to: step.to.map(Date),
            explanation,
            calendar: step.calendar.map(Into::into),
            days_off: days_off.collect(),
            source: step.source,
        }
    }
}

/// Queries about due dates.
#[derive(Debug, Default)]
pub struct DueDateQuery;

#[Object]
impl DueDateQuery {
    /// Returns when an obligation is due for a client and a period, with each step that leads to the date; null for
    /// clients.
    async fn due_date_explain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the obligation.")] obligation_id: ID,
        #[graphql(desc = "The ID of the client.")] client_id: ID,
        #[graphql(
            desc = "The name of the period: `2026-03`, `2026-Q1`, `2026`, or a fiscal year by its closing day, `FY2026-06-30`."
        )]
        period: String,
    ) -> Result<Option<DueDate>, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        if !scope.is_staff() {
            return Ok(None);
        }
        let mut conn = caller.conn().await?;
        let found = async {
            let obligation = Id::decode(&obligation_id).or_not_found("obligationId")?;
            let client = Id::decode(&client_id).or_not_found("clientId")?;
            due::explain(&mut conn, &scope, obligation, client, &period).await
        };
        let answer = queried(caller, found.await)?;
        Ok(Some(DueDate::new(answer, caller.locale)))
    }
}
