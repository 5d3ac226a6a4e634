//! Rules of tasks, as pure functions. Commands apply them, `viewerCan` and `statusChoices` show them.

use chrono::NaiveDate;
use guichet_base::error::Code;
use guichet_base::text_enum;
use guichet_engine::actor::{Membership, Scope};

use crate::people::rights::{self, FirmAct};

use super::model::{Task, TaskOrigin, TaskStatus};

/// Most files of a task, including those of its comments.
pub const MAX_ATTACHMENTS: i64 = 500;
/// Most tasks of one act.
pub const MAX_AT_ONCE: usize = 200;

text_enum! {
    /// An action on a task.
    pub enum TaskAct {
        /// Change the title, description or dates with `taskEdit`, or the dates with `tasksDueDateSet`.
        Edit = "EDIT",
        /// Give the task to another person with `taskAssign` or `tasksAssign`.
        Assign = "ASSIGN",
        /// Change the status with `taskStatusChange` or `tasksStatusChange`.
        ChangeStatus = "CHANGE_STATUS",
        /// Write a comment with `taskCommentPost`.
        Comment = "COMMENT",
        /// Attach files with `taskFileAttach`.
        AttachFile = "ATTACH_FILE",
        /// Mark the comments as read with `taskMarkRead`.
        MarkRead = "MARK_READ",
        /// Take the task back with `taskUndo`.
        Undo = "UNDO",
    }
}

/// Whether a viewer with this scope may do `act` on a task with this status, or why not. Clients see no tasks (C-01). Of what
/// depends on more, see [`may_undo`].
///
/// # Errors
/// The code that the command would return.
pub fn may(act: TaskAct, scope: &Scope, status: TaskStatus) -> Result<(), Code> {
    if !scope.is_staff() {
        return Err(Code::NotAllowed);
    }
    match act {
        TaskAct::Edit | TaskAct::Assign if status.is_closed() => Err(Code::TaskClosed),
        TaskAct::Edit
        | TaskAct::Assign
        | TaskAct::ChangeStatus
        | TaskAct::Comment
        | TaskAct::AttachFile
        | TaskAct::MarkRead
        | TaskAct::Undo => Ok(()),
    }
}

/// Whether a person may take a task back (C-11), as far as the task itself tells: `taskUndo` also keeps one whose documents
/// somebody touched.
///
/// # Errors
/// `NOT_ALLOWED`, `TASK_TOUCHED`.
pub fn may_undo(by: &Membership, task: &Task) -> Result<(), Code> {
    rights::may(by, FirmAct::TaskGenerationRun)?;
    let is_as_made = task.origin == TaskOrigin::Recurring && task.is_untouched && task.last_message_seq == 0;
    if is_as_made { Ok(()) } else { Err(Code::TaskTouched) }
}

/// The effect of a requested status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusChange {
    /// It has this status already.
    Unchanged,
    /// It gets this status.
    Changed(TaskStatus),
    /// It was closed, and is open again with this status.
    Reopened(TaskStatus),
}

impl StatusChange {
    /// The new status, if it changes.
    pub const fn status(self) -> Option<TaskStatus> {
        match self {
            Self::Unchanged => None,
            Self::Changed(status) | Self::Reopened(status) => Some(status),
        }
    }
}

/// What a person's wish for a status does (C-03). `lacks_documents` says whether required documents are missing;
/// `confirmed`, whether the person knows.
///
/// # Errors
/// `STATUS_NOT_SETTABLE` for the status that the program sets; `DOCUMENTS_MISSING`.
pub fn change_status(
    from: TaskStatus,
    to: TaskStatus,
    lacks_documents: bool,
    confirmed: bool,
) -> Result<StatusChange, Code> {
    if from == to {
        return Ok(StatusChange::Unchanged);
    }
    match to {
        TaskStatus::WaitingClient => Err(Code::StatusNotSettable),
        TaskStatus::Done if lacks_documents && !confirmed => Err(Code::DocumentsMissing),
        to if from.is_closed() && !to.is_closed() => Ok(StatusChange::Reopened(to)),
        to => Ok(StatusChange::Changed(to)),
    }
}

/// A status that a person can give a task now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChoice {
    /// What choosing it does.
    pub change: StatusChange,
    /// The status.
    pub status: TaskStatus,
    /// Whether the person must confirm that required documents are missing.
    pub needs_confirmation: bool,
}

/// The statuses that [`change_status`] can give a task; none to those who may not change it.
pub fn status_choices(scope: &Scope, from: TaskStatus, lacks_documents: bool) -> Vec<StatusChoice> {
    if may(TaskAct::ChangeStatus, scope, from).is_err() {
        return Vec::new();
    }
    let choice = |status: &TaskStatus| {
        let change = change_status(from, *status, lacks_documents, true).ok()?;
        change.status()?;
        let needs_confirmation = change_status(from, *status, lacks_documents, false).is_err();
        Some(StatusChoice { change, status: *status, needs_confirmation })
    };
    TaskStatus::ALL.iter().filter_map(choice).collect()
}

