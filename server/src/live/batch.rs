//! A batch: events of one firm that were read together, and the data loaded about them.

use std::any::{Any, TypeId};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use guichet_base::id::Id;
use guichet_edge::ApiError;
use guichet_engine::feed::queries::Entry;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Results are cached for so many different keys: clients determine the keys, and results take memory.
const KEYS: usize = 100;

/// The events of one firm after one revision and up to another.
pub struct EventBatch {
    /// The epoch of the feed.
    pub epoch: Uuid,
    /// The batch contains the events after this revision.
    pub behind: i64,
    /// The last revision in the batch.
    pub revision: i64,
    /// The events in commit order.
    pub entries: Vec<Entry>,
    loaded: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
    /// Whether most followers have received it: what latecomers load is not cached.
    is_old: AtomicBool,
}

/// The cached loads of one kind, by their key.
type Loaded<K, V> = HashMap<K, Arc<OnceCell<Arc<V>>>>;

impl EventBatch {
    /// The events after `behind`, up to `revision`.
    pub fn new(epoch: Uuid, behind: i64, revision: i64, entries: Vec<Entry>) -> Self {
        Self { epoch, behind, revision, entries, loaded: Mutex::default(), is_old: AtomicBool::new(false) }
    }

    /// The things of one noun that the events are about.
    pub fn things<I: Id>(&self) -> Vec<I> {
        let things: BTreeSet<Uuid> =
            self.entries.iter().filter(|entry| entry.noun == I::NOUN).map(|entry| entry.subject).collect();
        things.into_iter().map(I::from_uuid).collect()
    }

    /// Drops the cached loads; they are loaded again on demand.
    pub fn forget(&self) {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Drops the cached loads and caches nothing from now on; concurrent callers still share a load.
    pub fn grow_old(&self) {
        self.is_old.store(true, Ordering::SeqCst);
        self.forget();
    }

    /// The data about these events for all of `P`, such as one subscription, who share `key`: loaded by the first caller,
    /// while the others wait. After a failed load, the next caller tries again.
    ///
    /// # Errors
    /// The error of `load`.
    pub async fn shared<P, K, V>(
        &self,
        key: K,
        load: impl AsyncFnOnce() -> Result<V, ApiError>,
    ) -> Result<Arc<V>, ApiError>
    where
        P: 'static,
        K: Hash + Eq + Send + 'static,
        V: Send + Sync + 'static,
    {
        let cell = {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            let kind = loaded.entry(TypeId::of::<(P, K, V)>());
            let of_kind = kind.or_insert_with(|| Box::new(Loaded::<K, V>::new()));
            let of_kind = of_kind.downcast_mut::<Loaded<K, V>>().expect("they are kept by their type");
            if of_kind.len() >= KEYS && !of_kind.contains_key(&key) {
                None
            } else {
                Some(Arc::clone(of_kind.entry(key).or_default()))
            }
        };
        // Beyond the limit of keys, each caller loads for itself.
        let Some(cell) = cell else { return load().await.map(Arc::new) };
        let told = cell.get_or_try_init(async || load().await.map(Arc::new)).await.cloned();
        // Nobody will clear what is loaded from now on, so it is not kept.
        if self.is_old.load(Ordering::SeqCst) {
            self.forget();
        }
        told
    }
}

impl fmt::Debug for EventBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventBatch")
            .field("behind", &self.behind)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[tokio::test]
    async fn all_who_see_the_same_load_once() {
        let batch = EventBatch::new(Uuid::nil(), 0, 1, Vec::new());
        let loads = AtomicUsize::new(0);
        let load = async |what: &str| {
            let of = batch.shared::<(), _, _>(what.to_owned(), async || {
                loads.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(what.len())
            });
            *of.await.unwrap()
        };
        let all = futures_util::future::join_all((0..50).map(|n| load(["one", "three"][n % 2]))).await;
        assert_eq!(all.iter().sum::<usize>(), 25 * 3 + 25 * 5);
        assert_eq!(loads.load(Ordering::Relaxed), 2);
    }

    /// Subscriptions whose keys and rows are of the same types do not get each other's rows.
    #[tokio::test]
    async fn each_purpose_has_rows_of_its_own() {
        struct Tickets;
        struct Charges;
        let batch = EventBatch::new(Uuid::nil(), 0, 1, Vec::new());
        assert_eq!(*batch.shared::<Tickets, _, _>((), async || Ok(1_u8)).await.unwrap(), 1);
        assert_eq!(*batch.shared::<Charges, _, _>((), async || Ok(2_u8)).await.unwrap(), 2);
        assert_eq!(*batch.shared::<Tickets, _, _>((), async || Ok(3_u8)).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_tried_again_by_the_next() {
        let batch = EventBatch::new(Uuid::nil(), 0, 1, Vec::new());
        let failed =
            batch.shared::<(), _, _>(1_u8, async || Err::<u8, _>(ApiError::unavailable("away"))).await;
        assert!(failed.is_err());
        assert_eq!(*batch.shared::<(), _, _>(1_u8, async || Ok(7_u8)).await.unwrap(), 7);
    }

    /// A latecomer caches nothing; after a failed load the next result is kept.
    #[tokio::test]
    async fn what_is_loaded_late_is_not_kept() {
        let batch = EventBatch::new(Uuid::nil(), 0, 1, Vec::new());
        let load = async || *batch.shared::<(), _, _>(1_u8, async || Ok(7_u8)).await.unwrap();
        let kept = || batch.loaded.lock().unwrap().len();
        assert_eq!((load().await, kept()), (7, 1));
        batch.forget();
        assert_eq!(kept(), 0);
        assert_eq!((load().await, kept()), (7, 1));
        batch.grow_old();
        assert_eq!(kept(), 0);
        assert_eq!((load().await, kept()), (7, 0));
    }
}
