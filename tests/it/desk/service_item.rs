//! The price list, and departments.

use guichet_base::error::Code;
use guichet_base::id::{DepartmentId, ServiceItemId, StaffId};
use guichet_base::input::Patch;
use guichet_base::money::Money;
use guichet_base::page::PageRequest;
use guichet_engine::actor::StaffRole;
use guichet_schema::desk::service_item::commands::{self, CreateServiceItem, UpdateServiceItem};
use guichet_schema::desk::service_item::queries::{self, ServiceItemFilter};
use guichet_schema::people::staff::queries::StaffFilter;
use guichet_schema::people::{department, staff};

use crate::people::world::{World, client_input, key, reais, refused, staff_id};

fn item(name: &str, price_minor: i64) -> CreateServiceItem {
    CreateServiceItem {
        name: name.into(),
        description: "Linha 1\r\nLinha 2".into(),
        price: reais(price_minor),
        department_id: None,
        active: true,
    }
}

fn untouched(id: ServiceItemId, expected_version: i32) -> UpdateServiceItem {
    UpdateServiceItem {
        id,
        expected_version,
        name: None,
        description: None,
        price: None,
        department_id: Patch::Keep,
        active: None,
    }
}

/// Items of the price list are created, changed with a version and taken off the list; clients see only those that are
/// offered.
#[tokio::test]
async fn the_price_list() {
    let world = World::new().await;
    let create = async |input| commands::create(&world.store, &world.owner, &key(), input).await;
    let id = create(item("Folha de pagamento", 12_345)).await.unwrap().value;
    create(item("Abertura de empresa", 0)).await.unwrap();
    let taken = create(item(" Folha de pagamento ", 1)).await;
    assert_eq!(refused(taken), [(Some("name"), Code::Taken)]);
    let wrong = CreateServiceItem {
        name: String::new(),
        description: "a\u{202e}".into(),
        price: reais(-1),
        department_id: Some(DepartmentId::new()),
        active: true,
    };
    let euros =
        CreateServiceItem { price: Money { amount_minor: 1, currency: "EUR".into() }, ..item("Guia", 1) };
    assert_eq!(refused(create(euros).await), [(Some("price"), Code::WrongCurrency)]);
    let mut told = refused(create(wrong).await);
    told.sort();
    let mut expected = [
        (Some("departmentId"), Code::NotFound),
        (Some("description"), Code::InvalidText),
        (Some("name"), Code::Required),
        (Some("price"), Code::OutOfRange),
    ];
    expected.sort();
    assert_eq!(told, expected);

    let update = async |input| commands::update(&world.store, &world.owner, input).await;
    let fiscal = world.department("Fiscal", staff_id(&world.owner)).await.unwrap();
    let change = UpdateServiceItem {
        price: Some(reais(1_000_000_000_000)),
        department_id: Patch::Set(fiscal),
        active: Some(false),
        ..untouched(id, 1)
    };
    update(change.clone()).await.unwrap();
    assert_eq!(refused(update(change).await), [(None, Code::Conflict)]);
    assert_eq!(update(untouched(id, 2)).await.unwrap().revision, None);
    let name = UpdateServiceItem { name: Some("Abertura de empresa".into()), ..untouched(id, 2) };
    assert_eq!(refused(update(name).await), [(Some("name"), Code::Taken)]);
    let stranger = world.neighbour().await;
    let foreign = commands::update(&stranger.store, &stranger.owner, untouched(id, 2)).await;
    assert_eq!(refused(foreign), [(Some("id"), Code::NotFound)]);

    let client = world.client(client_input("Padaria")).await;
    let portal = world.portal(client).await;
    let mut conn = world.store.conn().await.unwrap();
    let all = PageRequest::new(Some(100), None, None, None).unwrap();
    let filter = |active, search: &str| ServiceItemFilter { ids: None, active, search: Some(search.into()) };
    for (scope, filter, expected) in [
        (world.owner.scope(), filter(None, ""), vec!["Abertura de empresa", "Folha de pagamento"]),
        (world.owner.scope(), filter(Some(false), ""), vec!["Folha de pagamento"]),
        (world.owner.scope(), filter(None, "EMPRESA"), vec!["Abertura de empresa"]),
        (world.owner.scope(), filter(None, "linha 2"), vec!["Abertura de empresa", "Folha de pagamento"]),
        (portal.scope(), filter(None, ""), vec!["Abertura de empresa"]),
        (portal.scope(), filter(Some(false), ""), vec![]),
        (stranger.owner.scope(), filter(None, ""), vec![]),
    ] {
        let page = queries::page(&mut conn, &scope, &filter, &all).await.unwrap();
        let names: Vec<_> = page.rows.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, expected, "{scope:?} {filter:?}");
        let count = queries::count(&mut conn, &scope, &filter).await.unwrap();
        assert_eq!(count, expected.len() as i64);
    }
    assert!(queries::by_ids(&mut conn, &portal.scope(), &[id]).await.unwrap().is_empty());
    let found = queries::by_ids(&mut conn, &world.owner.scope(), &[id]).await.unwrap().pop().unwrap();
    assert_eq!((found.version, found.department_id), (2, Some(fiscal)));
    assert_eq!(found.description, "Linha 1\nLinha 2");
}

