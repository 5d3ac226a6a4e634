//! Checks of input, in one place: all refusals of an input are reported at once.

use std::ops::RangeInclusive;

use crate::email::Email;
use crate::error::{Code, Error, Refusal, Result};
use crate::money::Money;

/// Longest name of a person, company or thing, in characters.
pub const MAX_NAME: usize = 200;
/// Longest free text, in characters.
pub const MAX_TEXT: usize = 20_000;

/// What an edit does to an optional value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Leaves the value as it is.
    #[default]
    Keep,
    /// Removes the value.
    Clear,
    /// Replaces the value.
    Set(T),
}

impl<T> Patch<T> {
    /// The value after the edit of `old`.
    pub fn apply(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Clear => None,
            Self::Set(new) => Some(new),
        }
    }

    /// Applies a check to the new value; `None` from `check` clears it.
    pub fn and_then<U>(self, check: impl FnOnce(T) -> Option<U>) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => check(value).map_or(Patch::Clear, Patch::Set),
        }
    }
}

/// Collects the refusals of one input. Each method returns the cleaned value, which must not be used before
/// [`Check::done`] has succeeded.
#[derive(Debug, Default)]
pub struct Check(Vec<Refusal>);

impl Check {
    /// Nothing refused yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A text of one line, trimmed. Shorter than the range is `REQUIRED`, longer is `TOO_LONG`
    /// (both in characters); control characters and line breaks are `INVALID_TEXT`.
    pub fn line(&mut self, field: &'static str, value: &str, length: RangeInclusive<usize>) -> String {
        let value = value.trim().to_owned();
        if value.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            self.refuse(Refusal::of(field, Code::InvalidText));
        }
        self.length(field, &value, length);
        value
    }

    /// A text of several lines, trimmed, with `\n` for every kind of line break. As
    /// [`Check::line`] otherwise; tabs are allowed.
    pub fn text(&mut self, field: &'static str, value: &str, length: RangeInclusive<usize>) -> String {
        let value = value.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned();
        if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            self.refuse(Refusal::of(field, Code::InvalidText));
        }
        self.length(field, &value, length);
        value
    }

    /// An optional text of one line; blank counts as absent.
    pub fn optional_line(&mut self, field: &'static str, value: Option<&str>, max: usize) -> Option<String> {
        let value = self.line(field, value?, 0..=max);
        (!value.is_empty()).then_some(value)
    }

    /// An e-mail address, or `INVALID_EMAIL`; blank is `REQUIRED`.
    pub fn email(&mut self, field: &'static str, value: &str) -> Option<Email> {
        let email = Email::parse(value);
        if email.is_none() {
            let code = if value.trim().is_empty() { Code::Required } else { Code::InvalidEmail };
            self.refuse(Refusal::of(field, code));
        }
        email
    }

    /// An optional e-mail address; blank counts as absent.
    pub fn optional_email(&mut self, field: &'static str, value: Option<&str>) -> Option<Email> {
        let value = value?.trim();
        if value.is_empty() { None } else { self.email(field, value) }
    }

    /// A number within the range, or `OUT_OF_RANGE`.
    pub fn number(&mut self, field: &'static str, value: i64, range: &RangeInclusive<i64>) -> i64 {
        self.require(range.contains(&value), Refusal::of(field, Code::OutOfRange).with(*range.end()));
        value
    }

    /// An amount of at least `least` in a firm's `currency`; see [`Money::checked`].
    pub fn amount(&mut self, field: &'static str, value: &Money, least: i64, currency: &str) -> i64 {
        value.checked(field, least, currency).unwrap_or_else(|refusal| {
            self.refuse(refusal);
            value.amount_minor
        })
    }

    /// Adds the refusal unless `ok`.
    pub fn require(&mut self, ok: bool, refusal: Refusal) {
        if !ok {
            self.refuse(refusal);
        }
    }

    /// Adds a refusal.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// Succeeds when nothing was refused.
    ///
    /// # Errors
    /// All refusals, in the order in which they were found.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(self.0)) }
    }

    fn length(&mut self, field: &'static str, value: &str, length: RangeInclusive<usize>) {
        let count = value.chars().count();
        if count < *length.start() {
            self.refuse(Refusal::of(field, Code::Required));
        } else if count > *length.end() {
            self.refuse(Refusal::of(field, Code::TooLong).with(*length.end() as i64));
        }
    }
}

