//! What people type and paste, and what programs send: one form for every text, sensible values, and errors that say
//! what is wrong where.

mod amounts;
mod drafts;
mod ids;
mod pace;
mod texts;

use guichet_base::id::Id;
use guichet_tests::websocket::Websocket;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, each, text};

/// Two spellings of one name are one name, however they were typed.
#[tokio::test]
async fn a_name_has_one_form() {
    let desk = Desk::open().await;
    let item = json!({ "name": "Folha de Março", "price": { "amountMinor": 1000, "currency": "BRL" } });
    desk.done(&desk.owner, "serviceItemCreate", item.clone()).await;
    let lead = desk.manager.id();
    let department = |name: &str| json!({ "name": name, "leadId": lead, "memberIds": [] });
    desk.done(&desk.owner, "departmentCreate", department("Folha de Março")).await;
    for spelled in [
        "Folha de Marc\u{327}o",
        "  Folha\u{a0}de  Março ",
        "Fo\u{200b}lha de Mar\u{ad}ço",
        "\u{feff}Folha de Março\u{7}",
        "Folha\u{b}de\u{2009}Março",
    ] {
        let mut again = item.clone();
        again["name"] = json!(spelled);
        assert_eq!(
            desk.refused(&desk.owner, "serviceItemCreate", again).await,
            ["name:TAKEN"],
            "{spelled:?}"
        );
        let again = desk.refused(&desk.owner, "departmentCreate", department(spelled)).await;
        assert_eq!(again, ["name:TAKEN"], "{spelled:?}");
    }
    desk.finish().await;
}

/// What nobody sees is no text, and what deceives is refused; what means nothing is taken out.
#[tokio::test]
async fn what_is_not_seen_is_not_there() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    for blank in ["\u{200b}", "\u{ad}\u{3164}", "\u{2800}", " \u{feff}\n", "\u{e0041}", "\u{7}"] {
        let subject = json!({ "clientId": desk.client.encode(), "subject": blank });
        assert_eq!(
            desk.refused(&desk.member, "ticketCreate", subject).await,
            ["subject:REQUIRED"],
            "{blank:?}"
        );
        let message = json!({ "id": id, "visibility": "PUBLIC", "body": blank });
        assert_eq!(
            desk.refused(&desk.admin, "ticketMessagePost", message).await,
            ["body:REQUIRED"],
            "{blank:?}"
        );
        let rejection = json!({ "id": id, "status": "REJECTED", "reason": blank });
        let refused = desk.refused(&desk.member, "ticketStatusChange", rejection).await;
        assert_eq!(refused, ["reason:REASON_REQUIRED"], "{blank:?}");
        let client = json!({ "name": blank, "locale": "PT_BR" });
        assert_eq!(desk.refused(&desk.owner, "clientCreate", client).await, ["name:REQUIRED"], "{blank:?}");
    }
    let reversed = json!({ "clientId": desk.client.encode(), "subject": "fdp.\u{202e}exe" });
    assert_eq!(desk.refused(&desk.member, "ticketCreate", reversed).await, ["subject:INVALID_TEXT"]);
    let pasted =
        "Primeira\u{b}segunda\u{7}\u{200b}\r\nterceira \u{202a}+55 11\u{202c} 👨\u{200d}👩\u{200d}👧";
    desk.post(&desk.admin, &id, "PUBLIC", pasted).await;
    let seen = desk.look(&desk.member, &id, "conversation(last: 1) { nodes { body } }").await;
    let body = "Primeira\nsegunda\nterceira +55 11 👨\u{200d}👩\u{200d}👧";
    assert_eq!(seen["conversation"]["nodes"][0]["body"], body);
    desk.finish().await;
}

