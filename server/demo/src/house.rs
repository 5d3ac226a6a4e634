//! A firm with its people and price list, as its owner and manager enter them.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ClientId, DepartmentId, FirmId, JobId, ServiceItemId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::money::Money;
use guichet_engine::actor::{Actor, Membership, Origin, StaffMembership};
use guichet_engine::hint::JobHints;
use guichet_engine::tables::{accounts, firms, staff_members};
use guichet_schema::desk::service_item::commands::{self as service_items, CreateServiceItem};
use guichet_schema::people::account::password::Password;
use guichet_schema::people::department::commands::{self as departments, CreateDepartment};
use guichet_schema::people::founding::{self, CreateFirm};
use guichet_schema::people::staff::commands::{self as staff, CreateStaff};
use guichet_schema::shared::email_delivery::outcome::DeliveryOutcome;
use guichet_schema::shared::file::key::Key;

use crate::chance::Chance;
use crate::hours::Hours;
use crate::month::Kind;
use crate::paper::{self, MonthText};
use crate::plot::{Act, Life};
use crate::texts::{self, StaffState, Texts};
use crate::whole::Whole;

/// Clients a firm.
pub(crate) const CLIENTS: usize = 20;
/// The places of the clients that mails do not reach: without an address, with one that no server can take, one that
/// bounces, one whose server always says "later".
pub(crate) const UNREACHABLE: [usize; 4] = [3, 5, 6, 8];
/// How far back the tickets go, in days.
pub(crate) const DAYS: i64 = 60;

/// How the mail server of a client behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mailbox {
    Takes,
    Malformed,
    /// Knows no such user.
    Bounces,
    /// Always says "later".
    Busy,
}

/// Somebody who acts.
#[derive(Clone)]
pub(crate) struct Person {
    pub actor: Actor,
    pub name: String,
    pub email: String,
}

/// A client as its tickets know it.
pub(crate) struct Customer {
    pub id: ClientId,
    pub name: String,
    /// Its accountant's place among the staff.
    pub accountant: usize,
    /// Whether it pays late, or not at all.
    pub is_slow: bool,
    /// Those who may sign in now.
    pub users: Vec<Person>,
}

/// A firm while its story is played.
pub(crate) struct Stage<'a> {
    pub whole: &'a Whole,
    /// Whether acts wrote jobs since they were settled, and the last job that was there before.
    pub jobs: JobHints,
    pub first_job: JobId,
    pub texts: &'static Texts,
    pub hours: Hours,
    pub chance: Chance,
    pub firm_id: FirmId,
    /// Those who work now: the owner, a manager, members.
    pub staff: Vec<Person>,
    /// In the order of the texts, as are the services with their prices.
    pub teams: Vec<DepartmentId>,
    pub offers: Vec<(ServiceItemId, i64)>,
    pub customers: Vec<Customer>,
    pub mailboxes: HashMap<String, Mailbox>,
    /// What is to happen, by time and then in the order in which it was planned: on which ticket, by its place.
    pub cues: BTreeMap<(DateTime<Utc>, usize), (usize, Act)>,
    pub lives: BTreeMap<usize, Life>,
    /// What becomes of the mails of the next act, in place of chance.
    pub next_fate: Option<DeliveryOutcome>,
    /// The bytes of files.
    pub objects: Vec<(Key, Bytes)>,
    /// The kinds of work, by their codes in the catalogue.
    pub kinds: HashMap<String, Kind>,
    /// What its months are told with.
    pub month: &'static MonthText,
    /// The day to which the firm's own clock was moved, when that is how time goes on.
    pub ahead: Option<NaiveDate>,
    /// Counts what needs a number of its own.
    pub count: usize,
    pub password_hash: String,
}

impl<'a> Stage<'a> {
    /// Founds the firm at this place. A guest, who has an account already, is the admin of its second client: one
    /// account with several memberships (B-13).
    pub async fn found(whole: &'a Whole, place: usize, guest: Option<&Person>) -> Result<Self> {
        let texts = &texts::all()[place];
        let hours = Hours::of(texts.firm.zone);
        let since = hours.days_before(whole.now, 400);
        whole.at(since);
        let (firm, owner_email) = (&texts.firm, texts.staff_email(0));
        let input = CreateFirm {
            name: firm.name.clone(),
            locale: firm.locale,
            zone: firm.zone.name().to_owned(),
            country: firm.country.clone(),
            currency: firm.currency.clone(),
            mail_from: format!("noreply@{}", firm.domain),
            mail_reply_to: Some(format!("office@{}", firm.domain)),
            member_reach: firm.reach,
            client_reopen_days: firm.reopen_days,
            charge_due_days: firm.due_days,
            owner_name: texts.staff[0].name.clone(),
            owner_email: owner_email.clone(),
            owner_password: Some(Password::new(crate::PASSWORD)),
        };
        let made = founding::create(&whole.store, input).await?.value;
        // Nobody can make a firm a demo later: only one without real clients may be moved on in time.
        diesel::update(firms::table.find(made.id))
            .set(firms::is_demo.eq(true))
            .execute(&mut whole.store.conn().await?)
            .await?;
        let (account_id, password_hash): (AccountId, Option<String>) = accounts::table
            .filter(accounts::email_ci.eq(&owner_email))
            .select((accounts::id, accounts::password_hash))
            .get_result(&mut whole.store.conn().await?)
            .await?;
        let mut stage = Self {
            whole,
            jobs: whole.store.hints.listener(),
            first_job: JobId::new(),
            texts,
            hours,
            chance: Chance::seeded(0x6775_6963_6865_7400 + place as u64),
            firm_id: made.id,
            staff: Vec::new(),
            teams: Vec::new(),
            offers: Vec::new(),
            customers: Vec::new(),
            mailboxes: HashMap::new(),
            cues: BTreeMap::new(),
            lives: BTreeMap::new(),
            next_fate: None,
            objects: Vec::new(),
            kinds: HashMap::new(),
            month: paper::of(place),
            ahead: None,
            count: 0,
            password_hash: password_hash.unwrap_or_default(),
        };
        let owner = stage.member(made.owner.id, account_id, 0);
        stage.staff.push(owner);
        stage.hire().await?;
        stage.price().await?;
        stage.take_late_files().await?;
        stage.adopt_catalogue().await?;
        stage.enter_clients(since, guest).await?;
        stage.live_until_now(since).await?;
        stage.prove_sender(since).await?;
        Ok(stage)
    }

