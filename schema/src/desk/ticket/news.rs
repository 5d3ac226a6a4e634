//! Who is notified of which action (D-11), as pure functions.

use guichet_base::id::{AccountId, MessageId};
use guichet_engine::actor::{Actor, Author};

use crate::shared::notification::model::NotificationKind;

/// What happened to a ticket, for notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketNews {
    /// It was opened or transferred.
    Arrived {
        /// Whether its assignee changed.
        at_assignee: bool,
        /// Whether its department changed.
        at_department: bool,
    },
    /// The client posted this message.
    Written(MessageId),
    /// The client sent a file without a message, or after one.
    HandedIn,
    /// The client reopened it.
    Reopened,
}

/// Who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acting {
    /// The account, which identifies a person across memberships.
    pub account_id: AccountId,
    /// The author within the firm.
    pub author: Author,
}

impl From<&Actor> for Acting {
    fn from(actor: &Actor) -> Self {
        Self { account_id: actor.account_id, author: actor.membership.author() }
    }
}

/// The role of a person in a ticket, closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// The assignee.
    Assignee,
    /// A member of its department.
    Department,
    /// The accountant of its client.
    Accountant,
    /// An owner of the firm.
    Owner,
}

/// A person who may be notified, and works for the firm now.
pub trait Colleague {
    /// The account, which identifies a person who acts with another membership.
    fn account_id(&self) -> AccountId;
    /// The role in the ticket: the closest of several.
    fn duty(&self) -> Duty;
}

