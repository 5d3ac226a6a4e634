//! What is delivered together is told together: the mails about what one act handed in wait until the last of its files
//! is stored or refused.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use guichet_base::error::Result;
use guichet_base::id::{ActId, ClientId, DocumentId, DocumentVersionId, StaffId};
use guichet_engine::sql;
use guichet_engine::store::{By, Store, Tx};
use guichet_engine::tables::{clients, document_tellings, document_versions, documents};

use super::mails::{self, Published};
use super::model::Document;

/// How long the first of them waits for the last: then what is there is told, and later ones on their own.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// The most acts that are looked at in one turn.
const CHUNK: i64 = 100;

/// Tells a client of what was published of files that were handed in by one act, or keeps it for later while others of them
/// are on their way. What was handed in must be written, and the act be locked where others may see it.
pub(super) async fn tell(
    tx: &mut Tx,
    act: Option<ActId>,
    client: ClientId,
    published: &[Published],
) -> Result<()> {
    let mut told: Vec<Published> =
        published.iter().filter(|(document, _)| document.client_id == client).cloned().collect();
    if let Some(act) = act {
        if waits(tx, act, client).await? {
            return keep(tx, act, &told).await;
        }
        let earlier = kept(tx, act, client, &told).await?;
        told.extend(earlier);
    }
    mails::delivered(tx, &told).await
}

/// Tells of what waits in vain: the last file was refused, or does not come. Returns the number of acts.
///
/// # Errors
/// When the database does not answer: retry; what was told stays told.
pub async fn tell_waiting(store: &Store) -> Result<usize> {
    let waiting: Vec<(ActId, ClientId, Option<DateTime<Utc>>)> = document_tellings::table
        .group_by((document_tellings::act_id, document_tellings::client_id))
        .order((document_tellings::act_id, document_tellings::client_id))
        .limit(CHUNK)
        .select((
            document_tellings::act_id,
            document_tellings::client_id,
            diesel::dsl::min(document_tellings::created_at),
        ))
        .load(&mut *store.conn().await?)
        .await?;
    let mut number = 0;
    for (act, client, since) in waiting {
        let mut tx = store.begin(By::system()).await?;
        lock(&mut tx, act).await?;
        let is_over = since.is_some_and(|since| since + PATIENCE <= tx.now);
        if !is_over && waits(&mut tx, act, client).await? {
            continue;
        }
        let told = kept(&mut tx, act, client, &[]).await?;
        mails::delivered(&mut tx, &told).await?;
        tx.commit(()).await?;
        number += 1;
    }
    Ok(number)
}

/// Locks an act: of several files of it that are stored at once, the last one sees the others. Before any of its versions is
/// written, so that no two wait for each other.
pub(super) async fn lock(tx: &mut Tx, act: ActId) -> Result<()> {
    document_versions::table
        .filter(document_versions::act_id.eq(act))
        .order(document_versions::id)
        .select(document_versions::id)
        .for_update()
        .load::<DocumentVersionId>(tx.conn())
        .await?;
    Ok(())
}

/// Whether files are on their way that an act handed in for a client, and that will be published by themselves.
async fn waits(tx: &mut Tx, act: ActId, client: ClientId) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        waits: bool,
    }
    let row: Row = sql::kept(
        "SELECT EXISTS (
             SELECT FROM document_versions AS v
             JOIN documents AS d ON d.id = v.document_id
             JOIN document_definitions AS f ON f.id = d.definition_id
             JOIN attachments AS a ON a.id = v.attachment_id
             JOIN files ON files.id = a.file_id
             WHERE v.act_id = ? AND d.client_id = ? AND d.direction = 'OUTPUT' AND f.publish_on_upload
                 AND d.state <> 'DROPPED' AND files.state IN ('PENDING', 'STAGED')
         ) AS waits",
    )
    .bind::<SqlUuid, _>(act)
    .bind::<SqlUuid, _>(client)
    .get_result(tx.conn())
    .await?;
    Ok(row.waits)
}

async fn keep(tx: &mut Tx, act: ActId, told: &[Published]) -> Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let now = tx.now;
    let row = |(document, _): &Published| {
        (
            document_tellings::act_id.eq(act),
            document_tellings::document_id.eq(document.id),
            document_tellings::firm_id.eq(document.firm_id),
            document_tellings::client_id.eq(document.client_id),
            document_tellings::created_at.eq(now),
        )
    };
    let rows: Vec<_> = told.iter().map(row).collect();
    diesel::insert_into(document_tellings::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What was kept of an act, which is told now, but for what is told anyway.
async fn kept(tx: &mut Tx, act: ActId, client: ClientId, told: &[Published]) -> Result<Vec<Published>> {
    let of_act = document_tellings::table
        .filter(document_tellings::act_id.eq(act))
        .filter(document_tellings::client_id.eq(client));
    let ids: Vec<DocumentId> =
        diesel::delete(of_act).returning(document_tellings::document_id).get_results(tx.conn()).await?;
    let is_told = |id: &DocumentId| told.iter().any(|(document, _)| document.id == *id);
    let ids: Vec<DocumentId> = ids.into_iter().filter(|id| !is_told(id)).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let portfolio: Option<StaffId> =
        clients::table.find(client).select(clients::accountant_id).get_result(tx.conn()).await?;
    let found: Vec<Document> = documents::table
        .filter(sql::among(documents::id, &ids))
        // What was taken back meanwhile is not told.
        .filter(documents::published_at.is_not_null())
        .order(documents::id)
        .select(Document::as_select())
        .load(tx.conn())
        .await?;
    Ok(found.into_iter().map(|document| (document, portfolio)).collect())
}
