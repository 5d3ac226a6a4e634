//! What mutations on tickets are given, and how it becomes commands.

use async_graphql::{ID, InputObject, MaybeUndefined, OneofObject};
use guichet_base::error::{Error, Result};
use guichet_schema::desk::ticket::commands::{CreateTicket, EditTicket};
use guichet_schema::desk::ticket::conversation::PostMessage;
use guichet_schema::desk::ticket::status::{ChangeStatus, Reopen};
use guichet_schema::desk::ticket::transfer::{TransferTicket, TransferTo};

use super::conversation::MessageVisibility;
use super::types::TicketStatus;
use crate::graphql::money::MoneyInput;
use crate::graphql::payload::{id, id_patch, ids, optional_id};

/// A ticket to be opened (D-03). What is marked so only staff may say.
#[derive(Debug, InputObject)]
pub struct TicketCreateInput {
    /// Names the act: sent twice, it happens once.
    pub(super) idempotency_key: String,
    /// The client that it is about; required of staff. A portal user's own when left out.
    client_id: Option<ID>,
    /// What it is about; up to 200 characters.
    subject: String,
    /// The same at length; up to 20,000 characters.
    #[graphql(default)]
    description: String,
    /// The service out of the price list.
    service_item_id: Option<ID>,
    /// The accountant; the client's when left out. Staff only.
    accountant_id: Option<ID>,
    /// Who does the work. When left out: the lead of the department, else the opener where that is staff,
    /// else the client's accountant, else an owner. Staff only.
    assignee_id: Option<ID>,
    /// The department; the service's when left out. Staff only.
    department_id: Option<ID>,
    /// The price; the service's when left out. Staff only.
    price: Option<MoneyInput>,
    /// Overdue charges that the ticket is to collect (D-10). Staff only.
    #[graphql(default)]
    collect_charge_ids: Vec<ID>,
    /// Files on it, at most 20, for both sides to see: uploaded by the viewer, and on nothing yet.
    #[graphql(default)]
    file_ids: Vec<ID>,
}

impl TryFrom<TicketCreateInput> for CreateTicket {
    type Error = Error;

    fn try_from(input: TicketCreateInput) -> Result<Self> {
        Ok(Self {
            client_id: optional_id("clientId", input.client_id.as_ref())?,
            subject: input.subject,
            description: input.description,
            service_item_id: optional_id("serviceItemId", input.service_item_id.as_ref())?,
            accountant_id: optional_id("accountantId", input.accountant_id.as_ref())?,
            assignee_id: optional_id("assigneeId", input.assignee_id.as_ref())?,
            department_id: optional_id("departmentId", input.department_id.as_ref())?,
            price: input.price.map(Into::into),
            collect_charge_ids: ids("collectChargeIds", &input.collect_charge_ids)?,
            file_ids: ids("fileIds", &input.file_ids)?,
        })
    }
}

/// Changes of an open ticket (D-03). What is left out stays as it is.
#[derive(Debug, InputObject)]
pub struct TicketEditInput {
    /// The ticket.
    pub(super) id: ID,
    /// The version that was edited; when the ticket has another by now, nothing is changed: `CONFLICT`.
    expected_version: i32,
    /// What it is about; up to 200 characters.
    subject: Option<String>,
    /// The same at length; up to 20,000 characters.
    description: Option<String>,
    /// The price.
    price: Option<MoneyInput>,
    /// The service; null removes it. A new one brings its price along unless one is given.
    service_item_id: MaybeUndefined<ID>,
    /// The accountant; null removes it.
    accountant_id: MaybeUndefined<ID>,
}

impl TryFrom<TicketEditInput> for EditTicket {
    type Error = Error;

    fn try_from(input: TicketEditInput) -> Result<Self> {
        Ok(Self {
            id: id("id", &input.id)?,
            expected_version: input.expected_version,
            subject: input.subject,
            description: input.description,
            price: input.price.map(Into::into),
            service_item_id: id_patch("serviceItemId", input.service_item_id)?,
            accountant_id: id_patch("accountantId", input.accountant_id)?,
        })
    }
}

