//! Uploads and downloads at signed addresses below `/files/…`, for a folder as store. A bucket does this by
//! itself.
//!
//! There is no sign-in: the holder of an address may do what its grant allows, and nothing else. Bytes are
//! streamed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use guichet_base::clock::SharedClock;
use guichet_edge::{Answered, Whose};
use guichet_schema::shared::file::digest::Sha256 as Digest;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::rules::{FileDisposition, Limits};
use guichet_storage::{
    Addresses, Grant, NoGrant, Own, Range, Seal, Storage, StorageError, WriteError, disposition,
};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, timeout_at};

use crate::transfers::{Direction, Ending, Transfer};

/// How long a sender may be silent.
const SILENCE: Duration = Duration::from_secs(60);
/// The slowest allowed sender, in bytes per second; the first minute is free.
const SLOWEST: u64 = 16 << 10;
/// If a browser displays a file that it should save, it is sandboxed without an origin.
const SAVED: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// A document or image that is shown in place loads and runs nothing. Browsers show PDF documents in no sandbox.
const SHOWN: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; object-src 'self'; frame-ancestors 'self'";

/// What actions on files need.
#[derive(Debug, Clone)]
pub struct Files {
    /// The store.
    pub storage: Storage,
    /// Signs the addresses at which clients upload and download.
    pub addresses: Addresses,
    /// The operator's limits.
    pub limits: Limits,
}

/// The routes, if the addresses are our own.
pub fn router(files: &Files, clock: SharedClock) -> Router {
    match &files.addresses {
        Addresses::S3(_) => Router::new(),
        Addresses::Own(Own { seal, .. }) => {
            Router::new().route("/files/{grant}", get(answer).put(answer)).with_state(Door {
                seal: seal.clone(),
                storage: files.storage.clone(),
                clock,
                sending: Sending::default(),
            })
        }
    }
}

#[derive(Clone)]
struct Door {
    seal: Seal,
    storage: Storage,
    clock: SharedClock,
    sending: Sending,
}

/// The keys that are being uploaded: one upload per key, so that unverified bytes do not exceed a multiple of what
/// was declared.
#[derive(Debug, Clone, Default)]
struct Sending(Arc<Mutex<HashSet<Key>>>);

/// The right to upload to a key, until it is dropped.
struct Turn {
    sending: Sending,
    key: Key,
}

impl Sending {
    fn keys(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, key: Key) -> Option<Turn> {
        self.keys().insert(key).then(|| Turn { sending: self.clone(), key })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.sending.keys().remove(&self.key);
    }
}

/// Why a request is refused, as one sentence.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Grant(#[from] NoGrant),
    #[error("This address is for another method.")]
    Method,
    #[error("There is no such file any more.")]
    Gone,
    #[error("Send the file under the content type that was declared.")]
    ContentType,
    #[error("More bytes came than were declared.")]
    TooMuch,
    #[error("Fewer bytes came than were declared.")]
    TooLittle,
    #[error("Other bytes came than were declared.")]
    Altered,
    #[error("The sender went away, or is too slow.")]
    Silent,
    #[error("The file is being sent by another request.")]
    Taken,
    #[error("The file has no such part.")]
    Range(u64),
    #[error("The file store does not answer at the moment; try again.")]
    Store(#[from] StorageError),
}

