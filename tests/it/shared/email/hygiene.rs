//! F-06: addresses that bounced get no more mails, and faults of our own settings suppress nobody.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::error::{Code, Error};
use guichet_base::id::{DeliveryId, Id};
use guichet_engine::actor::{Actor, MemberReach, Membership, StaffRole};
use guichet_engine::tables::{audit, email_suppressions};
use guichet_schema::people::suppression;
use guichet_tests::app::{OPERATOR, Setup};
use guichet_tests::smtp::{Act, Options, Rule, Step};
use guichet_tests::world::Person;
use serde_json::{Value, json};
use uuid::Uuid;

use super::post_room::{PostRoom, key, text};

async fn suppress(room: &PostRoom, address: &str) {
    room.sql(&format!(
        "INSERT INTO email_suppressions (firm_id, email_ci, smtp_reply, at)
         VALUES ('{}', '{address}', '550 5.1.1 no', now())",
        room.firm.id.uuid()
    ))
    .await;
}

/// F-06, D-04: mails that were queued before the address bounced are not sent to it.
#[tokio::test]
async fn queued_before_the_address_bounced() {
    let room = PostRoom::open().await;
    let tickets = [room.ticket_for("nf@padaria.example").await, room.ticket_for("NF@padaria.example").await];
    room.hold().await;
    for ticket in &tickets {
        room.begin(ticket).await;
    }
    suppress(&room, "nf@padaria.example").await;
    room.resume().await;
    for ticket in &tickets {
        let delivery = room.delivery(ticket).await;
        let told = [&delivery["status"], &delivery["reason"]];
        assert_eq!(told, ["NOT_SENT", "SUPPRESSED_AFTER_BOUNCE"]);
        assert_eq!(delivery["attempts"], 0);
    }
    assert_eq!(room.app.sink.see(|state| state.count("RCPT")), 0);
    room.app.finish().await;
}

/// F-06: a firm whose sender is no address still mails, from the operator's address; replies go where it reads them.
#[tokio::test]
async fn a_firm_whose_sender_is_broken() {
    let room = PostRoom::open().await;
    let ticket = room.ticket_for("nf@padaria.example").await;
    room.hold().await;
    room.begin(&ticket).await;
    room.sql("UPDATE firms SET mail_from = 'aurora'").await;
    room.resume().await;
    assert_eq!(room.delivery(&ticket).await["status"], "SENT");
    let mails = room.mails().await;
    let mail = mails[0].parsed();
    assert_eq!((mails.len(), mails[0].from.as_str()), (1, OPERATOR));
    assert_eq!(mail.from().unwrap().first().unwrap().address.as_deref(), Some(OPERATOR));
    let reply_to = mail.reply_to().unwrap().first().unwrap();
    assert_eq!(reply_to.address.as_deref(), Some("atendimento@aurora.example"));
    room.app.finish().await;
}

/// D-04, F-06: a sender that the relay cannot carry is the fault of nobody who gets mails: the mail is not sent, the address
/// is not suppressed, and once the firm has another sender staff send it again.
#[tokio::test]
async fn a_relay_that_does_not_take_the_sender() {
    let relay = Options { international: false, ..Options::default() };
    let room = PostRoom::open_with(Setup { relay, ..Setup::default() }).await;
    room.sql("UPDATE firms SET mail_from = 'atenção@aurora.example'").await;
    let ticket = room.ticket_for("nf@padaria.example").await;
    room.begin(&ticket).await;
    room.app.jobs_done().await;
    let delivery = room.delivery(&ticket).await;
    assert_eq!([&delivery["status"], &delivery["reason"]], ["NOT_SENT", "SENDER_FAULT"]);
    assert_eq!(room.app.sink.see(|state| state.count("MAIL")), 0);
    let suppressed = email_suppressions::table.count();
    let suppressed: i64 = suppressed.get_result(&mut room.app.store.conn().await.unwrap()).await.unwrap();
    assert_eq!(suppressed, 0);
    room.sql("UPDATE firms SET mail_from = 'avisos@aurora.example'").await;
    let payload = room.retry(&room.staff, &text(&delivery["id"]), &key()).await;
    assert_eq!(payload["userErrors"], json!([]));
    let mails = room.mails().await;
    assert_eq!((mails.len(), mails[0].from.as_str()), (1, "avisos@aurora.example"));
    assert_eq!(room.delivery(&ticket).await["status"], "SENT");
    room.app.finish().await;
}

