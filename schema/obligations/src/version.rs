//! A version of an obligation's rule, and the periods for which it holds.

use chrono::NaiveDate;
use guichet_base::text_enum;

use crate::expression::Expr;
use crate::period::{FiscalYears, Period, exact_date};

/// A rule and the periods for which it holds, by their first days.
#[derive(Debug, Clone)]
pub struct Version {
    /// The row in which a firm keeps it; none in the catalogue itself.
    pub id: Option<String>,
    /// The first month, year or day, as the law says it.
    pub from: Option<String>,
    /// The last one, included.
    pub to: Option<String>,
    /// The rule.
    pub due: Expr,
    /// The law.
    pub source: String,
    /// How sure it is.
    pub status: Status,
}

text_enum! {
    /// How sure a rule is.
    pub enum Status {
        /// Its dates were seen in an official calendar or legal text.
        Confirmed = "CONFIRMED",
        /// The law is known, its dates are computed.
        Known = "KNOWN",
        /// Something about it is open.
        Uncertain = "UNCERTAIN",
    }
}

/// The first and the last day that a bound of a version can mean.
pub(crate) fn bound(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    match text.len() {
        4 | 7 => {
            let period = Period::parse(text, 1, &FiscalYears::calendar())?;
            Some((period.start(), period.end()))
        }
        _ => exact_date(text).map(|day| (day, day)),
    }
}

impl Version {
    /// The first and the last day on which periods may begin; `None` if a bound cannot be read.
    pub fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        let from = self.from.as_deref().map_or(Some(NaiveDate::MIN), |from| Some(bound(from)?.0))?;
        let to = self.to.as_deref().map_or(Some(NaiveDate::MAX), |to| Some(bound(to)?.1))?;
        (from <= to).then_some((from, to))
    }

    /// The first and the last day on which periods may begin, where it has such a bound that can be read.
    pub fn bounds(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let days = self.days();
        (
            self.from.as_ref().and(days.map(|(first, _)| first)),
            self.to.as_ref().and(days.map(|(_, last)| last)),
        )
    }

    /// What is left of it beside versions that hold instead: the same rule between other bounds.
    pub fn beside(&self, instead: &[Self]) -> Vec<Self> {
        let Some((first, last)) = self.days() else { return vec![self.clone()] };
        let mut taken: Vec<(NaiveDate, NaiveDate)> = instead.iter().filter_map(Self::days).collect();
        taken.sort_unstable();
        let mut left = Vec::new();
        let mut next = Some(first);
        for (from, to) in taken.into_iter().filter(|(from, to)| *from <= last && first <= *to) {
            if let (Some(begins), Some(ends)) = (next, from.pred_opt())
                && begins <= ends
            {
                left.push((begins, ends));
            }
            next = next.and_then(|next| Some(next.max(to.succ_opt()?)));
        }
        left.extend(next.filter(|next| *next <= last).map(|next| (next, last)));
        let bound = |day: NaiveDate, own: NaiveDate, text: &Option<String>| match day == own {
            true => text.clone(),
            false => Some(day.to_string()),
        };
        left.into_iter()
            .map(|(begins, ends)| Self {
                from: bound(begins, first, &self.from),
                to: bound(ends, last, &self.to),
                ..self.clone()
            })
            .collect()
    }

    /// Whether it holds for a period.
    pub fn covers(&self, period: &Period) -> bool {
        self.days().is_some_and(|(from, to)| (from..=to).contains(&period.start()))
    }
}
