//! The file store: what the access key may do, and whether browsers can use the addresses that they are given.

use bytes::Bytes;
use chrono::TimeDelta;
use data_encoding::BASE64;
use guichet_base::id::{FileId, FirmId};
use guichet_edge::Origin;
use guichet_schema::shared::file::key::Key;
use guichet_storage::{CHECKSUM, S3, Storage, rights};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, ORIGIN,
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use sha2::{Digest, Sha256};

use super::site::{Site, unanswered};
use super::{Finding, fails, ok, warning};
use crate::gateway::origins;
use crate::settings::{SettingError, look_at_s3, open_s3};

const CONTENT: &[u8] = b"guichet check";
const PDF: &str = "application/pdf";
/// How long the signed addresses of this check are valid.
const VALID: TimeDelta = TimeDelta::minutes(5);

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let Some(settings) = &site.settings.s3 else {
        return vec![ok(format!("S3_BUCKET is not set: files lie in {}", site.data.join("files").display()))];
    };
    let opened = async {
        let s3 = open_s3(settings)?;
        look_at_s3(&s3, settings).await?;
        Ok::<_, SettingError>(s3)
    };
    let s3 = match opened.await {
        Ok(s3) => s3,
        Err(error) => return vec![fails(error)],
    };
    // A staged object without a row is removed by the workers, should this process be killed before it does so.
    let key = Key::Staged { firm_id: FirmId::new(), file_id: FileId::new() };
    let missing = rights(&s3, &key).await;
    let told =
        |(right, answer): &(&str, String)| fails(format!("S3_ACCESS_KEY_ID: {right} is refused: {answer}"));
    let mut found: Vec<Finding> = missing.iter().map(told).collect();
    if found.is_empty() {
        found.push(ok(format!("the access key may write, read and remove in `{}`", settings.bucket)));
        let browser = Browser { http: &site.http, s3: &s3, key };
        found.extend(browser.check(&origins(site.settings)).await.unwrap_or_else(|finding| vec![finding]));
        if let Err(error) = Storage::S3(s3).remove(&key).await {
            found.push(fails(format!("{error}")));
        }
    }
    found
}

/// Does what browsers do with signed addresses.
struct Browser<'a> {
    http: &'a reqwest::Client,
    s3: &'a S3,
    key: Key,
}

impl Browser<'_> {
    async fn check(&self, origins: &[Origin]) -> Result<Vec<Finding>, Finding> {
        let headers = [(CONTENT_TYPE, PDF.to_owned()), (CHECKSUM, BASE64.encode(&Sha256::digest(CONTENT)))];
        let put = self.address(Method::PUT, &headers).await?;
        let mut request = self.http.put(&put).body(Bytes::from_static(CONTENT));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.expect(request, "uploading to a signed address").await?;
        let get = self.address(Method::GET, &[]).await?;
        self.expect(self.http.get(&get), "downloading from a signed address").await?;
        let mut found = vec![ok("browsers can use signed addresses")];
        found.extend(self.is_public(&get).await);
        match origins {
            [] => found.push(warning("CORS is not checked, because PUBLIC_URL is not set")),
            origins => {
                for origin in origins {
                    found.push(self.cors(origin, &put, &get).await.unwrap_or_else(|finding| finding));
                }
            }
        }
        Ok(found)
    }

    async fn address(&self, method: Method, headers: &[(HeaderName, String)]) -> Result<String, Finding> {
        self.s3.address(method, &self.key, VALID, headers).await.map_err(fails)
    }

    async fn expect(&self, request: reqwest::RequestBuilder, what: &str) -> Result<(), Finding> {
        const PUBLIC: &str = "S3_PUBLIC_ENDPOINT (or S3_ENDPOINT, if it is not set)";
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                let status = answer.status();
                let told = answer.text().await.unwrap_or_default();
                Err(fails(format!("{PUBLIC}: {what} is answered with {status}: {told}")))
            }
            // A store may be known to browsers under a name that this machine cannot reach.
            Err(error) => Err(warning(format!(
                "{PUBLIC}: {what} does not work from this machine: {}; upload a file in a browser",
                unanswered(error)
            ))),
        }
    }

    /// Whether everybody can read the object, without a signature.
    async fn is_public(&self, signed: &str) -> Option<Finding> {
        let bare = signed.split_once('?').map_or(signed, |(bare, _)| bare);
        let answer = self.http.get(bare).send().await.ok()?;
        answer.status().is_success().then(|| {
            fails("S3_BUCKET: everybody can read its objects without a signature: end all public access to the bucket")
        })
    }

    /// Whether pages of this origin may upload and download.
    async fn cors(&self, origin: &Origin, put: &str, get: &str) -> Result<Finding, Finding> {
        let name = String::from_utf8_lossy(origin.header().as_bytes()).into_owned();
        let wanted = [CONTENT_TYPE, CHECKSUM];
        let request = self.http.request(Method::OPTIONS, put).header(ORIGIN, origin.header());
        let request = request.header(ACCESS_CONTROL_REQUEST_METHOD, "PUT");
        let request = request
            .header(ACCESS_CONTROL_REQUEST_HEADERS, wanted.each_ref().map(HeaderName::as_str).join(","));
        let preflight = request.send().await.map_err(|error| fails(unanswered(error)))?;
        let refused = refused(preflight.status(), preflight.headers(), &name, &wanted);
        let read = self.http.get(get).header(ORIGIN, origin.header());
        let read = read.send().await.map_err(|error| fails(unanswered(error)))?;
        let refused = refused.or_else(|| (!admits(read.headers(), &name)).then(|| "GET".to_owned()));
        Ok(match refused {
            None => ok(format!("CORS lets pages of {name} upload and download")),
            Some(what) => fails(format!(
                "CORS of the bucket does not let pages of {name} use {what}: set its rules as in docs/OPERATIONS.md, \
                 \"Files\""
            )),
        })
    }
}

