//! Portal accesses: the users of a client's area (B-03).

use async_graphql::{Context, ID, InputObject, Object};
use guichet_base::error;
use guichet_base::id::AccessId;
use guichet_edge::ApiError;
use guichet_schema::people::portal_access::commands::{self, CreatePortalAccess};
use guichet_schema::people::portal_access::{model, queries};
use guichet_schema::people::rights;

use crate::graphql::caller::Caller;
use crate::graphql::loaders::{by_ids, load_optional};
use crate::graphql::mirror::mirror;
use crate::graphql::payload::{MutationOutcome, act, api_id, id, payload};
use crate::graphql::people::invitation::InvitationLink;
use crate::graphql::scalars::{AccessRole, DateTime, Locale};

mirror!(AccessStatus => model::AccessStatus);

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

/// The access of an account to the area of a client. Other users of the client see the name; the other fields
/// are visible to staff, to admins of the client and to the user, and null for others.
#[Object]
impl PortalAccess {
    /// The ID of the portal access, for example `access_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.
    pub async fn id(&self) -> ID {
        api_id(self.0.id)
    }

    /// The name of the person.
    pub async fn name(&self) -> &str {
        &self.0.name
    }

    /// The e-mail address of the person, which is also used for signing in.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<&str>, ApiError> {
        self.detail(ctx, &*self.0.email)
    }

    /// The role of the person.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<AccessRole>, ApiError> {
        self.detail(ctx, self.0.role.into())
    }

    /// The status of the access.
    async fn status(&self, ctx: &Context<'_>) -> Result<Option<AccessStatus>, ApiError> {
        self.detail(ctx, self.0.status.into())
    }

    /// The date and time when the access was created. The first access of a client is its admin.
    async fn created_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>, ApiError> {
        Ok(self.detail(ctx, self.0.created_at)?.map(DateTime))
    }
}

/// Input for `portalAccessCreate`: the person to give access to a client area.
#[derive(Debug, InputObject)]
pub struct PortalAccessCreateInput {
    /// The idempotency key, for example a UUID; 1 to 200 characters. A repeated call with the same key has no
    /// further effect and returns the same result.
    idempotency_key: String,
    /// The ID of the client.
    client_id: ID,
    /// The e-mail address for signing in.
    email: String,
    /// The name of the person, used for a new account; 1 to 200 characters.
    name: String,
    /// The role. The default is `ADMIN` for the first access of the client, and `COLLABORATOR` for every
    /// later one.
    role: Option<AccessRole>,
    /// The language of a new account. The default is the language of the client.
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
    /// The result of `portalAccessCreate`.
    PortalAccessCreatePayload {
        /// The new portal access; null when there are errors.
        portal_access: Option<PortalAccess>,
        /// The invitation to send to the person. It is returned only once: null in the result of a
        /// repeated call, and when the person can use the access at once.
        invitation: Option<InvitationLink>,
    }
}

/// Input for `portalAccessInvitationRenew`: the portal access whose user is invited again.
#[derive(Debug, InputObject)]
pub struct PortalAccessInvitationRenewInput {
    /// The ID of the portal access.
    id: ID,
}

payload! {
    /// The result of `portalAccessInvitationRenew`.
    PortalAccessInvitationRenewPayload {
        /// The new invitation, which is returned only once; null when there are errors.
        invitation: Option<InvitationLink>,
    }
}

/// Acts on portal accesses.
#[derive(Debug, Default)]
pub struct PortalAccessMutation;

#[Object]
impl PortalAccessMutation {
    /// Gives a person access to the area of a client. Creates an invitation, unless the person can use the
    /// access at once.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`, `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`, `INVALID_EMAIL`, `TAKEN`,
    /// `IDEMPOTENCY_KEY_REUSED`.
    async fn portal_access_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: PortalAccessCreateInput,
    ) -> Result<PortalAccessCreatePayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            let (key, input) = input.read()?;
            commands::create(store, actor, &key, input).await
        })
        .await?;
        let portal_access = load_optional(ctx, done.as_ref().map(|invited| invited.id)).await?;
        let secret = done.and_then(|invited| invited.secret);
        let invitation = secret.as_ref().map(Into::into);
        Ok(PortalAccessCreatePayload { portal_access, invitation, user_errors, revision })
    }

    /// Creates a new invitation for a person who has not accepted yet. The earlier invitation becomes
    /// invalid.
    ///
    /// Requires the role `OWNER` or `MANAGER`.
    ///
    /// Errors: `NOT_ALLOWED`, `NOT_FOUND`.
    async fn portal_access_invitation_renew(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: PortalAccessInvitationRenewInput,
    ) -> Result<PortalAccessInvitationRenewPayload, ApiError> {
        let MutationOutcome { done, user_errors, revision } = act(ctx, async |store, actor| {
            commands::renew_invitation(store, actor, id("id", &input.id)?).await
        })
        .await?;
        let invitation = done.as_ref().map(Into::into);
        Ok(PortalAccessInvitationRenewPayload { invitation, user_errors, revision })
    }
}
