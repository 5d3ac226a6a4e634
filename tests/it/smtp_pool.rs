//! The pool of SMTP sessions: settings, sign-in, TLS, the limit of sessions, and when sessions end.

use std::time::Duration;

use futures_util::future::join_all;
use guichet_mail::{Cause, Limits, Phase, Pool, SendError, SmtpSettings, Trouble, Unsendable};
use guichet_tests::smtp::{Act, Options, Rule, Sink, Step};
use guichet_tests::wait::DEADLINE;
use lettre::Message;

use crate::smtp_sessions::{mail, send, settings};

fn sick(outcome: Result<impl std::fmt::Debug, SendError>) -> Trouble {
    match outcome {
        Err(SendError::Sick(trouble)) => trouble,
        other => panic!("{other:?}"),
    }
}

/// D-04: a rejected relay password is a fault of our settings: no mail fails, and none is reported as sent.
#[tokio::test]
async fn a_rotated_password_makes_the_relay_sick() {
    let sink = Sink::start(Options::default()).await;
    let pool = Pool::new(settings(&sink.starttls_url()));
    send(&pool, "first").await.expect("accepted");
    sink.rotate("second password");
    sink.hang_up("");
    sink.wait_until(|state| state.open == 0).await;
    let trouble = sick(send(&pool, "second").await);
    assert_eq!(trouble.to_string(), "535 at AUTH");
    // With corrected settings and a new pool, the mail is sent.
    let pool = Pool::new(settings(&sink.starttls_url()));
    send(&pool, "second").await.expect("accepted");
    assert_eq!(sink.see(|state| state.accepted), 2);
}

#[tokio::test]
async fn each_way_to_sign_in_and_to_encrypt() {
    for (plain, sign_in_clear, url, encrypted) in [
        (true, true, Sink::url as fn(&Sink) -> String, false),
        (true, true, Sink::starttls_url, true),
        (true, false, Sink::starttls_url, true),
        (true, false, Sink::smtps_url, true),
        (false, false, Sink::starttls_url, true),
    ] {
        let sink = Sink::start(Options { plain, sign_in_clear, ..Options::default() }).await;
        let settings = settings(&url(&sink));
        settings.probe().await.expect("usable");
        send(&Pool::new(settings), "first").await.expect("accepted");
        let mails = sink.mails();
        assert_eq!((mails[0].encrypted, mails[0].user.as_deref()), (encrypted, Some("guichet")));
    }
    let open = Sink::start(Options { login: None, ..Options::default() }).await;
    send(&Pool::new(settings(&open.url())), "first").await.expect("accepted");
    assert_eq!(open.mails()[0].user, None);
}

#[tokio::test]
async fn an_unknown_authority_makes_the_relay_sick() {
    let (sink, other) = (Sink::start(Options::default()).await, Sink::start(Options::default()).await);
    for url in [sink.starttls_url(), sink.smtps_url()] {
        let stranger = url.replace(&sink.ca().display().to_string(), &other.ca().display().to_string());
        let trouble = sick(send(&Pool::new(settings(&stranger)), "first").await);
        assert!(matches!(trouble, Trouble { phase: Phase::Tls, cause: Cause::Untrusted(_) }), "{trouble:?}");
    }
    assert_eq!(sink.see(|state| state.accepted), 0);
}

#[tokio::test]
async fn what_the_settings_ask_for_must_be_offered() {
    let clear = Sink::start(Options { starttls: false, ..Options::default() }).await;
    let trouble = sick(send(&Pool::new(settings(&clear.starttls_url())), "first").await);
    assert_eq!(trouble, Trouble { phase: Phase::StartTls, cause: Cause::NotOffered("STARTTLS") });
    let anonymous = Sink::start(Options { login: None, ..Options::default() }).await;
    let url = anonymous.url().replace("smtp://", "smtp://guichet:password@");
    let trouble = sick(send(&Pool::new(settings(&url)), "first").await);
    assert!(matches!(trouble, Trouble { phase: Phase::Auth, cause: Cause::NotOffered(_) }), "{trouble:?}");
    assert_eq!(clear.see(|state| state.count("AUTH")), 0, "no password without the encryption asked for");
}

