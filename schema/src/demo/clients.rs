//! The clients of a firm and their users, among them everything that a record can lack.

use chrono::{DateTime, TimeDelta, Utc};

use super::draft::Draft;
use super::house::{Brand, Founding, House, Person, email};
use super::names::{self, Company};
use super::registration;
use super::rows::{AccessRow, ClientRow, RecipientRow};
use crate::people::client::model::Topic;
use crate::people::client::rules::search_text;
use crate::people::portal_access::model::AccessStatus;
use guichet_base::email::Email;
use guichet_base::id::{AccessId, ClientId};
use guichet_base::locale::Locale;
use guichet_engine::actor::{AccessRole, Author};

/// How the mail server of a client behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mailbox {
    Takes,
    /// Knows no such user.
    Bounces,
    /// Always says "later".
    Busy,
}

/// A client as its tickets know it.
pub(super) struct Customer {
    pub id: ClientId,
    pub name: String,
    pub locale: Locale,
    /// Its accountant's place among the staff.
    pub accountant: usize,
    /// Where mails about tickets go, as the record has it; nothing when there is no address.
    pub addresses: Vec<String>,
    pub mailbox: Mailbox,
    /// Whether it pays late, or not at all.
    pub is_slow: bool,
    /// Those who may sign in now.
    pub users: Vec<Person>,
}

/// The places of the clients that mails do not reach, where records are mixed: without an address,
/// with a malformed one, one that bounces, one whose server always says "later".
pub(super) const UNREACHABLE: [usize; 4] = [3, 5, 6, 8];

/// The clients that a firm is to have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clientele {
    pub count: usize,
    /// Whether their records are as mixed as in life, or all alike.
    pub mixed: bool,
    /// All were entered before: the first ticket comes later.
    pub until: DateTime<Utc>,
}

/// What is special about the record of the client at this place.
struct Record {
    addresses: Vec<String>,
    /// Whether the addresses are a list of their own beside the address of record.
    listed: bool,
    mailbox: Mailbox,
    locale: Locale,
}

impl Brand {
    /// The domain of the client at this place.
    fn client_domain(&self, place: usize, company: &Company) -> String {
        match self.numbered {
            true => format!("client-{:05}.{}", place + 1, self.domain),
            false => company.domain.clone(),
        }
    }

    fn record(&self, clientele: Clientele, place: usize, domain: &str) -> Record {
        let (own, office, money, foreign) = match self.texts.firm.locale {
            Locale::Fr => (Locale::Fr, "contact", "comptabilite", Locale::Es),
            Locale::Es => (Locale::Es, "info", "administracion", Locale::Fr),
            own => (own, "contato", "financeiro", Locale::Fr),
        };
        let at = |local: &str| format!("{local}@{domain}");
        let mut record =
            Record { addresses: vec![at(office)], listed: false, mailbox: Mailbox::Takes, locale: own };
        let [nowhere, malformed, bounces, busy] = UNREACHABLE;
        match (clientele.mixed, place) {
            (true, place) if place == nowhere => record.addresses.clear(),
            (true, place) if place == malformed => {
                record.addresses = vec![at(office).replace(".example", "")];
            }
            (true, place) if place == bounces => record.mailbox = Mailbox::Bounces,
            (true, place) if place == busy => record.mailbox = Mailbox::Busy,
            (true, 9 | 10) => {
                record.addresses = vec![at(money), at(office)];
                record.listed = true;
            }
            (true, 12) => record.locale = Locale::En,
            (true, 13) => record.locale = foreign,
            (false, place) if place % 50 == 7 => record.addresses.clear(),
            _ => {}
        }
        record
    }
}

/// Roles and states of the users of the client at this place.
fn accesses(clientele: Clientele, place: usize) -> Vec<(AccessRole, AccessStatus)> {
    use AccessRole::{Admin, Collaborator};
    use AccessStatus::{Active, Disabled, Invited, Pending};
    match (clientele.mixed, place) {
        (false, _) => vec![(Admin, Active)],
        (true, 0) => vec![(Admin, Active), (Collaborator, Active)],
        (true, 1) => vec![(Admin, Active)],
        (true, 11) => vec![(Admin, Invited)],
        (true, 14) => vec![(Admin, Active), (Collaborator, Pending)],
        (true, 20) => vec![(Admin, Active), (Collaborator, Disabled)],
        (true, place) if place % 6 == 2 => vec![(Admin, Active), (Collaborator, Active)],
        (true, place) if place % 3 != 0 => vec![(Admin, Active)],
        _ => Vec::new(),
    }
}

