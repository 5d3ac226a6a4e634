//! A relay that is down, refuses, hangs, disconnects, or replies too late.

use std::time::Duration;

use guichet_base::id::DeliveryId;
use guichet_schema::shared::email_delivery::model::DeliveryStatus;

use super::copies::Copies;
use super::findings::Findings;
use super::office::Office;
use super::relay_room::{Fate, Room, SOON};
use crate::database::TestDatabase;
use crate::process::{Launch, Process};
use crate::smtp::{Act, Options, Rule, Sink, Step};

/// The limit of each step, in seconds: long enough for a busy machine.
const TIMEOUT: u64 = 3;
/// The time to recover without intervention: a pause of a minute, or the backoff after a few attempts.
const BY_ITSELF: Duration = Duration::from_secs(150);
/// The number of mails where many must wait.
const MANY: usize = 10;

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

/// All faults of a relay, one after the other, with a running worker.
pub async fn run() -> Findings {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let url = format!("{}&sessions=1&timeout={TIMEOUT}", sink.starttls_url());
    let worker = Launch::work(&office.url, &url).start().await;
    let mut room = Room::new(office, sink);
    let reply = |code: u16| Act::Reply(code, format!("{}.0.0 because", code / 100));
    let groups: [(&str, Act); 8] = [
        ("421", reply(421)),
        ("450", reply(450)),
        ("535", reply(535)),
        ("550", reply(550)),
        ("slow", Act::Slow(Duration::from_secs(1))),
        ("hanging", Act::Hang),
        ("answered too late", Act::Hold),
        ("dropped", Act::Drop),
    ];
    for (name, act) in groups {
        at_each_phase(&mut room, name, &act).await;
    }
    room.case("dropped after DATA", Step::EndOfData, Act::KeepAndDrop).await;
    room.findings.count("dropped after DATA", "1 sent later, with a second copy");
    late_reply_then_refusal(&mut room).await;
    rotated_password(&mut room).await;
    room.judge().await;
    let Room { sink, mut findings, .. } = room;
    stop(worker, &mut findings).await;
    sink.stop().await;
    down(&mut findings).await;
    database.drop().await;
    findings
}

/// One mail for each phase.
async fn at_each_phase(room: &mut Room, name: &str, act: &Act) {
    let fates =
        [(Fate::Sent, "sent"), (Fate::Later, "later"), (Fate::Paused, "paused"), (Fate::Refused, "refused")];
    let mut came = Vec::with_capacity(STEPS.len());
    for step in STEPS {
        came.push(room.case(name, step, act.clone()).await);
    }
    let count = |wanted| came.iter().filter(|fate| **fate == wanted).count();
    let told = fates.map(|(fate, word)| (count(fate), word));
    let told: Vec<String> =
        told.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    room.findings.count(&format!("{name} at {} phases:", STEPS.len()), told.join(" + "));
}

/// The relay accepts a mail after our timeout, and refuses the next one.
async fn late_reply_then_refusal(room: &mut Room) {
    const CASE: &str = "a reply after our timeout, then a 550";
    room.sink.hang_up("");
    let acted = room.sink.see(|state| state.acted.len());
    room.sink.rule(Rule::new(Step::EndOfData, Act::Hold).times(1));
    let first = room.mail().await;
    room.sink.wait_until(|state| state.acted.len() > acted).await;
    room.sink.rule(Rule::new(Step::EndOfData, Act::Reply(550, "5.7.1 no".to_owned())).times(1));
    // It waits for the only session until the first mail has timed out.
    let second = room.mail().await;
    room.first_try(CASE, first.id, Fate::Later).await;
    room.sink.release();
    room.unheard();
    room.first_try(CASE, second.id, Fate::Refused).await;
    room.again(CASE, second.id, Fate::Refused).await;
    room.again(CASE, first.id, Fate::Later).await;
    room.findings.count(CASE, "1 sent later, 1 refused");
}

/// Without intervention: all mails wait while the password is wrong, and are sent afterwards.
async fn rotated_password(room: &mut Room) {
    room.sink.rotate("second password");
    room.sink.hang_up("");
    let mut mails = Vec::new();
    for _ in 0..MANY {
        mails.push(room.mail().await.id);
    }
    let office = &room.office;
    let paused = office.within(SOON, async || room.pauses().await == 1).await;
    room.findings.expect(paused, "a rotated password: mail is not paused");
    room.sink.rotate("first password");
    let office = &room.office;
    let sent = office.within(BY_ITSELF, async || all_sent(office, &mails).await).await;
    room.findings.expect(sent, "a rotated password: not all sent after the password was right again");
    room.findings.count("a rotated password", format!("{MANY} sent by themselves once it was right"));
}

/// The relay is away for a while, without intervention.
async fn down(findings: &mut Findings) {
    let database = TestDatabase::new().await;
    let office = Office::open(&database.url).await;
    let sink = Sink::start(Options::default()).await;
    let port = sink.address().port();
    let worker = Launch::work(&office.url, &format!("{}?timeout={TIMEOUT}", sink.url())).start().await;
    sink.stop().await;
    let mut mails = Vec::new();
    for number in 0..MANY {
        mails.push(office.mail_to(&format!("client-{number}@example.com")).await.id);
    }
    let tried = office
        .within(SOON, async || office.deliveries().await.iter().all(|delivery| delivery.attempts > 0))
        .await;
    findings.expect(tried, "down: not all were tried");
    let waits = office.deliveries().await.iter().all(|mail| mail.status == DeliveryStatus::Queued);
    findings.expect(waits, "down: a mail does not wait");
    let sink = Sink::start(Options { port, ..Options::default() }).await;
    let sent = office.within(BY_ITSELF, async || all_sent(&office, &mails).await).await;
    findings.expect(sent, "down: not all sent after it was up again");
    let mut copies = Copies::of(&sink);
    let got: usize = office.deliveries().await.iter().map(|mail| copies.take(mail)).sum();
    findings.expect_equal("down: mails accepted", (got, copies.left()), (MANY, 0));
    findings.count("down", format!("{MANY} sent by themselves once it was up"));
    stop(worker, findings).await;
    sink.stop().await;
    database.drop().await;
}

async fn all_sent(office: &Office, mails: &[DeliveryId]) -> bool {
    let deliveries = office.deliveries().await;
    let sent = |id| deliveries.iter().any(|mail| mail.id == id && mail.status == DeliveryStatus::Sent);
    mails.iter().all(|id| sent(*id))
}

async fn stop(worker: Process, findings: &mut Findings) {
    let status = worker.stop().await;
    findings.expect(status.success(), format!("asked to stop, a worker ended with {status}"));
}
