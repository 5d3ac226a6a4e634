//! Status changes of tasks (C-03).

use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ActId, TaskId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_base::text_enum;
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use serde::{Deserialize, Serialize};

use crate::shared::history::Changed;

use super::case::{Case, Saved};
use super::documents;
use super::history::{self, TaskField};
use super::model::TaskStatus;
use super::rules::{self, StatusChange, TaskAct};

/// What a person wishes for the status of a task, or of several.
#[derive(Debug, Clone, Serialize)]
pub struct WishStatus {
    /// The new status.
    pub status: TaskStatus,
    /// Why, if that is told.
    pub reason: Option<String>,
    /// Whether the person knows that required documents are missing.
    pub confirm_missing: bool,
}

impl WishStatus {
    /// The same with the reason in its form, none for a blank one.
    pub(super) fn checked(self) -> Result<Self> {
        let mut check = Check::new();
        let reason = self.reason.as_deref().map(|reason| check.text("reason", reason, 0..=MAX_TEXT));
        check.done()?;
        Ok(Self { reason: reason.filter(|reason| !reason.is_empty()), ..self })
    }
}

/// Input for a status change.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeStatus {
    /// The task.
    pub id: TaskId,
    /// What is wished for.
    pub wish: WishStatus,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: Option<i32>,
}

text_enum! {
    /// The outcome of a status change.
    pub enum StatusOutcome {
        /// The task already had this status: nothing was changed.
        Unchanged = "UNCHANGED",
        /// The status was changed.
        Changed = "CHANGED",
        /// The task was done or canceled and is open again.
        Reopened = "REOPENED",
    }
}

impl From<StatusChange> for StatusOutcome {
    fn from(change: StatusChange) -> Self {
        match change {
            StatusChange::Unchanged => Self::Unchanged,
            StatusChange::Changed(_) => Self::Changed,
            StatusChange::Reopened(_) => Self::Reopened,
        }
    }
}

/// The result of a status change.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct StatusChanged {
    /// The task.
    pub task_id: TaskId,
    /// The outcome.
    pub outcome: StatusOutcome,
}

/// Changes the status of a task (C-03). Canceling drops its expected documents, and leaving that status brings them back.
/// For staff.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `CONFLICT`; `STATUS_NOT_SETTABLE` about `status`; `DOCUMENTS_MISSING` about
/// `confirmMissing`; refusals of the reason.
pub async fn change_status(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: ChangeStatus,
) -> Result<Done<StatusChanged>> {
    let wish = input.wish.clone().checked()?;
    let mut tx = first!(store.begin_once(actor, "taskStatusChange", key, &input).await?);
    let case = Case::lock(&mut tx, actor, input.id, TaskAct::ChangeStatus).await?;
    case.expect(input.expected_version)?;
    let missing = documents::missing(tx.conn(), &actor.scope(), &[input.id]).await?;
    let lacks = missing.contains_key(&input.id);
    let change = rules::change_status(case.task.status, wish.status, lacks, wish.confirm_missing)
        .map_err(|code| Refusal::of(blamed(code), code))?;
    apply(&mut tx, actor, case, ActId::new(), change, wish.reason.as_deref(), "taskStatusChange").await?;
    tx.commit(StatusChanged { task_id: input.id, outcome: change.into() }).await
}

/// The field that a refusal of a status is about.
fn blamed(code: Code) -> &'static str {
    if code == Code::DocumentsMissing { "confirmMissing" } else { "status" }
}

/// Changes the status of a locked task, as the rules allowed it.
pub(super) async fn apply(
    tx: &mut Tx,
    actor: &Actor,
    mut case: Case,
    act_id: ActId,
    change: StatusChange,
    reason: Option<&str>,
    act: &'static str,
) -> Result<()> {
    let Some(status) = change.status() else { return Ok(()) };
    case.task.status = status;
    case.save(tx, act, Saved::Fields).await?;
    let moved = Changed::new(TaskField::Status, Some(case.old.status.to_string()), Some(status.to_string()));
    history::record(tx, actor, &case.task, act_id, &[moved], reason).await
}