impl Refused {
    /// The status, and the code in the log.
    const fn told(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Grant(_) | Self::Method => (StatusCode::FORBIDDEN, "FORBIDDEN"),
            Self::Gone => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::TooMuch => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
            Self::ContentType | Self::TooLittle | Self::Altered => (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            Self::Silent => (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"),
            Self::Taken => (StatusCode::CONFLICT, "CONFLICT"),
            Self::Range(_) => (StatusCode::RANGE_NOT_SATISFIABLE, "OUT_OF_RANGE"),
            Self::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
        }
    }

    /// How the transfer ends.
    const fn ending(&self) -> Ending {
        match self {
            Self::Silent => Ending::Interrupted,
            Self::Store(_) => Ending::Unavailable,
            _ => Ending::Refused,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, _) = self.told();
        if let Self::Store(error) = &self {
            tracing::error!(%error, "the file store failed");
        }
        let mut response = (status, format!("{self}\n")).into_response();
        if let Self::Range(size) = self {
            let whole = HeaderValue::try_from(format!("bytes */{size}")).expect("digits are a header value");
            response.headers_mut().insert(CONTENT_RANGE, whole);
        }
        response
    }
}

/// Answers an upload or a download, and tells of it in the log and in metrics.
async fn answer(State(door): State<Door>, Path(address): Path<String>, request: Request) -> Response {
    let (is_upload, is_head) = (request.method() == Method::PUT, request.method() == Method::HEAD);
    let direction = if is_upload { Direction::Upload } else { Direction::Download };
    let mut transfer = Transfer::begin(direction);
    let mut told = Answered { operation: Some(direction.as_str().to_owned()), ..Answered::default() };
    let grant = door.seal.read_grant(&address, door.clock.now());
    if let Ok(grant) = &grant {
        let (key, account) = grant.about();
        let (firm, file) = key.ids();
        told.subject = Some(file.to_string());
        told.whose = Whose { account: account.map(|id| id.to_string()), firm: Some(firm.to_string()) };
    }
    let answer = match grant {
        Err(error) => Err(error.into()),
        Ok(grant) if is_upload => door.take(grant, request, &mut transfer).await,
        Ok(grant) => door.send(grant, request.headers()).await,
    };
    let response = match answer {
        Ok(response) if is_upload || is_head => {
            transfer.ends(Ending::Ok);
            response
        }
        Ok(response) => {
            let length = length(response.headers());
            response.map(|body| Body::from_stream(transfer.follow(body.into_data_stream(), length)))
        }
        Err(refused) => {
            transfer.ends(refused.ending());
            told.code = Some(refused.told().1);
            refused.into_response()
        }
    };
    told.of(response)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl Door {
    /// Stores exactly the declared bytes, whole or not at all.
    async fn take(
        &self,
        grant: Grant,
        request: Request,
        transfer: &mut Transfer,
    ) -> Result<Response, Refused> {
        let Grant::Put { key, size, sha256, content_type, .. } = grant else {
            return Err(Refused::Method);
        };
        let headers = request.headers();
        let is_declared = |given: &HeaderValue| given.as_bytes() == content_type.as_str().as_bytes();
        if !headers.get(CONTENT_TYPE).is_some_and(is_declared) {
            return Err(Refused::ContentType);
        }
        match length(headers) {
            Some(length) if length > size => return Err(Refused::TooMuch),
            Some(length) if length < size => return Err(Refused::TooLittle),
            _ => {}
        }
        let _turn = self.sending.turn(key).ok_or(Refused::Taken)?;
        let bytes =
            checked(request.into_body(), size, sha256).inspect_ok(|chunk| transfer.moved(chunk.len()));
        match self.storage.write(&key, bytes).await {
            Ok(()) => Ok(StatusCode::OK.into_response()),
            Err(WriteError::Source(refused)) => Err(refused),
            Err(WriteError::Store(error)) => Err(error.into()),
        }
    }

    /// Sends a file, or a range of it, as a download.
    async fn send(&self, grant: Grant, headers: &HeaderMap) -> Result<Response, Refused> {
        let Grant::Get { key, name, content_type, disposition: way, .. } = grant else {
            return Err(Refused::Method);
        };
        let size = self.storage.size(&key).await?.ok_or(Refused::Gone)?;
        let part = headers.get(RANGE).and_then(|range| part(range.to_str().ok()?));
        if part.as_ref().is_some_and(|part| !lies_within(part, size)) {
            return Err(Refused::Range(size));
        }
        let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let opened = self.storage.open(&key, part).await?.ok_or(Refused::Gone)?;
        let (start, end) = (opened.range.start, opened.range.end);
        let policy = match way {
            FileDisposition::Attachment => SAVED,
            FileDisposition::Inline => SHOWN,
        };
        let mut response = Response::builder()
            .status(status)
            .header(CONTENT_TYPE, content_type.as_str())
            .header(CONTENT_LENGTH, end - start)
            .header(CONTENT_DISPOSITION, disposition(way, &name))
            .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
            .header(CONTENT_SECURITY_POLICY, policy)
            .header(CACHE_CONTROL, "private, no-store")
            .header(ACCEPT_RANGES, "bytes");
        if status == StatusCode::PARTIAL_CONTENT {
            response = response.header(CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, opened.size));
        }
        Ok(response.body(Body::from_stream(opened.bytes)).expect("headers of printable ASCII"))
    }
}

/// The bytes of a body, as long as they can be the declared ones and arrive in time.
fn checked(
    body: Body,
    size: u64,
    sha256: Option<Digest>,
) -> impl Stream<Item = Result<Bytes, Refused>> + Send {
    let begin = (body.into_data_stream(), Sha256::new(), 0_u64);
    let end = Instant::now() + longest(size);
    stream::try_unfold(begin, move |(mut body, mut hasher, mut taken)| async move {
        match timeout_at(end.min(Instant::now() + SILENCE), body.next()).await {
            Err(_) | Ok(Some(Err(_))) => Err(Refused::Silent),
            Ok(Some(Ok(chunk))) => {
                taken += chunk.len() as u64;
                if taken > size {
                    return Err(Refused::TooMuch);
                }
                hasher.update(&chunk);
                Ok(Some((chunk, (body, hasher, taken))))
            }
            Ok(None) if taken < size => Err(Refused::TooLittle),
            Ok(None) if sha256.is_some_and(|declared| declared != Digest::new(hasher.finalize().into())) => {
                Err(Refused::Altered)
            }
            Ok(None) => Ok(None),
        }
    })
}

/// The time limit for so many bytes.
const fn longest(size: u64) -> Duration {
    Duration::from_secs(60 + size / SLOWEST)
}

/// The single range of a `Range` header (RFC 9110, 14.2). For others the whole file may be sent.
fn part(range: &str) -> Option<Range> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", last) => number(last).map(Range::Suffix),
        (first, "") => number(first).map(Range::Offset),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then(|| Range::Bounded(first..last.saturating_add(1)))
        }
    }
}

