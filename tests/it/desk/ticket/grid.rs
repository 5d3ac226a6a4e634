//! D-01: the list of tickets: its columns and filters.

use chrono::TimeDelta;
use guichet_base::id::Id;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::desk::{Desk, TICKET, each, reais, text};

const QUERY: &str = "query Grid($filter: TicketFilter) { tickets(filter: $filter, first: 100,
    orderBy: { field: NUMBER, direction: ASC }) { totalCount nodes { subject } } }";

/// The subjects that a filter finds, by number; checks `totalCount`.
pub async fn found(desk: &Desk, by: &Person, filter: Value) -> Vec<String> {
    let grid = desk.app.ask(by, QUERY, json!({ "filter": filter })).await["tickets"].clone();
    let subjects: Vec<String> = each(&grid["nodes"], "subject").iter().map(text).collect();
    assert_eq!(grid["totalCount"], subjects.len(), "{filter}");
    subjects
}

/// D-01: each row has client, opened by, subject, assignee, opened, updated, price, service, status, and what the
/// viewer may do now, with the same values as the ticket itself.
#[tokio::test]
async fn d_01_columns() {
    let desk = Desk::open().await;
    let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
    let first = text(&desk.ticket(&desk.admin, json!({ "serviceItemId": service })).await["id"]);
    desk.app.pass(TimeDelta::hours(1));
    let second = desk.opened(&desk.member).await;
    desk.app.pass(TimeDelta::hours(1));
    desk.set(&first, "FINISHED").await;
    let fields = format!("{TICKET} viewerCan {{ act allowed reason }}");
    let grid = format!(
        "{{ tickets(first: 10) {{ totalCount edges {{ node {{ {fields} }} }} nodes {{ {fields} }} }} }}"
    );
    for by in [&desk.owner, &desk.member, &desk.admin] {
        let seen = desk.app.ask(by, &grid, json!({})).await["tickets"].clone();
        let mut rows = Vec::new();
        for id in [&first, &second] {
            rows.push(desk.look(by, id, &fields).await);
        }
        assert_eq!(seen["nodes"], json!(rows));
        assert_eq!(each(&seen["edges"], "node"), rows);
        assert_eq!(seen["totalCount"], 2);
    }
    let row = desk.look(&desk.owner, &first, &fields).await;
    assert_eq!(row["client"]["name"], "Padaria São João");
    assert_eq!(
        row["openedBy"],
        json!({ "__typename": "PortalAccess", "id": desk.admin.id(), "name": "ana" })
    );
    assert_eq!(row["assignee"]["name"], "Olívia Prado");
    assert_eq!(row["serviceItem"]["name"], "Folha de pagamento");
    assert_eq!((&row["status"], &row["price"]), (&json!("FINISHED"), &reais(15_000)));
    assert_eq!(row["createdAt"], "2026-03-02T12:00:00+00:00");
    assert_eq!(row["updatedAt"], "2026-03-02T14:00:00+00:00");
    assert_eq!(row["viewerCan"].as_array().unwrap().len(), 8);
    desk.finish().await;
}

/// Five tickets, opened one hour apart, that differ in every filterable field.
struct Five {
    desk: Desk,
    market: String,
    team: String,
    service: String,
}

impl Five {
    async fn new() -> Self {
        let desk = Desk::open().await;
        let market = desk.firm.client("Mercado", None).await;
        let eva = desk.firm.admin(market, "eva@mercado.example").await;
        let team = desk.firm.department("Fiscal", &desk.manager, &[]).await.encode();
        let service = desk.firm.service("Folha de pagamento", 15_000).await.encode();
        let market = market.encode();
        let tickets = [
            (&desk.owner, json!({ "subject": "um", "accountantId": desk.manager.id() })),
            (&desk.admin, json!({ "subject": "dois", "serviceItemId": service })),
            (&desk.member, json!({ "subject": "três", "departmentId": team })),
            (&eva, json!({ "subject": "quatro", "clientId": market })),
            (
                &desk.member,
                json!({ "subject": "cinco", "clientId": market, "assigneeId": desk.manager.id() }),
            ),
        ];
        let mut ids = Vec::new();
        for (by, input) in tickets {
            ids.push(text(&desk.ticket(by, input).await["id"]));
            desk.app.pass(TimeDelta::hours(1));
        }
        desk.set(&ids[0], "IN_ANALYSIS").await;
        desk.set(&ids[4], "FINISHED").await;
        Self { desk, market, team, service }
    }
}

