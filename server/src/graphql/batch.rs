//! Batched loading: what one level of an answer needs is loaded with one statement per kind.
//!
//! async-graphql resolves a request in one task, so when this task cannot proceed and no field is finding its
//! rows any more (see [`crate::graphql::reading`]), all fields of the level have registered their keys. The
//! batches start then, not after a delay as with async-graphql's own `DataLoader`; keys registered meanwhile wait
//! for the next round. So the number of statements of a request depends on its shape only, not on the number of
//! rows, on which list is found first, or on the load of the machine.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use async_graphql::dataloader::Loader;
use async_graphql::{Data, Executor, Request, Response};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, poll_fn};
use futures_util::stream::{self, BoxStream, FuturesUnordered, StreamExt};
use guichet_edge::{ApiError, Served, Types, too_much};
use tokio::sync::oneshot;

use crate::graphql::loaders::{Loaders, Loads};
use crate::live::EventBatch;

type Answer<K> = Result<Option<<Loads as Loader<K>>::Value>, ApiError>;
/// Who waits for which keys of one kind.
type Waiting<K> = HashMap<K, Vec<oneshot::Sender<Answer<K>>>>;
/// Loads all requested keys of one kind.
type Start = fn(Arc<LoaderQueue>) -> BoxFuture<'static, ()>;

/// The pending loads of a request.
pub struct LoaderQueue {
    loads: Loads,
    driven: AtomicBool,
    /// List items so far.
    spent: AtomicUsize,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    waiting: HashMap<TypeId, Box<dyn Any + Send>>,
    starts: Vec<Start>,
}

impl LoaderQueue {
    /// Starts without pending loads.
    pub fn new(loads: Loads) -> Arc<Self> {
        let (driven, spent) = (AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { loads, driven, spent, asked: Mutex::default() })
    }

    /// Most items in one answer of lists without a limiting argument: their cost can only be estimated in advance
    /// (see `edge/cost.rs`), and nested lists multiply.
    pub const THINGS: usize = 20_000;

    /// Counts items of such a list. Returns whether the limit is not exceeded yet.
    pub fn spend(&self, things: usize) -> bool {
        self.spent.fetch_add(things, Ordering::Relaxed) + things <= Self::THINGS
    }

    /// Sets the events that the next message of a subscription is about, if any. Each message may have as many
    /// items as an answer.
    pub fn about(&self, batch: Option<Arc<EventBatch>>) {
        self.loads.about(batch);
        self.spent.store(0, Ordering::Relaxed);
    }

    /// Drops what was loaded about the current events.
    fn forget(&self) {
        self.loads.forget();
    }

    fn is_exhausted(&self) -> bool {
        self.spent.load(Ordering::Relaxed) > Self::THINGS
    }

    /// Loads one value together with all others requested in this round.
    ///
    /// # Errors
    /// The error of the loader; `INTERNAL` outside of [`BatchedExecutor`], where no round would ever start.
    pub async fn load<K>(&self, key: K) -> Answer<K>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loads: Loader<K, Error = ApiError>,
    {
        if !self.driven.load(Ordering::Relaxed) {
            return Err(ApiError::internal("a loader outside of BatchedExecutor"));
        }
        let (answer, answered) = oneshot::channel();
        {
            let mut asked = self.asked();
            let Asked { waiting, starts } = &mut *asked;
            let waiting = waiting.entry(TypeId::of::<K>()).or_insert_with(|| {
                starts.push(start::<K>);
                Box::new(Waiting::<K>::new())
            });
            let waiting =
                waiting.downcast_mut::<Waiting<K>>().expect("they are kept by the type of their key");
            waiting.entry(key).or_default().push(answer);
        }
        answered.await.map_err(|_| ApiError::internal("a batch without an answer"))?
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn round<K>(self: Arc<Self>)
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Loads: Loader<K, Error = ApiError>,
    {
        let waiting = self.asked().waiting.remove(&TypeId::of::<K>());
        let Some(waiting) = waiting.and_then(|waiting| waiting.downcast::<Waiting<K>>().ok()) else { return };
        let keys: Vec<K> = waiting.keys().cloned().collect();
        let found = self.loads.load(&keys).await;
        for (key, answers) in *waiting {
            let value = found.as_ref().map(|found| found.get(&key));
            for answer in answers {
                // Fails when the requesting field is gone.
                let _ = answer.send(value.map(|value| value.cloned()).map_err(Clone::clone));
            }
        }
    }
}

impl fmt::Debug for LoaderQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoaderQueue").field("loads", &self.loads).finish_non_exhaustive()
    }
}

