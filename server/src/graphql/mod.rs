//! The GraphQL schema: one file per noun, with its types, queries and mutations.
//!
//! A resolver decodes the id, takes the actor of the [`caller::Caller`], calls one command or query of the
//! business, and maps the result. Child fields use [`loaders`].

mod ability;
pub mod attach;
pub mod batch;
pub mod caller;
mod counts;
mod dashboards;
pub mod deployment;
mod desk;
pub mod export;
mod follow;
pub mod guests;
mod listed;
pub mod loaders;
mod mirror;
pub mod money;
mod month;
mod node;
mod page;
pub mod payload;
mod people;
pub mod reading;
pub mod scalars;
mod shared;

use async_graphql::connection::PageInfo;
use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions};

use counts::Counted;
use deployment::Deployment;
use follow::Followed;
pub use follow::Shows;
use listed::Listed;
pub use node::KINDS;

use crate::files::Files;
use crate::live::Live;

/// The queries.
#[derive(Default, MergedObject)]
pub struct Query(
    people::viewer::ViewerQuery,
    node::NodeQuery,
    people::client::ClientQuery,
    people::client::ClientsQuery,
    people::staff::StaffQuery,
    people::department::DepartmentQuery,
    desk::service_item::ServiceItemQuery,
    people::invitation::InvitationQuery,
    desk::ticket::TicketQuery,
    desk::ticket::TicketCountsQuery,
    desk::charge::ChargesQuery,
    desk::charge::ChargeQuery,
    desk::charge::ChargeCountsQuery,
    shared::email_delivery::EmailDeliveryQuery,
    shared::email_delivery::EmailDeliveryCountsQuery,
    shared::file::FileQuery,
    shared::file::FilesQuery,
    shared::file::FileCountsQuery,
    shared::notification::NotificationQuery,
    month::MonthQuery,
    dashboards::DashboardQuery,
);

/// The mutations. Each performs one action.
#[derive(Default, MergedObject)]
pub struct Mutation(
    people::session::SessionMutation,
    people::invitation::InvitationMutation,
    people::client::ClientMutation,
    people::portal_access::PortalAccessMutation,
    people::staff::StaffMutation,
    people::department::DepartmentMutation,
    people::firm::FirmMutation,
    desk::service_item::ServiceItemMutation,
    desk::ticket::TicketMutation,
    desk::charge::ChargeMutation,
    shared::email_delivery::EmailDeliveryMutation,
    shared::file::FileMutation,
    shared::notification::NotificationMutation,
    month::MonthMutation,
);

/// The subscriptions.
#[derive(Default, MergedSubscription)]
pub struct Subscription(
    desk::ticket::TicketSubscription,
    desk::ticket::TicketCountsSubscription,
    desk::charge::ChargeSubscription,
    desk::charge::ChargeCountsSubscription,
    shared::email_delivery::EmailDeliverySubscription,
    shared::email_delivery::EmailDeliveryCountsSubscription,
    shared::file::FileSubscription,
    shared::file::FileCountsSubscription,
    shared::notification::NotificationSubscription,
    month::MonthSubscription,
    dashboards::DashboardSubscription,
);

/// What each of these shows beside the things that it tells of.
pub const SHOWS: &[Shows] = &[
    <desk::ticket::Grid as Listed>::SHOWS,
    <desk::ticket::Conversation as Followed>::SHOWS,
    <desk::ticket::TicketsCounted as Counted>::SHOWS,
    <desk::charge::ChargesListed as Listed>::SHOWS,
    <desk::charge::ChargesCounted as Counted>::SHOWS,
    <shared::email_delivery::Deliveries as Listed>::SHOWS,
    <shared::email_delivery::DeliveriesCounted as Counted>::SHOWS,
    <shared::file::FilesListed as Listed>::SHOWS,
    <shared::file::FilesCounted as Counted>::SHOWS,
    <shared::notification::Notifications as Followed>::SHOWS,
    <month::task_type::TaskTypesListed as Listed>::SHOWS,
    <month::recurring_task::RecurringTasksListed as Listed>::SHOWS,
    <month::task::TasksListed as Listed>::SHOWS,
    <month::task::TasksCounted as Counted>::SHOWS,
    <dashboards::DashboardFollowed as Followed>::SHOWS,
    <month::document::DocumentsListed as Listed>::SHOWS,
    <month::document::DocumentsCounted as Counted>::SHOWS,
    <month::folder::FoldersListed as Listed>::SHOWS,
    <month::task::Comments as Followed>::SHOWS,
    <month::generation::TaskGenerationsListed as Listed>::SHOWS,
    <month::export::ExportsListed as Listed>::SHOWS,
    <month::saved_view::SavedViewsListed as Listed>::SHOWS,
];

/// The schema served by the edge, which also decides about introspection.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema for this deployment, these feeds and this file store.
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
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        // Suggestions are slow for long names, and reveal names when introspection is off.
        .disable_suggestions()
        .override_output_type_description::<PageInfo>("The position of a page in its list.")
}
