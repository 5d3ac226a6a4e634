//! Invitations: how somebody enters a membership that a firm made for them (B-02).

use async_graphql::{Context, InputObject, Object, SimpleObject};
use guichet_base::secret::Secret;
use guichet_edge::ApiError;
use guichet_schema::people::account::password::Password;
use guichet_schema::people::invitation::model::{AcceptInvitation, OpenInvitation};
use guichet_schema::people::invitation::queries;
use guichet_schema::people::session::acceptance;

use crate::graphql::caller::Caller;
use crate::graphql::payload::{UserError, queried};
use crate::graphql::people::session::{Entry, Session, SessionTransport};

/// An invitation to send to the person, for example with a messenger. It is valid for one membership, once,
/// for seven days.
#[derive(Debug, SimpleObject)]
pub struct InvitationLink {
    /// The secret for `invitationAccept`.
    secret: String,
}

impl From<&Secret> for InvitationLink {
    fn from(secret: &Secret) -> Self {
        Self { secret: secret.expose().to_owned() }
    }
}

/// The information that the page of an invitation shows before the invitation is accepted.
#[derive(Debug, SimpleObject)]
pub struct Invitation {
    /// The e-mail address with which the person will sign in.
    email: String,
    /// The name of the firm that sent the invitation.
    firm_name: String,
    /// Whether the account already has a password, which is then required; otherwise a new password is
    /// chosen.
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
    /// Returns the invitation with this secret; null when it is unknown, used or expired. Available without
    /// signing in.
    async fn invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret from the link.", secret)] secret: String,
    ) -> Result<Option<Invitation>, ApiError> {
        let caller = Caller::of(ctx);
        let found = queries::find(&caller.store, &secret.into()).await;
        Ok(queried(caller, found)?.map(Into::into))
    }
}

/// Input for `invitationAccept`: the invitation, and the password of the account.
#[derive(Debug, InputObject)]
pub struct InvitationAcceptInput {
    /// The secret from the link.
    #[graphql(secret)]
    secret: String,
    /// The password of the account, or a new one if it has none: 10 to 200 characters.
    #[graphql(secret)]
    password: String,
    /// The name of the person; used only when the account has no password yet.
    name: Option<String>,
    /// How the client receives the token of the new session.
    #[graphql(default)]
    transport: SessionTransport,
}

/// The result of `invitationAccept`.
#[derive(Debug, SimpleObject)]
pub struct InvitationAcceptPayload {
    /// The new session; null when there are errors.
    session: Option<Session>,
    /// The token of the session. It is returned only once, and only for the transport `BEARER`.
    token: Option<String>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

/// Acts on invitations.
#[derive(Debug, Default)]
pub struct InvitationMutation;

#[Object]
impl InvitationMutation {
    /// Accepts an invitation and signs in with its membership.
    ///
    /// Available without signing in.
    ///
    /// Errors: `INVITATION_INVALID`, `PASSWORD_TOO_SHORT`, `TOO_LONG`, `INVALID_TEXT`, `WRONG_CREDENTIALS`,
    /// `TOO_MANY_ATTEMPTS`, `CONFLICT`.
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: InvitationAcceptInput,
    ) -> Result<InvitationAcceptPayload, ApiError> {
        let caller = Caller::of(ctx);
        let acceptance = AcceptInvitation {
            secret: input.secret.into(),
            password: Password::new(&input.password),
            name: input.name,
        };
        let result = acceptance::accept(&caller.store, acceptance, caller.origin.clone()).await;
        let Entry { session, token, user_errors } = Entry::new(ctx, input.transport, result)?;
        Ok(InvitationAcceptPayload { session, token, user_errors })
    }
}
