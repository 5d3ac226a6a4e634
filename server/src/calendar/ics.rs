//! The text of a calendar (RFC 5545, RFC 7986).

use chrono::Days;
use guichet_base::i18n::{self, Args};
use guichet_base::locale::Locale;
use guichet_schema::month::calendar_feed::model::{DayKind, FeedDay};
use icalendar::{Calendar, Component, Event, EventLike, Property};

/// Who made the calendar.
const PRODUCT: &str = "-//Guichet//Due dates//EN";
/// How often programs should look: due dates change rarely, and a day's work is seen the same day.
const INTERVAL: &str = "PT6H";

/// What a calendar without events has, which needs at least one component (RFC 5545, 3.6): nobody sees a time zone.
const NOTHING: &str = "BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n\
    TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// The days as events of a whole day each, in the reader's language. Equal days make equal text.
pub(super) fn calendar(locale: Locale, firm: &str, days: &[FeedDay]) -> String {
    let mut name = Args::new();
    name.set("firm", one_line(firm));
    let name = i18n::text(locale, "feed-name", &name);
    let mut calendar = Calendar::empty();
    // No METHOD: this is a feed and no message, in which each event would need an organizer (RFC 5546, 3.2.1).
    for (key, value) in [("VERSION", "2.0"), ("PRODID", PRODUCT), ("CALSCALE", "GREGORIAN")] {
        calendar.append_property((key, value));
    }
    calendar.name(&name);
    let mut interval = Property::new("REFRESH-INTERVAL", INTERVAL);
    calendar.append_property(interval.add_parameter("VALUE", "DURATION").done());
    calendar.append_property(("X-PUBLISHED-TTL", INTERVAL));
    calendar.extend(days.iter().map(|day| event(locale, day)));
    let mut text = calendar.to_string();
    if days.is_empty() {
        let end = text.rfind("END:VCALENDAR").unwrap_or(text.len());
        text.insert_str(end, NOTHING);
    }
    folded(&text)
}

fn event(locale: Locale, day: &FeedDay) -> Event {
    let mut event = Event::new();
    // The same thing keeps its identity when its date moves, and has one for each of its days.
    let kind = match day.kind {
        DayKind::HandIn => "hand-in",
        DayKind::Due => "due",
        DayKind::Target => "target",
    };
    event
        .uid(&format!("{}-{kind}@guichet", day.subject.encode()))
        // Not the time of reading: what has not changed must be the same text.
        .timestamp(day.updated_at)
        .last_modified(day.updated_at)
        .sequence(u32::try_from(day.version - 1).unwrap_or_default())
        .starts(day.date)
        .ends(day.date + Days::new(1))
        .summary(&summary(locale, day))
        // Nobody is busy all day because something is due.
        .add_property("TRANSP", "TRANSPARENT");
    if day.is_provisional {
        event.description(&i18n::text(locale, "feed-provisional", &Args::new()));
    }
    event.done()
}

fn summary(locale: Locale, day: &FeedDay) -> String {
    let key = match day.kind {
        DayKind::HandIn => "feed-hand-in",
        DayKind::Due => "feed-due",
        DayKind::Target => "feed-target",
    };
    let mut what = one_line(&day.title);
    if let Some(period) = &day.period {
        what = format!("{what} {}", spoken(period));
    }
    if let Some(client) = &day.client {
        what = format!("{what} – {}", one_line(client));
    }
    let mut args = Args::new();
    args.set("what", what);
    i18n::text(locale, key, &args)
}

/// A month as people of all our languages write it, `03/2026` for `2026-03`; other periods by their names.
fn spoken(period: &str) -> String {
    match period.split_once('-') {
        Some((year, month)) if month.len() == 2 && month.bytes().all(|digit| digit.is_ascii_digit()) => {
            format!("{month}/{year}")
        }
        _ => period.to_owned(),
    }
}

