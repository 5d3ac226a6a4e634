//! The kinds of process: everything in one, `serve`, `work`.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guichet_base::email::Email;
use guichet_demo::{self as demo, DemoSignIn, Scale};
use guichet_edge::ConnectionLimits;
use guichet_embedded::keep_running;
use guichet_engine::db;
use guichet_engine::hint;
use guichet_engine::pace::Pace;
use guichet_engine::store::Store;
use guichet_engine::time;
use guichet_mail::{Catcher, Pool, Route};
use guichet_queue::Workers;
use guichet_schema::restored::{self, Restored};
use guichet_storage::{Addresses, Folder, Own, S3, Seal, Storage};
use guichet_workers::clamd::Clamd;
use guichet_workers::file_verify::Verifier;
use guichet_workers::send_email::Sender;
use tokio_util::sync::CancellationToken;

use crate::console::say;
use crate::database::Database;
use crate::files::Files;
use crate::gateway::Gateway;
use crate::lifecycle::{Failure, Lifecycle, Turn};
use crate::live::Live;
use crate::parts::{Parts, Service};
use crate::settings::{
    GUICHET_LISTEN, GUICHET_PROBES, MAIL_FROM, S3_BUCKET, SMTP_URL, SettingError, Settings, bind, look_at_s3,
    migrate, open_s3, unusable,
};
use crate::{graphql, open_files, probes, service_manager, signals};

/// How long PostgreSQL may take to stop: longer than its own steps together.
const POSTGRES_STOPS: Duration = Duration::from_secs(45);
/// How long a process may take to stop, an embedded PostgreSQL apart; docs/OPERATIONS.md says so.
#[cfg(test)]
const WHOLE: Duration = Duration::from_secs(35);
/// How long requests in progress may take: longer than the edge allows any of them once its body has arrived.
const HTTP_DRAINS: Duration = Duration::from_secs(33);
/// How long the workers may take to stop: longer than their own patience and `ROUTE_CLOSES`.
const WORKERS_STOP: Duration = Duration::from_secs(30);
/// How long writing down what became of the last mails may take.
const ROUTE_CLOSES: Duration = Duration::from_secs(2);
/// How long other parts may take to stop.
const SOON: Duration = Duration::from_secs(2);
/// How often recorded metrics are compacted, whether or not anybody reads them.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Everything in one process, with embedded services where none are configured.
///
/// # Errors
/// Why it cannot start, or the first part that fails later.
pub async fn all_in_one(settings: &Settings) -> Result<(), Failure> {
    living(async |life| {
        if !settings.trial {
            demand_mail(settings)?;
        }
        let listener = bind(GUICHET_LISTEN, settings.listen).await?;
        let (relay, s3) = (relay(settings), bucket(settings)?);
        let parts = parts(settings, s3.as_ref(), relay.as_ref(), settings.clamd.as_ref());
        parts.begin().await?;
        let database = Database::own(settings).await?;
        let url = database.url();
        let folder = data_folder(settings, &database);
        let mut socket = None;
        let is_shared = matches!(database, Database::Shared(_));
        if let Database::Private(postgres) = database {
            postgres.notes().iter().for_each(say);
            socket = Some(postgres.socket_folder().to_owned());
            life.add("PostgreSQL", Turn::Last, POSTGRES_STOPS, |stop| keep_running(*postgres, stop));
        }
        migrate(settings, &url).await?;
        let store = open_for_life(life, settings, &url).await?;
        begin_anew_after_restore(&store).await?;
        if is_shared {
            pass_hints(life, settings, url.clone(), &store);
        }
        let route = match relay {
            Some(pool) => Route::Smtp(pool),
            None => Route::Catcher(catcher(&folder)?),
        };
        let storage = storage(s3, &folder)?;
        let empty = demo::is_wanted(&store).await?;
        // Everybody knows the demo password, so a server that others can reach is only filled by `guichet demo`.
        if settings.trial && empty && storage.is_away() {
            say("The demo firms have files, and their store is away: start again when it is back.");
        } else if settings.trial && empty {
            demo::fill(&store, &url, &storage, Scale::Small, |step| say(step)).await?;
        }
        let sign_ins = warned_of_demo(settings, &store).await?;
        let workers = workers(settings, &store, &route, &storage);
        let health = workers.health();
        start_workers(life, settings, &store, workers, route.clone(), &storage);
        let public_url = settings.public_url(listener.local_addr()?);
        let files = files(settings, &folder, storage)?;
        // The page requires no sign-in.
        let catcher = match route {
            Route::Catcher(catcher) => settings.trial.then_some(catcher),
            Route::Smtp(_) => None,
        };
        let live = follow_feeds(life, &store);
        watch(life, &parts);
        let gateway = Gateway { store, live, catcher, workers: Some(health), files, parts };
        life.add("HTTP", Turn::First, HTTP_DRAINS, |stop| gateway.serve(listener, settings, stop));
        say(welcome(settings, &public_url, socket.as_deref(), &sign_ins));
        if !settings.trial && empty {
            say("There is no firm yet: create one with `guichet firm create`.");
        }
        Ok(())
    })
    .await
}

