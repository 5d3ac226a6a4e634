//! F-07: files are verified before anybody else sees them, whatever fails meanwhile.

use chrono::TimeDelta;
use futures_util::stream;
use guichet_base::id::{FileId, Id, JobId};
use guichet_base::locale::Locale;
use guichet_engine::job::JobStatus;
use guichet_queue::{Job, Point};
use guichet_schema::nouns;
use guichet_schema::shared::file::key::Key;
use guichet_schema::shared::file::model::VerifyFile;
use guichet_schema::shared::file::verdict::{self, Verdict};
use guichet_tests::app::Setup;
use guichet_tests::clamd::{FakeClamd, VIRUS};
use guichet_tests::object_store::{Fault, Kind};
use guichet_workers::file_verify::Verifier;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::hand::{CSV, PDF, declared, desk_on};
use crate::desk::ticket::desk::{Desk, text};

/// A file whose content is not of the declared kind is refused, with the reason for its uploader; its bytes are
/// removed.
#[tokio::test]
async fn f_07_content_must_be_what_the_name_says() {
    let desk = Desk::open().await;
    for (name, content) in [
        ("guia.pdf", CSV),
        ("foto.png", b"MZ\x90\0 this is a program".as_slice()),
        ("notas.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("nota.xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>"),
        ("plano.xlsx", PDF),
        ("tabela.csv", b"<html><script>alert(1)</script>"),
    ] {
        let id = desk.hand_in(&desk.admin, name, content).await;
        let seen = desk.file(&desk.admin, &id, "state refusal { code message }").await;
        assert_eq!(seen["state"], "REJECTED", "{name}");
        assert_eq!(seen["refusal"]["code"], "FILE_TYPE_MISMATCH");
        let ticket = desk.opened(&desk.admin).await;
        let to = json!({ "id": ticket, "fileIds": [id], "to": { "visibility": "PUBLIC" } });
        let refused = desk.refused(&desk.admin, "ticketFileAttach", to).await;
        assert_eq!(refused, ["fileIds.0:FILE_TYPE_MISMATCH"]);
        assert_eq!(
            desk.refused(&desk.admin, "fileDownload", json!({ "id": id })).await,
            ["FILE_TYPE_MISMATCH"]
        );
    }
    assert_eq!((desk.app.object_store.count("staged"), desk.app.object_store.count("stored")), (0, 0));
    desk.finish().await;
}

/// The beginning of a mail that Outlook saved: a compound file.
const MSG: &[u8] = &{
    let mut bytes = [0; 2048];
    let begin = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    let mut at = 0;
    while at < begin.len() {
        bytes[at] = begin[at];
        at += 1;
    }
    // The version of the format.
    bytes[26] = 3;
    bytes
};

/// F-07: what a person takes for the same kind is taken, and called by its true kind, which the download tells too; a
/// document with a password is kept, but not shown in place.
#[tokio::test]
async fn f_07_kinds_are_called_by_their_true_name() {
    let desk = Desk::open().await;
    let cases: [(&str, &str, &'static [u8], &str, bool); 15] = [
        ("foto.jpg", "image/jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic", false),
        ("foto.jfif", "image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg", true),
        ("guia.pdf", "application/x-pdf", PDF, "application/pdf", true),
        ("senha.pdf", "", b"%PDF-1.7\ntrailer << /Encrypt 5 0 R >>\n%%EOF\n", "application/pdf", false),
        ("carta.doc", "application/msword", b"{\\rtf1\\ansi Ola}", "application/rtf", false),
        ("notas.rar", "", b"Rar!\x1a\x07\x01\0", "application/vnd.rar", false),
        ("RETORNO.RET", "application/octet-stream", b"02RETORNO01COBRANCA\r\n", "text/plain", false),
        (
            "aviso.eml",
            "message/rfc822",
            b"From: a@x.example\r\nSubject: Aviso\r\n\r\n<html>",
            "message/rfc822",
            false,
        ),
        ("aviso.msg", "application/x-msg", MSG, "application/vnd.ms-outlook", false),
        (
            "contrato.pdf.p7m",
            "application/x-pkcs7-mime",
            b"\x30\x82\x0a\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82",
            "application/pkcs7-mime",
            false,
        ),
        ("REMESSA.REM", "", b"01REMESSA01COBRANCA\r\n", "text/plain", false),
        (
            "extrato.ofx",
            "application/vnd.intu.qfx",
            b"OFXHEADER:100\nDATA:OFXSGML\n<OFX></OFX>",
            "application/x-ofx",
            false,
        ),
        ("notas.7z", "application/x-7z", b"7z\xbc\xaf\x27\x1c\0\x04", "application/x-7z-compressed", false),
        // A signature within is neither a password nor another kind.
        (
            "contrato.pdf",
            "application/pdf",
            b"%PDF-1.7\n1 0 obj << /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 9 9 9] >> endobj\n%%EOF\n",
            "application/pdf",
            true,
        ),
        (
            "nota.pdf.p7s",
            "",
            b"-----BEGIN PKCS7-----\nMIIK\n-----END PKCS7-----\n",
            "application/pkcs7-signature",
            false,
        ),
    ];
    for (name, content_type, content, expected, is_shown) in cases {
        let mut declaration = declared(name, content);
        declaration["contentType"] = json!(content_type);
        let upload = desk.declare(&desk.admin, &[declaration]).await.remove(0);
        assert_eq!(upload["userErrors"], json!([]), "{name}");
        assert_eq!(
            desk.request(&upload["address"]).body(content).send().await.unwrap().status(),
            200,
            "{name}"
        );
        let id = text(&upload["file"]["id"]);
        desk.done(&desk.admin, "fileUploadComplete", json!({ "ids": [id] })).await;
        desk.app.jobs_done().await;
        let seen = desk.file(&desk.admin, &id, "state contentType viewerCan { act allowed }").await;
        assert_eq!((&seen["state"], &seen["contentType"]), (&json!("STORED"), &json!(expected)), "{name}");
        let preview = json!({ "act": "PREVIEW", "allowed": is_shown });
        assert!(seen["viewerCan"].as_array().unwrap().contains(&preview), "{name}: {seen}");
        let show = json!({ "id": id, "disposition": "INLINE" });
        if is_shown {
            let shown = desk.done(&desk.admin, "fileDownload", show).await;
            let got = desk.request(&shown["address"]).send().await.unwrap();
            let header = |name| got.headers()[name].to_str().unwrap().to_owned();
            assert!(header("content-disposition").starts_with("inline; "), "{name}");
            assert_eq!(header("content-type"), expected);
            assert_eq!(header("x-content-type-options"), "nosniff");
        } else {
            let refused = desk.refused(&desk.admin, "fileDownload", show).await;
            assert_eq!(refused, ["FILE_NOT_PREVIEWABLE"], "{name}");
        }
        let got = desk.download(&desk.admin, &id).await;
        assert_eq!(got.headers()["content-type"].to_str().unwrap(), expected, "{name}");
    }
    desk.finish().await;
}

/// Bytes that differ from the declaration are refused, even if they reached the store.
#[tokio::test]
async fn f_07_bytes_must_be_those_that_were_declared() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let altered: Vec<u8> = PDF.iter().map(|byte| byte.to_ascii_uppercase()).collect();
        for (content, complete, expected) in
            [(&altered[..], true, "FILE_ALTERED"), (b"%PDF-short".as_slice(), false, "FILE_INCOMPLETE")]
        {
            let upload = desk.declare(&desk.admin, &[declared("a.pdf", PDF)]).await.remove(0);
            let id = text(&upload["file"]["id"]);
            let key = Key::Staged { firm_id: desk.firm.id, file_id: FileId::decode(&id).unwrap() };
            put(&desk, &key, content).await;
            let done = desk.done(&desk.admin, "fileUploadComplete", json!({ "ids": [id] })).await;
            if complete {
                desk.app.jobs_done().await;
                let seen = desk.file(&desk.admin, &id, "state refusal { code }").await;
                assert_eq!(seen, json!({ "state": "REJECTED", "refusal": { "code": expected } }));
            } else {
                assert_eq!(done["results"][0]["userErrors"][0]["code"], expected);
            }
        }
        desk.finish().await;
    }
}

