//! The mails that recipients receive.

use std::fmt::Write as _;

use guichet_tests::smtp::Mail;
use mail_parser::MimeHeaders;
use serde_json::json;

use super::post_room::PostRoom;

/// A mail as the relay received it, with raw headers and decoded parts.
fn received(mail: &Mail) -> String {
    let parsed = mail.parsed();
    let mut text = format!("MAIL FROM {}\nRCPT TO {}\n\n", mail.from, mail.to.join(", "));
    for part in &parsed.parts {
        let headers = &mail.raw[part.raw_header_offset() as usize..part.raw_body_offset() as usize];
        write!(text, "{}", String::from_utf8_lossy(headers).replace("\r\n", "\n")).unwrap();
        if let Some(body) = part.text_contents() {
            writeln!(text, "{}\n", body.replace("\r\n", "\n")).unwrap();
        }
    }
    text
}

/// Changes the status of a ticket with a price once; returns the mail about it.
async fn one_mail(locale: &str, status: &str, reason: Option<&str>) -> String {
    let room = PostRoom::open().await;
    let client = room.client(Some("financeiro@estrela.example"), locale).await;
    let ticket = room.ticket_with(
        &room.staff,
        json!({
            "clientId": client,
            "subject": "Declaração de 2025 & anexos",
            "price": { "amountMinor": 123_450, "currency": "BRL" },
        }),
    );
    let ticket = ticket.await;
    room.change(&room.staff, &ticket, status, reason).await;
    let mails = room.mails().await;
    assert_eq!(mails.len(), 1);
    let text = received(&mails[0]);
    room.app.finish().await;
    text
}

/// Compares with the snapshot, without ids, which differ each time.
fn compare(name: &str, text: &str) {
    let ids = [(r"(delivery|ticket)(_?)[0-9a-f]{32}", "$1${2}ID"), (r"ID\.[0-9a-f]{16}@", "ID.HASH@")];
    insta::with_settings!({ filters => ids }, { insta::assert_snapshot!(name, text) });
}

/// F-02, F-06: Portuguese, as received: the firm's name and sender, Reply-To, `Auto-Submitted`, text and HTML.
#[tokio::test]
async fn in_portuguese() {
    compare("pt-BR", &one_mail("PT_BR", "IN_ANALYSIS", None).await);
}

/// D-05, F-02: French; a rejection contains its reason.
#[tokio::test]
async fn in_french() {
    let reason = "Il manque deux pièces :\n- le relevé <mai>\n- la facture";
    compare("fr", &one_mail("FR", "REJECTED", Some(reason)).await);
}

/// D-05, F-02: Spanish; a cancellation contains its reason.
#[tokio::test]
async fn in_spanish() {
    compare("es", &one_mail("ES", "CANCELED", Some("Ya no hace falta.")).await);
}

/// F-02: English.
#[tokio::test]
async fn in_english() {
    compare("en", &one_mail("EN", "FINISHED", None).await);
}

/// D-05: all mails about one ticket to one recipient are one conversation: one subject, one root, and a separate
/// Message-ID each. Another ticket or recipient is another conversation.
#[tokio::test]
async fn one_conversation() {
    let room = PostRoom::open().await;
    let client = room.client(None, "PT_BR").await;
    room.update_client(&client, json!({ "ticketEmails": ["a@estrela.example", "b@estrela.example"] })).await;
    let first = room.ticket(&room.staff, &client).await;
    let second = room.ticket(&room.staff, &client).await;
    for status in ["IN_ANALYSIS", "WAITING", "FINISHED", "OPEN"] {
        room.change(&room.staff, &first, status, None).await;
        room.mails().await;
    }
    room.begin(&second).await;
    let mails = room.mails().await;
    assert_eq!(mails.len(), 10);
    let thread = |mail: &Mail| {
        let parsed = mail.parsed();
        let root = parsed.references().as_text().unwrap().to_owned();
        assert_eq!(parsed.in_reply_to().as_text(), Some(root.as_str()));
        (mail.to[0].clone(), parsed.subject().unwrap().to_owned(), root)
    };
    let mut threads: Vec<_> = mails.iter().map(thread).collect();
    threads.sort();
    let sizes: Vec<usize> = threads.chunk_by(|a, b| a == b).map(<[_]>::len).collect();
    assert_eq!(sizes, [4, 1, 4, 1], "{threads:#?}");
    let mut roots: Vec<_> = threads.into_iter().map(|(.., root)| root).collect();
    roots.dedup();
    assert_eq!(roots.len(), 4);
    let mut ids: Vec<String> = mails.iter().map(Mail::message_id).collect();
    ids.extend(roots);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 14, "no mail has the id of another one or of a root");
    room.app.finish().await;
}

/// Quality, safety: text that people enter adds no header to a mail and no markup to its HTML.
#[tokio::test]
async fn what_people_write_stays_text() {
    let room = PostRoom::open().await;
    let client = room.client(Some("geral@estrela.example"), "EN").await;
    let subject = "=?utf-8?q?free?= <img src=x onerror=alert(1)> \"quoted\" gpj.exe";
    let ticket = room.ticket_with(&room.staff, json!({ "clientId": client, "subject": subject })).await;
    let reason = "Line one\r\nBcc: eve@evil.example\r\n\r\n</p><script>alert(2)</script>\r\n.\r\nQUIT";
    let payload = room.change(&room.staff, &ticket, "REJECTED", Some(reason)).await;
    assert_eq!(payload["userErrors"], json!([]));
    let mails = room.mails().await;
    assert_eq!(mails.len(), 1);
    let parsed = mails[0].parsed();
    assert_eq!(mails[0].to, ["geral@estrela.example"]);
    assert!(parsed.bcc().is_none());
    let subject = parsed.subject().unwrap();
    assert!(subject.contains("<img src=x onerror=alert(1)>"), "{subject}");
    assert!(!subject.contains("Ticket #1: free"), "an encoded word is not decoded: {subject}");
    let (text, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
    assert!(text.contains("Bcc: eve@evil.example") && text.contains("<script>alert(2)</script>"), "{text}");
    assert!(html.contains("Bcc: eve@evil.example"), "{html}");
    for markup in ["<script", "<img", "</p><script"] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    let types: Vec<_> = parsed.parts.iter().filter_map(|part| part.content_type()?.subtype()).collect();
    assert_eq!(types, ["alternative", "plain", "html"]);
    room.app.finish().await;
}

/// F-06: a firm without Reply-To accepts no replies, and its mails say so.
#[tokio::test]
async fn without_reply_to() {
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    use guichet_engine::tables::firms;

    let room = PostRoom::open().await;
    let with = room.ticket_for("a@estrela.example").await;
    room.begin(&with).await;
    room.mails().await;
    diesel::update(firms::table.find(room.firm.id))
        .set(firms::mail_reply_to.eq(None::<String>))
        .execute(&mut room.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let without = room.ticket_for("b@estrela.example").await;
    room.begin(&without).await;
    let mails = room.mails().await;
    let reply_to = |mail: &Mail| {
        let address = mail.parsed().reply_to()?.first()?.address()?.to_owned();
        Some(address)
    };
    assert_eq!(reply_to(&mails[0]).as_deref(), Some("atendimento@aurora.example"));
    assert_eq!(reply_to(&mails[1]), None);
    let text = |mail: &Mail| mail.parsed().body_text(0).unwrap().into_owned();
    assert_ne!(text(&mails[0]), text(&mails[1]));
    room.app.finish().await;
}
