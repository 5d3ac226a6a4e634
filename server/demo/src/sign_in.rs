//! Who can sign in to the demo.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{Scale, found, large, texts};
use guichet_base::error::Result;
use guichet_base::id::FirmId;
use guichet_engine::actor::{AccessRole, StaffRole};
use guichet_engine::store::Store;
use guichet_engine::tables::{accounts, clients, firms, portal_accesses, staff_members};

/// A membership of the demo to try, with [`PASSWORD`](super::PASSWORD). An address that comes twice is one
/// account with several memberships (B-13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSignIn {
    /// `OWNER`, `MANAGER` or `MEMBER` for staff, `ADMIN` or `COLLABORATOR` for a client's user.
    pub role: &'static str,
    /// The person's name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The firm.
    pub firm: String,
    /// The client, for a client's user.
    pub client: Option<String>,
}

/// How to sign in to the demos that are in the database: by firm, staff before clients' users. A
/// selection; all other accounts of the demo have the same password. Empty without a demo.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn sign_ins(store: &Store) -> Result<Vec<DemoSignIn>> {
    type Staff = (FirmId, StaffRole, String, String, String);
    type Portal = (FirmId, AccessRole, String, String, String, String);
    let conn = &mut *store.conn().await?;
    let (cast, mut firms_of) = (cast(), found(conn, Scale::Small).await?);
    firms_of.extend(found(conn, Scale::Large).await?);
    // Firms in the order of their owners in the cast.
    firms_of.sort_by_key(|(_, owner)| cast.iter().position(|email| email == owner));
    let demos: Vec<FirmId> = firms_of.into_iter().map(|(id, _)| id).collect();
    let staff: Vec<Staff> = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .inner_join(firms::table.on(firms::id.eq(staff_members::firm_id)))
        .filter(firms::id.eq_any(&demos))
        .filter(accounts::email_ci.eq_any(&cast))
        .select((firms::id, staff_members::role, accounts::name, accounts::email, firms::name))
        .load(conn)
        .await?;
    let portal: Vec<Portal> = portal_accesses::table
        .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
        .inner_join(firms::table.on(firms::id.eq(portal_accesses::firm_id)))
        .inner_join(clients::table.on(clients::id.eq(portal_accesses::client_id)))
        .filter(firms::id.eq_any(&demos))
        .filter(accounts::email_ci.eq_any(&cast))
        .select((
            firms::id,
            portal_accesses::role,
            accounts::name,
            accounts::email,
            firms::name,
            clients::name,
        ))
        .load(conn)
        .await?;
    let staff = staff.into_iter().map(|(id, role, name, email, firm)| {
        (id, 0, DemoSignIn { role: role.as_str(), name, email, firm, client: None })
    });
    let portal = portal.into_iter().map(|(id, role, name, email, firm, client)| {
        (id, 1, DemoSignIn { role: role.as_str(), name, email, firm, client: Some(client) })
    });
    let mut all: Vec<_> = staff.chain(portal).collect();
    all.sort_by_key(|(id, side, membership)| {
        let place = |found: Option<usize>| found.unwrap_or(usize::MAX);
        (
            place(demos.iter().position(|demo| demo == id)),
            *side,
            place(cast.iter().position(|email| *email == membership.email)),
        )
    });
    Ok(all.into_iter().map(|(_, _, membership)| membership).collect())
}

/// The addresses of those who are shown: owner, manager and member, a client's admin and collaborator.
fn cast() -> Vec<String> {
    let mut cast = Vec::new();
    for texts in texts::all() {
        cast.extend((0..3).map(|place| texts.staff_email(place)));
        let client = &texts.clients[0];
        cast.extend(client.users.iter().map(|name| client.address(name)));
    }
    cast.extend((1..=3).map(|member| large::staff_email(1, member)));
    cast.push(large::admin_email(1, 1));
    cast
}
