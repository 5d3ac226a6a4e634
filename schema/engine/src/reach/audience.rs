//! Audiences: who may receive an event, compared in memory with the scopes of followers.

use guichet_base::id::{ClientId, DepartmentId, StaffId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actor::{Area, Membership, Scope, Sight};

/// Who may receive an event. Compared in memory with a viewer's [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// The client concerned; none for things of the firm that all its staff may see.
    pub client_id: Option<ClientId>,
    /// Whether only staff may see it (B-14, D-07).
    pub internal: bool,
    /// The staff members within whose reach it lies (B-15): assignee, opener, accountant of the client.
    pub staff: Vec<StaffId>,
    /// The department within whose reach it lies.
    pub department_id: Option<DepartmentId>,
    /// The area that a portal user must have access to; none when every user of the client may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Area>,
    /// The one person who may see it, as [`Membership::person`] names them, regardless of the other fields.
    /// Omitted from the JSON when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    /// Whether owners and managers may see it beside that person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overseen: bool,
}

impl Audience {
    /// Everybody of the firm, including portal users.
    pub fn everybody() -> Self {
        Self {
            client_id: None,
            internal: false,
            staff: Vec::new(),
            department_id: None,
            area: None,
            person: None,
            overseen: false,
        }
    }

    /// The staff of the firm.
    pub fn staff() -> Self {
        Self { internal: true, ..Self::everybody() }
    }

    /// Only this person: a staff member or a portal access.
    pub fn only(person: Uuid) -> Self {
        Self { person: Some(person), ..Self::staff() }
    }

    /// Everybody who can see a row of a client. [`audience!`](crate::audience) calls it with the columns of the
    /// declaration.
    pub fn of_row(
        client_id: ClientId,
        people: impl IntoIterator<Item = Option<StaffId>>,
        portfolio: Option<StaffId>,
        department_id: Option<DepartmentId>,
        area: Option<Area>,
    ) -> Self {
        let mut staff: Vec<StaffId> = portfolio.into_iter().collect();
        for person in people.into_iter().flatten() {
            if !staff.contains(&person) {
                staff.push(person);
            }
        }
        Self { client_id: Some(client_id), staff, department_id, area, ..Self::everybody() }
    }

