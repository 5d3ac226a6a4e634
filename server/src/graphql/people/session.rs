//! Signing in and out, and choosing a membership (B-06, B-13).

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use guichet_base::error;
use guichet_base::id::{AccessId, StaffId};
use guichet_edge::ApiError;
use guichet_engine::store::Done;
use guichet_schema::people::account::password::Password;
use guichet_schema::people::session::commands::{self, SignIn};
use guichet_schema::people::session::model::{MembershipId, SignedIn};
use guichet_schema::people::session::profile::{self, UpdateAccount};
use http::header::SET_COOKIE;

use crate::graphql::caller::Caller;
use crate::graphql::deployment::Deployment;
use crate::graphql::payload::{MutationOutcome, UserError, id, outcome};
use crate::graphql::people::account::Account;
use crate::graphql::people::membership::Membership;
use crate::graphql::scalars::{DateTime, Locale};

/// How a client receives and sends the token of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub enum SessionTransport {
    /// In a cookie that scripts cannot read, for web pages.
    #[default]
    Cookie,
    /// In the payload, to be sent as `Authorization: Bearer`, for apps that can keep a secret.
    Bearer,
}

/// A new session.
#[derive(Debug, SimpleObject)]
pub struct Session {
    /// The account that signed in.
    account: Account,
    /// The membership that the session uses; null when the account has several memberships and one must be
    /// selected with `membershipSelect`.
    membership: Option<Membership>,
    /// The list of memberships that the account can select.
    memberships: Vec<Membership>,
    /// The date and time when the session expires.
    expires_at: DateTime,
}

/// What signing in comes to, in whatever way.
#[derive(Debug, Default)]
pub struct Entry {
    /// The new session; none when it was refused.
    pub session: Option<Session>,
    /// The token, where it is told.
    pub token: Option<String>,
    /// Why it was refused.
    pub user_errors: Vec<UserError>,
}

impl Entry {
    /// Hands out a new session: its token goes into a cookie or into the payload, never both.
    ///
    /// # Errors
    /// Faults of ours.
    pub fn new(
        ctx: &Context<'_>,
        transport: SessionTransport,
        result: error::Result<SignedIn>,
    ) -> Result<Self, ApiError> {
        let caller = Caller::of(ctx);
        let result = result.map(|value| Done { value, revision: None });
        let MutationOutcome { done, user_errors, .. } = outcome(caller, result)?;
        let Some(SignedIn { token, viewer, memberships }) = done else {
            return Ok(Self { user_errors, ..Self::default() });
        };
        let told = match transport {
            SessionTransport::Bearer => Some(token.expose().to_owned()),
            SessionTransport::Cookie => {
                let lasts = viewer.expires_at - caller.store.now();
                let deployment = ctx.data_unchecked::<Deployment>();
                ctx.append_http_header(SET_COOKIE, deployment.give_cookie(&token, lasts));
                None
            }
        };
        let session = Session {
            membership: memberships
                .iter()
                .find(|option| Some(&option.membership) == viewer.membership.as_ref())
                .map(Membership::from),
            account: Account(viewer.account),
            memberships: memberships.iter().map(Membership::from).collect(),
            expires_at: DateTime(viewer.expires_at),
        };
        Ok(Self { session: Some(session), token: told, user_errors })
    }
}

/// Input for `signIn`: the credentials.
#[derive(Debug, InputObject)]
pub struct SignInInput {
    /// The e-mail address.
    email: String,
    /// The password.
    #[graphql(secret)]
    password: String,
    /// How the client receives the token of the new session.
    #[graphql(default)]
    transport: SessionTransport,
}

