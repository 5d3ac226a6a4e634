//! Signing in and out, and choosing a hat (B-06, B-13).

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use guichet_schema::account::password::Password;
use guichet_schema::error;
use guichet_schema::id::{AccessId, StaffId};
use guichet_schema::session::commands::{self, SignIn};
use guichet_schema::session::model::{HatId, SignedIn};
use guichet_schema::store::Done;
use http::header::SET_COOKIE;

use super::account::Account;
use super::caller::Caller;
use super::deployment::Deployment;
use super::hat::Hat;
use super::payload::{Outcome, UserError, id, outcome};
use crate::edge::ApiError;

/// How the token of a session travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum)]
pub enum SessionTransport {
    /// In a cookie that scripts cannot read: for web pages.
    #[default]
    Cookie,
    /// In the payload, to be sent as `Authorization: Bearer`: for apps that can keep a secret.
    Bearer,
}

/// A new session: who is signed in, and as what.
#[derive(Debug, SimpleObject)]
pub struct Session {
    /// Who.
    account: Account,
    /// As what; null when there are several hats and one must be chosen by `hatChoose`.
    hat: Option<Hat>,
    /// All hats to choose from.
    hats: Vec<Hat>,
    /// When it ends by itself.
    expires_at: DateTime<Utc>,
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
        let Outcome { done, user_errors, .. } = outcome(caller, result)?;
        let Some(SignedIn { token, viewer, hats }) = done else {
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
            hat: hats.iter().find(|option| Some(&option.hat) == viewer.hat.as_ref()).map(Hat::from),
            account: Account(viewer.account),
            hats: hats.iter().map(Hat::from).collect(),
            expires_at: viewer.expires_at,
        };
        Ok(Self { session: Some(session), token: told, user_errors })
    }
}

/// Who wants to sign in.
#[derive(Debug, InputObject)]
pub struct SignInInput {
    /// The e-mail address.
    email: String,
    /// The password.
    #[graphql(secret)]
    password: String,
    /// How the token of the new session travels.
    #[graphql(default)]
    transport: SessionTransport,
}

/// What became of a `signIn`.
#[derive(Debug, SimpleObject)]
pub struct SignInPayload {
    /// The new session; null when it was refused.
    session: Option<Session>,
    /// The session's token, told this once and for `BEARER` only.
    token: Option<String>,
    /// Why nothing was done; empty when it was done.
    user_errors: Vec<UserError>,
}

/// What became of a `signOut`.
#[derive(Debug, SimpleObject)]
pub struct SignOutPayload {
    /// Who is no longer signed in; null when nobody was.
    account: Option<Account>,
    /// Why nothing was done; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Which hat to put on.
#[derive(Debug, InputObject)]
pub struct HatChooseInput {
    /// One of the viewer's hats.
    hat_id: ID,
}

/// What became of a `hatChoose`.
#[derive(Debug, SimpleObject)]
pub struct HatChoosePayload {
    /// The hat that the session wears from the next request on; null when it was refused.
    hat: Option<Hat>,
    /// Why nothing was done; empty when it was done.
    user_errors: Vec<UserError>,
}

/// Acts on the viewer's session.
#[derive(Debug, Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Signs in (B-06). With one hat it is put on; of several one must be chosen. The session counts
    /// from the next request on.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and how the token is to travel.")] input: SignInInput,
    ) -> Result<SignInPayload, ApiError> {
        let caller = Caller::of(ctx);
        let who = SignIn { email: input.email, password: Password::new(&input.password) };
        let result = commands::sign_in(&caller.store, who, caller.origin.clone()).await;
        let Entry { session, token, user_errors } = Entry::new(ctx, input.transport, result)?;
        Ok(SignInPayload { session, token, user_errors })
    }

    /// Ends the viewer's session and takes its cookie away. Whoever is not signed in is left alone.
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

    /// Puts on another hat of the same account (B-13); the session keeps its token. Whatever was read
    /// under the other hat should be forgotten.
    async fn hat_choose(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which hat.")] input: HatChooseInput,
    ) -> Result<HatChoosePayload, ApiError> {
        let caller = Caller::of(ctx);
        let viewer = caller.viewer()?;
        let result = async {
            let hat = hat_id(&input.hat_id)?;
            let value = commands::choose_hat(&caller.store, viewer, hat, caller.origin.clone()).await?;
            Ok(Done { value, revision: None })
        };
        let Outcome { done, user_errors, .. } = outcome(caller, result.await)?;
        Ok(HatChoosePayload { hat: done.as_ref().map(Hat::from), user_errors })
    }
}

fn hat_id(given: &ID) -> error::Result<HatId> {
    let staff = id::<StaffId>("hatId", given).map(HatId::Staff);
    staff.or_else(|_| id::<AccessId>("hatId", given).map(HatId::Portal))
}
