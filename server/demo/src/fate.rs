//! What becomes of a piece of monthly work, and on which days: planned here, carried out in [`crate::year`]. The plan follows
//! from what the work is alone, so that it is the same on every run, in whatever steps time goes on.

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use guichet_base::id::{DocumentId, TaskId};

use crate::chance::Chance;

/// Within how many days of its due date all happens to work.
pub(crate) const REACH: i64 = 60;
/// Work without a legal date is due so many days after its period.
pub(crate) const DUE_AFTER: u64 = 25;

/// What happens to work in turn, so that each client sees each of it within a year.
const FATES: [Fate; 12] = [
    Fate::Plain,
    Fate::Late,
    Fate::Plain,
    Fate::Rejected,
    Fate::Contested,
    Fate::Plain,
    Fate::Settled,
    Fate::Renewed,
    Fate::Plain,
    Fate::AfterDone,
    Fate::Unread,
    Fate::Plain,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Plain,
    /// The client brings its papers days late.
    Late,
    /// The client has nothing to submit.
    Settled,
    /// What the client brought is rejected, and comes again.
    Rejected,
    /// What was delivered is delivered once more.
    Renewed,
    /// The client contests what it is asked to approve.
    Contested,
    /// The client brings its papers after the work was done.
    AfterDone,
    /// Nobody opens what was delivered until long after.
    Unread,
}

/// A piece of work.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub task: TaskId,
    /// The client's place.
    pub client: usize,
    /// The code of its kind.
    pub code: String,
    pub period: String,
    pub days: (NaiveDate, NaiveDate),
    /// Since when it is there.
    pub begins: NaiveDate,
    pub legal_due_on: Option<NaiveDate>,
    /// What the client brings, and what the firm delivers.
    pub inputs: Vec<Paper>,
    pub outputs: Vec<Paper>,
}

/// A document of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paper {
    pub id: DocumentId,
    pub name: String,
    pub due_on: Option<NaiveDate>,
    pub wants_approval: bool,
    pub is_payroll: bool,
}

/// What is done, in the order in which it is done on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Deed {
    Start,
    Bring,
    Settle,
    Reject,
    Deliver,
    Read,
    Approve,
    Contest,
    Finish,
    Cancel,
}

/// Something that is done on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Move {
    pub day: NaiveDate,
    pub deed: Deed,
    /// The document, by its place among those of its direction; none for the work itself.
    pub paper: Option<usize>,
    pub version: usize,
}

fn later(day: NaiveDate, by: i64) -> NaiveDate {
    day + TimeDelta::days(by)
}

/// Papers go to and fro on Tuesdays and Fridays: the next of these days. So people do several things in one go, as they do.
fn round(day: NaiveDate) -> NaiveDate {
    let is_round = |day: &NaiveDate| matches!(day.weekday(), Weekday::Tue | Weekday::Fri);
    day.iter_days().take(7).find(is_round).unwrap_or(day)
}

impl Work {
    /// A chance of its own.
    pub fn chance(&self, what: &str) -> Chance {
        Chance::of(&[what, &self.code, &self.period], self.client)
    }

    /// All that is done about it.
    pub fn plan(&self) -> Vec<Move> {
        let mut chance = self.chance("when");
        let due = self.legal_due_on.unwrap_or(self.days.1 + Days::new(DUE_AFTER));
        let first = (self.begins + Days::new(1)).max(later(due, -REACH));
        let mut moves = Moves { list: Vec::new(), last: later(due, REACH) };
        if self.inputs.is_empty() && self.outputs.is_empty() {
            let day = round(later(due, -chance.between(3..=7)).max(first));
            match chance.below(100) {
                0..3 => moves.add(day, Deed::Cancel, None, 1),
                // Some is forgotten.
                3..6 => {}
                _ => moves.add(day, Deed::Finish, None, 1),
            }
            return moves.list;
        }
        let fate = self.fate();
        let asked = self.inputs.iter().filter_map(|paper| paper.due_on).min().unwrap_or(later(due, -9));
        let brought = match fate {
            Fate::Late => round(later(asked, chance.between(2..=5))),
            _ => round(later(asked, -chance.between(3..=8))),
        };
        let brought = brought.max(round(first));
        let rejected = round(later(brought, 1));
        let ready = match fate {
            _ if self.inputs.is_empty() => first,
            Fate::Rejected => later(rejected, 2),
            _ => later(brought, 1),
        };
        let delivered = round(later(due, -chance.between(6..=9)).max(ready));
        moves.add(brought.min(delivered), Deed::Start, None, 1);
        self.bring(&mut moves, fate, (brought, rejected), delivered);
        self.deliver(&mut moves, &mut chance, fate, delivered, due);
        moves.add(delivered, Deed::Finish, None, 1);
        moves.list
    }

