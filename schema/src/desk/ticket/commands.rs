//! Opening and editing tickets (D-03).

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;

use crate::desk::charge;
use crate::desk::service_item::{self, model::ServiceItem};
use crate::people::client::facts;
use crate::people::firm::queries::works_here;
use crate::people::{client, department};
use crate::shared::attachment::commands::{AttachmentTarget, lock_files};
use crate::shared::history::Changed;
use guichet_base::collation;
use guichet_base::error::{Code, OrNotFound, Refusal, Result};
use guichet_base::id::{
    ActId, ChargeId, ClientId, DepartmentId, FileId, FirmId, Id, ServiceItemId, StaffId, TicketId,
};
use guichet_base::input::{Check, MAX_NAME, MAX_TEXT, Patch};
use guichet_base::money::Money;
use guichet_engine::actor::{Actor, Membership, Scope, StaffRole};
use guichet_engine::sql;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{clients, departments, staff_members, tickets};
use guichet_engine::{first, searchable};

use super::attachment;
use super::case::{Case, CaseView, Saved};
use super::history;
use super::model::{Ticket, TicketField, TicketStatus};
use super::news::TicketNews;
use super::notify;
use super::rules::TicketAct;
use super::search::search_text;
use crate::shared::visibility::Visibility;

/// Input for opening a ticket (D-03).
#[derive(Debug, Clone, Serialize)]
pub struct CreateTicket {
    /// The client; by default a portal user's own.
    pub client_id: Option<ClientId>,
    /// The subject.
    pub subject: String,
    /// The description.
    pub description: String,
    /// The item of the price list.
    pub service_item_id: Option<ServiceItemId>,
    /// The accountant; by default the client's. For staff only.
    pub accountant_id: Option<StaffId>,
    /// The assignee; see [`create`] for the default. For staff only.
    pub assignee_id: Option<StaffId>,
    /// The department; by default that of the item. For staff only.
    pub department_id: Option<DepartmentId>,
    /// The price; by default that of the item. For staff only.
    pub price: Option<Money>,
    /// Overdue charges that the ticket is to collect (D-10). For staff only.
    pub collect_charge_ids: Vec<ChargeId>,
    /// Files to attach, visible to both sides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub file_ids: Vec<FileId>,
}

/// Input for changing an open ticket (D-03).
#[derive(Debug, Clone)]
pub struct EditTicket {
    /// The ticket.
    pub id: TicketId,
    /// The version that was read; any other is a `CONFLICT`.
    pub expected_version: i32,
    /// The subject.
    pub subject: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The price.
    pub price: Option<Money>,
    /// The item of the price list; a new one also sets its price, unless a price is given.
    pub service_item_id: Patch<ServiceItemId>,
    /// The accountant.
    pub accountant_id: Patch<StaffId>,
}