/// The result of `signIn`.
#[derive(Debug, SimpleObject)]
pub struct SignInPayload {
    /// The new session; null when there are errors.
    session: Option<Session>,
    /// The token of the session. It is returned only once, and only for the transport `BEARER`.
    token: Option<String>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

/// The result of `signOut`.
#[derive(Debug, SimpleObject)]
pub struct SignOutPayload {
    /// The account that was signed out; null when there was no session.
    account: Option<Account>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

/// Input for `membershipSelect`: the membership to use.
#[derive(Debug, InputObject)]
pub struct MembershipSelectInput {
    /// The ID of one of the memberships of the viewer.
    membership_id: ID,
}

/// The result of `membershipSelect`.
#[derive(Debug, SimpleObject)]
pub struct MembershipSelectPayload {
    /// The membership that the session uses from the next request on; null when there are errors.
    membership: Option<Membership>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

/// Input for `accountUpdate`: the values to change.
#[derive(Debug, InputObject)]
pub struct AccountUpdateInput {
    /// The new name, 1 to 200 characters.
    name: Option<String>,
    /// The new language: that of error messages and of the mails to this person.
    locale: Option<Locale>,
}

/// The result of `accountUpdate`.
#[derive(Debug, SimpleObject)]
pub struct AccountUpdatePayload {
    /// The account; null when there are errors.
    account: Option<Account>,
    /// The list of errors; empty on success.
    user_errors: Vec<UserError>,
}

/// Acts on the viewer's session.
#[derive(Debug, Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs in. If the account has exactly one membership, the session uses it; otherwise select one with
    /// `membershipSelect`. The session is valid from the next request on.
    ///
    /// Available without signing in.
    ///
    /// Errors: `WRONG_CREDENTIALS`, `TOO_MANY_ATTEMPTS`, `ACCESS_PENDING`.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: SignInInput,
    ) -> Result<SignInPayload, ApiError> {
        let caller = Caller::of(ctx);
        let who = SignIn { email: input.email, password: Password::new(&input.password) };
        let result = commands::sign_in(&caller.store, who, caller.origin.clone()).await;
        let Entry { session, token, user_errors } = Entry::new(ctx, input.transport, result)?;
        Ok(SignInPayload { session, token, user_errors })
    }

    /// Ends the session of the viewer and removes its cookie. Does nothing when there is no session.
    ///
    /// Available without signing in.
    ///
    /// Errors: none.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload, ApiError> {
        let caller = Caller::of(ctx);
        let mut user_errors = Vec::new();
        if let Some(viewer) = &caller.viewer {
            let result = commands::sign_out(&caller.store, viewer, caller.origin.clone()).await;
            let result = result.map(|value| Done { value, revision: None });
            user_errors = outcome(caller, result)?.user_errors;
        }
        ctx.append_http_header(SET_COOKIE, ctx.data_unchecked::<Deployment>().take_cookie());
        let account = caller.viewer.as_ref().map(|viewer| Account(viewer.account.clone()));
        Ok(SignOutPayload { account, user_errors })
    }

    /// Selects another membership of the same account for the session, which keeps its token. Discard
    /// everything that was read with the other membership.
    ///
    /// Available to every account that is signed in.
    ///
    /// Errors: `NOT_FOUND`.
    async fn membership_select(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: MembershipSelectInput,
    ) -> Result<MembershipSelectPayload, ApiError> {
        let caller = Caller::of(ctx);
        let viewer = caller.viewer()?;
        let result = async {
            let membership = membership_id(&input.membership_id)?;
            let value =
                commands::select_membership(&caller.store, viewer, membership, caller.origin.clone()).await?;
            Ok(Done { value, revision: None })
        };
        let MutationOutcome { done, user_errors, .. } = outcome(caller, result.await)?;
        Ok(MembershipSelectPayload { membership: done.as_ref().map(Membership::from), user_errors })
    }

    /// Changes the account of the viewer. Omitted values stay.
    ///
    /// Available to every account that is signed in.
    ///
    /// Errors: `REQUIRED`, `TOO_LONG`, `INVALID_TEXT`.
    async fn account_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The input of the mutation.")] input: AccountUpdateInput,
    ) -> Result<AccountUpdatePayload, ApiError> {
        let caller = Caller::of(ctx);
        let viewer = caller.viewer()?;
        let change = UpdateAccount { name: input.name, locale: input.locale.map(Into::into) };
        let result = profile::update(&caller.store, viewer, change, caller.origin.clone()).await;
        let result = result.map(|value| Done { value, revision: None });
        let MutationOutcome { done, user_errors, .. } = outcome(caller, result)?;
        Ok(AccountUpdatePayload { account: done.map(Account), user_errors })
    }
}

fn membership_id(given: &ID) -> error::Result<MembershipId> {
    let staff = id::<StaffId>("membershipId", given).map(MembershipId::Staff);
    staff.or_else(|_| id::<AccessId>("membershipId", given).map(MembershipId::Portal))
}
