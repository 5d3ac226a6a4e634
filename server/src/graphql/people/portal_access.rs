//! Portal accesses: the users of a client's area (B-03).

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use guichet_base::error;
use guichet_base::id::AccessId;
use guichet_edge::ApiError;
use guichet_schema::people::portal_access::commands::{self, CreatePortalAccess};
use guichet_schema::people::portal_access::{model, queries};
use guichet_schema::people::rights;

use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::payload::{Outcome, api_id, id, outcome, payload};
use crate::graphql::people::invitation::InvitationLink;
use crate::graphql::scalars::{AccessRole, Locale};

/// Where an access stands (B-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::AccessStatus")]
pub enum AccessStatus {
    /// Waits until the person accepts the invitation.
    Invited,
    /// Waits until an admin of the client activates it.
    Pending,
    /// Opens the client's area.
    Active,
    /// Taken away.
    Disabled,
}

/// A portal access.
#[derive(Debug, Clone)]
pub struct PortalAccess(pub model::PortalAccess);

by_ids!(AccessId => PortalAccess, queries::by_ids);

impl PortalAccess {
    /// What only staff, the client's admins and the user are told (B-05).
    fn detail<T>(&self, ctx: &Context<'_>, value: T) -> Result<Option<T>, ApiError> {
        let membership = &Caller::of(ctx).actor()?.membership;
        Ok(rights::sees_access(membership, self.0.id).then_some(value))
    }
}

/// An account's access to a client's area. Its fellow users see the name; the rest is for staff, the
/// client's admins and the user, and null for others (B-05).
#[Object]
impl PortalAccess {
    /// Its id.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The person's name.
    pub async fn name(&self) -> &str {
        &self.0.name
    }

    /// The address to which the person is written, and with which it signs in.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        self.detail(ctx, &*self.0.email)
    }

    /// Its rights.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<AccessRole>, ApiError> {
        self.detail(ctx, self.0.role.into())
    }

    /// Where it stands.
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<AccessStatus>, ApiError> {
        self.detail(ctx, self.0.status.into())
    }

    /// When it was made; it counts from then on.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>, ApiError> {
        self.detail(ctx, self.0.created_at)
    }
}

/// An access to be given.
#[derive(Debug, InputObject)]
pub struct PortalAccessCreateInput {
    /// Names the act: sent twice, it happens once.
    idempotency_key: String,
    /// To which client's area.
    client_id: ID,
    /// The address with which the person signs in.
    email: String,
    /// The person's name, for a new account; up to 200 characters.
    name: String,
    /// Its rights; when left out, `ADMIN` for the client's first access and `COLLABORATOR` for every
    /// later one (B-03).
    role: Option<AccessRole>,
    /// Its language, for a new account; the client's when left out.
    locale: Option<Locale>,
}

impl PortalAccessCreateInput {
    fn read(self) -> error::Result<(String, CreatePortalAccess)> {
        let input = CreatePortalAccess {
            client_id: id("clientId", &self.client_id)?,
            email: self.email,
            name: self.name,
            role: self.role.map(Into::into),
            locale: self.locale.map(Into::into),
        };
        Ok((self.idempotency_key, input))
    }
}

payload! {
    /// What became of a `portalAccessCreate`.
    PortalAccessCreatePayload {
        /// The access; null when it was refused.
        portal_access: Option<PortalAccess>,
        /// The invitation to hand over, told this once; null when the person may enter at once, and
        /// in the answer to a repeated call.
        invitation: Option<InvitationLink>,
    }
}

/// A portal user to be invited again.
#[derive(Debug, InputObject)]
pub struct PortalAccessInvitationRenewInput {
    /// The access.
    id: ID,
}

payload! {
    /// What became of a `portalAccessInvitationRenew`.
    PortalAccessInvitationRenewPayload {
        /// The new invitation, told this once; null when it was refused.
        invitation: Option<InvitationLink>,
    }
}

/// Acts on portal accesses.
#[derive(Debug, Default)]
pub struct PortalAccessMutation;

#[Object]
impl PortalAccessMutation {
    /// Gives a person access to a client's area and invites it (B-02). Owners and managers.
    async fn portal_access_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to let in, and where.")] input: PortalAccessCreateInput,
    ) -> Result<PortalAccessCreatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async {
            let (key, input) = input.read()?;
            commands::create(&caller.store, actor, &key, input).await
        };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let portal_access = load_optional(ctx, done.as_ref().map(|invited| invited.id)).await?;
        let secret = done.and_then(|invited| invited.secret);
        let invitation = secret.as_ref().map(Into::into);
        Ok(PortalAccessCreatePayload { portal_access, invitation, user_errors, revision })
    }

    /// Invites a person again who has not accepted yet; the earlier invitation ends. Owners and
    /// managers.
    async fn portal_access_invitation_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom to invite.")] input: PortalAccessInvitationRenewInput,
    ) -> Result<PortalAccessInvitationRenewPayload, ApiError> {
        let caller = Caller::of(ctx);
        let actor = caller.actor()?;
        let result = async { commands::renew_invitation(&caller.store, actor, id("id", &input.id)?).await };
        let Outcome { done, user_errors, revision } = outcome(caller, result.await)?;
        let invitation = done.as_ref().map(Into::into);
        Ok(PortalAccessInvitationRenewPayload { invitation, user_errors, revision })
    }
}
