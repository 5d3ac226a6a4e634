//! What a mail says, as data. Every kind of mail is rendered by the same pair of templates, which escape all of it.

use std::fmt::Display;

use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;

/// What a mail says, in the recipient's language. Plain texts: line breaks and marks of direction are taken out of them
/// when it is rendered, and nothing in them is trusted to be free of markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// The subject of the mail; the same for a whole conversation.
    pub title: String,
    /// What lists of mails show beside the subject.
    pub preview: String,
    /// The first sentence.
    pub lead: String,
    /// What it is about, by name; empty when the first sentence says it.
    pub heading: String,
    /// What is to be seen first.
    pub badge: Option<Badge>,
    /// What somebody wrote.
    pub quote: Option<Quote>,
    /// Labels and values.
    pub rows: Vec<(String, String)>,
    /// Where to go.
    pub link: Option<Link>,
    /// Why the recipient gets it, and how to answer.
    pub foot: Vec<String>,
}

/// A value that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// What kind of value.
    pub label: String,
    /// The value.
    pub value: String,
    /// A remark below it.
    pub note: String,
}

/// What somebody wrote, with its line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What it is.
    pub label: String,
    /// The text.
    pub text: String,
    /// Whether others than the firm may have written it: each line is then marked, so that nobody takes it for words of
    /// the firm.
    pub is_marked: bool,
}

/// The one address that a mail leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is there.
    pub label: String,
    /// The address.
    pub url: String,
}

/// The sentences of one letter: its language, and the named values that they take.
#[derive(Debug)]
pub struct Sentences {
    locale: Locale,
    args: Args<'static>,
}

impl Sentences {
    /// Sentences of this language, with these values. An empty value is one that is not known.
    pub fn new<const N: usize>(locale: Locale, values: [(&'static str, &str); N]) -> Self {
        Self { locale, args: Args::new() }.with(values)
    }

    /// The same with more values.
    #[must_use]
    pub fn with<const N: usize>(mut self, values: [(&'static str, &str); N]) -> Self {
        for (name, value) in values {
            let value = one_line(value);
            self.args.set(name, if value.is_empty() { i18n::NONE.to_owned() } else { value });
        }
        self
    }

    /// The sentence `key`.
    pub fn say(&self, key: &str) -> String {
        i18n::text(self.locale, key, &self.args)
    }

    /// What a value of an enum is called, or the sentence about it: the text `section-value`.
    pub fn named(&self, section: &str, value: impl Display) -> String {
        i18n::named(self.locale, section, value, &self.args)
    }

    /// Values with their labels, without those that are not known.
    pub fn rows<const N: usize>(&self, rows: [(&str, Option<String>); N]) -> Vec<(String, String)> {
        let known = rows.into_iter().filter_map(|(label, value)| Some((label, value?)));
        known
            .filter(|(_, value)| !one_line(value).is_empty())
            .map(|(label, value)| (self.say(label), value))
            .collect()
    }
}

/// `text` on one line: line breaks and control characters become blanks, blanks are collapsed, and characters that
/// change the text direction are dropped.
pub fn one_line(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_joins_and_keeps_hard_spaces() {
        assert_eq!(one_line("  a \t b\r\n\u{2028}c "), "a b c");
        assert_eq!(one_line("Ticket #1\u{a0}: x"), "Ticket #1\u{a0}: x");
        assert_eq!(one_line("\u{7f}\u{0}"), "");
    }
}
