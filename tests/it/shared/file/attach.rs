//! D-02, D-03, D-06, D-07, D-08: files on tickets and messages.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{Id, MessageId, TicketId};
use guichet_engine::feed::Audience;
use guichet_engine::tables::{attachments, events, notifications};
use guichet_schema::desk::ticket::rules::MAX_ATTACHMENTS;
use guichet_tests::app::Setup;
use guichet_tests::clamd::{FakeClamd, VIRUS};
use guichet_tests::live::LiveSide;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::hand::{CSV, PDF};
use crate::desk::ticket::desk::{Desk, STATUSES, each, text};

const FILES: &str = "updatedAt version isUntouched unreadCount
    attachments { id visibility message { id } file { id name state } }
    history { field newValue newText author { id } }
    conversation(last: 100) { nodes { id attachments { id file { name } } } }";

/// D-02, D-03: both sides can attach files, whatever the ticket's status. D-08: each is in the history.
#[tokio::test]
async fn d_03_open_and_closed_tickets_take_files() {
    let desk = Desk::open().await;
    for status in STATUSES {
        let ticket = desk.ticket_in(status).await;
        for by in [&desk.admin, &desk.member] {
            let file = desk.hand_in(by, "guia.pdf", PDF).await;
            let attached = desk.attach(by, &ticket, &file, "PUBLIC").await;
            assert_eq!(attached["file"]["id"], json!(file));
        }
        let note = desk.hand_in(&desk.member, "nota.csv", CSV).await;
        desk.attach(&desk.member, &ticket, &note, "INTERNAL").await;
        let seen = desk.look(&desk.owner, &ticket, FILES).await;
        assert_eq!(seen["attachments"].as_array().unwrap().len(), 3, "{status}");
        let told: Vec<_> = seen["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|change| text(&change["field"]).ends_with("FILE"))
            .map(|change| (text(&change["field"]), text(&change["newText"])))
            .collect();
        let expected = [("FILE", "guia.pdf"), ("FILE", "guia.pdf"), ("INTERNAL_FILE", "nota.csv")];
        assert_eq!(told, expected.map(|(field, name)| (field.to_owned(), name.to_owned())));
    }
    desk.finish().await;
}

/// D-06: a file of the client leaves the ticket untouched, one of staff does not.
#[tokio::test]
async fn d_06_files_of_staff_touch() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let file = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
    desk.attach(&desk.admin, &ticket, &file, "PUBLIC").await;
    assert_eq!(desk.see(&desk.member, &ticket).await["isUntouched"], true);
    let file = desk.hand_in(&desk.member, "b.pdf", PDF).await;
    desk.attach(&desk.member, &ticket, &file, "INTERNAL").await;
    assert_eq!(desk.see(&desk.member, &ticket).await["isUntouched"], false);
    desk.finish().await;
}

/// D-07: a client never learns of an internal file: not from the ticket, its history, its conversation, its times and
/// counts, nor by id, by download or by event.
#[tokio::test]
async fn d_07_files_of_notes_leave_no_trace() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    desk.post(&desk.member, &ticket, "PUBLIC", "Bom dia").await;
    let note = desk.post(&desk.member, &ticket, "INTERNAL", "Cuidado").await;
    let before = desk.look(&desk.admin, &ticket, FILES).await;
    desk.app.pass(TimeDelta::minutes(1));
    let on_ticket = desk.hand_in(&desk.member, "segredo.pdf", PDF).await;
    let attachment = desk.attach(&desk.member, &ticket, &on_ticket, "INTERNAL").await;
    let on_note = desk.hand_in(&desk.member, "segredo.csv", CSV).await;
    let to = json!({ "id": ticket, "fileIds": [on_note], "to": { "messageId": note } });
    let with_note = desk.done(&desk.member, "ticketFileAttach", to).await["attachments"][0].clone();
    assert_eq!(with_note["visibility"], "INTERNAL");
    let posted = desk.hand_in(&desk.member, "segredo2.csv", CSV).await;
    let input = json!({ "id": ticket, "visibility": "INTERNAL", "body": "Veja", "fileIds": [posted] });
    desk.done(&desk.member, "ticketMessagePost", input).await;
    assert_eq!(desk.look(&desk.admin, &ticket, FILES).await, before);
    assert_eq!(desk.look(&desk.owner, &ticket, FILES).await["attachments"].as_array().unwrap().len(), 3);
    for id in [&on_ticket, &on_note, &posted, &text(&attachment["id"]), &text(&with_note["id"])] {
        let query = "query N($id: ID!) { node(id: $id) { id } }";
        assert_eq!(desk.app.ask(&desk.admin, query, json!({ "id": id })).await["node"], Value::Null);
        assert_eq!(desk.app.ask(&desk.owner, query, json!({ "id": id })).await["node"]["id"], json!(id));
    }
    let refused = desk.refused(&desk.admin, "fileDownload", json!({ "id": on_ticket })).await;
    assert_eq!(refused, desk.refused(&desk.admin, "fileDownload", json!({ "id": "file_0" })).await);
    // A client can neither attach an internal file nor attach to a note.
    let own = desk.hand_in(&desk.admin, "meu.pdf", PDF).await;
    let to = json!({ "id": ticket, "fileIds": [own], "to": { "visibility": "INTERNAL" } });
    assert_eq!(desk.refused(&desk.admin, "ticketFileAttach", to).await, ["NOT_ALLOWED"]);
    let to = json!({ "id": ticket, "fileIds": [own], "to": { "messageId": note } });
    assert_eq!(desk.refused(&desk.admin, "ticketFileAttach", to).await, ["messageId:NOT_FOUND"]);
    desk.finish().await;
}

