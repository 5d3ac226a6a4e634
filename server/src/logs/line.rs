//! One entry of the log, as one line. An entry has the fields of its event, and those of the spans around it. Each value
//! is brief and printable ([`foreign`]), whoever wrote it.

use std::error::Error;
use std::fmt::{Debug, Write as _};
use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use guichet_base::clock::machine_time;
use guichet_base::foreign;
use serde::Serializer as _;
use serde::ser::SerializeMap;
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// How entries are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    /// For a person.
    Text {
        /// Whether the level has a color.
        colored: bool,
    },
    /// For a collector: one object per line.
    Json,
}

/// Writes each entry as one line.
pub(super) struct Lines<W> {
    style: Style,
    out: W,
}

impl<W> Lines<W> {
    /// Lines to what `out` opens.
    pub(super) const fn new(style: Style, out: W) -> Self {
        Self { style, out }
    }
}

impl<S, W, O> Layer<S> for Lines<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Fn() -> O + 'static,
    O: Write,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(around) = span.extensions().get::<Fields>() {
                fields.add(around);
            }
        }
        let target = fields.target.take();
        let entry = Entry {
            at: machine_time(),
            level: *event.metadata().level(),
            target: target.as_deref().unwrap_or(event.metadata().target()),
            fields,
        };
        let line = match self.style {
            Style::Text { colored } => entry.text(colored),
            Style::Json => entry.json(),
        };
        // There is no other place to tell that the log cannot be written.
        let _ = (self.out)().write_all(line.as_bytes());
    }
}

/// The fields of an event or a span, in the order in which they were recorded.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    /// The target of an entry that came through the crate `log`.
    target: Option<String>,
    values: Vec<(&'static str, Value)>,
}

impl Fields {
    fn put(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.values.push((name, value)),
        }
    }

    /// Adds the fields of a span around this; nearer ones of the same name stay.
    fn add(&mut self, around: &Self) {
        for (name, value) in &around.values {
            if self.values.iter().all(|(known, _)| known != name) {
                self.values.push((name, value.clone()));
            }
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = foreign::kept(value),
            "log.target" => self.target = Some(foreign::kept(value)),
            name if name.starts_with("log.") => {}
            name => self.put(name, foreign::kept(value).into()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_str(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        // Of entries that came through the crate `log`.
        if field.name() != "log.line" {
            self.put(field.name(), value.into());
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }
}

struct Entry<'a> {
    at: DateTime<Utc>,
    level: Level,
    target: &'a str,
    fields: Fields,
}

impl Entry<'_> {
    fn json(&self) -> String {
        let mut line = Vec::new();
        // Names and values are text and numbers, which are always JSON.
        let _ = self.write_json(&mut line);
        String::from_utf8(line).unwrap_or_default() + "\n"
    }

    fn write_json(&self, line: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut json = serde_json::Serializer::new(line);
        let mut object = json.serialize_map(None)?;
        object.serialize_entry("timestamp", &self.timestamp())?;
        object.serialize_entry("level", self.level.as_str())?;
        object.serialize_entry("message", &self.fields.message)?;
        for (name, value) in &self.fields.values {
            object.serialize_entry(name, value)?;
        }
        object.serialize_entry("target", self.target)?;
        object.end()
    }

    fn text(&self, colored: bool) -> String {
        let (level, target) = (self.level, self.target);
        let level = if colored {
            format!("\u{1b}[{}m{level:>5}\u{1b}[0m", color(level))
        } else {
            format!("{level:>5}")
        };
        let mut line = format!("{} {level} {target}: {}", self.timestamp(), self.fields.message);
        for (name, value) in &self.fields.values {
            let text = match value {
                Value::String(text) if is_plain(text) => text.clone(),
                value => value.to_string(),
            };
            // Writing to a string cannot fail.
            let _ = write!(line, " {name}={text}");
        }
        line + "\n"
    }

    fn timestamp(&self) -> String {
        self.at.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// Whether a value needs no quotes to be told from what follows it.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains([' ', '"', '=', '\\'])
}

/// Of the level in a terminal (ECMA-48, 8.3.117).
const fn color(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<u8>>>);

    impl Write for Heard {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written while `act` logs.
    fn written(style: Style, act: impl FnOnce()) -> Vec<String> {
        let heard = Heard::default();
        let out = heard.clone();
        tracing::subscriber::with_default(
            tracing_subscriber::registry().with(Lines::new(style, move || out.clone())),
            act,
        );
        let text = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_entry_has_the_fields_around_it() {
        let log = || {
            let _request = tracing::info_span!("request", request_id = "outer", route = "/graphql").entered();
            let job =
                tracing::info_span!("job", request_id = "inner", attempt = tracing::field::Empty).entered();
            job.record("attempt", 2);
            tracing::warn!(code = None::<&str>, status = 503, up = false, "answered");
        };
        let lines = written(Style::Json, log);
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(lines.len(), 1);
        for (name, value) in [
            ("level", Value::from("WARN")),
            ("message", "answered".into()),
            ("status", 503.into()),
            ("up", false.into()),
            ("request_id", "inner".into()),
            ("attempt", 2.into()),
            ("route", "/graphql".into()),
            ("target", module_path!().into()),
        ] {
            assert_eq!(line[name], value, "{name} in {line}");
        }
        assert!(line.get("code").is_none() && lines[0].matches("request_id").count() == 1, "{line}");
        let lines = written(Style::Text { colored: false }, log);
        let told = "answered status=503 up=false request_id=inner attempt=2 route=/graphql";
        assert!(lines[0].ends_with(&format!("WARN {}: {told}", module_path!())), "{lines:?}");
    }

    /// Whatever the words of others are, and wherever they stand: one line, brief, without commands to a terminal.
    #[test]
    fn the_words_of_others_make_no_lines() {
        let words =
            "550-no\r\n550 \u{1b}[2J\u{202e}user\n{\"level\":\"INFO\"}\n".to_owned() + &"x".repeat(10_000);
        let error = io::Error::other(words.clone());
        for style in [Style::Json, Style::Text { colored: false }] {
            let lines = written(style, || {
                let _span = tracing::info_span!("request", method = %words).entered();
                tracing::info!(text = words, debug = ?words, %error, cause = &error as &dyn Error, "said: {words}");
            });
            assert_eq!(lines.len(), 1, "{lines:#?}");
            assert!(lines[0].chars().count() < 6 * 600, "{}", lines[0].len());
            assert!(!lines[0].contains(['\u{1b}', '\u{202e}', '\r']) && lines[0].contains("550-no 550 user"));
        }
    }

    #[test]
    fn values_with_blanks_are_quoted() {
        let lines = written(Style::Text { colored: true }, || {
            tracing::error!(reason = "no route = \"here\"", empty = "", "away");
        });
        assert!(lines[0].contains("\u{1b}[31mERROR\u{1b}[0m"), "{lines:?}");
        assert!(lines[0].ends_with(r#"away reason="no route = \"here\"" empty="""#), "{lines:?}");
    }
}
