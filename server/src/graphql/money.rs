//! Amounts of money as integers.

use async_graphql::{InputObject, SimpleObject};
use guichet_base::money;

use crate::graphql::scalars::SafeInt;

/// An amount of money.
#[derive(Debug, SimpleObject)]
pub struct Money {
    /// The amount in minor units of the currency, for example `123456` for R$ 1.234,56.
    amount_minor: SafeInt,
    /// The ISO 4217 code of the currency, for example `BRL`.
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
    /// The amount in minor units of the currency, for example `123456` for R$ 1.234,56.
    pub amount_minor: SafeInt,
    /// The ISO 4217 code of the currency, for example `BRL`. It must be the currency of the firm.
    pub currency: String,
}

impl From<MoneyInput> for money::Money {
    fn from(input: MoneyInput) -> Self {
        Self { amount_minor: input.amount_minor.0, currency: input.currency }
    }
}
