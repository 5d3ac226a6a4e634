//! The server's own signed addresses: each allows one method on one object, for some time.

use std::io;

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use guichet_tests::http;
use guichet_tests::object_store::Kind;
use reqwest::{Body, Url};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::hand::{PDF, declared, desk_on};
use crate::desk::ticket::desk::Desk;

/// Downloads are attachments with a safe file name, which browsers neither sniff nor run; parts can be requested.
#[tokio::test]
async fn downloads_are_attachments() {
    let desk = Desk::open().await;
    let id = desk.hand_in(&desk.admin, "Guia \"março\"; 2ª via.pdf", PDF).await;
    let got = desk.download(&desk.admin, &id).await;
    let header = |name: &str| got.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-length"), PDF.len().to_string());
    assert_eq!(header("cache-control"), "private, no-store");
    assert!(header("content-security-policy").starts_with("sandbox"));
    let name = "filename*=UTF-8''Guia%20%22mar%C3%A7o%22%3B%202%C2%AA%20via.pdf";
    let expected = format!("attachment; filename=\"Guia _mar_o__ 2_ via.pdf\"; {name}");
    assert_eq!(header("content-disposition"), expected);

    let done = desk.done(&desk.admin, "fileDownload", json!({ "id": id })).await;
    let part = async |range: &str| {
        let got = desk.request(&done["address"]).header("range", range).send().await.unwrap();
        let of = got.headers().get("content-range").map(|range| range.to_str().unwrap().to_owned());
        (got.status().as_u16(), of, got.bytes().await.unwrap())
    };
    let whole = PDF.len();
    assert_eq!(part("bytes=0-4").await, (206, Some(format!("bytes 0-4/{whole}")), PDF[..5].into()));
    assert_eq!(part("bytes=-3").await.2, PDF[whole - 3..]);
    assert_eq!(part("bytes=5-").await.2, PDF[5..]);
    assert_eq!(part("bytes=9999-").await.1, Some(format!("bytes */{whole}")));
    assert_eq!(part("bytes=0-1,3-4").await.0, 200);
    let head = http::client().head(desk.whole(&done["address"])).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], PDF.len().to_string());
    desk.finish().await;
}

/// An address expires, allows only its method and media type, and is refused when it was changed.
#[tokio::test]
async fn addresses_allow_one_thing_for_a_time() {
    let desk = Desk::open().await;
    let upload = desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await.remove(0);
    let address = &upload["address"];
    let url = desk.whole(address);
    let client = http::client();
    let put = |url: &str| client.put(url).header("content-type", "application/pdf").body(PDF);
    assert_eq!(client.get(&url).send().await.unwrap().status(), 403);
    assert_eq!(client.post(&url).body(PDF).send().await.unwrap().status(), 405);
    assert_eq!(
        client.put(&url).header("content-type", "text/html").body(PDF).send().await.unwrap().status(),
        400
    );
    let (begin, tag) = url.rsplit_once('.').unwrap();
    let flip = |text: &str| {
        let last = if text.ends_with('A') { "E" } else { "A" };
        format!("{}{last}", &text[..text.len() - 1])
    };
    let (claims_at, _) = begin.rsplit_once('/').unwrap();
    for touched in [
        format!("{begin}.{}", flip(tag)),
        format!("{}.{tag}", flip(begin)),
        begin.to_owned(),
        format!("{claims_at}/..%2f..%2fetc%2fpasswd.{tag}"),
    ] {
        let refused = put(&touched).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{touched}");
    }
    desk.app.clock.advance(TimeDelta::minutes(15));
    assert_eq!(put(&url).send().await.unwrap().status(), 403);
    assert_eq!(desk.app.object_store.count("staged"), 0);
    // Addresses of downloads expire sooner.
    let id = desk.hand_in(&desk.admin, "b.pdf", PDF).await;
    let done = desk.done(&desk.admin, "fileDownload", json!({ "id": id })).await;
    assert_eq!(desk.request(&done["address"]).send().await.unwrap().status(), 200);
    desk.app.clock.advance(TimeDelta::minutes(5));
    let late = desk.request(&done["address"]).send().await.unwrap();
    assert_eq!(
        (late.status().as_u16(), late.text().await.unwrap()),
        (403, "This address has expired.\n".into())
    );
    desk.finish().await;
}

/// More bytes than declared are refused while they arrive, fewer at the end; nothing of either is stored.
#[tokio::test]
async fn uploads_are_cut_at_the_declared_size() {
    let desk = Desk::open().await;
    let upload = desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await.remove(0);
    // A stream that is far too long, without a length in the headers.
    let endless = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'a'; 65536]))).take(1000);
    let sent = desk.request(&upload["address"]).body(Body::wrap_stream(endless)).send().await;
    // The server closes the connection early, so its answer may or may not arrive.
    assert!(sent.is_err() || sent.is_ok_and(|answer| answer.status() == 413));
    let fewer = stream::iter([Ok::<_, io::Error>(Bytes::from_static(&PDF[..10]))]);
    let sent = desk.request(&upload["address"]).body(Body::wrap_stream(fewer)).send().await.unwrap();
    assert_eq!(sent.status(), 400);
    let mut longer = PDF.to_vec();
    longer.push(b'\n');
    assert_eq!(desk.request(&upload["address"]).body(longer).send().await.unwrap().status(), 413);
    assert_eq!(desk.app.object_store.count("staged"), 0);
    desk.finish().await;
}

/// While one client sends to an address, a second one is refused; afterwards it may send.
#[tokio::test]
async fn one_sender_at_a_time() {
    let desk = Desk::open().await;
    let upload = desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await.remove(0);
    let url: Url = desk.whole(&upload["address"]).parse().unwrap();
    let mut first = TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]).await.unwrap();
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-type: application/pdf\r\ncontent-length: {}\r\n\r\n",
        url.path(),
        url.authority(),
        PDF.len()
    );
    first.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body once it has accepted the request.
    let mut asked = [0; 25];
    first.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    let send = async || desk.request(&upload["address"]).body(PDF).send().await.unwrap().status();
    assert_eq!(send().await, 409);
    first.write_all(PDF).await.unwrap();
    let mut answer = String::new();
    first.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(send().await, 200);
    desk.finish().await;
}

/// A large file is streamed and arrives unchanged.
#[tokio::test]
async fn large_files_pass_through() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let mut content = b"%PDF-1.7\n".to_vec();
        content.extend((0..12_000_000_u32).map(|number| number.to_le_bytes()[1]));
        let content: &'static [u8] = content.leak();
        let id = desk.hand_in(&desk.admin, "grande.pdf", content).await;
        assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
        assert!(desk.download(&desk.admin, &id).await.bytes().await.unwrap() == content);
        desk.finish().await;
    }
}