/// D-07: clients get no event about an internal file.
#[tokio::test]
async fn d_07_no_event_tells_of_files_of_notes() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let before: i64 = count_events(&desk, true).await;
    let file = desk.hand_in(&desk.member, "segredo.pdf", PDF).await;
    desk.attach(&desk.member, &ticket, &file, "INTERNAL").await;
    assert_eq!(count_events(&desk, true).await, before);
    let all = count_events(&desk, false).await;
    let file = desk.hand_in(&desk.member, "guia.pdf", PDF).await;
    desk.attach(&desk.member, &ticket, &file, "PUBLIC").await;
    assert_eq!(count_events(&desk, true).await, before + 2, "the ticket's and the file's");
    // The file is declared, staged, stored and attached; others can see it; the ticket changes.
    assert_eq!(count_events(&desk, false).await, all + 6);
    desk.finish().await;
}

async fn count_events(desk: &Desk, of_client: bool) -> i64 {
    let told: Vec<Option<Value>> = events::table
        .filter(events::firm_id.eq(desk.firm.id))
        .select(events::audience_after)
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let scope = desk.admin.membership.scope();
    let admits = |value: Value| {
        let audience: Audience = serde_json::from_value(value).unwrap();
        audience.admits(&scope, &[])
    };
    told.into_iter().flatten().filter(|value| !of_client || admits(value.clone())).count() as i64
}

/// D-08: a file can be attached while it is being verified. Until it is stored only its uploader sees it; then
/// everybody sees it and the change of the ticket.
#[tokio::test]
async fn d_08_attached_before_it_is_stored() {
    let scanner = FakeClamd::start().await;
    scanner.leave(true);
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let ticket = desk.opened(&desk.owner).await;
    let public = desk.send_file(&desk.admin, "guia.pdf", PDF).await;
    let with_message = desk.send_file(&desk.admin, "extrato.csv", CSV).await;
    desk.done(&desk.admin, "fileUploadComplete", json!({ "ids": [public, with_message] })).await;
    let before = desk.look(&desk.owner, &ticket, FILES).await;
    desk.app.pass(TimeDelta::seconds(1));
    desk.attach(&desk.admin, &ticket, &public, "PUBLIC").await;
    assert_eq!(desk.look(&desk.owner, &ticket, FILES).await, before);
    let input = json!({ "id": ticket, "visibility": "PUBLIC", "body": "Aqui", "fileIds": [with_message] });
    desk.done(&desk.admin, "ticketMessagePost", input).await;
    assert_eq!(desk.look(&desk.owner, &ticket, FILES).await["attachments"], json!([]));
    let own = desk.look(&desk.admin, &ticket, FILES).await;
    assert_eq!(each(&own["attachments"], "file")[0]["state"], "STAGED");
    let open = json!({ "id": public });
    assert_eq!(desk.refused(&desk.admin, "fileDownload", open.clone()).await, ["FILE_NOT_READY"]);
    assert_eq!(desk.refused(&desk.owner, "fileDownload", open.clone()).await, ["id:NOT_FOUND"]);

    scanner.leave(false);
    desk.app.jobs_until("both wait for another try", |jobs| jobs.iter().all(|(_, due)| !due)).await;
    desk.app.pass(TimeDelta::seconds(20));
    desk.app.jobs_done().await;
    let seen = desk.look(&desk.owner, &ticket, FILES).await;
    assert_eq!(seen["attachments"].as_array().unwrap().len(), 2);
    assert_eq!(seen["conversation"]["nodes"][0]["attachments"][0]["file"]["name"], "extrato.csv");
    let authors = each(&seen["history"], "author");
    assert_eq!(&authors[1..], [json!({ "id": desk.admin.id() }), json!({ "id": desk.admin.id() })]);
    assert_eq!(seen["isUntouched"], true);
    desk.done(&desk.owner, "fileDownload", open).await;
    desk.finish().await;
}

