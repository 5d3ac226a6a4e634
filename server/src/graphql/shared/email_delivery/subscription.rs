//! What becomes of the mails, live (D-04).

use async_graphql::{Context, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, DeliveryId, Id, StaffId, TicketId};
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::shared::email_delivery::{model, queries};

use super::{EmailDelivery, EmailDeliveryEdge, EmailDeliveryFilter};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{FeedNews, Listed, Onlooker, Shows, changes, follow};
use crate::graphql::page::FilterInput;
use crate::graphql::payload::queried;
use guichet_edge::ApiError;

changes! {
    /// A change of deliveries.
    EmailDeliveriesChanged of EmailDeliveryEdge, EmailDelivery(model::EmailDelivery), DeliveryId
}

/// E-mail deliveries, live.
#[derive(Debug, Default)]
pub struct EmailDeliverySubscription;

#[Subscription]
impl EmailDeliverySubscription {
    /// Sends changes of the deliveries about tickets that the viewer can see. Applied in order to the result of the
    /// query `emailDeliveries` after the first message, they keep that result up to date. Available to staff; clients
    /// receive no messages.
    async fn email_deliveries_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<EmailDeliveryFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<EmailDeliveriesChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, Deliveries(filter)).await
    }
}

/// The deliveries of a filter.
pub struct Deliveries(queries::DeliveryFilter);

impl Listed for Deliveries {
    type Message = EmailDeliveriesChanged;
    type Key = (Scope, Option<StaffId>, queries::DeliveryFilter);

    const SHOWS: Shows = Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN],
        elsewhere: &[TicketId::NOUN],
        ..Shows::of("emailDeliveriesChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), queries::own_only(&onlooker.membership), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[DeliveryId],
    ) -> error::Result<Vec<model::EmailDelivery>> {
        queries::among(conn, &onlooker.membership, &self.0, ids).await
    }

    fn position(&self, delivery: &model::EmailDelivery) -> Position {
        queries::position(delivery)
    }

    /// The mails about a thing come into sight and go out of it with the thing.
    fn is_moved(&self, news: &FeedNews) -> bool {
        news.moves_subjects()
    }
}
