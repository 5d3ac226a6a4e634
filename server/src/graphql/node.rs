//! `Node`: everything that has an id of its own, found by it.

use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::try_join_all;
use guichet_base::error::{Code, Refusal};
use guichet_base::id::{
    AccessId, AccountId, AttachmentId, ChangeId, ChargeId, ClientId, DeliveryId, DepartmentId, FileId,
    FirmId, Id, MessageId, NotificationId, ServiceItemId, StaffId, TicketId, TransferId,
};
use guichet_base::page::MAX_PAGE;

use crate::edge::ApiError;
use crate::graphql::caller::Caller;
use crate::graphql::desk::charge::Charge;
use crate::graphql::desk::service_item::ServiceItem;
use crate::graphql::desk::ticket::{Attachment, Ticket, TicketChange, TicketMessage, TicketTransfer};
use crate::graphql::loaders::load;
use crate::graphql::payload::queried;
use crate::graphql::people::account::Account;
use crate::graphql::people::client::Client;
use crate::graphql::people::department::Department;
use crate::graphql::people::firm::Firm;
use crate::graphql::people::portal_access::PortalAccess;
use crate::graphql::people::staff::StaffMember;
use crate::graphql::shared::email_delivery::EmailDelivery;
use crate::graphql::shared::file::File;
use crate::graphql::shared::notification::Notification;

/// Something with an id of its own.
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id, which names its kind too and never changes."))]
pub enum Node {
    /// A login.
    Account(Account),
    /// A file on something.
    Attachment(Attachment),
    /// What a client owes.
    Charge(Charge),
    /// A company served by the firm.
    Client(Client),
    /// A team of a firm.
    Department(Department),
    /// One mail to one recipient.
    EmailDelivery(EmailDelivery),
    /// A file.
    File(File),
    /// A firm.
    Firm(Firm),
    /// What one staff member is told of one act.
    Notification(Notification),
    /// A user of a client's area.
    PortalAccess(PortalAccess),
    /// An item of the price list.
    ServiceItem(ServiceItem),
    /// A staff member.
    StaffMember(StaffMember),
    /// A case of a client.
    Ticket(Ticket),
    /// A changed field of a ticket.
    TicketChange(TicketChange),
    /// A message of a ticket's conversation.
    TicketMessage(TicketMessage),
    /// A hand-over of a ticket.
    TicketTransfer(TicketTransfer),
}

/// What has this id; nothing when that does not exist for the viewer (B-14), or when it is no id.
///
/// # Errors
/// When the database does not answer.
pub async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Node>, ApiError> {
    macro_rules! loaded {
        ($($id:ty),+ $(,)?) => {
            $(if let Some(key) = <$id>::decode(id) {
                return Ok(load(ctx, key).await?.map(Into::into));
            })+
        };
    }
    loaded!(
        AccessId,
        AttachmentId,
        ChangeId,
        ChargeId,
        ClientId,
        DeliveryId,
        DepartmentId,
        FileId,
        FirmId,
        MessageId,
        NotificationId,
        ServiceItemId,
        StaffId,
        TicketId,
        TransferId,
    );
    // The one account that a viewer sees is read already.
    let own = &Caller::of(ctx).viewer()?.account;
    Ok(AccountId::decode(id).filter(|id| *id == own.id).map(|_| Account(own.clone()).into()))
}

/// Queries by id.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// What has this id; null when there is nothing for this viewer.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id.")] id: ID,
    ) -> Result<Option<Node>, ApiError> {
        Caller::of(ctx).actor()?;
        find(ctx, &id).await
    }

    /// What has these ids, in their order; null for each for which there is nothing.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>, ApiError> {
        let caller = Caller::of(ctx);
        caller.actor()?;
        if ids.len() as i64 > MAX_PAGE {
            return queried(caller, Err(Refusal::of("ids", Code::OutOfRange).with(MAX_PAGE).into()));
        }
        // All at once, so that the loaders ask once for each kind.
        try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}