/// D-11: who is notified of what. Each person once, as assignee rather than as member of the department; never the
/// acting person, with any membership. Actions of the client go to the closest who work for the firm: the
/// assignee, else the department, else the client's accountant, else the owners.
pub fn told<C: Colleague>(
    news: TicketNews,
    acting: AccountId,
    colleagues: Vec<C>,
) -> Vec<(C, NotificationKind)> {
    let nearest = colleagues.iter().map(C::duty).min();
    let kind = |colleague: &C| match (news, colleague.duty()) {
        (TicketNews::Arrived { at_assignee: true, .. }, Duty::Assignee) => {
            Some(NotificationKind::TicketAssigned)
        }
        (TicketNews::Arrived { at_department, .. }, Duty::Assignee | Duty::Department) => {
            at_department.then_some(NotificationKind::DepartmentTicket)
        }
        (TicketNews::Arrived { .. }, Duty::Accountant | Duty::Owner) => None,
        (_, duty) if Some(duty) != nearest => None,
        (TicketNews::Written(_), _) => Some(NotificationKind::ClientMessage),
        (TicketNews::HandedIn, _) => Some(NotificationKind::ClientFile),
        (TicketNews::Reopened, _) => Some(NotificationKind::TicketReopened),
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
    use guichet_base::id::Id;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Person(u128, Duty);

    impl Colleague for Person {
        fn account_id(&self) -> AccountId {
            AccountId::from_uuid(Uuid::from_u128(self.0))
        }
        fn duty(&self) -> Duty {
            self.1
        }
    }

    fn who(news: TicketNews, acting: u128, here: &[Person]) -> Vec<(u128, NotificationKind)> {
        let told = told(news, AccountId::from_uuid(Uuid::from_u128(acting)), here.to_vec());
        told.into_iter().map(|(person, kind)| (person.0, kind)).collect()
    }

    /// D-11: who is notified, case by case; 1 is the assignee, 2 and 3 are in the department, 4 is the client's
    /// accountant, 5 and 6 are owners, 9 is the client's user.
    #[test]
    fn d_11_who_is_told() {
        use Duty::{Accountant, Assignee, Department, Owner};
        use NotificationKind::{
            ClientFile as Handed, ClientMessage as Message, DepartmentTicket as Ours, TicketAssigned as Mine,
            TicketReopened as Reopened,
        };
        let arrived = |at_assignee, at_department| TicketNews::Arrived { at_assignee, at_department };
        let written = TicketNews::Written(MessageId::new());
        let all = [
            Person(1, Assignee),
            Person(2, Department),
            Person(3, Department),
            Person(4, Accountant),
            Person(5, Owner),
            Person(6, Owner),
        ];
        type Case<'a> = (TicketNews, u128, &'a [Person], &'a [(u128, NotificationKind)]);
        let cases: [Case<'_>; 17] = [
            (arrived(true, true), 9, &all, &[(1, Mine), (2, Ours), (3, Ours)]),
            (arrived(true, true), 2, &all, &[(1, Mine), (3, Ours)]),
            (arrived(true, true), 1, &all, &[(2, Ours), (3, Ours)]),
            (arrived(true, false), 2, &all, &[(1, Mine)]),
            (arrived(true, false), 1, &all, &[]),
            // A department with the same lead as the previous one.
            (arrived(false, true), 3, &all, &[(1, Ours), (2, Ours)]),
            (written, 9, &all, &[(1, Message)]),
            (TicketNews::HandedIn, 9, &all, &[(1, Handed)]),
            (TicketNews::Reopened, 9, &all, &[(1, Reopened)]),
            // The assignee left, so the department is notified.
            (written, 9, &all[1..], &[(2, Message), (3, Message)]),
            (TicketNews::Reopened, 3, &all[1..], &[(2, Reopened)]),
            // The department left too, or there is none.
            (written, 9, &all[3..], &[(4, Message)]),
            (TicketNews::HandedIn, 9, &all[4..], &[(5, Handed), (6, Handed)]),
            (TicketNews::Reopened, 5, &all[4..], &[(6, Reopened)]),
            (written, 9, &[], &[]),
            // The client's user is also the assignee or the accountant, with another membership.
            (written, 1, &all, &[]),
            (written, 4, &all[3..], &[]),
        ];
        for (news, acting, here, expected) in cases {
            assert_eq!(who(news, acting, here), expected, "{news:?} by {acting} with {here:?}");
        }
    }

    proptest! {
        /// D-11: never the acting person, and nobody twice. A new assignee is notified as assignee. Actions of the
        /// client go to everybody of the nearest duty except the acting person.
        #[test]
        fn d_11_once_and_never_oneself(
            kind in 0..7_u8, acting in 0..6_u128, duties in prop::collection::vec(0..4_usize, 0..6)
        ) {
            let news = match kind {
                0 => TicketNews::Written(MessageId::new()),
                1 => TicketNews::Reopened,
                2 => TicketNews::HandedIn,
                bits => TicketNews::Arrived { at_assignee: bits & 1 != 0, at_department: bits & 2 != 0 },
            };
            let ranks = [Duty::Assignee, Duty::Department, Duty::Accountant, Duty::Owner];
            // There is at most one assignee.
            let assignee = duties.iter().position(|duty| *duty == 0);
            let duty = |at: usize| if duties[at] == 0 && assignee != Some(at) { 1 } else { duties[at] };
            let here: Vec<Person> = (0..duties.len()).map(|at| Person(at as u128, ranks[duty(at)])).collect();
            let told = who(news, acting, &here);
            let persons: HashSet<u128> = told.iter().map(|(person, _)| *person).collect();
            prop_assert_eq!(persons.len(), told.len());
            prop_assert!(!persons.contains(&acting));
            let own = told.iter().find(|(person, _)| Some(*person as usize) == assignee);
            match news {
                TicketNews::Arrived { at_assignee: true, .. } => {
                    let other = assignee.filter(|at| *at as u128 != acting);
                    prop_assert_eq!(own.map(|(_, kind)| *kind), other.map(|_| NotificationKind::TicketAssigned));
                }
                TicketNews::Arrived { at_department, .. } => prop_assert!(at_department || told.is_empty()),
                TicketNews::Written(_) | TicketNews::HandedIn | TicketNews::Reopened => {
                    let nearest = here.iter().map(Colleague::duty).min();
                    let expected = here.iter().filter(|one| Some(one.1) == nearest && one.0 != acting);
                    prop_assert_eq!(told.len(), expected.count());
                }
            }
        }
    }
}