/// D-01: each filter finds exactly the matching tickets among those that the viewer, staff or client, can see.
#[tokio::test]
async fn d_01_filters() {
    let Five { desk, market, team, service } = Five::new().await;
    let staff = |person: &Person| json!([person.id()]);
    let all = vec!["um", "dois", "três", "quatro", "cinco"];
    let at = |hour: u8| json!(format!("2026-03-02T{hour}:00:00Z"));
    let cases = [
        (json!(null), all.clone()),
        (json!({}), all.clone()),
        (json!({ "status": ["OPEN"] }), vec!["dois", "três", "quatro"]),
        (json!({ "status": ["FINISHED", "IN_ANALYSIS"] }), vec!["um", "cinco"]),
        (json!({ "status": ["CANCELED"] }), vec![]),
        (json!({ "status": [] }), vec![]),
        (json!({ "clientIds": [market] }), vec!["quatro", "cinco"]),
        (json!({ "clientIds": [market, desk.client.encode()] }), all.clone()),
        (json!({ "clientIds": [] }), vec![]),
        (json!({ "assigneeIds": staff(&desk.owner) }), vec!["um", "dois", "quatro"]),
        (json!({ "assigneeIds": staff(&desk.manager) }), vec!["três", "cinco"]),
        (json!({ "accountantIds": staff(&desk.manager) }), vec!["um"]),
        (json!({ "departmentIds": [team] }), vec!["três"]),
        (json!({ "serviceItemIds": [service] }), vec!["dois"]),
        // The begin of a period is included, its end is not.
        (json!({ "createdFrom": at(14) }), vec!["três", "quatro", "cinco"]),
        (json!({ "createdTo": at(14) }), vec!["um", "dois"]),
        (json!({ "createdFrom": at(13), "createdTo": at(15) }), vec!["dois", "três"]),
        (json!({ "updatedFrom": at(17) }), vec!["um", "cinco"]),
        (json!({ "updatedTo": at(17) }), vec!["dois", "três", "quatro"]),
        (json!({ "createdFrom": "0001-01-01T00:00:00Z", "updatedTo": "9999-12-31T23:59:59Z" }), all.clone()),
        (json!({ "isUntouched": true }), vec!["dois", "três", "quatro"]),
        (json!({ "isUntouched": false }), vec!["um", "cinco"]),
        (json!({ "openedByClient": true }), vec!["dois", "quatro"]),
        (json!({ "openedByClient": false }), vec!["um", "três", "cinco"]),
        (json!({ "search": "TRES" }), vec!["três"]),
        (json!({ "search": "" }), all.clone()),
        // A ticket must match all conditions.
        (json!({ "status": ["OPEN"], "openedByClient": true, "clientIds": [market] }), vec!["quatro"]),
        (json!({ "status": ["OPEN"], "openedByClient": false, "clientIds": [market] }), vec![]),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&desk, &desk.member, filter.clone()).await, expected, "{filter}");
        let own: Vec<&str> = expected.into_iter().filter(|s| ["um", "dois", "três"].contains(s)).collect();
        if !["assigneeIds", "departmentIds", "isUntouched"].iter().any(|field| filter.get(field).is_some()) {
            assert_eq!(found(&desk, &desk.admin, filter.clone()).await, own, "{filter}");
        }
    }
    desk.finish().await;
}