/// The API only. Any number of these processes share the database.
///
/// # Errors
/// Why it cannot start, or the first part that fails later.
pub async fn serve(settings: &Settings) -> Result<(), Failure> {
    living(async |life| {
        let listener = bind(GUICHET_LISTEN, settings.listen).await?;
        let s3 = bucket(settings)?;
        let parts = parts(settings, s3.as_ref(), None, None);
        parts.begin().await?;
        let url = Database::shared(settings).await?;
        migrate(settings, &url).await?;
        let store = open_for_life(life, settings, &url).await?;
        warn_of_operator(settings);
        begin_anew_after_restore(&store).await?;
        warned_of_demo(settings, &store).await?;
        life.add("metrics", Turn::Then, SOON, keep_metrics);
        pass_hints(life, settings, url, &store);
        let public_url = settings.public_url(listener.local_addr()?);
        let folder = shared_folder(settings);
        let files = files(settings, &folder, storage(s3, &folder)?)?;
        let live = follow_feeds(life, &store);
        watch(life, &parts);
        let gateway = Gateway { store, live, catcher: None, workers: None, files, parts };
        life.add("HTTP", Turn::First, HTTP_DRAINS, |stop| gateway.serve(listener, settings, stop));
        tracing::info!(address = %public_url, "serving");
        Ok(())
    })
    .await
}

/// The workers only. Any number of these processes share the database.
///
/// # Errors
/// Why it cannot start, or the first part that fails later.
pub async fn work(settings: &Settings) -> Result<(), Failure> {
    living(async |life| {
        demand_mail(settings)?;
        let pool = relay(settings).ok_or_else(no_relay)?;
        let s3 = bucket(settings)?;
        let parts = parts(settings, s3.as_ref(), Some(&pool), settings.clamd.as_ref());
        parts.begin().await?;
        let url = Database::shared(settings).await?;
        migrate(settings, &url).await?;
        let store = open_for_life(life, settings, &url).await?;
        begin_anew_after_restore(&store).await?;
        warned_of_demo(settings, &store).await?;
        let storage = storage(s3, &shared_folder(settings))?;
        let route = Route::Smtp(pool);
        let workers = workers(settings, &store, &route, &storage);
        if let Some(address) = settings.probes {
            let listener = bind(GUICHET_PROBES, address).await?;
            tracing::info!(address = %listener.local_addr()?, "answering probes");
            let router =
                probes::router(probes::Probes::new(store.clone(), Some(workers.health()), parts.clone()));
            life.add("probes", Turn::Then, SOON, |stop| async move {
                guichet_edge::serve(listener, router, ConnectionLimits::default(), stop).await;
                Ok::<(), Infallible>(())
            });
        }
        pass_hints(life, settings, url, &store);
        watch(life, &parts);
        start_workers(life, settings, &store, workers, route, &storage);
        tracing::info!("working");
        Ok(())
    })
    .await
}

