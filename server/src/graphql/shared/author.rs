//! Who wrote or did something.

use async_graphql::{Context, ID, Interface};
use guichet_edge::ApiError;
use guichet_engine::actor;

use crate::graphql::loaders::{load, seen};
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;

/// Who wrote or did something: somebody of the firm, or somebody of the client.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Its id."),
    field(name = "name", ty = "&str", desc = "The person's name.")
)]
pub enum Author {
    /// Somebody of the firm.
    Staff(StaffMember),
    /// Somebody of the client.
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
