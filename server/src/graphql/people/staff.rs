//! Staff.

use std::collections::HashMap;

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::StaffId;
use guichet_edge::ApiError;
use guichet_engine::actor::Membership;
use guichet_schema::people::staff::commands::{self, CreateStaff};
use guichet_schema::people::staff::{model, queries};
use guichet_schema::people::suppression;

use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, keyed, load, load_optional};
use crate::graphql::page::{FilterInput, connection};
use crate::graphql::payload::{MutationOutcome, act, api_id, id, ids, known_ids, payload};
use crate::graphql::people::client::SuppressedAddress;
use crate::graphql::people::invitation::InvitationLink;
use crate::graphql::scalars::{DateTime, Locale, StaffRole};

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

/// A member of the staff of the firm. Clients see the name; the other fields are null for them.
#[Object]
impl StaffMember {
    /// The ID of the staff member, for example `staff_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name that the firm shows.
    pub async fn name(&self) -> &str {
        &self.0.name
    }

    /// The e-mail address for signing in.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        Caller::of(ctx).internal(&*self.0.email)
    }

    /// The role of the staff member.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<StaffRole>, ApiError> {
        Caller::of(ctx).internal(self.0.role.into())
    }

    /// The date and time when the staff member accepted the invitation; null before that: the person cannot
    /// act yet.
    async fn joined_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, ApiError> {
        Ok(Caller::of(ctx).internal(self.0.joined_at)?.flatten().map(DateTime))
    }

    /// The date and time when the staff member left; null while the person works for the firm.
    async fn disabled_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, ApiError> {
        Ok(Caller::of(ctx).internal(self.0.disabled_at)?.flatten().map(DateTime))
    }

    /// The address of the staff member, if no mails are sent to it because it bounced; null otherwise.
    /// Unblock it with `emailSuppressionLift`.
    async fn suppressed_address(&self, ctx: &Context<'_>) -> Result<Option<SuppressedAddress>, ApiError> {
        load(ctx, SuppressionOf(self.0.id)).await
    }

    /// The date and time when the staff member was added.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, ApiError> {
        Ok(Caller::of(ctx).internal(self.0.created_at)?.map(DateTime))
    }
}

/// A filter of staff members. A staff member must match all given conditions.
#[derive(Debug, Clone, Default, InputObject)]
pub struct StaffMemberFilter {
    /// Staff with one of these IDs.
    ids: Option<Vec<ID>>,
    /// Staff who work for the firm (true), or staff who left (false).
    active: Option<bool>,
}

impl FilterInput for StaffMemberFilter {
    type Filter = queries::StaffFilter;

    fn read(self, _: &Membership) -> error::Result<queries::StaffFilter> {
        Ok(queries::StaffFilter { ids: known_ids(self.ids), active: self.active })
    }
}

connection! {
    /// A page of the list of staff members.
    StaffMemberConnection, StaffMemberEdge of StaffMember, count StaffCount;
    /// Returns the list of staff members of the firm, sorted by name. Empty for clients.
    query StaffQuery.staff_members, filter StaffMemberFilter => queries::StaffFilter;
    seen by scope, page queries::page, counted queries::count, position model::StaffMember::position
}

/// Input for `staffCreate`: the staff member to add and invite.
#[derive(Debug, InputObject)]
pub struct StaffCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The name that the firm shows; 1 to 200 characters.
    name: String,
    /// The e-mail address for signing in.
    email: String,
    /// The role of the staff member.
    role: StaffRole,
    /// The language of a new account. The default is the language of the firm.
    locale: Option<Locale>,
    /// The IDs of the departments of the staff member.
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
    /// The result of `staffCreate`.
    StaffCreatePayload {
        /// The new staff member; null when there are errors.
        staff_member: Option<StaffMember>,
        /// The invitation to send to the person. It is returned only once: null in the result of a
        /// repeated call, and when the person can use the access at once.
        invitation: Option<InvitationLink>,
    }
}

/// Input for `staffInvitationRenew`: the staff member who is invited again.
#[derive(Debug, InputObject)]
pub struct StaffInvitationRenewInput {
    /// The ID of the staff member.
    id: ID,
}

payload! {
    /// The result of `staffInvitationRenew`.
    StaffInvitationRenewPayload {
        /// The new invitation, which is returned only once; null when there are errors.
        invitation: Option<InvitationLink>,
    }
}

/// Acts on staff.
#[derive(Debug, Default)]
pub struct StaffMutation;

#[Object]
impl StaffMutation {
    /// Adds a staff member. Creates an invitation, unless the person can use the membership at once.
    ///
    /// Requires the role `OWNER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_EMAIL`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn staff_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: StaffCreateInput,
    ) -> Result<StaffCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let staff_member = load_optional(ctx, done.as_ref().map(|invited| invited.id)).await?;
        let secret = done.and_then(|invited| invited.secret);
        let invitation = secret.as_ref().map(Into::into);
        Ok(StaffCreatePayload { staff_member, invitation, user_errors, revision })
    }

    /// Creates a new invitation for a staff member who has not accepted yet. The earlier invitation becomes
    /// invalid.
    ///
    /// Requires the role `OWNER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`.
    async fn staff_invitation_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: StaffInvitationRenewInput,
    ) -> Result<StaffInvitationRenewPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::renew_invitation(store, actor, id("id", &input.id)?).await
        })
        .await?;
        let invitation = done.as_ref().map(Into::into);
        Ok(StaffInvitationRenewPayload { invitation, user_errors, revision })
    }
}
