//! Lists of things by their ids.

use std::collections::{BTreeMap, BTreeSet};

use guichet_base::id::Id;
use guichet_tests::vocabulary;
use guichet_tests::world::{Firm, Person};
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, each, key, reais, text};
use crate::month::document::papers::{document, work};
use crate::shared::file::hand::PDF;

/// Two things for each list, made by the owner of a firm, with the name of the list.
async fn things(desk: &Desk, firm: &Firm) -> BTreeMap<&'static str, Vec<String>> {
    let mut things = BTreeMap::<_, Vec<_>>::new();
    let owner: &Person = &firm.owner;
    for number in ["1", "2"] {
        let client = firm.client(number, Some("nf@padaria.example")).await.encode();
        let made = async |mutation: &str, thing: &str, input: Value| {
            text(&desk.done(owner, mutation, input).await[thing]["id"])
        };
        let charge = json!({ "clientId": client, "description": number, "amount": reais(100) });
        let charge = made("chargeCreate", "charge", charge).await;
        let department = json!({ "name": number, "leadId": owner.id() });
        let department = made("departmentCreate", "department", department).await;
        let item =
            made("serviceItemCreate", "serviceItem", json!({ "name": number, "price": reais(100) })).await;
        let staff = json!({ "name": number, "email": format!("{}@x.example", key()), "role": "MEMBER" });
        let staff = made("staffCreate", "staffMember", staff).await;
        let ticket = made("ticketCreate", "ticket", json!({ "clientId": client, "subject": number })).await;
        let work = work(desk, owner, &client, number).await;
        let document = document(desk, owner, &work.task, "Guia").await;
        let folder = made("folderCreate", "folder", json!({ "clientId": client, "name": number })).await;
        let holiday = json!({
            "country": "BR", "date": format!("2026-12-0{number}"), "office": true, "name": number, "source": "Ata"
        });
        let holiday = made("firmHolidayCreate", "firmHoliday", holiday).await;
        let run = made("taskGenerationRun", "taskGeneration", json!({ "upTo": "2026-01-01" })).await;
        desk.app.jobs_done().await;
        let status = json!({ "id": ticket, "status": "IN_ANALYSIS" });
        let changed = desk.done(owner, "ticketStatusChange", status).await;
        let mails = each(&changed["mail"]["deliveries"], "id");
        let file = desk.hand_in(owner, "guia.pdf", PDF).await;
        let export = made("exportCreate", "export", json!({ "list": "TASKS", "format": "CSV" })).await;
        let view = json!({ "list": "TASKS", "name": number, "filter": {} });
        let view = made("savedViewCreate", "savedView", view).await;
        for (list, id) in [
            ("charges", charge),
            ("clients", client),
            ("departments", department),
            ("documents", document),
            ("emailDeliveries", text(&mails[0])),
            ("exports", export),
            ("files", file),
            ("firmHolidays", holiday),
            ("folders", folder),
            ("obligations", work.obligation),
            ("recurringTasks", work.recurring),
            ("savedViews", view),
            ("serviceItems", item),
            ("staffMembers", staff),
            ("taskGenerations", run),
            ("taskTypes", work.task_type),
            ("tasks", work.task),
            ("tickets", ticket),
        ] {
            things.entry(list).or_default().push(id);
        }
    }
    things
}

/// B-14: each list can be asked for things by their ids: it has those of them that the viewer sees, and neither those of
/// another firm nor those of another kind. Of no ids there are no things.
#[tokio::test]
async fn each_list_by_ids() {
    let desk = Desk::open().await;
    let other = Firm::new(&desk.app.store, "brisa.example").await;
    let (own, foreign) = (things(&desk, &desk.firm).await, things(&desk, &other).await);
    let tried: BTreeSet<&str> = own.keys().copied().collect();
    assert_eq!(tried, vocabulary::lists_by_ids().into_iter().collect());
    for (list, ids) in &own {
        let query = format!(
            "query L($ids: [ID!]) {{ {list}(first: 10, filter: {{ ids: $ids }}) {{ totalCount nodes {{ id }} }} }}"
        );
        let of_other_kind = own.iter().find(|(kind, _)| *kind != list).map(|(_, ids)| &ids[0]);
        let (of_other_kind, theirs) = (of_other_kind.unwrap(), &foreign[list][0]);
        for (asked, expected) in [
            (json!([ids[0], theirs, of_other_kind, "x", ids[1]]), &ids[..]),
            (json!([ids[1], ids[1]]), &ids[1..]),
            (json!([theirs]), &[]),
            (json!([of_other_kind]), &[]),
            (json!([]), &[]),
        ] {
            let told = desk.app.ask(&desk.owner, &query, json!({ "ids": asked })).await[*list].clone();
            let found: BTreeSet<String> = each(&told["nodes"], "id").iter().map(text).collect();
            assert_eq!(found, expected.iter().cloned().collect(), "{list} {asked}");
            assert_eq!(told["totalCount"], expected.len(), "{list} {asked}");
        }
    }
    desk.finish().await;
}
