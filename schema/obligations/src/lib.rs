//! When things are due (C-08 to C-10): periods, due rules, working calendars, holidays, and the catalogue that new firms
//! start with. Pure functions: nothing here knows a clock or a database.
//!
//! A rule ([`Expr`]) turns a [`Period`] and a [`Client`] into a date. An [`Obligation`] has a rule for each time in which
//! its law was the same, and [`Book::due`] finds the date that holds, with each [`Step`] on the way to it.

mod answer;
mod book;
mod calendar;
mod catalogue;
mod check;
mod client;
mod evaluate;
mod explain;
mod expression;
mod holidays;
mod period;
mod place;
mod read;
mod recurrence;
mod value;
mod version;
mod weight;
mod write;

pub use answer::{Answer, Beaten, DayOff, Due, Op, Provisional, Step};
pub use book::{Book, Extension, Jurisdiction, Obligation, Override, Question};
pub use calendar::{Calendar, Calendars, Office};
pub use catalogue::{
    Catalogue, Category, Direction, DocumentPlan, Names, ShippedObligation, TaskPlan, shipped, shipped_texts,
};
pub use check::Wrong;
pub use client::{CITY, Client, Place, REGION, Scalar};
pub use explain::{explain, explain_to_client, sentences, why_provisional, why_provisional_to_client};
pub use expression::{Anchor, Case, Chain, Choice, Day, Expr, Move, Plan, Reach, Shift, Switch, Test};
pub use holidays::{Holiday, Holidays};
pub use period::{FiscalYears, MonthDay, Period, PeriodKind};
pub use place::region_of_city;
pub use read::{Problem, Trouble, condition, expression};
pub use recurrence::Recurrence;
pub use value::can_be;
pub use version::{Status, Version};
pub use write::condition as written_condition;
