//! What will happen to a ticket, and when: planned here, carried out in [`crate::play`].

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use guichet_base::id::{ChargeId, FileId, TicketId};
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::shared::email_delivery::model::SendEmail;
use guichet_schema::shared::visibility::Visibility;

use crate::house::{CLIENTS, DAYS, Stage, UNREACHABLE};
use crate::texts::{Side, Topic, Voice};

/// Tickets a firm that chance tells of.
const TICKETS: usize = 24;
/// The first of them: the clients one after the other, and again those that cannot be mailed.
const FAMILIAR: usize = CLIENTS + UNREACHABLE.len();

/// Who does something: resolved when it happens, because a ticket changes hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Assignee,
    /// The client's user that the ticket is talked over with.
    Contact,
    Manager,
    /// The staff member at this place.
    Staff(usize),
}

/// How a ticket begins.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
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

/// Something that happens.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Open(Opening),
    Say {
        by: Who,
        visibility: Visibility,
        body: String,
    },
    Turn {
        by: Who,
        to: TicketStatus,
        reason: Option<String>,
    },
    Reprice {
        percent: i64,
    },
    /// To the staff member or the department at this place.
    Transfer {
        to: Result<usize, usize>,
        note: String,
    },
    Read {
        by: Who,
    },
    /// The contact attaches a file without a message.
    HandIn,
    /// A charge entered by hand.
    Fee {
        customer: usize,
        description: String,
        amount: i64,
        due_on: NaiveDate,
    },
    Pay(ChargeId),
    GiveUp(SendEmail),
}

/// A ticket so far.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub id: TicketId,
    pub customer: usize,
    pub contact: Option<usize>,
    pub files: Vec<FileId>,
}

impl Stage<'_> {
    pub fn cue(&mut self, at: DateTime<Utc>, ticket: usize, act: Act) {
        if at <= self.whole.now {
            self.count += 1;
            self.cues.insert((at, self.count), (ticket, act));
        }
    }

    /// The tickets of the last weeks, more of late: all topics in turn, and nearly every client; and monthly fees.
    pub fn plot(&mut self) {
        let from = self.hours.days_before(self.whole.now, DAYS);
        // The last ones, of which numbers follow, are opened in [`crate::rare`].
        let until = self.whole.now - TimeDelta::hours(4);
        let minutes = self.hours.working_time(from, until).num_minutes();
        let mut openings = Vec::new();
        for _ in 0..TICKETS {
            let share = self.chance.between(0..=999);
            let before = minutes - minutes * share * share / 1_000_000;
            let at = self.hours.office(from, TimeDelta::minutes(before) - self.chance.minutes(0..=1));
            openings.push(at.min(until));
        }
        openings.sort_unstable();
        let mut topics: Vec<_> = self.texts.topics.iter().collect();
        self.chance.shuffle(&mut topics);
        for ((place, at), topic) in openings.into_iter().enumerate().zip(topics.into_iter().cycle()) {
            let customer = match place {
                _ if topic.collects => 4 + 9 * self.chance.below(2),
                0..CLIENTS => place,
                CLIENTS..FAMILIAR => UNREACHABLE[place % UNREACHABLE.len()],
                _ => 0,
            };
            self.tell(place, topic, customer, at);
        }
        self.plot_fees();
    }

    /// The firm's fee for each of the last three months, for some clients.
    fn plot_fees(&mut self) {
        let today = self.hours.date(self.whole.now);
        for back in 0..3 {
            let first = today.with_day0(0).expect("every month has a first day") - Months::new(back);
            let description = self.texts.fee.replace("{month}", &self.texts.month_before(first));
            for customer in (0..CLIENTS).filter(|place| place % 5 == 0 || place % 9 == 4) {
                let at = self.hours.office(self.hours.morning(first), self.chance.minutes(10..=120));
                // The same client pays the same each month.
                let amount = 18_000 + (customer as i64 * 7_919 % 60) * 1_000;
                let (description, due_on) = (description.clone(), first + Days::new(9));
                self.cue(at, usize::MAX, Act::Fee { customer, description, amount, due_on });
            }
        }
    }

    /// Plans a ticket as in a real firm: opened at `at`, answered in office hours, mostly finished, sometimes refused,
    /// transferred, repriced or reopened. Few of those that are not recent are still open.
    fn tell(&mut self, ticket: usize, topic: &'static Topic, customer: usize, at: DateTime<Utc>) {
        let users = self.customers[customer].users.len();
        let contact = (users > 0).then(|| self.chance.below(users));
        let words = self.words(customer, contact, at);
        let by = match (topic.by, contact) {
            (Side::Client, Some(_)) => Who::Contact,
            // Whoever sees the client, also where members see only their own (B-15).
            _ => Who::Staff(*self.chance.pick(&[0, 1, self.customers[customer].accountant])),
        };
        let percent = match by {
            Who::Staff(_) if self.chance.percent(20) => Some(*self.chance.pick(&[0, 80, 90, 120])),
            _ => None,
        };
        let (subject, text) = (fill(&topic.subject, &words), fill(&topic.text, &words));
        self.cue(at, ticket, Act::Open(Opening { topic, customer, contact, by, subject, text, percent }));
        let recent = at > self.whole.now - TimeDelta::days(10);
        let mut teller = Teller { stage: self, ticket, words, at, has_contact: contact.is_some() };
        teller.live(topic, recent);
    }

    /// The particulars of a ticket.
    pub fn words(&mut self, customer: usize, contact: Option<usize>, at: DateTime<Utc>) -> Words {
        let customer = &self.customers[customer];
        let person =
            contact.map_or("", |place| customer.users[place].name.split(' ').next().unwrap_or_default());
        [
            ("{client}", customer.name.clone()),
            ("{person}", person.to_owned()),
            ("{month}", self.texts.month_before(self.hours.date(at))),
            ("{number}", self.chance.between(100..=9_999).to_string()),
        ]
    }
}