/// Opens a ticket (D-03), as staff or as a portal user. The default assignee is the lead of the department, else
/// the opener if that is a staff member, else the client's accountant, else an owner.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED` for fields that only staff may set, `SERVICE_ITEM_INACTIVE`, `WRONG_CURRENCY`,
/// `OUT_OF_RANGE`, `CHARGE_NOT_OVERDUE`, `DEPARTMENT_WITHOUT_LEAD`, refusals of the texts and of the files.
pub async fn create(store: &Store, actor: &Actor, key: &str, input: CreateTicket) -> Result<Done<TicketId>> {
    let mut check = Check::new();
    let subject = check.line("subject", &input.subject, 1..=MAX_NAME);
    let description = check.text("description", &input.description, 0..=MAX_TEXT);
    let client_id = match &actor.membership {
        Membership::Portal(membership) => {
            let given = [
                ("accountantId", input.accountant_id.is_some()),
                ("assigneeId", input.assignee_id.is_some()),
                ("departmentId", input.department_id.is_some()),
                ("price", input.price.is_some()),
                ("collectChargeIds", !input.collect_charge_ids.is_empty()),
            ];
            for (field, given) in given {
                check.require(!given, Refusal::of(field, Code::NotAllowed));
            }
            input.client_id.unwrap_or(membership.client_id)
        }
        Membership::Staff(_) => {
            check.require(input.client_id.is_some(), Refusal::of("clientId", Code::Required));
            input.client_id.unwrap_or_else(ClientId::new)
        }
    };
    check.done()?;
    let mut tx = first!(store.begin_once(actor, "ticketCreate", key, &input).await?);
    tx.keep_pace(actor)?;
    let files = lock_files(&mut tx, actor, &input.file_ids).await?;
    let conn = tx.conn();
    let scope = actor.scope();
    // Excludes a concurrent rename of the client, whose name is part of the ticket's search text.
    // Only a client in sight is locked: nobody waits for a row of another firm (B-14).
    let seen = clients::table.filter(client::queries::visible(&scope)).filter(clients::id.eq(client_id));
    seen.select(clients::id).for_share().execute(conn).await?;
    let (client, firm) = facts::find(conn, &scope, client_id).await?.or_not_found("clientId")?;
    let service = match input.service_item_id {
        Some(id) => Some(offered_service(conn, &scope, id).await?),
        None => None,
    };
    let price_minor = price(input.price.as_ref(), service.as_ref(), &firm.currency)?;
    if let Some(id) = input.accountant_id {
        check_works_here(conn, firm.id, "accountantId", id).await?;
    }
    if let Some(id) = input.assignee_id {
        check_works_here(conn, firm.id, "assigneeId", id).await?;
    }
    let mut check = Check::new();
    let department: Vec<_> = input.department_id.map(|id| ("departmentId".into(), id)).into_iter().collect();
    department::queries::check_known(conn, &mut check, &scope, &department).await?;
    check.done()?;
    let department_id = input.department_id.or_else(|| service.and_then(|service| service.department_id));
    let assignee_id = match (input.assignee_id, input.department_id, &actor.membership) {
        (Some(id), ..) => id,
        (None, Some(id), _) => lead(conn, firm.id, "departmentId", id).await?,
        (None, None, Membership::Staff(membership)) => {
            default_assignee(conn, firm.id, department_id, Some(membership.id)).await?
        }
        (None, None, Membership::Portal(_)) => {
            default_assignee(conn, firm.id, department_id, client.accountant_id).await?
        }
    };
    let id = TicketId::new();
    let number = next_number(conn, firm.id).await?;
    let author = actor.membership.author();
    let now = tx.now;
    let ticket: Ticket = diesel::insert_into(tickets::table)
        .values((
            (
                tickets::id.eq(id),
                tickets::firm_id.eq(firm.id),
                tickets::number.eq(number),
                tickets::client_id.eq(client.id),
                tickets::opened_by_staff.eq(author.staff()),
                tickets::opened_by_access.eq(author.access()),
                tickets::service_item_id.eq(input.service_item_id),
                tickets::accountant_id.eq(input.accountant_id.or(client.accountant_id)),
                tickets::assignee_id.eq(assignee_id),
                tickets::department_id.eq(department_id),
            ),
            (tickets::subject.eq(&subject), tickets::subject_key.eq(collation::key(&subject))),
            tickets::description.eq(&description),
            tickets::price_minor.eq(price_minor),
            tickets::currency.eq(&firm.currency),
            tickets::status.eq(TicketStatus::Open),
            tickets::search_text.eq(""),
            tickets::created_at.eq(now),
            tickets::updated_at.eq(now),
        ))
        .returning(Ticket::as_returning())
        .get_result(tx.conn())
        .await?;
    diesel::update(tickets::table.find(id))
        .set(searchable!(tickets, search_text(&ticket, &client.name)))
        .execute(tx.conn())
        .await?;
    charge::commands::collect(&mut tx, &scope, &firm, ticket.id, ticket.client_id, &input.collect_charge_ids)
        .await?;
    let opened = Changed::new(TicketField::Created, None, Some(TicketStatus::Open.to_string()));
    let act = ActId::new();
    history::record(&tx, &ticket, act, author, &[opened], None).await?;
    attachment::bind(&mut tx, &ticket, author, AttachmentTarget::thing(Visibility::Public), &files).await?;
    tx.changed(firm.id, "ticketCreate", id, None, Some(ticket.audience(client.accountant_id)));
    let case = CaseView { ticket: &ticket, client: &client, firm: &firm };
    let news = TicketNews::Arrived { at_assignee: true, at_department: true };
    notify::tell(&mut tx, actor.into(), case, act, news).await?;
    tx.commit(id).await
}

/// Changes an open ticket (D-03). For staff; when nothing changes, nothing is recorded.
///
/// # Errors
/// `NOT_FOUND`, `NOT_ALLOWED`, `TICKET_CLOSED`, `CONFLICT`, `SERVICE_ITEM_INACTIVE`,
/// `WRONG_CURRENCY`, `OUT_OF_RANGE`, refusals of the texts.
pub async fn edit(store: &Store, actor: &Actor, input: EditTicket) -> Result<Done<TicketId>> {
    let mut check = Check::new();
    let subject = input.subject.as_deref().map(|text| check.line("subject", text, 1..=MAX_NAME));
    let description = input.description.as_deref().map(|text| check.text("description", text, 0..=MAX_TEXT));
    check.done()?;
    let mut tx = store.begin(actor).await?;
    let mut case = Case::lock(&mut tx, actor, input.id, TicketAct::Edit).await?;
    case.expect(Some(input.expected_version))?;
    let old = case.ticket.clone();
    let ticket = &mut case.ticket;
    ticket.subject = subject.unwrap_or_else(|| old.subject.clone());
    ticket.description = description.unwrap_or_else(|| old.description.clone());
    ticket.service_item_id = input.service_item_id.apply(old.service_item_id);
    ticket.accountant_id = input.accountant_id.apply(old.accountant_id);
    let new_service = ticket.service_item_id.filter(|id| old.service_item_id != Some(*id));
    let service = match new_service {
        Some(id) => Some(offered_service(tx.conn(), &actor.scope(), id).await?),
        None => None,
    };
    if input.price.is_some() || service.is_some() {
        ticket.price_minor = price(input.price.as_ref(), service.as_ref(), &ticket.currency)?;
    }
    if let Some(id) = ticket.accountant_id.filter(|id| old.accountant_id != Some(*id)) {
        check_works_here(tx.conn(), case.firm.id, "accountantId", id).await?;
    }
    let changes = differences(&old, ticket);
    if !changes.is_empty() {
        case.save(&mut tx, actor.membership.author(), "ticketEdit", Saved::Fields).await?;
        history::record(&tx, &case.ticket, ActId::new(), actor.membership.author(), &changes, None).await?;
    }
    tx.commit(case.ticket.id).await
}

