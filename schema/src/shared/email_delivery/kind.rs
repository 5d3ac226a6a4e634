//! What the mechanism asks of a kind of mail. Kinds live with their nouns, and all of them are listed in
//! [`nouns`](crate::nouns::MAILS).

use std::collections::HashMap;
use std::fmt;
use std::future::Future;

use chrono_tz::Tz;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use guichet_base::email::Email;
use guichet_base::error::{Fault, Result};
use guichet_base::i18n;
use guichet_base::id::{DeliveryId, FirmId};

use crate::shared::sender::rules::Addresses;

use super::letter::{Letter, Sentences};
use super::model::{DeliveryAbout, DeliveryReason, EmailDelivery};
use super::rules::Candidate;

/// A kind of mail.
pub trait MailKind: fmt::Debug + Sync {
    /// What it is about.
    const ABOUT: DeliveryAbout;
    /// The noun of the things of which it tells.
    const NOUN: &'static str;

    /// To whom each of a firm's deliveries would go now, the nearest first, or why to nobody (B-14). Asked before one
    /// is sent and when it is to be sent again; a delivery that is left out goes to nobody who may still know.
    fn addressees(
        &self,
        conn: &AsyncPgConnection,
        firm: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> impl Future<Output = Result<Addressees>> + Send;

    /// What a delivery says.
    fn letter(
        &self,
        conn: &AsyncPgConnection,
        mailing: &Mailing,
    ) -> impl Future<Output = Result<Letter>> + Send;
}

/// A [`MailKind`] in a list.
pub trait Mail: fmt::Debug + Sync {
    /// [`MailKind::ABOUT`].
    fn about(&self) -> DeliveryAbout;

    /// [`MailKind::NOUN`].
    fn noun(&self) -> &'static str;

    /// [`MailKind::addressees`].
    fn addressees<'a>(
        &'a self,
        conn: &'a AsyncPgConnection,
        firm: FirmId,
        deliveries: &'a [&'a EmailDelivery],
    ) -> BoxFuture<'a, Result<Addressees>>;

    /// [`MailKind::letter`].
    fn letter<'a>(
        &'a self,
        conn: &'a AsyncPgConnection,
        mailing: &'a Mailing,
    ) -> BoxFuture<'a, Result<Letter>>;
}

impl<K: MailKind> Mail for K {
    fn about(&self) -> DeliveryAbout {
        K::ABOUT
    }

    fn noun(&self) -> &'static str {
        K::NOUN
    }

    fn addressees<'a>(
        &'a self,
        conn: &'a AsyncPgConnection,
        firm: FirmId,
        deliveries: &'a [&'a EmailDelivery],
    ) -> BoxFuture<'a, Result<Addressees>> {
        MailKind::addressees(self, conn, firm, deliveries).boxed()
    }

    fn letter<'a>(
        &'a self,
        conn: &'a AsyncPgConnection,
        mailing: &'a Mailing,
    ) -> BoxFuture<'a, Result<Letter>> {
        MailKind::letter(self, conn, mailing).boxed()
    }
}

/// To whom deliveries would go now, the nearest first, or why to nobody.
pub type Addressees = HashMap<DeliveryId, Result<Vec<Candidate>, DeliveryReason>>;

/// Kinds of mails: every one that there are deliveries of.
pub type Mails = &'static [&'static dyn Mail];

/// Whether a delivery is of this kind.
pub(super) fn is_of(mail: &dyn Mail, delivery: &EmailDelivery) -> bool {
    mail.about() == delivery.about && mail.noun() == delivery.subject.noun
}

/// The kind of a delivery.
///
/// # Errors
/// `Broken` when it is not listed.
pub(super) fn of(mails: Mails, delivery: &EmailDelivery) -> Result<&'static dyn Mail> {
    let found = mails.iter().copied().find(|mail| is_of(*mail, delivery));
    let (about, subject) = (delivery.about, delivery.subject);
    found.ok_or_else(|| Fault::Broken(format!("no kind of mail tells of {about} of {subject}")).into())
}

/// A delivery that is to be written, with who writes and who reads it.
#[derive(Debug, Clone)]
pub struct Mailing {
    /// The delivery.
    pub delivery: EmailDelivery,
    /// The firm's name.
    pub firm_name: String,
    /// The address from which the firm wishes to write.
    pub mail_from: String,
    /// The address at which the firm reads replies, if any.
    pub reply_to: Option<String>,
    /// The addresses that the mail carries.
    pub addresses: Addresses,
    /// The firm's time zone.
    pub zone: Tz,
    /// The recipient's name, if the address is a person's.
    pub recipient_name: Option<String>,
}

impl Mailing {
    /// Sentences in the recipient's language; beside these values they know `firm` and `recipient`.
    pub fn sentences<const N: usize>(&self, values: [(&'static str, &str); N]) -> Sentences {
        let recipient = self.recipient_name.as_deref().unwrap_or_default();
        let own = [("firm", self.firm_name.as_str()), ("recipient", recipient)];
        Sentences::new(self.delivery.locale, values).with(own)
    }

    /// When it happened, as the firm's clocks show it.
    pub fn at(&self) -> String {
        let local = self.delivery.created_at.with_timezone(&self.zone).naive_local();
        i18n::date_time(self.delivery.locale, local)
    }

    /// Whether somebody reads the answers: the firm has an address for them.
    pub fn takes_replies(&self) -> bool {
        self.reply_to.as_deref().and_then(Email::parse).is_some()
    }
}