    /// In turn by month and kind of work.
    fn fate(&self) -> Fate {
        let months = self.days.1.year() as usize * 12 + self.days.1.month() as usize;
        let kind = self.code.bytes().map(usize::from).sum::<usize>();
        FATES[(months + kind + 5 * self.client) % FATES.len()]
    }

    fn bring(
        &self,
        moves: &mut Moves,
        fate: Fate,
        (brought, rejected): (NaiveDate, NaiveDate),
        delivered: NaiveDate,
    ) {
        for paper in 0..self.inputs.len() {
            let (day, paper, is_first) = (brought, Some(paper), paper == 0);
            match fate {
                Fate::AfterDone => moves.add(round(later(delivered, 1)), Deed::Bring, paper, 1),
                Fate::Settled if is_first => moves.add(day, Deed::Settle, paper, 1),
                _ => moves.add(day, Deed::Bring, paper, 1),
            }
            if fate == Fate::Rejected && is_first {
                moves.add(rejected, Deed::Reject, paper, 1);
                moves.add(round(later(rejected, 1)), Deed::Bring, paper, 2);
            }
        }
    }

    fn deliver(&self, moves: &mut Moves, chance: &mut Chance, fate: Fate, day: NaiveDate, due: NaiveDate) {
        for (place, paper) in self.outputs.iter().enumerate() {
            let is_first = place == 0;
            let wanted = paper.wants_approval;
            let place = Some(place);
            moves.add(day, Deed::Deliver, place, 1);
            let read = match fate {
                Fate::Unread => later(due, chance.between(15..=40)),
                _ => later(day, chance.between(0..=4)),
            };
            let read = round(read);
            moves.add(read, Deed::Read, place, 1);
            let is_wrong = fate == Fate::Contested && wanted;
            if is_wrong {
                moves.add(read, Deed::Contest, place, 1);
            } else if wanted && chance.percent(80) {
                moves.add(read, Deed::Approve, place, 1);
            }
            // What was contested is corrected, mostly.
            if fate == Fate::Renewed && is_first || is_wrong && chance.percent(70) {
                let again = round(later(read, 1));
                let read = round(later(again, 1));
                moves.add(again, Deed::Deliver, place, 2);
                moves.add(read, Deed::Read, place, 2);
                if wanted {
                    moves.add(read, Deed::Approve, place, 2);
                }
            }
        }
    }
}

struct Moves {
    list: Vec<Move>,
    last: NaiveDate,
}

impl Moves {
    fn add(&mut self, day: NaiveDate, deed: Deed, paper: Option<usize>, version: usize) {
        if day <= self.last {
            self.list.push(Move { day, deed, paper, version });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn work(month: u32) -> Work {
        let paper = |name: &str| Paper {
            id: DocumentId::new(),
            name: name.to_owned(),
            due_on: Some(day("2026-06-03")),
            wants_approval: true,
            is_payroll: false,
        };
        Work {
            task: TaskId::new(),
            client: 0,
            code: "BR-DAS".to_owned(),
            period: format!("2026-{month:02}"),
            days: (day(&format!("2026-{month:02}-01")), day(&format!("2026-{month:02}-28"))),
            begins: day("2026-05-20"),
            legal_due_on: Some(day("2026-06-22")),
            inputs: vec![paper("brought")],
            outputs: vec![paper("delivered")],
        }
    }

    /// Within a year everything happens, to work of one kind of one client.
    #[test]
    fn a_year_shows_everything() {
        let deeds: HashSet<(Deed, usize)> =
            (1..=12).flat_map(|month| work(month).plan()).map(|step| (step.deed, step.version)).collect();
        for deed in [Deed::Settle, Deed::Reject, Deed::Contest, Deed::Approve, Deed::Finish] {
            assert!(deeds.contains(&(deed, 1)), "{deed:?}");
        }
        assert!(deeds.contains(&(Deed::Bring, 2)) && deeds.contains(&(Deed::Deliver, 2)));
    }

    /// Nothing happens before the work is there, or to a paper before it came.
    #[test]
    fn a_plan_has_an_order() {
        for month in 1..=12 {
            let work = work(month);
            let plan = work.plan();
            assert_eq!(plan, work.plan());
            assert!(plan.iter().all(|step| step.day > work.begins));
            let of = |deed| plan.iter().find(|step| step.deed == deed).map(|step| step.day);
            assert!(of(Deed::Deliver) <= of(Deed::Read));
            assert!(of(Deed::Reject).is_none() || of(Deed::Bring) < of(Deed::Reject));
        }
    }
}