/// Actions in the audit log, with their subjects.
async fn audited(room: &PostRoom, wanted: &[&str]) -> Vec<(String, String, Option<Uuid>)> {
    audit::table
        .filter(audit::act.eq_any(wanted.iter().map(|act| (*act).to_owned()).collect::<Vec<_>>()))
        .order((audit::at, audit::id))
        .select((audit::act, audit::noun, audit::subject_id))
        .load(&mut room.app.store.conn().await.unwrap())
        .await
        .unwrap()
}

/// F-06, D-05, F-03: a colleague's address that bounced is shown with the colleague and can be unblocked without a
/// client. The audit log has both, with the delivery that bounced.
#[tokio::test]
async fn the_address_of_a_colleague() {
    let room = PostRoom::open().await;
    let client = room.client(None, "PT_BR").await;
    let ticket = room.ticket(&room.staff, &client).await;
    room.app.sink.rule(Rule::new(Step::Rcpt, Act::Reply(550, "5.1.1 no such user".into())).times(1));
    room.change(&room.firm.owner, &ticket, "WAITING", None).await;
    room.app.jobs_done().await;

    let query = "query ($id: ID!) { node(id: $id) { ... on StaffMember {
        suppressedAddress { email smtpReply }
    } } }";
    let shown = async |by: &Person| {
        let found = room.app.ask(by, query, json!({ "id": room.staff.id() })).await;
        found["node"]["suppressedAddress"].clone()
    };
    let bounced = json!({ "email": "marta@aurora.example", "smtpReply": "550 5.1.1 no such user" });
    assert_eq!(shown(&room.firm.owner).await, bounced);
    let mutation = "mutation ($input: EmailSuppressionLiftInput!) {
        emailSuppressionLift(input: $input) { client { id } userErrors { field code } }
    }";
    let lift = async |email: &str| {
        let input = json!({ "input": { "email": email } });
        room.app.ask(&room.firm.owner, mutation, input).await["emailSuppressionLift"].clone()
    };
    let unknown = lift("nobody@aurora.example").await;
    assert_eq!(unknown["userErrors"], json!([{ "field": ["email"], "code": "NOT_FOUND" }]));
    let lifted = lift("Marta@aurora.example").await;
    assert_eq!(lifted, json!({ "client": null, "userErrors": [] }));
    assert_eq!(shown(&room.firm.owner).await, Value::Null);

    let deliveries = room.deliveries(&ticket).await;
    let hers = deliveries.iter().find(|one| one["recipient"] == "marta@aurora.example").unwrap();
    let id = DeliveryId::decode(&text(&hers["id"])).unwrap().uuid();
    let about = |act: &str| (act.to_owned(), "delivery".to_owned(), Some(id));
    let acts = ["emailSuppress", "emailSuppressionLift"];
    assert_eq!(audited(&room, &acts).await, acts.map(about));
    room.app.finish().await;
}

/// F-06, B-15: without a client, those who see the whole firm unblock any address, other staff only a colleague's,
/// portal users none.
#[tokio::test]
async fn who_lifts_what() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", None).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let manager = room.firm.staff("manager@aurora.example", StaffRole::Manager).await;
    let mut own = room.staff.actor();
    if let Membership::Staff(membership) = &mut own.membership {
        membership.reach = MemberReach::Own;
    }
    let store = &room.app.store;
    let lift = async |by: &Actor, email: &str| match suppression::lift(store, by, None, email).await {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusals)) => Err(refusals.into_iter().next().unwrap().code),
        Err(error) => panic!("{error}"),
    };
    for address in ["former@padaria.example", "manager@aurora.example"] {
        suppress(&room, address).await;
    }
    assert_eq!(lift(&ana.actor(), "former@padaria.example").await, Err(Code::NotAllowed));
    assert_eq!(lift(&own, "former@padaria.example").await, Err(Code::NotFound));
    assert_eq!(lift(&own, "manager@aurora.example").await, Ok(()));
    assert_eq!(lift(&manager.actor(), "former@padaria.example").await, Ok(()));
    room.app.finish().await;
}