type Words = [(&'static str, String); 4];

/// A text with its particulars filled in.
pub(crate) fn fill(text: &str, words: &Words) -> String {
    words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
}

struct Teller<'s, 'a> {
    stage: &'s mut Stage<'a>,
    ticket: usize,
    words: Words,
    at: DateTime<Utc>,
    has_contact: bool,
}

impl Teller<'_, '_> {
    fn live(&mut self, topic: &'static Topic, recent: bool) {
        let ending = match self.stage.chance.below(100) {
            0..8 => None,
            8..30 if recent => None,
            30..40 => Some(TicketStatus::Rejected),
            40..50 => Some(TicketStatus::Canceled),
            _ => Some(TicketStatus::Finished),
        };
        let told = match ending {
            None => self.stage.chance.below(topic.talk.len()) + usize::from(!recent),
            Some(TicketStatus::Finished) => topic.talk.len(),
            Some(_) => 2.min(topic.talk.len()),
        };
        if self.stage.chance.percent(18) {
            self.hand_over();
        }
        self.office(10..=400, Act::Read { by: Who::Assignee });
        if told > 0 || ending.is_some() {
            self.turn(1..=30, TicketStatus::InAnalysis, None);
        }
        for (voice, text) in &topic.talk[..told] {
            let body = fill(text, &self.words);
            self.say(*voice, body);
        }
        if self.stage.chance.percent(12) {
            let percent = *self.stage.chance.pick(&[75, 110, 125, 150]);
            self.office(5..=120, Act::Reprice { percent });
        }
        if let Some(status) = ending {
            self.close(status);
        }
    }

    fn say(&mut self, voice: Voice, body: String) {
        let by = if voice == Voice::Client { Who::Contact } else { Who::Assignee };
        let act = |visibility| Act::Say { by, visibility, body };
        match voice {
            Voice::Note => self.office(5..=90, act(Visibility::Internal)),
            Voice::Staff if self.has_contact => {
                self.office(10..=300, act(Visibility::Public));
                if self.stage.chance.percent(55) {
                    self.turn(0..=3, TicketStatus::Waiting, None);
                }
                if self.stage.chance.percent(75) {
                    self.waking(10..=400, Act::Read { by: Who::Contact });
                }
            }
            Voice::Client if self.has_contact => {
                self.waking(15..=900, act(Visibility::Public));
                if self.stage.chance.percent(12) {
                    self.waking(1..=30, Act::HandIn);
                }
                self.office(5..=150, Act::Read { by: Who::Assignee });
                self.turn(0..=10, TicketStatus::InAnalysis, None);
            }
            Voice::Staff | Voice::Client => {}
        }
    }

    fn close(&mut self, status: TicketStatus) {
        let phrases = &self.stage.texts.phrases;
        let reason = match status {
            TicketStatus::Rejected => Some(self.stage.chance.pick(&phrases.reject).clone()),
            TicketStatus::Canceled => Some(self.stage.chance.pick(&phrases.cancel).clone()),
            _ => None,
        };
        self.turn(20..=500, status, reason);
        if status == TicketStatus::Finished && self.stage.chance.percent(20) {
            self.reopen();
        }
    }

    fn reopen(&mut self) {
        let reason = self.stage.chance.pick(&self.stage.texts.phrases.reopen).clone();
        if self.has_contact && self.stage.texts.firm.reopen_days > 0 {
            let (to, by) = (TicketStatus::Reopened, Who::Contact);
            self.waking(600..=2_500, Act::Turn { by, to, reason: None });
            self.waking(1..=10, Act::Say { by, visibility: Visibility::Public, body: reason });
        } else {
            self.turn(300..=1_500, TicketStatus::Reopened, Some(reason));
        }
        if self.stage.chance.percent(60) {
            self.office(30..=200, Act::Reprice { percent: 130 });
            self.turn(60..=600, TicketStatus::InAnalysis, None);
            self.turn(60..=600, TicketStatus::Finished, None);
        }
    }

    fn hand_over(&mut self) {
        let (staff, teams) = (self.stage.staff.len(), self.stage.teams.len());
        let to = match self.stage.chance.percent(50) {
            true => Ok(self.stage.chance.below(staff)),
            false => Err(self.stage.chance.below(teams)),
        };
        let note = self.stage.chance.pick(&self.stage.texts.phrases.transfer).clone();
        self.office(5..=200, Act::Transfer { to, note });
    }

    fn turn(&mut self, after: RangeInclusive<i64>, to: TicketStatus, reason: Option<String>) {
        self.office(after, Act::Turn { by: Who::Assignee, to, reason });
    }

    /// Goes on after that many minutes of work.
    fn office(&mut self, after: RangeInclusive<i64>, act: Act) {
        self.at = self.stage.hours.office(self.at, self.stage.chance.minutes(after));
        self.stage.cue(self.at, self.ticket, act);
    }

    /// Goes on after that many minutes in which clients are awake; one in four is answered at night.
    fn waking(&mut self, after: RangeInclusive<i64>, act: Act) {
        let later = self.stage.chance.minutes(after);
        self.at = match self.stage.chance.percent(25) {
            true => self.stage.hours.waking(self.at, later),
            false => self.stage.hours.office(self.at, later),
        };
        self.stage.cue(self.at, self.ticket, act);
    }
}
