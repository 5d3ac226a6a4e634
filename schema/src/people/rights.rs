//! Rights that follow from the membership alone (B-15). Rights that also depend on a record's state are in the
//! `rules` of its noun.

use guichet_base::error::Code;
use guichet_base::id::AccessId;
use guichet_base::text_enum;
use guichet_engine::actor::{AccessRole, Membership, PortalMembership, StaffMembership, StaffRole};

text_enum! {
    /// An action that depends only on the role of the viewer.
    pub enum FirmAct {
        /// Change the settings of the firm with `firmUpdate`.
        FirmUpdate = "FIRM_UPDATE",
        /// Create a client with `clientCreate`.
        ClientCreate = "CLIENT_CREATE",
        /// Change the record of the client with `clientUpdate`.
        ClientUpdate = "CLIENT_UPDATE",
        /// Give a person access to the client area with `portalAccessCreate`, or invite the person again with
        /// `portalAccessInvitationRenew`.
        PortalAccessCreate = "PORTAL_ACCESS_CREATE",
        /// Add an item to the price list with `serviceItemCreate`.
        ServiceItemCreate = "SERVICE_ITEM_CREATE",
        /// Change the item with `serviceItemUpdate`.
        ServiceItemUpdate = "SERVICE_ITEM_UPDATE",
        /// Create a department with `departmentCreate`.
        DepartmentCreate = "DEPARTMENT_CREATE",
        /// Add a staff member with `staffCreate`, or invite one again with `staffInvitationRenew`.
        StaffCreate = "STAFF_CREATE",
        /// Open a ticket with `ticketCreate`.
        TicketCreate = "TICKET_CREATE",
        /// Create a charge by hand with `chargeCreate`.
        ChargeCreate = "CHARGE_CREATE",
        /// Adopt obligations and kinds of work with `catalogueAdopt`.
        CatalogueAdopt = "CATALOGUE_ADOPT",
        /// Create an obligation with `obligationCreate`.
        ObligationCreate = "OBLIGATION_CREATE",
        /// Change an obligation, its rules and its extensions, for example with `ruleVersionCreate`.
        ObligationUpdate = "OBLIGATION_UPDATE",
        /// Create a kind of work with `taskTypeCreate`.
        TaskTypeCreate = "TASK_TYPE_CREATE",
        /// Change the kind of work with `taskTypeUpdate`.
        TaskTypeUpdate = "TASK_TYPE_UPDATE",
        /// Give a client recurring work with `recurringTaskCreate`.
        RecurringTaskCreate = "RECURRING_TASK_CREATE",
        /// Change recurring work with `recurringTaskUpdate`, `recurringTaskPause` or `recurringTaskResume`.
        RecurringTaskUpdate = "RECURRING_TASK_UPDATE",
        /// Enter a task for a client with `taskCreate`.
        TaskCreate = "TASK_CREATE",
        /// Save a view for all staff with `savedViewCreate`, or change such a view.
        SavedViewShare = "SAVED_VIEW_SHARE",
        /// Change the calendars of the firm with `firmHolidayCreate`, `firmHolidayDelete` or `calendarYearConfirm`.
        CalendarUpdate = "CALENDAR_UPDATE",
        /// Generate tasks with `taskGenerationRun`, or take them back with `taskGenerationUndo`, `recurringTaskUndo` or
        /// `taskUndo`.
        TaskGenerationRun = "TASK_GENERATION_RUN",
        /// Let due dates follow changed rules with `dueDateMovesApply`, or take over changes of the catalogue with
        /// `catalogueUpdateApply`.
        DueDatesMove = "DUE_DATES_MOVE",
        /// With `emailSuppressionLift`, unblock an address that bounced.
        EmailSuppressionLift = "EMAIL_SUPPRESSION_LIFT",
    }
}

