//! The mails about a firm itself, to its owners.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};

use guichet_base::email::Email;
use guichet_base::error::{Fault, Result};
use guichet_base::i18n::{self, Args};
use guichet_base::id::{AccountId, ActId, FirmId, Id, StaffId};
use guichet_base::locale::Locale;
use guichet_engine::actor::StaffRole;
use guichet_engine::reach::Audience;
use guichet_engine::store::Tx;
use guichet_engine::subject::Subject;
use guichet_engine::tables::{accounts, staff_members};

use crate::shared::email_delivery::announce::{self, Occasion};
use crate::shared::email_delivery::kind::{Addressees, MailKind, Mailing};
use crate::shared::email_delivery::letter::Letter;
use crate::shared::email_delivery::model::{DeliveryAbout, EmailDelivery};
use crate::shared::email_delivery::rules::Candidate;
use crate::shared::sender::rules::record;

use super::queries::works_here;

/// The mail that tells the owners of a lost proof.
#[derive(Debug)]
pub struct SenderMail;

/// What was lost, as it was then.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Loss {
    /// The address from which mails no longer come.
    pub sender: String,
    /// The domain that is no longer proved.
    pub domain: String,
}

impl MailKind for SenderMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::SenderLost;
    const NOUN: &'static str = FirmId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        firm: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        let owners = owners(conn, firm).await?;
        let candidate = |delivery: &EmailDelivery| {
            let own = owners.iter().filter(|(staff, _)| delivery.staff_id == Some(*staff));
            (delivery.id, Ok(own.map(|(_, candidate)| candidate.clone()).collect()))
        };
        Ok(deliveries.iter().map(|delivery| candidate(delivery)).collect())
    }

    async fn letter(&self, _: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        let delivery = &mailing.delivery;
        let broken = |_| Fault::Broken(format!("{} tells of no loss", delivery.id));
        let loss: Loss = serde_json::from_value(delivery.facts.clone()).map_err(broken)?;
        Ok(loss.letter(mailing))
    }
}

impl Loss {
    /// The letter.
    pub fn letter(&self, mailing: &Mailing) -> Letter {
        let record = record(mailing.delivery.firm_id, &self.domain);
        // As it is now: this mail comes from there itself.
        let from = mailing.addresses.from.as_ref().map_or("", Email::address);
        let say =
            mailing.sentences([("sender", self.sender.as_str()), ("from", from), ("domain", &self.domain)]);
        Letter {
            title: say.say("sender-mail-subject"),
            preview: say.say("sender-mail-heading"),
            lead: say.say("sender-mail-lead"),
            heading: say.say("sender-mail-heading"),
            rows: say.rows([
                ("sender-mail-name", Some(record.name)),
                ("sender-mail-type", Some("TXT".to_owned())),
                ("sender-mail-value", Some(record.value)),
                ("sender-mail-at", Some(mailing.at())),
            ]),
            foot: ["sender-mail-after", "sender-mail-footer"].map(|key| say.say(key)).into(),
            ..Letter::default()
        }
    }
}

/// Queues the mails about a lost proof, one to each owner.
pub(super) async fn sender_lost(
    tx: &mut Tx,
    firm: FirmId,
    (mail_from, locale): (&str, Locale),
    loss: &Loss,
) -> Result<()> {
    let owners = owners(tx.pipeline(), firm).await?;
    let mut args = Args::new();
    args.set("sender", loss.sender.clone());
    let occasion = Occasion {
        act: ActId::new(),
        subject: Subject::of(firm),
        topic: &i18n::text(locale, "sender-mail-subject", &args),
        client_id: None,
        firm_id: firm,
        mail_from,
        audience: Audience::staff(),
    };
    announce::tell(tx, &occasion, DeliveryAbout::SenderLost, serde_json::json!(loss), owners).await
}

/// The owners who work for the firm now, as recipients.
async fn owners(mut conn: &AsyncPgConnection, firm: FirmId) -> Result<Vec<(StaffId, Candidate)>> {
    let owners: Vec<(StaffId, AccountId, String, Locale)> = staff_members::table
        .inner_join(accounts::table.on(accounts::id.eq(staff_members::account_id)))
        .filter(works_here(firm))
        .filter(staff_members::role.eq(StaffRole::Owner))
        .order(staff_members::id)
        .select((staff_members::id, accounts::id, accounts::email, accounts::locale))
        .load(&mut conn)
        .await?;
    let candidate = |(staff, account, address, locale)| {
        (staff, Candidate { address: Some(address), account_id: Some(account), locale })
    };
    Ok(owners.into_iter().map(candidate).collect())
}