fn start<K>(queue: Arc<LoaderQueue>) -> BoxFuture<'static, ()>
where
    K: Send + Sync + Hash + Eq + Clone + 'static,
    Loads: Loader<K, Error = ApiError>,
{
    queue.round::<K>().boxed()
}

/// The rounds of one request.
struct Rounds {
    queue: Arc<LoaderQueue>,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Rounds {
    fn new(queue: Arc<LoaderQueue>) -> Self {
        queue.driven.store(true, Ordering::Relaxed);
        Self { queue, running: FuturesUnordered::new() }
    }

    /// Polls the work, and, when it cannot proceed, what it waits for.
    fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut work: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        loop {
            let again = Arc::new(Again { wanted: AtomicBool::new(false), task: cx.waker().clone() });
            if let Poll::Ready(done) = work(&mut Context::from_waker(&again.clone().into())) {
                return Poll::Ready(done);
            }
            // Long lists yield after some items: the remaining ones have not registered yet.
            if again.wanted.load(Ordering::Acquire) {
                return Poll::Pending;
            }
            // Who is still finding rows will wake this task, and their fields belong to the same round.
            if self.running.is_empty() && !self.queue.loads.reading.is_finding() {
                let starts = std::mem::take(&mut self.queue.asked().starts);
                self.running.extend(starts.into_iter().map(|start| start(self.queue.clone())));
            }
            // Without a batch the work waits for something else, which will wake this task.
            if !matches!(self.running.poll_next_unpin(cx), Poll::Ready(Some(()))) {
                return Poll::Pending;
            }
        }
    }
}

/// Wakes the task, and remembers that it must be polled again.
struct Again {
    wanted: AtomicBool,
    task: Waker,
}

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.wanted.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// A schema whose requests load in batches.
#[derive(Debug, Clone)]
pub struct BatchedExecutor<E>(pub E);

impl<E: Executor> Executor for BatchedExecutor<E> {
    async fn execute(&self, request: Request) -> Response {
        let Some(queue) = queue(&request) else { return self.0.execute(request).await };
        let mut rounds = Rounds::new(queue.clone());
        let mut work = pin!(self.0.execute(request));
        poll_fn(|cx| {
            let answer = rounds.poll(cx, |cx| work.as_mut().poll(cx));
            // Stops resolving at once, instead of returning an error for every list.
            if queue.is_exhausted() { Poll::Ready(exhausted()) } else { answer }
        })
        .await
    }

    fn execute_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let queue = queue(&request);
        let mut work = self.0.execute_stream(request, session);
        let Some(queue) = queue else { return work };
        let mut rounds = Rounds::new(Arc::clone(&queue));
        let answers = stream::poll_fn(move |cx| rounds.poll(cx, |cx| work.poll_next_unpin(cx)));
        answers
            .inspect(move |answer| {
                // A client that resumes must not get the same incomplete data again.
                if answer.is_err() {
                    queue.forget();
                }
            })
            .boxed()
    }
}

impl<E: Served> Served for BatchedExecutor<E> {
    fn types(&self) -> Arc<Types> {
        self.0.types()
    }
}

fn exhausted() -> Response {
    Response::from_errors(vec![too_much("things", LoaderQueue::THINGS as u64)])
}

