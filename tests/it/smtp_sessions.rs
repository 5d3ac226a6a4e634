//! SMTP sessions with a relay that fails in different ways: outcomes as in D-04, no mail wrongly counted as sent, and
//! no session used again in an unclear state.

use std::time::Duration;

use futures_util::future::join_all;
use guichet_mail::{Accepted, Cause, Limits, Phase, Pool, SendError, SmtpSettings};
use guichet_tests::{
    smtp::{Act, Options, Rule, Sink, Step},
    wait::DEADLINE,
};
use lettre::Message;
use tokio::time::timeout;

/// Long enough for every reply that arrives, short enough to wait for one that does not.
const SHORT: Duration = Duration::from_millis(750);

pub fn mail(name: &str) -> Message {
    Message::builder()
        .from("Escritório <no-reply@firm.example>".parse().unwrap())
        .to(format!("{name}@client.example").parse().unwrap())
        .subject("Atendimento nº 7")
        .message_id(Some(format!("<{name}@guichet.example>")))
        .body("Olá\r\n.\r\n..fim".to_owned())
        .unwrap()
}

pub fn settings(url: &str) -> SmtpSettings {
    SmtpSettings::parse(url).unwrap()
}

pub async fn send(pool: &Pool, name: &str) -> Result<Accepted, SendError> {
    timeout(DEADLINE, pool.send(&mail(name))).await.expect("an outcome")
}

/// A short time limit for one step; the others keep theirs, so that a busy machine causes no timeouts.
fn limited(step: Step) -> Limits {
    let mut limits = Limits::default();
    match step {
        Step::Connect | Step::Ehlo => limits.greeting = SHORT,
        Step::StartTls | Step::Mail | Step::Rcpt | Step::Data => limits.command = SHORT,
        Step::Auth => limits.auth = SHORT,
        Step::EndOfData => limits.end_of_data = SHORT,
        Step::Reset => limits.probe = SHORT,
    }
    limits
}

fn phase(step: Step) -> Phase {
    match step {
        Step::Connect | Step::Ehlo => Phase::Greeting,
        Step::StartTls => Phase::StartTls,
        Step::Auth => Phase::Auth,
        Step::Mail => Phase::MailFrom,
        Step::Rcpt => Phase::RcptTo,
        Step::Data => Phase::Data,
        Step::EndOfData => Phase::EndOfData,
        Step::Reset => Phase::Reset,
    }
}

const STEPS: [Step; 8] = [
    Step::Connect,
    Step::Ehlo,
    Step::StartTls,
    Step::Auth,
    Step::Mail,
    Step::Rcpt,
    Step::Data,
    Step::EndOfData,
];

/// The expected kind of outcome of a fault; with it, whether the session can be used again.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Refused,
    Later,
    Sick,
}

fn expected(step: Step, act: &Act) -> (Kind, bool) {
    let within = matches!(step, Step::Rcpt | Step::Data | Step::EndOfData);
    match (act, step) {
        (Act::Reply(421, _), _) => (Kind::Later, false),
        (Act::Reply(400..500, _), _) => (Kind::Later, within),
        (Act::Reply(535, _), _) => (Kind::Sick, false),
        (Act::Reply(..), Step::Rcpt | Step::EndOfData) => (Kind::Refused, true),
        (Act::Reply(..), Step::Data) => (Kind::Later, true),
        (Act::Reply(..), _) => (Kind::Sick, false),
        _ => (Kind::Later, false),
    }
}

async fn fault(step: Step, act: Act) {
    let case = format!("{act:?} at {step:?}");
    let sink = Sink::start(Options::default()).await;
    sink.rule(Rule::new(step, act.clone()).times(1));
    let pool = Pool::new(SmtpSettings { limits: limited(step), ..settings(&sink.starttls_url()) });

    let error = send(&pool, "first").await.expect_err(&case);
    let (kind, session_goes_on) = expected(step, &act);
    let (got, at) = match &error {
        SendError::Refused { phase, .. } => (Kind::Refused, *phase),
        SendError::Later(trouble) => (Kind::Later, trouble.phase),
        SendError::Sick(trouble) => (Kind::Sick, trouble.phase),
        SendError::Invalid(_) => panic!("{case}: {error:?}"),
    };
    assert_eq!((got, at), (kind, phase(step)), "{case}: {error:?}");
    match (&act, &error) {
        (Act::Reply(code, text), _) => assert_eq!(error.told(), format!("{code} {text}"), "{case}"),
        (Act::Hang | Act::Hold, SendError::Later(trouble)) => {
            assert_eq!(trouble.cause, Cause::TimedOut, "{case}")
        }
        (_, SendError::Later(trouble)) => {
            assert!(matches!(trouble.cause, Cause::Broken(_)), "{case}: {error:?}")
        }
        _ => panic!("{case}: {error:?}"),
    }

    // The late reply must not be taken for the reply to the next mail, which is refused.
    sink.release();
    sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 unknown".to_owned())).to("second@client.example"));
    let error = send(&pool, "second").await.expect_err(&case);
    assert!(matches!(&error, SendError::Refused { phase: Phase::RcptTo, .. }), "{case}: {error:?}");
    send(&pool, "third").await.unwrap_or_else(|error| panic!("{case}: {error}"));

    let taken_late = matches!((step, &act), (Step::EndOfData, Act::Hold | Act::KeepAndDrop));
    let mut taken: Vec<String> = sink.mails().iter().map(|mail| mail.to.join(",")).collect();
    taken.sort();
    let mut right = vec!["third@client.example"];
    if taken_late {
        right.insert(0, "first@client.example");
    }
    assert_eq!(taken, right, "{case}");
    assert_eq!(sink.see(|state| state.sessions), if session_goes_on { 1 } else { 2 }, "{case}");
    pool.close(DEADLINE).await;
}