/// Every date and moment lies in a sensible range; nothing else reaches the database.
#[tokio::test]
async fn dates_are_sensible() {
    let desk = Desk::open().await;
    let charges =
        "query C($at: Date) { charges(filter: { dueFrom: $at, dueTo: $at }, first: 1) { totalCount } }";
    let tickets = "query T($at: DateTime) {
        tickets(filter: { createdFrom: $at, createdTo: $at, updatedFrom: $at, updatedTo: $at }, first: 1) { totalCount }
    }";
    let dates = [
        "-10000-01-01",
        "+12026-11-29",
        "0001-01-01",
        "1899-12-31",
        "2200-01-01",
        "9999-12-31",
        "2026-11-31",
    ];
    let moments =
        ["-10000-01-01T00:00:00Z", "+12026-11-29T00:00:00Z", "0000-12-31T23:59:59Z", "2026-11-31T00:00:00Z"];
    for (query, values) in [(charges, &dates[..]), (tickets, &moments)] {
        for at in values {
            let answer = desk.app.send(Some(&desk.owner), query, json!({ "at": at })).await;
            assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{at}: {}", answer.body);
            let error = &answer.body["errors"][0];
            assert_eq!(error["extensions"]["reason"], "OUT_OF_RANGE", "{at}");
            let message = text(&error["message"]);
            assert!(message.contains(", such as \"") && !message.contains("parsing"), "{message}");
        }
    }
    let charge = json!({
        "clientId": desk.client.encode(), "description": "Guia", "dueOn": "0001-01-01",
        "amount": { "amountMinor": 1, "currency": "BRL" }
    });
    let answer = desk.send(&desk.owner, "chargeCreate", charge).await;
    assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"), "{}", answer.body);
    for date in ["1900-01-01", "2199-12-31"] {
        desk.app.ask(&desk.owner, charges, json!({ "at": date })).await;
    }
    for moment in ["0001-01-01T00:00:00Z", "9999-12-31T12:00:00-03:00"] {
        desk.app.ask(&desk.owner, tickets, json!({ "at": moment })).await;
    }
    desk.finish().await;
}

/// Escapes of the GraphQL specification of September 2025 (2.9.4).
#[tokio::test]
async fn escapes_are_characters() {
    let desk = Desk::open().await;
    for (number, written) in [r"\uD83D\uDE00", r"\u{1F600}", r"\u{1f600}"].into_iter().enumerate() {
        let query = format!(
            "mutation {{ ticketCreate(input: {{ idempotencyKey: \"{number}\", clientId: \"{}\", subject: \"Guia {written}\" }}) {{
                ticket {{ subject }}
            }} }}",
            desk.client.encode()
        );
        let made = desk.app.ask(&desk.owner, &query, json!({})).await;
        assert_eq!(made["ticketCreate"]["ticket"]["subject"], "Guia 😀", "{written}");
    }
    let answer = desk.app.send(Some(&desk.owner), r#"{ ticket(id: "\uD83D") { id } }"#, json!({})).await;
    assert_eq!(answer.error_code(), Some("GRAPHQL_PARSE_FAILED"));
    desk.finish().await;
}

/// Errors of queries say what is wrong with which argument, in codes and in the viewer's language.
#[tokio::test]
async fn queries_tell_what_is_wrong() {
    let desk = Desk::open().await;
    let cases = [
        ("first: 2, last: 2", "MUTUALLY_EXCLUSIVE", json!(["last"])),
        ("first: 2, before: \"x\"", "MUTUALLY_EXCLUSIVE", json!(["before"])),
        ("last: 2, after: \"x\"", "MUTUALLY_EXCLUSIVE", json!(["after"])),
        ("", "REQUIRED", json!(["first"])),
        ("first: 0", "OUT_OF_RANGE", json!(["first"])),
        ("last: 101", "OUT_OF_RANGE", json!(["last"])),
        ("first: 1, after: \"x\"", "INVALID_CURSOR", json!(["after"])),
        ("first: 1, filter: { search: $long }", "TOO_LONG", json!(["filter", "search"])),
    ];
    for (arguments, reason, argument) in cases {
        for list in ["tickets", "clients"] {
            let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
            let query = format!("query Q($long: String) {{ {list}{arguments} {{ nodes {{ id }} }} }}");
            let query =
                if arguments.contains("$long") { query } else { query.replace("($long: String)", "") };
            let answer = desk.app.send(Some(&desk.owner), &query, json!({ "long": "x".repeat(201) })).await;
            let error = &answer.body["errors"][0];
            assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}: {}", answer.body);
            assert_eq!(error["extensions"]["reason"], reason, "{query}");
            assert_eq!(error["extensions"]["argument"], argument, "{query}");
            if reason == "OUT_OF_RANGE" {
                assert!(text(&error["message"]).contains("de 1 a 100"), "{error}");
            }
        }
    }
    desk.finish().await;
}

