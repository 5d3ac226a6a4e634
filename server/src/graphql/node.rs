//! `Node`: finds any object with an id.

use async_graphql::{Context, ID, Interface, Object};
use futures_util::future::try_join_all;
use guichet_base::id::{
    AccessId, AccountId, AttachmentId, CalendarFeedId, ChangeId, ChargeId, ClientId, DeliveryId,
    DepartmentId, DocumentDefinitionId, DocumentId, ExportId, FileId, FirmHolidayId, FirmId, FolderId,
    GenerationId, Id, MessageId, NotificationId, ObligationId, RecurringTaskId, SavedViewId, ServiceItemId,
    StaffId, TaskId, TaskTypeId, TicketId, TransferId,
};
use guichet_base::input::Check;
use guichet_base::page::MAX_PAGE;
use guichet_edge::ApiError;
use guichet_engine::subject::Subject;

use crate::graphql::caller::Caller;
use crate::graphql::desk::charge::Charge;
use crate::graphql::desk::service_item::ServiceItem;
use crate::graphql::desk::ticket::{Attachment, Ticket, TicketChange, TicketMessage, TicketTransfer};
use crate::graphql::loaders::load;
use crate::graphql::month::calendar::FirmHoliday;
use crate::graphql::month::calendar_feed::CalendarFeed;
use crate::graphql::month::document::Document;
use crate::graphql::month::export::Export;
use crate::graphql::month::folder::Folder;
use crate::graphql::month::generation::TaskGeneration;
use crate::graphql::month::obligation::Obligation;
use crate::graphql::month::recurring_task::RecurringTask;
use crate::graphql::month::saved_view::SavedView;
use crate::graphql::month::task::{ChangeOfTask, CommentOnTask, Task, TaskChange, TaskComment};
use crate::graphql::month::task_type::{DocumentDefinition, TaskType};
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

/// Declares what can be found by an id: each kind, how its ids are typed, and the key by which it is loaded where other kinds
/// have such ids too.
macro_rules! nodes {
    ($($(#[$doc:meta])* $kind:ident by $id:ty $(as $key:ident)?),+ $(,)?) => {
        /// An object with a globally unique ID.
        #[derive(Debug, Interface)]
        #[graphql(field(name = "id", ty = "ID", desc = "The globally unique ID of the object: its type and 32 hexadecimal digits, for example `ticket_019aa1f07c3b7e5d9b2f4c6a8e0d1357`. It never changes."))]
        pub enum Node {
            /// A login.
            Account(Account),
            $($(#[$doc])* $kind($kind),)+
        }

        /// The nouns of ids, and the types of the API that they are ids of.
        pub const KINDS: &[(&str, &str)] =
            &[(AccountId::NOUN, "Account"), $((<$id>::NOUN, stringify!($kind))),+];

        /// The object with this id; none when it does not exist for the viewer (B-14), or the id is invalid.
        ///
        /// # Errors
        /// When the database does not answer.
        pub async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Node>, ApiError> {
            match Subject::decode(id) {
                Some(subject) => of(ctx, subject).await,
                None => Ok(None),
            }
        }

        /// The object that something is about; none when it does not exist for the viewer.
        ///
        /// # Errors
        /// When the database does not answer.
        pub async fn of(ctx: &Context<'_>, subject: Subject) -> Result<Option<Node>, ApiError> {
            // Parts of several nouns, such as messages, have ids alike.
            $(if let Some(key) = subject.id::<$id>()
                && let Some(found) = load(ctx, $($key)?(key)).await?
            {
                return Ok(Some(found.into()));
            })+
            // The only account that a viewer can see is already loaded.
            let own = &Caller::of(ctx).viewer()?.account;
            Ok((subject == Subject::of(own.id)).then(|| Account(own.clone()).into()))
        }
    };
}

nodes! {
    /// A file on something.
    Attachment by AttachmentId,
    /// The due dates of a person, for calendar programs.
    CalendarFeed by CalendarFeedId,
    /// What a client owes.
    Charge by ChargeId,
    /// A company served by the firm.
    Client by ClientId,
    /// A team of a firm.
    Department by DepartmentId,
    /// A document expected from a client or delivered to it.
    Document by DocumentId,
    /// A document of a kind of work.
    DocumentDefinition by DocumentDefinitionId,
    /// One mail to one recipient.
    EmailDelivery by DeliveryId,
    /// A list as a file.
    Export by ExportId,
    /// A file.
    File by FileId,
    /// A firm.
    Firm by FirmId,
    /// A folder of a client's library.
    Folder by FolderId,
    /// A day off that a firm added.
    FirmHoliday by FirmHolidayId,
    /// What one staff member is told of one act.
    Notification by NotificationId,
    /// What has to be done for a period by a date.
    Obligation by ObligationId,
    /// A user of a client's area.
    PortalAccess by AccessId,
    /// A kind of work that a client has.
    RecurringTask by RecurringTaskId,
    /// A filter with a name.
    SavedView by SavedViewId,
    /// An item of the price list.
    ServiceItem by ServiceItemId,
    /// A staff member.
    StaffMember by StaffId,
    /// A piece of work for one client.
    Task by TaskId,
    /// A changed field of a task.
    TaskChange by ChangeId as ChangeOfTask,
    /// A comment on a task.
    TaskComment by MessageId as CommentOnTask,
    /// A run that generates tasks.
    TaskGeneration by GenerationId,
    /// A kind of work.
    TaskType by TaskTypeId,
    /// A case of a client.
    Ticket by TicketId,
    /// A changed field of a ticket.
    TicketChange by ChangeId,
    /// A message of a ticket's conversation.
    TicketMessage by MessageId,
    /// A transfer of a ticket.
    TicketTransfer by TransferId,
}

/// Queries by id.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Returns the object with this ID; null when it does not exist for the viewer.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ID of the object, for example `ticket_019aa1f07c3b7e5d9b2f4c6a8e0d1357`.")] id: ID,
    ) -> Result<Option<Node>, ApiError> {
        Caller::of(ctx).actor()?;
        find(ctx, &id).await
    }

    /// Returns the objects with these IDs, in the same order; null for each that does not exist for the
    /// viewer.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The IDs of the objects, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>, ApiError> {
        let caller = Caller::of(ctx);
        caller.actor()?;
        let mut check = Check::new();
        check.count("ids", ids.len(), &(0..=MAX_PAGE as usize));
        queried(caller, check.done())?;
        // All at once, so that the loaders use one statement per kind.
        try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}
