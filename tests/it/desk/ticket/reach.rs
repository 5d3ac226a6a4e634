//! B-15: what staff may do at the desk, and which tickets they see.

use guichet_base::id::Id;
use guichet_engine::actor::{MemberReach, StaffRole};
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, each, reais, text};
use super::grid::found;
use super::idempotency::Held;

/// B-15: members see all clients, or, if the firm says so, only tickets assigned to them, of their departments and of
/// their portfolio: in the list, its counts and searches, by id, and in what they may do. Owners and managers always
/// see everything.
#[tokio::test]
async fn b_15_how_far_members_see() {
    let desk = Desk::open().await;
    let market = desk.firm.client("Mercado", None).await;
    let lia = desk.firm.staff("lia@aurora.example", StaffRole::Member).await;
    let team = desk.firm.department("Fiscal", &lia, &[&desk.member]).await.encode();
    let portfolio = desk.firm.client("Carteira", None).await;
    desk.portfolio(portfolio, &desk.member).await;
    let tickets = [
        ("alheio", json!({})),
        ("atribuído", json!({ "assigneeId": desk.member.id() })),
        ("do setor", json!({ "departmentId": team, "clientId": market.encode() })),
        ("da carteira", json!({ "clientId": portfolio.encode() })),
        ("do mercado", json!({ "clientId": market.encode() })),
    ];
    let mut ids = Vec::new();
    for (subject, mut input) in tickets {
        input["subject"] = json!(subject);
        ids.push(text(&desk.ticket(&desk.owner, input).await["id"]));
    }
    let all = ["alheio", "atribuído", "do setor", "da carteira", "do mercado"];
    let cases: [(MemberReach, &Person, &[&str]); 8] = [
        (MemberReach::All, &desk.owner, &all),
        (MemberReach::All, &desk.manager, &all),
        (MemberReach::All, &desk.member, &all),
        (MemberReach::All, &lia, &all),
        (MemberReach::Own, &desk.owner, &all),
        (MemberReach::Own, &desk.manager, &all),
        (MemberReach::Own, &desk.member, &all[1..4]),
        (MemberReach::Own, &lia, &[]),
    ];
    for (reach, by, seen) in cases {
        desk.firm.set_member_reach(reach).await;
        // The department's lead is the assignee of its ticket.
        let seen: Vec<&str> =
            if by.email == lia.email && seen.is_empty() { vec!["do setor"] } else { seen.to_vec() };
        assert_eq!(found(&desk, by, Value::Null).await, seen, "{reach} {}", by.email);
        let alien = found(&desk, by, json!({ "search": "alheio" })).await;
        assert_eq!(alien.is_empty(), !seen.contains(&"alheio"));
        for (subject, id) in all.into_iter().zip(&ids) {
            assert_eq!(desk.see(by, id).await.is_object(), seen.contains(&subject), "{subject} {}", by.email);
            let note = json!({ "id": id, "visibility": "INTERNAL", "body": "Nota" });
            let refused = desk.refused(by, "ticketMessagePost", note).await;
            let expected = if seen.contains(&subject) { vec![] } else { vec!["id:NOT_FOUND"] };
            assert_eq!(refused, expected, "{subject} {}", by.email);
        }
    }
    desk.finish().await;
}

/// B-15: a member who transfers a ticket that it saw only as its assignee no longer sees it; the new assignee does.
#[tokio::test]
async fn b_15_reach_moves_with_the_ticket() {
    let desk = Desk::open().await;
    let lia = desk.firm.staff("lia@aurora.example", StaffRole::Member).await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let id = text(&desk.ticket(&desk.owner, json!({ "assigneeId": desk.member.id() })).await["id"]);
    assert_eq!(desk.see(&lia, &id).await, Value::Null);
    let to = json!({ "id": id, "to": { "staffId": lia.id() } });
    let payload = desk.done(&desk.member, "ticketTransfer", to.clone()).await;
    assert_eq!(payload["ticket"], Value::Null);
    assert_eq!(desk.see(&desk.member, &id).await, Value::Null);
    assert_eq!(desk.see(&lia, &id).await["assignee"]["id"], lia.id());
    assert_eq!(desk.refused(&desk.member, "ticketTransfer", to).await, ["id:NOT_FOUND"]);
    desk.finish().await;
}

/// B-15: who opened a ticket sees it and its client, whoever works on it, also with the reach `OWN`.
#[tokio::test]
async fn b_15_openers_see_what_they_opened() {
    let desk = Desk::open().await;
    let lia = desk.firm.staff("lia@aurora.example", StaffRole::Member).await;
    desk.portfolio(desk.client, &lia).await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    let input = json!({ "assigneeId": desk.owner.id() });
    let id = text(&desk.ticket(&lia, input).await["id"]);
    desk.portfolio(desk.client, &desk.owner).await;
    assert_eq!(desk.see(&lia, &id).await["client"]["id"], desk.client.encode());
    assert_eq!(found(&desk, &lia, Value::Null).await, ["Guia do mês"]);
    assert_eq!(desk.see(&desk.member, &id).await, Value::Null);
    desk.finish().await;
}