/// Enters the clients of a firm and their users. A guest, who has an account already, is the admin of
/// the second one: one account with several memberships (B-13).
pub(super) fn enter(
    house: &mut House,
    clientele: Clientele,
    guest: Option<&Person>,
    founding: Founding<'_>,
    draft: &mut Draft,
) {
    let companies = names::companies(&mut draft.chance, &house.brand.texts.companies, clientele.count);
    let minutes = house.hours.working_time(founding.since, clientele.until).num_minutes() - 120;
    for (place, company) in companies.iter().enumerate() {
        let at = house.hours.office(founding.since, draft.chance.minutes(0..=minutes));
        let mut customer = client(house, clientele, place, company, at, draft);
        for (nth, (role, status)) in accesses(clientele, place).into_iter().enumerate() {
            let guest = guest.filter(|_| place == 1);
            let known = guest.map(|person| (person.name.clone(), person.email.clone()));
            let (name, email) = known.unwrap_or_else(|| user(house, place, nth, company, draft));
            let at = match status {
                AccessStatus::Invited => founding.now - TimeDelta::days(1),
                AccessStatus::Pending => founding.now - TimeDelta::days(3),
                _ => at + TimeDelta::hours(1),
            };
            let invited = status == AccessStatus::Invited;
            let password_hash = (!invited).then_some(founding.password_hash);
            let account_id = match guest {
                Some(person) => person.account_id,
                None => draft.account(&name, &email, customer.locale, password_hash, at),
            };
            let id: AccessId = draft.chance.id(at);
            draft.rows.portal_accesses.push(AccessRow {
                id,
                firm_id: house.brand.id,
                client_id: customer.id,
                account_id,
                role,
                status,
                created_at: at,
            });
            let author = Author::Portal(id);
            if invited {
                draft.invite(account_id, author, at);
            }
            draft.audit(Some(house.manager()), at, "portalAccessCreate", id);
            if status == AccessStatus::Active {
                let locale = guest.map_or(customer.locale, |person| person.locale);
                customer.users.push(Person { account_id, author, name, email, locale });
            }
        }
        house.customers.push(customer);
    }
}

/// Name and address of a client's user; the first client's are the cast.
fn user(house: &House, place: usize, nth: usize, company: &Company, draft: &mut Draft) -> (String, Email) {
    let words = &house.brand.texts.companies;
    let name = match (place, nth) {
        (0, 0) => words.admin.clone(),
        (0, 1) => words.collaborator.clone(),
        _ => names::person(&mut draft.chance, &house.brand.texts.names),
    };
    let domain = house.brand.client_domain(place, company);
    let address = match (house.brand.numbered, nth) {
        (true, _) => format!("admin@{domain}"),
        // Nobody shares an address, also when two are drawn with one name.
        (false, nth) if place > 0 && nth > 0 => names::address(&format!("{name} {nth}"), &domain),
        (false, _) => names::address(&name, &domain),
    };
    (name, email(&address))
}

fn client(
    house: &House,
    clientele: Clientele,
    place: usize,
    company: &Company,
    at: DateTime<Utc>,
    draft: &mut Draft,
) -> Customer {
    let brand = &house.brand;
    let country = brand.texts.firm.country.as_str();
    let Record { addresses, listed, mailbox, locale } =
        brand.record(clientele, place, &brand.client_domain(place, company));
    let registration = registration::company(&mut draft.chance, country, &company.form);
    let phone = registration::phone(&mut draft.chance, country);
    // Everybody but the owner has a portfolio.
    let accountant = 1 + place % (house.staff.len() - 1);
    let id: ClientId = draft.chance.id(at);
    let of_record = addresses.last().cloned();
    draft.rows.clients.push(ClientRow {
        id,
        firm_id: brand.id,
        name: company.name.clone(),
        search_text: search_text(&company.name, Some(&registration), of_record.as_deref(), Some(&phone)),
        registration: Some(registration),
        email: of_record,
        phone: Some(phone),
        locale,
        accountant_id: house.staff[accountant].author.staff(),
        created_at: at,
        updated_at: at,
    });
    if listed {
        draft.rows.client_recipients.extend((0..).zip(&addresses).map(|(position, address)| RecipientRow {
            client_id: id,
            firm_id: brand.id,
            topic: Topic::Tickets,
            position,
            email: address.clone(),
        }));
    }
    draft.audit(Some(house.manager()), at, "clientCreate", id);
    Customer {
        id,
        name: company.name.clone(),
        locale,
        accountant,
        addresses,
        mailbox,
        is_slow: place % 9 == 4,
        users: Vec::new(),
    }
}
