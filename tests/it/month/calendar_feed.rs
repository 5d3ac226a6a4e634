//! F-05: due dates in the calendars of other programs.

use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty};
use calcard::{Entry, Parser};
use chrono::{NaiveDate, TimeDelta};
use guichet_base::id::Id;
use guichet_tests::world::Person;
use serde_json::{Value, json};

use super::office::Month;
use crate::desk::ticket::desk::{Desk, text};

/// Makes a feed; returns its path.
async fn feed(desk: &Desk, by: &Person) -> String {
    let made = desk.done(by, "calendarFeedCreate", json!({})).await;
    let path = text(&made["address"]["path"]);
    assert!(path.starts_with("/calendar/") && path.ends_with(".ics"), "{path}");
    path
}

/// Reads a feed, as a strict reader takes it.
async fn read(desk: &Desk, path: &str) -> String {
    let response = desk.app.get(None, path).await;
    assert_eq!(response.status(), 200);
    let text = response.text().await.unwrap();
    let events = crate::node::reads("clients", "calendar.mjs", &text).await;
    assert_eq!(events.trim(), text.matches("BEGIN:VEVENT").count().to_string());
    text
}

/// An event, as a calendar program sees it.
#[derive(Debug, PartialEq)]
struct Event {
    uid: String,
    summary: String,
    starts: NaiveDate,
    sequence: i64,
}

/// Reads a calendar with another library than wrote it, and what RFC 5545 demands of its lines.
fn events(text: &str) -> Vec<Event> {
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 75, "{} octets: {line}", line.len());
        assert!(!line.contains(['\r', '\n']), "{line:?}");
    }
    let mut parser = Parser::new(text);
    let Entry::ICalendar(calendar) = parser.entry() else { panic!("no calendar: {text}") };
    assert!(matches!(parser.entry(), Entry::Eof));
    for needed in ["VERSION:2.0\r\n", "PRODID:", "CALSCALE:GREGORIAN\r\n"] {
        assert!(text.contains(needed), "{needed}");
    }
    let of_events =
        |component: &&ICalendarComponent| component.component_type == ICalendarComponentType::VEvent;
    let ICalendar { components } = &calendar;
    for entry in components.iter().flat_map(|component| &component.entries) {
        if let ICalendarProperty::Other(name) = &entry.name {
            assert!(name.starts_with("X-"), "{name} is no property");
        }
    }
    let found: Vec<Event> = components.iter().filter(of_events).map(event).collect();
    // Each of a whole day, which ends where the next one begins.
    assert_eq!(text.matches("DTSTART;VALUE=DATE:").count(), found.len());
    assert_eq!(text.matches("DTEND;VALUE=DATE:").count(), found.len());
    for line in ["DTSTAMP:", "LAST-MODIFIED:", "UID:"] {
        assert_eq!(text.matches(&format!("\r\n{line}")).count(), found.len(), "{line}");
    }
    found
}

fn event(component: &ICalendarComponent) -> Event {
    let value = |property: ICalendarProperty| {
        let entry = component.property(&property).unwrap_or_else(|| panic!("no {property:?}"));
        entry.values[0].clone()
    };
    let date = |property| {
        let date = value(property);
        let date = date.as_partial_date_time().expect("a date");
        assert!(date.hour.is_none(), "{date:?}");
        let (year, month, day) = (date.year.unwrap(), date.month.unwrap(), date.day.unwrap());
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).unwrap()
    };
    let text = |property| value(property).as_text().expect("a text").to_owned();
    let starts = date(ICalendarProperty::Dtstart);
    assert_eq!(date(ICalendarProperty::Dtend), starts.succ_opt().unwrap());
    Event {
        uid: text(ICalendarProperty::Uid),
        summary: text(ICalendarProperty::Summary),
        starts,
        sequence: value(ICalendarProperty::Sequence).as_integer().expect("a number"),
    }
}

/// A firm with the task of last month, and its documents: something to hand in, and a slip.
async fn firm_with_documents() -> Month {
    let month = Month::open().await;
    month.recurs(&month.name(-2)).await;
    month.desk.app.jobs_done().await;
    month
}

/// F-05, C-01: a client's user reads when its documents are due, in its own language, and nothing of tasks.
#[tokio::test]
async fn f_05_the_documents_of_a_client() {
    let month = firm_with_documents().await;
    let desk = &month.desk;
    let path = feed(desk, &desk.admin).await;
    let text = read(desk, &path).await;
    let found = events(&text);
    let tasks = month.tasks().await.as_array().unwrap().len();
    assert!(!found.is_empty());
    let of = |word: &str| found.iter().filter(|event| event.summary.starts_with(word)).count();
    // The user reads French.
    assert_eq!((of("À remettre\u{a0}: Notas "), of("Échéance\u{a0}: Guia ")), (tasks, tasks), "{found:?}");
    assert!(found.iter().all(|event| event.uid.starts_with("document_") && event.sequence == 0));
    assert!(!text.contains("task_") && !text.contains("Olívia"), "{text}");
    // What was handed in is done; what does not apply is gone.
    desk.sql("UPDATE documents SET state = 'FILED' WHERE direction = 'INPUT'").await;
    let left = events(&read(desk, &path).await);
    assert!(left.len() == tasks && left.iter().all(|event| event.summary.starts_with("Échéance")));
    month.desk.finish().await;
}

