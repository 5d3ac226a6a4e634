//! The row of an account.

use diesel::prelude::*;

use guichet_base::id::AccountId;
use guichet_base::locale::Locale;
use guichet_engine::tables::accounts;

/// A login.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The e-mail address for signing in.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The person's language.
    pub locale: Locale,
}