/// With no line longer than 75 octets (RFC 5545, 3.1): the library does not count the space before the last part of a line.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for line in text.replace("\r\n ", "").split_terminator("\r\n") {
        let mut room = 75;
        for c in line.chars() {
            if c.len_utf8() > room {
                folded.push_str("\r\n ");
                room = 74;
            }
            folded.push(c);
            room -= c.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}

/// Without control characters, which no line of a calendar may have.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use guichet_base::id::{Id, TaskId};
    use guichet_engine::subject::Subject;
    use proptest::prelude::*;

    use super::*;

    fn day(kind: DayKind, title: &str) -> FeedDay {
        FeedDay {
            subject: Subject::of(TaskId::from_uuid(uuid::Uuid::from_u128(1))),
            kind,
            date: "2028-02-29".parse().unwrap(),
            title: title.to_owned(),
            period: Some("2028-01".to_owned()),
            client: None,
            is_provisional: kind == DayKind::Due,
            version: 3,
            updated_at: "2028-01-02T03:04:05.678Z".parse().unwrap(),
        }
    }

    /// F-05: a whole day, which ends with the next one; what has not changed is the same text.
    #[test]
    fn f_05_a_day_is_an_event() {
        let text = calendar(Locale::Fr, "Aurora", &[day(DayKind::Due, "DAS; \"a, b\"")]);
        for line in [
            "DTSTART;VALUE=DATE:20280229",
            "DTEND;VALUE=DATE:20280301",
            "DTSTAMP:20280102T030405Z",
            "LAST-MODIFIED:20280102T030405Z",
            "SEQUENCE:2",
            "SUMMARY:Échéance\u{a0}: DAS\\; \"a\\, b\" 01/2028",
            "DESCRIPTION:La date peut encore changer.",
            "TRANSP:TRANSPARENT",
        ] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}\n{text}");
        }
        assert_eq!(text, calendar(Locale::Fr, "Aurora", &[day(DayKind::Due, "DAS; \"a, b\"")]));
        assert!(!calendar(Locale::Fr, "Aurora", &[day(DayKind::HandIn, "x")]).contains("DESCRIPTION"));
    }

    /// F-05: a calendar has a component even when nothing is due, and nothing that only messages have.
    #[test]
    fn f_05_nothing_is_a_calendar_too() {
        let text = calendar(Locale::En, "Aurora", &[]);
        assert!(text.ends_with("END:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"), "{text}");
        assert!(!text.contains("VEVENT") && !text.contains("METHOD"), "{text}");
        let one = calendar(Locale::En, "Aurora", &[day(DayKind::Due, "DAS")]);
        assert!(!one.contains("VTIMEZONE") && !one.contains("METHOD"), "{one}");
    }

    #[test]
    fn periods_are_spoken() {
        for (period, expected) in
            [("2026-03", "03/2026"), ("2026", "2026"), ("2026-Q1", "2026-Q1"), ("2026-T1", "2026-T1")]
        {
            assert_eq!(spoken(period), expected);
        }
    }

    proptest! {
        /// F-05: whatever things are called, no line is longer than 75 octets, and no name begins a line of its own.
        #[test]
        fn f_05_names_stay_in_their_lines(title in "[\\PC\r\n\t;,:é日]{0,150}", pick in 0usize..4) {
            let events = [day(DayKind::Due, &title), day(DayKind::Target, &title)];
            let text = calendar(Locale::ALL[pick], &title, &events);
            prop_assert!(text.ends_with("END:VCALENDAR\r\n"));
            for line in text.split("\r\n") {
                prop_assert!(line.len() <= 75, "{}", line);
                // A tab is white space of a text (RFC 5545, 3.3.11).
                prop_assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "{:?}", line);
            }
            prop_assert_eq!(text.matches("\r\nBEGIN:VEVENT\r\n").count(), 2);
            let unfolded = text.replace("\r\n ", "");
            prop_assert_eq!(unfolded.matches("\r\nSUMMARY:").count(), 2);
        }
    }
}
