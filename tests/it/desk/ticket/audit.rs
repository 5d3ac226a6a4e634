//! F-03: the audit log of actions on tickets and charges.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::{AccessId, AccountId, FirmId, Id, StaffId};
use guichet_engine::tables::audit;
use guichet_tests::world::Person;
use serde_json::{Value, json};
use uuid::Uuid;

use super::desk::{Desk, key, reais, text};

#[derive(Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit)]
struct Row {
    firm_id: Option<FirmId>,
    at: chrono::DateTime<chrono::Utc>,
    account_id: Option<AccountId>,
    staff_id: Option<StaffId>,
    access_id: Option<AccessId>,
    act: String,
    noun: String,
    subject_id: Option<Uuid>,
    address: Option<String>,
    request_id: Option<String>,
}

async fn rows(desk: &Desk) -> Vec<Row> {
    audit::table
        .filter(audit::firm_id.eq(desk.firm.id))
        .order(audit::id)
        .select(Row::as_select())
        .load(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap()
}

/// The raw id in an id of the API.
fn uuid(id: &Value) -> Uuid {
    Uuid::parse_str(text(id).rsplit('_').next().unwrap()).unwrap()
}

/// F-03: every change is recorded: by whom (account and membership), when, from where (address and request), which
/// action and on what. One action is one row.
#[tokio::test]
async fn f_03_every_change() {
    let desk = Desk::open().await;
    let id = json!(desk.opened(&desk.admin).await);
    let charge = json!({ "clientId": desk.client.encode(), "description": "x", "amount": reais(1) });
    let acts: [(&str, &Person, Value); 9] = [
        ("ticketCreate", &desk.admin, json!({ "subject": "Guia" })),
        ("ticketCreate", &desk.member, json!({ "subject": "Guia", "clientId": desk.client.encode() })),
        ("ticketEdit", &desk.member, json!({ "id": id, "expectedVersion": 1, "price": reais(5) })),
        ("ticketMessagePost", &desk.admin, json!({ "id": id, "visibility": "PUBLIC", "body": "Bom dia" })),
        ("ticketMessagePost", &desk.member, json!({ "id": id, "visibility": "INTERNAL", "body": "Nota" })),
        ("ticketTransfer", &desk.member, json!({ "id": id, "to": { "staffId": desk.manager.id() } })),
        ("ticketStatusChange", &desk.manager, json!({ "id": id, "status": "FINISHED" })),
        ("ticketReopen", &desk.admin, json!({ "id": id })),
        ("chargeCreate", &desk.manager, charge),
    ];
    for (act, by, input) in acts {
        desk.app.pass(chrono::TimeDelta::minutes(1));
        let before = rows(&desk).await.len();
        let (payload, request) = desk.traced(by, act, input).await;
        let mut added = rows(&desk).await.split_off(before);
        if act == "ticketStatusChange" {
            // The charge that follows from it is audited, too (D-10).
            let charged = added.pop().unwrap();
            assert_eq!((charged.act.as_str(), charged.noun.as_str()), ("chargeCreate", "charge"));
            assert_eq!(
                (charged.staff_id, &charged.request_id),
                (by.membership.author().staff(), &Some(request.clone()))
            );
        }
        if act == "ticketReopen" {
            assert_eq!(added.pop().unwrap().act, "chargeCancel");
        }
        assert_eq!(added.len(), 1, "{act}: {added:?}");
        let noun = if act.starts_with("charge") { "charge" } else { "ticket" };
        let membership = by.membership.author();
        let expected = Row {
            firm_id: Some(desk.firm.id),
            at: desk.app.store.now(),
            account_id: Some(by.account_id),
            staff_id: membership.staff(),
            access_id: membership.access(),
            act: act.to_owned(),
            noun: noun.to_owned(),
            subject_id: Some(uuid(&payload[noun]["id"])),
            address: Some("127.0.0.1".to_owned()),
            request_id: Some(request),
        };
        assert_eq!(added.pop(), Some(expected), "{act}");
    }
    desk.finish().await;
}

/// F-03: paying and canceling are audited; a refused call, one that changes nothing and a repeated one are not.
#[tokio::test]
async fn f_03_what_changes_nothing() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let charge = json!({ "clientId": desk.client.encode(), "description": "x", "amount": reais(1) });
    for act in ["chargeMarkPaid", "chargeCancel"] {
        let made = desk.done(&desk.owner, "chargeCreate", charge.clone()).await["charge"]["id"].clone();
        let before = rows(&desk).await.len();
        desk.done(&desk.owner, act, json!({ "id": made, "expectedVersion": 1 })).await;
        let added = rows(&desk).await.split_off(before);
        assert_eq!(added.len(), 1);
        assert_eq!((added[0].act.as_str(), added[0].subject_id), (act, Some(uuid(&made))));
    }
    let input = json!({ "idempotencyKey": key(), "clientId": desk.client.encode(), "subject": "Guia" });
    desk.done(&desk.member, "ticketCreate", input.clone()).await;
    let before = rows(&desk).await;
    desk.done(&desk.member, "ticketCreate", input).await;
    let subject = desk.see(&desk.member, &id).await["subject"].clone();
    desk.done(&desk.member, "ticketEdit", json!({ "id": id, "expectedVersion": 1, "subject": subject }))
        .await;
    desk.done(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "OPEN" })).await;
    desk.refused(&desk.member, "ticketStatusChange", json!({ "id": id, "status": "REOPENED" })).await;
    desk.refused(&desk.admin, "ticketStatusChange", json!({ "id": id, "status": "FINISHED" })).await;
    desk.refused(&desk.member, "ticketEdit", json!({ "id": id, "expectedVersion": 9, "subject": "x" })).await;
    assert_eq!(rows(&desk).await, before);
    desk.finish().await;
}

/// F-03: the audit is append-only: not even a statement in the database can change, delete or truncate its rows.
#[tokio::test]
async fn f_03_append_only() {
    let desk = Desk::open().await;
    desk.opened(&desk.admin).await;
    let before = rows(&desk).await;
    assert!(!before.is_empty());
    for statement in [
        "UPDATE audit SET address = NULL",
        "UPDATE audit SET at = at WHERE false",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "TRUNCATE firms CASCADE",
    ] {
        let mut conn = desk.app.store.conn().await.unwrap();
        let refused = conn.batch_execute(statement).await.unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(rows(&desk).await, before);
    desk.finish().await;
}
