//! Cursors: what can be resumed, and when the client must reload.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_engine::feed::queries::{KEPT, forget_old};
use guichet_engine::tables::firm_feed;
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::shared::visibility::Visibility;
use guichet_tests::app::TestApp;
use guichet_tests::live::LiveSide;
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::{move_on, open, write};

const GRID: &str = "subscription ($after: String) {
    ticketsChanged(after: $after) { cursor revision reload changed { id status } removed }
}";

async fn first(side: &LiveSide, person: &Person, after: &Value) -> Value {
    side.follow(Some(&person.token), GRID, json!({ "after": after })).await.told().await
}

/// F-01: without a cursor a subscription starts at the present; with one it sends what was missed.
#[tokio::test]
async fn f_01_what_was_missed_is_told() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let side = LiveSide::start(&app.store);
    let begin = first(&side, &firm.owner, &Value::Null).await;
    assert_eq!((&begin["reload"], &begin["changed"]), (&json!(true), &json!([])));

    let id = open(&app.store, &firm.owner, client, "Guia", None).await;
    move_on(&app.store, &firm.owner, id, TicketStatus::Waiting).await;
    // On the same server, and on a new one.
    for side in [&side, &LiveSide::start(&app.store)] {
        let missed = first(side, &firm.owner, &begin["cursor"]).await;
        assert_eq!(missed["reload"], false);
        let expected = json!([{ "id": id.encode(), "status": "WAITING" }]);
        assert_eq!(missed["changed"], expected, "once, as it is now");
        let (from, to) = (begin["revision"].as_str().unwrap(), missed["revision"].as_str().unwrap());
        assert!(from.parse::<i64>().unwrap() < to.parse::<i64>().unwrap());
    }
    app.finish().await;
}

/// F-01: a cursor that was read together with a list is where that list ends: what happened since is sent, and
/// nothing has to be read anew.
#[tokio::test]
async fn f_01_a_list_is_continued() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let admin = firm.admin(client, "rui@padaria.example").await;
    let side = LiveSide::start(&app.store);
    let read = "{ tickets(first: 10) { nodes { id status } } liveCursor }";
    for person in [&firm.owner, &admin] {
        let before = open(&app.store, &firm.owner, client, "Guia", None).await;
        let seen = app.ask(person, read, json!({})).await;
        assert_eq!(seen["tickets"]["nodes"][0]["id"], before.encode());
        let after = open(&app.store, &firm.owner, client, "Folha", None).await;
        let missed = first(&side, person, &seen["liveCursor"]).await;
        assert_eq!(missed["reload"], false);
        assert_eq!(missed["changed"], json!([{ "id": after.encode(), "status": "OPEN" }]));
        move_on(&app.store, &firm.owner, before, TicketStatus::Waiting).await;
        let seen = app.ask(person, read, json!({})).await;
        move_on(&app.store, &firm.owner, before, TicketStatus::Finished).await;
        let missed = first(&side, person, &seen["liveCursor"]).await;
        assert_eq!(missed["changed"], json!([{ "id": before.encode(), "status": "FINISHED" }]));
    }
    app.finish().await;
}

/// F-01, B-15: a cursor from before a change of reach gives `reload`: no event contains what existed before.
#[tokio::test]
async fn f_01_other_rights_begin_anew() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let member = firm.staff("bia@aurora.example", StaffRole::Member).await;
    let side = LiveSide::start(&app.store);
    let reach = async |reach: MemberReach| {
        firm.set_member_reach(reach).await;
        first(&side, &member, &Value::Null).await["cursor"].clone()
    };
    let cursors = [reach(MemberReach::All).await, reach(MemberReach::Own).await];
    let client = firm.client("Padaria Sol", None).await;
    open(&app.store, &firm.owner, client, "Guia", Some(&member)).await;
    assert_eq!(first(&side, &member, &cursors[0]).await["reload"], true);
    assert_eq!(first(&side, &member, &cursors[1]).await["reload"], false);
    firm.set_member_reach(MemberReach::All).await;
    assert_eq!(first(&side, &member, &cursors[1]).await["reload"], true);
    app.finish().await;
}

/// F-01: `reload` after a long absence, for another membership's cursor, for one from before a restored backup, and for
/// nonsense.
#[tokio::test]
async fn f_01_what_cannot_be_resumed_begins_anew() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let other = Firm::new(&app.store, "brisa.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let admin = firm.admin(client, "rui@padaria.example").await;
    let side = LiveSide::start(&app.store);
    let begin = first(&side, &firm.owner, &Value::Null).await["cursor"].clone();
    let id = open(&app.store, &firm.owner, client, "Guia", None).await;
    for person in [&admin, &other.owner] {
        assert_eq!(first(&side, person, &begin).await["reload"], true, "of another membership");
    }
    for nonsense in ["", "nonsense", "AAAA"] {
        assert_eq!(first(&side, &firm.owner, &json!(nonsense)).await["reload"], true);
    }

    // Events are not deleted early.
    app.jobs_done().await;
    app.clock.advance(KEPT - TimeDelta::minutes(1));
    let mut conn = app.store.conn().await.unwrap();
    assert_eq!(forget_old(&mut conn, app.store.now()).await.unwrap(), 0);
    assert_eq!(first(&side, &firm.owner, &begin).await["reload"], false);
    let mut open_one = side.follow(Some(&firm.owner.token), GRID, json!({ "after": begin })).await;
    assert_eq!(open_one.told().await["reload"], false);

    app.clock.advance(TimeDelta::hours(1));
    assert!(forget_old(&mut conn, app.store.now()).await.unwrap() > 0);
    assert_eq!(forget_old(&mut conn, app.store.now()).await.unwrap(), 0);
    for side in [&side, &LiveSide::start(&app.store)] {
        assert_eq!(first(side, &firm.owner, &begin).await["reload"], true, "away too long");
    }
    // A subscription that was connected all the time continues.
    move_on(&app.store, &firm.owner, id, TicketStatus::Waiting).await;
    let told = open_one.told().await;
    assert_eq!((&told["reload"], &told["changed"][0]["status"]), (&json!(false), &json!("WAITING")));

    // A restored backup, in which revisions are assigned again.
    app.jobs_done().await;
    diesel::update(firm_feed::table)
        .set(firm_feed::epoch.eq(Uuid::new_v4()))
        .execute(&mut conn)
        .await
        .unwrap();
    // A message about the mail may come first.
    while open_one.told().await["reload"] == false {}
    assert_eq!(first(&side, &firm.owner, &told["cursor"]).await["reload"], true);
    drop(conn);
    app.finish().await;
}

