//! Clients: creating, changing, finding.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::Code;
use guichet_base::id::{ClientId, DepartmentId, Id, StaffId, TicketId};
use guichet_base::input::Patch;
use guichet_base::locale::Locale;
use guichet_base::page::PageRequest;
use guichet_engine::actor::{Scope, StaffRole};
use guichet_engine::store::Done;
use guichet_engine::tables::{audit, clients, events, tickets};
use guichet_schema::CLIENT_FOLLOWERS;
use guichet_schema::people::client::commands::{self, CreateClient, UpdateClient};
use guichet_schema::people::client::model::Topic;
use guichet_schema::people::client::queries::{self, ClientFilter};
use guichet_schema::people::client::record;

use super::world::{World, client_input, key, refused, staff_id};

fn untouched(id: ClientId, expected_version: i32) -> UpdateClient {
    UpdateClient {
        id,
        expected_version,
        name: None,
        registration: Patch::Keep,
        email: Patch::Keep,
        phone: Patch::Keep,
        locale: None,
        accountant_id: Patch::Keep,
        ticket_emails: None,
        document_emails: None,
        country: None,
        zone: Patch::Keep,
        fiscal_year_end: None,
        ended_on: Patch::Keep,
        other_registrations: None,
    }
}

async fn find(world: &World, id: ClientId) -> guichet_schema::people::client::model::Client {
    let mut conn = world.store.conn().await.unwrap();
    queries::find(&mut conn, &world.owner.scope(), id).await.unwrap().unwrap()
}

async fn emails(world: &World, topic: Topic, id: ClientId) -> Vec<String> {
    let mut conn = world.store.conn().await.unwrap();
    let rows = queries::recipients(&mut conn, &world.owner.scope(), topic, &[id]).await.unwrap();
    rows.into_iter().map(|(_, email)| email).collect()
}

