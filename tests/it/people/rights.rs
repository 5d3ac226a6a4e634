//! B-15: which role may do what with clients, portal accesses, staff, departments and the price list.

use guichet_base::error::Code;
use guichet_base::id::{AccessId, ClientId, StaffId};
use guichet_base::input::Patch;
use guichet_engine::actor::{Actor, StaffRole};
use guichet_schema::desk::service_item;
use guichet_schema::desk::service_item::commands::{CreateServiceItem, UpdateServiceItem};
use guichet_schema::people::client::commands::UpdateClient;
use guichet_schema::people::department::commands::CreateDepartment;
use guichet_schema::people::portal_access::commands::CreatePortalAccess;
use guichet_schema::people::staff::commands::CreateStaff;
use guichet_schema::people::{client, department, portal_access, staff};
use uuid::Uuid;

use super::world::{World, address, client_input, key, reais, refused, staff_id};

struct Given {
    client: ClientId,
    staff: StaffId,
    access: AccessId,
    lead: StaffId,
}

/// Does each action as this actor; returns the refusals.
async fn acts(
    world: &World,
    actor: &Actor,
    given: &Given,
) -> Vec<(&'static str, Vec<(Option<&'static str>, Code)>)> {
    let store = &world.store;
    let name = Uuid::new_v4().to_string();
    let item = CreateServiceItem {
        name: name.clone(),
        description: String::new(),
        price: reais(1),
        department_id: None,
        active: true,
    };
    let world_item = service_item::commands::create(
        store,
        &world.owner,
        &key(),
        CreateServiceItem { name: format!("{name}!"), ..item.clone() },
    )
    .await
    .unwrap()
    .value;
    let update_item = UpdateServiceItem {
        id: world_item,
        expected_version: 1,
        name: None,
        description: None,
        price: Some(reais(2)),
        department_id: Patch::Keep,
        active: None,
    };
    let update_client = UpdateClient {
        id: given.client,
        expected_version: 1,
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
    };
    let access = CreatePortalAccess {
        client_id: given.client,
        email: address(),
        name: "Paula".into(),
        role: None,
        locale: None,
    };
    let member = CreateStaff {
        name: "Marta".into(),
        email: address(),
        role: StaffRole::Member,
        locale: None,
        department_ids: Vec::new(),
    };
    let team = CreateDepartment { name, lead_id: given.lead, member_ids: Vec::new() };
    vec![
        ("clientCreate", refused(client::commands::create(store, actor, &key(), client_input("A")).await)),
        ("clientUpdate", refused(client::commands::update(store, actor, update_client, &[]).await)),
        ("portalAccessCreate", refused(portal_access::commands::create(store, actor, &key(), access).await)),
        (
            "portalAccessInvitationRenew",
            refused(portal_access::commands::renew_invitation(store, actor, given.access).await),
        ),
        ("serviceItemCreate", refused(service_item::commands::create(store, actor, &key(), item).await)),
        ("serviceItemUpdate", refused(service_item::commands::update(store, actor, update_item).await)),
        ("staffCreate", refused(staff::commands::create(store, actor, &key(), member).await)),
        ("staffInvitationRenew", refused(staff::commands::renew_invitation(store, actor, given.staff).await)),
        ("departmentCreate", refused(department::commands::create(store, actor, &key(), team).await)),
    ]
}

/// B-15: owners may do all of it, managers what concerns clients and prices, members and clients nothing.
#[tokio::test]
async fn roles_and_acts() {
    let world = World::new().await;
    let client = world.client(client_input("Padaria")).await;
    let given = Given {
        client,
        staff: world.invite_staff(&address(), StaffRole::Member).await.unwrap().id,
        access: world.invite_portal(client, &address(), None).await.unwrap().id,
        lead: staff_id(&world.owner),
    };
    let manager = world.staff(StaffRole::Manager).await;
    let member = world.staff(StaffRole::Member).await;
    let portal = world.portal(client).await;
    let of_owners = &["staffCreate", "staffInvitationRenew", "departmentCreate"][..];
    let of_managers = &[
        "clientCreate",
        "clientUpdate",
        "portalAccessCreate",
        "portalAccessInvitationRenew",
        "serviceItemCreate",
        "serviceItemUpdate",
    ][..];
    let roles = [
        ("owner", &world.owner, [of_managers, of_owners].concat()),
        ("manager", &manager, of_managers.to_vec()),
        ("member", &member, vec![]),
        ("portal admin", &portal, vec![]),
    ];
    for (role, actor, allowed) in roles {
        for (act, told) in acts(&world, actor, &given).await {
            let expected = if allowed.contains(&act) { vec![] } else { vec![(None, Code::NotAllowed)] };
            assert_eq!(told, expected, "{act} by {role}");
        }
    }
}
