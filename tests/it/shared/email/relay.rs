//! The relay's reply decides what happens to a mail (D-04, F-02): only a refusal of the recipient or of the mail is
//! final; all else is tried again, and a mail that was not accepted never counts as sent.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::job::{JobStatus, queue};
use guichet_tests::smtp::{Act, Rule, Step};
use serde_json::{Value, json};

use super::post_room::PostRoom;

/// The longest wait after the first attempt.
const BACKOFF: TimeDelta = TimeDelta::seconds(15);
const ADDRESS: &str = "nf@padaria.example";

/// The status, reason and number of attempts of a delivery.
fn told(delivery: &Value) -> (&str, &str, i64) {
    let of = |name: &str| delivery[name].as_str().unwrap_or("-");
    (of("status"), of("reason"), delivery["attempts"].as_i64().unwrap())
}

/// The suppressed addresses in a client's record, each with the reply of its server.
async fn suppressed(room: &PostRoom, client: &str) -> Value {
    let query = "query ($id: ID!) { client(id: $id) { suppressedAddresses { email smtpReply } } }";
    room.app.ask(&room.staff, query, json!({ "id": client })).await["client"]["suppressedAddresses"].take()
}

/// A mail whose first attempt fails for now: it stays queued, is not tried before its time, and is then sent with the
/// same Message-ID.
async fn later(room: &PostRoom, step: Step, act: Act) {
    let ticket = room.ticket_for(ADDRESS).await;
    // A new session, so that its first steps are reached, too.
    room.app.sink.hang_up("");
    room.app.sink.wait_until(|state| state.open == 0).await;
    let before = room.app.sink.see(|state| state.accepted);
    room.app.sink.rule(Rule::new(step, act.clone()).times(1));
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    let first = room.delivery(&ticket).await;
    assert_eq!(told(&first), ("QUEUED", "-", 1), "{act:?} at {step:?}");
    assert_eq!(room.app.sink.see(|state| state.accepted), before, "{act:?} at {step:?}");

    room.app.pass(TimeDelta::seconds(7));
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("QUEUED", "-", 1), "not before its time");
    room.app.pass(BACKOFF - TimeDelta::seconds(7));
    room.app.jobs_done().await;
    let second = room.delivery(&ticket).await;
    assert_eq!(told(&second), ("SENT", "-", 2), "{act:?} at {step:?}");
    assert_eq!(second["messageId"], first["messageId"]);
    let mails = room.app.sink.mails();
    assert_eq!(mails.len() as u64, before + 1);
    assert_eq!(format!("<{}>", mails.last().unwrap().message_id()), first["messageId"].as_str().unwrap());
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

/// D-04: 450 and 451 to RCPT and after DATA, and 4xx at other steps.
#[tokio::test]
async fn for_the_time_being() {
    let room = PostRoom::open().await;
    for (step, code) in [(Step::Rcpt, 450), (Step::Rcpt, 451), (Step::EndOfData, 450), (Step::EndOfData, 451)]
    {
        later(&room, step, Act::Reply(code, "4.2.0 later".into())).await;
    }
    for step in [Step::Connect, Step::Mail, Step::Data] {
        later(&room, step, Act::Reply(421, "4.3.2 closing".into())).await;
    }
    room.app.finish().await;
}

/// D-04: a relay that closes the connection without a reply.
#[tokio::test]
async fn a_relay_that_hangs_up() {
    let room = PostRoom::open().await;
    for step in STEPS {
        later(&room, step, Act::Drop).await;
    }
    room.app.finish().await;
}

/// D-04: a relay that never replies.
#[tokio::test]
async fn a_relay_that_hangs() {
    let room = PostRoom::open().await;
    for step in STEPS {
        later(&room, step, Act::Hang).await;
    }
    room.app.finish().await;
}

/// F-02: a mail that was accepted but whose reply was lost is sent once more with the same Message-ID, by which
/// mailboxes can recognize it.
#[tokio::test]
async fn an_answer_that_was_lost() {
    let room = PostRoom::open().await;
    let ticket = room.ticket_for(ADDRESS).await;
    room.app.sink.rule(Rule::new(Step::EndOfData, Act::KeepAndDrop).times(1));
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("QUEUED", "-", 1), "no reply said that it was accepted");
    room.app.pass(BACKOFF);
    let mails = room.mails().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("SENT", "-", 2));
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].raw, mails[1].raw);
    room.app.finish().await;
}

