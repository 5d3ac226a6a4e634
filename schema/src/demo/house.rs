//! A firm with its people and price list.

use chrono::{DateTime, TimeDelta, Utc};

use super::clients::Customer;
use super::draft::Draft;
use super::hours::Hours;
use super::names;
use super::rows::{DepartmentRow, FeedRow, FirmRow, MembershipRow, ServiceRow, StaffRow};
use super::texts::{StaffState, Texts};
use guichet_base::email::Email;
use guichet_base::id::{AccountId, DepartmentId, FirmId, ServiceItemId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::search;
use guichet_engine::actor::{Author, StaffRole};

/// What makes one firm of the demo another than the next.
#[derive(Clone)]
pub(super) struct Brand {
    pub id: FirmId,
    pub name: String,
    pub domain: String,
    /// Whether addresses are numbered, for benches, instead of made of names.
    pub numbered: bool,
    /// How many members there are beyond the cast.
    pub extra_members: usize,
    pub texts: &'static Texts,
}

impl Brand {
    /// The address of the staff member at this place, from 1.
    pub fn staff_email(&self, place: usize, name: &str) -> Email {
        email(&match self.numbered {
            true => format!("staff-{place:02}@{}", self.domain),
            false => names::address(name, &self.domain),
        })
    }
}

/// An address of the demo.
pub(super) fn email(address: &str) -> Email {
    Email::parse(address).expect("the addresses of the demo are valid, as a test shows")
}

/// Somebody who acts.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub account_id: AccountId,
    pub author: Author,
    pub name: String,
    pub email: Email,
    pub locale: Locale,
}

/// A department with its lead's place among the staff.
pub(super) struct Team {
    pub id: DepartmentId,
    pub lead: usize,
}

/// An item of the price list.
pub(super) struct Offer {
    pub id: ServiceItemId,
    pub price: i64,
    pub department: usize,
}

/// When a firm began, and how its people sign in.
#[derive(Clone, Copy)]
pub(super) struct Founding<'a> {
    pub now: DateTime<Utc>,
    pub since: DateTime<Utc>,
    pub password_hash: &'a str,
}

/// A firm as its tickets know it.
pub(super) struct House {
    pub brand: Brand,
    pub hours: Hours,
    pub mail_from: Email,
    /// Those who work now: the owner, a manager, members.
    pub staff: Vec<Person>,
    pub teams: Vec<Team>,
    /// In the order of the texts.
    pub offers: Vec<Offer>,
    pub customers: Vec<Customer>,
}

impl House {
    /// Founds a firm with its staff, departments and price list; it has no clients yet.
    pub fn found(brand: Brand, founding: Founding<'_>, draft: &mut Draft) -> Self {
        let (texts, since) = (brand.texts, founding.since);
        let mail_from = email(&format!("noreply@{}", brand.domain));
        draft.rows.firms.push(FirmRow {
            id: brand.id,
            name: brand.name.clone(),
            locale: texts.firm.locale,
            zone: texts.firm.zone.name().to_owned(),
            country: texts.firm.country.clone(),
            currency: texts.firm.currency.clone(),
            mail_from: mail_from.address().to_owned(),
            mail_reply_to: Some(format!("office@{}", brand.domain)),
            member_reach: texts.firm.reach,
            client_reopen_days: texts.firm.reopen_days,
            charge_due_days: texts.firm.due_days,
            created_at: since,
        });
        let epoch = uuid::Builder::from_random_bytes(draft.chance.bytes()).into_uuid();
        draft.rows.firm_feed.push(FeedRow { firm_id: brand.id, epoch });
        draft.audit(None, since, "firmCreate", brand.id);
        let staff = hire(&brand, founding, draft);
        let teams = organise(texts, since, &staff[0], draft);
        let offers = price(texts, since, &teams, &staff[1], draft);
        Self {
            brand,
            hours: Hours::of(texts.firm.zone),
            mail_from,
            staff,
            teams,
            offers,
            customers: Vec::new(),
        }
    }

    /// Who enters clients and payments.
    pub fn manager(&self) -> &Person {
        &self.staff[1]
    }
}

fn hire(brand: &Brand, founding: Founding<'_>, draft: &mut Draft) -> Vec<Person> {
    let (texts, locale) = (brand.texts, brand.texts.firm.locale);
    let mut staff: Vec<Person> = Vec::new();
    let cast = texts.staff.iter().map(|text| (text.name.clone(), text.role, text.state));
    let mut all: Vec<_> = cast.collect();
    for _ in 0..brand.extra_members {
        all.push((names::person(&mut draft.chance, &texts.names), StaffRole::Member, StaffState::Works));
    }
    for (place, (name, role, state)) in (1..).zip(all) {
        let invited = state == StaffState::Invited;
        let at = if invited { founding.now - TimeDelta::days(2) } else { founding.since };
        let email = brand.staff_email(place, &name);
        let password_hash = (!invited).then_some(founding.password_hash);
        let account_id = draft.account(&name, &email, locale, password_hash, at);
        let id: StaffId = draft.chance.id(at);
        draft.rows.staff_members.push(StaffRow {
            id,
            firm_id: brand.id,
            account_id,
            name: name.clone(),
            role,
            joined_at: (!invited).then_some(at),
            disabled_at: (state == StaffState::Disabled).then_some(founding.now - TimeDelta::days(90)),
            created_at: at,
        });
        let author = Author::Staff(id);
        if invited {
            draft.invite(account_id, author, at);
        }
        draft.audit(staff.first(), at, "staffCreate", id);
        if state == StaffState::Works {
            staff.push(Person { account_id, author, name, email, locale });
        }
    }
    staff
}

fn organise(texts: &Texts, since: DateTime<Utc>, owner: &Person, draft: &mut Draft) -> Vec<Team> {
    let firm_id = draft.firm_id;
    let staff: Vec<StaffId> = draft.rows.staff_members.iter().map(|member| member.id).collect();
    let mut teams = Vec::new();
    for (index, text) in texts.departments.iter().enumerate() {
        let id: DepartmentId = draft.chance.id(since);
        let name = text.name.clone();
        draft.rows.departments.push(DepartmentRow {
            id,
            firm_id,
            name,
            lead_id: staff[text.lead],
            created_at: since,
        });
        let belongs = |place: usize| match texts.staff.get(place) {
            Some(member) => place == text.lead || member.departments.contains(&index),
            None => place % texts.departments.len() == index,
        };
        let members = staff.iter().enumerate().filter(|(place, _)| belongs(*place));
        draft.rows.department_members.extend(members.map(|(_, staff_id)| MembershipRow {
            department_id: id,
            staff_id: *staff_id,
            firm_id,
        }));
        draft.audit(Some(owner), since, "departmentCreate", id);
        teams.push(Team { id, lead: text.lead });
    }
    teams
}

fn price(
    texts: &Texts,
    since: DateTime<Utc>,
    teams: &[Team],
    manager: &Person,
    draft: &mut Draft,
) -> Vec<Offer> {
    let mut offers = Vec::new();
    for text in &texts.services {
        let id: ServiceItemId = draft.chance.id(since);
        draft.rows.service_items.push(ServiceRow {
            id,
            firm_id: draft.firm_id,
            name: text.name.clone(),
            description: text.description.clone(),
            price_minor: text.price,
            department_id: Some(teams[text.department].id),
            active: text.active,
            search_text: search::search_text(&[&text.name, &text.description]),
            created_at: since,
            updated_at: since,
        });
        draft.audit(Some(manager), since, "serviceItemCreate", id);
        offers.push(Offer { id, price: text.price, department: text.department });
    }
    offers
}
