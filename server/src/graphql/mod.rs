//! The GraphQL schema: a file a noun, each with its types, queries and mutations.
//!
//! A resolver decodes the id, takes the [`caller::Caller`]'s actor, calls one command or query of
//! the business, and maps the result. Child fields go through [`loaders`].

mod ability;
mod account;
pub mod attach;
mod author;
pub mod batch;
pub mod caller;
mod charge;
mod client;
mod department;
pub mod deployment;
mod email_delivery;
pub mod export;
mod file;
mod firm;
mod follow;
pub mod guests;
mod hat;
mod invitation;
pub mod loaders;
pub mod money;
mod node;
mod notification;
mod page;
pub mod payload;
mod portal_access;
pub mod reading;
pub mod scalars;
mod service_item;
mod session;
mod staff;
mod ticket;
mod viewer;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions};

use deployment::Deployment;

use crate::files::Files;
use crate::live::Live;

/// What can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    viewer::ViewerQuery,
    node::NodeQuery,
    client::ClientQuery,
    staff::StaffQuery,
    department::DepartmentQuery,
    service_item::ServiceItemQuery,
    invitation::InvitationQuery,
    ticket::TicketQuery,
    charge::ChargeQuery,
    email_delivery::EmailDeliveryQuery,
    notification::NotificationQuery,
);

/// What can be done: one act a field, named noun then verb.
#[derive(Default, MergedObject)]
pub struct Mutation(
    session::SessionMutation,
    invitation::InvitationMutation,
    client::ClientMutation,
    portal_access::PortalAccessMutation,
    staff::StaffMutation,
    department::DepartmentMutation,
    firm::FirmMutation,
    service_item::ServiceItemMutation,
    ticket::TicketMutation,
    charge::ChargeMutation,
    email_delivery::EmailDeliveryMutation,
    file::FileMutation,
    notification::NotificationMutation,
);

/// What can be followed.
#[derive(Default, MergedSubscription)]
pub struct Subscription(
    ticket::TicketSubscription,
    email_delivery::EmailDeliverySubscription,
    notification::NotificationSubscription,
);

/// The schema that the edge serves. Introspection is the edge's to switch.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema of a server that people reach so, that follows these feeds, and keeps files so.
pub fn build(deployment: Deployment, live: Live, files: Files) -> Schema {
    builder().data(deployment).data(live).data(files).finish()
}

/// The published contract, in the GraphQL schema language.
pub fn sdl() -> String {
    let options =
        SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions().use_space_ident();
    builder().finish().sdl_with_options(options)
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    // Suggestions are slow for long names, and tell names where introspection is off.
    Schema::build(Query::default(), Mutation::default(), Subscription::default()).disable_suggestions()
}
