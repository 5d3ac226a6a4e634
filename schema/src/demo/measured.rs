//! Tickets with a given number of history rows and messages.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use super::chance::Chance;
use super::house::House;
use super::plot::{Act, Opening, Plot, Receiver, Scene, Who, turn};
use super::texts::{Side, Texts, Topic, Voice};
use crate::desk::ticket::model::TicketStatus;
use crate::shared::visibility::Visibility;

/// How much a ticket has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quota {
    /// Rows of history, the opening among them.
    pub changes: usize,
    pub messages: usize,
}

impl Quota {
    /// The quota of the ticket of this number: over 25 tickets in a row five changes and four
    /// messages each.
    pub const fn of(ticket: usize) -> Self {
        Self { changes: 3 + ticket % 5, messages: 2 + ticket / 5 % 5 }
    }
}

/// A ticket with exactly its quota, all of it within `span`. Its client needs a user.
pub(super) fn measured(
    house: &House,
    customer: usize,
    quota: Quota,
    span: Range<DateTime<Utc>>,
    chance: &mut Chance,
) -> Plot {
    let texts = house.brand.texts;
    let (topic, service) = served(texts, chance);
    let scene = Scene::new(house, topic, customer, Some(0), span.end, chance);
    let lead = house.teams[house.offers[service].department].lead;
    let mut acts = changes(house, quota.changes - 1, lead, chance);
    // Nothing is said on a closed ticket.
    let is_closing = |act: &Act| matches!(act, Act::Turn { to, .. } if to.is_closed());
    let open = acts.iter().position(is_closing).unwrap_or(acts.len());
    let mut places: Vec<usize> = (0..quota.messages).map(|_| chance.below(open + 1)).collect();
    places.sort_unstable();
    let lines = topic.talk.iter().cycle().take(quota.messages);
    for (said, (place, (voice, text))) in places.into_iter().zip(lines).enumerate() {
        acts.insert(place + said, say(*voice, scene.fill(text)));
    }
    let by = match topic.by {
        Side::Client => Who::Contact,
        Side::Staff => Who::Staff(chance.below(house.staff.len())),
    };
    let (subject, text) = (scene.fill(&topic.subject), scene.fill(&topic.text));
    let opening = Opening { topic, customer, contact: Some(0), by, subject, text, percent: None };
    let (at, acts) = spread(house, acts, span, chance);
    Plot { at, opening, acts }
}

/// A topic whose service has a price that can be changed.
fn served(texts: &'static Texts, chance: &mut Chance) -> (&'static Topic, usize) {
    loop {
        let topic = chance.pick(&texts.topics);
        if let Some(service) = topic.service {
            return (topic, service);
        }
    }
}

fn say(voice: Voice, body: String) -> Act {
    match voice {
        Voice::Client => Act::Say { by: Who::Contact, visibility: Visibility::Public, body },
        Voice::Staff => Act::Say { by: Who::Assignee, visibility: Visibility::Public, body },
        Voice::Note => Act::Say { by: Who::Assignee, visibility: Visibility::Internal, body },
    }
}

/// Acts with one row of history each: changes of status, prices and hand-overs, and mostly an end.
fn changes(house: &House, count: usize, lead: usize, chance: &mut Chance) -> Vec<Act> {
    let phrases = &house.brand.texts.phrases;
    let ending = match chance.below(100) {
        0..60 => vec![turn(Who::Assignee, TicketStatus::Finished, None)],
        60..68 => {
            let reason = chance.pick(&phrases.reject).clone();
            vec![turn(Who::Assignee, TicketStatus::Rejected, Some(reason))]
        }
        68..76 => {
            let reason = chance.pick(&phrases.cancel).clone();
            vec![turn(Who::Assignee, TicketStatus::Canceled, Some(reason))]
        }
        76..82 if count > 2 => vec![
            turn(Who::Assignee, TicketStatus::Finished, None),
            turn(Who::Assignee, TicketStatus::Reopened, Some(chance.pick(&phrases.reopen).clone())),
        ],
        _ => Vec::new(),
    };
    let (mut status, mut assignee) = (TicketStatus::Open, lead);
    let mut acts = Vec::with_capacity(count);
    while acts.len() + ending.len() < count {
        let act = match chance.below(5) {
            0 => Act::Reprice { percent: *chance.pick(&[80, 90, 110, 125]) },
            1 => {
                assignee = (assignee + 1 + chance.below(house.staff.len() - 1)) % house.staff.len();
                let note = chance.pick(&phrases.transfer).clone();
                Act::Transfer { to: Receiver::Person(assignee), note }
            }
            _ => {
                status = match status {
                    TicketStatus::InAnalysis => TicketStatus::Waiting,
                    _ => TicketStatus::InAnalysis,
                };
                turn(Who::Assignee, status, None)
            }
        };
        acts.push(act);
    }
    acts.extend(ending);
    acts
}

/// When the ticket is opened, and when each act follows: in office hours, one after the other.
fn spread(
    house: &House,
    acts: Vec<Act>,
    span: Range<DateTime<Utc>>,
    chance: &mut Chance,
) -> (DateTime<Utc>, Vec<(DateTime<Utc>, Act)>) {
    let gaps: Vec<TimeDelta> = acts.iter().map(|_| chance.minutes(5..=600)).collect();
    let work: TimeDelta = gaps.iter().sum();
    let room = (house.hours.working_time(span.start, span.end) - work).num_minutes();
    let opened = house.hours.office(span.start, TimeDelta::minutes(chance.between(0..=(room - 1).max(0))));
    let mut at = opened;
    let times = gaps.into_iter().map(|gap| {
        at = house.hours.office(at, gap);
        at
    });
    (opened, times.zip(acts).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_come_out_even() {
        let quotas: Vec<_> = (0..25).map(Quota::of).collect();
        assert_eq!(quotas.iter().map(|quota| quota.changes).sum::<usize>(), 125);
        assert_eq!(quotas.iter().map(|quota| quota.messages).sum::<usize>(), 100);
        let distinct: std::collections::HashSet<_> =
            quotas.iter().map(|quota| (quota.changes, quota.messages)).collect();
        assert_eq!(distinct.len(), 25);
    }
}
