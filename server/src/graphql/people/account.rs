//! Accounts.

use async_graphql::{ID, Object};
use guichet_schema::people::account::model;

use crate::graphql::payload::api_id;
use crate::graphql::scalars::Locale;

/// An account.
#[derive(Debug, Clone)]
pub struct Account(pub model::Account);

/// A login: one person with one e-mail address and any number of memberships. Visible to its owner only.
#[Object]
impl Account {
    /// The ID of the account, for example `account_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The e-mail address for signing in.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The name of the person.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The language of the person.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }
}
