//! Carries out what is planned, in the order of time and by the rules of the business: what they
//! refuse does not happen. So whatever the plots want, the rows are what the commands would have left.

mod acts;
mod charges;
mod mails;

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::clients::Customer;
use super::draft::Draft;
use super::house::{House, Person};
use super::plot::{Act, Opening, Plot, Who};
use super::rows::{NumberRow, ReadRow, TicketRow};
use crate::desk::ticket::case::search_text;
use crate::desk::ticket::rules::{self, Circumstances, Facts, TicketAct};
use guichet_base::id::Id;
use guichet_engine::actor::{Author, Scope};

pub(super) use charges::Fee;

/// A firm's tickets at work.
struct Stage<'a> {
    house: &'a House,
    draft: &'a mut Draft,
    now: DateTime<Utc>,
    /// What is to happen, by time and then in the order in which it was planned.
    cues: BTreeMap<(DateTime<Utc>, usize), Cue>,
    planned: usize,
    /// Tickets by the place of their plot.
    lives: BTreeMap<usize, Life<'a>>,
    opened: i64,
    /// Addresses that bounced.
    suppressed: HashSet<String>,
}

enum Cue {
    /// A ticket is opened, by the place of its plot.
    Open(usize, Opening),
    Act(usize, Act),
    Fee(Fee),
    /// The payment of the charge at this place, made by the ticket of this plot.
    Payment {
        charge: usize,
        ticket: Option<usize>,
    },
}

/// A ticket so far.
struct Life<'a> {
    row: TicketRow,
    customer: &'a Customer,
    contact: Option<&'a Person>,
    opener: &'a Person,
    /// The assignee's place among the staff.
    assignee: usize,
    last_public_seq: i32,
    reads: BTreeMap<Uuid, ReadRow>,
    /// The open charge's place.
    open_charge: Option<usize>,
    paid: i64,
}

/// Plays what has happened until `now`; what would be later stays undone.
pub(super) fn play(house: &House, plots: Vec<Plot>, fees: Vec<Fee>, now: DateTime<Utc>, draft: &mut Draft) {
    let mut stage = Stage {
        house,
        draft,
        now,
        cues: BTreeMap::new(),
        planned: 0,
        lives: BTreeMap::new(),
        opened: 0,
        suppressed: HashSet::new(),
    };
    for fee in fees {
        stage.cue(fee.at, Cue::Fee(fee));
    }
    for (place, plot) in plots.into_iter().enumerate() {
        stage.cue(plot.at, Cue::Open(place, plot.opening));
        for (at, act) in plot.acts {
            stage.cue(at, Cue::Act(place, act));
        }
    }
    while let Some(((at, _), cue)) = stage.cues.pop_first() {
        match cue {
            Cue::Open(place, opening) => {
                let life = stage.open(opening, at);
                stage.lives.insert(place, life);
            }
            Cue::Act(place, act) => stage.act(place, at, act),
            Cue::Fee(fee) => stage.charge_fee(fee),
            Cue::Payment { charge, ticket } => stage.pay(charge, ticket, at),
        }
    }
    stage.end();
}

impl<'a> Stage<'a> {
    fn cue(&mut self, at: DateTime<Utc>, cue: Cue) {
        if at <= self.now {
            self.cues.insert((at, self.planned), cue);
            self.planned += 1;
        }
    }

    fn act(&mut self, place: usize, at: DateTime<Utc>, act: Act) {
        let Some(mut life) = self.lives.remove(&place) else { return };
        match act {
            Act::Say { by, visibility, body } => self.say(&mut life, at, by, visibility, body),
            Act::Turn { by, to, reason } => self.turn(place, &mut life, at, by, to, reason),
            Act::Reprice { percent } => self.reprice(&mut life, at, percent),
            Act::Transfer { to, note } => self.transfer(&mut life, at, to, note),
            Act::Read { by } => self.read(&mut life, at, by),
        }
        self.lives.insert(place, life);
    }

    /// Who acts now; nobody when the client has no user.
    fn who(&self, life: &Life<'a>, by: Who) -> Option<&'a Person> {
        match by {
            Who::Assignee => Some(&self.house.staff[life.assignee]),
            Who::Contact => life.contact,
            Who::Manager => Some(self.house.manager()),
            Who::Staff(place) => Some(&self.house.staff[place]),
        }
    }

    fn may(&self, life: &Life<'_>, act: TicketAct, by: &Person, at: DateTime<Utc>) -> bool {
        let facts = Facts {
            status: life.row.status,
            closed_at: life.row.closed_at,
            around: Circumstances {
                client_reopen_days: self.house.brand.texts.firm.reopen_days,
                has_linked_user: !life.customer.users.is_empty(),
            },
        };
        let firm_id = self.house.brand.id;
        let scope = match by.author {
            Author::Staff(_) => Scope::firm(firm_id),
            Author::Portal(_) => Scope::portal(
                firm_id,
                guichet_engine::actor::PortalReach::new(
                    [life.customer.id],
                    guichet_engine::actor::Areas::ALL,
                ),
            ),
        };
        rules::may(act, &scope, &facts, at).is_ok()
    }

    fn end(self) {
        let mut lives: Vec<_> = self.lives.into_values().collect();
        lives.sort_by_key(|life| life.row.number);
        for life in lives {
            let Life { mut row, customer, reads, .. } = life;
            row.search_text = search_text(row.number, &row.subject, &row.description, &customer.name);
            self.draft.rows.tickets.push(row);
            self.draft.rows.read_marks.extend(reads.into_values());
        }
        let firm_id = self.house.brand.id;
        self.draft.rows.ticket_numbers.push(NumberRow { firm_id, last: self.opened });
    }
}

impl Life<'_> {
    /// Marks the conversation as read up to there (D-12); a mark never moves back.
    fn mark(&mut self, reader: &Person, seq: i32, at: DateTime<Utc>) {
        let reader_id = match reader.author {
            Author::Staff(id) => id.uuid(),
            Author::Portal(id) => id.uuid(),
        };
        let (subject_noun, subject_id, firm_id) =
            (guichet_base::id::TicketId::NOUN, self.row.id, self.row.firm_id);
        let fresh = ReadRow { subject_noun, subject_id, reader_id, firm_id, seq, at };
        let mark = self.reads.entry(reader_id).or_insert(fresh);
        (mark.seq, mark.at) = (mark.seq.max(seq), at);
    }
}