/// Turns a violated unique constraint into a refusal.
pub trait OrTaken<T> {
    /// The row, or `TAKEN` about `field`. After that the transaction can only be rolled back.
    fn or_taken(self, field: &'static str) -> Result<T>;
}

impl<T> OrTaken<T> for diesel::QueryResult<T> {
    fn or_taken(self, field: &'static str) -> Result<T> {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error as Diesel};
        self.map_err(|error| match error {
            Diesel::DatabaseError(UniqueViolation, _) => Refusal::of(field, Code::Taken).into(),
            other => other.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusals(check: Check) -> Vec<Refusal> {
        match check.done() {
            Err(Error::Refused(refusals)) => refusals,
            _ => Vec::new(),
        }
    }

    #[test]
    fn lines() {
        let required = Some(Refusal::of("name", Code::Required));
        let invalid = Some(Refusal::of("name", Code::InvalidText));
        let cases = [
            ("  Padaria São João \t", "Padaria São João", None),
            ("ééééé", "ééééé", None),
            ("", "", required.clone()),
            (" \n\t ", "", required),
            ("a\r\nBcc: x", "a\r\nBcc: x", invalid.clone()),
            ("a\0b", "a\0b", invalid.clone()),
            ("a\u{2028}b", "a\u{2028}b", invalid),
            ("123456", "123456", Some(Refusal::of("name", Code::TooLong).with(5))),
        ];
        for (value, cleaned, refusal) in cases {
            let mut check = Check::new();
            let max = if value.len() == 6 { 5 } else { 20 };
            assert_eq!(check.line("name", value, 1..=max), cleaned);
            assert_eq!(refusals(check), refusal.into_iter().collect::<Vec<_>>(), "{value:?}");
        }
    }

    #[test]
    fn all_refusals_at_once() {
        let mut check = Check::new();
        check.line("name", "", 1..=5);
        check.email("email", "nobody");
        check.email("replyTo", "  ");
        assert_eq!(check.optional_email("copy", Some("  ")), None);
        check.number("days", 11, &(0..=10));
        check.text("body", "a\r\nb\tc\rd", 1..=7);
        check.text("note", "a\u{7}", 0..=7);
        assert_eq!(check.optional_line("phone", Some(" "), 5), None);
        let expected = [
            Refusal::of("name", Code::Required),
            Refusal::of("email", Code::InvalidEmail),
            Refusal::of("replyTo", Code::Required),
            Refusal::of("days", Code::OutOfRange).with(10),
            Refusal::of("note", Code::InvalidText),
        ];
        assert_eq!(refusals(check), expected);
    }

    #[test]
    fn patches() {
        assert_eq!(Patch::Keep.apply(Some(1)), Some(1));
        assert_eq!(Patch::Clear.apply(Some(1)), None);
        assert_eq!(Patch::Set(2).apply(None), Some(2));
        assert_eq!(
            Patch::Set(" ").and_then(|text| Some(text.trim()).filter(|t| !t.is_empty())),
            Patch::Clear
        );
    }

    proptest! {
        /// An accepted text is accepted again and does not change.
        #[test]
        fn cleaning_twice_changes_nothing(text in ".{0,30}") {
            let mut first = Check::new();
            let once = (first.line("a", &text, 0..=30), first.text("b", &text, 0..=30));
            if first.done().is_ok() {
                let mut second = Check::new();
                let twice = (second.line("a", &once.0, 0..=30), second.text("b", &once.1, 0..=30));
                prop_assert_eq!(once, twice);
                prop_assert!(second.done().is_ok());
            }
        }
    }
}
