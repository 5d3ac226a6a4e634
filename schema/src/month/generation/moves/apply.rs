//! Moves dates, chunk by chunk, each in a transaction of its own with its history and its events.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{Array, Date, Jsonb, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{ActId, ClientId, DocumentId, FirmId, Id, StaffId, TaskId};
use guichet_base::text_enum;
use guichet_engine::actor::Author;
use guichet_engine::feed::Event;
use guichet_engine::job::Payload;
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::subject::Subject;
use guichet_engine::tables::clients;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::shared::history::{Changed, Field, record_all};
use crate::shared::notification::announce::{Tally, tally};
use crate::shared::notification::model::NotificationKind;

use super::super::plan::Computed;
use super::super::run::Known;
use super::super::undo::on_behalf_of;
use super::find::{Days, Move};
use super::open::{MoveFilter, Open, Place};

text_enum! {
    /// A date in the history of a task or a document, spelled as that of a task is.
    enum MovedField {
        /// The date of the law.
        LegalDueOn = "LEGAL_DUE_ON",
        /// The firm's own date.
        TargetOn = "TARGET_ON",
        /// Until when the client hands in.
        HandInBy = "HAND_IN_BY",
        /// What the client sees of a document.
        DueOn = "DUE_ON",
    }
}

impl Field for MovedField {
    type Of = TaskId;
    const ALL: &'static [Self] = Self::ALL;

    fn as_str(self) -> &'static str {
        Self::as_str(self)
    }

    fn is_public(self) -> bool {
        false
    }
}

/// Lets due dates of a firm follow what the rules say now.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MoveDueDates {
    /// The firm.
    pub firm_id: FirmId,
    /// Who asked for it.
    pub by: StaffId,
    /// Of which tasks.
    pub filter: MoveFilter,
    /// What the histories, and the assignees, are told of.
    pub act_id: ActId,
    /// What the person who asked is told of.
    pub told_id: ActId,
}

impl Payload for MoveDueDates {
    const KIND: &'static str = "move_due_dates";
    const MAX_ATTEMPTS: i32 = 50;
}

/// Runs the job. Returns how many tasks and documents moved.
///
/// # Errors
/// When the database does not answer: retry; what moved stays.
pub async fn move_all(store: &Store, job: &MoveDueDates) -> Result<usize> {
    let known = Known::read(&mut *store.conn().await?, job.firm_id).await?;
    let mut computed = known.computed();
    let (mut moved, mut after) = (0, None);
    loop {
        let mut tx = store.begin(By::system()).await?;
        let Some((last, moves)) = step(&mut tx, job, &known, &mut computed, after).await? else { break };
        let tasks = moves.iter().map(|one| one.task).collect::<HashSet<_>>();
        if let [Move { task, .. }, ..] = moves[..] {
            on_behalf_of(&mut tx, job.by).await?;
            audit(&mut tx, job.firm_id, &moves);
            let count = i32::try_from(tasks.len()).unwrap_or(i32::MAX);
            let told = Tally { staff_id: job.by, subject: Subject::of(task), count };
            let kind = NotificationKind::DueDatesMoved;
            tally(&mut tx, job.firm_id, job.told_id, Some(job.by), kind, &[told]).await?;
        }
        tx.commit(()).await?;
        moved += moves.len();
        after = Some(last);
    }
    Ok(moved)
}

/// Moves the dates of the next open tasks; returns what was looked at last, and what moved. None when there are no more.
pub(super) async fn step(
    tx: &mut Tx,
    job: &MoveDueDates,
    known: &Known,
    computed: &mut Computed<'_>,
    after: Option<Place>,
) -> Result<Option<(Place, Vec<Move>)>> {
    let next = Open::next(tx.conn(), job.firm_id, &job.filter, after, true).await?;
    let Some((last, open)) = next else { return Ok(None) };
    let moves = open.moves(&known.firm, job.firm_id, computed);
    if !moves.is_empty() {
        write(tx, &moves).await?;
        remember(tx, job, &moves).await?;
        tell(tx, job.firm_id, (job.act_id, Some(job.by)), &open, &moves).await?;
    }
    Ok(Some((last, moves)))
}

/// The audit rows of what moved (F-03).
pub(super) fn audit(tx: &mut Tx, firm: FirmId, moves: &[Move]) {
    for one in moves {
        let (noun, id) = match one.document {
            Some(document) => (DocumentId::NOUN, document.uuid()),
            None => (TaskId::NOUN, one.task.uuid()),
        };
        tx.audit(Some(firm), "dueDateMovesApply", noun, Some(id));
    }
}

