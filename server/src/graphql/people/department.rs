//! Departments.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::{DepartmentId, StaffId};
use guichet_engine::actor::Membership;
use guichet_schema::people::department::commands::{self, CreateDepartment};
use guichet_schema::people::department::{model, queries};
use guichet_schema::people::staff;

use crate::graphql::loaders::{by_ids, keyed, load, load_list, load_optional, seen};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, ids, known_ids, payload};
use crate::graphql::people::staff::StaffMember;
use crate::graphql::scalars::DateTime;
use guichet_edge::ApiError;

/// A department.
#[derive(Debug, Clone)]
pub struct Department(pub model::Department);

by_ids!(DepartmentId => Department, queries::by_ids);

/// A team of the firm. Not visible to clients.
#[Object]
impl Department {
    /// The ID of the department, for example `department_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name of the department, unique within the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The staff member who leads the department and receives what is transferred to it.
    async fn lead(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.lead_id).await?)
    }

    /// The list of members, including the lead.
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<StaffMember>, ApiError> {
        load_list(ctx, MembersOf(self.0.id), StaffMember).await
    }

    /// The date and time when the department was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

keyed! {
    /// The members of departments.
    MembersOf(DepartmentId) => [staff::model::StaffMember], |loads, conn, ids| async {
        let scope = loads.scope();
        let pairs = queries::members(conn, &scope, ids).await?;
        let members: Vec<StaffId> = pairs.iter().map(|(_, member)| *member).collect();
        let rows = staff::queries::by_ids(conn, &scope, &members).await?.into_iter();
        let by_id: HashMap<StaffId, _> = rows.map(|row| (row.id, row)).collect();
        let mut of: HashMap<DepartmentId, Vec<_>> = HashMap::new();
        for (department, member) in pairs {
            of.entry(department).or_default().extend(by_id.get(&member).cloned());
        }
        error::Result::Ok(of)
    }
}

/// A filter of departments. A department must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DepartmentFilter {
    /// Departments with one of these IDs.
    ids: Option<Vec<ID>>,
}

impl FilterInput for DepartmentFilter {
    type Filter = queries::DepartmentFilter;

    fn read(self, _: &Membership) -> error::Result<queries::DepartmentFilter> {
        Ok(queries::DepartmentFilter { ids: known_ids(self.ids) })
    }
}

connection! {
    /// A page of the list of departments.
    DepartmentConnection, DepartmentEdge of Department, count DepartmentCount;
    /// Returns the list of departments of the firm, sorted by name. Empty for clients.
    query DepartmentQuery.departments, filter DepartmentFilter => queries::DepartmentFilter;
    seen by scope, page queries::page, counted queries::count, position model::Department::position
}

/// Input for `departmentCreate`: the department to create.
#[derive(Debug, InputObject)]
pub struct DepartmentCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The name of the department, unique within the firm; 1 to 200 characters.
    name: String,
    /// The ID of the staff member who leads the department and receives what is transferred to it. The lead
    /// is always a member.
    lead_id: ID,
    /// The IDs of the other members.
    #[graphql(default)]
    member_ids: Vec<ID>,
}

impl DepartmentCreateInput {
    fn read(self) -> error::Result<(String, CreateDepartment)> {
        let input = CreateDepartment {
            name: self.name,
            lead_id: id("leadId", &self.lead_id)?,
            member_ids: ids("memberIds", &self.member_ids)?,
        };
        Ok((self.idempotency_key, input))
    }
}

payload! {
    /// The result of `departmentCreate`.
    DepartmentCreatePayload {
        /// The new department; null when there are errors.
        department: Option<Department>,
    }
}

/// Acts on departments.
#[derive(Debug, Default)]
pub struct DepartmentMutation;

#[Object]
impl DepartmentMutation {
    /// Creates a department.
    ///
    /// Requires the role `OWNER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn department_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: DepartmentCreateInput,
    ) -> Result<DepartmentCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let department = load_optional(ctx, done).await?;
        Ok(DepartmentCreatePayload { department, user_errors, revision })
    }
}
