//! A proxy with TLS in front of a server, as browsers meet it: it speaks HTTP/2 with whoever wants to.

use std::path::PathBuf;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::authority::Authority;

/// The proxy. It ends when it is dropped.
#[derive(Debug)]
pub struct Front {
    url: String,
    authority: Authority,
    serving: JoinHandle<()>,
}

impl Front {
    /// A proxy in front of the server at this address.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(server: &str) -> Self {
        let authority = Authority::new();
        let acceptor = authority.acceptor(&["h2", "http/1.1"]);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("an address").port();
        let server = server.trim_start_matches("http://").to_owned();
        let serving = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, server) = (acceptor.clone(), server.clone());
                tokio::spawn(async move {
                    let mut outside = acceptor.accept(tcp).await?;
                    let mut inside = TcpStream::connect(server).await?;
                    copy_bidirectional(&mut outside, &mut inside).await
                });
            }
        });
        Self { url: format!("https://localhost:{port}"), authority, serving }
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file with the authority of its certificate.
    pub fn authority(&self) -> PathBuf {
        self.authority.file()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
