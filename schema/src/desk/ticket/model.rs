//! The rows and enums of tickets.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use guichet_base::id::{
    AccessId, ClientId, DepartmentId, FirmId, ServiceItemId, StaffId, TicketId, TransferId,
};
use guichet_base::money::Money;
use guichet_base::text_enum;
use guichet_engine::actor::Author;
use guichet_engine::feed::Audience;
use guichet_engine::tables::{ticket_transfers, tickets};

text_enum! {
    /// The status of a ticket.
    pub enum TicketStatus {
        /// The ticket is new.
        Open = "OPEN",
        /// The ticket was closed and is open again.
        Reopened = "REOPENED",
        /// Somebody is working on the ticket.
        InAnalysis = "IN_ANALYSIS",
        /// The ticket is waiting for somebody else.
        Waiting = "WAITING",
        /// Closed: the ticket was canceled.
        Canceled = "CANCELED",
        /// Closed: the ticket was rejected.
        Rejected = "REJECTED",
        /// Closed: the work is done.
        Finished = "FINISHED",
    }
}

impl TicketStatus {
    /// Whether the ticket is closed.
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Canceled | Self::Rejected | Self::Finished)
    }
}

text_enum! {
    /// A field in the history of a ticket.
    pub enum TicketField {
        /// The ticket was opened. The value is its status.
        Created = "CREATED",
        /// The status.
        Status = "STATUS",
        /// The subject.
        Subject = "SUBJECT",
        /// The description.
        Description = "DESCRIPTION",
        /// The price. The value is in minor units of the currency of the ticket.
        Price = "PRICE",
        /// The item of the price list. The value is the ID of a `ServiceItem`.
        ServiceItem = "SERVICE_ITEM",
        /// The accountant. The value is the ID of a `StaffMember`.
        Accountant = "ACCOUNTANT",
        /// The assignee. The value is the ID of a `StaffMember`.
        Assignee = "ASSIGNEE",
        /// The department. The value is the ID of a `Department`.
        Department = "DEPARTMENT",
        /// A file was attached that both sides can see. The value is the ID of a `File`.
        File = "FILE",
        /// A file was attached that only staff can see. The value is the ID of a `File`.
        InternalFile = "INTERNAL_FILE",
    }
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = tickets)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// Its firm.
    pub firm_id: FirmId,
    /// The number, counted per firm.
    pub number: i64,
    /// The client it is about.
    pub client_id: ClientId,
    opened_by_staff: Option<StaffId>,
    opened_by_access: Option<AccessId>,
    /// The item of the price list.
    pub service_item_id: Option<ServiceItemId>,
    /// The accountant of the client.
    pub accountant_id: Option<StaffId>,
    /// The assignee; there is always one (D-09).
    pub assignee_id: StaffId,
    /// The department.
    pub department_id: Option<DepartmentId>,
    /// The subject.
    pub subject: String,
    /// The description.
    pub description: String,
    /// The price, in minor units of `currency`.
    pub price_minor: i64,
    /// ISO 4217 code.
    pub currency: String,
    /// The status.
    pub status: TicketStatus,
    /// Whether no staff member has acted on it yet (D-06).
    pub is_untouched: bool,
    /// The number of its last message, internal or not; 0 when there is none.
    pub last_message_seq: i32,
    /// The version, for optimistic locking.
    pub version: i32,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When any of it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was closed, if it is closed.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Ticket {
    /// Who opened it.
    pub fn opened_by(&self) -> Author {
        Author::from_columns(self.opened_by_staff, self.opened_by_access)
            .expect("a check of the table demands exactly one opener")
    }

    /// Its price.
    pub fn price(&self) -> Money {
        Money { amount_minor: self.price_minor, currency: self.currency.clone() }
    }

    /// Who can see it; `portfolio` is the client's accountant (B-15).
    pub fn audience(&self, portfolio: Option<StaffId>) -> Audience {
        guichet_engine::audience!(tickets, self, portfolio)
    }
}

/// A transfer to another staff member or department (D-09).
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = ticket_transfers)]
pub struct TicketTransfer {
    /// Its id.
    pub id: TransferId,
    /// Its ticket.
    pub ticket_id: TicketId,
    /// The assignee before.
    pub from_staff: StaffId,
    /// The assignee after.
    pub to_staff: StaffId,
    /// The department before.
    pub from_department: Option<DepartmentId>,
    /// The department after.
    pub to_department: Option<DepartmentId>,
    /// The note.
    pub note: String,
    /// Who transferred it.
    pub by_staff: StaffId,
    /// The time.
    pub at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use guichet_base::i18n::{self, Args};
    use guichet_base::locale::Locale;

    use super::*;

    /// F-02: each status has its own name in every language.
    #[test]
    fn every_status_has_a_name() {
        for locale in Locale::ALL {
            let mut names = BTreeSet::new();
            for status in TicketStatus::ALL {
                let name = i18n::named(*locale, "ticket-status", status, &Args::new());
                assert!(!name.contains('-') && names.insert(name), "{locale} {status}");
            }
        }
    }
}
