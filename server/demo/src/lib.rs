//! Demo data: firms that never were.
//!
//! The small demo plays a story by the commands of the business, under a clock that is moved from its beginning to now;
//! [`worker`] stands in for the workers meanwhile, so no mail leaves. The large one multiplies the firms of the
//! small one by SQL. Addresses lie under `example`, which nobody can own (RFC 2606).

mod chance;
mod clients;
mod fate;
mod hours;
mod house;
pub mod large;
mod marks;
mod month;
mod paper;
mod play;
mod plot;
mod rare;
mod resume;
mod senders;
mod sign_in;
mod slip;
mod texts;
mod whole;
mod worker;
mod year;

use bytes::Bytes;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::{TryStreamExt, stream};
use guichet_base::error::{Error, Fault, Result};
use guichet_base::id::FirmId;
use guichet_engine::actor::StaffRole;
use guichet_engine::collation;
use guichet_engine::store::Store;
use guichet_engine::tables::{accounts, firms, staff_members};
use guichet_schema::shared::file::key::Key;
use guichet_storage::Storage;

use crate::house::Stage;
use crate::whole::Whole;

pub use resume::{Moved, Span};
pub use sign_in::{DemoSignIn, sign_ins};

/// The password of every account of the demo. It is well known: a demo is no place for secrets.
pub const PASSWORD: &str = "guichet-demo";

/// Waits for whoever else fills in a demo or moves it on. The plans of foreign keys are made while the tables are small, and
/// kept while they grow.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7101210202); SET LOCAL enable_seqscan = off";

/// So many files are written at once.
const FILES_AT_ONCE: usize = 16;

/// How much demo data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Three firms with about a hundred tickets, to look around.
    Small,
    /// Beside them a hundred firms with 50,000 tickets, to measure; see [`large`].
    Large,
}

impl Scale {
    /// The addresses of the owners, by which the demo is known again: nobody can change them.
    fn owners(self) -> Vec<String> {
        match self {
            Self::Small => texts::all().iter().map(|texts| texts.staff_email(0)).collect(),
            Self::Large => vec![large::staff_email(1, 1)],
        }
    }
}

/// Whether the database has no firm at all, so that a first start may fill it.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn is_wanted(store: &Store) -> Result<bool> {
    let any = diesel::select(diesel::dsl::exists(firms::table.select(firms::id)));
    Ok(!any.get_result::<bool>(&mut store.conn().await?).await?)
}

/// Whether the database has firms that are of no demo.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn has_other_firms(store: &Store) -> Result<bool> {
    let mut conn = store.conn().await?;
    let mut own = Vec::new();
    for scale in [Scale::Small, Scale::Large] {
        own.extend(found(&mut conn, scale).await?.into_iter().map(|(firm, _)| firm));
    }
    let others = firms::table.filter(firms::id.ne_all(own)).select(firms::id);
    Ok(diesel::select(diesel::dsl::exists(others)).get_result(&mut conn).await?)
}

/// Whether this demo is there.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn exists(store: &Store, scale: Scale) -> Result<bool> {
    let mut conn = store.conn().await?;
    Ok(!found(&mut conn, scale).await?.is_empty())
}

/// The firms of a demo, each with the address of its owner.
async fn found(conn: &mut AsyncPgConnection, scale: Scale) -> Result<Vec<(FirmId, String)>> {
    Ok(staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .filter(staff_members::role.eq(StaffRole::Owner))
        .filter(accounts::email_ci.eq_any(scale.owners()))
        .select((staff_members::firm_id, accounts::email_ci))
        .load(conn)
        .await?)
}

