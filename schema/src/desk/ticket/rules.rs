//! Rules of tickets, as pure functions. Commands apply them, `viewerCan` shows them.

use chrono::{DateTime, TimeDelta, Utc};

use guichet_base::error::Code;
use guichet_base::text_enum;
use guichet_engine::actor::Scope;

use super::model::TicketStatus;
use crate::shared::visibility::Visibility;

/// Most attachments of a ticket, including those of its messages: viewing a ticket loads them all.
pub const MAX_ATTACHMENTS: i64 = 500;

text_enum! {
    /// An action on a ticket.
    pub enum TicketAct {
        /// Change the subject, description, price, service or accountant with `ticketEdit`.
        Edit = "EDIT",
        /// Change the status with `ticketStatusChange`.
        ChangeStatus = "CHANGE_STATUS",
        /// Reopen the closed ticket with `ticketReopen`.
        Reopen = "REOPEN",
        /// Transfer the ticket with `ticketTransfer`.
        Transfer = "TRANSFER",
        /// Send a message to the other side with `ticketMessagePost` and the visibility `PUBLIC`.
        PostMessage = "POST_MESSAGE",
        /// Write an internal note with `ticketMessagePost` and the visibility `INTERNAL`.
        PostNote = "POST_NOTE",
        /// With `ticketFileAttach`, attach files that both sides can see.
        AttachFile = "ATTACH_FILE",
        /// Mark the conversation as read with `ticketMarkRead`.
        MarkRead = "MARK_READ",
    }
}

impl TicketAct {
    /// Whether others get a mail or a notification of it.
    pub const fn tells_others(self) -> bool {
        match self {
            Self::ChangeStatus | Self::Reopen | Self::Transfer | Self::PostMessage | Self::AttachFile => true,
            Self::Edit | Self::PostNote | Self::MarkRead => false,
        }
    }
}

/// What the rules need beside the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// The number of days after closing in which clients may reopen; 0 when they may not.
    pub client_reopen_days: i32,
    /// Whether the client has a user who could read a message.
    pub has_linked_user: bool,
}

/// The input of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The ticket's status.
    pub status: TicketStatus,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The data of its client and firm.
    pub around: Circumstances,
}

/// Whether a viewer with this scope may do `act` now, or why not.
///
/// # Errors
/// The code that the command would return.
pub fn may(act: TicketAct, scope: &Scope, facts: &Facts, now: DateTime<Utc>) -> Result<(), Code> {
    let closed = facts.status.is_closed();
    match act {
        // D-03: closed tickets accept files, too.
        TicketAct::MarkRead | TicketAct::AttachFile => Ok(()),
        TicketAct::Edit | TicketAct::ChangeStatus | TicketAct::Transfer | TicketAct::PostNote
            if !scope.is_staff() =>
        {
            Err(Code::NotAllowed)
        }
        TicketAct::ChangeStatus | TicketAct::PostNote => Ok(()),
        TicketAct::Edit | TicketAct::Transfer => refuse_if(closed, Code::TicketClosed),
        TicketAct::PostMessage => {
            refuse_if(closed, Code::TicketClosed)?;
            refuse_if(scope.is_staff() && !facts.around.has_linked_user, Code::NoLinkedUser)
        }
        TicketAct::Reopen => {
            if scope.is_staff() {
                return refuse_if(!closed, Code::TicketOpen);
            }
            refuse_if(facts.around.client_reopen_days == 0, Code::ReopenNotOffered)?;
            let Some(closed_at) = facts.closed_at else { return Err(Code::TicketOpen) };
            let until = closed_at + TimeDelta::days(facts.around.client_reopen_days.into());
            refuse_if(now > until, Code::ReopenPeriodOver)
        }
    }
}

fn refuse_if(condition: bool, code: Code) -> Result<(), Code> {
    if condition { Err(code) } else { Ok(()) }
}

/// The action of posting with this visibility.
pub const fn posting(visibility: Visibility) -> TicketAct {
    match visibility {
        Visibility::Public => TicketAct::PostMessage,
        Visibility::Internal => TicketAct::PostNote,
    }
}

/// The action of attaching with this visibility: internal files count as notes (D-03, D-07).
pub const fn attaching(visibility: Visibility) -> TicketAct {
    match visibility {
        Visibility::Public => TicketAct::AttachFile,
        Visibility::Internal => TicketAct::PostNote,
    }
}

