//! The reconciler of uploads: none waits to be looked at without a job that will do it (F-07).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use guichet_base::error::Result;
use guichet_base::id::{FileId, FirmId};
use guichet_engine::job::Payload;
use guichet_engine::sql;
use guichet_engine::store::{By, Store};
use guichet_engine::tables::files;

use super::model::{FileRefusal, FileState, VerifyFile};
use super::owner::Nouns;
use super::upload::verify_job;
use super::verdict::{self, Verdict};

/// Finds staged files that nothing will look at. Where the job died they are refused, and their uploaders told;
/// where there is none, they get one. A reconciler: wants no input and changes nothing the second time.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn settle(store: &Store, nouns: Nouns) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Abandoned {
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        id: FileId,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        has_died: bool,
    }
    let mut conn = store.conn().await?;
    let abandoned: Vec<Abandoned> = sql::kept(
        "SELECT file.id, count(job.id) > 0 AS has_died
         FROM files AS file LEFT JOIN jobs AS job
             ON job.kind = ? AND job.payload ->> 'file_id' = file.id::text
         WHERE file.state = 'STAGED'
         GROUP BY file.id
         HAVING coalesce(bool_and(job.status = 'DEAD'), true)
         LIMIT 1000",
    )
    .bind::<diesel::sql_types::Text, _>(VerifyFile::KIND)
    .load(&mut conn)
    .await?;
    drop(conn);
    let settled = abandoned.len();
    for Abandoned { id, has_died } in abandoned {
        if has_died {
            verdict::pass(store, nouns, id, Verdict::Refused(FileRefusal::Unverifiable)).await?;
        } else {
            requeue(store, id).await?;
        }
    }
    Ok(settled)
}

/// Writes the job that a staged file lacks; its key keeps it single.
async fn requeue(store: &Store, id: FileId) -> Result<()> {
    let mut tx = store.begin(By::house()).await?;
    let firm: Option<FirmId> = files::table
        .filter(files::id.eq(id))
        .filter(files::state.eq(FileState::Staged))
        .select(files::firm_id)
        .for_update()
        .get_result(tx.conn())
        .await
        .optional()?;
    let Some(firm) = firm else { return Ok(()) };
    tracing::warn!(file = %id, "a staged file had no job; it has one now");
    tx.job(verify_job(id, firm)?);
    tx.commit(()).await?;
    Ok(())
}
