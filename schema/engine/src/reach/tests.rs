use diesel::pg::Pg;
use diesel::prelude::*;
use guichet_base::id::{ClientId, FirmId, StaffId};

use super::*;
use crate::actor::{Area, Areas, PortalReach};
use crate::tables::{attachments, charges, clients, documents, notifications, tasks, tickets};

/// The condition of a query on `$table`, without its values.
macro_rules! condition {
    ($table:ident, $seen:expr) => {{
        let query = $table::table.filter($seen).select($table::id);
        let text = diesel::debug_query::<Pg, _>(&query).to_string();
        let text = text.split_once(" WHERE ").unwrap().1.split(" -- ").next().unwrap().to_owned();
        text.replace('"', "")
    }};
}

fn scopes() -> [Scope; 4] {
    let (firm, clients) = (FirmId::new(), [ClientId::new(), ClientId::new()]);
    let portal =
        |clients: &[ClientId], areas| Scope::portal(firm, PortalReach::new(clients.iter().copied(), areas));
    [
        Scope::firm(firm),
        Scope::own(firm, StaffId::new()),
        portal(&clients[..1], Areas::ALL),
        portal(&clients, Areas::NONE.with(Area::Tickets)),
    ]
}

/// B-14, B-15, B-05: the condition on the rows of a table, for each kind of scope.
#[test]
fn conditions_follow_the_declaration() {
    let [firm, own, one, several] = scopes();
    assert_eq!(condition!(tickets, visible::<tickets::table>(&firm)), "(tickets.firm_id = $1)");
    assert_eq!(
        condition!(tickets, visible::<tickets::table>(&own)),
        "(tickets.firm_id = $1 AND (tickets.assignee_id = $2 OR tickets.opened_by_staff = $3 \
         OR tickets.department_id = ANY (SELECT department_id FROM department_members WHERE staff_id = $4) \
         OR tickets.client_id = ANY (SELECT id FROM clients WHERE accountant_id = $5)))"
    );
    assert_eq!(
        condition!(tickets, visible::<tickets::table>(&one)),
        "(tickets.firm_id = $1 AND tickets.client_id = $2)"
    );
    assert_eq!(
        condition!(tickets, visible::<tickets::table>(&several)),
        "(tickets.firm_id = $1 AND tickets.client_id = ANY ($2))"
    );
    // Rows of an area without access do not exist for the user.
    assert_eq!(condition!(charges, visible::<charges::table>(&several)), "(charges.firm_id = $1 AND false)");
    assert_eq!(
        condition!(clients, visible::<clients::table>(&one)),
        "(clients.firm_id = $1 AND clients.id = $2)"
    );
}

/// B-15: a member sees the client of its tickets, and the charges of its tickets.
#[test]
fn own_work_shows_what_it_belongs_to() {
    let [_, own, ..] = scopes();
    let of_client = condition!(clients, visible::<clients::table>(&own));
    assert!(of_client.contains("clients.accountant_id = $2 OR clients.id = ANY (SELECT tickets.client_id"));
    let of_charge = condition!(charges, visible::<charges::table>(&own));
    assert!(of_charge.contains("charges.ticket_id = ANY (SELECT tickets.id FROM tickets WHERE"));
}

/// D-07: rows of a subject are as visible as the subject; internal ones only for staff.
#[test]
fn what_follows_a_subject() {
    let [firm, own, one, _] = scopes();
    assert_eq!(
        condition!(attachments, of_subject::<attachments::table>(&firm)),
        "(attachments.firm_id = $1)"
    );
    let of_member = condition!(attachments, of_subject::<attachments::table>(&own));
    assert!(of_member.contains(
        "attachments.subject_noun = 'ticket' AND EXISTS (SELECT FROM tickets \
         WHERE tickets.id = attachments.subject_id AND (tickets.firm_id = $"
    ));
    assert!(!of_member.contains("visibility"));
    let of_user = condition!(attachments, of_subject::<attachments::table>(&one));
    assert!(of_user.starts_with("(attachments.firm_id = $1 AND attachments.visibility = 'PUBLIC' AND ("));
    assert_eq!(
        condition!(notifications, of_subject::<notifications::table>(&one)),
        "(notifications.firm_id = $1 AND false)"
    );
}

/// C-01: no client sees a task. B-05: a collaborator sees documents of all categories but payroll.
#[test]
fn tasks_are_internal_and_documents_have_categories() {
    let [firm, own, one, several] = scopes();
    assert_eq!(condition!(tasks, visible::<tasks::table>(&firm)), "(tasks.firm_id = $1)");
    assert!(condition!(tasks, visible::<tasks::table>(&own)).contains("tasks.assignee_id = $2"));
    assert_eq!(condition!(tasks, visible::<tasks::table>(&one)), "(tasks.firm_id = $1 AND false)");
    let all = condition!(documents, visible::<documents::table>(&one));
    assert!(all.contains("'TAX', 'PAYROLL', 'ACCOUNTING', 'CORPORATE', 'OTHER'"), "{all}");
    let none = condition!(documents, visible::<documents::table>(&several));
    assert!(none.contains("documents.category IN ('TICKETS')"), "{none}");
    let areas = Areas::ALL.without(Area::Payroll);
    let collaborator = Scope::portal(FirmId::new(), PortalReach::new([ClientId::new()], areas));
    let seen = condition!(documents, visible::<documents::table>(&collaborator));
    assert!(!seen.contains("PAYROLL") && seen.contains("'TAX'"), "{seen}");
}
