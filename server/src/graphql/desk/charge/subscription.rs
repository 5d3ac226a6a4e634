//! Charges, live (D-10).

use async_graphql::{Context, Subscription};
use futures_util::Stream;
use guichet_base::error;
use guichet_base::id::{ChargeId, ClientId, FirmId, Id, StaffId, TicketId};
use guichet_engine::actor::Scope;
use guichet_engine::db::Conn;
use guichet_engine::keyset::Position;
use guichet_schema::desk::charge::{model, queries};
use guichet_schema::people::firm::day::DAY;

use super::{Charge, ChargeEdge, ChargeFilter};
use crate::graphql::caller::Caller;
use crate::graphql::follow::{FeedNews, Listed, Onlooker, Shows, changes, follow};
use crate::graphql::page::FilterInput;
use crate::graphql::payload::queried;
use guichet_edge::ApiError;

changes! {
    /// A change of a list of charges.
    ChargesChanged of ChargeEdge, Charge(model::Charge), ChargeId
}

/// Charges, live.
#[derive(Debug, Default)]
pub struct ChargeSubscription;

#[Subscription]
impl ChargeSubscription {
    /// Sends changes of the charges that the viewer can see. Applied in order to the result of the query `charges` after
    /// the first message, they keep that result up to date. When a day begins, on which it depends what is overdue, it says
    /// so within a minute.
    async fn charges_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The filter. By default all are returned.")] filter: Option<ChargeFilter>,
        #[graphql(
            desc = "The cursor of the last message that was received. The subscription then continues after that message."
        )]
        after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ChargesChanged, ApiError>>, ApiError> {
        let caller = Caller::of(ctx);
        let filter = queried(caller, filter.unwrap_or_default().read(&caller.actor()?.membership))?;
        follow(ctx, after, ChargesListed(filter)).await
    }
}

/// The charges of a filter.
pub struct ChargesListed(queries::ChargeFilter);

impl Listed for ChargesListed {
    type Message = ChargesChanged;
    type Key = (Scope, queries::ChargeFilter);

    const SHOWS: Shows = Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN],
        elsewhere: &[TicketId::NOUN],
        // The firm's time zone and day, on which charges are overdue.
        rules: &[FirmId::NOUN, DAY],
        ..Shows::of("chargesChanged")
    };

    fn key(&self, onlooker: &Onlooker) -> Self::Key {
        (onlooker.scope(), self.0.clone())
    }

    async fn find(
        &self,
        conn: &mut Conn,
        onlooker: &Onlooker,
        ids: &[ChargeId],
    ) -> error::Result<Vec<model::Charge>> {
        queries::among(conn, &onlooker.scope(), &self.0, ids).await
    }

    fn position(&self, charge: &model::Charge) -> Position {
        queries::position(charge)
    }

    /// A charge comes into sight and goes out of it with its ticket.
    fn is_moved(&self, news: &FeedNews) -> bool {
        news.moves_subjects()
    }
}
