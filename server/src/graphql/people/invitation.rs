//! Invitations: how somebody enters a membership that a firm made for them (B-02).

use async_graphql::{Context, InputObject, Object, SimpleObject};
use guichet_base::secret::Secret;
use guichet_edge::ApiError;
use guichet_schema::people::account::password::Password;
use guichet_schema::people::invitation::model::{AcceptInvitation, OpenInvitation};
use guichet_schema::people::invitation::{commands, queries};

use crate::graphql::caller::Caller;
use crate::graphql::payload::{UserError, queried};
use crate::graphql::people::session::{Entry, Session, SessionTransport};

/// An invitation to be handed over to the person, by whatever messenger. It opens one membership, once, for
/// seven days.
#[derive(Debug, SimpleObject)]
pub struct InvitationLink {
    /// What `invitationAccept` takes.
    secret: String,
}

impl From<&Secret> for InvitationLink {
    fn from(secret: &Secret) -> Self {
        Self { secret: secret.expose().to_owned() }
    }
}

/// What the page of an invitation shows before it is accepted.
#[derive(Debug, SimpleObject)]
pub struct Invitation {
    /// The address with which the person will sign in.
    email: String,
    /// The firm that invites.
    firm_name: String,
    /// Whether the account has a password, which must then be given; else one is chosen.
    has_password: bool,
}

impl From<OpenInvitation> for Invitation {
    fn from(open: OpenInvitation) -> Self {
        let OpenInvitation { email, firm_name, has_password } = open;
        Self { email, firm_name, has_password }
    }
}

/// Queries about invitations.
#[derive(Debug, Default)]
pub struct InvitationQuery;

#[Object]
impl InvitationQuery {
    /// An invitation that can be accepted now; null when it is unknown, used or expired. Nobody needs
    /// to be signed in.
    async fn invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret out of the link.", secret)] secret: String,
    ) -> Result<Option<Invitation>, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::find(&caller.store, &secret.into()).await;
        Ok(queried(caller, found)?.map(Into::into))
    }
}

/// An acceptance.
#[derive(Debug, InputObject)]
pub struct InvitationAcceptInput {
    /// The secret out of the link.
    #[graphql(secret)]
    secret: String,
    /// The account's password, or the one that it gets: 10 to 200 characters.
    #[graphql(secret)]
    password: String,
    /// How the person wants to be called; only an account without a password is renamed.
    name: Option<String>,
    /// How the token of the new session travels.
    #[graphql(default)]
    transport: SessionTransport,
}

/// What became of an `invitationAccept`.
#[derive(Debug, SimpleObject)]
pub struct InvitationAcceptPayload {
    /// The new session; null when it was refused.
    session: Option<Session>,
    /// The session's token, told this once and for `BEARER` only.
    token: Option<String>,
    /// Why nothing was done; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Acts on invitations.
#[derive(Debug, Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Accepts an invitation and signs in with the membership that it opens. Nobody needs to be signed in.
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation, and the account's password.")] input: InvitationAcceptInput,
    ) -> Result<InvitationAcceptPayload, ApiError> {
        let caller = Caller::of(ctx);
        let acceptance = AcceptInvitation {
            secret: input.secret.into(),
            password: Password::new(&input.password),
            name: input.name,
        };
        let result = commands::accept(&caller.store, acceptance, caller.origin.clone()).await;
        let Entry { session, token, user_errors } = Entry::new(ctx, input.transport, result)?;
        Ok(InvitationAcceptPayload { session, token, user_errors })
    }
}
