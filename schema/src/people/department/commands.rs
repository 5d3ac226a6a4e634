//! Commands on departments.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;

use crate::people::firm;
use crate::people::rights::{self, FirmAct};
use guichet_base::collation;
use guichet_base::error::Result;
use guichet_base::id::{DepartmentId, StaffId};
use guichet_base::input::{Check, MAX_NAME, OrTaken, items};
use guichet_engine::actor::Actor;
use guichet_engine::feed::Audience;
use guichet_engine::first;
use guichet_engine::store::{Done, Store};
use guichet_engine::tables::{department_members, departments};

/// Input for creating a department.
#[derive(Debug, Clone, Serialize)]
pub struct CreateDepartment {
    /// Its name, unique in the firm; up to 200 characters.
    pub name: String,
    /// Who receives what is transferred to it (D-09); is always one of its members.
    pub lead_id: StaffId,
    /// Its other members.
    pub member_ids: Vec<StaffId>,
}

/// Creates a department. For owners (B-15).
///
/// # Errors
/// `NOT_ALLOWED`; refusals of `name`, also `TAKEN`; `NOT_FOUND` about `leadId`, `memberIds`.
pub async fn create(
    store: &Store,
    actor: &Actor,
    key: &str,
    input: CreateDepartment,
) -> Result<Done<DepartmentId>> {
    rights::may(&actor.membership, FirmAct::DepartmentCreate)?;
    let firm = actor.firm_id();
    let mut tx = first!(store.begin_once(actor, "departmentCreate", key, &input).await?);
    let mut check = Check::new();
    let name = check.line("name", &input.name, 1..=MAX_NAME);
    let conn = tx.conn();
    firm::queries::check_employed(conn, &mut check, firm, &[("leadId".into(), input.lead_id)]).await?;
    firm::queries::check_employed(conn, &mut check, firm, &items("memberIds", &input.member_ids)).await?;
    check.done()?;
    let (id, now) = (DepartmentId::new(), tx.now);
    diesel::insert_into(departments::table)
        .values((
            departments::id.eq(id),
            departments::firm_id.eq(firm),
            departments::name.eq(&name),
            departments::name_key.eq(collation::key(&name)),
            departments::lead_id.eq(input.lead_id),
            departments::created_at.eq(now),
        ))
        .execute(tx.conn())
        .await
        .or_taken("name")?;
    let members: Vec<_> = input
        .member_ids
        .iter()
        .chain([&input.lead_id])
        .map(|member| {
            (
                department_members::department_id.eq(id),
                department_members::staff_id.eq(member),
                department_members::firm_id.eq(firm),
            )
        })
        .collect();
    diesel::insert_into(department_members::table)
        .values(members)
        .on_conflict_do_nothing()
        .execute(tx.conn())
        .await?;
    tx.changed(firm, "departmentCreate", id, None, Some(Audience::staff()));
    tx.commit(id).await
}
