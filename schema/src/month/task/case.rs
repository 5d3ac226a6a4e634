//! Locked tasks, with the relevant data of their clients and firm.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::collation;
use guichet_base::error::{Code, OrNotFound, Result};
use guichet_base::id::{ActId, ClientId, TaskId};
use guichet_engine::actor::{Actor, Scope};
use guichet_engine::feed::Audience;
use guichet_engine::searchable;
use guichet_engine::sql;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{clients, firms, tasks};

use crate::people::client::facts::{ClientFacts, FirmTerms};
use crate::shared::email_delivery::announce::Occasion;

use super::documents::{self, Following};
use super::list::{search_text, visible};
use super::model::Task;
use super::rules::{self, TaskAct};

/// What an act changed in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Saved {
    /// Its fields: the version is increased, so that concurrent edits are detected.
    Fields,
    /// Its comments or files.
    Conversation,
}

/// A task with its client and firm, locked until the transaction ends.
#[derive(Debug)]
pub(super) struct Case {
    pub task: Task,
    /// As it was before the act.
    pub old: Task,
    pub client: ClientFacts,
    pub firm: FirmTerms,
    /// What its documents get with its dates, when an act sets these.
    pub following: Option<Following>,
}

impl Case {
    /// Locks the task with this id that `actor` can see, and checks that the actor may do `act`.
    pub async fn lock(tx: &mut Tx, actor: &Actor, id: TaskId, act: TaskAct) -> Result<Self> {
        let scope = actor.scope();
        let case = Self::find(tx, &scope, &[id]).await?.remove(&id).or_not_found("id")?;
        rules::may(act, &scope, case.task.status)?;
        Ok(case)
    }

    /// Locks those of these tasks that `scope` can see, always in the same order.
    pub async fn find(tx: &mut Tx, scope: &Scope, ids: &[TaskId]) -> Result<HashMap<TaskId, Self>> {
        let locked: Vec<Task> = tasks::table
            .filter(visible(scope).checked())
            .filter(sql::among(tasks::id, ids))
            .order(tasks::id)
            .select(Task::as_select())
            .for_update()
            .load(tx.conn())
            .await?;
        if locked.is_empty() {
            return Ok(HashMap::new());
        }
        let of: HashSet<ClientId> = locked.iter().map(|task| task.client_id).collect();
        let of: Vec<ClientId> = of.into_iter().collect();
        // Locked against a change of the portfolio, on which it depends who is told.
        let around: Vec<ClientFacts> = clients::table
            .filter(sql::among(clients::id, &of))
            .order(clients::id)
            .select(ClientFacts::as_select())
            .for_share()
            .load(tx.conn())
            .await?;
        let around: HashMap<ClientId, ClientFacts> =
            around.into_iter().map(|client| (client.id, client)).collect();
        let firm: FirmTerms =
            firms::table.find(scope.firm_id()).select(FirmTerms::as_select()).get_result(tx.conn()).await?;
        // An act that waited for the lock is later than the one before, whatever the clocks say.
        tx.now = locked.iter().map(|task| task.updated_at).fold(tx.now, Ord::max);
        let case = |task: Task| {
            let client = around.get(&task.client_id)?.clone();
            Some((task.id, Self { old: task.clone(), task, client, firm: firm.clone(), following: None }))
        };
        Ok(locked.into_iter().filter_map(case).collect())
    }

    /// Who can see it.
    pub fn audience(&self) -> Audience {
        self.task.audience(self.client.accountant_id)
    }

    /// Refuses when the task is no longer at the version that the viewer read.
    pub fn expect(&self, version: Option<i32>) -> Result<()> {
        match version {
            Some(expected) if expected != self.task.version => Err(Code::Conflict.into()),
            _ => Ok(()),
        }
    }

    /// An act on it, for those who are told.
    pub fn occasion(&self, act: ActId) -> Occasion<'_> {
        Occasion {
            act,
            subject: Subject::of(self.task.id),
            topic: &self.task.title,
            client_id: Some(self.client.id),
            firm_id: self.firm.id,
            mail_from: &self.firm.mail_from,
            audience: self.audience(),
        }
    }

    /// Writes back what an act of staff changed, with its event and its audit row, and lets its documents follow. Any
    /// act clears "untouched" (C-11).
    pub async fn save(&mut self, tx: &mut Tx, act: &'static str, what: Saved) -> Result<()> {
        let task = &mut self.task;
        if what == Saved::Fields {
            task.version += 1;
        }
        task.updated_at = tx.now;
        task.is_untouched = false;
        task.closed_at = if task.status.is_closed() { task.closed_at.or(Some(tx.now)) } else { None };
        let update = diesel::update(tasks::table.find(task.id)).set((
            (
                tasks::title.eq(&task.title),
                tasks::title_key.eq(collation::key(&task.title)),
                tasks::description.eq(&task.description),
                searchable!(tasks, search_text(task)),
            ),
            tasks::assignee_id.eq(task.assignee_id),
            tasks::status.eq(task.status),
            tasks::legal_due_on.eq(task.legal_due_on),
            (tasks::target_on.eq(task.target_on), tasks::is_target_set.eq(task.is_target_set)),
            (tasks::hand_in_by.eq(task.hand_in_by), tasks::is_hand_in_set.eq(task.is_hand_in_set)),
            (tasks::provisional.eq(&task.provisional), tasks::due_facts.eq(&task.due_facts)),
            tasks::is_untouched.eq(task.is_untouched),
            tasks::last_message_seq.eq(task.last_message_seq),
            tasks::version.eq(task.version),
            tasks::updated_at.eq(task.updated_at),
            tasks::closed_at.eq(task.closed_at),
        ));
        sql::keep(1, update).execute(tx.conn()).await?;
        let portfolio = self.client.accountant_id;
        documents::follow(tx, (&self.old, &self.task), self.following.as_ref(), portfolio).await?;
        let [before, after] = [&self.old, &self.task].map(|task| Some(task.audience(portfolio)));
        tx.changed(self.firm.id, act, self.task.id, before, after);
        Ok(())
    }
}