    /// A key for an act that must happen once.
    pub fn key(&mut self) -> String {
        self.count += 1;
        match self.ahead {
            None => format!("demo {}", self.count),
            Some(day) => format!("demo {day} {}", self.count),
        }
    }

    pub fn owner(&self) -> Actor {
        self.staff[0].actor.clone()
    }

    /// Who enters clients and payments.
    pub fn manager(&self) -> Actor {
        self.staff[1].actor.clone()
    }

    pub fn money(&self, amount_minor: i64) -> Money {
        Money { amount_minor, currency: self.texts.firm.currency.clone() }
    }

    /// An account that has its password already, so that whoever invites it lets it in at once: hashing one for each
    /// would take seconds.
    pub async fn account(&self, name: &str, email: &str, locale: Locale) -> Result<AccountId> {
        let (id, now) = (AccountId::new(), self.whole.time());
        diesel::insert_into(accounts::table)
            .values((
                accounts::id.eq(id),
                accounts::email.eq(email),
                accounts::email_ci.eq(email),
                accounts::name.eq(name),
                accounts::locale.eq(locale),
                accounts::password_hash.eq(&self.password_hash),
                accounts::verified_at.eq(now),
                accounts::created_at.eq(now),
            ))
            .execute(&mut self.whole.store.conn().await?)
            .await?;
        Ok(id)
    }

    pub fn member(&self, id: StaffId, account_id: AccountId, place: usize) -> Person {
        let (text, firm) = (&self.texts.staff[place], &self.texts.firm);
        let membership = StaffMembership { id, firm_id: self.firm_id, role: text.role, reach: firm.reach };
        let actor = actor(account_id, Membership::Staff(membership), firm.locale);
        Person { actor, name: text.name.clone(), email: self.texts.staff_email(place) }
    }

    /// The staff and its departments.
    async fn hire(&mut self) -> Result<()> {
        let texts = self.texts;
        let mut ids: Vec<StaffId> = vec![self.staff[0].actor.staff()?.id];
        for (place, text) in texts.staff.iter().enumerate().skip(1) {
            if text.state == StaffState::Invited {
                continue;
            }
            let account_id = self.account(&text.name, &texts.staff_email(place), texts.firm.locale).await?;
            let id = self.invite_staff(place).await?;
            ids.push(id);
            if text.state == StaffState::Works {
                let member = self.member(id, account_id, place);
                self.staff.push(member);
            } else {
                // No command does that yet.
                diesel::update(staff_members::table.find(id))
                    .set(staff_members::disabled_at.eq(self.whole.now - TimeDelta::days(90)))
                    .execute(&mut self.whole.store.conn().await?)
                    .await?;
            }
        }
        for (index, text) in texts.departments.iter().enumerate() {
            let belongs = |place: &usize| texts.staff[*place].departments.contains(&index);
            let member_ids = (0..self.staff.len()).filter(belongs).map(|place| ids[place]).collect();
            let input = CreateDepartment { name: text.name.clone(), lead_id: ids[text.lead], member_ids };
            let key = self.key();
            self.teams.push(departments::create(&self.whole.store, &self.owner(), &key, input).await?.value);
        }
        Ok(())
    }

    /// Enters the staff member of the texts at this place.
    pub async fn invite_staff(&mut self, place: usize) -> Result<StaffId> {
        let text = &self.texts.staff[place];
        // The first are there before any department is.
        let departments = text.departments.iter().filter_map(|index| self.teams.get(*index)).copied();
        let input = CreateStaff {
            name: text.name.clone(),
            email: self.texts.staff_email(place),
            role: text.role,
            locale: None,
            department_ids: departments.collect(),
        };
        let key = self.key();
        Ok(staff::create(&self.whole.store, &self.owner(), &key, input).await?.value.id)
    }

    async fn price(&mut self) -> Result<()> {
        for text in &self.texts.services {
            let input = CreateServiceItem {
                name: text.name.clone(),
                description: text.description.clone(),
                price: self.money(text.price),
                department_id: Some(self.teams[text.department]),
                active: text.active,
            };
            let key = self.key();
            let id = service_items::create(&self.whole.store, &self.manager(), &key, input).await?.value;
            self.offers.push((id, text.price));
        }
        Ok(())
    }
}

pub(crate) const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub(crate) fn actor(account_id: AccountId, membership: Membership, locale: Locale) -> Actor {
    // An address for documentation (RFC 5737).
    let origin =
        Origin { address: Some("192.0.2.7".into()), device: Some(BROWSER.into()), ..Origin::default() };
    Actor { account_id, session_id: None, membership, locale, origin }
}
