//! Who wrote or did something.

use async_graphql::{Context, ID, Interface};
use guichet_edge::ApiError;
use guichet_engine::actor;

use crate::graphql::loaders::{load, seen};
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;

/// The author of an action: a staff member of the firm, or a portal user of the client.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(
        name = "id",
        ty = "ID",
        desc = "The ID of the author, for example `staff_019aa1f07c3b7e5d9b2f4c6a8e0d1357`."
    ),
    field(name = "name", ty = "&str", desc = "The name of the person.")
)]
pub enum Author {
    /// A staff member.
    Staff(StaffMember),
    /// A portal user.
    Portal(PortalAccess),
}

/// Loads an author.
///
/// # Errors
/// When the database does not answer.
pub async fn author(ctx: &Context<'_>, author: actor::Author) -> Result<Author, ApiError> {
    Ok(match author {
        actor::Author::Staff(id) => Author::Staff(seen(load(ctx, id).await?)?),
        actor::Author::Portal(id) => Author::Portal(seen(load(ctx, id).await?)?),
    })
}
