//! Departments.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::id::{DepartmentId, StaffId};
use guichet_base::page::PageRequest;
use guichet_edge::ApiError;
use guichet_schema::people::department::commands::{self, CreateDepartment};
use guichet_schema::people::department::{model, queries};
use guichet_schema::people::staff;

use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, keyed, load, load_list, load_optional, seen};
use crate::graphql::page::connection;
use crate::graphql::payload::{Outcome, api_id, id, ids, outcome, payload, queried};
use crate::graphql::people::staff::StaffMember;

/// A department.
#[derive(Debug, Clone)]
pub struct Department(pub model::Department);

by_ids!(DepartmentId => Department, queries::by_ids);

/// A team of a firm. It is the firm's own affair: for clients there is none.
#[Object]
impl Department {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// Its name, unique in the firm.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Who gets what is handed to the department (D-09).
    async fn lead(&self, ctx: &Context<'_>) -> Result<StaffMember, ApiError> {
        seen(load(ctx, self.0.lead_id).await?)
    }

    /// Who belongs to it, its lead too.
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<StaffMember>, ApiError> {
        load_list(ctx, MembersOf(self.0.id), StaffMember).await
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
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

connection! {
    /// A page of a firm's departments.
    DepartmentConnection, DepartmentEdge of Department, count DepartmentCount
}

/// Counts when asked.
pub struct DepartmentCount;

#[Object]
impl DepartmentCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::count(&mut *caller.conn().await?, &caller.scope()?).await;
        queried(caller, found)
    }
}

/// Queries about departments.
#[derive(Debug, Default)]
pub struct DepartmentQuery;

#[Object]
impl DepartmentQuery {
    /// The firm's departments, by name. Clients are given none.
    async fn departments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<DepartmentConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let request = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, &scope, &request).await;
        let page = queried(caller, page)?;
        Ok(DepartmentConnection::new(page, DepartmentCount, model::Department::cursor, Department))
    }
}

/// A department to be made.
#[derive(Debug, InputObject)]
pub struct DepartmentCreateInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// Its name, unique in the firm; up to 200 characters.
    name: String,
    /// Who gets what is handed to it (D-09); belongs to it in any case.
    lead_id: ID,
    /// Who else belongs to it.
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
    /// What became of a `departmentCreate`.
    DepartmentCreatePayload {
        /// The department; null when it was refused.
        department: Option<Department>,
    }
}

/// Acts on departments.
#[derive(Debug, Default)]
pub struct DepartmentMutation;

#[Object]
impl DepartmentMutation {
    /// Makes a department. Owners.
    async fn department_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to make.")] input: DepartmentCreateInput,
    ) -> Result<DepartmentCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let (key, input) = input.read()?;
            commands::create(&caller.store, actor, &key, input).await
        };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let department = load_optional(ctx, done).await?;
        Ok(DepartmentCreatePayload { department, user_errors, revision })
    }
}
