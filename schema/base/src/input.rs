//! Checks of input, in one place: all refusals of an input are reported at once.

use std::ops::RangeInclusive;

use crate::email::Email;
use crate::error::{Code, Error, InputPath, Refusal, Result, Told};
use crate::money::Money;
use crate::text;

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

    /// A text of one line, in the form of [`text::line`]. Shorter than the range is `REQUIRED`, longer is `TOO_LONG`
    /// (both in characters that are seen); what [`text::line`] refuses is `INVALID_TEXT`.
    pub fn line(&mut self, path: impl Into<InputPath>, value: &str, length: RangeInclusive<usize>) -> String {
        self.clean(path, text::line(value), length)
    }

    /// A text of several lines, in the form of [`text::lines`]. As [`Check::line`] otherwise.
    pub fn text(&mut self, path: impl Into<InputPath>, value: &str, length: RangeInclusive<usize>) -> String {
        self.clean(path, text::lines(value), length)
    }

    /// A text that a program makes and compares, such as a key: kept as it is. Control characters are
    /// `INVALID_TEXT`, the length is checked as in [`Check::line`].
    pub fn token(
        &mut self,
        path: impl Into<InputPath>,
        value: &str,
        length: RangeInclusive<usize>,
    ) -> String {
        let value = value.trim();
        let clean =
            if value.chars().any(char::is_control) { Err(text::Deceptive) } else { Ok(value.to_owned()) };
        self.clean(path, clean, length)
    }

    /// An optional text of one line; blank counts as absent.
    pub fn optional_line(
        &mut self,
        path: impl Into<InputPath>,
        value: Option<&str>,
        max: usize,
    ) -> Option<String> {
        let value = self.line(path, value?, 0..=max);
        (!value.is_empty()).then_some(value)
    }

    /// An e-mail address, or `INVALID_EMAIL`; blank is `REQUIRED`.
    pub fn email(&mut self, path: impl Into<InputPath>, value: &str) -> Option<Email> {
        let email = Email::parse(value);
        if email.is_none() {
            let code = if text::line(value).is_ok_and(|line| line.is_empty()) {
                Code::Required
            } else {
                Code::InvalidEmail
            };
            self.refuse(Refusal::of(path, code));
        }
        email
    }

    /// An optional e-mail address; blank counts as absent.
    pub fn optional_email(&mut self, path: impl Into<InputPath>, value: Option<&str>) -> Option<Email> {
        let value = value?;
        if text::line(value).is_ok_and(|line| line.is_empty()) { None } else { self.email(path, value) }
    }

    /// A number within the range, or `OUT_OF_RANGE`.
    pub fn number(&mut self, path: impl Into<InputPath>, value: i64, range: &RangeInclusive<i64>) -> i64 {
        self.require(range.contains(&value), out_of_range(path, value, range));
        value
    }

    /// The number of items of a list, within the range, or `OUT_OF_RANGE`.
    pub fn count(&mut self, path: impl Into<InputPath>, count: usize, range: &RangeInclusive<usize>) {
        let allowed = *range.start() as i64..=*range.end() as i64;
        let refusal = out_of_range(path, count as i64, &allowed);
        self.require(range.contains(&count), refusal.telling("unit", Told::Text("items".to_owned())));
    }

    /// An amount of at least `least` in a firm's `currency`; see [`Money::checked`].
    pub fn amount(&mut self, path: impl Into<InputPath>, value: &Money, least: i64, currency: &str) -> i64 {
        value.checked(path, least, currency).unwrap_or_else(|refusal| {
            self.refuse(refusal);
            value.amount_minor
        })
    }

    /// Refuses with `NOT_FOUND` each part of the input that is not found.
    pub fn found<T>(&mut self, parts: &[(InputPath, T)], is_found: impl Fn(&T) -> bool) {
        for (path, part) in parts {
            self.require(is_found(part), Refusal::of(path.clone(), Code::NotFound));
        }
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

    fn clean(
        &mut self,
        path: impl Into<InputPath>,
        clean: Result<String, text::Deceptive>,
        length: RangeInclusive<usize>,
    ) -> String {
        let Ok(value) = clean else {
            self.refuse(Refusal::of(path, Code::InvalidText));
            return String::new();
        };
        let count = value.chars().count();
        if count < *length.start() {
            self.refuse(Refusal::of(path, Code::Required));
        } else if count > *length.end() {
            self.refuse(too_long(path, count, *length.end()));
        }
        value
    }
}

/// The items of a list, each with its path.
pub fn items<T: Copy>(path: &'static str, items: &[T]) -> Vec<(InputPath, T)> {
    items.iter().enumerate().map(|(index, item)| (InputPath::from(path).item(index), *item)).collect()
}

/// The refusal of a number outside of a range.
pub fn out_of_range(path: impl Into<InputPath>, asked: i64, range: &RangeInclusive<i64>) -> Refusal {
    let [asked, least, most] = [asked, *range.start(), *range.end()].map(Told::Number);
    Refusal::of(path, Code::OutOfRange).asked(asked).between(least, most)
}

/// The refusal of a text that has more than `most` characters.
pub fn too_long(path: impl Into<InputPath>, count: usize, most: usize) -> Refusal {
    Refusal::of(path, Code::TooLong).asked(Told::Number(count as i64)).with(most as i64)
}

/// Turns a violated unique constraint into a refusal.
pub trait OrTaken<T> {
    /// The row, or `TAKEN` about this part of the input. After that the transaction can only be rolled back.
    fn or_taken(self, path: impl Into<InputPath>) -> Result<T>;
}

impl<T> OrTaken<T> for diesel::QueryResult<T> {
    fn or_taken(self, path: impl Into<InputPath>) -> Result<T> {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error as Diesel};
        self.map_err(|error| match error {
            Diesel::DatabaseError(UniqueViolation, _) => Refusal::of(path, Code::Taken).into(),
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
            ("a\r\nBcc: x", "", invalid.clone()),
            ("a\0b", "ab", None),
            ("a\u{2028}b", "", invalid),
            ("123456", "123456", Some(too_long("name", 6, 5))),
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
        check.text("note", "a\u{202e}", 0..=7);
        assert_eq!(check.optional_line("phone", Some(" "), 5), None);
        let expected = [
            Refusal::of("name", Code::Required),
            Refusal::of("email", Code::InvalidEmail),
            Refusal::of("replyTo", Code::Required),
            out_of_range("days", 11, &(0..=10)),
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