/// F-02: recipients per client and topic. F-03: each change is audited.
#[tokio::test]
async fn a_client_is_entered_and_changed() {
    let world = World::new().await;
    let input = CreateClient {
        registration: Some(" 12.345.678/0001-95 ".into()),
        email: Some("Contato@Padaria.example".into()),
        phone: Some("".into()),
        accountant_id: Some(staff_id(&world.owner)),
        ticket_emails: ["ana@x.example", "ANA@x.example", "bia@x.example"].map(String::from).into(),
        document_emails: vec!["fiscal@x.example".into()],
        ..client_input("  Padaria São João ")
    };
    let Done { value: id, revision } =
        commands::create(&world.store, &world.owner, &key(), input).await.unwrap();
    let made = find(&world, id).await;
    assert_eq!(made.name, "Padaria São João");
    assert_eq!(made.registration.as_deref(), Some("12.345.678/0001-95"));
    assert_eq!(made.email.as_deref(), Some("Contato@padaria.example"));
    assert_eq!((made.phone, made.locale, made.version), (None, Locale::PtBr, 1));
    assert_eq!(emails(&world, Topic::Tickets, id).await, ["ana@x.example", "bia@x.example"]);
    assert_eq!(emails(&world, Topic::Documents, id).await, ["fiscal@x.example"]);

    let nothing =
        commands::update(&world.store, &world.owner, untouched(id, 1), CLIENT_FOLLOWERS).await.unwrap();
    assert_eq!(nothing.revision, None, "a change that changes nothing leaves no trace");
    let change = UpdateClient {
        name: Some("Padaria João".into()),
        email: Patch::Clear,
        phone: Patch::Set("+55 11 98765-4321".into()),
        accountant_id: Patch::Clear,
        locale: Some(Locale::Es),
        ticket_emails: Some(vec!["bia@x.example".into()]),
        ..untouched(id, 1)
    };
    let done = commands::update(&world.store, &world.owner, change.clone(), CLIENT_FOLLOWERS).await.unwrap();
    assert!(done.revision > revision);
    let changed = find(&world, id).await;
    assert_eq!((changed.email, changed.accountant_id, changed.locale), (None, None, Locale::Es));
    assert_eq!((changed.phone.as_deref(), changed.version), (Some("+55 11 98765-4321"), 2));
    assert_eq!(changed.registration.as_deref(), Some("12.345.678/0001-95"), "kept");
    assert_eq!(emails(&world, Topic::Tickets, id).await, ["bia@x.example"]);
    assert_eq!(emails(&world, Topic::Documents, id).await, ["fiscal@x.example"], "kept");

    let late = commands::update(&world.store, &world.owner, change, CLIENT_FOLLOWERS).await;
    assert_eq!(refused(late), [(None, Code::Conflict)]);
    let mut conn = world.store.conn().await.unwrap();
    let acts: Vec<String> = audit::table
        .filter(audit::subject_id.eq(id.uuid()))
        .order(audit::id)
        .select(audit::act)
        .load(&mut conn)
        .await
        .unwrap();
    assert_eq!(acts, ["clientCreate", "clientUpdate"]);
    let told: i64 =
        events::table.filter(events::subject_id.eq(id.uuid())).count().get_result(&mut conn).await.unwrap();
    assert_eq!(told, 2);
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let world = World::new().await;
    let id = world.client(client_input("Padaria")).await;
    let long = "x".repeat(201);
    let stranger = staff_id(&world.neighbour().await.owner);
    let input = CreateClient {
        name: long.clone(),
        registration: Some("1\u{202e}2".into()),
        email: Some("nobody".into()),
        phone: Some("1".repeat(41)),
        locale: None,
        accountant_id: Some(stranger),
        ticket_emails: vec!["ana@x.example".into(), "bia".into()],
        document_emails: vec!["".into()],
        country: Some("ZZ".into()),
        zone: Some("Paris".into()),
        fiscal_year_end: Some("31-12".into()),
        other_registrations: Vec::new(),
    };
    let mut fields = [
        ("accountantId", Code::NotFound),
        ("country", Code::OutOfRange),
        ("documentEmails.0", Code::Required),
        ("email", Code::InvalidEmail),
        ("fiscalYearEnd", Code::OutOfRange),
        ("name", Code::TooLong),
        ("phone", Code::TooLong),
        ("registration", Code::InvalidText),
        ("ticketEmails.1", Code::InvalidEmail),
        ("timeZone", Code::OutOfRange),
    ]
    .map(|(field, code)| (Some(field), code));
    fields.sort();
    let mut told = refused(commands::create(&world.store, &world.owner, &key(), input.clone()).await);
    told.sort();
    assert_eq!(told, fields);
    let change = UpdateClient {
        name: Some(long),
        registration: Patch::Set(input.registration.unwrap()),
        email: Patch::Set(input.email.unwrap()),
        phone: Patch::Set(input.phone.unwrap()),
        accountant_id: Patch::Set(stranger),
        ticket_emails: Some(input.ticket_emails),
        document_emails: Some(input.document_emails),
        country: input.country,
        zone: Patch::Set(input.zone.unwrap()),
        fiscal_year_end: input.fiscal_year_end,
        ..untouched(id, 1)
    };
    let mut told = refused(commands::update(&world.store, &world.owner, change, CLIENT_FOLLOWERS).await);
    told.sort();
    assert_eq!(told, fields);
    assert_eq!(find(&world, id).await.version, 1);
}