/// On a database that was restored or copied elsewhere: screens load anew, everybody signs in again, and mails that may
/// have been sent before are held.
async fn begin_anew_after_restore(store: &Store) -> Result<(), Failure> {
    if let Some(Restored { held, sessions }) = restored::begin_anew_elsewhere(store).await? {
        tracing::warn!(
            held,
            sessions,
            "this database was restored or copied: its queued mails are held (`guichet mail held`), and all sessions ended"
        );
    }
    Ok(())
}

/// Who can sign in to the demo firms of the database; outside of a trial, where there should be none, with a warning.
async fn warned_of_demo(settings: &Settings, store: &Store) -> Result<Vec<DemoSignIn>, Failure> {
    let sign_ins = demo::sign_ins(store).await?;
    if !settings.trial && !sign_ins.is_empty() {
        tracing::warn!("this database has demo firms: everybody knows their password");
    }
    Ok(sign_ins)
}

/// Starts the feeds that subscriptions follow.
fn follow_feeds(life: &mut Lifecycle, store: &Store) -> Live {
    let live = Live::new(store.clone());
    let reading = live.clone();
    life.add("feeds", Turn::Then, SOON, |stop| async move {
        reading.run(stop).await;
        Ok::<(), Infallible>(())
    });
    live
}

/// Starts parts with `begin` and runs until a signal, or until a part fails.
async fn living(begin: impl AsyncFnOnce(&mut Lifecycle) -> Result<(), Failure>) -> Result<(), Failure> {
    let shutdown = signals::shutdown_token()?;
    let mut life = Lifecycle::new(shutdown.clone());
    probes::record_metrics();
    open_files::allow_many();
    // A process that still waits for a service when it is told to stop has nothing to finish.
    let begun = shutdown.run_until_cancelled(Box::pin(begin(&mut life))).await;
    match begun {
        Some(Ok(())) => {
            service_manager::ready();
            life.run().await
        }
        None => life.stop().await,
        Some(Err(failure)) => {
            // The first failure is more informative than a failed stop after it.
            let _ = life.stop().await;
            Err(failure)
        }
    }
}

/// Outside of a trial, mails that are only caught would count as sent.
fn no_relay() -> SettingError {
    SettingError::new(SMTP_URL, "is not set, and mails would go nowhere")
}

/// Somebody must answer for the mails of all firms.
fn demand_mail(settings: &Settings) -> Result<(), SettingError> {
    match settings.smtp {
        Some(_) => operator(settings).map(drop),
        None => Err(no_relay()),
    }
}

/// The operator's own address.
pub(crate) fn operator(settings: &Settings) -> Result<&Email, SettingError> {
    let reason = "is not set: give your own address, such as notices@guichet.example, from which the mails of firms come \
                  that have not proved their domain";
    settings.sender_policy.from.as_ref().ok_or_else(|| SettingError::new(MAIL_FROM, reason))
}

/// Where no mails are sent it is needed to tell owners from which address their mails come.
fn warn_of_operator(settings: &Settings) {
    if settings.sender_policy.from.is_none() {
        let variable = MAIL_FROM.name;
        tracing::warn!("{variable} is not set: owners are not told from which address their mails come");
    }
}

/// What is wrong with a relay that hears the password unencrypted.
pub(crate) const TELLS_PASSWORD: &str =
    "SMTP_URL sends user and password in clear; smtp+starttls:// or smtps:// would not";

/// The configured relay.
fn relay(settings: &Settings) -> Option<Pool> {
    let relay = settings.smtp.clone()?;
    if relay.reveals_password() {
        tracing::warn!("{TELLS_PASSWORD}");
    }
    Some(Pool::new(relay))
}

/// The configured bucket.
fn bucket(settings: &Settings) -> Result<Option<S3>, SettingError> {
    settings.s3.as_ref().map(open_s3).transpose()
}

