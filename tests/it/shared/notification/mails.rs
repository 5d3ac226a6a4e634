//! Notifications by mail, as each staff member chooses.

use guichet_base::id::Id;
use guichet_base::locale::Locale;
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_engine::job::Payload;
use guichet_schema::shared::email_delivery::model::SendEmail;
use guichet_tests::live::LiveSide;
use guichet_tests::smtp::Mail;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::office::{by_mail, sql, told};
use crate::desk::ticket::desk::{Desk, each, key, text};

const ALL: [&str; 5] =
    ["CLIENT_FILE", "CLIENT_MESSAGE", "DEPARTMENT_TICKET", "TICKET_ASSIGNED", "TICKET_REOPENED"];

/// The mails that were sent, oldest first for each recipient.
async fn mails(desk: &Desk) -> Vec<Mail> {
    desk.app.jobs_done().await;
    desk.app.sink.mails()
}

fn to(mails: &[Mail], person: &Person) -> usize {
    mails.iter().filter(|mail| mail.to == [person.email.clone()]).count()
}

/// Ends a pause of the mails, and waits until all jobs are done.
async fn go_on(desk: &Desk) {
    desk.app.release(SendEmail::KIND).await;
    desk.app.jobs_done().await;
}

async fn deliveries(desk: &Desk, ticket: &str) -> Vec<Value> {
    let query = "query ($ticket: ID!) { emailDeliveries(last: 100, filter: { ticketIds: [$ticket] }) {
        nodes { id about recipient status reason viewerCan { allowed } }
    } }";
    let found = desk.app.ask(&desk.owner, query, json!({ "ticket": ticket })).await;
    found["emailDeliveries"]["nodes"].as_array().unwrap().clone()
}

/// D-11: by default no notification is mailed, then only the chosen kinds. Clients have no such preferences.
#[tokio::test]
async fn d_11_as_they_prefer() {
    let desk = Desk::open().await;
    let query = "{ viewer { notificationPreferences { byMail } } }";
    let wishes = async |person: &Person| {
        desk.app.ask(person, query, json!({})).await["viewer"]["notificationPreferences"].take()
    };
    assert_eq!(wishes(&desk.member).await, json!({ "byMail": [] }));
    assert_eq!(wishes(&desk.admin).await, json!(null));
    let assigned = json!({ "assigneeId": desk.member.id() });
    let ticket = desk.ticket(&desk.owner, assigned.clone()).await;
    desk.post(&desk.admin, ticket["id"].as_str().unwrap(), "PUBLIC", "Oi").await;
    assert_eq!(mails(&desk).await.len(), 0);
    by_mail(&desk, &desk.member, json!(["CLIENT_MESSAGE"])).await;
    by_mail(&desk, &desk.member, json!(["TICKET_ASSIGNED"])).await;
    assert_eq!(wishes(&desk.manager).await, json!({ "byMail": [] }));
    let ticket = desk.ticket(&desk.owner, assigned).await;
    desk.post(&desk.admin, ticket["id"].as_str().unwrap(), "PUBLIC", "Oi").await;
    let sent = mails(&desk).await;
    assert_eq!((sent.len(), to(&sent, &desk.member)), (1, 1));
    by_mail(&desk, &desk.member, json!([])).await;
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    assert_eq!(mails(&desk).await.len(), 1);
    let set = "mutation { notificationPreferencesSet(input: { byMail: [] }) {
        notificationPreferences { byMail } userErrors { code }
    } }";
    let refused = desk.app.ask(&desk.admin, set, json!({})).await["notificationPreferencesSet"].take();
    assert_eq!(refused["userErrors"], json!([{ "code": "NOT_ALLOWED" }]));
    assert_eq!(refused["notificationPreferences"], json!(null));
    desk.finish().await;
}

