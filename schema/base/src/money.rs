//! Amounts of money as integers: minor units and a currency.

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use crate::error::{Code, InputPath, Refusal, Told};
use crate::locale::Locale;

/// Largest price or charge, in minor units; sums stay far from overflow.
pub const MAX_AMOUNT: i64 = 1_000_000_000_000;

/// An amount in minor units (cents) of an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
}

impl Money {
    /// The minor units of an amount that must be in the firm's `currency`.
    ///
    /// # Errors
    /// `WRONG_CURRENCY`; `OUT_OF_RANGE` when it is less than `least` or more than [`MAX_AMOUNT`].
    pub fn checked(&self, path: impl Into<InputPath>, least: i64, currency: &str) -> Result<i64, Refusal> {
        if self.currency != currency {
            let [asked, wanted] = [&self.currency, currency].map(|code| Told::Text(code.to_owned()));
            return Err(Refusal::of(path, Code::WrongCurrency).asked(asked).telling("currency", wanted));
        }
        if !(least..=MAX_AMOUNT).contains(&self.amount_minor) {
            let told = |amount_minor| Told::Money(Self { amount_minor, currency: currency.to_owned() });
            let refusal = Refusal::of(path, Code::OutOfRange).asked(told(self.amount_minor));
            return Err(refusal.between(told(least), told(MAX_AMOUNT)));
        }
        Ok(self.amount_minor)
    }

    /// The amount as people of `locale` write it (CLDR 46): `R$ 1.234,56`, `1 234,56 €`.
    pub fn display(&self, locale: Locale) -> String {
        let (sign, whole, fraction) = self.parts(locale);
        let group = match locale {
            Locale::PtBr | Locale::Es => ".",
            Locale::Fr => "\u{202f}",
            Locale::En => ",",
        };
        // Spanish does not group four digits (CLDR minimumGroupingDigits = 2).
        let grouped =
            if locale == Locale::Es && whole.len() <= 4 { whole } else { group_thousands(&whole, group) };
        let symbol = match self.currency.as_str() {
            "BRL" => "R$",
            "EUR" => "€",
            "USD" => "US$",
            "GBP" => "£",
            other => other,
        };
        match locale {
            Locale::PtBr => format!("{sign}{symbol}\u{a0}{grouped}{fraction}"),
            Locale::En if symbol.len() == 3 && symbol.is_ascii() => {
                format!("{sign}{symbol}\u{a0}{grouped}{fraction}")
            }
            Locale::En => format!("{sign}{symbol}{grouped}{fraction}"),
            Locale::Fr | Locale::Es => format!("{sign}{grouped}{fraction}\u{a0}{symbol}"),
        }
    }

    /// The amount as spreadsheets of `locale` expect a number, for example `1234,56`.
    pub fn number(&self, locale: Locale) -> String {
        let (sign, whole, fraction) = self.parts(locale);
        format!("{sign}{whole}{fraction}")
    }

    /// Sign, whole units, and the decimal sign with what follows it.
    fn parts(&self, locale: Locale) -> (&'static str, String, String) {
        // A firm's currency is a known one (see `firm::rules::currency`).
        let digits = Currency::from_code(&self.currency).and_then(Currency::exponent).unwrap_or(2);
        let unit = 10_u64.pow(digits.into());
        let amount = self.amount_minor.unsigned_abs();
        let decimal = if locale == Locale::En { "." } else { "," };
        let fraction = if digits == 0 {
            String::new()
        } else {
            format!("{decimal}{:0width$}", amount % unit, width = digits as usize)
        };
        (if self.amount_minor < 0 { "-" } else { "" }, (amount / unit).to_string(), fraction)
    }
}

/// Digits with a separator between groups of three.
pub fn group_thousands(digits: &str, separator: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// D-03: an amount is either stored as given or refused with its field.
        #[test]
        fn d_03_amounts(amount_minor in any::<i64>(), least in 0..=1_i64, currency in "BRL|EUR") {
            let given = Money { amount_minor, currency: currency.clone() };
            let expected = match (amount_minor, currency.as_str()) {
                (_, "EUR") => Err(Code::WrongCurrency),
                (amount, _) if amount < least || amount > MAX_AMOUNT => Err(Code::OutOfRange),
                (amount, _) => Ok(amount),
            };
            let checked = given.checked("price", least, "BRL");
            prop_assert!(checked.as_ref().err().is_none_or(|refusal| refusal.path == "price".into()));
            prop_assert_eq!(checked.map_err(|refusal| refusal.code), expected);
        }
    }

    #[test]
    fn as_spreadsheets_read_it() {
        let cases = [
            (123_456_789, "BRL", Locale::PtBr, "1234567,89"),
            (123_456, "EUR", Locale::En, "1234.56"),
            (-5, "EUR", Locale::Fr, "-0,05"),
            (1_500, "CLP", Locale::Es, "1500"),
        ];
        for (amount_minor, currency, locale, expected) in cases {
            assert_eq!(Money { amount_minor, currency: currency.into() }.number(locale), expected);
        }
    }

    #[test]
    fn as_people_write_it() {
        let cases = [
            (123_456, "BRL", Locale::PtBr, "R$\u{a0}1.234,56"),
            (123_456, "EUR", Locale::Fr, "1\u{202f}234,56\u{a0}€"),
            (123_456, "EUR", Locale::Es, "1234,56\u{a0}€"),
            (1_234_567, "EUR", Locale::Es, "12.345,67\u{a0}€"),
            (123_456, "EUR", Locale::En, "€1,234.56"),
            (5, "EUR", Locale::En, "€0.05"),
            (-5, "BRL", Locale::PtBr, "-R$\u{a0}0,05"),
            (1_500, "CLP", Locale::Es, "1500\u{a0}CLP"),
            (1_500, "XOF", Locale::Fr, "1\u{202f}500\u{a0}XOF"),
            (1_500, "TND", Locale::Fr, "1,500\u{a0}TND"),
            (i64::MIN, "BRL", Locale::En, "-R$92,233,720,368,547,758.08"),
        ];
        for (amount_minor, currency, locale, expected) in cases {
            let money = Money { amount_minor, currency: currency.into() };
            assert_eq!(money.display(locale), expected);
        }
    }
}
