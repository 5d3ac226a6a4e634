//! D-05, B-14: mails go to people who may know of the ticket, both at the action and when the mail is sent.

use guichet_base::id::Id;
use guichet_engine::actor::StaffRole;
use serde_json::{Value, json};

use super::post_room::{PostRoom, key, outcomes, recipients, text};

/// D-05, B-14: a portal user whose access was removed and a staff member who left get no more mails about tickets that
/// they opened.
#[tokio::test]
async fn whoever_lost_access_is_no_recipient() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("nf@padaria.example")).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let joao = room.firm.staff("joao@aurora.example", StaffRole::Member).await;
    let joao_id = joao.staff_id().uuid();
    for opener in [&ana, &joao] {
        let ticket = room.ticket(opener, &client.encode()).await;
        let payload = room.begin(&ticket).await;
        assert_eq!(outcomes(&payload["mail"]["deliveries"]).len(), 2);
        room.app.jobs_done().await;
        room.sql("UPDATE portal_accesses SET status = 'DISABLED'").await;
        room.sql(&format!("UPDATE staff_members SET disabled_at = now() WHERE id = '{joao_id}'")).await;
        room.hold().await;
        let payload = room.change(&room.staff, &ticket, "WAITING", None).await;
        assert_eq!(outcomes(&payload["mail"]["deliveries"]), [["nf@padaria.example", "QUEUED", "-"]]);
        room.resume().await;
        room.sql("UPDATE portal_accesses SET status = 'ACTIVE'").await;
        room.sql("UPDATE staff_members SET disabled_at = NULL").await;
    }
    room.app.finish().await;
}

/// The delivery of one recipient.
fn to<'a>(all: &'a [Value], address: &str) -> &'a Value {
    all.iter().find(|delivery| delivery["recipient"] == address).unwrap()
}

/// B-14, D-04, F-02: if access is lost after the action, the mail is not sent (`NO_ACCESS`) and cannot be sent again.
/// With restored access it can, in the person's current language.
#[tokio::test]
async fn access_lost_before_the_mail_goes_out() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("nf@padaria.example")).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let ticket = room.ticket(&ana, &client.encode()).await;
    room.hold().await;
    room.begin(&ticket).await;
    room.sql("UPDATE portal_accesses SET status = 'DISABLED'").await;
    room.resume().await;
    let all = room.deliveries(&ticket).await;
    let hers = to(&all, "ana@padaria.example");
    assert_eq!([&hers["status"], &hers["reason"]], ["NOT_SENT", "NO_ACCESS"]);
    assert_eq!((&hers["attempts"], &hers["smtpReply"]), (&json!(0), &Value::Null));
    assert_eq!(to(&all, "nf@padaria.example")["status"], "SENT");
    assert_eq!(recipients(&room.mails().await), ["nf@padaria.example"]);

    let id = text(&hers["id"]);
    let refused = room.retry(&room.staff, &id, &key()).await;
    assert_eq!(refused["userErrors"][0]["code"], "NO_RECIPIENT");
    assert_eq!(hers["viewerCan"][0]["reason"], "NO_RECIPIENT");
    room.sql("UPDATE portal_accesses SET status = 'ACTIVE'").await;
    room.sql("UPDATE accounts SET locale = 'es' WHERE email_ci = 'ana@padaria.example'").await;
    assert_eq!(room.retry(&room.staff, &id, &key()).await["userErrors"], json!([]));
    let mails = room.mails().await;
    assert_eq!(recipients(&mails), ["ana@padaria.example", "nf@padaria.example"]);
    let hers = to(&room.deliveries(&ticket).await, "ana@padaria.example").clone();
    assert_eq!([&hers["status"], &hers["locale"]], ["SENT", "ES"]);
    room.app.finish().await;
}

/// D-05: an address in the client's record gets mails even if its person lost access.
#[tokio::test]
async fn an_address_of_the_client_stays_one() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("Ana@padaria.example")).await;
    let ana = room.firm.admin(client, "ana@padaria.example").await;
    let ticket = room.ticket(&ana, &client.encode()).await;
    room.hold().await;
    room.begin(&ticket).await;
    room.sql("UPDATE portal_accesses SET status = 'DISABLED'").await;
    room.resume().await;
    assert_eq!(room.delivery(&ticket).await["status"], "SENT");
    room.app.finish().await;
}

/// D-05: if the client's address is that of an active portal user, the mail is in that person's language, whoever
/// opened the ticket; otherwise in the client's.
#[tokio::test]
async fn a_portal_users_address_on_the_record() {
    let room = PostRoom::open().await;
    let client = room.firm.client("Padaria Estrela", Some("ANA@Padaria.example")).await;
    room.firm.admin(client, "ana@padaria.example").await;
    for (status, locale) in [("ACTIVE", "FR"), ("DISABLED", "PT_BR")] {
        room.sql(&format!("UPDATE portal_accesses SET status = '{status}'")).await;
        let ticket = room.ticket(&room.staff, &client.encode()).await;
        room.begin(&ticket).await;
        room.app.jobs_done().await;
        let delivery = room.delivery(&ticket).await;
        assert_eq!([&delivery["locale"], &delivery["status"]], [locale, "SENT"]);
    }
    room.app.finish().await;
}
