//! D-09: transfers.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_engine::tables::staff_members;
use serde_json::{Value, json};

use super::desk::{Desk, each, errors};

const TRANSFERS: &str =
    "transfers { fromStaff { id } toStaff { id } fromDepartment { id } toDepartment { id }
    note author { id } at }";

/// D-09: transfers to a staff member, and to a department and its lead, with a note; each is in the list of transfers
/// and in the history. A transfer to a staff member keeps the department.
#[tokio::test]
async fn d_09_to_people_and_departments() {
    let desk = Desk::open().await;
    let lead = desk.firm.staff("lia@aurora.example", StaffRole::Member).await;
    let team = desk.firm.department("Fiscal", &lead, &[&desk.member]).await.encode();
    let id = desk.opened(&desk.member).await;
    let steps = [
        (json!({ "staffId": desk.manager.id() }), "Férias minhas.", &desk.manager, Value::Null),
        (json!({ "departmentId": team }), "", &lead, json!(team)),
        (json!({ "staffId": desk.owner.id() }), "Linha 1\nLinha 2", &desk.owner, json!(team)),
        // The same department, back to its lead.
        (json!({ "departmentId": team }), "", &lead, json!(team)),
    ];
    let mut from = (json!(desk.member.id()), Value::Null);
    let mut expected = Vec::new();
    for (to, note, assignee, department) in steps {
        desk.app.pass(TimeDelta::minutes(1));
        let input = json!({ "id": id, "to": to, "note": note });
        let payload = desk.done(&desk.manager, "ticketTransfer", input).await;
        assert_eq!(payload["transfer"]["note"], note);
        assert_eq!(payload["ticket"]["assignee"]["id"], assignee.id());
        assert_eq!(payload["ticket"]["department"]["id"], department);
        let now = (json!(assignee.id()), department);
        let of = |id: &Value| if id.is_null() { Value::Null } else { json!({ "id": id }) };
        expected.push(json!({
            "fromStaff": of(&from.0), "fromDepartment": of(&from.1), "toStaff": of(&now.0),
            "toDepartment": of(&now.1), "note": note, "author": { "id": desk.manager.id() },
            "at": desk.now(),
        }));
        from = now;
    }
    let seen =
        desk.look(&desk.member, &id, &format!("{TRANSFERS} history {{ field newValue reason }}")).await;
    assert_eq!(seen["transfers"], json!(expected));
    let changes = seen["history"].as_array().unwrap()[1..].iter();
    let changes: Vec<(Value, Value, Value)> =
        changes.map(|c| (c["field"].clone(), c["newValue"].clone(), c["reason"].clone())).collect();
    let (assignee, none) = (json!("ASSIGNEE"), Value::Null);
    assert_eq!(
        changes,
        [
            (assignee.clone(), json!(desk.manager.id()), json!("Férias minhas.")),
            (assignee.clone(), json!(lead.id()), none.clone()),
            (json!("DEPARTMENT"), json!(team), none.clone()),
            (assignee.clone(), json!(desk.owner.id()), json!("Linha 1\nLinha 2")),
            (assignee, json!(lead.id()), none),
        ]
    );
    desk.finish().await;
}

/// D-09: there is always an assignee, and a transfer must change something: to nobody, to somebody who left or has not
/// joined, or to who already has the ticket, it is refused and changes nothing.
#[tokio::test]
async fn d_09_refusals() {
    let desk = Desk::open().await;
    let gone = desk.firm.staff("gil@aurora.example", StaffRole::Member).await;
    let orphaned = desk.firm.department("Antigo", &gone, &[]).await.encode();
    let team = desk.firm.department("Fiscal", &desk.member, &[]).await.encode();
    diesel::update(staff_members::table.find(gone.staff_id()))
        .set(staff_members::disabled_at.eq(desk.app.store.now()))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let invited = desk.firm.staff("eva@aurora.example", StaffRole::Member).await;
    diesel::update(staff_members::table.find(invited.staff_id()))
        .set(staff_members::joined_at.eq(None::<chrono::DateTime<chrono::Utc>>))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let id = desk.opened(&desk.member).await;
    desk.done(&desk.member, "ticketTransfer", json!({ "id": id, "to": { "departmentId": team } })).await;
    let before = desk.see(&desk.member, &id).await;
    assert_eq!(
        before["assignee"]["id"],
        desk.member.id(),
        "a department without another person is a transfer"
    );
    let cases = [
        (json!({ "staffId": gone.id() }), "to.staffId:NOT_FOUND"),
        (json!({ "staffId": invited.id() }), "to.staffId:NOT_FOUND"),
        (json!({ "departmentId": orphaned }), "to.departmentId:DEPARTMENT_WITHOUT_LEAD"),
        (json!({ "staffId": desk.admin.id() }), "to.staffId:NOT_FOUND"),
        (json!({ "staffId": desk.member.id() }), "to:NOTHING_TO_TRANSFER"),
        (json!({ "departmentId": team }), "to:NOTHING_TO_TRANSFER"),
    ];
    for (to, refused) in cases {
        let payload = desk.act(&desk.member, "ticketTransfer", json!({ "id": id, "to": to })).await;
        assert_eq!(errors(&payload), [refused], "{to}");
        assert_eq!((&payload["ticket"], &payload["transfer"]), (&before, &Value::Null), "{to}");
    }
    for to in
        [json!({}), json!({ "staffId": null }), json!({ "staffId": desk.owner.id(), "departmentId": team })]
    {
        let answer = desk.send(&desk.member, "ticketTransfer", json!({ "id": id, "to": to })).await;
        assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{to}: {}", answer.body);
    }
    assert_eq!(desk.see(&desk.member, &id).await, before);
    desk.finish().await;
}

/// D-09: transfers are internal: clients cannot transfer, and see no transfers.
#[tokio::test]
async fn d_09_not_for_clients() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    let input = json!({ "id": id, "to": { "staffId": desk.manager.id() }, "note": "Cliente difícil." });
    assert_eq!(desk.refused(&desk.admin, "ticketTransfer", input.clone()).await, ["NOT_ALLOWED"]);
    desk.done(&desk.member, "ticketTransfer", input).await;
    let seen = desk.look(&desk.admin, &id, "assignee { id } transfers { note }").await;
    assert_eq!(seen, json!({ "assignee": null, "transfers": [] }));
    let staff = desk.look(&desk.member, &id, "transfers { note }").await;
    assert_eq!(each(&staff["transfers"], "note"), ["Cliente difícil."]);
    desk.finish().await;
}

/// D-09: of two transfers at once with the same version, one succeeds and the other is refused with `CONFLICT`.
#[tokio::test]
async fn d_09_at_once() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.member).await;
    let to = |person: &guichet_tests::world::Person| json!({ "id": id, "to": { "staffId": person.id() }, "expectedVersion": 1 });
    let (one, two) = futures_util::join!(
        desk.act(&desk.member, "ticketTransfer", to(&desk.owner)),
        desk.act(&desk.manager, "ticketTransfer", to(&desk.manager)),
    );
    let mut told = [errors(&one), errors(&two)].concat();
    told.sort();
    assert_eq!(told, ["CONFLICT"]);
    let seen = desk.look(&desk.member, &id, "assignee { id } transfers { toStaff { id } }").await;
    assert_eq!(seen["transfers"], json!([{ "toStaff": seen["assignee"] }]));
    desk.finish().await;
}
