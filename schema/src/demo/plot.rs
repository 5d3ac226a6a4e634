//! What will happen to a ticket, and when: planned here, carried out by [`super::play`].

use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use super::chance::Chance;
use super::house::House;
use super::names;
use super::texts::{Side, Topic, Voice};
use crate::desk::ticket::model::TicketStatus;
use crate::shared::visibility::Visibility;

/// Who does something: resolved when it happens, because a ticket changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Assignee,
    /// The client's user that the ticket is talked over with.
    Contact,
    Manager,
    /// The staff member at this place.
    Staff(usize),
}

/// To whom a ticket is handed over, by their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    Person(usize),
    Team(usize),
}

/// How a ticket begins.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub topic: &'static Topic,
    pub customer: usize,
    /// The place of the contact among the client's users.
    pub contact: Option<usize>,
    pub by: Who,
    pub subject: String,
    pub text: String,
    /// Percent of the list's price, where staff give another one.
    pub percent: Option<i64>,
}

/// An act on an open or closed ticket.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Say { by: Who, visibility: Visibility, body: String },
    Turn { by: Who, to: TicketStatus, reason: Option<String> },
    Reprice { percent: i64 },
    Transfer { to: Receiver, note: String },
    Read { by: Who },
}

/// The life of one ticket.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub at: DateTime<Utc>,
    pub opening: Opening,
    /// What follows, in the order of time.
    pub acts: Vec<(DateTime<Utc>, Act)>,
}

/// The texts of a ticket with its particulars filled in.
pub(super) struct Scene {
    pub topic: &'static Topic,
    words: [(&'static str, String); 4],
}

impl Scene {
    pub fn new(
        house: &House,
        topic: &'static Topic,
        customer: usize,
        contact: Option<usize>,
        at: DateTime<Utc>,
        chance: &mut Chance,
    ) -> Self {
        let customer = &house.customers[customer];
        let person = contact.map_or("", |place| names::first(&customer.users[place].name));
        let words = [
            ("{client}", customer.name.clone()),
            ("{person}", person.to_owned()),
            ("{month}", house.brand.texts.month_before(house.hours.date(at))),
            ("{number}", chance.between(100..=9_999).to_string()),
        ];
        Self { topic, words }
    }

    pub fn fill(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }
}

/// How a lively ticket goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// Not at all, so far.
    Left,
    Closed(TicketStatus),
}

/// A ticket as in life: opened at `at`, answered in office hours, mostly finished, sometimes refused,
/// handed over, repriced or opened again. Few of those that are not `recent` are still open.
pub(super) fn lively(
    house: &House,
    topic: &'static Topic,
    customer: usize,
    at: DateTime<Utc>,
    recent: bool,
    chance: &mut Chance,
) -> Plot {
    let users = house.customers[customer].users.len();
    let contact = (users > 0).then(|| chance.below(users));
    let scene = Scene::new(house, topic, customer, contact, at, chance);
    let by = match (topic.by, contact) {
        (Side::Client, Some(_)) => Who::Contact,
        // Whoever sees the client, also where members see only their own (B-15).
        _ => Who::Staff(*chance.pick(&[0, 1, house.customers[customer].accountant])),
    };
    let percent = match by {
        Who::Staff(_) if chance.percent(20) => Some(*chance.pick(&[0, 80, 90, 120])),
        _ => None,
    };
    let (subject, text) = (scene.fill(&topic.subject), scene.fill(&topic.text));
    let opening = Opening { topic, customer, contact, by, subject, text, percent };
    let mut teller = Teller { house, chance, scene, at, acts: Vec::new() };
    teller.tell(contact.is_some(), recent);
    Plot { at, opening, acts: teller.acts }
}

struct Teller<'a> {
    house: &'a House,
    chance: &'a mut Chance,
    scene: Scene,
    at: DateTime<Utc>,
    acts: Vec<(DateTime<Utc>, Act)>,
}

