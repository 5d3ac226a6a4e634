//! Subscriptions: the feed as one viewer sees it (F-01).
//!
//! The first message of a subscription tells where it starts, the following ones what changed. Each message
//! carries a cursor to resume from. [`FeedNews`] is a batch of events as seen by one viewer: for a thing that the
//! viewer could see before and cannot see now it reports the removal, and nothing about things that the viewer
//! never saw (B-14).

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::Context;
use futures_util::stream::{self, Stream};
use guichet_base::id::{ClientId, DepartmentId, Id, StaffId};
use guichet_base::locale::Locale;
use guichet_edge::ApiError;
use guichet_engine::actor::{Membership, Scope};
use guichet_engine::feed::Audience;
use guichet_engine::feed::queries::{Entry, departments_of};
use guichet_engine::reach;
use guichet_engine::store::Store;

use crate::graphql::caller::Caller;
use crate::graphql::loaders::{Loaders, fault};
use crate::graphql::payload::Revision;
use crate::live::{EventBatch, Follower, Live, Step};

/// What a subscription is about.
pub trait Followed: Send + Sync + 'static {
    /// The type of its messages.
    type Message: Send + 'static;

    /// What it shows beside the things that it tells of.
    const SHOWS: Shows;

    /// A message for a client that must begin anew: of a list it says to read it again.
    ///
    /// # Errors
    /// When the database does not answer.
    fn reload(
        &self,
        place: FeedPosition,
        onlooker: &Onlooker,
    ) -> impl Future<Output = Result<Self::Message, ApiError>> + Send;

    /// A message about changes; none when there is nothing to report.
    ///
    /// # Errors
    /// When the database does not answer.
    fn news(
        &self,
        place: FeedPosition,
        news: &FeedNews,
    ) -> impl Future<Output = Result<Option<Self::Message>, ApiError>> + Send;
}

/// What a subscription shows beside the things that it tells of. Each kind of object that its rows lead to, by fields that
/// are no lists, is in one of the lists `embeds`, `counts` and `elsewhere`: a test compares them with the published
/// contract.
#[derive(Debug, Clone, Copy)]
pub struct Shows {
    /// The field of the subscription.
    pub field: &'static str,
    /// Nouns that rows show: when one of these things changes that was there before, all is to be read anew.
    pub embeds: &'static [&'static str],
    /// Nouns that change what rows show when they come to be, too.
    pub counts: &'static [&'static str],
    /// Nouns that rows refer to, whose changes other subscriptions tell.
    pub elsewhere: &'static [&'static str],
    /// Nouns that rows do not refer to, but on whose settings it depends what the viewer may do with them.
    pub rules: &'static [&'static str],
}

impl Shows {
    /// A field whose rows show nothing else.
    pub const fn of(field: &'static str) -> Self {
        Self { field, embeds: &[], counts: &[], elsewhere: &[], rules: &[] }
    }

    /// Whether an event, about something the viewer could or can see, changes more than the things that messages
    /// contain, so that the client must reload.
    fn is_shaken_by(&self, entry: &Entry) -> bool {
        let noun = entry.noun.as_str();
        let is_shown = self.embeds.contains(&noun) || self.rules.contains(&noun);
        self.counts.contains(&noun) || entry.before.is_some() && is_shown
    }
}

/// The position up to which everything was sent.
#[derive(Debug)]
pub struct FeedPosition {
    /// The cursor to resume from.
    pub cursor: String,
    /// The same as a revision; none for clients.
    pub revision: Option<Revision>,
}

/// The viewer of a subscription.
#[derive(Debug, Clone)]
pub struct Onlooker {
    /// The store of the business.
    pub store: Store,
    /// The membership.
    pub membership: Membership,
    /// The language of the messages.
    pub locale: Locale,
    departments: Arc<[DepartmentId]>,
}

