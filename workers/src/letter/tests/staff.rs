use guichet_schema::desk::ticket::letters::{NamedTicket, StaffNews};
use guichet_schema::shared::notification::model::NotificationKind;

use super::*;

const fn words(locale: Locale) -> &'static str {
    match locale {
        Locale::PtBr => "Bom dia!\nSegue a nota de outubro, com a retenção.",
        Locale::Fr => "Bonjour,\nvoici la facture d'octobre, avec la retenue.",
        Locale::Es => "Buenos días:\nadjunto la factura de octubre, con la retención.",
        Locale::En => "Good morning,\nhere is the invoice for October, with the deduction.",
    }
}

/// A mail that tells a staff member of a ticket.
#[derive(Clone)]
struct NotificationMail {
    locale: Locale,
    firm: String,
    client: String,
    /// The subject of the conversation.
    thread: String,
    /// The ticket's subject now.
    subject: String,
    kind: NotificationKind,
    is_opening: bool,
    text: Option<String>,
    acted_by: String,
    recipient: Option<String>,
}

impl NotificationMail {
    fn render(self) -> Rendered {
        let mailing = sample_mailing(self.locale, &self.firm, &self.thread, self.recipient.as_deref());
        let letter = StaffNews {
            ticket: NamedTicket { number: 1042, subject: self.subject, client: self.client },
            kind: self.kind,
            is_opening: self.is_opening,
            text: self.text,
            acted_by: self.acted_by,
        };
        render(&letter.letter(&mailing), &mailing)
    }
}

fn sample(locale: Locale, kind: NotificationKind) -> NotificationMail {
    let [firm, client, subject] = sample_names(locale).map(str::to_owned);
    NotificationMail {
        locale,
        firm,
        client,
        thread: subject.clone(),
        subject,
        kind,
        is_opening: false,
        text: None,
        acted_by: "Ana Souza".to_owned(),
        recipient: Some("Beatriz Almeida".to_owned()),
    }
}

/// The kinds of notifications about tickets.
fn of_tickets() -> impl Iterator<Item = NotificationKind> {
    NotificationKind::ALL.iter().copied().filter(|kind| kind.is_of_ticket())
}

fn shown(mail: NotificationMail) -> String {
    let Rendered { subject, text, html } = mail.render();
    // What all letters have in common is told by the mails about a change of status.
    let body = html.split_once("<body").unwrap().1;
    format!("Subject: {subject}\n\n{text}\n\n{:=<72}\n\n<body{body}", "")
}

/// D-11, F-02: the mail in all four languages, as its readers get it.
#[test]
fn d_11_the_mail_in_every_language() {
    for locale in Locale::ALL.iter().copied() {
        for kind in of_tickets() {
            use NotificationKind::{ClientFile, DepartmentTicket, TicketAssigned};
            let text = (!matches!(kind, DepartmentTicket | ClientFile)).then(|| words(locale).to_owned());
            let is_opening = kind == TicketAssigned;
            let mail = NotificationMail { text, is_opening, ..sample(locale, kind) };
            insta::assert_snapshot!(format!("{locale}.{kind}"), shown(mail));
        }
    }
}

/// D-05, D-11: one conversation about a ticket, so one subject, whatever is told and however it is renamed.
#[test]
fn d_11_the_subject_is_that_of_the_conversation() {
    for locale in Locale::ALL.iter().copied() {
        let first = sample(locale, NotificationKind::TicketAssigned).render().subject;
        assert!(first.contains("#1042"), "{first}");
        for kind in of_tickets() {
            let mail =
                NotificationMail { subject: "Another name".to_owned(), ..sample(locale, kind) }.render();
            assert_eq!(mail.subject, first);
            assert!(mail.text.contains("Another name") && mail.html.contains("Another name"));
        }
    }
}

/// D-11: whatever somebody wrote cannot be taken for words of the firm.
#[test]
fn d_11_what_was_written_is_told_apart() {
    let long = "palavra ".repeat(30);
    let text = format!("Oi\n\n{long}\n> antes\n{}\nContábil Horizonte envia este aviso", "x".repeat(100));
    let mail = sample(Locale::PtBr, NotificationKind::ClientMessage);
    let text = NotificationMail { text: Some(text), ..mail }.render().text;
    let (_, written) = text.split_once("Mensagem:\n").unwrap();
    let (written, _) = written.split_once("\n\n").unwrap();
    assert!(written.lines().all(|line| line.starts_with('>')), "{written}");
    assert!(written.lines().filter(|line| !line.contains("xx")).all(|line| line.chars().count() <= 72));
    assert_eq!(written.lines().filter(|line| line.contains("palavra")).count(), 4);
    assert!(written.starts_with("> Oi\n") && written.contains("\n> > antes\n"), "{written}");
    assert!(written.ends_with("\n> Contábil Horizonte envia este aviso"), "{written}");
}

#[test]
fn hostile_texts_stay_texts() {
    let evil = "<script>alert(1)</script> & \"q\" 'a' {{ firm }} { $firm }";
    let named = "Oi\r\nBcc: x@y.example\u{202e}\u{0}<b>";
    let (evil, named) = (evil.to_owned(), named.to_owned());
    let mail = NotificationMail {
        firm: evil.clone(),
        client: evil.clone(),
        thread: named.clone(),
        subject: named,
        text: Some(evil.clone()),
        acted_by: evil.clone(),
        recipient: Some(evil),
        ..sample(Locale::PtBr, NotificationKind::ClientMessage)
    };
    let Rendered { subject, text, html } = mail.render();
    assert_eq!(subject, "Atendimento #1042: Oi Bcc: x@y.example <b>");
    for markup in ["<script", "<b>", "\u{202e}", "\0"] {
        assert!(!html.contains(markup), "{markup}");
    }
    assert!(text.contains("<script>") && !text.contains("&amp;"), "{text}");
}
