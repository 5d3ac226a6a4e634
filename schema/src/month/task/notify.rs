//! Tells staff of tasks that somebody else gave them (D-11).

use guichet_base::error::Result;
use guichet_base::id::ActId;
use guichet_engine::actor::Actor;
use guichet_engine::store::Tx;

use crate::people::recipients;
use crate::shared::notification;
use crate::shared::notification::model::NotificationKind;

use super::case::Case;

/// Tells their new assignee, the same for all, of the tasks that one act gave; of several by one notification, about the
/// first. Who takes tasks is not told.
pub(super) async fn assigned(tx: &mut Tx, actor: &Actor, act: ActId, given: &[&Case]) -> Result<()> {
    let Some(first) = given.first() else { return Ok(()) };
    let staff_id = first.task.assignee_id;
    let Some(assignee) = recipients::colleague(tx.conn(), staff_id).await? else { return Ok(()) };
    if assignee.account_id == actor.account_id {
        return Ok(());
    }
    tx.keep_pace(actor)?;
    let kind =
        if given.len() == 1 { NotificationKind::TaskAssigned } else { NotificationKind::TasksAssigned };
    let (told, facts) = (assignee.told(kind), serde_json::json!({}));
    notification::announce::tell(tx, actor.membership.author(), &first.occasion(act), facts, vec![told]).await
}