/// The services that a process uses and can do without for a while.
fn parts(settings: &Settings, s3: Option<&S3>, relay: Option<&Pool>, scanner: Option<&Clamd>) -> Parts {
    let redis = settings.redis.clone().map(Service::Redis);
    let s3 = s3.zip(settings.s3.as_ref()).map(|(s3, settings)| Service::S3(s3.clone(), settings.clone()));
    let relay = relay.cloned().map(Service::Relay);
    let scanner = scanner.cloned().map(Service::Scanner);
    Parts::new([redis, s3, relay, scanner].into_iter().flatten())
}

/// Keeps looking whether the services are there.
fn watch(life: &mut Lifecycle, parts: &Parts) {
    let parts = parts.clone();
    life.add("parts", Turn::Then, SOON, |stop| async move {
        parts.watch(stop).await;
        Ok::<(), Infallible>(())
    });
}

/// Passes hints between this process and others on the same database.
fn pass_hints(life: &mut Lifecycle, settings: &Settings, url: String, store: &Store) {
    let (hints, redis) = (store.hints.clone(), settings.redis.clone());
    life.add("hints", Turn::Then, SOON, |stop| {
        until(stop, async move {
            match redis {
                Some(redis) => redis.relay(&hints).await,
                None => drop(tokio::join!(hint::announce(&url, &hints), hint::listen(&url, &hints))),
            }
        })
    });
}

/// The file store: the bucket, else `folder`.
fn storage(s3: Option<S3>, folder: &Path) -> Result<Storage, SettingError> {
    match s3 {
        Some(s3) => Ok(Storage::S3(s3)),
        None => {
            Folder::open(folder).map(Storage::Folder).map_err(|error| unusable(&folder.join("files"), &error))
        }
    }
}

/// The file store of a command, which cannot do without it.
pub(crate) async fn storage_of_command(settings: &Settings, folder: &Path) -> Result<Storage, SettingError> {
    let s3 = bucket(settings)?;
    if let (Some(s3), Some(settings)) = (&s3, &settings.s3) {
        look_at_s3(s3, settings).await?;
    }
    storage(s3, folder)
}

/// What actions on files need.
fn files(settings: &Settings, folder: &Path, storage: Storage) -> Result<Files, Failure> {
    let addresses = match &storage {
        Storage::S3(s3) => Addresses::S3(s3.clone()),
        Storage::Folder(_) => {
            let seal = Seal::open(folder).map_err(|error| unusable(&folder.join("files.key"), &error))?;
            Addresses::Own(Own { seal })
        }
    };
    Ok(Files { storage, addresses, limits: settings.limits })
}

/// The data folder of one of several processes.
fn shared_folder(settings: &Settings) -> PathBuf {
    let (folder, _) = settings.data_dir();
    if settings.s3.is_none() {
        let variable = S3_BUCKET.name;
        tracing::warn!(folder = %folder.display(), "{variable} is not set: files lie in this folder, which all processes must share");
    }
    folder
}

/// The store of a command, by the database's time.
pub(crate) async fn open(settings: &Settings, url: &str) -> Result<Store, Failure> {
    Ok(time::store(db::pool(url, settings.pool)?).await?.0)
}

/// The store of a process, whose clock follows that of the database.
async fn open_for_life(life: &mut Lifecycle, settings: &Settings, url: &str) -> Result<Store, Failure> {
    let (store, clock) = time::store(db::pool(url, settings.pool)?).await?;
    let asking = store.clone();
    life.add("clock", Turn::Then, SOON, |stop| until(stop, async move { time::keep(&clock, &asking).await }));
    Ok(store.with_pace(Pace::of(settings.pace)))
}

pub(crate) fn data_folder(settings: &Settings, database: &Database) -> PathBuf {
    match database {
        Database::Private(postgres) => postgres.data_dir().to_owned(),
        Database::Shared(_) => settings.data_dir().0,
    }
}

/// Where mails are kept without a relay.
fn catcher(folder: &Path) -> Result<Catcher, SettingError> {
    let folder = folder.join("mails");
    Catcher::open(folder.clone()).map_err(|error| unusable(&folder, &error))
}

