//! Clients, lists, nodes and the viewer's rights over the API.

use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_schema::people::rights::{self, FirmAct};
use guichet_tests::app::TestApp;
use guichet_tests::world::Firm;
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: ClientCreateInput!) { clientCreate(input: $input) {
    client { id name version ticketEmails } userErrors { field code message } revision } }";

/// One effect per key: a repeated call gets the result of the first; with another input the key is refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_entered_once() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let input = json!({"idempotencyKey": "k", "name": " Padaria São João ", "ticketEmails": ["a@x.example"]});
    let first = app.ask(&firm.owner, CREATE, json!({ "input": input })).await;
    let client = &first["clientCreate"]["client"];
    assert_eq!((&client["name"], &client["version"]), (&json!("Padaria São João"), &json!(1)));
    assert_eq!(client["ticketEmails"], json!(["a@x.example"]));
    assert!(first["clientCreate"]["revision"].is_string());
    assert_eq!(app.ask(&firm.owner, CREATE, json!({ "input": input })).await, first);

    let other = json!({"input": {"idempotencyKey": "k", "name": "Other"}});
    let data = app.ask(&firm.owner, CREATE, other).await;
    assert_eq!(data["clientCreate"]["client"], Value::Null);
    assert_eq!(data["clientCreate"]["userErrors"][0]["code"], "IDEMPOTENCY_KEY_REUSED");

    let bad = json!({"idempotencyKey": "b", "name": "", "email": "x", "accountantId": "staff_"});
    let data = app.ask(&firm.owner, CREATE, json!({ "input": bad })).await;
    assert_eq!(data["clientCreate"]["userErrors"][0]["field"], json!(["accountantId"]), "an id that is none");
    let bad = json!({"input": {"idempotencyKey": "b", "name": "", "email": "x"}});
    let data = app.ask(&firm.owner, CREATE, bad).await;
    let told = &data["clientCreate"]["userErrors"];
    let fields = told.as_array().unwrap().iter().map(|error| error["field"].clone());
    assert_eq!(fields.collect::<Vec<_>>(), [json!(["email"]), json!(["name"])], "all at once");
    assert_eq!(told[1]["message"], "Preencha este campo.", "in the owner's language");
    app.finish().await;
}

/// An omitted field keeps its value, null removes it, and an old version is refused with `CONFLICT` and the current
/// client.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_changed() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let id = firm.client("Padaria", Some("pao@padaria.example")).await.encode();
    let query = "mutation($input: ClientUpdateInput!) { clientUpdate(input: $input) {
        client { name email phone version accountant { name } } userErrors { code } } }";
    let input =
        json!({"id": id, "expectedVersion": 1, "phone": "+55 11 1234", "accountantId": firm.owner.id()});
    let data = app.ask(&firm.owner, query, json!({ "input": input })).await;
    let expected = json!({"name": "Padaria", "email": "pao@padaria.example", "phone": "+55 11 1234",
        "version": 2, "accountant": {"name": "Olívia Prado"}});
    assert_eq!(data["clientUpdate"]["client"], expected);
    let input = json!({"id": id, "expectedVersion": 2, "email": null, "accountantId": null, "name": null});
    let data = app.ask(&firm.owner, query, json!({ "input": input })).await;
    let expected =
        json!({"name": "Padaria", "email": null, "phone": "+55 11 1234", "version": 3, "accountant": null});
    assert_eq!(data["clientUpdate"]["client"], expected);
    let data = app.ask(&firm.owner, query, json!({ "input": input })).await;
    assert_eq!(data["clientUpdate"], json!({"client": expected, "userErrors": [{"code": "CONFLICT"}]}));
    app.finish().await;
}

