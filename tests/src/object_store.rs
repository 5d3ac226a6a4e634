//! File stores for tests: a folder, or an S3 server in the test's process that verifies signatures and whose
//! answers can be changed.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use guichet_schema::shared::file::rules::Limits;
use guichet_server::files::Files;
use guichet_storage::{Addresses, Folder, Own, S3, S3Settings, Seal, Storage};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, DATE, ORIGIN,
};
use http::{HeaderValue, Method, StatusCode};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::AbortHandle;

const BUCKET: &str = "files";
const KEY: &str = "guichet";
const SECRET: &str = "a secret of tests";

/// The kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A folder, used through the server's own addresses.
    #[default]
    Folder,
    /// An S3 server.
    S3,
}

/// A file store, removed on drop.
#[derive(Debug)]
pub enum ObjectStore {
    /// A folder.
    Folder(TempDir),
    /// An S3 server.
    S3(S3Server),
}

impl ObjectStore {
    /// Starts one.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(kind: Kind) -> Self {
        match kind {
            Kind::Folder => Self::folder(),
            Kind::S3 => Self::S3(S3Server::start().await),
        }
    }

    /// A folder.
    ///
    /// # Panics
    /// When none can be created.
    pub fn folder() -> Self {
        Self::Folder(tempfile::tempdir().expect("a folder is made"))
    }

    /// The files of a server.
    ///
    /// # Panics
    /// When the folder cannot be used.
    pub fn files(&self, limits: Limits) -> Files {
        let (storage, addresses) = match self {
            Self::Folder(folder) => {
                let storage = Folder::open(folder.path()).expect("the folder is a store");
                let seal = Seal::open(folder.path()).expect("the folder has a key");
                (Storage::Folder(storage), Addresses::Own(Own { seal }))
            }
            Self::S3(server) => {
                let s3 = S3::new(&server.settings()).expect("a bucket is named");
                (Storage::S3(s3.clone()), Addresses::S3(s3))
            }
        };
        Files { storage, addresses, limits }
    }

    /// The S3 server.
    ///
    /// # Panics
    /// When it is a folder.
    pub fn s3(&self) -> &S3Server {
        match self {
            Self::S3(server) => server,
            Self::Folder(_) => panic!("a folder is no server"),
        }
    }

    /// The number of objects with this prefix.
    ///
    /// # Panics
    /// When the folder cannot be read.
    pub fn count(&self, prefix: &str) -> usize {
        count(&self.root().join(prefix))
    }

    /// The folder of the objects.
    pub fn root(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.path().join("files"),
            Self::S3(server) => bucket_in(server.folder.path()),
        }
    }
}

/// The folder of the objects of an S3 server on this folder.
pub fn bucket_in(folder: &Path) -> PathBuf {
    folder.join(BUCKET)
}

/// The number of files in a folder and its subfolders; zero when it does not exist.
///
/// # Panics
/// When it cannot be read.
pub fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| {
        if entry.path().is_dir() { count(&entry.path()) } else { 1 }
    };
    entries.map(|entry| of(entry.expect("the folder is read"))).sum()
}