/// F-02: a late reply to an abandoned mail is not taken for the reply to the next one.
#[tokio::test]
async fn an_answer_that_comes_late() {
    let room = PostRoom::open().await;
    let (first, second) =
        (room.ticket_for("a@padaria.example").await, room.ticket_for("b@padaria.example").await);
    room.app.sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(1));
    room.begin(&first).await;
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&first).await), ("QUEUED", "-", 1));
    room.app.sink.rule(Rule::new(Step::EndOfData, Act::Reply(550, "5.7.1 no".into())).times(1));
    room.app.sink.release();
    room.begin(&second).await;
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&second).await), ("FAILED", "REFUSED", 1));
    room.app.pass(BACKOFF);
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&first).await), ("SENT", "-", 2));
    room.app.finish().await;
}

/// D-04, F-06: 550 to RCPT is final, and the address is suppressed, which the client's record shows.
#[tokio::test]
async fn refused_at_the_recipient() {
    let room = PostRoom::open().await;
    let client = room.client(Some("NF@padaria.example"), "PT_BR").await;
    let ticket = room.ticket(&room.staff, &client).await;
    room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 no such user".into())).times(1));
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    let delivery = room.delivery(&ticket).await;
    assert_eq!(told(&delivery), ("FAILED", "REFUSED", 1));
    assert_eq!(delivery["smtpReply"], "550 5.1.1 no such user");
    let bounced = json!([{ "email": "nf@padaria.example", "smtpReply": "550 5.1.1 no such user" }]);
    assert_eq!(suppressed(&room, &client).await, bounced);

    // Suppressed for all mails of this firm, but not for another firm.
    let payload = room.change(&room.firm.owner, &ticket, "WAITING", None).await;
    assert_eq!(payload["mail"]["state"], "PARTIAL");
    room.app.jobs_done().await;
    let neighbour =
        PostRoom { firm: guichet_tests::world::Firm::new(&room.app.store, "b.example").await, ..room };
    let room = PostRoom { staff: neighbour.firm.owner.clone(), ..neighbour };
    let ticket = room.ticket_for(ADDRESS).await;
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("SENT", "-", 1));
    room.app.finish().await;
}

/// D-04, F-06: a relay rule, a blocklist or a full mailbox at RCPT is final for the mail, but does not suppress the
/// address: the next mail is sent to it.
#[tokio::test]
async fn refused_for_another_reason() {
    let room = PostRoom::open().await;
    let client = room.client(Some(ADDRESS), "PT_BR").await;
    for (code, reply) in
        [(554, "5.7.1 Relay access denied"), (552, "5.2.2 mailbox full"), (550, "5.4.1 no route")]
    {
        let ticket = room.ticket(&room.staff, &client).await;
        room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(code, reply.into())).times(1));
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        assert_eq!(told(&room.delivery(&ticket).await), ("FAILED", "REFUSED", 1));
        assert_eq!(suppressed(&room, &client).await, json!([]));
    }
    let ticket = room.ticket(&room.staff, &client).await;
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("SENT", "-", 1));
    room.app.finish().await;
}

/// D-04: replies of an old server in Latin-1 are understood: a refusal is final, an acceptance counts once.
#[tokio::test]
async fn answers_in_latin_1() {
    let room = PostRoom::open().await;
    let client = room.client(Some(ADDRESS), "PT_BR").await;
    let cases = [
        (Step::Rcpt, 550, "Usuário desconhecido", ("FAILED", "REFUSED", 1)),
        (Step::EndOfData, 250, "2.0.0 Mensagem aceita; até já", ("SENT", "-", 1)),
    ];
    for (step, code, words, expected) in cases {
        let ticket = room.ticket(&room.staff, &client).await;
        room.app.sink.rule(Rule::new(step, Act::Latin1(code, words.into())).times(1));
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        let delivery = room.delivery(&ticket).await;
        assert_eq!(told(&delivery), expected);
        let marked: String = words.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        assert_eq!(delivery["smtpReply"], format!("{code} {marked}"));
        room.sql("DELETE FROM email_suppressions").await;
    }
    assert_eq!(room.app.sink.see(|state| state.accepted), 1);
    room.app.finish().await;
}