/// F-07: when an attached file is refused, its uploader, staff or client, sees this on the ticket and in the
/// conversation; nobody else gets an event.
#[tokio::test]
async fn f_07_its_uploader_is_told_where_it_is() {
    const GRID: &str =
        "subscription { ticketsChanged { reload changed { attachments { file { state } } } } }";
    let scanner = FakeClamd::start().await;
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    let caio = desk.collaborator("caio@padaria.example").await;
    let ticket = desk.opened(&desk.owner).await;
    let side = LiveSide::start(&desk.app.store);
    for uploader in [&desk.admin, &desk.member] {
        scanner.leave(true);
        let file = desk.hand_in(uploader, "notas.txt", VIRUS).await;
        let input = json!({ "id": ticket, "visibility": "PUBLIC", "body": "Aqui", "fileIds": [file] });
        desk.done(uploader, "ticketMessagePost", input).await;
        let others = [&desk.owner, &desk.admin, &desk.member, &caio];
        let others = others.iter().filter(|person| person.membership != uploader.membership);
        let mut before = Vec::new();
        for other in others.clone() {
            before.push(told_of(&desk, other).await);
        }
        let mut grid = side.follow(Some(&uploader.token), GRID, json!({})).await;
        assert_eq!(grid.told().await["reload"], true);
        let talk = format!(
            "subscription {{ ticketConversation(ticketId: \"{ticket}\") {{
                 reload messages {{ attachments {{ file {{ state }} }} }} }} }}"
        );
        let mut talk = side.follow(Some(&uploader.token), &talk, json!({})).await;
        assert_eq!(talk.told().await["reload"], true);
        scanner.leave(false);
        desk.app.pass(TimeDelta::seconds(20));
        desk.app.jobs_done().await;
        let refused = json!([{ "file": { "state": "QUARANTINED" } }]);
        assert_eq!(grid.told().await["changed"], json!([{ "attachments": refused }]));
        assert_eq!(talk.told().await["messages"], json!([{ "attachments": refused }]));
        for (other, before) in others.zip(before) {
            assert_eq!(told_of(&desk, other).await, before, "{}", other.email);
        }
    }
    desk.finish().await;
}

/// The number of events about tickets and messages that admit somebody.
async fn told_of(desk: &Desk, by: &Person) -> usize {
    let told: Vec<Option<Value>> = events::table
        .filter(events::noun.eq_any([TicketId::NOUN, MessageId::NOUN]))
        .select(events::audience_after)
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let admits = |audience: &Value| {
        serde_json::from_value::<Audience>(audience.clone()).unwrap().admits_member(&by.membership, &[])
    };
    told.iter().flatten().filter(|audience| admits(audience)).count()
}

/// D-11: a file that the client attaches to an earlier message is notified when it is stored; one posted with a message
/// is covered by that message.
#[tokio::test]
async fn d_11_files_after_their_message() {
    let scanner = FakeClamd::start().await;
    let desk = Desk::open_with(Setup { clamd: Some(scanner.clamd()), ..Setup::default() }).await;
    for awaited in [false, true] {
        let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
        let ticket = text(&ticket["id"]);
        scanner.leave(awaited);
        let with_it = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
        let later = desk.hand_in(&desk.admin, "b.csv", CSV).await;
        let input = json!({ "id": ticket, "visibility": "PUBLIC", "body": "Segue.", "fileIds": [with_it] });
        let posted = desk.done(&desk.admin, "ticketMessagePost", input).await;
        let to = json!({ "messageId": posted["message"]["id"] });
        // At the same time by the clock, as can happen on two machines.
        let input = json!({ "id": ticket, "fileIds": [later], "to": to });
        desk.done(&desk.admin, "ticketFileAttach", input).await;
        let facts = facts(&desk, &ticket).await;
        assert_eq!(facts.iter().map(|(posted, _)| *posted).collect::<Vec<_>>(), [true, false]);
        assert_eq!(facts[0].1, facts[1].1, "their times are equal");
        if awaited {
            assert_eq!(told_kinds(&desk, &ticket).await, ["TICKET_ASSIGNED", "CLIENT_MESSAGE"]);
            scanner.leave(false);
            desk.app.pass(TimeDelta::seconds(20));
            desk.app.jobs_done().await;
        }
        let expected = ["TICKET_ASSIGNED", "CLIENT_MESSAGE", "CLIENT_FILE"];
        assert_eq!(told_kinds(&desk, &ticket).await, expected, "awaited: {awaited}");
    }
    desk.finish().await;
}

