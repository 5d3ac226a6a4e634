//! Texts for people in every language (F-02): one Fluent file per language, one key per sentence.
//!
//! Every sentence of the API and of mails comes from [`text`]. Texts contain no markup: the code that shows them
//! escapes them.

use std::fmt::Display;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::error::{Refusal, Told};
use crate::locale::Locale;
use crate::money::group_thousands;

#[cfg(test)]
mod tests;

/// The named values of a sentence: texts, and numbers that select singular or plural.
pub type Args<'a> = FluentArgs<'a>;

/// The value of a variable that is not known.
pub const NONE: &str = "none";

/// Why a request as a whole was not answered. Refusals of a command are [`Refusal`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure<'a> {
    /// Nobody is signed in.
    Unauthenticated,
    /// The session has no membership.
    MembershipRequired,
    /// The session has another membership than the request names.
    MembershipChanged,
    /// Something we need does not answer: the same request may succeed later.
    Unavailable,
    /// A fault of ours; the request's id leads to it in the logs.
    Internal {
        /// The request's id, where there is one.
        request: Option<&'a str>,
    },
}

type Bundle = FluentBundle<FluentResource>;

/// In the order of [`Locale::ALL`], which is that of its discriminants.
static BUNDLES: LazyLock<Vec<Bundle>> = LazyLock::new(|| Locale::ALL.iter().copied().map(bundle).collect());

const fn source(locale: Locale) -> &'static str {
    match locale {
        Locale::PtBr => include_str!("pt-BR.ftl"),
        Locale::Fr => include_str!("fr.ftl"),
        Locale::Es => include_str!("es.ftl"),
        Locale::En => include_str!("en.ftl"),
    }
}

fn bundle(locale: Locale) -> Bundle {
    let tag = locale.as_str().parse().expect("a locale is spelled as a BCP 47 tag");
    let resource = FluentResource::try_new(source(locale).to_owned()).expect("the texts are Fluent");
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    bundle.add_resource(resource).expect("no key is there twice");
    // Isolation marks would show up as boxes in subjects and plain text; in HTML, `dir` isolates.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match locale {
        Locale::PtBr => |value, _| number(value, "."),
        Locale::Fr => |value, _| number(value, "\u{202f}"),
        // Spanish groups from five digits on (CLDR minimumGroupingDigits = 2).
        Locale::Es => |value, _| number(value, ".").filter(|text| text.len() != "1.234".len()),
        Locale::En => |value, _| number(value, ","),
    }));
    bundle
}

/// A whole number with grouped thousands; `None` leaves the formatting to Fluent.
fn number(value: &FluentValue<'_>, group: &str) -> Option<String> {
    let FluentValue::Number(number) = value else { return None };
    let digits = format!("{:.0}", number.value);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| group_thousands(&digits, group))
}

/// Returns the sentence `key`. A missing key or value is a bug of the caller: it is logged, and the text is
/// returned as far as possible.
pub fn text(locale: Locale, key: &str, args: &Args<'_>) -> String {
    let bundle = &BUNDLES[locale as usize];
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        tracing::error!(%locale, key, "there is no such text");
        return key.to_owned();
    };
    let mut problems = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut problems).into_owned();
    if !problems.is_empty() {
        tracing::error!(%locale, key, ?problems, "a text lacks a value");
    }
    text
}

/// Why something was refused, and what to do about it.
pub fn refusal(locale: Locale, refusal: &Refusal) -> String {
    const NAMES: [&str; 7] = ["number", "asked", "least", "most", "unit", "currency", "name"];
    let mut args: Args<'_> = NAMES.into_iter().map(|name| (name, FluentValue::from(NONE))).collect();
    for (name, value) in &refusal.values {
        let value = match value {
            Told::Number(number) => FluentValue::from(*number),
            Told::Money(money) => money.display(locale).into(),
            Told::Text(text) => text.as_str().into(),
        };
        args.set(*name, value);
    }
    text(locale, &key("refusal", refusal.code), &args)
}

/// Why a request was not answered, and what to do about it.
pub fn failure(locale: Locale, failure: Failure<'_>) -> String {
    let mut args = Args::new();
    let key = match failure {
        Failure::Unauthenticated => "failure-unauthenticated",
        Failure::MembershipRequired => "failure-membership-required",
        Failure::MembershipChanged => "failure-membership-changed",
        Failure::Unavailable => "failure-unavailable",
        Failure::Internal { request } => {
            args.set("request", request.unwrap_or(NONE));
            "failure-internal"
        }
    };
    text(locale, key, &args)
}

/// Returns the text of an enum's value: the key `section-value`.
pub fn named(locale: Locale, section: &str, value: impl Display, args: &Args<'_>) -> String {
    text(locale, &key(section, value), args)
}

/// A local date and time, for example `23 de novembro de 2026 às 14:05`.
pub fn date_time(locale: Locale, at: NaiveDateTime) -> String {
    let mut args = date_args(at.date());
    args.set("time", at.format("%H:%M").to_string());
    text(locale, "date-time", &args)
}

/// A date with its day of the week, for example `segunda-feira, 23 de novembro de 2026`.
pub fn weekday_date(locale: Locale, date: NaiveDate) -> String {
    text(locale, "weekday-date", &date_args(date))
}

fn date_args(date: NaiveDate) -> Args<'static> {
    let mut args = Args::new();
    args.set("weekday", date.weekday().number_from_monday());
    args.set("day", date.day());
    args.set("month", date.month());
    args.set("year", date.year().to_string());
    args
}

/// The key of an enum's value, for example `refusal-ticket-closed` for `TICKET_CLOSED`.
fn key(section: &str, value: impl Display) -> String {
    format!("{section}-{}", value.to_string().to_ascii_lowercase().replace('_', "-"))
}