/// Writes the dates, and how they were found.
pub(super) async fn write(tx: &mut Tx, moves: &[Move]) -> Result<()> {
    let now = tx.now;
    for (statement, is_document) in [(TASKS, false), (DOCUMENTS, true)] {
        let of: Vec<&Move> = moves.iter().filter(|one| one.document.is_some() == is_document).collect();
        if of.is_empty() {
            continue;
        }
        let id = |one: &&Move| one.document.map_or(one.task.uuid(), |id| id.uuid());
        let days =
            |day: fn(&Days) -> Option<NaiveDate>| of.iter().map(|one| day(&one.after)).collect::<Vec<_>>();
        let provisional =
            |one: &&Move| json!(one.due.as_ref().map(|due| &due.provisional).unwrap_or(&vec![]));
        diesel::sql_query(statement)
            .bind::<Array<SqlUuid>, _>(of.iter().map(id).collect::<Vec<Uuid>>())
            .bind::<Array<Nullable<Date>>, _>(days(|days| days.legal))
            .bind::<Array<Nullable<Date>>, _>(days(|days| days.target))
            .bind::<Array<Nullable<Date>>, _>(days(|days| days.due))
            .bind::<Array<Jsonb>, _>(of.iter().map(provisional).collect::<Vec<Value>>())
            .bind::<Array<Nullable<Jsonb>>, _>(
                of.iter().map(|one| one.due.as_ref().map(|due| json!(due))).collect::<Vec<_>>(),
            )
            .bind::<Timestamptz, _>(now)
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Writes the histories.
async fn remember(tx: &Tx, job: &MoveDueDates, moves: &[Move]) -> Result<()> {
    let text = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let between = |field, one: &Move, day: fn(&Days) -> Option<NaiveDate>| {
        let subject = one.document.map_or_else(|| Subject::of(one.task), Subject::of);
        let changed = Changed::between(field, text(day(&one.before)), text(day(&one.after)));
        changed.map(|changed| (subject, changed))
    };
    let each = moves.iter().flat_map(|one| {
        let due = if one.document.is_some() { MovedField::DueOn } else { MovedField::HandInBy };
        [
            between(MovedField::LegalDueOn, one, |days| days.legal),
            between(MovedField::TargetOn, one, |days| days.target),
            between(due, one, |days| days.due),
        ]
    });
    let changed: Vec<(Subject, Changed)> = each.flatten().collect();
    record_all(tx, job.firm_id, job.act_id, Author::Staff(job.by), &changed).await
}

/// Tells the screens, and each assignee whose dates became final; nobody did it when the system does it by itself.
pub(super) async fn tell(
    tx: &mut Tx,
    firm: FirmId,
    (act, by): (ActId, Option<StaffId>),
    open: &Open,
    moves: &[Move],
) -> Result<()> {
    let ids: Vec<ClientId> =
        open.tasks.iter().map(|task| task.client_id).collect::<HashSet<_>>().into_iter().collect();
    let portfolio: Vec<(ClientId, Option<StaffId>)> = clients::table
        .filter(sql::among(clients::id, &ids))
        .select((clients::id, clients::accountant_id))
        .load(tx.conn())
        .await?;
    let portfolio: HashMap<ClientId, Option<StaffId>> = portfolio.into_iter().collect();
    let accountant = |client: ClientId| portfolio.get(&client).copied().flatten();
    let tasks: HashSet<TaskId> =
        moves.iter().filter(|one| one.document.is_none()).map(|one| one.task).collect();
    let documents: HashSet<DocumentId> = moves.iter().filter_map(|one| one.document).collect();
    for task in open.tasks.iter().filter(|task| tasks.contains(&task.id)) {
        let audience = guichet_engine::audience!(tasks, task, accountant(task.client_id));
        tx.event(firm, Event::changed(task.id, audience));
    }
    for document in open.documents.iter().filter(|document| documents.contains(&document.id)) {
        let audience = guichet_engine::audience!(documents, document, accountant(document.client_id));
        tx.event(firm, Event::changed(document.id, audience));
    }
    let is_final: HashSet<TaskId> =
        moves.iter().filter(|one| one.document.is_none() && one.becomes_final).map(|one| one.task).collect();
    let mut of: BTreeMap<StaffId, (TaskId, i32)> = BTreeMap::new();
    for task in open.tasks.iter().filter(|task| is_final.contains(&task.id)) {
        of.entry(task.assignee_id).or_insert((task.id, 0)).1 += 1;
    }
    let told: Vec<Tally> = of
        .into_iter()
        .map(|(staff_id, (task, count))| Tally { staff_id, subject: Subject::of(task), count })
        .collect();
    tally(tx, firm, act, by, NotificationKind::DueDatesFinal, &told).await
}

/// The tasks `$1` get the dates `$2` to `$4`, why they may still change (`$5`), and how they were found (`$6`), at `$7`.
const TASKS: &str = "
    UPDATE tasks SET legal_due_on = m.legal, target_on = m.target, hand_in_by = m.due, provisional = m.provisional,
        due_facts = m.facts, version = version + 1, updated_at = $7
    FROM unnest($1, $2, $3, $4, $5, $6) AS m (id, legal, target, due, provisional, facts)
    WHERE tasks.id = m.id";

/// The same for documents, which have no date of the firm's own.
const DOCUMENTS: &str = "
    UPDATE documents SET legal_due_on = m.legal, due_on = m.due, provisional = m.provisional,
        due_facts = m.facts, version = version + 1, updated_at = $7
    FROM unnest($1, $2, $3, $4, $5, $6) AS m (id, legal, target, due, provisional, facts)
    WHERE documents.id = m.id";
