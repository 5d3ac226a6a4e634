//! Finders of sessions and memberships.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::people::account::model::Account;
use crate::people::portal_access::model::AccessStatus;
use guichet_base::error::Result;
use guichet_base::id::{AccessId, AccountId, ClientId, FirmId, SessionId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::secret::Secret;
use guichet_engine::actor::{
    AccessRole, Author, MemberReach, Membership, PortalMembership, StaffMembership, StaffRole,
};
use guichet_engine::store::Store;
use guichet_engine::tables::{accounts, clients, firms, portal_accesses, sessions, staff_members};

use super::model::{MembershipOption, Viewer};

type StaffRow = (StaffId, FirmId, StaffRole);
type PortalRow = (AccessId, FirmId, ClientId, AccessRole);

type MembershipRow = (Option<StaffRow>, Option<MemberReach>, Option<PortalRow>);

/// Valid sessions (neither expired nor revoked) with their accounts and what `current_membership!` selects.
macro_rules! valid_sessions {
    ($now:expr) => {{
        let works = staff_members::joined_at.is_not_null().and(staff_members::disabled_at.is_null());
        sessions::table
            .inner_join(accounts::table.on(accounts::id.eq(sessions::account_id)))
            .left_join(
                staff_members::table.on(staff_members::id.nullable().eq(sessions::staff_id).and(works)),
            )
            .left_join(firms::table.on(firms::id.nullable().eq(staff_members::firm_id.nullable())))
            .left_join(
                portal_accesses::table.on(portal_accesses::id
                    .nullable()
                    .eq(sessions::access_id)
                    .and(portal_accesses::status.eq(AccessStatus::Active))),
            )
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt($now))
    }};
}

/// The selected membership of a session as a [`MembershipRow`]; none when it was taken away.
macro_rules! current_membership {
    () => {
        (
            (staff_members::id, staff_members::firm_id, staff_members::role).nullable(),
            firms::member_reach.nullable(),
            (
                portal_accesses::id,
                portal_accesses::firm_id,
                portal_accesses::client_id,
                portal_accesses::role,
            )
                .nullable(),
        )
    };
}

/// The viewer with this token; none when the session has expired or was revoked. A membership that was taken away
/// is omitted. One statement, because it runs for each request.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(store: &Store, token: &Secret) -> Result<Option<Viewer>> {
    type Row = (SessionId, DateTime<Utc>, Account, MembershipRow);
    let row: Option<Row> = valid_sessions!(store.now())
        .filter(sessions::token_hash.eq(token.hash()))
        .select((sessions::id, sessions::expires_at, Account::as_select(), current_membership!()))
        .get_result(&mut store.conn().await?)
        .await
        .optional()?;
    Ok(row.map(|(session_id, expires_at, account, row)| Viewer {
        account,
        session_id,
        membership: membership(row),
        expires_at,
    }))
}

/// The current memberships of those of these sessions that are neither expired nor revoked. One statement.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn current_memberships(
    store: &Store,
    ids: &[SessionId],
) -> Result<HashMap<SessionId, Option<Membership>>> {
    let rows: Vec<(SessionId, MembershipRow)> = valid_sessions!(store.now())
        .filter(sessions::id.eq_any(ids))
        .select((sessions::id, current_membership!()))
        .load(&mut store.conn().await?)
        .await?;
    Ok(rows.into_iter().map(|(id, row)| (id, membership(row))).collect())
}

/// The memberships that an account can use now (B-13), by firm and client.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn memberships(conn: &mut AsyncPgConnection, account: AccountId) -> Result<Vec<MembershipOption>> {
    let staff: Vec<(StaffRow, MemberReach, String)> = staff_members::table
        .inner_join(firms::table.on(firms::id.eq(staff_members::firm_id)))
        .filter(staff_members::account_id.eq(account))
        .filter(staff_members::joined_at.is_not_null())
        .filter(staff_members::disabled_at.is_null())
        .order((firms::name, staff_members::id))
        .select((
            (staff_members::id, staff_members::firm_id, staff_members::role),
            firms::member_reach,
            firms::name,
        ))
        .load(conn)
        .await?;
    let portal: Vec<(PortalRow, String, String)> = portal_accesses::table
        .inner_join(firms::table.on(firms::id.eq(portal_accesses::firm_id)))
        .inner_join(clients::table.on(clients::id.eq(portal_accesses::client_id)))
        .filter(portal_accesses::account_id.eq(account))
        .filter(portal_accesses::status.eq(AccessStatus::Active))
        .order((firms::name, clients::name, portal_accesses::id))
        .select((
            (
                portal_accesses::id,
                portal_accesses::firm_id,
                portal_accesses::client_id,
                portal_accesses::role,
            ),
            firms::name,
            clients::name,
        ))
        .load(conn)
        .await?;
    let staff = staff.into_iter().map(|(row, reach, firm_name)| MembershipOption {
        membership: staff_membership((row, reach)),
        firm_name,
        client: None,
    });
    let portal = portal.into_iter().map(|(row, firm_name, client_name)| MembershipOption {
        membership: portal_membership(row),
        firm_name,
        client: Some((row.2, client_name)),
    });
    Ok(staff.chain(portal).collect())
}

/// The membership of a person as it is now, and the person's language; none when it was taken away.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn of_person(conn: &mut AsyncPgConnection, person: Author) -> Result<Option<(Membership, Locale)>> {
    match person {
        Author::Staff(id) => {
            let row: Option<(StaffRow, MemberReach, Locale)> = staff_members::table
                .inner_join(firms::table.on(firms::id.eq(staff_members::firm_id)))
                .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
                .filter(staff_members::id.eq(id))
                .filter(staff_members::joined_at.is_not_null())
                .filter(staff_members::disabled_at.is_null())
                .select((
                    (staff_members::id, staff_members::firm_id, staff_members::role),
                    firms::member_reach,
                    accounts::locale,
                ))
                .get_result(conn)
                .await
                .optional()?;
            Ok(row.map(|(row, reach, locale)| (staff_membership((row, reach)), locale)))
        }
        Author::Portal(id) => {
            let row: Option<(PortalRow, Locale)> = portal_accesses::table
                .inner_join(accounts::table.on(accounts::id.eq(portal_accesses::account_id)))
                .filter(portal_accesses::id.eq(id))
                .filter(portal_accesses::status.eq(AccessStatus::Active))
                .select((
                    (
                        portal_accesses::id,
                        portal_accesses::firm_id,
                        portal_accesses::client_id,
                        portal_accesses::role,
                    ),
                    accounts::locale,
                ))
                .get_result(conn)
                .await
                .optional()?;
            Ok(row.map(|(row, locale)| (portal_membership(row), locale)))
        }
    }
}

fn membership((staff, reach, portal): MembershipRow) -> Option<Membership> {
    staff.zip(reach).map(staff_membership).or(portal.map(portal_membership))
}

const fn staff_membership(((id, firm_id, role), reach): (StaffRow, MemberReach)) -> Membership {
    Membership::Staff(StaffMembership { id, firm_id, role, reach })
}

fn portal_membership((id, firm_id, client_id, role): PortalRow) -> Membership {
    Membership::Portal(PortalMembership::new(id, firm_id, client_id, role))
}