/// D-04, F-02: every fault at every step.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_step() {
    let mut cases = Vec::new();
    for step in STEPS {
        for code in [421, 450, 451, 535, 550, 554] {
            let text = format!("{}.0.0 because", code / 100);
            cases.push(fault(step, Act::Reply(code, text)));
        }
        for act in [Act::Hang, Act::Hold, Act::Drop] {
            cases.push(fault(step, act));
        }
    }
    cases.push(fault(Step::EndOfData, Act::KeepAndDrop));
    join_all(cases).await;
}

/// Faults at the beginning of a mail on a session that was used before: a new session is used instead, and the caller
/// does not notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_used_session_that_fails_to_begin_is_no_failed_try() {
    let reply = |code| Act::Reply(code, "4.0.0 enough on this session".to_owned());
    let acts = [Act::Hang, Act::Hold, Act::Drop, reply(421), reply(450), reply(452), reply(503), reply(550)];
    join_all(acts.into_iter().flat_map(|act| [(Step::Mail, act.clone()), (Step::Reset, act)]).map(
        async |(step, act)| {
            let case = format!("{act:?} at {step:?}");
            let sink = Sink::start(Options::default()).await;
            let probe_after = if step == Step::Reset { Duration::ZERO } else { Duration::MAX };
            let limits = limited(step);
            let pool = Pool::new(SmtpSettings { limits, probe_after, ..settings(&sink.url()) });
            send(&pool, "first").await.expect(&case);
            sink.rule(Rule::new(step, act).times(1));
            send(&pool, "second").await.expect(&case);
            sink.release();
            send(&pool, "third").await.expect(&case);
            let sessions: Vec<u32> = sink.mails().iter().map(|mail| mail.session).collect();
            assert_eq!(sessions, [1, 2, 2], "{case}");
        },
    ))
    .await;
}

/// A timeout after DATA, a late 250, and a 550 for the next mail.
#[tokio::test]
async fn a_late_acceptance_is_not_that_of_the_next_mail() {
    for url in [Sink::url, Sink::starttls_url, Sink::smtps_url] {
        let sink = Sink::start(Options::default()).await;
        sink.rule(Rule::new(Step::EndOfData, Act::Hold).to("first@client.example"));
        sink.rule(
            Rule::new(Step::EndOfData, Act::Reply(550, "5.7.1 no".to_owned())).to("second@client.example"),
        );
        let limits = limited(Step::EndOfData);
        let pool = Pool::new(SmtpSettings { limits, sessions: 1, ..settings(&url(&sink)) });
        let error = send(&pool, "first").await.expect_err("a timeout");
        assert!(matches!(&error, SendError::Later(trouble) if trouble.cause == Cause::TimedOut), "{error:?}");
        sink.release();
        let error = send(&pool, "second").await.expect_err("a refusal");
        assert_eq!(error.to_string(), "550 at end of DATA");
        assert_eq!(sink.see(|state| state.sessions), 2);
    }
}

/// When a caller is cancelled while it waits for the relay's reply, its session is closed at once, so the next mail does not
/// get that reply.
#[tokio::test]
async fn a_cancelled_caller_leaves_no_answer_behind() {
    let sink = Sink::start(Options::default()).await;
    sink.rule(Rule::new(Step::EndOfData, Act::Hold).to("first@client.example"));
    sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 unknown".to_owned())).to("second@client.example"));
    let pool = Pool::new(SmtpSettings { sessions: 1, ..settings(&sink.starttls_url()) });
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { send(&pool, "first").await }
    });
    sink.wait_until(|state| state.acted == [Step::EndOfData]).await;
    first.abort();
    assert!(first.await.expect_err("aborted").is_cancelled());
    let (second, ()) = tokio::join!(send(&pool, "second"), async { sink.release() });
    assert_eq!(second.expect_err("a refusal").to_string(), "550 at RCPT TO");
    send(&pool, "third").await.expect("accepted");
    let taken: Vec<(u32, Vec<String>)> =
        sink.mails().into_iter().map(|mail| (mail.session, mail.to)).collect();
    let to = |name: &str| vec![format!("{name}@client.example")];
    assert_eq!(taken, [(1, to("first")), (2, to("third"))]);
}

