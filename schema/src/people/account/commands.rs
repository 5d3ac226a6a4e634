//! Creating accounts. People get into them by an [`invitation`](crate::people::invitation).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use guichet_base::email::Email;
use guichet_base::error::Result;
use guichet_base::id::AccountId;
use guichet_base::locale::Locale;
use guichet_engine::tables::accounts;

/// An account, new or existing.
#[derive(Debug, Clone, Queryable)]
pub(crate) struct Known {
    pub id: AccountId,
    password_hash: Option<String>,
    verified_at: Option<DateTime<Utc>>,
}

impl Known {
    /// Whether the owner of the address set the password. Such an account gets a new membership at once. Any other
    /// account needs an invitation, because a stranger could have claimed the address first.
    pub fn is_proved(&self) -> bool {
        self.has_password() && self.verified_at.is_some()
    }

    pub fn has_password(&self) -> bool {
        self.password_hash.is_some()
    }
}

/// The account of an address, created when there is none, and locked until the transaction ends. An existing
/// account keeps its name and language: they belong to the person.
pub(crate) async fn ensure(
    conn: &mut AsyncPgConnection,
    email: &Email,
    name: &str,
    locale: Locale,
    now: DateTime<Utc>,
) -> Result<Known> {
    diesel::insert_into(accounts::table)
        .values((
            accounts::id.eq(AccountId::new()),
            accounts::email.eq(email.address()),
            accounts::email_ci.eq(email.ci()),
            accounts::name.eq(name),
            accounts::locale.eq(locale),
            accounts::created_at.eq(now),
        ))
        .on_conflict(accounts::email_ci)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(accounts::table
        .filter(accounts::email_ci.eq(email.ci()))
        .select((accounts::id, accounts::password_hash, accounts::verified_at))
        .for_no_key_update()
        .get_result(conn)
        .await?)
}
