//! Staff.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::id::StaffId;
use guichet_base::page::PageRequest;
use guichet_schema::people::staff::commands::{self, CreateStaff};
use guichet_schema::people::staff::{model, queries};
use guichet_schema::people::suppression;

use crate::edge::ApiError;
use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, keyed, load, load_optional};
use crate::graphql::page::connection;
use crate::graphql::payload::{Outcome, api_id, id, ids, outcome, payload, queried};
use crate::graphql::people::client::SuppressedAddress;
use crate::graphql::people::invitation::InvitationLink;
use crate::graphql::scalars::{Locale, StaffRole};

/// A staff member.
#[derive(Debug, Clone)]
pub struct StaffMember(pub model::StaffMember);

by_ids!(StaffId => StaffMember, queries::by_ids);

keyed! {
    /// The suppressed addresses of staff; none for clients.
    SuppressionOf(StaffId) => SuppressedAddress, |loads, conn, ids| async {
        let of = suppression::of_staff(conn, &loads.scope(), ids).await?.into_iter();
        error::Result::Ok(of.map(|(staff, row)| (staff, row.into())).collect::<HashMap<_, _>>())
    }
}

impl StaffMember {
    /// What clients are not told of those who serve them: anything but the name.
    fn internal<T>(&self, ctx: &Context<'_>, value: T) -> Result<Option<T>, ApiError> {
        Ok(Caller::of(ctx).scope()?.is_staff().then_some(value))
    }
}

/// An account's place in a firm. Clients see the name; the rest is null for them.
#[Object]
impl StaffMember {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name under which the firm shows it.
    pub async fn name(&self) -> &str {
        &self.0.name
    }

    /// The address with which it signs in.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        self.internal(ctx, &*self.0.email)
    }

    /// Its rights (B-15).
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<StaffRole>, ApiError> {
        self.internal(ctx, self.0.role.into())
    }

    /// When it accepted its invitation; null before that: it cannot act yet.
    async fn joined_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>, ApiError> {
        Ok(self.internal(ctx, self.0.joined_at)?.flatten())
    }

    /// When it left; null while it works for the firm.
    async fn disabled_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>, ApiError> {
        Ok(self.internal(ctx, self.0.disabled_at)?.flatten())
    }

    /// Its address, while the firm sends nothing to it because it bounced (F-06): until it is lifted by
    /// `emailSuppressionLift`.
    async fn suppressed_address(&self, ctx: &Context<'_>) -> Result<Option<SuppressedAddress>, ApiError> {
        load(ctx, SuppressionOf(self.0.id)).await
    }

    /// When it was entered.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>, ApiError> {
        self.internal(ctx, self.0.created_at)
    }
}

/// Which staff are wanted; everything that is set must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct StaffMemberFilter {
    /// Those who work for the firm, or those who left.
    active: Option<bool>,
}

connection! {
    /// A page of a firm's staff.
    StaffMemberConnection, StaffMemberEdge of StaffMember, count StaffCount
}

/// Counts when asked.
pub struct StaffCount(queries::StaffFilter);

#[Object]
impl StaffCount {
    /// How many there are on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::count(&mut *caller.conn().await?, &caller.scope()?, &self.0).await;
        queried(caller, found)
    }
}

/// Queries about staff.
#[derive(Debug, Default)]
pub struct StaffQuery;

#[Object]
impl StaffQuery {
    /// The firm's staff, by name. Clients are given none.
    async fn staff_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<StaffMemberFilter>,
        #[graphql(desc = "The first so many, 1 to 100; this or `last`.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor; with `first`.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100; this or `first`.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor; with `last`.")] before: Option<String>,
    ) -> Result<StaffMemberConnection, ApiError> {
        let caller = Caller::of(ctx);
        let scope = caller.scope()?;
        let filter = queries::StaffFilter { active: filter.unwrap_or_default().active };
        let request = queried(caller, PageRequest::new(first, after, last, before))?;
        let page = queries::page(&mut *caller.conn().await?, &scope, &filter, &request).await;
        let page = queried(caller, page)?;
        Ok(StaffMemberConnection::new(page, StaffCount(filter), model::StaffMember::cursor, StaffMember))
    }
}

/// A staff member to be entered.
#[derive(Debug, InputObject)]
pub struct StaffCreateInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// The name under which the firm shows it; up to 200 characters.
    name: String,
    /// The address with which it signs in.
    email: String,
    /// Its rights.
    role: StaffRole,
    /// Its language, for a new account; the firm's when left out.
    locale: Option<Locale>,
    /// The departments that it belongs to.
    #[graphql(default)]
    department_ids: Vec<ID>,
}

impl StaffCreateInput {
    fn read(self) -> error::Result<(String, CreateStaff)> {
        let input = CreateStaff {
            name: self.name,
            email: self.email,
            role: self.role.into(),
            locale: self.locale.map(Into::into),
            department_ids: ids("departmentIds", &self.department_ids)?,
        };
        Ok((self.idempotency_key, input))
    }
}

payload! {
    /// What became of a `staffCreate`.
    StaffCreatePayload {
        /// The staff member; null when it was refused.
        staff_member: Option<StaffMember>,
        /// The invitation to hand over, told this once; null when the person may enter at once, and
        /// in the answer to a repeated call.
        invitation: Option<InvitationLink>,
    }
}

/// A staff member to be invited again.
#[derive(Debug, InputObject)]
pub struct StaffInvitationRenewInput {
    /// The staff member.
    id: ID,
}

payload! {
    /// What became of a `staffInvitationRenew`.
    StaffInvitationRenewPayload {
        /// The new invitation, told this once; null when it was refused.
        invitation: Option<InvitationLink>,
    }
}

/// Acts on staff.
#[derive(Debug, Default)]
pub struct StaffMutation;

#[Object]
impl StaffMutation {
    /// Enters a staff member and invites it. Owners.
    async fn staff_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to enter.")] input: StaffCreateInput,
    ) -> Result<StaffCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let (key, input) = input.read()?;
            commands::create(&caller.store, actor, &key, input).await
        };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let staff_member = load_optional(ctx, done.as_ref().map(|invited| invited.id)).await?;
        let secret = done.and_then(|invited| invited.secret);
        let invitation = secret.as_ref().map(Into::into);
        Ok(StaffCreatePayload { staff_member, invitation, user_errors, revision })
    }

    /// Invites a staff member again who has not accepted yet; the earlier invitation ends. Owners.
    async fn staff_invitation_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite.")] input: StaffInvitationRenewInput,
    ) -> Result<StaffInvitationRenewPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async { commands::renew_invitation(&caller.store, actor, id("id", &input.id)?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let invitation = done.as_ref().map(Into::into);
        Ok(StaffInvitationRenewPayload { invitation, user_errors, revision })
    }
}
