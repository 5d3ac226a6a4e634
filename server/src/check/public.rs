//! The address that people use: whether it leads here, with everything that a proxy must pass through.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use http::header::{
    CONNECTION, CONTENT_LENGTH, LOCATION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use reqwest::{Body, Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;
use url::{Host, Url};

use super::site::{Site, unanswered};
use super::{Finding, fails, ok, warning};

/// How long a proxy may take to refuse a body that is too long.
const REFUSES: Duration = Duration::from_secs(3);

pub(super) async fn check(site: &Site<'_>) -> Vec<Finding> {
    let settings = site.settings;
    let Some(url) = &settings.public_url else {
        return vec![match settings.trial {
            true => ok(format!("PUBLIC_URL is not set: this machine uses http://{}", settings.listen)),
            false => warning("PUBLIC_URL is not set: set it to the address that people use, with https://"),
        }];
    };
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let mut found = Vec::new();
    if url.scheme() == "http" && !local {
        found.push(warning(format!(
            "PUBLIC_URL: {url} is not encrypted, nor are passwords and sessions: use https://"
        )));
    }
    // TLS ends at a proxy, because guichet has none.
    if url.scheme() == "https" && settings.trusted_proxies.is_empty() {
        found.push(warning(
            "GUICHET_TRUSTED_PROXIES is not set: all clients seem to come from the proxy, in the audit log and for \
             limits",
        ));
    }
    let place = Place { http: &site.http, url };
    match place.answers().await {
        Err(finding) => found.push(finding),
        Ok(()) => {
            found.push(ok(format!("{url} answers")));
            found.extend(place.websockets().await);
            if settings.s3.is_none() {
                found.extend(place.bodies(settings.limits.file).await);
            }
            if !local {
                found.extend(place.hidden().await);
            }
        }
    }
    found
}

struct Place<'a> {
    http: &'a Client,
    url: &'a Url,
}

impl Place<'_> {
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, Finding> {
        let url = self.url;
        let answer = request.send().await.map_err(|error| {
            let told = unanswered(error);
            warning(format!(
                "PUBLIC_URL: nothing answers at {url}: {told}; start guichet and the proxy, then check again"
            ))
        })?;
        match answer.status() {
            status @ (StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT) => Err(warning(format!(
                "PUBLIC_URL: the proxy at {url} answers {status}: start guichet, then check again"
            ))),
            status if status.is_redirection() => {
                let to = answer
                    .headers()
                    .get(LOCATION)
                    .map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
                let to = to.unwrap_or_else(|| "another address".to_owned());
                Err(fails(format!(
                    "PUBLIC_URL: {url} leads to {to}: set PUBLIC_URL to the address where it ends"
                )))
            }
            _ => Ok(answer),
        }
    }

    async fn answers(&self) -> Result<(), Finding> {
        let request = self.http.post(self.at("graphql")).json(&json!({ "query": "{ __typename }" }));
        let answer = self.ask(request).await?;
        let status = answer.status();
        let told: Value = answer.json().await.unwrap_or_default();
        match told["data"]["__typename"] == "Query" {
            true => Ok(()),
            false => Err(fails(format!(
                "PUBLIC_URL: what answers at {}graphql ({status}) is not guichet: the proxy must pass it on, with `Host`",
                self.url
            ))),
        }
    }

    async fn websockets(&self) -> Option<Finding> {
        let request =
            self.http.get(self.at("graphql")).header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request =
            request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, "Z3VpY2hldCBjaGVjayAhIQ==");
        let answer = self.ask(request.header(SEC_WEBSOCKET_PROTOCOL, "graphql-transport-ws")).await;
        let status = match answer {
            Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => return None,
            Ok(answer) => answer.status(),
            Err(finding) => return Some(finding),
        };
        Some(fails(format!(
            "PUBLIC_URL: websockets do not get through ({status}): the proxy must pass `Upgrade` and `Connection`"
        )))
    }

    /// Announces a body of so many bytes, which a proxy refuses before it comes.
    async fn bodies(&self, bytes: i64) -> Option<Finding> {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"0"))]);
        let body = Body::wrap_stream(first.chain(stream::pending()));
        let request = self.http.put(self.at("files/check")).header(CONTENT_LENGTH, bytes).body(body);
        let answer = request.timeout(REFUSES).send().await.ok()?;
        (answer.status() == StatusCode::PAYLOAD_TOO_LARGE).then(|| {
            let megabytes = bytes / 1_000_000;
            fails(format!(
                "PUBLIC_URL: the proxy refuses bodies of {megabytes} MB (FILE_MAX_MB): raise its limit \
                 (client_max_body_size)"
            ))
        })
    }

    /// What operators need and others should not see.
    async fn hidden(&self) -> Option<Finding> {
        let answer = self.http.get(self.at("metrics")).send().await.ok()?;
        let is_shown =
            answer.status().is_success() && answer.text().await.is_ok_and(|text| text.contains("guichet_"));
        is_shown.then(|| {
            warning(format!(
                "everybody can read {}metrics: let the proxy refuse /metrics, /livez and /readyz",
                self.url
            ))
        })
    }
}
