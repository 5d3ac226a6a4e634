//! The feed: events in commit order, each with its audience.
//!
//! Every transaction that changes something visible takes the firm's next revisions under its last lock, so
//! revision order is commit order.

mod cursor;
pub mod queries;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actor::{Membership, Scope};
use crate::sql;
use guichet_base::error::Result;
use guichet_base::id::{ClientId, DepartmentId, FirmId, Id, StaffId};

pub use cursor::FeedCursor;

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
    /// The one person who may see it, as [`Membership::person`] names them, regardless of the other fields.
    /// Omitted from the JSON when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    /// Whether owners and managers may see it beside that person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overseen: bool,
}

impl Audience {
    /// Only this person: a staff member or a portal access.
    pub const fn only(person: Uuid) -> Self {
        Self {
            client_id: None,
            internal: true,
            staff: Vec::new(),
            department_id: None,
            person: Some(person),
            overseen: false,
        }
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
        match scope {
            Scope::Firm { .. } => true,
            Scope::Own { staff_id, .. } => {
                self.client_id.is_none()
                    || self.staff.contains(staff_id)
                    || self.department_id.is_some_and(|id| departments.contains(&id))
            }
            Scope::Client { client_id, .. } => {
                !self.internal && self.client_id.is_none_or(|of| of == *client_id)
            }
        }
    }
}

/// One change of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The noun of the thing, as in its id.
    pub noun: &'static str,
    /// Which one.
    pub subject: Uuid,
    /// Who could see it before; none when it is new.
    pub before: Option<Audience>,
    /// Who can see it now; none when it is deleted.
    pub after: Option<Audience>,
}

impl Event {
    /// A change that does not affect who can see the thing.
    pub fn changed<I: Id>(id: I, audience: Audience) -> Self {
        let before = Some(audience.clone());
        Self { noun: I::NOUN, subject: id.uuid(), before, after: Some(audience) }
    }
}

/// Writes events with the firm's next revisions, in one statement; returns the last revision.
pub async fn append(
    mut conn: &AsyncPgConnection,
    firm: FirmId,
    events: &[Event],
    at: DateTime<Utc>,
) -> Result<i64> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        revision: i64,
    }
    let count = events.len() as i64;
    let json = |audience: &Option<Audience>| audience.as_ref().map(|audience| serde_json::json!(audience));
    let row: Row = sql::kept(
        "WITH feed AS (
             UPDATE firm_feed SET revision = revision + ? WHERE firm_id = ? RETURNING firm_id, revision
         ), written AS (
             INSERT INTO events (firm_id, revision, noun, subject_id, audience_before, audience_after, at)
             SELECT firm_id, feed.revision - ? + e.n, e.noun, e.subject, e.before, e.after, ?
             FROM feed, unnest(?, ?, ?, ?) WITH ORDINALITY AS e (noun, subject, before, after, n)
         )
         SELECT revision FROM feed",
    )
    .bind::<BigInt, _>(count)
    .bind::<SqlUuid, _>(firm)
    .bind::<BigInt, _>(count)
    .bind::<Timestamptz, _>(at)
    .bind::<Array<Text>, _>(events.iter().map(|event| event.noun).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(events.iter().map(|event| event.subject).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(events.iter().map(|event| json(&event.before)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(events.iter().map(|event| json(&event.after)).collect::<Vec<_>>())
    .get_result(&mut conn)
    .await?;
    Ok(row.revision)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audience_follows_scope() {
        let (firm_id, client_id, staff_id, department) =
            (FirmId::new(), ClientId::new(), StaffId::new(), DepartmentId::new());
        let audience = Audience {
            client_id: Some(client_id),
            internal: false,
            staff: vec![staff_id],
            department_id: Some(department),
            person: None,
            overseen: false,
        };
        let internal = Audience { internal: true, ..audience.clone() };
        let of_firm = Audience {
            client_id: None,
            internal: false,
            staff: vec![],
            department_id: None,
            person: None,
            overseen: false,
        };
        let own = Scope::Own { firm_id, staff_id };
        let stranger = Scope::Own { firm_id, staff_id: StaffId::new() };
        let client = Scope::Client { firm_id, client_id };
        let cases = [
            (&audience, Scope::Firm { firm_id }, vec![], true),
            (&audience, own, vec![], true),
            (&audience, stranger, vec![], false),
            (&audience, stranger, vec![department], true),
            (&audience, client, vec![], true),
            (&internal, client, vec![], false),
            (&internal, own, vec![], true),
            (&audience, Scope::Client { firm_id, client_id: ClientId::new() }, vec![], false),
            (&of_firm, stranger, vec![], true),
            (&of_firm, client, vec![], true),
        ];
        for (audience, scope, departments, expected) in cases {
            assert_eq!(audience.admits(&scope, &departments), expected, "{scope:?}");
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
        let portal = Membership::Portal(PortalMembership { id, firm_id, client_id, role: AccessRole::Admin });
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
        assert!(!audience.admits(&Scope::Firm { firm_id }, &[]));
        let overseen = Audience { overseen: true, ..Audience::only(person.uuid()) };
        for reach in MemberReach::ALL {
            assert!(overseen.admits_member(&staff(person, StaffRole::Member, *reach), &[]));
            for role in StaffRole::ALL {
                let may = *role != StaffRole::Member;
                assert_eq!(overseen.admits_member(&staff(StaffId::new(), *role, *reach), &[]), may);
            }
        }
        assert!(!overseen.admits_member(&portal, &[]));
        assert!(!overseen.admits(&Scope::Firm { firm_id }, &[]));
        let of_client = Audience::only(id.uuid());
        assert!(of_client.admits_member(&portal, &[]));
        let other = PortalMembership { id: AccessId::new(), firm_id, client_id, role: AccessRole::Admin };
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
        let only = Audience::only(Uuid::now_v7());
        assert_eq!(serde_json::from_value::<Audience>(serde_json::json!(only)).unwrap(), only);
    }
}
