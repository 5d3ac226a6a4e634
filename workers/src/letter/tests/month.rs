use chrono::NaiveDate;
use guichet_schema::month::document::letters::{Delivered, DocumentNews, Line, NamedDocument, Receipt};
use guichet_schema::month::task::letters::{NamedTask, TasksAssigned};
use guichet_schema::shared::email_delivery::letter::Letter;
use guichet_schema::shared::notification::model::NotificationKind;

use super::*;

/// What the documents in the samples are called: two that are delivered, one that is handed in.
const fn papers(locale: Locale) -> [&'static str; 3] {
    match locale {
        Locale::PtBr => ["Guia do DAS", "Folha de pagamento", "Extrato bancário"],
        Locale::Fr => ["Avis de TVA", "Bulletins de paie", "Relevé bancaire"],
        Locale::Es => ["Modelo 303", "Nóminas", "Extracto bancario"],
        Locale::En => ["VAT return", "Payslips", "Bank statement"],
    }
}

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn document(name: &str, due_on: Option<NaiveDate>) -> NamedDocument {
    NamedDocument { name: name.to_owned(), period: Some("2026-10".to_owned()), due_on }
}

fn line(name: &str, file: &str) -> Line {
    Line { name: name.to_owned(), period: Some("2026-10".to_owned()), file: file.to_owned() }
}

/// A letter about something called so, as its reader gets it.
fn shown(locale: Locale, topic: &str, letter: impl FnOnce(&Mailing) -> Letter) -> String {
    let [firm, ..] = sample_names(locale);
    let mailing = sample_mailing(locale, firm, topic, Some("Beatriz Almeida"));
    let Rendered { subject, text, html } = render(&letter(&mailing), &mailing);
    // What all letters have in common is told by the mails about a change of status.
    let body = html.split_once("<body").unwrap().1;
    format!("Subject: {subject}\n\n{text}\n\n{:=<72}\n\n<body{body}", "")
}

/// A-06, F-02: what was delivered, with what is due and when, in all four languages.
#[test]
fn a_06_delivered_documents_in_every_language() {
    for locale in Locale::ALL.iter().copied() {
        let [_, client, _] = sample_names(locale);
        let [guide, slips, _] = papers(locale);
        let documents = vec![document(guide, Some(day(11, 20))), document(slips, None)];
        let delivered = Delivered { client: client.to_owned(), documents };
        insta::assert_snapshot!(
            format!("{locale}.delivered"),
            shown(locale, guide, |mailing| delivered.letter(mailing))
        );
    }
}

/// A-14, F-02: what was handed in, by whom and when, in all four languages.
#[test]
fn a_14_receipts_in_every_language() {
    for locale in Locale::ALL.iter().copied() {
        let [_, client, _] = sample_names(locale);
        let [guide, _, bank] = papers(locale);
        let lines = vec![line(bank, "10-2026.csv"), line(guide, "<b>.pdf")];
        let receipt = Receipt { client: client.to_owned(), lines, by: Some("Ana Ruiz".to_owned()) };
        insta::assert_snapshot!(
            format!("{locale}.receipt"),
            shown(locale, bank, |mailing| receipt.letter(mailing))
        );
    }
}

/// D-11, F-02: a task, and several at once, in all four languages.
#[test]
fn d_11_tasks_in_every_language() {
    for locale in Locale::ALL.iter().copied() {
        let [_, client, _] = sample_names(locale);
        let [guide, slips, _] = papers(locale);
        let task = |title: &str, due_on| NamedTask {
            title: format!("{title} 10/2026"),
            client: client.to_owned(),
            due_on,
        };
        let one = TasksAssigned {
            named: vec![task(guide, Some(day(11, 20)))],
            count: 1,
            note: Some("<b>!\n2".to_owned()),
            acted_by: "Ana Souza".to_owned(),
        };
        let several = TasksAssigned {
            named: vec![task(guide, Some(day(11, 20))), task(slips, None)],
            count: 25,
            note: None,
            acted_by: "Ana Souza".to_owned(),
        };
        for (name, told) in [("task", one), ("tasks", several)] {
            insta::assert_snapshot!(
                format!("{locale}.{name}"),
                shown(locale, &told.named[0].title, |mailing| told.letter(mailing))
            );
        }
    }
}

/// D-11, A-09, A-10, A-16, F-02: what clients do with documents, in all four languages.
#[test]
fn d_11_documents_in_every_language() {
    for locale in Locale::ALL.iter().copied() {
        let [_, client, _] = sample_names(locale);
        let [guide, _, bank] = papers(locale);
        let news = |kind, name: &str, lines, text: Option<&str>| DocumentNews {
            kind,
            client: client.to_owned(),
            name: name.to_owned(),
            period: Some("2026-10".to_owned()),
            due_on: Some(day(11, 20)),
            lines,
            text: text.map(str::to_owned),
            acted_by: "Ana Souza".to_owned(),
        };
        let several = vec![line(bank, "10-2026.csv"), line(guide, "a & b.pdf")];
        let all = [
            ("handed-in", news(NotificationKind::DocumentHandedIn, bank, several, None)),
            ("late", news(NotificationKind::LateFile, bank, vec![line(bank, "10-2026.csv")], Some("<i>\n2"))),
            ("approved", news(NotificationKind::DocumentApproved, guide, Vec::new(), None)),
            ("contested", news(NotificationKind::DocumentContested, guide, Vec::new(), Some("R$ 1 ≠ R$ 2"))),
        ];
        for (name, told) in all {
            insta::assert_snapshot!(
                format!("{locale}.{name}"),
                shown(locale, &told.name, |mailing| told.letter(mailing))
            );
        }
    }
}
