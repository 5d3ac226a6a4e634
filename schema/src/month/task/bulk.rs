//! Acts on many tasks at once: one transaction, in which each task is changed or refused for itself. A repeated call with
//! the same key is answered what came of the first.

use std::collections::{BTreeSet, HashMap};

use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ActId, ClientId, TaskId};
use guichet_base::input::Check;
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store, Tx};
use serde::{Deserialize, Serialize};

use crate::month::generation::run::by_hand::Rules;

use super::assign::{self, AssignTo};
use super::case::{Case, Saved};
use super::commands::{check_works_here, name};
use super::dates::{self, SetDates};
use super::documents;
use super::history;
use super::notify;
use super::rules::{self, MAX_AT_ONCE, TaskAct};
use super::status::{self, WishStatus};

/// Which tasks are meant; none stands for an invalid id.
pub type Ids = Vec<Option<TaskId>>;

/// What came of one task of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDone {
    /// The task, as it was named.
    pub id: Option<TaskId>,
    /// Why nothing was done to it; none when it is as wished.
    pub refused: Option<Code>,
}

impl ItemDone {
    /// The refusals.
    pub fn refusals(&self) -> Vec<Refusal> {
        self.refused.into_iter().map(Refusal::new).collect()
    }
}

/// What came of each task, in the order of the input.
pub type Each = Vec<ItemDone>;

/// Gives many tasks to one person, who is told of all of them at once (D-11). For staff.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_FOUND` about `assigneeId`; `OUT_OF_RANGE` about `ids`; `TOO_FAST`; refusals of the note. For each
/// task: `NOT_FOUND`, `TASK_CLOSED`.
pub async fn assign(store: &Store, actor: &Actor, key: &str, ids: Ids, to: AssignTo) -> Result<Done<Each>> {
    let given = (&ids, &to);
    check(actor, &ids)?;
    let mut tx = first!(store.begin_once(actor, "tasksAssign", key, &given).await?);
    let to = to.clone().checked()?;
    check_works_here(tx.conn(), actor.firm_id(), to.assignee_id).await?;
    let (cases, mut results) = open(&mut tx, actor, &ids, TaskAct::Assign).await?;
    if cases.is_empty() {
        return Ok(nothing(&ids, &results));
    }
    let act = ActId::new();
    let mut told = Vec::new();
    for mut case in cases {
        results.insert(case.task.id, None);
        if assign::apply(&mut tx, actor, &mut case, act, &to, "tasksAssign").await? {
            told.push(case);
        }
    }
    notify::assigned(&mut tx, actor, act, &told.iter().collect::<Vec<_>>()).await?;
    tx.commit(each(&ids, &results)).await
}

/// Changes the status of many tasks (C-03). For staff.
///
/// # Errors
/// `NOT_ALLOWED`; `OUT_OF_RANGE` about `ids`; refusals of the reason. For each task: `NOT_FOUND`, `STATUS_NOT_SETTABLE`,
/// `DOCUMENTS_MISSING`.
pub async fn change_status(
    store: &Store,
    actor: &Actor,
    key: &str,
    ids: Ids,
    wish: WishStatus,
) -> Result<Done<Each>> {
    let given = (&ids, &wish);
    check(actor, &ids)?;
    let mut tx = first!(store.begin_once(actor, "tasksStatusChange", key, &given).await?);
    let wish = wish.clone().checked()?;
    let (cases, mut results) = open(&mut tx, actor, &ids, TaskAct::ChangeStatus).await?;
    if cases.is_empty() {
        return Ok(nothing(&ids, &results));
    }
    let found: Vec<TaskId> = cases.iter().map(|case| case.task.id).collect();
    let missing = documents::missing(tx.conn(), &actor.scope(), &found).await?;
    let act = ActId::new();
    for case in cases {
        let id = case.task.id;
        let lacks = missing.contains_key(&id);
        let change = rules::change_status(case.task.status, wish.status, lacks, wish.confirm_missing);
        results.insert(id, change.err());
        if let Ok(change) = change {
            let reason = wish.reason.as_deref();
            status::apply(&mut tx, actor, case, act, change, reason, "tasksStatusChange").await?;
        }
    }
    tx.commit(each(&ids, &results)).await
}

/// Sets dates of many tasks (C-09). For staff.
///
/// # Errors
/// `NOT_ALLOWED`; `OUT_OF_RANGE` about `ids`; `REQUIRED` without any date. For each task: `NOT_FOUND`, `TASK_CLOSED`.
pub async fn set_dates(
    store: &Store,
    actor: &Actor,
    key: &str,
    ids: Ids,
    set: SetDates,
) -> Result<Done<Each>> {
    check(actor, &ids)?;
    if set.is_empty() {
        return Err(Code::Required.into());
    }
    let mut tx = first!(store.begin_once(actor, "tasksDueDateSet", key, &(&ids, &set)).await?);
    let by = name(tx.conn(), actor.staff()?.id).await?;
    let (cases, mut results) = open(&mut tx, actor, &ids, TaskAct::Edit).await?;
    if cases.is_empty() {
        return Ok(nothing(&ids, &results));
    }
    let clients: BTreeSet<ClientId> = cases.iter().map(|case| case.client.id).collect();
    let rules = Rules::read(tx.conn(), actor.firm_id(), &clients.into_iter().collect::<Vec<_>>()).await?;
    let act = ActId::new();
    for mut case in cases {
        results.insert(case.task.id, None);
        case.following = set.apply(&mut case.task, &rules, &by);
        if case.task != case.old {
            let changed: Vec<_> = dates::differences(&case.old, &case.task).collect();
            case.save(&mut tx, "tasksDueDateSet", Saved::Fields).await?;
            history::record(&tx, actor, &case.task, act, &changed, None).await?;
        }
    }
    tx.commit(each(&ids, &results)).await
}

/// Refuses clients, and no or too many tasks.
fn check(actor: &Actor, ids: &Ids) -> Result<()> {
    actor.staff()?;
    let mut check = Check::new();
    check.count("ids", ids.len(), &(1..=MAX_AT_ONCE));
    check.done()
}

/// Why nothing was done to tasks, by their ids.
type Results = HashMap<TaskId, Option<Code>>;

/// Locks those of the tasks to which the act may be done, in a fixed order; and why not to the others that are there.
async fn open(tx: &mut Tx, actor: &Actor, ids: &Ids, act: TaskAct) -> Result<(Vec<Case>, Results)> {
    let scope = actor.scope();
    let wanted: BTreeSet<TaskId> = ids.iter().copied().flatten().collect();
    let found = Case::find(tx, &scope, &wanted.into_iter().collect::<Vec<_>>()).await?;
    let (mut cases, mut results) = (Vec::new(), Results::new());
    for case in found.into_values() {
        match rules::may(act, &scope, case.task.status) {
            Ok(()) => cases.push(case),
            Err(code) => {
                results.insert(case.task.id, Some(code));
            }
        }
    }
    cases.sort_by_key(|case| case.task.id);
    Ok((cases, results))
}

/// What is answered when every task is refused: nothing is kept of that.
fn nothing(ids: &Ids, results: &Results) -> Done<Each> {
    Done { value: each(ids, results), revision: None }
}

fn each(ids: &Ids, results: &Results) -> Each {
    let item = |id: &Option<TaskId>| {
        let refused = match id.and_then(|id| results.get(&id)) {
            Some(refused) => *refused,
            None => Some(Code::NotFound),
        };
        ItemDone { id: *id, refused }
    };
    ids.iter().map(item).collect()
}