/// F-05, B-05: payroll is not in the feed of a collaborator.
#[tokio::test]
async fn f_05_payroll_is_hidden_from_collaborators() {
    let month = firm_with_documents().await;
    let desk = &month.desk;
    desk.sql("UPDATE documents SET category = 'PAYROLL' WHERE direction = 'OUTPUT'").await;
    let collaborator = desk.collaborator("bia@padaria.example").await;
    let other = desk.firm.client("Outra", None).await;
    let stranger = desk.firm.admin(other, "caio@outra.example").await;
    let mut counts = Vec::new();
    for person in [&desk.admin, &collaborator, &stranger] {
        let path = feed(desk, person).await;
        counts.push(events(&read(desk, &path).await).len());
    }
    assert_eq!(counts, [counts[0], counts[0] / 2, 0]);
    assert!(counts[1] > 0);
    month.desk.finish().await;
}

/// F-05: staff read the dates of their own open tasks, which keep their identity when a date moves.
#[tokio::test]
async fn f_05_the_tasks_of_staff() {
    let month = firm_with_documents().await;
    let desk = &month.desk;
    let tasks = month.tasks().await.as_array().unwrap().clone();
    let assignee = if tasks[0]["assignee"]["id"] == desk.owner.id() { &desk.owner } else { &desk.member };
    desk.sql(
        "UPDATE tasks SET target_on = legal_due_on - 5, title = 'Guia; \"DAS\", \\ (ç) ' || repeat('é', 60)",
    )
    .await;
    let path = feed(desk, assignee).await;
    let found = events(&read(desk, &path).await);
    assert_eq!(found.len(), 2 * tasks.len());
    let title = format!(" Guia; \"DAS\", \\ (ç) {} – Padaria São João", "é".repeat(60));
    assert!(found.iter().all(|event| event.summary.ends_with(&title)), "{found:?}");
    let legal: Vec<_> = found.iter().filter(|event| event.uid.contains("-due@")).collect();
    assert_eq!(legal.len(), tasks.len(), "{found:?}");
    let due = text(&tasks[0]["legalDueOn"]);
    assert!(legal.iter().any(|event| event.starts.to_string() == due));
    // Others have others' tasks in no feed.
    let colleague = feed(desk, &desk.manager).await;
    assert_eq!(events(&read(desk, &colleague).await), []);
    desk.sql("UPDATE tasks SET target_on = target_on - 1, version = version + 1").await;
    let moved = events(&read(desk, &path).await);
    let targets = |events: &[Event]| -> Vec<(String, NaiveDate, i64)> {
        let of = events.iter().filter(|event| event.uid.contains("-target@"));
        let mut of: Vec<_> = of.map(|event| (event.uid.clone(), event.starts, event.sequence)).collect();
        of.sort();
        of
    };
    for (old, new) in targets(&found).iter().zip(targets(&moved)) {
        assert_eq!((&old.0, old.1, old.2 + 1), (&new.0, new.1 + TimeDelta::days(1), new.2));
    }
    desk.sql("UPDATE tasks SET status = 'DONE', closed_at = now()").await;
    assert_eq!(events(&read(desk, &path).await), []);
    month.desk.finish().await;
}

/// F-05: a due date is the same day everywhere, and the window of the feed follows the firm's day: in four zones, at an hour
/// in which they have different days.
#[tokio::test]
async fn f_05_days_are_the_same_in_every_zone() {
    let month = firm_with_documents().await;
    let desk = &month.desk;
    let path = feed(desk, &desk.admin).await;
    let evening = desk.app.store.now().date_naive().and_hms_opt(23, 30, 0).unwrap().and_utc();
    desk.app.pass(evening - desk.app.store.now());
    let utc = evening.date_naive();
    for (zone, days) in
        [("America/Sao_Paulo", 0), ("Europe/Paris", 1), ("Pacific/Honolulu", 0), ("Pacific/Kiritimati", 1)]
    {
        let today = utc + TimeDelta::days(days);
        desk.sql(&format!("UPDATE firms SET zone = '{zone}'")).await;
        // The first and the last day of the window, and those beside it.
        for (far, is_in) in [(-91, false), (-90, true), (0, true), (400, true), (401, false)] {
            let due = today + TimeDelta::days(far);
            desk.sql(&format!("UPDATE documents SET due_on = '{due}'")).await;
            let found = events(&read(desk, &path).await);
            assert_eq!(!found.is_empty(), is_in, "{zone} {far}");
            assert!(found.iter().all(|event| event.starts == due), "{zone} {far}: {found:?}");
        }
    }
    month.desk.finish().await;
}