async fn put(desk: &Desk, key: &Key, content: &[u8]) {
    let bytes = stream::iter([Ok::<_, std::io::Error>(content.to_vec().into())]);
    desk.app.files.storage.write(key, bytes).await.unwrap();
}

/// An infected file is quarantined, its uploader gets the reason in each language, and nobody can download it.
#[tokio::test]
async fn f_07_infected_files_are_quarantined() {
    let scanner = FakeClamd::start().await;
    for kind in [Kind::Folder, Kind::S3] {
        let desk = Desk::open_with(Setup { kind, clamd: Some(scanner.clamd()), ..Setup::default() }).await;
        let ticket = desk.opened(&desk.admin).await;
        let id = desk.send_file(&desk.admin, "notas.txt", VIRUS).await;
        let clean = desk.send_file(&desk.admin, "guia.pdf", PDF).await;
        desk.complete(&desk.admin, &id).await;
        desk.complete(&desk.admin, &clean).await;
        let input = json!({ "id": ticket, "fileIds": [clean], "to": { "visibility": "PUBLIC" } });
        desk.done(&desk.admin, "ticketFileAttach", input).await;
        desk.app.jobs_done().await;
        assert_eq!(desk.state(&desk.admin, &id).await, "QUARANTINED");
        assert_eq!(desk.state(&desk.owner, &clean).await, "STORED");
        let mut told = std::collections::BTreeSet::new();
        for locale in [Locale::PtBr, Locale::Fr, Locale::Es, Locale::En] {
            desk.speaks(&desk.admin, locale).await;
            let seen = desk.file(&desk.admin, &id, "refusal { code message }").await;
            assert_eq!(seen["refusal"]["code"], "FILE_INFECTED");
            told.insert(text(&seen["refusal"]["message"]));
        }
        assert_eq!(told.len(), 4);
        assert_eq!(desk.file(&desk.owner, &id, "id").await, Value::Null);
        assert_eq!(desk.refused(&desk.admin, "fileDownload", json!({ "id": id })).await, ["FILE_INFECTED"]);
        let store = &desk.app.object_store;
        assert_eq!(["staged", "stored", "quarantined"].map(|folder| store.count(folder)), [0, 1, 1]);
        desk.finish().await;
    }
}