/// Lists are paged both ways with cursors; `totalCount` counts the whole list.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    for name in ["Delta", "Alfa", "Charlie", "Bravo", "Alfa"] {
        firm.client(name, None).await;
    }
    let query = "query($first: Int, $after: String, $last: Int, $before: String, $filter: ClientFilter) {
        clients(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
            totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
    let page = async |variables: Value| {
        let data = app.ask(&firm.owner, query, variables).await;
        let names = data["clients"]["nodes"].as_array().unwrap().iter();
        let names: Vec<_> = names.map(|node| node["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(data["clients"]["totalCount"], 5);
        (names.join(" "), data["clients"]["pageInfo"].clone())
    };
    let (names, info) = page(json!({"first": 2})).await;
    assert_eq!((names.as_str(), &info["hasNextPage"]), ("Alfa Alfa", &json!(true)));
    let (names, info) = page(json!({"first": 2, "after": info["endCursor"]})).await;
    assert_eq!((names.as_str(), &info["hasPreviousPage"]), ("Bravo Charlie", &json!(true)));
    let (names, last) = page(json!({"first": 2, "after": info["endCursor"]})).await;
    assert_eq!((names.as_str(), &last["hasNextPage"]), ("Delta", &json!(false)));
    let (names, _) = page(json!({"last": 3, "before": info["endCursor"]})).await;
    assert_eq!(names, "Alfa Alfa Bravo");

    let data = app.ask(&firm.owner, query, json!({"first": 9, "filter": {"search": "ALF"}})).await;
    assert_eq!(data["clients"]["totalCount"], 2);
    for wrong in [
        json!({}),
        json!({"first": 0}),
        json!({"first": 101}),
        json!({"first": 1, "last": 1}),
        json!({"first": 1, "after": "x"}),
        json!({"first": 1, "filter": {"accountantId": "client_1"}}),
    ] {
        let answer = app.send(Some(&firm.owner), query, wrong.clone()).await;
        assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{wrong}");
    }
    app.finish().await;
}

/// B-14: `nodes` returns null for an id of another firm, of another kind or of nothing, each at its position.
#[tokio::test(flavor = "multi_thread")]
async fn b_14_nodes_are_found_in_their_order() {
    let app = TestApp::start().await;
    let (firm, other) =
        (Firm::new(&app.store, "aurora.example").await, Firm::new(&app.store, "boreal.example").await);
    let (client, foreign) = (firm.client("Padaria", None).await, other.client("Outra", None).await);
    let service = firm.service("Parecer", 5000).await;
    let department = firm.department("Fiscal", &firm.owner, &[&firm.owner]).await;
    let ids = [
        service.encode(),
        foreign.encode(),
        client.encode(),
        client.encode().to_uppercase(),
        client.encode().replace("client", "ticket"),
        "nonsense".to_owned(),
        firm.owner.id(),
        department.encode(),
        firm.id.encode(),
        other.id.encode(),
        firm.owner.account_id.encode(),
        other.owner.account_id.encode(),
        client.encode(),
    ];
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id
        ... on ServiceItem { price { amountMinor currency } }
        ... on Department { lead { name } members { id } } } }";
    let data = app.ask(&firm.owner, query, json!({ "ids": ids })).await;
    let kinds: Vec<_> =
        data["nodes"].as_array().unwrap().iter().map(|node| node["__typename"].as_str()).collect();
    let expected = [
        Some("ServiceItem"),
        None,
        Some("Client"),
        None,
        None,
        None,
        Some("StaffMember"),
        Some("Department"),
        Some("Firm"),
        None,
        Some("Account"),
        None,
        Some("Client"),
    ];
    assert_eq!(kinds, expected);
    for (node, id) in data["nodes"].as_array().unwrap().iter().zip(&ids) {
        assert!(node.is_null() || node["id"] == **id);
    }
    assert_eq!(data["nodes"][0]["price"], json!({"amountMinor": 5000, "currency": "BRL"}));
    assert_eq!(data["nodes"][7]["lead"]["name"], "Olívia Prado");
    assert_eq!(data["nodes"][7]["members"], json!([{"id": firm.owner.id()}]));

    let many = vec![client.encode(); 101];
    let answer = app.send(Some(&firm.owner), query, json!({ "ids": many })).await;
    assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"));
    app.finish().await;
}

/// B-15: `viewer.viewerCan` lists what the viewer's role may do in the firm.
#[tokio::test(flavor = "multi_thread")]
async fn b_15_the_viewer_knows_its_rights() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let manager = firm.staff("m@aurora.example", StaffRole::Manager).await;
    let admin = firm.admin(firm.client("Padaria", None).await, "p@padaria.example").await;
    for person in [&firm.owner, &manager, &admin] {
        let query = "{ viewer { viewerCan { act allowed reason } } }";
        let data = app.ask(person, query, json!({})).await;
        let expected: Vec<Value> = FirmAct::ALL
            .iter()
            .map(|act| {
                let reason = rights::may(&person.membership, *act).err().map(|code| code.to_string());
                json!({"act": act.to_string(), "allowed": reason.is_none(), "reason": reason})
            })
            .collect();
        assert_eq!(data["viewer"]["viewerCan"], json!(expected));
    }
    app.finish().await;
}