/// Whether this membership may do `act` (B-15).
///
/// # Errors
/// `NOT_ALLOWED`, as the command returns it.
pub const fn may(membership: &Membership, act: FirmAct) -> Result<(), Code> {
    use StaffRole::{Manager, Owner};
    let allowed = match (act, membership) {
        (FirmAct::TicketCreate, _) => true,
        (_, Membership::Portal(_)) => false,
        (FirmAct::EmailSuppressionLift | FirmAct::TaskCreate, Membership::Staff(_)) => true,
        (
            FirmAct::FirmUpdate | FirmAct::DepartmentCreate | FirmAct::StaffCreate,
            Membership::Staff(StaffMembership { role, .. }),
        ) => matches!(role, Owner),
        (
            FirmAct::ClientCreate
            | FirmAct::ClientUpdate
            | FirmAct::PortalAccessCreate
            | FirmAct::ServiceItemCreate
            | FirmAct::ServiceItemUpdate
            | FirmAct::ChargeCreate
            | FirmAct::CatalogueAdopt
            | FirmAct::ObligationCreate
            | FirmAct::ObligationUpdate
            | FirmAct::CalendarUpdate
            | FirmAct::TaskTypeCreate
            | FirmAct::TaskTypeUpdate
            | FirmAct::RecurringTaskCreate
            | FirmAct::RecurringTaskUpdate
            | FirmAct::TaskGenerationRun
            | FirmAct::DueDatesMove
            | FirmAct::SavedViewShare,
            Membership::Staff(StaffMembership { role, .. }),
        ) => matches!(role, Owner | Manager),
    };
    if allowed { Ok(()) } else { Err(Code::NotAllowed) }
}

/// Whether this membership can see more than the name of a client's user: staff, the client's admins (B-05), and
/// the user itself. Whether it can see the client at all is decided by its scope.
pub fn sees_access(membership: &Membership, access: AccessId) -> bool {
    match membership {
        Membership::Staff(_) => true,
        Membership::Portal(PortalMembership { id, role, .. }) => *role == AccessRole::Admin || *id == access,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FirmAct::{
        CalendarUpdate, CatalogueAdopt, ChargeCreate, ClientCreate, ClientUpdate, DepartmentCreate,
        DueDatesMove, EmailSuppressionLift, FirmUpdate, ObligationCreate, ObligationUpdate,
        PortalAccessCreate, RecurringTaskCreate, RecurringTaskUpdate, SavedViewShare, ServiceItemCreate,
        ServiceItemUpdate, StaffCreate, TaskCreate, TaskGenerationRun, TaskTypeCreate, TaskTypeUpdate,
        TicketCreate,
    };
    use guichet_base::id::{ClientId, FirmId, StaffId};
    use guichet_engine::actor::MemberReach;

    fn staff(role: StaffRole) -> Membership {
        let (id, firm_id) = (StaffId::new(), FirmId::new());
        Membership::Staff(StaffMembership { id, firm_id, role, reach: MemberReach::All })
    }

    fn portal(id: AccessId, role: AccessRole) -> Membership {
        Membership::Portal(PortalMembership::new(id, FirmId::new(), ClientId::new(), role))
    }

    /// B-15: owners may do everything; managers manage clients, accesses, the price list and charges; all staff
    /// may lift suppressions (F-06); members and clients may open tickets.
    #[test]
    fn b_15_by_role() {
        let managers = [
            ClientCreate,
            ClientUpdate,
            PortalAccessCreate,
            ServiceItemCreate,
            ServiceItemUpdate,
            ChargeCreate,
            CatalogueAdopt,
            ObligationCreate,
            ObligationUpdate,
            CalendarUpdate,
            TaskTypeCreate,
            TaskTypeUpdate,
            RecurringTaskCreate,
            RecurringTaskUpdate,
            TaskGenerationRun,
            DueDatesMove,
            SavedViewShare,
            TicketCreate,
            TaskCreate,
            EmailSuppressionLift,
        ];
        let owners = [&managers[..], &[FirmUpdate, DepartmentCreate, StaffCreate]].concat();
        let cases = [
            (staff(StaffRole::Owner), &owners[..]),
            (staff(StaffRole::Manager), &managers),
            (staff(StaffRole::Member), &[TicketCreate, TaskCreate, EmailSuppressionLift]),
            (portal(AccessId::new(), AccessRole::Admin), &[TicketCreate]),
            (portal(AccessId::new(), AccessRole::Collaborator), &[TicketCreate]),
        ];
        for (membership, allowed) in cases {
            for act in FirmAct::ALL {
                let expected = if allowed.contains(act) { Ok(()) } else { Err(Code::NotAllowed) };
                assert_eq!(may(&membership, *act), expected, "{act} as {membership:?}");
            }
        }
    }

    /// B-05: admins manage the users of their client, collaborators manage nothing.
    #[test]
    fn b_05_who_sees_the_users() {
        let (own, other) = (AccessId::new(), AccessId::new());
        assert!(sees_access(&staff(StaffRole::Member), other));
        assert!(sees_access(&portal(own, AccessRole::Admin), other));
        assert!(sees_access(&portal(own, AccessRole::Collaborator), own));
        assert!(!sees_access(&portal(own, AccessRole::Collaborator), other));
    }
}
