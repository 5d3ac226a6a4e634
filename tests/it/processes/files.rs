//! Files with separate processes, on a shared folder and on S3, and a server that is killed during an upload.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures_util::{StreamExt, stream};
use guichet_tests::database::TestDatabase;
use guichet_tests::http::{self, absolute};
use guichet_tests::object_store::S3Server;
use guichet_tests::process::{Launch, Process};
use guichet_tests::wait::until_ok;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::site::Site;

pub const PDF: &[u8] = b"%PDF-1.7 a document %%EOF";

/// Declares one file with this key; returns its id and address.
pub async fn declare(site: &Site, server: &Process, key: &str, content: &[u8]) -> (String, Value) {
    let mutation = "mutation ($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) {
        uploads { file { id } address { url headers { name value } } userErrors { code } } userErrors { code }
    } }";
    let sha256 = HEXLOWER.encode(&Sha256::digest(content));
    let file = json!({ "name": "guia.pdf", "size": content.len(), "sha256": sha256 });
    let input = json!({ "idempotencyKey": key, "files": [file] });
    let made = site.ask(server, mutation, json!({ "input": input })).await.expect("it answers");
    let upload = &made["fileUploadCreate"]["uploads"][0];
    assert_eq!(upload["userErrors"], json!([]));
    (upload["file"]["id"].as_str().unwrap().to_owned(), upload["address"].clone())
}

pub async fn put(
    server: &Process,
    address: &Value,
    body: impl Into<reqwest::Body>,
) -> reqwest::RequestBuilder {
    let url = absolute(&server.url().await, address["url"].as_str().unwrap());
    let request = http::client().put(url).body(body);
    address["headers"].as_array().unwrap().iter().fold(request, |request, header| {
        request.header(header["name"].as_str().unwrap(), header["value"].as_str().unwrap())
    })
}

/// Completes an upload.
pub async fn complete(site: &Site, server: &Process, id: &str) {
    let mutation = "mutation ($ids: [ID!]!) { fileUploadComplete(input: { ids: $ids }) {
        results { userErrors { code } } userErrors { code }
    } }";
    let done = site.ask(server, mutation, json!({ "ids": [id] })).await.expect("it answers");
    assert_eq!(done["fileUploadComplete"]["results"][0]["userErrors"], json!([]));
}

/// Completes an upload and waits until the file is stored.
pub async fn stored(site: &Site, server: &Process, id: &str) {
    complete(site, server, id).await;
    let query = "query ($id: ID!) { node(id: $id) { ... on File { state } } }";
    until_ok("the file is stored", async || {
        let seen = site.ask(server, query, json!({ "id": id })).await;
        if seen.as_ref().is_some_and(|seen| seen["node"]["state"] == "STORED") { Ok(()) } else { Err(seen) }
    })
    .await;
}

pub async fn got(site: &Site, server: &Process, id: &str) -> Bytes {
    got_from(site, server, server, id).await
}

/// The content of a file, from another server than the one that signs its address.
pub async fn got_from(site: &Site, server: &Process, other: &Process, id: &str) -> Bytes {
    let mutation = "mutation ($id: ID!) { fileDownload(input: { id: $id }) { address { url } } }";
    let done = site.ask(server, mutation, json!({ "id": id })).await.expect("it answers");
    let url = done["fileDownload"]["address"]["url"].as_str().unwrap();
    http::get(&absolute(&other.url().await, url)).await.unwrap().bytes().await.unwrap()
}

/// Two servers and a worker on one folder: an address signed by one server works at the other, because they share the
/// key.
#[tokio::test]
async fn processes_share_a_folder() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (first, second, worker) = tokio::join!(site.serve(), site.serve(), site.work());
    let (id, address) = declare(&site, &first, "one", PDF).await;
    assert_eq!(put(&second, &address, PDF).await.send().await.unwrap().status(), 200);
    stored(&site, &second, &id).await;
    assert_eq!(got(&site, &first, &id).await, PDF);
    assert_eq!(worker.metric("guichet_files_total{outcome=\"stored\"}").await, 1.0);
    let (first, second, worker) = tokio::join!(first.stop(), second.stop(), worker.stop());
    assert!(first.success() && second.success() && worker.success());
    database.drop().await;
}