const fn lies_within(part: &Range, size: u64) -> bool {
    match part {
        Range::Bounded(bounds) => bounds.start < size,
        Range::Offset(first) => *first < size,
        Range::Suffix(length) => *length > 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 s plus the time that the slowest allowed line takes: a large file over a slow line passes, a trickle
    /// does not.
    #[test]
    fn senders_have_their_time() {
        assert_eq!(longest(1), Duration::from_secs(60));
        assert_eq!(longest(25_000_000), Duration::from_secs(60 + 1525));
    }

    #[test]
    fn one_sender_a_key() {
        use guichet_base::id::{FileId, FirmId};
        let sending = Sending::default();
        let key = || Key::Staged { firm_id: FirmId::new(), file_id: FileId::new() };
        let (first, second) = (key(), key());
        let turn = sending.turn(first).unwrap();
        assert!(sending.turn(first).is_none());
        assert!(sending.turn(second).is_some());
        drop(turn);
        assert!(sending.turn(first).is_some());
    }

    #[test]
    fn parts() {
        assert_eq!(part("bytes=0-4"), Some(Range::Bounded(0..5)));
        assert_eq!(part("bytes=5-"), Some(Range::Offset(5)));
        assert_eq!(part("bytes=-5"), Some(Range::Suffix(5)));
        for other in ["bytes=5-4", "bytes=-", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4", ""] {
            assert_eq!(part(other), None, "{other}");
        }
        assert!(lies_within(&Range::Offset(9), 10) && !lies_within(&Range::Offset(10), 10));
    }
}
