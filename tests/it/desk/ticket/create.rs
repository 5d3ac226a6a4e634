//! D-03: opening tickets.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_engine::tables::{service_items, staff_members};
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, errors, reais, text};

/// D-03: a new ticket has exactly the client, service item, accountant, assignee, subject, description and price that
/// were given.
#[tokio::test]
async fn d_03_what_is_said_is_there() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await;
    let team = desk.firm.department("Pessoal", &desk.owner, &[&desk.member]).await;
    let input = json!({
        "clientId": desk.client.encode(), "serviceItemId": service.encode(), "departmentId": team.encode(),
        "accountantId": desk.manager.id(), "assigneeId": desk.member.id(), "price": reais(9_900),
        "subject": "  Férias da Ana ", "description": "De 1 a 30.\r\nObrigado!\n",
    });
    let ticket = desk.ticket(&desk.owner, input).await;
    let told = |field: &str| ticket[field]["id"].clone();
    assert_eq!(told("client"), desk.client.encode());
    assert_eq!(told("serviceItem"), service.encode());
    assert_eq!(told("department"), team.encode());
    assert_eq!(told("accountant"), desk.manager.id());
    assert_eq!(told("assignee"), desk.member.id());
    assert_eq!(told("openedBy"), desk.owner.id());
    assert_eq!(ticket["accountant"]["name"], "marta");
    assert_eq!(ticket["subject"], "Férias da Ana");
    assert_eq!(ticket["description"], "De 1 a 30.\nObrigado!");
    assert_eq!(ticket["price"], reais(9_900));
    assert_eq!((&ticket["number"], &ticket["version"]), (&json!(1), &json!(1)));
    assert_eq!(ticket["createdAt"], ticket["updatedAt"]);
    assert_eq!(desk.see(&desk.member, &text(&ticket["id"])).await, ticket);
    desk.finish().await;
}

/// D-03: the default accountant is the client's.
#[tokio::test]
async fn d_03_the_accountant_is_filled_in() {
    let desk = Desk::open().await;
    assert_eq!(desk.ticket(&desk.member, json!({})).await["accountant"], Value::Null);
    desk.portfolio(desk.client, &desk.manager).await;
    for opener in [&desk.member, &desk.admin] {
        let ticket = desk.ticket(opener, json!({})).await;
        assert_eq!(ticket["accountant"], json!({ "id": desk.manager.id(), "name": "marta" }));
    }
    let other = desk.ticket(&desk.member, json!({ "accountantId": desk.member.id() })).await;
    assert_eq!(other["accountant"]["name"], "bruno");
    desk.finish().await;
}

/// D-03, D-09: there is always an assignee: the given one, else the department's lead, else the opener if that is
/// staff, else the client's accountant, else an owner.
#[tokio::test]
async fn d_03_somebody_does_the_work() {
    let desk = Desk::open().await;
    let lead = desk.firm.staff("lia@aurora.example", StaffRole::Member).await;
    let team = desk.firm.department("Fiscal", &lead, &[]).await;
    let service = desk.firm.service("Guia avulsa", 2_000).await;
    diesel::update(service_items::table.find(service))
        .set(service_items::department_id.eq(team))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let assignee = async |by: &Person, input: Value| {
        let id = text(&desk.ticket(by, input).await["id"]);
        let seen = desk.see(&desk.owner, &id).await;
        (seen["assignee"]["id"].clone(), seen["department"]["id"].clone())
    };
    let of = |person: &Person| json!(person.id());
    let (service, dept) = (service.encode(), json!(team.encode()));
    let said = json!({ "assigneeId": desk.manager.id(), "departmentId": dept });
    assert_eq!(assignee(&desk.member, said).await, (of(&desk.manager), dept.clone()));
    let of_department = json!({ "departmentId": dept });
    assert_eq!(assignee(&desk.member, of_department).await, (of(&lead), dept.clone()));
    for opener in [&desk.member, &desk.admin] {
        let of_service = json!({ "serviceItemId": service });
        assert_eq!(assignee(opener, of_service).await, (of(&lead), dept.clone()));
    }
    assert_eq!(assignee(&desk.member, json!({})).await, (of(&desk.member), Value::Null));
    assert_eq!(assignee(&desk.admin, json!({})).await, (of(&desk.owner), Value::Null));
    desk.portfolio(desk.client, &desk.manager).await;
    assert_eq!(assignee(&desk.admin, json!({})).await, (of(&desk.manager), Value::Null));
    // Staff who left or have not joined get no work.
    diesel::update(staff_members::table.find(lead.staff_id()))
        .set(staff_members::disabled_at.eq(desk.app.store.now()))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    diesel::update(staff_members::table.find(desk.manager.staff_id()))
        .set(staff_members::joined_at.eq(None::<chrono::DateTime<chrono::Utc>>))
        .execute(&mut desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    let of_service = json!({ "serviceItemId": service });
    assert_eq!(assignee(&desk.member, of_service.clone()).await, (of(&desk.member), dept.clone()));
    assert_eq!(assignee(&desk.admin, of_service).await, (of(&desk.owner), dept.clone()));
    let client = desk.client.encode();
    for (field, id, refused) in [
        ("departmentId", dept.clone(), "departmentId:DEPARTMENT_WITHOUT_LEAD"),
        ("assigneeId", of(&lead), "assigneeId:NOT_FOUND"),
        ("assigneeId", of(&desk.manager), "assigneeId:NOT_FOUND"),
        ("accountantId", of(&desk.manager), "accountantId:NOT_FOUND"),
    ] {
        let input = json!({ "clientId": client, "subject": "Guia", field: id });
        assert_eq!(desk.refused(&desk.member, "ticketCreate", input).await, [refused]);
    }
    desk.finish().await;
}

/// D-03: the price comes from the service and can be overridden, also with zero; without a service it is zero. Later
/// changes of the price list do not affect tickets.
#[tokio::test]
async fn d_03_prices_come_from_the_list() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let price = async |by: &Person, input: Value| desk.ticket(by, input).await["price"].clone();
    assert_eq!(price(&desk.member, json!({})).await, reais(0));
    assert_eq!(price(&desk.member, json!({ "price": reais(123) })).await, reais(123));
    let of_list = json!({ "serviceItemId": service });
    assert_eq!(price(&desk.admin, of_list.clone()).await, reais(15_000));
    assert_eq!(price(&desk.member, json!({ "serviceItemId": service, "price": reais(0) })).await, reais(0));
    let max = 1_000_000_000_000_i64;
    assert_eq!(
        price(&desk.member, json!({ "serviceItemId": service, "price": reais(max) })).await,
        reais(max)
    );

    let before = desk.ticket(&desk.member, of_list.clone()).await;
    let dearer = json!({ "id": service, "expectedVersion": 1, "price": reais(20_000), "name": "Folha" });
    desk.done(&desk.manager, "serviceItemUpdate", dearer).await;
    let after = desk.see(&desk.member, &text(&before["id"])).await;
    assert_eq!((&after["price"], &after["version"]), (&reais(15_000), &json!(1)));
    assert_eq!(after["serviceItem"]["name"], "Folha");
    assert_eq!(price(&desk.member, of_list).await, reais(20_000));
    desk.finish().await;
}