/// D-11, D-05, F-02: the mails are in the person's language, quote what was written, and are one conversation per
/// ticket and recipient.
#[tokio::test]
async fn d_11_letters() {
    let desk = Desk::open().await;
    by_mail(&desk, &desk.member, json!(ALL)).await;
    desk.speaks(&desk.member, Locale::Fr).await;
    let ticket =
        desk.ticket(&desk.owner, json!({ "assigneeId": desk.manager.id(), "subject": "Folha <1>" })).await;
    let id = text(&ticket["id"]);
    let transfer = json!({ "id": id, "to": { "staffId": desk.member.id() }, "note": "Com urgência & calma" });
    desk.done(&desk.owner, "ticketTransfer", transfer).await;
    desk.done(&desk.owner, "ticketEdit", json!({ "id": id, "expectedVersion": 2, "subject": "Outro nome" }))
        .await;
    desk.post(&desk.admin, &id, "PUBLIC", "Segue a nota.\nObrigada").await;
    desk.set(&id, "FINISHED").await;
    desk.done(&desk.admin, "ticketReopen", json!({ "id": id, "reason": "Faltou uma." })).await;
    let sent = mails(&desk).await;
    let own: Vec<&Mail> = sent.iter().filter(|mail| mail.to == [desk.member.email.clone()]).collect();
    assert_eq!(own.len(), 3);
    let mut threads = Vec::new();
    for said in ["> Com urgência & calma\n", "> Segue a nota.\n> Obrigada\n", "> Faltou uma.\n"] {
        let has = |mail: &&&Mail| mail.parsed().body_text(0).unwrap().replace("\r\n", "\n").contains(said);
        let mail = own.iter().find(has).unwrap_or_else(|| panic!("no mail says {said}"));
        let parsed = mail.parsed();
        let body = parsed.body_text(0).unwrap();
        assert!(body.contains("#1") && body.contains("Bonjour bruno,"), "{body}");
        assert!(parsed.body_html(0).unwrap().contains("lang=\"fr\""));
        threads
            .push((parsed.subject().unwrap().to_owned(), parsed.references().as_text().unwrap().to_owned()));
    }
    threads.dedup();
    assert_eq!(threads.len(), 1, "{threads:?}");
    assert!(threads[0].0.contains("Folha <1>"));
    desk.finish().await;
}

/// D-04, D-05, D-11: notification mails are separate from those about a status change; nobody gets two mails about one
/// action.
#[tokio::test]
async fn d_11_no_part_of_the_mails_about_a_status() {
    let desk = Desk::open().await;
    let colleague = desk.firm.staff("carla@aurora.example", StaffRole::Member).await;
    for person in [&desk.member, &colleague] {
        by_mail(&desk, person, json!(ALL)).await;
    }
    // The member opened it and is the assignee, so the mail goes to the opener.
    let own = desk.opened(&desk.member).await;
    let given = text(&desk.ticket(&desk.owner, json!({ "assigneeId": colleague.id() })).await["id"]);
    for id in [&own, &given] {
        desk.set(id, "FINISHED").await;
    }
    mails(&desk).await;
    for (id, assignee, others) in [(&own, &desk.member, 1), (&given, &colleague, 2)] {
        let before = mails(&desk).await;
        let payload = desk.done(&desk.admin, "ticketReopen", json!({ "id": id })).await;
        let after = mails(&desk).await;
        assert_eq!(to(&after, assignee) - to(&before, assignee), 1);
        assert_eq!(after.len() - before.len(), others + 1);
        // The client sees only the state; staff see the mails.
        assert_eq!(payload["mail"]["deliveries"], json!([]));
        let seen =
            desk.look(&desk.owner, id, "history { field mail { state deliveries { recipient } } }").await;
        let last =
            seen["history"].as_array().unwrap().iter().rfind(|change| change["field"] == "STATUS").unwrap();
        let recipients = each(&last["mail"]["deliveries"], "recipient");
        let is_opener = assignee.email == desk.member.email;
        assert_eq!(recipients.contains(&json!(assignee.email)), is_opener, "{recipients:?}");
        assert!(recipients.contains(&json!("contato@padaria.example")));
    }
    // A staff address that bounced does not affect the state of the mails about the status.
    sql(
        &desk,
        "INSERT INTO email_suppressions (firm_id, email_ci, smtp_reply, at)
         SELECT firm_id, 'carla@aurora.example', '550 5.1.1 no', now() FROM tickets LIMIT 1",
    )
    .await;
    desk.set(&given, "FINISHED").await;
    let payload = desk.done(&desk.admin, "ticketReopen", json!({ "id": given })).await;
    assert_eq!(payload["mail"]["state"], "QUEUED");
    let sent = deliveries(&desk, &given).await;
    let bounced = sent.iter().find(|one| one["reason"] == "SUPPRESSED_AFTER_BOUNCE").unwrap();
    assert_eq!(bounced["recipient"], "carla@aurora.example");
    desk.finish().await;
}

