//! Rules of charges, as pure functions.

use chrono::{NaiveDate, TimeDelta};

use guichet_base::error::Code;
use guichet_base::text_enum;
use guichet_engine::actor::{Membership, StaffMembership, StaffRole};

use super::model::ChargeStatus;

text_enum! {
    /// An action on a charge.
    pub enum ChargeAct {
        /// Mark the charge as paid with `chargeMarkPaid`.
        MarkPaid = "MARK_PAID",
        /// Cancel the charge with `chargeCancel`.
        Cancel = "CANCEL",
    }
}

/// Whether a viewer may do `act` now: only owners and managers may change charges (B-15), and only open ones.
///
/// # Errors
/// The code that the command would return.
pub const fn may(membership: &Membership, status: ChargeStatus) -> Result<(), Code> {
    match (membership, status) {
        (Membership::Portal(_) | Membership::Staff(StaffMembership { role: StaffRole::Member, .. }), _) => {
            Err(Code::NotAllowed)
        }
        (_, ChargeStatus::Open) => Ok(()),
        (_, ChargeStatus::Paid) => Err(Code::ChargePaid),
        (_, ChargeStatus::Canceled) => Err(Code::ChargeCanceled),
    }
}

/// The effect of a ticket's status change on its charges (D-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    Nothing,
    /// A new open charge with this amount in minor units.
    Charge(i64),
    /// The open charge is canceled.
    CancelOpen,
}

/// D-10: finishing charges the price minus what was already paid for this ticket; leaving `FINISHED` in any way
/// cancels the open charge.
pub const fn consequence(was_finished: bool, is_finished: bool, price: i64, paid: i64) -> Consequence {
    match (was_finished, is_finished) {
        (false, true) if price > paid => Consequence::Charge(price - paid),
        (true, false) => Consequence::CancelOpen,
        _ => Consequence::Nothing,
    }
}

/// The due date of a charge created on `today`.
pub fn due_on(today: NaiveDate, days: i32) -> NaiveDate {
    today + TimeDelta::days(days.into())
}

/// Whether it is open and its due date has passed.
pub fn is_overdue(status: ChargeStatus, due_on: NaiveDate, today: NaiveDate) -> bool {
    status == ChargeStatus::Open && due_on < today
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use crate::people::firm::day::FirmClock;

    use super::*;
    use crate::desk::ticket::model::TicketStatus;
    use TicketStatus::{Finished, InAnalysis, Rejected, Reopened};
    use proptest::prelude::*;

    /// D-10: the cases of the requirement, one by one.
    #[test]
    fn d_10_consequences() {
        let cases = [
            (InAnalysis, Finished, 100, 0, Consequence::Charge(100)),
            (InAnalysis, Finished, 0, 0, Consequence::Nothing),
            (Reopened, Finished, 100, 100, Consequence::Nothing),
            (Reopened, Finished, 150, 100, Consequence::Charge(50)),
            (Reopened, Finished, 80, 100, Consequence::Nothing),
            (Finished, Reopened, 100, 0, Consequence::CancelOpen),
            (Finished, Rejected, 100, 100, Consequence::CancelOpen),
            (Finished, Finished, 100, 0, Consequence::Nothing),
            (InAnalysis, Rejected, 100, 0, Consequence::Nothing),
        ];
        for (from, to, price, paid, expected) in cases {
            let consequence = consequence(from == Finished, to == Finished, price, paid);
            assert_eq!(consequence, expected, "{from} → {to}, {price} − {paid}");
        }
    }

    proptest! {
        /// D-10: for any sequence of changes there is at most one open charge, and paid and open charges together
        /// never exceed the highest price that the ticket ever had.
        #[test]
        fn d_10_walks(steps in proptest::collection::vec((0usize..7, 0i64..500, any::<bool>()), 0..40)) {
            let (mut status, mut open, mut paid, mut highest) = (TicketStatus::Open, None::<i64>, 0, 0);
            for (step, price, pays) in steps {
                highest = highest.max(price);
                let to = TicketStatus::ALL[step];
                match consequence(status == Finished, to == Finished, price, paid) {
                    Consequence::Charge(amount) => {
                        prop_assert_eq!(open, None);
                        prop_assert!(amount > 0);
                        open = Some(amount);
                    }
                    Consequence::CancelOpen => open = None,
                    Consequence::Nothing => {}
                }
                if pays { paid += open.take().unwrap_or(0); }
                status = to;
                prop_assert!(paid + open.unwrap_or(0) <= highest);
                prop_assert!(open.is_none() || status == Finished);
            }
        }

        /// A due date is a date in the firm's time zone, whatever the machine's.
        #[test]
        fn due_dates_are_the_firms(seconds in 0i64..4_000_000_000, days in 0i32..3650) {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let day = FirmClock { zone: chrono_tz::America::Sao_Paulo, ahead_seconds: 0 }.day(now);
            let due = due_on(day, days);
            prop_assert_eq!((due - day).num_days(), i64::from(days));
            prop_assert!(!is_overdue(ChargeStatus::Open, due, day));
            prop_assert!(is_overdue(ChargeStatus::Open, day, due.succ_opt().unwrap()));
            prop_assert!(!is_overdue(ChargeStatus::Paid, day, due.succ_opt().unwrap()));
        }
    }
}
