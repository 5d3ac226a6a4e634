//! Writes the tasks that recurring tasks lack, with their documents: in chunks, each in a transaction of its own, so that
//! staff go on working and nothing is lost when the process dies.
//!
//! `known` reads what dates are computed with, `chunk` plans some recurring tasks at a time, `write` writes what was planned.
//! `by_hand` does as they do for tasks that a person enters.

pub(crate) mod by_hand;
mod chunk;
mod known;
mod write;

pub(crate) use chunk::{Chunk, Planned, look, meant};
pub(crate) use known::{Firm, Known};
pub use write::label;
pub(crate) use write::{Made, document_text, tell};

use chrono::NaiveDate;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, FirmId, GenerationId, RecurringTaskId, TaskTypeId};
use guichet_engine::store::{By, Store};

use chunk::lock;
use write::write;

use super::model::GenerationState;
use super::plan::Computed;
use super::progress;

/// The noun of the event that says that a client's month has new tasks and documents; its subject is the client.
pub const MONTH: &str = "month";

/// Which recurring tasks are meant; without anything, all of the firm.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// These.
    pub recurring: Option<Vec<RecurringTaskId>>,
    /// Those of these clients.
    pub clients: Option<Vec<ClientId>>,
    /// Those of these kinds of work.
    pub task_types: Option<Vec<TaskTypeId>>,
}

/// What is to be generated.
#[derive(Debug, Clone)]
pub struct Order {
    /// The firm.
    pub firm_id: FirmId,
    /// Everything whose work begins by this day.
    pub up_to: NaiveDate,
    /// The firm's day: what was due before it is generated late.
    pub today: NaiveDate,
    /// Of which recurring tasks.
    pub only: Only,
    /// Whether what somebody undid is made again: only when a person asks for it.
    pub again: bool,
    /// The run, if a person can see it.
    pub generation_id: Option<GenerationId>,
}

/// Generates what is lacking, and returns how many tasks were made. Several runs at once, and runs that begin again, make
/// each task once.
///
/// # Errors
/// When the database does not answer: retry; what was made stays.
pub async fn run(store: &Store, order: &Order) -> Result<usize> {
    let known = Known::read(&mut *store.conn().await?, order.firm_id).await?;
    let mut computed = known.computed();
    let (mut made, mut after) = (0, None);
    loop {
        let step = step(store, order, &known, &mut computed, after).await?;
        let Some((reached, of_step)) = step else { break };
        made += of_step;
        after = Some(reached);
    }
    Ok(made)
}

/// One chunk in its transaction: the last recurring task that was looked at, and how many tasks were made; none after the
/// last chunk.
async fn step(
    store: &Store,
    order: &Order,
    known: &Known,
    computed: &mut Computed<'_>,
    after: Option<RecurringTaskId>,
) -> Result<Option<(RecurringTaskId, usize)>> {
    let mut tx = store.begin(By::system()).await?;
    let mut requested_by = None;
    if let Some(id) = order.generation_id {
        // It ended, or is being undone: a worker that was away for long makes nothing more.
        let Some(run) = progress::lock(&mut tx, id, GenerationState::Running).await? else { return Ok(None) };
        requested_by = run.requested_by;
    }
    let rows = lock(tx.conn(), order, after).await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let chunk = Chunk::read(tx.conn(), order, rows).await?;
    let (planned, reached) = chunk.plan(order, &known.firm, computed);
    let made = write(&mut tx, order, requested_by, &known.firm, computed, &planned).await?;
    tx.commit(()).await?;
    Ok(Some((reached.unwrap_or(last), made)))
}