/// Departments and the list of staff are visible to staff only; clients can only find a staff member by id.
#[tokio::test]
async fn departments_and_staff() {
    let world = World::new().await;
    let owner = staff_id(&world.owner);
    let member = world.staff(StaffRole::Member).await;
    let fiscal = world.department("Fiscal", staff_id(&member)).await.unwrap();
    assert_eq!(refused(world.department("Fiscal", owner).await), [(Some("name"), Code::Taken)]);
    let nobody: StaffId = StaffId::new();
    let told = [(Some("leadId"), Code::NotFound), (Some("memberIds.0"), Code::NotFound)];
    assert_eq!(refused(world.department("Pessoal", nobody).await), told);

    let client = world.client(client_input("Padaria")).await;
    let portal = world.portal(client).await;
    let stranger = world.neighbour().await;
    let mut conn = world.store.conn().await.unwrap();
    let all = PageRequest::new(Some(100), None, None, None).unwrap();
    let filter_of_all = department::queries::DepartmentFilter::default();
    for (scope, departments, listed, found) in [
        (world.owner.scope(), 1, 2, 1),
        (member.scope(), 1, 2, 1),
        (portal.scope(), 0, 0, 1),
        (stranger.owner.scope(), 0, 1, 0),
    ] {
        let page = department::queries::page(&mut conn, &scope, &filter_of_all, &all).await.unwrap();
        assert_eq!(page.rows.len(), departments, "{scope:?}");
        assert_eq!(
            department::queries::count(&mut conn, &scope, &filter_of_all).await.unwrap(),
            departments as i64
        );
        assert_eq!(
            department::queries::by_ids(&mut conn, &scope, &[fiscal]).await.unwrap().len(),
            departments
        );
        let members = department::queries::members(&mut conn, &scope, &[fiscal]).await.unwrap();
        assert_eq!(members.len(), departments);
        let filter = StaffFilter { active: Some(true), ids: None };
        let page = staff::queries::page(&mut conn, &scope, &filter, &all).await.unwrap();
        assert_eq!(page.rows.len(), listed, "{scope:?}");
        assert_eq!(staff::queries::count(&mut conn, &scope, &filter).await.unwrap(), listed as i64);
        let gone = StaffFilter { active: Some(false), ids: None };
        assert_eq!(staff::queries::count(&mut conn, &scope, &gone).await.unwrap(), 0);
        assert_eq!(staff::queries::by_ids(&mut conn, &scope, &[owner]).await.unwrap().len(), found);
    }
}