/// While the scanner does not answer, no file is stored and none is lost.
#[tokio::test]
async fn f_07_without_the_scanner_files_wait() {
    let scanner = FakeClamd::start().await;
    scanner.leave(true);
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let id = desk.hand_in(&desk.admin, "guia.pdf", PDF).await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STAGED");
    assert_eq!(desk.app.object_store.count("stored"), 0);
    scanner.leave(false);
    desk.app.pass(TimeDelta::seconds(20));
    desk.app.jobs_done().await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
    assert_eq!(scanner.scanned(), 1);
    desk.finish().await;
}

/// If a staged object is missing, the job is retried several times before the file is refused.
#[tokio::test]
async fn an_absent_object_is_doubted() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let storage = desk.app.files.storage.clone();
        let verifier = Verifier { store: desk.app.store.clone(), storage: storage.clone(), clamd: None };
        let mut doubted = Vec::new();
        for name in ["a.pdf", "b.pdf"] {
            let id = desk.send_file(&desk.admin, name, PDF).await;
            let file_id = FileId::decode(&id).unwrap();
            let staged = Key::Staged { firm_id: desk.firm.id, file_id };
            storage.remove(&staged).await.unwrap();
            desk.stage(&id).await;
            desk.app.jobs_done().await;
            for attempt in [1, 7] {
                verifier.clone().run(job(&desk, attempt), VerifyFile { file_id }).await.unwrap_err();
                assert_eq!(desk.state(&desk.admin, &id).await, "STAGED");
            }
            doubted.push((id, file_id, staged));
        }
        let (found, lost) = (&doubted[0], &doubted[1]);
        put(&desk, &found.2, PDF).await;
        for (_, file_id, _) in &doubted {
            let order = VerifyFile { file_id: *file_id };
            verifier.clone().run(job(&desk, 8), order).await.unwrap();
        }
        assert_eq!(desk.state(&desk.admin, &found.0).await, "STORED");
        assert_eq!(desk.refusal(&desk.admin, &lost.0).await, "FILE_NOT_UPLOADED");
        desk.app.finish_with_jobs(2).await;
    }
}

