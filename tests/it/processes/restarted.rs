//! Servers restarted one after the other behind a proxy, as an upgrade does it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use guichet_tests::database::TestDatabase;
use guichet_tests::place::Place;
use guichet_tests::process::Launch;
use guichet_tests::wait::until;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CALLERS: usize = 8;
/// Requests of each between two restarts.
const BETWEEN: usize = 20;

/// A proxy goes to the other server when one does not accept its connection, or goes away before it answers: no request
/// is refused, cut off or answered with an error.
#[tokio::test]
async fn no_request_fails_while_servers_are_restarted_in_turn() {
    let database = TestDatabase::new().await;
    let places = [Place::new(), Place::new()];
    let addresses: Vec<String> = places.iter().map(|place| place.address().to_string()).collect();
    let mut servers = Vec::new();
    for address in &addresses {
        servers.push(Launch::serve(&database.url).with("GUICHET_LISTEN", address).start().await);
    }
    let answered: Arc<[AtomicUsize]> = (0..CALLERS).map(|_| AtomicUsize::new(0)).collect();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (addresses, answered) = (addresses.clone(), Arc::clone(&answered));
        callers.spawn(async move {
            for turn in caller.. {
                let answer = ask(&addresses, turn).await;
                assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(" Ok("), "{answer:?}");
                answered[caller].fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for turn in 0..6 {
        let before: Vec<usize> = answered.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        until("the callers have gone on", async || {
            let went_on =
                |(count, before): (&AtomicUsize, &usize)| count.load(Ordering::Relaxed) > before + BETWEEN;
            if let Some(ended) = callers.try_join_next() {
                ended.expect("requests are answered");
            }
            answered.iter().zip(&before).all(went_on).then_some(())
        })
        .await;
        let server = servers.remove(0);
        assert!(server.stop().await.success());
        let launch = Launch::serve(&database.url).with("GUICHET_LISTEN", &addresses[turn % 2]);
        servers.push(launch.start().await);
    }
    callers.abort_all();
    while let Some(ended) = callers.join_next().await {
        assert!(ended.unwrap_err().is_cancelled(), "a request failed");
    }
    for server in servers {
        assert!(server.stop().await.success());
    }
    database.drop().await;
}

/// One request over a connection of its own, to the first of these addresses that answers.
async fn ask(addresses: &[String], turn: usize) -> String {
    let body = json!({ "query": "mutation { signOut { userErrors { code } } }" }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    for address in addresses.iter().cycle().skip(turn % 2).take(2) {
        let mut answer = Vec::new();
        let answered = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(request.as_bytes()).await?;
            stream.read_to_end(&mut answer).await
        };
        let answered = answered.await;
        if !answer.is_empty() {
            return format!("{} {answered:?}", String::from_utf8_lossy(&answer));
        }
    }
    "no server answers".to_owned()
}
