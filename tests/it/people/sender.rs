//! F-06: from which address a firm's mails come: its own, if the operator allows the domain or the firm has proved it by
//! DNS, else the operator's.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::id::Id;
use guichet_engine::tables::{audit, sender_proofs};
use guichet_tests::app::{OPERATOR, Setup};
use guichet_tests::dns::{FakeDns, Mood};
use hickory_resolver::proto::op::ResponseCode;
use serde_json::{Value, json};

use crate::desk::ticket::desk::{Desk, errors};

const SENDER: &str = "sender {
    state domain record { name type value } from replyTo finding checkedAt provedAt missingSince
}";

/// A firm that has proved nothing yet, and a name server.
struct Door {
    desk: Desk,
    dns: FakeDns,
}

impl Door {
    async fn open(more: &[(&'static str, &str)]) -> Self {
        let dns = FakeDns::start().await;
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let settings = more.chain([("DNS_SERVERS", dns.address().to_string())]).collect();
        let desk = Desk::open_with(Setup { settings, ..Setup::default() }).await;
        diesel::delete(sender_proofs::table)
            .execute(&mut desk.app.store.conn().await.unwrap())
            .await
            .unwrap();
        Self { desk, dns }
    }

    /// The sender as its owner sees it.
    async fn sender(&self) -> Value {
        let query = format!("query ($id: ID!) {{ node(id: $id) {{ ... on Firm {{ {SENDER} }} }} }}");
        let id = json!({ "id": self.desk.firm.id.encode() });
        self.desk.app.ask(&self.desk.owner, &query, id).await["node"]["sender"].clone()
    }

    async fn version(&self) -> Value {
        let query = "query ($id: ID!) { node(id: $id) { ... on Firm { version } } }";
        let id = json!({ "id": self.desk.firm.id.encode() });
        self.desk.app.ask(&self.desk.owner, query, id).await["node"]["version"].clone()
    }

    async fn state(&self) -> String {
        self.sender().await["state"].as_str().unwrap().to_owned()
    }

    /// The owner's check; returns the errors and the sender.
    async fn check(&self) -> (Vec<String>, Value) {
        let mutation = format!(
            "mutation ($domain: String!) {{ firmSenderCheck(input: {{ domain: $domain }}) {{
                firm {{ {SENDER} }} userErrors {{ field code message }}
            }} }}"
        );
        let domain = json!({ "domain": self.sender().await["domain"] });
        let mut done = self.desk.app.ask(&self.desk.owner, &mutation, domain).await;
        let done = done["firmSenderCheck"].take();
        (errors(&done), done["firm"]["sender"].clone())
    }

    /// Publishes the record that the sender asks for.
    async fn publish(&self) {
        let record = &self.sender().await["record"];
        assert_eq!(record["type"], "TXT");
        let text = |name: &str| record[name].as_str().unwrap().to_owned();
        self.dns.publish(&text("name"), &[&text("value")]);
    }

    /// Lets the background work look once in each of these hours.
    async fn hours(&self, count: i64) {
        for _ in 0..count {
            self.desk.app.pass(TimeDelta::hours(1));
            self.desk.app.senders.recheck(&self.desk.app.store).await.unwrap();
        }
    }

    /// Sends a mail to a client; returns the envelope's sender, `From` and `Reply-To`.
    async fn mailed(&self) -> [String; 3] {
        let ticket = self.desk.opened(&self.desk.member).await;
        let before = self.desk.app.sink.mails().len();
        self.desk.set(&ticket, "IN_ANALYSIS").await;
        self.desk.app.jobs_done().await;
        let mails = self.desk.app.sink.mails();
        let mail = &mails[before];
        let parsed = mail.parsed();
        let address = |list: Option<&mail_parser::Address<'_>>| {
            let address = list.and_then(|list| list.first()?.address.as_deref().map(str::to_owned));
            address.unwrap_or_default()
        };
        assert_eq!(parsed.from().unwrap().first().unwrap().name.as_deref(), Some("Contábil Aurora"));
        [mail.from.clone(), address(parsed.from()), address(parsed.reply_to())]
    }
}

/// The addresses of a mail that comes from the operator's.
fn from_operator(reply_to: &str) -> [String; 3] {
    [OPERATOR, OPERATOR, reply_to].map(str::to_owned)
}

/// A firm that has proved nothing still mails: under its name, from the operator's address, and replies reach it, at its
/// sender when it names no other address.
#[tokio::test]
async fn a_firm_whose_sender_is_not_allowed_still_mails() {
    let door = Door::open(&[]).await;
    let sender = door.sender().await;
    assert_eq!(sender["state"], "NOT_PROVED");
    assert_eq!([&sender["from"], &sender["replyTo"]], [OPERATOR, "atendimento@aurora.example"]);
    assert_eq!([&sender["finding"], &sender["checkedAt"], &sender["provedAt"]], [&Value::Null; 3]);
    assert_eq!(door.mailed().await, from_operator("atendimento@aurora.example"));
    door.desk.settle(json!({ "mailReplyTo": null })).await;
    assert_eq!(door.mailed().await, from_operator("avisos@aurora.example"));
    assert_eq!(door.sender().await["replyTo"], "avisos@aurora.example");
    door.desk.finish().await;
}

