//! D-01: searching the list of tickets.

use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use guichet_base::id::Id;
use guichet_engine::tables::tickets;
use serde_json::{Value, json};

use super::desk::{Desk, text};
use super::grid::found;
use super::idempotency::Held;

/// D-01: a search looks at number, subject, client and description, ignores case and accents, and finds words and parts
/// of words. Every word must match.
#[tokio::test]
async fn d_01_search() {
    let desk = Desk::open().await;
    let market = desk.firm.client("Mercado Águia Ltda.", None).await.encode();
    let tickets = [
        json!({ "subject": "Férias da Ana", "description": "Início: 1º de março\ncom abono" }),
        json!({ "subject": "Guia de INSS 50% off_x", "clientId": market }),
        json!({ "subject": "ÉLAN — œuvre", "description": "Ñandú" }),
    ];
    for ticket in tickets {
        desk.ticket(&desk.member, ticket).await;
    }
    let (ana, inss, elan) = ("Férias da Ana", "Guia de INSS 50% off_x", "ÉLAN — œuvre");
    let cases = [
        ("ferias", vec![ana]),
        ("FÉRIAS", vec![ana]),
        ("fe\u{301}rias", vec![ana]),
        ("éria", vec![ana]),
        ("marco", vec![ana]),
        ("abono", vec![ana]),
        ("são joão", vec![ana, elan]),
        ("padaria", vec![ana, elan]),
        ("aguia", vec![inss]),
        ("ltda.", vec![inss]),
        ("#2", vec![inss]),
        ("elan nandu", vec![elan]),
        ("  nandu   ELAN ", vec![elan]),
        ("elan ferias", vec![]),
        // Characters with a meaning in the database's patterns.
        ("50%", vec![inss]),
        ("off_x", vec![inss]),
        // Beside a number it is no part of it, so alone it says nothing.
        ("%", vec![ana, inss, elan]),
        ("_", vec![inss]),
        // No pattern either: what stands beside it is a word each.
        ("off%x", vec![inss]),
        ("50%z", vec![]),
        ("\\", vec![]),
        ("'; drop table tickets; --", vec![]),
        ("\u{0}", vec![ana, inss, elan]),
        ("", vec![ana, inss, elan]),
    ];
    for (search, expected) in cases {
        assert_eq!(found(&desk, &desk.owner, json!({ "search": search })).await, expected, "{search:?}");
        let own: Vec<&str> = expected.into_iter().filter(|subject| *subject != inss).collect();
        assert_eq!(found(&desk, &desk.admin, json!({ "search": search })).await, own, "{search:?}");
    }
    desk.finish().await;
}

/// D-01: every word must match, however many there are; a search longer than 200 characters is refused.
#[tokio::test]
async fn d_01_long_searches() {
    let desk = Desk::open().await;
    let words = "um dois tres quatro cinco seis sete oito nove dez";
    desk.ticket(&desk.member, json!({ "subject": words })).await;
    assert_eq!(found(&desk, &desk.member, json!({ "search": words })).await, [words]);
    let one_wrong = words.replace("dez", "onze");
    assert_eq!(found(&desk, &desk.member, json!({ "search": one_wrong })).await, Vec::<String>::new());
    let most = "um ".repeat(66) + "de";
    assert_eq!(found(&desk, &desk.member, json!({ "search": most })).await, [words]);
    let query = "query F($filter: TicketFilter) { tickets(filter: $filter, first: 1) { nodes { id } } }";
    let variables = json!({ "filter": { "search": most + "z" } });
    let answer = desk.app.send(Some(&desk.member), query, variables).await;
    assert_eq!(answer.error_code(), Some("BAD_USER_INPUT"));
    desk.finish().await;
}

/// D-01: after an edit a ticket is found by its new text and no longer by its old one.
#[tokio::test]
async fn d_01_search_after_an_edit() {
    let desk = Desk::open().await;
    let id =
        text(&desk.ticket(&desk.member, json!({ "subject": "Férias", "description": "abono" })).await["id"]);
    let edit = json!({ "id": id, "expectedVersion": 1, "subject": "Rescisão", "description": "aviso" });
    desk.done(&desk.member, "ticketEdit", edit).await;
    for (search, hits) in [("rescisao aviso", 1), ("ferias", 0), ("abono", 0), ("padaria", 1)] {
        assert_eq!(found(&desk, &desk.member, json!({ "search": search })).await.len(), hits, "{search}");
    }
    desk.finish().await;
}