/// After a restore to a time before the verdict, the object is found under its final key.
#[tokio::test]
async fn what_was_verified_before_a_restore() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let id = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
        desk.sql("UPDATE files SET state = 'STAGED', expires_at = NULL").await;
        desk.app.reconcile().await;
        desk.app.jobs_done().await;
        assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
        assert_eq!(desk.download(&desk.admin, &id).await.bytes().await.unwrap(), PDF);
        desk.finish().await;
    }
}

/// F-07: a file whose job is dead is refused, and its uploader sees this; one without a job gets one.
#[tokio::test]
async fn f_07_no_file_waits_for_nothing() {
    let scanner = FakeClamd::start().await;
    scanner.leave(true);
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let given_up = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
    desk.app.reconcile().await;
    assert_eq!(desk.state(&desk.admin, &given_up).await, "STAGED", "its job waits");
    desk.sql("UPDATE jobs SET status = 'DEAD'").await;
    let forgotten = desk.hand_in(&desk.admin, "b.pdf", PDF).await;
    desk.sql("DELETE FROM jobs WHERE status <> 'DEAD'").await;
    scanner.leave(false);
    for _ in 0..2 {
        desk.app.reconcile().await;
        desk.app.jobs_done().await;
        assert_eq!(desk.refusal(&desk.admin, &given_up).await, "FILE_UNVERIFIABLE");
        assert_eq!(desk.state(&desk.admin, &forgotten).await, "STORED");
    }
    desk.refusal_in_four_languages(&desk.admin, &given_up).await;
    desk.app.finish_with_jobs(1).await;
}

