//! Uploading: first files are announced, then their upload is completed.
//!
//! In between, the uploader sends the bytes to a signed address. Neither command accesses the store: the caller
//! does, and passes the result.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ClientId, FileId, FirmId, Id};
use guichet_base::input::Check;
use guichet_engine::actor::{Actor, Membership};
use guichet_engine::job::NewJob;
use guichet_engine::sql;
use guichet_engine::store::{Begun, Done, Store, Tx};
use guichet_engine::tables::files;

use super::model::{File, FileState, VerifyFile};
use super::owner::visible;
use super::rules::{self, Declaration, Declared, FileAct, LEAST_COUNTED, Limits, MAX_FILES, MEGABYTE};

/// The result for each file of an action, in the order of the input.
pub type Each = Vec<Result<FileId, Vec<Refusal>>>;

/// Announces files to upload; each valid one becomes pending.
///
/// # Errors
/// `OUT_OF_RANGE` for no or too many files, `TOO_MUCH_UNSETTLED`; per file: see [`Declaration::check`], and
/// `UPLOAD_EXPIRED` when the call is repeated too late.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    limits: &Limits,
    input: Vec<Declaration>,
) -> Result<Done<Each>> {
    check_count("files", input.len())?;
    let judged: Vec<_> = input.iter().map(|declaration| declaration.check(limits)).collect();
    let taken: Vec<&Declared> = judged.iter().filter_map(|judged| judged.as_ref().ok()).collect();
    if taken.is_empty() {
        let value = judged.into_iter().filter_map(|judged| judged.err().map(Err)).collect();
        return Ok(Done { value, revision: None });
    }
    let begun: Begun<Vec<Option<FileId>>> = store.begin_once(actor, "fileUploadCreate", key, &input).await?;
    let (made, expired) = match begun {
        Begun::Replay(done) => {
            let expired = expired(store, done.value.iter().copied().flatten().collect()).await?;
            (done, expired)
        }
        Begun::First(mut tx) => {
            let more = taken.iter().map(|declared| declared.size.max(LEAST_COUNTED)).sum();
            check_unsettled(&mut tx, actor, limits, more).await?;
            let mut ids = await_bytes(&mut tx, actor, &taken).await?.into_iter();
            let ids = judged.iter().map(|judged| judged.as_ref().ok().and_then(|_| ids.next())).collect();
            (tx.commit(ids).await?, HashSet::new())
        }
    };
    // Files refused by the first call are refused again, even if the limits are higher now.
    let again =
        |judged: Result<Declared, _>| judged.err().unwrap_or_else(|| vec![Refusal::new(Code::Conflict)]);
    let pairs = made.value.into_iter().zip(judged);
    let each = |(id, judged): (Option<FileId>, _)| match id {
        Some(id) if expired.contains(&id) => Err(vec![Refusal::new(Code::UploadExpired)]),
        Some(id) => Ok(id),
        None => Err(again(judged)),
    };
    Ok(Done { value: pairs.map(each).collect(), revision: made.revision })
}

/// Which of these files were not uploaded in time, including deleted ones.
async fn expired(store: &Store, mut ids: HashSet<FileId>) -> Result<HashSet<FileId>> {
    let awaited = files::state.ne(FileState::Pending).or(files::expires_at.gt(store.now()).assume_not_null());
    let asked: Vec<FileId> = ids.iter().copied().collect();
    let alive: Vec<FileId> = files::table
        .filter(sql::among(files::id, &asked))
        .filter(awaited)
        .select(files::id)
        .load(&mut *store.conn().await?)
        .await?;
    ids.retain(|id| !alive.contains(id));
    Ok(ids)
}

async fn await_bytes(tx: &mut Tx, actor: &Actor, taken: &[&Declared]) -> Result<Vec<FileId>> {
    let author = actor.membership.author();
    let client_id = client_of(&actor.membership);
    let rows: Vec<_> = taken
        .iter()
        .map(|declared| {
            (
                files::id.eq(FileId::new()),
                files::firm_id.eq(actor.firm_id()),
                files::client_id.eq(client_id),
                files::uploader_staff.eq(author.staff()),
                files::uploader_access.eq(author.access()),
                files::name.eq(&declared.name),
                files::content_type.eq(declared.kind),
                files::size.eq(declared.size),
                files::sha256.eq(declared.sha256),
                files::expires_at.eq(rules::expiry(FileState::Pending, false, tx.now)),
                files::created_at.eq(tx.now),
            )
        })
        .collect();
    let insert = diesel::insert_into(files::table).values(rows).returning(File::as_returning());
    let made: Vec<File> = sql::keep(taken.len(), insert).get_results(tx.conn()).await?;
    for file in &made {
        tx.event(file.firm_id, file.event(true));
        tx.audit(Some(file.firm_id), "fileUploadCreate", FileId::NOUN, Some(file.id.uuid()));
    }
    Ok(made.into_iter().map(|file| file.id).collect())
}

/// The client whose portal user uploads.
fn client_of(membership: &Membership) -> Option<ClientId> {
    match membership {
        Membership::Staff(_) => None,
        Membership::Portal(membership) => Some(membership.client_id),
    }
}

