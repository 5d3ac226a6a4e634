//! Who gets which messages: none about what a viewer cannot see, and a removal for what it no longer sees.

use futures_util::future::join_all;
use guichet_base::id::{Id, TicketId};
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::shared::visibility::Visibility;
use guichet_tests::app::TestApp;
use guichet_tests::counting::Counting;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::{Firm, Person};
use serde_json::json;

use super::desk::{hand_over, move_on, open, write};

const GRID: &str = "subscription { ticketsChanged { revision reload changed { id } removed } }";
const DELIVERIES: &str = "subscription { emailDeliveriesChanged { reload changed { id } removed } }";

/// A firm, a member with the reach `OWN`, and a ticket within its reach.
async fn within_reach(app: &TestApp) -> (Firm, Person, TicketId) {
    let firm = Firm::new(&app.store, "aurora.example").await;
    firm.set_member_reach(MemberReach::Own).await;
    let member = firm.staff("bia@aurora.example", StaffRole::Member).await;
    let client = firm.client("Padaria Sol", None).await;
    let id = open(&app.store, &firm.owner, client, "Guia", Some(&member)).await;
    (firm, member, id)
}

/// B-14: clients get no messages about tickets of other clients, notes or mails; another firm gets nothing; without a
/// session the subscription is refused.
#[tokio::test]
async fn b_14_nothing_is_told_of_what_is_not_seen() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let other = Firm::new(&app.store, "brisa.example").await;
    let [mine, theirs] = [
        firm.client("Padaria Sol", Some("nf@padaria.example")).await,
        firm.client("Oficina Lua", Some("nf@oficina.example")).await,
    ];
    let admin = firm.admin(mine, "rui@padaria.example").await;
    let side = LiveSide::start(&app.store);
    let refused = side.follow(None, GRID, json!({})).await.answer().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let refused = side.follow(Some("nonsense"), GRID, json!({})).await.answer().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

    let mine_open = open(&app.store, &firm.owner, mine, "Minha", None).await;
    let conversation = format!(
        "subscription {{ ticketConversation(ticketId: \"{}\") {{ reload gone messages {{ body }} }} }}",
        mine_open.encode()
    );
    let mut grid = side.follow(Some(&admin.token), GRID, json!({})).await;
    let mut mails = side.follow(Some(&admin.token), DELIVERIES, json!({})).await;
    let mut stranger = side.follow(Some(&other.owner.token), GRID, json!({})).await;
    let mut eavesdropper = side.follow(Some(&other.owner.token), &conversation, json!({})).await;
    for messages in [&mut grid, &mut mails, &mut stranger, &mut eavesdropper] {
        assert_eq!(messages.told().await["reload"], true);
    }

    let hidden = open(&app.store, &firm.owner, theirs, "Deles", None).await;
    move_on(&app.store, &firm.owner, hidden, TicketStatus::Waiting).await;
    move_on(&app.store, &firm.owner, mine_open, TicketStatus::Waiting).await;
    write(&app.store, &firm.owner, mine_open, Visibility::Internal, "Entre nós").await;
    app.jobs_done().await;
    // The last thing that happens, which the client sees.
    let seen = open(&app.store, &firm.owner, mine, "Nova", None).await;
    let mut told = Vec::new();
    while !told.contains(&seen.encode()) {
        let message = grid.told().await;
        assert_eq!((&message["revision"], &message["removed"]), (&json!(null), &json!([])));
        let ids = message["changed"].as_array().unwrap().iter();
        told.extend(ids.map(|ticket| ticket["id"].as_str().unwrap().to_owned()));
    }
    told.dedup();
    assert_eq!(told, [mine_open.encode(), seen.encode()]);
    let client = other.client("Mercado Mar", None).await;
    let theirs = open(&app.store, &other.owner, client, "Outra", None).await;
    let message = stranger.told().await;
    assert_eq!((&message["changed"], &message["removed"]), (&json!([{ "id": theirs.encode() }]), &json!([])));

    drop((grid, mails, stranger, eavesdropper));
    app.finish().await;
}

