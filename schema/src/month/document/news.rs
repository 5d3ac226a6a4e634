//! The mails about what staff are told of documents (D-11).

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use guichet_base::error::{Fault, Result};
use guichet_base::id::{DocumentId, FirmId, Id};
use guichet_engine::tables::{accounts, clients, documents, notifications, portal_accesses, staff_members};
use serde::{Deserialize, Serialize};

use super::hand_in::HandedIn;
use super::letters::DocumentNews;
use super::mails::lines;
use super::model::Document;
use crate::shared::email_delivery::kind::{Addressees, MailKind, Mailing};
use crate::shared::email_delivery::letter::Letter;
use crate::shared::email_delivery::model::{DeliveryAbout, EmailDelivery};
use crate::shared::notification;
use crate::shared::notification::model::NotificationKind;

/// The mails about what staff are told of documents.
#[derive(Debug)]
pub struct DocumentNewsMail;

/// What such a mail remembers of the act.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct NewsFacts {
    /// What was handed in.
    pub versions: Vec<HandedIn>,
    /// What the person said along.
    pub text: Option<String>,
}

impl MailKind for DocumentNewsMail {
    const ABOUT: DeliveryAbout = DeliveryAbout::Notification;
    const NOUN: &'static str = DocumentId::NOUN;

    async fn addressees(
        &self,
        conn: &AsyncPgConnection,
        _: FirmId,
        deliveries: &[&EmailDelivery],
    ) -> Result<Addressees> {
        notification::queries::addressees(conn, deliveries).await
    }

    async fn letter(&self, conn: &AsyncPgConnection, mailing: &Mailing) -> Result<Letter> {
        Ok(news(conn, &mailing.delivery).await?.letter(mailing))
    }
}

/// What a delivery tells a staff member.
async fn news(mut conn: &AsyncPgConnection, delivery: &EmailDelivery) -> Result<DocumentNews> {
    let broken = |_| Fault::Broken(format!("{} tells of nothing", delivery.id));
    let NewsFacts { versions, text } = serde_json::from_value(delivery.facts.clone()).map_err(broken)?;
    type Row = (NotificationKind, Document, String, (Option<String>, Option<String>));
    let (kind, document, client, (staff, user)): Row = notifications::table
        .inner_join(documents::table.on(documents::id.eq(notifications::subject_id)))
        .inner_join(clients::table.on(clients::id.eq(documents::client_id)))
        .left_join(staff_members::table.on(staff_members::id.nullable().eq(notifications::author_staff)))
        .left_join(portal_accesses::table.on(portal_accesses::id.nullable().eq(notifications::author_access)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(portal_accesses::account_id.nullable())))
        .filter(notifications::act_id.eq(delivery.cause_id))
        .filter(notifications::staff_id.nullable().eq(delivery.staff_id))
        .select((
            notifications::kind,
            Document::as_select(),
            clients::name,
            (staff_members::name.nullable(), accounts::name.nullable()),
        ))
        .get_result(&mut conn)
        .await?;
    let lines = lines(conn, &versions).await?;
    let acted_by = staff.or(user).unwrap_or_default();
    let Document { name, period, due_on, .. } = document;
    Ok(DocumentNews { kind, client, name, period, due_on, lines, text, acted_by })
}
