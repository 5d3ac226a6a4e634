//! Charges, live (D-10).

use guichet_base::id::{ChargeId, ClientId, FirmId, Id, StaffId, TicketId};
use guichet_engine::actor::Scope;
use guichet_schema::desk::charge::{model, queries};
use guichet_schema::people::firm::day::DAY;

use super::{Charge, ChargeEdge, ChargeFilter};
use crate::graphql::follow::Shows;
use crate::graphql::listed::listed;

listed! {
    /// A change of a list of charges.
    ChargesChanged of ChargeEdge, Charge(model::Charge), ChargeId;
    filter ChargeFilter => queries::ChargeFilter;
    /// Sends changes of the charges that the viewer can see. Applied in order to the result of the query `charges` after
    /// the first message, they keep that result up to date. When a day begins, on which it depends what is overdue, it says
    /// so within a minute.
    subscription ChargeSubscription.charges_changed, ChargesListed;
    shows Shows {
        embeds: &[ClientId::NOUN, StaffId::NOUN],
        elsewhere: &[TicketId::NOUN],
        // The firm's time zone and day, on which charges are overdue.
        rules: &[FirmId::NOUN, DAY],
        ..Shows::of("chargesChanged")
    };
    shared by |viewer| viewer.scope() => Scope,
    found |conn, viewer, filter, ids| queries::among(conn, &viewer.scope(), filter, ids),
    position queries::position,
    // A charge comes into sight and goes out of it with its ticket.
    moved by |news| news.moves_subjects()
}
