//! The list of tickets as a file (D-01).

use std::collections::HashMap;

use chrono::{DateTime, Utc};
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
use crate::graphql::export::{Cell, Column, Exported, Format, name, names};
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

const fn column(title: &'static str, cell: fn(&TicketRow, &Format) -> Cell) -> Column<TicketRow> {
    Column { title, internal: false, cell }
}

const fn internal(title: &'static str, cell: fn(&TicketRow, &Format) -> Cell) -> Column<TicketRow> {
    Column { title, internal: true, cell }
}

impl Exported for TicketRow {
    const LIST: &'static str = "tickets";

    /// No column contains internal notes (D-07).
    const COLUMNS: &'static [Column<Self>] = &[
        column("ticket-export-number", |row, _| Cell::Number(row.ticket.number)),
        column("ticket-export-client", |row, _| row.client.clone().into()),
        column("ticket-export-opened-by", |row, _| row.opened_by.clone().into()),
        column("ticket-export-subject", |row, _| row.ticket.subject.clone().into()),
        internal("ticket-export-assignee", |row, _| row.assignee.clone().into()),
        internal("ticket-export-department", |row, _| row.department.clone().into()),
        column("ticket-export-service-item", |row, _| row.service_item.clone().into()),
        column("ticket-export-status", |row, to| {
            i18n::named(to.locale, "ticket-status", row.ticket.status, &Args::new()).into()
        }),
        column("ticket-export-price", |row, _| Cell::Amount(row.ticket.price())),
        column("ticket-export-currency", |row, _| row.ticket.currency.clone().into()),
        column("ticket-export-created-at", |row, _| row.ticket.created_at.into()),
        column("ticket-export-updated-at", |row, _| row.ticket.updated_at.into()),
        column("ticket-export-closed-at", |row, _| row.ticket.closed_at.into()),
    ];

    type Filter = TicketFilter;
    type Order = TicketOrder;
    type Id = TicketId;

    async fn ids(
        conn: &mut Connection,
        viewer: &Membership,
        filter: TicketFilter,
        order: Option<TicketOrder>,
        _: DateTime<Utc>,
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
