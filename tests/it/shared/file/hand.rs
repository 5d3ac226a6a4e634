//! Short ways to upload and attach files, as a frontend does.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use guichet_base::locale::Locale;
use guichet_tests::app::Setup;
use guichet_tests::http::{self, absolute};
use guichet_tests::object_store::Kind;
use guichet_tests::world::Person;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::desk::ticket::desk::{Desk, text};

/// A small document.
pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n";
/// A bank statement.
pub const CSV: &[u8] = "conta;valor\r\nágua;10,00\r\n".as_bytes();

/// A firm with this kind of file store.
pub async fn desk_on(kind: Kind) -> Desk {
    Desk::open_with(Setup { kind, ..Setup::default() }).await
}

/// The declaration of a file.
pub fn declared(name: &str, content: &[u8]) -> Value {
    let sha256 = HEXLOWER.encode(&Sha256::digest(content));
    json!({ "name": name, "size": content.len(), "sha256": sha256 })
}

impl Desk {
    /// Where an address leads: relative to the server, or absolute.
    pub fn whole(&self, address: &Value) -> String {
        absolute(&self.app.url, &text(&address["url"]))
    }

    /// The request that an address allows, without a body.
    pub fn request(&self, address: &Value) -> RequestBuilder {
        let method: Method = text(&address["method"]).parse().unwrap();
        let request = http::client().request(method, self.whole(address));
        address["headers"]
            .as_array()
            .unwrap()
            .iter()
            .fold(request, |request, header| request.header(text(&header["name"]), text(&header["value"])))
    }

    /// Declares files; returns the `uploads` of the payload.
    pub async fn declare(&self, by: &Person, files: &[Value]) -> Vec<Value> {
        let done = self.done(by, "fileUploadCreate", json!({ "files": files })).await;
        done["uploads"].as_array().unwrap().clone()
    }

    /// Declares a file and sends its bytes; returns its id.
    pub async fn send_file(&self, by: &Person, name: &str, content: &'static [u8]) -> String {
        let upload = self.declare(by, &[declared(name, content)]).await.remove(0);
        assert_eq!(upload["userErrors"], json!([]));
        let sent = self.request(&upload["address"]).body(content).send().await.unwrap();
        assert_eq!(sent.status(), 200, "{}", sent.text().await.unwrap());
        text(&upload["file"]["id"])
    }

    /// Completes the upload of a file.
    pub async fn complete(&self, by: &Person, id: &str) {
        let done = self.done(by, "fileUploadComplete", json!({ "ids": [id] })).await;
        assert_eq!(done["results"][0]["userErrors"], json!([]));
    }

    /// Uploads a file and waits until the workers have verified it; returns its id.
    pub async fn hand_in(&self, by: &Person, name: &str, content: &'static [u8]) -> String {
        let id = self.send_file(by, name, content).await;
        self.complete(by, &id).await;
        self.app.jobs_done().await;
        id
    }

    /// These fields of a file as somebody sees it; null when they do not.
    pub async fn file(&self, by: &Person, id: &str, fields: &str) -> Value {
        let query = format!("query F($id: ID!) {{ node(id: $id) {{ ... on File {{ {fields} }} }} }}");
        self.app.ask(by, &query, json!({ "id": id })).await["node"].clone()
    }

    /// The state of a file as its uploader sees it.
    pub async fn state(&self, by: &Person, id: &str) -> String {
        text(&self.file(by, id, "state").await["state"])
    }

    /// The code with which a file was refused, as its uploader sees it.
    pub async fn refusal(&self, by: &Person, id: &str) -> String {
        text(&self.file(by, id, "refusal { code }").await["refusal"]["code"])
    }

    /// Checks that the message differs in each language.
    pub async fn refusal_in_four_languages(&self, by: &Person, id: &str) {
        let mut told = BTreeSet::new();
        for locale in [Locale::PtBr, Locale::Fr, Locale::Es, Locale::En] {
            self.speaks(by, locale).await;
            told.insert(text(&self.file(by, id, "refusal { message }").await["refusal"]["message"]));
        }
        assert_eq!(told.len(), 4, "{told:?}");
    }

    /// Attaches a file to a ticket.
    pub async fn attach(&self, by: &Person, ticket: &str, file: &str, visibility: &str) -> Value {
        let input = json!({ "id": ticket, "fileIds": [file], "to": { "visibility": visibility } });
        self.done(by, "ticketFileAttach", input).await["attachments"][0].clone()
    }

    /// Downloads a file.
    pub async fn download(&self, by: &Person, id: &str) -> Response {
        let done = self.done(by, "fileDownload", json!({ "id": id })).await;
        self.request(&done["address"]).send().await.unwrap()
    }
}