/// D-01: after a client is renamed, its tickets are found by the new name and no longer by the old one; other words
/// stay, even if they equal the old name. Tickets of other clients do not change.
#[tokio::test]
async fn d_01_search_after_a_rename() {
    let desk = Desk::open().await;
    let client = desk.firm.client("Nota", None).await.encode();
    let open = async |client: &str, subject: &str, description: &str| {
        let input = json!({ "clientId": client, "subject": subject, "description": description });
        desk.ticket(&desk.member, input).await;
    };
    open(&client, "Nota fiscal errada", "Ver a nota 12").await;
    open(&client, "Férias", "").await;
    open(&desk.client.encode(), "Nota da Padaria", "").await;
    let rename = async |version: i32, name: &str| {
        let input = json!({ "id": client, "expectedVersion": version, "name": name });
        desk.done(&desk.manager, "clientUpdate", input).await;
    };
    let hits = async |search: &str| found(&desk, &desk.owner, json!({ "search": search })).await;
    assert_eq!(hits("nota").await, ["Nota fiscal errada", "Férias", "Nota da Padaria"]);
    rename(1, "Café Água & Cia").await;
    assert_eq!(hits("nota").await, ["Nota fiscal errada", "Nota da Padaria"]);
    assert_eq!(hits("nota 12").await, ["Nota fiscal errada"]);
    assert_eq!(hits("cafe agua").await, ["Nota fiscal errada", "Férias"]);
    assert_eq!(hits("agua ferias").await, ["Férias"]);
    // Renamed again, to a part of the previous name.
    rename(2, "Café").await;
    assert_eq!(hits("cafe").await, ["Nota fiscal errada", "Férias"]);
    assert_eq!(hits("agua").await, Vec::<String>::new());
    // A later edit of the ticket is found, too.
    let query = "query F($filter: TicketFilter) { tickets(filter: $filter, first: 1) { nodes { id } } }";
    let holidays = desk.app.ask(&desk.owner, query, json!({ "filter": { "search": "ferias" } })).await;
    let id = holidays["tickets"]["nodes"][0]["id"].clone();
    let edit = json!({ "id": id, "expectedVersion": 1, "subject": "Rescisão" });
    desk.done(&desk.member, "ticketEdit", edit).await;
    assert_eq!(hits("cafe rescisao").await, ["Rescisão"]);
    assert_eq!(hits("#2").await, ["Rescisão"]);
    assert_eq!(desk.look(&desk.owner, &text(&id), "client { name }").await["client"]["name"], "Café");
    desk.finish().await;
}

/// D-01: a ticket that is opened while its client is being renamed is found by the new name.
#[tokio::test]
async fn d_01_opened_during_a_rename() {
    let desk = Desk::open().await;
    let id = desk.client.uuid();
    let renaming = format!("SELECT 1 FROM clients WHERE id = '{id}'");
    let mut held = Held::rows(&desk, &renaming, "NO KEY UPDATE").await;
    let opening = desk.ticket(&desk.member, json!({ "subject": "Guia" }));
    let rename = async {
        held.awaited().await;
        held.run(&format!("UPDATE clients SET name = 'Mercado' WHERE id = '{id}'")).await;
        held.let_go().await;
    };
    futures_util::join!(opening, rename);
    assert_eq!(found(&desk, &desk.owner, json!({ "search": "mercado" })).await, ["Guia"]);
    assert_eq!(found(&desk, &desk.owner, json!({ "search": "padaria" })).await, Vec::<String>::new());
    desk.finish().await;
}

/// D-01, D-07: no search looks into messages, for staff or clients.
#[tokio::test]
async fn d_01_search_leaves_conversations_alone() {
    let desk = Desk::open().await;
    let id = desk.opened(&desk.admin).await;
    desk.post(&desk.admin, &id, "PUBLIC", "Xibolete").await;
    for by in [&desk.owner, &desk.admin] {
        assert_eq!(found(&desk, by, json!({ "search": "xibolete" })).await, Vec::<String>::new());
    }
    assert_eq!(desk.see(&desk.admin, &id).await["unreadCount"], Value::from(0));
    desk.finish().await;
}

/// D-01: two spellings that a person takes for the same find each other.
#[tokio::test]
async fn d_01_spellings() {
    let desk = Desk::open().await;
    let texts = [
        "Main d’œuvre — L’échéance",
        "Folha de feve\u{ad}reiro, CNPJ 11222333000144",
        "Ligar (11) 98765-0001 nº 7",
        "ana@xn--mnchen-3ya.example",
    ];
    for text in texts {
        desk.ticket(&desk.member, json!({ "subject": text.replace('\u{ad}', ""), "description": text }))
            .await;
    }
    let cases = [
        ("oeuvre", 0),
        ("main d'oeuvre", 0),
        ("l'echeance", 0),
        ("fevereiro", 1),
        ("11.222.333/0001-44", 1),
        ("+55 11 98765-0001", 2),
        ("11987650001", 2),
        ("n° 7", 2),
        ("ana@münchen.example", 3),
    ];
    for (search, at) in cases {
        let expected = texts[at].replace('\u{ad}', "");
        assert_eq!(found(&desk, &desk.admin, json!({ "search": search })).await, [expected], "{search:?}");
    }
    desk.finish().await;
}

