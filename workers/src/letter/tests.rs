mod made_up;
mod month;
mod sender;
mod staff;
mod status;

use chrono::DateTime;
use guichet_base::email::Email;
use guichet_base::id::{ActId, DeliveryId, FirmId, TicketId};
use guichet_engine::subject::Subject;
use guichet_schema::shared::email_delivery::model::{DeliveryAbout, DeliveryStatus, EmailDelivery};
use guichet_schema::shared::sender::rules::Addresses;

use super::*;

/// What the ticket in the samples is called, and whose it is: firm, client, subject.
const fn sample_names(locale: Locale) -> [&'static str; 3] {
    match locale {
        Locale::PtBr => ["Contábil Horizonte", "Padaria São João Ltda.", "Nota fiscal de serviço"],
        Locale::Fr => {
            ["Cabinet Lefèvre & Associés", "Boulangerie Dupont SARL", "Déclaration de TVA d'octobre"]
        }
        Locale::Es => ["Asesoría Núñez", "Panadería Peña, S.L.", "Alta de una trabajadora"],
        Locale::En => ["Harbour & Lane Accounting", "Smith's Bakery Ltd", "Payroll for October"],
    }
}

/// A mail in this language to somebody of this name, about something that is called so.
fn sample_mailing(locale: Locale, firm: &str, topic: &str, recipient: Option<&str>) -> Mailing {
    let at = DateTime::parse_from_rfc3339("2026-11-23T14:05:00Z").unwrap().to_utc();
    let delivery = EmailDelivery {
        id: DeliveryId::new(),
        firm_id: FirmId::new(),
        cause_id: ActId::new(),
        subject: Subject::of(TicketId::new()),
        client_id: None,
        account_id: None,
        recipient: None,
        locale,
        status: DeliveryStatus::Queued,
        reason: None,
        message_id: String::new(),
        attempts: 0,
        smtp_reply: None,
        version: 1,
        created_at: at,
        updated_at: at,
        sent_at: None,
        round: 1,
        thread_subject: Some(topic.to_owned()),
        about: DeliveryAbout::StatusChange,
        staff_id: None,
        facts: serde_json::json!({}),
    };
    Mailing {
        delivery,
        firm_name: firm.to_owned(),
        mail_from: "avisos@horizonte.example".to_owned(),
        reply_to: Some("contato@horizonte.example".to_owned()),
        addresses: Addresses { from: Email::parse("avisos@horizonte.example"), reply_to: None },
        zone: chrono_tz::UTC,
        recipient_name: recipient.map(str::to_owned),
    }
}
