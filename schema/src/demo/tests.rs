//! The generator without a database.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

use chrono::{DateTime, Datelike, Timelike, Utc};

use super::measured::Quota;
use super::rows::Rows;
use super::{Scale, large, small, texts};
use crate::desk::charge::model::ChargeStatus;
use crate::desk::charge::rules::{is_overdue, today};
use crate::desk::ticket::model::{TicketField, TicketStatus};
use crate::people::portal_access::model::AccessStatus;
use crate::shared::email_delivery::model::DeliveryReason;
use crate::shared::visibility::Visibility;
use guichet_base::email::Email;

/// A Monday before work, a Wednesday afternoon, the night in which summer time ends and that in
/// which it begins, New Year, a leap day.
const NOWS: [&str; 6] = [
    "2026-11-23T05:12:09.123456Z",
    "2026-07-15T15:00:00Z",
    "2026-10-25T23:59:59Z",
    "2027-01-01T00:00:00Z",
    "2027-03-28T01:00:00Z",
    "2028-02-29T12:30:00Z",
];

fn now(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn small_rows(at: &str) -> Vec<Rows> {
    small::firms(now(at), "hash").into_iter().map(|draft| draft.rows).collect()
}

/// That each of `all` is among `found`.
fn assert_all<T: Eq + Hash + Debug>(context: &str, found: impl IntoIterator<Item = T>, all: &[T]) {
    let found: HashSet<T> = found.into_iter().collect();
    let missing: Vec<_> = all.iter().filter(|one| !found.contains(one)).collect();
    assert!(missing.is_empty(), "{context}: {missing:?}");
}

#[test]
fn the_same_seed_and_time_give_the_same_rows() {
    assert!(small_rows(NOWS[0]) == small_rows(NOWS[0]));
    assert!(small_rows(NOWS[0]) != small_rows(NOWS[1]));
    let large = || large::firm(99, now(NOWS[0]), "hash").rows;
    assert!(large() == large());
}

#[test]
fn a_firm_is_known_by_its_id() {
    let small: Vec<_> = small::firms(now(NOWS[0]), "hash").iter().map(|draft| draft.firm_id).collect();
    assert_all("ids", small, &Scale::Small.firms());
    let all: HashSet<_> = [Scale::Small, Scale::Large].into_iter().flat_map(Scale::firms).collect();
    assert_eq!(all.len(), texts::all().len() + large::FIRMS);
}

/// Whenever it is made, each firm shows something on every screen.
#[test]
fn every_screen_shows_something() {
    for at in NOWS {
        for rows in small_rows(at) {
            let firm = &rows.firms[0];
            let context = format!("{at} {}", firm.name);
            assert_all(&context, rows.tickets.iter().map(|ticket| ticket.status), TicketStatus::ALL);
            assert!(rows.tickets.iter().any(|ticket| ticket.is_untouched), "{context}");
            assert!(rows.tickets.iter().any(|ticket| ticket.opened_by_access.is_some()), "{context}");
            assert!(rows.tickets.iter().any(|ticket| ticket.opened_by_staff.is_some()), "{context}");
            assert!(rows.tickets.iter().any(|ticket| ticket.department_id.is_none()), "{context}");
            let visibilities = rows.messages.iter().map(|message| message.visibility);
            assert_all(&context, visibilities, Visibility::ALL);
            let fields = rows.changes.iter().map(|change| change.field);
            let shown = [
                TicketField::Created,
                TicketField::Status,
                TicketField::Price,
                TicketField::Assignee,
                TicketField::Department,
            ];
            assert_all(&context, fields, &shown);
            assert_all(&context, rows.charges.iter().map(|charge| charge.status), ChargeStatus::ALL);
            let zone = firm.zone.parse().unwrap();
            let late = |due| is_overdue(ChargeStatus::Open, due, today(now(at), zone));
            let open = || rows.charges.iter().filter(|charge| charge.status == ChargeStatus::Open);
            assert!(open().any(|charge| late(charge.due_on)), "{context}");
            assert!(open().any(|charge| !late(charge.due_on)), "{context}");
            assert!(!rows.ticket_collected_charges.is_empty(), "{context}");
            assert!(!rows.email_suppressions.is_empty(), "{context}");
            let reasons = rows.email_deliveries.iter().map(|delivery| delivery.reason);
            // In the demo nobody's access is taken away with a mail on its way, and no sender is broken.
            let unplayed = [DeliveryReason::NoAccess, DeliveryReason::NotWanted, DeliveryReason::SenderFault];
            let played = DeliveryReason::ALL.iter().filter(|reason| !unplayed.contains(reason));
            let all: Vec<_> = played.copied().map(Some).chain([None]).collect();
            assert_all(&context, reasons, &all);
            assert_all(&context, rows.portal_accesses.iter().map(|access| access.status), AccessStatus::ALL);
            assert!(rows.invitations.iter().all(|invitation| invitation.expires_at > now(at)), "{context}");
            let unread = rows.read_marks.iter().any(|read| {
                let of = rows.tickets.iter().find(|ticket| ticket.id == read.subject_id);
                of.is_some_and(|ticket| ticket.last_message_seq > read.seq)
            });
            assert!(unread, "{context}");
        }
    }
}

#[test]
fn most_of_it_happens_in_office_hours_and_nothing_later_than_now() {
    for at in NOWS {
        for rows in small_rows(at) {
            let zone: chrono_tz::Tz = rows.firms[0].zone.parse().unwrap();
            let times: Vec<_> = rows.audit.iter().map(|row| row.at).collect();
            let at_work = |at: &&DateTime<Utc>| {
                let local = at.with_timezone(&zone);
                local.weekday().num_days_from_monday() < 5 && (8..19).contains(&local.hour())
            };
            assert!(times.iter().filter(at_work).count() * 10 > times.len() * 8, "{at}");
            assert!(times.iter().all(|time| *time <= now(at)), "{at}");
            let deliveries = rows.email_deliveries.iter().map(|delivery| delivery.updated_at);
            let tickets = rows.tickets.iter().map(|ticket| ticket.updated_at);
            assert!(deliveries.chain(tickets).all(|time| time <= now(at)), "{at}");
        }
    }
}

/// B-13: one account with several memberships, and otherwise no address twice, over both demos.
#[test]
fn addresses_are_unique() {
    let mut seen = HashSet::new();
    let mut check = |rows: &Rows| {
        for account in &rows.accounts {
            let email = Email::parse(&account.email).unwrap();
            assert_eq!(email.ci(), account.email_ci);
            assert!(email.ci().ends_with(".example"), "{}", email.ci());
            assert!(seen.insert(account.email_ci.clone()), "{}", account.email_ci);
        }
    };
    let small = small_rows(NOWS[0]);
    small.iter().for_each(&mut check);
    (1..large::FIRMS).step_by(9).for_each(|place| check(&large::firm(place, now(NOWS[0]), "hash").rows));
    let accounts = small.iter().flat_map(|rows| &rows.accounts).map(|account| account.id);
    let memberships = small.iter().flat_map(|rows| {
        let staff = rows.staff_members.iter().map(|member| member.account_id);
        staff.chain(rows.portal_accesses.iter().map(|access| access.account_id))
    });
    assert_eq!(memberships.count(), accounts.count() + 1, "one owner is also a client's admin");
}

#[test]
fn the_large_demo_has_what_it_says() {
    let quotas: Vec<_> = (0..large::TICKETS).map(Quota::of).collect();
    assert_eq!(quotas.iter().map(|quota| quota.changes).sum::<usize>(), large::CHANGES);
    assert_eq!(quotas.iter().map(|quota| quota.messages).sum::<usize>(), large::MESSAGES);
    let mut tickets = 0;
    for place in 0..large::FIRMS {
        tickets += large::tickets(place).len();
    }
    assert_eq!(tickets, large::TICKETS);
    for (place, at) in [(1, NOWS[0]), (50, NOWS[2]), (99, NOWS[4])] {
        let rows = large::firm(place, now(at), "hash").rows;
        let quotas: Vec<_> = large::tickets(place).map(Quota::of).collect();
        assert_eq!(rows.tickets.len(), quotas.len());
        assert_eq!(rows.changes.len(), quotas.iter().map(|quota| quota.changes).sum::<usize>());
        assert_eq!(rows.messages.len(), quotas.iter().map(|quota| quota.messages).sum::<usize>());
        assert_eq!(rows.clients.len(), large::CLIENTS_OF_OTHERS);
        let works = rows.staff_members.iter().filter(|m| m.joined_at.is_some() && m.disabled_at.is_none());
        assert_eq!(works.count(), large::STAFF_OF_OTHERS);
        let has = |email: String| rows.accounts.iter().any(|account| account.email == email);
        assert!(has(large::staff_email(place + 1, 1)) && has(large::admin_email(place + 1, 100)));
        assert!(rows.changes.iter().all(|change| change.at <= now(at)));
    }
}

/// The firm with ten thousand clients, some of them busy.
#[test]
fn the_first_firm_is_the_large_one() {
    let rows = large::firm(0, now(NOWS[0]), "hash").rows;
    assert_eq!(rows.clients.len(), large::CLIENTS_OF_FIRST);
    assert_eq!(rows.tickets.len(), large::tickets(0).len());
    for place in [1, large::BUSY_CLIENTS] {
        let email = large::admin_email(1, place);
        let account = rows.accounts.iter().find(|account| account.email == email).unwrap();
        let access = rows.portal_accesses.iter().find(|access| access.account_id == account.id).unwrap();
        let tickets = rows.tickets.iter().filter(|ticket| ticket.client_id == access.client_id).count();
        assert!(tickets >= large::TICKETS_OF_BUSY, "{email}: {tickets}");
    }
}
