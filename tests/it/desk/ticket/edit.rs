//! D-03: which fields of a ticket can be edited, and until when.

use guichet_base::id::Id;
use serde_json::{Value, json};

use super::desk::{CLOSED, Desk, STATUSES, errors, is_closed, reais, text};

/// D-03: each field can be edited while the ticket is open. An omitted field keeps its value, null removes a service or
/// accountant. A new service brings its price unless one is given.
#[tokio::test]
async fn d_03_edits() {
    let desk = Desk::open().await;
    let payroll = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let taxes = desk.firm.service("Guia avulsa", 2_000).await.encode();
    let first =
        json!({ "serviceItemId": payroll, "accountantId": desk.manager.id(), "description": "Antes." });
    let mut ticket = desk.ticket(&desk.member, first).await;
    let steps = [
        (json!({ "subject": "Férias" }), json!({ "subject": "Férias" })),
        (json!({ "description": "" }), json!({ "description": "" })),
        (json!({ "price": reais(1) }), json!({ "price": reais(1) })),
        (
            json!({ "serviceItemId": taxes }),
            json!({ "serviceItem": { "id": taxes, "name": "Guia avulsa" }, "price": reais(2_000) }),
        ),
        (
            json!({ "serviceItemId": payroll, "price": reais(7) }),
            json!({ "serviceItem": { "id": payroll, "name": "Folha de pagamento" }, "price": reais(7) }),
        ),
        (json!({ "serviceItemId": null }), json!({ "serviceItem": null })),
        (
            json!({ "accountantId": desk.member.id() }),
            json!({ "accountant": { "id": desk.member.id(), "name": "bruno" } }),
        ),
        (json!({ "accountantId": null }), json!({ "accountant": null })),
        (
            json!({ "subject": "Tudo", "description": "De novo.", "price": reais(9) }),
            json!({ "subject": "Tudo", "description": "De novo.", "price": reais(9) }),
        ),
    ];
    for (edit, changed) in steps {
        let version = ticket["version"].as_i64().unwrap();
        let mut input = json!({ "id": ticket["id"], "expectedVersion": version });
        input.as_object_mut().unwrap().extend(edit.as_object().unwrap().clone());
        let mut expected = ticket.clone();
        expected.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
        (expected["version"], expected["isUntouched"]) = (json!(version + 1), json!(false));
        ticket = desk.done(&desk.member, "ticketEdit", input).await["ticket"].clone();
        assert_eq!(ticket, expected, "{edit}");
    }
    desk.finish().await;
}

/// D-03: an edit that changes nothing leaves no trace, and a refused one changes nothing.
#[tokio::test]
async fn d_03_edits_without_effect() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let retired = desk.firm.service("Antigo", 1).await.encode();
    let input = json!({ "id": retired, "expectedVersion": 1, "active": false });
    desk.done(&desk.manager, "serviceItemUpdate", input).await;
    let ticket = desk.ticket(&desk.admin, json!({ "serviceItemId": service })).await;
    let id = text(&ticket["id"]);
    let before = desk.see(&desk.member, &id).await;
    let same = json!({
        "id": id, "expectedVersion": 1, "subject": ticket["subject"], "price": reais(15_000), "serviceItemId": service,
    });
    let payload = desk.done(&desk.member, "ticketEdit", same).await;
    assert_eq!((&payload["ticket"], &payload["revision"]), (&before, &Value::Null));
    let euros = json!({ "amountMinor": 1, "currency": "EUR" });
    let cases = [
        (json!({ "subject": "" }), "subject:REQUIRED"),
        (json!({ "subject": "Novo", "price": reais(-1) }), "price:OUT_OF_RANGE"),
        (json!({ "subject": "Novo", "price": euros }), "price:WRONG_CURRENCY"),
        (json!({ "subject": "Novo", "serviceItemId": retired }), "serviceItemId:SERVICE_ITEM_INACTIVE"),
        (json!({ "subject": "Novo", "accountantId": "staff_0" }), "accountantId:NOT_FOUND"),
    ];
    for (edit, refused) in cases {
        let mut input = json!({ "id": id, "expectedVersion": 1 });
        input.as_object_mut().unwrap().extend(edit.as_object().unwrap().clone());
        let payload = desk.act(&desk.member, "ticketEdit", input).await;
        assert_eq!(errors(&payload), [refused]);
        assert_eq!(payload["ticket"], before, "{edit}");
    }
    desk.finish().await;
}

/// D-03: a ticket keeps a service that is no longer offered, and stays editable.
#[tokio::test]
async fn d_03_a_service_that_is_retired_later() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let id = text(&desk.ticket(&desk.admin, json!({ "serviceItemId": service })).await["id"]);
    let retire = json!({ "id": service, "expectedVersion": 1, "active": false });
    desk.done(&desk.manager, "serviceItemUpdate", retire).await;
    let edit = json!({ "id": id, "expectedVersion": 1, "serviceItemId": service, "subject": "Férias" });
    assert_eq!(desk.done(&desk.member, "ticketEdit", edit).await["ticket"]["subject"], "Férias");
    assert_eq!(desk.see(&desk.admin, &id).await["serviceItem"]["name"], "Folha de pagamento");
    // No other ticket can be opened for it. The client, who knows it from this one, gets the reason.
    let again = json!({ "subject": "Mais uma", "serviceItemId": service });
    let refused = desk.refused(&desk.admin, "ticketCreate", again).await;
    assert_eq!(refused, ["serviceItemId:SERVICE_ITEM_INACTIVE"]);
    desk.finish().await;
}

/// D-03: a closed ticket accepts internal notes, but no edit, no transfer and no message from either side; an open one
/// accepts all of them. Clients cannot edit.
#[tokio::test]
async fn d_03_closed_ones_take_notes_only() {
    let desk = Desk::open().await;
    for status in STATUSES {
        let id = desk.ticket_in(status).await;
        let version = desk.see(&desk.member, &id).await["version"].clone();
        let edit = json!({ "id": id, "expectedVersion": version, "subject": "Outro" });
        let public = json!({ "id": id, "visibility": "PUBLIC", "body": "Bom dia" });
        let note = json!({ "id": id, "visibility": "INTERNAL", "body": "Ligar amanhã" });
        let hand_over = json!({ "id": id, "to": { "staffId": desk.owner.id() } });
        assert_eq!(desk.refused(&desk.admin, "ticketEdit", edit.clone()).await, ["NOT_ALLOWED"], "{status}");
        let allowed: &[&str] = if is_closed(status) { &CLOSED } else { &[] };
        assert_eq!(desk.refused(&desk.member, "ticketEdit", edit).await, allowed, "{status}");
        assert_eq!(
            desk.refused(&desk.member, "ticketMessagePost", public.clone()).await,
            allowed,
            "{status}"
        );
        assert_eq!(desk.refused(&desk.admin, "ticketMessagePost", public).await, allowed, "{status}");
        assert_eq!(desk.refused(&desk.member, "ticketTransfer", hand_over).await, allowed, "{status}");
        desk.done(&desk.member, "ticketMessagePost", note).await;
    }
    desk.finish().await;
}