/// A value that its type does not take, an unknown field of an input, and a variable without a value are told with their
/// path, in queries, mutations and subscriptions.
#[tokio::test]
async fn values_are_told_with_their_path() {
    let desk = Desk::open().await;
    let edit =
        "mutation ($input: ClientUpdateInput!) { clientUpdate(input: $input) { userErrors { code } } }";
    let client = |field: &str, value: Value| {
        let mut input = json!({ "id": desk.client.encode(), "expectedVersion": 1 });
        input[field] = value;
        json!({ "input": input })
    };
    let charges = "query ($filter: ChargeFilter) { charges(first: 1, filter: $filter) { totalCount } }";
    let transfer = "mutation ($to: TicketTransferTarget!) {
        ticketTransfer(input: { idempotencyKey: \"1\", id: \"x\", to: $to }) { userErrors { code } } }";
    let cases = [
        (
            charges,
            json!({ "filter": { "dueFrom": "0001-01-01" } }),
            "OUT_OF_RANGE",
            json!(["filter", "dueFrom"]),
        ),
        (
            charges,
            json!({ "filter": { "status": ["OPEN", "open"] } }),
            "OUT_OF_RANGE",
            json!(["filter", "status", "1"]),
        ),
        (charges, json!({ "filter": { "statuses": [] } }), "OUT_OF_RANGE", json!(["filter", "statuses"])),
        (
            charges,
            json!({ "filter": { "clientIds": [["x"]] } }),
            "OUT_OF_RANGE",
            json!(["filter", "clientIds", "0"]),
        ),
        ("{ tickets(first: \"1\") { totalCount } }", json!({}), "OUT_OF_RANGE", json!(["first"])),
        ("query ($id: ID!) { ticket(id: $id) { id } }", json!({}), "REQUIRED", json!(["id"])),
        (
            edit,
            client("ticketEmails", json!(["a@b.example", 5])),
            "OUT_OF_RANGE",
            json!(["input", "ticketEmails", "1"]),
        ),
        (edit, client("locale", json!("XX")), "OUT_OF_RANGE", json!(["input", "locale"])),
        (edit, client("expectedVersion", json!(null)), "REQUIRED", json!(["input", "expectedVersion"])),
        (edit, json!({ "input": {} }), "REQUIRED", json!(["input", "id"])),
        (transfer, json!({ "to": {} }), "REQUIRED", json!(["input", "to"])),
        (
            transfer,
            json!({ "to": { "staffId": "a", "departmentId": "b" } }),
            "MUTUALLY_EXCLUSIVE",
            json!(["input", "to"]),
        ),
    ];
    for (query, variables, reason, argument) in cases {
        let answer = desk.app.send(Some(&desk.owner), query, variables.clone()).await;
        let told = &answer.body["errors"][0]["extensions"];
        assert_eq!(told["code"], "BAD_USER_INPUT", "{query} {variables}: {}", answer.body);
        assert_eq!((&told["reason"], &told["argument"]), (&json!(reason), &argument), "{query} {variables}");
    }
    let mut socket = Websocket::bearer(&desk.app.url, &desk.owner.token).await;
    let follow = "subscription ($filter: TicketFilter, $after: String!) {
        ticketsChanged(filter: $filter, after: $after) { reload } }";
    for (variables, reason, argument) in [
        (
            json!({ "after": "x", "filter": { "createdFrom": "soon" } }),
            "OUT_OF_RANGE",
            json!(["filter", "createdFrom"]),
        ),
        (
            json!({ "after": "x", "filter": { "statuses": [] } }),
            "OUT_OF_RANGE",
            json!(["filter", "statuses"]),
        ),
        (json!({ "after": 5 }), "OUT_OF_RANGE", json!(["after"])),
        (json!({}), "REQUIRED", json!(["after"])),
    ] {
        socket.subscribe("1", follow, variables.clone()).await;
        let answer = socket.hear().await;
        assert_eq!(answer["type"], "error", "{variables}: {answer}");
        let told = &answer["payload"][0]["extensions"];
        assert_eq!(told["code"], "BAD_USER_INPUT", "{variables}: {answer}");
        assert_eq!((&told["reason"], &told["argument"]), (&json!(reason), &argument), "{variables}");
    }
    drop(socket);
    desk.finish().await;
}

/// Filters on what a viewer does not see are refused: their answers would tell it.
#[tokio::test]
async fn filters_of_others_are_refused() {
    let desk = Desk::open().await;
    desk.opened(&desk.admin).await;
    let query =
        "query F($filter: TicketFilter) { tickets(filter: $filter, first: 5) { totalCount nodes { id } } }";
    for (name, filter) in [
        ("assigneeIds", json!({ "assigneeIds": [desk.owner.id()] })),
        ("departmentIds", json!({ "departmentIds": [] })),
        ("isUntouched", json!({ "isUntouched": true })),
    ] {
        let answer = desk.app.send(Some(&desk.admin), query, json!({ "filter": filter })).await;
        let extensions = &answer.body["errors"][0]["extensions"];
        assert_eq!(extensions["reason"], "NOT_ALLOWED", "{name}: {}", answer.body);
        assert_eq!(extensions["argument"], json!(["filter", name]));
        desk.app.ask(&desk.owner, query, json!({ "filter": filter })).await;
    }
    desk.finish().await;
}

/// The path to what is wrong: two bad addresses of four, a bad file of two, the person to whom a ticket goes.
#[tokio::test]
async fn errors_have_a_path() {
    let desk = Desk::open().await;
    let emails = ["ana@x.example", "nobody", "bia@x.example", ""];
    let client = json!({ "name": "Mercado", "locale": "PT_BR", "ticketEmails": emails });
    let told = desk.refused(&desk.owner, "clientCreate", client).await;
    assert_eq!(told, ["ticketEmails.1:INVALID_EMAIL", "ticketEmails.3:REQUIRED"]);
    let id = desk.opened(&desk.member).await;
    let nobody = "staff_00000000000000000000000000000000";
    for (to, path) in [
        (json!({ "staffId": nobody }), "to.staffId:NOT_FOUND"),
        (json!({ "staffId": "x" }), "to.staffId:NOT_FOUND"),
        (json!({ "departmentId": nobody }), "to.departmentId:NOT_FOUND"),
    ] {
        let refused = desk.refused(&desk.member, "ticketTransfer", json!({ "id": id, "to": to })).await;
        assert_eq!(refused, [path]);
    }
    let department = json!({ "name": "Fiscal", "leadId": nobody, "memberIds": [desk.member.id(), nobody] });
    let told = desk.refused(&desk.owner, "departmentCreate", department).await;
    assert_eq!(told, ["leadId:NOT_FOUND", "memberIds.1:NOT_FOUND"]);
    let payload = desk
        .act(&desk.owner, "clientCreate", json!({ "name": "M", "locale": "PT_BR", "ticketEmails": ["x"] }))
        .await;
    assert_eq!(payload["userErrors"][0]["field"], json!(["ticketEmails", "0"]));
    desk.finish().await;
}

/// A person changes the own name and language: the next answer is in that language, and others see the name.
#[tokio::test]
async fn a_person_changes_the_own_account() {
    let desk = Desk::open().await;
    let change = "mutation ($name: String) { accountUpdate(input: { name: $name, locale: ES }) {
        account { name } userErrors { field code }
    } }";
    let done = desk.app.ask(&desk.admin, change, json!({ "name": " Ana  Maria " })).await;
    assert_eq!(done["accountUpdate"]["account"]["name"], "Ana Maria");
    let refused = desk.app.ask(&desk.admin, change, json!({ "name": "\u{200b}" })).await;
    assert_eq!(refused["accountUpdate"]["userErrors"], json!([{ "field": ["name"], "code": "REQUIRED" }]));
    // From the next request on in the new language.
    let answer = desk.app.send(Some(&desk.admin), "{ tickets(first: 0) { totalCount } }", json!({})).await;
    assert!(text(&answer.body["errors"][0]["message"]).contains("Indique"), "{}", answer.body);
    let seen = desk
        .app
        .ask(&desk.owner, "{ clients(first: 5) { nodes { portalAccesses { name } } } }", json!({}))
        .await;
    let names: Vec<Value> =
        each(&seen["clients"]["nodes"], "portalAccesses").iter().flat_map(|of| each(of, "name")).collect();
    assert!(names.contains(&json!("Ana Maria")), "{names:?}");
    desk.finish().await;
}

