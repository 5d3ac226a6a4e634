//! The mail catcher and its page.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
};
use futures_util::future::join_all;
use guichet_mail::{Catcher, Route, SendError};
use guichet_server::mail_page;
use guichet_tests::wait::DEADLINE;
use http::{StatusCode, header};
use lettre::{
    Message,
    message::{MultiPart, header::ContentType},
};
use tempfile::{TempDir, tempdir};
use tower::ServiceExt;

fn mail(name: &str, to: &str, root: Option<&str>) -> Message {
    let mut builder = Message::builder()
        .from("Cabinet Lefèvre <no-reply@firm.example>".parse().unwrap())
        .reply_to("bureau@firm.example".parse().unwrap())
        .to(to.parse().unwrap())
        .subject(format!("Dossier <b>{name}</b> terminé"))
        .message_id(Some(format!("<{name}@guichet.example>")));
    if let Some(root) = root {
        let root = format!("<{root}@guichet.example>");
        builder = builder.in_reply_to(root.clone()).references(root);
    }
    let html = format!(
        "<html><head><title>x</title></head><body><script>{name}</script><p>Terminé</p></body></html>"
    );
    builder.multipart(MultiPart::alternative_plain_html(format!("Terminé <i>{name}</i>"), html)).unwrap()
}

fn catcher() -> (TempDir, Catcher) {
    let folder = tempdir().unwrap();
    let catcher = Catcher::open(folder.path().join("mails")).unwrap();
    (folder, catcher)
}

/// Quality, safety: only the owner can read caught mails, also in a folder that existed before.
#[tokio::test]
async fn only_its_owner_reads_what_was_caught() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempdir().unwrap();
    let mails = parent.path().join("mails");
    std::fs::create_dir(&mails).unwrap();
    std::fs::set_permissions(&mails, std::fs::Permissions::from_mode(0o755)).unwrap();
    let catcher = Catcher::open(&mails).unwrap();
    Route::Catcher(catcher).send(&mail("first", "anne@client.example", None)).await.unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&mails), 0o700);
    let files: Vec<_> = std::fs::read_dir(&mails).unwrap().map(|file| mode(&file.unwrap().path())).collect();
    assert_eq!(files, [0o600]);
}

#[tokio::test]
async fn a_mail_is_kept_and_read_back() {
    let (_folder, catcher) = catcher();
    let route = Route::Catcher(catcher.clone());
    let accepted = route.send(&mail("second", "Anne <anne@client.example>", Some("first"))).await.unwrap();
    assert_eq!(accepted.reply.code(), 250);
    let mails = catcher.list().await.unwrap();
    let [caught] = &*mails else { panic!("{mails:?}") };
    assert_eq!(catcher.read(&caught.id).await.unwrap().as_ref(), Some(caught));
    assert_eq!(caught.from, "Cabinet Lefèvre <no-reply@firm.example>");
    assert_eq!(
        (caught.to.as_str(), caught.reply_to.as_deref()),
        ("anne@client.example", Some("bureau@firm.example"))
    );
    assert_eq!(caught.subject, "Dossier <b>second</b> terminé");
    assert_eq!(caught.message_id, "second@guichet.example");
    assert_eq!(caught.in_reply_to.as_deref(), Some("first@guichet.example"));
    assert_eq!(caught.references, ["first@guichet.example"]);
    assert_eq!(caught.text.as_deref().map(str::trim_end), Some("Terminé <i>second</i>"));
    assert!(caught.html.as_deref().unwrap().contains("<p>Terminé</p>"));
    assert!(caught.date.is_some());
    route.close(DEADLINE).await;
}

/// F-02: a repeated attempt does not add a second mail, not even at the same time.
#[tokio::test]
async fn a_repeated_try_replaces_the_first() {
    let (folder, catcher) = catcher();
    let (first, other) =
        (mail("first", "anne@client.example", None), mail("first", "bob@client.example", None));
    let sends = (0..20).map(|number| catcher.send(if number % 2 == 0 { &first } else { &other }));
    for outcome in join_all(sends).await {
        outcome.unwrap();
    }
    let mut to: Vec<String> = catcher.list().await.unwrap().into_iter().map(|mail| mail.to).collect();
    to.sort();
    assert_eq!(to, ["anne@client.example", "bob@client.example"]);
    let files = std::fs::read_dir(folder.path().join("mails")).unwrap();
    assert_eq!(files.count(), 2, "nothing is left over");
}