/// B-14, B-15: with the reach `OWN`, a member sees charges of its portfolio and of tickets that it sees. Outside its
/// portfolio, it sees none of other tickets (they contain the subject) and none created by hand.
#[tokio::test]
async fn b_15_charges_within_reach() {
    let desk = Desk::open().await;
    let lia = desk.firm.staff("lia@aurora.example", StaffRole::Member).await;
    for (subject, to) in [("Dela", &lia), ("Alheio", &desk.member)] {
        let input = json!({ "subject": subject, "price": reais(5), "assigneeId": to.id() });
        let id = text(&desk.ticket(&desk.owner, input).await["id"]);
        desk.set(&id, "FINISHED").await;
    }
    let by_hand = json!({ "clientId": desk.client.encode(), "description": "À mão", "amount": reais(1),
        "dueOn": "2026-01-02" });
    let made = desk.done(&desk.owner, "chargeCreate", by_hand).await["charge"]["id"].clone();
    desk.firm.set_member_reach(MemberReach::Own).await;
    let seen = async || {
        let query = "{ charges(first: 9) { totalCount nodes { description } } }";
        let page = desk.app.ask(&lia, query, Value::Null).await["charges"].clone();
        let mut told: Vec<String> = each(&page["nodes"], "description").iter().map(text).collect();
        told.sort();
        assert_eq!(page["totalCount"], told.len());
        told
    };
    assert_eq!(seen().await, ["#1 Dela"]);
    let collecting =
        json!({ "clientId": desk.client.encode(), "subject": "Cobrar", "collectChargeIds": [made] });
    assert_eq!(
        desk.refused(&lia, "ticketCreate", collecting.clone()).await,
        ["collectChargeIds.0:NOT_FOUND"]
    );
    desk.portfolio(desk.client, &lia).await;
    assert_eq!(seen().await, ["#1 Dela", "#2 Alheio", "À mão"]);
    desk.done(&lia, "ticketCreate", collecting).await;
    desk.finish().await;
}

/// B-15: members do the daily work on tickets, but do not change the price list, charges or client records. Managers
/// do; owners may do everything.
#[tokio::test]
async fn b_15_what_roles_may_do() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let client = desk.client.encode();
    for by in [&desk.owner, &desk.manager, &desk.member] {
        let id = text(&desk.ticket(by, json!({ "serviceItemId": service, "price": reais(3) })).await["id"]);
        let edit = json!({ "id": id, "expectedVersion": 1, "price": reais(4) });
        desk.done(by, "ticketEdit", edit).await;
        desk.post(by, &id, "PUBLIC", "Bom dia").await;
        desk.post(by, &id, "INTERNAL", "Nota").await;
        let other = if by.email == desk.owner.email { &desk.member } else { &desk.owner };
        desk.done(by, "ticketTransfer", json!({ "id": id, "to": { "staffId": other.id() } })).await;
        desk.done(by, "ticketStatusChange", json!({ "id": id, "status": "FINISHED" })).await;
        let made = desk.look(by, &id, "charges { id version }").await["charges"][0].clone();
        let price = async || {
            let query = "query S($id: ID!) { node(id: $id) { ... on ServiceItem { version } } }";
            desk.app.ask(&desk.owner, query, json!({ "id": service })).await["node"]["version"].clone()
        };
        let version = desk
            .app
            .ask(&desk.owner, "query C($id: ID!) { client(id: $id) { version } }", json!({ "id": client }))
            .await;
        let expected = if by.email == desk.member.email { vec!["NOT_ALLOWED"] } else { vec![] };
        let acts = [
            ("chargeCreate", json!({ "clientId": client, "description": "x", "amount": reais(1) })),
            ("chargeMarkPaid", json!({ "id": made["id"], "expectedVersion": made["version"] })),
            (
                "serviceItemUpdate",
                json!({ "id": service, "expectedVersion": price().await, "price": reais(1) }),
            ),
            ("serviceItemCreate", json!({ "name": by.email, "price": reais(1) })),
            (
                "clientUpdate",
                json!({ "id": client, "expectedVersion": version["client"]["version"], "phone": by.email }),
            ),
        ];
        for (act, input) in acts {
            assert_eq!(desk.refused(by, act, input).await, expected, "{act} by {}", by.email);
        }
    }
    desk.finish().await;
}

/// B-14, B-15: an action that waits for a ticket is refused with `NOT_FOUND` if the ticket leaves the viewer's reach
/// meanwhile.
#[tokio::test]
async fn b_15_out_of_reach_while_waiting() {
    let desk = Desk::open().await;
    desk.firm.set_member_reach(MemberReach::Own).await;
    desk.portfolio(desk.client, &desk.member).await;
    let id = desk.opened(&desk.owner).await;
    let mut held = Held::rows(&desk, "SELECT FROM tickets", "UPDATE").await;
    let act = desk.refused(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "WAITING" }));
    let meanwhile = async {
        held.awaited().await;
        held.run("UPDATE clients SET accountant_id = NULL").await;
        held.let_go().await;
    };
    assert_eq!(futures_util::join!(act, meanwhile).0, ["id:NOT_FOUND"]);
    desk.finish().await;
}
