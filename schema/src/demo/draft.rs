//! A firm's rows in the making.

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::HEXLOWER;
use uuid::Uuid;

use super::chance::Chance;
use super::house::Person;
use super::rows::{AccountRow, AuditRow, InvitationRow, Rows};
use crate::people::invitation;
use guichet_base::email::Email;
use guichet_base::id::{AccountId, FirmId, Id, SessionId};
use guichet_base::locale::Locale;
use guichet_engine::actor::Author;

/// The rows of one firm, and the chance that decides about them.
pub(super) struct Draft {
    pub firm_id: FirmId,
    pub chance: Chance,
    pub rows: Rows,
    /// Whether mails and audit rows belong to the data.
    pub traced: bool,
}

impl Draft {
    /// Nothing yet. The firm's id follows from the seed alone, so that it is known again later.
    pub fn new(seed: u64, traced: bool) -> Self {
        let mut chance = Chance::seeded(seed);
        let firm_id = chance.id(DateTime::UNIX_EPOCH + TimeDelta::days(20_454));
        Self { firm_id, chance, rows: Rows::default(), traced }
    }

    /// An account that signs in with the demo's password, or has none yet.
    pub fn account(
        &mut self,
        name: &str,
        email: &Email,
        locale: Locale,
        password_hash: Option<&str>,
        at: DateTime<Utc>,
    ) -> AccountId {
        let id = self.chance.id(at);
        self.rows.accounts.push(AccountRow {
            id,
            email: email.address().to_owned(),
            email_ci: email.ci().to_owned(),
            name: name.to_owned(),
            locale,
            password_hash: password_hash.map(str::to_owned),
            verified_at: password_hash.map(|_| at),
            created_at: at,
        });
        id
    }

    /// An invitation whose secret nobody was told.
    pub fn invite(&mut self, account_id: AccountId, membership: Author, at: DateTime<Utc>) {
        let hash: [u8; 32] = self.chance.bytes();
        self.rows.invitations.push(InvitationRow {
            id: self.chance.id(at),
            account_id,
            firm_id: self.firm_id,
            staff_id: membership.staff(),
            access_id: membership.access(),
            secret_hash: format!("\\x{}", HEXLOWER.encode(&hash)),
            created_at: at,
            expires_at: at + invitation::model::LIFE,
        });
    }

    /// An audit row (F-03), where the data has them; by nobody means the house.
    pub fn audit<T: Id>(&mut self, by: Option<&Person>, at: DateTime<Utc>, act: &'static str, subject: T) {
        if !self.traced {
            return;
        }
        let id: Uuid = self.chance.id::<SessionId>(at).uuid();
        self.rows.audit.push(AuditRow {
            id,
            firm_id: Some(self.firm_id),
            at,
            account_id: by.map(|person| person.account_id),
            staff_id: by.and_then(|person| person.author.staff()),
            access_id: by.and_then(|person| person.author.access()),
            act,
            noun: T::NOUN,
            subject_id: Some(subject.uuid()),
        });
    }
}