/// F-05: who has more open tasks than a feed holds sees what is to come before what is over, of which the oldest is left out.
#[tokio::test]
async fn f_05_what_is_to_come_is_first() {
    let month = firm_with_documents().await;
    let desk = &month.desk;
    let due = |days: i64| (desk.app.store.now().date_naive() + TimeDelta::days(days)).to_string();
    let many = |count: usize, title: &str, due: String| {
        format!(
            "INSERT INTO tasks (id, firm_id, client_id, origin, title, assignee_id, status, legal_due_on, search_text, created_at,
                 updated_at)
             SELECT gen_random_uuid(), '{}', '{}', 'HAND', '{title} ' || number, '{}', 'TODO', '{due}', 'guia', now(), now()
             FROM generate_series(1, {count}) AS number",
            desk.firm.id.uuid(),
            desk.client.uuid(),
            desk.manager.staff_id().uuid()
        )
    };
    desk.sql(&many(5, "Antiga", due(-60))).await;
    desk.sql(&many(1_999, "Atrasada", due(-10))).await;
    desk.sql(&many(1, "Hoje", due(0))).await;
    desk.sql(&many(2, "Adiante", due(30))).await;
    let path = feed(desk, &desk.manager).await;
    let found = events(&read(desk, &path).await);
    let of = |word: &str| found.iter().filter(|event| event.summary.contains(word)).count();
    assert_eq!((of("Adiante"), of("Hoje"), of("Atrasada"), of("Antiga")), (2, 1, 1_997, 0));
    assert!(found.is_sorted_by_key(|event| event.starts));
    month.desk.finish().await;
}

/// F-05, B-06: the address is told once and kept as a hash; it is replaced, revoked, and ends with the membership; an
/// unknown one is answered as one that is over.
#[tokio::test]
async fn f_05_the_address_is_a_secret() {
    let month = firm_with_documents().await;
    let desk = &month.desk;
    let query = "{ viewer { calendarFeed { id createdAt } } }";
    let mine = async || desk.app.ask(&desk.admin, query, json!({})).await["viewer"]["calendarFeed"].clone();
    assert_eq!(mine().await, Value::Null);
    let key = json!({ "idempotencyKey": "feed-1" });
    let first = desk.done(&desk.admin, "calendarFeedCreate", key.clone()).await;
    let again = desk.done(&desk.admin, "calendarFeedCreate", key).await;
    assert_eq!(
        (&again["address"], &again["calendarFeed"]["id"]),
        (&Value::Null, &first["calendarFeed"]["id"])
    );
    let first_path = text(&first["address"]["path"]);
    let second_path = feed(desk, &desk.admin).await;
    let mut gone = Vec::new();
    for path in [&first_path, "/calendar/unknown.ics", "/calendar/unknown"] {
        let response = desk.app.get(None, path).await;
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["cache-control"], "no-store");
        gone.push(response.text().await.unwrap());
    }
    assert!(gone.iter().all(|text| *text == gone[0]));
    let secret = second_path.trim_start_matches("/calendar/").trim_end_matches(".ics").to_owned();
    assert_eq!(secret.len(), 43);
    let kept: String = {
        use diesel::prelude::*;
        use diesel_async::RunQueryDsl;
        let rows = guichet_engine::tables::calendar_feeds::table
            .select(guichet_engine::tables::calendar_feeds::secret_hash)
            .load::<Vec<u8>>(&mut desk.app.store.conn().await.unwrap())
            .await
            .unwrap();
        format!("{rows:?}")
    };
    assert!(!kept.contains(&secret));

    let response = desk.app.get(None, &second_path).await;
    assert_eq!(response.headers()["cache-control"], "private, no-cache");
    assert_eq!(response.headers()["content-type"], "text/calendar; charset=utf-8");
    let tag = response.headers()["etag"].to_str().unwrap().to_owned();
    let known = reqwest::Client::new()
        .get(format!("{}{second_path}", desk.app.url))
        .header("if-none-match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!((known.status().as_u16(), known.text().await.unwrap().as_str()), (304, ""));
    desk.sql("UPDATE documents SET version = version + 1").await;
    assert_ne!(desk.app.get(None, &second_path).await.headers()["etag"], tag);

    let id = mine().await["id"].clone();
    assert_eq!(desk.refused(&desk.owner, "calendarFeedRevoke", json!({ "id": id })).await, ["id:NOT_FOUND"]);
    desk.done(&desk.admin, "calendarFeedRevoke", json!({ "id": id })).await;
    assert_eq!(desk.app.get(None, &second_path).await.status(), 404);
    assert_eq!(mine().await, Value::Null);

    // It ends with the membership, and comes back with it.
    let path = feed(desk, &desk.admin).await;
    desk.sql("UPDATE portal_accesses SET status = 'DISABLED'").await;
    assert_eq!(desk.app.get(None, &path).await.status(), 404);
    let of_staff = feed(desk, &desk.member).await;
    let id = desk.member.staff_id().uuid();
    desk.sql(&format!("UPDATE staff_members SET disabled_at = now() WHERE id = '{id}'")).await;
    assert_eq!(desk.app.get(None, &of_staff).await.status(), 404);
    month.desk.finish().await;
}
