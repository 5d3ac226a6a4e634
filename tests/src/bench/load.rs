//! Requests over HTTP, as fast as they are answered. Whoever sends is not counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::cpu;
use super::pgbench::{SECONDS, WARM_UP};
use super::rounds::Measured;

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose it is.
    pub token: Arc<str>,
    /// What it says, in JSON.
    pub body: String,
}

/// Sends what `next` gives (it is told which connection, and how many were sent on it) to the GraphQL server at
/// `url` on so many connections, each as soon as the one before is answered. Each answer must have `mark` in it.
/// Counts the CPU of these processes.
///
/// # Panics
/// When an answer is not as wanted.
pub async fn run(
    url: &str,
    processes: [u32; 2],
    connections: usize,
    mark: &'static str,
    next: impl Fn(usize, usize) -> Request + Clone + Send + 'static,
) -> Measured {
    let url = format!("{url}/graphql");
    let answered = Arc::new(AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let mut senders = JoinSet::new();
    for connection in 0..connections {
        let (url, next, answered, over) =
            (url.clone(), next.clone(), Arc::clone(&answered), Arc::clone(&over));
        senders.spawn(async move {
            let http =
                reqwest::Client::builder().pool_max_idle_per_host(1).build().expect("a client is made");
            for sent in 0.. {
                let Request { token, body } = next(connection, sent);
                let request = http.post(&url).bearer_auth(token).header(CONTENT_TYPE, "application/json");
                let answer = request.body(body).send().await.expect("the server answers");
                let text = answer.text().await.expect("the answer is whole");
                assert!(text.contains(mark), "{text}");
                answered.fetch_add(1, Ordering::Relaxed);
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
    }
    let began = Instant::now();
    let moment = || Measured {
        operations: answered.load(Ordering::Relaxed) as f64,
        seconds: began.elapsed().as_secs_f64(),
        cpu: cpu::seconds(&processes),
    };
    let mut moments = Vec::new();
    for seconds in [WARM_UP, SECONDS] {
        tokio::select! {
            () = sleep(Duration::from_secs(seconds as u64)) => moments.push(moment()),
            // Only a failure ends one.
            Some(Err(failure)) = senders.join_next() => panic!("{failure}"),
        }
    }
    over.store(true, Ordering::Relaxed);
    senders.join_all().await;
    Measured::between(moments[0], moments[1])
}