/// The operator allows domains, each for itself, in whatever spelling; nothing needs to be proved, and nobody is asked.
#[tokio::test]
async fn domains_that_the_operator_allows() {
    let door = Door::open(&[("MAIL_DOMAINS", "AURORA.example., münchen.example")]).await;
    let (told, sender) = door.check().await;
    assert_eq!((told, door.dns.asked()), (vec![], 0));
    assert_eq!([&sender["state"], &sender["from"]], ["ALLOWED", "avisos@aurora.example"]);
    assert_eq!(sender["record"], Value::Null);
    let own = ["avisos@aurora.example", "avisos@aurora.example", "atendimento@aurora.example"];
    assert_eq!(door.mailed().await, own.map(str::to_owned));
    for (from, state) in [
        ("a@MÜNCHEN.example", "ALLOWED"),
        ("a@xn--mnchen-3ya.example", "ALLOWED"),
        ("\"quoted local\"@aurora.example", "INVALID"),
        ("a@sub.aurora.example", "NOT_PROVED"),
        ("a@notaurora.example", "NOT_PROVED"),
        ("a@aurora.example.evil.example", "NOT_PROVED"),
        ("\"a@aurora.example\"@evil.example", "NOT_PROVED"),
        ("a@aurora.example@evil.example", "INVALID"),
        ("a@[127.0.0.1]", "INVALID"),
        ("a@aurora.example.", "INVALID"),
    ] {
        let input = json!({ "expectedVersion": door.version().await, "mailFrom": from });
        let told = door.desk.refused(&door.desk.owner, "firmUpdate", input).await;
        if state == "INVALID" {
            assert_eq!(told, ["mailFrom:INVALID_EMAIL"], "{from}");
            continue;
        }
        assert_eq!(told, Vec::<String>::new(), "{from}");
        assert_eq!(door.state().await, state, "{from}");
    }
    door.desk.finish().await;
}

/// A firm proves its domain; the decision is made when a mail is sent, so it holds for queued ones, too.
#[tokio::test]
async fn a_domain_is_proved() {
    let door = Door::open(&[]).await;
    let (told, sender) = door.check().await;
    assert_eq!(told, ["SENDER_RECORD_MISSING"]);
    assert_eq!([&sender["state"], &sender["finding"]], ["NOT_PROVED", "MISSING"]);
    assert_eq!(sender["record"]["name"], "_guichet.aurora.example");
    // The record of somebody else, or of another purpose, proves nothing.
    door.dns.publish("_guichet.aurora.example", &["v=spf1 -all", "guichet-sender=0123456789abcdef"]);
    let (told, sender) = door.check().await;
    assert_eq!((told, &sender["finding"]), (vec!["SENDER_RECORD_DIFFERENT".to_owned()], &json!("DIFFERENT")));
    for mood in [Mood::Says(ResponseCode::ServFail), Mood::Says(ResponseCode::Refused)] {
        door.dns.mood(mood);
        let (told, sender) = door.check().await;
        assert_eq!((told, &sender["finding"]), (vec!["DNS_UNAVAILABLE".to_owned()], &json!("NO_ANSWER")));
    }
    door.dns.mood(Mood::Knows);
    door.publish().await;
    let (told, sender) = door.check().await;
    assert_eq!(told, Vec::<String>::new());
    assert_eq!([&sender["state"], &sender["finding"]], ["PROVED", "FOUND"]);
    assert_eq!(sender["provedAt"], door.desk.now());
    let own =
        ["avisos@aurora.example", "avisos@aurora.example", "atendimento@aurora.example"].map(str::to_owned);
    assert_eq!(door.mailed().await, own);
    let acts: Vec<String> = audit::table
        .filter(audit::act.like("sender%"))
        .select(audit::act)
        .load(&mut door.desk.app.store.conn().await.unwrap())
        .await
        .unwrap();
    assert_eq!(acts, ["senderProved"]);
    // Another domain is another proof; back again, it is proved anew.
    door.desk.settle(json!({ "mailFrom": "avisos@evil.example" })).await;
    assert_eq!(door.mailed().await, from_operator("atendimento@aurora.example"));
    door.desk.settle(json!({ "mailFrom": "avisos@aurora.example" })).await;
    assert_eq!(door.state().await, "NOT_PROVED");
    door.check().await;
    // Another address of the same domain keeps it.
    door.desk.settle(json!({ "mailFrom": "faturas@AURORA.example" })).await;
    assert_eq!(door.state().await, "PROVED");
    door.desk.finish().await;
}