/// D-01: what people copy about a ticket finds it: its number with a sign, or the subject of a mail about it, whatever
/// the language of the mail; for clients only within what they see.
#[tokio::test]
async fn d_01_a_ticket_by_its_name() {
    let desk = Desk::open().await;
    let other = desk.firm.client("Mercado", None).await.encode();
    desk.ticket(&desk.member, json!({ "subject": "Guia" })).await;
    desk.ticket(&desk.member, json!({ "subject": "Férias", "clientId": other })).await;
    for search in ["#2", "Atendimento #2", "Ticket #2: Guia antiga", "Re: Ticket #2 : Férias", "caso nº 2"]
    {
        let hits = found(&desk, &desk.owner, json!({ "search": search })).await;
        assert_eq!(hits, ["Férias"], "{search}");
        assert_eq!(
            found(&desk, &desk.admin, json!({ "search": search })).await,
            Vec::<String>::new(),
            "{search}"
        );
    }
    desk.finish().await;
}

/// D-01: rows of an older folding are found until they are folded anew, and afterwards: clients, items of the price list and
/// tickets, more of each than are folded in one transaction.
#[tokio::test]
async fn d_01_folded_anew() {
    const COPIES: usize = 600;
    let desk = Desk::open().await;
    desk.ticket(&desk.member, json!({ "subject": "Main d’œuvre", "description": "11.222.333/0001-44" }))
        .await;
    desk.firm.client("Main d’œuvre", None).await;
    desk.firm.service("Main d’œuvre", 100).await;
    let folded = async || -> Vec<(String, i16)> {
        let mut conn = desk.app.store.conn().await.unwrap();
        let one = tickets::table.filter(tickets::number.eq(1));
        one.select((tickets::search_text, tickets::search_fold)).load(&mut conn).await.unwrap()
    };
    let now = folded().await;
    // As an older version wrote them, with copies.
    let table = |name: &str, copied: &str, changes: &str, old: &str| {
        format!(
            "INSERT INTO {name} SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), {changes}))).*
             FROM {name} AS a, generate_series(1, {COPIES}) AS n WHERE {copied};
             UPDATE {name} AS a SET search_text = '{old}', search_fold = 1 WHERE {copied};"
        )
    };
    let old = [
        table(
            "tickets",
            "true",
            "'number', a.number + n",
            "padaria sao joao\n#1 main d’œuvre 11.222.333/0001-44",
        ),
        table("clients", "a.name LIKE 'Main%'", "'name', a.name || n", "main d’œuvre"),
        table("service_items", "true", "'name', a.name || n", "main d’œuvre"),
    ];
    desk.app.store.conn().await.unwrap().batch_execute(&old.concat()).await.unwrap();
    let hits = async || {
        let query = "query S($search: String) {
            tickets(first: 1, filter: { search: $search }) { totalCount }
            clients(first: 1, filter: { search: $search }) { totalCount }
            serviceItems(first: 1, filter: { search: $search }) { totalCount }
        }";
        let mut hits = Vec::new();
        for search in ["œuvre", "oeuvre", "main d'oeuvre", "11222333000144", "São João"] {
            let found = desk.app.ask(&desk.owner, query, json!({ "search": search })).await;
            let of = |list: &str| found[list]["totalCount"].as_u64().unwrap();
            hits.push(["tickets", "clients", "serviceItems"].map(of));
        }
        hits
    };
    let all = COPIES as u64 + 1;
    assert_eq!(hits().await[..3], [[all; 3]; 3]);
    assert_eq!(hits().await[3..], [[all, 0, 0], [all, 1, 0]]);
    let app = &desk.app;
    let mut reconcilers =
        guichet_workers::reconcilers(&app.store, &app.files.storage, &app.senders).into_iter();
    let folds = reconcilers.find(|one| one.name == "search texts of an older folding").unwrap();
    assert_eq!([folds.turn().await.unwrap(), folds.turn().await.unwrap()], [3 * (COPIES + 1), 0]);
    assert_eq!(folded().await, now);
    assert_eq!(hits().await[..3], [[all; 3]; 3]);
    assert_eq!(hits().await[3..], [[all, 0, 0], [all, 1, 0]]);
    desk.finish().await;
}
