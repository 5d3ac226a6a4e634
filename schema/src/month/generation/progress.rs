//! What people are told while tasks are made and taken back, in the transaction of each chunk: no crash comes between them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Integer, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{ActId, FirmId, GenerationId, Id, StaffId, TaskId};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::subject::Subject;
use guichet_engine::tables::generations;
use sha2::{Digest, Sha256};

use crate::shared::notification::announce::{Tally, tally};
use crate::shared::notification::model::NotificationKind;

use super::model::{Generation, GenerationState};
use super::run::{Made, Order};

/// Counts tasks that were made, in the row of the run that a person follows, and for each assignee, who is told once a run.
/// Who asked for the run is told of all of it at its end.
pub(super) async fn made(
    tx: &mut Tx,
    order: &Order,
    requested_by: Option<StaffId>,
    made: &[Made],
) -> Result<()> {
    if let Some(id) = order.generation_id {
        count(tx, order.firm_id, id, "made = made + $2", made.len()).await?;
    }
    let mut of: BTreeMap<StaffId, (TaskId, i32)> = BTreeMap::new();
    for task in made.iter().filter(|task| Some(task.assignee_id) != requested_by) {
        of.entry(task.assignee_id).or_insert((task.id, 0)).1 += 1;
    }
    let told: Vec<Tally> = of
        .into_iter()
        .map(|(staff_id, (task, count))| Tally { staff_id, subject: Subject::of(task), count })
        .collect();
    let act = order.generation_id.map_or_else(|| act(order), act_of);
    tally(tx, order.firm_id, act, requested_by, NotificationKind::TasksGenerated, &told).await
}

/// The act of a run that a person follows.
fn act_of(id: GenerationId) -> ActId {
    ActId::from_uuid(id.uuid())
}

/// The act of a run that no person follows: the same when it begins again.
fn act(order: &Order) -> ActId {
    let mut digest = Sha256::new();
    digest.update(order.firm_id.uuid().as_bytes());
    digest.update(order.today.to_string().as_bytes());
    for recurring in order.only.recurring.iter().flatten() {
        digest.update(recurring.uuid().as_bytes());
    }
    let digest = digest.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    ActId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// A run in this state, locked until the transaction ends; none when it is in another one.
pub(super) async fn lock(
    tx: &mut Tx,
    id: GenerationId,
    state: GenerationState,
) -> Result<Option<Generation>> {
    Ok(generations::table
        .find(id)
        .filter(generations::state.eq(state))
        .select(Generation::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await
        .optional()?)
}

/// Counts in the row of a run; `set` is what becomes of it, with the number as `$2`.
pub(super) async fn count(
    tx: &mut Tx,
    firm: FirmId,
    id: GenerationId,
    set: &'static str,
    number: usize,
) -> Result<()> {
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    diesel::sql_query(format!("UPDATE generations SET version = version + 1, {set} WHERE id = $1"))
        .bind::<SqlUuid, _>(id)
        .bind::<Integer, _>(number)
        .execute(tx.conn())
        .await?;
    tx.event(firm, Event::changed(id, Audience::staff()));
    Ok(())
}

/// Ends a run that was in the state `from` and whose job was given up. A run in another state is left unchanged.
pub(super) async fn fail(store: &Store, id: GenerationId, from: GenerationState) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    let Some(run) = lock(&mut tx, id, from).await? else { return Ok(()) };
    let now = tx.now;
    diesel::update(generations::table.find(id))
        .set((
            generations::state.eq(GenerationState::Failed),
            generations::finished_at.eq(now),
            generations::version.eq(generations::version + 1),
        ))
        .execute(tx.conn())
        .await?;
    tx.event(run.firm_id, Event::changed(id, run.audience()));
    tx.commit(()).await?;
    Ok(())
}

/// Ends a run that was in the state `from`, and tells the person who asked for it. Ending twice has one effect.
pub(super) async fn end(
    tx: &mut Tx,
    id: GenerationId,
    from: GenerationState,
    to: GenerationState,
) -> Result<()> {
    let now = tx.now;
    let ended: Option<Generation> = diesel::update(generations::table.find(id))
        .filter(generations::state.eq(from))
        .set((
            generations::state.eq(to),
            generations::finished_at.eq(now),
            // Of several that began at once, the last may have counted what another was making.
            generations::planned.eq(generations::made),
            generations::version.eq(generations::version + 1),
        ))
        .returning(Generation::as_returning())
        .get_result(tx.conn())
        .await
        .optional()?;
    let Some(ended) = ended else { return Ok(()) };
    tx.event(ended.firm_id, Event::changed(id, ended.audience()));
    let (Some(staff_id), GenerationState::Done) = (ended.requested_by, to) else { return Ok(()) };
    let told = Tally { staff_id, subject: Subject::of(id), count: ended.made };
    tally(tx, ended.firm_id, act_of(id), Some(staff_id), NotificationKind::TasksGenerated, &[told]).await
}
