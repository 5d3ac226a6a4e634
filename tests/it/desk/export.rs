//! D-01: the list of tickets as a file for spreadsheets.

use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use guichet_tests::app::TestApp;
use guichet_tests::world::{Firm, Person};
use serde_json::json;

const CREATE: &str =
    "mutation($input: TicketCreateInput!) { ticketCreate(input: $input) { userErrors { code } } }";

async fn open(app: &TestApp, by: &Person, subject: &str, more: serde_json::Value) {
    let mut input = json!({ "idempotencyKey": subject, "subject": subject });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = app.ask(by, CREATE, json!({ "input": input })).await;
    assert_eq!(answer["ticketCreate"]["userErrors"], json!([]));
}

/// The rows of the file, without its byte order mark.
async fn rows(app: &TestApp, by: &Person, query: &str) -> Vec<String> {
    let response = app.get(Some(by), &format!("/export/tickets.csv{query}")).await;
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    text.trim_start_matches('\u{feff}').split_terminator("\r\n").map(str::to_owned).collect()
}

/// D-01: the filtered list, each ticket once and in order, in the viewer's language and the firm's time zone, with
/// formulas made harmless; clients get no internal columns.
#[tokio::test]
async fn d_01_the_grid_is_exported() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let member = firm.staff("rui@aurora.example", StaffRole::Member).await;
    let padaria = firm.client("Padaria \"São João\"; Ltda", None).await;
    let other = firm.client("Outra", None).await;
    let admin = firm.admin(padaria, "ana@padaria.example").await;
    let service = firm.service("Folha de pagamento", 150_050).await;
    open(&app, &admin, "=HYPERLINK(\"http://x\")", json!({ "serviceItemId": service.encode() })).await;
    open(&app, &member, "Guia", json!({ "clientId": padaria.encode() })).await;
    open(&app, &member, "Alheio", json!({ "clientId": other.encode() })).await;

    const BY_NUMBER: &str = "orderBy=%7B%22field%22:%22NUMBER%22,%22direction%22:%22ASC%22%7D";
    // The account of staff is English here, that of the client French.
    assert_eq!(
        rows(&app, &member, &format!("?{BY_NUMBER}")).await,
        [
            "Number,Client,Opened by,Subject,Assignee,Department,Service,Status,Price,Currency,Opened,Last change,Closed",
            "1,\"Padaria \"\"São João\"\"; Ltda\",ana,\"'=HYPERLINK(\"\"http://x\"\")\",Olívia Prado,,Folha de pagamento,Open,1500.50,BRL,2026-03-02 09:00,2026-03-02 09:00,",
            "2,\"Padaria \"\"São João\"\"; Ltda\",rui,Guia,rui,,,Open,0.00,BRL,2026-03-02 09:00,2026-03-02 09:00,",
            "3,Outra,rui,Alheio,rui,,,Open,0.00,BRL,2026-03-02 09:00,2026-03-02 09:00,",
        ]
    );
    let filtered = "filter=%7B%22search%22:%22gu%C3%ADa%22%7D";
    assert_eq!(
        rows(&app, &admin, &format!("?{BY_NUMBER}&{filtered}")).await,
        [
            "Numéro;Client;Ouvert par;Objet;Prestation;Statut;Prix;Devise;Ouvert le;Dernière modification;Clos le",
            "2;\"Padaria \"\"São João\"\"; Ltda\";rui;Guia;;Ouvert;0,00;BRL;2026-03-02 09:00;2026-03-02 09:00;",
        ]
    );
    app.finish().await;
}

/// D-01: the export is a download that is not cached; refusals have the codes of the API.
#[tokio::test]
async fn d_01_a_file_and_its_refusals() {
    let app = TestApp::start().await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let response = app.get(Some(&firm.owner), "/export/tickets.csv").await;
    for (name, value) in [
        ("content-type", "text/csv; charset=utf-8; header=present"),
        ("content-disposition", "attachment; filename=\"tickets-2026-03-02.csv\""),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(response.headers()[name], value, "{name}");
    }
    assert_eq!(response.bytes().await.unwrap()[..3], *"\u{feff}".as_bytes());
    for (person, query, status, code) in [
        (None, "", 401, "UNAUTHENTICATED"),
        (Some(&firm.owner), "?filter=x", 400, "BAD_USER_INPUT"),
        (Some(&firm.owner), "?filter=%7B%22serch%22:%22x%22%7D", 400, "BAD_USER_INPUT"),
        (Some(&firm.owner), "?filter=%7B%22status%22:%22SHUT%22%7D", 400, "BAD_USER_INPUT"),
        (Some(&firm.owner), "?orderBy=%7B%7D", 400, "BAD_USER_INPUT"),
        (Some(&firm.owner), "?filters=%7B%7D", 400, "BAD_USER_INPUT"),
    ] {
        let response = app.get(person, &format!("/export/tickets.csv{query}")).await;
        assert_eq!(response.status(), status, "{query}");
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], code, "{query}");
    }
    app.finish().await;
}
