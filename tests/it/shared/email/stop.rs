//! F-02: when workers stop, no mail is sent twice that could be sent once.

use std::time::Duration;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::clock::ManualClock;
use guichet_engine::db;
use guichet_engine::job::JobStatus;
use guichet_engine::store::Store;
use guichet_engine::tables::{email_deliveries, jobs};
use guichet_mail::{Pool, Route, SmtpSettings};
use guichet_queue::Timing;
use guichet_schema::desk::ticket::commands;
use guichet_schema::desk::ticket::model::TicketStatus;
use guichet_schema::desk::ticket::status::{self, ChangeStatus};
use guichet_schema::shared::email_delivery::model::DeliveryStatus;
use guichet_schema::shared::file::rules::Limits;
use guichet_server::files::Files;
use guichet_server::graphql::export::list_writer;
use guichet_tests::app::{START, settings};
use guichet_tests::database::TestDatabase;
use guichet_tests::object_store::ObjectStore;
use guichet_tests::smtp::{Act, Options, Rule, Sink, Step};
use guichet_tests::wait::DEADLINE;
use guichet_tests::world::{Firm, ticket_about};
use guichet_workers::file_verify::Verifier;
use guichet_workers::send_email::Sender;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::post_room::key;

/// Queues a mail about a status change, in a new firm.
async fn queue_mail(store: &Store) {
    let firm = Firm::new(store, "aurora.example").await;
    let actor = firm.owner.actor();
    let client = firm.client("Padaria Estrela", Some("nf@padaria.example")).await;
    let ticket = ticket_about(client, "Folha de outubro");
    let id = commands::create(store, &actor, &key(), ticket).await.unwrap().value;
    let begun = ChangeStatus { id, status: TicketStatus::InAnalysis, reason: None, expected_version: None };
    status::change_status(store, &actor, &key(), begun).await.unwrap();
}

/// Stops the workers while the relay holds a mail in `step`. With `never`, the relay never answers: they
/// wait for it as long as they may, and then the job is given back.
async fn stopped_in(step: Step, never: bool) {
    let database = TestDatabase::new().await;
    let clock = ManualClock::new(START.parse().unwrap());
    let store = Store::new(db::pool(&database.url, 16).unwrap(), clock);
    let sink = Sink::start(Options::default()).await;
    let route = Route::Smtp(Pool::new(SmtpSettings::parse(&sink.starttls_url()).unwrap()));
    let sender = Sender::new(store.clone(), route.clone(), None, settings(&[]).sender_policy);
    sink.rule(Rule::new(step, if never { Act::Hang } else { Act::Hold }).times(1));
    queue_mail(&store).await;

    let patience = if never { Duration::from_millis(100) } else { DEADLINE };
    let timing = Timing { grace: Duration::from_millis(50), patience, ..Timing::default() };
    let stop = CancellationToken::new();
    let object_store = ObjectStore::folder();
    let Files { storage, .. } = object_store.files(Limits::default());
    let verifier = Verifier { store: store.clone(), storage, clamd: None };
    let workers = guichet_workers::workers(store.clone(), sender.clone(), verifier.clone(), list_writer(), 4)
        .timing(timing);
    let running = tokio::spawn(workers.run(stop.clone()));
    timeout(DEADLINE, sink.wait_until(|state| !state.acted.is_empty())).await.unwrap();
    stop.cancel();
    if never {
        timeout(DEADLINE, running).await.unwrap().unwrap().unwrap();
        let mut conn = store.conn().await.unwrap();
        let left: Vec<JobStatus> = jobs::table.select(jobs::status).load(&mut conn).await.unwrap();
        assert_eq!(left, [JobStatus::Ready], "given back");
        route.close(DEADLINE).await;
        // The connection is closed at once: the relay can accept nothing any more.
        sink.wait_until(|state| state.open == 0).await;
        assert_eq!(sink.see(|state| state.accepted), 0);
    } else {
        sleep(Duration::from_millis(200)).await;
        sink.release();
        timeout(DEADLINE, running).await.unwrap().unwrap().unwrap();
        route.close(DEADLINE).await;
    }

    // Other workers continue.
    let route = Route::Smtp(Pool::new(SmtpSettings::parse(&sink.starttls_url()).unwrap()));
    let stop = CancellationToken::new();
    let workers =
        guichet_workers::workers(store.clone(), Sender { route, ..sender }, verifier, list_writer(), 4);
    let running = tokio::spawn(workers.run(stop.clone()));
    let mut conn = store.conn().await.unwrap();
    let sent = async {
        loop {
            let status: DeliveryStatus =
                email_deliveries::table.select(email_deliveries::status).get_result(&mut conn).await.unwrap();
            let jobs: i64 = jobs::table.count().get_result(&mut conn).await.unwrap();
            if status == DeliveryStatus::Sent && jobs == 0 {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(DEADLINE, sent).await.unwrap();
    stop.cancel();
    timeout(DEADLINE, running).await.unwrap().unwrap().unwrap();
    assert_eq!(sink.see(|state| state.accepted), 1, "one mail, once");
    drop(conn);
    drop(store);
    database.drop().await;
}

/// F-02: when the body of a mail is being sent while the workers stop, they wait for the relay's answer and record it;
/// when that takes longer than a stop may, the job is given back.
#[tokio::test]
async fn in_the_body() {
    stopped_in(Step::EndOfData, true).await;
    stopped_in(Step::EndOfData, false).await;
}

/// F-02: a mail whose body is not being sent yet is held back, and its job is released.
#[tokio::test]
async fn before_the_body() {
    stopped_in(Step::Rcpt, true).await;
}
