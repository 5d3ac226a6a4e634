//! Background work: the handler of each kind of job, and the list of reconcilers.

pub mod clamd;
pub mod envelope;
pub mod export;
mod file_content;
pub mod file_sweep;
pub mod file_verify;
pub mod letter;
mod metrics;
pub mod reconciler;
pub mod send_email;
pub mod senders;
mod zip_directory;

use std::time::Duration;

use guichet_base::error::Result;
use guichet_engine::job::awaited;
use guichet_engine::search::refold;
use guichet_engine::store::Store;
use guichet_engine::{collation, feed, idempotency};
use guichet_queue::Workers;
use guichet_schema::desk::service_item::model::ServiceItem;
use guichet_schema::desk::ticket::model::Ticket;
use guichet_schema::month::calendar::job::SettleDueDates;
use guichet_schema::month::document::model::Document;
use guichet_schema::month::document::together;
use guichet_schema::month::export::model::WriteExport;
use guichet_schema::month::export::writing;
use guichet_schema::month::generation::job::{UndoGeneration, generate, tick};
use guichet_schema::month::generation::moves::apply::{MoveDueDates, move_all};
use guichet_schema::month::generation::moves::certain;
use guichet_schema::month::generation::undo::undo;
use guichet_schema::month::recurring_task::job::GenerateTasks;
use guichet_schema::month::task::model::Task;
use guichet_schema::month::task_type::model::TaskType;
use guichet_schema::people::client::model::Client;
use guichet_schema::people::firm::day;
use guichet_schema::people::session;
use guichet_schema::shared::email_delivery::model::SendEmail;
use guichet_schema::shared::file::model::VerifyFile;
use guichet_schema::shared::notification;
use guichet_storage::Storage;

use crate::export::{Exporter, ListWriter};
use crate::file_verify::Verifier;
use crate::reconciler::Reconciler;
use crate::send_email::Sender;
use crate::senders::Senders;

/// Time limit for sending one mail: longer than all steps of an SMTP session together.
const SENDING: Duration = Duration::from_secs(25 * 60);
/// Time limit for verifying one file: fetching a large one over a slow line, scanning and storing it.
const VERIFYING: Duration = Duration::from_secs(20 * 60);

/// Time limit for writing the file of one list: hundreds of thousands of rows.
const WRITING: Duration = Duration::from_secs(30 * 60);

/// Time limit for generating the tasks of one firm; a run that is cut off goes on where it was.
const GENERATING: Duration = Duration::from_secs(30 * 60);

const MINUTE: Duration = Duration::from_secs(60);

/// The workers of a process, with a handler for each kind of job; at most `concurrency` jobs of a
/// kind at once.
pub fn workers(
    store: Store,
    sender: Sender,
    verifier: Verifier,
    lists: ListWriter,
    concurrency: usize,
) -> Workers {
    metrics::begin();
    let (undoing, moving, settling) = (store.clone(), store.clone(), store.clone());
    let exporter = Exporter { store: store.clone(), storage: verifier.storage.clone(), lists };
    let generating = store.clone();
    Workers::new(store)
        .register(concurrency, SENDING, move |job, payload| sender.clone().run(job, payload))
        .register(concurrency, VERIFYING, move |job, payload| verifier.clone().run(job, payload))
        // One at a time: a long list must not keep the database from all others.
        .register(1, WRITING, move |job, payload| exporter.clone().run(job, payload))
        // While a large firm's month is made, what somebody asked for does not wait behind it.
        .register(concurrency.min(2), GENERATING, move |_, order: GenerateTasks| {
            let store = generating.clone();
            async move {
                generate(&store, &order).await?;
                Ok(())
            }
        })
        .register(1, GENERATING, move |_, UndoGeneration { firm_id, generation_id }| {
            let store = undoing.clone();
            async move {
                undo(&store, firm_id, generation_id).await?;
                Ok(())
            }
        })
        .register(1, GENERATING, move |_, job: MoveDueDates| {
            let store = moving.clone();
            async move {
                move_all(&store, &job).await?;
                Ok(())
            }
        })
        .register(1, GENERATING, move |_, job: SettleDueDates| {
            let store = settling.clone();
            async move {
                certain::settle(&store, &job).await?;
                Ok(())
            }
        })
}

/// All reconcilers of a process.
pub fn reconcilers(store: &Store, storage: &Storage, senders: &Senders) -> Vec<Reconciler> {
    let (sweeping, storage, senders) = (store.clone(), storage.clone(), senders.clone());
    vec![
        each_minute("mails without a job", store, |store| async move {
            awaited::settle::<SendEmail>(&store).await
        }),
        each_minute("files without a job", store, |store| async move {
            awaited::settle::<VerifyFile>(&store).await
        }),
        each_minute("exports without a job", store, |store| async move {
            awaited::settle::<WriteExport>(&store).await
        }),
        each_minute("runs without a job", store, |store| async move {
            Ok(awaited::settle::<GenerateTasks>(&store).await?
                + awaited::settle::<UndoGeneration>(&store).await?)
        }),
        each_minute("documents to be told of together", store, |store| async move {
            together::tell_waiting(&store).await
        }),
        each_minute("old exports", store, |store| async move { writing::expire(&store).await }),
        each_minute("old idempotency keys", store, |store| async move {
            idempotency::forget_old(&mut *store.conn().await?, store.now()).await
        }),
        each_minute("old sessions", store, |store| async move {
            session::commands::forget_old(&mut *store.conn().await?, store.now()).await
        }),
        each_minute("old events", store, |store| async move {
            feed::queries::forget_old(&mut *store.conn().await?, store.now()).await
        }),
        each_minute("old notifications", store, |store| async move {
            notification::commands::forget_old(&mut *store.conn().await?, store.now()).await
        }),
        each_minute("search texts of an older folding", store, |store| async move {
            Ok(refold::<Client>(&store).await?
                + refold::<ServiceItem>(&store).await?
                + refold::<Ticket>(&store).await?
                + refold::<TaskType>(&store).await?
                + refold::<Task>(&store).await?
                + refold::<Document>(&store).await?)
        }),
        each_minute("proofs of senders", store, move |store| {
            let senders = senders.clone();
            async move { senders.recheck(&store).await }
        }),
        each_minute("days that begin", store, |store| async move { day::tick(&store).await }),
        each_minute("months to generate", store, |store| async move { tick(&store).await }),
        each_minute("dates after an upgrade", store, |store| async move { certain::tick(&store).await }),
        each_minute("texts without a sort key", store, |store| async move {
            collation::fill(&mut *store.conn().await?).await
        }),
        Reconciler::new("sweep of files", 10 * MINUTE, 60 * MINUTE, move || {
            file_sweep::turn(sweeping.clone(), storage.clone())
        }),
    ]
}

/// A reconciler that needs only the database.
fn each_minute<F>(
    name: &'static str,
    store: &Store,
    turn: impl Fn(Store) -> F + Send + Sync + 'static,
) -> Reconciler
where
    F: Future<Output = Result<usize>> + Send + 'static,
{
    let store = store.clone();
    Reconciler::new(name, MINUTE, 10 * MINUTE, move || turn(store.clone()))
}
