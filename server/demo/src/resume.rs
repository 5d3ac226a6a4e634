//! A demo that was filled in before, and goes on: its firms' own clocks are moved, day by day, and people do what they would
//! have done. Times stay those at which it really happens.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chrono::{Days, Months, NaiveDate};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Fault, Result};
use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, JobId, StaffId};
use guichet_base::locale::Locale;
use guichet_engine::actor::{AccessRole, Membership, PortalMembership};
use guichet_engine::tables::{accounts, clients, firms, portal_accesses, staff_members};
use guichet_schema::people::firm::day;
use guichet_schema::people::portal_access::model::AccessStatus;
use guichet_schema::shared::file::key::Key;

use crate::chance::Chance;
use crate::clients::{is_slow, mailbox};
use crate::hours::Hours;
use crate::house::{CLIENTS, Customer, Person, Stage, actor};
use crate::paper;
use crate::texts::{self, StaffState};
use crate::whole::Whole;

/// By how much the clock of a demo is moved on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Whole months, as the calendar has them.
    pub months: u32,
    /// Days on top of them.
    pub days: u32,
}

impl Span {
    /// The most that a clock is moved on at once, in days.
    pub const MOST: u32 = 366;

    /// Reads `1day`, `2weeks`, `1month` or `1year`; none for everything else, and for more than [`Span::MOST`].
    pub fn parse(text: &str) -> Option<Self> {
        let figures = text.find(|letter: char| !letter.is_ascii_digit())?;
        let (count, unit) = text.split_at(figures);
        let count: u32 = count.parse().ok().filter(|count| (1..=Self::MOST).contains(count))?;
        let (months, days) = match unit.trim_start() {
            "day" | "days" => (0, count),
            "week" | "weeks" => (0, 7 * count),
            "month" | "months" => (count, 0),
            "year" | "years" => (12 * count, 0),
            _ => return None,
        };
        // Twelve months are no more than a leap year, though each may have 31 days.
        (months <= 12 && days <= Self::MOST).then_some(Self { months, days })
    }

    fn after(self, day: NaiveDate) -> Option<NaiveDate> {
        day.checked_add_months(Months::new(self.months))?.checked_add_days(Days::new(self.days.into()))
    }
}

/// A firm whose clock was moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The firm's name.
    pub firm: String,
    /// Its day now.
    pub today: NaiveDate,
}

impl<'a> Stage<'a> {
    /// The firm at this place as it is now.
    async fn again(whole: &'a Whole, place: usize, firm_id: FirmId) -> Result<Self> {
        let texts = &texts::all()[place];
        let conn = &mut *whole.store.conn().await?;
        let today = day::today(conn, firm_id, whole.now).await?;
        let staff: Vec<(StaffId, AccountId, String)> = staff_members::table
            .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
            .filter(staff_members::firm_id.eq(firm_id))
            .filter(staff_members::disabled_at.is_null())
            .select((staff_members::id, accounts::id, accounts::email_ci))
            .load(conn)
            .await?;
        // Visitors may have entered others, but later.
        let rows: Vec<(ClientId, String, Option<String>, Option<StaffId>)> = clients::table
            .filter(clients::firm_id.eq(firm_id))
            .order(clients::id)
            .select((clients::id, clients::name, clients::email, clients::accountant_id))
            .limit(CLIENTS as i64)
            .load(conn)
            .await?;
        type User = (ClientId, AccessId, AccessRole, AccountId, Locale, (String, String));
        let users: Vec<User> = portal_accesses::table
            .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
            .filter(portal_accesses::firm_id.eq(firm_id))
            .filter(portal_accesses::status.eq(AccessStatus::Active))
            .order(portal_accesses::id)
            .select((
                portal_accesses::client_id,
                portal_accesses::id,
                portal_accesses::role,
                accounts::id,
                accounts::locale,
                (accounts::name, accounts::email),
            ))
            .load(conn)
            .await?;
        let mut stage = Self {
            whole,
            jobs: whole.store.hints.listener(),
            first_job: JobId::new(),
            texts,
            hours: Hours::of(texts.firm.zone),
            chance: Chance::of(&[&texts.firm.domain, &today.to_string()], place),
            firm_id,
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
            ahead: Some(today),
            count: 0,
            password_hash: String::new(),
        };
        let works = texts.staff.iter().take_while(|text| text.state == StaffState::Works).count();
        for place in 0..works {
            let email = texts.staff_email(place);
            let found = staff.iter().find(|(.., known)| *known == email);
            // Who left meanwhile is stood in for by the owner.
            let member = found.map(|(id, account, _)| stage.member(*id, *account, place));
            let member = member.or_else(|| stage.staff.as_slice().first().cloned());
            stage.staff.push(member.ok_or_else(|| Fault::Broken(format!("{email} is gone")))?);
        }
        for (place, (id, name, email, accountant)) in rows.into_iter().enumerate() {
            stage.mailboxes.extend(email.map(|email| (email, mailbox(place))));
            let is_theirs =
                |person: &Person| person.actor.staff().is_ok_and(|own| Some(own.id) == accountant);
            let accountant = stage.staff.iter().position(is_theirs).unwrap_or(1);
            let own = users.iter().filter(|(client, ..)| *client == id);
            let user = |(_, access, role, account, locale, (name, email)): &User| Person {
                actor: actor(
                    *account,
                    Membership::Portal(PortalMembership::new(*access, firm_id, id, *role)),
                    *locale,
                ),
                name: name.clone(),
                email: email.clone(),
            };
            let users = own.map(user).collect();
            let is_slow = is_slow(place);
            stage.customers.push(Customer { id, name, accountant, is_slow, users });
        }
        Ok(stage)
    }
}

/// Moves the clocks of the firms of the small demo on, and lets them live meanwhile; returns the bytes of their files, and
/// where they are now.
pub(crate) async fn go_on(
    whole: &Whole,
    firm_ids: &[FirmId],
    span: Span,
) -> Result<(Vec<(Key, Bytes)>, Vec<Moved>)> {
    let (mut objects, mut moved) = (Vec::new(), Vec::new());
    for (place, firm_id) in firm_ids.iter().enumerate() {
        let mut stage = Stage::again(whole, place, *firm_id).await?;
        let today = stage.ahead.unwrap_or_else(|| stage.hours.date(whole.now));
        let until = span.after(today).ok_or_else(|| Fault::Broken("the calendar ends".into()))?;
        stage.live(today, until).await?;
        objects.append(&mut stage.objects);
        let firm = firms::table.find(firm_id).select(firms::name);
        moved.push(Moved { firm: firm.get_result(&mut whole.store.conn().await?).await?, today: until });
    }
    // Screens that are open learn it at once, and not only within a minute.
    day::tick(&whole.store).await?;
    Ok((objects, moved))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read() {
        let span = |months, days| Some(Span { months, days });
        assert_eq!(Span::parse("1day"), span(0, 1));
        assert_eq!(Span::parse("2weeks"), span(0, 14));
        assert_eq!(Span::parse("1 month"), span(1, 0));
        assert_eq!(Span::parse("1year"), span(12, 0));
        for wrong in
            ["", "month", "1", "0days", "-1day", "13months", "2years", "1fortnight", "367days", "53weeks"]
        {
            assert_eq!(Span::parse(wrong), None, "{wrong}");
        }
        let january = "2026-01-31".parse().unwrap();
        let february = Span { months: 1, days: 0 }.after(january).unwrap();
        assert_eq!(february.to_string(), "2026-02-28");
    }
}