/// What a frontend needs to offer only what works: the statuses of a ticket with what each asks for, and the limits of
/// uploads.
#[tokio::test]
async fn what_can_be_done_with_a_ticket_is_told() {
    let desk = Desk::open().await;
    let id = desk.ticket_in("FINISHED").await;
    let choices = "statusChoices { status outcome reasonRequired }";
    let seen = desk.look(&desk.member, &id, choices).await["statusChoices"].clone();
    let seen: Vec<String> = seen
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| {
            format!("{} {} {}", text(&choice["status"]), text(&choice["outcome"]), choice["reasonRequired"])
        })
        .collect();
    let expected = [
        "OPEN REOPENED false",
        "REOPENED REOPENED false",
        "IN_ANALYSIS REOPENED false",
        "WAITING REOPENED false",
        "CANCELED CHANGED true",
        "REJECTED CHANGED true",
    ];
    assert_eq!(seen, expected);
    assert_eq!(desk.look(&desk.admin, &id, choices).await["statusChoices"], json!([]));
    let rules =
        desk.app.ask(&desk.admin, "{ uploadRules { maxBytes maxFiles extensions } }", json!({})).await;
    assert_eq!(rules["uploadRules"]["maxBytes"], 25_000_000);
    assert_eq!(rules["uploadRules"]["maxFiles"], 20);
    let extensions = rules["uploadRules"]["extensions"].as_array().unwrap();
    assert!(["pdf", "eml", "p7m", "ret", "7z"].iter().all(|end| extensions.contains(&json!(end))));
    desk.finish().await;
}