/// D-11, B-14, B-15: who left or no longer sees the ticket gets no notification mail, not even when it is sent again or
/// the client lists the address.
#[tokio::test]
async fn d_11_nobody_is_mailed_who_may_not_know() {
    let desk = Desk::open().await;
    let colleague = desk.firm.staff("carla@aurora.example", StaffRole::Member).await;
    for person in [&desk.member, &colleague, &desk.manager] {
        by_mail(&desk, person, json!(ALL)).await;
    }
    desk.firm.set_member_reach(MemberReach::Own).await;
    sql(
        &desk,
        &format!(
            "INSERT INTO client_recipients (client_id, firm_id, topic, position, email)
             SELECT id, firm_id, 'TICKETS', 1, 'carla@aurora.example' FROM clients WHERE id = '{}'",
            desk.client.uuid()
        ),
    )
    .await;
    desk.app.hold(SendEmail::KIND).await;
    let mut ids = Vec::new();
    for person in [&desk.member, &colleague, &desk.manager] {
        ids.push(text(&desk.ticket(&desk.owner, json!({ "assigneeId": person.id() })).await["id"]));
    }
    sql(&desk, "UPDATE staff_members SET disabled_at = now() WHERE name = 'carla'").await;
    // Out of the member's reach; a manager sees all.
    for id in [&ids[0], &ids[2]] {
        desk.done(&desk.owner, "ticketTransfer", json!({ "id": id, "to": { "staffId": desk.owner.id() } }))
            .await;
    }
    go_on(&desk).await;
    let sent = mails(&desk).await;
    assert_eq!((sent.len(), to(&sent, &desk.manager)), (1, 1));
    for id in &ids[..2] {
        let found = deliveries(&desk, id).await;
        assert_eq!((&found[0]["status"], &found[0]["reason"]), (&json!("NOT_SENT"), &json!("NO_ACCESS")));
        assert_eq!(found[0]["viewerCan"][0]["allowed"], false);
        let retry = json!({ "id": found[0]["id"] });
        assert_eq!(desk.refused(&desk.owner, "emailDeliveryRetry", retry).await, ["id:NO_RECIPIENT"]);
    }
    // Within reach again it can be sent.
    desk.done(&desk.owner, "ticketTransfer", json!({ "id": ids[0], "to": { "staffId": desk.member.id() } }))
        .await;
    desk.app.jobs_done().await;
    let found = deliveries(&desk, &ids[0]).await;
    let unsent = found.iter().find(|one| one["reason"] == "NO_ACCESS").unwrap();
    desk.done(&desk.owner, "emailDeliveryRetry", json!({ "id": unsent["id"], "idempotencyKey": key() }))
        .await;
    assert_eq!(to(&mails(&desk).await, &desk.member), 2);
    desk.finish().await;
}

/// D-11: mails of a kind that is no longer wanted are not sent, neither queued ones nor again.
#[tokio::test]
async fn d_11_not_wanted_any_more() {
    let desk = Desk::open().await;
    by_mail(&desk, &desk.member, json!(["TICKET_ASSIGNED"])).await;
    desk.app.hold(SendEmail::KIND).await;
    let ticket = text(&desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await["id"]);
    by_mail(&desk, &desk.member, json!(["CLIENT_MESSAGE"])).await;
    go_on(&desk).await;
    assert_eq!(mails(&desk).await.len(), 0);
    let unsent = deliveries(&desk, &ticket).await.remove(0);
    assert_eq!((&unsent["status"], &unsent["reason"]), (&json!("NOT_SENT"), &json!("NOT_WANTED")));
    let retry = || json!({ "id": unsent["id"], "idempotencyKey": key() });
    assert_eq!(desk.refused(&desk.owner, "emailDeliveryRetry", retry()).await, ["id:NO_RECIPIENT"]);
    by_mail(&desk, &desk.member, json!(["TICKET_ASSIGNED"])).await;
    desk.done(&desk.owner, "emailDeliveryRetry", retry()).await;
    assert_eq!(to(&mails(&desk).await, &desk.member), 1);
    desk.finish().await;
}

/// D-11, D-03: the mail about a new ticket contains its description.
#[tokio::test]
async fn d_11_what_a_new_ticket_says() {
    let desk = Desk::open().await;
    by_mail(&desk, &desk.owner, json!(["TICKET_ASSIGNED"])).await;
    desk.ticket(&desk.admin, json!({ "description": "Falta a guia\nde outubro" })).await;
    let sent = mails(&desk).await;
    let body = sent[0].parsed().body_text(0).unwrap().replace("\r\n", "\n");
    assert!(body.contains("Descrição:\n> Falta a guia\n> de outubro\n"), "{body}");
    desk.finish().await;
}