impl Onlooker {
    async fn of(caller: &Caller) -> Result<Self, ApiError> {
        let membership = caller.actor()?.membership.clone();
        let departments = Arc::default();
        let mut onlooker =
            Self { store: caller.store.clone(), membership, locale: caller.locale, departments };
        onlooker.refresh().await?;
        Ok(onlooker)
    }

    /// What the viewer can see.
    pub fn scope(&self) -> Scope {
        self.membership.scope()
    }

    /// Reads the data that audiences of events are compared with.
    async fn refresh(&mut self) -> Result<(), ApiError> {
        if let Some(staff_id) = self.scope().member() {
            let mut conn = self.store.conn().await?;
            self.departments = departments_of(&mut conn, staff_id).await.map_err(fault)?.into();
        }
        Ok(())
    }

    fn sees(&self, audience: Option<&Audience>) -> bool {
        audience.is_some_and(|audience| audience.admits_member(&self.membership, &self.departments))
    }

    /// Whether the viewer can see a thing where others refer to it: a member also sees clients and colleagues
    /// outside of its reach there.
    fn meets(&self, audience: Option<&Audience>) -> bool {
        let is_of_one_person = audience.is_none_or(|audience| audience.person.is_some());
        self.scope().member().is_some() && !is_of_one_person || self.sees(audience)
    }

    /// Whether an event changes what the viewer can see beyond its own thing: a member's reach depends on its
    /// clients, departments and its own record.
    fn is_shaken(&self, entry: &Entry) -> bool {
        let Some(staff_id) = self.scope().member() else { return false };
        match entry.noun.as_str() {
            ClientId::NOUN => entry.before != entry.after,
            DepartmentId::NOUN => true,
            StaffId::NOUN => entry.subject == staff_id.uuid(),
            _ => false,
        }
    }
}

/// How the viewer's sight of a thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Not at all.
    Same,
    /// It became visible; what happened to it before was not sent.
    Returned,
    /// It is no longer visible.
    Gone,
}

/// The changes, for one viewer.
#[derive(Debug)]
pub struct FeedNews {
    /// The events, shared by all viewers.
    pub batch: Arc<EventBatch>,
    /// The viewer.
    pub onlooker: Onlooker,
    /// Whether later changes are known already, so that what is told now is not the last of it.
    pub more: bool,
    behind: i64,
}

impl FeedNews {
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.batch.entries.iter().filter(|entry| entry.revision > self.behind)
    }

    /// The things of one noun that were or are visible to the viewer.
    pub fn touched<I: Id + Ord>(&self) -> BTreeSet<I> {
        let sees = |audience: &Option<Audience>| self.onlooker.sees(audience.as_ref());
        let own = self.entries().filter(|entry| entry.noun == I::NOUN);
        let seen = own.filter(|entry| sees(&entry.before) || sees(&entry.after));
        seen.map(|entry| I::from_uuid(entry.subject)).collect()
    }

    /// The new things of one noun that the viewer can see.
    pub fn added<I: Id + Ord>(&self) -> BTreeSet<I> {
        let new = self.entries().filter(|entry| entry.noun == I::NOUN && entry.before.is_none());
        let seen = new.filter(|entry| self.onlooker.sees(entry.after.as_ref()));
        seen.map(|entry| I::from_uuid(entry.subject)).collect()
    }

    /// Whether visible things of one noun changed.
    pub fn changes<I: Id>(&self) -> bool {
        let own = self.entries().filter(|entry| entry.noun == I::NOUN);
        own.map(|entry| entry.before.as_ref()).any(|before| self.onlooker.sees(before))
    }

    /// Whether things that others belong to, and that were there before, came into the viewer's sight, or went out of
    /// it: what belongs to them goes with them, without events of its own.
    pub fn moves_subjects(&self) -> bool {
        let is_subject = |noun: &str| reach::ALL.iter().any(|reach| reach.is_subject && reach.noun == noun);
        let own = self.entries().filter(|entry| is_subject(&entry.noun));
        own.filter(|entry| entry.before.is_some()).any(|entry| {
            self.onlooker.sees(entry.before.as_ref()) != self.onlooker.sees(entry.after.as_ref())
        })
    }

    /// How the viewer's sight of a thing changed, however often it changed within the batch.
    pub fn sight_of<I: Id>(&self, id: I) -> Sight {
        let sees = |audience: &Option<Audience>| self.onlooker.sees(audience.as_ref());
        let own = self.entries().filter(|entry| entry.noun == I::NOUN && entry.subject == id.uuid());
        let seen: Vec<_> = own.map(|entry| (sees(&entry.before), sees(&entry.after))).collect();
        match seen.iter().rfind(|(before, after)| *before || *after) {
            Some((_, is_seen)) if seen.iter().any(|(before, after)| before != after) => {
                if *is_seen {
                    Sight::Returned
                } else {
                    Sight::Gone
                }
            }
            _ => Sight::Same,
        }
    }
}

