//! The clients of a firm and who of them may sign in, as the manager enters them.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::locale::Locale;
use guichet_engine::actor::{AccessRole, Membership, Origin, PortalMembership};
use guichet_engine::tables::portal_accesses;
use guichet_schema::people::account::password::Password;
use guichet_schema::people::client::commands::{self as clients, CreateClient};
use guichet_schema::people::invitation::model::AcceptInvitation;
use guichet_schema::people::portal_access::commands::{self as accesses, CreatePortalAccess};
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::people::session::acceptance::accept;

use crate::house::{BROWSER, CLIENTS, Customer, DAYS, Mailbox, Person, Stage, UNREACHABLE, actor};

impl Stage<'_> {
    pub async fn enter_clients(&mut self, since: DateTime<Utc>, guest: Option<&Person>) -> Result<()> {
        let until = self.hours.days_before(self.whole.now, DAYS + 10);
        let minutes = self.hours.working_time(since, until).num_minutes() - 120;
        for place in 0..CLIENTS {
            // The first has a year to show.
            let later = self.chance.minutes(0..=if place == 0 { 60 } else { minutes });
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
        let mailbox = mailbox(place);
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
            email: (place != UNREACHABLE[0]).then_some(email),
            phone: Some(text.phone.clone()),
            locale: Some(locale),
            accountant_id: Some(self.staff[accountant].actor.staff()?.id),
            ticket_emails: if matches!(place, 9 | 10) { vec![at(money), at(office)] } else { Vec::new() },
            ..CreateClient::default()
        };
        let key = self.key();
        let id = clients::create(&self.whole.store, &self.manager(), &key, input).await?.value;
        let (name, is_slow) = (text.name.clone(), is_slow(place));
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

/// How the mail server of the client at this place behaves.
pub(crate) fn mailbox(place: usize) -> Mailbox {
    let [_, malformed, bounces, busy] = UNREACHABLE;
    match place {
        _ if place == malformed => Mailbox::Malformed,
        _ if place == bounces => Mailbox::Bounces,
        _ if place == busy => Mailbox::Busy,
        _ => Mailbox::Takes,
    }
}

/// Whether the client at this place pays late.
pub(crate) const fn is_slow(place: usize) -> bool {
    place % 9 == 4
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