/// Whether it is late: not closed, and legally due before the firm's day.
pub fn is_overdue(status: TaskStatus, legal_due_on: Option<NaiveDate>, today: NaiveDate) -> bool {
    !status.is_closed() && legal_due_on.is_some_and(|due| due < today)
}

#[cfg(test)]
mod tests {
    use guichet_base::id::{ClientId, FirmId, StaffId};
    use guichet_engine::actor::{Areas, PortalReach};
    use proptest::prelude::*;

    use super::*;
    use TaskStatus::{Canceled, Done, InProgress, Todo, WaitingClient};

    fn scopes() -> [Scope; 3] {
        let firm = FirmId::new();
        [
            Scope::firm(firm),
            Scope::own(firm, StaffId::new()),
            Scope::portal(firm, PortalReach::new([ClientId::new()], Areas::ALL)),
        ]
    }

    /// C-03: the whole table of status changes, 5 × 5.
    #[test]
    fn c_03_every_pair() {
        for from in TaskStatus::ALL.iter().copied() {
            for to in TaskStatus::ALL.iter().copied() {
                let expected = match (from, to) {
                    (from, to) if from == to => Ok(StatusChange::Unchanged),
                    (_, WaitingClient) => Err(Code::StatusNotSettable),
                    (Done | Canceled, Todo | InProgress) => Ok(StatusChange::Reopened(to)),
                    _ => Ok(StatusChange::Changed(to)),
                };
                assert_eq!(change_status(from, to, false, false), expected, "{from} → {to}");
            }
        }
    }

    /// C-03: done without what is required wants a confirmation, and nothing else does.
    #[test]
    fn c_03_missing_documents() {
        assert_eq!(change_status(Todo, Done, true, false), Err(Code::DocumentsMissing));
        assert_eq!(change_status(Todo, Done, true, true), Ok(StatusChange::Changed(Done)));
        assert_eq!(change_status(Done, Done, true, false), Ok(StatusChange::Unchanged));
        for to in [InProgress, Canceled] {
            assert_eq!(change_status(Todo, to, true, false), Ok(StatusChange::Changed(to)));
        }
    }

    /// C-01, C-03: who may do what, by state.
    #[test]
    fn c_01_acts() {
        let [firm, own, client] = scopes();
        for status in TaskStatus::ALL.iter().copied() {
            for act in TaskAct::ALL.iter().copied() {
                let is_for_open = matches!(act, TaskAct::Edit | TaskAct::Assign);
                let expected = if is_for_open && status.is_closed() { Err(Code::TaskClosed) } else { Ok(()) };
                assert_eq!(may(act, &firm, status), expected, "{act} {status}");
                assert_eq!(may(act, &own, status), expected, "{act} {status}");
                assert_eq!(may(act, &client, status), Err(Code::NotAllowed), "{act} {status}");
            }
            assert_eq!(status_choices(&client, status, false), []);
        }
    }

    /// C-03: what is offered is what the command does, and nothing else.
    #[test]
    fn c_03_choices_are_what_can_be_done() {
        let [firm, ..] = scopes();
        for from in TaskStatus::ALL.iter().copied() {
            for lacks in [false, true] {
                let choices = status_choices(&firm, from, lacks);
                for to in TaskStatus::ALL.iter().copied() {
                    let offered = choices.iter().find(|choice| choice.status == to);
                    let change = change_status(from, to, lacks, true).ok();
                    let change = change.filter(|change| change.status().is_some());
                    assert_eq!(offered.map(|choice| choice.change), change, "{from} → {to}");
                    let asks = offered.is_some_and(|choice| choice.needs_confirmation);
                    assert_eq!(asks, to == Done && from != Done && lacks, "{from} → {to}");
                }
            }
        }
    }

    proptest! {
        /// C-03: whatever is asked for, no person sets what the program sets, and a change leads to what was asked for.
        #[test]
        fn c_03_walks(steps in proptest::collection::vec((0usize..5, any::<bool>(), any::<bool>()), 0..40)) {
            let mut status = Todo;
            for (step, lacks, confirmed) in steps {
                let to = TaskStatus::ALL[step];
                if let Ok(change) = change_status(status, to, lacks, confirmed) {
                    if let Some(next) = change.status() {
                        prop_assert_eq!(next, to);
                        prop_assert_eq!(matches!(change, StatusChange::Reopened(_)), status.is_closed() && !to.is_closed());
                        status = next;
                    }
                    prop_assert_ne!(status, WaitingClient);
                }
            }
        }

        /// C-03: it is late from the day after its legal date on, until it is closed.
        #[test]
        fn c_03_overdue(days in 0i64..100_000, status in 0usize..5) {
            let due = NaiveDate::MIN + chrono::TimeDelta::days(days + 1);
            let status = TaskStatus::ALL[status];
            prop_assert!(!is_overdue(status, Some(due), due));
            prop_assert!(!is_overdue(status, None, due));
            prop_assert_eq!(is_overdue(status, Some(due), due.succ_opt().unwrap()), !status.is_closed());
        }
    }
}