/// What the answer to a preflight does not allow, none when it allows all (Fetch, "CORS-preflight fetch").
fn refused(status: StatusCode, headers: &HeaderMap, origin: &str, wanted: &[HeaderName]) -> Option<String> {
    if !status.is_success() || !admits(headers, origin) {
        return Some("PUT".to_owned());
    }
    if !lists(headers, &ACCESS_CONTROL_ALLOW_METHODS, "PUT") {
        return Some("PUT".to_owned());
    }
    let missing = wanted.iter().find(|name| !lists(headers, &ACCESS_CONTROL_ALLOW_HEADERS, name.as_str()));
    missing.map(|name| format!("the header {name}"))
}

/// Whether pages of the origin may read the answer. They ask without cookies, so `*` admits them.
fn admits(headers: &HeaderMap, origin: &str) -> bool {
    let allowed = headers.get(ACCESS_CONTROL_ALLOW_ORIGIN);
    allowed.is_some_and(|allowed| allowed == origin || allowed == "*")
}

fn lists(headers: &HeaderMap, list: &HeaderName, wanted: &str) -> bool {
    let values = headers.get_all(list).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_preflight_allows_all_or_names_what_it_does_not() {
        let origin = "https://guichet.example";
        let answer = |pairs: &[(HeaderName, &'static str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
        };
        let good = answer(&[
            (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type, X-Amz-Checksum-Sha256"),
        ]);
        let wanted = [CONTENT_TYPE, CHECKSUM];
        assert_eq!(refused(StatusCode::OK, &good, origin, &wanted), None);
        assert_eq!(refused(StatusCode::NO_CONTENT, &good, origin, &wanted), None);
        assert_eq!(refused(StatusCode::FORBIDDEN, &good, origin, &wanted).as_deref(), Some("PUT"));
        assert_eq!(refused(StatusCode::OK, &good, "https://other.example", &wanted).as_deref(), Some("PUT"));
        let all = answer(&[
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_ALLOW_METHODS, "*"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        ]);
        assert_eq!(refused(StatusCode::OK, &all, origin, &wanted), None);
        let mut few = good.clone();
        few.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
        let told = refused(StatusCode::OK, &few, origin, &wanted);
        assert_eq!(told.as_deref(), Some("the header x-amz-checksum-sha256"));
        few.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET"));
        assert_eq!(refused(StatusCode::OK, &few, origin, &wanted).as_deref(), Some("PUT"));
    }
}
