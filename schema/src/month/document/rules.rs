//! Rules of documents, as pure functions. Commands apply them, `viewerCan` shows them.

use chrono::{DateTime, NaiveDate, Utc};
use guichet_base::error::Code;
use guichet_base::text_enum;
use guichet_engine::actor::Membership;
use guichet_obligations::Direction;

use super::model::{Document, DocumentApproval, DocumentState, DocumentVersion};
use crate::month::task::model::TaskStatus;
use crate::month::task_type::model::Takes;

/// Most files per action.
pub const MAX_ITEMS: usize = 50;
/// Most versions of a document.
pub const MAX_VERSIONS: i32 = 200;
/// Longest reason or comment, in characters.
pub const MAX_REASON: usize = 2_000;

text_enum! {
    /// How a document stands for the client, for symbols and colours.
    pub enum DocumentMark {
        /// Delivered, not opened, and its due date is over.
        OverdueUnread = "OVERDUE_UNREAD",
        /// Delivered, not opened, and due today.
        DueTodayUnread = "DUE_TODAY_UNREAD",
        /// Delivered, not opened, and due later or without a due date.
        UpcomingUnread = "UPCOMING_UNREAD",
        /// Delivered, and opened by somebody of the client.
        Read = "READ",
        /// To be delivered by the firm. Never late for the client.
        AwaitingFirm = "AWAITING_FIRM",
        /// To be handed in by the client.
        ToHandIn = "TO_HAND_IN",
        /// To be handed in by the client, and the day for it is over.
        OverdueToHandIn = "OVERDUE_TO_HAND_IN",
        /// Nothing is left to do for the client: handed in, nothing to submit, or not expected any more.
        Settled = "SETTLED",
    }
}

/// What the mark of a document depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Who brings it.
    pub direction: Direction,
    /// Where it stands.
    pub state: DocumentState,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// When it was opened.
    pub read_at: Option<DateTime<Utc>>,
    /// Its due date.
    pub due_on: Option<NaiveDate>,
}

impl From<&Document> for Standing {
    fn from(document: &Document) -> Self {
        let Document { direction, state, published_at, read_at, due_on, .. } = *document;
        Self { direction, state, published_at, read_at, due_on }
    }
}

/// the mark of a document on the firm's day `today`.
pub fn mark(of: Standing, today: NaiveDate) -> DocumentMark {
    let is_over = of.due_on.is_some_and(|due| due < today);
    match (of.direction, of.state) {
        (Direction::Output, _) if of.published_at.is_some() => match of.due_on {
            _ if of.read_at.is_some() => DocumentMark::Read,
            Some(_) if is_over => DocumentMark::OverdueUnread,
            Some(due) if due == today => DocumentMark::DueTodayUnread,
            _ => DocumentMark::UpcomingUnread,
        },
        (_, DocumentState::Dropped) => DocumentMark::Settled,
        (Direction::Output, _) => DocumentMark::AwaitingFirm,
        (Direction::Input, DocumentState::Expected | DocumentState::Rejected) if is_over => {
            DocumentMark::OverdueToHandIn
        }
        (Direction::Input, DocumentState::Expected | DocumentState::Rejected) => DocumentMark::ToHandIn,
        (Direction::Input, DocumentState::Filed | DocumentState::NothingToSubmit) => DocumentMark::Settled,
    }
}

/// The same as an expression over the columns of `documents`.
pub fn mark_sql(today: NaiveDate) -> String {
    format!(
        "CASE WHEN documents.direction = 'OUTPUT' AND documents.published_at IS NOT NULL THEN
             CASE WHEN documents.read_at IS NOT NULL THEN 'READ'
                 WHEN documents.due_on < '{today}' THEN 'OVERDUE_UNREAD'
                 WHEN documents.due_on = '{today}' THEN 'DUE_TODAY_UNREAD' ELSE 'UPCOMING_UNREAD' END
         WHEN documents.state = 'DROPPED' THEN 'SETTLED'
         WHEN documents.direction = 'OUTPUT' THEN 'AWAITING_FIRM'
         WHEN documents.state IN ('EXPECTED', 'REJECTED') THEN
             CASE WHEN documents.due_on < '{today}' THEN 'OVERDUE_TO_HAND_IN' ELSE 'TO_HAND_IN' END
         ELSE 'SETTLED' END"
    )
}

