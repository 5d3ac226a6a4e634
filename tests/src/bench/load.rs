//! Sends HTTP requests as fast as they are answered. The sender's own CPU time is not counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::cpu;
use super::pgbench::{SECONDS, WARM_UP};
use super::rounds::Measured;

/// A request to send.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token of its session.
    pub token: Arc<str>,
    /// Its body, in JSON.
    pub body: String,
}

/// Sends the requests that `next` returns (its arguments are the connection and the number of requests sent on it)
/// to the GraphQL server at `url`, over so many connections, each as soon as the previous one is answered. Every
/// answer must contain `mark`. Measures the CPU time of these processes.
///
/// # Panics
/// When an answer is not as expected.
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
            // A sender only ends when it fails.
            Some(Err(failure)) = senders.join_next() => panic!("{failure}"),
        }
    }
    over.store(true, Ordering::Relaxed);
    senders.join_all().await;
    Measured::between(moments[0], moments[1])
}
