//! The acts on a ticket, as its commands do them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::super::house::Person;
use super::super::plot::{Opening, Receiver, Who};
use super::super::rows::{ChangeRow, CollectedRow, MessageRow, TicketRow, TransferRow};
use super::{Life, Stage};
use crate::desk::charge::rules::{is_overdue, today};
use crate::desk::ticket::case::Saved;
use crate::desk::ticket::model::{TicketField, TicketStatus};
use crate::desk::ticket::rules::{self, StatusChange, TicketAct};
use crate::shared::visibility::Visibility;
use guichet_base::id::{ActId, Id, MessageId, StaffId, TicketId};
use guichet_engine::actor::Author;

/// One changed field: from what, to what.
type Change = (TicketField, Option<String>, Option<String>);

impl<'a> Stage<'a> {
    pub(super) fn open(&mut self, opening: Opening, at: DateTime<Utc>) -> Life<'a> {
        let house = self.house;
        let Opening { topic, customer, contact, by, subject, text, percent } = opening;
        let customer = &house.customers[customer];
        let contact = contact.map(|place| &customer.users[place]);
        let (opener, by_staff) = match (by, contact) {
            (Who::Contact, Some(contact)) => (contact, None),
            (Who::Staff(place), _) => (&house.staff[place], Some(place)),
            _ => (house.manager(), Some(1)),
        };
        let offer = topic.service.map(|place| &house.offers[place]);
        // Only staff name a department that the service does not.
        let named = topic.department.filter(|_| by_staff.is_some());
        let team = offer.map(|offer| offer.department).or(named).map(|place| &house.teams[place]);
        let assignee = team.map(|team| team.lead).or(by_staff).unwrap_or(customer.accountant);
        let price = offer.map_or(0, |offer| offer.price);
        self.opened += 1;
        let id: TicketId = self.draft.chance.id(at);
        let row = TicketRow {
            id,
            firm_id: house.brand.id,
            number: self.opened,
            client_id: customer.id,
            opened_by_staff: opener.author.staff(),
            opened_by_access: opener.author.access(),
            service_item_id: offer.map(|offer| offer.id),
            accountant_id: house.staff[customer.accountant].author.staff(),
            assignee_id: self.staff_id(assignee),
            department_id: team.map(|team| team.id),
            subject,
            description: text,
            price_minor: percent.map_or(price, |percent| price * percent / 100),
            currency: house.brand.texts.firm.currency.clone(),
            status: TicketStatus::Open,
            is_untouched: true,
            last_message_seq: 0,
            search_text: String::new(),
            version: 1,
            created_at: at,
            updated_at: at,
            closed_at: None,
        };
        let reads = BTreeMap::new();
        let (last_public_seq, open_charge, paid) = (0, None, 0);
        let life =
            Life { row, customer, contact, opener, assignee, last_public_seq, reads, open_charge, paid };
        if topic.collects {
            self.collect(&life, at);
        }
        let opened = (TicketField::Created, None, Some(TicketStatus::Open.to_string()));
        self.record(&life, at, opener, vec![opened], None);
        self.draft.audit(Some(opener), at, "ticketCreate", id);
        life
    }

    /// Ties the client's overdue charges to the ticket (D-10).
    fn collect(&mut self, life: &Life<'_>, at: DateTime<Utc>) {
        let today = today(at, self.house.brand.texts.firm.zone);
        let rows = &mut self.draft.rows;
        let overdue = rows.charges.iter().filter(|charge| {
            charge.client_id == life.customer.id && is_overdue(charge.status, charge.due_on, today)
        });
        let collected = overdue.map(|charge| CollectedRow {
            ticket_id: life.row.id,
            charge_id: charge.id,
            firm_id: charge.firm_id,
        });
        rows.ticket_collected_charges.extend(collected);
    }

    pub(super) fn say(
        &mut self,
        life: &mut Life<'a>,
        at: DateTime<Utc>,
        by: Who,
        visibility: Visibility,
        body: String,
    ) {
        let Some(by) = self.who(life, by).filter(|by| self.may(life, rules::posting(visibility), by, at))
        else {
            return;
        };
        life.row.last_message_seq += 1;
        let seq = life.row.last_message_seq;
        let id: MessageId = self.draft.chance.id(at);
        self.draft.rows.messages.push(MessageRow {
            id,
            firm_id: life.row.firm_id,
            subject_noun: TicketId::NOUN,
            subject_id: life.row.id,
            seq,
            visibility,
            author_staff: by.author.staff(),
            author_access: by.author.access(),
            body,
            created_at: at,
        });
        life.mark(by, seq, at);
        let what = match visibility {
            Visibility::Public => Saved::Message,
            Visibility::Internal => Saved::Note,
        };
        if visibility == Visibility::Public {
            life.last_public_seq = seq;
        }
        self.save(life, at, by, "ticketMessagePost", what);
    }

    pub(super) fn read(&self, life: &mut Life<'a>, at: DateTime<Utc>, by: Who) {
        let Some(by) = self.who(life, by) else { return };
        let seq = match by.author {
            Author::Staff(_) => life.row.last_message_seq,
            Author::Portal(_) => life.last_public_seq,
        };
        if seq > 0 {
            life.mark(by, seq, at);
        }
    }

    pub(super) fn turn(
        &mut self,
        place: usize,
        life: &mut Life<'a>,
        at: DateTime<Utc>,
        by: Who,
        to: TicketStatus,
        reason: Option<String>,
    ) {
        let Some(by) = self.who(life, by) else { return };
        let (act, name, change) = match to {
            TicketStatus::Reopened => (TicketAct::Reopen, "ticketReopen", Ok(StatusChange::Reopened)),
            to => {
                let change = rules::change_status(life.row.status, to, reason.is_some());
                (TicketAct::ChangeStatus, "ticketStatusChange", change)
            }
        };
        let status = change.ok().and_then(StatusChange::status);
        let Some(status) = status.filter(|_| self.may(life, act, by, at)) else { return };
        let from = std::mem::replace(&mut life.row.status, status);
        life.row.closed_at = status.is_closed().then_some(at);
        self.save(life, at, by, name, Saved::Fields);
        let moved = (TicketField::Status, Some(from.to_string()), Some(status.to_string()));
        let cause = self.record(life, at, by, vec![moved], reason);
        self.follow_status(place, life, at, from);
        self.announce(life, cause, by, at);
    }

    pub(super) fn reprice(&mut self, life: &mut Life<'a>, at: DateTime<Utc>, percent: i64) {
        let by = &self.house.staff[life.assignee];
        let (old, new) = (life.row.price_minor, life.row.price_minor * percent / 100);
        if old == new || !self.may(life, TicketAct::Edit, by, at) {
            return;
        }
        life.row.price_minor = new;
        self.save(life, at, by, "ticketEdit", Saved::Fields);
        let changed = (TicketField::Price, Some(old.to_string()), Some(new.to_string()));
        self.record(life, at, by, vec![changed], None);
    }

    pub(super) fn transfer(&mut self, life: &mut Life<'a>, at: DateTime<Utc>, to: Receiver, note: String) {
        let by = &self.house.staff[life.assignee];
        let (from_staff, from_department) = (life.row.assignee_id, life.row.department_id);
        let (assignee, to_department) = match to {
            Receiver::Person(place) => (place, from_department),
            Receiver::Team(place) => (self.house.teams[place].lead, Some(self.house.teams[place].id)),
        };
        let to_staff = self.staff_id(assignee);
        let same = (to_staff, to_department) == (from_staff, from_department);
        if same || !self.may(life, TicketAct::Transfer, by, at) {
            return;
        }
        life.assignee = assignee;
        (life.row.assignee_id, life.row.department_id) = (to_staff, to_department);
        self.save(life, at, by, "ticketTransfer", Saved::Fields);
        let mut changes: Vec<Change> = Vec::new();
        if to_staff != from_staff {
            changes.push((TicketField::Assignee, Some(from_staff.encode()), Some(to_staff.encode())));
        }
        if to_department != from_department {
            let [from, to] = [from_department, to_department].map(|id| id.map(Id::encode));
            changes.push((TicketField::Department, from, to));
        }
        self.record(life, at, by, changes, (!note.is_empty()).then(|| note.clone()));
        self.draft.rows.ticket_transfers.push(TransferRow {
            id: self.draft.chance.id(at),
            firm_id: life.row.firm_id,
            ticket_id: life.row.id,
            from_staff,
            to_staff,
            from_department,
            to_department,
            note,
            by_staff: from_staff,
            at,
        });
    }

    /// What every act leaves on the ticket.
    fn save(&mut self, life: &mut Life<'_>, at: DateTime<Utc>, by: &Person, act: &'static str, what: Saved) {
        let row = &mut life.row;
        row.version += i32::from(what == Saved::Fields);
        if what != Saved::Note {
            row.updated_at = at;
        }
        row.is_untouched &= by.author.staff().is_none();
        self.draft.audit(Some(by), at, act, row.id);
    }

    fn record(
        &mut self,
        life: &Life<'_>,
        at: DateTime<Utc>,
        by: &Person,
        changes: Vec<Change>,
        reason: Option<String>,
    ) -> ActId {
        let act_id: ActId = self.draft.chance.id(at);
        for (field, old_value, new_value) in changes {
            self.draft.rows.changes.push(ChangeRow {
                id: self.draft.chance.id(at),
                firm_id: life.row.firm_id,
                subject_noun: TicketId::NOUN,
                subject_id: life.row.id,
                act_id,
                field,
                old_value,
                new_value,
                reason: reason.clone(),
                author_staff: by.author.staff(),
                author_access: by.author.access(),
                at,
            });
        }
        act_id
    }

    fn staff_id(&self, place: usize) -> StaffId {
        self.house.staff[place].author.staff().expect("staff are authors as staff")
    }
}