text_enum! {
    /// An action on a document.
    pub enum DocumentAct {
        /// Hand files in with `documentHandIn`; for staff also what is delivered.
        HandIn = "HAND_IN",
        /// Say with `documentNothingToSubmit` that there is nothing to submit, or take it back.
        NothingToSubmit = "NOTHING_TO_SUBMIT",
        /// Reject what was handed in with `documentReject`.
        Reject = "REJECT",
        /// Publish what is delivered with `documentPublish`.
        Publish = "PUBLISH",
        /// Say with `documentDrop` that the task does not need it, or that it does.
        Drop = "DROP",
        /// Take back with `documentUnpublish` what was published and nobody of the client has opened.
        Unpublish = "UNPUBLISH",
        /// Approve what was delivered with `documentApprove`.
        Approve = "APPROVE",
        /// Contest what was delivered with `documentContest`.
        Contest = "CONTEST",
    }
}

/// What an act on a document depends on beside the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// The status of its task, if it has one.
    pub task: Option<TaskStatus>,
    /// Whether the firm accepts files after the task is done.
    pub late_files: bool,
    /// Whether a version of what the firm delivers waits to be published.
    pub has_draft: bool,
}

impl Terms {
    /// Whether a file that comes now is late.
    pub fn is_late(&self) -> bool {
        self.task == Some(TaskStatus::Done)
    }

    /// Whether its task is canceled: nothing is expected of it any more.
    pub fn is_canceled(&self) -> bool {
        self.task == Some(TaskStatus::Canceled)
    }
}

/// Whether a person who can see a document may do `act` now, or why not.
///
/// # Errors
/// The code that the command would return.
pub fn may(act: DocumentAct, by: &Membership, document: &Document, terms: Terms) -> Result<(), Code> {
    let is_staff = matches!(by, Membership::Staff(_));
    let is_staffs = matches!(
        act,
        DocumentAct::Reject | DocumentAct::Publish | DocumentAct::Drop | DocumentAct::Unpublish
    );
    let is_clients = matches!(act, DocumentAct::Approve | DocumentAct::Contest);
    if is_staffs && !is_staff || is_clients && is_staff {
        return Err(Code::NotAllowed);
    }
    let wants_output = match act {
        DocumentAct::HandIn => is_staff && document.is_output(),
        DocumentAct::Drop => document.is_output(),
        DocumentAct::NothingToSubmit | DocumentAct::Reject => false,
        DocumentAct::Publish | DocumentAct::Unpublish | DocumentAct::Approve | DocumentAct::Contest => true,
    };
    if wants_output != document.is_output() {
        return Err(Code::WrongDirection);
    }
    let is_gone = document.state == DocumentState::Dropped || terms.is_canceled();
    match act {
        DocumentAct::HandIn | DocumentAct::NothingToSubmit | DocumentAct::Publish if is_gone => {
            Err(Code::DocumentNotExpected)
        }
        DocumentAct::HandIn if !document.is_output() && terms.is_late() && !terms.late_files => {
            Err(Code::DocumentTooLate)
        }
        DocumentAct::Drop if terms.task.is_some_and(TaskStatus::is_closed) => Err(Code::TaskClosed),
        DocumentAct::NothingToSubmit | DocumentAct::Drop if document.state == DocumentState::Filed => {
            Err(Code::DocumentFiled)
        }
        DocumentAct::Reject if document.state != DocumentState::Filed => Err(Code::NothingToReject),
        DocumentAct::Publish if !terms.has_draft => Err(Code::NothingToPublish),
        DocumentAct::Unpublish if document.published_at.is_none() => Err(Code::NothingToUnpublish),
        DocumentAct::Unpublish if document.read_at.is_some() => Err(Code::DocumentRead),
        DocumentAct::Approve | DocumentAct::Contest if document.approval.is_none() => {
            Err(Code::ApprovalNotAsked)
        }
        _ => Ok(()),
    }
}

/// Lets a stored file count. `others` are the other versions of the document.
pub fn store(
    document: &mut Document,
    version: &mut DocumentVersion,
    others: &mut [DocumentVersion],
    now: DateTime<Utc>,
) {
    version.stored_at = Some(now);
    if is_known(document, version, others) {
        version.is_duplicate = true;
        return;
    }
    if document.is_output() {
        return;
    }
    let is_behind = others.iter().any(|other| other.is_current && other.number > version.number);
    if document.takes == Takes::Replace && is_behind {
        // A later one was stored first.
        return;
    }
    replace(document, version, others);
    if document.state != DocumentState::Dropped {
        document.state = DocumentState::Filed;
    }
    touch(document, now);
}

/// Shows a stored file to the client: a new version is unread again, and waits for approval again.
pub fn publish(
    document: &mut Document,
    version: &mut DocumentVersion,
    others: &mut [DocumentVersion],
    now: DateTime<Utc>,
) {
    replace(document, version, others);
    version.published_at = Some(now);
    document.state = DocumentState::Filed;
    document.published_at = Some(now);
    document.read_at = None;
    document.approval = document.wants_approval.then_some(DocumentApproval::Waiting);
    touch(document, now);
}