#[tokio::test]
async fn a_text_only_mail_has_no_html() {
    let (_folder, catcher) = catcher();
    let mail =
        Message::builder().from("a@firm.example".parse().unwrap()).to("b@client.example".parse().unwrap());
    let mail = mail.message_id(None).header(ContentType::TEXT_PLAIN).body("Hello".to_owned()).unwrap();
    catcher.send(&mail).await.unwrap();
    let mails = catcher.list().await.unwrap();
    assert_eq!((mails[0].html.as_deref(), mails[0].text.as_deref()), (None, Some("Hello")));
}

#[tokio::test]
async fn a_folder_that_went_away_is_tried_again() {
    let (folder, catcher) = catcher();
    drop(folder);
    let outcome = catcher.send(&mail("first", "anne@client.example", None)).await;
    assert!(matches!(outcome, Err(SendError::Later(_))), "{outcome:?}");
}

async fn get(catcher: &Catcher, path: &str) -> (StatusCode, String, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let answer = mail_page::router(catcher.clone()).oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let policy = head.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (head.status, policy, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_lists_filters_and_shows_conversations() {
    let (_folder, catcher) = catcher();
    assert!(get(&catcher, "/mails").await.2.contains("There are no mails yet"));
    for (name, to, root) in [
        ("first", "anne@client.example", None),
        ("second", "anne@client.example", Some("first")),
        ("first", "bob+x@client.example", None),
    ] {
        catcher.send(&mail(name, to, root)).await.unwrap();
    }
    let (status, policy, page) = get(&catcher, "/mails").await;
    assert_eq!(status, StatusCode::OK);
    assert!(policy.starts_with("default-src 'none'"));
    assert_eq!(page.matches("<li>").count(), 3);
    assert!(page.contains("Dossier &#60;b&#62;first&#60;/b&#62; terminé"), "{page}");
    assert_eq!(page.matches("one of 2 in its conversation").count(), 2);

    let (_, _, page) = get(&catcher, "/mails?to=bob%2Bx%40client.example").await;
    assert_eq!(page.matches("<li>").count(), 1);
    assert!(page.contains("<option selected>bob+x@client.example</option>"), "{page}");

    let mails = catcher.list().await.unwrap();
    let second = mails.iter().find(|mail| mail.message_id.starts_with("second")).unwrap();
    let (_, _, page) = get(&catcher, &format!("/mails/{}", second.id)).await;
    assert!(page.contains("Terminé &#60;i&#62;second&#60;/i&#62;"), "{page}");
    assert!(page.find("/b&#62; terminé</a>").is_some() && page.contains("aria-current=\"page\""));
    assert!(!page.contains("<script>"));
    let order: Vec<_> = page.match_indices("/mails/").map(|(at, _)| &page[at + 7..at + 39]).collect();
    assert_eq!(order.last(), Some(&second.id.as_str()), "the conversation is oldest first");
}

#[tokio::test]
async fn the_html_of_a_mail_is_locked_in() {
    let (_folder, catcher) = catcher();
    catcher.send(&mail("first", "anne@client.example", None)).await.unwrap();
    let id = catcher.list().await.unwrap().remove(0).id;
    let (status, policy, html) = get(&catcher, &format!("/mails/{id}/html")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(policy.starts_with("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"));
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));
    assert!(html.contains("<head><base target=\"_blank\"><title>"), "{html}");
}

#[tokio::test]
async fn what_is_no_id_is_no_mail() {
    let (folder, catcher) = catcher();
    std::fs::write(folder.path().join("secret.eml"), "Subject: secret\r\n\r\n").unwrap();
    for id in ["..%2Fsecret", "secret", "0123456789abcdef0123456789abcdef", "%00", "é"] {
        for path in [format!("/mails/{id}"), format!("/mails/{id}/html")] {
            let (status, _, page) = get(&catcher, &path).await;
            assert_eq!((status, page.as_str()), (StatusCode::NOT_FOUND, "There is no such mail."), "{path}");
        }
    }
}