/// The effect of a requested status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// It already has this status: nothing changes, and no mail is sent.
    Unchanged,
    /// The status changes.
    Changed(TicketStatus),
    /// It was closed and is open again.
    Reopened,
}

impl StatusChange {
    /// The new status, if it changes.
    pub const fn status(self) -> Option<TicketStatus> {
        match self {
            Self::Unchanged => None,
            Self::Changed(status) => Some(status),
            Self::Reopened => Some(TicketStatus::Reopened),
        }
    }
}

/// D-02: the current status changes nothing; an open status reopens a closed ticket; `REOPENED` on an open ticket
/// is refused; everything else is allowed. Rejecting and canceling require a reason (D-05).
///
/// # Errors
/// `TICKET_OPEN` and `REASON_REQUIRED`.
pub fn change_status(from: TicketStatus, to: TicketStatus, has_reason: bool) -> Result<StatusChange, Code> {
    if from == to {
        return Ok(StatusChange::Unchanged);
    }
    if from.is_closed() && !to.is_closed() {
        return Ok(StatusChange::Reopened);
    }
    if to == TicketStatus::Reopened {
        return Err(Code::TicketOpen);
    }
    if matches!(to, TicketStatus::Rejected | TicketStatus::Canceled) && !has_reason {
        return Err(Code::ReasonRequired);
    }
    Ok(StatusChange::Changed(to))
}

/// A status that a ticket can be given now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChoice {
    /// The status.
    pub status: TicketStatus,
    /// What choosing it does.
    pub change: StatusChange,
    /// Whether a reason must be given.
    pub needs_reason: bool,
}

/// The statuses that [`change_status`] can give a ticket; none to those who may not change it.
pub fn status_choices(scope: &Scope, facts: &Facts, now: DateTime<Utc>) -> Vec<StatusChoice> {
    if may(TicketAct::ChangeStatus, scope, facts, now).is_err() {
        return Vec::new();
    }
    let choice = |status: &TicketStatus| {
        let change = change_status(facts.status, *status, true).ok()?;
        let needs_reason = change_status(facts.status, *status, false) == Err(Code::ReasonRequired);
        (change != StatusChange::Unchanged).then_some(StatusChoice { status: *status, change, needs_reason })
    };
    TicketStatus::ALL.iter().filter_map(choice).collect()
}

#[cfg(test)]
mod tests {
    use guichet_engine::actor::{Areas, PortalReach};

    use super::*;
    use TicketStatus::{Canceled, Finished, InAnalysis, Open, Rejected, Reopened, Waiting};
    use guichet_base::id::{ClientId, FirmId, StaffId};
    use proptest::prelude::*;

    fn scopes() -> [Scope; 3] {
        let firm_id = FirmId::new();
        [
            Scope::firm(firm_id),
            Scope::own(firm_id, StaffId::new()),
            Scope::portal(firm_id, PortalReach::new([ClientId::new()], Areas::ALL)),
        ]
    }

    fn facts(status: TicketStatus) -> Facts {
        let closed_at = status.is_closed().then_some(DateTime::UNIX_EPOCH);
        let around = Circumstances { client_reopen_days: 7, has_linked_user: true };
        Facts { status, closed_at, around }
    }

    /// D-02: the whole table of status changes, 7 × 7.
    #[test]
    fn d_02_every_pair() {
        for from in TicketStatus::ALL {
            for to in TicketStatus::ALL {
                let expected = match (*from, *to) {
                    (a, b) if a == b => Ok(StatusChange::Unchanged),
                    (Canceled | Rejected | Finished, Open | Reopened | InAnalysis | Waiting) => {
                        Ok(StatusChange::Reopened)
                    }
                    (_, Reopened) => Err(Code::TicketOpen),
                    (_, other) => Ok(StatusChange::Changed(other)),
                };
                assert_eq!(change_status(*from, *to, true), expected, "{from} → {to}");
            }
        }
    }

    /// D-05: rejecting and canceling require a reason; a no-op and a reopening do not.
    #[test]
    fn d_05_reasons() {
        assert_eq!(change_status(Open, Rejected, false), Err(Code::ReasonRequired));
        assert_eq!(change_status(Finished, Canceled, false), Err(Code::ReasonRequired));
        assert_eq!(change_status(Rejected, Rejected, false), Ok(StatusChange::Unchanged));
        assert_eq!(change_status(Rejected, Waiting, false), Ok(StatusChange::Reopened));
        assert_eq!(change_status(Open, Finished, false), Ok(StatusChange::Changed(Finished)));
    }

