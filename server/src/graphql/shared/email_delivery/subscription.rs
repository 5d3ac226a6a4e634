//! What becomes of the mails, live (D-04).

use async_graphql::{Context, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ClientId, DeliveryId, Id, StaffId, TicketId};
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_schema::shared::email_delivery::{model, queries};

use super::EmailDelivery;
use crate::graphql::follow::{FeedNews, Listed, Onlooker, Shows, changes, follow};
use guichet_edge::ApiError;

changes! {
    /// A change of deliveries.
    EmailDeliveriesChanged of EmailDelivery(model::EmailDelivery), DeliveryId
}

/// E-mail deliveries, live.
#[derive(Debug, Default)]
pub struct EmailDeliverySubscription;

#[Subscription]
impl EmailDeliverySubscription {
    /// Sends changes of the deliveries about tickets that the viewer can see. Available to staff; clients
    /// receive no messages.
    async fn email_deliveries_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<EmailDeliveriesChanged, ApiError>>, ApiError> {
        follow(ctx, after, Deliveries).await
    }
}

/// All deliveries.
pub struct Deliveries;

impl Listed for Deliveries {
    type Message = EmailDeliveriesChanged;
    type Key = (Scope, Option<StaffId>);

    const SHOWS: Shows = Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN],
        elsewhere: &[TicketId::NOUN],
        ..Shows::of("emailDeliveriesChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), queries::own_only(&onlooker.membership))
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[DeliveryId],
    ) -> error::Result<Vec<model::EmailDelivery>> {
        queries::by_ids(conn, &onlooker.membership, ids).await
    }

    /// The mails about a thing come into sight and go out of it with the thing.
    fn is_moved(&self, news: &FeedNews) -> bool {
        news.moves_subjects()
    }
}
