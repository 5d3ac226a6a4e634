//! How a letter looks: the same as plain text and as HTML, whatever it tells.

use askama::Template;
use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_schema::shared::email_delivery::kind::Mailing;
use guichet_schema::shared::email_delivery::letter::{Badge, Letter, Link, one_line};
use textwrap::{WordSeparator, WordSplitter};

/// Columns of the text part (RFC 5322, 2.1.1: at most 78).
const COLUMNS: usize = 72;
/// Before each line of what others than the firm wrote, in plain text.
const QUOTE: &str = "> ";

/// What a mail says: the same as plain text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The text part, with `\n` line ends.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// A letter's subject and its two equal parts, in the recipient's language.
pub fn render(letter: &Letter, mailing: &Mailing) -> Rendered {
    let view = View::new(letter, mailing);
    let html = Html { mail: &view }.render().expect("a string takes all that is written to it");
    let text = Text { mail: &view }.render().expect("a string takes all that is written to it");
    Rendered { subject: view.title, text: wrap(&text), html }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    mail: &'a View,
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct Text<'a> {
    mail: &'a View,
}

/// A letter as the templates see it: each text is one line.
struct View {
    locale: Locale,
    firm: String,
    greeting: String,
    title: String,
    preview: String,
    lead: String,
    heading: String,
    badge: Option<Badge>,
    quote: Option<Quoted>,
    rows: Vec<(String, String)>,
    link: Option<Link>,
    foot: Vec<String>,
}

/// What somebody wrote, line by line.
struct Quoted {
    label: String,
    lines: Vec<String>,
    /// Before each line, in plain text.
    mark: &'static str,
}

impl View {
    fn new(letter: &Letter, mailing: &Mailing) -> Self {
        let quote = letter.quote.as_ref().map(|quote| Quoted {
            label: one_line(&quote.label),
            lines: quote.text.trim().lines().map(one_line).collect(),
            mark: if quote.is_marked { QUOTE } else { "" },
        });
        let badge = letter.badge.as_ref().map(|badge| Badge {
            label: one_line(&badge.label),
            value: one_line(&badge.value),
            note: one_line(&badge.note),
        });
        let link =
            letter.link.as_ref().map(|link| Link { label: one_line(&link.label), url: one_line(&link.url) });
        Self {
            locale: mailing.delivery.locale,
            firm: one_line(&mailing.firm_name),
            greeting: mailing.sentences([]).say("mail-greeting"),
            title: one_line(&letter.title),
            preview: one_line(&letter.preview),
            lead: one_line(&letter.lead),
            heading: one_line(&letter.heading),
            badge,
            quote: quote.filter(|quote| !quote.lines.is_empty()),
            rows: letter.rows.iter().map(|(label, value)| (one_line(label), one_line(value))).collect(),
            link,
            foot: letter.foot.iter().map(|line| one_line(line)).collect(),
        }
    }

    /// A label and its value, in plain text.
    fn labelled(&self, label: &str, value: &str) -> String {
        let mut args = Args::new();
        args.set("label", label);
        args.set("value", value);
        i18n::text(self.locale, "labelled", &args)
    }
}

/// Lines for people; words, and so addresses, stay whole. What is quoted stays so on every line.
fn wrap(text: &str) -> String {
    let line = |line| {
        if line == QUOTE {
            return QUOTE.trim_end().to_owned();
        }
        let (indent, line) = match str::strip_prefix(line, QUOTE) {
            Some(quoted) => (QUOTE, quoted),
            None => ("", line),
        };
        let options = textwrap::Options::new(COLUMNS)
            .initial_indent(indent)
            .subsequent_indent(indent)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::fill(line, options)
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
