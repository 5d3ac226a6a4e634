use guichet_schema::shared::email_delivery::letter::{Link, Quote};

use super::*;

/// F-02, F-10: a letter of no kind that is known here: every part of it is shown, in both parts of the mail, and what is
/// left out leaves no trace.
#[test]
fn f_02_a_letter_is_data() {
    let mailing = sample_mailing(Locale::En, "Harbour & Lane", "Welcome", Some("Ana Souza"));
    let short = Letter {
        title: "Welcome to Harbour & Lane".to_owned(),
        preview: "Choose a password".to_owned(),
        lead: "Smith's Bakery now has a client area.".to_owned(),
        link: Some(Link {
            label: "Choose a password".to_owned(),
            url: "https://portal.example/i?a=1&b=\"2\"".to_owned(),
        }),
        foot: vec!["You get this because somebody gave you access.".to_owned()],
        ..Letter::default()
    };
    let Rendered { subject, text, html } = render(&short, &mailing);
    assert_eq!(subject, short.title);
    assert_eq!(
        text,
        "Harbour & Lane\n\nHello Ana Souza,\n\nSmith's Bakery now has a client area.\n\nChoose a password:\n\
         https://portal.example/i?a=1&b=\"2\"\n\nYou get this because somebody gave you access."
    );
    assert!(html.contains(r#"href="https://portal.example/i?a=1&#38;b=&#34;2&#34;""#), "{html}");
    for part in ["<h1", "class=\"status\"", "class=\"ink reason\""] {
        assert!(!html.contains(part), "{part}");
    }
    let label = |text: &str| text.to_owned();
    let whole = Letter {
        heading: label("Client area"),
        badge: Some(Badge { label: label("Access"), value: label("Active"), note: label("Since today") }),
        quote: Some(Quote { label: label("Note"), text: label("Hello\nthere"), is_marked: true }),
        rows: vec![(label("Client"), label("Smith's Bakery"))],
        ..short
    };
    let Rendered { text, html, .. } = render(&whole, &mailing);
    let body = "Client area\n\nAccess: Active\nSince today\nClient: Smith's Bakery\n\nNote:\n> Hello\n> there\n\nChoose";
    assert!(text.contains(body), "{text}");
    for part in ["Client area", "Active", "Since today", "Hello<br>there", "Smith&#39;s Bakery"] {
        assert!(html.contains(part), "{part}");
    }
}