/// Refuses more than may be unverified or unattached, per person and per side. The portal users of one client
/// share a limit, so that they can block neither other clients nor the firm's staff.
async fn check_unsettled(tx: &mut Tx, actor: &Actor, limits: &Limits, more: i64) -> Result<()> {
    #[derive(QueryableByName)]
    struct Unsettled {
        #[diesel(sql_type = BigInt)]
        own: i64,
        #[diesel(sql_type = BigInt)]
        of_side: i64,
    }
    let client_id = client_of(&actor.membership);
    let most_of_side = match client_id {
        Some(_) => limits.unsettled_of_client(),
        None => limits.unsettled_of_firm,
    };
    lock_uploads(tx, actor.firm_id()).await?;
    let now = tx.now;
    let waiting: Unsettled = sql::kept(
        "SELECT coalesce(sum(counted), 0)::bigint AS of_side,
                coalesce(sum(counted) FILTER (WHERE uploader = ?), 0)::bigint AS own
         FROM (
             SELECT greatest(size, ?) AS counted, coalesce(uploader_staff, uploader_access) AS uploader
             FROM files
             WHERE firm_id = ? AND refusal IS NULL AND (state = 'STAGED' OR expires_at IS NOT NULL)
                 AND client_id IS NOT DISTINCT FROM ? AND (state <> 'PENDING' OR expires_at > ?)
         ) AS unsettled",
    )
    .bind::<SqlUuid, _>(actor.membership.person())
    .bind::<BigInt, _>(LEAST_COUNTED)
    .bind::<SqlUuid, _>(actor.firm_id())
    .bind::<Nullable<SqlUuid>, _>(client_id)
    .bind::<Timestamptz, _>(now)
    .get_result(tx.conn())
    .await?;
    for (waiting, most) in [(waiting.own, limits.unsettled), (waiting.of_side, most_of_side)] {
        if waiting + more > most {
            return Err(Refusal::of("files", Code::TooMuchUnsettled).with(most / MEGABYTE).into());
        }
    }
    Ok(())
}

/// Two concurrent uploads of a firm must not both use the remaining space.
async fn lock_uploads(tx: &mut Tx, firm: FirmId) -> Result<()> {
    const UPLOADS: i32 = 1;
    let of_firm = firm.uuid().as_u128() as i32;
    sql::kept("SELECT 1 FROM pg_advisory_xact_lock(?, ?)")
        .bind::<Integer, _>(UPLOADS)
        .bind::<Integer, _>(of_firm)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Records that the bytes of files are in the store, as `found` there, and starts their verification. Files in a
/// later state do not change, so the call can be repeated. None stands for an invalid id.
///
/// # Errors
/// `OUT_OF_RANGE` for no or too many files; per file: `NOT_FOUND`, `NOT_ALLOWED`, `UPLOAD_EXPIRED`,
/// `FILE_NOT_UPLOADED`, `FILE_INCOMPLETE`.
pub async fn complete(
    store: &Store,
    actor: &Actor,
    ids: &[Option<FileId>],
    found: &HashMap<FileId, i64>,
) -> Result<Done<Each>> {
    check_count("ids", ids.len())?;
    let mut tx = store.begin(actor).await?;
    let known: Vec<FileId> = ids.iter().copied().flatten().collect();
    let mut seen: HashMap<FileId, File> = files::table
        .filter(visible(&actor.membership))
        .filter(sql::among(files::id, &known))
        .order(files::id)
        .select(File::as_select())
        .for_update()
        .load(tx.conn())
        .await?
        .into_iter()
        .map(|file: File| (file.id, file))
        .collect();
    let mut each = Each::new();
    for id in ids {
        let Some(file) = id.and_then(|id| seen.get_mut(&id)) else {
            each.push(Err(vec![Refusal::new(Code::NotFound)]));
            continue;
        };
        let judged = arrived(file, actor, found.get(&file.id).copied(), tx.now);
        if judged.is_ok() && file.state == FileState::Pending {
            stage(&mut tx, file).await?;
        }
        each.push(judged.map(|()| file.id).map_err(|refusal| vec![refusal]));
    }
    tx.commit(()).await.map(|Done { revision, .. }| Done { value: each, revision })
}

fn arrived(file: &File, actor: &Actor, found: Option<i64>, now: DateTime<Utc>) -> Result<(), Refusal> {
    rules::may(FileAct::Complete, actor.membership.author(), file, false, now).map_err(Refusal::new)?;
    match (file.state, found) {
        (FileState::Pending, None) => Err(Refusal::new(Code::FileNotUploaded)),
        (FileState::Pending, Some(size)) if size != file.size => Err(Refusal::new(Code::FileIncomplete)),
        _ => Ok(()),
    }
}

async fn stage(tx: &mut Tx, file: &mut File) -> Result<()> {
    file.state = FileState::Staged;
    file.expires_at = rules::expiry(file.state, false, tx.now);
    let update = diesel::update(files::table.find(file.id))
        .set((files::state.eq(file.state), files::expires_at.eq(file.expires_at)));
    sql::keep(1, update).execute(tx.conn()).await?;
    tx.job(verify_job(file.id, file.firm_id)?);
    tx.event(file.firm_id, file.event(false));
    tx.audit(Some(file.firm_id), "fileUploadComplete", FileId::NOUN, Some(file.id.uuid()));
    Ok(())
}

/// The job that verifies a file; one at a time.
pub(super) fn verify_job(file_id: FileId, firm: FirmId) -> Result<NewJob> {
    Ok(NewJob::new(&VerifyFile { file_id })?.key(file_id.to_string()).firm(firm))
}

/// Refuses no files, or more than allowed per action.
///
/// # Errors
/// `OUT_OF_RANGE`.
pub fn check_count(field: &'static str, count: usize) -> Result<()> {
    let mut check = Check::new();
    check.count(field, count, &(1..=MAX_FILES));
    check.done()
}
