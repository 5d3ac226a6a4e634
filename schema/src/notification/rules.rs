//! The pure decision who is told of which act (D-11).

use crate::id::{AccountId, MessageId, StaffId};

use super::model::NotificationKind;

/// What happened to a ticket that staff may have to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It was opened, or handed over.
    Arrived {
        /// Whether its assignee is another one than before.
        at_assignee: bool,
        /// Whether its department is another one than before.
        at_department: bool,
    },
    /// The client wrote this.
    Written(MessageId),
    /// The client reopened it.
    Reopened,
}

/// Somebody who might be told: the ticket's assignee, or of its department; and works for the firm now.
pub trait Colleague {
    /// The staff member.
    fn staff_id(&self) -> StaffId;
    /// The account, by which somebody is known who acts under another hat.
    fn account_id(&self) -> AccountId;
}

/// D-11: who is told of what. Each once, the assignee before the department; never the acting person, under
/// whichever hat. What the client does is its assignee's affair, and the department's only while there
/// is none who works here.
pub fn told<C: Colleague>(
    news: News,
    acting: AccountId,
    assignee: StaffId,
    colleagues: Vec<C>,
) -> Vec<(C, NotificationKind)> {
    let is_assigned = colleagues.iter().any(|colleague| colleague.staff_id() == assignee);
    let kind = |colleague: &C| match (news, colleague.staff_id() == assignee) {
        (News::Arrived { at_assignee: true, .. }, true) => Some(NotificationKind::TicketAssigned),
        (News::Arrived { at_department, .. }, _) => {
            at_department.then_some(NotificationKind::DepartmentTicket)
        }
        (_, false) if is_assigned => None,
        (News::Written(_), _) => Some(NotificationKind::ClientMessage),
        (News::Reopened, _) => Some(NotificationKind::TicketReopened),
    };
    let others = colleagues.into_iter().filter(|colleague| colleague.account_id() != acting);
    others.filter_map(|colleague| kind(&colleague).map(|kind| (colleague, kind))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::Id;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    struct Person(u128);

    impl Colleague for Person {
        fn staff_id(&self) -> StaffId {
            StaffId::from_uuid(Uuid::from_u128(self.0))
        }
        fn account_id(&self) -> AccountId {
            AccountId::from_uuid(Uuid::from_u128(self.0))
        }
    }

    fn who(news: News, acting: u128, assignee: u128, here: &[u128]) -> Vec<(u128, NotificationKind)> {
        let here = here.iter().map(|id| Person(*id)).collect();
        let told = told(news, Person(acting).account_id(), Person(assignee).staff_id(), here);
        told.into_iter().map(|(person, kind)| (person.0, kind)).collect()
    }

    /// D-11: who is told, case by case; 1 is the assignee, 2 and 3 are of the department, 9 is the client's.
    #[test]
    fn d_11_who_is_told() {
        use NotificationKind::{
            ClientMessage as Message, DepartmentTicket as Ours, TicketAssigned as Mine,
            TicketReopened as Reopened,
        };
        let arrived = |at_assignee, at_department| News::Arrived { at_assignee, at_department };
        let written = News::Written(MessageId::new());
        let all = [1, 2, 3];
        type Case<'a> = (News, u128, &'a [u128], &'a [(u128, NotificationKind)]);
        let cases: [Case<'_>; 11] = [
            (arrived(true, true), 9, &all, &[(1, Mine), (2, Ours), (3, Ours)]),
            (arrived(true, true), 2, &all, &[(1, Mine), (3, Ours)]),
            (arrived(true, true), 1, &all, &[(2, Ours), (3, Ours)]),
            (arrived(true, false), 2, &all, &[(1, Mine)]),
            (arrived(true, false), 1, &all, &[]),
            // A department with the same lead as the one before.
            (arrived(false, true), 3, &all, &[(1, Ours), (2, Ours)]),
            (written, 9, &all, &[(1, Message)]),
            (News::Reopened, 9, &all, &[(1, Reopened)]),
            // The assignee left: nobody else would know.
            (written, 9, &[2, 3], &[(2, Message), (3, Message)]),
            (News::Reopened, 3, &[2, 3], &[(2, Reopened)]),
            // The client's user is the assignee, under another hat.
            (written, 1, &all, &[]),
        ];
        for (news, acting, here, expected) in cases {
            assert_eq!(who(news, acting, 1, here), expected, "{news:?} by {acting} with {here:?}");
        }
    }

    proptest! {
        /// D-11: never the acting person, nobody twice, nobody who does not work here; the assignee is told
        /// whatever came to it or what the client did, and as that.
        #[test]
        fn d_11_once_and_never_oneself(
            kind in 0..6_u8, acting in 0..6_u128, assignee in 0..6_u128, here in prop::collection::hash_set(0..6_u128, 0..6)
        ) {
            let news = match kind {
                0 => News::Written(MessageId::new()),
                1 => News::Reopened,
                bits => News::Arrived { at_assignee: bits & 1 != 0, at_department: bits & 2 != 0 },
            };
            let listed: Vec<u128> = here.iter().copied().collect();
            let told = who(news, acting, assignee, &listed);
            let persons: HashSet<u128> = told.iter().map(|(person, _)| *person).collect();
            prop_assert_eq!(persons.len(), told.len());
            prop_assert!(!persons.contains(&acting));
            prop_assert!(persons.is_subset(&here));
            let concerns = news != News::Arrived { at_assignee: false, at_department: false };
            if matches!(news, News::Arrived { at_assignee: false, .. }) || !concerns {
                prop_assert!(told.iter().all(|(_, kind)| *kind == NotificationKind::DepartmentTicket));
            } else if here.contains(&assignee) && assignee != acting {
                let own = told.iter().find(|(person, _)| *person == assignee);
                prop_assert!(own.is_some_and(|(_, kind)| *kind != NotificationKind::DepartmentTicket));
            }
        }
    }
}