/// D-04, F-06: 550 after DATA is final for the mail; the address is suppressed only if the code is about it.
#[tokio::test]
async fn refused_after_the_body() {
    let room = PostRoom::open().await;
    for (reply, suppresses) in [("5.7.1 looks like spam", false), ("5.1.1 no such user", true)] {
        let client = room.client(Some(&format!("{suppresses}@padaria.example")), "PT_BR").await;
        let ticket = room.ticket(&room.staff, &client).await;
        room.app.sink.rule(Rule::new(Step::EndOfData, Act::Reply(550, reply.into())).times(1));
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        assert_eq!(told(&room.delivery(&ticket).await), ("FAILED", "REFUSED", 1));
        assert_eq!(suppressed(&room, &client).await.as_array().unwrap().len(), usize::from(suppresses));
    }
    assert_eq!(room.app.sink.see(|state| state.accepted), 0);
    room.app.finish().await;
}

/// D-04: a fault of *our* relay settings fails no mail: all wait, and are sent once it is corrected.
#[tokio::test]
async fn a_relay_that_refuses_us() {
    let room = PostRoom::open().await;
    for round in 0..3 {
        let tickets = [room.ticket_for(ADDRESS).await, room.ticket_for(ADDRESS).await];
        room.app.sink.hang_up("");
        room.app.sink.wait_until(|state| state.open == 0).await;
        match round {
            0 => room.app.sink.rotate("second password"),
            1 => room.app.sink.reply(Step::Mail, 550, "5.7.1 relaying denied"),
            _ => room.app.sink.reply(Step::Auth, 454, "4.7.0 later"),
        }
        let accepted = room.app.sink.see(|state| state.accepted);
        let sessions = room.app.sink.see(|state| state.sessions);
        for ticket in &tickets {
            room.begin(ticket).await;
        }
        paused(&room, round < 2).await;
        assert!(room.app.sink.see(|state| state.sessions) > sessions);
        for ticket in &tickets {
            let delivery = room.delivery(ticket).await;
            assert_eq!(told(&delivery).0, "QUEUED", "{delivery:#}");
        }
        room.app.sink.rotate("first password");
        room.app.sink.clear();
        // After a refused sender, the firm's mails let those of other firms go first.
        room.app.pass(TimeDelta::seconds(60) + BACKOFF);
        room.app.jobs_done().await;
        for ticket in &tickets {
            assert_eq!(told(&room.delivery(ticket).await).0, "SENT");
        }
        assert_eq!(room.app.sink.see(|state| state.accepted), accepted + 2);
    }
    room.app.finish().await;
}

/// D-04, quality: a firm whose sender the relay refuses does not delay mails of other firms, however many it has.
#[tokio::test]
async fn a_firm_that_the_relay_refuses() {
    let room = PostRoom::open().await;
    let mut refused = Vec::new();
    for _ in 0..12 {
        refused.push(room.ticket_for(ADDRESS).await);
    }
    let sender = Rule::new(Step::Mail, Act::Reply(550, "5.7.1 sender not owned".into()));
    room.app.sink.rule(sender.from("avisos@aurora.example"));
    room.hold().await;
    for ticket in &refused {
        room.begin(ticket).await;
    }
    let neighbour =
        PostRoom { firm: guichet_tests::world::Firm::new(&room.app.store, "b.example").await, ..room };
    let theirs = PostRoom { staff: neighbour.firm.owner.clone(), ..neighbour };
    let ticket = theirs.ticket_for("geral@oficina.example").await;
    theirs.begin(&ticket).await;
    theirs.go_on().await;
    paused(&theirs, true).await;
    theirs.app.pass(TimeDelta::seconds(60));
    theirs.app.jobs_done().await;
    assert_eq!(told(&theirs.delivery(&ticket).await), ("SENT", "-", 1));
    // Once it is corrected, no mail of the refused firm is lost.
    theirs.app.sink.clear();
    theirs.app.pass(TimeDelta::minutes(2));
    theirs.app.jobs_done().await;
    assert_eq!(theirs.app.sink.see(|state| state.accepted), 13);
    theirs.app.finish().await;
}

