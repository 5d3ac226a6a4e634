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

/// Input for `ticketCreate`: the ticket to open. Some fields are for staff only.
#[derive(Debug, InputObject)]
pub struct TicketCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the client. Required for staff; for portal users the default is their own client.
    client_id: Option<ID>,
    /// The subject; 1 to 200 characters.
    subject: String,
    /// The description; up to 20,000 characters.
    #[graphql(default)]
    description: String,
    /// The ID of an item of the price list.
    service_item_id: Option<ID>,
    /// The ID of the accountant. The default is the accountant of the client. For staff only.
    accountant_id: Option<ID>,
    /// The ID of the assignee. The default is the lead of the department, else the opener if that is a staff
    /// member, else the accountant of the client, else an owner. For staff only.
    assignee_id: Option<ID>,
    /// The ID of the department. The default is the department of the item. For staff only.
    department_id: Option<ID>,
    /// The price. The default is the price of the item. For staff only.
    price: Option<MoneyInput>,
    /// The IDs of overdue charges that the ticket is to collect. For staff only.
    #[graphql(default)]
    collect_charge_ids: Vec<ID>,
    /// The IDs of files to attach, at most 20, visible to both sides: uploaded by the viewer and not attached
    /// to anything yet.
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

/// Input for `ticketEdit`: the changes to an open ticket. An omitted field keeps its value.
#[derive(Debug, InputObject)]
pub struct TicketEditInput {
    /// The ID of the ticket.
    pub(super) id: ID,
    /// The version that was read. If the ticket has another version now, nothing is changed and the error is
    /// `CONFLICT`.
    expected_version: i32,
    /// The subject; 1 to 200 characters.
    subject: Option<String>,
    /// The description; up to 20,000 characters.
    description: Option<String>,
    /// The price.
    price: Option<MoneyInput>,
    /// The ID of an item of the price list; null removes it. A new item also sets its price, unless a price
    /// is given.
    service_item_id: MaybeUndefined<ID>,
    /// The ID of the accountant; null removes it.
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

/// Input for `ticketStatusChange`: the new status of a ticket.
#[derive(Debug, InputObject)]
pub struct TicketStatusChangeInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the ticket.
    pub(super) id: ID,
    /// The new status. If it is the current status, nothing is changed. An open status on a closed ticket
    /// reopens it: its status becomes `REOPENED`. `REOPENED` on an open ticket is refused with `TICKET_OPEN`.
    status: TicketStatus,
    /// The reason, which is sent to the client; up to 20,000 characters. Required for `REJECTED` and
    /// `CANCELED`.
    reason: Option<String>,
    /// The version that was read, if it must be checked. If the ticket has another version now, nothing is
    /// changed and the error is `CONFLICT`.
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

/// Input for `ticketReopen`: the closed ticket to reopen.
#[derive(Debug, InputObject)]
pub struct TicketReopenInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the ticket.
    pub(super) id: ID,
    /// The reason; up to 20,000 characters.
    reason: Option<String>,
    /// The version that was read, if it must be checked. If the ticket has another version now, nothing is
    /// changed and the error is `CONFLICT`.
    expected_version: Option<i32>,
}

impl TryFrom<TicketReopenInput> for Reopen {
    type Error = Error;

    fn try_from(input: TicketReopenInput) -> Result<Self> {
        Ok(Self { id: id("id", &input.id)?, reason: input.reason, expected_version: input.expected_version })
    }
}

/// The target of a transfer; exactly one of the fields.
#[derive(Debug, OneofObject)]
pub enum TicketTransferTarget {
    /// The ID of a staff member. The ticket stays in its department.
    StaffId(ID),
    /// The ID of a department. Its lead becomes the assignee.
    DepartmentId(ID),
}

/// Input for `ticketTransfer`: the ticket to transfer, and its new assignee or department.
#[derive(Debug, InputObject)]
pub struct TicketTransferInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the ticket.
    pub(super) id: ID,
    /// The new assignee or department.
    to: TicketTransferTarget,
    /// A note for the new assignee; up to 20,000 characters.
    #[graphql(default)]
    note: String,
    /// The version that was read, if it must be checked. If the ticket has another version now, nothing is
    /// changed and the error is `CONFLICT`.
    expected_version: Option<i32>,
}

impl TryFrom<TicketTransferInput> for TransferTicket {
    type Error = Error;

    fn try_from(input: TicketTransferInput) -> Result<Self> {
        Ok(Self {
            id: id("id", &input.id)?,
            to: match &input.to {
                TicketTransferTarget::StaffId(given) => TransferTo::Staff(id("to.staffId", given)?),
                TicketTransferTarget::DepartmentId(given) => {
                    TransferTo::Department(id("to.departmentId", given)?)
                }
            },
            note: input.note,
            expected_version: input.expected_version,
        })
    }
}

/// Input for `ticketMessagePost`: the message or internal note to post.
#[derive(Debug, InputObject)]
pub struct TicketMessagePostInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    pub(super) idempotency_key: String,
    /// The ID of the ticket.
    pub(super) id: ID,
    /// Who can read the message. Only staff can post internal notes.
    visibility: MessageVisibility,
    /// The text; 1 to 20,000 characters.
    body: String,
    /// The IDs of files to attach to the message, at most 20: uploaded by the viewer and not attached to
    /// anything yet.
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

/// Input for `ticketMarkRead`: the ticket, and up to which message it was read.
#[derive(Debug, InputObject)]
pub struct TicketMarkReadInput {
    /// The ID of the ticket.
    pub(super) id: ID,
    /// The ID of the last message that was read. The default is the latest message. The mark never moves
    /// back.
    pub(super) up_to_message_id: Option<ID>,
}