impl Teller<'_> {
    fn tell(&mut self, has_contact: bool, recent: bool) {
        let ending = match self.chance.below(100) {
            0..8 => Ending::Left,
            8..30 if recent => Ending::Left,
            30..40 => Ending::Closed(TicketStatus::Rejected),
            40..50 => Ending::Closed(TicketStatus::Canceled),
            _ => Ending::Closed(TicketStatus::Finished),
        };
        let topic = self.scene.topic;
        let told = match ending {
            Ending::Left if recent => self.chance.below(topic.talk.len()),
            Ending::Left => 1 + self.chance.below(topic.talk.len()),
            Ending::Closed(TicketStatus::Finished) => topic.talk.len(),
            Ending::Closed(_) => 2.min(topic.talk.len()),
        };
        if self.chance.percent(18) {
            self.hand_over();
        }
        self.office(10..=400, Act::Read { by: Who::Assignee });
        if told > 0 || ending != Ending::Left {
            self.turn(1..=30, Who::Assignee, TicketStatus::InAnalysis, None);
        }
        for (voice, text) in &topic.talk[..told] {
            self.say(*voice, text, has_contact);
        }
        if self.chance.percent(12) {
            let percent = *self.chance.pick(&[75, 110, 125, 150]);
            self.office(5..=120, Act::Reprice { percent });
        }
        if let Ending::Closed(status) = ending {
            self.close(status, has_contact);
        }
    }

    fn say(&mut self, voice: Voice, text: &str, has_contact: bool) {
        let body = self.scene.fill(text);
        match voice {
            Voice::Note => {
                let (by, visibility) = (Who::Assignee, Visibility::Internal);
                self.office(5..=90, Act::Say { by, visibility, body });
            }
            Voice::Staff if has_contact => {
                let (by, visibility) = (Who::Assignee, Visibility::Public);
                self.office(10..=300, Act::Say { by, visibility, body });
                if self.chance.percent(55) {
                    self.turn(0..=3, Who::Assignee, TicketStatus::Waiting, None);
                }
                if self.chance.percent(75) {
                    self.waking(10..=400, Act::Read { by: Who::Contact });
                }
            }
            Voice::Client if has_contact => {
                let (by, visibility) = (Who::Contact, Visibility::Public);
                self.waking(15..=900, Act::Say { by, visibility, body });
                self.office(5..=150, Act::Read { by: Who::Assignee });
                self.turn(0..=10, Who::Assignee, TicketStatus::InAnalysis, None);
            }
            Voice::Staff | Voice::Client => {}
        }
    }

    fn close(&mut self, status: TicketStatus, has_contact: bool) {
        let phrases = &self.house.brand.texts.phrases;
        let reason = match status {
            TicketStatus::Rejected => Some(self.chance.pick(&phrases.reject).clone()),
            TicketStatus::Canceled => Some(self.chance.pick(&phrases.cancel).clone()),
            _ => None,
        };
        self.turn(20..=500, Who::Assignee, status, reason);
        if status != TicketStatus::Finished {
            return;
        }
        if self.chance.percent(20) {
            self.reopen(has_contact);
        } else if self.chance.percent(4) {
            let reason = Some(self.chance.pick(&phrases.cancel).clone());
            self.turn(200..=900, Who::Manager, TicketStatus::Canceled, reason);
        }
    }

    fn reopen(&mut self, has_contact: bool) {
        let reason = self.chance.pick(&self.house.brand.texts.phrases.reopen).clone();
        let by_client = has_contact && self.house.brand.texts.firm.reopen_days > 0 && self.chance.percent(60);
        if by_client {
            self.waking(600..=2_500, turn(Who::Contact, TicketStatus::Reopened, None));
            let (by, visibility) = (Who::Contact, Visibility::Public);
            self.waking(1..=10, Act::Say { by, visibility, body: reason });
        } else {
            self.turn(300..=1_500, Who::Assignee, TicketStatus::Reopened, Some(reason));
        }
        if self.chance.percent(45) {
            return;
        }
        if self.chance.percent(50) {
            self.office(30..=200, Act::Reprice { percent: 130 });
        }
        self.turn(60..=600, Who::Assignee, TicketStatus::InAnalysis, None);
        self.turn(60..=600, Who::Assignee, TicketStatus::Finished, None);
    }

    fn hand_over(&mut self) {
        let to = match self.chance.percent(50) {
            true => Receiver::Person(self.chance.below(self.house.staff.len())),
            false => Receiver::Team(self.chance.below(self.house.teams.len())),
        };
        let note = match self.chance.percent(80) {
            true => self.chance.pick(&self.house.brand.texts.phrases.transfer).clone(),
            false => String::new(),
        };
        self.office(5..=200, Act::Transfer { to, note });
    }

    fn turn(&mut self, after: RangeInclusive<i64>, by: Who, to: TicketStatus, reason: Option<String>) {
        self.office(after, turn(by, to, reason));
    }

    /// Goes on after that many minutes of work.
    fn office(&mut self, after: RangeInclusive<i64>, act: Act) {
        self.at = self.house.hours.office(self.at, self.chance.minutes(after));
        self.acts.push((self.at, act));
    }

    /// Goes on after that many minutes in which clients are awake; one in four is answered at night.
    fn waking(&mut self, after: RangeInclusive<i64>, act: Act) {
        let later = self.chance.minutes(after);
        self.at = match self.chance.percent(25) {
            true => self.house.hours.waking(self.at, later),
            false => self.house.hours.office(self.at, later),
        };
        self.acts.push((self.at, act));
    }
}

pub(super) const fn turn(by: Who, to: TicketStatus, reason: Option<String>) -> Act {
    Act::Turn { by, to, reason }
}