fn differences(old: &Ticket, new: &Ticket) -> Vec<Changed> {
    let text = |value: &str| Some(value.to_owned());
    [
        Changed::between(TicketField::Subject, text(&old.subject), text(&new.subject)),
        Changed::between(TicketField::Description, text(&old.description), text(&new.description)),
        Changed::between(
            TicketField::Price,
            Some(old.price_minor.to_string()),
            Some(new.price_minor.to_string()),
        ),
        Changed::between(
            TicketField::ServiceItem,
            old.service_item_id.map(Id::encode),
            new.service_item_id.map(Id::encode),
        ),
        Changed::between(
            TicketField::Accountant,
            old.accountant_id.map(Id::encode),
            new.accountant_id.map(Id::encode),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// D-03: the price of the service, unless another one is given.
fn price(given: Option<&Money>, service: Option<&ServiceItem>, currency: &str) -> Result<i64, Refusal> {
    match given {
        Some(price) => price.checked("price", 0, currency),
        None => Ok(service.map_or(0, |service| service.price_minor)),
    }
}

/// An item of the price list, as the actor sees it: for clients, items that are not offered do not exist (B-14).
async fn offered_service(
    conn: &mut AsyncPgConnection,
    scope: &Scope,
    id: ServiceItemId,
) -> Result<ServiceItem> {
    let service =
        service_item::queries::by_ids(conn, scope, &[id]).await?.pop().or_not_found("serviceItemId")?;
    if !service.active {
        return Err(Refusal::of("serviceItemId", Code::ServiceItemInactive).into());
    }
    Ok(service)
}

/// Who receives what is transferred to a department (D-09): its lead, if that works for the firm now.
///
/// # Errors
/// `NOT_FOUND`, `DEPARTMENT_WITHOUT_LEAD` about `field`.
pub(super) async fn lead(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    field: &'static str,
    id: DepartmentId,
) -> Result<StaffId> {
    let lead: StaffId = departments::table
        .filter(departments::firm_id.eq(firm))
        .filter(departments::id.eq(id))
        .select(departments::lead_id)
        .get_result(conn)
        .await
        .optional()?
        .or_not_found(field)?;
    working(conn, firm, &[lead]).await?.ok_or_else(|| Refusal::of(field, Code::DepartmentWithoutLead).into())
}

/// Checks that a staff member works for the firm now.
pub(super) async fn check_works_here(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    field: &'static str,
    id: StaffId,
) -> Result<()> {
    working(conn, firm, &[id]).await?.map(|_| ()).or_not_found(field)
}

/// The first of these who works for the firm now.
async fn working(conn: &mut AsyncPgConnection, firm: FirmId, ids: &[StaffId]) -> Result<Option<StaffId>> {
    let found: Vec<StaffId> = staff_members::table
        .filter(works_here(firm))
        .filter(sql::among(staff_members::id, ids))
        .select(staff_members::id)
        .load(conn)
        .await?;
    Ok(ids.iter().copied().find(|id| found.contains(id)))
}

/// The default assignee: the lead of the item's department, else `next`, else the firm's first owner, of those who
/// work for the firm now.
async fn default_assignee(
    conn: &mut AsyncPgConnection,
    firm: FirmId,
    department: Option<DepartmentId>,
    next: Option<StaffId>,
) -> Result<StaffId> {
    let lead: Option<StaffId> = departments::table
        .filter(departments::firm_id.eq(firm))
        .filter(departments::id.nullable().eq(department))
        .select(departments::lead_id)
        .get_result(conn)
        .await
        .optional()?;
    let wanted: Vec<StaffId> = lead.into_iter().chain(next).collect();
    if let Some(id) = working(conn, firm, &wanted).await? {
        return Ok(id);
    }
    Ok(staff_members::table
        .filter(works_here(firm))
        .filter(staff_members::role.eq(StaffRole::Owner))
        .order((staff_members::created_at, staff_members::id))
        .select(staff_members::id)
        .first(conn)
        .await?)
}

/// The firm's next ticket number. Its row stays locked until the transaction ends, so numbers have no gaps.
async fn next_number(conn: &mut AsyncPgConnection, firm: FirmId) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        last: i64,
    }
    let row: Row = sql::kept(
        "INSERT INTO ticket_numbers (firm_id, last) VALUES (?, 1)
         ON CONFLICT (firm_id) DO UPDATE SET last = ticket_numbers.last + 1 RETURNING last",
    )
    .bind::<SqlUuid, _>(firm)
    .get_result(conn)
    .await?;
    Ok(row.last)
}