/// Registration numbers are checked as the client's country does it, whatever their spelling, and told with what is wrong.
#[tokio::test]
async fn registration_numbers_are_checked() {
    let world = World::new().await;
    let create = async |country: &str, registration: &str, others: &[&str]| {
        let input = CreateClient {
            country: Some(country.into()),
            registration: Some(registration.into()),
            other_registrations: others.iter().map(ToString::to_string).collect(),
            ..client_input("Padaria")
        };
        commands::create(&world.store, &world.owner, &key(), input).await
    };
    let known = async |id: ClientId| {
        let mut conn = world.store.conn().await.unwrap();
        let rows = record::queries::registrations(&mut conn, &world.owner.scope(), &[id]).await.unwrap();
        rows.into_iter().map(|row| (row.kind.as_str(), row.number, row.is_primary)).collect::<Vec<_>>()
    };
    for (country, typed, kept) in [
        ("BR", "CNPJ 12abc34501de35", "12.ABC.345/01DE-35"),
        ("fr", "73282932000074", "732 829 320 00074"),
        ("ES", "es-b64717838", "B64717838"),
        ("PT", "PT500697256", "500 697 256"),
        ("DE", "HRB 12345", "HRB 12345"),
    ] {
        let id = create(country, typed, &[]).await.unwrap().value;
        assert_eq!(find(&world, id).await.registration.as_deref(), Some(kept), "{typed}");
        assert_eq!(known(id).await.len(), usize::from(country != "DE"));
    }
    for (country, typed) in [("BR", "12.345.678/0001-96"), ("FR", "12.345.678/0001-95"), ("ES", "12345678A")]
    {
        let told = refused(create(country, typed, &[]).await);
        assert_eq!(told, [(Some("registration"), Code::InvalidRegistration)], "{typed}");
    }
    let branches = ["11.222.333/0001-81", "11.222.333/0001-82"];
    let told = refused(create("BR", "12.345.678/0001-95", &branches).await);
    assert_eq!(told, [(Some("otherRegistrations.1"), Code::InvalidRegistration)]);

    let id =
        create("BR", "12.345.678/0001-95", &["11222333000181", "11.222.333/0001-81"]).await.unwrap().value;
    let numbers = known(id).await;
    assert_eq!(numbers.len(), 2, "each number once");
    assert!(numbers.contains(&("CNPJ", "12345678000195".to_owned(), true)));
    let change = UpdateClient { registration: Patch::Clear, ..untouched(id, 1) };
    commands::update(&world.store, &world.owner, change, CLIENT_FOLLOWERS).await.unwrap();
    assert_eq!(known(id).await, [("CNPJ", "11222333000181".to_owned(), false)]);
    // Another country means other numbers.
    let change = UpdateClient { country: Some("PT".into()), ..untouched(id, 2) };
    let told = refused(commands::update(&world.store, &world.owner, change, CLIENT_FOLLOWERS).await);
    assert_eq!(told, [(Some("otherRegistrations.0"), Code::InvalidRegistration)]);
}

/// The same key fifty times at once: one client, fifty equal results.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twins_make_one() {
    let world = World::new().await;
    let key = key();
    let twins = (0..50).map(|_| commands::create(&world.store, &world.owner, &key, client_input("Padaria")));
    let answers: Vec<_> =
        futures_util::future::join_all(twins).await.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let mut conn = world.store.conn().await.unwrap();
    let count: i64 = clients::table.count().get_result(&mut conn).await.unwrap();
    assert_eq!(count, 1);
    let other = commands::create(&world.store, &world.owner, &key, client_input("Açougue")).await;
    assert_eq!(refused(other), [(Some("idempotencyKey"), Code::IdempotencyKeyReused)]);
}

async fn names(world: &World, scope: &Scope, search: &str) -> Vec<String> {
    let mut conn = world.store.conn().await.unwrap();
    let filter = ClientFilter { search: Some(search.into()), ..ClientFilter::default() };
    let mut names = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest::new(Some(2), after, None, None).unwrap();
        let page = queries::page(&mut conn, scope, &filter, &request).await.unwrap();
        after = page.rows.last().map(|client| client.position().cursor);
        names.extend(page.rows.into_iter().map(|client| client.name));
        if !page.has_next {
            break;
        }
    }
    assert_eq!(queries::count(&mut conn, scope, &filter).await.unwrap(), names.len() as i64);
    names
}

