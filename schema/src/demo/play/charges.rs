//! Charges (D-10): those that finishing a ticket makes, monthly fees, and who pays them when.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::super::clients::Customer;
use super::super::rows::ChargeRow;
use super::{Cue, Life, Stage};
use crate::desk::charge::model::ChargeStatus;
use crate::desk::charge::rules::{Consequence, consequence, due_on, today};
use crate::desk::ticket::model::TicketStatus;
use guichet_base::id::{ChargeId, ClientId, TicketId};

/// A charge entered by hand.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Fee {
    pub at: DateTime<Utc>,
    /// The client's place.
    pub customer: usize,
    pub description: String,
    pub amount: i64,
    pub due_on: NaiveDate,
}

/// What a charge is for, and how much it is.
struct Claim {
    client_id: ClientId,
    ticket_id: Option<TicketId>,
    description: String,
    amount: i64,
    due_on: NaiveDate,
}

impl Stage<'_> {
    /// What a change of status means for the charges of a ticket.
    pub(super) fn follow_status(
        &mut self,
        place: usize,
        life: &mut Life<'_>,
        at: DateTime<Utc>,
        from: TicketStatus,
    ) {
        let row = &life.row;
        match consequence(
            from == TicketStatus::Finished,
            row.status == TicketStatus::Finished,
            row.price_minor,
            life.paid,
        ) {
            Consequence::Nothing => {}
            Consequence::Charge(amount) => {
                let firm = &self.house.brand.texts.firm;
                let claim = Claim {
                    client_id: row.client_id,
                    ticket_id: Some(row.id),
                    description: format!("#{} {}", row.number, row.subject),
                    amount,
                    due_on: due_on(today(at, firm.zone), firm.due_days),
                };
                life.open_charge = Some(self.charge(claim, at, Some(place), life.customer));
            }
            Consequence::CancelOpen => {
                if let Some(open) = life.open_charge.take() {
                    let charge = &mut self.draft.rows.charges[open];
                    charge.status = ChargeStatus::Canceled;
                    charge.version += 1;
                    charge.updated_at = at;
                }
            }
        }
    }

    pub(super) fn charge_fee(&mut self, fee: Fee) {
        let Fee { at, customer, description, amount, due_on } = fee;
        let client_id = self.house.customers[customer].id;
        let claim = Claim { client_id, ticket_id: None, description, amount, due_on };
        let place = self.charge(claim, at, None, &self.house.customers[customer]);
        let id = self.draft.rows.charges[place].id;
        self.draft.audit(Some(self.house.manager()), at, "chargeCreate", id);
    }

    /// Most clients pay about the due date, others weeks later or not at all.
    fn charge(
        &mut self,
        claim: Claim,
        at: DateTime<Utc>,
        ticket: Option<usize>,
        customer: &Customer,
    ) -> usize {
        let id: ChargeId = self.draft.chance.id(at);
        let Claim { client_id, ticket_id, description, amount, due_on } = claim;
        self.draft.rows.charges.push(ChargeRow {
            id,
            firm_id: self.house.brand.id,
            client_id,
            ticket_id,
            description,
            amount_minor: amount,
            currency: self.house.brand.texts.firm.currency.clone(),
            due_on,
            status: ChargeStatus::Open,
            paid_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        });
        let charge = self.draft.rows.charges.len() - 1;
        let chance = &mut self.draft.chance;
        let days = match (customer.is_slow, chance.below(100)) {
            (false, 0..80) => Some(chance.between(-6..=4)),
            (false, 80..92) => Some(chance.between(8..=25)),
            (true, 0..40) => Some(chance.between(25..=60)),
            _ => None,
        };
        if let Some(days) = days {
            let morning = self.house.hours.morning(due_on + TimeDelta::days(days));
            let paid_at = self.house.hours.office(morning.max(at), chance.minutes(5..=500));
            self.cue(paid_at, Cue::Payment { charge, ticket });
        }
        charge
    }

    pub(super) fn pay(&mut self, charge: usize, ticket: Option<usize>, at: DateTime<Utc>) {
        let row = &mut self.draft.rows.charges[charge];
        if row.status != ChargeStatus::Open {
            return;
        }
        row.status = ChargeStatus::Paid;
        row.paid_at = Some(at);
        row.version += 1;
        row.updated_at = at;
        let (id, amount) = (row.id, row.amount_minor);
        if let Some(life) = ticket.and_then(|place| self.lives.get_mut(&place)) {
            life.open_charge = None;
            life.paid += amount;
        }
        self.draft.audit(Some(self.house.manager()), at, "chargeMarkPaid", id);
    }
}
