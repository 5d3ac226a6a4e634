//! `guichet mail test`: a real mail through the relay, and what happened in plain words.

use guichet_tests::app::OPERATOR;
use guichet_tests::place::Nobody;
use guichet_tests::smtp::{Act, Options, Rule, Sink, Step};

use super::run::{Ended, guichet};

const TO: &str = "ana@padaria.example";

async fn mail_test(url: &str) -> Ended {
    guichet(&["mail", "test", TO], &[("SMTP_URL", url)], "").await
}

/// Over each kind of connection: exit code 0, a line for each step, and the mail is there.
#[tokio::test]
async fn it_arrives() {
    let sink = Sink::start(Options::default()).await;
    let nobody = Sink::start(Options { login: None, ..Options::default() }).await;
    for (relay, url, steps) in [
        (&sink, sink.starttls_url(), vec!["Connected", "Encrypted", "Signed in"]),
        (&sink, sink.smtps_url(), vec!["Connected", "Encrypted", "Signed in"]),
        (&sink, sink.url(), vec!["Connected", "Signed in"]),
        (&nobody, nobody.url(), vec!["Connected"]),
    ] {
        let before = relay.mails().len();
        let ended = mail_test(&url).await;
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
        let told: Vec<&str> = ended.out.lines().collect();
        let expected =
            [vec!["From", "To", "Signed"], steps, vec!["Accepted", "The relay has the mail."]].concat();
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        assert!(told.iter().zip(&expected).all(|(line, begin)| line.starts_with(begin)), "{told:#?}");
        assert!(told[told.len() - 2].starts_with("Accepted    250 "), "{told:#?}");
        assert!(!ended.out.contains("first"), "no password: {told:#?}");
        let mails = relay.mails();
        let mail = &mails[before];
        assert_eq!((mail.from.as_str(), mail.to.as_slice()), (OPERATOR, &[TO.to_owned()][..]));
        let parsed = mail.parsed();
        assert_eq!(parsed.subject(), Some("A test mail of Guichet"));
        assert!(parsed.message_id().unwrap().ends_with("@operator.example"));
        assert!(parsed.body_text(0).unwrap().contains(OPERATOR));
    }
}

/// What the relay refuses, and how it fails, is told on one short line, with exit code 1; what is wrong with the settings
/// or the address with exit code 2.
#[tokio::test]
async fn it_does_not_arrive() {
    let sink = Sink::start(Options::default()).await;
    let long = format!("5.7.1 no\u{1b}[31m {}", "x".repeat(900));
    let refused = |step, code, text: &str| (step, Act::Reply(code, text.to_owned()));
    let cases = [
        (
            refused(Step::Mail, 553, "5.7.1 sender not owned"),
            "the relay refused at MAIL FROM: 553 5.7.1 sender not owned",
            3,
        ),
        (
            refused(Step::Rcpt, 550, "5.1.1 no such user"),
            "the relay refused at RCPT TO: 550 5.1.1 no such user",
            3,
        ),
        (
            refused(Step::Rcpt, 450, "4.2.0 greylisted"),
            "the relay asks to try again later at RCPT TO: 450 4.2.0 greylisted",
            3,
        ),
        (refused(Step::EndOfData, 554, &long), "the relay refused at end of DATA: 554 5.7.1 no xxx", 3),
        ((Step::Data, Act::Drop), "the mail was not sent: ", 3),
        (refused(Step::Auth, 535, "5.7.8 wrong"), "the relay refused at AUTH: 535 5.7.8 wrong", 2),
        (
            refused(Step::StartTls, 454, "4.7.0 not now"),
            "the relay asks to try again later at STARTTLS: 454 4.7.0 not now",
            1,
        ),
        (refused(Step::Connect, 554, "5.3.2 go away"), "the relay refused at greeting: 554 5.3.2 go away", 1),
    ];
    for ((step, act), sentence, steps) in cases {
        sink.clear();
        sink.rule(Rule::new(step, act).times(1));
        let ended = mail_test(&sink.starttls_url()).await;
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.starts_with(&format!("guichet: {sentence}")), "{ended:?}");
        assert_eq!(ended.err.lines().count(), 1, "{ended:?}");
        assert!(ended.err.len() < 350 && !ended.err.contains('\u{1b}'), "{ended:?}");
        assert_eq!(ended.out.lines().count(), 3 + steps, "{ended:?}");
    }
    assert!(sink.mails().is_empty());
    // It hangs: no longer than the time that SMTP_URL allows.
    sink.clear();
    sink.rule(Rule::new(Step::EndOfData, Act::Hang).times(1));
    let ended = mail_test(&format!("{}&timeout=1", sink.starttls_url())).await;
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (Some(1), "guichet: the mail was not sent: no answer in time at end of DATA\n")
    );

    let nobody = Nobody::new();
    let ended = mail_test(&format!("smtp://{}", nobody.address())).await;
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.err, "guichet: the mail was not sent: Connection refused (os error 111) at connect\n");
    let ended = guichet(&["mail", "test", TO], &[], "").await;
    assert_eq!(
        (ended.code, ended.err.as_str()),
        (Some(2), "guichet: SMTP_URL: is not set, so there is no relay to try\n")
    );
    let url = sink.starttls_url();
    let ended = guichet(&["mail", "test", TO], &[("SMTP_URL", &url), ("MAIL_FROM", "")], "").await;
    assert!(ended.code == Some(2) && ended.err.starts_with("guichet: MAIL_FROM: is not set"), "{ended:?}");
    let ended = guichet(&["mail", "test", "ana"], &[("SMTP_URL", &url)], "").await;
    assert!(ended.code == Some(2) && ended.err.contains("this is not an e-mail address"), "{ended:?}");
}