/// While S3 is down, refuses writes or breaks off, the file waits; it is stored once the store works again.
#[tokio::test]
async fn a_sick_store_loses_nothing() {
    let desk = desk_on(Kind::S3).await;
    let s3 = desk.app.object_store.s3();
    for fault in [
        Fault::Every(StatusCode::SERVICE_UNAVAILABLE),
        Fault::Only(&Method::PUT, StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Only(&Method::DELETE, StatusCode::INTERNAL_SERVER_ERROR),
        Fault::Truncate(10),
    ] {
        let content: &'static [u8] = format!("%PDF-1.7 {fault:?}").leak().as_bytes();
        let id = desk.send_file(&desk.admin, "guia.pdf", content).await;
        desk.complete_under(&id, fault).await;
        let stored = matches!(fault, Fault::Only(&Method::DELETE, _));
        assert_eq!(desk.state(&desk.admin, &id).await, if stored { "STORED" } else { "STAGED" }, "{fault:?}");
        assert_eq!(desk.app.object_store.count("staged"), 1, "{fault:?}");
        s3.spoil(None);
        desk.app.pass(TimeDelta::seconds(20));
        desk.app.jobs_done().await;
        assert_eq!(desk.state(&desk.admin, &id).await, "STORED", "{fault:?}");
        assert_eq!(desk.download(&desk.admin, &id).await.bytes().await.unwrap(), content);
    }
    assert_eq!(desk.app.object_store.count("staged"), 0);
    desk.finish().await;
}

/// With a slow store the job waits: nothing is visible yet, and nothing is lost.
#[tokio::test]
async fn a_slow_store_is_waited_for() {
    let desk = desk_on(Kind::S3).await;
    let id = desk.send_file(&desk.admin, "guia.pdf", PDF).await;
    desk.stage_under(&id, Fault::Hold).await;
    let runs = |left: &[(JobStatus, bool)]| left.iter().any(|(status, _)| *status == JobStatus::Running);
    desk.app.jobs_until("the worker waits for the store", runs).await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STAGED");
    desk.app.object_store.s3().spoil(None);
    desk.app.jobs_done().await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
    desk.finish().await;
}

/// A job at this attempt.
fn job(desk: &Desk, attempt: i32) -> Job {
    Job {
        id: JobId::new(),
        attempt,
        max_attempts: 104,
        firm_id: None,
        now: desk.app.store.now(),
        point: Point::default(),
    }
}

impl Desk {
    /// Completes an upload and runs the workers while the store has this fault.
    async fn complete_under(&self, id: &str, fault: Fault) {
        self.stage_under(id, fault).await;
        self.app.jobs_done().await;
    }

    async fn stage_under(&self, id: &str, fault: Fault) {
        self.app.object_store.s3().spoil(Some(fault));
        self.stage(id).await;
    }

    /// Completes an upload as if all its bytes had been found; the worker decides what happens then.
    async fn stage(&self, id: &str) {
        let (store, actor) = (&self.app.store, self.admin.actor());
        let file = FileId::decode(id).unwrap();
        let size = self.file(&self.admin, id, "size").await["size"].as_i64().unwrap();
        let found = [(file, size)].into_iter().collect();
        let done = guichet_schema::shared::file::upload::complete(store, &actor, &[Some(file)], &found)
            .await
            .unwrap();
        assert_eq!(done.value, [Ok(file)]);
    }
}

/// When the store does not answer, completing fails as a request, and works when it is repeated.
#[tokio::test]
async fn completing_on_a_sick_store_is_tried_again() {
    let desk = desk_on(Kind::S3).await;
    let id = desk.send_file(&desk.admin, "guia.pdf", PDF).await;
    desk.app.object_store.s3().spoil(Some(Fault::Every(StatusCode::SERVICE_UNAVAILABLE)));
    let answer = desk.send(&desk.admin, "fileUploadComplete", json!({ "ids": [id] })).await;
    assert_eq!(answer.error_code(), Some("UNAVAILABLE"));
    desk.app.object_store.s3().spoil(None);
    desk.complete(&desk.admin, &id).await;
    desk.app.jobs_done().await;
    assert_eq!(desk.state(&desk.admin, &id).await, "STORED");
    desk.finish().await;
}

/// The job may die between any two steps: the next run has the same result.
#[tokio::test]
async fn every_step_can_be_done_again() {
    for kind in [Kind::Folder, Kind::S3] {
        let desk = desk_on(kind).await;
        let storage = desk.app.files.storage.clone();
        let verifier = Verifier { store: desk.app.store.clone(), storage: storage.clone(), clamd: None };
        let file_id = FileId::decode(&desk.hand_in(&desk.admin, "guia.pdf", PDF).await).unwrap();
        let staged = Key::Staged { firm_id: desk.firm.id, file_id };
        let stored = Key::Stored { firm_id: desk.firm.id, file_id };
        let run = async || {
            verifier.clone().run(job(&desk, 1), VerifyFile { file_id }).await.unwrap();
        };
        // Died after the verdict, before the staged object was removed.
        put(&desk, &staged, PDF).await;
        run().await;
        assert_eq!(storage.size(&staged).await.unwrap(), None);
        // A later verdict changes nothing.
        let refused = Verdict::Refused(guichet_schema::shared::file::model::FileRefusal::WrongType);
        verdict::pass(&desk.app.store, nouns::WITH_FILES, file_id, refused).await.unwrap();
        assert_eq!(desk.state(&desk.admin, &file_id.encode()).await, "STORED");
        assert_eq!(storage.size(&stored).await.unwrap(), Some(PDF.len() as u64));
        // Died after the object was stored, before the verdict: the next run finds the object.
        let second = desk.send_file(&desk.admin, "guia2.pdf", PDF).await;
        let file_id = FileId::decode(&second).unwrap();
        put(&desk, &Key::Stored { firm_id: desk.firm.id, file_id }, PDF).await;
        desk.complete(&desk.admin, &second).await;
        desk.app.jobs_done().await;
        assert_eq!(desk.state(&desk.admin, &second).await, "STORED");
        desk.finish().await;
    }
}
