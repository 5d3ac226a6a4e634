//! Notifications over a subscription.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_engine::tables::events;
use guichet_tests::live::{LiveSide, Messages};
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};

use super::office::told;
use crate::desk::ticket::desk::{Desk, text};

const FOLLOW: &str = "subscription ($after: String) { notifications(after: $after) {
    cursor revision reload added { id kind ticket { id subject } message { body } author { name } }
} }";

async fn follow(side: &LiveSide, person: &Person, after: Option<&Value>) -> Messages {
    side.follow(Some(&person.token), FOLLOW, json!({ "after": after })).await
}

fn added(message: &Value) -> Vec<String> {
    message["added"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect()
}

async fn newest(desk: &Desk, person: &Person) -> String {
    text(&told(desk, person).await[0]["id"])
}

/// D-11, F-01: each staff member gets new notifications live, with what they are about, and misses none over a lost
/// connection.
#[tokio::test]
async fn d_11_told_live_and_over_a_lost_connection() {
    let desk = Desk::open().await;
    let side = LiveSide::start(&desk.app.store);
    let mut member = follow(&side, &desk.member, None).await;
    let mut manager = follow(&side, &desk.manager, None).await;
    for messages in [&mut member, &mut manager] {
        assert_eq!(messages.told().await["reload"], true);
    }
    let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let id = text(&ticket["id"]);
    let message = member.told().await;
    assert_eq!(
        (&message["reload"], added(&message)),
        (&json!(false), vec![newest(&desk, &desk.member).await])
    );
    let one = &message["added"][0];
    assert_eq!((&one["kind"], &one["ticket"]["subject"]), (&json!("TICKET_ASSIGNED"), &ticket["subject"]));
    drop(member);
    desk.post(&desk.admin, &id, "PUBLIC", "Bom dia").await;
    let mut member = follow(&side, &desk.member, Some(&message["cursor"])).await;
    let resumed = member.told().await;
    assert_eq!(
        (&resumed["reload"], added(&resumed)),
        (&json!(false), vec![newest(&desk, &desk.member).await])
    );
    assert_eq!(resumed["added"][0]["message"]["body"], "Bom dia");
    assert_eq!(resumed["added"][0]["author"]["name"], "ana");
    // The manager's first message is about the last action: nothing before concerned the manager.
    desk.done(&desk.owner, "ticketTransfer", json!({ "id": id, "to": { "staffId": desk.manager.id() } }))
        .await;
    assert_eq!(added(&manager.told().await), [newest(&desk, &desk.manager).await]);
    drop((member, manager, side));
    desk.finish().await;
}

/// D-11: when notifications are marked as read, the person's other screens reload; nobody else's do.
#[tokio::test]
async fn d_11_marks_reach_the_other_screens() {
    let desk = Desk::open().await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let colleague = desk.firm.staff("carla@aurora.example", StaffRole::Member).await;
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let side = LiveSide::start(&desk.app.store);
    let mut own = follow(&side, &desk.member, None).await;
    let mut others = [
        follow(&side, &desk.owner, None).await,
        follow(&side, &desk.manager, None).await,
        follow(&side, &colleague, None).await,
    ];
    assert_eq!(own.told().await["reload"], true);
    for messages in &mut others {
        assert_eq!(messages.told().await["reload"], true);
    }
    let mark = "mutation ($id: ID!) { notificationMarkRead(input: { upToId: $id }) { unreadCount } }";
    desk.app.ask(&desk.member, mark, json!({ "id": newest(&desk, &desk.member).await })).await;
    let message = own.told().await;
    assert_eq!((&message["reload"], added(&message)), (&json!(true), vec![]));
    for (messages, person) in others.iter_mut().zip([&desk.owner, &desk.manager, &colleague]) {
        let by = if person.email == desk.owner.email { &desk.manager } else { &desk.owner };
        desk.ticket(by, json!({ "assigneeId": person.id() })).await;
        let message = messages.told().await;
        assert_eq!((&message["reload"], added(&message)), (&json!(false), vec![newest(&desk, person).await]));
    }
    drop((own, others, side));
    desk.finish().await;
}

/// D-11, B-15: when a ticket leaves or enters a person's reach, the notifications reload without it or with it.
#[tokio::test]
async fn b_15_with_the_reach() {
    let desk = Desk::open().await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let ticket = desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let side = LiveSide::start(&desk.app.store);
    let mut member = follow(&side, &desk.member, None).await;
    assert_eq!(member.told().await["reload"], true);
    let to = |person: &Person| json!({ "id": ticket["id"], "to": { "staffId": person.id() } });
    desk.done(&desk.owner, "ticketTransfer", to(&desk.manager)).await;
    let message = member.told().await;
    assert_eq!((&message["reload"], added(&message)), (&json!(true), vec![]));
    desk.done(&desk.owner, "ticketTransfer", to(&desk.member)).await;
    let message = member.told().await;
    assert_eq!(
        (&message["reload"], added(&message)),
        (&json!(true), vec![newest(&desk, &desk.member).await])
    );
    drop((member, side));
    desk.finish().await;
}

/// D-11, B-14: clients, other firms and strangers get no notifications; each event admits one person only.
#[tokio::test]
async fn b_14_for_one_person_alone() {
    let desk = Desk::open().await;
    let other = Firm::new(&desk.app.store, "brisa.example").await;
    let side = LiveSide::start(&desk.app.store);
    let refused = side.follow(None, FOLLOW, json!({})).await.answer().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let ticket = desk.ticket(&desk.admin, json!({})).await;
    desk.post(&desk.admin, ticket["id"].as_str().unwrap(), "PUBLIC", "Oi").await;
    desk.done(
        &desk.owner,
        "ticketTransfer",
        json!({ "id": ticket["id"], "to": { "staffId": desk.member.id() } }),
    )
    .await;
    let audiences: Vec<Option<Value>> = events::table
        .filter(events::noun.eq(guichet_base::id::NotificationId::NOUN))
        .order(events::revision)
        .select(events::audience_after)
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let people = [&desk.owner, &desk.manager, &desk.member, &desk.admin, &other.owner];
    let mut heard = Vec::new();
    for audience in audiences {
        let audience: guichet_engine::feed::Audience = serde_json::from_value(audience.unwrap()).unwrap();
        let admitted = people.iter().filter(|person| audience.admits_member(&person.membership, &[]));
        heard.push(admitted.map(|person| person.id()).collect::<Vec<_>>());
        assert!(people.iter().all(|person| !audience.admits(&person.membership.scope(), &[])));
    }
    assert_eq!(heard, [[desk.owner.id()], [desk.owner.id()], [desk.member.id()]]);
    drop(side);
    desk.finish().await;
}

/// D-11, F-01: a message that says `reload` also contains the new notifications.
#[tokio::test]
async fn d_11_new_ones_beside_marks() {
    let desk = Desk::open().await;
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let side = LiveSide::start(&desk.app.store);
    let mut own = follow(&side, &desk.member, None).await;
    let first = own.told().await;
    drop(own);
    // Both events are in one batch for a client that was disconnected.
    let mark = "mutation ($id: ID!) { notificationMarkRead(input: { ids: [$id] }) { unreadCount } }";
    desk.app.ask(&desk.member, mark, json!({ "id": newest(&desk, &desk.member).await })).await;
    desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await;
    let mut own = follow(&side, &desk.member, Some(&first["cursor"])).await;
    let message = own.told().await;
    assert_eq!(
        (&message["reload"], added(&message)),
        (&json!(true), vec![newest(&desk, &desk.member).await])
    );
    drop((own, side));
    desk.finish().await;
}
