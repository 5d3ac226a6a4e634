//! Status changes (D-02) and their effects: mails (D-05) and charges (D-10).

use futures_util::future::join3;
use serde::{Deserialize, Serialize};

use crate::desk::charge::commands::{Billed, follow_status};
use crate::shared::history::Changed;
use guichet_base::error::{Refusal, Result};
use guichet_base::id::{ActId, TicketId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_base::text_enum;
use guichet_engine::actor::{Actor, Author};
use guichet_engine::first;
use guichet_engine::pipeline::InOrder;
use guichet_engine::store::{Done, Store, Tx};

use super::case::{Case, Saved};
use super::history;
use super::mails;
use super::model::{TicketField, TicketStatus};
use super::news::TicketNews;
use super::notify;
use super::rules::{self, StatusChange, TicketAct};

/// Input for a status change.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeStatus {
    /// The ticket.
    pub id: TicketId,
    /// The new status.
    pub status: TicketStatus,
    /// The reason; required for rejecting and canceling (D-05).
    pub reason: Option<String>,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input for reopening.
#[derive(Debug, Clone, Serialize)]
pub struct Reopen {
    /// The ticket.
    pub id: TicketId,
    /// The reason.
    pub reason: Option<String>,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: Option<i32>,
}

text_enum! {
    /// The outcome of a status change, independent of the outcome of the mail.
    pub enum StatusOutcome {
        /// The ticket already had this status: nothing was changed, and no mail is sent.
        Unchanged = "UNCHANGED",
        /// The status was changed.
        Changed = "CHANGED",
        /// The ticket was closed and is open again.
        Reopened = "REOPENED",
    }
}

impl From<StatusChange> for StatusOutcome {
    fn from(change: StatusChange) -> Self {
        match change {
            StatusChange::Unchanged => Self::Unchanged,
            StatusChange::Changed(_) => Self::Changed,
            StatusChange::Reopened => Self::Reopened,
        }
    }
}

/// The result of a status change. The mails about it are found by `act_id` (D-04).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusChanged {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The outcome.
    pub outcome: StatusOutcome,
    /// The action in the history, and the cause of the mails; none when nothing changed.
    pub act_id: Option<ActId>,
}

/// Changes the status (D-02). For staff.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_OPEN`, `REASON_REQUIRED`, `CONFLICT`, refusals of the reason.
pub async fn change_status(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: ChangeStatus,
) -> Result<Done<StatusChanged>> {
    let reason = checked_reason(input.reason.as_deref())?;
    let mut tx = first!(store.begin_once(actor, "ticketStatusChange", key, &input).await?);
    let case = Case::lock(&mut tx, actor, input.id, TicketAct::ChangeStatus).await?;
    let change =
        rules::change_status(case.ticket.status, input.status, reason.is_some()).map_err(|code| {
            Refusal::of(
                if code == guichet_base::error::Code::ReasonRequired { "reason" } else { "status" },
                code,
            )
        })?;
    case.expect(input.expected_version)?;
    let changed = apply(&mut tx, actor, case, change, reason.as_deref(), "ticketStatusChange").await?;
    tx.commit(changed).await
}

/// Reopens a closed ticket (D-02). For staff, and for clients as far as the firm allows.
///
/// # Errors
/// `NOT_FOUND`, `TICKET_OPEN`, `REOPEN_NOT_OFFERED`, `REOPEN_PERIOD_OVER`, `CONFLICT`.
pub async fn reopen(store: &Store, actor: &Actor, key: &str, input: Reopen) -> Result<Done<StatusChanged>> {
    let reason = checked_reason(input.reason.as_deref())?;
    let mut tx = first!(store.begin_once(actor, "ticketReopen", key, &input).await?);
    let case = Case::lock(&mut tx, actor, input.id, TicketAct::Reopen).await?;
    case.expect(input.expected_version)?;
    let changed =
        apply(&mut tx, actor, case, StatusChange::Reopened, reason.as_deref(), "ticketReopen").await?;
    tx.commit(changed).await
}

fn checked_reason(reason: Option<&str>) -> Result<Option<String>> {
    let mut check = Check::new();
    let reason = reason.map(|reason| check.text("reason", reason, 0..=MAX_TEXT));
    check.done()?;
    Ok(reason.filter(|reason| !reason.is_empty()))
}

async fn apply(
    tx: &mut Tx,
    actor: &Actor,
    mut case: Case,
    change: StatusChange,
    reason: Option<&str>,
    act: &'static str,
) -> Result<StatusChanged> {
    let ticket_id = case.ticket.id;
    let outcome = change.into();
    let Some(status) = change.status() else {
        return Ok(StatusChanged { ticket_id, outcome, act_id: None });
    };
    let act_id = ActId::new();
    let from = std::mem::replace(&mut case.ticket.status, status);
    case.ticket.closed_at = status.is_closed().then_some(tx.now);
    let author = actor.membership.author();
    case.mark(tx, author, act, Saved::Fields);
    let moved = Changed::new(TicketField::Status, Some(from.to_string()), Some(status.to_string()));
    let ((), (), mailable) = join3(
        case.write(tx),
        history::record(tx, &case.ticket, act_id, author, std::slice::from_ref(&moved), reason),
        mails::mailable(tx, actor, &case),
    )
    .await
    .in_order()?;
    let [was_finished, is_finished] = [from, status].map(|status| status == TicketStatus::Finished);
    if was_finished || is_finished {
        let billed = Billed {
            id: ticket_id,
            client_id: case.ticket.client_id,
            price_minor: case.ticket.price_minor,
            currency: &case.ticket.currency,
            description: format!("#{} {}", case.ticket.number, case.ticket.subject),
        };
        follow_status(tx, &case.firm, billed, was_finished, is_finished).await?;
    }
    mails::status_change(tx, case.view(), act_id, mailable).await?;
    if let (StatusChange::Reopened, Author::Portal(_)) = (change, author) {
        notify::tell(tx, actor.into(), case.view(), act_id, TicketNews::Reopened).await?;
    }
    Ok(StatusChanged { ticket_id, outcome, act_id: Some(act_id) })
}