/// A change to the answers of the S3 server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Requests with any method get this status.
    Every(StatusCode),
    /// Requests with this method get this status.
    Only(&'static Method, StatusCode),
    /// Bodies end after so many bytes, although more were announced.
    Truncate(usize),
    /// No request is answered until this is over.
    Hold,
    /// Its clock shows this time, as in a header `Date`.
    Dated(&'static str),
}

/// An S3 server on its own folder.
#[derive(Debug)]
pub struct S3Server {
    url: String,
    folder: TempDir,
    fault: watch::Sender<Option<Fault>>,
    serving: AbortHandle,
}

impl S3Server {
    /// Starts one, with an empty bucket.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start() -> Self {
        Self::start_as(|router| router).await
    }

    /// Starts one whose CORS rules let pages of this origin in.
    ///
    /// # Panics
    /// When it does not start, or the origin is none.
    pub async fn start_for_pages_of(origin: &str) -> Self {
        let origin = HeaderValue::from_str(origin).expect("an origin");
        let cors = from_fn(move |request: Request, next: Next| with_cors(origin.clone(), request, next));
        Self::start_as(|router| router.layer(cors)).await
    }

    async fn start_as(change: impl FnOnce(Router) -> Router) -> Self {
        let folder = tempfile::tempdir().expect("a folder is made");
        let (fault, spoils) = watch::channel(None);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("the socket is bound"));
        let router = change(router(folder.path().to_owned(), spoils));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("HTTP is served");
        });
        Self { url, folder, fault, serving: serving.abort_handle() }
    }

    /// The number of its objects.
    pub fn objects(&self) -> usize {
        count(&bucket_in(self.folder.path()))
    }

    /// The settings of its bucket.
    ///
    /// # Panics
    /// Never: its address is valid.
    pub fn settings(&self) -> S3Settings {
        settings(&self.url)
    }

    /// The same as environment variables.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        variables(&self.url)
    }

    /// Changes the answers from now on, or no longer.
    pub fn spoil(&self, fault: Option<Fault>) {
        self.fault.send_replace(fault);
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The bucket settings for a server at `url`.
///
/// # Panics
/// When the address is not valid.
pub fn settings(url: &str) -> S3Settings {
    S3Settings {
        endpoint: Some(url.parse().expect("an address")),
        public_endpoint: None,
        bucket: BUCKET.to_owned(),
        region: "us-east-1".to_owned(),
        access_key_id: KEY.to_owned(),
        secret_access_key: SECRET.to_owned().into(),
    }
}

/// The same as environment variables.
pub fn variables(url: &str) -> [(&'static str, String); 4] {
    [
        ("S3_ENDPOINT", url.to_owned()),
        ("S3_BUCKET", BUCKET.to_owned()),
        ("S3_ACCESS_KEY_ID", KEY.to_owned()),
        ("S3_SECRET_ACCESS_KEY", SECRET.to_owned()),
    ]
}

/// Serves the bucket in a folder, created if missing, as long as the process lives.
///
/// # Panics
/// When the folder cannot be used.
pub async fn serve(listener: TcpListener, folder: PathBuf, spoils: watch::Receiver<Option<Fault>>) {
    axum::serve(listener, router(folder, spoils)).await.expect("HTTP is served");
}

fn router(folder: PathBuf, spoils: watch::Receiver<Option<Fault>>) -> Router {
    std::fs::create_dir_all(bucket_in(&folder)).expect("a bucket is made");
    let objects = s3s_fs::FileSystem::new(folder).expect("the folder is a store");
    let mut builder = S3ServiceBuilder::new(objects);
    builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
    let service = builder.build();
    Router::new().fallback(move |request: Request| {
        let (service, mut spoils) = (service.clone(), spoils.clone());
        async move {
            let fault =
                spoils.wait_for(|fault| *fault != Some(Fault::Hold)).await.map_or(None, |fault| *fault);
            answer(&service, fault, request).await
        }
    })
}

async fn answer(service: &S3Service, fault: Option<Fault>, request: Request) -> Response {
    match fault {
        Some(Fault::Every(status)) => return status.into_response(),
        Some(Fault::Only(method, status)) if request.method() == *method => return status.into_response(),
        _ => {}
    }
    let response = match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    match fault {
        Some(Fault::Truncate(left)) => response.map(|body| truncated(body, left)),
        Some(Fault::Dated(date)) => dated(response, date),
        _ => response,
    }
}

fn dated(mut response: Response, date: &'static str) -> Response {
    response.headers_mut().insert(DATE, HeaderValue::from_static(date));
    response
}

/// Answers as a bucket that lets pages of this origin upload and download; preflights of others are refused.
async fn with_cors(origin: HeaderValue, request: Request, next: Next) -> Response {
    let is_allowed = request.headers().get(ORIGIN) == Some(&origin);
    let mut response = match *request.method() {
        Method::OPTIONS if !is_allowed => return StatusCode::FORBIDDEN.into_response(),
        Method::OPTIONS => {
            let methods = (ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT");
            let headers = (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, x-amz-checksum-sha256");
            [methods, headers].into_response()
        }
        _ => next.run(request).await,
    };
    if is_allowed {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

fn truncated(body: Body, left: usize) -> Body {
    let cut = stream::unfold((body.into_data_stream(), left), |(mut body, left)| async move {
        if left == 0 {
            return Some((Err("cut off".into()), (body, 0)));
        }
        let chunk = body.next().await?.map_err(axum::BoxError::from);
        let chunk = chunk.map(|chunk| chunk.slice(..chunk.len().min(left)));
        let left = left - chunk.as_ref().map_or(left, bytes::Bytes::len);
        Some((chunk, (body, left)))
    });
    Body::from_stream(cut)
}
