//! An API client that expects failures.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::http::absolute;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

/// A request that takes longer counts as hanging.
const HUNG: Duration = Duration::from_secs(20);

const CREATE: &str = "mutation Create($input: TicketCreateInput!) {
    ticketCreate(input: $input) { ticket { id number subject } userErrors { code } revision }
}";
const CHANGE: &str = "mutation Change($input: TicketStatusChangeInput!) {
    ticketStatusChange(input: $input) {
        ticket { id version } outcome mail { state } userErrors { code } revision
    }
}";
const UPLOAD: &str = "mutation Upload($input: FileUploadCreateInput!) {
    fileUploadCreate(input: $input) {
        uploads { file { id } address { url headers { name value } } userErrors { code } } userErrors { code }
    }
}";
const COMPLETE: &str = "mutation Complete($input: FileUploadCompleteInput!) {
    fileUploadComplete(input: $input) { results { userErrors { code } } userErrors { code } }
}";
const OPEN: &str = "mutation Open($input: FileDownloadInput!) {
    fileDownload(input: $input) { address { url } userErrors { code } }
}";
const POST: &str = "mutation Post($input: TicketMessagePostInput!) {
    ticketMessagePost(input: $input) { message { id body } userErrors { code } revision }
}";

/// The API, used by one person.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    url: String,
    token: String,
}

/// An answer without the requested data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The error code; `LOST` when the connection broke, `HUNG` when no answer came.
    pub code: String,
    /// The message.
    pub message: String,
    /// The time to the answer.
    pub took: Duration,
}

impl Trouble {
    /// An immediate failure with this code.
    pub fn of(code: &str) -> Self {
        Self { code: code.to_owned(), message: String::new(), took: Duration::ZERO }
    }
}

impl Api {
    /// The API at this address, with this token.
    pub fn new(url: &str, token: &str) -> Self {
        Self { http: Client::new(), url: format!("{url}/graphql"), token: token.to_owned() }
    }

    /// The API, used over a new connection for each request, from this address of the machine.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn from(address: Ipv4Addr, url: &str, token: &str) -> Self {
        let http = Client::builder().tls_certs_only([]).local_address(IpAddr::V4(address));
        let http = http.pool_max_idle_per_host(0).build().expect("a client is made");
        Self { http, ..Self::new(url, token) }
    }

    /// Opens a ticket; returns the payload.
    ///
    /// # Errors
    /// Any other answer. The call may be repeated with the same key.
    pub async fn create(&self, key: &str, client: &str, subject: &str) -> Result<Value, Trouble> {
        let input = json!({ "idempotencyKey": key, "clientId": client, "subject": subject });
        self.mutate("ticketCreate", CREATE, input).await
    }

    /// Changes a ticket's status; returns the payload.
    ///
    /// # Errors
    /// Like [`Api::create`].
    pub async fn change(&self, key: &str, ticket: &str, status: &str) -> Result<Value, Trouble> {
        let input = json!({ "idempotencyKey": key, "id": ticket, "status": status });
        self.mutate("ticketStatusChange", CHANGE, input).await
    }

    /// Writes an internal note; returns the payload.
    ///
    /// # Errors
    /// Like [`Api::create`].
    pub async fn note(&self, key: &str, ticket: &str, body: &str) -> Result<Value, Trouble> {
        let input = json!({ "idempotencyKey": key, "id": ticket, "visibility": "INTERNAL", "body": body });
        self.mutate("ticketMessagePost", POST, input).await
    }

    /// Declares a file; returns the payload.
    ///
    /// # Errors
    /// Like [`Api::create`].
    pub async fn upload(&self, key: &str, file: Value) -> Result<Value, Trouble> {
        self.mutate("fileUploadCreate", UPLOAD, json!({ "idempotencyKey": key, "files": [file] })).await
    }

    /// Reports that a file's bytes were sent; returns the payload.
    ///
    /// # Errors
    /// Like [`Api::create`].
    pub async fn complete(&self, file: &str) -> Result<Value, Trouble> {
        self.mutate("fileUploadComplete", COMPLETE, json!({ "ids": [file] })).await
    }

    /// Requests a download; returns the payload.
    ///
    /// # Errors
    /// Like [`Api::create`].
    pub async fn open(&self, file: &str) -> Result<Value, Trouble> {
        self.mutate("fileDownload", OPEN, json!({ "id": file })).await
    }

    /// Where an address of a file leads.
    pub fn whole(&self, address: &Value) -> String {
        absolute(&self.url, address["url"].as_str().unwrap_or_default())
    }

    /// Sends a request; returns the data.
    ///
    /// # Errors
    /// Any other answer.
    pub async fn ask(&self, query: &str, variables: Value) -> Result<Value, Trouble> {
        let begun = Instant::now();
        let trouble = |code: &str, message: &str| Trouble {
            code: code.to_owned(),
            message: message.to_owned(),
            took: begun.elapsed(),
        };
        let lost = |error: reqwest::Error| {
            trouble(if error.is_timeout() { "HUNG" } else { "LOST" }, &error.to_string())
        };
        let body = json!({ "query": query, "variables": variables });
        let request = self.http.post(&self.url).bearer_auth(&self.token).json(&body).timeout(HUNG);
        let answer = request.send().await.map_err(lost)?.bytes().await.map_err(lost)?;
        let answer: Value = serde_json::from_slice(&answer)
            .map_err(|_| trouble("NO_JSON", &String::from_utf8_lossy(&answer)))?;
        match answer.get("errors") {
            None => Ok(answer["data"].clone()),
            Some(errors) => {
                let error = &errors[0];
                let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
                Err(trouble(&text(&error["extensions"]["code"]), &text(&error["message"])))
            }
        }
    }

    async fn mutate(&self, name: &str, query: &str, input: Value) -> Result<Value, Trouble> {
        let data = self.ask(query, json!({ "input": input })).await?;
        Ok(data[name].clone())
    }
}