/// F-01: a message holds at most 100 items; if more changed, it says `reload`.
#[tokio::test]
async fn f_01_very_much_at_once_begins_anew() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let begin = first(&LiveSide::start(&app.store), &firm.owner, &Value::Null).await["cursor"].clone();
    // Each time on a new server, which reads all missed events at once.
    let missed = async || first(&LiveSide::start(&app.store), &firm.owner, &begin).await;
    for number in 0..100 {
        open(&app.store, &firm.owner, client, &format!("Guia {number}"), None).await;
    }
    let told = missed().await;
    assert_eq!((&told["reload"], told["changed"].as_array().unwrap().len()), (&json!(false), 100));
    open(&app.store, &firm.owner, client, "Mais uma", None).await;
    let told = missed().await;
    assert_eq!((&told["reload"], &told["changed"], &told["removed"]), (&json!(true), &json!([]), &json!([])));
    // From there it continues as usual.
    open(&app.store, &firm.owner, client, "E outra", None).await;
    let told = first(&LiveSide::start(&app.store), &firm.owner, &told["cursor"]).await;
    assert_eq!((&told["reload"], told["changed"].as_array().unwrap().len()), (&json!(false), 1));
    app.finish().await;
}

/// D-07: messages arrive on both sides, in order, once; missed ones arrive after reconnecting.
#[tokio::test]
async fn d_07_a_conversation_is_live_both_ways() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let admin = firm.admin(client, "rui@padaria.example").await;
    let [id, another] = [
        open(&app.store, &firm.owner, client, "Guia", None).await,
        open(&app.store, &firm.owner, client, "Outra", None).await,
    ];
    let side = LiveSide::start(&app.store);
    let document =
        "subscription ($id: ID!, $after: String) { ticketConversation(ticketId: $id, after: $after) {
        cursor reload gone messages { body visibility author { __typename } ticket { id } }
    } }";
    let variables = json!({ "id": id.encode() });
    let mut staff = side.follow(Some(&firm.owner.token), document, variables.clone()).await;
    let mut user = side.follow(Some(&admin.token), document, variables.clone()).await;
    assert_eq!(staff.told().await["reload"], true);
    let begin = user.told().await;

    write(&app.store, &admin, id, Visibility::Public, "Bom dia").await;
    write(&app.store, &firm.owner, another, Visibility::Public, "Noutro lugar").await;
    write(&app.store, &firm.owner, id, Visibility::Internal, "Entre nós").await;
    write(&app.store, &firm.owner, id, Visibility::Public, "Pois não").await;
    let (mut to_staff, mut to_user) = (Vec::new(), Vec::new());
    for (messages, told, last) in [(&mut staff, &mut to_staff, 3), (&mut user, &mut to_user, 2)] {
        while told.len() < last {
            let message = messages.told().await;
            told.extend(message["messages"].as_array().unwrap().iter().map(|one| one["body"].clone()));
        }
    }
    assert_eq!(to_staff, ["Bom dia", "Entre nós", "Pois não"]);
    assert_eq!(to_user, ["Bom dia", "Pois não"]);

    let after = json!({ "id": id.encode(), "after": begin["cursor"] });
    let (mut again, mut missed) = (side.follow(Some(&admin.token), document, after).await, Vec::new());
    while missed.len() < 2 {
        let message = again.told().await;
        assert_eq!(message["reload"], false);
        missed.extend(message["messages"].as_array().unwrap().iter().map(|one| one["body"].clone()));
    }
    assert_eq!(missed, ["Bom dia", "Pois não"]);
    drop((staff, user, again));
    app.finish().await;
}

/// D-04: the status of a mail is live: `QUEUED`, then `SENT`.
#[tokio::test]
async fn d_04_what_becomes_of_a_mail_is_live() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", Some("nf@padaria.example")).await;
    let id = open(&app.store, &firm.owner, client, "Guia", None).await;
    let side = LiveSide::start(&app.store);
    let document = "subscription { emailDeliveriesChanged { reload changed { recipient status } removed } }";
    let mut told = side.follow(Some(&firm.owner.token), document, json!({})).await;
    assert_eq!(told.told().await["reload"], true);
    move_on(&app.store, &firm.owner, id, TicketStatus::Waiting).await;
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("SENT")) {
        let message = told.told().await;
        for delivery in message["changed"].as_array().unwrap() {
            assert_eq!(delivery["recipient"], "nf@padaria.example");
            seen.push(delivery["status"].clone());
        }
    }
    drop(told);
    app.finish().await;
}
