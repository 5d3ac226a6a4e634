//! Signed addresses of a bucket.

use guichet_tests::http;
use guichet_tests::object_store::Kind;
use serde_json::json;

use super::hand::{PDF, declared, desk_on};
use crate::desk::ticket::desk::text;

/// Media type and checksum are signed with the address, and so is the file name of a download: the store refuses
/// changed ones.
#[tokio::test]
async fn what_is_signed_holds() {
    let desk = desk_on(Kind::S3).await;
    let upload = desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await.remove(0);
    let address = &upload["address"];
    let names: Vec<_> =
        address["headers"].as_array().unwrap().iter().map(|header| text(&header["name"])).collect();
    assert_eq!(names, ["content-type", "x-amz-checksum-sha256"]);
    let url = text(&address["url"]);
    assert!(url.contains("X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-checksum-sha256"), "{url}");
    let client = http::client();
    let checksum = text(&address["headers"][1]["value"]);
    let other =
        client.put(&url).header("content-type", "text/html").header("x-amz-checksum-sha256", &checksum);
    assert_eq!(other.body(PDF).send().await.unwrap().status(), 403);
    let without = client.put(&url).header("content-type", "application/pdf").body(PDF).send().await.unwrap();
    assert!(without.status().is_client_error());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 403);
    let longer = url.replace("X-Amz-Expires=900", "X-Amz-Expires=90000");
    assert_ne!(longer, url);
    let longer = json!({ "method": "PUT", "url": longer, "headers": address["headers"] });
    assert_eq!(desk.request(&longer).body(PDF).send().await.unwrap().status(), 403);
    assert_eq!(desk.app.object_store.count("staged"), 0);

    let id = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
    let done = desk.done(&desk.admin, "fileDownload", json!({ "id": id })).await;
    let url = text(&done["address"]["url"]);
    assert!(url.contains("response-content-disposition=attachment%3B"), "{url}");
    assert!(url.contains("X-Amz-Expires=300"), "{url}");
    let shown = url.replace("attachment%3B", "inline%3B");
    assert_eq!(client.get(shown).send().await.unwrap().status(), 403);
    assert_eq!(client.put(&url).body("x").send().await.unwrap().status(), 403);
    desk.finish().await;
}
