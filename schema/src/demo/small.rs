//! Three firms to look around in: Brazil, France, Spain.

use chrono::{DateTime, Datelike, Days, Months, TimeDelta, Utc};

use super::chance::Chance;
use super::clients::{self, Clientele};
use super::draft::Draft;
use super::hours::Hours;
use super::house::{Brand, Founding, House, Person};
use super::play::{Fee, play};
use super::plot::{Plot, lively};
use super::texts;

/// Clients a firm.
const CLIENTS: usize = 40;
/// Tickets a firm.
const TICKETS: usize = 130;
/// The first tickets: the clients one after the other, and again those that cannot be mailed.
const FAMILIAR: usize = CLIENTS + 2 * clients::UNREACHABLE.len();
/// How far back the tickets go, in days.
const DAYS: i64 = 60;

/// The seed of the firm at this place.
const fn seed(place: usize) -> u64 {
    0x6775_6963_6865_7400 + place as u64
}

/// How many firms there are.
pub(super) fn count() -> usize {
    texts::all().len()
}

/// The beginnings of the firm at this place: its id and its chance.
pub(super) fn draft(place: usize) -> Draft {
    Draft::new(seed(place), true)
}

/// What the firm at this place is called.
pub(super) fn brand(place: usize) -> Brand {
    let texts = &texts::all()[place];
    let (name, domain) = (texts.firm.name.clone(), texts.firm.domain.clone());
    Brand { id: draft(place).firm_id, name, domain, numbered: false, extra_members: 0, texts }
}

/// All firms. Spain comes before France: its owner is also the admin of a French client.
pub(super) fn firms(now: DateTime<Utc>, password_hash: &str) -> Vec<Draft> {
    let mut guest: Option<Person> = None;
    let mut drafts = Vec::new();
    for place in (0..count()).rev() {
        let is_host = texts::all()[place].firm.country == "FR";
        let (draft, owner) = firm(place, now, password_hash, guest.as_ref().filter(|_| is_host));
        guest = Some(owner);
        drafts.push(draft);
    }
    drafts
}

fn firm(place: usize, now: DateTime<Utc>, password_hash: &str, guest: Option<&Person>) -> (Draft, Person) {
    let mut draft = draft(place);
    let brand = brand(place);
    let hours = Hours::of(brand.texts.firm.zone);
    let founding = Founding { now, since: hours.days_before(now, 400), password_hash };
    let mut house = House::found(brand, founding, &mut draft);
    let clientele = Clientele { count: CLIENTS, mixed: true, until: hours.days_before(now, DAYS + 10) };
    clients::enter(&mut house, clientele, guest, founding, &mut draft);
    let plots = plots(&house, now, &mut draft);
    let fees = fees(&house, now, &mut draft);
    play(&house, plots, fees, now, &mut draft);
    (draft, house.staff.swap_remove(0))
}

/// The tickets of the last weeks, more of late: all topics in turn, and nearly every client.
fn plots(house: &House, now: DateTime<Utc>, draft: &mut Draft) -> Vec<Plot> {
    let from = house.hours.days_before(now, DAYS);
    let minutes = house.hours.working_time(from, now).num_minutes();
    let mut openings: Vec<DateTime<Utc>> = (0..TICKETS)
        .map(|_| {
            let share = draft.chance.between(0..=999);
            let ago = minutes * share * share / 1_000_000;
            house.hours.office(from, TimeDelta::minutes(minutes - ago) - draft.chance.minutes(0..=1)).min(now)
        })
        .collect();
    openings.sort_unstable();
    let chance = &mut draft.chance;
    let mut topics: Vec<_> = house.brand.texts.topics.iter().collect();
    chance.shuffle(&mut topics);
    let slow: Vec<usize> = (0..CLIENTS).filter(|place| house.customers[*place].is_slow).collect();
    let mut plots = Vec::new();
    for ((place, at), topic) in openings.into_iter().enumerate().zip(topics.iter().cycle()) {
        let customer = match place {
            _ if topic.collects => *chance.pick(&slow),
            0..CLIENTS => place,
            CLIENTS..FAMILIAR => clients::UNREACHABLE[place % clients::UNREACHABLE.len()],
            _ => talkative(house, chance),
        };
        let recent = at > now - TimeDelta::days(10);
        plots.push(lively(house, topic, customer, at, recent, chance));
    }
    plots
}

/// A client; of two, one with users, because these write more.
fn talkative(house: &House, chance: &mut Chance) -> usize {
    let (one, other) = (chance.below(CLIENTS), chance.below(CLIENTS));
    if house.customers[one].users.is_empty() { other } else { one }
}

/// The firm's fee for each of the last three months, for most clients.
fn fees(house: &House, now: DateTime<Utc>, draft: &mut Draft) -> Vec<Fee> {
    let mut fees = Vec::new();
    let texts = house.brand.texts;
    let today = house.hours.date(now);
    for back in 0..3 {
        let first = today.with_day0(0).expect("every month has a first day") - Months::new(back);
        let description = texts.fee.replace("{month}", &texts.month_before(first));
        for customer in 0..CLIENTS {
            if draft.chance.percent(20) {
                continue;
            }
            let at = house.hours.office(house.hours.morning(first), draft.chance.minutes(10..=120));
            // The same client pays the same each month.
            let amount = 18_000 + (customer as i64 * 7_919 % 60) * 1_000;
            let due_on = first + Days::new(9);
            fees.push(Fee { at, customer, description: description.clone(), amount, due_on });
        }
    }
    fees
}