    /// D-02, D-05: what is offered is what the command does, and nothing else.
    #[test]
    fn choices_are_what_can_be_done() {
        let [firm, own, client] = scopes();
        let now = DateTime::UNIX_EPOCH;
        for from in TicketStatus::ALL {
            let facts = facts(*from);
            assert_eq!(status_choices(&client, &facts, now), []);
            let choices = status_choices(&firm, &facts, now);
            assert_eq!(status_choices(&own, &facts, now), choices);
            for to in TicketStatus::ALL {
                let offered = choices.iter().find(|choice| choice.status == *to);
                match change_status(*from, *to, true) {
                    Ok(StatusChange::Unchanged) | Err(_) => assert_eq!(offered, None, "{from} → {to}"),
                    Ok(change) => {
                        let offered = offered.unwrap();
                        assert_eq!(offered.change, change, "{from} → {to}");
                        assert_eq!(
                            offered.needs_reason,
                            change_status(*from, *to, false).is_err(),
                            "{from} → {to}"
                        );
                    }
                }
            }
        }
    }

    proptest! {
        /// D-02: for any sequence of requests, a ticket is only `REOPENED` after it was closed, and a change
        /// always leads to another status.
        #[test]
        fn d_02_walks(steps in proptest::collection::vec(0usize..7, 0..40)) {
            let mut status = Open;
            let mut was_closed = false;
            for step in steps {
                if let Ok(change) = change_status(status, TicketStatus::ALL[step], true)
                    && let Some(next) = change.status()
                {
                    prop_assert_ne!(next, status);
                    if next == Reopened { prop_assert!(was_closed); }
                    was_closed = next.is_closed();
                    status = next;
                }
            }
        }
    }

    /// B-15, D-02, D-03, D-07: who may do what, by side and by state.
    #[test]
    fn acts_by_side_and_state() {
        let [firm, own, client] = scopes();
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(3);
        for status in TicketStatus::ALL {
            let facts = facts(*status);
            let closed = status.is_closed();
            for staff in [&firm, &own] {
                for act in TicketAct::ALL {
                    let expected = match act {
                        TicketAct::Edit | TicketAct::Transfer | TicketAct::PostMessage if closed => {
                            Err(Code::TicketClosed)
                        }
                        TicketAct::Reopen if !closed => Err(Code::TicketOpen),
                        _ => Ok(()),
                    };
                    assert_eq!(may(*act, staff, &facts, now), expected, "{act} {status}");
                }
            }
            for act in TicketAct::ALL {
                let expected = match act {
                    TicketAct::MarkRead | TicketAct::AttachFile => Ok(()),
                    TicketAct::PostMessage if closed => Err(Code::TicketClosed),
                    TicketAct::PostMessage => Ok(()),
                    TicketAct::Reopen if !closed => Err(Code::TicketOpen),
                    TicketAct::Reopen => Ok(()),
                    _ => Err(Code::NotAllowed),
                };
                assert_eq!(may(*act, &client, &facts, now), expected, "{act} {status}");
            }
        }
    }

    /// D-02: the client's period for reopening ends with its last moment.
    #[test]
    fn d_02_reopening_by_clients() {
        let [.., client] = scopes();
        let facts = facts(Finished);
        let until = DateTime::UNIX_EPOCH + TimeDelta::days(7);
        let reopen = |facts: &Facts, now| may(TicketAct::Reopen, &client, facts, now);
        assert_eq!(reopen(&facts, until), Ok(()));
        assert_eq!(reopen(&facts, until + TimeDelta::microseconds(1)), Err(Code::ReopenPeriodOver));
        let never = Facts { around: Circumstances { client_reopen_days: 0, ..facts.around }, ..facts };
        assert_eq!(reopen(&never, until), Err(Code::ReopenNotOffered));
    }

    /// D-07: without a user who could read the message, staff get an error; notes are allowed.
    #[test]
    fn d_07_no_linked_user() {
        let [firm, _, client] = scopes();
        let open = facts(Open);
        let alone = Facts { around: Circumstances { has_linked_user: false, ..open.around }, ..open };
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(may(TicketAct::PostMessage, &firm, &alone, now), Err(Code::NoLinkedUser));
        assert_eq!(may(TicketAct::PostNote, &firm, &alone, now), Ok(()));
        assert_eq!(may(TicketAct::PostMessage, &client, &alone, now), Ok(()));
    }
}