/// D-01, D-06, D-09: filters by internal fields are refused to clients, so that no count reveals these fields.
#[tokio::test]
async fn d_01_filters_tell_clients_nothing() {
    let Five { desk, team, .. } = Five::new().await;
    let query =
        "query F($filter: TicketFilter) { tickets(filter: $filter, first: 9) { totalCount nodes { id } } }";
    for filter in [
        json!({ "assigneeIds": [desk.owner.id()] }),
        json!({ "assigneeIds": [desk.member.id()] }),
        json!({ "departmentIds": [team] }),
        json!({ "departmentIds": [] }),
        json!({ "isUntouched": true }),
        json!({ "isUntouched": false }),
    ] {
        let answer = desk.app.send(Some(&desk.admin), query, json!({ "filter": filter })).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["reason"], "NOT_ALLOWED", "{filter}");
        assert_eq!(answer.body["data"], Value::Null, "{filter}");
    }
    desk.finish().await;
}

/// D-01, B-14: an invalid id, or one of something that the viewer cannot see, finds nothing.
#[tokio::test]
async fn d_01_filters_by_foreign_ids() {
    let Five { desk, market, .. } = Five::new().await;
    for field in ["clientIds", "assigneeIds", "accountantIds", "departmentIds", "serviceItemIds"] {
        for id in ["", "nonsense", "client_0", "ticket_00000000000000000000000000000000"] {
            assert_eq!(
                found(&desk, &desk.member, json!({ field: [id] })).await,
                Vec::<String>::new(),
                "{field} {id}"
            );
        }
    }
    assert_eq!(found(&desk, &desk.admin, json!({ "clientIds": [market] })).await, Vec::<String>::new());
    desk.finish().await;
}

/// D-01, B-14: by ids, in the order of the list; ids of others and of other nouns find nothing, and other conditions hold.
#[tokio::test]
async fn d_01_tickets_by_ids() {
    let Five { desk, market, .. } = Five::new().await;
    let query = "{ tickets(first: 9, orderBy: { field: NUMBER, direction: ASC }) { nodes { id } } }";
    let all = desk.app.ask(&desk.owner, query, json!({})).await;
    let ids: Vec<String> = each(&all["tickets"]["nodes"], "id").iter().map(text).collect();
    let some = json!([ids[3], ids[0], market, "nonsense", ids[0]]);
    assert_eq!(found(&desk, &desk.member, json!({ "ids": some })).await, ["um", "quatro"]);
    assert_eq!(found(&desk, &desk.member, json!({ "ids": some, "clientIds": [market] })).await, ["quatro"]);
    assert_eq!(found(&desk, &desk.admin, json!({ "ids": some })).await, ["um"]);
    assert_eq!(found(&desk, &desk.member, json!({ "ids": [] })).await, [""; 0]);
    desk.finish().await;
}

/// D-12: tickets with messages that the viewer has not read; for a client notes are none.
#[tokio::test]
async fn d_12_unread_tickets() {
    let desk = Desk::open().await;
    let ids = [("noted", "INTERNAL"), ("written", "PUBLIC"), ("silent", "")];
    let mut tickets = Vec::new();
    for (subject, visibility) in ids {
        let id = text(&desk.ticket(&desk.member, json!({ "subject": subject })).await["id"]);
        if !visibility.is_empty() {
            desk.post(&desk.member, &id, visibility, "Bom dia").await;
        }
        tickets.push(id);
    }
    let unread = async |by: &Person| found(&desk, by, json!({ "unread": true })).await;
    let read = async |by: &Person| found(&desk, by, json!({ "unread": false })).await;
    assert_eq!((unread(&desk.owner).await.len(), read(&desk.owner).await.len()), (2, 1));
    assert_eq!(unread(&desk.admin).await, ["written"]);
    assert_eq!(read(&desk.admin).await, ["noted", "silent"]);
    assert_eq!(unread(&desk.member).await, [""; 0], "who wrote them has read them");
    desk.done(&desk.owner, "ticketMarkRead", json!({ "id": tickets[0] })).await;
    assert_eq!(unread(&desk.owner).await, ["written"]);
    desk.post(&desk.admin, &tickets[2], "PUBLIC", "Boa tarde").await;
    assert_eq!(unread(&desk.owner).await, ["written", "silent"]);
    assert_eq!(unread(&desk.admin).await, ["written"]);
    desk.finish().await;
}
