//! A firm with its people, price list and clients, as its owner and manager enter them.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{AccountId, ClientId, DepartmentId, FirmId, ServiceItemId, StaffId, TaskTypeId};
use guichet_base::locale::Locale;
use guichet_base::money::Money;
use guichet_engine::actor::{AccessRole, Actor, Membership, Origin, PortalMembership, StaffMembership};
use guichet_engine::tables::{accounts, portal_accesses, staff_members};
use guichet_obligations::PeriodKind;
use guichet_schema::desk::service_item::commands::{self as service_items, CreateServiceItem};
use guichet_schema::people::account::password::Password;
use guichet_schema::people::client::commands::{self as clients, CreateClient};
use guichet_schema::people::department::commands::{self as departments, CreateDepartment};
use guichet_schema::people::founding::{self, CreateFirm};
use guichet_schema::people::invitation::model::AcceptInvitation;
use guichet_schema::people::portal_access::commands::{self as accesses, CreatePortalAccess};
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::people::session::acceptance::accept;
use guichet_schema::people::staff::commands::{self as staff, CreateStaff};
use guichet_schema::shared::email_delivery::outcome::DeliveryOutcome;
use guichet_schema::shared::file::key::Key;

use crate::chance::Chance;
use crate::hours::Hours;
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
    pub kinds: HashMap<String, (TaskTypeId, PeriodKind)>,
    /// Counts what needs a number of its own.
    pub count: usize,
    password_hash: String,
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
        let (account_id, password_hash): (AccountId, Option<String>) = accounts::table
            .filter(accounts::email_ci.eq(&owner_email))
            .select((accounts::id, accounts::password_hash))
            .get_result(&mut whole.store.conn().await?)
            .await?;
        let mut stage = Self {
            whole,
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
            count: 0,
            password_hash: password_hash.unwrap_or_default(),
        };
        let owner = stage.member(made.owner.id, account_id, 0);
        stage.staff.push(owner);
        stage.hire().await?;
        stage.price().await?;
        stage.adopt_catalogue().await?;
        stage.enter_clients(since, guest).await?;
        stage.generate_months(since).await?;
        stage.prove_sender(since).await?;
        Ok(stage)
    }

    /// A key for an act that must happen once.
    pub fn key(&mut self) -> String {
        self.count += 1;
        format!("demo {}", self.count)
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
    async fn account(&self, name: &str, email: &str, locale: Locale) -> Result<AccountId> {
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

    fn member(&self, id: StaffId, account_id: AccountId, place: usize) -> Person {
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

    async fn enter_clients(&mut self, since: DateTime<Utc>, guest: Option<&Person>) -> Result<()> {
        let until = self.hours.days_before(self.whole.now, DAYS + 10);
        let minutes = self.hours.working_time(since, until).num_minutes() - 120;
        for place in 0..CLIENTS {
            let later = self.chance.minutes(0..=minutes);
            self.whole.at(self.hours.office(since, later));
            self.enter_client(place).await?;
            self.whole.at(self.whole.time() + TimeDelta::hours(1));
            for (nth, status) in statuses(place).iter().enumerate() {
                let guest = guest.filter(|_| (place, nth) == (1, 0));
                self.give_access(place, nth, *status, guest).await?;
            }
            self.engage(place).await?;
        }
        Ok(())
    }

    async fn enter_client(&mut self, place: usize) -> Result<()> {
        let (own, office, money, odd, foreign) = match self.texts.firm.locale {
            Locale::Fr => (Locale::Fr, "contact", "comptabilite", "réception", Locale::Es),
            Locale::Es => (Locale::Es, "info", "administracion", "gestión", Locale::Fr),
            own => (own, "contato", "financeiro", "recepção", Locale::Fr),
        };
        let text = &self.texts.clients[place];
        let at = |local: &str| text.address("x").replacen('x', local, 1);
        let [nowhere, malformed, bounces, busy] = UNREACHABLE;
        let mailbox = match place {
            _ if place == malformed => Mailbox::Malformed,
            _ if place == bounces => Mailbox::Bounces,
            _ if place == busy => Mailbox::Busy,
            _ => Mailbox::Takes,
        };
        let email = at(if mailbox == Mailbox::Malformed { odd } else { office });
        self.mailboxes.insert(email.clone(), mailbox);
        let locale = match place {
            12 => Locale::En,
            13 => foreign,
            _ => own,
        };
        // Everybody but the owner has a portfolio.
        let accountant = 1 + place % (self.staff.len() - 1);
        let input = CreateClient {
            name: text.name.clone(),
            registration: Some(text.registration.clone()),
            email: (place != nowhere).then_some(email),
            phone: Some(text.phone.clone()),
            locale: Some(locale),
            accountant_id: Some(self.staff[accountant].actor.staff()?.id),
            ticket_emails: if matches!(place, 9 | 10) { vec![at(money), at(office)] } else { Vec::new() },
            ..CreateClient::default()
        };
        let key = self.key();
        let id = clients::create(&self.whole.store, &self.manager(), &key, input).await?.value;
        let (name, is_slow) = (text.name.clone(), place % 9 == 4);
        self.customers.push(Customer { id, name, accountant, is_slow, users: Vec::new() });
        Ok(())
    }

    /// Gives somebody access to a client. Who is invited accepts as people do where the first client's second user is.
    pub async fn give_access(
        &mut self,
        place: usize,
        nth: usize,
        status: AccessStatus,
        guest: Option<&Person>,
    ) -> Result<()> {
        let text = &self.texts.clients[place];
        let name = guest.map_or(&text.users[nth], |one| &one.name).clone();
        let email = guest.map_or_else(|| text.address(&name), |one| one.email.clone());
        let accepts = (place, nth) == (0, 1);
        let locale = self.texts.firm.locale;
        let known = match guest {
            Some(person) => Some(person.actor.account_id),
            None if accepts || status == AccessStatus::Invited => None,
            None => Some(self.account(&name, &email, locale).await?),
        };
        let client_id = self.customers[place].id;
        let input = CreatePortalAccess {
            client_id,
            name: name.clone(),
            email: email.clone(),
            role: None,
            locale: Some(locale),
        };
        let key = self.key();
        let made = accesses::create(&self.whole.store, &self.manager(), &key, input).await?.value;
        let account_id = match (known, made.secret) {
            (None, Some(secret)) if accepts => {
                let password = Password::new(crate::PASSWORD);
                let input = AcceptInvitation { secret, password, name: None };
                accept(&self.whole.store, input, Origin::default()).await?.viewer.account.id
            }
            (Some(known), _) => known,
            (None, _) => return Ok(()),
        };
        if status != AccessStatus::Active {
            // No command does that yet. Who is disabled was active for a while.
            let row = portal_accesses::table.find(made.id);
            diesel::update(row)
                .set(portal_accesses::status.eq(status))
                .execute(&mut self.whole.store.conn().await?)
                .await?;
            return Ok(());
        }
        let role = if nth == 0 { AccessRole::Admin } else { AccessRole::Collaborator };
        let membership = PortalMembership::new(made.id, self.firm_id, client_id, role);
        let mut actor = actor(account_id, Membership::Portal(membership), locale);
        // Some use an app.
        actor.origin.is_app = place % 4 == 1;
        actor.origin.device =
            Some(if actor.origin.is_app { "Guichet/1.0 (Android 16)" } else { BROWSER }.into());
        self.customers[place].users.push(Person { actor, name, email });
        Ok(())
    }
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn actor(account_id: AccountId, membership: Membership, locale: Locale) -> Actor {
    // An address for documentation (RFC 5737).
    let origin =
        Origin { address: Some("192.0.2.7".into()), device: Some(BROWSER.into()), ..Origin::default() };
    Actor { account_id, session_id: None, membership, locale, origin }
}

/// The users of the client at this place: an admin, then collaborators. Those of them who are invited, or who lose
/// their access, come last of all; see [`crate::rare`].
fn statuses(place: usize) -> &'static [AccessStatus] {
    use AccessStatus::{Active, Pending};
    match place {
        11 => &[],
        14 => &[Active, Pending],
        0 | 16 => &[Active, Active],
        _ if place % 6 == 2 => &[Active, Active],
        _ if place == 1 || !place.is_multiple_of(3) => &[Active],
        _ => &[],
    }
}
