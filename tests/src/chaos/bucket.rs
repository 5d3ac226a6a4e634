//! An S3 server as a separate process, which can be frozen and killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use guichet_storage::{S3, Storage};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::object_store::{bucket_in, serve, settings, variables};
use crate::place::Place;
use crate::process::{Launch, Process};

/// The argument that makes the fault runner an S3 server; folder and address follow.
pub const SERVER: &str = "s3-server";

/// A bucket on its own server.
pub struct Bucket {
    folder: TempDir,
    place: Place,
    /// The server.
    pub server: Process,
}

impl Bucket {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder is made");
        let place = Place::new();
        let server = run(folder.path(), &place.address().to_string()).await;
        Self { folder, place, server }
    }

    /// Kills the server and starts it again after some time.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn killed_for(mut self, away: Duration) -> Self {
        self.server.kill().await;
        sleep(away).await;
        self.server = run(self.folder.path(), &self.place.address().to_string()).await;
        self
    }

    /// The settings as environment variables.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        variables(&format!("http://{}", self.place.address()))
    }

    /// A store on the bucket.
    ///
    /// # Panics
    /// Never: the settings are valid.
    pub fn storage(&self) -> Storage {
        let settings = settings(&format!("http://{}", self.place.address()));
        Storage::S3(S3::new(&settings).expect("a bucket is named"))
    }

    /// The folder of its objects.
    pub fn root(&self) -> PathBuf {
        bucket_in(self.folder.path())
    }
}

async fn run(folder: &Path, address: &str) -> Process {
    let folder = folder.to_str().expect("the folder has a plain name");
    let server = Launch::own(&[SERVER, folder, address]).start().await;
    while TcpStream::connect(address).await.is_err() {
        assert!(!server.has_ended(), "the S3 server ended: {:#?}", server.output());
        sleep(Duration::from_millis(5)).await;
    }
    server
}

/// Runs the child: serves until it is killed.
///
/// # Panics
/// When the address is taken, or the folder cannot be used.
pub async fn be_server(folder: &str, address: &str) {
    let listener = TcpListener::bind(address).await.expect("the port is free");
    let (_fault, spoils) = watch::channel(None);
    serve(listener, folder.into(), spoils).await;
}
