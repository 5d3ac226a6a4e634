//! The rows of clients.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::id::{ClientId, FirmId, Id, StaffId};
use guichet_base::locale::Locale;
use guichet_base::page::Cursor;
use guichet_base::text_enum;
use guichet_engine::by_name::BY_NAME;
use guichet_engine::feed::Audience;
use guichet_engine::tables::clients;

text_enum! {
    /// What mails can be about, for choosing their recipients (F-02).
    pub enum Topic {
        /// Tickets.
        Tickets = "TICKETS",
    }
}

/// A company served by the firm.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its firm.
    pub firm_id: FirmId,
    /// Its name.
    pub name: String,
    /// Its number in the public register (CNPJ, SIREN, NIF), as the firm writes it.
    pub registration: Option<String>,
    /// Its address of record.
    pub email: Option<String>,
    /// Its telephone.
    pub phone: Option<String>,
    /// The language in which it is written to.
    pub locale: Locale,
    /// The staff member in whose portfolio it is (B-15).
    pub accountant_id: Option<StaffId>,
    /// Counts its changes, for optimistic locking.
    pub version: i32,
    /// When it was entered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl Client {
    /// Its place in a list ordered by name.
    pub fn cursor(&self) -> String {
        Cursor::encode(BY_NAME, &self.name, self.id.uuid())
    }

    /// Who may know of it. A member of own reach who sees it only because of a ticket is told of
    /// that ticket, not of it.
    pub fn audience(&self) -> Audience {
        Audience {
            client_id: Some(self.id),
            internal: false,
            staff: self.accountant_id.into_iter().collect(),
            department_id: None,
            person: None,
            overseen: false,
        }
    }
}