/// Whether each attachment of a ticket was posted with its message, and its time; oldest first.
async fn facts(desk: &Desk, ticket: &str) -> Vec<(bool, DateTime<Utc>)> {
    attachments::table
        .filter(attachments::subject_id.eq(TicketId::decode(ticket).unwrap()))
        .order(attachments::id)
        .select((attachments::posted_with_message, attachments::created_at))
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap()
}

/// D-11: the migration decides by time which older files were posted with their message, and keeps all rows.
#[tokio::test]
async fn d_11_what_was_posted_before_is_known() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let [alone, with_it, later] =
        ["a.pdf", "b.pdf", "c.pdf"].map(|name| desk.hand_in(&desk.admin, name, PDF));
    let (alone, with_it, later) = (alone.await, with_it.await, later.await);
    desk.attach(&desk.admin, &ticket, &alone, "PUBLIC").await;
    let input = json!({ "id": ticket, "visibility": "PUBLIC", "body": "Segue.", "fileIds": [with_it] });
    let posted = desk.done(&desk.admin, "ticketMessagePost", input).await;
    desk.app.pass(TimeDelta::microseconds(1));
    let to = json!({ "messageId": posted["message"]["id"] });
    desk.done(&desk.admin, "ticketFileAttach", json!({ "id": ticket, "fileIds": [later], "to": to })).await;
    let (before, seen) = (facts(&desk, &ticket).await, desk.look(&desk.owner, &ticket, FILES).await);
    assert_eq!(before.iter().map(|(posted, _)| *posted).collect::<Vec<_>>(), [false, true, false]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations/2026-11-29-000030_shared_records");
    for script in ["down.sql", "up.sql"] {
        let script = std::fs::read_to_string(format!("{folder}/{script}")).unwrap();
        desk.app.store.dedicated().await.unwrap().batch_execute(&script).await.unwrap();
    }
    assert_eq!(facts(&desk, &ticket).await, before);
    assert_eq!(desk.look(&desk.owner, &ticket, FILES).await, seen);
    desk.finish().await;
}

/// The kinds of the notifications about a ticket, oldest first.
async fn told_kinds(desk: &Desk, ticket: &str) -> Vec<String> {
    notifications::table
        .filter(notifications::subject_id.eq(TicketId::decode(ticket).unwrap()))
        .order(notifications::id)
        .select(notifications::kind)
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap()
}

/// A ticket takes a limited number of files, attached or posted; a refused file can be attached to another ticket.
#[tokio::test]
async fn a_full_ticket_takes_no_more() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let first = desk.hand_in(&desk.admin, "a.pdf", PDF).await;
    desk.attach(&desk.admin, &ticket, &first, "PUBLIC").await;
    let others = MAX_ATTACHMENTS - 2;
    let fill = format!(
        "INSERT INTO files (id, firm_id, client_id, uploader_access, name, content_type, size, sha256,
             state, created_at)
         SELECT gen_random_uuid(), firm_id, client_id, uploader_access, name, content_type, size, sha256,
             state, created_at
         FROM files, generate_series(1, {others});
         INSERT INTO attachments (id, firm_id, file_id, subject_noun, subject_id, visibility, created_at)
         SELECT gen_random_uuid(), files.firm_id, files.id, 'ticket', tickets.id, 'PUBLIC', files.created_at
         FROM files, tickets WHERE files.id NOT IN (SELECT file_id FROM attachments)"
    );
    let mut conn = desk.app.store.conn().await.unwrap();
    conn.batch_execute(&fill).await.unwrap();
    drop(conn);
    let last = desk.hand_in(&desk.member, "b.pdf", PDF).await;
    desk.attach(&desk.member, &ticket, &last, "INTERNAL").await;
    let more = desk.hand_in(&desk.admin, "c.pdf", PDF).await;
    let input = json!({ "id": ticket, "fileIds": [more], "to": { "visibility": "PUBLIC" } });
    assert_eq!(desk.refused(&desk.admin, "ticketFileAttach", input).await, ["fileIds:OUT_OF_RANGE"]);
    let input = json!({ "id": ticket, "visibility": "PUBLIC", "body": "Segue.", "fileIds": [more] });
    assert_eq!(desk.refused(&desk.admin, "ticketMessagePost", input).await, ["fileIds:OUT_OF_RANGE"]);
    let talk = desk.look(&desk.admin, &ticket, "conversation(last: 10) { nodes { id } }").await;
    assert_eq!(talk["conversation"]["nodes"], json!([]));
    let other = desk.opened(&desk.admin).await;
    let attached = desk.attach(&desk.admin, &other, &more, "PUBLIC").await;
    assert_eq!(attached["file"]["id"], json!(more));
    desk.finish().await;
}

