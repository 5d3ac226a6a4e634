use guichet_base::money::Money;
use guichet_schema::desk::ticket::letters::{NamedTicket, StatusChanged};
use guichet_schema::desk::ticket::model::TicketStatus;
use proptest::prelude::*;

use super::*;

const fn reason(locale: Locale) -> &'static str {
    match locale {
        Locale::PtBr => {
            "Falta a procuração assinada pelo sócio administrador; sem ela, a Junta Comercial não aceita o \
             pedido.\nEnvie-a até sexta-feira, por favor."
        }
        Locale::Fr => {
            "Il manque le mandat signé par le gérant\u{202f}; sans lui, le greffe n'accepte pas la \
             demande.\nMerci de nous l'envoyer avant vendredi."
        }
        Locale::Es => {
            "Falta el poder firmado por el administrador; sin él, el Registro Mercantil no admite la \
             solicitud.\nEnvíelo antes del viernes, por favor."
        }
        Locale::En => {
            "The power of attorney signed by the director is missing; without it the registry does not \
             accept the filing.\nPlease send it by Friday."
        }
    }
}

fn money(currency: &str) -> Money {
    Money { amount_minor: 123_450, currency: currency.to_owned() }
}

/// A mail about a change of status.
#[derive(Clone)]
struct TicketMail {
    locale: Locale,
    firm: String,
    client: String,
    /// The subject of the conversation.
    thread: String,
    /// The ticket's subject now.
    subject: String,
    old: TicketStatus,
    new: TicketStatus,
    reason: Option<String>,
    price: Money,
    acted_by: Option<String>,
    recipient: Option<String>,
    takes_replies: bool,
}

impl TicketMail {
    fn render(self) -> Rendered {
        let mut mailing = sample_mailing(self.locale, &self.firm, &self.thread, self.recipient.as_deref());
        if !self.takes_replies {
            mailing.reply_to = None;
        }
        let letter = StatusChanged {
            ticket: NamedTicket { number: 1042, subject: self.subject, client: self.client },
            from: self.old,
            to: self.new,
            reason: self.reason,
            price: self.price,
            acted_by: self.acted_by,
        };
        render(&letter.letter(&mailing), &mailing)
    }
}

fn sample(locale: Locale) -> TicketMail {
    let [firm, client, subject] = sample_names(locale).map(str::to_owned);
    TicketMail {
        locale,
        firm,
        client,
        thread: subject.clone(),
        subject,
        old: TicketStatus::InAnalysis,
        new: TicketStatus::Finished,
        reason: None,
        price: Money { amount_minor: 0, currency: "EUR".to_owned() },
        acted_by: Some("Beatriz Almeida".to_owned()),
        recipient: Some("Ana Souza".to_owned()),
        takes_replies: true,
    }
}

fn shown(mail: TicketMail) -> String {
    let Rendered { subject, text, html } = mail.render();
    format!("Subject: {subject}\n\n{text}\n\n{:=<72}\n\n{html}", "")
}

/// F-02, D-05: the mail in all four languages, as its readers get it.
#[test]
fn the_mail_in_every_language() {
    for locale in Locale::ALL.iter().copied() {
        let price = money(if locale == Locale::PtBr { "BRL" } else { "EUR" });
        let finished = TicketMail { price, ..sample(locale) };
        let rejected = TicketMail {
            new: TicketStatus::Rejected,
            reason: Some(reason(locale).to_owned()),
            ..sample(locale)
        };
        let reopened = TicketMail {
            old: TicketStatus::Finished,
            new: TicketStatus::Reopened,
            takes_replies: false,
            ..sample(locale)
        };
        let nameless = TicketMail { recipient: None, acted_by: Some("  ".to_owned()), ..sample(locale) };
        let cases =
            [("finished", finished), ("rejected", rejected), ("reopened", reopened), ("nameless", nameless)];
        for (case, mail) in cases {
            insta::assert_snapshot!(format!("{locale}.{case}"), shown(mail));
        }
    }
}

