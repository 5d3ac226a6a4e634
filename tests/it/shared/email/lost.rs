//! F-02: no mail is lost between a delivery and its job, and none is sent by two jobs.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_engine::tables::jobs;
use guichet_tests::smtp::{Act, Rule, Step};
use serde_json::json;

use super::post_room::{PostRoom, key, text};

async fn jobs(room: &PostRoom) -> i64 {
    jobs::table.count().get_result(&mut room.app.store.conn().await.unwrap()).await.unwrap()
}

/// F-02: a mail that is sent again before the job of the failed round is deleted gets its own job; if the old job runs
/// again, it does nothing.
#[tokio::test]
async fn sent_again_before_the_first_job_is_gone() {
    let room = PostRoom::open().await;
    let ticket = room.ticket_for("nf@padaria.example").await;
    room.app.sink.rule(Rule::new(Step::Rcpt, Act::Hold).times(1));
    room.app.sink.rule(Rule::new(Step::EndOfData, Act::Reply(550, "5.7.1 no".into())).times(1));
    room.begin(&ticket).await;
    room.app.sink.wait_until(|state| !state.acted.is_empty()).await;
    // The worker records the outcome of the mail, but has lost its lease and cannot settle the job.
    room.sql(
        "UPDATE jobs SET worker = 'other', lease_token = gen_random_uuid(), lease_until = now() + '1 h'",
    )
    .await;
    room.app.sink.release();
    let delivery = loop {
        let delivery = room.delivery(&ticket).await;
        if delivery["status"] == "FAILED" {
            break delivery;
        }
        tokio::task::yield_now().await;
    };
    room.hold().await;
    let payload = room.retry(&room.staff, &text(&delivery["id"]), &key()).await;
    assert_eq!(payload["userErrors"], json!([]));
    assert_eq!(jobs(&room).await, 2);
    room.sql(
        "UPDATE jobs SET status = 'READY', worker = NULL, lease_token = NULL, lease_until = NULL
         WHERE status = 'RUNNING'",
    )
    .await;
    room.resume().await;
    let sent = room.delivery(&ticket).await;
    assert_eq!((&sent["status"], &sent["attempts"]), (&json!("SENT"), &json!(2)));
    assert_eq!(room.app.sink.see(|state| state.accepted), 1);
    room.app.finish().await;
}

/// F-02: a queued mail without a job gets exactly one. A job with a payload from before rounds existed counts.
#[tokio::test]
async fn a_queued_mail_without_a_job() {
    let room = PostRoom::open().await;
    let ticket = room.ticket_for("nf@padaria.example").await;
    room.hold().await;
    room.begin(&ticket).await;
    room.sql("UPDATE jobs SET payload = payload - 'round', key = NULL").await;
    room.app.reconcile().await;
    assert_eq!(jobs(&room).await, 1);
    room.sql("DELETE FROM jobs").await;
    for _ in 0..2 {
        room.app.reconcile().await;
        assert_eq!(jobs(&room).await, 1);
    }
    room.resume().await;
    assert_eq!(room.delivery(&ticket).await["status"], "SENT");
    room.app.finish().await;
}

/// F-02: two deliveries about one action are both sent again at once to the one corrected address: one is sent, the
/// other is refused with `NO_RECIPIENT`.
#[tokio::test]
async fn two_sent_again_at_once() {
    let room = PostRoom::open().await;
    for round in 0..5 {
        let client = room.client(None, "PT_BR").await;
        let [a, b] = ["a", "b"].map(|name| format!("{name}{round}@padaria.example"));
        room.update_client(&client, json!({ "ticketEmails": [a, b] })).await;
        let ticket = room.ticket(&room.staff, &client).await;
        room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 no such user".into())).times(2));
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        let failed = room.deliveries(&ticket).await;
        room.update_client(&client, json!({ "ticketEmails": [format!("new{round}@padaria.example")] })).await;
        let ids = [0, 1].map(|nth: usize| text(&failed[nth]["id"]));
        let (first, second) = (key(), key());
        let (one, two) =
            tokio::join!(room.retry(&room.staff, &ids[0], &first), room.retry(&room.staff, &ids[1], &second));
        let mut told = [&one, &two].map(|payload| payload["userErrors"].to_string());
        told.sort();
        let refused = r#"[{"code":"NO_RECIPIENT","field":["id"]}]"#;
        assert_eq!(told, ["[]", refused]);
        room.app.jobs_done().await;
    }
    assert_eq!(room.app.sink.see(|state| state.accepted), 5);
    room.app.finish().await;
}
