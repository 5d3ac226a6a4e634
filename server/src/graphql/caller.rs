//! The caller, which the edge adds to each request and each resolver uses.

use async_graphql::Context;
use guichet_base::id::AccountId;
use guichet_base::locale::Locale;
use guichet_edge::{ApiError, Whose};
use guichet_engine::actor::{Actor, Membership, Origin, Scope};
use guichet_engine::feed::FeedCursor;
use guichet_engine::feed::queries::heads;
use guichet_engine::store::Store;
use guichet_schema::people::session::model::Viewer;

use crate::graphql::loaders::fault;
use crate::graphql::reading::{Lent, Reading};

/// The caller of one request.
#[derive(Debug)]
pub struct Caller {
    /// The store of the business.
    pub store: Store,
    /// The viewer, if signed in.
    pub viewer: Option<Viewer>,
    /// The language of the answer: the account's, else the browser's, else English.
    pub locale: Locale,
    /// Where the request comes from (F-03).
    pub origin: Origin,
    actor: Option<Actor>,
    reading: Reading,
    /// Where the feed was before anything was read, if the request asks for it.
    cursor: Option<FeedCursor>,
}

impl Caller {
    /// A caller; the language of its account takes precedence over that of its browser.
    pub fn new(store: Store, viewer: Option<Viewer>, browser: Option<Locale>, origin: Origin) -> Self {
        let locale = viewer.as_ref().map(|viewer| viewer.account.locale).or(browser).unwrap_or(Locale::En);
        let actor = viewer.as_ref().and_then(|viewer| viewer.actor(origin.clone(), locale));
        let reading = Reading::new(store.clone());
        Self { store, viewer, locale, origin, actor, reading, cursor: None }
    }

    /// Remembers the end of the firm's feed, before anything else is read.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn fix_cursor(&mut self) -> Result<(), ApiError> {
        let Some(membership) = self.membership() else { return Ok(()) };
        let heads = heads(&mut *self.conn().await?, &[membership.firm_id()]).await.map_err(fault)?;
        let cursor = heads.first().map(|head| FeedCursor::of(membership, head.epoch, head.revision));
        self.cursor = cursor;
        Ok(())
    }

    /// The end of the firm's feed before anything was read; none if it was not to be remembered.
    pub const fn cursor(&self) -> Option<FeedCursor> {
        self.cursor
    }

    /// The account of the viewer, if signed in.
    pub fn account(&self) -> Option<AccountId> {
        self.viewer.as_ref().map(|viewer| viewer.account.id)
    }

    /// Whose request it is, for the log.
    pub fn whose(&self) -> Whose {
        self.viewer.as_ref().map(whose).unwrap_or_default()
    }

    /// The caller of this request.
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        ctx.data_unchecked::<Self>()
    }

    /// The viewer.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn viewer(&self) -> Result<&Viewer, ApiError> {
        self.viewer.as_ref().ok_or_else(ApiError::unauthenticated)
    }

    /// The actor, which has a membership.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`; `MEMBERSHIP_REQUIRED` for a session without a membership.
    pub fn actor(&self) -> Result<&Actor, ApiError> {
        self.viewer()?;
        self.actor.as_ref().ok_or_else(ApiError::membership_required)
    }

    /// The membership of the session, if any.
    pub fn membership(&self) -> Option<&Membership> {
        self.actor.as_ref().map(|actor| &actor.membership)
    }

    /// What the caller can see.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn scope(&self) -> Result<Scope, ApiError> {
        self.actor().map(Actor::scope)
    }

    /// What is the firm's own affair: none for its clients.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub fn internal<T>(&self, value: T) -> Result<Option<T>, ApiError> {
        Ok(self.scope()?.is_staff().then_some(value))
    }

    /// A connection with which a field finds its rows; see [`Reading::finding_conn`].
    ///
    /// # Errors
    /// `UNAVAILABLE` when the database does not answer.
    pub async fn conn(&self) -> Result<Lent, ApiError> {
        self.reading.finding_conn().await
    }

    /// The connections of this request.
    pub fn reading(&self) -> &Reading {
        &self.reading
    }
}

/// Whose session it is, for the log.
pub fn whose(viewer: &Viewer) -> Whose {
    Whose {
        account: Some(viewer.account.id.to_string()),
        firm: viewer.membership.as_ref().map(|membership| membership.firm_id().to_string()),
    }
}
