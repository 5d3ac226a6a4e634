//! What becomes of the mails, live (D-04).

use guichet_base::id::{ClientId, DeliveryId, Id, StaffId, TicketId};
use guichet_engine::actor::Scope;
use guichet_schema::shared::email_delivery::{model, queries};

use super::{EmailDelivery, EmailDeliveryEdge, EmailDeliveryFilter};
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;

listed! {
    /// A change of deliveries.
    EmailDeliveriesChanged of EmailDeliveryEdge, EmailDelivery(model::EmailDelivery), DeliveryId;
    filter EmailDeliveryFilter => queries::DeliveryFilter;
    /// Sends changes of the deliveries about tickets that the viewer can see. Applied in order to the result of the
    /// query `emailDeliveries` after the first message, they keep that result up to date. Available to staff; clients
    /// receive no messages.
    subscription EmailDeliverySubscription.email_deliveries_changed, Deliveries;
    shows Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN],
        elsewhere: &[TicketId::NOUN],
        ..Shows::of("emailDeliveriesChanged")
    };
    shared by |viewer| (viewer.scope(), queries::own_only(viewer)) => (Scope, Option<StaffId>),
    found |conn, viewer, filter, ids| queries::among(conn, viewer, filter, ids),
    position queries::position,
    // The mails about a thing come into sight and go out of it with the thing.
    moved by |news| news.moves_subjects()
}