/// The same on S3, where the processes share no folder. The bucket has another address for users than for the
/// processes.
#[tokio::test]
async fn processes_share_a_bucket() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let bucket = S3Server::start().await;
    let there = bucket.settings().endpoint.unwrap().as_str().replace("127.0.0.1", "localhost");
    let on_s3 = |launch: Launch| {
        let folder = tempfile::tempdir().unwrap().keep();
        let public = ("S3_PUBLIC_ENDPOINT", there.clone());
        launch.with("GUICHET_DATA", folder).with_all(bucket.variables()).with_all([public])
    };
    let (serve, work) =
        (on_s3(Launch::serve(&site.url)), on_s3(Launch::work(&site.url, &site.sink.starttls_url())));
    let (server, worker) = tokio::join!(serve.start(), work.start());
    let (id, address) = declare(&site, &server, "one", PDF).await;
    assert!(address["url"].as_str().unwrap().starts_with(&there), "{address}");
    assert_eq!(put(&server, &address, PDF).await.send().await.unwrap().status(), 200);
    stored(&site, &server, &id).await;
    assert_eq!(got(&site, &server, &id).await, PDF);
    tokio::join!(server.stop(), worker.stop());
    database.drop().await;
}

/// When a server is killed during an upload, no part of the file is stored. The same upload can be repeated at another
/// server.
#[tokio::test]
async fn a_server_killed_in_mid_upload() {
    let database = TestDatabase::new().await;
    let site = Site::open(&database.url).await;
    let (server, worker) = tokio::join!(site.serve(), site.work());
    let mut content = PDF.to_vec();
    content.resize(8 << 20, b' ');
    let (id, address) = declare(&site, &server, "one", &content).await;
    let (feed, pieces) = mpsc::channel::<Bytes>(1);
    let cut = CancellationToken::new();
    let body = stream::unfold(pieces, |mut pieces| async { Some((pieces.recv().await?, pieces)) });
    let body = reqwest::Body::wrap_stream(body.map(Ok::<_, std::io::Error>));
    let request = put(&server, &address, body);
    let (over, ended) = (cut.clone(), tokio::spawn(request.await.send()));
    let feeding = tokio::spawn(async move {
        // More than one part, so that the store has begun to write; the rest never comes.
        for piece in content[..6 << 20].chunks(64 << 10) {
            let _ = feed.send(Bytes::copy_from_slice(piece)).await;
        }
        over.cancel();
        std::future::pending::<()>().await;
        content
    });
    cut.cancelled().await;
    server.kill().await;
    assert!(ended.await.unwrap().is_err());
    feeding.abort();

    let mut content = PDF.to_vec();
    content.resize(8 << 20, b' ');
    let second = site.serve().await;
    let complete = "mutation ($ids: [ID!]!) { fileUploadComplete(input: { ids: $ids }) {
        results { userErrors { code } } } }";
    let told = site.ask(&second, complete, json!({ "ids": [id] })).await.unwrap();
    assert_eq!(
        told["fileUploadComplete"]["results"][0]["userErrors"],
        json!([{ "code": "FILE_NOT_UPLOADED" }])
    );
    let (again, address) = declare(&site, &second, "one", &content).await;
    assert_eq!(again, id, "the same upload");
    assert_eq!(put(&second, &address, content.clone()).await.send().await.unwrap().status(), 200);
    stored(&site, &second, &id).await;
    assert!(got(&site, &second, &id).await == content);
    tokio::join!(second.stop(), worker.stop());
    database.drop().await;
}
