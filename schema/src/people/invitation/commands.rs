//! Issuing invitations.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::error::Result;
use guichet_base::id::{AccountId, FirmId, InvitationId};
use guichet_base::secret::Secret;
use guichet_engine::actor::Author;
use guichet_engine::tables::invitations;

use super::model::LIFE;

/// Issues an invitation to a membership; earlier ones to the same membership become invalid.
pub(crate) async fn issue(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    account: AccountId,
    membership: Author,
    now: DateTime<Utc>,
) -> Result<Secret> {
    let earlier = invitations::table
        .filter(invitations::account_id.eq(account))
        .filter(invitations::staff_id.is_not_distinct_from(membership.staff()))
        .filter(invitations::access_id.is_not_distinct_from(membership.access()))
        .filter(invitations::used_at.is_null());
    diesel::delete(earlier).execute(conn).await?;
    let secret = Secret::new();
    diesel::insert_into(invitations::table)
        .values((
            invitations::id.eq(InvitationId::new()),
            invitations::account_id.eq(account),
            invitations::firm_id.eq(firm),
            invitations::staff_id.eq(membership.staff()),
            invitations::access_id.eq(membership.access()),
            invitations::secret_hash.eq(secret.hash()),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + LIFE),
        ))
        .execute(conn)
        .await?;
    Ok(secret)
}