/// Fills in the demo, unless it exists already, beside all other data of the database at `url`; returns how to sign in.
/// All of it is one transaction: a demo is complete or not there. `progress` is called with each step, in English.
///
/// # Errors
/// When the database or the store of files does not answer: retry. When an account outside of the demo has one of its
/// addresses: retrying does not help.
pub async fn fill(
    store: &Store,
    url: &str,
    files: &Storage,
    scale: Scale,
    progress: impl Fn(&str),
) -> Result<Vec<DemoSignIn>> {
    if !exists(store, scale).await? {
        let whole = Whole::begin(url, store.now()).await?;
        let mut conn = whole.store.conn().await?;
        // Two processes that start at once make one demo.
        conn.batch_execute(ONE_AT_A_TIME).await?;
        let is_new = found(&mut conn, scale).await?.is_empty();
        let is_first = found(&mut conn, Scale::Small).await?.is_empty();
        drop(conn);
        let mut objects = Vec::new();
        if is_first {
            progress("filling in three demo firms");
            objects = small(&whole).await?;
        }
        if is_new && scale == Scale::Large {
            progress("multiplying them to a hundred");
            large::multiply(&mut *whole.store.conn().await?, &large::SIZES).await?;
            collation::fill(&mut *whole.store.conn().await?).await?;
        }
        keep(files, objects).await?;
        whole.commit().await?;
    }
    sign_ins(store).await
}

/// Moves the clocks of the firms of the small demo on, in the database at `url`, and lets them live meanwhile: work is
/// generated, papers come and go, and everything that depends on the day follows. The same on every run, also in several
/// steps. All of it is one transaction. Empty when there is no demo: other firms have no clock of their own.
///
/// # Errors
/// When the database or the store of files does not answer: retry.
pub async fn advance(store: &Store, url: &str, files: &Storage, span: Span) -> Result<Vec<Moved>> {
    let whole = Whole::begin(url, store.now()).await?;
    let mut conn = whole.store.conn().await?;
    conn.batch_execute(ONE_AT_A_TIME).await?;
    let known = found(&mut conn, Scale::Small).await?;
    let ids: Vec<FirmId> = known.iter().map(|(id, _)| *id).collect();
    let of_demo = firms::table.filter(firms::id.eq_any(&ids)).filter(firms::is_demo);
    let of_demo: Vec<FirmId> = of_demo.select(firms::id).load(&mut conn).await?;
    drop(conn);
    let in_order = Scale::Small.owners().into_iter().filter_map(|owner| {
        known.iter().find(|(id, email)| *email == owner && of_demo.contains(id)).map(|(id, _)| *id)
    });
    let in_order: Vec<FirmId> = in_order.collect();
    if in_order.len() < texts::all().len() {
        return Ok(Vec::new());
    }
    let (objects, moved) = resume::go_on(&whole, &in_order, span).await?;
    keep(files, objects).await?;
    whole.commit().await?;
    Ok(moved)
}

/// Plays the small demo; returns the bytes of its files. Spain comes before France: its owner is also the admin of a
/// French client (B-13).
async fn small(whole: &Whole) -> Result<Vec<(Key, Bytes)>> {
    let mut objects = Vec::new();
    let mut guest = None;
    for (place, texts) in texts::all().iter().enumerate().rev() {
        let is_host = texts.firm.country == "FR";
        let mut stage = Stage::found(whole, place, guest.as_ref().filter(|_| is_host)).await?;
        stage.plot();
        stage.play().await?;
        stage.show_what_is_rare().await?;
        guest = Some(stage.staff.swap_remove(0));
        objects.append(&mut stage.objects);
    }
    Ok(objects)
}

/// Writes the bytes of files. Before the commit, as everywhere: if the fill is broken off in between, some small objects
/// stay that no row leads to.
async fn keep(files: &Storage, objects: Vec<(Key, Bytes)>) -> Result<()> {
    let objects = stream::iter(objects.into_iter().map(Ok::<_, Error>));
    let write = async |(key, bytes)| {
        let bytes = stream::iter([Ok::<_, std::io::Error>(bytes)]);
        let written = files.write(&key, bytes).await;
        written.map_err(|error| Fault::Unavailable(error.to_string()).into())
    };
    objects.try_for_each_concurrent(FILES_AT_ONCE, write).await
}
