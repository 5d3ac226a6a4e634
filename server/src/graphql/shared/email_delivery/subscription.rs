//! What becomes of the mails, live (D-04).

use async_graphql::{Context, ID, SimpleObject, Subscription};
use futures_util::Stream;
use guichet_base::id::{ClientId, DeliveryId, Id};
use guichet_engine::feed::queries::Entry;
use guichet_schema::shared::email_delivery::queries;

use super::EmailDelivery;
use crate::edge::{ApiError, MESSAGE_LENGTH};
use crate::graphql::follow::{Followed, News, Place, follow};
use crate::graphql::loaders::fault;
use crate::graphql::payload::{Revision, api_id};

/// What became of mails.
#[derive(SimpleObject)]
pub struct EmailDeliveriesChanged {
    /// Where this message leads to: after a lost connection, subscribe with it as `after`.
    cursor: String,
    /// The same as a revision, to be compared with that of a mutation; null for clients.
    revision: Option<Revision>,
    /// Whether to read what is shown anew, now: what comes next builds on it. So it is in the first message
    /// without `after`, after too long an absence, when very much changed at once, and when what the viewer may
    /// see changed.
    reload: bool,
    /// Deliveries as they are now: new ones, and those that changed.
    changed: Vec<EmailDelivery>,
    /// Deliveries that went out of the viewer's sight.
    removed: Vec<ID>,
}

/// E-mail deliveries, live.
#[derive(Debug, Default)]
pub struct EmailDeliverySubscription;

#[Subscription]
impl EmailDeliverySubscription {
    /// What becomes of the mails about tickets that the viewer sees (D-04). Staff only: clients are told
    /// nothing.
    async fn email_deliveries_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what follows this cursor of an earlier message.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<EmailDeliveriesChanged, ApiError>>, ApiError> {
        follow(ctx, after, Deliveries).await
    }
}

/// All deliveries.
struct Deliveries;

impl Followed for Deliveries {
    type Message = EmailDeliveriesChanged;

    /// The client whose delivery it is, by name; a new one has none yet.
    fn is_shaken(&self, entry: &Entry) -> bool {
        entry.noun == ClientId::NOUN && entry.before.is_some()
    }

    fn reload(&self, Place { cursor, revision }: Place) -> EmailDeliveriesChanged {
        EmailDeliveriesChanged { cursor, revision, reload: true, changed: Vec::new(), removed: Vec::new() }
    }

    async fn news(&self, place: Place, news: &News) -> Result<Option<EmailDeliveriesChanged>, ApiError> {
        if news.moves_subjects() {
            return Ok(Some(self.reload(place)));
        }
        let touched = news.touched::<DeliveryId>();
        if touched.is_empty() {
            return Ok(None);
        }
        if touched.len() > MESSAGE_LENGTH {
            return Ok(Some(self.reload(place)));
        }
        let (membership, store) = (&news.onlooker.membership, &news.onlooker.store);
        let found = news
            .batch
            .shared((membership.scope(), queries::own_only(membership)), async || {
                let mut conn = store.conn().await?;
                queries::by_ids(&mut conn, membership, &news.batch.things()).await.map_err(fault)
            })
            .await?;
        let seen = |id: &DeliveryId| found.iter().find(|delivery| delivery.id == *id);
        let removed = touched.iter().filter(|id| seen(id).is_none()).map(|id| api_id(*id)).collect();
        let changed = touched.iter().filter_map(seen).cloned().map(EmailDelivery).collect();
        let Place { cursor, revision } = place;
        Ok(Some(EmailDeliveriesChanged { cursor, revision, reload: false, changed, removed }))
    }
}
