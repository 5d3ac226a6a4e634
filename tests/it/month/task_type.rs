//! Kinds of work.

use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, text};

/// C-08: what a frontend reads of a kind of work it can send back as it is, with the obligations of documents; then nothing
/// changes.
#[tokio::test]
async fn c_08_what_is_read_can_be_sent_back() {
    let desk = Desk::open().await;
    let obligation = async |code: &str| {
        let create = json!({
            "code": code, "name": code, "category": "TAX", "periodKind": "MONTH", "jurisdiction": "ANY",
            "rules": [{
                "due": { "at": "PERIOD_END", "go": [{ "months": 1 }, { "day": 20 }], "shift": "KEEP" },
                "source": "Ata 1", "status": "CONFIRMED"
            }]
        });
        desk.done(&desk.owner, "obligationCreate", create).await["obligation"]["id"].clone()
    };
    let (of_work, of_document) = (obligation("OWN-1").await, obligation("OWN-2").await);
    let create = json!({
        "name": "Guia", "category": "TAX", "obligationId": of_work,
        "recurrence": { "periodKind": "MONTH", "generateMonth": 1, "generateDay": 1 },
        "documents": [
            { "name": "Notas", "direction": "INPUT", "category": "TAX", "secondFile": "ADD", "isRequired": false },
            {
                "name": "Guia", "direction": "OUTPUT", "category": "TAX", "secondFile": "REPLACE", "folder": "Guias",
                "obligationId": of_document, "wantsApproval": true
            }
        ]
    });
    let made = desk.done(&desk.owner, "taskTypeCreate", create).await["taskType"].clone();
    let read = async || {
        let query = "query T($id: ID!) { node(id: $id) { ... on TaskType { version documents {
            id name direction category folder obligation { id } secondFile publishOnUpload wantsApproval isRequired
        } } } }";
        desk.app.ask(&desk.owner, query, json!({ "id": made["id"] })).await["node"].clone()
    };
    let before = read().await;
    assert_eq!(before["documents"][0]["obligation"], Value::Null);
    assert_eq!(before["documents"][1]["obligation"]["id"], of_document);
    let mut documents = before["documents"].clone();
    for document in documents.as_array_mut().unwrap() {
        let fields = document.as_object_mut().unwrap();
        let obligation = fields.remove("obligation").unwrap();
        fields.insert("obligationId".to_owned(), obligation.get("id").cloned().unwrap_or(Value::Null));
    }
    let input = json!({ "id": text(&made["id"]), "expectedVersion": 1, "documents": documents });
    desk.done(&desk.owner, "taskTypeUpdate", input).await;
    assert_eq!(read().await, before);
    desk.finish().await;
}

/// C-09: the years that were confirmed are read back, by staff alone, and go when they are taken back.
#[tokio::test]
async fn c_09_confirmed_years_are_read() {
    let desk = Desk::open().await;
    let years = async |by| {
        let query = "{ calendarYears { country region city year } }";
        desk.app.ask(by, query, json!({})).await["calendarYears"].clone()
    };
    let of_city = json!({ "country": "BR", "region": "BR-SP", "city": "3550308", "year": 2027 });
    desk.done(&desk.owner, "calendarYearConfirm", of_city.clone()).await;
    desk.done(&desk.owner, "calendarYearConfirm", json!({ "country": "FR", "year": 2027 })).await;
    let of_country = json!({ "country": "FR", "region": null, "city": null, "year": 2027 });
    assert_eq!(years(&desk.member).await, json!([of_city, of_country]));
    assert_eq!(years(&desk.admin).await, json!([]));
    let back = json!({ "country": "FR", "year": 2027, "isComplete": false });
    desk.done(&desk.owner, "calendarYearConfirm", back).await;
    assert_eq!(years(&desk.member).await, json!([of_city]));
    desk.finish().await;
}
