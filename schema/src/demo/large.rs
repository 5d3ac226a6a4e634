//! A hundred firms to measure with (the data set of the benches).

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::clients::{self, Clientele};
use super::draft::Draft;
use super::hours::Hours;
use super::house::{Brand, Founding, House};
use super::measured::{Quota, measured};
use super::play::play;
use super::texts::{self, StaffState};

/// Firms; all countries of the demo in turn.
pub const FIRMS: usize = 100;
/// Clients of the first firm. Each client has one user, an admin.
pub const CLIENTS_OF_FIRST: usize = 10_000;
/// Clients of every other firm.
pub const CLIENTS_OF_OTHERS: usize = 100;
/// Working staff of the first firm.
pub const STAFF_OF_FIRST: usize = 40;
/// Working staff of every other firm.
pub const STAFF_OF_OTHERS: usize = 10;
/// Tickets of all firms together.
pub const TICKETS: usize = 50_000;
/// Rows of history of all tickets together.
pub const CHANGES: usize = 250_000;
/// Messages and notes of all tickets together.
pub const MESSAGES: usize = 200_000;
/// The first clients of the first firm have [`TICKETS_OF_BUSY`] tickets each, or more.
pub const BUSY_CLIENTS: usize = 200;
/// See [`BUSY_CLIENTS`].
pub const TICKETS_OF_BUSY: usize = 30;

/// Tickets of every firm but the first.
const TICKETS_OF_OTHERS: usize = 303;
/// How far back the tickets go, in days.
const DAYS: i64 = 730;

/// The domain of the firm at this place, from 1: `firm-001.example`.
pub fn domain(firm: usize) -> String {
    format!("firm-{firm:03}.example")
}

/// The address of a staff member, both places from 1: 1 is the owner, 2 a manager, the others are
/// members; the eighth is disabled, the ninth invited.
pub fn staff_email(firm: usize, member: usize) -> String {
    format!("staff-{member:02}@{}", domain(firm))
}

/// The address of the admin of a client, both places from 1.
pub fn admin_email(firm: usize, client: usize) -> String {
    format!("admin@client-{client:05}.{}", domain(firm))
}

/// The beginnings of the firm at this place, from 0. Mails and audit rows are left out: they would
/// double the data, and no bench reads them.
pub(super) fn draft(place: usize) -> Draft {
    Draft::new(0x6c61_7267_6500_0000 + place as u64, false)
}

fn brand(place: usize) -> Brand {
    let texts = &texts::all()[place % texts::all().len()];
    let staff = if place == 0 { STAFF_OF_FIRST } else { STAFF_OF_OTHERS };
    let works = texts.staff.iter().filter(|member| member.state == StaffState::Works).count();
    Brand {
        id: draft(place).firm_id,
        name: format!("{} {:03}", texts.firm.name, place + 1),
        domain: domain(place + 1),
        numbered: true,
        extra_members: staff - works,
        texts,
    }
}

/// Which of all tickets are those of the firm at this place.
pub(super) const fn tickets(place: usize) -> Range<usize> {
    let of_first = TICKETS - (FIRMS - 1) * TICKETS_OF_OTHERS;
    match place.checked_sub(1) {
        None => 0..of_first,
        Some(other) => {
            let begin = of_first + other * TICKETS_OF_OTHERS;
            begin..begin + TICKETS_OF_OTHERS
        }
    }
}

/// The rows of the firm at this place.
pub(super) fn firm(place: usize, now: DateTime<Utc>, password_hash: &str) -> Draft {
    let mut draft = draft(place);
    let brand = brand(place);
    let hours = Hours::of(brand.texts.firm.zone);
    let from = hours.days_before(now, DAYS);
    let founding = Founding { now, since: hours.days_before(now, DAYS + 400), password_hash };
    let mut house = House::found(brand, founding, &mut draft);
    let count = if place == 0 { CLIENTS_OF_FIRST } else { CLIENTS_OF_OTHERS };
    let clientele = Clientele { count, mixed: false, until: from };
    clients::enter(&mut house, clientele, None, founding, &mut draft);
    let chance = &mut draft.chance;
    let plots = tickets(place)
        .map(|ticket| {
            let is_busy = place == 0 && ticket < BUSY_CLIENTS * TICKETS_OF_BUSY;
            let customer = if is_busy { ticket % BUSY_CLIENTS } else { chance.below(count) };
            measured(&house, customer, Quota::of(ticket), from..now, chance)
        })
        .collect();
    play(&house, plots, Vec::new(), now, &mut draft);
    draft
}
