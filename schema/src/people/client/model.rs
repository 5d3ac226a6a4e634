//! The rows of clients.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use guichet_base::collation;
use guichet_base::id::{ClientId, FirmId, StaffId};
use guichet_base::locale::Locale;
use guichet_base::text_enum;
use guichet_engine::feed::Audience;
use guichet_engine::keyset::{self, BY_NAME, Position};
use guichet_engine::tables::clients;

text_enum! {
    /// A topic of mails, for choosing recipients.
    pub enum Topic {
        /// Mails about tickets.
        Tickets = "TICKETS",
        /// Mails about documents.
        Documents = "DOCUMENTS",
    }
}

/// A company that the firm serves. Its own portal users see its record, but nothing internal to the firm.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its firm.
    pub firm_id: FirmId,
    /// Its name.
    pub name: String,
    /// Its registration number (CNPJ, SIREN, NIF): as its country writes it, where the country's numbers are known.
    pub registration: Option<String>,
    /// Its address of record.
    pub email: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// The language of mails to it.
    pub locale: Locale,
    /// The staff member who is its accountant (B-15).
    pub accountant_id: Option<StaffId>,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: String,
    /// The IANA name of the time zone of its people; the firm's when absent. Due dates are dates in the firm's zone (C-09): this
    /// is for the hour at which people are told (C-12).
    pub zone: Option<String>,
    /// The day on which its fiscal years end, as `MM-DD`; `02-29` is the last day of February.
    pub fiscal_year_end: String,
    /// The last day on which the firm serves it; nothing is generated for periods that begin later.
    pub ended_on: Option<NaiveDate>,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Client {
    /// Its position in a list ordered by name.
    pub fn position(&self) -> Position {
        keyset::position(BY_NAME, false, &collation::key(&self.name), self.id)
    }

    /// Who can see it. A member with reach `OWN` who sees it only through a ticket gets events about that ticket,
    /// not about the client.
    pub fn audience(&self) -> Audience {
        guichet_engine::audience!(clients, self, None)
    }
}
