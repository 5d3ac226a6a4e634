use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::*;

const ID: &str = "<delivery_00000000000000000000000000000007@horizonte.example>";
const ROOT: &str = "<ticket_00000000000000000000000000000001.0011@horizonte.example>";

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn rendered(subject: &str) -> Rendered {
    Rendered {
        subject: subject.to_owned(),
        text: "Olá, Ana\n.\nFim\n".to_owned(),
        html: "<p>Olá, Ana</p>".to_owned(),
    }
}

fn built(from_name: &str, to_name: Option<&str>, subject: &str) -> String {
    let (from, reply_to, to) =
        (email("avisos@horizonte.example"), email("contato@horizonte.example"), email("ana@padaria.example"));
    let letter = Envelope {
        from_name,
        from: &from,
        reply_to: Some(&reply_to),
        to_name,
        to: &to,
        at: DateTime::from_timestamp(1_795_788_300, 0).unwrap(),
        message_id: ID,
        conversation: ROOT,
    };
    String::from_utf8(letter.build(rendered(subject)).unwrap().formatted()).unwrap()
}

/// The unfolded header lines, as a reader parses them.
fn headers(raw: &str) -> Vec<(String, String)> {
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let split = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    unfolded.split("\r\n").map(|line| split(line).unwrap()).collect()
}

fn header(raw: &str, name: &str) -> String {
    let found: Vec<_> = headers(raw).into_iter().filter(|(known, _)| known == name).collect();
    assert_eq!(found.len(), 1, "{name} in {raw}");
    found.into_iter().next().unwrap().1
}

/// F-02, F-06, D-05: the headers of a letter.
#[test]
fn a_letter_as_it_goes_out() {
    let raw = built("Contábil Horizonte", Some("Ana Souza"), "Atendimento #1042: Nota fiscal de serviço");
    insta::assert_snapshot!(raw.replace("\r\n", "\n"));
    let mail = MessageParser::new().parse(raw.as_bytes()).unwrap();
    assert_eq!(mail.subject(), Some("Atendimento #1042: Nota fiscal de serviço"));
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("Contábil Horizonte"));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), "Olá, Ana\n.\nFim\n");
    assert_eq!(mail.body_html(0).unwrap(), "<p>Olá, Ana</p>");
    assert!(mail.content_type().unwrap().ctype() == "multipart" && mail.parts.len() == 3);
}

/// Every attempt sends the same mail.
#[test]
fn building_twice_gives_the_same_bytes() {
    let build = || built("Contábil Horizonte", None, "Nota fiscal");
    assert_eq!(build(), build());
}

#[test]
fn without_a_name_or_reply_address() {
    let (from, to) = (email("avisos@horizonte.example"), email("josé@padaria.example"));
    let at = DateTime::from_timestamp(1_795_788_300, 0).unwrap();
    let letter = Envelope {
        from_name: " ",
        from: &from,
        reply_to: None,
        to_name: None,
        to: &to,
        at,
        message_id: ID,
        conversation: ROOT,
    };
    let message = letter.build(rendered("Nota")).unwrap();
    assert_eq!(message.envelope().to().len(), 1);
    let raw = String::from_utf8(message.formatted()).unwrap();
    assert_eq!(header(&raw, "From"), "avisos@horizonte.example");
    assert_eq!(header(&raw, "To"), "josé@padaria.example");
    assert!(!raw.contains("\nReply-To"));
}

#[test]
fn hostile_subjects() {
    let long = "a".repeat(5_000);
    let cases = [
        ("Oi\r\nBcc: x@y.example", "Oi Bcc: x@y.example"),
        ("Oi\nX: 1\n\nbody", "Oi X: 1 body"),
        ("\u{202e}lacsif atoN\u{202c}", "lacsif atoN"),
        ("فاتورة \u{2067}رقم\u{2069} 7 👩‍💼", "فاتورة رقم 7 👩‍💼"),
        ("=?utf-8?q?=0D=0ABcc:_x?=", "=\u{2060}?utf-8?q?=0D=0ABcc:_x?="),
        (&long, &*format!("{}…", "a".repeat(MAX_LINE))),
    ];
    for (subject, expected) in cases {
        let raw = built("Firma", None, subject);
        let mail = MessageParser::new().parse(raw.as_bytes()).unwrap();
        assert_eq!(mail.subject(), Some(expected));
        assert!(raw.lines().all(|line| line.len() <= 998));
    }
}

/// F-06: a firm's name is shown as its name; it cannot pass for another address.
#[test]
fn names_are_no_addresses() {
    let cases = [
        ("Contábil, Horizonte & Filhos \"SA\"", "Contábil, Horizonte & Filhos \"SA\""),
        ("O'Neil; (Tax) [Ltd.]: \\ a", "O'Neil; (Tax) [Ltd.]: \\ a"),
        ("ceo@bank.example", "ceo bank.example"),
        ("<ceo@bank.example>", "ceo bank.example"),
        ("Bank <ceo\u{ff20}bank.example\u{ff1e}", "Bank ceo bank.example"),
        ("ceo\u{fe6b}bank.example", "ceo bank.example"),
        ("\u{202e}elpmaxe.knab\u{202c}", "elpmaxe.knab"),
        ("Bank\" <ceo@bank.example>, \"x", "Bank\" ceo bank.example , \"x"),
        ("=?utf-8?q?ceo=40bank.example?=", "=\u{2060}?utf-8?q?ceo=40bank.example?="),
    ];
    for (name, shown) in cases {
        let raw = built(name, None, "Nota");
        let mail = MessageParser::new().parse(raw.as_bytes()).unwrap();
        for list in [mail.from(), mail.reply_to()] {
            let all: Vec<_> = list.unwrap().iter().collect();
            assert_eq!((all.len(), all[0].name()), (1, Some(shown)), "{raw}");
            assert!(all[0].address().unwrap().ends_with("@horizonte.example"), "{raw}");
        }
    }
    for name in ["@", " <> ", "\u{ff20}"] {
        assert_eq!(header(&built(name, None, "Nota"), "From"), "avisos@horizonte.example");
    }
}

proptest! {
    /// No name or subject can add, drop or break a header, and all arrive unchanged but for what makes an address of a name.
    #[test]
    fn headers_hold(
        firm in "(.|[\r\n\t\"\\\\<>@,:;]){0,300}",
        name in "(.|[\r\n\t\"\\\\<>@,:;]){0,300}",
        subject in "(.|[\r\n\t]|=\\?){0,300}",
    ) {
        let raw = built(&firm, Some(&name), &subject);
        let names: Vec<_> = headers(&raw).into_iter().map(|(name, _)| name).collect();
        let expected = [
            "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
            "X-Auto-Response-Suppress", "Reply-To", "MIME-Version", "Content-Type",
        ];
        prop_assert_eq!(names, expected);
        prop_assert!(raw.is_ascii() && raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains('\n')));
        let mail = MessageParser::new().parse(raw.as_bytes()).unwrap();
        prop_assert_eq!(mail.subject().unwrap_or_default(), header_text(&subject));
        let from = mail.from().unwrap().first().unwrap();
        prop_assert_eq!(from.address(), Some("avisos@horizonte.example"));
        let shown = from.name().unwrap_or_default();
        prop_assert_eq!(shown, display_name(&firm));
        prop_assert!(!shown.nfkc().any(|c| matches!(c, '@' | '<' | '>')), "{shown}");
        prop_assert_eq!(mail.to().unwrap().first().unwrap().address(), Some("ana@padaria.example"));
        prop_assert_eq!(mail.message_id().map(|id| format!("<{id}>")), Some(ID.to_owned()));
    }
}