/// B-15, F-01: a ticket that leaves a member's reach is removed from its screens, and appears when it comes into reach;
/// the list of mails reloads.
#[tokio::test]
async fn f_01_what_goes_out_of_sight_is_removed() {
    let app = TestApp::start().await;
    let (firm, member, id) = within_reach(&app).await;
    let side = LiveSide::start(&app.store);
    let mut grid = side.follow(Some(&member.token), GRID, json!({})).await;
    let conversation = format!(
        "subscription {{ ticketConversation(ticketId: \"{}\") {{ reload gone messages {{ body }} }} }}",
        id.encode()
    );
    let mut talk = side.follow(Some(&member.token), &conversation, json!({})).await;
    let mut mails = side.follow(Some(&member.token), DELIVERIES, json!({})).await;
    for messages in [&mut grid, &mut talk, &mut mails] {
        assert_eq!(messages.told().await["reload"], true);
    }
    let anew = json!({ "reload": true, "changed": [], "removed": [] });

    hand_over(&app.store, &firm.owner, id, &firm.owner).await;
    let told = grid.told().await;
    assert_eq!((&told["changed"], &told["removed"]), (&json!([]), &json!([id.encode()])));
    assert_eq!(talk.told().await["gone"], true);
    assert_eq!(mails.told().await, anew);
    // Out of reach, no messages about it are sent.
    move_on(&app.store, &firm.owner, id, TicketStatus::Waiting).await;
    write(&app.store, &firm.owner, id, Visibility::Internal, "Sem ela").await;
    hand_over(&app.store, &firm.owner, id, &member).await;
    let told = grid.told().await;
    assert_eq!((&told["changed"], &told["removed"]), (&json!([{ "id": id.encode() }]), &json!([])));
    // There was no message about the mails of the status change; now they are in the list.
    assert_eq!(mails.told().await, anew);
    drop((grid, talk, mails));
    app.finish().await;
}

/// F-01: the same when the viewer was disconnected meanwhile, also if the ticket left and came back.
#[tokio::test]
async fn f_01_what_was_out_of_sight_meanwhile() {
    let app = TestApp::start().await;
    let (firm, member, id) = within_reach(&app).await;
    let side = LiveSide::start(&app.store);
    let conversation = "subscription ($id: ID!, $after: String) {
        ticketConversation(ticketId: $id, after: $after) { cursor reload gone messages { body } }
    }";
    let first = async |after: &serde_json::Value| {
        let variables = json!({ "id": id.encode(), "after": after });
        side.follow(Some(&member.token), conversation, variables).await.told().await
    };
    let cursor = first(&json!(null)).await["cursor"].clone();
    hand_over(&app.store, &firm.owner, id, &firm.owner).await;
    move_on(&app.store, &firm.owner, id, TicketStatus::Waiting).await;
    let told = first(&cursor).await;
    assert_eq!((&told["gone"], &told["reload"]), (&json!(true), &json!(false)));
    write(&app.store, &firm.owner, id, Visibility::Internal, "Sem ela").await;
    hand_over(&app.store, &firm.owner, id, &member).await;
    let told = first(&cursor).await;
    assert_eq!((&told["gone"], &told["reload"]), (&json!(false), &json!(true)), "it missed a message");
    app.finish().await;
}

/// However many followers there are, changed tickets and what they refer to are read once.
#[tokio::test]
async fn what_all_are_told_is_read_once() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Sol", None).await;
    let counting = Counting::new(&app.database().url, app.clock.clone(), 4).await;
    let side = LiveSide::start(&counting.store);
    let document =
        "subscription { ticketsChanged { reload changed { subject client { name } assignee { name } } } }";
    let mut counts = Vec::new();
    for followers in [1, 30] {
        let mut all = Vec::new();
        for _ in 0..followers {
            let mut messages = side.follow(Some(&firm.owner.token), document, json!({})).await;
            assert_eq!(messages.told().await["reload"], true);
            all.push(messages);
        }
        let before = counting.statements();
        open(&app.store, &firm.owner, client, "Guia", None).await;
        // The counted store gets no hints of the app's store, and its sweep may add statements.
        counting.store.hints.feed(firm.id);
        let told = join_all(all.iter_mut().map(Messages::told)).await;
        assert!(told.iter().all(|message| message["changed"][0]["client"]["name"] == "Padaria Sol"));
        counts.push(counting.statements() - before);
        drop(all);
    }
    assert!(counts[1] <= counts[0] + 2, "statements for one follower and for thirty: {counts:?}");
    app.finish().await;
}
