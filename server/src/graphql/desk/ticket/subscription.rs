//! Tickets and their conversations, live (F-01, D-07).

use async_graphql::{Context, ID, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::id::{AccessId, ClientId, DepartmentId, Id, MessageId, ServiceItemId, StaffId, TicketId};
use guichet_edge::{ApiError, MESSAGE_LENGTH};
use guichet_engine::feed::queries::Entry;
use guichet_schema::desk::ticket::list;
use guichet_schema::shared::conversation::{self, model::Message};

use super::conversation::TicketMessage;
use super::query::TicketFilter;
use super::types::Ticket;
use crate::graphql::follow::{Followed, News, Place, Sight, follow};
use crate::graphql::payload::{Revision, api_id, unanswered};

/// What changed in a list of tickets.
#[derive(SimpleObject)]
pub struct TicketsChanged {
    /// Where this message leads to: after a lost connection, subscribe with it as `after`.
    cursor: String,
    /// The same as a revision, to be compared with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether to read the list anew, now: what comes next builds on it. So it is in the first message
    /// without `after`, after too long an absence, when very much changed at once, and when what the viewer may
    /// see changed.
    reload: bool,
    /// Tickets that are in the list, as they are now: new ones, and those that changed.
    changed: Vec<Ticket>,
    /// Tickets that are not in the list, or not any more.
    removed: Vec<ID>,
}

/// What happened in the conversation of a ticket.
#[derive(SimpleObject)]
pub struct TicketConversationChanged {
    /// Where this message leads to: after a lost connection, subscribe with it as `after`.
    cursor: String,
    /// The same as a revision, to be compared with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether to read the conversation anew, now: what comes next builds on it. So it is in the first
    /// message without `after`, after too long an absence, when very much was written at once, and when what the
    /// viewer may see changed.
    reload: bool,
    /// New messages, oldest first.
    messages: Vec<TicketMessage>,
    /// Whether the ticket went out of the viewer's sight: forget it.
    gone: bool,
}

/// Tickets, live.
#[derive(Debug, Default)]
pub struct TicketSubscription;

#[Subscription]
impl TicketSubscription {
    /// Changes of the tickets that the viewer sees. Applied in their order to what the query `tickets`
    /// answered after the first message, they give what it would answer now.
    async fn tickets_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which are wanted; all when left out.")] filter: Option<TicketFilter>,
        #[graphql(desc = "Only what follows this cursor of an earlier message.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TicketsChanged, ApiError>>, ApiError> {
        follow(ctx, after, Grid(filter.unwrap_or_default().into())).await
    }

    /// New messages of a ticket's conversation (D-07); internal notes for staff only. Of a ticket that the
    /// viewer does not see nothing comes.
    async fn ticket_conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ticket.")] ticket_id: ID,
        #[graphql(desc = "Only what follows this cursor of an earlier message.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<TicketConversationChanged, ApiError>>, ApiError> {
        follow(ctx, after, Conversation(TicketId::decode(&ticket_id))).await
    }
}

/// The tickets of a filter.
struct Grid(list::TicketFilter);

impl Followed for Grid {
    type Message = TicketsChanged;

    /// What the list shows of others than the tickets: names, which tickets a search finds, and whether a client has
    /// anybody to write to.
    fn is_shaken(&self, entry: &Entry) -> bool {
        let others = [ClientId::NOUN, StaffId::NOUN, DepartmentId::NOUN, ServiceItemId::NOUN];
        // Of what is new no ticket shows anything yet, but for its client's first access.
        entry.noun == AccessId::NOUN || entry.before.is_some() && others.contains(&entry.noun.as_str())
    }

    fn reload(&self, Place { cursor, revision }: Place) -> TicketsChanged {
        TicketsChanged { cursor, revision, reload: true, changed: Vec::new(), removed: Vec::new() }
    }

    async fn news(&self, place: Place, news: &News) -> Result<Option<TicketsChanged>, ApiError> {
        let touched = news.touched::<TicketId>();
        if touched.is_empty() {
            return Ok(None);
        }
        if touched.len() > MESSAGE_LENGTH {
            return Ok(Some(self.reload(place)));
        }
        let onlooker = &news.onlooker;
        let scope = onlooker.scope();
        let found = news
            .batch
            .shared((scope.clone(), self.0.clone()), async || {
                let mut conn = onlooker.store.conn().await?;
                let found = list::among(&mut conn, &scope, &self.0, &news.batch.things()).await;
                found.map_err(|error| unanswered(onlooker.locale, error))
            })
            .await?;
        let in_list = |id: &TicketId| found.iter().find(|ticket| ticket.id == *id);
        let removed = touched.iter().filter(|id| in_list(id).is_none()).map(|id| api_id(*id)).collect();
        let changed = touched.iter().filter_map(in_list).cloned().map(Ticket).collect();
        let Place { cursor, revision } = place;
        Ok(Some(TicketsChanged { cursor, revision, reload: false, changed, removed }))
    }
}

/// The conversation of a ticket; none for what is no id.
struct Conversation(Option<TicketId>);

impl Followed for Conversation {
    type Message = TicketConversationChanged;

    fn is_shaken(&self, _: &Entry) -> bool {
        false
    }

    fn reload(&self, Place { cursor, revision }: Place) -> TicketConversationChanged {
        TicketConversationChanged { cursor, revision, reload: true, messages: Vec::new(), gone: false }
    }

    async fn news(&self, place: Place, news: &News) -> Result<Option<TicketConversationChanged>, ApiError> {
        let Some(ticket) = self.0 else { return Ok(None) };
        let touched = news.touched::<MessageId>();
        let gone = match news.sight_of(ticket) {
            Sight::Same => false,
            Sight::Returned => return Ok(Some(self.reload(place))),
            Sight::Gone => true,
        };
        let mut messages: Vec<Message> = Vec::new();
        if !touched.is_empty() {
            let (scope, store) = (news.onlooker.scope(), &news.onlooker.store);
            let found = news
                .batch
                .shared(scope.clone(), async || {
                    let mut conn = store.conn().await?;
                    let found =
                        conversation::queries::by_ids::<TicketId>(&mut conn, &scope, &news.batch.things())
                            .await;
                    found.map_err(|error| unanswered(news.onlooker.locale, error))
                })
                .await?;
            let own = |message: &&Message| message.subject == ticket.into() && touched.contains(&message.id);
            messages.extend(found.iter().filter(own).cloned());
            messages.sort_by_key(|message| message.seq);
        }
        if messages.is_empty() && !gone {
            return Ok(None);
        }
        if messages.len() > MESSAGE_LENGTH {
            return Ok(Some(self.reload(place)));
        }
        let (messages, Place { cursor, revision }) =
            (messages.into_iter().map(TicketMessage).collect(), place);
        Ok(Some(TicketConversationChanged { cursor, revision, reload: false, messages, gone }))
    }
}