fn workers(settings: &Settings, store: &Store, route: &Route, storage: &Storage) -> Workers {
    let verifier = Verifier { store: store.clone(), storage: storage.clone(), clamd: settings.clamd.clone() };
    let (dkim, policy) = (settings.dkim.clone(), settings.sender_policy.clone());
    let sender = Sender::new(store.clone(), route.clone(), dkim, policy);
    let lists = graphql::export::list_writer();
    guichet_workers::workers(store.clone(), sender, verifier, lists, settings.work_concurrency)
}

fn start_workers(
    life: &mut Lifecycle,
    settings: &Settings,
    store: &Store,
    workers: Workers,
    route: Route,
    storage: &Storage,
) {
    life.add("metrics", Turn::Then, SOON, keep_metrics);
    for reconciler in guichet_workers::reconcilers(store, storage, &settings.senders()) {
        life.add(reconciler.name, Turn::First, SOON, |stop| async move {
            reconciler.run(stop).await;
            Ok::<(), Infallible>(())
        });
    }
    life.add("workers", Turn::First, WORKERS_STOP, |stop| async move {
        let ended = workers.run(stop).await;
        route.close(ROUTE_CLOSES).await;
        ended
    });
}

async fn keep_metrics(stop: CancellationToken) -> Result<(), Infallible> {
    while stop.run_until_cancelled(tokio::time::sleep(METRICS_UPKEEP)).await.is_some() {
        probes::keep_metrics();
    }
    Ok(())
}

/// Runs an endless future until `stop`.
async fn until<T>(stop: CancellationToken, endless: impl Future<Output = T>) -> Result<(), Infallible> {
    stop.run_until_cancelled(endless).await;
    Ok(())
}

/// The welcome message: where to look, and how to sign in.
fn welcome(settings: &Settings, public_url: &str, socket: Option<&Path>, sign_ins: &[DemoSignIn]) -> String {
    let mut lines = vec![String::new(), "Guichet runs. Ctrl-C stops all of it.".to_owned(), String::new()];
    lines.push(format!("  GraphQL    {public_url}/graphql"));
    if settings.graphiql {
        lines.push(format!("  GraphiQL   {public_url}/graphiql"));
    }
    match &settings.smtp {
        None if settings.trial => lines.push(format!("  Mails      {public_url}/mails")),
        None => lines.push("  Mails      kept, not sent: SMTP_URL is not set".to_owned()),
        Some(smtp) => lines.push(format!("  Mails      go to {}", smtp.place())),
    }
    if let Some(socket) = socket {
        lines.push(format!("  Database   psql -h {} -U guichet guichet", socket.display()));
    }
    if !sign_ins.is_empty() {
        lines.extend([String::new(), sign_in_table(sign_ins)]);
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The demo accounts, by firm.
pub(crate) fn sign_in_table(sign_ins: &[DemoSignIn]) -> String {
    let width = sign_ins.iter().map(|who| who.email.len()).max().unwrap_or_default();
    let mut lines = vec![format!("Sign in with the password {} as", demo::PASSWORD)];
    let mut firm = None;
    for who in sign_ins {
        if firm.replace(&who.firm) != Some(&who.firm) {
            lines.push(format!("  {}", who.firm));
        }
        let client = who.client.as_ref().map(|client| format!(" of {client}")).unwrap_or_default();
        lines.push(format!("    {:<width$}  {}, {}{client}", who.email, who.name, who.role));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use guichet_edge::EdgeSettings;

    #[test]
    fn requests_that_were_begun_may_take_their_time() {
        assert!(HTTP_DRAINS > EdgeSettings::default().timeout);
        let timing = guichet_queue::Timing::default();
        assert!(timing.patience > timing.grace && WORKERS_STOP > timing.patience + ROUTE_CLOSES * 3);
        assert!(HTTP_DRAINS.max(WORKERS_STOP) + SOON <= WHOLE);
    }
}
