//! What is told of dates without being asked (C-09, C-11): those that are final now, though they stay, are written as such
//! and told to their assignees; owners are told how many others became final and would move, and that the catalogue changed.

use std::collections::HashSet;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ActId, FirmId, Id, StaffId, TaskId};
use guichet_engine::actor::StaffRole;
use guichet_engine::job::{NewJob, Payload};
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::subject::Subject;
use guichet_engine::tables::{documents, firms, notifications, staff_members, tasks};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::month::calendar::job::SettleDueDates;
use crate::month::catalogue::updates;
use crate::people::firm::queries::works_here;
use crate::shared::notification::announce::{Tally, tally};
use crate::shared::notification::model::NotificationKind;

use super::super::run::Known;
use super::apply::{tell, write};
use super::find::{self, Move};
use super::open::{MoveFilter, Open};

/// So many tasks are looked at in one transaction.
const CHUNK: i64 = 200;

/// By which the rules and holidays of this program are known again.
static RULES: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    guichet_obligations::shipped_texts().for_each(|text| digest.update(text));
    HEXLOWER.encode(&digest.finalize())
});

/// Writes a job for each firm whose dates were not looked at since the program has its rules and holidays. Returns how many;
/// none for a firm of which it was given up.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn tick(store: &Store) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = SqlUuid)]
        id: FirmId,
    }
    let mut tx = store.begin(By::system()).await?;
    // A firm without obligations has no dates of the law.
    let waiting: Vec<Waiting> = diesel::sql_query(
        "SELECT id FROM firms
         WHERE known_rules IS DISTINCT FROM $1
             AND EXISTS (SELECT FROM obligations WHERE firm_id = firms.id)
             AND NOT EXISTS (
                 SELECT FROM jobs WHERE kind = $2 AND status = 'DEAD' AND firm_id = firms.id AND payload ->> 'rules' = $1
             )
         ORDER BY id",
    )
    .bind::<Text, _>(RULES.as_str())
    .bind::<Text, _>(SettleDueDates::KIND)
    .load(tx.conn())
    .await?;
    for firm in &waiting {
        let job = SettleDueDates::upgraded(firm.id, RULES.clone());
        // Beside one that waits for another reason.
        tx.job(NewJob::new(&job)?.firm(firm.id).key(format!("{} {}", firm.id.encode(), *RULES)));
    }
    tx.commit(()).await?;
    Ok(waiting.len())
}

/// Runs the job. Returns how many tasks and documents are final now.
///
/// # Errors
/// When the database does not answer: retry; what is final stays so.
pub async fn settle(store: &Store, job: &SettleDueDates) -> Result<usize> {
    let known = Known::read(&mut *store.conn().await?, job.firm_id).await?;
    let mut computed = known.computed();
    let (mut settled, mut waited, mut after) = (0, 0, None);
    loop {
        let mut tx = store.begin(By::system()).await?;
        let ids = unsure(tx.conn(), job.firm_id, after).await?;
        let Some(last) = ids.last().copied() else { break };
        let filter = MoveFilter { tasks: Some(ids), ..MoveFilter::default() };
        let mut place = None;
        while let Some((reached, open)) = Open::next(tx.conn(), job.firm_id, &filter, place, true).await? {
            let mut moves = open.moves(&known.firm, job.firm_id, &mut computed);
            moves.retain(|one| one.becomes_final);
            let (staying, moving): (Vec<Move>, Vec<Move>) =
                moves.into_iter().partition(|one| one.before == one.after);
            if !staying.is_empty() {
                write(&mut tx, &staying).await?;
                tell(&mut tx, job.firm_id, (job.act_id, None), &open, &staying).await?;
                settled += staying.len();
            }
            if let Some(year) = &job.confirmed {
                let moving: HashSet<TaskId> =
                    moving.iter().filter(|one| one.document.is_none()).map(|one| one.task).collect();
                let of_year = open.tasks.iter().filter(|task| task.is_waiting_for(year));
                waited += of_year.filter(|task| moving.contains(&task.id)).count();
            }
            place = Some(reached);
        }
        tx.commit(()).await?;
        after = Some(last);
    }
    tell_owners(store, job, &known, waited).await?;
    Ok(settled)
}

/// The next open tasks that have a date which can still change, or a document with one.
async fn unsure(conn: &mut AsyncPgConnection, firm: FirmId, after: Option<TaskId>) -> Result<Vec<TaskId>> {
    let of_task = documents::table
        .filter(documents::task_id.eq(tasks::id.nullable()))
        .filter(documents::provisional.ne(json!([])));
    let mut query = tasks::table
        .filter(tasks::firm_id.eq(firm))
        .filter(tasks::status.ne_all(["DONE", "CANCELED"]))
        .filter(tasks::provisional.ne(json!([])).or(exists(of_task)))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(tasks::id.gt(after));
    }
    Ok(query.order(tasks::id).limit(CHUNK).select(tasks::id).load(conn).await?)
}

/// Tells the owners once how many tasks would move: after a year was confirmed those that `waited` for it and are final now,
/// after an upgrade all, and how many obligations the catalogue would change.
async fn tell_owners(store: &Store, job: &SettleDueDates, known: &Known, waited: usize) -> Result<()> {
    let mut tx = store.begin(By::system()).await?;
    let moving = match job.confirmed {
        Some(_) => i64::try_from(waited).unwrap_or(i64::MAX),
        None => find::count(tx.conn(), job.firm_id, known, &MoveFilter::default()).await?.0,
    };
    inform(&mut tx, job.firm_id, (job.told_id, NotificationKind::DueDatesToMove), moving).await?;
    if let Some(rules) = &job.rules {
        let changed = updates::count(tx.conn(), job.firm_id).await?;
        let changed = i64::try_from(changed).unwrap_or(i64::MAX);
        inform(&mut tx, job.firm_id, (job.catalogue_id, NotificationKind::CatalogueChanged), changed).await?;
        diesel::update(firms::table.find(job.firm_id))
            .set(firms::known_rules.eq(rules))
            .execute(tx.conn())
            .await?;
    }
    tx.commit(()).await?;
    Ok(())
}

/// Tells the owners of a firm of so many things, unless they were told already; nothing when there are none.
async fn inform(tx: &mut Tx, firm: FirmId, (act, kind): (ActId, NotificationKind), count: i64) -> Result<()> {
    let told = notifications::table.filter(notifications::act_id.eq(act));
    let is_told: bool = diesel::select(exists(told)).get_result(tx.conn()).await?;
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    if is_told || count == 0 {
        return Ok(());
    }
    let owners: Vec<StaffId> = staff_members::table
        .filter(works_here(firm))
        .filter(staff_members::role.eq(StaffRole::Owner))
        .order(staff_members::id)
        .select(staff_members::id)
        .load(tx.conn())
        .await?;
    let tally_of = |staff_id| Tally { staff_id, subject: Subject::of(firm), count };
    let told: Vec<Tally> = owners.into_iter().map(tally_of).collect();
    tally(tx, firm, act, None, kind, &told).await
}
