//! Founding a firm: the command that the operator runs to create a tenant with its first owner.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use guichet_base::email::Email;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{FirmId, Id, StaffId};
use guichet_base::input::{Check, MAX_NAME};
use guichet_base::locale::Locale;
use guichet_engine::actor::{Author, MemberReach, StaffRole};
use guichet_engine::feed::{Audience, Event};
use guichet_engine::store::{By, Done, Store};
use guichet_engine::tables::{accounts, firm_feed, firms, ticket_numbers};
use uuid::Uuid;

use crate::people::account::password::{self, Password};
use crate::people::firm::rules::{self, MAX_DAYS};
use crate::people::invitation::commands::issue;
use crate::people::invitation::model::Invited;
use crate::people::{account, staff};

/// Input for creating a firm with its first owner.
#[derive(Debug, Clone)]
pub struct CreateFirm {
    /// Its name; up to 200 characters.
    pub name: String,
    /// Its language, and that of its owner.
    pub locale: Locale,
    /// The IANA name of its time zone.
    pub zone: String,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: String,
    /// The ISO 4217 code of its currency.
    pub currency: String,
    /// The sender address of its mails (F-06).
    pub mail_from: String,
    /// The address for replies to its mails.
    pub mail_reply_to: Option<String>,
    /// What its members can see (B-15).
    pub member_reach: MemberReach,
    /// Days within which a client may reopen a closed ticket (D-02); 0 when it may not.
    pub client_reopen_days: i32,
    /// Days from finishing a ticket to the due date of its charge (D-10).
    pub charge_due_days: i32,
    /// The owner's name.
    pub owner_name: String,
    /// The address with which the owner signs in.
    pub owner_email: String,
    /// The owner's password, when the owner creates the firm, or for a demo; otherwise the owner is invited.
    pub owner_password: Option<Password>,
}

/// A new firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedFirm {
    /// The firm.
    pub id: FirmId,
    /// Its owner.
    pub owner: Invited<StaffId>,
    /// Whether the owner's account existed and had a password, which it keeps.
    pub owner_keeps_password: bool,
}

/// Creates a firm with its first owner.
///
/// # Errors
/// Refusals of `name`, `zone`, `country`, `currency`, `mailFrom`, `mailReplyTo`,
/// `clientReopenDays`, `chargeDueDays`, `ownerName`, `ownerEmail`, `ownerPassword`; `TAKEN` about `ownerPassword`
/// when the account already has a password, which it keeps.
pub async fn create(store: &Store, input: CreateFirm) -> Result<Done<CreatedFirm>> {
    let mut check = Check::new();
    let name = check.line("name", &input.name, 1..=MAX_NAME);
    let zone = rules::zone(&mut check, "zone", &input.zone);
    let country = rules::country(&mut check, "country", &input.country);
    let currency = rules::currency(&mut check, "currency", &input.currency);
    let mail_from = check.email("mailFrom", &input.mail_from);
    let mail_reply_to = check.optional_email("mailReplyTo", input.mail_reply_to.as_deref());
    check.number("clientReopenDays", input.client_reopen_days.into(), &(0..=MAX_DAYS));
    check.number("chargeDueDays", input.charge_due_days.into(), &(0..=MAX_DAYS));
    let owner_name = check.line("ownerName", &input.owner_name, 1..=MAX_NAME);
    let owner_email = check.email("ownerEmail", &input.owner_email);
    if let Some(password) = &input.owner_password {
        password.check(&mut check, "ownerPassword");
    }
    check.done()?;
    let owner_email = owner_email.expect("an address that is not refused is there");
    let hash = match input.owner_password {
        Some(password) => Some(password::turn().await.hash(password).await?),
        None => None,
    };
    let mut tx = store.begin(By::system()).await?;
    let (id, now) = (FirmId::new(), tx.now);
    diesel::insert_into(firms::table)
        .values((
            firms::id.eq(id),
            firms::name.eq(name),
            firms::locale.eq(input.locale),
            firms::zone.eq(zone.map(|zone| zone.name()).unwrap_or_default()),
            firms::country.eq(country),
            firms::currency.eq(currency),
            firms::mail_from.eq(mail_from.as_ref().map(Email::address).unwrap_or_default()),
            firms::mail_reply_to.eq(mail_reply_to.as_ref().map(Email::address)),
            firms::member_reach.eq(input.member_reach),
            firms::client_reopen_days.eq(input.client_reopen_days),
            firms::charge_due_days.eq(input.charge_due_days),
            firms::created_at.eq(now),
        ))
        .execute(tx.conn())
        .await?;
    diesel::insert_into(firm_feed::table)
        .values((firm_feed::firm_id.eq(id), firm_feed::epoch.eq(Uuid::new_v4())))
        .execute(tx.conn())
        .await?;
    diesel::insert_into(ticket_numbers::table)
        .values(ticket_numbers::firm_id.eq(id))
        .execute(tx.conn())
        .await?;
    let account = account::commands::ensure(tx.conn(), &owner_email, &owner_name, input.locale, now).await?;
    let joined = match hash {
        Some(_) if account.has_password() => {
            return Err(Refusal::of("ownerPassword", Code::Taken).into());
        }
        // The operator vouches for the address.
        Some(hash) => {
            diesel::update(accounts::table.find(account.id))
                .set((accounts::password_hash.eq(hash), accounts::verified_at.eq(now)))
                .execute(tx.conn())
                .await?;
            true
        }
        None => account.is_proved(),
    };
    let owner =
        staff::commands::insert(&mut tx, id, account.id, &owner_name, StaffRole::Owner, joined).await?;
    let secret = match joined {
        true => None,
        false => Some(issue(tx.conn(), id, account.id, Author::Staff(owner), now).await?),
    };
    let after = Some(Audience::staff());
    tx.event(id, Event { noun: StaffId::NOUN, subject: owner.uuid(), before: None, after });
    tx.audit(Some(id), "firmCreate", FirmId::NOUN, Some(id.uuid()));
    let done = tx.commit(()).await?;
    let owner = Invited { id: owner, secret };
    Ok(Done {
        value: CreatedFirm { id, owner, owner_keeps_password: account.has_password() },
        revision: done.revision,
    })
}
