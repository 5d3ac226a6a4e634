//! Transferring a ticket (D-09).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::shared::history::Changed;
use guichet_base::error::{Code, Refusal, Result};
use guichet_base::id::{ActId, DepartmentId, Id, StaffId, TicketId, TransferId};
use guichet_base::input::{Check, MAX_TEXT};
use guichet_engine::actor::Actor;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::ticket_transfers;

use super::case::{Case, Saved};
use super::commands::{check_works_here, lead};
use super::history;
use super::model::TicketField;
use super::news::TicketNews;
use super::notify;
use super::rules::TicketAct;

/// The target of a transfer.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum TransferTo {
    /// A staff member; the department does not change.
    Staff(StaffId),
    /// A department; its lead becomes the assignee.
    Department(DepartmentId),
}

/// Input for a transfer.
#[derive(Debug, Clone, Serialize)]
pub struct TransferTicket {
    /// The ticket.
    pub id: TicketId,
    /// The target.
    pub to: TransferTo,
    /// A note for the new assignee.
    pub note: String,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// The result of a transfer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Transferred {
    /// The ticket.
    pub ticket_id: TicketId,
    /// The transfer.
    pub transfer_id: TransferId,
}

/// Transfers a ticket to a staff member, or to a department and its lead (D-09). There is always an assignee.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `NOTHING_TO_TRANSFER`, `DEPARTMENT_WITHOUT_LEAD`, `CONFLICT`.
pub async fn transfer(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: TransferTicket,
) -> Result<Done<Transferred>> {
    let mut check = Check::new();
    let note = check.text("note", &input.note, 0..=MAX_TEXT);
    check.done()?;
    let by = actor.staff()?.id;
    let mut tx = first!(store.begin_once(actor, "ticketTransfer", key, &input).await?);
    let mut case = Case::lock(&mut tx, actor, input.id, TicketAct::Transfer).await?;
    case.expect(input.expected_version)?;
    let (from_staff, from_department) = (case.ticket.assignee_id, case.ticket.department_id);
    let (to_staff, to_department) = match input.to {
        TransferTo::Staff(id) => {
            check_works_here(tx.conn(), case.firm.id, "to.staffId", id).await?;
            (id, from_department)
        }
        TransferTo::Department(id) => (lead(tx.conn(), case.firm.id, "to.departmentId", id).await?, Some(id)),
    };
    if (to_staff, to_department) == (from_staff, from_department) {
        return Err(Refusal::of("to", Code::NothingToTransfer).into());
    }
    (case.ticket.assignee_id, case.ticket.department_id) = (to_staff, to_department);
    case.save(&mut tx, actor.membership.author(), "ticketTransfer", Saved::Fields).await?;
    let changes: Vec<Changed> = [
        Changed::between(TicketField::Assignee, Some(from_staff.encode()), Some(to_staff.encode())),
        Changed::between(
            TicketField::Department,
            from_department.map(Id::encode),
            to_department.map(Id::encode),
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    let reason = (!note.is_empty()).then_some(note.as_str());
    let act = ActId::new();
    history::record(&tx, &case.ticket, act, actor.membership.author(), &changes, reason).await?;
    let transfer_id = TransferId::new();
    diesel::insert_into(ticket_transfers::table)
        .values((
            ticket_transfers::id.eq(transfer_id),
            ticket_transfers::firm_id.eq(case.firm.id),
            ticket_transfers::ticket_id.eq(case.ticket.id),
            ticket_transfers::from_staff.eq(from_staff),
            ticket_transfers::to_staff.eq(to_staff),
            ticket_transfers::from_department.eq(from_department),
            ticket_transfers::to_department.eq(to_department),
            ticket_transfers::note.eq(&note),
            ticket_transfers::by_staff.eq(by),
            ticket_transfers::at.eq(tx.now),
        ))
        .execute(tx.conn())
        .await?;
    let news = TicketNews::Arrived {
        at_assignee: to_staff != from_staff,
        at_department: to_department != from_department,
    };
    notify::tell(&mut tx, actor.into(), case.view(), act, news).await?;
    tx.commit(Transferred { ticket_id: case.ticket.id, transfer_id }).await
}