/// A wish for another status (D-02).
#[derive(Debug, InputObject)]
pub struct TicketStatusChangeInput {
    /// Names the act: sent twice, it happens once.
    pub(super) idempotency_key: String,
    /// The ticket.
    pub(super) id: ID,
    /// The status that it should have. The present one changes nothing; any open one reopens a closed
    /// ticket.
    status: TicketStatus,
    /// Why; the client is told. Required to reject and to cancel (D-05). Up to 20,000 characters.
    reason: Option<String>,
    /// When the ticket has another version by now, nothing is changed: `CONFLICT`.
    expected_version: Option<i32>,
}

impl TryFrom<TicketStatusChangeInput> for ChangeStatus {
    type Error = Error;

    fn try_from(input: TicketStatusChangeInput) -> Result<Self> {
        Ok(Self {
            id: id("id", &input.id)?,
            status: input.status.into(),
            reason: input.reason,
            expected_version: input.expected_version,
        })
    }
}

/// A wish to reopen a closed ticket (D-02).
#[derive(Debug, InputObject)]
pub struct TicketReopenInput {
    /// Names the act: sent twice, it happens once.
    pub(super) idempotency_key: String,
    /// The ticket.
    pub(super) id: ID,
    /// Why; up to 20,000 characters.
    reason: Option<String>,
    /// When the ticket has another version by now, nothing is changed: `CONFLICT`.
    expected_version: Option<i32>,
}

impl TryFrom<TicketReopenInput> for Reopen {
    type Error = Error;

    fn try_from(input: TicketReopenInput) -> Result<Self> {
        Ok(Self { id: id("id", &input.id)?, reason: input.reason, expected_version: input.expected_version })
    }
}

/// To whom a ticket goes: exactly one of these.
#[derive(Debug, OneofObject)]
pub enum TicketTransferTarget {
    /// To a person; the department stays.
    StaffId(ID),
    /// To a department, and so to its lead.
    DepartmentId(ID),
}

/// A hand-over (D-09).
#[derive(Debug, InputObject)]
pub struct TicketTransferInput {
    /// Names the act: sent twice, it happens once.
    pub(super) idempotency_key: String,
    /// The ticket.
    pub(super) id: ID,
    /// To whom.
    to: TicketTransferTarget,
    /// What to tell the next one; up to 20,000 characters.
    #[graphql(default)]
    note: String,
    /// When the ticket has another version by now, nothing is changed: `CONFLICT`.
    expected_version: Option<i32>,
}

impl TryFrom<TicketTransferInput> for TransferTicket {
    type Error = Error;

    fn try_from(input: TicketTransferInput) -> Result<Self> {
        Ok(Self {
            id: id("id", &input.id)?,
            to: match &input.to {
                TicketTransferTarget::StaffId(given) => TransferTo::Staff(id("to", given)?),
                TicketTransferTarget::DepartmentId(given) => TransferTo::Department(id("to", given)?),
            },
            note: input.note,
            expected_version: input.expected_version,
        })
    }
}

/// A message to be posted (D-07).
#[derive(Debug, InputObject)]
pub struct TicketMessagePostInput {
    /// Names the act: sent twice, it happens once.
    pub(super) idempotency_key: String,
    /// The ticket.
    pub(super) id: ID,
    /// Who may read it. Internal notes are for staff only.
    visibility: MessageVisibility,
    /// The text; up to 20,000 characters.
    body: String,
    /// Files that go with it, at most 20: uploaded by the viewer, and on nothing yet.
    #[graphql(default)]
    file_ids: Vec<ID>,
}

impl TryFrom<TicketMessagePostInput> for PostMessage {
    type Error = Error;

    fn try_from(input: TicketMessagePostInput) -> Result<Self> {
        Ok(Self {
            ticket_id: id("id", &input.id)?,
            visibility: input.visibility.into(),
            body: input.body,
            file_ids: ids("fileIds", &input.file_ids)?,
        })
    }
}

/// How far the viewer has read (D-12).
#[derive(Debug, InputObject)]
pub struct TicketMarkReadInput {
    /// The ticket.
    pub(super) id: ID,
    /// The last message that was read; all when left out. A mark never moves back.
    pub(super) up_to_message_id: Option<ID>,
}
