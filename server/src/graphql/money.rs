//! Money is integers.

use async_graphql::{InputObject, SimpleObject};
use guichet_base::money;

use crate::graphql::scalars::SafeInt;

/// An amount of money.
#[derive(Debug, SimpleObject)]
pub struct Money {
    /// Minor units of the currency, such as cents.
    amount_minor: SafeInt,
    /// ISO 4217 code of the currency.
    currency: String,
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount_minor: SafeInt(money.amount_minor), currency: money.currency }
    }
}

/// An amount of money.
#[derive(Debug, Clone, InputObject)]
pub struct MoneyInput {
    /// Minor units of the currency, such as cents.
    pub amount_minor: SafeInt,
    /// ISO 4217 code of the currency; must be the firm's.
    pub currency: String,
}

impl From<MoneyInput> for money::Money {
    fn from(input: MoneyInput) -> Self {
        Self { amount_minor: input.amount_minor.0, currency: input.currency }
    }
}