/// A running subscription. There are many, and mostly they wait: the code that reads the database is boxed, so
/// that it uses memory only while it reads.
struct Following<F> {
    follower: Follower,
    onlooker: Onlooker,
    /// The loaders for resolving messages.
    loaders: Loaders,
    followed: F,
}

impl<F: Followed> Following<F> {
    async fn next(&mut self) -> Result<F::Message, ApiError> {
        loop {
            let step = self.follower.next().await.map_err(fault)?;
            let place = self.place();
            let Step::Events { batch, behind, more } = step else {
                return Box::pin(self.reload(place)).await;
            };
            let news = FeedNews { batch, onlooker: self.onlooker.clone(), behind, more };
            let meets = |entry: &Entry| {
                self.onlooker.meets(entry.before.as_ref()) || self.onlooker.meets(entry.after.as_ref())
            };
            let shaken = |entry: &Entry| {
                self.onlooker.is_shaken(entry) || meets(entry) && F::SHOWS.is_shaken_by(entry)
            };
            if news.entries().any(shaken) {
                return Box::pin(self.reload(place)).await;
            }
            if let Some(message) = Box::pin(self.followed.news(place, &news)).await? {
                self.about(Some(news.batch));
                return Ok(message);
            }
        }
    }

    async fn reload(&mut self, place: FeedPosition) -> Result<F::Message, ApiError> {
        self.onlooker.refresh().await?;
        self.about(None);
        self.followed.reload(place, &self.onlooker).await
    }

    fn about(&self, batch: Option<Arc<EventBatch>>) {
        if let Some(loaders) = &self.loaders {
            loaders.about(batch);
        }
    }

    fn place(&self) -> FeedPosition {
        let cursor = self.follower.cursor();
        // Plain revisions would reveal the firm's activity to its clients (B-14).
        let is_staff = self.onlooker.scope().is_staff();
        FeedPosition { cursor: cursor.encode(), revision: is_staff.then(|| Revision::new(cursor.revision)) }
    }
}

/// The messages of a subscription, starting from the cursor `after`. A failed message is the last: a client that
/// resumes from the previous cursor misses nothing.
///
/// # Errors
/// `UNAUTHENTICATED` without a membership, `UNAVAILABLE`.
pub async fn follow<F: Followed>(
    ctx: &Context<'_>,
    after: Option<String>,
    followed: F,
) -> Result<impl Stream<Item = Result<F::Message, ApiError>> + use<F>, ApiError> {
    let onlooker = Box::pin(Onlooker::of(Caller::of(ctx))).await?;
    let live = ctx.data_unchecked::<Live>();
    let follower =
        Box::pin(Follower::begin(live, &onlooker.membership, after.as_deref())).await.map_err(fault)?;
    let loaders = ctx.data_unchecked::<Loaders>().clone();
    let following = Following { follower, onlooker, loaders, followed };
    Ok(stream::unfold(Some(following), async |following| {
        let mut following = following?;
        match following.next().await {
            Ok(message) => Some((Ok(message), Some(following))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}
