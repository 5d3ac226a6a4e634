//! The list of tickets as a file (D-01).

use std::collections::HashMap;
use std::hash::Hash;

use guichet_base::error::Result;
use guichet_base::i18n::{self, Args};
use guichet_base::id::{AccessId, ClientId, DepartmentId, ServiceItemId, StaffId, TicketId};
use guichet_engine::actor::{Author, Membership, Scope};
use guichet_engine::db::Connection;
use guichet_schema::desk::service_item;
use guichet_schema::desk::ticket::model::Ticket;
use guichet_schema::desk::ticket::{list, queries};
use guichet_schema::people::{client, department, portal_access, staff};

use super::query::{TicketFilter, TicketOrder};
use crate::graphql::export::{Column, Exported, Format};
use crate::graphql::page::FilterInput;

/// A ticket with the names that the viewer may see.
pub(in crate::graphql) struct TicketRow {
    ticket: Ticket,
    client: String,
    opened_by: String,
    assignee: String,
    department: String,
    service_item: String,
}

const fn column(title: &'static str, cell: fn(&TicketRow, &Format) -> String) -> Column<TicketRow> {
    Column { title, internal: false, cell }
}

const fn internal(title: &'static str, cell: fn(&TicketRow, &Format) -> String) -> Column<TicketRow> {
    Column { title, internal: true, cell }
}

impl Exported for TicketRow {
    const LIST: &'static str = "tickets";

    /// No column contains internal notes (D-07).
    const COLUMNS: &'static [Column<Self>] = &[
        column("ticket-export-number", |row, _| row.ticket.number.to_string()),
        column("ticket-export-client", |row, _| row.client.clone()),
        column("ticket-export-opened-by", |row, _| row.opened_by.clone()),
        column("ticket-export-subject", |row, _| row.ticket.subject.clone()),
        internal("ticket-export-assignee", |row, _| row.assignee.clone()),
        internal("ticket-export-department", |row, _| row.department.clone()),
        column("ticket-export-service-item", |row, _| row.service_item.clone()),
        column("ticket-export-status", |row, to| {
            i18n::named(to.locale, "ticket-status", row.ticket.status, &Args::new())
        }),
        column("ticket-export-price", |row, to| row.ticket.price().number(to.locale)),
        column("ticket-export-currency", |row, _| row.ticket.currency.clone()),
        column("ticket-export-created-at", |row, to| to.time(row.ticket.created_at)),
        column("ticket-export-updated-at", |row, to| to.time(row.ticket.updated_at)),
        column("ticket-export-closed-at", |row, to| {
            row.ticket.closed_at.map(|at| to.time(at)).unwrap_or_default()
        }),
    ];

    type Filter = TicketFilter;
    type Order = TicketOrder;
    type Id = TicketId;

    async fn ids(
        conn: &mut Connection,
        viewer: &Membership,
        filter: TicketFilter,
        order: Option<TicketOrder>,
    ) -> Result<Vec<TicketId>> {
        list::ids(conn, &viewer.scope(), &filter.read(viewer)?, order.map(Into::into).unwrap_or_default())
            .await
    }

    async fn rows(conn: &mut Connection, scope: &Scope, ids: &[TicketId]) -> Result<Vec<Self>> {
        let tickets = queries::by_ids(conn, scope, ids).await?;
        let clients: Vec<ClientId> = tickets.iter().map(|ticket| ticket.client_id).collect();
        let openers = || tickets.iter().map(Ticket::opened_by);
        let assignees = tickets.iter().map(|ticket| ticket.assignee_id);
        let staff: Vec<StaffId> = openers().filter_map(Author::staff).chain(assignees).collect();
        let accesses: Vec<AccessId> = openers().filter_map(Author::access).collect();
        let departments: Vec<DepartmentId> =
            tickets.iter().filter_map(|ticket| ticket.department_id).collect();
        let services: Vec<ServiceItemId> =
            tickets.iter().filter_map(|ticket| ticket.service_item_id).collect();
        let clients = names(client::queries::by_ids(conn, scope, &clients).await?, |row| (row.id, row.name));
        let staff = names(staff::queries::by_ids(conn, scope, &staff).await?, |row| (row.id, row.name));
        let accesses =
            names(portal_access::queries::by_ids(conn, scope, &accesses).await?, |row| (row.id, row.name));
        let departments =
            names(department::queries::by_ids(conn, scope, &departments).await?, |row| (row.id, row.name));
        let services =
            names(service_item::queries::by_ids(conn, scope, &services).await?, |row| (row.id, row.name));
        let mut found: HashMap<TicketId, Ticket> =
            tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect();
        let row = |ticket: Ticket| Self {
            client: name(&clients, Some(ticket.client_id)),
            opened_by: match ticket.opened_by() {
                Author::Staff(id) => name(&staff, Some(id)),
                Author::Portal(id) => name(&accesses, Some(id)),
            },
            assignee: name(&staff, Some(ticket.assignee_id)),
            department: name(&departments, ticket.department_id),
            service_item: name(&services, ticket.service_item_id),
            ticket,
        };
        Ok(ids.iter().filter_map(|id| found.remove(id)).map(row).collect())
    }
}

fn names<Row, K: Hash + Eq>(rows: Vec<Row>, named: impl Fn(Row) -> (K, String)) -> HashMap<K, String> {
    rows.into_iter().map(named).collect()
}

/// Empty where there is none, or where the viewer may not see it.
fn name<K: Hash + Eq>(names: &HashMap<K, String>, id: Option<K>) -> String {
    id.and_then(|id| names.get(&id)).cloned().unwrap_or_default()
}
