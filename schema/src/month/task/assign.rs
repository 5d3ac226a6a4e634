//! Giving tasks to somebody else (C-02, D-09).

use guichet_base::error::Result;
use guichet_base::id::{ActId, Id, StaffId, TaskId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use serde::Serialize;

use crate::shared::history::Changed;

use super::case::{Case, Saved};
use super::commands::check_works_here;
use super::history::{self, TaskField};
use super::notify;
use super::rules::TaskAct;

/// To whom tasks are given.
#[derive(Debug, Clone, Serialize)]
pub struct AssignTo {
    /// The person.
    pub assignee_id: StaffId,
    /// A note for that person.
    pub note: String,
}

impl AssignTo {
    /// The same with the note in its form.
    pub(super) fn checked(self) -> Result<Self> {
        let mut check = Check::new();
        let note = check.text("note", &self.note, 0..=MAX_TEXT);
        check.done()?;
        Ok(Self { note, ..self })
    }
}

/// Input for giving a task to somebody.
#[derive(Debug, Clone, Serialize)]
pub struct AssignTask {
    /// The task.
    pub id: TaskId,
    /// To whom.
    pub to: AssignTo,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Gives an open task to a staff member (C-02), who is told of it (D-11). Who has it already keeps it, and is not told.
/// For staff.
///
/// # Errors
/// `NOT_FOUND` about `id`, `assigneeId`; `NOT_ALLOWED`, `TASK_CLOSED`, `CONFLICT`, `TOO_FAST`; refusals of the note.
pub async fn assign(store: &Store, actor: &Actor, key: &str, input: AssignTask) -> Result<Done<TaskId>> {
    let to = input.to.clone().checked()?;
    let mut tx = first!(store.begin_once(actor, "taskAssign", key, &input).await?);
    let mut case = Case::lock(&mut tx, actor, input.id, TaskAct::Assign).await?;
    case.expect(input.expected_version)?;
    check_works_here(tx.conn(), case.firm.id, to.assignee_id).await?;
    let act = ActId::new();
    if apply(&mut tx, actor, &mut case, act, &to, "taskAssign").await? {
        notify::assigned(&mut tx, actor, act, &[&case]).await?;
    }
    tx.commit(input.id).await
}

/// Gives a locked task to a person of the firm; returns whether it was somebody else's.
pub(super) async fn apply(
    tx: &mut Tx,
    actor: &Actor,
    case: &mut Case,
    act_id: ActId,
    to: &AssignTo,
    act: &'static str,
) -> Result<bool> {
    let from = std::mem::replace(&mut case.task.assignee_id, to.assignee_id);
    let moved = Changed::between(TaskField::Assignee, Some(from.encode()), Some(to.assignee_id.encode()));
    let Some(moved) = moved else { return Ok(false) };
    case.save(tx, act, Saved::Fields).await?;
    let note = (!to.note.is_empty()).then_some(to.note.as_str());
    history::record(tx, actor, &case.task, act_id, &[moved], note).await?;
    Ok(true)
}
