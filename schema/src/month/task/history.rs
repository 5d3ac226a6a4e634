//! The history of a task: the fields that it records (D-08). No client sees any of it (C-01).

use guichet_base::error::Result;
use guichet_base::id::{ActId, TaskId};
use guichet_base::text_enum;
use guichet_engine::actor::Actor;
use guichet_engine::store::Tx;

use crate::shared::history::{self, Changed, Field};

use super::model::Task;

text_enum! {
    /// A field in the history of a task.
    pub enum TaskField {
        /// The task was entered by hand. The value is its status.
        Created = "CREATED",
        /// The status.
        Status = "STATUS",
        /// The title.
        Title = "TITLE",
        /// The description.
        Description = "DESCRIPTION",
        /// The assignee. The value is the ID of a `StaffMember`.
        Assignee = "ASSIGNEE",
        /// The due date of the law. The value is a date.
        LegalDueOn = "LEGAL_DUE_ON",
        /// The date of the firm's own. The value is a date.
        TargetOn = "TARGET_ON",
        /// The date until which the client hands in what is needed. The value is a date.
        HandInBy = "HAND_IN_BY",
        /// A file was attached. The value is the ID of a `File`.
        File = "FILE",
    }
}

impl Field for TaskField {
    type Of = TaskId;
    const ALL: &'static [Self] = Self::ALL;

    fn as_str(self) -> &'static str {
        self.as_str()
    }

    fn is_public(self) -> bool {
        false
    }
}

/// Records what one act of staff changed.
pub(super) async fn record(
    tx: &Tx,
    actor: &Actor,
    task: &Task,
    act: ActId,
    changed: &[Changed],
    reason: Option<&str>,
) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let author = actor.membership.author();
    history::record(tx, task.firm_id, task.id.into(), act, author, changed, reason).await
}
