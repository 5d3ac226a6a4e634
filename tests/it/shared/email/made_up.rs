//! F-02: a new kind of mail needs only its recipients and its sentences; no other part of the product knows it.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::Result;
use guichet_base::id::{ActId, ClientId, FirmId, Id};
use guichet_base::locale::Locale;
use guichet_engine::subject::Subject;
use guichet_engine::tables::clients;
use guichet_schema::shared::email_delivery::announce::{self, Occasion, Threads};
use guichet_schema::shared::email_delivery::kind::{Addressees, MailKind, Mailing};
use guichet_schema::shared::email_delivery::letter::{Letter, Link};
use guichet_schema::shared::email_delivery::model::{DeliveryAbout, EmailDelivery};
use guichet_schema::shared::email_delivery::rules::{Candidate, plan};
use guichet_tests::app::{Setup, TestApp};
use guichet_tests::world::Firm;
use serde_json::json;

/// A mail that welcomes a client, about the client itself.
#[derive(Debug)]
struct Welcome;

impl MailKind for Welcome {
    const ABOUT: DeliveryAbout = DeliveryAbout::StatusChange;
    const NOUN: &'static str = ClientId::NOUN;

    async fn addressees(
        &self,
        mut conn: &AsyncPgConnection,
        _: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        let ids: Vec<_> = deliveries.iter().map(|delivery| delivery.subject.id).collect();
        let found: Vec<(ClientId, Option<String>, Locale)> = clients::table
            .filter(clients::id.eq_any(ids))
            .select((clients::id, clients::email, clients::locale))
            .load(&mut conn)
            .await?;
        let candidates = |delivery: &EmailDelivery| {
            let own = found.iter().filter(|(id, ..)| Some(*id) == delivery.subject.id());
            let own = own.map(|(_, address, locale)| of_record(address.clone(), *locale));
            (delivery.id, Ok(own.collect()))
        };
        Ok(deliveries.iter().map(|delivery| candidates(delivery)).collect())
    }

    async fn letter(&self, _: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        let since = mailing.delivery.facts["since"].as_str().unwrap_or_default().to_owned();
        Ok(Letter {
            title: format!("Bem-vinda, {}", mailing.delivery.thread_subject.as_deref().unwrap_or_default()),
            lead: format!("{} atende a sua empresa.", mailing.firm_name),
            rows: vec![("Desde".to_owned(), since)],
            link: Some(Link { label: "Entrar".to_owned(), url: "https://portal.example/".to_owned() }),
            foot: vec![mailing.at()],
            ..Letter::default()
        })
    }
}

const fn of_record(address: Option<String>, locale: Locale) -> Candidate {
    Candidate { address, account_id: None, locale }
}

/// F-02: it is queued, sent and listed like all mails, in a separate conversation, and needs no ticket.
#[tokio::test]
async fn f_02_another_kind_of_mail() {
    let setup = Setup { mails: Some(&[&Welcome]), ..Setup::default() };
    let app = TestApp::start_with(setup).await;
    let firm = Firm::new(&app.store, "aurora.example").await;
    let client = firm.client("Padaria Estrela", Some("nf@padaria.example")).await;

    let mut tx = app.store.begin(&firm.owner.actor()).await.unwrap();
    let subject = Subject::of(client);
    let occasion = Occasion {
        act: ActId::new(),
        subject,
        topic: "Padaria Estrela",
        client_id: Some(client),
        firm_id: firm.id,
        mail_from: "avisos@aurora.example",
        audience: guichet_engine::reach::audiences(tx.conn(), &[subject]).await.unwrap()[&subject].clone(),
    };
    let to = vec![of_record(Some("nf@padaria.example".to_owned()), Locale::PtBr)];
    let planned = plan(to, None, "", &Default::default()).into_iter().map(|plan| (plan, None)).collect();
    let (facts, threads): (_, Threads) = (json!({ "since": "2026" }), HashMap::new());
    announce::queue(&mut tx, &occasion, DeliveryAbout::StatusChange, facts, &threads, planned).await.unwrap();
    tx.commit(()).await.unwrap();
    app.jobs_done().await;

    let mails = app.sink.mails();
    let [mail] = mails.as_slice() else { panic!("one mail, not {}", mails.len()) };
    assert_eq!(mail.to, ["nf@padaria.example"]);
    let raw = String::from_utf8_lossy(&mail.raw).replace("=\r\n", "");
    for part in [
        "Subject: Bem-vinda, Padaria Estrela",
        "atende a sua empresa.",
        "Desde: 2026",
        "https://portal.example/",
    ] {
        assert!(raw.contains(part), "{part} in {raw}");
    }
    assert!(raw.contains(&format!("In-Reply-To: <{client}.")), "{raw}");

    let query = "{ emailDeliveries(first: 10) { nodes {
        status recipient ticket { id } subject { id } client { id }
    } } }";
    let seen = app.ask(&firm.owner, query, json!({})).await["emailDeliveries"]["nodes"].take();
    let (id, to) = (client.encode(), "nf@padaria.example");
    let expected = json!([{
        "status": "SENT", "recipient": to, "ticket": null, "subject": { "id": id }, "client": { "id": id }
    }]);
    assert_eq!(seen, expected);
    app.finish().await;
}
