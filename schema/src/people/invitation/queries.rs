//! Finders of invitations.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::people::account::model::Account;
use guichet_base::error::Result;
use guichet_base::id::{AccessId, FirmId, InvitationId, StaffId};
use guichet_base::secret::Secret;
use guichet_engine::actor::Author;
use guichet_engine::store::Store;
use guichet_engine::tables::{accounts, firms, invitations};

use super::model::OpenInvitation;

/// A valid invitation, with its account.
#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations)]
pub(crate) struct Pending {
    pub id: InvitationId,
    pub firm_id: FirmId,
    staff_id: Option<StaffId>,
    access_id: Option<AccessId>,
    #[diesel(embed)]
    pub account: Account,
    #[diesel(select_expression = accounts::email_ci)]
    pub email_ci: String,
    #[diesel(select_expression = accounts::password_hash)]
    pub password_hash: Option<String>,
    #[diesel(select_expression = firms::name)]
    firm_name: String,
}

impl Pending {
    /// The membership that it is for.
    pub fn membership(&self) -> Author {
        Author::from_columns(self.staff_id, self.access_id)
            .expect("a check of the table demands one membership")
    }
}

pub(crate) async fn pending(store: &Store, secret: &Secret) -> Result<Option<Pending>> {
    Ok(invitations::table
        .inner_join(accounts::table.on(accounts::id.eq(invitations::account_id)))
        .inner_join(firms::table.on(firms::id.eq(invitations::firm_id)))
        .filter(invitations::secret_hash.eq(secret.hash()))
        .filter(invitations::used_at.is_null())
        .filter(invitations::expires_at.gt(store.now()))
        .select(Pending::as_select())
        .get_result(&mut store.conn().await?)
        .await
        .optional()?)
}

/// What the page of an invitation shows; none when it is unknown, used or expired.
///
/// # Errors
/// When the database does not answer: retry.
pub async fn find(store: &Store, secret: &Secret) -> Result<Option<OpenInvitation>> {
    Ok(pending(store, secret).await?.map(|pending| OpenInvitation {
        has_password: pending.password_hash.is_some(),
        email: pending.account.email,
        firm_name: pending.firm_name,
    }))
}