/// Waits until mail is paused and no job is running; without `wanted`, until no job is due.
async fn paused(room: &PostRoom, wanted: bool) {
    if !wanted {
        return room.app.jobs_done().await;
    }
    let mut conn = room.app.store.conn().await.unwrap();
    loop {
        let pauses = queue::pauses(&mut conn, room.app.store.now()).await.unwrap();
        if let [pause] = &pauses[..] {
            assert_eq!(pause.kind, "email.send");
            assert!(pause.reason == "535 at AUTH" || pause.reason == "550 at MAIL FROM", "{}", pause.reason);
            break;
        }
        tokio::task::yield_now().await;
    }
    let at_rest = |jobs: &[(JobStatus, bool)]| jobs.iter().all(|(status, _)| *status == JobStatus::Ready);
    room.app.jobs_until("no mail is on its way", at_rest).await;
}

/// D-04: tried for at least two days, then failed, with a dead job for the operator. F-02: when staff send it again,
/// all attempts are available again.
#[tokio::test]
async fn given_up() {
    let room = PostRoom::open().await;
    let ticket = room.ticket_for(ADDRESS).await;
    room.app.sink.reply(Step::Rcpt, 450, "4.2.1 mailbox busy");
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    let mut tries = 1;
    while told(&room.delivery(&ticket).await).0 == "QUEUED" {
        assert_eq!(told(&room.delivery(&ticket).await).2, tries);
        room.app.pass(TimeDelta::hours(1));
        room.app.jobs_done().await;
        tries += 1;
    }
    let delivery = room.delivery(&ticket).await;
    assert_eq!(told(&delivery), ("FAILED", "ATTEMPTS_EXHAUSTED", 104));
    assert_eq!(delivery["smtpReply"], "450 4.2.1 mailbox busy");

    let payload = room.retry(&room.staff, delivery["id"].as_str().unwrap(), "again").await;
    assert_eq!(payload["userErrors"], json!([]));
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("QUEUED", "-", 105));
    // The dead job of the first round does not end the second round.
    room.app.reconcile().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("QUEUED", "-", 105));
    room.app.sink.clear();
    room.app.pass(BACKOFF);
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("SENT", "-", 106));
    room.app.finish_with_jobs(1).await;
}

/// F-02: when an operator retries a dead job, its mail is sent.
#[tokio::test]
async fn a_dead_letter_runs_again() {
    let room = PostRoom::open().await;
    let ticket = room.ticket_for(ADDRESS).await;
    room.app.sink.reply(Step::Rcpt, 450, "4.2.1 mailbox busy");
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    last_attempt(&room).await;
    room.app.pass(BACKOFF);
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("FAILED", "ATTEMPTS_EXHAUSTED", 2));

    let again = async || {
        let by = guichet_engine::store::By::system();
        guichet_engine::job::admin::retry_all(&room.app.store, by, Some("email.send")).await.unwrap().revived
    };
    assert_eq!(again().await, 1);
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("QUEUED", "-", 3), "on its way again");
    room.app.sink.clear();
    room.app.pass(BACKOFF);
    room.app.jobs_done().await;
    assert_eq!(told(&room.delivery(&ticket).await), ("SENT", "-", 4));
    room.app.finish().await;
}

/// Leaves the only job one attempt.
async fn last_attempt(room: &PostRoom) {
    use guichet_engine::tables::jobs;
    let left = diesel::update(jobs::table).set(jobs::max_attempts.eq(jobs::attempts + 1));
    assert_eq!(left.execute(&mut room.app.store.conn().await.unwrap()).await.unwrap(), 1);
}

/// F-02: a mail whose job crashed its process each time does not stay queued forever.
#[tokio::test]
async fn a_mail_that_crashes_its_worker() {
    use guichet_engine::tables::jobs;
    let room = PostRoom::open().await;
    let ticket = room.ticket_for(ADDRESS).await;
    room.app.sink.reply(Step::Rcpt, 450, "4.2.1 mailbox busy");
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    // As `rescue` does after the last attempt.
    diesel::update(jobs::table)
        .set((jobs::status.eq(JobStatus::Dead), jobs::finished_at.eq(room.app.store.now())))
        .execute(&mut room.app.store.conn().await.unwrap())
        .await
        .unwrap();
    for _ in 0..2 {
        room.app.reconcile().await;
        assert_eq!(told(&room.delivery(&ticket).await), ("FAILED", "ATTEMPTS_EXHAUSTED", 2));
    }
    room.app.finish_with_jobs(1).await;
}