/// D-05: one conversation, so one subject whatever the status.
#[test]
fn the_subject_does_not_change_with_the_status() {
    for locale in Locale::ALL.iter().copied() {
        let subjects =
            TicketStatus::ALL.iter().map(|new| TicketMail { new: *new, ..sample(locale) }.render().subject);
        let first = sample(locale).render().subject;
        assert!(first.contains("#1042") && first.contains(&sample(locale).subject), "{first}");
        assert!(subjects.into_iter().all(|subject| subject == first));
    }
}

/// D-05: a ticket that is renamed stays one conversation; the mail tells its present subject.
#[test]
fn d_05_the_subject_does_not_change_with_the_ticket() {
    let before = sample(Locale::En);
    let mail = TicketMail { subject: "Another name".to_owned(), ..before.clone() }.render();
    assert_eq!(mail.subject, before.render().subject);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Another name"), "{part}");
    }
}

#[test]
fn hostile_texts_stay_texts() {
    let evil = "<script>alert(1)</script> & \"q\" 'a' {{ firm }} { $firm }";
    let named = "Oi\r\nBcc: x@y.example\u{202e}\u{0}<b>";
    let (evil, named) = (evil.to_owned(), named.to_owned());
    let mail = TicketMail {
        firm: evil.clone(),
        client: evil.clone(),
        thread: named.clone(),
        subject: named,
        reason: Some(evil.clone()),
        acted_by: Some(evil.clone()),
        recipient: Some(evil),
        ..sample(Locale::PtBr)
    };
    let Rendered { subject, text, html } = mail.render();
    assert_eq!(subject, "Atendimento #1042: Oi Bcc: x@y.example <b>");
    for markup in ["<script", "<img", "<b>", "\u{202e}", "\0"] {
        assert!(!html.contains(markup), "{markup}");
    }
    assert_eq!(html.matches("{{ firm }} { $firm }").count(), 7, "{html}");
    // Plain text is not HTML: nothing is escaped there.
    assert!(text.contains("<script>") && !text.contains("&amp;"), "{text}");
}

#[test]
fn lines_of_the_text_part_are_short_and_addresses_whole() {
    let url = format!("https://portal.example/{}", "a-long-path/".repeat(12));
    let subject = "palavra ".repeat(60);
    let reason = format!("{}\n{url}", reason(Locale::PtBr));
    let mail = TicketMail { subject, reason: Some(reason), ..sample(Locale::PtBr) };
    let text = mail.render().text;
    assert!(text.lines().any(|line| line == url));
    for line in text.lines() {
        assert!(line.chars().count() <= COLUMNS || line == url, "{line}");
        assert_eq!(line, line.trim_end());
    }
}

proptest! {
    /// Whatever people are called and write, the frame of the mail stands.
    #[test]
    fn markup_comes_from_the_template_alone(texts in prop::array::uniform5(".{0,60}")) {
        let [firm, client, subject, reason, name] = texts;
        let plain = "x".to_owned() + &"\nx".repeat(reason.trim().lines().count().saturating_sub(1));
        let plain = if reason.trim().is_empty() { String::new() } else { plain };
        // What is empty has no row of its own.
        let x = |text: &str| if one_line(text).is_empty() { String::new() } else { "x".to_owned() };
        let frame = TicketMail {
            firm: x(&firm), client: x(&client), thread: x(&subject), subject: x(&subject),
            recipient: Some(x(&name)), reason: Some(plain),
            ..sample(Locale::Fr)
        };
        let mail = TicketMail {
            firm, client, thread: subject.clone(), subject, reason: Some(reason), recipient: Some(name),
            ..sample(Locale::Fr)
        };
        let (mail, frame) = (mail.render(), frame.render());
        prop_assert_eq!(mail.html.matches('<').count(), frame.html.matches('<').count());
        prop_assert!(!mail.subject.chars().any(char::is_control));
        prop_assert!(!mail.text.chars().any(|c| c.is_control() && c != '\n'));
    }
}