/// F-02: a mail whose caller is gone is not sent if its body has not begun, because the next attempt would be a second
/// copy.
#[tokio::test]
async fn a_mail_given_up_before_its_body_is_not_sent() {
    let sink = Sink::start(Options::default()).await;
    sink.rule(Rule::new(Step::Rcpt, Act::Hold).times(1));
    let pool = Pool::new(SmtpSettings { sessions: 1, ..settings(&sink.url()) });
    let first = tokio::spawn({
        let pool = pool.clone();
        async move { send(&pool, "first").await }
    });
    sink.wait_until(|state| state.acted == [Step::Rcpt]).await;
    first.abort();
    assert!(first.await.expect_err("aborted").is_cancelled());
    sink.release();
    send(&pool, "first").await.expect("accepted");
    assert_eq!(sink.see(|state| (state.accepted, state.sessions, state.count("RSET"))), (1, 2, 0));
}

/// An extra reply of the relay is noticed before it is taken for the reply to the next mail.
#[tokio::test]
async fn a_word_too_many_is_never_an_answer() {
    for (url, clear) in
        [(Sink::url as fn(&Sink) -> String, true), (Sink::starttls_url, false), (Sink::smtps_url, false)]
    {
        let sink = Sink::start(Options::default()).await;
        sink.rule(Rule::new(Step::EndOfData, Act::Also("250 2.0.0 queued again\r\n".to_owned())).times(1));
        let pool = Pool::new(settings(&url(&sink)));
        send(&pool, "first").await.expect("accepted");
        sink.rule(Rule::new(Step::EndOfData, Act::Reply(550, "5.7.1 no".to_owned())));
        let second = send(&pool, "second").await.expect_err("no false success");
        // Without TLS, the extra reply is noticed while the session is idle; with TLS, when it is read as a reply to
        // DATA with the wrong code.
        let again = send(&pool, "second").await.expect_err("a refusal");
        assert_eq!(matches!(second, SendError::Refused { .. }), clear, "{second:?}");
        assert_eq!(matches!(second, SendError::Later(_)), !clear, "{second:?}");
        assert!(matches!(again, SendError::Refused { .. }), "{again:?}");
        assert_eq!(sink.see(|state| (state.accepted, state.sessions)), (1, 2));
    }
}

/// The mail arrives unchanged, and each attempt has the same `Message-ID`.
#[tokio::test]
async fn the_mail_arrives_as_written_and_repeats_its_message_id() {
    let sink = Sink::start(Options::default()).await;
    sink.rule(Rule::new(Step::EndOfData, Act::KeepAndDrop).times(1));
    let pool = Pool::new(settings(&sink.starttls_url()));
    let error = send(&pool, "first").await.expect_err("no answer");
    assert!(matches!(error, SendError::Later(_)), "{error:?}");
    let accepted = send(&pool, "first").await.expect("accepted");
    assert_eq!(accepted.reply.to_string(), "250 2.0.0 queued");
    let copies = sink.mails();
    assert_eq!(copies.len(), 2, "one copy at most per broken try");
    for copy in copies {
        assert_eq!(copy.message_id(), "first@guichet.example");
        assert_eq!(copy.from, "no-reply@firm.example");
        let parsed = copy.parsed();
        assert_eq!(parsed.subject(), Some("Atendimento nº 7"));
        assert_eq!(parsed.body_text(0).unwrap().trim_end(), "Olá\r\n.\r\n..fim");
    }
}

/// F-02: whether the mail may be sent is checked once, when the relay waits for its body; if not, the session is closed.
#[tokio::test]
async fn a_mail_is_held_back_at_the_last_moment() {
    let sink = Sink::start(Options::default()).await;
    let pool = Pool::new(SmtpSettings { sessions: 1, ..settings(&sink.url()) });
    for may_go in [false, true] {
        let outcome = pool.send_if(&mail("first"), move || may_go).await;
        let gone = |error: &SendError| matches!(error, SendError::Later(t) if t.cause == Cause::CallerGone);
        assert!(outcome.as_ref().map_or_else(gone, |_| false) != may_go, "{outcome:?}");
        assert_eq!(
            sink.see(|state| (state.accepted, state.count("DATA"))),
            (u64::from(may_go), 1 + usize::from(may_go))
        );
    }
    assert_eq!(sink.see(|state| state.sessions), 2);
}
