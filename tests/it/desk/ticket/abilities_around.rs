//! `viewerCan` of charges, deliveries and the firm: what it allows succeeds, what it does not allow is refused with the
//! same code.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::{ActId, ChangeId, ClientId, DeliveryId, Id, TicketId};
use guichet_base::locale::Locale;
use guichet_engine::actor::MemberReach;
use guichet_engine::tables::{changes, email_deliveries, email_suppressions, firms};
use guichet_schema::desk::ticket::model::TicketField;
use guichet_schema::shared::email_delivery::model::{DeliveryReason, DeliveryStatus};
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, reais, text};

/// Sets which clients and tickets members see.
async fn reach(desk: &Desk, reach: MemberReach) {
    diesel::update(firms::table.find(desk.firm.id))
        .set(firms::member_reach.eq(reach))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
}

/// The result in a payload, in the form of `viewerCan`.
fn real(act: &str, payload: &Value) -> Value {
    let errors = payload["userErrors"].as_array().unwrap();
    let code = match errors.as_slice() {
        [] => Value::Null,
        [error] => error["code"].clone(),
        more => panic!("{act}: {more:?}"),
    };
    json!({ "act": act, "allowed": errors.is_empty(), "reason": code })
}

/// D-10, B-15: every role, every status of a charge and every action. Only owners and managers may act, and only on
/// open charges.
#[tokio::test]
async fn d_10_what_the_viewer_may_do_with_a_charge() {
    let desk = Desk::open().await;
    let rui = desk.collaborator("rui@padaria.example").await;
    // The member sees the charges of its portfolio with either reach.
    desk.portfolio(desk.client, &desk.member).await;
    let acts = [("MARK_PAID", "chargeMarkPaid"), ("CANCEL", "chargeCancel")];
    let people = [&desk.owner, &desk.manager, &desk.member, &desk.admin, &rui];
    for own in [MemberReach::All, MemberReach::Own] {
        reach(&desk, own).await;
        let people = if own == MemberReach::All { &people[..] } else { &people[2..3] };
        for by in people {
            let trusted = by.email.starts_with("owner") || by.email.starts_with("marta");
            for (end, status) in
                [(None, "OPEN"), (Some("chargeMarkPaid"), "PAID"), (Some("chargeCancel"), "CANCELED")]
            {
                for (number, (act, mutation)) in acts.into_iter().enumerate() {
                    let input =
                        json!({ "clientId": desk.client.encode(), "description": "x", "amount": reais(1) });
                    let made = desk.done(&desk.owner, "chargeCreate", input).await["charge"]["id"].clone();
                    if let Some(end) = end {
                        desk.done(&desk.owner, end, json!({ "id": made, "expectedVersion": 1 })).await;
                    }
                    let query = "query C($id: ID!) { charge(id: $id) { status version viewerCan { act allowed reason } } }";
                    let seen = desk.app.ask(by, query, json!({ "id": made })).await["charge"].clone();
                    let input = json!({ "id": made, "expectedVersion": seen["version"] });
                    let payload = desk.act(by, mutation, input).await;
                    assert_eq!(seen["viewerCan"][number], real(act, &payload), "{status} as {}", by.email);
                    assert_eq!(seen["viewerCan"][number]["allowed"], trusted && status == "OPEN");
                }
            }
        }
    }
    desk.finish().await;
}

/// A delivery in this state, about a status change of this ticket.
async fn delivery(
    desk: &Desk,
    client: ClientId,
    ticket: &str,
    to: Option<&str>,
    (status, reason): (DeliveryStatus, Option<DeliveryReason>),
) -> DeliveryId {
    let (id, act, now) = (DeliveryId::new(), ActId::new(), desk.app.store.now());
    let ticket = TicketId::decode(ticket).unwrap();
    diesel::insert_into(changes::table)
        .values((
            (changes::id.eq(ChangeId::new()), changes::firm_id.eq(desk.firm.id)),
            (
                changes::subject_noun.eq(TicketId::NOUN),
                changes::subject_id.eq(ticket),
                changes::act_id.eq(act),
            ),
            (changes::field.eq(TicketField::Status), changes::old_value.eq("OPEN")),
            (changes::new_value.eq("WAITING"), changes::author_staff.eq(desk.owner.staff_id())),
            changes::at.eq(now),
        ))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    diesel::insert_into(email_deliveries::table)
        .values((
            (email_deliveries::id.eq(id), email_deliveries::firm_id.eq(desk.firm.id)),
            (email_deliveries::cause_id.eq(act), email_deliveries::client_id.eq(client)),
            (email_deliveries::subject_noun.eq(TicketId::NOUN), email_deliveries::subject_id.eq(ticket)),
            (email_deliveries::recipient.eq(to), email_deliveries::recipient_ci.eq(to)),
            (email_deliveries::locale.eq(Locale::PtBr), email_deliveries::status.eq(status)),
            (
                email_deliveries::reason.eq(reason),
                email_deliveries::message_id.eq(format!("<{id}@aurora.example>")),
            ),
            (email_deliveries::created_at.eq(now), email_deliveries::updated_at.eq(now)),
            email_deliveries::sent_at.eq((status == DeliveryStatus::Sent).then_some(now)),
        ))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    id
}