/// RFC 3207, 4.2: replies injected before the TLS handshake do not count after it.
#[tokio::test]
async fn words_slipped_in_before_the_handshake_are_no_answers() {
    let sink = Sink::start(Options::default()).await;
    let words =
        "250-sink\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 fine\r\n250 fine\r\n354 go\r\n250 queued\r\n";
    sink.rule(Rule::new(Step::StartTls, Act::Also(words.to_owned())));
    let trouble = sick(send(&Pool::new(settings(&sink.starttls_url())), "first").await);
    assert_eq!(trouble.phase, Phase::Tls, "{trouble:?}");
    assert_eq!(sink.see(|state| state.accepted), 0);
}

#[tokio::test]
async fn the_cap_holds_and_sessions_are_used_again() {
    let sink = Sink::start(Options::default()).await;
    sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(3));
    let pool = Pool::new(settings(&format!("{}?sessions=3", sink.url())));
    let sends = (0..12).map(|number| {
        let pool = pool.clone();
        tokio::spawn(async move { send(&pool, &format!("mail{number}")).await })
    });
    let sends: Vec<_> = sends.collect();
    sink.wait_until(|state| state.acted.len() == 3).await;
    sink.release();
    for outcome in join_all(sends).await {
        outcome.unwrap().expect("accepted");
    }
    assert_eq!(sink.see(|state| (state.accepted, state.sessions, state.peak)), (12, 3, 3));
}

/// An idle session that the relay closed costs a new session, but no attempt.
#[tokio::test]
async fn a_dead_idle_session_is_replaced() {
    for url in [Sink::url, Sink::starttls_url] {
        for words in ["", "421 4.4.2 idle for too long\r\n"] {
            let sink = Sink::start(Options::default()).await;
            let pool = Pool::new(settings(&url(&sink)));
            send(&pool, "first").await.expect("accepted");
            sink.hang_up(words);
            sink.wait_until(|state| state.open == 0).await;
            send(&pool, "second").await.expect("accepted");
            assert_eq!(sink.see(|state| (state.accepted, state.sessions)), (2, 2));
        }
    }
}

#[tokio::test]
async fn sessions_end_after_some_mails_and_after_some_idle_time() {
    let sink = Sink::start(Options::default()).await;
    let idle = Duration::from_millis(50);
    let pool = Pool::new(SmtpSettings { mails_per_session: 2, sessions: 1, ..settings(&sink.url()) });
    for name in ["first", "second", "third"] {
        send(&pool, name).await.expect("accepted");
    }
    let sessions: Vec<u32> = sink.mails().iter().map(|mail| mail.session).collect();
    assert_eq!(sessions, [1, 1, 2]);
    sink.wait_until(|state| state.open == 1 && state.count("QUIT") == 1).await;
    let pool = Pool::new(SmtpSettings { idle, ..settings(&sink.url()) });
    send(&pool, "fourth").await.expect("accepted");
    sink.wait_until(|state| state.open == 1 && state.count("QUIT") == 2).await;
}

#[tokio::test]
async fn closing_lets_mails_finish_and_says_goodbye() {
    let sink = Sink::start(Options::default()).await;
    sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(1));
    let pool = Pool::new(settings(&sink.url()));
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { send(&pool, "first").await }
    });
    sink.wait_until(|state| state.acted.len() == 1).await;
    tokio::join!(pool.close(DEADLINE), async { sink.release() });
    first.await.unwrap().expect("accepted");
    sink.wait_until(|state| state.open == 0 && state.count("QUIT") == 1).await;
    let late = send(&pool, "second").await.expect_err("closed");
    assert!(matches!(&late, SendError::Later(trouble) if trouble.cause == Cause::Closing), "{late:?}");
}