/// The list is in the order of names, also with equal ones; a search ignores case and accents and finds parts of words.
#[tokio::test]
async fn clients_are_listed_and_searched() {
    let world = World::new().await;
    for name in ["Padaria", "Açougue São José", "Padaria", "Livraria 100%", "Padaria"] {
        world.client(client_input(name)).await;
    }
    world.neighbour().await.client(client_input("Padaria alheia")).await;
    let scope = world.owner.scope();
    let all = ["Açougue São José", "Livraria 100%", "Padaria", "Padaria", "Padaria"];
    assert_eq!(names(&world, &scope, "").await, all);
    assert_eq!(names(&world, &scope, "PADA").await, all[2..]);
    assert_eq!(names(&world, &scope, "jose acou").await, all[..1]);
    assert_eq!(names(&world, &scope, "0%").await, all[1..2]);
    assert_eq!(names(&world, &scope, "_").await, [""; 0]);
    assert_eq!(names(&world, &scope, "\0").await, all);
    let mut conn = world.store.conn().await.unwrap();
    let last = PageRequest::new(None, None, Some(2), None).unwrap();
    let page = queries::page(&mut conn, &scope, &ClientFilter::default(), &last).await.unwrap();
    assert_eq!(page.rows.iter().map(|client| client.name.as_str()).collect::<Vec<_>>(), all[3..]);
    assert!(page.has_previous && !page.has_next);
    let before = PageRequest::new(None, None, Some(100), Some(page.rows[0].position().cursor)).unwrap();
    let page = queries::page(&mut conn, &scope, &ClientFilter::default(), &before).await.unwrap();
    assert_eq!(page.rows.iter().map(|client| client.name.as_str()).collect::<Vec<_>>(), all[..3]);
    let foreign = PageRequest::new(Some(2), Some("bm9uc2Vuc2U".into()), None, None).unwrap();
    let result = queries::page(&mut conn, &scope, &ClientFilter::default(), &foreign).await;
    assert_eq!(refused(result), [(Some("after"), Code::InvalidCursor)]);
}

async fn ticket(world: &World, client: ClientId, assignee: StaffId, department: Option<DepartmentId>) {
    diesel::insert_into(tickets::table)
        .values((
            tickets::id.eq(TicketId::new()),
            tickets::firm_id.eq(world.firm),
            tickets::number.eq(i64::from(rand::random::<u32>())),
            tickets::client_id.eq(client),
            tickets::opened_by_staff.eq(assignee),
            tickets::assignee_id.eq(assignee),
            tickets::department_id.eq(department),
            (tickets::subject.eq("s"), tickets::description.eq(""), tickets::price_minor.eq(0)),
            (tickets::currency.eq("BRL"), tickets::status.eq("OPEN"), tickets::search_text.eq("")),
            tickets::created_at.eq(world.store.now()),
            tickets::updated_at.eq(world.store.now()),
        ))
        .execute(&mut world.store.conn().await.unwrap())
        .await
        .unwrap();
}

/// B-14, B-15: a member with the reach `OWN` sees the clients of its portfolio and of tickets that are assigned to it
/// or to its departments; a portal user sees its client; another firm sees nothing.
#[tokio::test]
async fn clients_are_seen_by_scope() {
    let world = World::new().await;
    let owner = staff_id(&world.owner);
    let member = world.staff(StaffRole::Member).await;
    let me = staff_id(&member);
    let mine = world.department("Fiscal", me).await.unwrap();
    let others = world.department("Pessoal", owner).await.unwrap();
    let input = |name: &str, accountant| CreateClient { accountant_id: accountant, ..client_input(name) };
    let portfolio = world.client(input("Portfolio", Some(me))).await;
    let assigned = world.client(input("Assigned", Some(owner))).await;
    let department = world.client(input("Department", None)).await;
    let unseen = world.client(input("Unseen", None)).await;
    ticket(&world, assigned, me, None).await;
    ticket(&world, department, owner, Some(mine)).await;
    ticket(&world, unseen, owner, Some(others)).await;
    let portal = world.portal(assigned).await;
    let manager = world.staff(StaffRole::Manager).await;
    let stranger = world.neighbour().await;
    let cases = [
        (world.owner.scope(), vec!["Assigned", "Department", "Portfolio", "Unseen"]),
        (manager.scope(), vec!["Assigned", "Department", "Portfolio", "Unseen"]),
        (member.scope(), vec!["Assigned", "Department", "Portfolio"]),
        (portal.scope(), vec!["Assigned"]),
        (stranger.owner.scope(), vec![]),
    ];
    let mut conn = world.store.conn().await.unwrap();
    for (scope, expected) in cases {
        assert_eq!(names(&world, &scope, "").await, expected, "{scope:?}");
        let ids = [portfolio, assigned, department, unseen];
        let found = queries::by_ids(&mut conn, &scope, &ids).await.unwrap();
        assert_eq!(found.len(), expected.len(), "{scope:?}");
    }
    let foreign =
        commands::update(&stranger.store, &stranger.owner, untouched(unseen, 1), CLIENT_FOLLOWERS).await;
    assert_eq!(refused(foreign), [(Some("id"), Code::NotFound)]);
}
