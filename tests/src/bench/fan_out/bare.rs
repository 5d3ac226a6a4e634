//! The baseline of the fan-out benchmark: a process that copies what one connection sends to all others.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use guichet_server::open_files;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex as AsyncMutex;

use crate::report::say;

/// The argument that makes the benchmark program this process.
pub const BARE: &str = "bare-fan-out";

type Others = Arc<Mutex<Vec<Arc<AsyncMutex<OwnedWriteHalf>>>>>;

/// Runs until it is killed.
///
/// # Errors
/// When it cannot listen.
pub async fn serve() -> io::Result<()> {
    open_files::allow_many();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(json!({ "message": "serving", "address": listener.local_addr()?.to_string() }));
    let others = Others::default();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(relay(stream, Arc::clone(&others)));
    }
}

async fn relay(stream: TcpStream, others: Others) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut said, own) = stream.into_split();
    let own = Arc::new(AsyncMutex::new(own));
    locked(&others).push(Arc::clone(&own));
    let mut frame = vec![0; 64 << 10];
    loop {
        let length = said.read(&mut frame).await?;
        if length == 0 {
            return Ok(());
        }
        let all = locked(&others).clone();
        for other in all.iter().filter(|other| !Arc::ptr_eq(other, &own)) {
            other.lock().await.write_all(&frame[..length]).await?;
        }
    }
}

fn locked(others: &Others) -> std::sync::MutexGuard<'_, Vec<Arc<AsyncMutex<OwnedWriteHalf>>>> {
    others.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A text as a frame sent by a server (RFC 6455, 5.2).
pub fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(length @ 0..=125) => frame.push(length.to_le_bytes()[0]),
        Ok(length) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}
