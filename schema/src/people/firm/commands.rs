//! Commands on firms: its owners change its settings.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::people::rights::{self, FirmAct};
use guichet_base::email::Email;
use guichet_base::error::{Code, Result};
use guichet_base::id::FirmId;
use guichet_base::input::{Check, MAX_NAME, Patch};
use guichet_base::locale::Locale;
use guichet_engine::actor::{Actor, MemberReach};
use guichet_engine::feed::Audience;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::firms;

use super::model::Firm;
use super::rules::{self, MAX_DAYS};
use super::senders;

/// Input for changing a firm's settings. Country and currency cannot be changed, because prices and registration
/// numbers depend on them.
#[derive(Debug, Clone)]
pub struct UpdateFirm {
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// Its language. Clients and accounts keep theirs.
    pub locale: Option<Locale>,
    /// The IANA name of its time zone. Existing due dates do not change.
    pub zone: Option<String>,
    /// The sender address of its mails (F-06).
    pub mail_from: Option<String>,
    /// The address for replies to its mails; without it, clients are asked to reply in the portal.
    pub mail_reply_to: Patch<String>,
    /// What its members can see (B-15).
    pub member_reach: Option<MemberReach>,
    /// Days within which a client may reopen a closed ticket (D-02); 0 when it may not.
    pub client_reopen_days: Option<i32>,
    /// Days from finishing a ticket to the due date of its charge (D-10).
    pub charge_due_days: Option<i32>,
    /// Whether clients may hand files in after the work is done.
    pub late_files: Option<bool>,
}

/// Changes the settings of the actor's firm; when nothing changes, nothing is recorded. For owners (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, `CONFLICT`; refusals of the fields as for [founding](crate::people::founding::create).
pub async fn update(store: &Store, actor: &Actor, input: UpdateFirm) -> Result<Done<FirmId>> {
    rights::may(&actor.membership, FirmAct::FirmUpdate)?;
    let mut tx = store.begin(actor).await?;
    let old: Firm = firms::table
        .find(actor.firm_id())
        .select(Firm::as_select())
        .for_no_key_update()
        .get_result(tx.conn())
        .await?;
    if old.version != input.expected_version {
        return Err(Code::Conflict.into());
    }
    let mut check = Check::new();
    let mut new = old.clone();
    let address = |email: Email| email.address().to_owned();
    if let Some(name) = input.name {
        new.name = check.line("name", &name, 1..=MAX_NAME);
    }
    new.locale = input.locale.unwrap_or(old.locale);
    if let Some(zone) = input.zone {
        new.zone = rules::zone(&mut check, "zone", &zone).unwrap_or(old.zone);
    }
    if let Some(text) = input.mail_from {
        new.mail_from = check.email("mailFrom", &text).map_or(new.mail_from, address);
    }
    new.mail_reply_to = input
        .mail_reply_to
        .and_then(|text| check.optional_email("mailReplyTo", Some(&text)).map(address))
        .apply(new.mail_reply_to);
    new.member_reach = input.member_reach.unwrap_or(old.member_reach);
    let mut days = |field, given: Option<i32>, old: i32| {
        let days = given.unwrap_or(old);
        check.number(field, days.into(), &(0..=MAX_DAYS));
        days
    };
    new.client_reopen_days = days("clientReopenDays", input.client_reopen_days, old.client_reopen_days);
    new.charge_due_days = days("chargeDueDays", input.charge_due_days, old.charge_due_days);
    new.late_files = input.late_files.unwrap_or(old.late_files);
    check.done()?;
    if new != old {
        diesel::update(firms::table.find(new.id))
            .set((
                firms::name.eq(&new.name),
                firms::locale.eq(new.locale),
                firms::zone.eq(new.zone.name()),
                firms::mail_from.eq(&new.mail_from),
                firms::mail_reply_to.eq(&new.mail_reply_to),
                firms::member_reach.eq(new.member_reach),
                firms::client_reopen_days.eq(new.client_reopen_days),
                firms::charge_due_days.eq(new.charge_due_days),
                firms::late_files.eq(new.late_files),
                firms::version.eq(old.version + 1),
            ))
            .execute(tx.conn())
            .await?;
        let domain = Email::parse(&new.mail_from).map(|from| from.domain().to_owned());
        senders::forget(tx.conn(), new.id, domain.as_deref().unwrap_or_default()).await?;
        let audience = Some(Audience::everybody());
        tx.changed(new.id, "firmUpdate", new.id, audience.clone(), audience);
    }
    tx.commit(new.id).await
}