/// F-02, F-06: every role, every state of a delivery and every kind of address in the client's record.
#[tokio::test]
async fn f_02_what_the_viewer_may_do_with_a_delivery() {
    use DeliveryReason::{AttemptsExhausted, InvalidAddress, NoAddress, Refused, SuppressedAfterBounce};
    use DeliveryStatus::{Failed, NotSent, Queued, Sent};
    let desk = Desk::open().await;
    diesel::insert_into(email_suppressions::table)
        .values((
            email_suppressions::firm_id.eq(desk.firm.id),
            email_suppressions::email_ci.eq("volta@cliente.example"),
            email_suppressions::smtp_reply.eq("550 5.1.1 no such user"),
            email_suppressions::at.eq(desk.app.store.now()),
        ))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let states = [
        (Queued, None),
        (Sent, None),
        (Failed, Some(Refused)),
        (Failed, Some(AttemptsExhausted)),
        (NotSent, Some(NoAddress)),
        (NotSent, Some(InvalidAddress)),
        (NotSent, Some(SuppressedAfterBounce)),
    ];
    let records = [
        (Some("bom@cliente.example"), Value::Null),
        (Some("volta@cliente.example"), json!("ADDRESS_SUPPRESSED")),
        (Some("sem arroba"), json!("INVALID_EMAIL")),
        (None, json!("NO_RECIPIENT")),
    ];
    for (number, (address, refusal)) in records.into_iter().enumerate() {
        reach(&desk, MemberReach::All).await;
        let client = desk.firm.client("Cliente", address).await;
        let eva = desk.firm.admin(client, &format!("eva{number}@cliente.example")).await;
        let ticket = text(&desk.ticket(&desk.member, json!({ "clientId": client.encode() })).await["id"]);
        for own in [MemberReach::All, MemberReach::Own] {
            reach(&desk, own).await;
            let people = [&desk.owner, &desk.manager, &desk.member];
            let people = if own == MemberReach::All { &people[..] } else { &people[2..] };
            for state in states {
                let to = (state.1 != Some(NoAddress)).then_some("antes@cliente.example");
                for by in people {
                    let id = delivery(&desk, client, &ticket, to, state).await.encode();
                    let query = "query D($id: ID!) { node(id: $id) { ... on EmailDelivery {
                        viewerCan { act allowed reason } } } }";
                    let seen =
                        desk.app.ask(by, query, json!({ "id": id })).await["node"]["viewerCan"].clone();
                    let payload = desk.act(by, "emailDeliveryRetry", json!({ "id": id })).await;
                    assert_eq!(seen, json!([real("RETRY", &payload)]), "{state:?} as {}", by.email);
                    let over = matches!(state.0, Queued | Sent);
                    let expected = if over { json!("DELIVERY_NOT_RETRYABLE") } else { refusal.clone() };
                    assert_eq!(seen[0]["reason"], expected, "{state:?}");
                }
                // Clients do not see deliveries.
                let id = delivery(&desk, client, &ticket, to, state).await.encode();
                let node = desk
                    .app
                    .ask(&eva, "query D($id: ID!) { node(id: $id) { id } }", json!({ "id": id }))
                    .await;
                assert_eq!(node["node"], Value::Null);
                assert_eq!(
                    desk.refused(&eva, "emailDeliveryRetry", json!({ "id": id })).await,
                    ["NOT_ALLOWED"]
                );
            }
        }
    }
    desk.finish().await;
}

/// B-15: who may open tickets and create charges: for every role, `viewerCan` and the call agree.
#[tokio::test]
async fn b_15_what_the_viewer_may_enter() {
    let desk = Desk::open().await;
    let rui = desk.collaborator("rui@padaria.example").await;
    let query = "{ viewer { viewerCan { act allowed reason } } }";
    let told = async |by: &Person, act: &str| {
        let abilities = desk.app.ask(by, query, json!({})).await["viewer"]["viewerCan"].clone();
        abilities.as_array().unwrap().iter().find(|ability| ability["act"] == act).unwrap().clone()
    };
    for by in [&desk.owner, &desk.manager, &desk.member, &desk.admin, &rui] {
        let ticket = json!({ "clientId": desk.client.encode(), "subject": "Guia" });
        let payload = desk.act(by, "ticketCreate", ticket).await;
        assert_eq!(told(by, "TICKET_CREATE").await, real("TICKET_CREATE", &payload), "{}", by.email);
        assert!(payload["ticket"].is_object());
        let charge = json!({ "clientId": desk.client.encode(), "description": "x", "amount": reais(1) });
        let payload = desk.act(by, "chargeCreate", charge).await;
        assert_eq!(told(by, "CHARGE_CREATE").await, real("CHARGE_CREATE", &payload), "{}", by.email);
    }
    desk.finish().await;
}
