//! Accounts.

use async_graphql::{ID, Object};
use guichet_schema::people::account::model;

use crate::graphql::payload::api_id;
use crate::graphql::scalars::Locale;

/// An account.
#[derive(Debug, Clone)]
pub struct Account(pub model::Account);

/// A login: one person, one e-mail address, many memberships (B-13). Nobody sees another's.
#[Object]
impl Account {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The address with which the person signs in.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The person's name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The person's language.
    async fn locale(&self) -> Locale {
        self.0.locale.into()
    }
}