/// D-03: amounts in another currency or out of range and other wrong input are refused by field, and no ticket is
/// opened.
#[tokio::test]
async fn d_03_refusals() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let retired = json!({ "id": service, "expectedVersion": 1, "active": false });
    desk.done(&desk.manager, "serviceItemUpdate", retired).await;
    let client = desk.client.encode();
    let euros = json!({ "amountMinor": 1, "currency": "EUR" });
    let cases = [
        (json!({ "price": euros }), vec!["price:WRONG_CURRENCY"]),
        (json!({ "price": reais(-1) }), vec!["price:OUT_OF_RANGE"]),
        (json!({ "price": reais(1_000_000_000_001) }), vec!["price:OUT_OF_RANGE"]),
        (json!({ "serviceItemId": service }), vec!["serviceItemId:SERVICE_ITEM_INACTIVE"]),
        (json!({ "subject": " " }), vec!["subject:REQUIRED"]),
        (json!({ "subject": "a\r\nBcc: x" }), vec!["subject:INVALID_TEXT"]),
        (
            json!({ "subject": "x".repeat(201), "description": "x".repeat(20_001) }),
            vec!["subject:TOO_LONG", "description:TOO_LONG"],
        ),
        (json!({ "clientId": null, "subject": "" }), vec!["subject:REQUIRED", "clientId:REQUIRED"]),
    ];
    for (changed, refused) in cases {
        let mut input = json!({ "clientId": client, "subject": "Guia" });
        input.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        let payload = desk.act(&desk.member, "ticketCreate", input).await;
        assert_eq!(errors(&payload), refused);
        assert_eq!(payload["ticket"], Value::Null);
    }
    // A number of this size is not exact in JSON.
    let input = json!({ "clientId": client, "subject": "Guia", "price": reais(9_007_199_254_740_993) });
    let answer = desk.send(&desk.member, "ticketCreate", input).await;
    assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"));
    // No refused call used a number.
    assert_eq!(desk.ticket(&desk.member, json!({})).await["number"], 1);
    desk.finish().await;
}

/// D-03: portal users cannot set the fields of staff; they may name their client or omit it.
#[tokio::test]
async fn d_03_clients_say_what_they_want() {
    let desk = Desk::open().await;
    let team = desk.firm.department("Fiscal", &desk.owner, &[]).await;
    let of_staff = json!({
        "subject": "Guia", "accountantId": desk.manager.id(), "assigneeId": desk.member.id(),
        "departmentId": team.encode(), "price": reais(0), "collectChargeIds": ["charge_0"],
    });
    let refused = desk.refused(&desk.admin, "ticketCreate", of_staff.clone()).await;
    // An invalid id is reported before the missing rights.
    assert_eq!(refused, ["collectChargeIds.0:NOT_FOUND"]);
    for field in ["accountantId", "assigneeId", "departmentId", "price"] {
        let input = json!({ "subject": "Guia", field: of_staff[field] });
        assert_eq!(desk.refused(&desk.admin, "ticketCreate", input).await, [format!("{field}:NOT_ALLOWED")]);
    }
    for client in [Value::Null, json!(desk.client.encode())] {
        let input = json!({ "subject": "Guia", "clientId": client });
        let ticket = desk.done(&desk.admin, "ticketCreate", input).await["ticket"].clone();
        assert_eq!(ticket["client"]["id"], desk.client.encode());
        // Internal fields are null for clients.
        assert_eq!((&ticket["assignee"], &ticket["department"]), (&Value::Null, &Value::Null));
        assert_eq!(ticket["isUntouched"], Value::Null);
    }
    desk.finish().await;
}

/// D-03: tickets are numbered per firm, without gaps, also when many are opened at once.
#[tokio::test]
async fn d_03_numbers() {
    let desk = Desk::open().await;
    let tickets = (0..20).map(|_| desk.ticket(&desk.member, json!({})));
    let mut numbers: Vec<i64> = futures_util::future::join_all(tickets)
        .await
        .iter()
        .map(|ticket| ticket["number"].as_i64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<i64>>());
    desk.finish().await;
}
