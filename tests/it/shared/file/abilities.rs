//! `viewerCan` of files agrees with the calls, for people, states and actions; and the audit of files.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{FileId, Id};
use guichet_engine::tables::audit;
use guichet_schema::shared::file::rules::AWAITED;
use guichet_tests::world::Person;
use serde_json::{Value, json};
use uuid::Uuid;

use super::hand::{PDF, declared};
use crate::desk::ticket::desk::{Desk, text};

/// The states of a file that the member uploaded.
const STATES: [&str; 7] = ["declared", "expired", "sent", "staged", "stored", "attached", "refused"];
const ACTS: [&str; 3] = ["COMPLETE", "DOWNLOAD", "ATTACH"];
const NOT_A_PDF: &[u8] = b"MZ\x90\0 this is a program";

async fn file_in(desk: &Desk, state: &str, ticket: &str) -> String {
    let by = &desk.member;
    match state {
        "declared" | "expired" => {
            text(&desk.declare(by, &[declared("guia.pdf", PDF)]).await[0]["file"]["id"])
        }
        "sent" => desk.send_file(by, "guia.pdf", PDF).await,
        "refused" => desk.hand_in(by, "guia.pdf", NOT_A_PDF).await,
        _ => {
            let id = desk.hand_in(by, "guia.pdf", PDF).await;
            if state == "attached" {
                desk.attach(by, ticket, &id, "PUBLIC").await;
            }
            if state == "staged" {
                let uuid = FileId::decode(&id).unwrap().uuid();
                let again =
                    format!("UPDATE files SET state = 'STAGED', expires_at = NULL WHERE id = '{uuid}'");
                desk.app.store.conn().await.unwrap().batch_execute(&again).await.unwrap();
            }
            id
        }
    }
}

/// The code with which an action is refused; null when it succeeds.
async fn outcome(desk: &Desk, by: &Person, act: &str, file: &str, ticket: &str) -> Value {
    let errors = match act {
        "COMPLETE" => {
            let done = desk.act(by, "fileUploadComplete", json!({ "ids": [file] })).await;
            done["results"][0]["userErrors"].clone()
        }
        "DOWNLOAD" => desk.act(by, "fileDownload", json!({ "id": file })).await["userErrors"].clone(),
        _ => {
            let input = json!({ "id": ticket, "fileIds": [file], "to": { "visibility": "PUBLIC" } });
            desk.act(by, "ticketFileAttach", input).await["userErrors"].clone()
        }
    };
    assert!(errors.as_array().unwrap().len() < 2, "{errors}");
    errors[0]["code"].clone()
}

/// D-08, B-14: for who sees a file, `viewerCan` agrees with the result of each action; for others the file does not
/// exist.
#[tokio::test]
async fn d_08_what_the_viewer_may_do_with_a_file() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let mut seen = 0;
    for state in STATES {
        for by in [&desk.member, &desk.manager, &desk.admin] {
            for act in ACTS {
                let file = file_in(&desk, state, &ticket).await;
                if state == "expired" {
                    desk.app.pass(AWAITED);
                }
                let told =
                    desk.file(by, &file, "viewerCan { act allowed reason }").await["viewerCan"].clone();
                let real = outcome(&desk, by, act, &file, &ticket).await;
                let Some(told) = told.as_array() else {
                    assert_eq!(real, "NOT_FOUND", "{act} of one {state} as {}", by.email);
                    continue;
                };
                let told = told.iter().find(|told| told["act"] == act).unwrap();
                // Only the store knows whether the bytes are there.
                if (state, act) == ("declared", "COMPLETE") {
                    assert_eq!((&told["allowed"], &real), (&json!(true), &json!("FILE_NOT_UPLOADED")));
                    seen += 1;
                    continue;
                }
                let expected = json!({ "act": act, "allowed": real.is_null(), "reason": real });
                assert_eq!(told, &expected, "one {state} as {}", by.email);
                seen += 1;
            }
        }
    }
    // The uploader sees it in each state, the others only when it is attached.
    assert_eq!(seen, ACTS.len() * (STATES.len() + 2));
    desk.finish().await;
}

/// F-03: each step of a file is audited, with who did it; steps of workers have no person.
#[tokio::test]
async fn f_03_each_step_of_a_file() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let good = desk.hand_in(&desk.admin, "guia.pdf", PDF).await;
    desk.attach(&desk.admin, &ticket, &good, "PUBLIC").await;
    let bad = desk.hand_in(&desk.member, "guia.pdf", NOT_A_PDF).await;
    let rows = async |file: &str| -> Vec<(String, Option<Uuid>, Option<Uuid>)> {
        audit::table
            .filter(audit::subject_id.eq(FileId::decode(file).unwrap().uuid()))
            .order(audit::id)
            .select((audit::act, audit::staff_id.nullable(), audit::access_id.nullable()))
            .load(&mut desk.app.store.conn().await.unwrap())
            .await
            .unwrap()
    };
    let member = Some(desk.member.staff_id().uuid());
    let admin = desk.admin.membership.author().access().map(|access| access.uuid());
    let step = |act: &str, staff, access| (act.to_owned(), staff, access);
    assert_eq!(
        rows(&good).await,
        [
            step("fileUploadCreate", None, admin),
            step("fileUploadComplete", None, admin),
            step("fileStore", None, None)
        ]
    );
    assert_eq!(
        rows(&bad).await,
        [
            step("fileUploadCreate", member, None),
            step("fileUploadComplete", member, None),
            step("fileRefuse", None, None)
        ]
    );
    desk.finish().await;
}