/// Records as name servers really hold them: among others, in parts, behind an alias, too long for one datagram, in
/// quotes that somebody typed; and a domain in its own script.
#[tokio::test]
async fn records_of_many_shapes() {
    let door = Door::open(&[]).await;
    let record = door.sender().await["record"].clone();
    let [name, value] = ["name", "value"].map(|field| record[field].as_str().unwrap().to_owned());
    let parts = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    let long = "x".repeat(250);
    let (head, tail) = value.split_at(9);
    let quoted = format!("\"{value}\"");
    let shapes = [
        vec![parts(&[&value])],
        vec![parts(&["v=spf1 -all"]), parts(&[&value.to_uppercase()])],
        vec![parts(&[head, tail])],
        vec![parts(&[&long, &long, &long]), parts(&[&value])],
        vec![parts(&[&quoted])],
    ];
    for shape in shapes {
        let case = format!("{shape:?}");
        door.dns.publish_parts(&name, shape);
        assert_eq!(door.check().await.0, Vec::<String>::new(), "{case}");
        diesel::delete(sender_proofs::table)
            .execute(&mut door.desk.app.store.conn().await.unwrap())
            .await
            .unwrap();
    }
    door.dns.publish(&name, &[]);
    door.dns.publish("proof.hoster.example", &[&value]);
    door.dns.alias(&name, "proof.hoster.example");
    assert_eq!(door.check().await.0, Vec::<String>::new());
    door.desk.settle(json!({ "mailFrom": "aviso@Contábil.example" })).await;
    assert_eq!(door.sender().await["record"]["name"], "_guichet.xn--contbil-kwa.example");
    door.publish().await;
    assert_eq!(door.check().await.0, Vec::<String>::new());
    door.desk.finish().await;
}

/// A proof is checked again every hour. It outlives a name server that fails or that has lost the record for a while, and
/// ends when the record stays away for three days. Its owners get a mail, from the operator's address.
#[tokio::test]
async fn a_proof_ends_when_its_record_stays_away() {
    let door = Door::open(&[]).await;
    door.publish().await;
    assert_eq!(door.check().await.0, Vec::<String>::new());
    for (mood, hours) in [(Mood::Says(ResponseCode::ServFail), 100), (Mood::Babbles, 1), (Mood::Silent, 1)] {
        door.dns.mood(mood);
        door.hours(hours).await;
        assert_eq!(door.state().await, "PROVED", "{mood:?}");
        assert_eq!(door.sender().await["missingSince"], Value::Null);
    }
    door.dns.mood(Mood::Knows);
    let name = "_guichet.aurora.example";
    door.dns.publish(name, &[]);
    // An owner who looks again and again ends nothing, either.
    for _ in 0..20 {
        let (told, sender) = door.check().await;
        assert_eq!((told, &sender["state"]), (vec!["SENDER_RECORD_MISSING".to_owned()], &json!("PROVED")));
        assert_eq!(sender["missingSince"], door.desk.now());
    }
    door.hours(71).await;
    assert_eq!(door.state().await, "PROVED");
    door.publish().await;
    door.hours(1).await;
    assert_eq!(door.sender().await["missingSince"], Value::Null);
    door.dns.publish(name, &[]);
    let before = door.desk.app.sink.mails().len();
    door.hours(74).await;
    assert_eq!(door.state().await, "LOST");
    door.desk.app.jobs_done().await;
    let mails = door.desk.app.sink.mails();
    let told: Vec<_> = mails[before..].iter().map(|mail| (mail.from.as_str(), mail.to.join(" "))).collect();
    assert_eq!(told, [(OPERATOR, door.desk.owner.email.clone())], "once");
    let text = mails[before].parsed().body_text(0).unwrap().into_owned();
    for part in [name, "avisos@aurora.example", OPERATOR, "guichet-sender="] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(door.mailed().await, from_operator("atendimento@aurora.example"));
    // Back again, it is noticed without anybody's doing.
    door.publish().await;
    door.hours(1).await;
    assert_eq!(door.state().await, "PROVED");
    door.desk.finish().await;
}

/// Only owners see the sender and check it.
#[tokio::test]
async fn owners_only() {
    let door = Door::open(&[]).await;
    let query = "query ($id: ID!) { node(id: $id) { ... on Firm { sender { state } } } }";
    let id = json!({ "id": door.desk.firm.id.encode() });
    for other in [&door.desk.manager, &door.desk.member, &door.desk.admin] {
        assert_eq!(door.desk.app.ask(other, query, id.clone()).await["node"]["sender"], Value::Null);
        let input = json!({ "domain": "aurora.example" });
        assert_eq!(door.desk.refused(other, "firmSenderCheck", input).await, ["NOT_ALLOWED"]);
    }
    // What is checked is what the owner saw.
    for other in ["evil.example", "sub.aurora.example", "", "avisos@aurora.example"] {
        let input = json!({ "domain": other });
        assert_eq!(
            door.desk.refused(&door.desk.owner, "firmSenderCheck", input).await,
            ["domain:CONFLICT"],
            "{other}"
        );
    }
    assert_eq!(door.dns.asked(), 0);
    door.desk.finish().await;
}