/// D-03: a ticket can be opened with files.
#[tokio::test]
async fn d_03_opened_with_files() {
    let desk = Desk::open().await;
    let file = desk.hand_in(&desk.admin, "guia.pdf", PDF).await;
    let ticket = desk.ticket(&desk.admin, json!({ "fileIds": [file] })).await;
    let seen = desk.look(&desk.member, &text(&ticket["id"]), FILES).await;
    assert_eq!(seen["attachments"][0]["file"]["id"], json!(file));
    assert_eq!(each(&seen["history"], "field"), ["CREATED", "FILE"]);
    desk.finish().await;
}

/// A file can be attached only once, and only by its uploader.
#[tokio::test]
async fn a_file_is_on_one_thing() {
    let desk = Desk::open().await;
    let ticket = desk.opened(&desk.admin).await;
    let other = desk.opened(&desk.admin).await;
    let file = desk.hand_in(&desk.member, "guia.pdf", PDF).await;
    desk.attach(&desk.member, &ticket, &file, "INTERNAL").await;
    for to in [&ticket, &other] {
        let input = json!({ "id": to, "fileIds": [file], "to": { "visibility": "PUBLIC" } });
        assert_eq!(desk.refused(&desk.member, "ticketFileAttach", input).await, ["fileIds.0:FILE_ATTACHED"]);
    }
    let abilities = desk.file(&desk.member, &file, "viewerCan { act allowed reason }").await;
    let expected = json!([
        { "act": "COMPLETE", "allowed": true, "reason": null },
        { "act": "DOWNLOAD", "allowed": true, "reason": null },
        { "act": "PREVIEW", "allowed": true, "reason": null },
        { "act": "ATTACH", "allowed": false, "reason": "FILE_ATTACHED" },
    ]);
    assert_eq!(abilities["viewerCan"], expected);
    // Somebody else sees the file, but cannot attach it.
    let input = json!({ "id": other, "fileIds": [file], "to": { "visibility": "PUBLIC" } });
    assert_eq!(desk.refused(&desk.manager, "ticketFileAttach", input).await, ["fileIds.0:NOT_ALLOWED"]);
    desk.finish().await;
}

/// the same content can be attached again and is reported as a duplicate (`duplicateOf`), but only of attachments
/// on the same ticket that the viewer sees (D-07).
#[tokio::test]
async fn a_09_what_was_handed_in_already() {
    let desk = Desk::open().await;
    let (ticket, other) = (desk.opened(&desk.admin).await, desk.opened(&desk.admin).await);
    let attach = async |by: &Person, ticket: &str, name: &str, content, visibility: &str| {
        let file = desk.hand_in(by, name, content).await;
        text(&desk.attach(by, ticket, &file, visibility).await["id"])
    };
    let note = attach(&desk.member, &ticket, "nota.pdf", PDF, "INTERNAL").await;
    let first = attach(&desk.admin, &ticket, "guia.pdf", PDF, "PUBLIC").await;
    let second = attach(&desk.admin, &ticket, "guia (1).pdf", PDF, "PUBLIC").await;
    let unlike = attach(&desk.admin, &ticket, "extrato.csv", CSV, "PUBLIC").await;
    let elsewhere = attach(&desk.admin, &other, "guia.pdf", PDF, "PUBLIC").await;
    let query = "query S($ids: [ID!]!) { nodes(ids: $ids) { ... on Attachment { duplicateOf { id } } } }";
    let ids = [&note, &first, &second, &unlike, &elsewhere];
    let told = async |by: &Person| {
        let nodes = desk.app.ask(by, query, json!({ "ids": ids })).await["nodes"].clone();
        let same = |node: &Value| node["duplicateOf"]["id"].as_str().map(str::to_owned);
        nodes.as_array().unwrap().iter().map(same).collect::<Vec<_>>()
    };
    assert_eq!(told(&desk.admin).await, [None, None, Some(first.clone()), None, None]);
    assert_eq!(told(&desk.owner).await, [None, Some(note.clone()), Some(note.clone()), None, None]);
    desk.finish().await;
}