/// Takes back a published version that nobody of the client has opened: what it had replaced is shown again.
pub fn unpublish(
    document: &mut Document,
    version: &mut DocumentVersion,
    others: &mut [DocumentVersion],
    terms: Terms,
    now: DateTime<Utc>,
) {
    (version.is_current, version.published_at) = (false, None);
    if document.takes == Takes::Replace {
        let earlier = others.iter_mut().filter(|other| other.published_at.is_some());
        if let Some(earlier) = earlier.max_by_key(|other| other.number) {
            earlier.is_current = true;
        }
    }
    let shown: Vec<&DocumentVersion> = others.iter().filter(|other| other.is_current).collect();
    let is_read = shown.iter().all(|other| other.read_at.is_some());
    document.published_at = shown.iter().filter_map(|other| other.published_at).max();
    document.read_at = shown.iter().filter_map(|other| other.read_at).max().filter(|_| is_read);
    document.approval =
        document.published_at.filter(|_| document.wants_approval).map(|_| DocumentApproval::Waiting);
    document.state = match document.published_at {
        Some(_) => DocumentState::Filed,
        None if terms.is_canceled() => DocumentState::Dropped,
        None => DocumentState::Expected,
    };
    touch(document, now);
}

/// Whether a version waits to be published. What was taken back does not.
pub fn is_draft(document: &Document, version: &DocumentVersion) -> bool {
    document.is_output()
        && version.stored_at.is_some()
        && version.published_at.is_none()
        && version.rejected_at.is_none()
        && !version.is_duplicate
}

/// Marks as changed for everybody who sees the document.
pub fn touch(document: &mut Document, now: DateTime<Utc>) {
    document.version += 1;
    document.updated_at = now;
}

/// Whether the same content is there already: it counts, or waits to be stored or published. What was rejected or replaced
/// may come again.
pub fn is_known(document: &Document, version: &DocumentVersion, others: &[DocumentVersion]) -> bool {
    let is_there = |other: &DocumentVersion| {
        let waits = match document.is_output() {
            true => other.published_at.is_none() && !was_replaced(other, others),
            false => other.stored_at.is_none(),
        };
        other.rejected_at.is_none() && !other.is_duplicate && (other.is_current || waits)
    };
    version.sha256.is_some()
        && others.iter().any(|other| {
            other.id != version.id
                && other.number < version.number
                && other.sha256 == version.sha256
                && is_there(other)
        })
}

/// Whether a version counted, and another took its place: it is stored and does not count, though a later one does.
fn was_replaced(version: &DocumentVersion, others: &[DocumentVersion]) -> bool {
    version.stored_at.is_some()
        && !version.is_current
        && others.iter().any(|other| other.is_current && other.number > version.number)
}

fn replace(document: &Document, version: &mut DocumentVersion, others: &mut [DocumentVersion]) {
    if document.takes == Takes::Replace {
        others.iter_mut().for_each(|other| other.is_current = false);
    }
    version.is_current = true;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    /// each mark, case by case.
    #[test]
    fn a_04_marks() {
        use DocumentMark as M;
        use DocumentState as S;
        let at = DateTime::from_timestamp(1_790_000_000, 0);
        let (output, input) = (Direction::Output, Direction::Input);
        let cases = [
            (output, S::Filed, at, None, Some(9), M::OverdueUnread),
            (output, S::Filed, at, None, Some(10), M::DueTodayUnread),
            (output, S::Filed, at, None, Some(11), M::UpcomingUnread),
            (output, S::Filed, at, None, None, M::UpcomingUnread),
            (output, S::Filed, at, at, Some(9), M::Read),
            (output, S::Filed, at, at, None, M::Read),
            // Without a file the client is never late.
            (output, S::Expected, None, None, Some(9), M::AwaitingFirm),
            (output, S::Expected, None, None, None, M::AwaitingFirm),
            (output, S::Dropped, None, None, Some(9), M::Settled),
            // What was delivered stays delivered.
            (output, S::Dropped, at, None, Some(9), M::OverdueUnread),
            (input, S::Expected, None, None, Some(9), M::OverdueToHandIn),
            (input, S::Expected, None, None, Some(10), M::ToHandIn),
            (input, S::Expected, None, None, None, M::ToHandIn),
            (input, S::Rejected, None, None, Some(9), M::OverdueToHandIn),
            (input, S::Rejected, None, None, Some(11), M::ToHandIn),
            (input, S::Filed, None, None, Some(9), M::Settled),
            (input, S::NothingToSubmit, None, None, Some(9), M::Settled),
            (input, S::Dropped, None, None, Some(9), M::Settled),
        ];
        for (direction, state, published_at, read_at, due, expected) in cases {
            let of = Standing { direction, state, published_at, read_at, due_on: due.map(day) };
            assert_eq!(mark(of, day(10)), expected, "{of:?}");
        }
    }
}
