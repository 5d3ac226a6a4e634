//! How fast one person, and one firm, may do what mails or notifies others. Each process counts for itself: the limit
//! keeps a program or a cat on the keyboard from flooding somebody's mailbox, and need not be exact.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::actor::Actor;
use guichet_base::error::{Code, Refusal};
use guichet_base::id::Id;

/// How many times as much as one person a firm may do.
const FIRM: u32 = 20;
/// How many counted people and firms are remembered before those that rest are forgotten.
const REMEMBERED: usize = 10_000;

/// The pace that is kept. Clones share the same state.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    per_minute: Option<u32>,
    /// When each person and firm will have rested completely (the generic cell rate algorithm).
    rested: Arc<Mutex<HashMap<Uuid, DateTime<Utc>>>>,
}

impl Pace {
    /// So many acts of a person at once, and as many again in each minute.
    pub fn of(per_minute: u32) -> Self {
        Self { per_minute: Some(per_minute.max(1)), rested: Arc::default() }
    }

    /// Counts an act of a person.
    ///
    /// # Errors
    /// `TOO_FAST` with the seconds to wait; then it is not counted.
    pub fn keep(&self, actor: &Actor, now: DateTime<Utc>) -> Result<(), Refusal> {
        let Some(per_minute) = self.per_minute else { return Ok(()) };
        let both = [(actor.membership.person(), 1), (actor.firm_id().uuid(), FIRM)];
        let mut rested = self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        if rested.len() > REMEMBERED {
            rested.retain(|_, rested| *rested > now);
        }
        let minute = TimeDelta::minutes(1);
        let mut later = [now; 2];
        for ((who, times), later) in both.iter().zip(&mut later) {
            let each = minute / i32::try_from(per_minute.saturating_mul(*times)).unwrap_or(i32::MAX);
            *later = rested.get(who).copied().unwrap_or(now).max(now) + each;
            let wait = *later - now - minute;
            if wait > TimeDelta::zero() {
                let seconds = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
                return Err(Refusal::new(Code::TooFast).with(seconds));
            }
        }
        rested.extend(both.iter().map(|(who, _)| *who).zip(later));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{MemberReach, Membership, Origin, StaffMembership, StaffRole};
    use guichet_base::error::Told;
    use guichet_base::id::{AccountId, FirmId, StaffId};
    use guichet_base::locale::Locale;

    fn actor(firm_id: FirmId) -> Actor {
        let id = StaffId::new();
        let membership = Membership::Staff(StaffMembership {
            id,
            firm_id,
            role: StaffRole::Member,
            reach: MemberReach::All,
        });
        Actor {
            account_id: AccountId::new(),
            session_id: None,
            membership,
            locale: Locale::En,
            origin: Origin::default(),
        }
    }

    fn seconds(refused: Result<(), Refusal>) -> Option<i64> {
        match refused.err()?.values[..] {
            [("number", Told::Number(seconds))] => Some(seconds),
            _ => panic!("no time to wait"),
        }
    }

    #[test]
    fn a_person_rests_after_a_burst() {
        let (pace, now) = (Pace::of(60), DateTime::UNIX_EPOCH);
        let (one, other) = (actor(FirmId::new()), actor(FirmId::new()));
        for _ in 0..60 {
            assert_eq!(seconds(pace.keep(&one, now)), None);
        }
        assert_eq!(seconds(pace.keep(&one, now)), Some(1));
        assert_eq!(seconds(pace.keep(&other, now)), None, "another person");
        assert_eq!(seconds(pace.keep(&one, now + TimeDelta::milliseconds(500))), Some(1));
        assert_eq!(seconds(pace.keep(&one, now + TimeDelta::seconds(1))), None);
        assert_eq!(seconds(pace.keep(&one, now + TimeDelta::seconds(1))), Some(1));
        let rested = now + TimeDelta::minutes(2);
        assert!((0..60).all(|_| seconds(pace.keep(&one, rested)).is_none()));
    }

    #[test]
    fn a_firm_has_more_than_a_person() {
        let (pace, now, firm) = (Pace::of(10), DateTime::UNIX_EPOCH, FirmId::new());
        for _ in 0..20 {
            let person = actor(firm);
            assert!((0..10).all(|_| seconds(pace.keep(&person, now)).is_none()));
        }
        assert_eq!(seconds(pace.keep(&actor(firm), now)), Some(1));
        assert_eq!(seconds(pace.keep(&actor(FirmId::new()), now)), None);
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let (pace, person) = (Pace::default(), actor(FirmId::new()));
        assert!((0..1000).all(|_| pace.keep(&person, DateTime::UNIX_EPOCH).is_ok()));
    }
}