/// F-02: closing the pool also waits for callers that record the outcome of a mail.
#[tokio::test]
async fn closing_waits_for_what_is_written_down() {
    let sink = Sink::start(Options::default()).await;
    let pool = Pool::new(settings(&sink.url()));
    let open = pool.stay_open();
    send(&pool, "first").await.expect("accepted");
    let closing = tokio::spawn({
        let pool = pool.clone();
        async move { pool.close(DEADLINE).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!closing.is_finished());
    drop(open);
    closing.await.unwrap();
}

/// F-02: right before the body, a mail that may not go is held back. The relay waits for its body, so its session is
/// closed, and the next mail has another.
#[tokio::test]
async fn a_mail_that_may_not_go_is_held_back() {
    let sink = Sink::start(Options::default()).await;
    let pool = Pool::new(settings(&sink.url()));
    let held = pool.send_if(&mail("first"), || false).await.expect_err("held back");
    assert!(matches!(&held, SendError::Later(trouble) if trouble.cause == Cause::CallerGone), "{held:?}");
    assert_eq!(sink.see(|state| (state.accepted, state.count("DATA"))), (0, 1));
    pool.send_if(&mail("second"), || true).await.expect("accepted");
    assert_eq!(sink.see(|state| (state.accepted, state.sessions)), (1, 2));
}

/// Replies in Latin-1 count by their codes, at every step, also without TLS.
#[tokio::test]
async fn answers_that_are_not_utf_8() {
    let sink = Sink::start(Options::default()).await;
    for step in [Step::Connect, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data, Step::EndOfData] {
        let code = match step {
            Step::Connect => 220,
            Step::Data => 354,
            _ => 250,
        };
        let words = if step == Step::Ehlo { "olá\n8BITMIME\nSMTPUTF8\nAUTH PLAIN" } else { "tá ótimo" };
        sink.rule(Rule::new(step, Act::Latin1(code, words.to_owned())).times(1));
        let pool = Pool::new(settings(&sink.url()));
        send(&pool, "first").await.expect("accepted");
    }
    assert_eq!(sink.see(|state| state.accepted), 6);
}

/// D-04: a mail that cannot be sent as it is fails at once.
#[tokio::test]
async fn unsendable_mails_are_final() {
    let old = Sink::start(Options { international: false, ..Options::default() }).await;
    let new = Sink::start(Options::default()).await;
    let (old_pool, new_pool) = (Pool::new(settings(&old.url())), Pool::new(settings(&new.url())));
    let outcome = send(&old_pool, "josé").await.expect_err("no SMTPUTF8");
    assert_eq!(outcome, SendError::Invalid(Unsendable::NeedsSmtpUtf8));
    send(&new_pool, "josé").await.expect("accepted");
    assert_eq!(new.mails()[0].to, ["josé@client.example"]);

    let build =
        || Message::builder().from("a@firm.example".parse().unwrap()).to("b@client.example".parse().unwrap());
    let nameless = build().body(String::new()).unwrap();
    assert_eq!(new_pool.send(&nameless).await, Err(SendError::Invalid(Unsendable::NoMessageId)));
    let two = build().to("c@client.example".parse().unwrap()).message_id(None).body(String::new()).unwrap();
    assert_eq!(new_pool.send(&two).await, Err(SendError::Invalid(Unsendable::Recipients(2))));
    // After it the session is still usable.
    send(&old_pool, "plain").await.expect("accepted");
    assert_eq!((old.see(|state| state.accepted), new.see(|state| state.accepted)), (1, 1));
}

/// An unreachable relay is tried again later; the check at the start names `SMTP_URL`.
#[tokio::test]
async fn a_relay_that_is_not_there() {
    let sink = Sink::start(Options::default()).await;
    let url = sink.url();
    sink.stop().await;
    for url in [url.as_str(), "smtp://no-such-host.invalid"] {
        let limits = Limits { connect: Duration::from_secs(5), ..Limits::default() };
        let settings = SmtpSettings { limits, ..settings(url) };
        let away = settings.probe().await.expect_err("nobody there");
        assert!(matches!(away, SendError::Later(_)) && away.to_string().ends_with(" at connect"), "{away}");
        let error = Pool::new(settings).send(&mail("first")).await.expect_err("nobody there");
        assert!(matches!(&error, SendError::Later(trouble) if trouble.phase == Phase::Connect), "{error:?}");
    }
}

#[tokio::test]
async fn a_probe_tells_a_refusal_by_its_step() {
    let sink = Sink::start(Options::default()).await;
    let wrong = settings(&sink.starttls_url().replace("first%20password", "secret"));
    let refused = wrong.probe().await.expect_err("wrong password");
    assert!(matches!(refused, SendError::Sick(_)), "{refused:?}");
    assert_eq!(refused.to_string(), "535 at AUTH");
}