/// D-11, B-14, F-02: a notification mail is visible to its recipient and to owners and managers, who handle bounces,
/// also live; not to colleagues.
#[tokio::test]
async fn b_14_mails_to_staff_are_theirs() {
    let desk = Desk::open().await;
    let colleague = desk.firm.staff("carla@aurora.example", StaffRole::Member).await;
    by_mail(&desk, &desk.member, json!(ALL)).await;
    let side = LiveSide::start(&desk.app.store);
    let document = "subscription { emailDeliveriesChanged { reload changed { about recipient } removed } }";
    let people = [&desk.member, &desk.manager, &desk.owner, &colleague, &desk.admin];
    let mut screens = Vec::new();
    for person in people {
        let mut messages = side.follow(Some(&person.token), document, json!({})).await;
        assert_eq!(messages.told().await["reload"], true);
        screens.push(messages);
    }
    desk.app.hold(SendEmail::KIND).await;
    let id = text(&desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await["id"]);
    let query = "query ($filter: EmailDeliveryFilter) {
        emailDeliveries(first: 9, filter: $filter) { totalCount nodes { id about recipient } }
    }";
    let list = async |person: &Person, about: Value| {
        desk.app.ask(person, query, json!({ "filter": { "about": about } })).await["emailDeliveries"].take()
    };
    let node = list(&desk.member, json!(null)).await["nodes"][0].clone();
    assert_eq!((&node["about"], &node["recipient"]), (&json!("NOTIFICATION"), &json!(desk.member.email)));
    for (person, count) in people.iter().zip([1, 1, 1, 0, 0]) {
        assert_eq!(list(person, json!(["NOTIFICATION"])).await["totalCount"], count, "{}", person.email);
        assert_eq!(list(person, json!(["STATUS_CHANGE"])).await["totalCount"], 0);
        let query = "query ($id: ID!) { node(id: $id) { id } }";
        let found = desk.app.ask(person, query, json!({ "id": node["id"] })).await;
        assert_eq!(found["node"].is_object(), count == 1, "{}", person.email);
    }
    let retry = json!({ "id": node["id"], "idempotencyKey": key() });
    assert_eq!(desk.refused(&colleague, "emailDeliveryRetry", retry).await, ["id:NOT_FOUND"]);
    let own = json!([{ "about": "NOTIFICATION", "recipient": desk.member.email }]);
    for messages in &mut screens[..3] {
        assert_eq!(messages.told().await["changed"], own);
    }
    // The colleague's first message is about the status.
    desk.set(&id, "FINISHED").await;
    let told = screens[3].told().await;
    let about: Vec<Value> = each(&told["changed"], "about");
    assert!(!about.is_empty() && about.iter().all(|about| about == "STATUS_CHANGE"), "{told}");
    assert_eq!(told["removed"], json!([]));
    drop((screens, side));
    go_on(&desk).await;
    desk.finish().await;
}

/// D-11, D-04: read notifications are deleted after ninety days, all after a year. Their deliveries stay, but are not
/// sent any more.
#[tokio::test]
async fn d_11_old_ones_are_forgotten() {
    let desk = Desk::open().await;
    by_mail(&desk, &desk.member, json!(ALL)).await;
    desk.app.hold(SendEmail::KIND).await;
    let ticket = text(&desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await["id"]);
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let first = told(&desk, &desk.member).await.remove(1);
    let mark = "mutation ($ids: [ID!]) { notificationMarkRead(input: { ids: $ids }) { unreadCount } }";
    desk.app.ask(&desk.member, mark, json!({ "ids": [first["id"]] })).await;
    let mut left = Vec::new();
    for days in [89, 2, 273, 2] {
        let at = format!("'{days} days'::interval");
        sql(&desk, &format!("UPDATE notifications SET at = at - {at}, read_at = read_at - {at}")).await;
        desk.app.reconcile().await;
        left.push(told(&desk, &desk.member).await.len());
    }
    assert_eq!(left, [2, 1, 1, 0]);
    go_on(&desk).await;
    assert_eq!(mails(&desk).await.len(), 0);
    let unsent = deliveries(&desk, &ticket).await.remove(0);
    assert_eq!((&unsent["about"], &unsent["reason"]), (&json!("NOTIFICATION"), &json!("NO_ACCESS")));
    let retry = json!({ "id": unsent["id"] });
    assert_eq!(desk.refused(&desk.owner, "emailDeliveryRetry", retry).await, ["id:NO_RECIPIENT"]);
    desk.finish().await;
}