    /// The same, and the staff within whose reach a related row lies.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.staff.extend(other.staff.iter().filter(|id| !self.staff.contains(id)).collect::<Vec<_>>());
        self.department_id = self.department_id.or(other.department_id);
        self
    }

    /// The same, but only staff if it is internal (D-07).
    #[must_use]
    pub fn internal_if(self, internal: bool) -> Self {
        Self { internal: self.internal || internal, ..self }
    }

    /// Whether a viewer with this membership, in these departments, may see it.
    pub fn admits_member(&self, membership: &Membership, departments: &[DepartmentId]) -> bool {
        match self.person {
            Some(person) => membership.person() == person || self.overseen && membership.oversees(),
            None => self.admits(&membership.scope(), departments),
        }
    }

    /// Whether every viewer with this scope, in these departments, may see it.
    pub fn admits(&self, scope: &Scope, departments: &[DepartmentId]) -> bool {
        if self.person.is_some() {
            return false;
        }
        match &scope.sight {
            Sight::Firm => true,
            Sight::Own(staff) => {
                self.client_id.is_none()
                    || self.staff.contains(staff)
                    || self.department_id.is_some_and(|id| departments.contains(&id))
            }
            Sight::Portal(reach) => {
                !self.internal
                    && self.client_id.is_none_or(|of| reach.clients().binary_search(&of).is_ok())
                    && self.area.is_none_or(|area| reach.areas().has(area))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use guichet_base::id::{FirmId, new_uuid};

    use super::*;
    use crate::actor::{Areas, PortalReach};

    #[test]
    fn audience_follows_scope() {
        let (firm_id, client_id, staff_id, department) =
            (FirmId::new(), ClientId::new(), StaffId::new(), DepartmentId::new());
        let audience = Audience {
            client_id: Some(client_id),
            staff: vec![staff_id],
            department_id: Some(department),
            ..Audience::everybody()
        };
        let internal = audience.clone().internal_if(true);
        let in_area = Audience { area: Some(Area::Tickets), ..audience.clone() };
        let of_firm = Audience::everybody();
        let own = Scope::own(firm_id, staff_id);
        let stranger = Scope::own(firm_id, StaffId::new());
        let portal = |clients: &[ClientId], areas| {
            Scope::portal(firm_id, PortalReach::new(clients.iter().copied(), areas))
        };
        let client = portal(&[client_id], Areas::ALL);
        let several = portal(&[ClientId::new(), client_id, ClientId::new()], Areas::ALL);
        let other = portal(&[ClientId::new()], Areas::ALL);
        let without_tickets = portal(&[client_id], Areas::NONE.with(Area::Charges));
        let cases = [
            (&audience, Scope::firm(firm_id), vec![], true),
            (&audience, own.clone(), vec![], true),
            (&audience, stranger.clone(), vec![], false),
            (&audience, stranger.clone(), vec![department], true),
            (&audience, client.clone(), vec![], true),
            (&audience, several.clone(), vec![], true),
            (&audience, other, vec![], false),
            (&audience, without_tickets.clone(), vec![], true),
            (&in_area, client.clone(), vec![], true),
            (&in_area, several.clone(), vec![], true),
            (&in_area, without_tickets, vec![], false),
            (&in_area, own.clone(), vec![], true),
            (&internal, client.clone(), vec![], false),
            (&internal, several, vec![], false),
            (&internal, own, vec![], true),
            (&of_firm, stranger, vec![], true),
            (&of_firm, client, vec![], true),
        ];
        for (audience, scope, departments, expected) in cases {
            assert_eq!(audience.admits(&scope, &departments), expected, "{audience:?} {scope:?}");
        }
    }

    /// D-11: an event for one person reaches nobody else, whatever they can see.
    #[test]
    fn d_11_one_person_alone() {
        use crate::actor::{AccessRole, MemberReach, PortalMembership, StaffMembership, StaffRole};
        use guichet_base::id::{AccessId, Id};
        let (firm_id, person) = (FirmId::new(), StaffId::new());
        let staff = |id, role, reach| Membership::Staff(StaffMembership { id, firm_id, role, reach });
        let (id, client_id) = (AccessId::new(), ClientId::new());
        let portal = Membership::Portal(PortalMembership::new(id, firm_id, client_id, AccessRole::Admin));
        let audience = Audience::only(person.uuid());
        for role in StaffRole::ALL {
            for reach in MemberReach::ALL {
                assert!(audience.admits_member(&staff(person, *role, *reach), &[]));
                let other = staff(StaffId::new(), *role, *reach);
                assert!(!audience.admits_member(&other, &[]));
                assert!(!audience.admits(&other.scope(), &[]));
            }
        }
        assert!(!audience.admits_member(&portal, &[]));
        assert!(!audience.admits(&Scope::firm(firm_id), &[]));
        let overseen = Audience { overseen: true, ..Audience::only(person.uuid()) };
        for reach in MemberReach::ALL {
            assert!(overseen.admits_member(&staff(person, StaffRole::Member, *reach), &[]));
            for role in StaffRole::ALL {
                let may = *role != StaffRole::Member;
                assert_eq!(overseen.admits_member(&staff(StaffId::new(), *role, *reach), &[]), may);
            }
        }
        assert!(!overseen.admits_member(&portal, &[]));
        assert!(!overseen.admits(&Scope::firm(firm_id), &[]));
        let of_client = Audience::only(id.uuid());
        assert!(of_client.admits_member(&portal, &[]));
        let other = PortalMembership::new(AccessId::new(), firm_id, client_id, AccessRole::Admin);
        assert!(!of_client.admits_member(&Membership::Portal(other), &[]));
        assert!(!of_client.admits_member(&staff(person, StaffRole::Owner, MemberReach::ALL[0]), &[]));
    }

    /// Audiences stored before the field for one person existed can still be read.
    #[test]
    fn old_audiences_are_read() {
        let old = r#"{"client_id":null,"internal":true,"staff":[],"department_id":null}"#;
        let audience: Audience = serde_json::from_str(old).unwrap();
        assert_eq!(audience.person, None);
        assert_eq!(serde_json::to_string(&audience).unwrap(), old);
        let only = Audience::only(new_uuid());
        assert_eq!(serde_json::from_value::<Audience>(serde_json::json!(only)).unwrap(), only);
    }
}
