//! Rows of the export: what the viewer can see of each ticket, as text.

use std::collections::HashMap;
use std::hash::Hash;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use guichet_base::error::Result;
use guichet_base::i18n::{self, Args};
use guichet_base::id::{AccessId, ClientId, DepartmentId, ServiceItemId, StaffId, TicketId};
use guichet_base::locale::Locale;
use guichet_engine::actor::{Author, Scope};
use guichet_engine::store::Store;
use guichet_schema::desk::service_item;
use guichet_schema::desk::ticket;
use guichet_schema::desk::ticket::model::Ticket;
use guichet_schema::people::client;
use guichet_schema::people::department;
use guichet_schema::people::portal_access;
use guichet_schema::people::staff;

use super::sheet;

/// Formats tickets for one viewer.
pub(super) struct Exporter {
    pub store: Store,
    pub scope: Scope,
    pub locale: Locale,
    /// The time zone of times: the firm's.
    pub zone: Tz,
}

/// The names for the ids in some tickets.
struct Names {
    clients: HashMap<ClientId, String>,
    staff: HashMap<StaffId, String>,
    accesses: HashMap<AccessId, String>,
    departments: HashMap<DepartmentId, String>,
    services: HashMap<ServiceItemId, String>,
}

/// A column: the key of its title, and its content.
type Column = (&'static str, fn(&Exporter, &Names, &Ticket) -> String);

/// No column contains internal notes (D-07).
const COLUMNS: [Column; 13] = [
    ("ticket-export-number", |_, _, ticket| ticket.number.to_string()),
    ("ticket-export-client", |_, names, ticket| name(&names.clients, Some(ticket.client_id))),
    ("ticket-export-opened-by", |_, names, ticket| match ticket.opened_by() {
        Author::Staff(id) => name(&names.staff, Some(id)),
        Author::Portal(id) => name(&names.accesses, Some(id)),
    }),
    ("ticket-export-subject", |_, _, ticket| ticket.subject.clone()),
    (ASSIGNEE, |_, names, ticket| name(&names.staff, Some(ticket.assignee_id))),
    (DEPARTMENT, |_, names, ticket| name(&names.departments, ticket.department_id)),
    ("ticket-export-service-item", |_, names, ticket| name(&names.services, ticket.service_item_id)),
    ("ticket-export-status", |to, _, ticket| {
        i18n::named(to.locale, "ticket-status", ticket.status, &Args::new())
    }),
    ("ticket-export-price", |to, _, ticket| ticket.price().number(to.locale)),
    ("ticket-export-currency", |_, _, ticket| ticket.currency.clone()),
    ("ticket-export-created-at", |to, _, ticket| to.time(ticket.created_at)),
    ("ticket-export-updated-at", |to, _, ticket| to.time(ticket.updated_at)),
    ("ticket-export-closed-at", |to, _, ticket| ticket.closed_at.map(|at| to.time(at)).unwrap_or_default()),
];

const ASSIGNEE: &str = "ticket-export-assignee";
const DEPARTMENT: &str = "ticket-export-department";
/// Columns that are internal to the firm, omitted for clients.
const INTERNAL: [&str; 2] = [ASSIGNEE, DEPARTMENT];

impl Exporter {
    /// The beginning of the file, with the titles in the viewer's language.
    pub fn head(&self) -> Bytes {
        let titles = self.columns().map(|(key, _)| i18n::text(self.locale, key, &Args::new())).collect();
        [sheet::BYTE_ORDER_MARK.as_bytes(), &sheet::rows(self.locale, &[titles])].concat().into()
    }

    /// Rows of these tickets in order, with a fixed number of statements. Tickets that the viewer can no longer
    /// see are omitted.
    ///
    /// # Errors
    /// When the database does not answer: retry.
    pub async fn rows(&self, ids: &[TicketId]) -> Result<Bytes> {
        let (found, names) = self.read(ids).await?;
        let row = |ticket| self.columns().map(|(_, cell)| cell(self, &names, ticket)).collect();
        let rows: Vec<Vec<String>> = ids.iter().filter_map(|id| found.get(id)).map(row).collect();
        Ok(sheet::rows(self.locale, &rows).into())
    }

    fn columns(&self) -> impl Iterator<Item = Column> {
        let all = self.scope.is_staff();
        COLUMNS.into_iter().filter(move |(key, _)| all || !INTERNAL.contains(key))
    }

    /// A format that spreadsheets in every language recognize as a time.
    fn time(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M").to_string()
    }

    async fn read(&self, ids: &[TicketId]) -> Result<(HashMap<TicketId, Ticket>, Names)> {
        let scope = &self.scope;
        let conn = &mut *self.store.conn().await?;
        let tickets = ticket::queries::by_ids(conn, scope, ids).await?;
        let clients: Vec<ClientId> = tickets.iter().map(|ticket| ticket.client_id).collect();
        let openers = || tickets.iter().map(Ticket::opened_by);
        let staff: Vec<StaffId> = openers()
            .filter_map(Author::staff)
            .chain(tickets.iter().map(|ticket| ticket.assignee_id))
            .collect();
        let accesses: Vec<AccessId> = openers().filter_map(Author::access).collect();
        let departments: Vec<DepartmentId> =
            tickets.iter().filter_map(|ticket| ticket.department_id).collect();
        let services: Vec<ServiceItemId> =
            tickets.iter().filter_map(|ticket| ticket.service_item_id).collect();
        let clients = client::queries::by_ids(conn, scope, &clients).await?;
        let staff = staff::queries::by_ids(conn, scope, &staff).await?;
        let accesses = portal_access::queries::by_ids(conn, scope, &accesses).await?;
        let departments = department::queries::by_ids(conn, scope, &departments).await?;
        let services = service_item::queries::by_ids(conn, scope, &services).await?;
        let names = Names {
            clients: clients.into_iter().map(|row| (row.id, row.name)).collect(),
            staff: staff.into_iter().map(|row| (row.id, row.name)).collect(),
            accesses: accesses.into_iter().map(|row| (row.id, row.name)).collect(),
            departments: departments.into_iter().map(|row| (row.id, row.name)).collect(),
            services: services.into_iter().map(|row| (row.id, row.name)).collect(),
        };
        Ok((tickets.into_iter().map(|ticket| (ticket.id, ticket)).collect(), names))
    }
}

fn name<K: Hash + Eq>(names: &HashMap<K, String>, id: Option<K>) -> String {
    id.and_then(|id| names.get(&id)).cloned().unwrap_or_default()
}