fn queue(request: &Request) -> Option<Arc<LoaderQueue>> {
    request.data.get(&TypeId::of::<Loaders>())?.downcast_ref::<Loaders>()?.clone()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
    use guichet_base::clock::ManualClock;
    use guichet_base::id::{FirmId, StaffId};
    use guichet_base::locale::Locale;
    use guichet_engine::actor::{MemberReach, Membership, StaffMembership, StaffRole};
    use guichet_engine::db;
    use guichet_engine::store::Store;

    use super::*;
    use crate::graphql::loaders::load;
    use crate::graphql::reading::Reading;

    /// The number of keys of each batch, by kind.
    static BATCHES: Mutex<Vec<(&str, usize)>> = Mutex::new(Vec::new());

    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct Fast(u32);
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct Slow(u32);
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct Next(u32);

    macro_rules! probe {
        ($($key:ident after $micros:literal),+) => {$(
            impl Loader<$key> for Loads {
                type Value = u32;
                type Error = ApiError;

                async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, u32>, ApiError> {
                    BATCHES.lock().unwrap().push((stringify!($key), keys.len()));
                    tokio::time::sleep(Duration::from_micros($micros)).await;
                    if keys.contains(&$key(13)) {
                        return Err(ApiError::internal("unlucky"));
                    }
                    Ok(keys.iter().filter(|key| key.0 != 7).map(|key| (key.clone(), key.0)).collect())
                }
            }
        )+};
    }
    probe!(Fast after 1, Slow after 5000, Next after 1);

    struct Item(u32);

    #[Object]
    impl Item {
        async fn fast(&self, ctx: &async_graphql::Context<'_>) -> Result<Option<Item>, ApiError> {
            Ok(load(ctx, Fast(self.0)).await?.map(Item))
        }

        async fn slow(&self, ctx: &async_graphql::Context<'_>) -> Result<Option<Item>, ApiError> {
            Ok(load(ctx, Slow(self.0)).await?.map(Item))
        }

        async fn next(&self, ctx: &async_graphql::Context<'_>) -> Result<Option<u32>, ApiError> {
            load(ctx, Next(self.0)).await
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn items(&self, from: u32, to: u32) -> Vec<Item> {
            (from..to).map(Item).collect()
        }

        /// Items that are found after some time.
        async fn found(
            &self,
            ctx: &async_graphql::Context<'_>,
            from: u32,
            to: u32,
            millis: u64,
        ) -> Vec<Item> {
            let reading = ctx.data_unchecked::<Reading>();
            reading.find(async |_| tokio::time::sleep(Duration::from_millis(millis)).await).await;
            (from..to).map(Item).collect()
        }
    }

    async fn ask(query: &str) -> (serde_json::Value, Vec<(&'static str, usize)>) {
        let pool = db::pool("postgres://nobody@127.0.0.1:9/nothing", 1).unwrap();
        let store = Store::new(pool, ManualClock::new(chrono::DateTime::UNIX_EPOCH));
        let membership = StaffMembership {
            id: StaffId::new(),
            firm_id: FirmId::new(),
            role: StaffRole::Member,
            reach: MemberReach::All,
        };
        let reading = Reading::new(store);
        let loads = Loads::new(reading.clone(), Membership::Staff(membership), Locale::En);
        let loaders: Loaders = Some(LoaderQueue::new(loads));
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        let response = BatchedExecutor(schema).execute(Request::new(query).data(loaders).data(reading)).await;
        let mut batches = std::mem::take(&mut *BATCHES.lock().unwrap());
        batches.sort_unstable();
        (serde_json::to_value(response).unwrap(), batches)
    }

    /// One test, because the counter is shared.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_level_is_a_round() {
        // Fields below the fast one wait for those below the slow one, however many there are.
        for items in [1, 40, 1000] {
            let (from, to) = (100, 100 + items);
            let query = format!(
                "{{ items(from: {from}, to: {to}) {{ fast {{ next }} slow {{ next }} again: fast {{ next }} }} }}"
            );
            let (answer, batches) = ask(&query).await;
            let items = items as usize;
            assert_eq!(batches, [("Fast", items), ("Next", items), ("Slow", items)]);
            let found = answer["data"]["items"].as_array().unwrap();
            assert_eq!(found.len(), items);
            let last = to - 1;
            assert_eq!(found[items - 1]["slow"]["next"], last);
            assert_eq!(found[items - 1]["again"]["next"], last);
        }
        // Lists that are there at once wait for those that are still found, however long that takes.
        let (answer, batches) = ask("{
                soon: found(from: 100, to: 110, millis: 1) { fast { next } }
                late: found(from: 110, to: 120, millis: 30) { fast { next } slow { next } }
                items(from: 120, to: 130) { fast { next } slow { next } }
            }")
        .await;
        assert_eq!(batches, [("Fast", 30), ("Next", 30), ("Slow", 20)]);
        assert_eq!(answer["data"]["late"][9]["slow"]["next"], 119);
        // A missing value is null, and a failed load fails for all who requested it.
        let (answer, _) = ask("{ items(from: 6, to: 9) { next } }").await;
        assert_eq!(answer["data"]["items"], serde_json::json!([{"next": 6}, {"next": null}, {"next": 8}]));
        let (answer, batches) = ask("{ items(from: 12, to: 15) { fast { next } next } }").await;
        assert_eq!(answer["errors"].as_array().unwrap().len(), 6, "{answer:#}");
        assert_eq!(batches, [("Fast", 3), ("Next", 3)]);
    }
}
